/* The boxes of the method `nemd`: a row of repeats of the RVE, its two slabs, and what is measured of velocities in it.
 * Owns the geometry; moves no atom. */
#include <math.h>
#include <stdlib.h>

#include "conductivity/nemd.h"

enum { FITTED_MIN = 2 }; /* repeats between the margins: a gradient needs two places */

double femd_nemd_height(const double h[9], int direction, double normal[3]) {
    double face[3];
    femd_cross3(h + 3 * ((direction + 1) % 3), h + 3 * ((direction + 2) % 3), face);
    const double area = sqrt(femd_dot3(face, face));
    for (int c = 0; normal && c < 3; c++) normal[c] = face[c] / area;
    return femd_dot3(face, h + 3 * direction) / area;
}

/* Repeats of a margin; 0 in *fits if fewer than two would be left between two of them. */
static int box_margin(int way, const femd_nemd_options *options, int *fits) {
    const int margin = way > 0 ? (int)ceil(options->margin * way - 1e-9) : 0;
    *fits = way - 2 * margin >= FITTED_MIN;
    return margin;
}

int femd_nemd_slab(const femd_nemd_options *options, double step) {
    return (int)fmin(FEMD_NEMD_SLAB_MAX, fmax(1, ceil(options->slab / step - 1e-9)));
}

femd_status femd_nemd_divide(int repeats, double step, const femd_nemd_options *options, int *slab, int *margin,
                             femd_error *err) {
    int fits, least = FITTED_MIN;
    *slab = femd_nemd_slab(options, step);
    *margin = box_margin(repeats / 2 - *slab, options, &fits);
    if (fits && repeats % 2 == 0) return FEMD_OK;
    for (box_margin(least, options, &fits); !fits; box_margin(least, options, &fits)) least++;
    return femd_fail(err, FEMD_BAD_INPUT,
                     "nemd.lengths: a row of %d repeats of %.4g angstrom: with slabs of %d (nemd.slab) and two repeats "
                     "beside the margins (nemd.margin) on "
                     "either side it must be even and at least %d",
                     repeats, step, *slab, 2 * (*slab + least));
}

void femd_nemd_box_close(femd_nemd_box *box) {
    femd_rve_clear(&box->rve);
    free(box->mass); /* the first of its run of doubles */
    free(box->layer);
    memset(box, 0, sizeof *box);
}

static femd_status box_allocate(femd_nemd_box *box, size_t n, femd_error *err) {
    box->mass = malloc(9 * n * sizeof *box->mass);
    box->layer = malloc(3 * n * sizeof *box->layer);
    box->rve.X = malloc(3 * n * sizeof *box->rve.X);
    if (!box->mass || !box->layer || !box->rve.X)
        return femd_fail(err, FEMD_NO_MEMORY, "a box of %zu atoms: out of memory", n);
    box->position = box->mass + n;
    box->lever = box->position + n;
    box->carried = box->lever + n;
    box->masked = box->carried + 3 * n;
    box->slab_of = box->layer + n;
    box->side = box->slab_of + n;
    return FEMD_OK;
}

/* Which part of the row repeat r belongs to. */
static void box_place_layer(const femd_nemd_box *box, int r, int *slab, int *side) {
    const int half = box->repeats / 2, at = r % half;
    *slab = at < box->slab ? r / half : -1;
    *side = at >= box->slab + box->margin && at < half - box->margin ? (r < half ? 1 : -1) : 0;
}

static void box_place_atoms(const femd_native *native, const double h[9], const double *x, femd_nemd_box *box,
                            int across, int *species) {
    const int d = box->direction, p = (d + 1) % 3, q = (d + 2) % 3, cell = native->rve.n;
    for (int r = 0, at = 0; r < box->repeats; r++)
        for (int column = 0; column < box->columns; column++)
            for (int i = 0; i < cell; i++, at++) {
                for (int c = 0; c < 3; c++)
                    box->rve.X[3 * at + c] = x[3 * i + c] + r * h[3 * d + c] + column % across * h[3 * p + c] +
                                             column / across * h[3 * q + c];
                box->position[at] = femd_dot3(box->rve.X + 3 * at, box->normal);
                box->mass[at] = femd_native_mass(native, i);
                box->layer[at] = r;
                box_place_layer(box, r, &box->slab_of[at], &box->side[at]);
                species[at] = native->structure.species[i];
            }
}

/* Least squares over the atoms of a side, each of kinetic temperature m v^2/(3k) N/(N - 1): the centre of mass of all N
 * is at rest. */
static void box_set_levers(femd_nemd_box *box) {
    const int n = box->rve.n;
    const double unit = femd_mvv2e / (3 * femd_kb) * n / femd_gauge_free_atoms(&box->rve.gauge);
    memset(box->lever, 0, (size_t)n * sizeof *box->lever);
    for (int side = 1; side >= -1; side -= 2) {
        double mean = 0, spread = 0;
        int count = 0;
        for (int i = 0; i < n; i++)
            if (box->side[i] == side) mean += box->position[i], count++;
        mean /= count;
        for (int i = 0; i < n; i++)
            if (box->side[i] == side) spread += (box->position[i] - mean) * (box->position[i] - mean);
        for (int i = 0; i < n; i++)
            if (box->side[i] == side) box->lever[i] = -side * unit * (box->position[i] - mean) / spread;
    }
}

/* What resting atoms of one species carry when they all move: their energy and the work of the stress on them. */
static femd_status box_set_carried(femd_nemd_box *box, const int *species, int count, femd_error *err) {
    const int n = box->rve.n;
    const double slow = 1e-3; /* angstrom/ps: the kinetic energy that is carried too is nothing */
    for (int s = 0; s < count; s++)
        for (int c = 0; c < 3; c++) {
            double J[3];
            int atoms = 0;
            memset(box->masked, 0, 3 * (size_t)n * sizeof *box->masked);
            for (int i = 0; i < n; i++)
                if (species[i] == s) box->masked[3 * i + c] = slow, atoms++;
            FEMD_TRY(femd_energetics_heat_flux(box->rve.en, box->rve.nb, box->rve.h0, box->rve.X, box->masked,
                                               box->mass, J, err));
            for (int i = 0; i < n; i++)
                if (species[i] == s) box->carried[3 * i + c] = femd_dot3(J, box->normal) / (slow * atoms);
        }
    return FEMD_OK;
}

static femd_status box_fill(const femd_native *native, const double h[9], const double *x,
                            const femd_nemd_options *options, femd_nemd_box *box, int *species, femd_error *err) {
    const int d = box->direction, atoms = box->repeats * box->columns * native->rve.n;
    double cell[9];
    for (int k = 0; k < 3; k++)
        for (int c = 0; c < 3; c++) cell[3 * k + c] = h[3 * k + c] * (k == d ? box->repeats : options->across);
    FEMD_TRY(box_allocate(box, (size_t)atoms, err));
    femd_rve_set_atoms(&box->rve, atoms);
    FEMD_TRY(femd_rve_set_cell(&box->rve, cell, err));
    box->area = box->rve.V0 / (box->step * box->repeats);
    box_place_atoms(native, h, x, box, options->across, species);
    box_set_levers(box);
    box->volume = box->area * box->step * 2 * (box->repeats / 2 - box->slab - 2 * box->margin);
    FEMD_TRY(femd_energetics_create(native->potential, atoms, species, &box->rve.en, err));
    FEMD_TRY(femd_neighbours_create(femd_potential_cutoff(native->potential), options->skin, &box->rve.nb, err));
    FEMD_TRY(femd_neighbours_rebuild(box->rve.nb, atoms, cell, box->rve.X, err));
    return box_set_carried(box, species, native->structure.nspecies, err);
}

femd_status femd_nemd_box_open(const femd_native *native, const double h[9], const double *x, int direction,
                               int repeats, const femd_nemd_options *options, femd_nemd_box *box, femd_error *err) {
    memset(box, 0, sizeof *box);
    box->direction = direction;
    box->repeats = repeats;
    box->columns = options->across * options->across;
    box->step = femd_nemd_height(h, direction, box->normal);
    FEMD_TRY(femd_nemd_divide(repeats, box->step, options, &box->slab, &box->margin, err));
    int *species = malloc((size_t)repeats * (size_t)box->columns * (size_t)native->rve.n * sizeof *species);
    if (!species) return femd_fail(err, FEMD_NO_MEMORY, "a box of %d repeats: out of memory", repeats);
    const femd_status rc = box_fill(native, h, x, options, box, species, err);
    free(species);
    if (rc != FEMD_OK) femd_nemd_box_close(box);
    return rc;
}

void femd_nemd_gradients(const femd_nemd_box *box, const double *v, double g[2]) {
    g[0] = g[1] = 0;
    for (int i = 0; i < box->rve.n; i++)
        if (box->side[i]) g[box->side[i] < 0] += box->lever[i] * box->mass[i] * femd_dot3(v + 3 * i, v + 3 * i);
}

femd_status femd_nemd_flux(femd_nemd_box *box, const double *x, const double *v, double *plain, double *reduced,
                           femd_error *err) {
    double J[3], along = 0, with = 0;
    for (int i = 0; i < box->rve.n; i++) {
        for (int c = 0; c < 3; c++)
            box->masked[3 * i + c] =
                box->side[i] * v[3 * i + c]; /* what an atom adds to J is odd in its own velocity */
        if (box->side[i]) with += femd_dot3(box->carried + 3 * i, box->masked + 3 * i);
    }
    FEMD_TRY(femd_energetics_heat_flux(box->rve.en, box->rve.nb, box->rve.h0, x, box->masked, box->mass, J, err));
    along = femd_dot3(J, box->normal);
    *plain = along / box->volume;
    *reduced = (along - with) / box->volume;
    return FEMD_OK;
}

void femd_nemd_profile(const femd_nemd_box *box, const double *v, double *T) {
    const int n = box->rve.n, each = n / box->repeats;
    const double unit = femd_mvv2e / (3 * femd_kb * each) * n / femd_gauge_free_atoms(&box->rve.gauge);
    memset(T, 0, (size_t)box->repeats * sizeof *T);
    for (int i = 0; i < n; i++) T[box->layer[i]] += unit * box->mass[i] * femd_dot3(v + 3 * i, v + 3 * i);
}
