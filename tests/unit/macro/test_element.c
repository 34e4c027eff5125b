/* Every element of the list by the rules that all obey, the list against the schema, and an element that femd does not
 * have: a triquadratic hexahedron, made here of one table, goes through the whole solver. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "element/element_kernel.h"
#include "femd/json.h"
#include "femd/kinematics.h"
#include "model.h"
#include "near.h"
#include "run_checks.h"

/* ---- Q2: 27 nodes, 3 x 3 x 3 Gauss points ---- */

/* Which of the three values -1, 0, 1 node i has along each axis: corners, edges, faces, middle. */
static void q2_node(int i, int at[3]) {
    const femd_cell *cell = &femd_hexahedron;
    const int *corner = NULL, one[1] = {i};
    int n = 0;
    double sum[3] = {0};
    if (i < 8)
        corner = one, n = 1;
    else if (i < 20)
        corner = cell->edge[i - 8], n = 2;
    else if (i < 26)
        corner = cell->face[i - 20], n = 4;
    for (int k = 0; k < n; ++k)
        for (int a = 0; a < 3; ++a) sum[a] += cell->corner_at[corner[k]][a] / n;
    for (int a = 0; a < 3; ++a) at[a] = (int)sum[a];
}

/* Quadratic Lagrange polynomial of node s on a line, and its derivative. */
static double q2_line(int s, double x, double *derivative) {
    *derivative = s ? x + 0.5 * s : -2 * x;
    return s ? 0.5 * x * (x + s) : 1 - x * x;
}

static void q2_shape(const double at[4], double *n, double (*dn)[FEMD_SPACE]) {
    for (int i = 0; i < 27; ++i) {
        int s[3];
        double v[3], d[3];
        q2_node(i, s);
        for (int a = 0; a < 3; ++a) v[a] = q2_line(s[a], at[a], &d[a]);
        n[i] = v[0] * v[1] * v[2];
        for (int a = 0; a < 3; ++a) dn[i][a] = d[a] * v[(a + 1) % 3] * v[(a + 2) % 3];
    }
}

static const double gauss_at[3] = {-0.7745966692414834, 0, 0.7745966692414834},
                    gauss_weight[3] = {5.0 / 9, 8.0 / 9, 5.0 / 9};

static void q2_point(int q, double at[4], double *weight) {
    const int k[3] = {q % 3, q / 3 % 3, q / 9};
    *weight = 1;
    for (int a = 0; a < 3; ++a) {
        at[a] = gauss_at[k[a]];
        *weight *= gauss_weight[k[a]];
    }
}

static void q2_face_point(int q, double at[2], double *weight) {
    at[0] = gauss_at[q % 3];
    at[1] = gauss_at[q / 3];
    *weight = gauss_weight[q % 3] * gauss_weight[q / 3];
}

static void q2_face_shape(const double at[2], double *n) {
    static const int place[9][2] = {{-1, -1}, {1, -1}, {1, 1}, {-1, 1}, {0, -1}, {1, 0}, {0, 1}, {-1, 0}, {0, 0}};
    double ignored;
    for (int i = 0; i < 9; ++i) n[i] = q2_line(place[i][0], at[0], &ignored) * q2_line(place[i][1], at[1], &ignored);
}

FEMD_STIFFNESS_KERNEL(q2_stiffness, 27, 27)

static const femd_element q2 = {.name = "Q2",
                                .cell = &femd_hexahedron,
                                .nodes_on = {1, 1, 1, 1},
                                .vtk_type = 29,
                                .nodes = 27,
                                .points = 27,
                                .shape = q2_shape,
                                .point = q2_point,
                                .face_nodes = 9,
                                .face_points = 9,
                                .face_parts = 1,
                                .face_shape = q2_face_shape,
                                .face_point = q2_face_point,
                                .stiffness = q2_stiffness};

/* Those of the list, then Q2. */
static const femd_element *any_element(size_t i) {
    const femd_element *element = femd_element_at(i);
    return element || (i > 0 && !femd_element_at(i - 1)) ? element : &q2;
}

/* ---- what an element must obey ---- */

static void a_shape_function_is_one_at_its_node_and_zero_at_the_others(void **state) {
    (void)state;
    const femd_element *element;
    for (size_t e = 0; (element = any_element(e)); ++e) {
        const femd_cell *cell = element->cell;
        assert_int_equal(element->nodes, element->nodes_on[0] * cell->corners + element->nodes_on[1] * cell->edges +
                                             element->nodes_on[2] * cell->faces + element->nodes_on[3]);
        for (int i = 0; i < element->nodes; ++i) {
            double at[4], n[FEMD_ELEMENT_NODES], dn[FEMD_ELEMENT_NODES][FEMD_SPACE];
            femd_element_node_at(element, i, at);
            element->shape(at, n, dn);
            for (int k = 0; k < element->nodes; ++k) assert_near(n[k], i == k, 1e-14);
        }
    }
}

/* A cell with corners that are no reference cell's, but an affine image of it. */
static void place_corners(const femd_element *element, double *x) {
    static const double A[3][3] = {{1.1, 0.2, 0.1}, {-0.1, 0.9, 0.3}, {0.2, -0.2, 1.3}};
    const int barycentric = element->cell->corners == 4;
    for (int i = 0; i < element->cell->corners; ++i)
        for (int a = 0; a < 3; ++a) {
            x[3 * i + a] = 0;
            for (int b = 0; b < 3; ++b) x[3 * i + a] += A[a][b] * element->cell->corner_at[i][b + barycentric];
        }
}

static void quadrature_finds_volume_and_gradients_of_a_linear_field(void **state) {
    (void)state;
    const femd_element *element;
    for (size_t e = 0; (element = any_element(e)); ++e) {
        femd_element_table table;
        double x[FEMD_SPACE * FEMD_CELL_CORNERS], gradient[FEMD_SPACE * FEMD_ELEMENT_NODES], volume = 0;
        femd_element_table_make(element, &table);
        place_corners(element, x);
        for (int q = 0; q < table.points; ++q) {
            double position[3], weight, sum[3] = {0}, slope[3] = {0}, det;
            det = femd_element_map(&table, q, x, position, &weight, gradient);
            assert_true(det > 0);
            volume += weight;
            for (int i = 0; i < table.nodes; ++i) {
                double at[4], n[FEMD_CELL_CORNERS], dn[FEMD_CELL_CORNERS][FEMD_SPACE], y = 0;
                femd_element_node_at(element, i, at);
                element->cell->shape(at, n, dn);
                for (int k = 0; k < table.corners; ++k) y += n[k] * x[3 * k + 1];
                for (int a = 0; a < 3; ++a) {
                    sum[a] += gradient[3 * i + a];
                    slope[a] += y * gradient[3 * i + a];
                }
            }
            for (int a = 0; a < 3; ++a) {
                assert_near(sum[a], 0, 1e-13);
                assert_near(slope[a], a == 1, 1e-13);
            }
        }
        const double det_A = 1.1 * (0.9 * 1.3 + 0.3 * 0.2) - 0.2 * (-0.1 * 1.3 - 0.3 * 0.2) + 0.1 * (0.02 - 0.18);
        assert_near(volume, det_A * (element->cell->corners == 8 ? 8 : 1.0 / 6), 1e-13);
    }
}

/* The faces close: their area vectors sum to zero, and one third of x . N dA is the volume. */
static void faces_look_outward_and_close_the_cell(void **state) {
    (void)state;
    const femd_element *element;
    for (size_t e = 0; (element = any_element(e)); ++e) {
        femd_element_table table;
        double x[FEMD_SPACE * FEMD_CELL_CORNERS], total[3] = {0}, volume = 0, enclosed = 0;
        femd_element_table_make(element, &table);
        place_corners(element, x);
        for (int q = 0; q < table.points; ++q) {
            double position[3], weight, gradient[FEMD_SPACE * FEMD_ELEMENT_NODES];
            (void)femd_element_map(&table, q, x, position, &weight, gradient);
            volume += weight;
        }
        for (int side = 0; side < element->cell->faces; ++side) {
            double on_face[FEMD_FACE_NODES][FEMD_SPACE] = {{0}}, area[FEMD_FACE_NODES][FEMD_SPACE],
                   size[FEMD_FACE_NODES];
            for (int i = 0; i < table.face_nodes; ++i) {
                double at[4], n[FEMD_CELL_CORNERS], dn[FEMD_CELL_CORNERS][FEMD_SPACE];
                femd_element_node_at(element, table.face_node[side][i], at);
                element->cell->shape(at, n, dn);
                for (int a = 0; a < 3; ++a)
                    for (int k = 0; k < table.corners; ++k) on_face[i][a] += n[k] * x[3 * k + a];
            }
            femd_element_face_area(&table, (const double(*)[FEMD_SPACE])on_face, area, size);
            for (int i = 0; i < table.face_nodes; ++i) {
                double at[4], n[FEMD_CELL_CORNERS], dn[FEMD_CELL_CORNERS][FEMD_SPACE];
                assert_in_range(table.face_node[side][i], 0, table.nodes - 1);
                femd_element_node_at(element, table.face_node[side][i], at);
                element->cell->shape(at, n, dn);
                for (int a = 0; a < 3; ++a) {
                    total[a] += area[i][a];
                    for (int k = 0; k < table.corners; ++k) enclosed += n[k] * x[3 * k + a] * area[i][a] / 3;
                }
            }
        }
        for (int a = 0; a < 3; ++a) assert_near(total[a], 0, 1e-13);
        assert_near(enclosed, volume, 1e-13);
    }
}

/* ---- the list ---- */

static void schema_lists_the_elements_that_there_are(void **state) {
    (void)state;
    cJSON *schema = cJSON_Parse(femd_case_schema);
    static const char *const path[] = {"properties", "element", "properties", "type", "enum"};
    const cJSON *names = schema;
    for (size_t i = 0; i < sizeof path / sizeof *path; ++i) names = cJSON_GetObjectItemCaseSensitive(names, path[i]);
    assert_true(cJSON_IsArray(names));
    int n = 0;
    for (; femd_element_at((size_t)n); ++n)
        assert_string_equal(cJSON_GetArrayItem(names, n)->valuestring, femd_element_at((size_t)n)->name);
    assert_int_equal(cJSON_GetArraySize(names), n);
    cJSON_Delete(schema);
    assert_ptr_equal(femd_element_named("P2"), &femd_element_p2);
    assert_null(femd_element_named("Q2"));
    char text[64];
    femd_element_names(&femd_tetrahedron, text, sizeof text);
    assert_string_equal(text, "P1 or P2");
    assert_ptr_equal(femd_cell_of_gmsh(11), &femd_tetrahedron);
    assert_null(femd_cell_of_gmsh(6)); /* prisms */
}

/* ---- an element that femd does not have ---- */

static void an_element_of_one_table_passes_the_patch_test(void **state) {
    (void)state;
    static const double G[9] = {0.05, 0.02, -0.01, 0.03, -0.04, 0.02, 0.0, 0.01, 0.03};
    model m;
    model_init(&m, &q2, 2);
    m.law.neo_hookean = 1;
    m.cs.mesh.distort = 0.2;
    model_affine(&m, G);
    RUN_OK(&m);
    double F[9], E[6], S[6], D[36], energy;
    femd_error err = FEMD_ERROR_INIT;
    for (int a = 0; a < 9; ++a) F[a] = G[a] + (a % 4 == 0);
    assert_int_equal(femd_strain_from_F(F, E, &err), FEMD_OK);
    test_law_answer(&m.law, 0, E, S, D, &energy);
    assert_int_equal(m.p->pt->n, 8 * 27);
    assert_int_equal(m.p->grid->nnodes, 125);
    for (PetscInt k = 0; k < m.p->pt->n; ++k)
        for (int c = 0; c < 6; ++c) assert_near(m.p->pt->S[6 * k + c], S[c], 1e-12);
    assert_near(m.last.energy, energy, 1e-12);
    model_clear(&m);
}

/* Loads on faces, inner nodes, Newton: what a linear patch cannot see. */
static void an_element_of_one_table_carries_loads(void **state) {
    (void)state;
    model m;
    model_init(&m, &q2, 2);
    model_hold(&m, "left", 0, 0, 0);
    model_load(&m, "right", FEMD_LOAD_TRACTION, 0.01, -0.02, 0.03);
    model_load(&m, "top", FEMD_LOAD_PRESSURE, 0.05, 0, 0);
    RUN_OK(&m);
    assert_near(m.reaction[0], -0.01, 1e-11);
    assert_near(m.reaction[1], 0.02, 1e-11);
    assert_near(m.reaction[2], -0.03 + 0.05, 1e-11);
    assert_true(m.last.newton <= 5);
    model_clear(&m);
}

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_shape_function_is_one_at_its_node_and_zero_at_the_others),
        cmocka_unit_test(quadrature_finds_volume_and_gradients_of_a_linear_field),
        cmocka_unit_test(faces_look_outward_and_close_the_cell),
        cmocka_unit_test(schema_lists_the_elements_that_there_are),
        cmocka_unit_test(an_element_of_one_table_passes_the_patch_test),
        cmocka_unit_test(an_element_of_one_table_carries_loads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
