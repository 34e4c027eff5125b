/* Heat that a surface exchanges with what is around it: convection, h (Ta - T), and radiation of a grey surface,
 * e sigma (Ta^4 - T^4), both into the body, per reference area. Loads of a scalar field that follow it. */
#include <math.h>
#include <string.h>

#include "fields/boundary.h"

/* Stefan-Boltzmann constant, CODATA 2018 (exact to all digits given), W/(m^2 K^4). */
#define SIGMA 5.670374419e-8

/* The law of a surface: flux into the body and its derivative with respect to the temperature there. */
typedef void exchange_law(double coefficient, double ambient, double T, double *flux, double *slope);

static void exchange_convect(double h, double ambient, double T, double *flux, double *slope) {
    *flux = h * (ambient - T);
    *slope = -h;
}

static void exchange_radiate(double emissivity, double ambient, double T, double *flux, double *slope) {
    *flux = emissivity * SIGMA * (ambient * ambient + T * T) * (ambient + T) * (ambient - T);
    *slope = -4 * emissivity * SIGMA * T * T * T;
}

/* At point q of a face: flux and slope there, the nodes' shape functions and their shares of the area. */
typedef struct exchange_point {
    double flux, slope, shape[FEMD_FACE_NODES], share[FEMD_FACE_NODES];
} exchange_point;

static femd_status exchange_ambient(const femd_boundary *bc, const femd_condition *condition, const double *x,
                                    double *ambient, femd_error *err) {
    FEMD_TRY(femd_condition_before_factor(condition, 1, x, bc->time, ambient, err));
    if (*ambient >= 0) return FEMD_OK;
    return femd_fail(err, FEMD_BAD_INPUT,
                     "%s: boundary (\"%s\"): ambient: %g K at (%g, %g, %g) m and time %g is below 0 K", bc->cs->path,
                     condition->entry->on, *ambient, x[0], x[1], x[2], bc->time);
}

/* A number is checked where the case is read. */
static femd_status exchange_coefficient(const femd_boundary *bc, const femd_condition *condition, const double *x,
                                        double *coefficient, femd_error *err) {
    FEMD_TRY(femd_condition_before_factor(condition, 0, x, bc->time, coefficient, err));
    if (*coefficient >= 0) return FEMD_OK;
    return femd_fail(err, FEMD_BAD_INPUT,
                     "%s: boundary (\"%s\"): coefficient: %g W/(m^2 K) at (%g, %g, %g) m and time %g is below 0",
                     bc->cs->path, condition->entry->on, *coefficient, x[0], x[1], x[2], bc->time);
}

static femd_status exchange_at(const femd_field *field, const femd_boundary *bc, const femd_followed_face *face,
                               exchange_law *law, const double *u, int q, exchange_point *at, femd_error *err) {
    const femd_element_table *table = &field->grid->table;
    const femd_condition *condition = &bc->condition[face->condition];
    const PetscInt *node = field->grid->cell_node + face->cell * table->nodes;
    double x[FEMD_FACE_NODES][FEMD_SPACE], position[FEMD_SPACE], area[FEMD_SPACE], reference[2], weight, coefficient,
        ambient, T = 0;
    femd_face_nodes_at(field->grid, face->cell, face->side, x);
    femd_element_face_place(table, q, (const double(*)[FEMD_SPACE])x, position, area);
    table->element->face_point(q, reference, &weight);
    const double size = sqrt(area[0] * area[0] + area[1] * area[1] + area[2] * area[2]);
    for (int i = 0; i < table->face_nodes; ++i) {
        at->shape[i] = table->face_share[q][i] / weight;
        at->share[i] = table->face_share[q][i] / table->element->face_parts * size;
        T += at->shape[i] * u[node[table->face_node[face->side][i]]];
    }
    FEMD_TRY(exchange_coefficient(bc, condition, position, &coefficient, err));
    FEMD_TRY(exchange_ambient(bc, condition, position, &ambient, err));
    law(coefficient, ambient, T, &at->flux, &at->slope);
    return FEMD_OK;
}

static femd_status exchange_follow(const femd_field *field, const femd_boundary *bc, size_t which, exchange_law *law,
                                   const double *u, double *force, femd_error *err) {
    const femd_element_table *table = &field->grid->table;
    for (size_t f = 0; f < bc->nfollowed; ++f) {
        const femd_followed_face *face = &bc->followed[f];
        const PetscInt *node = field->grid->cell_node + face->cell * table->nodes;
        if (face->condition != which) continue;
        for (int q = 0; q < table->face_points; ++q) {
            exchange_point at;
            FEMD_TRY(exchange_at(field, bc, face, law, u, q, &at, err));
            for (int i = 0; i < table->face_nodes; ++i)
                force[node[table->face_node[face->side][i]]] += at.share[i] * at.flux;
        }
    }
    return FEMD_OK;
}

static femd_status exchange_stiffness(const femd_field *field, const femd_boundary *bc, const femd_followed_face *face,
                                      exchange_law *law, const double *u, double *K, femd_error *err) {
    const femd_element_table *table = &field->grid->table;
    const int n = table->nodes, *of_face = table->face_node[face->side];
    for (int q = 0; q < table->face_points; ++q) {
        exchange_point at;
        FEMD_TRY(exchange_at(field, bc, face, law, u, q, &at, err));
        for (int i = 0; i < table->face_nodes; ++i)
            for (int j = i; j < table->face_nodes; ++j) {
                const double more = at.slope * at.share[i] * at.shape[j];
                K[of_face[i] * n + of_face[j]] -= more;
                if (j != i) K[of_face[j] * n + of_face[i]] -= more;
            }
    }
    return FEMD_OK;
}

/* ---- the kinds ---- */

static femd_status convection_follow(const femd_field *field, const femd_boundary *bc, size_t which, const double *u,
                                     double *force, femd_error *err) {
    return exchange_follow(field, bc, which, exchange_convect, u, force, err);
}

static femd_status convection_stiffness(const femd_field *field, const femd_boundary *bc,
                                        const femd_followed_face *face, const double *u, double *K, femd_error *err) {
    return exchange_stiffness(field, bc, face, exchange_convect, u, K, err);
}

static femd_status radiation_follow(const femd_field *field, const femd_boundary *bc, size_t which, const double *u,
                                    double *force, femd_error *err) {
    return exchange_follow(field, bc, which, exchange_radiate, u, force, err);
}

static femd_status radiation_stiffness(const femd_field *field, const femd_boundary *bc, const femd_followed_face *face,
                                       const double *u, double *K, femd_error *err) {
    return exchange_stiffness(field, bc, face, exchange_radiate, u, K, err);
}

const femd_condition_kind femd_condition_convection = {.name = "convection",
                                                       .scalar = 1,
                                                       .spring = 1,
                                                       .place = femd_condition_follow_faces,
                                                       .follow = convection_follow,
                                                       .follow_stiffness = convection_stiffness};

const femd_condition_kind femd_condition_radiation = {.name = "radiation",
                                                      .scalar = 1,
                                                      .spring = 1,
                                                      .place = femd_condition_follow_faces,
                                                      .follow = radiation_follow,
                                                      .follow_stiffness = radiation_stiffness};
