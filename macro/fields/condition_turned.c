/* Displacements along axes of the entry's own: one equation for each component at each node. */
#include "fields/boundary.h"
#include "fields/ties.h"

static femd_status turned_place(const femd_field *field, femd_boundary *bc, size_t which, femd_error *err) {
    return femd_ties_mark(field, bc, which, 0, bc->condition[which].entry, err);
}

static femd_status turned_tie(const femd_field *field, femd_boundary *bc, size_t which, femd_error *err) {
    const femd_condition *condition = &bc->condition[which];
    for (int i = 0; i < femd_ties_count(bc->ties); ++i) {
        if (!femd_ties_has_role(femd_ties_node(bc->ties, i), which, 0)) continue;
        for (int k = 0; k < FEMD_SPACE; ++k) {
            femd_tie_term term[FEMD_SPACE];
            if (!condition->has[k]) continue;
            for (int a = 0; a < FEMD_SPACE; ++a)
                term[a] = (femd_tie_term){i, a, condition->entry->axes[FEMD_SPACE * k + a]};
            FEMD_TRY(femd_ties_equation(field, bc, which, term, FEMD_SPACE, i, k, 0, err));
        }
    }
    return FEMD_OK;
}

static femd_status turned_source(const femd_field *field, const femd_boundary *bc, size_t which,
                                 const femd_tied_node *node, int k, double *value, femd_error *err) {
    (void)field;
    return femd_condition_at(bc->cs, &bc->condition[which], k, node->x, bc->time, value, err);
}

const femd_condition_kind femd_condition_turned = {
    .name = "turned", .prescribes = 1, .whole = 1, .place = turned_place, .tie = turned_tie, .source = turned_source};
