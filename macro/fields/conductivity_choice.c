/* The greedy choice. The heat that flows is judged by the dissipation integral D = sum w v . k v, which is the flow
 * between given temperatures times their difference, or a given flow times the difference that it needs. With
 * g = dD/dcoefficient / D, temperatures that follow included, its relative variance is g . C g, C being the covariance
 * of the fit. */
#include "fields/conductivity_choice.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LOCAL_MORE 3.0  /* times the error of the flow is the most at one point */
#define WARMER     0.05 /* of the temperature, beyond the samples: there a fit is trusted */
#define STRAINED   0.01 /* the same of strains */

typedef struct choice {
    const femd_k_place *place;
    size_t n, materials;
    femd_k_fit **fit; /* own copies: with the samples that are foreseen; NULL where there is none */
    double *g;        /* materials x FEMD_K_COEFFICIENTS */
} choice;

/* To six digits. */
static double choice_rounded(double x) {
    int exponent;
    if (!(x > 0) || !isfinite(x)) return 0;
    const double digits = frexp(x, &exponent);
    return ldexp(floor(digits * 1e6 + 0.5), exponent) / 1e6;
}

static femd_k_fit *choice_fit(const choice *c, const femd_k_place *at) {
    return at->material < 0 ? NULL : c->fit[(size_t)at->material];
}

/* ---- what is doubted ---- */

static void choice_sensitivities(choice *c) {
    double by[FEMD_K_COEFFICIENTS], all = 0;
    for (size_t i = 0; i < c->n; ++i) {
        const femd_k_place *at = c->place + i;
        const femd_k_fit *fit = choice_fit(c, at);
        double *g = fit ? c->g + (size_t)at->material * FEMD_K_COEFFICIENTS : NULL;
        all += at->weight * at->flow;
        if (fit) femd_k_fit_flow(fit, at->E, at->T, at->u, at->v, by);
        for (int k = 0; fit && k < fit->n; ++k) g[k] += at->weight * by[k];
    }
    for (size_t k = 0; k < c->materials * FEMD_K_COEFFICIENTS; ++k) c->g[k] = all > 0 ? c->g[k] / all : 0;
}

static double choice_flow_error(const choice *c) {
    double variance = 0;
    for (size_t m = 0; m < c->materials; ++m)
        if (c->fit[m]) variance += femd_k_fit_spread(c->fit[m], c->g + m * FEMD_K_COEFFICIENTS);
    return sqrt(fmax(variance, 0));
}

/* ---- who wants a sample ---- */

static double choice_outside(const femd_k_fit *fit, const femd_k_place *at) {
    double far = fmax(log(fit->coldest / at->T), log(at->T / fit->hottest)) / WARMER;
    for (int c = 0; c < 6 && fit->strained; ++c)
        far = fmax(far, fmax(fit->least[c] - at->E[c], at->E[c] - fit->most[c]) / STRAINED);
    return far > 1 ? far : 0;
}

static double choice_unknown(const choice *c, const femd_k_fit *fit, const femd_k_place *at) {
    (void)c;
    return femd_k_fit_variance(fit, at->E, at->T);
}

static double choice_far(const choice *c, const femd_k_fit *fit, const femd_k_place *at) {
    (void)c;
    return choice_outside(fit, at);
}

static double choice_gain(const choice *c, const femd_k_fit *fit, const femd_k_place *at) {
    return femd_k_fit_gain(fit, at->E, at->T, c->g + (size_t)at->material * FEMD_K_COEFFICIENTS);
}

/* The first of the places whose merit is the largest, to six digits; n if none has any. */
static size_t choice_best(const choice *c, double (*merit)(const choice *, const femd_k_fit *, const femd_k_place *),
                          double *most) {
    size_t best = c->n;
    *most = 0;
    for (size_t i = 0; i < c->n; ++i) {
        const femd_k_fit *fit = choice_fit(c, c->place + i);
        const double value = fit ? choice_rounded(merit(c, fit, c->place + i)) : 0;
        if (value > *most) *most = value, best = i;
    }
    return best;
}

/* The next place, n if nothing is left to wish. */
static size_t choice_next(const choice *c, double wanted) {
    double most;
    const double local = LOCAL_MORE * wanted;
    size_t at = choice_best(c, choice_far, &most);
    if (at < c->n) return at;
    at = choice_best(c, choice_unknown, &most);
    if (at < c->n && most > local * local) return at;
    return choice_flow_error(c) > wanted ? choice_best(c, choice_gain, &most) : c->n;
}

/* ---- the whole ---- */

static void choice_clear(choice *c) {
    for (size_t m = 0; c->fit && m < c->materials; ++m) free(c->fit[m]);
    free(c->fit);
    free(c->g);
}

static femd_status choice_copy(choice *c, const femd_k_fit *const *fit, femd_error *err) {
    c->fit = calloc(c->materials + 1, sizeof *c->fit);
    c->g = calloc(c->materials * FEMD_K_COEFFICIENTS + 1, sizeof *c->g);
    int missing = !c->fit || !c->g;
    for (size_t m = 0; !missing && m < c->materials; ++m) {
        if (!fit[m]) continue;
        if ((c->fit[m] = malloc(sizeof **c->fit))) *c->fit[m] = *fit[m];
        missing |= !c->fit[m];
    }
    return missing ? femd_fail(err, FEMD_NO_MEMORY, "no memory for the choice of samples") : FEMD_OK;
}

femd_status femd_k_choose(const femd_k_place *place, size_t n, const femd_k_fit *const *fit, size_t materials,
                          femd_k_aim aim, femd_k_doubt *doubt, size_t *chosen, size_t *count, femd_error *err) {
    choice c = {.place = place, .n = n, .materials = materials};
    double worst;
    *count = 0;
    femd_status rc = choice_copy(&c, fit, err);
    if (rc == FEMD_OK) {
        choice_sensitivities(&c);
        (void)choice_best(&c, choice_unknown, &worst);
        *doubt = (femd_k_doubt){.flow = choice_flow_error(&c), .local = sqrt(worst)};
        while (*count < FEMD_K_BATCH && *count < aim.batch) {
            const size_t at = choice_next(&c, aim.flow);
            if (at == n) break;
            femd_k_fit_foresee(choice_fit(&c, place + at), place[at].E, place[at].T);
            chosen[(*count)++] = at;
        }
    }
    choice_clear(&c);
    return rc;
}

size_t femd_k_choose_first(const femd_k_place *place, size_t n, double material, size_t chosen[2]) {
    size_t count = 0;
    for (size_t i = 0; i < n; ++i) {
        if (place[i].material != material) continue;
        if (count == 0) chosen[0] = chosen[1] = i, count = 1;
        if (choice_rounded(place[i].T) < choice_rounded(place[chosen[0]].T)) chosen[0] = i;
        if (choice_rounded(place[i].T) > choice_rounded(place[chosen[1]].T)) chosen[1] = i;
    }
    if (count && log(place[chosen[1]].T / place[chosen[0]].T) > WARMER) count = 2;
    return count;
}
