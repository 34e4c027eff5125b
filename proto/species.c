/* Species of a material, by their names. */
#include "femd/species.h"

#include <stdio.h>
#include <string.h>

femd_status femd_species_of_material(const femd_json *doc, const cJSON *material, femd_species *s, femd_error *err) {
    const cJSON *list = femd_json_get(femd_json_get(material, "exchange"), "species");
    if (!list) list = femd_json_get(femd_json_get(material, "structure"), "species");
    const int n = cJSON_IsArray(list) ? cJSON_GetArraySize(list) : 0;
    if (n < 2 || n > FEMD_SPECIES_MOST)
        return femd_json_fail(doc, list ? list : material, err,
                              "a material of %d species: differences of chemical potentials are prescribed of 2 to %d",
                              n, FEMD_SPECIES_MOST);
    *s = (femd_species){.n = 0};
    const cJSON *one;
    cJSON_ArrayForEach(one, list) {
        if (!cJSON_IsString(one)) return femd_json_fail(doc, list, err, "must be names of species");
        s->name[s->n++] = one->valuestring;
    }
    return FEMD_OK;
}

/* "Ni, Co" of those of which a difference can be given. */
static void species_list(const femd_species *s, char *text, size_t size) {
    size_t at = 0;
    for (size_t i = 1; i < s->n && at < size; i++)
        at += (size_t)snprintf(text + at, size - at, "%s%s", i > 1 ? ", " : "", s->name[i]);
}

femd_status femd_species_place(const femd_species *s, const char *name, const char *what, unsigned *given, int *place,
                               femd_error *err) {
    char list[80];
    species_list(s, list, sizeof list);
    if (strcmp(name, s->name[0]) == 0)
        return femd_fail(err, FEMD_BAD_INPUT,
                         "%s: \"%s\" is the first species, against which the others are counted; accepted: %s", what,
                         name, list);
    for (size_t i = 1; i < s->n; i++) {
        if (strcmp(name, s->name[i]) != 0) continue;
        *place = (int)i - 1;
        if (*given >> *place & 1) return femd_fail(err, FEMD_BAD_INPUT, "%s: \"%s\" is given twice", what, name);
        *given |= 1u << *place;
        return FEMD_OK;
    }
    return femd_fail(err, FEMD_BAD_INPUT, "%s: the material has no species \"%.40s\"; accepted: %s", what, name, list);
}

femd_status femd_species_all_given(const femd_species *s, const char *what, unsigned given, femd_error *err) {
    for (size_t i = 1; i < s->n; i++)
        if (!(given >> (i - 1) & 1))
            return femd_fail(err, FEMD_BAD_INPUT, "%s: that of \"%s\" is missing", what, s->name[i]);
    return FEMD_OK;
}
