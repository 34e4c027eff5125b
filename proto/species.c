/* Species of a material, by their names. */
#include "femd/species.h"

#include <stdio.h>
#include <string.h>

static int species_find(const femd_species *s, const char *name) {
    for (size_t i = 0; i < s->n; i++)
        if (strcmp(s->name[i], name) == 0) return (int)i;
    return -1;
}

/* One more, if it is not there; where it is, -1 where there is no room or it is no name. */
static int species_add(femd_species *s, const cJSON *name) {
    if (!cJSON_IsString(name)) return -1;
    const int there = species_find(s, name->valuestring);
    if (there >= 0) return there;
    if (s->n == FEMD_SPECIES_MOST) return -1;
    s->name[s->n] = name->valuestring;
    return (int)s->n++;
}

femd_status femd_species_of_material(const femd_json *doc, const cJSON *material, femd_species *s, femd_error *err) {
    const cJSON *structure = femd_json_get(material, "structure"), *own = femd_json_get(structure, "species"),
                *substitution = femd_json_get(structure, "substitution"),
                *exchange = femd_json_get(femd_json_get(material, "semi-grand"), "species"), *one;
    int right = 1;
    *s = (femd_species){.n = 0};
    cJSON_ArrayForEach(one, own) right &= species_add(s, one) >= 0;
    cJSON_ArrayForEach(one, substitution) right &= species_add(s, femd_json_get(one, "species")) >= 0;
    cJSON_ArrayForEach(one, exchange) {
        const int place = species_add(s, one);
        right &= place >= 0;
        if (place >= 0) s->exchange |= 1u << place;
    }
    if (!exchange) s->exchange = (1u << s->n) - 1;
    if (right && s->n >= 2) return FEMD_OK;
    return femd_json_fail(doc, own ? own : material, err,
                          "a material of %s species: differences of chemical potentials are prescribed of 2 to %d",
                          !right     ? "more than four"
                          : s->n > 0 ? "one"
                                     : "no",
                          FEMD_SPECIES_MOST);
}

/* Of species i a difference can be given. */
static int species_is_free(const femd_species *s, size_t i) {
    return i > 0 && s->exchange >> i & 1;
}

femd_status femd_species_place(const femd_species *s, const char *name, const char *what, unsigned *given, int *place,
                               femd_error *err) {
    char list[80] = "";
    for (size_t i = 0, at = 0; i < s->n && at < sizeof list; i++)
        if (species_is_free(s, i))
            at += (size_t)snprintf(list + at, sizeof list - at, "%s%s", at > 0 ? ", " : "", s->name[i]);
    const int i = species_find(s, name);
    if (i < 0)
        return femd_fail(err, FEMD_BAD_INPUT, "%s: the material has no species \"%.40s\"; accepted: %s", what, name,
                         list);
    if (i == 0)
        return femd_fail(err, FEMD_BAD_INPUT,
                         "%s: \"%s\" is the first species, against which the others are counted; accepted: %s", what,
                         name, list);
    if (!species_is_free(s, (size_t)i))
        return femd_fail(err, FEMD_BAD_INPUT, "%s: \"%s\" does not exchange; accepted: %s", what, name, list);
    *place = i - 1;
    if (*given >> *place & 1) return femd_fail(err, FEMD_BAD_INPUT, "%s: \"%s\" is given twice", what, name);
    *given |= 1u << *place;
    return FEMD_OK;
}

femd_status femd_species_all_given(const femd_species *s, const char *what, unsigned given, femd_error *err) {
    for (size_t i = 1; i < s->n; i++)
        if (species_is_free(s, i) && !(given >> (i - 1) & 1))
            return femd_fail(err, FEMD_BAD_INPUT, "%s: that of \"%s\" is missing", what, s->name[i]);
    return FEMD_OK;
}
