/* The end of a source of answers. */
#include "fields/constitutive.h"

#include <stdlib.h>

void femd_constitutive_destroy(femd_constitutive **law) {
    if (!*law) return;
    if ((*law)->destroy) (*law)->destroy((*law)->self);
    free(*law);
    *law = NULL;
}
