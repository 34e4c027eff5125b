/* Boundary conditions on the nodes of the mesh. Owns which entry is prescribed by whom and all external loads; never
 * touches a quadrature answer, and knows no field but by its kind. */
#include "fields/boundary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "base/petsc_edge.h"

/* ---- prescribed values ---- */

static double condition_value(const femd_condition *condition, const double *x, int a) {
    double value = condition->value[a];
    if (condition->gradient)
        for (int k = 0; k < FEMD_SPACE; ++k) value += condition->gradient[FEMD_SPACE * a + k] * x[k];
    return value;
}

/* 1 if the two conditions, with values u and v at factor 1, ask for the same at all times: both are linear between the
 * times of their tables. *time is the first at which they differ. */
static int conditions_agree(const femd_case *cs, const femd_case_boundary *a, double u, const femd_case_boundary *b,
                            double v, double *time) {
    const femd_case_boundary *table[2] = {a, b};
    double scale = fabs(u) + fabs(v);
    *time = cs->end_time;
    for (int k = 0; k < 2; ++k)
        for (size_t i = 0; i <= table[k]->ntable; ++i) {
            double at = i < table[k]->ntable ? table[k]->time[i] : cs->end_time;
            double difference = u * femd_case_amplitude(cs, a, at) - v * femd_case_amplitude(cs, b, at);
            *time = at;
            if (fabs(difference) > 1e-12 * scale) return 0;
        }
    return 1;
}

static femd_status boundary_contradiction(const femd_field *field, const femd_boundary *bc, int before, size_t now,
                                          const double *x, int a, double u, double v, double time, femd_error *err) {
    const femd_field_kind *kind = field->kind;
    return femd_fail(err, FEMD_BAD_INPUT,
                     "%s: boundary[%d] (\"%s\") and boundary[%zu] (\"%s\") prescribe different %s%s%s at the node they "
                     "share at (%g, %g, %g) m: %g and %g %s at factor 1 (they differ at time %g); leave one of them "
                     "free there (null)",
                     bc->cs->path, before, bc->condition[before].entry->on, now, bc->condition[now].entry->on,
                     kind->plural, kind->label ? " along " : "", kind->label ? kind->label[a] : "", x[0], x[1], x[2], u,
                     v, kind->unit, time);
}

static femd_status boundary_prescribe(const femd_field *field, femd_boundary *bc, size_t which, PetscInt node,
                                      femd_error *err) {
    const femd_condition *condition = &bc->condition[which];
    const double *x = field->grid->node_x + FEMD_SPACE * node;
    for (int a = 0; a < field->components; ++a) {
        if (!condition->has[a]) continue;
        const PetscInt at = field->components * node + a;
        const int before = bc->entry[at];
        double value = condition_value(condition, x, a), time;
        bc->sharers[at]++;
        if (before < 0) {
            bc->entry[at] = (int)which;
            bc->value[at] = value;
            continue;
        }
        if (conditions_agree(bc->cs, bc->condition[before].entry, bc->value[at], condition->entry, value, &time))
            continue;
        return boundary_contradiction(field, bc, before, which, x, a, bc->value[at], value, time, err);
    }
    return FEMD_OK;
}

static femd_status boundary_prescribe_surface(const femd_field *field, femd_boundary *bc, size_t which,
                                              femd_error *err) {
    IS is = NULL;
    PetscInt n, node;
    const PetscInt *point;
    femd_status rc = FEMD_OK;
    FEMD_TRY(femd_grid_surface(field->grid, bc->condition[which].entry->on, &is, &n, &point, err));
    for (PetscInt i = 0; i < n && rc == FEMD_OK; ++i) {
        rc = femd_grid_node(field->grid, point[i], &node, err);
        if (rc == FEMD_OK && node >= 0) rc = boundary_prescribe(field, bc, which, node, err);
    }
    FEMD_TRY(femd_grid_surface_release(&is, &point, err));
    return rc;
}

/* ---- loads ---- */

static void boundary_load_face(const femd_field *field, const femd_condition *condition, PetscInt cell, int side,
                               double *force) {
    const femd_element_table *table = &field->grid->table;
    const PetscInt *node = field->grid->cell_node + cell * table->nodes;
    const int *of_face = table->face_node[side], components = field->components;
    double x[FEMD_FACE_NODES][FEMD_SPACE], area[FEMD_FACE_NODES][FEMD_SPACE], size[FEMD_FACE_NODES];
    for (int i = 0; i < table->face_nodes; ++i)
        memcpy(x[i], field->grid->node_x + FEMD_SPACE * node[of_face[i]], sizeof x[i]);
    femd_element_face_area(table, (const double(*)[FEMD_SPACE])x, area, size);
    for (int i = 0; i < table->face_nodes; ++i)
        for (int a = 0; a < components; ++a)
            force[components * node[of_face[i]] + a] += condition->kind == FEMD_CONDITION_NORMAL
                                                            ? -condition->value[0] * area[i][a]
                                                            : condition->value[a] * size[i];
}

static femd_status boundary_load_surface(const femd_field *field, femd_boundary *bc, size_t which, femd_error *err) {
    IS is = NULL;
    PetscInt n, cell;
    int side;
    const PetscInt *point;
    femd_status rc = FEMD_OK;
    FEMD_TRY(femd_grid_surface(field->grid, bc->condition[which].entry->on, &is, &n, &point, err));
    for (PetscInt i = 0; i < n && rc == FEMD_OK; ++i) {
        rc = femd_grid_face(field->grid, point[i], &cell, &side, err);
        if (rc == FEMD_OK && cell >= 0) boundary_load_face(field, &bc->condition[which], cell, side, bc->force[which]);
    }
    FEMD_TRY(femd_grid_surface_release(&is, &point, err));
    return rc;
}

static void boundary_load_body(const femd_field *field, const double *per_volume, double *body) {
    const femd_grid *grid = field->grid;
    const femd_element_table *table = &grid->table;
    const int components = field->components;
    for (PetscInt c = 0; c < grid->ncells; ++c) {
        double x[FEMD_SPACE * FEMD_ELEMENT_NODES], weight[FEMD_ELEMENT_POINTS];
        const PetscInt *node = grid->cell_node + c * table->nodes;
        for (int i = 0; i < table->nodes; ++i)
            memcpy(x + FEMD_SPACE * i, grid->node_x + FEMD_SPACE * node[i], FEMD_SPACE * sizeof *x);
        (void)femd_element_place(table, x, NULL, weight, NULL);
        for (int q = 0; q < table->points; ++q)
            for (int i = 0; i < table->nodes; ++i)
                for (int a = 0; a < components; ++a)
                    body[components * node[i] + a] += table->shape[q][i] * weight[q] * per_volume[a];
    }
}

/* ---- is the field held? ---- */

enum { MODES_MAX = 6 };

/* Rank of the Gram matrix of the modes seen by the prescribed entries, by Gauss elimination with pivoting. */
static int gram_rank(double A[MODES_MAX][MODES_MAX]) {
    int rank = 0;
    for (int k = 0; k < MODES_MAX; ++k) {
        int best = -1;
        double most = 1e-10;
        for (int i = 0; i < MODES_MAX; ++i)
            if (A[i][i] > most) most = A[best = i][i];
        if (best < 0) return rank;
        ++rank;
        for (int i = 0; i < MODES_MAX; ++i) {
            if (i == best) continue;
            double f = A[i][best] / A[best][best];
            for (int j = 0; j < MODES_MAX; ++j)
                if (j != best) A[i][j] -= f * A[best][j];
        }
        for (int i = 0; i < MODES_MAX; ++i) A[i][best] = A[best][i] = 0;
    }
    return rank;
}

typedef struct boundary_part {
    double low[FEMD_SPACE], high[FEMD_SPACE]; /* m; high with its sign turned, so that one reduction finds both */
    double gram[MODES_MAX][MODES_MAX];        /* of the modes at the prescribed entries */
} boundary_part;

/* part_of[node]: of the parts of the mesh that share no node; malloc'ed. */
static femd_status boundary_part_of_nodes(const femd_grid *grid, int **part_of, femd_error *err) {
    *part_of = calloc((size_t)grid->nnodes + 1, sizeof **part_of);
    if (!*part_of) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the boundary");
    for (PetscInt c = 0; c < grid->ncells; ++c)
        for (int i = 0; i < grid->table.nodes; ++i)
            (*part_of)[grid->cell_node[c * grid->table.nodes + i]] = grid->cell_part[c];
    return FEMD_OK;
}

static void boundary_extend(const femd_grid *grid, const int *part_of, boundary_part *part) {
    for (int k = 0; k < grid->nparts; ++k)
        for (int a = 0; a < FEMD_SPACE; ++a) part[k].low[a] = part[k].high[a] = INFINITY;
    for (PetscInt i = 0; i < grid->nnodes; ++i)
        for (int a = 0; a < FEMD_SPACE; ++a) {
            boundary_part *mine = &part[part_of[i]];
            mine->low[a] = fmin(mine->low[a], grid->node_x[FEMD_SPACE * i + a]);
            mine->high[a] = fmin(mine->high[a], -grid->node_x[FEMD_SPACE * i + a]);
        }
}

static void boundary_see_modes(const femd_field *field, const femd_boundary *bc, const int *part_of,
                               boundary_part *part) {
    const femd_field_kind *kind = field->kind;
    for (PetscInt i = 0; i < field->grid->nnodes; ++i) {
        boundary_part *mine = &part[part_of[i]];
        double x[FEMD_SPACE], mode[MODES_MAX][FEMD_COMPONENTS] = {{0}}, size = 0;
        for (int a = 0; a < FEMD_SPACE; ++a) size = fmax(size, -mine->high[a] - mine->low[a]);
        for (int a = 0; a < FEMD_SPACE; ++a)
            x[a] = (field->grid->node_x[FEMD_SPACE * i + a] - 0.5 * (mine->low[a] - mine->high[a])) / size;
        for (int m = 0; m < kind->modes; ++m) kind->mode(m, x, mode[m]);
        for (int a = 0; a < field->components; ++a) {
            if (bc->entry[field->components * i + a] < 0) continue;
            for (int m = 0; m < kind->modes; ++m)
                for (int n = 0; n < kind->modes; ++n) mine->gram[m][n] += mode[m][a] * mode[n][a];
        }
    }
}

/* Every part of the mesh by itself: one that is held does not hold another. */
static femd_status boundary_judge_part(const femd_field *field, const femd_boundary *bc, int number,
                                       boundary_part *part, femd_error *err) {
    const femd_field_kind *kind = field->kind;
    const int parts = field->grid->nparts;
    femd_error words = FEMD_ERROR_INIT;
    double most = 0;
    for (int m = 0; m < MODES_MAX; ++m) most = fmax(most, part->gram[m][m]);
    for (int m = 0; m < MODES_MAX && most > 0; ++m)
        for (int n = 0; n < MODES_MAX; ++n) part->gram[m][n] /= most;
    const int rank = gram_rank(part->gram);
    if (rank == kind->modes) return FEMD_OK;
    const femd_status rc = kind->unheld(bc->cs, kind->modes - rank, &words);
    if (parts == 1) return femd_fail(err, rc, "%s", words.text);
    return femd_fail(
        err, rc,
        "%s; this is part %d of the mesh's %d parts, which share no node with each other (glue them in the "
        "mesh, or hold each); its middle is at (%g, %g, %g) m",
        words.text, number + 1, parts, 0.5 * (part->low[0] - part->high[0]), 0.5 * (part->low[1] - part->high[1]),
        0.5 * (part->low[2] - part->high[2]));
}

static femd_status boundary_reduce(const femd_grid *grid, boundary_part *part, int sums, femd_error *err) {
    for (int k = 0; k < grid->nparts; ++k)
        MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, sums ? &part[k].gram[0][0] : (double *)&part[k],
                                   sums ? MODES_MAX * MODES_MAX : 2 * FEMD_SPACE, MPI_DOUBLE, sums ? MPI_SUM : MPI_MIN,
                                   grid->comm));
    return FEMD_OK;
}

static femd_status boundary_check_held(const femd_field *field, const femd_boundary *bc, femd_error *err) {
    const femd_grid *grid = field->grid;
    int *part_of = NULL;
    boundary_part *part = calloc((size_t)grid->nparts, sizeof *part);
    femd_status rc = part ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the boundary");
    if (rc == FEMD_OK) rc = boundary_part_of_nodes(grid, &part_of, err);
    FEMD_TRY_GOTO(rc, femd_agree(grid->comm, rc, err), done);
    boundary_extend(grid, part_of, part);
    FEMD_TRY_GOTO(rc, boundary_reduce(grid, part, 0, err), done);
    boundary_see_modes(field, bc, part_of, part);
    FEMD_TRY_GOTO(rc, boundary_reduce(grid, part, 1, err), done);
    for (int k = 0; rc == FEMD_OK && k < grid->nparts; ++k) rc = boundary_judge_part(field, bc, k, &part[k], err);
done:
    free(part_of);
    free(part);
    return rc;
}

/* ---- the whole ---- */

static femd_status boundary_allocate(const femd_field *field, femd_boundary *bc, const femd_condition *conditions,
                                     int has_body, femd_error *err) {
    const size_t n = field->n + 1;
    int missing = 0;
    missing |= !(bc->condition = calloc(bc->nentries + 1, sizeof *bc->condition));
    missing |= !(bc->entry = malloc(n * sizeof *bc->entry));
    missing |= !(bc->sharers = calloc(n, sizeof *bc->sharers));
    missing |= !(bc->value = calloc(n, sizeof *bc->value));
    missing |= !(bc->prescribed = calloc(n, sizeof *bc->prescribed));
    missing |= !(bc->applied = calloc(n, sizeof *bc->applied));
    missing |= !(bc->force = calloc(bc->nentries + 1, sizeof *bc->force));
    for (size_t b = 0; bc->force && b < bc->nentries; ++b)
        if (conditions[b].kind == FEMD_CONDITION_FLUX || conditions[b].kind == FEMD_CONDITION_NORMAL)
            missing |= !(bc->force[b] = calloc(n, sizeof **bc->force));
    if (has_body) missing |= !(bc->body = calloc(n, sizeof *bc->body));
    if (missing) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the boundary");
    memcpy(bc->condition, conditions, bc->nentries * sizeof *conditions);
    for (size_t i = 0; i < n; ++i) bc->entry[i] = -1;
    return FEMD_OK;
}

femd_status femd_boundary_create(femd_field *field, const femd_case *cs, const femd_condition *conditions, size_t n,
                                 const double *body, femd_error *err) {
    femd_boundary *bc = field->boundary = calloc(1, sizeof *bc);
    femd_status rc = bc ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the boundary");
    if (bc) {
        bc->cs = cs;
        bc->nentries = n;
        rc = boundary_allocate(field, bc, conditions, body != NULL, err);
    }
    for (size_t b = 0; rc == FEMD_OK && b < n; ++b) {
        if (bc->force[b])
            rc = boundary_load_surface(field, bc, b, err);
        else if (conditions[b].kind == FEMD_CONDITION_VALUE)
            rc = boundary_prescribe_surface(field, bc, b, err);
    }
    if (rc == FEMD_OK && body) boundary_load_body(field, body, bc->body);
    FEMD_TRY_GOTO(rc, femd_agree(field->grid->comm, rc, err), fail);
    FEMD_TRY_GOTO(rc, boundary_check_held(field, bc, err), fail);
    return FEMD_OK;
fail:
    femd_boundary_destroy(&field->boundary);
    return rc;
}

void femd_boundary_destroy(femd_boundary **boundary) {
    femd_boundary *bc = *boundary;
    if (!bc) return;
    for (size_t b = 0; bc->force && b < bc->nentries; ++b) free(bc->force[b]);
    free(bc->force);
    free(bc->condition);
    free(bc->entry);
    free(bc->sharers);
    free(bc->value);
    free(bc->body);
    free(bc->prescribed);
    free(bc->applied);
    free(bc);
    *boundary = NULL;
}

void femd_boundary_set_time(const femd_field *field, double time) {
    const femd_case_boundary ramp = {.ntable = 0};
    femd_boundary *bc = field->boundary;
    double body = bc->body ? femd_case_amplitude(bc->cs, &ramp, time) : 0;
    bc->time = time;
    for (size_t i = 0; i < field->n; ++i) {
        int b = bc->entry[i];
        bc->prescribed[i] = b < 0 ? 0 : bc->value[i] * femd_case_amplitude(bc->cs, bc->condition[b].entry, time);
        bc->applied[i] = bc->body ? body * bc->body[i] : 0;
    }
    for (size_t b = 0; b < bc->nentries; ++b) {
        if (!bc->force[b]) continue;
        double factor = femd_case_amplitude(bc->cs, bc->condition[b].entry, time);
        for (size_t i = 0; i < field->n; ++i) bc->applied[i] += factor * bc->force[b][i];
    }
}

/* ---- reactions ---- */

typedef struct boundary_shares {
    femd_face_flux *flux;
    const void *self;
    double *all, *mine; /* n: what flows through the faces of all conditions, and of one */
    uint8_t *member;    /* n: prescribed by that one */
} boundary_shares;

/* shares->mine and ->member of condition b. */
static femd_status boundary_share(const femd_field *field, size_t b, boundary_shares *shares, femd_error *err) {
    const femd_condition *condition = &field->boundary->condition[b];
    const femd_grid *grid = field->grid;
    const int components = field->components;
    IS is = NULL;
    PetscInt n, node, cell;
    const PetscInt *point;
    femd_status rc = FEMD_OK;
    memset(shares->mine, 0, field->n * sizeof *shares->mine);
    memset(shares->member, 0, field->n);
    FEMD_TRY(femd_grid_surface(grid, condition->entry->on, &is, &n, &point, err));
    for (PetscInt i = 0; i < n && rc == FEMD_OK; ++i) {
        double out[FEMD_FACE_NODES * FEMD_COMPONENTS] = {0};
        int side;
        rc = femd_grid_node(grid, point[i], &node, err);
        for (int a = 0; a < components && rc == FEMD_OK && node >= 0; ++a)
            shares->member[components * node + a] = condition->has[a] != 0;
        if (rc == FEMD_OK) rc = femd_grid_face(grid, point[i], &cell, &side, err);
        if (rc != FEMD_OK || cell < 0 || !shares->flux) continue;
        shares->flux(shares->self, cell, side, out);
        const PetscInt *of_cell = grid->cell_node + cell * grid->table.nodes;
        for (int k = 0; k < grid->table.face_nodes; ++k)
            for (int a = 0; a < components; ++a)
                shares->mine[components * of_cell[grid->table.face_node[side][k]] + a] += out[components * k + a];
    }
    FEMD_TRY(femd_grid_surface_release(&is, &point, err));
    return rc;
}

/* Twice over the conditions: what all take, then each one's part. */
static femd_status boundary_split(const femd_field *field, const double *unbalanced, boundary_shares *shares,
                                  double *reaction, femd_error *err) {
    const femd_boundary *bc = field->boundary;
    const size_t components = (size_t)field->components;
    for (int pass = 0; pass < 2; ++pass)
        for (size_t b = 0; b < bc->nentries; ++b) {
            if (bc->condition[b].kind != FEMD_CONDITION_VALUE) continue;
            FEMD_TRY(boundary_share(field, b, shares, err));
            for (size_t i = 0; i < field->n; ++i) {
                if (!shares->member[i]) continue;
                if (pass == 0)
                    shares->all[i] += shares->mine[i];
                else
                    reaction[components * b + i % components] +=
                        bc->sharers[i] == 1 ? unbalanced[i]
                                            : shares->mine[i] + (unbalanced[i] - shares->all[i]) / bc->sharers[i];
            }
        }
    return FEMD_OK;
}

femd_status femd_boundary_reactions(const femd_field *field, const double *unbalanced, femd_face_flux *flux,
                                    const void *self, double *reaction, femd_error *err) {
    const femd_boundary *bc = field->boundary;
    const size_t components = (size_t)field->components, total = components * bc->nentries, n = field->n + 1;
    boundary_shares shares = {.flux = flux,
                              .self = self,
                              .all = calloc(n, sizeof *shares.all),
                              .mine = calloc(n, sizeof *shares.mine),
                              .member = calloc(n, 1)};
    memset(reaction, 0, total * sizeof *reaction);
    femd_status rc = shares.all && shares.mine && shares.member
                         ? boundary_split(field, unbalanced, &shares, reaction, err)
                         : femd_fail(err, FEMD_NO_MEMORY, "no memory for the reactions");
    free(shares.all);
    free(shares.mine);
    free(shares.member);
    FEMD_TRY(femd_agree(field->grid->comm, rc, err));
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, reaction, (int)total, MPI_DOUBLE, MPI_SUM, field->grid->comm));
    return FEMD_OK;
}

/* Sums of this rank: a row of components for each condition, one more for the body, then one flag for each condition
 * that moves. */
static void boundary_drive_sums(const femd_field *field, const double *unbalanced, double *sum) {
    const femd_case_boundary ramp = {.ntable = 0};
    const femd_boundary *bc = field->boundary;
    const size_t components = (size_t)field->components;
    double *body = sum + components * bc->nentries, *moves = body + components;
    const double ramped = bc->body ? femd_case_amplitude(bc->cs, &ramp, bc->time) : 0;
    for (size_t b = 0; b < bc->nentries; ++b) {
        if (!bc->force[b]) continue;
        const double factor = femd_case_amplitude(bc->cs, bc->condition[b].entry, bc->time);
        for (size_t i = 0; i < field->n; ++i) sum[components * b + i % components] += factor * bc->force[b][i];
    }
    for (size_t i = 0; i < field->n; ++i) {
        if (bc->body) body[i % components] += ramped * bc->body[i];
        if (bc->entry[i] < 0) continue;
        sum[components * (size_t)bc->entry[i] + i % components] += unbalanced[i];
        if (bc->prescribed[i] != 0) moves[bc->entry[i]] = 1;
    }
}

femd_status femd_boundary_drive(const femd_field *field, const double *unbalanced, double *drive, femd_error *err) {
    const femd_boundary *bc = field->boundary;
    const size_t components = (size_t)field->components, total = (components + 1) * (bc->nentries + 1);
    double *sum = calloc(total, sizeof *sum);
    *drive = 0;
    FEMD_TRY(femd_agree(field->grid->comm,
                        sum ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the resultants"), err));
    boundary_drive_sums(field, unbalanced, sum);
    femd_status rc = FEMD_OK;
    if (MPI_Allreduce(MPI_IN_PLACE, sum, (int)total, MPI_DOUBLE, MPI_SUM, field->grid->comm) != MPI_SUCCESS)
        rc = femd_fail(err, FEMD_INTERNAL, "MPI_Allreduce failed");
    const double *moves = sum + components * (bc->nentries + 1);
    for (size_t b = 0; b <= bc->nentries; ++b) {
        double square = 0;
        if (b < bc->nentries && !bc->force[b] && moves[b] == 0) continue;
        for (size_t a = 0; a < components; ++a) square += sum[components * b + a] * sum[components * b + a];
        *drive = fmax(*drive, sqrt(square));
    }
    free(sum);
    return rc;
}
