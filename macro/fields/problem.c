/* What a problem owns: its fields, and its end. */
#include "fields/problem.h"

#include <stdlib.h>

#include "fields/constitutive.h"
#include "fields/given.h"
#include "fields/points.h"

femd_status femd_problem_add_field(femd_problem *p, femd_field *field, femd_error *err) {
    if (p->nfields < FEMD_FIELDS) {
        p->field[p->nfields++] = field;
        return FEMD_OK;
    }
    femd_field_destroy(&field);
    return femd_fail(err, FEMD_LIMIT, "a problem has at most %d fields", FEMD_FIELDS);
}

static int problem_has(const femd_problem *p, const femd_field *field) {
    for (size_t i = 0; i < p->nfields; ++i)
        if (p->field[i] == field) return 1;
    return 0;
}

void femd_problem_destroy(femd_problem **out) {
    femd_problem *p = *out;
    if (!p) return;
    femd_field_destroy(&p->pair);
    if (!problem_has(p, p->pressure)) femd_field_destroy(&p->pressure);
    if (!problem_has(p, p->displacement)) femd_field_destroy(&p->displacement);
    if (!problem_has(p, p->temperature)) femd_field_destroy(&p->temperature);
    for (size_t i = 0; i < p->nfields; ++i) femd_field_destroy(&p->field[i]);
    femd_given_destroy(p);
    femd_points_destroy(&p->pt);
    femd_grid_destroy(&p->grid);
    free(p->material_id);
    free(p->caps);
    if (p->owns_law) femd_constitutive_destroy(&p->law);
    (void)PetscPopErrorHandler();
    free(p);
    *out = NULL;
}
