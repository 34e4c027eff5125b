/* Potentials by style: the list of styles, and creation. It never reads a file itself; what a style is made of is in
 * the file that fills its table. */
#include <stdio.h>
#include <stdlib.h>

#include "potentials/potential_form.h"

#define STYLE_ADDRESS(style) &femd_style_##style,
static const femd_potential_style *const styles[] = {FEMD_POTENTIAL_STYLES(STYLE_ADDRESS)};
#undef STYLE_ADDRESS
#define STYLES (sizeof styles / sizeof *styles)

const char *femd_potential_style_name(size_t k) {
    return k < STYLES ? styles[k]->name : NULL;
}

static femd_status style_find(const femd_json *doc, const cJSON *object, const femd_potential_style **out,
                              femd_error *err) {
    const char *name = femd_json_string(object, "style", "");
    char all[256] = "";
    for (size_t k = 0; k < STYLES; k++) {
        *out = styles[k];
        if (strcmp(name, styles[k]->name) == 0) return FEMD_OK;
        const size_t used = strlen(all);
        snprintf(all + used, sizeof all - used, "%s%s", k ? ", " : "", styles[k]->name);
    }
    return femd_json_fail(doc, object, err, "unknown style \"%s\"; accepted: %s", name, all);
}

femd_status femd_potential_create(const femd_json *doc, const cJSON *potential, const femd_pack *pack,
                                  const char (*species)[8], int nspecies, femd_potential **out, femd_error *err) {
    const femd_potential_source from = {doc, potential, pack, species, nspecies};
    const femd_potential_style *style;
    femd_potential *p;
    *out = NULL;
    if (nspecies < 1 || nspecies > FEMD_SPECIES_MAX)
        return femd_fail(err, FEMD_BAD_ARGUMENT, "a potential for %d species, 1 to %d are possible", nspecies,
                         FEMD_SPECIES_MAX);
    FEMD_TRY(style_find(doc, potential, &style, err));
    p = calloc(1, sizeof *p);
    if (!p) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a potential");
    p->style = style;
    p->nspecies = nspecies;
    const femd_status rc = style->read(&from, p, err);
    if (rc != FEMD_OK) femd_potential_destroy(&p);
    *out = p;
    return rc;
}
