/* A load per reference volume. */
#include <string.h>

#include "fields/boundary.h"

/* Without its factor in time; function or number in each component. */
static femd_status body_per_volume(const femd_field *field, const femd_boundary *bc, const femd_condition *condition,
                                   const double position[FEMD_SPACE], double *per_volume, femd_error *err) {
    for (int a = 0; a < field->components; ++a)
        FEMD_TRY(femd_condition_before_factor(condition, a, position, bc->time, &per_volume[a], err));
    return FEMD_OK;
}

static femd_status body_load(const femd_field *field, const femd_boundary *bc, size_t which, double *force,
                             femd_error *err) {
    const femd_grid *grid = field->grid;
    const femd_element_table *table = &grid->table;
    const int components = field->components;
    for (PetscInt c = 0; c < grid->ncells; ++c) {
        double x[FEMD_SPACE * FEMD_ELEMENT_NODES], position[FEMD_SPACE * FEMD_ELEMENT_POINTS],
            weight[FEMD_ELEMENT_POINTS], per_volume[FEMD_COMPONENTS];
        const PetscInt *node = grid->cell_node + c * table->nodes;
        for (int i = 0; i < table->nodes; ++i)
            memcpy(x + FEMD_SPACE * i, grid->node_x + FEMD_SPACE * node[i], FEMD_SPACE * sizeof *x);
        (void)femd_element_place(table, x, position, weight, NULL);
        for (int q = 0; q < table->points; ++q) {
            FEMD_TRY(body_per_volume(field, bc, &bc->condition[which], position + FEMD_SPACE * q, per_volume, err));
            for (int i = 0; i < table->nodes; ++i)
                for (int a = 0; a < components; ++a)
                    force[components * node[i] + a] += table->shape[q][i] * weight[q] * per_volume[a];
        }
    }
    return FEMD_OK;
}

const femd_condition_kind femd_condition_body = {.name = "body", .load = body_load};
