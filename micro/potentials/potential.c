/* Potentials by style: creation, the few facts that others may ask, and the embedding function. It owns the potential's
 * memory and never reads a file itself (potential_eam.c does). */
#include "potentials/potential_form.h"

#include <stdlib.h>

double *femd_aligned_doubles(size_t count) {
    void *p = NULL;
    if (count > SIZE_MAX / sizeof(double) - 64) return NULL;
    if (posix_memalign(&p, 64, (count ? count : 1) * sizeof(double)) != 0) return NULL;
    return p;
}

femd_status femd_potential_create(const femd_json *doc, const cJSON *potential, const femd_pack *pack,
                                  const char (*species)[8], int nspecies, femd_potential **out, femd_error *err) {
    const char *style = femd_json_string(potential, "style", "");
    femd_potential *p;
    femd_status rc;
    *out = NULL;
    if (nspecies < 1 || nspecies > FEMD_SPECIES_MAX)
        return femd_fail(err, FEMD_BAD_ARGUMENT, "a potential for %d species, 1 to %d are possible", nspecies,
                         FEMD_SPECIES_MAX);
    p = calloc(1, sizeof *p);
    if (!p) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a potential");
    p->nspecies = nspecies;
    if (strcmp(style, "lj") == 0 || strcmp(style, "lj/cut") == 0)
        rc = femd_potential_lj(doc, potential, species, nspecies, p, err);
    else if (strcmp(style, "eam") == 0 || strcmp(style, "eam/alloy") == 0 || strcmp(style, "eam/fs") == 0)
        rc = femd_potential_eam(doc, potential, pack, species, nspecies, p, err);
    else if (strcmp(style, "sw") == 0)
        rc = femd_potential_sw(doc, potential, pack, species, nspecies, p, err);
    else
        rc = femd_json_fail(doc, potential, err,
                            "unknown style \"%s\"; accepted: eam, eam/alloy, eam/fs, lj, lj/cut, sw", style);
    if (rc != FEMD_OK) femd_potential_destroy(&p);
    *out = p;
    return rc;
}

void femd_potential_destroy(femd_potential **pp) {
    femd_potential *p = pp ? *pp : NULL;
    if (!p) return;
    free(p->pair);
    free(p->embed);
    free(p);
    *pp = NULL;
}

double femd_potential_cutoff(const femd_potential *p) {
    return p->cutoff;
}

double femd_potential_mass(const femd_potential *p, int species) {
    return species >= 0 && species < p->nspecies ? p->mass[species] : 0.0;
}

const char *femd_potential_notes(const femd_potential *p) {
    return p->notes;
}

int femd_potential_embed(const femd_potential *p, int a, double rho, double out[3]) {
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
