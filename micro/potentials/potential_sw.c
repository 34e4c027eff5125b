/* Stillinger-Weber: reads the entries of a LAMMPS .sw file for the species of a structure.
 *
 * W = sum over pairs of phi(r) + sum over atoms i and pairs of their neighbours j, k of lambda epsilon g_ij(r_ij)
 * g_ik(r_ik) (cos - cos0)^2 (Stillinger and Weber, Phys. Rev. B 31 (1985) 5262); several species as LAMMPS's pair_style
 * sw has them: phi from the entry ijj, g_ij from ijj and g_ik from ikk, lambda epsilon and cos0 from ijk. The kernels
 * know the formulas' derivatives. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "numerics/portable.h"
#include "potentials/potential_sw.h"
#include "potentials/potential_text.h"

#define NEAREST    0.05 /* of the smallest sigma */
#define ALIKE      1e-5 /* entries that must agree are printed with six or seven digits */
#define TOL_MOST   0.01 /* as LAMMPS limits it */
#define POWER_MOST 64

enum { EPSILON, SIGMA, A, LAMBDA, GAMMA, COS0, BIG_A, BIG_B, P, Q, TOL, NUMBERS };

typedef struct entries {
    int have[FEMD_SPECIES_MAX * FEMD_SPECIES_MAX * FEMD_SPECIES_MAX];
    double of[FEMD_SPECIES_MAX * FEMD_SPECIES_MAX * FEMD_SPECIES_MAX][NUMBERS];
} entries;

static const char *const names[NUMBERS] = {"epsilon", "sigma", "a", "lambda", "gamma", "costheta0",
                                           "A",       "B",     "p", "q",      "tol"};

/* One entry of the file into every triplet of species that its names stand for. */
static femd_status sw_read_entry(femd_text *r, const char *first, const cJSON *potential, const char (*species)[8],
                                 int n, entries *all) {
    char element[3][32];
    double v[NUMBERS];
    snprintf(element[0], sizeof element[0], "%s", first);
    for (int k = 1; k < 3; k++) {
        const char *word = femd_text_word(r);
        if (!word) return femd_fail(r->err, FEMD_BAD_INPUT, "%s: the file ends where an element is expected", r->name);
        snprintf(element[k], sizeof element[k], "%s", word);
    }
    for (int k = 0; k < NUMBERS; k++) FEMD_TRY(femd_text_number(r, &v[k], names[k]));
    for (int k = 0; k < n * n * n; k++) {
        if (strcmp(femd_text_name(potential, species[k / (n * n)]), element[0]) != 0 ||
            strcmp(femd_text_name(potential, species[k / n % n]), element[1]) != 0 ||
            strcmp(femd_text_name(potential, species[k % n]), element[2]) != 0)
            continue;
        if (all->have[k])
            return femd_fail(r->err, FEMD_BAD_INPUT, "%s:%d: a second entry for %s %s %s", r->name, r->line, element[0],
                             element[1], element[2]);
        if (v[EPSILON] < 0.0 || v[SIGMA] < 0.0 || v[A] < 0.0 || v[LAMBDA] < 0.0 || v[GAMMA] < 0.0 || v[TOL] < 0.0)
            return femd_fail(r->err, FEMD_BAD_INPUT, "%s:%d: a parameter of %s %s %s is below zero", r->name, r->line,
                             element[0], element[1], element[2]);
        all->have[k] = 1;
        memcpy(all->of[k], v, sizeof v);
    }
    return FEMD_OK;
}

static int sw_alike(double a, double b) {
    return fabs(a - b) <= ALIKE * fmax(fabs(a), fabs(b));
}

/* Where the pair is cut: before a sigma if tol says at which size of the exponentials. */
static double sw_reach(const double v[NUMBERS]) {
    double cut = v[A] * v[SIGMA];
    if (v[TOL] > 0.0) cut += (v[GAMMA] < 1.0 ? v[GAMMA] : 1.0) * v[SIGMA] / femd_portable_log(fmin(v[TOL], TOL_MOST));
    return cut > 0.0 ? cut : 0.0;
}

static femd_status sw_fill_pair(const femd_text *r, const entries *all, const char (*species)[8], int n, int a, int b,
                                femd_potential *p) {
    static const int common[] = {EPSILON, SIGMA, A, BIG_A, BIG_B, P, Q};
    const double *v = all->of[(a * n + b) * n + b], *w = all->of[(b * n + a) * n + a];
    femd_sw *sw = p->parameters;
    femd_sw_pair *to = &sw->pair[a * n + b];
    for (size_t k = 0; k < sizeof common / sizeof *common; k++)
        if (!sw_alike(v[common[k]], w[common[k]]))
            return femd_fail(r->err, FEMD_BAD_INPUT,
                             "%s: %s of %s %s %s is %g, of %s %s %s %g; the pair needs one value", r->name,
                             names[common[k]], species[a], species[b], species[b], v[common[k]], species[b], species[a],
                             species[a], w[common[k]]);
    if (!sw_alike(sw_reach(v), sw_reach(w)))
        return femd_fail(r->err, FEMD_BAD_INPUT, "%s: %s and %s see each other at different distances", r->name,
                         species[a], species[b]);
    if (v[SIGMA] * v[A] == 0.0 || sw_reach(v) == 0.0) return FEMD_OK; /* this pair does not interact */
    for (int k = 0; k < 2; k++)
        if (v[P + k] != floor(v[P + k]) || v[P + k] < 0.0 || v[P + k] > POWER_MOST)
            return femd_fail(r->err, FEMD_UNSUPPORTED, "%s: %s is %g; whole numbers from 0 to %d are possible", r->name,
                             names[P + k], v[P + k], POWER_MOST);
    if (p->cutsq > 0.0 && (sw->p != (int)v[P] || sw->q != (int)v[Q]))
        return femd_fail(r->err, FEMD_UNSUPPORTED,
                         "%s: p and q differ among the pairs of these species; one value of each is possible", r->name);
    sw->p = (int)v[P];
    sw->q = (int)v[Q];
    /* one value for both directions, though the file may print them with different digits */
    v = all->of[a <= b ? (a * n + b) * n + b : (b * n + a) * n + a];
    to->a_eps = v[BIG_A] * v[EPSILON];
    to->b = v[BIG_B];
    to->sigma = v[SIGMA];
    to->cut = v[A] * v[SIGMA];
    to->cutsq = sw_reach(v) * sw_reach(v);
    to->gamma_sigma = all->of[(a * n + b) * n + b][GAMMA] * v[SIGMA];
    p->cutsq = fmax(p->cutsq, to->cutsq);
    if (p->nearest_sq == 0.0 || NEAREST * NEAREST * to->sigma * to->sigma < p->nearest_sq)
        p->nearest_sq = NEAREST * NEAREST * to->sigma * to->sigma;
    return FEMD_OK;
}

static femd_status sw_fill(const femd_text *r, const entries *all, const char (*species)[8], int n, femd_potential *p) {
    femd_sw *sw = p->parameters;
    double sum = 0.0;
    for (int k = 0; k < n * n * n; k++)
        if (!all->have[k])
            return femd_fail(r->err, FEMD_BAD_INPUT, "%s: no entry for %s %s %s", r->name, species[k / (n * n)],
                             species[k / n % n], species[k % n]);
    for (int a = 0; a < n; a++)
        for (int b = 0; b < n; b++) FEMD_TRY(sw_fill_pair(r, all, species, n, a, b, p));
    for (int k = 0; k < n * n * n; k++) {
        int c = k / (n * n), mirrored = (c * n + k % n) * n + k / n % n;
        const double *v = all->of[k], *w = all->of[mirrored];
        double strength = v[LAMBDA] * v[EPSILON], other = w[LAMBDA] * w[EPSILON];
        if (!sw_alike(strength, other) || !sw_alike(v[COS0], w[COS0]))
            return femd_fail(r->err, FEMD_BAD_INPUT,
                             "%s: the triplets %s %s %s and %s %s %s differ in lambda epsilon or costheta0", r->name,
                             species[c], species[k / n % n], species[k % n], species[c], species[k % n],
                             species[k / n % n]);
        sw->angle[k].lambda_eps = 0.5 * (strength + other);
        sw->angle[k].cos0 = 0.5 * (v[COS0] + w[COS0]);
    }
    if (!(p->cutsq > 0.0)) return femd_fail(r->err, FEMD_BAD_INPUT, "%s: no pair of these species interacts", r->name);
    for (int k = 0; k < n * n; k++) sum += sw->pair[k].a_eps * sw->pair[k].b + sw->pair[k].gamma_sigma;
    for (int k = 0; k < n * n * n; k++) sum += sw->angle[k].lambda_eps * (1.0 + sw->angle[k].cos0 * sw->angle[k].cos0);
    if (!isfinite(sum * p->cutsq))
        return femd_fail(r->err, FEMD_BAD_INPUT, "%s: parameters too large for a number to hold their products",
                         r->name);
    p->cutoff = sqrt(p->cutsq);
    return FEMD_OK;
}

static femd_status sw_read(const femd_potential_source *from, femd_potential *p, femd_error *err) {
    const char *name = femd_json_string(from->object, "file", "");
    femd_text r;
    femd_status rc = FEMD_OK;
    entries *all;
    FEMD_TRY(femd_text_open(&r, from->doc, femd_json_get(from->object, "file"), from->pack, name, err));
    all = calloc(1, sizeof *all);
    p->parameters = calloc(1, sizeof(femd_sw));
    if (!all || !p->parameters) rc = femd_fail(err, FEMD_NO_MEMORY, "no memory for %s", name);
    if (rc == FEMD_OK && *r.at == '#') rc = femd_text_title(&r);
    femd_text_uncomment(&r);
    for (const char *word; rc == FEMD_OK && (word = femd_text_word(&r));)
        rc = sw_read_entry(&r, word, from->object, from->species, from->nspecies, all);
    if (rc == FEMD_OK) rc = sw_fill(&r, all, from->species, from->nspecies, p);
    free(all);
    femd_text_close(&r);
    snprintf(p->label, sizeof p->label, "sw %.80s", name);
    return rc;
}

const femd_potential_style femd_style_sw = {.name = "sw", .form = "sw", .read = sw_read};
