/* What every source of answers has in common: its words, and its end. */
#include "fields/constitutive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void femd_constitutive_add_words(const femd_constitutive *law, uint64_t point, femd_error *err) {
    const char *words = law->words ? law->words(law->self, point) : "";
    const size_t used = strlen(err->text);
    if (*words) snprintf(err->text + used, sizeof err->text - used, ": %s", words);
}

void femd_builds_add(femd_builds *builds, uint64_t fingerprint) {
    if (!fingerprint) return;
    if (!builds->first) builds->first = fingerprint;
    builds->several |= builds->first != fingerprint;
}

void femd_constitutive_destroy(femd_constitutive **law) {
    if (!*law) return;
    if ((*law)->destroy) (*law)->destroy((*law)->self);
    free(*law);
    *law = NULL;
}
