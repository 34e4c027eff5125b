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
static int box_margin(int way, const femd_nemd_options *o, int *fits) {
    const int margin = way > 0 ? (int)ceil(o->margin * way - 1e-9) : 0;
    *fits = way - 2 * margin >= FITTED_MIN;
    return margin;
}

int femd_nemd_slab(const femd_nemd_options *o, double step) {
    return (int)fmin(FEMD_NEMD_SLAB_MAX, fmax(1, ceil(o->slab / step - 1e-9)));
}

femd_status femd_nemd_divide(int repeats, double step, const femd_nemd_options *o, int *slab, int *margin,
                             femd_error *err) {
    int fits, least = FITTED_MIN;
    *slab = femd_nemd_slab(o, step);
    *margin = box_margin(repeats / 2 - *slab, o, &fits);
    if (fits && repeats % 2 == 0) return FEMD_OK;
    for (box_margin(least, o, &fits); !fits; box_margin(least, o, &fits)) least++;
    return femd_fail(err, FEMD_BAD_INPUT,
                     "nemd.lengths: a row of %d repeats of %.4g angstrom: with slabs of %d (nemd.slab) and two repeats "
                     "beside the margins (nemd.margin) on "
                     "either side it must be even and at least %d",
                     repeats, step, *slab, 2 * (*slab + least));
}

void femd_nemd_box_close(femd_nemd_box *b) {
    femd_rve_clear(&b->rve);
    free(b->mass); /* the first of its run of doubles */
    free(b->layer);
    memset(b, 0, sizeof *b);
}

static femd_status box_allocate(femd_nemd_box *b, size_t n, femd_error *err) {
    b->mass = malloc(9 * n * sizeof *b->mass);
    b->layer = malloc(3 * n * sizeof *b->layer);
    b->rve.X = malloc(3 * n * sizeof *b->rve.X);
    if (!b->mass || !b->layer || !b->rve.X)
        return femd_fail(err, FEMD_NO_MEMORY, "a box of %zu atoms: out of memory", n);
    b->position = b->mass + n;
    b->lever = b->position + n;
    b->carried = b->lever + n;
    b->masked = b->carried + 3 * n;
    b->slab_of = b->layer + n;
    b->side = b->slab_of + n;
    return FEMD_OK;
}

/* Which part of the row repeat r belongs to. */
static void box_place_layer(const femd_nemd_box *b, int r, int *slab, int *side) {
    const int half = b->repeats / 2, at = r % half;
    *slab = at < b->slab ? r / half : -1;
    *side = at >= b->slab + b->margin && at < half - b->margin ? (r < half ? 1 : -1) : 0;
}

static void box_place_atoms(const femd_native *n, const double h[9], const double *x, femd_nemd_box *b, int across,
                            int *species) {
    const int d = b->direction, p = (d + 1) % 3, q = (d + 2) % 3, cell = n->rve.n;
    for (int r = 0, at = 0; r < b->repeats; r++)
        for (int column = 0; column < b->columns; column++)
            for (int i = 0; i < cell; i++, at++) {
                for (int c = 0; c < 3; c++)
                    b->rve.X[3 * at + c] = x[3 * i + c] + r * h[3 * d + c] + column % across * h[3 * p + c] +
                                           column / across * h[3 * q + c];
                b->position[at] = femd_dot3(b->rve.X + 3 * at, b->normal);
                b->mass[at] = femd_native_mass(n, i);
                b->layer[at] = r;
                box_place_layer(b, r, &b->slab_of[at], &b->side[at]);
                species[at] = n->structure.species[i];
            }
}

/* Least squares over the atoms of a side, each of kinetic temperature m v^2/(3k) N/(N - 1): the centre of mass of all N
 * is at rest. */
static void box_set_levers(femd_nemd_box *b) {
    const int n = b->rve.n;
    const double unit = femd_mvv2e / (3 * femd_kb) * n / femd_gauge_free_atoms(&b->rve.gauge);
    memset(b->lever, 0, (size_t)n * sizeof *b->lever);
    for (int side = 1; side >= -1; side -= 2) {
        double mean = 0, spread = 0;
        int count = 0;
        for (int i = 0; i < n; i++)
            if (b->side[i] == side) mean += b->position[i], count++;
        mean /= count;
        for (int i = 0; i < n; i++)
            if (b->side[i] == side) spread += (b->position[i] - mean) * (b->position[i] - mean);
        for (int i = 0; i < n; i++)
            if (b->side[i] == side) b->lever[i] = -side * unit * (b->position[i] - mean) / spread;
    }
}

/* What resting atoms of one species carry when they all move: their energy and the work of the stress on them. */
static femd_status box_set_carried(femd_nemd_box *b, const int *species, int count, femd_error *err) {
    const int n = b->rve.n;
    const double slow = 1e-3; /* angstrom/ps: the kinetic energy that is carried too is nothing */
    for (int s = 0; s < count; s++)
        for (int c = 0; c < 3; c++) {
            double J[3];
            int atoms = 0;
            memset(b->masked, 0, 3 * (size_t)n * sizeof *b->masked);
            for (int i = 0; i < n; i++)
                if (species[i] == s) b->masked[3 * i + c] = slow, atoms++;
            FEMD_TRY(femd_energetics_heat_flux(b->rve.en, b->rve.nb, b->rve.h0, b->rve.X, b->masked, b->mass, J, err));
            for (int i = 0; i < n; i++)
                if (species[i] == s) b->carried[3 * i + c] = femd_dot3(J, b->normal) / (slow * atoms);
        }
    return FEMD_OK;
}

static femd_status box_fill(const femd_native *n, const double h[9], const double *x, const femd_nemd_options *o,
                            femd_nemd_box *b, int *species, femd_error *err) {
    const int d = b->direction, atoms = b->repeats * b->columns * n->rve.n;
    double cell[9];
    for (int k = 0; k < 3; k++)
        for (int c = 0; c < 3; c++) cell[3 * k + c] = h[3 * k + c] * (k == d ? b->repeats : o->across);
    FEMD_TRY(box_allocate(b, (size_t)atoms, err));
    femd_rve_set_atoms(&b->rve, atoms);
    FEMD_TRY(femd_rve_set_cell(&b->rve, cell, err));
    b->area = b->rve.V0 / (b->step * b->repeats);
    box_place_atoms(n, h, x, b, o->across, species);
    box_set_levers(b);
    b->volume = b->area * b->step * 2 * (b->repeats / 2 - b->slab - 2 * b->margin);
    FEMD_TRY(femd_energetics_create(n->potential, atoms, species, &b->rve.en, err));
    FEMD_TRY(femd_neighbours_create(femd_potential_cutoff(n->potential), o->skin, &b->rve.nb, err));
    FEMD_TRY(femd_neighbours_rebuild(b->rve.nb, atoms, cell, b->rve.X, err));
    return box_set_carried(b, species, n->structure.nspecies, err);
}

femd_status femd_nemd_box_open(const femd_native *n, const double h[9], const double *x, int direction, int repeats,
                               const femd_nemd_options *o, femd_nemd_box *b, femd_error *err) {
    memset(b, 0, sizeof *b);
    b->direction = direction;
    b->repeats = repeats;
    b->columns = o->across * o->across;
    b->step = femd_nemd_height(h, direction, b->normal);
    FEMD_TRY(femd_nemd_divide(repeats, b->step, o, &b->slab, &b->margin, err));
    int *species = malloc((size_t)repeats * (size_t)b->columns * (size_t)n->rve.n * sizeof *species);
    if (!species) return femd_fail(err, FEMD_NO_MEMORY, "a box of %d repeats: out of memory", repeats);
    const femd_status rc = box_fill(n, h, x, o, b, species, err);
    free(species);
    if (rc != FEMD_OK) femd_nemd_box_close(b);
    return rc;
}

void femd_nemd_gradients(const femd_nemd_box *b, const double *v, double g[2]) {
    g[0] = g[1] = 0;
    for (int i = 0; i < b->rve.n; i++)
        if (b->side[i]) g[b->side[i] < 0] += b->lever[i] * b->mass[i] * femd_dot3(v + 3 * i, v + 3 * i);
}

femd_status femd_nemd_flux(femd_nemd_box *b, const double *x, const double *v, double *plain, double *reduced,
                           femd_error *err) {
    double J[3], along = 0, with = 0;
    for (int i = 0; i < b->rve.n; i++) {
        for (int c = 0; c < 3; c++)
            b->masked[3 * i + c] = b->side[i] * v[3 * i + c]; /* what an atom adds to J is odd in its own velocity */
        if (b->side[i]) with += femd_dot3(b->carried + 3 * i, b->masked + 3 * i);
    }
    FEMD_TRY(femd_energetics_heat_flux(b->rve.en, b->rve.nb, b->rve.h0, x, b->masked, b->mass, J, err));
    along = femd_dot3(J, b->normal);
    *plain = along / b->volume;
    *reduced = (along - with) / b->volume;
    return FEMD_OK;
}

void femd_nemd_profile(const femd_nemd_box *b, const double *v, double *T) {
    const int n = b->rve.n, each = n / b->repeats;
    const double unit = femd_mvv2e / (3 * femd_kb * each) * n / femd_gauge_free_atoms(&b->rve.gauge);
    memset(T, 0, (size_t)b->repeats * sizeof *T);
    for (int i = 0; i < n; i++) T[b->layer[i]] += unit * b->mass[i] * femd_dot3(v + 3 * i, v + 3 * i);
}
