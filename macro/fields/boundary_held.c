/* Does the boundary hold the field? By the modes that cost nothing, of every part of the mesh by itself, or together
 * with those that ties join to it. Changes nothing. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "base/petsc_edge.h"
#include "fields/boundary_free.h"
#include "fields/boundary_private.h"
#include "fields/ties.h"
#include "mesh/mesh.h"

enum { MODES_MAX = 6 };

typedef struct boundary_part {
    double low[FEMD_SPACE], high[FEMD_SPACE]; /* m; high with its sign turned, so that one reduction finds both */
    double gram[MODES_MAX][MODES_MAX];        /* of the modes at the prescribed entries */
    double cells;
} boundary_part;

/* part_of[node]: of the bodies whose cells share faces, at a hinge of one of them; malloc'ed. */
static femd_status boundary_part_of_nodes(const femd_grid *grid, int **part_of, femd_error *err) {
    *part_of = calloc((size_t)grid->nnodes + 1, sizeof **part_of);
    if (!*part_of) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the boundary");
    for (PetscInt c = 0; c < grid->ncells; ++c)
        for (int i = 0; i < grid->table.nodes; ++i)
            (*part_of)[grid->cell_node[c * grid->table.nodes + i]] = grid->cell_body[c];
    return FEMD_OK;
}

/* By the cells: a body may have no node but those that it shares. */
static void boundary_extend(const femd_grid *grid, boundary_part *part) {
    const int nodes = grid->table.nodes;
    for (int k = 0; k < grid->nbodies; ++k)
        for (int a = 0; a < FEMD_SPACE; ++a) part[k].low[a] = part[k].high[a] = INFINITY;
    for (PetscInt i = 0; i < nodes * grid->ncells; ++i) {
        boundary_part *mine = &part[grid->cell_body[i / nodes]];
        const double *x = grid->node_x + FEMD_SPACE * grid->cell_node[i];
        for (int a = 0; a < FEMD_SPACE; ++a) {
            mine->low[a] = fmin(mine->low[a], x[a]);
            mine->high[a] = fmin(mine->high[a], -x[a]);
        }
    }
}

/* x with the part's middle as origin and its size as unit. */
static void part_place(const boundary_part *part, const double *at, double x[FEMD_SPACE]) {
    double size = 0;
    for (int a = 0; a < FEMD_SPACE; ++a) size = fmax(size, -part->high[a] - part->low[a]);
    for (int a = 0; a < FEMD_SPACE; ++a) x[a] = (at[a] - 0.5 * (part->low[a] - part->high[a])) / size;
}

static void boundary_see_modes(const femd_field *field, const femd_boundary *bc, const int *part_of,
                               boundary_part *part) {
    const femd_field_kind *kind = field->kind;
    for (PetscInt i = 0; i < field->grid->nnodes; ++i) {
        boundary_part *mine = &part[part_of[i]];
        double x[FEMD_SPACE], mode[MODES_MAX][FEMD_COMPONENTS] = {{0}};
        part_place(mine, field->grid->node_x + FEMD_SPACE * i, x);
        for (int m = 0; m < kind->modes; ++m) kind->mode(m, x, mode[m]);
        for (int a = 0; a < field->components; ++a) {
            if (bc->entry[field->components * i + a] < 0) continue;
            for (int m = 0; m < kind->modes; ++m)
                for (int n = 0; n < kind->modes; ++n) mine->gram[m][n] += mode[m][a] * mode[n][a];
        }
    }
}

/* Its strength at a node, which an expression may make nothing of. */
static int boundary_spring_holds(const femd_boundary *bc, const femd_condition *condition, const double *x) {
    double strength = 0;
    if (!condition->function[0]) return 1;
    return femd_condition_before_factor(condition, 0, x, bc->time, &strength, NULL) == FEMD_OK && strength > 0;
}

/* Springs hold the nodes of their faces as prescribed values do. */
static void boundary_see_springs(const femd_field *field, const femd_boundary *bc, const int *part_of, int now,
                                 boundary_part *part) {
    const femd_element_table *table = &field->grid->table;
    for (size_t f = 0; f < bc->nfollowed; ++f) {
        const femd_followed_face *face = &bc->followed[f];
        if (!bc->condition[face->condition].kind->spring) continue;
        for (int i = 0; i < table->face_nodes; ++i) {
            const PetscInt node = field->grid->cell_node[face->cell * table->nodes + table->face_node[face->side][i]];
            double x[FEMD_SPACE], mode[MODES_MAX][FEMD_COMPONENTS] = {{0}};
            const double *at = field->grid->node_x + FEMD_SPACE * node;
            if (now && !boundary_spring_holds(bc, &bc->condition[face->condition], at)) continue;
            part_place(&part[part_of[node]], at, x);
            for (int m = 0; m < field->kind->modes; ++m) field->kind->mode(m, x, mode[m]);
            for (int m = 0; m < field->kind->modes; ++m)
                for (int n = 0; n < field->kind->modes; ++n)
                    for (int a = 0; a < field->components; ++a)
                        part[part_of[node]].gram[m][n] += mode[m][a] * mode[n][a];
        }
    }
}

/* ---- with ties ---- */

/* What moves as one: the parts of the mesh, and then the rigid surfaces. Those that a tie joins are judged together. */
typedef struct held_bodies {
    const femd_field *field;
    boundary_part *part;
    int parts, n;       /* parts; with the rigid surfaces */
    int *of_node;       /* part of each tied node */
    int *group, *place; /* n: of a body: the lowest that it is joined to; which of these it is */
    int *size;          /* n: of a group */
    double **gram;      /* n: of a group; NULL where it is no first body */
    int joining;        /* 1: groups are being found, 0: made use of */
    int terms, at[8 * MODES_MAX];
    double value[8 * MODES_MAX]; /* of the tie that is being read, by MODES_MAX x body + mode */
} held_bodies;

static void bodies_add_term(held_bodies *b, int unknown, double value) {
    if (b->terms == 8 * MODES_MAX || value == 0) return;
    b->at[b->terms] = unknown;
    b->value[b->terms++] = value;
}

static void bodies_join(held_bodies *b, int one, int other) {
    const int low = b->group[one] < b->group[other] ? b->group[one] : b->group[other],
              high = b->group[one] + b->group[other] - low;
    for (int k = 0; k < b->n && low != high; ++k)
        if (b->group[k] == high) b->group[k] = low;
}

static int bodies_row(const held_bodies *b, int unknown) {
    return b->field->kind->modes * b->place[unknown / MODES_MAX] + unknown % MODES_MAX;
}

static void bodies_end_tie(held_bodies *b) {
    for (int i = 0; i < b->terms; ++i) {
        const int group = b->group[b->at[i] / MODES_MAX], n = b->field->kind->modes * b->size[group];
        if (b->joining) bodies_join(b, b->at[0] / MODES_MAX, b->at[i] / MODES_MAX);
        for (int j = 0; j < b->terms && !b->joining; ++j)
            b->gram[group][bodies_row(b, b->at[i]) * n + bodies_row(b, b->at[j])] += b->value[i] * b->value[j];
    }
    b->terms = 0;
}

/* See femd_ties_held. */
static void bodies_see_tie(void *user, int node, int component, double coefficient) {
    held_bodies *b = user;
    const femd_ties *ties = b->field->boundary->ties;
    const femd_field_kind *kind = b->field->kind;
    if (node < 0) {
        bodies_end_tie(b);
    } else if (node >= femd_ties_count(ties)) {
        bodies_add_term(b, MODES_MAX * (b->parts + node - femd_ties_count(ties)) + component, coefficient);
    } else {
        const int k = b->of_node[node];
        double x[FEMD_SPACE], mode[FEMD_COMPONENTS];
        part_place(&b->part[k], femd_ties_node(ties, node)->x, x);
        for (int m = 0; m < kind->modes; ++m) {
            kind->mode(m, x, mode);
            bodies_add_term(b, MODES_MAX * k + m, coefficient * mode[component]);
        }
    }
}

/* A hinge: what two bodies have there is one. */
static void bodies_see_hinge(held_bodies *b, const struct femd_mesh_hinge *hinge) {
    const femd_field_kind *kind = b->field->kind;
    for (int a = 0; a < b->field->components; ++a) {
        for (int side = 0; side < 2; ++side) {
            const int k = hinge->body[side];
            double x[FEMD_SPACE], mode[FEMD_COMPONENTS];
            part_place(&b->part[k], hinge->x, x);
            for (int m = 0; m < kind->modes; ++m) {
                kind->mode(m, x, mode);
                bodies_add_term(b, MODES_MAX * k + m, side ? -mode[a] : mode[a]);
            }
        }
        bodies_end_tie(b);
    }
}

static void bodies_see_joints(held_bodies *b) {
    const femd_grid *grid = b->field->grid;
    for (int i = 0; i < grid->nhinges; ++i) bodies_see_hinge(b, &grid->hinge[i]);
    if (b->field->boundary->ties) femd_ties_held(b->field->boundary->ties, bodies_see_tie, b);
}

/* Which part the tied nodes are of, on all ranks. */
static femd_status bodies_find_nodes(held_bodies *b, const int *part_of, femd_error *err) {
    const femd_ties *ties = b->field->boundary->ties;
    const int n = femd_ties_count(ties);
    b->of_node = calloc((size_t)n + 1, sizeof *b->of_node);
    FEMD_TRY(femd_agree(b->field->grid->comm,
                        b->of_node ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the boundary"), err));
    for (int i = 0; i < n; ++i) {
        const femd_tied_node *node = femd_ties_node(ties, i);
        b->of_node[i] = node->local >= 0 ? part_of[node->local] : 0;
    }
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, b->of_node, n, MPI_INT, MPI_MAX, b->field->grid->comm));
    return FEMD_OK;
}

/* ---- judgement ---- */

static femd_status bodies_allocate(held_bodies *b, femd_error *err) {
    const size_t n = (size_t)b->n + 1;
    b->group = calloc(n, sizeof *b->group);
    b->place = calloc(n, sizeof *b->place);
    b->size = calloc(n, sizeof *b->size);
    b->gram = calloc(n, sizeof *b->gram);
    if (!b->group || !b->place || !b->size || !b->gram)
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for the boundary");
    for (int k = 0; k < b->n; ++k) b->group[k] = k;
    return FEMD_OK;
}

/* Of what holds it, however many nodes that are: a joint of few nodes counts as much. 1 where nothing does. */
static double part_largest(const boundary_part *part) {
    double most = 0;
    for (int m = 0; m < MODES_MAX; ++m) most = fmax(most, part->gram[m][m]);
    return most > 0 ? most : 1;
}

static femd_status bodies_gather(held_bodies *b, femd_error *err) {
    const int modes = b->field->kind->modes;
    b->joining = 1;
    bodies_see_joints(b);
    b->joining = 0;
    for (int k = 0; k < b->n; ++k) b->place[k] = b->size[b->group[k]]++;
    for (int k = 0; k < b->n; ++k) {
        const size_t n = (size_t)(modes * b->size[k]);
        if (b->size[k] > 0 && !(b->gram[k] = calloc(n * n, sizeof *b->gram[k])))
            return femd_fail(err, FEMD_NO_MEMORY, "no memory for the boundary");
    }
    for (int k = 0; k < b->parts; ++k) {
        const double most = part_largest(&b->part[k]);
        for (int i = 0; i < modes; ++i)
            for (int j = 0; j < modes; ++j) {
                const int group = b->group[k], n = modes * b->size[group];
                b->gram[group][bodies_row(b, MODES_MAX * k + i) * n + bodies_row(b, MODES_MAX * k + j)] +=
                    b->part[k].gram[i][j] / most;
            }
    }
    bodies_see_joints(b);
    return FEMD_OK;
}

/* The body at place `place` of a group. */
static int bodies_at(const held_bodies *b, int group, int place) {
    for (int k = 0; k < b->n; ++k)
        if (b->group[k] == group && b->place[k] == place) return k;
    return 0;
}

static int motion_is_some(const double *motion) {
    double most = 0;
    for (int m = 0; m < MODES_MAX; ++m) most = fmax(most, fabs(motion[m]));
    return most > 1e-8;
}

/* Free ways of a group as one of its parts sees them: motion has room for as many; returns how many move it. */
static int bodies_motions(const held_bodies *b, int part, const double *free_ways, int count, double *motion) {
    const int modes = b->field->kind->modes, n = modes * b->size[b->group[part]];
    int some = 0;
    for (int k = 0; k < count; ++k) {
        memset(motion + MODES_MAX * some, 0, MODES_MAX * sizeof *motion);
        memcpy(motion + MODES_MAX * some, free_ways + (size_t)n * (size_t)k + modes * b->place[part],
               (size_t)modes * sizeof *motion);
        some += motion_is_some(motion + MODES_MAX * some);
    }
    return some;
}

/* Of the part that is left free, or that a rigid surface that is has its first node in; and the names of its motions,
 * where the modes of the field are motions. */
static int bodies_name(const held_bodies *b, int group, const double *free_ways, int count, int first, double *motion,
                       char words[FEMD_FREE_WORDS]) {
    const femd_ties *ties = b->field->boundary->ties;
    int body = bodies_at(b, group, first / b->field->kind->modes);
    if (body >= b->parts) body = b->of_node[femd_ties_rigid_node(ties, body - b->parts)];
    const boundary_part *part = &b->part[body];
    double middle[FEMD_SPACE], size = 0;
    words[0] = '\0';
    for (int a = 0; a < FEMD_SPACE; ++a) {
        middle[a] = 0.5 * (part->low[a] - part->high[a]);
        size = fmax(size, -part->high[a] - part->low[a]);
    }
    if (b->field->kind->modes == MODES_MAX)
        femd_free_words(motion, bodies_motions(b, body, free_ways, count, motion), middle, size, words);
    return body;
}

static femd_status bodies_refuse(const held_bodies *b, int group, const double *free_ways, int count, int first,
                                 double *motion, femd_error *err) {
    const femd_field_kind *kind = b->field->kind;
    char motions[FEMD_FREE_WORDS];
    femd_error words = FEMD_ERROR_INIT;
    const int parts = b->parts, number = bodies_name(b, group, free_ways, count, first, motion, motions);
    const boundary_part *part = &b->part[number];
    const femd_status rc =
        kind->unheld(b->field->boundary->cs, count < kind->modes ? count : kind->modes, motions, &words);
    if (parts == 1) return femd_fail(err, rc, "%s", words.text);
    return femd_fail(
        err, rc,
        b->field->grid->nhinges > 0
            ? "%s; this is body %d of the mesh's %d bodies, which share no face with each other and turn freely about "
              "an edge or a node that they share (join them by faces, %s or hold each); it has %.0f cell%s, its middle "
              "is at (%g, %g, %g) m"
            : "%s; this is part %d of the mesh's %d parts, which share no node with each other (glue them in the "
              "mesh, %s or hold each); it has %.0f cell%s, its middle is at (%g, %g, %g) m",
        words.text, number + 1, parts, b->size[group] > 1 ? "tie them in all ways," : "tie them,", part->cells,
        part->cells == 1 ? "" : "s", 0.5 * (part->low[0] - part->high[0]), 0.5 * (part->low[1] - part->high[1]),
        0.5 * (part->low[2] - part->high[2]));
}

/* A part that is held does not hold another, unless it is tied to it. */
static femd_status bodies_judge(const held_bodies *b, int group, femd_error *err) {
    const int modes = b->field->kind->modes, n = modes * b->size[group];
    double most = 0, *A = b->gram[group], *free_ways = malloc((size_t)n * (size_t)n * sizeof *free_ways),
           *motion = malloc(((size_t)n + 1) * MODES_MAX * sizeof *motion);
    int first = -1;
    for (int k = 0; k < b->parts; ++k)
        for (int m = 0; m < modes && b->group[k] == group; ++m)
            most = fmax(most, A[bodies_row(b, MODES_MAX * k + m) * (n + 1)]);
    if (most > 0) femd_gram_shrink(A, n, most);
    for (int i = 0; i < n * n && most > 0; ++i) A[i] /= most;
    const int count = free_ways && motion ? femd_gram_free(A, n, free_ways, &first) : -1;
    femd_status rc = FEMD_OK;
    if (count < 0) rc = femd_fail(err, FEMD_NO_MEMORY, "no memory for the boundary");
    if (count > 0) rc = bodies_refuse(b, group, free_ways, count, first, motion, err);
    free(free_ways);
    free(motion);
    return rc;
}

static void bodies_clear(held_bodies *b) {
    for (int k = 0; b->gram && k < b->n; ++k) free(b->gram[k]);
    free(b->gram);
    free(b->of_node);
    free(b->group);
    free(b->place);
    free(b->size);
}

static femd_status boundary_reduce(const femd_grid *grid, boundary_part *part, int sums, femd_error *err) {
    for (int k = 0; k < grid->nbodies; ++k) /* what is added: gram and cells, which follow each other */
        MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, sums ? &part[k].gram[0][0] : (double *)&part[k],
                                   sums ? MODES_MAX * MODES_MAX + 1 : 2 * FEMD_SPACE, MPI_DOUBLE,
                                   sums ? MPI_SUM : MPI_MIN, grid->comm));
    return FEMD_OK;
}

static femd_status held_judge_all(held_bodies *b, const int *part_of, femd_error *err) {
    const MPI_Comm comm = b->field->grid->comm;
    if (b->field->boundary->ties) FEMD_TRY(bodies_find_nodes(b, part_of, err));
    femd_status rc = bodies_allocate(b, err);
    if (rc == FEMD_OK) rc = bodies_gather(b, err);
    for (int k = 0; rc == FEMD_OK && k < b->n; ++k)
        if (b->size[k] > 0) rc = bodies_judge(b, k, err);
    return femd_agree(comm, rc, err);
}

femd_status femd_boundary_check_held(const femd_field *field, const femd_boundary *bc, int now, femd_error *err) {
    const femd_grid *grid = field->grid;
    int *part_of = NULL;
    boundary_part *part = calloc((size_t)grid->nbodies, sizeof *part);
    held_bodies bodies = {
        .field = field, .part = part, .parts = grid->nbodies, .n = grid->nbodies + femd_ties_rigids(bc->ties)};
    if (field->kind->inert && field->kind->inert(field)) {
        free(part);
        return FEMD_OK;
    }
    femd_status rc = part ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the boundary");
    if (rc == FEMD_OK) rc = boundary_part_of_nodes(grid, &part_of, err);
    FEMD_TRY_GOTO(rc, femd_agree(grid->comm, rc, err), done);
    boundary_extend(grid, part);
    FEMD_TRY_GOTO(rc, boundary_reduce(grid, part, 0, err), done);
    for (PetscInt c = 0; c < grid->ncells; ++c) part[grid->cell_body[c]].cells += 1;
    boundary_see_modes(field, bc, part_of, part);
    boundary_see_springs(field, bc, part_of, now, part);
    FEMD_TRY_GOTO(rc, boundary_reduce(grid, part, 1, err), done);
    rc = held_judge_all(&bodies, part_of, err);
done:
    bodies_clear(&bodies);
    free(part_of);
    free(part);
    return rc;
}

femd_status femd_boundary_check_springs(const femd_field *field, femd_error *err) {
    const femd_boundary *bc = field->boundary;
    for (size_t b = 0; b < bc->nconditions; ++b)
        if (bc->condition[b].kind && bc->condition[b].kind->spring && bc->condition[b].function[0])
            return femd_boundary_check_held(field, bc, 1, err);
    return FEMD_OK;
}
