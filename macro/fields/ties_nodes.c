/* The nodes that are tied or followed: marked where they are, and then known to all ranks. */
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "base/petsc_edge.h"
#include "fields/ties_private.h"

static femd_status nodes_no_memory(femd_error *err) {
    return femd_fail(err, FEMD_NO_MEMORY, "no memory for the ties of the boundary");
}

typedef struct mark_walk {
    uint64_t *mark, role;
} mark_walk;

static femd_status ties_mark_node(void *user, PetscInt node, femd_error *err) {
    const mark_walk *walk = user;
    (void)err;
    walk->mark[node] |= walk->role;
    return FEMD_OK;
}

femd_status femd_ties_mark(const femd_field *field, femd_boundary *bc, size_t which, int role,
                           const femd_case_boundary *place, femd_error *err) {
    if (which >= FEMD_TIE_ENTRIES)
        return femd_fail(err, FEMD_BAD_INPUT,
                         "%s: boundary[%zu]: entries that tie nodes to each other must be among the first %d",
                         bc->cs->path, which, FEMD_TIE_ENTRIES);
    if (!bc->ties && !(bc->ties = calloc(1, sizeof *bc->ties))) return nodes_no_memory(err);
    if (!bc->ties->mark && !(bc->ties->mark = calloc((size_t)field->grid->nnodes + 1, sizeof *bc->ties->mark)))
        return nodes_no_memory(err);
    mark_walk walk = {bc->ties->mark, 1ull << (2 * which + (size_t)role)};
    return femd_visit_nodes(field, place, ties_mark_node, &walk, err);
}

int femd_ties_count(const femd_ties *ties) {
    return ties->nnodes;
}

const femd_tied_node *femd_ties_node(const femd_ties *ties, int node) {
    return &ties->node[node];
}

int femd_ties_has_role(const femd_tied_node *node, size_t which, int role) {
    return (int)(node->roles >> (2 * which + (size_t)role) & 1);
}

static int ties_by_file(const void *a, const void *b) {
    const femd_tied_node *p = a, *q = b;
    return (p->file > q->file) - (p->file < q->file);
}

/* This rank's own ones of the marked nodes. */
static femd_status ties_own_nodes(const femd_field *field, const femd_boundary *bc, femd_tied_node *mine, int *n,
                                  femd_error *err) {
    const femd_grid *grid = field->grid;
    ISLocalToGlobalMapping map;
    *n = 0;
    PETSC_TRY(err, DMGetLocalToGlobalMapping(field->dm, &map));
    for (PetscInt i = 0; i < grid->nnodes; ++i) {
        if (!bc->ties->mark[i] || !grid->node_owned[i]) continue;
        femd_tied_node *one = &mine[(*n)++];
        PetscInt entry = field->components * i;
        *one = (femd_tied_node){.file = grid->node_file[i], .roles = bc->ties->mark[i]};
        memcpy(one->x, grid->node_x + FEMD_SPACE * i, sizeof one->x);
        PETSC_TRY(err, ISLocalToGlobalMappingApply(map, 1, &entry, &one->global));
        for (int a = 0; a < field->components; ++a) one->prescribed[a] = bc->entry[entry + a] >= 0;
    }
    return FEMD_OK;
}

/* All ranks get all of them, in the order of the mesh file. */
femd_status ties_nodes_share(const femd_field *field, femd_boundary *bc, femd_error *err) {
    const femd_grid *grid = field->grid;
    femd_ties *ties = bc->ties;
    const size_t size = sizeof(femd_tied_node);
    int n = 0, total = 0;
    int *count = calloc(2 * (size_t)grid->size + 1, sizeof *count), *first = count + grid->size;
    femd_tied_node *mine = calloc((size_t)grid->nnodes + 1, size);
    femd_status rc = count && mine ? ties_own_nodes(field, bc, mine, &n, err) : nodes_no_memory(err);
    FEMD_TRY_GOTO(rc, femd_agree(grid->comm, rc, err), done);
    const int bytes = n * (int)size;
    PETSC_TRY_GOTO(rc, err, MPI_Allgather(&bytes, 1, MPI_INT, count, 1, MPI_INT, grid->comm), done);
    for (int r = 0; r < grid->size; ++r) first[r] = total, total += count[r];
    ties->nnodes = total / (int)size;
    ties->node = malloc((size_t)total + 1);
    FEMD_TRY_GOTO(rc, femd_agree(grid->comm, ties->node ? FEMD_OK : nodes_no_memory(err), err), done);
    PETSC_TRY_GOTO(rc, err, MPI_Allgatherv(mine, bytes, MPI_BYTE, ties->node, count, first, MPI_BYTE, grid->comm),
                   done);
    qsort(ties->node, (size_t)ties->nnodes, size, ties_by_file);
    for (int i = 0; i < ties->nnodes; ++i) ties->node[i].local = -1;
    for (PetscInt i = 0; i < grid->nnodes; ++i) {
        const femd_tied_node key = {.file = grid->node_file[i]};
        femd_tied_node *hit = bsearch(&key, ties->node, (size_t)ties->nnodes, size, ties_by_file);
        if (hit) hit->local = i, hit->owned = grid->node_owned[i];
    }
done:
    free(count);
    free(mine);
    return rc;
}
