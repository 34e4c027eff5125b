/* Probes: where they are in the mesh, and what the nodes say there. Writes no file. */
#include "results/probe.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "base/petsc_edge.h"
#include "femd/kinematics.h"
#include "femd/tensor3.h"
#include "results/nodal_stress.h"

const char *const femd_probe_label[FEMD_PROBE_NUMBERS] = {
    "ux", "uy", "uz", "sigma11", "sigma22", "sigma33", "sigma23", "sigma13", "sigma12", "mises", "T", "p"};

int femd_probe_tells(const femd_case *cs, int c) {
    if (c == FEMD_PROBE_TEMPERATURE) return femd_case_has_heat(cs);
    return c != FEMD_PROBE_PRESSURE || cs->mixed;
}

/* Weights of nodes of this rank; a mean over a surface is divided by the weights of all ranks. */
typedef struct probe_place {
    size_t n;
    PetscInt *node;
    double *weight;
} probe_place;

struct femd_probes {
    size_t n;
    probe_place *place;
};

static femd_status probe_no_memory(femd_error *err) {
    return femd_fail(err, FEMD_NO_MEMORY, "no memory for the probes");
}

/* ---- a point ---- */

/* How far outside the reference cell a place is, 0 or less inside. */
static double probe_outside(const femd_cell *cell, const double at[4]) {
    double out = -INFINITY;
    if (cell->corners == 4)
        for (int k = 0; k < 4; ++k) out = fmax(out, -at[k]);
    else
        for (int k = 0; k < 3; ++k) out = fmax(out, fabs(at[k]) - 1);
    return out;
}

/* In the reference cell: most that the last step is, and that a place inside lies outside. */
#define PROBE_SETTLED 1e-6

/* Shape functions at x of a cell with nodes X (nodes x 3), by Newton's method from its middle; returns how far outside
 * it lies, INFINITY where the method finds no place. */
static double probe_invert(const femd_element *element, const double *X, const double *x, double *shape) {
    const int barycentric = element->cell->corners == 4;
    double at[4] = {0}, d[FEMD_ELEMENT_NODES][FEMD_SPACE], size = INFINITY;
    for (int k = 0; barycentric && k < 4; ++k) at[k] = 0.25;
    for (int iteration = 0; iteration < 20; ++iteration) {
        double J[9] = {0}, inverse[9], miss[3], step[3] = {0};
        element->shape(at, shape, d);
        memcpy(miss, x, sizeof miss);
        for (int i = 0; i < element->nodes; ++i)
            for (int a = 0; a < 3; ++a) {
                miss[a] -= shape[i] * X[3 * i + a];
                for (int b = 0; b < 3; ++b) J[3 * a + b] += X[3 * i + a] * d[i][b];
            }
        const double det = femd_det3(J);
        femd_adjugate3(J, inverse);
        for (int a = 0; a < 3; ++a)
            for (int b = 0; b < 3; ++b) step[a] += inverse[3 * a + b] / det * miss[b];
        size = 0;
        for (int a = 0; a < 3; ++a) {
            size = isfinite(step[a]) ? fmax(size, fabs(step[a])) : INFINITY;
            at[barycentric ? a + 1 : a] += step[a];
        }
        if (barycentric) at[0] = 1 - at[1] - at[2] - at[3];
        if (!(size < 10)) return INFINITY;
        if (size < 1e-12) break;
    }
    if (!(size < PROBE_SETTLED)) return INFINITY;
    element->shape(at, shape, d);
    return probe_outside(element->cell, at);
}

static int probe_is_near(const double *X, int nodes, const double *x) {
    for (int a = 0; a < 3; ++a) {
        double low = INFINITY, high = -INFINITY;
        for (int i = 0; i < nodes; ++i) low = fmin(low, X[3 * i + a]), high = fmax(high, X[3 * i + a]);
        const double room = 0.2 * (high - low);
        if (x[a] < low - room || x[a] > high + room) return 0;
    }
    return 1;
}

/* The cell with the lowest number in the file that holds the point, among all ranks. */
static femd_status probe_find_point(const femd_problem *p, size_t k, probe_place *place, femd_error *err) {
    const femd_grid *grid = p->grid;
    const femd_case_probe *probe = &p->cs->probe[k];
    const int nodes = grid->table.nodes;
    uint64_t mine = UINT64_MAX, best;
    place->node = calloc((size_t)nodes, sizeof *place->node);
    place->weight = calloc((size_t)nodes, sizeof *place->weight);
    FEMD_TRY(femd_agree(p->comm, place->node && place->weight ? FEMD_OK : probe_no_memory(err), err));
    for (PetscInt c = 0; c < grid->ncells; ++c) {
        double X[FEMD_SPACE * FEMD_ELEMENT_NODES], shape[FEMD_ELEMENT_NODES];
        const PetscInt *node = grid->cell_node + c * nodes;
        if (grid->cell_file[c] >= mine) continue;
        for (int i = 0; i < nodes; ++i) memcpy(X + 3 * i, grid->node_x + 3 * node[i], 3 * sizeof *X);
        if (!probe_is_near(X, nodes, probe->at)) continue;
        if (!(probe_invert(grid->table.element, X, probe->at, shape) <= PROBE_SETTLED)) continue;
        mine = grid->cell_file[c];
        memcpy(place->node, node, (size_t)nodes * sizeof *node);
        memcpy(place->weight, shape, (size_t)nodes * sizeof *shape);
    }
    MPI_TRY(err, MPI_Allreduce(&mine, &best, 1, MPI_UINT64_T, MPI_MIN, p->comm));
    place->n = best == mine && mine != UINT64_MAX ? (size_t)nodes : 0;
    if (best != UINT64_MAX) return FEMD_OK;
    return femd_fail(err, FEMD_BAD_INPUT, "%s: output.probes: \"%s\" at (%g, %g, %g) m lies outside the body",
                     p->cs->path, probe->name, probe->at[0], probe->at[1], probe->at[2]);
}

/* ---- a surface ---- */

static femd_status probe_find_surface(const femd_problem *p, size_t k, probe_place *place, femd_error *err) {
    const femd_grid *grid = p->grid;
    const femd_element_table *table = &grid->table;
    IS is = NULL;
    PetscInt n, cell;
    const PetscInt *point;
    int side;
    femd_status rc = FEMD_OK;
    FEMD_TRY(femd_grid_surface(grid, p->cs->probe[k].on, &is, &n, &point, err));
    place->node = calloc((size_t)(n * table->face_nodes) + 1, sizeof *place->node);
    place->weight = calloc((size_t)(n * table->face_nodes) + 1, sizeof *place->weight);
    if (!place->node || !place->weight) rc = probe_no_memory(err);
    for (PetscInt i = 0; i < n && rc == FEMD_OK; ++i) {
        double x[FEMD_FACE_NODES][FEMD_SPACE], area[FEMD_FACE_NODES][FEMD_SPACE], size[FEMD_FACE_NODES];
        rc = femd_grid_face(grid, point[i], &cell, &side, err);
        if (rc != FEMD_OK || cell < 0) continue;
        const PetscInt *node = grid->cell_node + cell * table->nodes;
        for (int v = 0; v < table->face_nodes; ++v)
            memcpy(x[v], grid->node_x + 3 * node[table->face_node[side][v]], sizeof x[v]);
        femd_element_face_area(table, (const double(*)[FEMD_SPACE])x, area, size);
        for (int v = 0; v < table->face_nodes; ++v) {
            place->node[place->n] = node[table->face_node[side][v]];
            place->weight[place->n++] = size[v];
        }
    }
    FEMD_TRY(femd_grid_surface_release(&is, &point, err));
    return femd_agree(p->comm, rc, err);
}

/* ---- all of them ---- */

femd_status femd_probes_create(const femd_problem *p, femd_probes **out, femd_error *err) {
    femd_probes *probes = *out = calloc(1, sizeof *probes);
    femd_status rc = FEMD_OK;
    if (probes) probes->place = calloc(p->cs->nprobes + 1, sizeof *probes->place);
    if (!probes || !probes->place) rc = probe_no_memory(err);
    FEMD_TRY_GOTO(rc, femd_agree(p->comm, rc, err), fail);
    probes->n = p->cs->nprobes;
    for (size_t k = 0; k < probes->n; ++k)
        FEMD_TRY_GOTO(rc,
                      p->cs->probe[k].on[0] ? probe_find_surface(p, k, &probes->place[k], err)
                                            : probe_find_point(p, k, &probes->place[k], err),
                      fail);
    return FEMD_OK;
fail:
    femd_probes_destroy(out);
    return rc;
}

void femd_probes_destroy(femd_probes **out) {
    femd_probes *probes = *out;
    if (!probes) return;
    for (size_t k = 0; probes->place && k < probes->n; ++k) {
        free(probes->place[k].node);
        free(probes->place[k].weight);
    }
    free(probes->place);
    free(probes);
    *out = NULL;
}

enum { SUMS = 12, WEIGHT = 9, WARM = 10, PRESSED = 11 }; /* displacement, stress (6), weight, temperature, pressure */

/* Nodal values of the fields that there are; NULL: no such field. The pressure, linear between the corners, has its
 * means on the edges, so that the weights of all nodes give what it is. */
typedef struct probe_fields {
    double *u, *stress, *T, *pressure; /* owned */
} probe_fields;

/* Shares of this rank. */
static void probe_sum(const probe_place *place, const probe_fields *of, double *sum) {
    for (size_t i = 0; i < place->n; ++i) {
        const double w = place->weight[i];
        const PetscInt node = place->node[i];
        double sigma[6];
        if (of->u) femd_full_to_voigt(of->stress + 9 * node, 0, sigma);
        for (int a = 0; of->u && a < 3; ++a) sum[a] += w * of->u[3 * node + a];
        for (int c = 0; of->u && c < 6; ++c) sum[3 + c] += w * sigma[c];
        sum[WEIGHT] += w;
        if (of->T) sum[WARM] += w * of->T[node];
        if (of->pressure) sum[PRESSED] += w * of->pressure[node];
    }
}

/* Added in the order of the ranks. */
static femd_status probe_add_ranks(const femd_problem *p, const double *mine, double *total, size_t n,
                                   femd_error *err) {
    double *part = malloc((n + 1) * sizeof *part);
    FEMD_TRY(femd_agree(p->comm, part ? FEMD_OK : probe_no_memory(err), err));
    memset(total, 0, n * sizeof *total);
    for (int r = 0; r < p->size; ++r) {
        memcpy(part, mine, n * sizeof *part);
        (void)MPI_Bcast(part, (int)n, MPI_DOUBLE, r, p->comm);
        for (size_t i = 0; i < n; ++i) total[i] += part[i];
    }
    free(part);
    return FEMD_OK;
}

/* *value: the committed values of a field, NULL where there is none. Collective. */
static femd_status probe_read_field(const femd_problem *p, femd_field *field, double **value, femd_error *err) {
    if (!field) return FEMD_OK;
    *value = malloc((field->n + 1) * sizeof **value);
    FEMD_TRY(femd_agree(p->comm, *value ? FEMD_OK : probe_no_memory(err), err));
    return femd_field_get(field, *value, err);
}

/* Collective. The caller frees them, whatever comes back. */
static femd_status probe_read_fields(femd_problem *p, probe_fields *of, femd_error *err) {
    FEMD_TRY(probe_read_field(p, p->temperature, &of->T, err));
    FEMD_TRY(probe_read_field(p, p->pressure, &of->pressure, err));
    FEMD_TRY(probe_read_field(p, p->displacement, &of->u, err));
    return of->u ? femd_nodal_stress(p, &of->stress, err) : FEMD_OK;
}

/* all: the sums of all ranks. */
static void probe_means(const probe_fields *of, const double *all, double *value) {
    double full[9];
    for (int c = 0; c < FEMD_PROBE_NUMBERS; ++c) value[c] = NAN;
    if (of->T) value[FEMD_PROBE_TEMPERATURE] = all[WARM] / all[WEIGHT];
    if (of->pressure) value[FEMD_PROBE_PRESSURE] = all[PRESSED] / all[WEIGHT];
    if (!of->u) return;
    for (int c = 0; c < WEIGHT; ++c) value[c] = all[c] / all[WEIGHT];
    femd_voigt_to_full(value + 3, 0, full);
    value[WEIGHT] = femd_von_mises(full);
}

femd_status femd_probes_read(femd_probes *probes, femd_problem *p, double *values, femd_error *err) {
    if (probes->n == 0) return FEMD_OK;
    const size_t n = SUMS * probes->n;
    probe_fields of = {NULL, NULL, NULL, NULL};
    double *sum = calloc(2 * n + 1, sizeof *sum);
    femd_status rc = sum ? FEMD_OK : probe_no_memory(err);
    FEMD_TRY_GOTO(rc, femd_agree(p->comm, rc, err), done);
    FEMD_TRY_GOTO(rc, probe_read_fields(p, &of, err), done);
    for (size_t k = 0; k < probes->n; ++k) probe_sum(&probes->place[k], &of, sum + SUMS * k);
    FEMD_TRY_GOTO(rc, probe_add_ranks(p, sum, sum + n, n, err), done);
    for (size_t k = 0; k < probes->n; ++k) probe_means(&of, sum + n + SUMS * k, values + FEMD_PROBE_NUMBERS * k);
done:
    free(of.u);
    free(of.stress);
    free(of.T);
    free(of.pressure);
    free(sum);
    return rc;
}
