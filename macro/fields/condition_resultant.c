/* A force as a whole: spread evenly over the reference area of a surface, or at one node. */
#include <math.h>

#include "fields/boundary.h"

typedef struct resultant_walk {
    const femd_field *field;
    const double *per_measure; /* components; NULL: only the measure is wanted */
    double *out;               /* the measure, or the forces */
} resultant_walk;

static femd_status resultant_face(void *user, PetscInt cell, int side, femd_error *err) {
    const resultant_walk *walk = user;
    const femd_element_table *table = &walk->field->grid->table;
    const PetscInt *node = walk->field->grid->cell_node + cell * table->nodes;
    const int components = walk->field->components;
    double x[FEMD_FACE_NODES][FEMD_SPACE], area[FEMD_FACE_NODES][FEMD_SPACE], size[FEMD_FACE_NODES];
    (void)err;
    femd_face_nodes_at(walk->field->grid, cell, side, x);
    femd_element_face_area(table, (const double(*)[FEMD_SPACE])x, area, size);
    for (int i = 0; i < table->face_nodes; ++i) {
        if (!walk->per_measure) *walk->out += size[i];
        for (int a = 0; walk->per_measure && a < components; ++a)
            walk->out[components * node[table->face_node[side][i]] + a] += walk->per_measure[a] * size[i];
    }
    return FEMD_OK;
}

/* A node that several ranks have counts once. */
static femd_status resultant_node(void *user, PetscInt node, femd_error *err) {
    const resultant_walk *walk = user;
    const int components = walk->field->components;
    (void)err;
    if (!walk->field->grid->node_owned[node]) return FEMD_OK;
    if (!walk->per_measure) *walk->out += 1;
    for (int a = 0; walk->per_measure && a < components; ++a) walk->out[components * node + a] += walk->per_measure[a];
    return FEMD_OK;
}

static femd_status resultant_visit(const femd_field *field, const femd_boundary *bc, size_t which, resultant_walk *walk,
                                   femd_error *err) {
    const femd_case_boundary *entry = bc->condition[which].entry;
    return entry->npositions > 0 ? femd_visit_nodes(field, entry, resultant_node, walk, err)
                                 : femd_visit_faces(field->grid, entry->on, resultant_face, walk, err);
}

static femd_status resultant_measure(const femd_field *field, const femd_boundary *bc, size_t which, double *measure,
                                     femd_error *err) {
    resultant_walk walk = {field, NULL, measure};
    return resultant_visit(field, bc, which, &walk, err);
}

static femd_status resultant_load(const femd_field *field, const femd_boundary *bc, size_t which, double *force,
                                  femd_error *err) {
    static const double anywhere[FEMD_SPACE] = {0};
    double per_measure[FEMD_COMPONENTS];
    resultant_walk walk = {field, per_measure, force};
    if (!(bc->measure[which] > 0))
        return femd_fail(err, FEMD_BAD_INPUT,
                         "%s: boundary[%zu] (\"%s\"): a force needs outer faces or one point, and there are none",
                         bc->cs->path, which, bc->condition[which].entry->on);
    for (int a = 0; a < field->components; ++a) {
        FEMD_TRY(femd_condition_before_factor(&bc->condition[which], a, anywhere, bc->time, &per_measure[a], err));
        per_measure[a] /= bc->measure[which];
    }
    return resultant_visit(field, bc, which, &walk, err);
}

const femd_condition_kind femd_condition_resultant = {
    .name = "resultant", .measure = resultant_measure, .load = resultant_load};
