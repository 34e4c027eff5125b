/* Lennard-Jones, smoothed to zero (style lj) or cut abruptly (style lj/cut): reads the parameters, which the kernels
 * use in closed form.
 *
 * phi(r) = 4 epsilon ((sigma/r)^12 - (sigma/r)^6) S. By default S = (1 - (r/cutoff)^10)^5 from r = 0 on: continuous to
 * its fourth derivative, which harmonic tangents need, and so wide that its own curvature does not decide the
 * stiffness of shells that lie in it. With "smooth", S = 1 up to r1 = cutoff - smooth and from there
 * S = 1 - t^3 (10 - 15 t + 6 t^2), t = (r^2 - r1^2)/(cutoff^2 - r1^2): energy, force and stiffness are continuous, but
 * S'' of a narrow range is large against the stiffness of the pairs in it. */
#include "potentials/potential_lj.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define ANGSTROM 1e-10
#define NEAREST  0.05 /* of the smallest sigma: nearer, r^-14 leaves the range where a double means anything */

static int lj_species(const char *name, const char (*species)[8], int n) {
    for (int a = 0; a < n; a++)
        if (name && strcmp(name, species[a]) == 0) return a;
    return -1;
}

/* Parameters at obj into *q, its sigma into *sigma. */
static femd_status lj_read_pair(const femd_json *doc, const cJSON *obj, int smoothed, double smooth, femd_lj *q,
                                double *sigma, femd_error *err) {
    double epsilon, cutoff, sixth, from;
    FEMD_TRY(femd_json_quantity(doc, obj, "epsilon", FEMD_DIM_ENERGY, 0.0, &epsilon, err));
    FEMD_TRY(femd_json_quantity(doc, obj, "sigma", FEMD_DIM_LENGTH, 0.0, sigma, err));
    FEMD_TRY(femd_json_quantity(doc, obj, "cutoff", FEMD_DIM_LENGTH, 0.0, &cutoff, err));
    if (!(epsilon > 0.0) || !(*sigma > 0.0) || !(cutoff > 0.0))
        return femd_json_fail(doc, obj, err, "Lennard-Jones needs epsilon, sigma and cutoff, all above zero");
    epsilon /= FEMD_ELEMENTARY_CHARGE;
    *sigma /= ANGSTROM;
    cutoff /= ANGSTROM;
    sixth = (*sigma * *sigma * *sigma) * (*sigma * *sigma * *sigma);
    q->c6 = 4.0 * epsilon * sixth;
    q->c12 = q->c6 * sixth;
    q->cutsq = cutoff * cutoff;
    q->switch_sq = q->cutsq;
    q->switch_scale = 0.0;
    q->shape = FEMD_LJ_CUT;
    if (!smoothed) return FEMD_OK;
    q->shape = smooth > 0.0 ? FEMD_LJ_SWITCHED : FEMD_LJ_WIDE;
    from = smooth > 0.0 ? cutoff - smooth / ANGSTROM : 0.0;
    if (smooth > 0.0 && !(from > 0.0))
        return femd_json_fail(doc, obj, err, "\"smooth\" is as wide as the cutoff or wider");
    q->switch_sq = from * from;
    q->switch_scale = 1.0 / (q->cutsq - q->switch_sq);
    return FEMD_OK;
}

static femd_status lj_read_listed(const femd_potential_source *from, int smoothed, double smooth, femd_lj lj[],
                                  double sigma[], femd_error *err) {
    const femd_json *doc = from->doc;
    const int n = from->nspecies;
    const cJSON *item;
    cJSON_ArrayForEach(item, femd_json_get(from->object, "pairs")) {
        const cJSON *names = femd_json_get(item, "species");
        femd_lj q;
        double size;
        FEMD_TRY(lj_read_pair(doc, item, smoothed, smooth, &q, &size, err));
        int a = lj_species(cJSON_GetStringValue(cJSON_GetArrayItem(names, 0)), from->species, n);
        int b = lj_species(cJSON_GetStringValue(cJSON_GetArrayItem(names, 1)), from->species, n);
        if (a < 0 || b < 0) return femd_json_fail(doc, names, err, "a species that the structure does not have");
        lj[a * n + b] = lj[b * n + a] = q;
        sigma[a * n + b] = sigma[b * n + a] = size;
    }
    return FEMD_OK;
}

/* The pair whose force at its cutoff is largest. */
static void lj_remark_on_cutoff(const char (*species)[8], int n, femd_potential *p) {
    const femd_lj *lj = femd_lj_of(p);
    double most = 0.0;
    int worst = 0;
    for (int k = 0; k < n * n; k++) {
        const femd_lj *q = &lj[k];
        double cube = q->cutsq * q->cutsq * q->cutsq,
               force = fabs(12.0 * q->c12 / cube - 6.0 * q->c6) / (cube * sqrt(q->cutsq));
        if (force > most) most = force, worst = k;
    }
    if (most > 0.0)
        femd_potential_remark(p,
                              "the force of %s-%s jumps by %.2g eV/angstrom at the cutoff: stresses have a step where "
                              "atoms cross it; style \"lj\" is smooth",
                              species[worst / n], species[worst % n], most);
}

static femd_status lj_find_cut(int n, femd_potential *p, femd_error *err) {
    p->end = calloc((size_t)(n * n), sizeof *p->end);
    if (!p->end) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a potential");
    for (int k = 0; k < n * n; k++) {
        const femd_lj *q = &femd_lj_of(p)[k];
        const double cube = q->cutsq * q->cutsq * q->cutsq, r = sqrt(q->cutsq);
        p->end[k].at = r;
        p->end[k].slope = (6.0 * q->c6 - 12.0 * q->c12 / cube) / (cube * r);
    }
    return FEMD_OK;
}

static femd_status lj_read_style(const femd_potential_source *from, int smoothed, femd_potential *p, femd_error *err) {
    const femd_json *doc = from->doc;
    const cJSON *object = from->object;
    const int n = from->nspecies;
    double sigma[FEMD_SPECIES_MAX * FEMD_SPECIES_MAX] = {0}, smooth, least = HUGE_VAL;
    femd_lj *lj = calloc((size_t)(n * n), sizeof *lj);
    p->parameters = lj;
    if (!lj) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a potential");
    FEMD_TRY(femd_json_quantity(doc, object, "smooth", FEMD_DIM_LENGTH, 0.0, &smooth, err));
    if (femd_json_get(object, "epsilon") || !femd_json_get(object, "pairs")) {
        FEMD_TRY(lj_read_pair(doc, object, smoothed, smooth, &lj[0], &sigma[0], err));
        for (int k = 1; k < n * n; k++) lj[k] = lj[0], sigma[k] = sigma[0];
    }
    FEMD_TRY(lj_read_listed(from, smoothed, smooth, lj, sigma, err));
    for (int k = 0; k < n * n; k++) {
        if (!(sigma[k] > 0.0))
            return femd_json_fail(doc, object, err, "no parameters for the pair %s-%s", from->species[k / n],
                                  from->species[k % n]);
        p->cutsq = lj[k].cutsq > p->cutsq ? lj[k].cutsq : p->cutsq;
        least = sigma[k] < least ? sigma[k] : least;
    }
    p->cutoff = sqrt(p->cutsq);
    p->nearest_sq = NEAREST * least * NEAREST * least;
    snprintf(p->label, sizeof p->label, "%s", p->style->name);
    if (smoothed) return FEMD_OK;
    lj_remark_on_cutoff(from->species, n, p);
    return lj_find_cut(n, p, err);
}

static femd_status lj_read(const femd_potential_source *from, femd_potential *p, femd_error *err) {
    return lj_read_style(from, 1, p, err);
}

static femd_status lj_cut_read(const femd_potential_source *from, femd_potential *p, femd_error *err) {
    p->jumps = 1;
    return lj_read_style(from, 0, p, err);
}

const femd_potential_style femd_style_lj = {
    .name = "lj", .form = "lj", .read = lj_read, .judge_crystal = femd_lj_judge_crystal};
const femd_potential_style femd_style_lj_cut = {
    .name = "lj/cut", .form = "lj", .read = lj_cut_read, .judge_crystal = femd_lj_judge_crystal};
