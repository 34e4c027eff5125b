/* The memory that femd check foretells, against what runs have taken: one step of the elastic engine on one rank, peak
 * resident bytes as GNU time tells them (PETSc 3.18.5, MUMPS 5.5.1). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "fields/boundary.h"
#include "mesh/mesh_memory.h"
#include "model.h"

typedef struct taken {
    const char *element;
    int cells[3];        /* of a box of cubes */
    int direct, thermal; /* 2: with the pressure as an unknown; 3: so, by iterations */
    femd_load kind;      /* of the one entry that matters; DISPLACEMENT: none does */
    double megabytes;
} taken;

static const taken runs[] = {
    {"Q1", {5, 5, 5}, 0, 0, 0, 59.6},
    {"Q1", {10, 10, 10}, 0, 0, 0, 89.0},
    {"Q1", {18, 18, 18}, 0, 0, 0, 236.5},
    {"Q1", {100, 8, 8}, 0, 0, 0, 281.0},
    {"Q1", {25, 25, 25}, 0, 0, 0, 514.2},
    {"Q1", {10, 10, 10}, 1, 0, 0, 101.1},
    {"Q1", {16, 16, 16}, 1, 0, 0, 252.1},
    {"Q1", {100, 8, 8}, 1, 0, 0, 321.9},
    {"Q1", {22, 22, 22}, 1, 0, 0, 648.6},
    {"P1", {5, 5, 5}, 0, 0, 0, 58.9},
    {"P1", {12, 12, 12}, 0, 0, 0, 101.7},
    {"P1", {22, 22, 22}, 0, 0, 0, 338.5},
    {"P1", {30, 30, 30}, 0, 0, 0, 722.1},
    {"P1", {12, 12, 12}, 1, 0, 0, 115.2},
    {"P1", {18, 18, 18}, 1, 0, 0, 301.6},
    {"P1", {100, 8, 8}, 1, 0, 0, 265.2},
    {"P1", {24, 24, 24}, 1, 0, 0, 717.9},
    {"P2", {4, 4, 4}, 0, 0, 0, 64.4},
    {"P2", {8, 8, 8}, 0, 0, 0, 129.6},
    {"P2", {60, 5, 5}, 0, 0, 0, 272.5},
    {"P2", {13, 13, 13}, 0, 0, 0, 340.6},
    {"P2", {18, 18, 18}, 0, 0, 0, 765.5},
    {"P2", {6, 6, 6}, 1, 0, 0, 117.5},
    {"P2", {9, 9, 9}, 1, 0, 0, 291.4},
    {"P2", {60, 5, 5}, 1, 0, 0, 417.0},
    {"P2", {12, 12, 12}, 1, 0, 0, 697.9},
    {"Q1", {18, 18, 18}, 0, 1, 0, 184.4},
    {"P1", {18, 18, 18}, 0, 1, 0, 180.3},
    {"P2", {12, 12, 12}, 0, 1, 0, 189.3},
    {"Q1", {18, 18, 18}, 1, 1, 0, 187.7},
    {"P2", {12, 12, 12}, 1, 1, 0, 215.2},
    {"Q1", {12, 12, 12}, 0, 0, FEMD_LOAD_PERIODIC, 204.3},
    {"P2", {7, 7, 7}, 0, 0, FEMD_LOAD_PERIODIC, 247.8},
    {"Q1", {12, 12, 12}, 0, 0, FEMD_LOAD_RIGID, 145.4},
    {"P2", {7, 7, 7}, 0, 0, FEMD_LOAD_RIGID, 164.3},
    {"Q1", {12, 12, 12}, 0, 0, FEMD_LOAD_TURNED, 141.9},
    {"P2", {7, 7, 7}, 0, 0, FEMD_LOAD_TURNED, 163.9},
    {"P2", {6, 6, 6}, 2, 0, 0, 154.8},
    {"P2", {9, 9, 9}, 2, 0, 0, 428.3},
    {"P2", {60, 5, 5}, 2, 0, 0, 620.8},
    {"P2", {12, 12, 12}, 2, 0, 0, 1116.4},
    {"P2", {10, 10, 10}, 3, 0, 0, 293.6},
    {"P2", {12, 12, 12}, 3, 0, 0, 454.0},
    {"P2", {16, 16, 16}, 3, 0, 0, 989.9},
};

/* What the mesh of a box has, counted. */
static void count_box(const taken *run, femd_case *cs, femd_mesh *mesh, femd_mesh_measure *m) {
    const int *n = run->cells, blocks = n[0] * n[1] * n[2];
    cs->element = femd_element_named(run->element);
    cs->direct = run->direct == 1 || run->direct == 2;
    cs->mixed = run->direct >= 2;
    cs->iterative = run->direct == 3;
    cs->physics = run->thermal ? FEMD_PHYSICS_THERMAL : FEMD_PHYSICS_MECHANICAL;
    cs->nboundary = run->kind ? 1 : 0;
    cs->boundary->kind = run->kind;
    mesh->nvertices = (n[0] + 1) * (n[1] + 1) * (n[2] + 1);
    mesh->ncells = blocks * cs->element->cell->per_block;
    const int edges = (2 * n[0] + 1) * (2 * n[1] + 1) * (2 * n[2] + 1) - mesh->nvertices; /* of tetrahedra */
    m->nparts = 1;
    m->nfaces = 1 + mesh->ncells + edges - mesh->nvertices;
    m->volume = 1e-18 * blocks;
    for (int a = 0; a < 3; ++a) m->low[a] = 1, m->high[a] = 1 + 1e-6 * n[a];
}

static void what_runs_have_taken_is_foretold(void **state) {
    (void)state;
    femd_case_boundary entry = {0};
    for (size_t i = 0; i < sizeof runs / sizeof *runs; ++i) {
        femd_case cs = {.boundary = &entry};
        femd_mesh mesh = {0};
        femd_mesh_measure m = {0};
        count_box(&runs[i], &cs, &mesh, &m);
        const double megabytes = femd_mesh_memory(&cs, &mesh, &m) / 1e6;
        if (!(fabs(megabytes - runs[i].megabytes) < 0.1 * runs[i].megabytes))
            fail_msg("run %zu (%s): %g MB, %g are foretold", i, runs[i].element, runs[i].megabytes, megabytes);
        assert_int_equal(femd_mesh_is_solved_directly(&cs), cs.direct || runs[i].kind);
        assert_int_equal(femd_mesh_pair_is_direct(&cs, &mesh, &m), runs[i].direct == 2);
    }
}

/* The nodes of a mesh that is there. */
static void nodes_are_counted(void **state) {
    (void)state;
    static const struct {
        const femd_element *element;
        int nodes;
    } is[] = {{&femd_element_q1, 4 * 3 * 2}, {&femd_element_p1, 4 * 3 * 2}, {&femd_element_p2, 7 * 5 * 3}};
    for (size_t i = 0; i < sizeof is / sizeof *is; ++i) {
        model mine;
        femd_mesh mesh = {0};
        femd_mesh_measure m;
        femd_error err = FEMD_ERROR_INIT;
        model_init(&mine, is[i].element, 1);
        for (int a = 0; a < 3; ++a) mine.cs.mesh.cells[a] = 3 - a;
        assert_int_equal(femd_mesh_box(&mine.cs, &mesh, &err), FEMD_OK);
        assert_int_equal(femd_mesh_measure_create(&mine.cs, &mesh, &m, &err), FEMD_OK);
        assert_true(femd_mesh_nodes(&mine.cs, &mesh, &m) == is[i].nodes);
        femd_mesh_measure_clear(&m);
        femd_mesh_clear(&mesh);
        model_clear(&mine);
    }
}

/* A fan around an axis, all of whose cells meet in two vertices: a cell of the mesh takes no more for it, and its faces
 * and edges are found. */
static void a_vertex_of_many_edges_is_a_vertex(void **state) {
    (void)state;
    const int n = 800;
    char path[64];
    femd_error err = FEMD_ERROR_INIT;
    model m;
    snprintf(path, sizeof path, "macro_test_fan_%d.msh", (int)getpid());
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f,
            "$MeshFormat\n2.2 0 8\n$EndMeshFormat\n$PhysicalNames\n3\n3 1 \"body\"\n2 2 \"low\"\n1 3 \"axis\"\n"
            "$EndPhysicalNames\n$Nodes\n%d\n1 0 0 0\n2 0 0 1\n",
            n + 2);
    for (int i = 0; i < n; ++i)
        fprintf(f, "%d %.17g %.17g 0.5\n", i + 3, cos(2 * acos(-1) * i / n), sin(2 * acos(-1) * i / n));
    fprintf(f, "$EndNodes\n$Elements\n%d\n1 1 2 3 3 1 2\n", 2 * n + 1);
    for (int i = 0; i < n; ++i) {
        fprintf(f, "%d 4 2 1 1 1 %d %d 2\n", 2 * i + 2, i + 3, (i + 1) % n + 3);
        fprintf(f, "%d 2 2 2 2 %d 1 %d\n", 2 * i + 3, i + 3, (i + 1) % n + 3);
    }
    fprintf(f, "$EndElements\n");
    fclose(f);
    model_init(&m, &femd_element_p2, 1);
    m.cs.mesh.file = path;
    m.cs.mesh.scale = 1;
    model_hold(&m, "low", 0, 0, 0);
    model_hold(&m, "axis", 0, NAN, NAN);
    m.cs.has_body_force = 1;
    m.cs.body_force[2] = -0.01;
    m.cs.direct = 0;
    if (model_create(&m, &err) != FEMD_OK) fail_msg("%s", err.text);
    remove(path);
    const femd_field *field = m.p->displacement;
    int held = 0, shared = 0;
    for (size_t i = 0; i < (size_t)field->n; ++i) {
        held += field->boundary->sharers[i] > 0;
        shared += field->boundary->sharers[i] > 1;
    }
    assert_int_equal(held, 3 * (n + 2 * n + 1) + 2); /* rim, edges and middle of the surface; x of the axis */
    assert_int_equal(shared, 1);
    if (model_run(&m, &err) != FEMD_OK) fail_msg("%s", err.text);
    assert_true(m.last.direct); /* multigrid would take thirty times as long, and from 1024 cells on not end well */
    model_clear(&m);
}

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_runs_have_taken_is_foretold),
        cmocka_unit_test(nodes_are_counted),
        cmocka_unit_test(a_vertex_of_many_edges_is_a_vertex),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
