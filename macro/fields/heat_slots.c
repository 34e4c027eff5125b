/* Which quantities of which materials come from samples: the numbers of their slots. Asks nobody. */
#include "fields/heat_sampled.h"

size_t femd_heat_slot(const femd_heat_sampled *s, femd_sampled_quantity what, size_t material) {
    return material + (size_t)what * s->nmaterials;
}

int femd_heat_is_sampled(const femd_heat *h, femd_sampled_quantity what, int material) {
    return h->sampled && h->sampled->fitted[femd_heat_slot(h->sampled, what, (size_t)material)];
}

int femd_heat_samples_any(const femd_heat_sampled *s, femd_sampled_quantity what) {
    int any = 0;
    for (size_t k = 0; k < s->nmaterials; ++k) any |= s->fitted[femd_heat_slot(s, what, k)];
    return any;
}
