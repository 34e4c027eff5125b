/* Temperatures that stand at the nodes of a Gmsh file. */
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
            fprintf(f, "%d %.17g\n", i + 7, i == 20 ? fmin(lowest, field(x, 0.5 * k)) : field(x, 0.5 * k));
        }
        fprintf(f, "$EndNodeData\n");
    }
    assert_int_equal(fclose(f), 0);
}

static void prepare(model *m, const femd_element *element) {
    model_init(m, element, 2);
    m->cs.mesh.scale = 1e-3;
    m->cs.temperature_file = path;
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
    strcpy(m.cs.temperature_name, wanted);
    assert_int_equal(model_create(&m, &err), FEMD_BAD_INPUT);
    if (!strstr(err.text, words)) fail_msg("%s", err.text);
    model_clear(&m);
    assert_int_equal(unlink(path), 0);
}

static void files_that_do_not_say_it_are_refused(void **state) {
    (void)state;
    refused("it has values of several names", (const char *[]){"T", "other"}, "", INFINITY, 0);
    refused("no $NodeData with one component of the name cold", (const char *[]){"T", "T"}, "cold", INFINITY, 0);
    refused("-3 K is below 0 K, at (1, 0, 1) m", (const char *[]){"T", "T"}, "T", -3, 0);
    refused("has no temperature at the node at (0, 0, 0) m", (const char *[]){"T", "T"}, "T", INFINITY, 1);
}

static void one_of_several_names_is_taken(void **state) {
    (void)state;
    model m;
    write_file((const char *[]){"T", "other"}, INFINITY, 0);
    prepare(&m, &femd_element_p1);
    m.comm = PETSC_COMM_SELF;
    strcpy(m.cs.temperature_name, "other");
    OK(model_create(&m, err));
    OK(m.p->displacement->kind->begin(m.p->displacement, 0, 0, err));
    assert_near(m.p->pt->temperature[0], field(m.p->pt->x, 0.5), 1e-10);
    model_clear(&m);
    assert_int_equal(unlink(path), 0);
}

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_have_the_temperature_of_the_file),
        cmocka_unit_test(one_of_several_names_is_taken),
        cmocka_unit_test(files_that_do_not_say_it_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
