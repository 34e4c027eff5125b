/* The tied nodes, what they take from others and give to them. Who follows whom is found in ties_eliminate.c; rigid
 * surfaces stand in ties_rigid.c. */
#include "fields/ties.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "base/petsc_edge.h"
#include "fields/ties_private.h"

static femd_status ties_no_memory(femd_error *err) {
    return femd_fail(err, FEMD_NO_MEMORY, "no memory for the ties of the boundary");
}

/* ---- making ---- */

femd_status femd_ties_create(const femd_field *field, femd_boundary *bc, femd_error *err) {
    int any = bc->ties != NULL;
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, &any, 1, MPI_INT, MPI_MAX, field->grid->comm));
    if (!any) return FEMD_OK;
    femd_status rc = FEMD_OK;
    if (!bc->ties && !(bc->ties = calloc(1, sizeof *bc->ties))) rc = ties_no_memory(err);
    if (rc == FEMD_OK && !bc->ties->mark &&
        !(bc->ties->mark = calloc((size_t)field->grid->nnodes + 1, sizeof *bc->ties->mark)))
        rc = ties_no_memory(err);
    FEMD_TRY(femd_agree(field->grid->comm, rc, err));
    FEMD_TRY(ties_nodes_share(field, bc, err));
    femd_ties *ties = bc->ties;
    ties->components = field->components;
    const size_t entries = (size_t)ties->components * (size_t)ties->nnodes + 1;
    ties->row_of = malloc(entries * sizeof *ties->row_of);
    ties->used = calloc(entries, sizeof *ties->used);
    ties->value = calloc(entries, sizeof *ties->value);
    ties->follows = calloc(field->n + 1, 1);
    rc = ties->row_of && ties->used && ties->value && ties->follows ? FEMD_OK : ties_no_memory(err);
    for (size_t i = 0; rc == FEMD_OK && i < entries; ++i) ties->row_of[i] = -1;
    for (size_t b = 0; rc == FEMD_OK && b < bc->nentries; ++b)
        if (bc->condition[b].kind && bc->condition[b].kind->tie) rc = bc->condition[b].kind->tie(field, bc, b, err);
    if (rc == FEMD_OK && !(ties->known = calloc((size_t)ties->nsources + 1, sizeof *ties->known)))
        rc = ties_no_memory(err);
    FEMD_TRY(femd_agree(field->grid->comm, rc, err));
    for (int r = 0; r < ties->nrows; ++r) {
        const int components = ties->components;
        const femd_tied_node *node = &ties->node[ties->row[r].tied / components];
        if (node->local >= 0) ties->follows[components * node->local + ties->row[r].tied % components] = 1;
    }
    for (int g = 0; g < ties->nrigid; ++g)
        for (int i = 0; i < ties->rigid[g].n; ++i)
            for (int a = 0; a < FEMD_SPACE; ++a)
                if (ties->node[ties->rigid[g].node[i]].local >= 0)
                    ties->follows[FEMD_SPACE * ties->node[ties->rigid[g].node[i]].local + a] = 1;
    return FEMD_OK;
}

static void ties_free_rows(tie_row *row, int n) {
    for (int r = 0; r < n; ++r) {
        free(row[r].column);
        free(row[r].coefficient);
    }
    free(row);
}

void femd_ties_destroy(femd_ties **out) {
    femd_ties *ties = *out;
    if (!ties) return;
    ties_free_rows(ties->row, ties->nrows);
    ties_free_rows(ties->check, ties->nchecks);
    for (int g = 0; g < ties->nrigid; ++g) free(ties->rigid[g].node);
    void *const array[] = {ties->mark,   ties->node, ties->source,  ties->equation, ties->rigid,
                           ties->row_of, ties->used, ties->follows, ties->value,    ties->known};
    for (size_t i = 0; i < sizeof array / sizeof *array; ++i) free(array[i]);
    free(ties);
    *out = NULL;
}

int femd_ties_follows(const femd_ties *ties, size_t entry) {
    return ties && ties->follows[entry];
}

typedef void tie_seer(void *user, int node, int component, double coefficient);

/* Component a of how the surface moves the place x. */
static void ties_held_motion(const femd_ties *ties, int g, const double *x, int a, double sign, tie_seer *see,
                             void *user) {
    const tie_rigid *rigid = &ties->rigid[g];
    const int b = (a + 1) % 3, c = (a + 2) % 3, self = ties->nnodes + g;
    see(user, self, a, sign);
    see(user, self, 3 + b, sign * (x[c] - rigid->mean[c]) / rigid->length);
    see(user, self, 3 + c, -sign * (x[b] - rigid->mean[b]) / rigid->length);
}

static void ties_held_rigid(const femd_ties *ties, int g, tie_seer *see, void *user) {
    const tie_rigid *rigid = &ties->rigid[g];
    for (int i = 0; i < rigid->n; ++i)
        for (int a = 0; a < FEMD_SPACE; ++a) {
            see(user, rigid->node[i], a, 1);
            ties_held_motion(ties, g, ties->node[rigid->node[i]].x, a, -1, see, user);
            see(user, -1, 0, 0);
        }
    for (int m = 0; m < 6; ++m) {
        if (rigid->moves[m]) continue;
        if (m < 3) ties_held_motion(ties, g, rigid->about, m, 1, see, user);
        if (m >= 3) see(user, ties->nnodes + g, m, 1);
        see(user, -1, 0, 0);
    }
}

void femd_ties_held(const femd_ties *ties, void (*see)(void *user, int node, int component, double coefficient),
                    void *user) {
    for (int e = 0; e < ties->nequations; ++e) {
        const tie_equation *equation = &ties->equation[e];
        for (int i = 0; i < equation->n; ++i)
            see(user, equation->term[i].node, equation->term[i].component, equation->term[i].coefficient);
        see(user, -1, 0, 0);
    }
    for (int g = 0; g < ties->nrigid; ++g) ties_held_rigid(ties, g, see, user);
}

int femd_ties_rigids(const femd_ties *ties) {
    return ties ? ties->nrigid : 0;
}

int femd_ties_rigid_node(const femd_ties *ties, int rigid) {
    return ties->rigid[rigid].node[0];
}

/* ---- a time ---- */

static double row_value(const femd_ties *ties, const tie_row *row, double *scale) {
    double sum = 0;
    for (int i = 0; i < row->n; ++i) {
        const int column = row->column[i], entries = ties->components * ties->nnodes;
        const double part =
            row->coefficient[i] * (column < entries ? ties->value[column] : ties->known[column - entries]);
        sum += part;
        if (scale) *scale += fabs(part);
    }
    return sum;
}

/* ties->value from the local values, on all ranks. */
static femd_status ties_collect(const femd_field *field, const double *u, femd_error *err) {
    femd_ties *ties = field->boundary->ties;
    for (int i = 0; i < ties->nnodes; ++i)
        for (int a = 0; a < ties->components; ++a)
            ties->value[ties->components * i + a] =
                ties->node[i].owned ? u[ties->components * ties->node[i].local + a] : 0;
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, ties->value, ties->components * ties->nnodes, MPI_DOUBLE, MPI_SUM,
                               field->grid->comm));
    return FEMD_OK;
}

static femd_status ties_check_known(const femd_field *field, femd_error *err) {
    const femd_boundary *bc = field->boundary;
    const femd_ties *ties = bc->ties;
    for (int r = 0; r < ties->nchecks; ++r) {
        double scale = 0;
        const double gap = row_value(ties, &ties->check[r], &scale);
        if (!(fabs(gap) > 1e-9 * scale)) continue;
        const tie_source *source = NULL;
        for (int i = 0; i < ties->check[r].n; ++i)
            if (ties->check[r].column[i] >= ties->components * ties->nnodes)
                source = &ties->source[ties->check[r].column[i] - ties->components * ties->nnodes];
        const double *x = source ? ties->node[source->node].x : ties->node[0].x;
        return femd_fail(err, FEMD_BAD_INPUT,
                         "%s: boundary[%zu] (\"%s\") contradicts what other entries prescribe at the node at (%g, %g, "
                         "%g) m, by %g %s at time %g; leave one of them free there",
                         bc->cs->path, source ? source->which : 0, source ? bc->condition[source->which].entry->on : "",
                         x[0], x[1], x[2], gap, field->kind->unit, bc->time);
    }
    return FEMD_OK;
}

femd_status femd_ties_set_time(const femd_field *field, femd_error *err) {
    femd_boundary *bc = field->boundary;
    femd_ties *ties = bc->ties;
    femd_status rc = FEMD_OK;
    if (!ties) return FEMD_OK;
    for (int s = 0; s < ties->nsources && rc == FEMD_OK; ++s) {
        const tie_source *source = &ties->source[s];
        ties->known[s] = 0;
        if (!source->free)
            rc = bc->condition[source->which].kind->source(field, bc, source->which, &ties->node[source->node],
                                                           source->k, &ties->known[s], err);
    }
    for (int g = 0; g < ties->nrigid && rc == FEMD_OK; ++g) rc = ties_rigid_target(field, &ties->rigid[g], err);
    FEMD_TRY(femd_agree(field->grid->comm, rc, err));
    FEMD_TRY(ties_collect(field, bc->prescribed, err));
    return femd_agree(field->grid->comm, ties_check_known(field, err), err);
}

femd_status femd_ties_apply(const femd_field *field, double *u, femd_error *err) {
    femd_ties *ties = field->boundary->ties;
    if (!ties) return FEMD_OK;
    FEMD_TRY(ties_collect(field, u, err));
    for (int r = 0; r < ties->nrows; ++r) ties->value[ties->row[r].tied] = row_value(ties, &ties->row[r], NULL);
    for (int g = 0; g < ties->nrigid; ++g) ties_rigid_fit(ties, &ties->rigid[g], ties->value);
    for (int i = 0; i < ties->nnodes; ++i)
        for (int a = 0; a < ties->components && ties->node[i].local >= 0; ++a)
            if (ties->follows[ties->components * ties->node[i].local + a])
                u[ties->components * ties->node[i].local + a] = ties->value[ties->components * i + a];
    return FEMD_OK;
}

/* ---- equations ---- */

/* Does a column of T belong to this entry? */
static int ties_is_unknown(const femd_ties *ties, int entry) {
    return entry < ties->components * ties->nnodes &&
           !ties->node[entry / ties->components].prescribed[entry % ties->components];
}

femd_status femd_ties_reduce(const femd_field *field, Vec R, int newton, femd_error *err) {
    femd_ties *ties = field->boundary->ties;
    PetscScalar *r;
    PetscInt start, end;
    if (!ties) return FEMD_OK;
    PETSC_TRY(err, VecGetOwnershipRange(R, &start, &end));
    PETSC_TRY(err, VecGetArray(R, &r));
    for (int i = 0; i < ties->nnodes; ++i)
        for (int a = 0; a < ties->components; ++a)
            ties->value[ties->components * i + a] = ties->node[i].owned ? r[ties->node[i].global - start + a] : 0;
    if (MPI_Allreduce(MPI_IN_PLACE, ties->value, ties->components * ties->nnodes, MPI_DOUBLE, MPI_SUM,
                      field->grid->comm) != MPI_SUCCESS)
        return femd_fail(err, FEMD_INTERNAL, "MPI_Allreduce failed");
    for (int k = 0; k < ties->nrows; ++k) {
        const tie_row *row = &ties->row[k];
        for (int i = 0; i < row->n; ++i)
            if (ties_is_unknown(ties, row->column[i]))
                ties->value[row->column[i]] += row->coefficient[i] * ties->value[row->tied];
        ties->value[row->tied] = 0;
    }
    for (int g = 0; g < ties->nrigid; ++g) ties_rigid_reduce(ties, &ties->rigid[g], ties->value, newton);
    for (int i = 0; i < ties->nnodes; ++i)
        for (int a = 0; a < ties->components && ties->node[i].owned; ++a)
            r[ties->node[i].global - start + a] = ties->value[ties->components * i + a];
    PETSC_TRY(err, VecRestoreArray(R, &r));
    return FEMD_OK;
}

femd_status femd_ties_carry(const femd_field *field, double *u, femd_error *err) {
    femd_ties *ties = field->boundary->ties;
    if (!ties) return FEMD_OK;
    const int components = ties->components, entries = components * ties->nnodes;
    for (int i = 0; i < entries; ++i) {
        const femd_tied_node *node = &ties->node[i / components];
        ties->value[i] = node->local >= 0 ? u[components * node->local + i % components] : 0;
    }
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, ties->value, entries, MPI_DOUBLE, MPI_SUM, field->grid->comm));
    for (int k = 0; k < ties->nrows; ++k) {
        const tie_row *row = &ties->row[k];
        for (int i = 0; i < row->n; ++i)
            if (row->column[i] < entries) ties->value[row->column[i]] += row->coefficient[i] * ties->value[row->tied];
        ties->value[row->tied] = 0;
    }
    for (int i = 0; i < entries; ++i) {
        const femd_tied_node *node = &ties->node[i / components];
        if (node->local >= 0) u[components * node->local + i % components] = node->owned ? ties->value[i] : 0;
    }
    return FEMD_OK;
}

static PetscInt ties_global(const femd_ties *ties, int entry) {
    return ties->node[entry / ties->components].global + entry % ties->components;
}

/* Global entry of unknown m of a rigid surface: those of its first two nodes stand in. */
static PetscInt rigid_unknown(const femd_ties *ties, const tie_rigid *rigid, int m) {
    return ties->node[rigid->node[m / 3]].global + m % 3;
}

/* Row of entry a of node i of a rigid surface: du = dA + dtheta x arm. */
static void rigid_column(const femd_ties *ties, const tie_rigid *rigid, int i, int a, PetscInt *column,
                         double *coefficient, int *n) {
    double arm[FEMD_SPACE];
    const int b = (a + 1) % 3, c = (a + 2) % 3;
    ties_rigid_arm(ties, rigid, i, arm);
    const double of[6] = {a == 0, a == 1, a == 2, 0, 0, 0};
    double turning[3] = {0, 0, 0};
    turning[b] = arm[c] / rigid->length;
    turning[c] = -arm[b] / rigid->length;
    *n = 0;
    for (int m = 0; m < 6; ++m) {
        const double value = m < 3 ? of[m] : turning[m - 3];
        if (!rigid->moves[m] || value == 0) continue;
        column[*n] = rigid_unknown(ties, rigid, m);
        coefficient[(*n)++] = value;
    }
}

PetscInt femd_ties_column(const femd_ties *ties, size_t *place, PetscInt *column, double *coefficient, int *n) {
    size_t at = (*place)++;
    *n = 0;
    if (at < (size_t)ties->nrows) {
        const tie_row *row = &ties->row[at];
        for (int i = 0; i < row->n; ++i) {
            if (!ties_is_unknown(ties, row->column[i])) continue;
            column[*n] = ties_global(ties, row->column[i]);
            coefficient[(*n)++] = row->coefficient[i];
        }
        return ties_global(ties, row->tied);
    }
    at -= (size_t)ties->nrows;
    for (int g = 0; g < ties->nrigid; ++g) {
        const tie_rigid *rigid = &ties->rigid[g];
        if (at < (size_t)(FEMD_SPACE * rigid->n)) {
            const int i = (int)at / FEMD_SPACE, a = (int)at % FEMD_SPACE;
            rigid_column(ties, rigid, i, a, column, coefficient, n);
            return ties->node[rigid->node[i]].global + a;
        }
        at -= (size_t)(FEMD_SPACE * rigid->n);
    }
    return -1;
}

PetscInt femd_ties_empty(const femd_ties *ties, size_t *place) {
    size_t at = (*place)++;
    if (at < (size_t)ties->nrows) return ties_global(ties, ties->row[at].tied);
    at -= (size_t)ties->nrows;
    for (int g = 0; g < ties->nrigid; ++g) {
        const tie_rigid *rigid = &ties->rigid[g];
        for (int k = 0; k < FEMD_SPACE * rigid->n; ++k) {
            if (k < 6 && rigid->moves[k]) continue;
            if (at-- == 0) return ties->node[rigid->node[k / FEMD_SPACE]].global + k % FEMD_SPACE;
        }
    }
    return -1;
}

int femd_ties_turning(const femd_ties *ties, int number, PetscInt at[3], double block[9]) {
    if (number >= ties->nrigid) return 0;
    const tie_rigid *rigid = &ties->rigid[number];
    for (int m = 0; m < 3; ++m) {
        at[m] = rigid_unknown(ties, rigid, 3 + m);
        for (int k = 0; k < 3; ++k)
            block[3 * m + k] = rigid->moves[3 + m] && rigid->moves[3 + k] ? rigid->stiffness[3 * m + k] : 0;
    }
    return 1;
}
