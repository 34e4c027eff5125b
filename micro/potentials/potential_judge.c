/* Remarks on tabulated and cut potentials: where derivatives that answers need are uneven. Judged once, when a
 * potential is opened.
 *
 * Of each function the knots' second differences s_k are searched, between densities of 5 and 95 % of the table and
 * from 1.5 angstrom to the cutoff. A break between knots k and k+1 touches s_k and s_k+1 alone, so that both sides are
 * taken beyond:
 *
 *   jump of f''    J = (s_k+2 - s_k-1) - [(s_k-1 - s_k-4) + (s_k+5 - s_k+2)]/2
 *   jump of f'''   K = [(s_k+10 - s_k+2) - (s_k-1 - s_k-9)]/(8 h), a kink of f''
 *
 * vanish with the spacing in a smooth function and look alike all over its neighbourhood; a break stands out of it.
 * Sizes are relative to the mean of |f''| and |f'''| over a twentieth of the table on either side. The median of |J| is
 * what the digits of a file leave uncertain. It changes no answer. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "numerics/spline.h"
#include "potentials/potential_tables.h"

enum {
    SIDE = 8,
    REACH = 40,
    MARGIN = REACH + SIDE + 4
}; /* knots: of one side of K; of the neighbourhood; that need others around them */
static const double JUMP_LEAST = 1e-3, KINK_LEAST = 0.05, SCATTER_LEAST = 1e-3; /* below, nobody needs to know */
static const double JUMP_OUT = 10, KINK_OUT = 5; /* how far a break stands out of its neighbourhood */
static const double STEP_LEAST = 1e-9;           /* smaller jumps at the knots are digits */
static const double MOVED_MOST = 1e-3;           /* eV/angstrom: what a refit that was asked for may do untold */
static const double NEAR = 1.5;                  /* angstrom */

/* One function on its knots. */
typedef struct table {
    int n, first, from, to; /* knots; the first of those looked at; those to be judged */
    double h;
    const double *f;
    double *s, *sum; /* second differences; running sums of their size */
    double *sum3;    /* and of that of the third */
} table;

typedef struct finding {
    double size, at; /* relative size; argument of the function */
} finding;

typedef struct judgement {
    finding jump, kink;
    double scatter, steps; /* steps: median of the jumps of f'' at the knots as LAMMPS interpolates */
    int unjudged;          /* memory or knots did not suffice */
} judgement;

static double jump_at(const table *t, int k) {
    const double *s = t->s;
    return (s[k + 2] - s[k - 1]) - 0.5 * ((s[k - 1] - s[k - 4]) + (s[k + 5] - s[k + 2]));
}

static double kink_at(const table *t, int k) {
    const double *s = t->s;
    return ((s[k + 2 + SIDE] - s[k + 2]) - (s[k - 1] - s[k - 1 - SIDE])) / (SIDE * t->h);
}

static int judge_reach(int n) {
    return n / 20 > REACH ? n / 20 : REACH;
}

/* Mean of what was summed, over a twentieth of the table on either side. */
static double scale_at(const table *t, const double *sum, int k) {
    const int wide = judge_reach(t->n);
    const int a = k - wide > t->first + 1 ? k - wide : t->first + 1, b = k + wide < t->n - 3 ? k + wide : t->n - 3;
    return (sum[b] - sum[a]) / (b - a);
}

/* Largest |of(j)| at j within REACH of k, but not so near that it sees the same break. */
static double judge_around(const table *t, double (*of)(const table *, int), int gap, int k) {
    double most = 0;
    for (int d = gap; d <= REACH; d++) most = fmax(most, fmax(fabs(of(t, k - d)), fabs(of(t, k + d))));
    return most;
}

static void note_larger(finding *f, double size, double at) {
    if (size > f->size) *f = (finding){size, at};
}

static int judge_ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double judge_median(double *v, int count) {
    qsort(v, (size_t)count, sizeof *v, judge_ascending);
    return count ? v[count / 2] : 0;
}

static void judge_search(const table *t, double *scratch, judgement *j) {
    int count = 0;
    for (int k = t->from; k < t->to; k++) {
        const double J = jump_at(t, k), K = kink_at(t, k), size2 = scale_at(t, t->sum, k),
                     size3 = scale_at(t, t->sum3, k);
        if (!(size2 > 0) || !(size3 > 0)) continue;
        scratch[count++] = fabs(J) / size2;
        const double at = (k + 0.5) * t->h;
        if (fabs(J) > JUMP_LEAST * size2 && fabs(J) > 3 * t->h * fabs(K) &&
            fabs(J) > JUMP_OUT * judge_around(t, jump_at, 7, k))
            note_larger(&j->jump, fabs(J) / size2, at);
        if (fabs(K) > KINK_LEAST * size3 && fabs(K) > KINK_OUT * judge_around(t, kink_at, 2 * SIDE + 4, k))
            note_larger(&j->kink, fabs(K) / size3, at);
    }
    j->scatter = judge_median(scratch, count);
}

/* Jumps of f'' at the knots of LAMMPS's cubics. */
static void judge_steps(const table *t, double *slope, double *scratch, judgement *j) {
    int count = 0;
    femd_spline_slopes_lammps((size_t)t->n, t->f, slope);
    for (int k = t->from; k < t->to; k++) {
        double left[4], right[4];
        femd_spline_interval(t->f, slope, (size_t)k - 1, left);
        femd_spline_interval(t->f, slope, (size_t)k, right);
        const double size = scale_at(t, t->sum, k) * t->h * t->h;
        if (size > 0) scratch[count++] = fabs(2 * right[2] - 2 * left[2] - 6 * left[3]) / size;
    }
    j->steps = judge_median(scratch, count);
}

/* Judge f on n knots h apart between two arguments. *j is zero, as of a smooth function, but for `unjudged` if memory
 * or knots do not suffice. */
static void judge_one(int n, double h, const double *f, double from, double to, judgement *j) {
    const size_t m = (size_t)n;
    double *block = calloc(5 * m, sizeof *block);
    *j = (judgement){.unjudged = 1};
    if (!block) return;
    table t = {.n = n, .h = h, .f = f, .s = block, .sum = block + m, .sum3 = block + 2 * m};
    t.from = from / h > MARGIN ? (int)(from / h) : MARGIN;
    t.to = to / h < n - MARGIN ? (int)(to / h) : n - MARGIN;
    t.first = t.from - judge_reach(n) - 2 > 1 ? t.from - judge_reach(n) - 2
                                              : 1; /* nearer to zero a function may be anything */
    for (int k = t.first; k + 1 < n; k++) t.s[k] = ((f[k + 1] - f[k]) - (f[k] - f[k - 1])) / (h * h);
    for (int k = t.first + 1; k < n; k++) {
        t.sum[k] = t.sum[k - 1] + fabs(t.s[k - 1]);
        t.sum3[k] = t.sum3[k - 1] + (k > t.first + 1 && k < n - 1 ? fabs(t.s[k] - t.s[k - 1]) / h : 0);
    }
    if (t.from < t.to) {
        j->unjudged = 0;
        judge_search(&t, block + 3 * m, j);
        judge_steps(&t, block + 3 * m, block + 4 * m, j);
    }
    free(block);
}

/* ---- words ---- */

/* The worst of one kind of function, and of which species it is. */
typedef struct worst {
    const char *function, *argument, *unit; /* "F", "density", "" */
    judgement j;
    char jump_of[20], kink_of[20], scatter_of[20];
} worst;

static void judge_gather(worst *w, const judgement *j, const char *name) {
    if (j->jump.size > w->j.jump.size) w->j.jump = j->jump, snprintf(w->jump_of, sizeof w->jump_of, "%s", name);
    if (j->kink.size > w->j.kink.size) w->j.kink = j->kink, snprintf(w->kink_of, sizeof w->kink_of, "%s", name);
    if (j->scatter > w->j.scatter) w->j.scatter = j->scatter, snprintf(w->scatter_of, sizeof w->scatter_of, "%s", name);
    w->j.steps = fmax(w->j.steps, j->steps);
    w->j.unjudged |= j->unjudged;
}

/* "3 % of", "17 times". */
static const char *judge_share(double size, char text[16]) {
    snprintf(text, 16, size < 2 ? "%.2g %% of" : "%.2g times", size < 2 ? 100 * size : size);
    return text;
}

static void judge_say(femd_potential *p, const worst *w) {
    char size[16];
    if (w->j.jump.size > 0) {
        femd_potential_remark(
            p, "%s'' of %s jumps at %s %.5g%s by %s its size there: tangents have a step, harmonic free energies too",
            w->function, w->jump_of, w->argument, w->j.jump.at, w->unit, judge_share(w->j.jump.size, size));
    } else if (w->j.kink.size > 0) { /* a jump makes kinks of its own */
        femd_potential_remark(
            p, "%s'' of %s has a kink at %s %.5g%s (%s''' jumps by %s its size there): harmonic stresses have a step",
            w->function, w->kink_of, w->argument, w->j.kink.at, w->unit, w->function,
            judge_share(w->j.kink.size, size));
    }
    if (w->j.scatter > SCATTER_LEAST && !femd_eam_tables_of(p)->over_radius)
        femd_potential_remark(p,
                              "%s'' of %s scatters by %s its size from knot to knot: tangents are no more even than "
                              "that, harmonic stresses less",
                              w->function, w->scatter_of, judge_share(w->j.scatter, size));
}

/* A smooth function that nobody has looked at is not one that was found smooth. */
static void judge_say_unjudged(femd_potential *p, const worst *const of[3]) {
    char names[32] = "";
    for (int k = 0; k < 3; k++) {
        const size_t n = strlen(names);
        if (of[k]->j.unjudged) snprintf(names + n, sizeof names - n, "%s%s", n ? ", " : "", of[k]->function);
    }
    if (*names)
        femd_potential_remark(p,
                              "the knots of %s are too few to tell a smooth function from one that jumps: tangents and "
                              "harmonic free energies are those of a spline through them",
                              names);
}

static int judge_same(const double *a, const double *b, int n) {
    return memcmp(a, b, (size_t)n * sizeof *a) == 0;
}

/* Densities: (a, b) where it is another than (0, b). */
static void judge_densities(const femd_eam *t, const char (*species)[8], worst *w) {
    const size_t nr = (size_t)t->nr;
    for (int a = 0; a < t->n; a++)
        for (int b = 0; b < t->n; b++) {
            const double *f = t->density + (size_t)(a * t->n + b) * nr;
            judgement j;
            if (a && judge_same(f, t->density + (size_t)b * nr, t->nr)) continue;
            judge_one(t->nr, t->dr, f, NEAR, t->cutoff, &j);
            judge_gather(w, &j, species[b]);
        }
}

static void judge_pairs(const femd_eam *t, const char (*species)[8], worst *w) {
    double *phi = malloc((size_t)t->nr * sizeof *phi);
    for (int a = 0; phi && a < t->n; a++)
        for (int b = a; b < t->n; b++) {
            const double *z = t->z + (size_t)(a * t->n + b) * (size_t)t->nr;
            judgement j;
            char name[20];
            for (int k = 1; k < t->nr; k++) phi[k] = z[k] / (k * t->dr);
            phi[0] = phi[1];
            judge_one(t->nr, t->dr, phi, NEAR, t->cutoff, &j);
            snprintf(name, sizeof name, "%s-%s", species[a], species[b]);
            judge_gather(w, &j, name);
        }
    free(phi);
}

/* A refit of F that moves forces: told where F is LAMMPS's instead, and where it is not but forces move much. */
static void judge_embed(const femd_eam_tables *tables, const char (*species)[8], femd_potential *p) {
    for (int a = 0; a < tables->nspecies; a++) {
        const femd_embed_break *b = &tables->embed_break[a];
        if (tables->embed_kept && b->error > 0)
            femd_potential_remark(p,
                                  "F of %s is interpolated as LAMMPS does from density %.5g to %.5g: a smooth refit "
                                  "would change forces by %.1e eV/angstrom at %.5g",
                                  species[a], b->from, b->to, b->error, b->at);
        else if (b->error > MOVED_MOST)
            femd_potential_remark(p, "the smooth refit of F of %s changes forces by %.1e eV/angstrom at density %.5g",
                                  species[a], b->error, b->at);
    }
}

/* What LAMMPS's interpolation leaves uneven, of the functions where anybody could see it. */
static void judge_say_steps(const worst *const of[3], double refit_error, femd_potential *p) {
    char names[32] = "", sizes[64] = "", refit[80] = "";
    int left = 0, unjudged = 0;
    for (int k = 0; k < 3; k++) left += of[k]->j.steps >= STEP_LEAST, unjudged |= of[k]->j.unjudged;
    const int seen = left;
    for (int k = 0; k < 3; k++) {
        if (!(of[k]->j.steps >= STEP_LEAST)) continue;
        const char *join = left == seen ? "" : left == 1 ? " and " : ", ";
        const size_t m = strlen(names), n = strlen(sizes);
        snprintf(names + m, sizeof names - m, "%s%s''", join, of[k]->function);
        snprintf(sizes + n, sizeof sizes - n, "%s%.1g", join, of[k]->j.steps);
        left--;
    }
    if (refit_error > 0)
        snprintf(refit, sizeof refit, "; a smooth refit would change forces by %.1e eV/angstrom", refit_error);
    if (seen)
        femd_potential_remark(p,
                              "interpolated as LAMMPS does: at the knots %s jump%s, typically by %s of %s size, and so "
                              "do tangents%s",
                              names, seen == 1 ? "s" : "", sizes, seen == 1 ? "its" : "their", refit);
    else if (unjudged)
        femd_potential_remark(p,
                              "interpolated as LAMMPS does: at the knots second derivatives jump, and so do tangents; "
                              "the knots are too few to say by how much%s",
                              refit);
    else if (refit_error > 0)
        femd_potential_remark(p, "interpolated as LAMMPS does%s", refit);
}

void femd_eam_judge(const femd_eam *t, const char (*species)[8], femd_potential *p) {
    worst F = {.function = "F", .argument = "density", .unit = ""},
          rho = {.function = "rho", .argument = "r =", .unit = " angstrom"},
          phi = {.function = "phi", .argument = "r =", .unit = " angstrom"};
    for (int a = 0; a < t->n; a++) {
        judgement j;
        judge_one(t->nrho, t->drho, t->embed + (size_t)a * (size_t)t->nrho, 0.05 * t->rho_max, 0.95 * t->rho_max, &j);
        judge_gather(&F, &j, species[a]);
    }
    judge_densities(t, species, &rho);
    judge_pairs(t, species, &phi);
    judge_say(p, &F);
    judge_say(p, &rho);
    judge_say(p, &phi);
    const femd_eam_tables *tables = femd_eam_tables_of(p);
    judge_embed(tables, species, p);
    femd_eam_judge_ends(t, species, p);
    const worst *const of[3] = {&F, &rho, &phi};
    if (tables->over_radius)
        judge_say_steps(of, tables->refit_error, p);
    else
        judge_say_unjudged(p, of);
}
