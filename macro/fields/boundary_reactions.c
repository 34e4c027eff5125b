/* What the supports carry and what drives the body, from the forces that are not in balance. Changes nothing. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "base/petsc_edge.h"
#include "fields/boundary.h"

typedef struct boundary_shares {
    femd_face_flux *flux;
    const void *self;
    double *all, *mine; /* n: what flows through the faces of all conditions, and of one */
    uint8_t *member;    /* n: prescribed by that one */
} boundary_shares;

typedef struct share_walk {
    const femd_field *field;
    const femd_condition *condition;
    boundary_shares *shares;
} share_walk;

static femd_status share_node(void *user, PetscInt node, femd_error *err) {
    const share_walk *walk = user;
    (void)err;
    for (int a = 0; a < walk->field->components; ++a)
        walk->shares->member[walk->field->components * node + a] =
            walk->condition->kind->whole || walk->condition->has[a];
    return FEMD_OK;
}

static femd_status share_face(void *user, PetscInt cell, int side, femd_error *err) {
    const share_walk *walk = user;
    const femd_grid *grid = walk->field->grid;
    const int components = walk->field->components;
    double out[FEMD_FACE_NODES * FEMD_COMPONENTS] = {0};
    (void)err;
    walk->shares->flux(walk->shares->self, cell, side, out);
    const PetscInt *of_cell = grid->cell_node + cell * grid->table.nodes;
    for (int k = 0; k < grid->table.face_nodes; ++k)
        for (int a = 0; a < components; ++a)
            walk->shares->mine[components * of_cell[grid->table.face_node[side][k]] + a] += out[components * k + a];
    return FEMD_OK;
}

/* shares->mine and ->member of condition b. */
static femd_status boundary_share(const femd_field *field, size_t b, boundary_shares *shares, femd_error *err) {
    const femd_condition *condition = &field->boundary->condition[b];
    share_walk walk = {field, condition, shares};
    memset(shares->mine, 0, field->n * sizeof *shares->mine);
    memset(shares->member, 0, field->n);
    FEMD_TRY(femd_visit_nodes(field, condition->entry, share_node, &walk, err));
    if (!shares->flux || condition->entry->npositions > 0 || condition->entry->nsurfaces > 1) return FEMD_OK;
    return femd_visit_faces(field->grid, condition->entry->on, share_face, &walk, err);
}

/* moment += of the force f along the axis of local entry i, about the origin. */
static void boundary_add_moment(const femd_field *field, size_t i, const double *u, double f, double *moment) {
    const size_t node = i / FEMD_SPACE, a = i % FEMD_SPACE, b = (a + 1) % FEMD_SPACE, c = (a + 2) % FEMD_SPACE;
    const double *x = field->grid->node_x + FEMD_SPACE * node, *moved = u + FEMD_SPACE * node;
    moment[b] += (x[c] + moved[c]) * f;
    moment[c] -= (x[b] + moved[b]) * f;
}

/* Twice over the conditions: what all take, then each one's part. */
static femd_status boundary_split(const femd_field *field, const double *unbalanced, boundary_shares *shares,
                                  const double *u, double *reaction, double *moment, femd_error *err) {
    const femd_boundary *bc = field->boundary;
    const size_t components = (size_t)field->components;
    for (int pass = 0; pass < 2; ++pass)
        for (size_t b = 0; b < bc->nentries; ++b) {
            if (!bc->condition[b].kind || !bc->condition[b].kind->prescribes) continue;
            FEMD_TRY(boundary_share(field, b, shares, err));
            for (size_t i = 0; i < field->n; ++i) {
                if (!shares->member[i]) continue;
                double f = unbalanced[i];
                if (!bc->condition[b].kind->paired && pass == 0) shares->all[i] += shares->mine[i];
                if (pass == 0) continue;
                if (!bc->condition[b].kind->paired && bc->sharers[i] != 1)
                    f = shares->mine[i] + (unbalanced[i] - shares->all[i]) / bc->sharers[i];
                reaction[components * b + i % components] += f;
                if (moment) boundary_add_moment(field, i, u, f, moment + FEMD_SPACE * b);
            }
        }
    return FEMD_OK;
}

femd_status femd_boundary_reactions(const femd_field *field, const double *unbalanced, femd_face_flux *flux,
                                    const void *self, const double *u, double *reaction, double *moment,
                                    femd_error *err) {
    const femd_boundary *bc = field->boundary;
    const size_t components = (size_t)field->components, total = components * bc->nentries, n = field->n + 1;
    boundary_shares shares = {.flux = flux,
                              .self = self,
                              .all = calloc(n, sizeof *shares.all),
                              .mine = calloc(n, sizeof *shares.mine),
                              .member = calloc(n, 1)};
    memset(reaction, 0, total * sizeof *reaction);
    if (moment) memset(moment, 0, FEMD_SPACE * bc->nentries * sizeof *moment);
    femd_status rc = shares.all && shares.mine && shares.member
                         ? boundary_split(field, unbalanced, &shares, u, reaction, moment, err)
                         : femd_fail(err, FEMD_NO_MEMORY, "no memory for the reactions");
    free(shares.all);
    free(shares.mine);
    free(shares.member);
    FEMD_TRY(femd_agree(field->grid->comm, rc, err));
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, reaction, (int)total, MPI_DOUBLE, MPI_SUM, field->grid->comm));
    if (moment)
        MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, moment, (int)(FEMD_SPACE * bc->nentries), MPI_DOUBLE, MPI_SUM,
                                   field->grid->comm));
    return FEMD_OK;
}

femd_status femd_boundary_loads(const femd_field *field, const double *u, double *load, femd_error *err) {
    const femd_boundary *bc = field->boundary;
    const size_t total = 2 * FEMD_SPACE * bc->nconditions;
    memset(load, 0, total * sizeof *load);
    for (size_t b = 0; b < bc->nconditions; ++b)
        for (size_t i = 0; bc->force[b] && i < field->n; ++i) {
            const double f = femd_boundary_factor(field, b, i) * bc->force[b][i];
            load[2 * FEMD_SPACE * b + i % FEMD_SPACE] += f;
            boundary_add_moment(field, i, u, f, load + 2 * FEMD_SPACE * b + FEMD_SPACE);
        }
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, load, (int)total, MPI_DOUBLE, MPI_SUM, field->grid->comm));
    return FEMD_OK;
}

/* Forces whose sum is smaller by this than they are have no resultant: what an iteration ends with leaves as much. */
#define CANCELS 1e-6

/* Sums of this rank: a row of components for each condition, then one flag for each that moves, then how large the
 * parts were. */
static void boundary_drive_sums(const femd_field *field, const double *unbalanced, double *sum) {
    const femd_boundary *bc = field->boundary;
    const size_t components = (size_t)field->components;
    double *moves = sum + components * bc->nconditions, *size = moves + bc->nconditions;
    for (size_t b = 0; b < bc->nconditions; ++b) {
        double factor[FEMD_COMPONENTS];
        if (!bc->force[b]) continue;
        for (size_t a = 0; a < components; ++a) factor[a] = femd_boundary_factor(field, b, a);
        for (size_t i = 0; i < field->n; ++i) {
            const double f = factor[i % components] * bc->force[b][i];
            sum[components * b + i % components] += f;
            size[b] += fabs(f);
        }
    }
    for (size_t i = 0; i < field->n; ++i) {
        const int holder = bc->entry[i] < 0 ? bc->tied_by[i] : bc->entry[i];
        if (holder < 0) continue;
        sum[components * (size_t)holder + i % components] += unbalanced[i];
        size[holder] += fabs(unbalanced[i]);
        if (bc->entry[i] < 0 || bc->prescribed[i] != 0) moves[holder] = 1;
    }
}

/* Norm of the nodal forces of condition b. part: n, to write into. */
static femd_status boundary_drive_norm(femd_field *field, size_t b, const double *unbalanced, double *part,
                                       double *norm, femd_error *err) {
    const femd_boundary *bc = field->boundary;
    for (size_t i = 0; i < field->n; ++i) {
        const int holder = bc->entry[i] < 0 ? bc->tied_by[i] : bc->entry[i];
        part[i] = bc->force[b]       ? femd_boundary_factor(field, b, i) * bc->force[b][i]
                  : holder == (int)b ? unbalanced[i]
                                     : 0;
    }
    return femd_field_norm(field, part, norm, err);
}

/* Of what is in balance with itself, as a couple or a pressure all around: no resultant measures it. */
static femd_status boundary_drive_balanced(femd_field *field, const double *unbalanced, const double *moves,
                                           double *drive, femd_error *err) {
    const femd_boundary *bc = field->boundary;
    double *part = malloc((field->n + 1) * sizeof *part);
    femd_status rc = femd_agree(field->grid->comm,
                                part ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the nodal forces"), err);
    for (size_t b = 0; b < bc->nconditions && rc == FEMD_OK; ++b) {
        double norm = 0;
        if (bc->force[b] || moves[b] > 0) rc = boundary_drive_norm(field, b, unbalanced, part, &norm, err);
        *drive = fmax(*drive, norm);
    }
    free(part);
    return rc;
}

femd_status femd_boundary_drive(femd_field *field, const double *unbalanced, double *drive, femd_error *err) {
    const femd_boundary *bc = field->boundary;
    const size_t components = (size_t)field->components, total = (components + 2) * bc->nconditions;
    double *sum = calloc(total + 1, sizeof *sum);
    *drive = 0;
    FEMD_TRY(femd_agree(field->grid->comm,
                        sum ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the resultants"), err));
    boundary_drive_sums(field, unbalanced, sum);
    femd_status rc = FEMD_OK;
    if (MPI_Allreduce(MPI_IN_PLACE, sum, (int)total, MPI_DOUBLE, MPI_SUM, field->grid->comm) != MPI_SUCCESS)
        rc = femd_fail(err, FEMD_INTERNAL, "MPI_Allreduce failed");
    const double *moves = sum + components * bc->nconditions, *size = moves + bc->nconditions;
    for (size_t b = 0; b < bc->nconditions; ++b) {
        double square = 0;
        if (!bc->force[b] && moves[b] == 0) continue;
        for (size_t a = 0; a < components; ++a) square += sum[components * b + a] * sum[components * b + a];
        if (sqrt(square) > CANCELS * size[b]) *drive = fmax(*drive, sqrt(square));
    }
    if (rc == FEMD_OK && *drive == 0) rc = boundary_drive_balanced(field, unbalanced, moves, drive, err);
    free(sum);
    return rc;
}
