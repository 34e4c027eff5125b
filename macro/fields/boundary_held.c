/* Does the boundary hold the field? Every part of the mesh by itself, by the modes that cost nothing. Changes nothing.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "base/petsc_edge.h"
#include "fields/boundary_private.h"
#include "fields/ties.h"

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

/* What a tie prescribes, as a sum over nodes, seen by the modes. */
typedef struct tie_view {
    const femd_field *field;
    boundary_part *part;
    double seen[MODES_MAX];
} tie_view;

static void boundary_see_tie(void *user, int node, int component, double coefficient) {
    tie_view *view = user;
    const femd_field_kind *kind = view->field->kind;
    boundary_part *mine = view->part;         /* a body whose nodes are tied is judged as one */
    if (view->field->grid->rank != 0) return; /* all ranks see the same: it counts once */
    if (node < 0) {                           /* the end of a sum */
        for (int m = 0; m < kind->modes; ++m)
            for (int n = 0; n < kind->modes; ++n) mine->gram[m][n] += view->seen[m] * view->seen[n];
        memset(view->seen, 0, sizeof view->seen);
        return;
    }
    const femd_tied_node *tied = femd_ties_node(view->field->boundary->ties, node);
    double x[FEMD_SPACE], mode[FEMD_COMPONENTS] = {0}, size = 0;
    for (int a = 0; a < FEMD_SPACE; ++a) size = fmax(size, -mine->high[a] - mine->low[a]);
    for (int a = 0; a < FEMD_SPACE; ++a) x[a] = (tied->x[a] - 0.5 * (mine->low[a] - mine->high[a])) / size;
    for (int m = 0; m < kind->modes; ++m) {
        kind->mode(m, x, mode);
        view->seen[m] += coefficient * mode[component];
    }
}

/* Every part of the mesh by itself: one that is held does not hold another. */
static femd_status boundary_judge_part(const femd_field *field, const femd_boundary *bc, int number,
                                       boundary_part *part, femd_error *err) {
    const femd_field_kind *kind = field->kind;
    const int parts = field->grid->nparts;
    femd_error words = FEMD_ERROR_INIT;
    double most = 0;
    if (bc->ties && number > 0) return FEMD_OK;
    for (int m = 0; m < MODES_MAX; ++m) most = fmax(most, part->gram[m][m]);
    for (int m = 0; m < MODES_MAX && most > 0; ++m)
        for (int n = 0; n < MODES_MAX; ++n) part->gram[m][n] /= most;
    const int rank = gram_rank(part->gram);
    if (rank == kind->modes) return FEMD_OK;
    const femd_status rc = kind->unheld(bc->cs, kind->modes - rank, &words);
    if (parts == 1 || bc->ties) return femd_fail(err, rc, "%s", words.text);
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

femd_status femd_boundary_check_held(const femd_field *field, const femd_boundary *bc, femd_error *err) {
    const femd_grid *grid = field->grid;
    int *part_of = NULL;
    boundary_part *part = calloc((size_t)grid->nparts, sizeof *part);
    femd_status rc = part ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the boundary");
    if (rc == FEMD_OK) rc = boundary_part_of_nodes(grid, &part_of, err);
    FEMD_TRY_GOTO(rc, femd_agree(grid->comm, rc, err), done);
    /* ties may hold a part to another: one view of all is taken */
    if (bc->ties) memset(part_of, 0, (size_t)grid->nnodes * sizeof *part_of);
    boundary_extend(grid, part_of, part);
    FEMD_TRY_GOTO(rc, boundary_reduce(grid, part, 0, err), done);
    boundary_see_modes(field, bc, part_of, part);
    tie_view view = {.field = field, .part = part};
    if (bc->ties) femd_ties_held(bc->ties, boundary_see_tie, &view);
    FEMD_TRY_GOTO(rc, boundary_reduce(grid, part, 1, err), done);
    for (int k = 0; rc == FEMD_OK && k < grid->nparts; ++k) rc = boundary_judge_part(field, bc, k, &part[k], err);
done:
    free(part_of);
    free(part);
    return rc;
}
