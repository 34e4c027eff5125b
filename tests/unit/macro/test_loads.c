/* Loads that follow the body, resultants, and supports at points and edges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "near.h"
#include "run_checks.h"

static femd_case_boundary *at_point(femd_case_boundary *b, double x, double y, double z) {
    double *p = b->position[b->npositions++];
    p[0] = x, p[1] = y, p[2] = z;
    return b;
}

static femd_case_boundary *where_both(femd_case_boundary *b, const char *one, const char *other) {
    snprintf(b->on, sizeof b->on, "%s&%s", one, other);
    b->nsurfaces = 2;
    snprintf(b->surface[0], sizeof b->surface[0], "%s", one);
    snprintf(b->surface[1], sizeof b->surface[1], "%s", other);
    return b;
}

/* All nodes prescribed: the reactions add up to minus the load, which is -p cof(F) N A. */
static void a_following_pressure_is_that_of_the_deformed_surface(void **state) {
    (void)state;
    const double G[9] = {0.2, 0.1, -0.3, 0.4, -0.1, 0.2, 0.1, 0.3, 0.15}, p = 0.7;
    for (size_t e = 0; femd_element_at(e); ++e) {
        model m;
        double F[3][3], load[3];
        model_init(&m, femd_element_at(e), 2);
        model_affine(&m, G);
        model_load(&m, "right", FEMD_LOAD_FOLLOWER, p, 0, 0);
        RUN_OK(&m);
        for (int a = 0; a < 9; ++a) F[a / 3][a % 3] = G[a] + (a % 4 == 0);
        for (int a = 0; a < 3; ++a) { /* cof(F) e_x = F e_y x F e_z */
            const int b = (a + 1) % 3, c = (a + 2) % 3;
            load[a] = -p * (F[b][1] * F[c][2] - F[c][1] * F[b][2]);
        }
        for (int a = 0; a < 3; ++a) {
            double sum = 0;
            for (size_t b = 0; b < m.cs.nboundary; ++b) sum += m.reaction[3 * b + a];
            assert_near(sum, -load[a], 1e-11);
        }
        model_clear(&m);
    }
}

/* A free corner of a body under a pressure that follows all its free sides: the Cauchy stress is -p I. With the
 * iterative solver too, and quadratic convergence: the load stiffness is in the tangent. */
static void a_body_under_pressure_has_that_cauchy_stress(void **state) {
    (void)state;
    for (size_t e = 0; femd_element_at(e); ++e)
        for (int direct = 0; direct < 2; ++direct) {
            model m;
            model_init(&m, femd_element_at(e), 2);
            m.law.neo_hookean = 1;
            m.cs.direct = direct;
            m.cs.mesh.distort = 0.2;
            m.cs.rtol = 1e-10;
            model_hold(&m, "left", 0, NAN, NAN);
            model_hold(&m, "front", NAN, 0, NAN);
            model_hold(&m, "bottom", NAN, NAN, 0);
            model_expression(model_load(&m, "right", FEMD_LOAD_FOLLOWER, 0, 0, 0), 0, "0.5*t");
            model_load(&m, "back", FEMD_LOAD_FOLLOWER, 0.5, 0, 0);
            model_load(&m, "top", FEMD_LOAD_FOLLOWER, 0.5, 0, 0);
            m.cs.stability = 1;
            RUN_OK(&m);
            assert_int_equal(m.last.unstable, -1); /* a tangent without symmetry tells no signs */
            assert_true(m.last.newton <= 5);
            assert_int_equal(m.last.cuts, 0);
            for (PetscInt k = 0; k < m.p->pt->n; ++k) {
                double sigma[6];
                femd_cauchy(m.p->pt->F + 9 * k, m.p->pt->S + 6 * k, sigma);
                for (int c = 0; c < 6; ++c) assert_near(sigma[c], c < 3 ? -0.5 : 0, 1e-7);
            }
            /* the strip that the supports keep: p times the deformed area */
            const double stretch = m.p->pt->F[0];
            assert_near(m.reaction[0], 0.5 * stretch * stretch, 1e-7);
            model_clear(&m);
        }
}

static void a_force_is_the_resultant_whatever_the_area(void **state) {
    (void)state;
    for (size_t e = 0; femd_element_at(e); ++e) {
        model m;
        model_init(&m, femd_element_at(e), 3);
        m.cs.mesh.size[1] = 2;
        m.cs.mesh.distort = 0.2;
        m.cs.step_count = 2;
        model_hold(&m, "left", 0, 0, 0);
        femd_case_boundary *pull = model_load(&m, "right", FEMD_LOAD_FORCE, 0.03, 0, -0.01);
        model_expression(pull, 1, "0.02*t^2");
        at_point(model_load(&m, "corner", FEMD_LOAD_FORCE, 0, 0, 0.005), 1, 2, 1);
        RUN_OK(&m);
        assert_near(m.reaction[0], -0.03, 1e-11);
        assert_near(m.reaction[1], -0.02, 1e-11);
        assert_near(m.reaction[2], 0.005, 1e-11);
        assert_near(m.last.load, sqrt(0.0014), 1e-11);
        model_clear(&m);
    }
}

/* A plate in pure tension between two tractions, held at three corners in just six ways: uniform stress, no reaction.
 */
static void points_and_edges_hold_a_body_without_a_trace(void **state) {
    (void)state;
    for (size_t e = 0; femd_element_at(e); ++e) {
        model m;
        model_init(&m, femd_element_at(e), 2);
        m.cs.mesh.distort = 0.2;
        model_load(&m, "left", FEMD_LOAD_TRACTION, -0.1, 0, 0);
        model_load(&m, "right", FEMD_LOAD_TRACTION, 0.1, 0, 0);
        at_point(model_hold(&m, "at", 0, 0, 0), 0, 0, 0);
        at_point(model_hold(&m, "at", NAN, 0, 0), 1, 0, 0);
        at_point(model_hold(&m, "at", NAN, NAN, 0), 0, 1, 0);
        RUN_OK(&m);
        for (PetscInt k = 0; k < m.p->pt->n; ++k)
            for (int c = 1; c < 6; ++c) assert_near(m.p->pt->S[6 * k + c], 0, 1e-9);
        for (int i = 6; i < 15; ++i) assert_near(m.reaction[i], 0, 1e-11);
        model_clear(&m);
    }
}

/* The same edge by the surfaces that share it, and by its ends; and what it carries. */
static void an_edge_is_what_surfaces_share_or_a_line(void **state) {
    (void)state;
    double reaction[2][3];
    for (int by_line = 0; by_line < 2; ++by_line) {
        model m;
        model_init(&m, &femd_element_p2, 2);
        femd_case_boundary *edge = model_hold(&m, "edge", 0, 0, 0);
        if (by_line)
            at_point(at_point(edge, 0, 0, 0), 0, 1, 0);
        else
            where_both(edge, "left", "bottom");
        where_both(model_hold(&m, "other", NAN, NAN, 0), "right", "bottom");
        model_load(&m, "top", FEMD_LOAD_TRACTION, 0.01, 0.002, -0.05);
        RUN_OK(&m);
        memcpy(reaction[by_line], m.reaction, sizeof reaction[0]);
        assert_near(m.reaction[0], -0.01, 1e-11);
        assert_near(m.reaction[1], -0.002, 1e-11);
        assert_near(m.reaction[2] + m.reaction[5], 0.05, 1e-11);
        model_clear(&m);
    }
    assert_memory_equal(reaction[0], reaction[1], sizeof reaction[0]);
}

static void a_place_without_a_node_is_refused(void **state) {
    (void)state;
    model m;
    model_init(&m, &femd_element_q1, 2);
    model_hold(&m, "left", 0, 0, 0);
    at_point(model_hold(&m, "at(0.6;1;1)", NAN, NAN, 0), 0.6, 1, 1);
    RUN_REFUSED(&m, "boundary[1].at: no node within 1.7e-06 m of (0.6;1;1); the nearest is 0.1 m away");
    model_clear(&m);
    model_init(&m, &femd_element_q1, 2);
    model_hold(&m, "left", 0, 0, 0);
    where_both(model_hold(&m, "", NAN, NAN, 0), "left", "right");
    RUN_REFUSED(&m, "boundary[1].on: no node belongs to all of \"left&right\"");
    model_clear(&m);
}

/* A unit cube as one hexahedron, with a named point, a named line and named sides, in Gmsh's format 2.2. */
static const char cube[] =
    "$MeshFormat\n2.2 0 8\n$EndMeshFormat\n$PhysicalNames\n5\n0 1 \"tip\"\n1 2 \"spine\"\n2 3 \"floor\"\n2 5 \"roof\"\n"
    "3 4 \"body\"\n$EndPhysicalNames\n"
    "$Nodes\n9\n1 0 0 0\n2 1 0 0\n3 1 1 0\n4 0 1 0\n5 0 0 1\n6 1 0 1\n7 1 1 1\n8 0 1 1\n9 3 3 3\n$EndNodes\n"
    "$Elements\n5\n1 15 2 1 1 7\n2 1 2 2 1 1 2\n3 3 2 3 1 1 2 3 4\n4 3 2 5 1 5 6 7 8\n5 5 2 4 1 1 2 3 4 5 6 7 8\n"
    "$EndElements\n";

static void run_cube(model *m, const char *text, const char *words) {
    char path[] = "/tmp/femd-cube-XXXXXX";
    FILE *f = fdopen(mkstemp(path), "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    m->cs.mesh.file = path;
    if (words)
        RUN_REFUSED(m, words);
    else
        RUN_OK(m);
    remove(path);
}

static void groups_of_points_and_lines_are_held_by_name(void **state) {
    (void)state;
    model m;
    model_init(&m, &femd_element_q1, 1);
    model_hold(&m, "spine", 0, 0, 0);
    model_hold(&m, "tip", NAN, NAN, 0.1);
    model_hold(&m, "floor", NAN, NAN, 0);
    run_cube(&m, cube, NULL);
    double u[24];
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(femd_field_get(m.p->displacement, u, &err), FEMD_OK);
    for (PetscInt i = 0; i < 8; ++i) {
        const double *x = m.p->grid->node_x + 3 * i;
        if (x[0] == 1 && x[1] == 1 && x[2] == 1) assert_near(u[3 * i + 2], 0.1, 0);
        for (int a = 0; a < 3 && x[1] == 0 && x[2] == 0; ++a) assert_near(u[3 * i + a], 0, 0);
    }
    for (int a = 0; a < 3; ++a) assert_near(m.reaction[a] + m.reaction[3 + a] + m.reaction[6 + a], 0, 1e-12);
    assert_true(m.reaction[5] > 0.01);
    model_clear(&m);
}

static void groups_that_do_not_fit_are_refused(void **state) {
    (void)state;
    model m;
    char text[sizeof cube];
    model_init(&m, &femd_element_q1, 1);
    model_hold(&m, "floor", 0, 0, 0);
    model_load(&m, "tip", FEMD_LOAD_TRACTION, 0, 0, 1);
    run_cube(&m, cube, "boundary[1].on: no physical surface \"tip\" in");
    model_clear(&m);
    model_init(&m, &femd_element_q1, 1);
    model_hold(&m, "floor", 0, 0, 0);
    model_hold(&m, "tip", 0, 0, 1);
    memcpy(text, cube, sizeof text);
    strstr(text, "15 2 1 1 7")[9] = '9'; /* a point of no cell */
    run_cube(&m, text, "a point of group \"tip\" in");
    model_clear(&m);
}

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_following_pressure_is_that_of_the_deformed_surface),
        cmocka_unit_test(a_body_under_pressure_has_that_cauchy_stress),
        cmocka_unit_test(a_force_is_the_resultant_whatever_the_area),
        cmocka_unit_test(points_and_edges_hold_a_body_without_a_trace),
        cmocka_unit_test(an_edge_is_what_surfaces_share_or_a_line),
        cmocka_unit_test(a_place_without_a_node_is_refused),
        cmocka_unit_test(groups_of_points_and_lines_are_held_by_name),
        cmocka_unit_test(groups_that_do_not_fit_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
