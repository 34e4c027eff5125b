/* Cells that lie in one another: such a mesh counts a place twice, and no stiffness says so. Places inside each cell
 * are looked for in the others, and the middles of sides and edges on the surface in the cells of the same body, since
 * neighbours that do not conform at a curved surface cut its chords differently; whose box they are in, a tree of boxes
 * tells. Serial: it runs on rank 0. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "femd/tensor3.h"
#include "mesh/box_tree.h"
#include "mesh/mesh.h"
#include "mesh/mesh_sides.h"

/* Places looked at: the middle of the cell, and halfway from there to each corner; on the surface the middles of sides
 * and edges. */
enum { OVERLAP_PLACES = FEMD_CELL_FACES + FEMD_CELL_EDGES };

/* Least shape function of a corner at a place that counts as inside: bodies that touch along a curved surface, each in
 * facets of its own, reach into each other by less. */
static const double overlap_inside = 0.01;
/* The same of a side's middle in a cell of its own body, which no mesh that conforms has. */
static const double overlap_within = 1e-6;

/* Affine coordinates of a cell, of its middle's Jacobian (tetrahedra: and what is left of their sum), and between which
 * values it lies: a straight tetrahedron fills that, other cells do not leave it. */
typedef struct overlap_frame {
    double row[4][3], off[4], low[4], high[4];
    int n;
} overlap_frame;

typedef struct overlap_search {
    const femd_case *cs;
    const femd_mesh *mesh;
    int nplaces;
    double inside;
    double curved[OVERLAP_PLACES][FEMD_ELEMENT_NODES];  /* shape functions of all nodes there */
    double straight[OVERLAP_PLACES][FEMD_CELL_CORNERS]; /* of the corners */
    femd_box *cell;                                     /* of each cell */
    overlap_frame *frame;                               /* of each cell */
    femd_box_tree tree;                                 /* of the cells */
} overlap_search;

/* ---- a cell ---- */

/* Places that have the cell in their convex hull: its corners and, of its edges, Bezier's control points. */
static int overlap_hull(const femd_element *element, const double *x, double hull[][3]) {
    const femd_cell *cell = element->cell;
    memcpy(hull, x, (size_t)cell->corners * sizeof *hull);
    if (!femd_element_is_curved(element, x)) return cell->corners;
    for (int e = 0; e < cell->edges; ++e)
        for (int a = 0; a < 3; ++a)
            hull[cell->corners + e][a] =
                2 * x[3 * (cell->corners + e) + a] - 0.5 * (x[3 * cell->edge[e][0] + a] + x[3 * cell->edge[e][1] + a]);
    return cell->corners + cell->edges;
}

static void overlap_middle(const femd_cell *cell, double at[4]) {
    for (int k = 0; k < 4; ++k) at[k] = 0;
    for (int i = 0; i < cell->corners; ++i)
        for (int k = 0; k < 4; ++k) at[k] += cell->corner_at[i][k] / cell->corners;
}

static void overlap_make_cell(overlap_search *s, int c) {
    const femd_element *element = s->cs->element;
    const femd_cell *cell = element->cell;
    overlap_frame *frame = &s->frame[c];
    double x[FEMD_SPACE * FEMD_ELEMENT_NODES], hull[FEMD_CELL_CORNERS + FEMD_CELL_EDGES][3],
        J[9] = {0}, inverse[9], at[4], n[FEMD_CELL_CORNERS], dn[FEMD_CELL_CORNERS][FEMD_SPACE];
    femd_mesh_cell_nodes(s->mesh, element, c, x);
    const int hulls = overlap_hull(element, x, hull);
    s->cell[c] = femd_box_nothing;
    for (int i = 0; i < hulls; ++i) femd_box_extend(&s->cell[c], hull[i], hull[i]);
    overlap_middle(cell, at);
    cell->shape(at, n, dn);
    for (int i = 0; i < cell->corners; ++i)
        for (int a = 0; a < 3; ++a)
            for (int b = 0; b < 3; ++b) J[3 * a + b] += x[3 * i + a] * dn[i][b];
    const double det = femd_det3(J);
    frame->n = !(det > 0) ? 0 : cell->corners == 4 ? 4 : 3; /* a curved cell's corners may lie anyhow */
    femd_adjugate3(J, inverse);
    for (int k = 0; k < frame->n; ++k) {
        for (int a = 0; a < 3; ++a)
            frame->row[k][a] = k < 3 ? inverse[3 * k + a] / det : -(inverse[a] + inverse[3 + a] + inverse[6 + a]) / det;
        frame->off[k] = femd_dot3(frame->row[k], x);
        frame->low[k] = INFINITY;
        frame->high[k] = -INFINITY;
        for (int i = 0; i < hulls; ++i) {
            const double along = femd_dot3(frame->row[k], hull[i]) - frame->off[k];
            frame->low[k] = along < frame->low[k] ? along : frame->low[k];
            frame->high[k] = along > frame->high[k] ? along : frame->high[k];
        }
    }
}

/* Is the place strictly inside the cell with nodes x? Newton's method from the middle; straight tetrahedra need one
 * step. Who leaves far, or does not arrive, is not inside. */
static int overlap_holds(const femd_element *element, const double *x, const double place[3], double inside) {
    const femd_cell *cell = element->cell;
    const int curved = femd_element_is_curved(element, x), nodes = curved ? element->nodes : cell->corners;
    double at[4], n[FEMD_ELEMENT_NODES], dn[FEMD_ELEMENT_NODES][FEMD_SPACE], moved = 1;
    overlap_middle(cell, at);
    for (int step = 0; step < 30 && moved > 1e-6; ++step) {
        double J[9] = {0}, adjugate[9], off[3], to[3];
        (curved ? element->shape : cell->shape)(at, n, dn);
        memcpy(off, place, sizeof off);
        for (int i = 0; i < nodes; ++i)
            for (int a = 0; a < 3; ++a) {
                off[a] -= n[i] * x[3 * i + a];
                for (int b = 0; b < 3; ++b) J[3 * a + b] += x[3 * i + a] * dn[i][b];
            }
        const double det = femd_det3(J);
        if (!(det > 0)) return 0;
        femd_adjugate3(J, adjugate);
        femd_apply3(adjugate, off, to);
        for (int k = 0; k < 3; ++k) to[k] /= det;
        moved = fabs(to[0]) + fabs(to[1]) + fabs(to[2]);
        if (!(moved < 8)) return 0;
        if (cell->corners == 4) /* barycentric */
            at[0] -= to[0] + to[1] + to[2], at[1] += to[0], at[2] += to[1], at[3] += to[2];
        else
            for (int k = 0; k < 3; ++k) at[k] += to[k];
        if (cell->corners == 4 && !curved) moved = 0;
    }
    if (moved > 1e-6) return 0;
    cell->shape(at, n, dn);
    for (int i = 0; i < cell->corners; ++i)
        if (!(n[i] > inside)) return 0;
    return 1;
}

/* ---- the search ---- */

static void overlap_places(overlap_search *s) {
    const femd_element *element = s->cs->element;
    const femd_cell *cell = element->cell;
    s->nplaces = 1 + cell->corners;
    for (int p = 0; p < s->nplaces; ++p) {
        double at[4], dn[FEMD_ELEMENT_NODES][FEMD_SPACE];
        overlap_middle(cell, at);
        for (int k = 0; k < 4 && p > 0; ++k) at[k] = 0.5 * (at[k] + cell->corner_at[p - 1][k]);
        element->shape(at, s->curved[p], dn);
        cell->shape(at, s->straight[p], dn);
    }
}

/* The places of a cell, and their box. */
static femd_box overlap_find_places(const overlap_search *s, int c, double place[OVERLAP_PLACES][3]) {
    const femd_element *element = s->cs->element;
    double x[FEMD_SPACE * FEMD_ELEMENT_NODES];
    femd_box box = femd_box_nothing;
    femd_mesh_cell_nodes(s->mesh, element, c, x);
    const int curved = femd_element_is_curved(element, x), nodes = curved ? element->nodes : s->mesh->corners;
    for (int p = 0; p < s->nplaces; ++p) {
        const double *shape = curved ? s->curved[p] : s->straight[p];
        double sum[3] = {0};
        for (int i = 0; i < nodes; ++i)
            for (int a = 0; a < 3; ++a) sum[a] += shape[i] * x[3 * i + a];
        memcpy(place[p], sum, sizeof sum);
        femd_box_extend(&box, sum, sum);
    }
    return box;
}

static int overlap_holds_one(const overlap_search *s, int other, double place[OVERLAP_PLACES][3]) {
    const overlap_frame *frame = &s->frame[other];
    double x[FEMD_SPACE * FEMD_ELEMENT_NODES];
    int in[OVERLAP_PLACES], left = s->nplaces;
    for (int p = 0; p < left; ++p) in[p] = p;
    for (int k = 0, kept = 0; k < frame->n && left > 0; ++k, left = kept, kept = 0)
        for (int i = 0; i < left; ++i) {
            const double along = femd_dot3(frame->row[k], place[in[i]]) - frame->off[k];
            in[kept] = in[i];
            kept += along > frame->low[k] && along < frame->high[k];
        }
    if (left == 0) return 0;
    femd_mesh_cell_nodes(s->mesh, s->cs->element, other, x);
    for (int i = 0; i < left; ++i)
        if (overlap_holds(s->cs->element, x, place[in[i]], s->inside)) return 1;
    return 0;
}

typedef struct overlap_question {
    const overlap_search *s;
    double (*place)[3]; /* of cell c */
    int c;
} overlap_question;

static int overlap_is_other(void *user, int other) {
    const overlap_question *q = user;
    return other != q->c && overlap_holds_one(q->s, other, q->place);
}

/* A cell that holds one of s->nplaces places of cell c, which lie in a box; -1: none. */
static int overlap_other(const overlap_search *s, int c, femd_box box, double place[OVERLAP_PLACES][3]) {
    overlap_question question = {s, place, c};
    return femd_box_tree_find(&s->tree, &box, overlap_is_other, &question);
}

/* Cells whose corners are in the same places, in whatever order. */
static int overlap_is_same(const femd_mesh *mesh, int c, int other) {
    const int *p = mesh->cell + (size_t)mesh->corners * (size_t)c,
              *q = mesh->cell + (size_t)mesh->corners * (size_t)other;
    double size = 0, off;
    int found = 0;
    for (int i = 1; i < mesh->corners; ++i)
        for (int a = 0; a < 3; ++a) size = fmax(size, fabs(mesh->x[3 * p[i] + a] - mesh->x[3 * p[0] + a]));
    for (int i = 0; i < mesh->corners; ++i)
        for (int k = 0; k < mesh->corners; ++k) {
            off = 0;
            for (int a = 0; a < 3; ++a) off = fmax(off, fabs(mesh->x[3 * p[i] + a] - mesh->x[3 * q[k] + a]));
            found += off <= 1e-6 * size;
        }
    return found == mesh->corners;
}

/* ---- the surface ---- */

/* outer[faces of a cell x cell + side]: 1 of a side that one cell has alone. */
static femd_status overlap_find_outer(const overlap_search *s, unsigned char *outer, femd_error *err) {
    const femd_cell *cell = s->cs->element->cell;
    femd_mesh_side *side = NULL;
    size_t n;
    FEMD_TRY(femd_mesh_sides(s->mesh, cell, &side, &n, err));
    for (size_t i = 0, next; i < n; i = next) {
        next = femd_mesh_sides_next(side, n, i);
        if (next == i + 1) outer[cell->faces * side[i].cell + side[i].side] = 1;
    }
    free(side);
    return FEMD_OK;
}

/* The middle of each side, then of each edge. */
static void overlap_side_places(overlap_search *s) {
    const femd_element *element = s->cs->element;
    const femd_cell *cell = element->cell;
    s->nplaces = cell->faces + cell->edges;
    for (int p = 0; p < s->nplaces; ++p) {
        const int n = p < cell->faces ? cell->face_corners : 2,
                  *corner = p < cell->faces ? cell->face[p] : cell->edge[p - cell->faces];
        double at[4] = {0}, dn[FEMD_ELEMENT_NODES][FEMD_SPACE];
        for (int i = 0; i < n; ++i)
            for (int k = 0; k < 4; ++k) at[k] += cell->corner_at[corner[i]][k] / n;
        element->shape(at, s->curved[p], dn);
        cell->shape(at, s->straight[p], dn);
    }
}

static int overlap_edge_is_outer(const femd_cell *cell, int edge, const unsigned char *outer) {
    for (int f = 0; f < cell->faces; ++f) {
        int met = 0;
        for (int i = 0; i < cell->face_corners; ++i)
            met += cell->face[f][i] == cell->edge[edge][0] || cell->face[f][i] == cell->edge[edge][1];
        if (outer[f] && met == 2) return 1;
    }
    return 0;
}

static femd_status overlap_judge_surface(overlap_search *s, const unsigned char *outer, const int *part,
                                         femd_error *err) {
    const femd_mesh *mesh = s->mesh;
    const femd_cell *cell = s->cs->element->cell;
    const int faces = cell->faces;
    const double scale = s->cs->mesh.scale > 0 ? s->cs->mesh.scale : 1;
    for (int c = 0; c < mesh->ncells; ++c) {
        double all[OVERLAP_PLACES][3], place[OVERLAP_PLACES][3];
        femd_box box = femd_box_nothing;
        int n = 0;
        for (int f = 0; f < faces; ++f) n += outer[faces * c + f];
        if (n == 0) continue;
        s->nplaces = faces + cell->edges;
        (void)overlap_find_places(s, c, all);
        s->nplaces = 0;
        for (int p = 0; p < faces + cell->edges; ++p) {
            if (!(p < faces ? outer[faces * c + p] : overlap_edge_is_outer(cell, p - faces, outer + faces * c)))
                continue;
            femd_box_extend(&box, all[p], all[p]);
            memcpy(place[s->nplaces++], all[p], sizeof all[p]);
        }
        const int other = overlap_other(s, c, box, place);
        if (other < 0 || part[other] != part[c]) continue;
        return femd_fail(err, FEMD_BAD_INPUT,
                         "%s: mesh: the mesh does not conform: the surface of cell %d of %s (counted from 0) lies in "
                         "cell %d of the same body, near (%.6g, %.6g, %.6g) of the file: both meet at a curved surface "
                         "and cut it into other facets, and the body would come apart there; mesh the whole at once, "
                         "so that neighbours share their faces (in Gmsh: Coherence or BooleanFragments before it is "
                         "meshed)",
                         s->cs->path, c, mesh->title, other, place[0][0] / scale, place[0][1] / scale,
                         place[0][2] / scale);
    }
    return FEMD_OK;
}

static femd_status overlap_look_at_surface(overlap_search *s, femd_error *err) {
    unsigned char *outer = calloc((size_t)s->mesh->ncells * (size_t)s->cs->element->cell->faces + 1, 1);
    int *part = malloc(((size_t)s->mesh->ncells + 1) * sizeof *part), nparts;
    femd_status rc = outer && part ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory to check the mesh");
    if (rc == FEMD_OK) rc = femd_mesh_parts(s->mesh, part, &nparts, err);
    if (rc == FEMD_OK) rc = overlap_find_outer(s, outer, err);
    overlap_side_places(s);
    s->inside = overlap_within;
    if (rc == FEMD_OK) rc = overlap_judge_surface(s, outer, part, err);
    free(outer);
    free(part);
    return rc;
}

static femd_status overlap_look(overlap_search *s, femd_error *err) {
    const femd_mesh *mesh = s->mesh;
    for (int c = 0; c < mesh->ncells; ++c) overlap_make_cell(s, c);
    FEMD_TRY(femd_box_tree_init(&s->tree, s->cell, mesh->ncells, err));
    overlap_places(s);
    s->inside = overlap_inside;
    for (int c = 0; c < mesh->ncells; ++c) {
        double place[OVERLAP_PLACES][3];
        const femd_box box = overlap_find_places(s, c, place);
        const int other = overlap_other(s, c, box, place);
        if (other < 0) continue;
        if (overlap_is_same(mesh, c, other))
            return femd_fail(err, FEMD_BAD_INPUT,
                             "%s: mesh: cells %d and %d of %s (counted from 0) overlap: they fill the same place, with "
                             "nodes of their own: what is there would count twice; take one of the bodies out, or its "
                             "copy (in Gmsh: Coherence before the mesh is made)",
                             s->cs->path, c < other ? c : other, c < other ? other : c, mesh->title);
        return femd_fail(
            err, FEMD_BAD_INPUT,
            "%s: mesh: cells %d and %d of %s (counted from 0) overlap: what lies in both would count twice; "
            "mend the mesh (in Gmsh: bodies that meet want Coherence or BooleanFragments before they are "
            "meshed)",
            s->cs->path, c < other ? c : other, c < other ? other : c, mesh->title);
    }
    return overlap_look_at_surface(s, err);
}

femd_status femd_mesh_check_overlap(const femd_case *cs, const femd_mesh *mesh, femd_error *err) {
    const size_t n = (size_t)mesh->ncells;
    if (!cs->mesh.file) return FEMD_OK; /* the box is cut without any */
    overlap_search *s = calloc(1, sizeof *s);
    femd_status rc = s ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory to check the mesh");
    if (!s) return rc;
    s->cs = cs;
    s->mesh = mesh;
    s->cell = malloc((n + 1) * sizeof *s->cell);
    s->frame = malloc((n + 1) * sizeof *s->frame);
    rc = s->cell && s->frame ? overlap_look(s, err) : femd_fail(err, FEMD_NO_MEMORY, "no memory to check the mesh");
    free(s->cell);
    free(s->frame);
    femd_box_tree_clear(&s->tree);
    free(s);
    return rc;
}
