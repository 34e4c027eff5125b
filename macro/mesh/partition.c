/* Which rank gets which cell: recursive coordinate bisection of the cell centres (Berger & Bokhari 1987). Points are
 * the cost, so that equal numbers of cells are equal work; and unlike a graph partitioner with a random start it gives
 * the same parts in every run, which the same bits need. Serial: it runs on rank 0. */
#include <stdlib.h>

#include "mesh/mesh_plex.h"

typedef struct centre {
    double x[3];
    double key;
    PetscInt cell;
} centre;

/* By coordinate, equal ones by number: a total order, whatever the sort. */
static int centre_by_key(const void *a, const void *b) {
    const centre *p = a, *q = b;
    if (p->key != q->key) return p->key < q->key ? -1 : 1;
    return (p->cell > q->cell) - (p->cell < q->cell);
}

static void centre_of(const femd_mesh *mesh, PetscInt c, centre *out) {
    *out = (centre){.cell = c};
    for (int i = 0; i < mesh->corners; ++i)
        for (int a = 0; a < 3; ++a) out->x[a] += mesh->x[3 * mesh->cell[mesh->corners * c + i] + a] / mesh->corners;
}

/* Sort n centres along their longest direction. */
static void centre_sort(centre *list, PetscInt n) {
    double low[3], high[3];
    int longest = 0;
    for (int a = 0; a < 3; ++a) {
        low[a] = high[a] = list[0].x[a];
        for (PetscInt i = 1; i < n; ++i) {
            if (list[i].x[a] < low[a]) low[a] = list[i].x[a];
            if (list[i].x[a] > high[a]) high[a] = list[i].x[a];
        }
        if (high[a] - low[a] > high[longest] - low[longest]) longest = a;
    }
    for (PetscInt i = 0; i < n; ++i) list[i].key = list[i].x[longest];
    qsort(list, (size_t)n, sizeof *list, centre_by_key);
}

typedef struct part {
    PetscInt first, n; /* of the list */
    int rank, ranks;   /* for these ranks */
} part;

femd_status femd_mesh_partition(const femd_mesh *mesh, int ranks, PetscInt *count, PetscInt *cells, femd_error *err) {
    centre *list = malloc(((size_t)mesh->ncells + 1) * sizeof *list);
    part *todo = malloc(((size_t)ranks + 1) * sizeof *todo);
    int ntodo = 0;
    if (!list || !todo) {
        free(list);
        free(todo);
        return femd_fail(err, FEMD_NO_MEMORY, "no memory to share %ld cells", (long)mesh->ncells);
    }
    for (PetscInt c = 0; c < mesh->ncells; ++c) centre_of(mesh, c, &list[c]);
    todo[ntodo++] = (part){0, mesh->ncells, 0, ranks};
    while (ntodo > 0) {
        part p = todo[--ntodo];
        if (p.ranks == 1) {
            count[p.rank] = p.n;
            continue;
        }
        centre_sort(list + p.first, p.n);
        int half = p.ranks / 2;
        PetscInt n = (PetscInt)((int64_t)p.n * half / p.ranks);
        todo[ntodo++] = (part){p.first, n, p.rank, half};
        todo[ntodo++] = (part){p.first + n, p.n - n, p.rank + half, p.ranks - half};
    }
    for (PetscInt i = 0; i < mesh->ncells; ++i) cells[i] = list[i].cell;
    free(list);
    free(todo);
    return FEMD_OK;
}
