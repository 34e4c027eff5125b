/* See trial.h. */
#include "forces/trial.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "femd/tensor3.h"
#include "potentials/potential_eam.h"
#include "potentials/potential_lj.h"

enum { SIDES = 2, IMAGES = 27 }; /* bins along a cutoff; images of an atom within it */

struct femd_trial {
    const femd_potential *p;
    const femd_eam_tables *eam; /* NULL: of pairs alone */
    int n;
    const int *species;
    double cell[9], inverse[9];
    int bins[3], reach[3]; /* along the lattice vectors; how many bins away a neighbour may be */
    int *first;            /* of each bin, in the order below */
    size_t room_bins;
    int *atom, *bin;  /* n: sorted by bin; of each atom */
    double *place;    /* n x 3, in that order, within the cell */
    double *x;        /* n x 3: by atom, within the cell */
    double *rho, *F;  /* n: densities and embedding energies */
    int count;        /* neighbours of the last place */
    int *near;        /* IMAGES n */
    double *s, *more; /* IMAGES n: squares of distances; n, zero: densities that change */
};

void femd_trial_destroy(femd_trial **trial) {
    femd_trial *t = *trial;
    if (!t) return;
    free(t->first);
    free(t->atom);
    free(t->place);
    free(t);
    *trial = NULL;
}

femd_status femd_trial_create(const femd_potential *p, int n, const int *species, femd_trial **out, femd_error *err) {
    const int eam = strcmp(p->style->form, "eam") == 0;
    *out = NULL;
    if (!eam && strcmp(p->style->form, "lj") != 0)
        return femd_fail(err, FEMD_UNSUPPORTED,
                         "%s: atoms are put in and swapped with potentials of pairs and of embedded atoms alone",
                         p->label);
    femd_trial *t = calloc(1, sizeof *t);
    const size_t m = (size_t)n;
    if (t) t->atom = malloc((2 + IMAGES) * m * sizeof *t->atom);
    if (t) t->place = calloc((3 + 3 + 3 + IMAGES) * m, sizeof *t->place);
    if (!t || !t->atom || !t->place) {
        femd_trial_destroy(&t);
        return femd_fail(err, FEMD_NO_MEMORY, "trials among %d atoms: out of memory", n);
    }
    t->p = p;
    t->eam = eam ? femd_eam_tables_of(p) : NULL;
    t->n = n;
    t->species = species;
    t->bin = t->atom + m;
    t->near = t->bin + m;
    t->x = t->place + 3 * m;
    t->rho = t->x + 3 * m;
    t->F = t->rho + m;
    t->more = t->F + m;
    t->s = t->more + m;
    *out = t;
    return FEMD_OK;
}

/* ---- one bond ---- */

/* Value of a function that starts `offset` doubles into a row. */
static double trial_cubic(const double *c, double t) {
    return c[0] + t * (c[1] + t * (c[2] + t * c[3]));
}

/* Pair energy of species a with b, densities at a due to b and at b due to a. */
static double trial_tables(const femd_eam_tables *eam, double s, int a, int b, double *at_a, double *at_b) {
    const double argument = eam->over_radius ? sqrt(s) : s, z = fmax((argument - eam->origin) * eam->scale, 0);
    int k = z < eam->knots - 2 ? (int)z : eam->knots - 2;
    const double t = fmin(z - k, 1);
    const int row = eam->densities == 2 ? (a * eam->nspecies + b) * eam->knots + k : k;
    const double *c = eam->pair + (ptrdiff_t)row * eam->stride;
    *at_a = trial_cubic(c + 4, t);
    *at_b = eam->densities == 2 ? trial_cubic(c + 8, t) : *at_a;
    return trial_cubic(c, t) / (eam->over_radius ? argument : 1);
}

static double trial_lj(const femd_potential *p, double s, int a, int b) {
    const femd_lj *lj = femd_lj_of(p) + a * p->nspecies + b;
    if (!(s < lj->cutsq)) return 0;
    const double u = 1 / s, u3 = u * u * u, f = u3 * (lj->c12 * u3 - lj->c6);
    if (lj->shape == FEMD_LJ_CUT) return f;
    if (lj->shape == FEMD_LJ_WIDE) {
        const double t = fmin(s * lj->switch_scale, 1), q = 1 - t * t * t * t * t;
        return f * q * q * q * q * q;
    }
    const double t = fmin(fmax((s - lj->switch_sq) * lj->switch_scale, 0), 1);
    return f * (1 - t * t * t * (10 - t * (15 - 6 * t)));
}

static double trial_embed(const femd_trial *t, int species, double rho) {
    double F[3];
    (void)femd_eam_embed(t->eam, species, rho, F);
    return F[0];
}

/* ---- neighbours ---- */

/* Fractions of the cell, in [0, 1). */
static void trial_fractions(const femd_trial *t, const double *x, double f[3]) {
    for (int k = 0; k < 3; k++) {
        f[k] = x[0] * t->inverse[k] + x[1] * t->inverse[3 + k] + x[2] * t->inverse[6 + k];
        f[k] -= floor(f[k]);
        if (!(f[k] < 1)) f[k] = 0;
    }
}

static void trial_wrap(const femd_trial *t, const double *x, double at[3], int bin[3]) {
    double f[3];
    trial_fractions(t, x, f);
    for (int c = 0; c < 3; c++) at[c] = f[0] * t->cell[c] + f[1] * t->cell[3 + c] + f[2] * t->cell[6 + c];
    for (int k = 0; k < 3; k++) bin[k] = (int)(f[k] * t->bins[k]);
}

/* The atoms of one bin, seen from `at` with the bin's image at `shift`. */
static void trial_look(femd_trial *t, int bin, const double at[3], const double shift[3], int but) {
    for (int k = t->first[bin]; k < t->first[bin + 1]; k++) {
        const double *y = t->place + 3 * (size_t)k, dx = y[0] + shift[0] - at[0], dy = y[1] + shift[1] - at[1],
                     dz = y[2] + shift[2] - at[2], s = dx * dx + dy * dy + dz * dz;
        if (s >= t->p->cutsq || t->atom[k] == but) continue;
        t->near[t->count] = t->atom[k];
        t->s[t->count++] = s;
    }
}

/* Atoms within the cutoff of a place, but for one (-1: none), into near and s. */
static void trial_near(femd_trial *t, const double *x, int but) {
    double at[3];
    int bin[3], i[3];
    trial_wrap(t, x, at, bin);
    t->count = 0;
    for (i[0] = bin[0] - t->reach[0]; i[0] <= bin[0] + t->reach[0]; i[0]++)
        for (i[1] = bin[1] - t->reach[1]; i[1] <= bin[1] + t->reach[1]; i[1]++)
            for (i[2] = bin[2] - t->reach[2]; i[2] <= bin[2] + t->reach[2]; i[2]++) {
                double shift[3] = {0, 0, 0};
                int number = 0;
                for (int k = 0; k < 3; k++) {
                    const int n = t->bins[k], turns = i[k] < 0 ? -((n - 1 - i[k]) / n) : i[k] / n;
                    number = number * n + i[k] - turns * n;
                    for (int c = 0; c < 3; c++) shift[c] += turns * t->cell[3 * k + c];
                }
                trial_look(t, number, at, shift, but);
            }
}

/* ---- a configuration ---- */

static femd_status trial_divide(femd_trial *t, const double cell[9], femd_error *err) {
    const double volume = femd_det3(cell), cutoff = femd_potential_cutoff(t->p);
    memcpy(t->cell, cell, sizeof t->cell);
    femd_adjugate3(cell, t->inverse);
    for (int k = 0; k < 9; k++) t->inverse[k] /= volume;
    size_t bins = 1;
    for (int k = 0; k < 3; k++) {
        double face[3];
        femd_cross3(cell + 3 * ((k + 1) % 3), cell + 3 * ((k + 2) % 3), face);
        const double width = volume / sqrt(femd_dot3(face, face));
        if (!(width >= cutoff))
            return femd_fail(err, FEMD_UNSUPPORTED,
                             "the RVE is %.4g angstrom wide, its potential reaches %.4g: an atom that is put in or "
                             "swapped would meet its own images; take a larger one",
                             width, cutoff);
        t->bins[k] = (int)fmin(SIDES * width / cutoff, 200);
        t->reach[k] = (int)ceil(cutoff * t->bins[k] / width);
        bins *= (size_t)t->bins[k];
    }
    if (bins + 1 <= t->room_bins) return FEMD_OK;
    free(t->first);
    t->room_bins = 0;
    t->first = malloc((bins + 1) * sizeof *t->first);
    if (!t->first) return femd_fail(err, FEMD_NO_MEMORY, "trials in %zu bins: out of memory", bins);
    t->room_bins = bins + 1;
    return FEMD_OK;
}

/* Atoms by bins, within a bin by number. */
static void trial_sort(femd_trial *t, const double *x) {
    const int bins = t->bins[0] * t->bins[1] * t->bins[2];
    memset(t->first, 0, ((size_t)bins + 1) * sizeof *t->first);
    for (int i = 0; i < t->n; i++) {
        int bin[3];
        trial_wrap(t, x + 3 * (size_t)i, t->x + 3 * (size_t)i, bin);
        t->bin[i] = (bin[0] * t->bins[1] + bin[1]) * t->bins[2] + bin[2];
        t->first[t->bin[i] + 1]++;
    }
    for (int b = 0; b < bins; b++) t->first[b + 1] += t->first[b];
    for (int i = 0; i < t->n; i++) { /* first[b] runs through its bin, */
        const int k = t->first[t->bin[i]]++;
        t->atom[k] = i;
        memcpy(t->place + 3 * (size_t)k, t->x + 3 * (size_t)i, 3 * sizeof(double));
    }
    for (int b = bins; b > 0; b--) t->first[b] = t->first[b - 1]; /* and goes back */
    t->first[0] = 0;
}

femd_status femd_trial_set(femd_trial *t, const double cell[9], const double *x, femd_error *err) {
    FEMD_TRY(trial_divide(t, cell, err));
    trial_sort(t, x);
    for (int i = 0; t->eam && i < t->n; i++) {
        double at_i, at_j;
        t->rho[i] = 0;
        trial_near(t, t->x + 3 * (size_t)i, i);
        for (int k = 0; k < t->count; k++) {
            (void)trial_tables(t->eam, t->s[k], t->species[i], t->species[t->near[k]], &at_i, &at_j);
            t->rho[i] += at_i;
        }
        t->F[i] = trial_embed(t, t->species[i], t->rho[i]);
    }
    return FEMD_OK;
}

/* ---- trials ---- */

/* What the neighbours' embedding energies gain by the densities in `more`, which are zero afterwards. */
static double trial_gain(femd_trial *t) {
    double sum = 0;
    for (int k = 0; k < t->count; k++) {
        const int j = t->near[k];
        if (t->more[j] == 0) continue; /* seen by another image */
        sum += trial_embed(t, t->species[j], t->rho[j] + t->more[j]) - t->F[j];
        t->more[j] = 0;
    }
    return sum;
}

double femd_trial_insert(femd_trial *t, int species, const double at[3]) {
    double sum = 0, rho = 0, at_new, at_old;
    trial_near(t, at, -1);
    for (int k = 0; k < t->count; k++)
        if (!(t->s[k] > t->p->nearest_sq)) return HUGE_VAL;
    for (int k = 0; k < t->count; k++) {
        const int other = t->species[t->near[k]];
        if (!t->eam) {
            sum += trial_lj(t->p, t->s[k], species, other);
            continue;
        }
        sum += trial_tables(t->eam, t->s[k], species, other, &at_new, &at_old);
        rho += at_new;
        t->more[t->near[k]] += at_old;
    }
    return t->eam ? sum + trial_embed(t, species, rho) + trial_gain(t) : sum;
}

double femd_trial_swap(femd_trial *t, int atom, int species) {
    const int old = t->species[atom];
    double sum = 0, rho = 0, at_new, at_old, was_new, was_old;
    trial_near(t, t->x + 3 * (size_t)atom, atom);
    for (int k = 0; k < t->count; k++) {
        const int other = t->species[t->near[k]];
        if (!t->eam) {
            sum += trial_lj(t->p, t->s[k], species, other) - trial_lj(t->p, t->s[k], old, other);
            continue;
        }
        sum += trial_tables(t->eam, t->s[k], species, other, &at_new, &at_old) -
               trial_tables(t->eam, t->s[k], old, other, &was_new, &was_old);
        rho += at_new;
        t->more[t->near[k]] += at_old - was_old;
    }
    return t->eam ? sum + trial_embed(t, species, rho) - t->F[atom] + trial_gain(t) : sum;
}

void femd_trial_become(femd_trial *t, int atom, int species) {
    const int old = t->species[atom];
    double at_new, at_old, was_new, was_old;
    if (!t->eam) return; /* of pairs nothing is kept */
    trial_near(t, t->x + 3 * (size_t)atom, atom);
    t->rho[atom] = 0;
    for (int k = 0; k < t->count; k++) {
        const int j = t->near[k];
        (void)trial_tables(t->eam, t->s[k], species, t->species[j], &at_new, &at_old);
        (void)trial_tables(t->eam, t->s[k], old, t->species[j], &was_new, &was_old);
        t->rho[atom] += at_new;
        t->rho[j] += at_old - was_old;
    }
    t->F[atom] = trial_embed(t, species, t->rho[atom]);
    for (int k = 0; k < t->count; k++) t->F[t->near[k]] = trial_embed(t, t->species[t->near[k]], t->rho[t->near[k]]);
}
