/* Temperatures and pressures that stand at the nodes of a Gmsh file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model.h"
#include "near.h"

#define OK(expr)                                                                                                       \
    do {                                                                                                               \
        femd_error err_ = FEMD_ERROR_INIT;                                                                             \
        femd_error *err = &err_;                                                                                       \
        if ((expr) != FEMD_OK) fail_msg("%s", err_.text);                                                              \
    } while (0)

static char path[64];

static double field(const double x[3], double time) {
    return 300 + 40 * x[0] - 20 * x[1] + 10 * x[2] + 100 * time;
}

/* The nodes of the unit box of 2 x 2 x 2 cells from the last to the first, in millimetres, and what stands at them. */
static void write_file(const char *names[2], double lowest, int left_out) {
    const int fd = mkstemp(strcpy(path, "/tmp/femd-given-XXXXXX"));
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    assert_non_null(f);
    fprintf(f, "$MeshFormat\n2.2 0 8\n$EndMeshFormat\n$Nodes\n27\n");
    for (int i = 26; i >= 0; --i) fprintf(f, "%d %d %d %d\n", i + 7, 500 * (i % 3), 500 * (i / 3 % 3), 500 * (i / 9));
    fprintf(f, "$EndNodes\n$NodeData\n1\n\"flow\"\n1\n0\n3\n0\n3\n1\n7 1 2 3\n$EndNodeData\n");
    for (int k = 0; k < 2; ++k) {
        fprintf(f, "$NodeData\n1\n\"%s\"\n1\n%g\n3\n%d\n1\n%d\n", names[k], 0.5 * k, k, 27 - left_out);
        for (int i = left_out; i < 27; ++i) {
            const double x[3] = {0.5 * (i % 3), 0.5 * (i / 3 % 3), 0.5 * (i / 9)};
            fprintf(f, "%d %.17g\n", i + 7, i == 20 && !(lowest > field(x, 0.5 * k)) ? lowest : field(x, 0.5 * k));
        }
        fprintf(f, "$EndNodeData\n");
    }
    assert_int_equal(fclose(f), 0);
}

static void prepare(model *m, const femd_element *element) {
    model_init(m, element, 2);
    m->cs.mesh.scale = 1e-3;
    m->cs.temperature_nodal.file = path;
    m->cs.step_count = 4;
    m->law.alpha = 1e-5;
    m->law.inputs = FEMD_INPUT_TEMPERATURE;
    m->law.wants |= FEMD_WANT_THERMAL_STRESS;
    model_hold(m, "left", 0, NAN, NAN);
    model_hold(m, "front", NAN, 0, NAN);
    model_hold(m, "bottom", NAN, NAN, 0);
}

/* Times between are interpolated, nodes on edges are between their ends. */
static void points_have_the_temperature_of_the_file(void **state) {
    (void)state;
    write_file((const char *[]){"T", "T"}, INFINITY, 0);
    for (size_t e = 0; femd_element_at(e); ++e) {
        model m;
        prepare(&m, femd_element_at(e));
        OK(model_create(&m, err));
        femd_field *u = m.p->displacement;
        for (int k = 0; k <= 4; ++k) {
            OK(u->kind->begin(u, 0.25 * k, 0, err));
            for (PetscInt q = 0; q < m.p->pt->n; ++q)
                assert_near(m.p->pt->temperature[q], field(m.p->pt->x + 3 * q, fmin(0.5, 0.25 * k)), 1e-10);
        }
        OK(model_run(&m, err));
        double growth = 0, volume = 0;
        for (PetscInt q = 0; q < m.p->pt->n; ++q) {
            volume += m.p->pt->weight[q];
            growth += m.p->pt->weight[q] * m.p->pt->E[6 * q];
        }
        MPI_Allreduce(MPI_IN_PLACE, &volume, 1, MPI_DOUBLE, MPI_SUM, m.comm);
        MPI_Allreduce(MPI_IN_PLACE, &growth, 1, MPI_DOUBLE, MPI_SUM, m.comm);
        assert_near(growth / volume, 1e-5 * (315 + 50), 2e-5); /* planes that are held stay plane */
        model_clear(&m);
    }
    assert_int_equal(unlink(path), 0);
}

static void refused(const char *words, const char *names[2], const char *wanted, double lowest, int left_out) {
    femd_error err = FEMD_ERROR_INIT;
    model m;
    write_file(names, lowest, left_out);
    prepare(&m, &femd_element_q1);
    m.comm = PETSC_COMM_SELF;
    strcpy(m.cs.temperature_nodal.name, wanted);
    assert_int_equal(model_create(&m, &err), FEMD_BAD_INPUT);
    if (!strstr(err.text, words)) fail_msg("%s", err.text);
    model_clear(&m);
    assert_int_equal(unlink(path), 0);
}

static void files_that_do_not_say_it_are_refused(void **state) {
    (void)state;
    refused("it has values of several names", (const char *[]){"T", "other"}, "", INFINITY, 0);
    refused("no $NodeData with one component of the name cold", (const char *[]){"T", "T"}, "cold", INFINITY, 0);
    refused("-1e+40, at (1, 0, 1) m, is no temperature", (const char *[]){"T", "T"}, "T", -1e40, 0);
    refused("no number where a value should be", (const char *[]){"T", "T"}, "T", NAN, 0);
    refused("-3 K is below 0 K, at (1, 0, 1) m", (const char *[]){"T", "T"}, "T", -3, 0);
    refused("has no temperature at the node at (0, 0, 0) m", (const char *[]){"T", "T"}, "T", INFINITY, 1);
}

static void one_of_several_names_is_taken(void **state) {
    (void)state;
    model m;
    write_file((const char *[]){"T", "other"}, INFINITY, 0);
    prepare(&m, &femd_element_p1);
    m.comm = PETSC_COMM_SELF;
    strcpy(m.cs.temperature_nodal.name, "other");
    OK(model_create(&m, err));
    OK(m.p->displacement->kind->begin(m.p->displacement, 0, 0, err));
    assert_near(m.p->pt->temperature[0], field(m.p->pt->x, 0.5), 1e-10);
    model_clear(&m);
    assert_int_equal(unlink(path), 0);
}

static void warm(model *m, const femd_element *element) {
    static const double even[6] = {2, 2, 2, 0, 0, 0};
    model_init(m, element, 2);
    m->cs.mesh.scale = 1e-3;
    m->cs.step_count = 4;
    model_heat(m, even, 1, 300, 1);
}

/* Pressures may be less than 0, and follow the time. */
static void points_have_the_pressure_of_the_file(void **state) {
    (void)state;
    write_file((const char *[]){"p", "p"}, -4000, 0);
    for (size_t e = 0; femd_element_at(e); ++e) {
        model m;
        warm(&m, femd_element_at(e));
        m.cs.has_pressure = 1;
        m.cs.pressure_nodal.file = path;
        m.law.wants |= FEMD_WANT_THERMAL_STRESS;
        m.law.alpha = 1e-9;
        m.law.lambda = 1e6; /* stiff beside hundreds of Pa */
        OK(model_create(&m, err));
        femd_field *T = m.p->temperature;
        for (int k = 0; k <= 4; ++k) {
            double lowest = INFINITY;
            OK(T->kind->begin(T, 0.25 * k, 0, err));
            for (PetscInt q = 0; q < m.p->pt->n; ++q) {
                const double *x = m.p->pt->x + 3 * q, p = m.p->pt->pressure[q];
                lowest = fmin(lowest, p);
                if (x[0] < 0.5 || x[2] < 0.5 || x[1] > 0.5) assert_near(p, field(x, fmin(0.5, 0.25 * k)), 1e-10);
            }
            MPI_Allreduce(MPI_IN_PLACE, &lowest, 1, MPI_DOUBLE, MPI_MIN, m.comm);
            assert_true(lowest < 0);
        }
        OK(model_run(&m, err));
        model_clear(&m);
    }
    assert_int_equal(unlink(path), 0);
}

static void a_body_begins_with_the_temperatures_of_a_file(void **state) {
    (void)state;
    femd_error words = FEMD_ERROR_INIT;
    model m;
    write_file((const char *[]){"T", "other"}, INFINITY, 0);
    for (size_t e = 0; femd_element_at(e); ++e) {
        warm(&m, femd_element_at(e));
        m.cs.heat.initial_nodal.file = path;
        strcpy(m.cs.heat.initial_nodal.name, "other");
        OK(model_create(&m, err));
        double *T = malloc((m.p->temperature->n + 1) * sizeof *T);
        assert_non_null(T);
        OK(femd_field_get(m.p->temperature, T, err));
        for (PetscInt i = 0; i < m.p->grid->nnodes; ++i)
            assert_near(T[i], field(m.p->grid->node_x + 3 * i, 0.5), 1e-10);
        free(T);
        OK(model_run(&m, err));
        assert_near(m.heat[1 + FEMD_HEAT_MEAN], 315 + 50, 1e-9); /* nothing flows in or out */
        model_clear(&m);
    }
    assert_int_equal(unlink(path), 0);
    write_file((const char *[]){"T", "T"}, INFINITY, 0);
    warm(&m, &femd_element_q1);
    m.comm = PETSC_COMM_SELF;
    m.cs.heat.initial_nodal.file = path;
    assert_int_equal(model_create(&m, &words), FEMD_BAD_INPUT);
    assert_non_null(strstr(words.text, "heat.initial.file: "));
    assert_non_null(strstr(words.text, "it has values of several times"));
    model_clear(&m);
    assert_int_equal(unlink(path), 0);
}

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_have_the_temperature_of_the_file),
        cmocka_unit_test(points_have_the_pressure_of_the_file),
        cmocka_unit_test(a_body_begins_with_the_temperatures_of_a_file),
        cmocka_unit_test(one_of_several_names_is_taken),
        cmocka_unit_test(files_that_do_not_say_it_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
