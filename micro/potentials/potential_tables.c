/* From the functions of an EAM file to the cubics that the kernels read.
 *
 * Two ways. "lammps": the file's knots with LAMMPS's own local cubics, over r. "smooth": the C2 spline through the same
 * knots, sampled over s = r^2 as a second C2 spline that is fine enough to follow it, so that the stiffness is the
 * exact and continuous derivative of the force. Which differs from LAMMPS by how much is measured here. It reads no
 * files. */
#include "potentials/potential_tables.h"

#include <math.h>
#include <stdlib.h>

#include "numerics/spline.h"

#define NEAREST     0.5   /* angstrom: below it no table means anything */
#define SOFT        10.0  /* eV/angstrom: forces up to which interpolations are compared */
#define FIT_LIMIT   2e-10 /* eV/angstrom: the sampling over s follows the spline over r this well */
#define KNOTS_LEAST 1025
#define KNOTS_MOST  16385

femd_status femd_eam_reserve(femd_eam *t, femd_error *err) {
    size_t n = (size_t)t->n;
    t->embed = calloc(n * (size_t)t->nrho, sizeof(double));
    t->density = calloc(n * n * (size_t)t->nr, sizeof(double));
    t->z = calloc(n * n * (size_t)t->nr, sizeof(double));
    if (!t->embed || !t->density || !t->z)
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for the tables of a potential");
    return FEMD_OK;
}

void femd_eam_clear(femd_eam *t) {
    free(t->embed);
    free(t->density);
    free(t->z);
    t->embed = t->density = t->z = NULL;
}

/* A function of r on the file's knots. */
typedef struct curve {
    size_t n;
    double h;
    const double *f;
    double *slope;
} curve;

/* Value, first and second derivative with respect to r. */
static void curve_at(const curve *c, double r, double out[3]) {
    femd_spline_eval(c->n, c->f, c->slope, r / c->h, out);
    out[1] /= c->h;
    out[2] /= c->h * c->h;
}

/* phi and phi' from z = r phi. */
static void pair_at(const curve *z, double r, double out[2]) {
    double q[3];
    curve_at(z, r, q);
    out[0] = q[0] / r;
    out[1] = (q[1] - out[0]) / r;
}

/* Scratch for one tabulation: slopes of all functions by both rules. */
typedef struct slopes {
    double *smooth_z, *smooth_density, *smooth_embed, *lammps_z, *lammps_density, *lammps_embed, *work;
} slopes;

static void slopes_clear(slopes *s) {
    free(s->smooth_z);
    free(s->smooth_density);
    free(s->smooth_embed);
    free(s->lammps_z);
    free(s->lammps_density);
    free(s->lammps_embed);
    free(s->work);
}

static femd_status slopes_make(const femd_eam *t, slopes *s, femd_error *err) {
    size_t n = (size_t)t->n, nr = (size_t)t->nr, nrho = (size_t)t->nrho, pairs = n * n;
    memset(s, 0, sizeof *s);
    s->smooth_z = malloc(pairs * nr * sizeof(double));
    s->smooth_density = malloc(pairs * nr * sizeof(double));
    s->smooth_embed = malloc(n * nrho * sizeof(double));
    s->lammps_z = malloc(pairs * nr * sizeof(double));
    s->lammps_density = malloc(pairs * nr * sizeof(double));
    s->lammps_embed = malloc(n * nrho * sizeof(double));
    s->work = malloc((nr + nrho + KNOTS_MOST) * sizeof(double));
    if (!s->smooth_z || !s->smooth_density || !s->smooth_embed || !s->lammps_z || !s->lammps_density ||
        !s->lammps_embed || !s->work)
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for the splines of a potential");
    for (size_t k = 0; k < pairs; k++) {
        femd_spline_slopes_smooth(nr, t->z + k * nr, s->smooth_z + k * nr, s->work);
        femd_spline_slopes_smooth(nr, t->density + k * nr, s->smooth_density + k * nr, s->work);
        femd_spline_slopes_lammps(nr, t->z + k * nr, s->lammps_z + k * nr);
        femd_spline_slopes_lammps(nr, t->density + k * nr, s->lammps_density + k * nr);
    }
    for (size_t a = 0; a < n; a++) {
        femd_spline_slopes_smooth(nrho, t->embed + a * nrho, s->smooth_embed + a * nrho, s->work);
        femd_spline_slopes_lammps(nrho, t->embed + a * nrho, s->lammps_embed + a * nrho);
    }
    return FEMD_OK;
}

static femd_status tables_alloc(const femd_eam *t, int knots, femd_potential *p, femd_error *err) {
    size_t pairs = (size_t)t->n * (size_t)t->n;
    free(p->pair);
    p->densities = t->n == 1 ? 1 : 2;
    p->stride = t->n == 1 ? 8 : 12;
    p->knots = knots;
    p->pair = femd_aligned_doubles(pairs * (size_t)knots * (size_t)p->stride);
    if (!p->embed) p->embed = femd_aligned_doubles((size_t)t->n * (size_t)t->nrho * 4);
    if (!p->pair || !p->embed) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the tables of a potential");
    memset(p->pair, 0, pairs * (size_t)knots * (size_t)p->stride * sizeof(double));
    return FEMD_OK;
}

static void put_embed(const femd_eam *t, const double *slope, femd_potential *p) {
    size_t nrho = (size_t)t->nrho;
    p->fknots = t->nrho;
    p->rho_scale = 1.0 / t->drho;
    p->rho_max = t->rho_max;
    memset(p->embed, 0, (size_t)t->n * nrho * 4 * sizeof(double));
    for (size_t a = 0; a < (size_t)t->n; a++)
        for (size_t k = 0; k + 1 < nrho; k++)
            femd_spline_interval(t->embed + a * nrho, slope + a * nrho, k, p->embed + 4 * (a * nrho + k));
}

/* Put function number `slot` (0 phi or z, 1 density at a, 2 density at b) of pair (a,b). */
static void put_function(femd_potential *p, int a, int b, int slot, const double *f, const double *slope) {
    double *row = p->pair + (size_t)(a * p->nspecies + b) * (size_t)p->knots * (size_t)p->stride + 4 * slot;
    for (int k = 0; k + 1 < p->knots; k++)
        femd_spline_interval(f, slope, (size_t)k, row + (size_t)k * (size_t)p->stride);
}

static femd_status tabulate_radius(const femd_eam *t, const slopes *s, femd_potential *p, femd_error *err) {
    size_t nr = (size_t)t->nr;
    FEMD_TRY(tables_alloc(t, t->nr, p, err));
    p->form = FEMD_FORM_RADIUS;
    p->refitted = 0;
    p->cutoff = t->cutoff;
    p->origin = 0.0;
    p->scale = 1.0 / t->dr;
    put_embed(t, s->lammps_embed, p);
    for (int a = 0; a < t->n; a++)
        for (int b = 0; b < t->n; b++) {
            size_t ab = (size_t)(a * t->n + b) * nr, ba = (size_t)(b * t->n + a) * nr;
            put_function(p, a, b, 0, t->z + ab, s->lammps_z + ab);
            put_function(p, a, b, 1, t->density + ab, s->lammps_density + ab);
            if (p->densities == 2) put_function(p, a, b, 2, t->density + ba, s->lammps_density + ba);
        }
    return FEMD_OK;
}

/* Sample phi (from z) or a density over s into f with slopes; f and slope have p->knots entries. */
static void sample_square(const curve *c, int is_pair, const femd_potential *p, double *f, double *slope,
                          double *work) {
    double step = 1.0 / p->scale, q[3] = {0, 0, 0};
    for (int k = 0; k < p->knots; k++) {
        double r = sqrt(p->origin + k * step), d;
        if (is_pair)
            pair_at(c, r, q);
        else
            curve_at(c, r, q);
        f[k] = q[0];
        d = 0.5 * q[1] / r * step;
        if (k == 0 || k == p->knots - 1) slope[k] = d;
    }
    femd_spline_slopes_clamped((size_t)p->knots, f, slope, work);
}

static femd_status fill_square(const femd_eam *t, const slopes *s, int knots, femd_potential *p, femd_error *err) {
    size_t nr = (size_t)t->nr;
    double *f, *slope;
    FEMD_TRY(tables_alloc(t, knots, p, err));
    f = malloc(2 * (size_t)knots * sizeof *f);
    if (!f) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the tables of a potential");
    slope = f + knots;
    p->form = FEMD_FORM_SQUARE;
    p->refitted = 1;
    p->cutoff = fmin(t->cutoff, (t->nr - 1) * t->dr);
    p->origin = NEAREST * NEAREST;
    p->scale = (knots - 1) / (p->cutoff * p->cutoff - p->origin);
    for (int a = 0; a < t->n; a++)
        for (int b = 0; b < t->n; b++) {
            size_t ab = (size_t)(a * t->n + b) * nr, ba = (size_t)(b * t->n + a) * nr;
            const curve z = {nr, t->dr, t->z + ab, s->smooth_z + ab};
            const curve at_a = {nr, t->dr, t->density + ab, s->smooth_density + ab};
            const curve at_b = {nr, t->dr, t->density + ba, s->smooth_density + ba};
            sample_square(&z, 1, p, f, slope, s->work);
            put_function(p, a, b, 0, f, slope);
            sample_square(&at_a, 0, p, f, slope, s->work);
            put_function(p, a, b, 1, f, slope);
            if (p->densities != 2) continue;
            sample_square(&at_b, 0, p, f, slope, s->work);
            put_function(p, a, b, 2, f, slope);
        }
    free(f);
    return FEMD_OK;
}

/* d/dr of function `slot` of pair (a,b) in a table over s. */
static double square_slope(const femd_potential *p, int pair, int slot, double r) {
    double t = (r * r - p->origin) * p->scale;
    int k = t < p->knots - 2 ? (int)t : p->knots - 2;
    const double *c = p->pair + ((size_t)pair * (size_t)p->knots + (size_t)k) * (size_t)p->stride + 4 * slot;
    double q = t - k;
    return 2.0 * r * (c[1] + q * (2.0 * c[2] + q * 3.0 * c[3])) * p->scale;
}

/* Largest |F'| of species a over the middle of its table: what a density weighs in a force. */
static double embed_weight(const femd_eam *t, int a) {
    double most = 0.0;
    for (int k = t->nrho / 20 + 1; k + 1 < t->nrho * 3 / 4; k++) {
        const double *f = t->embed + (size_t)a * (size_t)t->nrho + k;
        most = fmax(most, fabs(f[1] - f[-1]) / (2.0 * t->drho));
    }
    return most;
}

/* Largest difference of a bond's force, eV/angstrom relative to max(1, force), between the table over s and the
 * curves over r with the given slopes, where that force is below SOFT. */
static double measure(const femd_eam *t, const femd_potential *p, const double *slope_z, const double *slope_density) {
    size_t nr = (size_t)t->nr;
    double worst = 0.0;
    for (int pair = 0; pair < t->n * t->n; pair++) {
        const curve z = {nr, t->dr, t->z + (size_t)pair * nr, (double *)slope_z + (size_t)pair * nr};
        const curve rho = {nr, t->dr, t->density + (size_t)pair * nr, (double *)slope_density + (size_t)pair * nr};
        double weight = embed_weight(t, pair / t->n);
        for (int k = 4 * (int)(1.0 / t->dr) + 1; k < 4 * (t->nr - 1); k++) {
            double r = (k + 0.37) * 0.25 * t->dr, q[3], force, e1, e2;
            if (!(r < p->cutoff)) break;
            pair_at(&z, r, q);
            force = fabs(q[1]);
            e1 = fabs(q[1] - square_slope(p, pair, 0, r));
            curve_at(&rho, r, q);
            force = fmax(force, weight * fabs(q[1]));
            e2 = weight * fabs(q[1] - square_slope(p, pair, 1, r));
            if (force < SOFT) worst = fmax(worst, fmax(e1, e2) / fmax(1.0, force));
        }
    }
    return worst;
}

static femd_status tabulate_square(const femd_eam *t, const slopes *s, femd_potential *p, femd_error *err) {
    for (int knots = KNOTS_LEAST; knots <= KNOTS_MOST; knots = 2 * knots - 1) {
        FEMD_TRY(fill_square(t, s, knots, p, err));
        if (measure(t, p, s->smooth_z, s->smooth_density) <= FIT_LIMIT) break;
    }
    put_embed(t, s->smooth_embed, p);
    p->refit_error = measure(t, p, s->lammps_z, s->lammps_density);
    return FEMD_OK;
}

femd_status femd_eam_tabulate(const femd_eam *t, femd_interpolation how, femd_potential *p, femd_error *err) {
    slopes s;
    femd_status rc = slopes_make(t, &s, err);
    if (rc == FEMD_OK && how != FEMD_INTERPOLATE_LAMMPS) rc = tabulate_square(t, &s, p, err);
    if (rc == FEMD_OK &&
        (how == FEMD_INTERPOLATE_LAMMPS || (how == FEMD_INTERPOLATE_AUTO && !(p->refit_error <= FEMD_REFIT_LIMIT))))
        rc = tabulate_radius(t, &s, p, err);
    slopes_clear(&s);
    if (rc != FEMD_OK) return rc;
    p->cutsq = p->cutoff * p->cutoff;
    p->nearest_sq = NEAREST * NEAREST;
    memcpy(p->mass, t->mass, sizeof p->mass);
    return FEMD_OK;
}
