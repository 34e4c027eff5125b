/* How well answers are to be known: who may be asked for coarser ones than wanted, and how coarse these may be. */
#include <math.h>

#include "fields/mechanics_private.h"

/* The tangent is known as well as the stress, relative to itself: known worse than this it would cost iterations. */
#define COARSEST 0.05

int femd_mechanics_can_be_coarse(const femd_problem *p, int material) {
    const uint32_t inputs = p->caps[material].inputs, needed = FEMD_INPUT_ACCURACY | FEMD_INPUT_SEED;
    return (inputs & needed) == needed && !(inputs & FEMD_INPUT_STEADY_STRESS);
}

double femd_mechanics_coarse(femd_field *field, double multiple) {
    femd_mechanics *m = field->self;
    const femd_problem *p = m->p;
    int any = 0;
    for (size_t k = 0; k < p->cs->nmaterials; ++k) any |= femd_mechanics_can_be_coarse(p, (int)k);
    m->coarse = 1;
    if (any && p->cs->noise_stop && p->cs->accuracy > 0)
        m->coarse = fmax(1, fmin(multiple, COARSEST / p->cs->accuracy));
    return m->coarse;
}

double femd_mechanics_accuracy(const femd_problem *p, PetscInt k) {
    return p->cs->accuracy * (femd_mechanics_can_be_coarse(p, p->pt->material[k]) ? p->mech->coarse : 1);
}
