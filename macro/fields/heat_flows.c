/* What flows and what is stored, from the answers of the points. Owns the sums of one cell's points; the loops over the
 * cells are the field's.
 *
 * Theta scheme of a step from T0 at t0 to T at t0 + dt, q being what the boundary and the source bring in:
 *     C (T - T0) / dt + theta (K T - q) + (1 - theta) (K0 T0 - q0) = 0.
 * C is lumped (row sums, by the element's points) for elements whose nodes are their corners, consistent for others,
 * whose row sums are negative at corners. Its c is that of T with theta 1, else the mean by theta of both ends. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/collective.h"
#include "base/part.h"
#include "base/petsc_edge.h"
#include "fields/boundary.h"
#include "fields/heat_private.h"
#include "fields/ties.h"

/* One cell's sums. */
typedef struct flows {
    const femd_heat *h;
    const double *u, *K; /* temperatures by node, conductivities by point */
    double factor;
} flows;

/* Heat capacity of point k times its volume over dt, W/K; 0 in a steady state. */
static double flows_own_capacity(const femd_heat *h, PetscInt k) {
    const femd_points *pt = h->p->pt;
    if (!h->p->cs->heat.transient) return 0;
    const double c = h->theta < 1 ? h->theta * pt->theat_c[k] + (1 - h->theta) * pt->heat_c[k] : pt->theat_c[k];
    return pt->weight[k] * c / h->dt;
}

/* The same of what the work of the stress adds to it. */
static double flows_stiffened(const femd_heat *h, PetscInt k) {
    return h->p->cs->heat.transient ? h->p->pt->weight[k] * h->stiffened[k] / h->dt : 0;
}

static double flows_capacity(const femd_heat *h, PetscInt k) {
    return flows_own_capacity(h, k) + flows_stiffened(h, k);
}

/* K g */
static void flows_times(const double K[6], const double *g, double out[FEMD_SPACE]) {
    out[0] = K[0] * g[0] + K[5] * g[1] + K[4] * g[2];
    out[1] = K[5] * g[0] + K[1] * g[1] + K[3] * g[2];
    out[2] = K[4] * g[0] + K[3] * g[1] + K[2] * g[2];
}

/* out += factor w g_i . K grad T; the gradient of differences, so that a high level costs no digits. */
static void flows_cell_conduct(const void *self, PetscInt cell, double *out) {
    const flows *f = self;
    const femd_problem *p = f->h->p;
    const femd_element_table *table = &p->grid->table;
    const PetscInt *node = p->grid->cell_node + cell * table->nodes;
    for (PetscInt k = cell * table->points; k < (cell + 1) * table->points; ++k) {
        const double *g = p->pt->gradient + (size_t)k * table->nodes * FEMD_SPACE;
        double slope[FEMD_SPACE] = {0}, flux[FEMD_SPACE], K[6];
        femd_heat_referential(f->h, k, f->K + 6 * k, K);
        for (int i = 0; i < table->nodes; ++i)
            for (int a = 0; a < FEMD_SPACE; ++a) slope[a] += (f->u[node[i]] - f->u[node[0]]) * g[FEMD_SPACE * i + a];
        flows_times(K, slope, flux);
        for (int i = 0; i < table->nodes; ++i)
            for (int a = 0; a < FEMD_SPACE; ++a)
                out[i] += f->factor * p->pt->weight[k] * g[FEMD_SPACE * i + a] * flux[a];
    }
}

/* What is stored since the start of the step; by the work of the stress, since the pass before, so that passes that do
 * not move any more leave nothing of that. */
static void flows_cell_store(const void *self, PetscInt cell, double *out) {
    const flows *f = self;
    const femd_heat *h = f->h;
    const femd_element_table *table = &h->p->grid->table;
    const PetscInt *node = h->p->grid->cell_node + cell * table->nodes;
    const int n = table->nodes;
    const double *from = h->passes > 1 ? h->last : h->old;
    for (int q = 0; q < table->points; ++q) {
        const PetscInt k = cell * table->points + q;
        const double C = flows_own_capacity(h, k), more = flows_stiffened(h, k), taken = h->taken[k];
        double stored[FEMD_ELEMENT_NODES];
        for (int j = 0; j < n; ++j)
            stored[j] = C * (f->u[node[j]] - h->old[node[j]]) + more * (f->u[node[j]] - from[node[j]]);
        for (int i = 0; i < n; ++i) {
            if (h->two_way || h->pressed_from) out[i] += taken * table->shape[q][i];
            if (!h->mass) out[i] += table->shape[q][i] * stored[i];
            for (int j = 0; h->mass && j < n; ++j) out[i] += h->mass[(q * n + i) * n + j] * stored[j];
        }
    }
}

void femd_heat_conduct(const femd_heat *h, const double *u, const double *K, double factor, double *out) {
    const flows f = {.h = h, .u = u, .K = K, .factor = factor};
    femd_field_add_cells(h->p->temperature, flows_cell_conduct, &f, out);
}

void femd_heat_store(const femd_heat *h, const double *u, double *out) {
    const flows f = {.h = h, .u = u};
    femd_field_add_cells(h->p->temperature, flows_cell_store, &f, out);
}

void femd_heat_loads(const femd_field *field, double *load) {
    const femd_boundary *bc = field->boundary;
    for (size_t b = 0; b < bc->nconditions; ++b) {
        load[b] = 0;
        for (size_t i = 0; bc->force[b] && i < field->n; ++i)
            load[b] += femd_boundary_factor(field, b, i) * bc->force[b][i];
    }
}

/* ---- residual ---- */

/* The same of what a surface exchanges: its flux is known to eps of itself and, by its slope, of the temperature. */
static double flows_rounding_exchanged(const femd_heat *h) {
    const femd_field *field = h->p->temperature;
    const femd_boundary *bc = field->boundary;
    const femd_element_table *table = &h->p->grid->table;
    const int n = table->nodes;
    double sum = 0, K[FEMD_ELEMENT_NODES * FEMD_ELEMENT_NODES];
    for (size_t i = 0; bc->follows && i < field->n; ++i) sum += bc->applied[i] * bc->applied[i];
    for (size_t f = 0; f < bc->nfollowed; ++f) {
        const PetscInt cell = bc->followed[f].cell, *node = h->p->grid->cell_node + cell * n;
        if (f > 0 && bc->followed[f - 1].cell == cell) continue;
        memset(K, 0, sizeof K);
        femd_boundary_follow_stiffness(field, cell, h->value, K);
        for (int i = 0; i < n; ++i) {
            double flow = 0;
            for (int j = 0; j < n; ++j) flow += fabs(K[i * n + j] * h->value[node[j]]);
            sum += flow * flow;
        }
    }
    return sum;
}

/* Round-off of the nodal sums: temperatures that are known to eps |T| make flows of that times their coefficients.
 * Summed as independent. */
static femd_status flows_rounding(const femd_heat *h, double *rounding, femd_error *err) {
    const femd_problem *p = h->p;
    const femd_element_table *table = &p->grid->table;
    double sum = flows_rounding_exchanged(h);
    for (PetscInt k = 0; k < p->pt->n; ++k) {
        const PetscInt *node = p->grid->cell_node + k / table->points * table->nodes;
        const double *g = p->pt->gradient + (size_t)k * table->nodes * FEMD_SPACE;
        double hot = 0, most = 0, all = 0, K[6];
        femd_heat_referential(h, k, p->pt->theat_k + 6 * k, K);
        for (int c = 0; c < 6; ++c) most = fmax(most, fabs(K[c]));
        for (int i = 0; i < table->nodes; ++i) {
            hot = fmax(hot, fabs(h->value[node[i]]));
            all += fabs(g[3 * i]) + fabs(g[3 * i + 1]) + fabs(g[3 * i + 2]);
        }
        for (int i = 0; i < table->nodes; ++i) {
            const double one = fabs(g[3 * i]) + fabs(g[3 * i + 1]) + fabs(g[3 * i + 2]),
                         flow = hot * (p->pt->weight[k] * most * one * all +
                                       flows_capacity(h, k) * fabs(table->shape[k % table->points][i]));
            sum += flow * flow;
        }
    }
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_DOUBLE, MPI_SUM, p->comm));
    *rounding = DBL_EPSILON * sqrt(sum);
    return FEMD_OK;
}

static femd_status flows_scale(femd_heat *h, femd_error *err) {
    femd_field *field = h->p->temperature;
    double *const part[] = {h->flow, h->capacity, h->start, field->boundary->applied}, norm;
    memset(&h->scale, 0, sizeof h->scale);
    for (size_t i = 0; i < sizeof part / sizeof *part; ++i) {
        FEMD_TRY(femd_field_norm(field, part[i], &norm, err));
        h->scale.reference = fmax(h->scale.reference, norm);
    }
    FEMD_TRY(femd_boundary_drive(field, h->unbalanced, &h->scale.load, err));
    return flows_rounding(h, &h->scale.rounding, err);
}

femd_status femd_heat_residual(femd_field *field, Vec R, femd_error *err) {
    FEMD_PART(ASSEMBLY);
    femd_heat *h = field->self;
    femd_heat_conduct(h, h->value, h->p->pt->theat_k, h->theta, h->flow);
    femd_heat_store(h, h->value, h->capacity);
    FEMD_TRY(femd_boundary_follow(field, h->value, err));
    for (size_t i = 0; i < field->n; ++i)
        h->unbalanced[i] = h->capacity[i] + h->flow[i] + h->start[i] - h->theta * field->boundary->applied[i];
    FEMD_TRY(flows_scale(h, err));
    FEMD_TRY(femd_field_sum_free(field, h->unbalanced, R, err));
    return femd_ties_reduce(field, R, 1, err);
}

/* ---- its derivative ---- */

/* Of the answers at one point: what flows and is stored there, by what it changes with the temperature of the point. */
static void flows_add_slopes(const femd_heat *h, PetscInt cell, int q, double *out) {
    const femd_problem *p = h->p;
    const femd_element_table *table = &p->grid->table;
    const PetscInt *node = p->grid->cell_node + cell * table->nodes, k = cell * table->points + q;
    const int n = table->nodes;
    const double *g = p->pt->gradient + (size_t)k * n * FEMD_SPACE, *N = table->shape[q],
                 w = h->theta * p->pt->weight[k], C = p->cs->heat.transient ? w * h->slopes.c[k] / h->dt : 0;
    double slope[FEMD_SPACE] = {0}, flux[FEMD_SPACE], change_of_K[6];
    femd_heat_referential(h, k, h->slopes.k + 6 * k, change_of_K);
    for (int i = 0; i < n; ++i)
        for (int a = 0; a < FEMD_SPACE; ++a)
            slope[a] += (h->value[node[i]] - h->value[node[0]]) * g[FEMD_SPACE * i + a];
    flows_times(change_of_K, slope, flux);
    for (int i = 0; i < n; ++i) {
        double change = w * (g[3 * i] * flux[0] + g[3 * i + 1] * flux[1] + g[3 * i + 2] * flux[2]);
        if (!h->mass) change += C * N[i] * (h->value[node[i]] - h->old[node[i]]);
        for (int j = 0; h->mass && j < n; ++j)
            change += C * h->mass[(q * n + i) * n + j] * (h->value[node[j]] - h->old[node[j]]);
        for (int j = 0; j < n; ++j) out[i * n + j] += change * N[j];
    }
}

/* All but the slopes of the answers: symmetric. */
static void flows_cell_matrix(const void *self, PetscInt cell, double *out) {
    const femd_heat *h = self;
    const femd_problem *p = h->p;
    const femd_element_table *table = &p->grid->table;
    const int n = table->nodes;
    memset(out, 0, (size_t)(n * n) * sizeof *out);
    if (p->temperature->boundary->follows) femd_boundary_follow_stiffness(p->temperature, cell, h->value, out);
    for (int i = 0; i < n * n; ++i) out[i] *= h->theta;
    for (int q = 0; q < table->points; ++q) {
        const PetscInt k = cell * table->points + q;
        const double *g = p->pt->gradient + (size_t)k * n * FEMD_SPACE, *N = table->shape[q], C = flows_capacity(h, k),
                     w = h->theta * p->pt->weight[k];
        double K[6];
        femd_heat_referential(h, k, p->pt->theat_k + 6 * k, K);
        for (int j = 0; j < n; ++j) {
            double flux[FEMD_SPACE];
            flows_times(K, g + FEMD_SPACE * j, flux);
            for (int i = 0; i <= j; ++i)
                out[i * n + j] += w * (g[3 * i] * flux[0] + g[3 * i + 1] * flux[1] + g[3 * i + 2] * flux[2]) +
                                  C * (h->mass  ? h->mass[(q * n + i) * n + j]
                                       : i == j ? N[i]
                                                : 0);
        }
    }
    for (int j = 0; j < n; ++j)
        for (int i = 0; i < j; ++i) out[j * n + i] = out[i * n + j];
}

static void flows_cell_jacobian(const void *self, PetscInt cell, double *out) {
    const femd_heat *h = self;
    flows_cell_matrix(self, cell, out);
    for (int q = 0; q < h->p->grid->table.points; ++q) flows_add_slopes(h, cell, q, out);
}

femd_status femd_heat_matrix(femd_field *field, const double *jump, double *lifted, Mat K, femd_error *err) {
    FEMD_PART(ASSEMBLY);
    return femd_field_assemble(field, flows_cell_matrix, field->self, jump, lifted, K, err);
}

femd_status femd_heat_jacobian(femd_field *field, Mat K, femd_error *err) {
    FEMD_PART(ASSEMBLY);
    return femd_field_assemble(field, field->boundary->unsymmetric ? flows_cell_jacobian : flows_cell_matrix,
                               field->self, NULL, NULL, K, err);
}
