/* Prescribed entries: values at the nodes of a surface. */
#include <math.h>

#include "fields/boundary.h"

typedef struct value_walk {
    const femd_field *field;
    femd_boundary *bc;
    size_t which;
} value_walk;

/* Times at which two conditions are compared: those of their tables, the end, and, as expressions may be anything,
 * some between. */
enum { SAMPLES = 16 };

static double value_sample_time(const femd_case *cs, const femd_case_boundary *a, const femd_case_boundary *b, int k) {
    const size_t i = (size_t)k;
    if (i < a->ntable) return a->time[i];
    if (i < a->ntable + b->ntable) return b->time[i - a->ntable];
    return cs->end_time * (1 - (double)(i - a->ntable - b->ntable) / SAMPLES);
}

/* 1 in *agree if the two conditions ask for the same of component a at x at all times: without expressions both are
 * linear between the times of their tables. *time is the first at which they differ. */
static femd_status value_conditions_agree(const femd_case *cs, const femd_condition *a, const femd_condition *b,
                                          int component, const double *x, int *agree, double *time, femd_error *err) {
    const int tables = (int)(a->entry->ntable + b->entry->ntable),
              any = a->function[component] || b->function[component];
    double u, v, scale = 0;
    if (!any) {
        FEMD_TRY(femd_condition_before_factor(a, component, x, 0, &u, err));
        FEMD_TRY(femd_condition_before_factor(b, component, x, 0, &v, err));
        scale = fabs(u) + fabs(v);
    }
    *agree = 1;
    *time = cs->end_time;
    for (int k = 0; k < tables + (any ? SAMPLES : 1) && *agree; ++k) {
        const double at = value_sample_time(cs, a->entry, b->entry, k);
        FEMD_TRY(femd_condition_at(cs, a, component, x, at, &u, err));
        FEMD_TRY(femd_condition_at(cs, b, component, x, at, &v, err));
        if (any) scale = fabs(u) + fabs(v);
        *time = at;
        *agree = !(fabs(u - v) > 1e-12 * scale);
    }
    return FEMD_OK;
}

static femd_status value_contradiction(const value_walk *walk, int before, const double *x, int a, double time,
                                       femd_error *err) {
    const femd_boundary *bc = walk->bc;
    const femd_field_kind *kind = walk->field->kind;
    const femd_condition *one = &bc->condition[before], *other = &bc->condition[walk->which];
    const int any = one->function[a] || other->function[a];
    double u = NAN, v = NAN;
    FEMD_TRY(any ? femd_condition_at(bc->cs, one, a, x, time, &u, err)
                 : femd_condition_before_factor(one, a, x, time, &u, err));
    FEMD_TRY(any ? femd_condition_at(bc->cs, other, a, x, time, &v, err)
                 : femd_condition_before_factor(other, a, x, time, &v, err));
    return femd_fail(err, FEMD_BAD_INPUT,
                     "%s: boundary[%d] (\"%s\") and boundary[%zu] (\"%s\") prescribe different %s%s%s at the node they "
                     "share at (%g, %g, %g) m: %g and %g %s %s (they differ at time %g); leave one of them "
                     "%s",
                     bc->cs->path, before, one->entry->on, walk->which, other->entry->on, kind->plural,
                     kind->label ? " along " : "", kind->label ? kind->label[a] : "", x[0], x[1], x[2], u, v,
                     kind->unit, any ? "then" : "at factor 1", time,
                     walk->field->components > 1 ? "free there (null)" : "out there");
}

static femd_status value_place_node(void *user, PetscInt node, femd_error *err) {
    const value_walk *walk = user;
    femd_boundary *bc = walk->bc;
    const femd_condition *condition = &bc->condition[walk->which];
    const double *x = walk->field->grid->node_x + FEMD_SPACE * node;
    for (int a = 0; a < walk->field->components; ++a) {
        if (!condition->has[a]) continue;
        const PetscInt at = walk->field->components * node + a;
        const int before = bc->entry[at];
        double time;
        int agree;
        bc->sharers[at]++;
        if (before < 0) {
            bc->entry[at] = (int)walk->which;
            if (!condition->function[a])
                FEMD_TRY(femd_condition_before_factor(condition, a, x, 0, &bc->value[at], err));
            continue;
        }
        FEMD_TRY(value_conditions_agree(bc->cs, &bc->condition[before], condition, a, x, &agree, &time, err));
        if (!agree) return value_contradiction(walk, before, x, a, time, err);
    }
    return FEMD_OK;
}

static femd_status value_place(const femd_field *field, femd_boundary *bc, size_t which, femd_error *err) {
    value_walk walk = {field, bc, which};
    return femd_visit_nodes(field, bc->condition[which].entry, value_place_node, &walk, err);
}

const femd_condition_kind femd_condition_value = {.name = "value", .prescribes = 1, .place = value_place};
