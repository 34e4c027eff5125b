/* Lennard-Jones, smoothed to zero (style lj) or cut abruptly (style lj/cut): reads the parameters, which the kernels
 * use in closed form.
 *
 * phi(r) = 4 epsilon ((sigma/r)^12 - (sigma/r)^6) S, with S = 1 up to r1 = cutoff - smooth and from there
 * S = 1 - t^3 (10 - 15 t + 6 t^2), t = (r^2 - r1^2)/(cutoff^2 - r1^2): energy, force and stiffness are continuous. */
#include "potentials/potential_form.h"

#include <math.h>
#include <stdio.h>

#define ANGSTROM 1e-10
#define NEAREST  0.05 /* of the smallest sigma: nearer, r^-14 leaves the range where a double means anything */

static int index_of(const char *name, const char (*species)[8], int n) {
    for (int a = 0; a < n; a++)
        if (name && strcmp(name, species[a]) == 0) return a;
    return -1;
}

/* Parameters at obj into *q, its sigma into *sigma. */
static femd_status read_pair(const femd_json *doc, const cJSON *obj, int smoothed, double smooth, femd_lj *q,
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
    if (!smoothed) return FEMD_OK;
    from = smooth > 0.0 ? cutoff - smooth / ANGSTROM : 0.9 * cutoff;
    if (!(from > 0.0)) return femd_json_fail(doc, obj, err, "\"smooth\" is as wide as the cutoff or wider");
    q->switch_sq = from * from;
    q->switch_scale = 1.0 / (q->cutsq - q->switch_sq);
    return FEMD_OK;
}

static femd_status read_listed(const femd_json *doc, const cJSON *pairs, const char (*species)[8], int n, int smoothed,
                               double smooth, femd_potential *p, double sigma[], femd_error *err) {
    const cJSON *item;
    cJSON_ArrayForEach(item, pairs) {
        const cJSON *names = femd_json_get(item, "species");
        femd_lj q;
        double size;
        FEMD_TRY(read_pair(doc, item, smoothed, smooth, &q, &size, err));
        int a = index_of(cJSON_GetStringValue(cJSON_GetArrayItem(names, 0)), species, n);
        int b = index_of(cJSON_GetStringValue(cJSON_GetArrayItem(names, 1)), species, n);
        if (a < 0 || b < 0) return femd_json_fail(doc, names, err, "a species that the structure does not have");
        p->lj[a * n + b] = p->lj[b * n + a] = q;
        sigma[a * n + b] = sigma[b * n + a] = size;
    }
    return FEMD_OK;
}

/* The pair whose force at its cutoff is largest. */
static void remark_on_cutoff(const char (*species)[8], int n, femd_potential *p) {
    double most = 0.0;
    int worst = 0;
    for (int k = 0; k < n * n; k++) {
        const femd_lj *q = &p->lj[k];
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

femd_status femd_potential_lj(const femd_json *doc, const cJSON *potential, const char (*species)[8], int n,
                              femd_potential *p, femd_error *err) {
    int smoothed = strcmp(femd_json_string(potential, "style", ""), "lj") == 0;
    double sigma[FEMD_SPECIES_MAX * FEMD_SPECIES_MAX] = {0}, smooth, least = HUGE_VAL;
    p->form = FEMD_FORM_LJ;
    p->densities = 0;
    FEMD_TRY(femd_json_quantity(doc, potential, "smooth", FEMD_DIM_LENGTH, 0.0, &smooth, err));
    if (femd_json_get(potential, "epsilon") || !femd_json_get(potential, "pairs")) {
        FEMD_TRY(read_pair(doc, potential, smoothed, smooth, &p->lj[0], &sigma[0], err));
        for (int k = 1; k < n * n; k++) p->lj[k] = p->lj[0], sigma[k] = sigma[0];
    }
    FEMD_TRY(read_listed(doc, femd_json_get(potential, "pairs"), species, n, smoothed, smooth, p, sigma, err));
    for (int k = 0; k < n * n; k++) {
        if (!(sigma[k] > 0.0))
            return femd_json_fail(doc, potential, err, "no parameters for the pair %s-%s", species[k / n],
                                  species[k % n]);
        p->cutsq = p->lj[k].cutsq > p->cutsq ? p->lj[k].cutsq : p->cutsq;
        least = sigma[k] < least ? sigma[k] : least;
    }
    p->cutoff = sqrt(p->cutsq);
    p->nearest_sq = NEAREST * least * NEAREST * least;
    snprintf(p->label, sizeof p->label, "%s", smoothed ? "lj" : "lj/cut");
    if (!smoothed) remark_on_cutoff(species, n, p);
    return FEMD_OK;
}
