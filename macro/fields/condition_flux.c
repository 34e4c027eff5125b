/* Dead loads of a surface: a flux per reference area into each component. */
#include <math.h>

#include "fields/boundary.h"

typedef struct flux_walk {
    const femd_field *field;
    const femd_boundary *bc;
    const femd_condition *condition;
    double *force;
} flux_walk;

/* A flux that is not the same everywhere: summed over the points of the face. */
static femd_status flux_add_varying(const flux_walk *walk, PetscInt cell, int side, const double (*x)[FEMD_SPACE],
                                    femd_error *err) {
    const femd_element_table *table = &walk->field->grid->table;
    const PetscInt *node = walk->field->grid->cell_node + cell * table->nodes;
    const int components = walk->field->components;
    for (int q = 0; q < table->face_points; ++q) {
        double position[FEMD_SPACE], area[FEMD_SPACE], value[FEMD_COMPONENTS];
        femd_element_face_place(table, q, x, position, area);
        const double size = sqrt(area[0] * area[0] + area[1] * area[1] + area[2] * area[2]);
        for (int a = 0; a < components; ++a)
            FEMD_TRY(femd_condition_before_factor(walk->condition, a, position, walk->bc->time, &value[a], err));
        for (int i = 0; i < table->face_nodes; ++i)
            for (int a = 0; a < components; ++a)
                walk->force[components * node[table->face_node[side][i]] + a] +=
                    table->face_share[q][i] / table->element->face_parts * size * value[a];
    }
    return FEMD_OK;
}

static femd_status flux_add_face(void *user, PetscInt cell, int side, femd_error *err) {
    const flux_walk *walk = user;
    const femd_element_table *table = &walk->field->grid->table;
    const PetscInt *node = walk->field->grid->cell_node + cell * table->nodes;
    const int components = walk->field->components;
    double x[FEMD_FACE_NODES][FEMD_SPACE], area[FEMD_FACE_NODES][FEMD_SPACE], size[FEMD_FACE_NODES];
    femd_face_nodes_at(walk->field->grid, cell, side, x);
    for (int a = 0; a < components; ++a)
        if (walk->condition->function[a])
            return flux_add_varying(walk, cell, side, (const double(*)[FEMD_SPACE])x, err);
    femd_element_face_area(table, (const double(*)[FEMD_SPACE])x, area, size);
    for (int i = 0; i < table->face_nodes; ++i)
        for (int a = 0; a < components; ++a)
            walk->force[components * node[table->face_node[side][i]] + a] += walk->condition->value[a] * size[i];
    return FEMD_OK;
}

static femd_status flux_load(const femd_field *field, const femd_boundary *bc, size_t which, double *force,
                             femd_error *err) {
    flux_walk walk = {field, bc, &bc->condition[which], force};
    return femd_visit_faces(field->grid, walk.condition->entry->on, flux_add_face, &walk, err);
}

const femd_condition_kind femd_condition_flux = {.name = "flux", .load = flux_load};
