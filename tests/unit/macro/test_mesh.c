/* Meshes: Gmsh files with named volumes and surfaces, and every way to get one wrong. The files are written here, from
 * the box mesh. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mesh/mesh.h"
#include "model.h"
#include "near.h"
#include "run_checks.h"

static const double stretch[9] = {0.05, 0.02, -0.01, 0.03, -0.04, 0.02, 0.0, 0.01, 0.03};

static char path[64];
static int twice; /* 1: write_gmsh lists every cell two times */

static int setup(void **state) {
    (void)state;
    snprintf(path, sizeof path, "macro_test_mesh_%d.msh", (int)getpid());
    return 0;
}

static int teardown(void **state) {
    (void)state;
    remove(path);
    return 0;
}

/* The box of the model as a Gmsh 2.2 file in nanometres (elementary tags are others: 5 for all): volumes "lower" (tag
 * 1) and "upper" (tag 2) by the cell's number, the six sides with tags 1 to 6 (the same numbers as the volumes: Gmsh
 * counts each dimension by itself), and one node that no cell uses. tet10: mid-edge nodes are added. */
static void write_gmsh(model *m, int tet10) {
    static const int edge_gmsh[6][2] = {{0, 1}, {1, 2}, {2, 0}, {3, 0}, {2, 3}, {1, 3}};
    static const char *const side[6] = {"left", "right", "front", "back", "bottom", "top"};
    femd_mesh b = {0};
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(femd_mesh_box(&m->cs, &b, &err), FEMD_OK);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, "$MeshFormat\n2.2 0 8\n$EndMeshFormat\n$PhysicalNames\n8\n3 1 \"lower\"\n3 2 \"upper\"\n");
    for (int s = 0; s < 6; ++s) fprintf(f, "2 %d \"%s\"\n", s + 1, side[s]);
    fprintf(f, "$EndPhysicalNames\n$Nodes\n%ld\n1 0.5 0.5 99\n", (long)(b.nvertices + 1 + (tet10 ? 6 * b.ncells : 0)));
    for (PetscInt v = 0; v < b.nvertices; ++v)
        fprintf(f, "%ld %.17g %.17g %.17g\n", (long)v + 2, 1e9 * b.x[3 * v], 1e9 * b.x[3 * v + 1],
                1e9 * b.x[3 * v + 2]);
    for (PetscInt c = 0; tet10 && c < b.ncells; ++c) /* repeated on shared edges: the reader must not care */
        for (int e = 0; e < 6; ++e) {
            const double *p = b.x + 3 * b.cell[4 * c + edge_gmsh[e][0]], *q = b.x + 3 * b.cell[4 * c + edge_gmsh[e][1]];
            fprintf(f, "%ld %.17g %.17g %.17g\n", (long)(b.nvertices + 2 + 6 * c + e), 5e8 * (p[0] + q[0]),
                    5e8 * (p[1] + q[1]), 5e8 * (p[2] + q[2]));
        }
    fprintf(f, "$EndNodes\n$Elements\n%ld\n", (long)((tet10 ? 0 : b.nfaces) + (1 + twice) * b.ncells));
    long number = 1;
    for (PetscInt i = 0; !tet10 && i < b.nfaces; ++i) {
        int tri = b.face[4 * i + 3] < 0;
        fprintf(f, "%ld %d 2 %d %d", number++, tri ? 2 : 3, b.face_surface[i] + 1, 5);
        for (int k = 0; k < 4 - tri; ++k) fprintf(f, " %ld", (long)b.face[4 * i + k] + 2);
        fprintf(f, "\n");
    }
    for (PetscInt k0 = 0; k0 < (1 + twice) * b.ncells; ++k0) {
        PetscInt c = k0 % b.ncells;
        int tag = c < b.ncells / 2 ? 1 : 2;
        fprintf(f, "%ld %d 2 %d %d", number++, tet10 ? 11 : b.corners == 8 ? 5 : 4, tag, 5);
        for (int k = 0; k < b.corners; ++k) fprintf(f, " %ld", (long)b.cell[b.corners * c + k] + 2);
        for (int e = 0; tet10 && e < 6; ++e) fprintf(f, " %ld", (long)(b.nvertices + 2 + 6 * c + e));
        fprintf(f, "\n");
    }
    fprintf(f, "$EndElements\n");
    fclose(f);
    femd_mesh_clear(&b);
    m->cs.mesh.file = path;
    m->cs.mesh.scale = 1e-9;
}

static void gmsh_equals_box(const femd_element *element) {
    model box, file;
    model_init(&box, element, 2);
    box.cs.mesh.distort = 0.2;
    model_affine(&box, stretch);
    model_init(&file, element, 2);
    file.cs.mesh.distort = 0.2;
    model_affine(&file, stretch);
    write_gmsh(&file, 0);
    RUN_OK(&box);
    RUN_OK(&file);
    assert_int_equal(box.p->grid->ncells, file.p->grid->ncells);
    assert_int_equal(box.p->grid->nnodes, file.p->grid->nnodes);
    for (PetscInt i = 0; i < 3 * box.p->grid->nnodes; ++i)
        assert_near(box.p->grid->node_x[i], file.p->grid->node_x[i], 1e-15);
    for (PetscInt c = 0; c < box.p->grid->ncells; ++c)
        assert_int_equal(box.p->grid->cell_file[c], file.p->grid->cell_file[c]);
    for (PetscInt k = 0; k < 6 * box.p->pt->n; ++k) assert_near(box.p->pt->S[k], file.p->pt->S[k], 1e-12);
    model_clear(&box);
    model_clear(&file);
}

static void gmsh_file_equals_the_box_it_was_written_from(void **state) {
    (void)state;
    gmsh_equals_box(&femd_element_q1);
    gmsh_equals_box(&femd_element_p1);
    gmsh_equals_box(&femd_element_p2);
}

/* Two materials side by side: the "upper" cells are softer. */
static void materials_follow_the_physical_volumes(void **state) {
    (void)state;
    model m;
    model_init(&m, &femd_element_q1, 2);
    write_gmsh(&m, 0);
    m.cs.nmaterials = 2;
    m.law.softer = 0.1;
    strcpy(m.material[1].region, "upper"); /* the first covers "all": a name beats it */
    model_hold(&m, "bottom", 0, 0, 0);
    model_hold(&m, "top", 0, 0, 0.1);
    RUN_OK(&m);
    double low = 0, high = 0;
    for (PetscInt k = 0; k < m.p->pt->n; ++k) {
        assert_int_equal(m.p->pt->material[k], m.p->grid->cell_file[k / 8] >= 4);
        *(m.p->pt->material[k] ? &high : &low) += m.p->pt->E[6 * k + 2];
    }
    assert_true(high > 5 * low);
    model_clear(&m);
}

static void point_numbers_are_those_of_the_file(void **state) {
    (void)state;
    model m;
    femd_error err = FEMD_ERROR_INIT;
    model_init(&m, &femd_element_p1, 2);
    write_gmsh(&m, 0);
    model_hold(&m, "left", 0, 0, 0);
    assert_int_equal(model_create(&m, &err), FEMD_OK);
    int seen[48] = {0};
    for (PetscInt k = 0; k < m.p->pt->n; ++k) seen[m.p->pt->id[k]]++;
    for (int k = 0; k < 48; ++k) assert_int_equal(seen[k], 1);
    model_clear(&m);
}

/* ---- what is refused ---- */

static void refused(model *m, const char *a, const char *b) {
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(model_create(m, &err), FEMD_BAD_INPUT);
    assert_null(m->p);
    if (!strstr(err.text, a) || !strstr(err.text, b)) fail_msg("\"%s\" lacks \"%s\" or \"%s\"", err.text, a, b);
}

static void text_file(const char *text) {
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void bad_meshes_are_named(void **state) {
    (void)state;
    model m;

    model_init(&m, &femd_element_q1, 2); /* no such file */
    model_hold(&m, "left", 0, 0, 0);
    m.cs.mesh.file = (char *)"nowhere.msh";
    refused(&m, "case.json: mesh.file: ", "nowhere.msh");

    m.cs.mesh.file = path; /* something else */
    text_file("solid cube\n");
    refused(&m, "mesh.file", "no Gmsh file");

    text_file("$MeshFormat\n2.2 0 8\n$EndMeshFormat\n$Nodes\nmany\n"); /* broken inside */
    refused(&m, "mesh.file", "cannot read");
    text_file("$MeshFormat\n7.3 0 8\n$EndMeshFormat\n");
    refused(&m, "mesh.file", "cannot read");

    model_init(&m, &femd_element_p1, 2); /* an element that does not fit */
    model_hold(&m, "left", 0, 0, 0);
    write_gmsh(&m, 0);
    m.cs.element = &femd_element_q1;
    refused(&m, "element.type", "use P1 or P2");
    model_init(&m, &femd_element_q1, 2);
    model_hold(&m, "left", 0, 0, 0);
    write_gmsh(&m, 0);
    m.cs.element = &femd_element_p2;
    refused(&m, "element.type", "use Q1");

    model_init(&m, &femd_element_q1, 2); /* names */
    write_gmsh(&m, 0);
    strcpy(m.material[0].region, "foo");
    model_hold(&m, "left", 0, 0, 0);
    refused(&m, "materials.material0.region: no physical volume \"foo\" in macro_test_mesh_",
            "the mesh has: lower, upper");
    strcpy(m.material[0].region, "lower");
    refused(&m, "no material covers cell 4", "lower, upper");
    m.cs.nmaterials = 3;
    strcpy(m.material[2].region, "lower");
    strcpy(m.material[1].region, "upper");
    refused(&m, "belongs to material0 and to material2", "cell 0");
    m.cs.nmaterials = 1;
    strcpy(m.material[0].region, "all");
    model_hold(&m, "leftt", 0, 0, 0);
    refused(&m, "boundary[1].on: no physical surface \"leftt\"", "the mesh has: left, right, front, back, bottom, top");

    model_init(&m, &femd_element_q1, 2); /* all cells listed twice */
    model_hold(&m, "left", 0, 0, 0);
    m.cs.mesh.cells[0] = 4;
    twice = 1;
    write_gmsh(&m, 0);
    twice = 0;
    refused(&m, "cell 0 of macro_test_mesh_",
            "is there twice: elements 41 and 57 of the file have the same corners and are in");

    model_init(&m, &femd_element_q1, 3); /* inverted */
    m.cs.mesh.distort = 2;
    model_hold(&m, "left", 0, 0, 0);
    refused(&m, "inverted", "distort");
    model_init(&m, &femd_element_p1, 1);
    model_hold(&m, "left", 0, 0, 0);
    write_gmsh(&m, 0);
    m.cs.mesh.scale = -1e-9;
    refused(&m, "cell 0 of macro_test_mesh_", "is inverted");
}

/* Two cubes with a named face between them. A force or a mean over it would be that of no face in one process and of
 * two where the mesh is shared along it. */
static void a_surface_inside_the_body_carries_nothing(void **state) {
    (void)state;
    static const char pair[] =
        "$MeshFormat\n2.2 0 8\n$EndMeshFormat\n$PhysicalNames\n3\n2 1 \"left\"\n2 2 \"middle\"\n3 1 \"body\"\n"
        "$EndPhysicalNames\n$Nodes\n12\n1 0 0 0\n2 1 0 0\n3 2 0 0\n4 0 1 0\n5 1 1 0\n6 2 1 0\n7 0 0 1\n8 1 0 1\n"
        "9 2 0 1\n10 0 1 1\n11 1 1 1\n12 2 1 1\n$EndNodes\n$Elements\n4\n1 3 2 1 1 1 7 10 4\n2 3 2 2 2 2 5 11 8\n"
        "3 5 2 1 3 1 2 5 4 7 8 11 10\n4 5 2 1 4 2 3 6 5 8 9 12 11\n$EndElements\n";
    static const femd_load kind[] = {FEMD_LOAD_TRACTION, FEMD_LOAD_PRESSURE, FEMD_LOAD_FOLLOWER, FEMD_LOAD_FORCE};
    femd_case_probe probe = {.name = "cut", .on = "middle"};
    model m;
    for (size_t k = 0; k < 5; ++k) {
        model_init(&m, &femd_element_q1, 1);
        model_hold(&m, "left", 0, 0, 0);
        m.cs.mesh.file = path;
        text_file(pair);
        if (k < 4)
            model_load(&m, "middle", kind[k], 0.01, 0, 0);
        else
            m.cs.probe = &probe, m.cs.nprobes = 1;
        refused(&m, "\"middle\" lies inside the body", "an outer surface");
    }
    model_init(&m, &femd_element_q1, 1); /* it may hold the body */
    model_hold(&m, "middle", 0, 0, 0);
    m.cs.mesh.file = path;
    RUN_OK(&m);
    model_clear(&m);
}

/* The box of the model as a Gmsh file with one more cell of the corners of cell 0 moved
 * by `shift` (corners that `keeps` names stay those of cell 0); no extra cell for shift NULL. */
static void write_overlapping(model *m, const double *shift, const int keeps[8]) {
    femd_mesh b = {0};
    femd_error err = FEMD_ERROR_INIT;
    m->cs.mesh.file = NULL;
    assert_int_equal(femd_mesh_box(&m->cs, &b, &err), FEMD_OK);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, "$MeshFormat\n2.2 0 8\n$EndMeshFormat\n$PhysicalNames\n1\n3 1 \"body\"\n$EndPhysicalNames\n$Nodes\n%d\n",
            b.nvertices + (shift ? b.corners : 0));
    for (int v = 0; v < b.nvertices + (shift ? b.corners : 0); ++v) {
        const double *x = b.x + 3 * (v < b.nvertices ? v : b.cell[v - b.nvertices]), none[3] = {0},
                     *by = v < b.nvertices ? none : shift;
        fprintf(f, "%d %.17g %.17g %.17g\n", v + 1, x[0] + by[0], x[1] + by[1], x[2] + by[2]);
    }
    fprintf(f, "$EndNodes\n$Elements\n%d\n", b.ncells + (shift ? 1 : 0));
    for (int c = 0; c < b.ncells + (shift ? 1 : 0); ++c) {
        fprintf(f, "%d %d 2 1 1", c + 1, b.corners == 8 ? 5 : 4);
        for (int i = 0; i < b.corners; ++i)
            fprintf(f, " %d", (c < b.ncells ? b.cell[b.corners * c + i] : keeps[i] ? b.cell[i] : b.nvertices + i) + 1);
        fprintf(f, "\n");
    }
    fprintf(f, "$EndElements\n");
    fclose(f);
    femd_mesh_clear(&b);
    m->cs.mesh.file = path;
}

static void cells_that_overlap_are_refused(void **state) {
    (void)state;
    static const double little[3] = {0.03, 0.02, 0.01}, far[3] = {-0.02, -0.03, -2};
    static const int none[8] = {0}, two[8] = {1, 1}, three[8] = {1, 1, 1};
    const femd_element *const element[3] = {&femd_element_q1, &femd_element_p1, &femd_element_p2};
    for (int k = 0; k < 3; ++k) {
        const struct {
            const double *shift;
            const int *keeps;
            int overlaps;
        } trial[] = {{NULL, none, 0}, {far, none, 0}, {little, none, 1}, {little, two, 1}, {little, three, 1}};
        for (int i = 0; i < 5; ++i) {
            model m;
            femd_mesh mesh = {0};
            femd_error err = FEMD_ERROR_INIT;
            model_init(&m, element[k], 4);
            m.cs.mesh.distort = k == 0 ? 0.4 : 0.15;
            write_overlapping(&m, trial[i].shift, trial[i].keeps);
            assert_int_equal(femd_mesh_gmsh(&m.cs, &mesh, &err), FEMD_OK);
            if (femd_mesh_check(&m.cs, &mesh, &err) != FEMD_OK) fail_msg("%s", err.text);
            assert_int_equal(femd_mesh_check_overlap(&m.cs, &mesh, &err), trial[i].overlaps ? FEMD_BAD_INPUT : FEMD_OK);
            char words[64];
            snprintf(words, sizeof words, "cells 0 and %d of macro_test_mesh_", mesh.ncells - 1);
            if (trial[i].overlaps && !strstr(err.text, words)) fail_msg("%s", err.text);
            femd_mesh_clear(&mesh);
            if (trial[i].overlaps) refused(&m, words, "overlap");
        }
    }
}

static void second_order_tetrahedra_are_straight_p2(void **state) {
    (void)state;
    model m;
    model_init(&m, &femd_element_p2, 1);
    write_gmsh(&m, 1);
    femd_mesh read = {0};
    femd_error err = FEMD_ERROR_INIT;
    if (femd_mesh_gmsh(&m.cs, &read, &err) != FEMD_OK) fail_msg("%s", err.text);
    assert_int_equal(read.ncells, 6);
    assert_int_equal(read.nvertices, 8);
    if (femd_mesh_check(&m.cs, &read, &err) != FEMD_OK) fail_msg("%s", err.text);
    femd_mesh_clear(&read);
}

static void boundary_that_contradicts_itself_is_refused(void **state) {
    (void)state;
    model m;
    model_init(&m, &femd_element_q1, 2);
    model_hold(&m, "left", 0, 0, 0);
    model_hold(&m, "top", 0.1, NAN, NAN);
    refused(&m, "boundary[0] (\"left\") and boundary[1] (\"top\") prescribe different displacements along x", "(null)");

    model_init(&m, &femd_element_q1, 2); /* the same value, another amplitude */
    double time[2] = {0, 1}, factor[2] = {1, 1};
    model_hold(&m, "left", 0.1, 0, 0);
    femd_case_boundary *b = model_hold(&m, "top", 0.1, NAN, NAN);
    b->ntable = 2;
    b->time = time;
    b->factor = factor;
    refused(&m, "prescribe different displacements", "at time 0");
}

static void body_that_can_move_freely_is_refused(void **state) {
    (void)state;
    model m;
    model_init(&m, &femd_element_q1, 2);
    model_hold(&m, "left", 0, NAN, NAN);
    refused(&m, "free to move in 3 of its 6 rigid ways", "case.json: boundary");
    model_init(&m, &femd_element_q1, 2);
    model_load(&m, "left", FEMD_LOAD_TRACTION, 1, 0, 0);
    refused(&m, "free to move in 6 of", "");
}

static void want_that_nobody_answers_is_refused(void **state) {
    (void)state;
    model m;
    model_init(&m, &femd_element_q1, 1);
    model_hold(&m, "left", 0, 0, 0);
    m.cs.wants_committed = FEMD_WANT_CONDUCTIVITY;
    refused(&m, "output.wants", "conductivity");
}

static void petsc_option_that_petsc_refuses_is_bad_input(void **state) {
    (void)state;
    model m;
    femd_error err = FEMD_ERROR_INIT;
    char *option[] = {(char *)"-ksp_type nonsense"};
    model_init(&m, &femd_element_q1, 1);
    model_hold(&m, "left", 0, 0, 0);
    m.cs.petsc = option;
    m.cs.npetsc = 1;
    assert_int_equal(model_run(&m, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "nonsense"));
    model_clear(&m);
    assert_int_equal(PetscOptionsClearValue(NULL, "-ksp_type"), 0);
}

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(gmsh_file_equals_the_box_it_was_written_from, setup, teardown),
        cmocka_unit_test_setup_teardown(materials_follow_the_physical_volumes, setup, teardown),
        cmocka_unit_test_setup_teardown(point_numbers_are_those_of_the_file, setup, teardown),
        cmocka_unit_test_setup_teardown(bad_meshes_are_named, setup, teardown),
        cmocka_unit_test_setup_teardown(a_surface_inside_the_body_carries_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(cells_that_overlap_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(second_order_tetrahedra_are_straight_p2, setup, teardown),
        cmocka_unit_test(boundary_that_contradicts_itself_is_refused),
        cmocka_unit_test(body_that_can_move_freely_is_refused),
        cmocka_unit_test(want_that_nobody_answers_is_refused),
        cmocka_unit_test(petsc_option_that_petsc_refuses_is_bad_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
