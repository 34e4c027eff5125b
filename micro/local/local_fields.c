/* Fields of one or several configurations; see local_fields.h. Owns the order: sums of each, means and errors. */
#include "local/local_fields.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "femd/tensor3.h"
#include "femd/units.h"
#include "local/local_deformation.h"
#include "rve/native.h"

enum { LOCAL_BLOCKS = 10 };

#define LOCAL_MVV       (FEMD_ATOMIC_MASS * 1e4 / FEMD_ELEMENTARY_CHARGE) /* eV in u (angstrom/ps)^2 */
#define LOCAL_FLUX      (FEMD_ELEMENTARY_CHARGE * 1e32)                   /* 1 eV/(angstrom^2 ps) in W/m^2 */
#define LOCAL_DENSITY   (FEMD_ATOMIC_MASS * 1e30)                         /* 1 u/angstrom^3 in kg/m^3 */
#define LOCAL_BOLTZMANN (FEMD_BOLTZMANN / FEMD_ELEMENTARY_CHARGE)         /* eV/K */

#define LOCAL_PLACE(NAME, key, components, unit, needs, words)                                                         \
    LOCAL_FIRST_##NAME, LOCAL_LAST_##NAME = LOCAL_FIRST_##NAME + components - 1,
enum { FEMD_LOCAL_QUANTITIES(LOCAL_PLACE) LOCAL_ALL };
_Static_assert((int)LOCAL_ALL == (int)FEMD_LOCAL_COMPONENTS, "components of all quantities");
#define LOCAL_LINE(NAME, key, components, unit, needs, words) {key, unit, words, components, LOCAL_FIRST_##NAME, needs},
const femd_local_quantity femd_local_quantities[FEMD_LOCAL_FIELDS] = {FEMD_LOCAL_QUANTITIES(LOCAL_LINE)};

/* What a call works with. */
typedef struct local_work {
    femd_segments segments;
    double *force;              /* n x 3 */
    double *block, *all;        /* sums of the present block, and of all blocks */
    double *mean, *spread;      /* of the blocks' values: mean and sum of squares about it */
    int *seen;                  /* blocks whose value is a number, per component */
    double bonds[6], motion[6]; /* eV, of all samples: virial without the cells */
} local_work;

static void local_work_clear(local_work *w) {
    femd_segments_clear(&w->segments);
    free(w->force);
    free(w->block);
    free(w->all);
    free(w->mean);
    free(w->spread);
    free(w->seen);
}

void femd_local_fields_clear(femd_local_fields *fields) {
    double *const owned[] = {fields->value,    fields->error,  fields->x,     fields->displacement,
                             fields->velocity, fields->energy, fields->bonds, fields->motion,
                             fields->F,        fields->apart};
    for (size_t k = 0; k < sizeof owned / sizeof *owned; k++) free(owned[k]);
    *fields = (femd_local_fields){0};
}

int femd_local_fields_have(const femd_local_fields *fields, int quantity) {
    const int needs = femd_local_quantities[quantity].needs;
    return needs == 1 ? fields->moves : needs == 2 ? fields->weighs : 1;
}

static double *local_doubles(size_t count, int *ok) {
    double *p = *ok ? calloc(count ? count : 1, sizeof *p) : NULL;
    *ok = p != NULL;
    return p;
}

static femd_status local_room(femd_local_fields *f, local_work *w, femd_error *err) {
    const size_t n = (size_t)f->n, sums = f->grid.cells * FEMD_LOCAL_SUMS,
                 values = f->grid.cells * FEMD_LOCAL_COMPONENTS;
    int ok = 1;
    f->value = local_doubles(values, &ok);
    if (f->blocks) f->error = local_doubles(values, &ok);
    f->x = local_doubles(3 * n, &ok);
    f->displacement = local_doubles(3 * n, &ok);
    if (f->moves) f->velocity = local_doubles(3 * n, &ok);
    if (f->moves) f->motion = local_doubles(6 * n, &ok);
    f->energy = local_doubles(n, &ok);
    f->bonds = local_doubles(6 * n, &ok);
    f->F = local_doubles(9 * n, &ok);
    f->apart = local_doubles(n, &ok);
    w->force = local_doubles(3 * n, &ok);
    w->block = local_doubles(sums, &ok);
    w->all = local_doubles(sums, &ok);
    if (f->blocks) w->mean = local_doubles(values, &ok);
    if (f->blocks) w->spread = local_doubles(values, &ok);
    if (ok && f->blocks) ok = (w->seen = calloc(values, sizeof *w->seen)) != NULL;
    return ok ? FEMD_OK
              : femd_fail(err, FEMD_NO_MEMORY, "fields of %zu cells and %d atoms: out of memory", f->grid.cells, f->n);
}

/* ---- values of sums ---- */

/* Sums over `samples` configurations of one cell become values. */
static void local_value(const femd_local_fields *f, const double *sum, int samples, double *to) {
    const double each = 1 / (f->grid.volume * samples), none = NAN;
    const double atoms = sum[FEMD_LOCAL_COUNT], shaped = sum[FEMD_LOCAL_SHAPED];
    for (int c = 0; c < 6; c++) {
        to[LOCAL_FIRST_STRESS_BONDS + c] = sum[FEMD_LOCAL_BONDS + c] * each * FEMD_EV_PER_A3;
        to[LOCAL_FIRST_STRESS_MOTION + c] = -sum[FEMD_LOCAL_MOTION + c] * each * FEMD_EV_PER_A3;
        to[LOCAL_FIRST_STRESS + c] = to[LOCAL_FIRST_STRESS_BONDS + c] + to[LOCAL_FIRST_STRESS_MOTION + c];
    }
    for (int c = 0; c < 3; c++) {
        to[LOCAL_FIRST_HEAT_FLUX_BONDS + c] = sum[FEMD_LOCAL_CONDUCTED + c] * each * LOCAL_FLUX;
        to[LOCAL_FIRST_HEAT_FLUX + c] =
            to[LOCAL_FIRST_HEAT_FLUX_BONDS + c] + sum[FEMD_LOCAL_CARRIED + c] * each * LOCAL_FLUX;
    }
    /* three degrees of freedom of each atom less those of the centre of mass, which rests */
    const double twice = sum[FEMD_LOCAL_MOTION] + sum[FEMD_LOCAL_MOTION + 1] + sum[FEMD_LOCAL_MOTION + 2];
    const double freedom = f->n > 1 ? 3.0 * (f->n - 1) / f->n : 3.0;
    to[LOCAL_FIRST_TEMPERATURE] = atoms > 0 ? twice / (freedom * atoms * LOCAL_BOLTZMANN) : none;
    to[LOCAL_FIRST_DENSITY] = sum[FEMD_LOCAL_MASS] * each * LOCAL_DENSITY;
    to[LOCAL_FIRST_NUMBER] = atoms * each * 1e30;
    to[LOCAL_FIRST_ENERGY] = sum[FEMD_LOCAL_ENERGY] * each * FEMD_EV_PER_A3;
    for (int c = 0; c < 9; c++)
        to[LOCAL_FIRST_GRADIENT + c] = shaped > 0 ? sum[FEMD_LOCAL_GRADIENT + c] / shaped : none;
    to[LOCAL_FIRST_APART] = shaped > 0 ? sum[FEMD_LOCAL_APART] / shaped : none;
}

/* A block is full: into the sums of all, and its values into those that errors are from. */
static void local_close_block(const femd_local_fields *f, local_work *w, int samples) {
    double value[FEMD_LOCAL_COMPONENTS];
    for (size_t cell = 0; cell < f->grid.cells; cell++) {
        double *sum = w->block + cell * FEMD_LOCAL_SUMS;
        local_value(f, sum, samples, value);
        for (size_t c = 0; f->blocks && c < FEMD_LOCAL_COMPONENTS; c++) {
            const size_t at = cell * FEMD_LOCAL_COMPONENTS + c;
            if (isnan(value[c])) continue;
            const double off = value[c] - w->mean[at];
            w->mean[at] += off / ++w->seen[at];
            w->spread[at] += off * (value[c] - w->mean[at]);
        }
        for (size_t c = 0; c < FEMD_LOCAL_SUMS; c++) {
            w->all[cell * FEMD_LOCAL_SUMS + c] += sum[c];
            sum[c] = 0;
        }
    }
}

static void local_finish(femd_local_fields *f, const local_work *w) {
    const double volume = f->grid.volume * (double)f->grid.cells;
    for (size_t cell = 0; cell < f->grid.cells; cell++) {
        double *to = f->value + cell * FEMD_LOCAL_COMPONENTS;
        local_value(f, w->all + cell * FEMD_LOCAL_SUMS, f->samples, to);
        for (int c = 0; c < 6; c++) f->mean[c] += to[LOCAL_FIRST_STRESS + c] / (double)f->grid.cells;
    }
    for (int c = 0; c < 6; c++) f->virial[c] = (w->bonds[c] - w->motion[c]) / (volume * f->samples) * FEMD_EV_PER_A3;
    for (size_t at = 0; f->error && at < f->grid.cells * FEMD_LOCAL_COMPONENTS; at++)
        f->error[at] = w->seen[at] > 1 ? sqrt(w->spread[at] / w->seen[at] / (w->seen[at] - 1)) : NAN;
}

/* ---- one configuration ---- */

/* A segment's virial goes to its two atoms by halves. */
static void local_atoms(femd_local_fields *f, const femd_local_source *source, const femd_segments *segments) {
    memset(f->bonds, 0, 6 * (size_t)f->n * sizeof *f->bonds);
    for (size_t b = 0; b < segments->count; b++) {
        const femd_segment *s = &segments->one[b];
        for (size_t c = 0; c < 6; c++) {
            const double half = 0.5 * s->pull * s->d[femd_voigt_i[c]] * s->d[femd_voigt_j[c]];
            f->bonds[6 * (size_t)s->a + c] += half;
            f->bonds[6 * (size_t)s->b + c] += half;
        }
    }
    for (size_t i = 0; i < 3 * (size_t)f->n; i++) {
        f->x[i] = source->x[i];
        f->displacement[i] = source->x[i] - source->native->rve.X[i];
        if (f->moves) f->velocity[i] = source->v[i];
    }
    for (size_t i = 0; f->moves && i < (size_t)f->n; i++)
        for (size_t c = 0; c < 6; c++)
            f->motion[6 * i + c] = LOCAL_MVV * source->mass[i] * source->v[3 * i + (size_t)femd_voigt_i[c]] *
                                   source->v[3 * i + (size_t)femd_voigt_j[c]];
}

static femd_status local_sample(const femd_local_source *source, femd_local_fields *f, local_work *w, femd_error *err) {
    const femd_rve *rve = &source->native->rve;
    const double *h = f->cell, *x = source->x;
    double tau[6];
    FEMD_TRY(femd_energetics_atom_energies(rve->en, rve->nb, h, x, f->energy, err));
    FEMD_TRY(femd_energetics_forces(rve->en, rve->nb, h, x, NULL, w->force, tau, err));
    FEMD_TRY(femd_energetics_segments(rve->en, rve->nb, h, x, &w->segments, err));
    FEMD_TRY(femd_local_deformation(f->n, rve->h0, rve->X, h, x, femd_potential_cutoff(source->native->potential), f->F,
                                    f->apart, &f->reach, err));
    local_atoms(f, source, &w->segments);
    const femd_local_body body = {.n = f->n,
                                  .x = x,
                                  .v = source->v,
                                  .mass = source->mass,
                                  .energy = f->energy,
                                  .F = f->F,
                                  .apart = f->apart,
                                  .segments = &w->segments};
    for (int c = 0; c < 6; c++) w->bonds[c] += tau[c];
    for (size_t i = 0; f->moves && i < 6 * (size_t)f->n; i++) w->motion[i % 6] += f->motion[i];
    FEMD_TRY(femd_local_balance_find(&f->grid, &body, w->force, &f->balance, err));
    return femd_local_sums_add(&f->grid, f->kernel, &body, w->block, err);
}

/* ---- all ---- */

int femd_local_samples(int samples) {
    return samples < FEMD_LOCAL_ERRORS ? samples : (samples - 1) / LOCAL_BLOCKS * LOCAL_BLOCKS + LOCAL_BLOCKS;
}

static femd_status local_begin(const femd_local_source *source, const femd_local_ask *ask, femd_local_fields *f,
                               femd_error *err) {
    const femd_native *native = source->native;
    femd_place place;
    double origin[3], filled[9];
    int n[3] = {ask->grid[0], ask->grid[1], ask->grid[2]};
    if (ask->samples < 1) return femd_fail(err, FEMD_BAD_INPUT, "%d samples: at least one is needed", ask->samples);
    if (ask->samples > 1 && !source->next)
        return femd_fail(err, FEMD_BAD_INPUT,
                         "%d samples: these atoms are at rest, and have one configuration; several are of what the "
                         "method md samples",
                         ask->samples);
    femd_rve_filled_cell(&native->rve, f->h0);
    FEMD_TRY(femd_place_set(&native->rve, source->E, &place, err));
    if (!n[0]) {
        if (!(ask->spacing > 0)) return femd_fail(err, FEMD_BAD_INPUT, "a grid with a spacing of %g", ask->spacing);
        femd_local_grid_counts(f->h0, ask->spacing, n);
    }
    femd_apply3(place.U, ask->origin, origin);
    for (int k = 0; k < 3; k++) femd_apply3(place.U, f->h0 + 3 * k, filled + 3 * k);
    FEMD_TRY(femd_local_grid_set(&f->grid, n, filled, origin, err));
    memcpy(f->cell, place.h, sizeof f->cell);
    memcpy(f->origin0, ask->origin, sizeof f->origin0);
    memcpy(f->E, source->E, sizeof f->E);
    memcpy(f->U, place.U, sizeof f->U);
    f->kernel = ask->kernel;
    f->n = native->rve.n;
    f->symbol = (const char(*)[8])native->structure.name;
    f->species = native->structure.species;
    f->moves = source->v != NULL;
    f->weighs = 1;
    for (int i = 0; i < f->n; i++) f->weighs &= source->mass[i] > 0;
    f->temperature = source->temperature;
    f->blocks = ask->samples >= FEMD_LOCAL_ERRORS ? LOCAL_BLOCKS : 0;
    f->samples = femd_local_samples(ask->samples);
    f->interval = f->samples > 1 ? source->interval : 0;
    return femd_energetics_segments_told(native->rve.en, &f->forces, err);
}

femd_status femd_local_fields_make(femd_local_source *source, const femd_local_ask *ask, const femd_beat *beat,
                                   femd_local_fields *fields, femd_error *err) {
    local_work w = {0};
    femd_status rc = local_begin(source, ask, fields, err);
    if (rc == FEMD_OK) rc = local_room(fields, &w, err);
    const int block = fields->blocks ? fields->samples / fields->blocks : fields->samples;
    for (int k = 0; rc == FEMD_OK && k < fields->samples; k++) {
        if (k) rc = source->next(source, k, err);
        if (rc == FEMD_OK) rc = local_sample(source, fields, &w, err);
        if (rc == FEMD_OK && (k + 1) % block == 0) local_close_block(fields, &w, block);
        const int stop = beat && beat->beat ? beat->beat(beat->user, (k + 1.0) / fields->samples) : 0;
        if (rc == FEMD_OK && stop)
            rc = femd_fail(err, stop == FEMD_DEADLINE ? FEMD_DEADLINE : FEMD_CANCELLED, "stopped");
    }
    if (rc == FEMD_OK) local_finish(fields, &w);
    local_work_clear(&w);
    return rc;
}
