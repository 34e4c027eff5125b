/* Sizes and shapes of a mesh. Reads it, changes nothing, refuses nothing. */
#include "mesh/mesh_measure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "femd/tensor3.h"
#include "mesh/mesh_sides.h"

/* ---- faces ---- */

static double face_area(const femd_mesh *mesh, const femd_element_table *table, const femd_mesh_side *face) {
    double x[FEMD_SPACE * FEMD_ELEMENT_NODES], on_face[FEMD_FACE_NODES][FEMD_SPACE], area[FEMD_FACE_NODES][FEMD_SPACE],
        size[FEMD_FACE_NODES], sum = 0;
    femd_mesh_cell_nodes(mesh, table->element, face->cell, x);
    for (int i = 0; i < table->face_nodes; ++i)
        memcpy(on_face[i], x + 3 * table->face_node[face->side][i], sizeof on_face[i]);
    femd_element_face_area(table, (const double(*)[FEMD_SPACE])on_face, area, size);
    for (int i = 0; i < table->face_nodes; ++i) sum += size[i];
    return sum;
}

/* ---- cells ---- */

static double cell_longest_edge(const femd_cell *cell, const double *x) {
    double most = 0;
    for (int e = 0; e < cell->edges; ++e) {
        double d[3];
        for (int a = 0; a < 3; ++a) d[a] = x[3 * cell->edge[e][0] + a] - x[3 * cell->edge[e][1] + a];
        most = fmax(most, sqrt(femd_dot3(d, d)));
    }
    return most;
}

/* Tetrahedra: 12 (3 V)^(2/3) over the sum of the squares of the edges (Liu and Joe 1994). Hexahedra: the least of
 * det J at the corners over the product of the three edges there. A curved cell has no better shape than its least
 * det J lets it. */
static double cell_shape(const femd_element_table *table, const double *x, double volume) {
    const femd_cell *cell = table->element->cell;
    double shape = INFINITY;
    if (cell->corners == 4) {
        double squares = 0;
        for (int e = 0; e < cell->edges; ++e)
            for (int a = 0; a < 3; ++a) squares += pow(x[3 * cell->edge[e][0] + a] - x[3 * cell->edge[e][1] + a], 2);
        shape = 12 * cbrt(9 * volume * volume) / squares;
    } else {
        for (int i = 0; i < cell->corners; ++i) {
            double J[9] = {0}, n[FEMD_CELL_CORNERS], dn[FEMD_CELL_CORNERS][FEMD_SPACE], product = 1;
            cell->shape(cell->corner_at[i], n, dn);
            for (int k = 0; k < cell->corners; ++k)
                for (int a = 0; a < 3; ++a)
                    for (int b = 0; b < 3; ++b) J[3 * a + b] += x[3 * k + a] * dn[k][b];
            for (int b = 0; b < 3; ++b) product *= sqrt(J[b] * J[b] + J[3 + b] * J[3 + b] + J[6 + b] * J[6 + b]);
            shape = fmin(shape, product > 0 ? femd_det3(J) / product : 0);
        }
    }
    const double least = femd_element_place(table, x, NULL, NULL, NULL);
    if (femd_element_is_curved(table->element, x)) shape = fmin(shape, least / (6 * volume));
    return least <= 0 ? fmin(shape, least / fmax(fabs(volume), 1e-300)) : shape;
}

/* ---- parts ---- */

typedef struct measure_part {
    double volume, outside, edge; /* edge: sum over cells, times their volume */
    double sum[3], square[6];     /* first and second moments of its volume */
    double low[3], high[3];       /* along its principal axes */
    double axes[9];
} measure_part;

/* x0: any place near the body, so that its distance from the origin costs no digits. */
static void part_add_place(measure_part *part, const double *x, const double *x0, double volume) {
    for (int a = 0; a < 3; ++a) {
        const int b = (a + 1) % 3, c = (a + 2) % 3;
        part->sum[a] += volume * (x[a] - x0[a]);
        part->square[a] += volume * (x[a] - x0[a]) * (x[a] - x0[a]);
        part->square[3 + a] += volume * (x[b] - x0[b]) * (x[c] - x0[c]); /* yz, zx, xy */
    }
}

/* A tetrahedron has the moments of a twentieth of its volume at each corner and the rest at their mean; of another cell
 * its points will do. */
static void part_add_cell(measure_part *part, const femd_element_table *table, const double *x, const double *x0,
                          const double *position, const double *weight, double volume) {
    double mean[3] = {0};
    for (int i = 0; i < 12; ++i) mean[i % 3] += x[i] / 4;
    if (table->corners == 4) part_add_place(part, mean, x0, 0.8 * volume);
    for (int i = 0; table->corners == 4 && i < 4; ++i) part_add_place(part, x + 3 * i, x0, volume / 20);
    for (int q = 0; table->corners != 4 && q < table->points; ++q)
        part_add_place(part, position + 3 * q, x0, weight[q]);
    part->volume += volume;
    part->edge += volume * cell_longest_edge(table->element->cell, x);
}

/* Rows of axes: the eigenvectors of the symmetric M, by Jacobi's rotations; M becomes diagonal. */
static void part_turn(double M[9], double axes[9]) {
    for (int i = 0; i < 9; ++i) axes[i] = i % 4 == 0;
    for (int sweep = 0; sweep < 50; ++sweep)
        for (int p = 0; p < 2; ++p)
            for (int q = p + 1; q < 3; ++q) {
                if (M[3 * p + q] == 0) continue;
                const double angle = 0.5 * atan2(2 * M[3 * p + q], M[4 * p] - M[4 * q]), c = cos(angle), s = sin(angle);
                for (int k = 0; k < 3; ++k) {
                    const double mp = M[3 * k + p], mq = M[3 * k + q];
                    M[3 * k + p] = c * mp + s * mq;
                    M[3 * k + q] = c * mq - s * mp;
                }
                for (int k = 0; k < 3; ++k) {
                    const double mp = M[3 * p + k], mq = M[3 * q + k], ap = axes[3 * p + k], aq = axes[3 * q + k];
                    M[3 * p + k] = c * mp + s * mq;
                    M[3 * q + k] = c * mq - s * mp;
                    axes[3 * p + k] = c * ap + s * aq;
                    axes[3 * q + k] = c * aq - s * ap;
                }
            }
}

static void part_find_axes(measure_part *part) {
    double M[9];
    for (int a = 0; a < 3; ++a)
        for (int b = 0; b < 3; ++b)
            M[3 * a + b] = (a == b ? part->square[a] : part->square[6 - a - b]) / part->volume -
                           part->sum[a] * part->sum[b] / (part->volume * part->volume);
    part_turn(M, part->axes);
    for (int a = 0; a < 3; ++a) part->low[a] = INFINITY, part->high[a] = -INFINITY;
}

static void part_extend(measure_part *part, const double *x) {
    for (int k = 0; k < 3; ++k) {
        double along = 0;
        for (int a = 0; a < 3; ++a) along += part->axes[3 * k + a] * x[a];
        part->low[k] = fmin(part->low[k], along);
        part->high[k] = fmax(part->high[k], along);
    }
}

/* As thick as it is along its thinnest axis, but a shell no thicker than its volume and surface say: 4 V / A is h of a
 * square beam and 2 h of a plate. */
static void part_judge(const measure_part *part, femd_mesh_measure *m) {
    double thin = INFINITY, length = 0;
    for (int k = 0; k < 3; ++k) {
        thin = fmin(thin, part->high[k] - part->low[k]);
        length = fmax(length, part->high[k] - part->low[k]);
    }
    if (part->outside > 0) thin = fmin(thin, 4 * part->volume / part->outside);
    if (m->thickness > 0 && length / thin <= m->length / m->thickness) return;
    m->thickness = thin;
    m->length = length;
    m->edge = part->volume > 0 ? part->edge / part->volume : 0;
}

/* ---- the whole ---- */

typedef struct measuring {
    const femd_mesh *mesh;
    femd_element_table table;
    double *volume; /* ncells */
    int *part_of;   /* ncells */
    femd_mesh_side *face;
    size_t nsides;
    measure_part *part;
    femd_mesh_measure *m;
} measuring;

static void measure_cells(measuring *w) {
    femd_mesh_measure *m = w->m;
    const femd_element *element = w->table.element;
    for (int c = 0; c < w->mesh->ncells; ++c) {
        double x[FEMD_SPACE * FEMD_ELEMENT_NODES], position[FEMD_SPACE * FEMD_ELEMENT_POINTS],
            weight[FEMD_ELEMENT_POINTS];
        femd_mesh_cell_nodes(w->mesh, element, c, x);
        (void)femd_element_place(&w->table, x, position, weight, NULL);
        w->volume[c] = 0;
        for (int q = 0; q < w->table.points; ++q) w->volume[c] += weight[q];
        m->volume += w->volume[c];
        for (int i = 0; i < 3 * element->nodes; ++i) {
            m->low[i % 3] = fmin(m->low[i % 3], x[i]);
            m->high[i % 3] = fmax(m->high[i % 3], x[i]);
        }
        const double shape = cell_shape(&w->table, x, w->volume[c]);
        if (!(shape >= m->worst_shape)) {
            m->worst = c;
            m->worst_shape = shape;
            for (int a = 0; a < 3; ++a) m->worst_at[a] = 0;
            for (int i = 0; i < 3 * w->mesh->corners; ++i) m->worst_at[i % 3] += x[i] / w->mesh->corners;
        }
        part_add_cell(&w->part[w->part_of[c]], &w->table, x, w->mesh->x, position, weight, w->volume[c]);
    }
    for (int k = 0; k < m->nparts; ++k) part_find_axes(&w->part[k]);
    for (int c = 0; c < w->mesh->ncells; ++c)
        for (int i = 0; i < w->mesh->corners; ++i)
            part_extend(&w->part[w->part_of[c]], w->mesh->x + 3 * w->mesh->cell[w->mesh->corners * c + i]);
}

static void measure_outside(measuring *w) {
    for (size_t i = 0, next; i < w->nsides; i = next) {
        next = femd_mesh_sides_next(w->face, w->nsides, i);
        w->m->nfaces++;
        if (next > i + 1) continue;
        const double area = face_area(w->mesh, &w->table, w->face + i);
        w->m->outside += area;
        w->part[w->part_of[w->face[i].cell]].outside += area;
    }
}

/* A face that is there twice in a surface, as in format 2.2 for each group that it is in, counts once. */
static femd_status measure_surfaces(measuring *w, femd_error *err) {
    const femd_mesh *mesh = w->mesh;
    int *last = malloc((w->nsides + 1) * sizeof *last), *next = malloc(((size_t)mesh->nfaces + 1) * sizeof *next);
    femd_status rc = last && next ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory to measure the mesh");
    for (size_t i = 0; rc == FEMD_OK && i < w->nsides; ++i) last[i] = -1;
    for (int f = 0; rc == FEMD_OK && f < mesh->nfaces; ++f) {
        femd_mesh_group *group = &w->m->surface[mesh->face_surface[f]];
        const int *corner = mesh->face + FEMD_FACE_CORNERS * f;
        int whole = 1, again;
        for (int i = 0; i < w->table.element->cell->face_corners; ++i) whole = whole && corner[i] >= 0;
        const femd_mesh_side *found = whole ? femd_mesh_sides_find(w->face, w->nsides, corner) : NULL;
        if (found) { /* the surfaces that have named it: a list from the last */
            for (again = last[found - w->face]; again >= 0; again = next[again])
                if (mesh->face_surface[again] == mesh->face_surface[f]) break;
            if (again >= 0) continue;
            next[f] = last[found - w->face];
            last[found - w->face] = f;
            group->size += face_area(mesh, &w->table, found);
        } else
            group->strangers++;
        group->n++;
    }
    free(last);
    free(next);
    return rc;
}

static femd_status measure_all(measuring *w, femd_error *err) {
    const femd_mesh *mesh = w->mesh;
    const size_t cells = (size_t)mesh->ncells + 1;
    femd_mesh_measure *m = w->m;
    w->volume = malloc(cells * sizeof *w->volume);
    w->part_of = malloc(cells * sizeof *w->part_of);
    m->region = calloc((size_t)mesh->nregions + 1, sizeof *m->region);
    m->surface = calloc((size_t)mesh->nsurfaces + 1, sizeof *m->surface);
    if (!w->volume || !w->part_of || !m->region || !m->surface)
        return femd_fail(err, FEMD_NO_MEMORY, "no memory to measure the mesh");
    FEMD_TRY(femd_mesh_sides(mesh, w->table.element->cell, &w->face, &w->nsides, err));
    FEMD_TRY(femd_mesh_parts(mesh, w->part_of, &m->nparts, err));
    w->part = calloc((size_t)m->nparts + 1, sizeof *w->part);
    if (!w->part) return femd_fail(err, FEMD_NO_MEMORY, "no memory to measure the mesh");
    measure_cells(w);
    FEMD_TRY(femd_mesh_joints(mesh, w->table.element->cell, &m->joint, err));
    FEMD_TRY(femd_mesh_doubled_faces(mesh, w->table.element->cell, &m->doubled, err));
    measure_outside(w);
    FEMD_TRY(measure_surfaces(w, err));
    for (int i = 0; i < mesh->ninregion; ++i) {
        m->region[mesh->region_of[i]].n++;
        m->region[mesh->region_of[i]].size += w->volume[mesh->region_cell[i]];
    }
    for (int k = 0; k < m->nparts; ++k) part_judge(&w->part[k], m);
    return FEMD_OK;
}

femd_status femd_mesh_measure_create(const femd_case *cs, const femd_mesh *mesh, femd_mesh_measure *m,
                                     femd_error *err) {
    measuring w = {.mesh = mesh, .m = m};
    *m = (femd_mesh_measure){.worst = -1, .worst_shape = INFINITY};
    for (int a = 0; a < 3; ++a) m->low[a] = INFINITY, m->high[a] = -INFINITY;
    femd_element_table_make(cs->element, &w.table);
    const femd_status rc = measure_all(&w, err);
    free(w.volume);
    free(w.part_of);
    free(w.face);
    free(w.part);
    if (rc != FEMD_OK) femd_mesh_measure_clear(m);
    return rc;
}

void femd_mesh_measure_clear(femd_mesh_measure *m) {
    free(m->region);
    free(m->surface);
    m->region = m->surface = NULL;
}

double femd_mesh_locking(const femd_element *element, double edge, double thickness) {
    const double ratio = thickness > 0 ? edge / thickness : 0;
    if (element->nodes > element->cell->corners) return 0;
    return (element->cell->corners == 8 ? 0.5 : 1.3) * ratio * ratio;
}
