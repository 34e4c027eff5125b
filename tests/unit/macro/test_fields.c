/* What the fields of a step hold: stresses at nodes, first Piola-Kirchhoff stress, units. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model.h"
#include "near.h"
#include "results/history.h"
#include "results/nodal_stress.h"
#include "results/output.h"
#include "results/probe.h"
#include "vtu_reader.h"

static const double slope[6][4] = {{1, 2, -1, 0.5}, {0, 1, 1, -2},  {3, -1, 0, 1},
                                   {2, 0.5, 1, 1},  {-1, 2, 2, -3}, {0.3, -2, 1, 0.7}};

static double linear(int component, const double *x) {
    const double *c = slope[component];
    return c[0] + c[1] * x[0] + c[2] * x[1] + c[3] * x[2];
}

/* Stresses linear in position come back at the nodes of elements whose points tell a slope; constant ones of all. */
static void nodes_get_linear_stresses(void **state) {
    (void)state;
    const femd_element *element;
    for (size_t e = 0; (element = femd_element_at(e)) != NULL; ++e) {
        model m;
        double *stress, full[9];
        femd_error err = FEMD_ERROR_INIT;
        const int constant = element->points == 1;
        model_init(&m, element, 3);
        model_hold(&m, "left", 0, 0, 0);
        if (model_create(&m, &err) != FEMD_OK) fail_msg("%s", err.text);
        for (PetscInt k = 0; k < m.p->pt->n; ++k)
            for (int c = 0; c < 6; ++c) m.p->pt->S[6 * k + c] = constant ? slope[c][0] : linear(c, m.p->pt->x + 3 * k);
        if (femd_nodal_stress(m.p, &stress, &err) != FEMD_OK) fail_msg("%s", err.text);
        for (PetscInt i = 0; i < m.p->grid->nnodes; ++i) {
            double S[6];
            for (int c = 0; c < 6; ++c) S[c] = constant ? slope[c][0] : linear(c, m.p->grid->node_x + 3 * i);
            femd_voigt_to_full(S, 0, full);
            for (int c = 0; c < 9; ++c) assert_near(stress[9 * i + c], full[c], 1e-12);
        }
        free(stress);
        model_clear(&m);
    }
}

/* Where cells of unlike volume and stress meet, the larger counts for more: cells of 1 and 3 with stresses of 4 and 8.
 */
static void a_node_is_the_mean_of_its_cells_by_volume(void **state) {
    (void)state;
    model m;
    double *stress;
    femd_error err = FEMD_ERROR_INIT;
    model_init(&m, &femd_element_q1, 1);
    m.comm = PETSC_COMM_SELF;
    m.cs.mesh.cells[0] = 2;
    model_hold(&m, "left", 0, 0, 0);
    if (model_create(&m, &err) != FEMD_OK) fail_msg("%s", err.text);
    for (PetscInt k = 0; k < m.p->pt->n; ++k) {
        m.p->pt->weight[k] *= k < 8 ? 1 : 3;
        m.p->pt->S[6 * k] = k < 8 ? 4 : 8;
    }
    if (femd_nodal_stress(m.p, &stress, &err) != FEMD_OK) fail_msg("%s", err.text);
    for (PetscInt i = 0; i < m.p->grid->nnodes; ++i) {
        const double x = m.p->grid->node_x[3 * i];
        assert_near(stress[9 * i], x < 0.1 ? 4 : x > 0.9 ? 8 : 7, 1e-12);
    }
    free(stress);
    model_clear(&m);
}

/* Of a body that is no cubic metre, on all ranks together. */
static void means_are_those_of_the_volume(void **state) {
    (void)state;
    static const double G[9] = {0.1, 0.02, 0, 0, -0.05, 0, 0, 0, 0.03};
    for (size_t e = 0; femd_element_at(e); ++e) {
        model m;
        double E[6], S[6], D[36], energy, E_mean[6], S_mean[6], F[9];
        femd_error err = FEMD_ERROR_INIT;
        model_init(&m, femd_element_at(e), 3);
        m.cs.mesh.size[0] = 0.3, m.cs.mesh.size[2] = 0.5;
        model_affine(&m, G);
        if (model_run(&m, &err) != FEMD_OK) fail_msg("%s", err.text);
        for (int i = 0; i < 9; ++i) F[i] = G[i] + (i % 4 == 0);
        assert_int_equal(femd_strain_from_F(F, E, NULL), FEMD_OK);
        test_law_answer(&m.law, 0, E, S, D, &energy);
        femd_points_mean(m.p, E_mean, S_mean);
        for (int c = 0; c < 6; ++c) {
            assert_near(E_mean[c], E[c], 1e-11);
            assert_near(S_mean[c], S[c], 1e-11);
        }
        model_clear(&m);
    }
}

static femd_buffer read_file(const char *folder, const char *name) {
    femd_buffer b = FEMD_BUFFER_INIT;
    char path[256], chunk[4096];
    size_t n;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
        assert_int_equal(femd_buffer_append(&b, chunk, n, NULL), FEMD_OK);
    fclose(f);
    unlink(path);
    return b;
}

/* A body of 2 nm, stretched by 10 %: positions and displacements in nm, P = F S, and the unit is told. */
static void fields_are_in_the_unit_of_the_case(void **state) {
    (void)state;
    static const double G[9] = {0.1, 0.02, 0, 0, 0, 0, 0, 0, 0};
    char folder[] = "/tmp/femd-fields-XXXXXX", path[128];
    femd_error err = FEMD_ERROR_INIT;
    model m;
    assert_non_null(mkdtemp(folder));
    model_init(&m, &femd_element_p2, 1);
    m.comm = PETSC_COMM_SELF;
    m.cs.mesh.size[0] = m.cs.mesh.size[1] = m.cs.mesh.size[2] = 2e-9;
    m.cs.mesh.unit = 1e-9;
    strcpy(m.cs.mesh.unit_name, "nm");
    m.cs.first_piola = 1;
    model_affine(&m, G);
    if (model_run(&m, &err) != FEMD_OK) fail_msg("%s", err.text);
    if (femd_output_step(m.p, NULL, folder, &err) != FEMD_OK) fail_msg("%s", err.text);
    femd_buffer b = read_file(folder, "step_0001_0.vtu");
    const read_array points = read_back(&b, "Points"), u = read_back(&b, "displacement"),
                     P = read_back(&b, "first_piola_kirchhoff"), S = read_back(&b, "second_piola_kirchhoff"),
                     nodal = read_back(&b, "nodal_cauchy_stress"), cell = read_back(&b, "cauchy_stress");
    double most = 0;
    for (PetscInt i = 0; i < 3 * m.p->grid->nnodes; ++i) {
        const double *x = (const double *)points.data;
        most = fmax(most, x[i]);
        if (i % 3 == 0) assert_near(((const double *)u.data)[i], 0.1 * x[i] + 0.02 * x[i + 1], 1e-10);
    }
    assert_near(most, 2, 1e-12);
    assert_non_null(
        strstr((const char *)b.data, "Name=\"length_unit\" NumberOfTuples=\"1\" format=\"ascii\">110 109 0<"));
    for (PetscInt c = 0; c < m.p->grid->ncells; ++c)
        for (int i = 0; i < 3; ++i)
            for (int J = 0; J < 3; ++J) {
                double want = 0;
                for (int K = 0; K < 3; ++K)
                    want += (G[3 * i + K] + (i == K)) * ((const double *)S.data)[9 * c + 3 * K + J];
                assert_near(((const double *)P.data)[9 * c + 3 * i + J], want, 1e-12);
            }
    for (int c = 0; c < 9; ++c)
        assert_near(((const double *)nodal.data)[c], ((const double *)cell.data)[c], 1e-11); /* uniform */
    femd_buffer_clear(&b);
    snprintf(path, sizeof path, "%s/step_0001.pvtu", folder);
    unlink(path);
    rmdir(folder);
    model_clear(&m);
}

/* With heat and mechanics both are told; of mechanics alone no temperature. */
static void probes_read_both_fields(void **state) {
    (void)state;
    const double k[6] = {2, 2, 2, 0, 0, 0};
    for (int both = 0; both < 2; ++both) {
        model m;
        femd_probes *probes;
        femd_error err = FEMD_ERROR_INIT;
        double value[FEMD_PROBE_NUMBERS];
        femd_case_probe probe = {.name = "inside", .at = {0.31, 0.77, 0.55}};
        model_init(&m, &femd_element_p2, 2);
        m.cs.probe = &probe;
        m.cs.nprobes = 1;
        if (both) {
            model_both(&m, k, 1, 300, 0);
            m.law.alpha = 1e-5, m.law.rest = 300;
            model_load(&m, "left", FEMD_LOAD_TEMPERATURE, 300, 0, 0)->has[0] = 1;
            model_load(&m, "right", FEMD_LOAD_TEMPERATURE, 310, 0, 0)->has[0] = 1;
        }
        model_hold(&m, "left", 0, 0, 0);
        model_hold(&m, "right", 0.01, 0, 0);
        if (model_run(&m, &err) != FEMD_OK) fail_msg("%s", err.text);
        if (femd_probes_create(m.p, &probes, &err) != FEMD_OK) fail_msg("%s", err.text);
        if (femd_probes_read(probes, m.p, value, &err) != FEMD_OK) fail_msg("%s", err.text);
        if (both) /* K = J F^-1 k F^-T of the undeformed body: that of the start of the step */
            assert_near(value[FEMD_PROBE_TEMPERATURE], 303.1, 1e-9);
        else
            assert_true(isnan(value[FEMD_PROBE_TEMPERATURE]));
        assert_true(value[0] > 0.002 && value[0] < 0.004 && value[3] > 0);
        femd_probes_destroy(&probes);
        model_clear(&m);
    }
}

/* The pressure that is solved for is linear between the corners, wherever the point is, and as the mean over a side;
 * without one it is not known. */
static void probes_read_the_pressure(void **state) {
    (void)state;
    static const double G[9] = {0.02, 0.05, -0.01, 0.03, -0.04, 0.02, 0.01, -0.03, 0.05};
    for (int mixed = 0; mixed < 2; ++mixed) {
        model m;
        femd_probes *probes;
        femd_error err = FEMD_ERROR_INIT;
        double value[2 * FEMD_PROBE_NUMBERS];
        femd_case_probe probe[2] = {{.name = "inside", .at = {0.31, 0.77, 0.55}}, {.name = "mean", .on = "right"}};
        model_init(&m, &femd_element_p2, 2);
        m.cs.mixed = mixed;
        m.cs.mesh.distort = 0.2;
        m.cs.direct = 1;
        m.cs.probe = probe;
        m.cs.nprobes = 2;
        model_affine(&m, G);
        if (model_run(&m, &err) != FEMD_OK) fail_msg("%s", err.text);
        if (femd_probes_create(m.p, &probes, &err) != FEMD_OK) fail_msg("%s", err.text);
        if (femd_probes_read(probes, m.p, value, &err) != FEMD_OK) fail_msg("%s", err.text);
        assert_int_equal(femd_probe_tells(&m.cs, FEMD_PROBE_PRESSURE), mixed);
        assert_int_equal(femd_probe_tells(&m.cs, FEMD_PROBE_TEMPERATURE), 0);
        assert_int_equal(femd_probe_tells(&m.cs, FEMD_PROBE_TEMPERATURE - 1), 1);
        for (int k = 0; k < 2; ++k) { /* as the step has left it, in the middle of edges too */
            const double *v = value + FEMD_PROBE_NUMBERS * k;
            if (mixed)
                assert_near(v[FEMD_PROBE_PRESSURE], -(v[3] + v[4] + v[5]) / 3, 1e-9);
            else
                assert_true(isnan(v[FEMD_PROBE_PRESSURE]));
        }
        double *p = mixed ? malloc((m.p->pressure->n + 1) * sizeof *p) : NULL;
        for (size_t i = 0; p && i < m.p->pressure->n; ++i) p[i] = linear(0, m.p->grid->node_x + 3 * i);
        if (p && femd_field_set(m.p->pressure, p, &err) != FEMD_OK) fail_msg("%s", err.text);
        if (femd_probes_read(probes, m.p, value, &err) != FEMD_OK) fail_msg("%s", err.text);
        const double middle[3] = {1, 0.5, 0.5};
        for (int k = 0; p && k < 2; ++k)
            assert_near(value[FEMD_PROBE_NUMBERS * k + FEMD_PROBE_PRESSURE], linear(0, k ? middle : probe[0].at), 1e-9);
        free(p);
        femd_probes_destroy(&probes);
        model_clear(&m);
    }
}

/* A linear displacement is found exactly, wherever the point is, and as the mean over a side; the stress is uniform. */
static void probes_read_a_uniform_state(void **state) {
    (void)state;
    static const double G[9] = {0.1, 0.02, 0, 0, -0.05, 0, 0.03, 0, 0.01};
    const femd_element *element;
    for (size_t e = 0; (element = femd_element_at(e)) != NULL; ++e) {
        model m;
        femd_probes *probes;
        femd_error err = FEMD_ERROR_INIT;
        double value[3 * FEMD_PROBE_NUMBERS], F[9], E[6], S[6], D[36], energy, sigma[6], full[9];
        femd_case_probe probe[3] = {{.name = "inside", .at = {0.31, 0.77, 0.55}},
                                    {.name = "corner", .at = {1, 1, 1}},
                                    {.name = "mean", .on = "right"}};
        model_init(&m, element, 3);
        m.cs.mesh.distort = 0.2;
        m.cs.probe = probe;
        m.cs.nprobes = 3;
        model_affine(&m, G);
        if (model_run(&m, &err) != FEMD_OK) fail_msg("%s", err.text);
        if (femd_probes_create(m.p, &probes, &err) != FEMD_OK) fail_msg("%s", err.text);
        if (femd_probes_read(probes, m.p, value, &err) != FEMD_OK) fail_msg("%s", err.text);
        for (int a = 0; a < 9; ++a) F[a] = G[a] + (a % 4 == 0);
        assert_int_equal(femd_strain_from_F(F, E, &err), FEMD_OK);
        test_law_answer(&m.law, 0, E, S, D, &energy);
        femd_cauchy(F, S, sigma);
        femd_voigt_to_full(sigma, 0, full);
        for (int k = 0; k < 3; ++k) {
            const double middle[3] = {1, 0.5, 0.5}, *x = k == 2 ? middle : probe[k].at;
            for (int a = 0; a < 3; ++a) {
                double u = 0;
                for (int b = 0; b < 3; ++b) u += G[3 * a + b] * x[b];
                assert_near(value[FEMD_PROBE_NUMBERS * k + a], u, 1e-9);
            }
            for (int c = 0; c < 6; ++c) assert_near(value[FEMD_PROBE_NUMBERS * k + 3 + c], sigma[c], 1e-9);
            assert_near(value[FEMD_PROBE_NUMBERS * k + 9], femd_von_mises(full), 1e-9);
        }
        femd_probes_destroy(&probes);
        probe[1].at[2] = 1.001;
        assert_int_equal(femd_probes_create(m.p, &probes, &err), FEMD_BAD_INPUT);
        assert_non_null(strstr(err.text, "\"corner\" at (1, 1, 1.001) m lies outside the body"));
        assert_null(probes);
        model_clear(&m);
    }
}

/* Newton's method may stop anywhere, also at a place in the cell that is not the point's: then it is no answer. */
static void point_outside_a_distorted_cell_is_not_read_inside(void **state) {
    (void)state;
    static const double corner[8][3] =
        {/* along x, then y, then z */
         {-0.82, -0.73, -1.02}, {0.52, -0.84, -0.81}, {-0.79, 0.95, -1.23}, {1.05, 0.81, -1.19},
         {-1.20, -0.63, 1.30},  {1.30, -0.55, 1.44},  {-0.72, 0.77, 0.58},  {0.90, 1.35, 1.38}},
                        outside[][3] = {{-1.26, 1.28, 0.12}, {-1.53, 1.42, 1.35}, {-1.31, 1.57, 1.75},
                                        {-1.40, 1.65, 1.44}, {-1.28, 1.59, 1.38}, {-0.70, 0.87, 1.12},
                                        {-0.61, 1.50, 1.47}, {-1.58, 1.50, 1.83}, {-1.67, 0.63, 0.55},
                                        {-1.11, 1.71, 1.79}, {-0.39, 1.15, 1.58}, {-1.12, 1.04, 0.65}};
    model m;
    femd_probes *probes;
    femd_error err = FEMD_ERROR_INIT;
    femd_case_probe probe = {.name = "middle", .at = {0.03, 0.14125, 0.05625}};
    model_init(&m, &femd_element_q1, 1);
    m.comm = PETSC_COMM_SELF;
    m.cs.probe = &probe;
    m.cs.nprobes = 1;
    model_affine(&m, (const double[9]){0});
    if (model_run(&m, &err) != FEMD_OK) fail_msg("%s", err.text);
    for (PetscInt i = 0; i < m.p->grid->nnodes; ++i) {
        double *x = m.p->grid->node_x + 3 * i;
        memcpy(x, corner[(x[0] > 0.5) + 2 * (x[1] > 0.5) + 4 * (x[2] > 0.5)], 3 * sizeof *x);
    }
    if (femd_probes_create(m.p, &probes, &err) != FEMD_OK) fail_msg("%s", err.text);
    femd_probes_destroy(&probes);
    for (size_t k = 0; k < sizeof outside / sizeof *outside; ++k) {
        memcpy(probe.at, outside[k], sizeof probe.at);
        assert_int_equal(femd_probes_create(m.p, &probes, &err), FEMD_BAD_INPUT);
        assert_non_null(strstr(err.text, "lies outside the body"));
    }
    model_clear(&m);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_get_linear_stresses),
        cmocka_unit_test(means_are_those_of_the_volume),
        cmocka_unit_test(a_node_is_the_mean_of_its_cells_by_volume),
        cmocka_unit_test(probes_read_a_uniform_state),
        cmocka_unit_test(probes_read_both_fields),
        cmocka_unit_test(probes_read_the_pressure),
        cmocka_unit_test(point_outside_a_distorted_cell_is_not_read_inside),
        cmocka_unit_test(fields_are_in_the_unit_of_the_case),
    };
    model_start(&argc, &argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
