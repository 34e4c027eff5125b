/* Conditions of every kind on several ranks: the same answer as on one, and the same bits twice. */
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

typedef struct outcome {
    double energy, account[6 * MODEL_ENTRIES], work[FEMD_WORKS];
    int newton;
} outcome;

static outcome solve(void (*prepare)(model *m), MPI_Comm comm) {
    model m;
    femd_error err = FEMD_ERROR_INIT;
    model_init(&m, &femd_element_p2, 2);
    m.comm = comm;
    m.law.neo_hookean = 1;
    m.cs.rtol = 1e-11;
    m.cs.step_count = 2;
    prepare(&m);
    if (model_run(&m, &err) != FEMD_OK) fail_msg("%s", err.text);
    outcome out = {.energy = m.last.energy, .newton = m.last.newton};
    memcpy(out.account, m.account, 6 * m.cs.nboundary * sizeof *m.account);
    memcpy(out.work, m.last.work, sizeof out.work);
    model_clear(&m);
    return out;
}

static void agree(void (*prepare)(model *m)) {
    const outcome alone = solve(prepare, PETSC_COMM_SELF), together = solve(prepare, PETSC_COMM_WORLD),
                  again = solve(prepare, PETSC_COMM_WORLD);
    assert_true(alone.energy > 1e-6);
    assert_near(alone.energy, together.energy, 1e-9 * alone.energy);
    for (int i = 0; i < 6 * MODEL_ENTRIES; ++i) assert_near(alone.account[i], together.account[i], 1e-9);
    for (int w = 0; w < FEMD_WORKS; ++w) assert_near(alone.work[w], together.work[w], 1e-10);
    assert_int_equal(alone.newton, together.newton);
    assert_memory_equal(&together, &again, sizeof again);
}

static void prepare_rigid(model *m) {
    model_hold(m, "left", 0, 0, 0);
    femd_case_boundary *cap = model_hold(m, "right", NAN, NAN, NAN);
    cap->kind = FEMD_LOAD_RIGID;
    cap->has[0] = 1, cap->value[0] = 0.1;
    model_load(m, "right", FEMD_LOAD_FORCE, 0, 0.1, 0.2);
    model_expression(model_load(m, "top", FEMD_LOAD_PRESSURE, 0, 0, 0), 0, "0.1*t*x*y");
}

static void prepare_turned(model *m) {
    static const double axes[9] = {0.8, 0.6, 0, -0.6, 0.8, 0, 0, 0, 1};
    model_hold(m, "bottom", NAN, NAN, 0);
    femd_case_boundary *roller = model_hold(m, "left", 0, NAN, NAN);
    roller->kind = FEMD_LOAD_TURNED;
    memcpy(roller->axes, axes, sizeof axes);
    roller = model_hold(m, "at(1;0;0)", 0, 0, 0);
    roller->npositions = 1;
    roller->position[0][0] = 1;
    femd_case_boundary *corner = model_load(m, "at(1;1;1)", FEMD_LOAD_FORCE, 0, 0, -0.02);
    corner->npositions = 1;
    corner->position[0][0] = corner->position[0][1] = corner->position[0][2] = 1;
    model_load(m, "top", FEMD_LOAD_FOLLOWER, 0.2, 0, 0);
}

static void prepare_periodic(model *m) {
    static const char *const pair[3][2] = {{"right", "left"}, {"back", "front"}, {"top", "bottom"}};
    static const double G[9] = {0.1, 0.05, 0, 0, NAN, 0, 0, 0, NAN};
    for (int k = 0; k < 3; ++k) {
        femd_case_boundary *b = model_hold(m, pair[k][0], NAN, NAN, NAN);
        b->kind = FEMD_LOAD_PERIODIC;
        strcpy(b->partner, pair[k][1]);
        for (int i = 0; i < 9; ++i) b->loose[i] = isnan(G[i]), b->gradient[i] = b->loose[i] ? 0 : G[i];
    }
    femd_case_boundary *point = model_hold(m, "at(0;0;0)", 0, 0, 0);
    point->npositions = 1;
    m->law.alpha = 1e-4;
    m->cs.temperature_function = model_function("300*t*(1+0.5*sin(2*pi*x)*cos(2*pi*z))");
}

static void rigid_surfaces(void **state) {
    (void)state;
    agree(prepare_rigid);
}

static void turned_supports_points_and_following_loads(void **state) {
    (void)state;
    agree(prepare_turned);
}

static void periodic_faces_and_temperatures(void **state) {
    (void)state;
    agree(prepare_periodic);
}

/* A bar of six hexahedra; the faces at a third of its length, where three ranks meet, are a surface of their own. */
static void write_bar(const char *path) {
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs("$MeshFormat\n2.2 0 8\n$EndMeshFormat\n$PhysicalNames\n5\n2 1 \"left\"\n2 2 \"within\"\n2 3 \"bottom\"\n"
          "2 4 \"top\"\n3 5 \"body\"\n$EndPhysicalNames\n$Nodes\n28\n",
          f);
    for (int i = 0; i < 28; ++i) fprintf(f, "%d %d %d %d\n", i + 1, i / 4, i % 4 == 1 || i % 4 == 2, i % 4 > 1);
    fputs("$EndNodes\n$Elements\n20\n1 3 2 1 1 1 2 3 4\n2 3 2 2 2 9 10 11 12\n", f);
    for (int c = 0; c < 6; ++c) {
        const int n = 4 * c + 1;
        fprintf(f, "%d 3 2 3 3 %d %d %d %d\n", 3 + 3 * c, n, n + 1, n + 5, n + 4);
        fprintf(f, "%d 3 2 4 4 %d %d %d %d\n", 4 + 3 * c, n + 2, n + 3, n + 7, n + 6);
        fprintf(f, "%d 5 2 5 5 %d %d %d %d %d %d %d %d\n", 5 + 3 * c, n, n + 4, n + 5, n + 1, n + 3, n + 7, n + 6,
                n + 2);
    }
    fputs("$EndElements\n", f);
    fclose(f);
}

static char bar_path[64];

/* A surface within the body is held, and shares nodes and directions with one outside. */
static void prepare_within(model *m) {
    m->cs.element = &femd_element_q1;
    m->cs.mesh.file = bar_path;
    model_hold(m, "left", 0, 0, 0);
    model_expression(model_hold(m, "within", NAN, NAN, NAN), 0, "0.05*x*t");
    model_expression(model_hold(m, "bottom", NAN, NAN, NAN), 0, "0.05*x*t");
    model_load(m, "top", FEMD_LOAD_TRACTION, 0.1, 0.05, -0.2);
}

static void faces_within_the_body(void **state) {
    int rank;
    (void)state;
    MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
    int pid = (int)getpid();
    MPI_Bcast(&pid, 1, MPI_INT, 0, PETSC_COMM_WORLD);
    snprintf(bar_path, sizeof bar_path, "/tmp/femd-bar-%d.msh", pid);
    if (rank == 0) write_bar(bar_path);
    MPI_Barrier(PETSC_COMM_WORLD);
    agree(prepare_within);
    MPI_Barrier(PETSC_COMM_WORLD);
    if (rank == 0) remove(bar_path);
}

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rigid_surfaces), cmocka_unit_test(turned_supports_points_and_following_loads),
        cmocka_unit_test(periodic_faces_and_temperatures), cmocka_unit_test(faces_within_the_body)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
