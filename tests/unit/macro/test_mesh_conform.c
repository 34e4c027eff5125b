/* Meshes whose cells meet without sharing the nodes where they meet are refused; cracks, notches, thin bodies and parts
 * that only touch are not. The meshes are made here: blocks of cells, joined at the nodes in the same places. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mesh/mesh.h"

enum { MOST_NODES = 4000, MOST_CELLS = 8000 };

typedef struct body {
    femd_case cs;
    femd_mesh mesh;
    double x[3 * MOST_NODES];
    int cell[8 * MOST_CELLS];
} body;

static body b;

static void begin(const femd_element *element) {
    memset(&b, 0, sizeof b);
    b.cs.path = (char *)"case.json";
    b.cs.element = element;
    b.cs.mesh.file = (char *)"odd.msh";
    b.cs.mesh.scale = 1e-6;
    b.mesh.title = "odd.msh";
    b.mesh.corners = element->cell->corners;
    b.mesh.x = b.x;
    b.mesh.cell = b.cell;
}

/* The node at x; a new one if none from the given one on is there. */
static int node(const double *x, int from) {
    for (int v = from; v < b.mesh.nvertices; ++v)
        if (fabs(b.x[3 * v] - x[0]) + fabs(b.x[3 * v + 1] - x[1]) + fabs(b.x[3 * v + 2] - x[2]) < 1e-15) return v;
    assert_true(b.mesh.nvertices < MOST_NODES);
    memcpy(b.x + (size_t)3 * (size_t)b.mesh.nvertices, x, 3 * sizeof *x);
    return b.mesh.nvertices++;
}

static void add_cell(const int *corner) {
    assert_true(b.mesh.ncells < MOST_CELLS);
    memcpy(b.cell + (size_t)b.mesh.corners * (size_t)b.mesh.ncells, corner, (size_t)b.mesh.corners * sizeof *corner);
    b.mesh.ncells++;
}

static double six_volumes(const int *v) {
    double e[3][3];
    for (int i = 0; i < 3; ++i)
        for (int a = 0; a < 3; ++a) e[i][a] = b.x[3 * v[i + 1] + a] - b.x[3 * v[0] + a];
    return e[0][0] * (e[1][1] * e[2][2] - e[1][2] * e[2][1]) - e[0][1] * (e[1][0] * e[2][2] - e[1][2] * e[2][0]) +
           e[0][2] * (e[1][0] * e[2][1] - e[1][1] * e[2][0]);
}

typedef void mapping(double *x);

/* A block of n cells (um); of tetrahedra six each, with the other diagonals on its sides z if mirrored. */
static void block(const int n[3], double x0, double y0, double z0, const double size[3], int join, int mirrored,
                  mapping *map) {
    static const int kuhn[6][4] = {{0, 1, 2, 6}, {0, 2, 3, 6}, {0, 3, 7, 6}, {0, 7, 4, 6}, {0, 4, 5, 6}, {0, 5, 1, 6}};
    const double from[3] = {x0, y0, z0};
    const int old = join ? 0 : b.mesh.nvertices;
    for (int c = 0; c < n[0] * n[1] * n[2]; ++c) {
        int corner[8];
        for (int i = 0; i < 8; ++i) {
            const int at[3] = {c % n[0] + (i % 4 == 1 || i % 4 == 2), c / n[0] % n[1] + (i % 4 > 1),
                               c / (n[0] * n[1]) + i / 4};
            double x[3];
            for (int a = 0; a < 3; ++a) x[a] = from[a] + size[a] * at[a] / n[a];
            if (map) map(x);
            for (int a = 0; a < 3; ++a) x[a] *= 1e-6;
            corner[i] = node(x, old);
        }
        if (b.mesh.corners == 8) {
            add_cell(corner);
            continue;
        }
        for (int t = 0; t < 6; ++t) {
            int four[4];
            for (int i = 0; i < 4; ++i) four[i] = corner[mirrored ? kuhn[t][i] ^ 1 : kuhn[t][i]];
            if (six_volumes(four) < 0) {
                const int keep = four[0];
                four[0] = four[1];
                four[1] = keep;
            }
            add_cell(four);
        }
    }
}

static void conforms(int line) {
    femd_error err = FEMD_ERROR_INIT;
    if (femd_mesh_check(&b.cs, &b.mesh, &err) != FEMD_OK) fail_msg("line %d: %s", line, err.text);
    if (femd_mesh_check_overlap(&b.cs, &b.mesh, &err) != FEMD_OK) fail_msg("line %d: %s", line, err.text);
    if (femd_mesh_check_conform(&b.cs, &b.mesh, &err) != FEMD_OK) fail_msg("line %d: %s", line, err.text);
}

static void does_not(int line, const char *words) {
    femd_error err = FEMD_ERROR_INIT;
    if (femd_mesh_check(&b.cs, &b.mesh, &err) != FEMD_OK) fail_msg("line %d: %s", line, err.text);
    if (femd_mesh_check_conform(&b.cs, &b.mesh, &err) != FEMD_BAD_INPUT) fail_msg("line %d: it is taken", line);
    if (!strstr(err.text, words) || !strstr(err.text, "case.json: mesh: the mesh does not conform: cells "))
        fail_msg("line %d: %s", line, err.text);
}

#define CONFORMS()      conforms(__LINE__)
#define DOES_NOT(words) does_not(__LINE__, words)

static const double one[3] = {1, 1, 1};

/* ---- hanging nodes ---- */

static void hexahedra_of_other_height_that_share_only_corners_are_refused(void **state) {
    (void)state;
    static const int n[4][3] = {{1, 1, 2}, {1, 2, 2}, {1, 3, 3}, {1, 3, 2}}, big[4] = {1, 1, 1, 2};
    for (int k = 0; k < 4; ++k)
        for (int far = 0; far < 2; ++far) { /* far from the origin, as digits get fewer */
            const int coarse[3] = {1, big[k], big[k]};
            begin(&femd_element_q1);
            block(coarse, 1000 * far, 0, 0, one, 1, 0, NULL);
            CONFORMS();
            block(n[k], 1000 * far + 1, 0, 0, one, 1, 0, NULL);
            DOES_NOT("a node of the one hangs on a face or an edge of the other");
        }
    begin(&femd_element_q1);
    block((const int[3]){1, 1, 1}, 0, 0, 0, one, 1, 0, NULL);
    block((const int[3]){1, 1, 2}, 1, 0, 0, one, 1, 0, NULL);
    DOES_NOT("cells 0 and 2 of odd.msh (counted from 0) lie on one another near (1, 0.5, 0.75) of the file, but share "
             "only 2 nodes there");
}

/* Around an axis 3 below: the facets of either side are chords of their own. */
static void around(double *x) {
    const double r = 3 + x[2], angle = x[1] / 3;
    x[1] = r * sin(angle);
    x[2] = r * cos(angle);
}

static void warped(double *x) {
    x[2] += 0.2 * x[0] * x[1];
}

static void a_curved_surface_that_two_sides_cut_otherwise_is_refused(void **state) {
    (void)state;
    const femd_element *const element[2] = {&femd_element_q1, &femd_element_p1};
    for (int k = 0; k < 2; ++k)
        for (int n = 1; n < 4; ++n) {
            begin(element[k]);
            block((const int[3]){2, n, 1}, 0, 0, 0, one, 1, 0, around);
            block((const int[3]){2, n, 1}, 0, 0, 1, one, 1, 0, around);
            CONFORMS();
            begin(element[k]);
            block((const int[3]){2, n, 1}, 0, 0, 0, one, 1, 0, around);
            block((const int[3]){2, 2 * n, 1}, 0, 0, 1, one, 1, 0, around);
            DOES_NOT("hangs on");
            begin(element[k]);
            block((const int[3]){2, 2 * n, 1}, 0, 0, 0, one, 1, 0, around);
            block((const int[3]){2, n, 1}, 0, 0, 1, one, 1, 0, around);
            DOES_NOT("hangs on");
        }
    begin(&femd_element_q1);
    block((const int[3]){1, 1, 1}, 0, 0, 0, one, 1, 0, warped);
    block((const int[3]){1, 1, 1}, 0, 0, 1, one, 1, 0, warped);
    CONFORMS();
    begin(&femd_element_q1);
    block((const int[3]){1, 1, 1}, 0, 0, 0, one, 1, 0, warped);
    block((const int[3]){3, 2, 1}, 0, 0, 1, one, 1, 0, warped);
    DOES_NOT("hangs on");
}

/* ---- diagonals ---- */

static void tetrahedra_that_cut_a_face_by_two_diagonals_are_refused(void **state) {
    (void)state;
    const femd_element *const element[2] = {&femd_element_p1, &femd_element_p2};
    mapping *const map[3] = {NULL, around, warped};
    for (int k = 0; k < 2; ++k)
        for (int i = 0; i < 3; ++i)
            for (int mirrored = 0; mirrored < 2; ++mirrored) {
                begin(element[k]);
                block((const int[3]){1, 1, 1}, 0, 0, 0, one, 1, 0, map[i]);
                block((const int[3]){1, 1, 1}, 0, 0, 1, one, 1, mirrored, map[i]);
                if (mirrored)
                    DOES_NOT("share only 2 nodes there: their faces are cut differently (a face by two diagonals)");
                else
                    CONFORMS();
            }
}

/* ---- what is no such mesh ---- */

/* Cells on the side x > 1 of the face x = 1 get nodes of their own where the crack is, above its front. */
static void crack(double front, double open, int moved) {
    const int before = b.mesh.nvertices;
    for (int v = 0; v < before; ++v) {
        const double *x = b.x + 3 * v;
        if (fabs(x[0] - 1e-6) > 1e-12 || x[2] < front * 1e-6 + 1e-12) continue;
        const double there[3] = {x[0] + open * (x[2] - front * 1e-6), x[1] + (moved ? 0.3 * open * x[2] : 0), x[2]};
        const int twin = node(there, before);
        for (int c = 0; c < b.mesh.ncells; ++c) {
            int *corner = b.cell + (size_t)b.mesh.corners * (size_t)c;
            double middle = 0;
            for (int i = 0; i < b.mesh.corners; ++i) middle += b.x[3 * corner[i]] / b.mesh.corners;
            for (int i = 0; i < b.mesh.corners && middle > 1e-6; ++i)
                if (corner[i] == v) corner[i] = twin;
        }
    }
}

static void a_crack_of_doubled_nodes_is_taken(void **state) {
    (void)state;
    const femd_element *const element[2] = {&femd_element_q1, &femd_element_p1};
    static const double open[4] = {0, 1e-6, 1e-3, 0.05};
    for (int k = 0; k < 2; ++k)
        for (int i = 0; i < 4; ++i)
            for (int moved = 0; moved < 2; ++moved) {
                begin(element[k]);
                block((const int[3]){4, 3, 4}, 0, 0, 0, (const double[3]){2, 1, 1}, 1, 0, NULL);
                crack(0.5, open[i], moved);
                CONFORMS();
            }
}

/* A slit from z = 0 on, as wide as the angle says, whose two sides are cut otherwise. */
static double slit;

static void beside_the_slit(double *x) {
    if (x[0] >= 1) x[0] += slit * x[2] * (2 - x[0]);
}

static void a_notch_is_taken_and_a_slit_without_width_is_not(void **state) {
    (void)state;
    static const double angle[3] = {0.1, 3e-3, 1e-5};
    for (int i = 0; i < 3; ++i) {
        slit = angle[i];
        begin(&femd_element_q1);
        block((const int[3]){1, 2, 2}, 0, 0, 0, one, 1, 0, NULL);
        block((const int[3]){1, 2, 3}, 1, 0, 0, one, 1, 0, beside_the_slit);
        if (i < 2)
            CONFORMS();
        else
            DOES_NOT("hangs on");
    }
}

static void parts_that_share_no_node_touch_as_they_like(void **state) {
    (void)state;
    begin(&femd_element_q1);
    block((const int[3]){1, 1, 1}, 0, 0, 0, one, 1, 0, NULL);
    block((const int[3]){1, 2, 3}, 1, 0, 0, one, 0, 0, NULL);
    CONFORMS();
}

static void thin(double *x) {
    x[2] *= 1e-4;
}

static void sharp(double *x) {
    x[2] *= 1e-3 * (x[0] + 1e-2);
}

/* Their two sides look away from each other, near as they are. */
static void thin_bodies_and_sharp_edges_are_taken(void **state) {
    (void)state;
    const femd_element *const element[2] = {&femd_element_q1, &femd_element_p1};
    for (int k = 0; k < 2; ++k) {
        begin(element[k]);
        block((const int[3]){3, 3, 1}, 0, 0, 0, one, 1, 0, thin);
        CONFORMS();
        begin(element[k]);
        block((const int[3]){3, 3, 2}, 0, 0, 0, one, 1, 0, sharp);
        CONFORMS();
    }
    begin(&femd_element_p1); /* two tetrahedra make a knife whose edge both have */
    static const double at[5][3] = {{0, 0, 0}, {0, 1, 0}, {1, 0.5, 0}, {1, 0.5, 1e-3}, {1, 0.5, -1e-3}};
    for (int v = 0; v < 5; ++v) {
        const double x[3] = {1e-6 * at[v][0], 1e-6 * at[v][1], 1e-6 * at[v][2]};
        (void)node(x, 0);
    }
    const int up[4] = {0, 2, 1, 3}, down[4] = {0, 1, 2, 4};
    add_cell(up);
    add_cell(down);
    CONFORMS();
}

/* A pore of one cell: its faces share all their nodes, and look at each other across it. */
static void a_pore_of_one_cell_is_taken(void **state) {
    (void)state;
    const femd_element *const element[2] = {&femd_element_q1, &femd_element_p1};
    for (int k = 0; k < 2; ++k) {
        begin(element[k]);
        block((const int[3]){3, 3, 3}, 0, 0, 0, one, 1, 0, NULL);
        const int pore = k == 0 ? 13 : 6 * 13 + 2;
        b.mesh.ncells--;
        memmove(b.cell + (size_t)b.mesh.corners * (size_t)pore, b.cell + (size_t)b.mesh.corners * (size_t)(pore + 1),
                (size_t)b.mesh.corners * (size_t)(b.mesh.ncells - pore) * sizeof *b.cell);
        CONFORMS();
    }
}

/* ---- what is told, not refused ---- */

static femd_mesh_gap gap_of(int line) {
    femd_mesh_gap gap;
    femd_error err = FEMD_ERROR_INIT;
    conforms(line);
    if (femd_mesh_find_gap(&b.cs, &b.mesh, &gap, &err) != FEMD_OK) fail_msg("line %d: %s", line, err.text);
    return gap;
}

/* Around an axis 1 below, by 1.6 y: a unit block spans 92 degrees. */
static void half_around(double *x) {
    const double r = 1 + x[2], angle = 1.6 * x[1];
    x[1] = r * sin(angle);
    x[2] = r * cos(angle);
}

/* A chord of the inner side, two of the outer one: their middle is a gap of 1 - cos(0.8) along the normal. */
static void a_gap_between_coarse_chords_is_told_with_its_place(void **state) {
    (void)state;
    begin(&femd_element_q1);
    block((const int[3]){2, 1, 1}, 0, 0, -0.5, (const double[3]){1, 1, 0.5}, 1, 0, half_around);
    block((const int[3]){2, 2, 1}, 0, 0, 0, one, 1, 0, half_around);
    const femd_mesh_gap gap = gap_of(__LINE__);
    assert_int_equal(gap.faces, 2);
    assert_int_equal(gap.cells[0], 0);
    assert_true(gap.cells[1] >= 2);
    assert_true(fabs(gap.wide - 1e-6 * (1 - cos(0.8))) < 1e-12);
    assert_true(fabs(gap.x[0] - 0.25e-6) < 1e-12);
    begin(&femd_element_q1); /* of cells that share their faces there is none */
    block((const int[3]){2, 2, 1}, 0, 0, -0.5, (const double[3]){1, 1, 0.5}, 1, 0, half_around);
    block((const int[3]){2, 2, 1}, 0, 0, 0, one, 1, 0, half_around);
    assert_int_equal(gap_of(__LINE__).faces, 0);
    begin(&femd_element_q1); /* nor in a thin body, whose two sides look away from each other */
    block((const int[3]){3, 3, 1}, 0, 0, 0, one, 1, 0, thin);
    assert_int_equal(gap_of(__LINE__).faces, 0);
    begin(&femd_element_q1); /* nor in a crack that is open */
    block((const int[3]){4, 3, 4}, 0, 0, 0, (const double[3]){2, 1, 1}, 1, 0, NULL);
    crack(0.5, 0.05, 0);
    assert_int_equal(gap_of(__LINE__).faces, 0);
}

static void doubled_are(int line, int faces, double area, double x) {
    femd_mesh_doubled found;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(femd_mesh_doubled_faces(&b.mesh, b.cs.element->cell, &found, &err), FEMD_OK);
    if (found.faces != faces || fabs(found.area - 1e-12 * area) > 1e-20 ||
        (faces && fabs(found.x[0] - 1e-6 * x) > 1e-14))
        fail_msg("line %d: %d faces of %g m^2 at x = %g m", line, found.faces, found.area, found.x[0]);
}

static void faces_with_nodes_of_their_own_in_one_place_are_counted(void **state) {
    (void)state;
    for (int k = 0; k < 2; ++k) {
        begin(k ? &femd_element_p1 : &femd_element_q1);
        block((const int[3]){2, 3, 4}, 0, 0, 0, (const double[3]){2, 1, 1}, 1, 0, NULL);
        doubled_are(__LINE__, 0, 0, 0);
        crack(0.5, 0, 0);
        doubled_are(__LINE__, k ? 12 : 6, 0.5, 1);
        begin(k ? &femd_element_p1 : &femd_element_q1);
        block((const int[3]){2, 3, 4}, 0, 0, 0, (const double[3]){2, 1, 1}, 1, 0, NULL);
        crack(0.5, 1e-3, 0); /* open */
        doubled_are(__LINE__, 0, 0, 0);
        begin(k ? &femd_element_p1 : &femd_element_q1); /* bodies that were to be one */
        block((const int[3]){2, 2, 2}, 1000, 0, 0, one, 1, 0, NULL);
        block((const int[3]){2, 2, 2}, 1001, 0, 0, one, 0, 0, NULL);
        doubled_are(__LINE__, k ? 8 : 4, 1, 1001);
    }
}

/* n tetrahedra around the edge between two nodes. */
static void fan(int n) {
    begin(&femd_element_p1);
    double *x = malloc(3 * (size_t)(n + 2) * sizeof *x);
    int *cell = malloc(4 * (size_t)n * sizeof *cell);
    assert_true(x && cell);
    memset(x, 0, 6 * sizeof *x);
    x[5] = 1e-6;
    for (int i = 0; i < n; ++i) {
        const double angle = 2 * 3.14159265358979323846 * i / n, at[3] = {1e-6 * cos(angle), 1e-6 * sin(angle), 0};
        const int corner[4] = {0, 2 + i, 2 + (i + 1) % n, 1};
        memcpy(x + 6 + (size_t)3 * (size_t)i, at, sizeof at);
        memcpy(cell + (size_t)4 * (size_t)i, corner, sizeof corner);
    }
    b.mesh.x = x;
    b.mesh.cell = cell;
    b.mesh.nvertices = n + 2;
    b.mesh.ncells = n;
}

static void more_cells_at_a_node_than_can_be_compared_are_refused(void **state) {
    (void)state;
    femd_error err = FEMD_ERROR_INIT;
    for (int more = 0; more < 2; ++more) {
        fan(10000 + more);
        assert_int_equal(femd_mesh_check_fan(&b.cs, &b.mesh, &err), more ? FEMD_BAD_INPUT : FEMD_OK);
        free(b.mesh.x);
        free(b.mesh.cell);
    }
    assert_non_null(strstr(
        err.text,
        "case.json: mesh: 10001 cells of odd.msh have one node in common, at (0, 0, 0) of the file; at most 10000"));
}

/* ---- bodies that hang together by no face ---- */

static void joint_is(int line, int bodies, int nodes, double x, double y, double z) {
    femd_mesh_joint joint;
    femd_error err = FEMD_ERROR_INIT;
    conforms(line);
    assert_int_equal(femd_mesh_joints(&b.mesh, b.cs.element->cell, &joint, &err), FEMD_OK);
    if (joint.bodies != bodies || joint.nodes != nodes || fabs(joint.x[0] - 1e-6 * x) > 1e-15 ||
        fabs(joint.x[1] - 1e-6 * y) > 1e-15 || fabs(joint.x[2] - 1e-6 * z) > 1e-15)
        fail_msg("line %d: %d bodies, %d nodes, first (%g, %g, %g)", line, joint.bodies, joint.nodes, joint.x[0],
                 joint.x[1], joint.x[2]);
}

/* Bodies in the order of their first cells, each joint with the first of them there. */
static void hinges_are(int line, int nbodies, int n, const int (*joint)[2]) {
    int *of = malloc(((size_t)b.mesh.ncells + 1) * sizeof *of), bodies, found;
    femd_mesh_hinge *hinge;
    femd_error err = FEMD_ERROR_INIT;
    assert_non_null(of);
    conforms(line);
    assert_int_equal(femd_mesh_hinges(&b.mesh, b.cs.element->cell, of, &bodies, &hinge, &found, &err), FEMD_OK);
    if (bodies != nbodies || found != n) fail_msg("line %d: %d bodies, %d hinges", line, bodies, found);
    for (int i = 0; i < n; ++i) {
        int there[2] = {0}; /* the vertex is one of both */
        assert_memory_equal(hinge[i].body, joint[i], sizeof hinge[i].body);
        for (int k = 0; k < b.mesh.corners * b.mesh.ncells; ++k)
            for (int side = 0; side < 2; ++side)
                there[side] |= of[k / b.mesh.corners] == hinge[i].body[side] &&
                               memcmp(b.mesh.x + 3 * b.mesh.cell[k], hinge[i].x, sizeof hinge[i].x) == 0;
        assert_true(there[0] && there[1]);
    }
    assert_int_equal(of[0], 0);
    assert_int_equal(of[b.mesh.ncells - 1], nbodies - 1);
    free(hinge);
    free(of);
}

static void bodies_are_numbered_and_hang_at_their_joints(void **state) {
    (void)state;
    const femd_element *const element[2] = {&femd_element_q1, &femd_element_p1};
    static const int n[3] = {1, 2, 1}, joints[4][2] = {{0, 1}, {0, 1}, {0, 1}, {1, 3}};
    for (int k = 0; k < 2; ++k) {
        begin(element[k]);
        block(n, 0, 0, 0, one, 1, 0, NULL);
        hinges_are(__LINE__, 1, 0, NULL);
        block(n, 1, 0, 1, one, 1, 0, NULL);
        hinges_are(__LINE__, 2, 3, joints);
        block(n, 5, 5, 5, one, 1, 0, NULL);
        hinges_are(__LINE__, 3, 3, joints);
        block(n, 2, 1, 2, one, 1, 0, NULL);
        hinges_are(__LINE__, 4, 4, joints);
    }
}

static void bodies_joined_along_edges_or_at_nodes_are_counted(void **state) {
    (void)state;
    const femd_element *const element[2] = {&femd_element_q1, &femd_element_p1};
    static const int n[3] = {1, 2, 1};
    for (int k = 0; k < 2; ++k) {
        begin(element[k]);
        block(n, 0, 0, 0, one, 1, 0, NULL);
        joint_is(__LINE__, 0, 0, 0, 0, 0);
        block(n, 1, 0, 1, one, 1, 0, NULL); /* along an edge of three nodes */
        joint_is(__LINE__, 2, 3, 1, 0, 1);
        block(n, 5, 5, 5, one, 1, 0, NULL); /* a part by itself */
        joint_is(__LINE__, 2, 3, 1, 0, 1);
        block(n, 2, 1, 2, one, 1, 0, NULL); /* one more at a node */
        joint_is(__LINE__, 3, 4, 1, 0, 1);
        begin(element[k]);
        block((const int[3]){4, 3, 4}, 0, 0, 0, (const double[3]){2, 1, 1}, 1, 0, NULL);
        crack(0.5, 0, 0); /* the sides of a crack are one body, in front of it */
        joint_is(__LINE__, 0, 0, 0, 0, 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hexahedra_of_other_height_that_share_only_corners_are_refused),
        cmocka_unit_test(a_curved_surface_that_two_sides_cut_otherwise_is_refused),
        cmocka_unit_test(tetrahedra_that_cut_a_face_by_two_diagonals_are_refused),
        cmocka_unit_test(a_crack_of_doubled_nodes_is_taken),
        cmocka_unit_test(a_notch_is_taken_and_a_slit_without_width_is_not),
        cmocka_unit_test(parts_that_share_no_node_touch_as_they_like),
        cmocka_unit_test(thin_bodies_and_sharp_edges_are_taken),
        cmocka_unit_test(a_pore_of_one_cell_is_taken),
        cmocka_unit_test(a_gap_between_coarse_chords_is_told_with_its_place),
        cmocka_unit_test(faces_with_nodes_of_their_own_in_one_place_are_counted),
        cmocka_unit_test(more_cells_at_a_node_than_can_be_compared_are_refused),
        cmocka_unit_test(bodies_are_numbered_and_hang_at_their_joints),
        cmocka_unit_test(bodies_joined_along_edges_or_at_nodes_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
