/* A pressure that follows the surface: per area as it is deformed, against its present normal. Its load stiffness is
 * not symmetric. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fields/boundary.h"

static femd_status follower_keep_face(void *user, PetscInt cell, int side, femd_error *err) {
    femd_boundary *bc = user;
    femd_followed_face *more = realloc(bc->followed, (bc->nfollowed + 1) * sizeof *more);
    if (!more) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the boundary");
    bc->followed = more;
    more[bc->nfollowed++] = (femd_followed_face){cell, side, bc->placing};
    return FEMD_OK;
}

femd_status femd_condition_follow_faces(const femd_field *field, femd_boundary *bc, size_t which, femd_error *err) {
    bc->placing = which;
    return femd_visit_faces(field->grid, bc->condition[which].entry->on, follower_keep_face, bc, err);
}

/* Pressure at the time set. */
static femd_status follower_pressure(const femd_boundary *bc, size_t which, double *pressure, femd_error *err) {
    static const double anywhere[FEMD_SPACE] = {0};
    return femd_condition_at(bc->cs, &bc->condition[which], 0, anywhere, bc->time, pressure, err);
}

/* Nodes of a side where they are now. */
static void follower_face_now(const femd_grid *grid, const femd_followed_face *face, const double *u,
                              double x[FEMD_FACE_NODES][FEMD_SPACE]) {
    const femd_element_table *table = &grid->table;
    const PetscInt *node = grid->cell_node + face->cell * table->nodes;
    femd_face_nodes_at(grid, face->cell, face->side, x);
    for (int i = 0; i < table->face_nodes; ++i)
        for (int a = 0; a < FEMD_SPACE; ++a) x[i][a] += u[FEMD_SPACE * node[table->face_node[face->side][i]] + a];
}

static femd_status follower_follow(const femd_field *field, const femd_boundary *bc, size_t which, const double *u,
                                   double *force, femd_error *err) {
    const femd_element_table *table = &field->grid->table;
    double pressure;
    FEMD_TRY(follower_pressure(bc, which, &pressure, err));
    for (size_t f = 0; f < bc->nfollowed; ++f) {
        const femd_followed_face *face = &bc->followed[f];
        const PetscInt *node = field->grid->cell_node + face->cell * table->nodes;
        double x[FEMD_FACE_NODES][FEMD_SPACE], area[FEMD_FACE_NODES][FEMD_SPACE], size[FEMD_FACE_NODES];
        if (face->condition != which) continue;
        follower_face_now(field->grid, face, u, x);
        femd_element_face_area(table, (const double(*)[FEMD_SPACE])x, area, size);
        for (int i = 0; i < table->face_nodes; ++i)
            for (int a = 0; a < FEMD_SPACE; ++a)
                force[FEMD_SPACE * node[table->face_node[face->side][i]] + a] -= pressure * area[i][a];
    }
    return FEMD_OK;
}

/* The integrals of the area vector are quadratic in the nodes' positions (a product of two tangents), so that half
 * their difference over a step of any length is the derivative, but for round-off. */
static femd_status follower_stiffness(const femd_field *field, const femd_boundary *bc, const femd_followed_face *face,
                                      const double *u, double *K, femd_error *err) {
    const femd_element_table *table = &field->grid->table;
    const int n = FEMD_SPACE * table->nodes, *of_face = table->face_node[face->side];
    double x[FEMD_FACE_NODES][FEMD_SPACE], pressure, length = 0;
    FEMD_TRY(follower_pressure(bc, face->condition, &pressure, err));
    follower_face_now(field->grid, face, u, x);
    for (int a = 0; a < FEMD_SPACE; ++a) length = fmax(length, fabs(x[1][a] - x[0][a]));
    for (int j = 0; j < table->face_nodes; ++j)
        for (int b = 0; b < FEMD_SPACE; ++b) {
            double more[FEMD_FACE_NODES][FEMD_SPACE], less[FEMD_FACE_NODES][FEMD_SPACE], size[FEMD_FACE_NODES];
            const double here = x[j][b];
            x[j][b] = here + length;
            femd_element_face_area(table, (const double(*)[FEMD_SPACE])x, more, size);
            x[j][b] = here - length;
            femd_element_face_area(table, (const double(*)[FEMD_SPACE])x, less, size);
            x[j][b] = here;
            for (int i = 0; i < table->face_nodes; ++i)
                for (int a = 0; a < FEMD_SPACE; ++a)
                    K[(FEMD_SPACE * of_face[i] + a) * n + FEMD_SPACE * of_face[j] + b] +=
                        pressure * (more[i][a] - less[i][a]) / (2 * length);
        }
    return FEMD_OK;
}

const femd_condition_kind femd_condition_follower = {.name = "follower",
                                                     .scalar = 1,
                                                     .place = femd_condition_follow_faces,
                                                     .follow = follower_follow,
                                                     .follow_stiffness = follower_stiffness};
