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
#include "potentials/potential_embed.h"

#define NEAREST     0.5   /* angstrom: below it no table means anything */
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
static void tables_curve_at(const curve *c, double r, double out[3]) {
    femd_spline_eval(c->n, c->f, c->slope, r / c->h, out);
    out[1] /= c->h;
    out[2] /= c->h * c->h;
}

/* phi and phi' from z = r phi. */
static void tables_pair_at(const curve *z, double r, double out[2]) {
    double q[3];
    tables_curve_at(z, r, q);
    out[0] = q[0] / r;
    out[1] = (q[1] - out[0]) / r;
}

/* Scratch for one tabulation: slopes of all functions by both rules. */
typedef struct slopes {
    double *smooth_z, *smooth_density, *smooth_embed, *lammps_z, *lammps_density, *lammps_embed, *work;
} slopes;

static void tables_slopes_clear(slopes *s) {
    free(s->smooth_z);
    free(s->smooth_density);
    free(s->smooth_embed);
    free(s->lammps_z);
    free(s->lammps_density);
    free(s->lammps_embed);
    free(s->work);
}

static femd_status tables_slopes_make(const femd_eam *t, slopes *s, femd_error *err) {
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

static femd_status tables_alloc(const femd_eam *t, int knots, femd_eam_tables *to, femd_error *err) {
    size_t pairs = (size_t)t->n * (size_t)t->n;
    free(to->pair);
    to->densities = t->n == 1 ? 1 : 2;
    to->stride = t->n == 1 ? 8 : 12;
    to->nspecies = t->n;
    to->knots = knots;
    to->pair = femd_aligned_doubles(pairs * (size_t)knots * (size_t)to->stride);
    if (!to->embed) to->embed = femd_aligned_doubles((size_t)t->n * (size_t)t->nrho * 4);
    if (!to->pair || !to->embed) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the tables of a potential");
    memset(to->pair, 0, pairs * (size_t)knots * (size_t)to->stride * sizeof(double));
    return FEMD_OK;
}

static void tables_put_embed(const femd_eam *t, const double *slope, femd_eam_tables *to) {
    size_t nrho = (size_t)t->nrho;
    to->fknots = t->nrho;
    to->rho_scale = 1.0 / t->drho;
    to->rho_max = t->rho_max;
    memset(to->embed, 0, (size_t)t->n * nrho * 4 * sizeof(double));
    for (size_t a = 0; a < (size_t)t->n; a++)
        for (size_t k = 0; k + 1 < nrho; k++)
            femd_spline_interval(t->embed + a * nrho, slope + a * nrho, k, to->embed + 4 * (a * nrho + k));
}

/* Put function number `slot` (0 phi or z, 1 density at a, 2 density at b) of pair (a,b). */
static void tables_put_function(femd_eam_tables *to, int a, int b, int slot, const double *f, const double *slope) {
    double *row = to->pair + (size_t)(a * to->nspecies + b) * (size_t)to->knots * (size_t)to->stride + 4 * slot;
    for (int k = 0; k + 1 < to->knots; k++)
        femd_spline_interval(f, slope, (size_t)k, row + (size_t)k * (size_t)to->stride);
}

static femd_status tables_over_radius(const femd_eam *t, const slopes *s, femd_eam_tables *to, femd_error *err) {
    size_t nr = (size_t)t->nr;
    FEMD_TRY(tables_alloc(t, t->nr, to, err));
    to->over_radius = 1;
    to->cutoff = t->cutoff;
    to->origin = 0.0;
    to->scale = 1.0 / t->dr;
    tables_put_embed(t, s->lammps_embed, to);
    for (int a = 0; a < t->n; a++)
        for (int b = 0; b < t->n; b++) {
            size_t ab = (size_t)(a * t->n + b) * nr, ba = (size_t)(b * t->n + a) * nr;
            tables_put_function(to, a, b, 0, t->z + ab, s->lammps_z + ab);
            tables_put_function(to, a, b, 1, t->density + ab, s->lammps_density + ab);
            if (to->densities == 2) tables_put_function(to, a, b, 2, t->density + ba, s->lammps_density + ba);
        }
    return FEMD_OK;
}

/* Sample phi (from z) or a density over s into f with slopes; f and slope have to->knots entries. */
static void tables_sample_square(const curve *c, int is_pair, const femd_eam_tables *to, double *f, double *slope,
                                 double *work) {
    double step = 1.0 / to->scale, q[3] = {0, 0, 0};
    for (int k = 0; k < to->knots; k++) {
        double r = sqrt(to->origin + k * step), d;
        if (is_pair)
            tables_pair_at(c, r, q);
        else
            tables_curve_at(c, r, q);
        f[k] = q[0];
        d = 0.5 * q[1] / r * step;
        if (k == 0 || k == to->knots - 1) slope[k] = d;
    }
    femd_spline_slopes_clamped((size_t)to->knots, f, slope, work);
}

static femd_status tables_fill_square(const femd_eam *t, const slopes *s, int knots, femd_eam_tables *to,
                                      femd_error *err) {
    size_t nr = (size_t)t->nr;
    double *f, *slope;
    FEMD_TRY(tables_alloc(t, knots, to, err));
    f = malloc(2 * (size_t)knots * sizeof *f);
    if (!f) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the tables of a potential");
    slope = f + knots;
    to->over_radius = 0;
    to->cutoff = fmin(t->cutoff, (t->nr - 1) * t->dr);
    to->origin = NEAREST * NEAREST;
    to->scale = (knots - 1) / (to->cutoff * to->cutoff - to->origin);
    for (int a = 0; a < t->n; a++)
        for (int b = 0; b < t->n; b++) {
            size_t ab = (size_t)(a * t->n + b) * nr, ba = (size_t)(b * t->n + a) * nr;
            const curve z = {nr, t->dr, t->z + ab, s->smooth_z + ab};
            const curve at_a = {nr, t->dr, t->density + ab, s->smooth_density + ab};
            const curve at_b = {nr, t->dr, t->density + ba, s->smooth_density + ba};
            tables_sample_square(&z, 1, to, f, slope, s->work);
            tables_put_function(to, a, b, 0, f, slope);
            tables_sample_square(&at_a, 0, to, f, slope, s->work);
            tables_put_function(to, a, b, 1, f, slope);
            if (to->densities != 2) continue;
            tables_sample_square(&at_b, 0, to, f, slope, s->work);
            tables_put_function(to, a, b, 2, f, slope);
        }
    free(f);
    return FEMD_OK;
}

/* d/dr of function `slot` of pair (a,b) in a table over s. */
static double tables_square_slope(const femd_eam_tables *to, int pair, int slot, double r) {
    const double t = fmax((r * r - to->origin) * to->scale, 0.0);
    const int k = t < to->knots - 2 ? (int)t : to->knots - 2;
    const double *c = to->pair + ((size_t)pair * (size_t)to->knots + (size_t)k) * (size_t)to->stride + 4 * slot;
    double q = t - k;
    return 2.0 * r * (c[1] + q * (2.0 * c[2] + q * 3.0 * c[3])) * to->scale;
}

/* Largest difference of a bond's force, eV/angstrom relative to max(1, force), between the table over s and the
 * curves over r with the given slopes, where that force is below FEMD_SOFT. */
static double tables_measure(const femd_eam *t, const femd_eam_tables *to, const double *slope_z,
                             const double *slope_density) {
    size_t nr = (size_t)t->nr;
    double worst = 0.0;
    for (int pair = 0; pair < t->n * t->n; pair++) {
        const curve z = {nr, t->dr, t->z + (size_t)pair * nr, (double *)slope_z + (size_t)pair * nr};
        const curve rho = {nr, t->dr, t->density + (size_t)pair * nr, (double *)slope_density + (size_t)pair * nr};
        double weight = femd_embed_weight(t, pair / t->n);
        for (int k = 4 * (int)(1.0 / t->dr) + 1; k < 4 * (t->nr - 1); k++) {
            double r = (k + 0.37) * 0.25 * t->dr, q[3], force, e1, e2;
            if (r < NEAREST) continue; /* knots an angstrom apart and more */
            if (!(r < to->cutoff)) break;
            tables_pair_at(&z, r, q);
            force = fabs(q[1]);
            e1 = fabs(q[1] - tables_square_slope(to, pair, 0, r));
            tables_curve_at(&rho, r, q);
            force = fmax(force, weight * fabs(q[1]));
            e2 = weight * fabs(q[1] - tables_square_slope(to, pair, 1, r));
            if (force < FEMD_SOFT) worst = fmax(worst, fmax(e1, e2) / fmax(1.0, force));
        }
    }
    return worst;
}

static femd_status tables_over_square(const femd_eam *t, const slopes *s, femd_eam_tables *to, femd_error *err) {
    for (int knots = KNOTS_LEAST; knots <= KNOTS_MOST; knots = 2 * knots - 1) {
        FEMD_TRY(tables_fill_square(t, s, knots, to, err));
        if (tables_measure(t, to, s->smooth_z, s->smooth_density) <= FIT_LIMIT) break;
    }
    tables_put_embed(t, s->smooth_embed, to);
    to->refit_error = tables_measure(t, to, s->lammps_z, s->lammps_density);
    return FEMD_OK;
}

/* F where the pair functions are refitted: what a refit of it would change, and for "auto" slopes that keep LAMMPS's
 * forces. */
static femd_status tables_judge_embed(const femd_eam *t, const slopes *s, int keep, femd_eam_tables *to,
                                      femd_error *err) {
    const size_t n = (size_t)t->nrho;
    double *slope = malloc((size_t)t->n * n * sizeof *slope);
    unsigned char *mark = malloc(n);
    for (int a = 0; slope && mark && a < t->n; a++) {
        const size_t at = (size_t)a * n;
        femd_embed_slopes(t, a, s->smooth_embed + at, s->lammps_embed + at, slope + at, s->work, mark,
                          &to->embed_break[a]);
    }
    const int made = slope && mark;
    if (made && keep) tables_put_embed(t, slope, to);
    to->embed_kept = keep;
    free(slope);
    free(mark);
    return made ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the splines of a potential");
}

static femd_status tables_check_finite(const femd_eam_tables *to, femd_error *err) {
    const size_t pairs = (size_t)to->nspecies * (size_t)to->nspecies * (size_t)to->knots * (size_t)to->stride,
                 embed = (size_t)to->nspecies * (size_t)to->fknots * 4;
    double sum = 0.0;
    for (size_t k = 0; k < pairs; k++) sum += to->pair[k] - to->pair[k];
    for (size_t k = 0; k < embed; k++) sum += to->embed[k] - to->embed[k];
    if (sum == 0.0) return FEMD_OK;
    return femd_fail(err, FEMD_BAD_INPUT, "the numbers of a table are too large for their differences");
}

femd_status femd_eam_tabulate(const femd_eam *t, femd_interpolation how, femd_potential *p, femd_error *err) {
    slopes s;
    femd_eam_tables *to = calloc(1, sizeof *to);
    p->parameters = to;
    if (!to) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the tables of a potential");
    femd_status rc = tables_slopes_make(t, &s, err);
    if (rc == FEMD_OK && how != FEMD_INTERPOLATE_LAMMPS) rc = tables_over_square(t, &s, to, err);
    if (rc == FEMD_OK &&
        (how == FEMD_INTERPOLATE_LAMMPS || (how == FEMD_INTERPOLATE_AUTO && !(to->refit_error <= FEMD_REFIT_LIMIT))))
        rc = tables_over_radius(t, &s, to, err);
    if (rc == FEMD_OK && !to->over_radius) rc = tables_judge_embed(t, &s, how == FEMD_INTERPOLATE_AUTO, to, err);
    tables_slopes_clear(&s);
    if (rc == FEMD_OK) rc = tables_check_finite(to, err);
    if (rc != FEMD_OK) return rc;
    p->cutoff = to->cutoff;
    p->stepped = to->over_radius;
    p->cutsq = p->cutoff * p->cutoff;
    p->nearest_sq = NEAREST * NEAREST;
    memcpy(p->mass, t->mass, sizeof p->mass);
    return FEMD_OK;
}

void femd_eam_tables_clear(void *tables) {
    femd_eam_tables *t = tables;
    if (!t) return;
    free(t->pair);
    free(t->embed);
    free(t);
}

int femd_eam_embed(const femd_eam_tables *p, int a, double rho, double out[3]) {
    double t = rho * p->rho_scale, q, d1;
    int k = t > 0.0 ? (t < p->fknots - 2 ? (int)t : p->fknots - 2) : 0;
    const double *c = p->embed + 4 * ((size_t)a * (size_t)p->fknots + (size_t)k);
    q = t - k;
    if (q > 1.0) q = 1.0;
    d1 = (c[1] + q * (2.0 * c[2] + q * 3.0 * c[3])) * p->rho_scale;
    out[0] = c[0] + q * (c[1] + q * (c[2] + q * c[3]));
    out[1] = d1;
    out[2] = (2.0 * c[2] + 6.0 * q * c[3]) * p->rho_scale * p->rho_scale;
    if (!(rho > p->rho_max)) return 0;
    out[0] += d1 * (rho - p->rho_max);
    out[2] = 0.0;
    return 1;
}
