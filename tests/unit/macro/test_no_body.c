/* Meshes that look like a body and are none: a place that is there twice, and no volume. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mesh/mesh.h"
#include "model.h"

/* In format 4.1, where nothing is listed twice with reason; and two cells in one place that share no node. */
static void a_cell_that_is_there_twice_is_named(void **state) {
    (void)state;
    static const char head[] =
        "$MeshFormat\n4.1 0 8\n$EndMeshFormat\n$Entities\n0 0 0 2\n1 0 0 0 1 1 1 0 0\n"
        "2 0 0 0 1 1 1 0 0\n$EndEntities\n$Nodes\n1 16 1 16\n3 1 0 16\n1\n2\n3\n4\n5\n6\n7\n8\n9\n"
        "10\n11\n12\n13\n14\n15\n16\n0 0 0\n1 0 0\n1 1 0\n0 1 0\n0 0 1\n1 0 1\n1 1 1\n0 1 1\n"
        "0 0 0\n1 0 0\n1 1 0\n0 1 0\n0 0 1\n1 0 1\n1 1 1\n0 1 1\n$EndNodes\n$Elements\n2 2 7 12\n"
        "3 1 5 1\n7 1 2 3 4 5 6 7 8\n3 2 5 1\n12 %s\n$EndElements\n";
    char text[1024], path[64];
    snprintf(path, sizeof path, "macro_test_no_body_%d.msh", (int)getpid());
    for (int apart = 0; apart < 2; ++apart) {
        model m;
        femd_mesh mesh = {0};
        femd_error err = FEMD_ERROR_INIT;
        model_init(&m, &femd_element_q1, 1);
        m.cs.mesh.file = path;
        snprintf(text, sizeof text, head, apart ? "10 11 12 9 14 15 16 13" : "2 3 4 1 6 7 8 5");
        FILE *f = fopen(path, "w");
        assert_non_null(f);
        fputs(text, f);
        fclose(f);
        femd_status rc = femd_mesh_gmsh(&m.cs, &mesh, &err);
        if (rc == FEMD_OK) rc = femd_mesh_check_overlap(&m.cs, &mesh, &err);
        remove(path);
        assert_int_equal(rc, FEMD_BAD_INPUT);
        if (!strstr(err.text, apart ? "cells 0 and 1 of macro_test_no_body_" : "cell 0 of macro_test_no_body_") ||
            !strstr(err.text, apart ? "overlap: they fill the same place, with nodes of their own"
                                    : "is there twice: elements 7 and 12 of the file"))
            fail_msg("%s", err.text);
        femd_mesh_clear(&mesh);
        model_clear(&m);
    }
}

/* Nodes in an oblique plane, in one of the axes, on a line; a foil is a body. */
static void a_body_without_volume_is_told_so(void **state) {
    (void)state;
    static const struct {
        double across[2][3]; /* unit vectors along which it is as thin as */
        double thin;         /* this, of what it was */
        const char *words;
    } flat[] = {{{{0.6, 0, 0.8}}, 0, "nodes lie in one plane, it is"},
                {{{0, 0, 1}}, 1e-7, "thick along (0, 0, 1)"},
                {{{0, -1, 0}}, 0, "it is 0 m thick along (0, 1, 0)"},
                {{{0, 1, 0}, {0, 0, 1}}, 1e-7, "nodes lie on one line, along (1, "},
                {{{0.6, 0, 0.8}}, 1e-4, NULL}};
    for (size_t i = 0; i < sizeof flat / sizeof *flat; ++i) {
        model m;
        femd_mesh mesh = {0};
        femd_error err = FEMD_ERROR_INIT;
        model_init(&m, &femd_element_p2, 2);
        assert_int_equal(femd_mesh_box(&m.cs, &mesh, &err), FEMD_OK);
        for (int v = 0; v < mesh.nvertices; ++v)
            for (int k = 0; k < 2; ++k) {
                const double *n = flat[i].across[k], *x = mesh.x + 3 * v,
                             off = (1 - flat[i].thin) * (n[0] * x[0] + n[1] * x[1] + n[2] * x[2]);
                for (int a = 0; a < 3; ++a) mesh.x[3 * v + a] -= off * n[a];
            }
        const femd_status rc = femd_mesh_check_reach(&m.cs, &mesh, &err);
        assert_int_equal(rc, flat[i].words ? FEMD_BAD_INPUT : FEMD_OK);
        if (flat[i].words && (!strstr(err.text, flat[i].words) || !strstr(err.text, "the box has no volume")))
            fail_msg("%s", err.text);
        femd_mesh_clear(&mesh);
        model_clear(&m);
    }
}

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cell_that_is_there_twice_is_named),
        cmocka_unit_test(a_body_without_volume_is_told_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
