/* Cells that meet without sharing the nodes where they meet: a hanging node, a face that is cut by another diagonal on
 * its other side. Such cells are joined at some nodes alone, and the body comes apart between them without a word of
 * any solver. Serial: it runs on rank 0.
 *
 * What is looked at are the faces that one cell only has. Of a mesh that conforms they are its outer surface, where no
 * two faces lie on one another; but a crack has two faces in one place, each with nodes of its own, node on node, that
 * share those of the crack's front; and parts that share no node may touch as they like. So two such faces are refused
 * that share a node, look at each other, lie on one another in part, and do not match node by node:
 *   - if they lie in one plane, to the digits that files have (a notch may be as sharp as a thousandth);
 *   - if the surface is curved, so that they lie a little apart, where all corners of one of them are corners of such
 *     faces on the other side too: what is between them is closed, and no notch.
 * Only faces at the same node are compared: the cost grows as the number of cells.
 *
 * A curved surface in coarser facets leaves more between its two sides, which may be a void that is meant: such a gap
 * is found by wider limits, and told, not refused. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "femd/tensor3.h"
#include "mesh/mesh.h"
#include "mesh/mesh_sides.h"

static const double conform_facing = -0.9;     /* greatest scalar product of normals that look at each other */
static const double conform_least_area = 0.01; /* of the smaller face, in both: less is round-off at an edge */
static const double conform_same_place = 0.02; /* of the size of a face: a node on its double */
static const double conform_plane = 1e-3;      /* of the size: apart, but in one plane */
static const double conform_closed = 0.2;      /* of the larger's size: apart, of a curved surface in facets */
static const double conform_gap_facing = -0.5; /* normals of the sides of a gap... */
static const double conform_gap = 0.5;         /* ...and how far they are apart, of the larger's size */
static const double conform_depth = 0.3;       /* of the depth of the cells behind them: thin bodies have two sides */

enum { CONFORM_CUT = 2 * FEMD_FACE_CORNERS }; /* most corners of what two faces have in common */

/* A face that one cell only has, with straight edges. */
typedef struct conform_face {
    int cell, n, corner[FEMD_FACE_CORNERS]; /* corners around it, seen from outside */
    int with, loosely_with;                 /* a face that it lies on, -1 for none: in its plane, about */
    unsigned shared;                        /* corners that faces lying on it have too, as bits */
    int matched;                            /* lies on a face, node on node */
    double middle[3], normal[3];            /* the normal looks out of the cell */
    double area, depth, warp;               /* depth: of the cell behind it; warp: farthest corner from its plane */
    double apart;                           /* m: from those that it lies on with a gap between, at most */
} conform_face;

typedef struct conform_search {
    const femd_case *cs;
    const femd_mesh *mesh;
    conform_face *face;
    int nfaces, gaps; /* gaps: what lies apart is looked for, not what is refused */
    int *first, *at;  /* faces at vertex v: at[first[v]] to at[first[v + 1] - 1] */
} conform_search;

/* ---- faces ---- */

static const double *conform_x(const femd_mesh *mesh, int vertex) {
    return mesh->x + 3 * (size_t)vertex;
}

/* How far x lies above the plane of a face. */
static double conform_height(const conform_face *face, const double *x) {
    double sum = 0;
    for (int a = 0; a < 3; ++a) sum += face->normal[a] * (x[a] - face->middle[a]);
    return sum;
}

/* Its mean plane: through the mean of the corners, across the sum of the area vectors seen from there. */
static void conform_make_face(const femd_mesh *mesh, const femd_cell *cell, const femd_mesh_side *side,
                              conform_face *face) {
    const int *vertex = mesh->cell + (size_t)mesh->corners * (size_t)side->cell;
    *face = (conform_face){.cell = side->cell, .n = cell->face_corners, .with = -1, .loosely_with = -1};
    for (int i = 0; i < face->n; ++i) {
        face->corner[i] = vertex[cell->face[side->side][i]];
        for (int a = 0; a < 3; ++a) face->middle[a] += conform_x(mesh, face->corner[i])[a] / face->n;
    }
    for (int i = 0; i < face->n; ++i) {
        double p[3], q[3], c[3];
        for (int a = 0; a < 3; ++a) {
            p[a] = conform_x(mesh, face->corner[i])[a] - face->middle[a];
            q[a] = conform_x(mesh, face->corner[(i + 1) % face->n])[a] - face->middle[a];
        }
        femd_cross3(p, q, c);
        for (int a = 0; a < 3; ++a) face->normal[a] += 0.5 * c[a];
    }
    face->area = sqrt(femd_dot3(face->normal, face->normal));
    for (int a = 0; a < 3 && face->area > 0; ++a) face->normal[a] /= face->area;
    for (int i = 0; i < mesh->corners; ++i)
        face->depth = fmax(face->depth, -conform_height(face, conform_x(mesh, vertex[i])));
    for (int i = 0; i < face->n; ++i)
        face->warp = fmax(face->warp, fabs(conform_height(face, conform_x(mesh, face->corner[i]))));
}

static femd_status conform_make_faces(conform_search *s, femd_error *err) {
    const femd_cell *cell = s->cs->element->cell;
    femd_mesh_side *side = NULL;
    size_t n, outside = 0;
    FEMD_TRY(femd_mesh_sides(s->mesh, cell, &side, &n, err));
    for (size_t i = 0, next; i < n; i = next) {
        next = femd_mesh_sides_next(side, n, i);
        if (next == i + 1) side[outside++] = side[i];
    }
    s->face = malloc((outside + 1) * sizeof *s->face);
    for (size_t i = 0; s->face && i < outside; ++i) conform_make_face(s->mesh, cell, side + i, &s->face[i]);
    s->nfaces = (int)outside;
    free(side);
    return s->face ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory to check the mesh");
}

static femd_status conform_list_faces(conform_search *s, femd_error *err) {
    const size_t vertices = (size_t)s->mesh->nvertices;
    s->first = calloc(vertices + 2, sizeof *s->first);
    s->at = malloc(((size_t)s->nfaces * FEMD_FACE_CORNERS + 1) * sizeof *s->at);
    if (!s->first || !s->at) return femd_fail(err, FEMD_NO_MEMORY, "no memory to check the mesh");
    for (int f = 0; f < s->nfaces; ++f)
        for (int i = 0; i < s->face[f].n; ++i) s->first[s->face[f].corner[i] + 2]++;
    for (size_t v = 1; v < vertices + 2; ++v) s->first[v] += s->first[v - 1];
    for (int f = 0; f < s->nfaces; ++f) /* first[v + 1] moves from where v's begin to where they end */
        for (int i = 0; i < s->face[f].n; ++i) s->at[s->first[s->face[f].corner[i] + 1]++] = f;
    return FEMD_OK;
}

/* ---- two of them ---- */

/* Corners of p, as bits, that q has too. */
static unsigned conform_shared(const conform_face *p, const conform_face *q) {
    unsigned bits = 0;
    for (int i = 0; i < p->n; ++i)
        for (int k = 0; k < q->n; ++k) bits |= (unsigned)(p->corner[i] == q->corner[k]) << i;
    return bits;
}

/* Corners of p in coordinates u, v of its plane, seen from middle o. */
static void conform_flatten(const femd_mesh *mesh, const conform_face *p, const double *o, const double u[3],
                            const double v[3], double (*out)[2]) {
    for (int i = 0; i < p->n; ++i) {
        double off[3];
        for (int a = 0; a < 3; ++a) off[a] = conform_x(mesh, p->corner[i])[a] - o[a];
        out[i][0] = femd_dot3(off, u);
        out[i][1] = femd_dot3(off, v);
    }
}

static double conform_turn(const double *p, const double *q, const double *x) {
    return (q[0] - p[0]) * (x[1] - p[1]) - (q[1] - p[1]) * (x[0] - p[0]);
}

/* What of polygon `cut` (n corners) lies left of each edge of `by`, whose corners run counter-clockwise (Sutherland and
 * Hodgman 1974); the number of its corners. */
static int conform_cut(double (*cut)[2], int n, const double (*by)[2], int nby) {
    for (int e = 0; e < nby && n > 0; ++e) {
        const double *p = by[e], *q = by[(e + 1) % nby];
        double kept[CONFORM_CUT + 2][2];
        int m = 0;
        for (int i = 0; i < n; ++i) {
            const double *x = cut[i], *y = cut[(i + 1) % n], here = conform_turn(p, q, x),
                         there = conform_turn(p, q, y);
            if (here >= 0 && m < CONFORM_CUT) memcpy(kept[m++], x, sizeof *kept);
            if ((here < 0) == (there < 0) || m >= CONFORM_CUT) continue;
            for (int a = 0; a < 2; ++a) kept[m][a] = x[a] + here / (here - there) * (y[a] - x[a]);
            m++;
        }
        n = m;
        memcpy(cut, kept, (size_t)n * sizeof *cut);
    }
    return n;
}

/* Area in which q lies on p, seen across p, and how far apart they are there at most. */
static double conform_common(const femd_mesh *mesh, const conform_face *p, const conform_face *q, double *apart) {
    double u[3], v[3], on_p[FEMD_FACE_CORNERS][2], cut[CONFORM_CUT + 2][2], turned[FEMD_FACE_CORNERS][2], area = 0;
    int axis = 0;
    for (int a = 1; a < 3; ++a)
        if (fabs(p->normal[a]) < fabs(p->normal[axis])) axis = a;
    const double along[3] = {axis == 0, axis == 1, axis == 2};
    femd_cross3(p->normal, along, u);
    const double length = sqrt(femd_dot3(u, u));
    for (int a = 0; a < 3; ++a) u[a] /= length;
    femd_cross3(p->normal, u, v);
    conform_flatten(mesh, p, p->middle, u, v, on_p);
    conform_flatten(mesh, q, p->middle, u, v, turned);
    for (int i = 0; i < q->n; ++i) memcpy(cut[i], turned[q->n - 1 - i], sizeof *cut); /* it runs the other way */
    const int n = conform_cut(cut, q->n, (const double(*)[2])on_p, p->n);
    *apart = 0;
    for (int i = 0; i < n; ++i) {
        const int next = (i + 1) % n;
        double x[3], above;
        area += 0.5 * (cut[i][0] * cut[next][1] - cut[i][1] * cut[next][0]);
        for (int a = 0; a < 3; ++a) x[a] = p->middle[a] + cut[i][0] * u[a] + cut[i][1] * v[a];
        above = conform_height(q, x) / fabs(femd_dot3(p->normal, q->normal)); /* along p's normal */
        *apart = fmax(*apart, fabs(above));
    }
    return area;
}

/* Is every corner of p in the place of one of q, seen across p? */
static int conform_matches(const femd_mesh *mesh, const conform_face *p, const conform_face *q, double size) {
    unsigned used = 0;
    for (int i = 0; i < p->n; ++i) {
        int found = -1;
        for (int k = 0; k < q->n && found < 0; ++k) {
            double off[3], above = 0, square = 0;
            for (int a = 0; a < 3; ++a) {
                off[a] = conform_x(mesh, q->corner[k])[a] - conform_x(mesh, p->corner[i])[a];
                above += p->normal[a] * off[a];
            }
            for (int a = 0; a < 3; ++a) square += pow(off[a] - above * p->normal[a], 2);
            if (!(used >> k & 1) && square <= pow(conform_same_place * size, 2)) found = k;
        }
        if (found < 0) return 0;
        used |= 1u << found;
    }
    return 1;
}

static void conform_compare(conform_search *s, int f, int g) {
    conform_face *p = &s->face[f], *q = &s->face[g];
    double apart;
    if (p->cell == q->cell) return;
    if (femd_dot3(p->normal, q->normal) > (s->gaps ? conform_gap_facing : conform_facing)) return;
    const double least = fmin(p->area, q->area), size = sqrt(least);
    if (conform_common(s->mesh, p, q, &apart) < conform_least_area * least) return;
    const double warp = fmin(p->warp + q->warp, 0.1 * size), most = sqrt(fmax(p->area, q->area));
    if (s->gaps) { /* what lies below is the other side of a thin body */
        if (apart > conform_gap * most + warp || conform_height(p, q->middle) < 0 || conform_height(q, p->middle) < 0)
            return;
        p->apart = fmax(p->apart, apart);
        q->apart = fmax(q->apart, apart);
    } else if (apart > conform_depth * fmin(p->depth, q->depth) || apart > conform_closed * most + warp)
        return;
    if (conform_matches(s->mesh, p, q, size)) {
        p->matched = q->matched = 1;
        return;
    }
    p->shared |= conform_shared(p, q);
    q->shared |= conform_shared(q, p);
    p->loosely_with = g;
    q->loosely_with = f;
    if (apart > conform_plane * size + warp) return;
    p->with = g;
    q->with = f;
}

/* ---- the whole ---- */

/* Does a corner of q that p has not lie in p, or on one of its edges? */
static int conform_hangs(const femd_mesh *mesh, const conform_face *p, const conform_face *q) {
    const unsigned shared = conform_shared(q, p);
    for (int k = 0; k < q->n; ++k) {
        const double *x = conform_x(mesh, q->corner[k]);
        int inside = !(shared >> k & 1);
        for (int i = 0; i < p->n && inside; ++i) {
            double edge[3], off[3], c[3];
            for (int a = 0; a < 3; ++a) {
                edge[a] = conform_x(mesh, p->corner[(i + 1) % p->n])[a] - conform_x(mesh, p->corner[i])[a];
                off[a] = x[a] - conform_x(mesh, p->corner[i])[a];
            }
            femd_cross3(edge, off, c);
            inside = femd_dot3(c, p->normal) > -0.01 * p->area;
        }
        if (inside) return 1;
    }
    return 0;
}

static femd_status conform_refuse(const conform_search *s, const conform_face *p, const conform_face *q,
                                  femd_error *err) {
    const double scale = s->cs->mesh.scale > 0 ? s->cs->mesh.scale : 1;
    const int low = p->cell < q->cell;
    const conform_face *one = low ? p : q, *other = low ? q : p;
    int shared = 0;
    for (unsigned bits = conform_shared(p, q); bits; bits >>= 1) shared += (int)(bits & 1);
    const char *how = conform_hangs(s->mesh, p, q) || conform_hangs(s->mesh, q, p)
                          ? "a node of the one hangs on a face or an edge of the other"
                          : "their faces are cut differently (a face by two diagonals)";
    const double *x = q->area < p->area ? q->middle : p->middle;
    return femd_fail(err, FEMD_BAD_INPUT,
                     "%s: mesh: the mesh does not conform: cells %d and %d of %s (counted from 0) lie on one another "
                     "near (%.6g, %.6g, %.6g) of the file, but share only %d node%s there: %s, and the body would come "
                     "apart; mesh the whole at once, so that neighbours share their faces (in Gmsh: Coherence or "
                     "BooleanFragments before it is meshed); no hanging nodes are taken",
                     s->cs->path, one->cell, other->cell, s->mesh->title, x[0] / scale, x[1] / scale, x[2] / scale,
                     shared, shared == 1 ? "" : "s", how);
}

/* All faces with all that have a node in common with them. */
static femd_status conform_compare_all(conform_search *s, femd_error *err) {
    FEMD_TRY(conform_make_faces(s, err));
    FEMD_TRY(conform_list_faces(s, err));
    for (int f = 0; f < s->nfaces; ++f)
        for (int i = 0; i < s->face[f].n; ++i) {
            const int v = s->face[f].corner[i];
            for (int k = s->first[v]; k < s->first[v + 1]; ++k) {
                const int g = s->at[k];
                const unsigned shared = g > f ? conform_shared(&s->face[f], &s->face[g]) : 0;
                if (shared && (shared & (0u - shared)) == 1u << i)
                    conform_compare(s, f, g); /* once, of all in common */
            }
        }
    return FEMD_OK;
}

static int conform_is_closed(const conform_face *p) {
    return p->shared == (1u << p->n) - 1;
}

static femd_status conform_look(conform_search *s, femd_error *err) {
    FEMD_TRY(conform_compare_all(s, err));
    for (int f = 0; f < s->nfaces; ++f) {
        const conform_face *p = &s->face[f];
        const int g = p->with >= 0 ? p->with : conform_is_closed(p) ? p->loosely_with : -1;
        if (g >= 0 && !p->matched && !s->face[g].matched) return conform_refuse(s, p, &s->face[g], err);
    }
    return FEMD_OK;
}

static void conform_clear(conform_search *s) {
    free(s->face);
    free(s->first);
    free(s->at);
}

femd_status femd_mesh_check_conform(const femd_case *cs, const femd_mesh *mesh, femd_error *err) {
    conform_search s = {.cs = cs, .mesh = mesh};
    if (!cs->mesh.file) return FEMD_OK; /* the box is cut so that it does */
    const femd_status rc = conform_look(&s, err);
    conform_clear(&s);
    return rc;
}

femd_status femd_mesh_find_gap(const femd_case *cs, const femd_mesh *mesh, femd_mesh_gap *gap, femd_error *err) {
    conform_search s = {.cs = cs, .mesh = mesh, .gaps = 1};
    *gap = (femd_mesh_gap){.faces = 0};
    if (!cs->mesh.file) return FEMD_OK;
    const femd_status rc = conform_compare_all(&s, err);
    for (int f = 0; rc == FEMD_OK && f < s.nfaces; ++f) {
        const conform_face *p = &s.face[f], *q = p->loosely_with >= 0 ? &s.face[p->loosely_with] : NULL;
        if (!q || !conform_is_closed(p) || p->matched || q->matched) continue;
        gap->wide = fmax(gap->wide, p->apart);
        if (gap->faces++ > 0) continue;
        gap->cells[0] = p->cell;
        gap->cells[1] = q->cell;
        memcpy(gap->x, p->middle, sizeof gap->x);
    }
    conform_clear(&s);
    return rc;
}
