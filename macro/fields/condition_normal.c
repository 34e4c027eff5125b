/* A pressure per reference area against the outward reference normal: a dead load of a field with three components. */
#include "fields/boundary.h"

typedef struct normal_walk {
    const femd_field *field;
    const femd_boundary *bc;
    const femd_condition *condition;
    double *force;
} normal_walk;

static femd_status normal_add_varying(const normal_walk *walk, PetscInt cell, int side, const double (*x)[FEMD_SPACE],
                                      femd_error *err) {
    const femd_element_table *table = &walk->field->grid->table;
    const PetscInt *node = walk->field->grid->cell_node + cell * table->nodes;
    for (int q = 0; q < table->face_points; ++q) {
        double position[FEMD_SPACE], area[FEMD_SPACE], pressure;
        femd_element_face_place(table, q, x, position, area);
        FEMD_TRY(femd_condition_before_factor(walk->condition, 0, position, walk->bc->time, &pressure, err));
        for (int i = 0; i < table->face_nodes; ++i)
            for (int a = 0; a < FEMD_SPACE; ++a)
                walk->force[FEMD_SPACE * node[table->face_node[side][i]] + a] -=
                    table->face_share[q][i] / table->element->face_parts * area[a] * pressure;
    }
    return FEMD_OK;
}

static femd_status normal_add_face(void *user, PetscInt cell, int side, femd_error *err) {
    const normal_walk *walk = user;
    const femd_element_table *table = &walk->field->grid->table;
    const PetscInt *node = walk->field->grid->cell_node + cell * table->nodes;
    double x[FEMD_FACE_NODES][FEMD_SPACE], area[FEMD_FACE_NODES][FEMD_SPACE], size[FEMD_FACE_NODES];
    femd_face_nodes_at(walk->field->grid, cell, side, x);
    if (walk->condition->function[0]) return normal_add_varying(walk, cell, side, (const double(*)[FEMD_SPACE])x, err);
    femd_element_face_area(table, (const double(*)[FEMD_SPACE])x, area, size);
    for (int i = 0; i < table->face_nodes; ++i)
        for (int a = 0; a < FEMD_SPACE; ++a)
            walk->force[FEMD_SPACE * node[table->face_node[side][i]] + a] += -walk->condition->value[0] * area[i][a];
    return FEMD_OK;
}

static femd_status normal_load(const femd_field *field, const femd_boundary *bc, size_t which, double *force,
                               femd_error *err) {
    normal_walk walk = {field, bc, &bc->condition[which], force};
    return femd_visit_faces(field->grid, walk.condition->entry->on, normal_add_face, &walk, err);
}

const femd_condition_kind femd_condition_normal = {.name = "normal", .scalar = 1, .load = normal_load};
