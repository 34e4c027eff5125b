/* A field that femd does not have: steady conduction of heat, k constant, made of one femd_field_kind. Its layout,
 * boundary values, assembly, solver, preconditioner, output and checkpoint are those of every field. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/collective.h"
#include "fields/boundary.h"
#include "model.h"
#include "near.h"
#include "results/checkpoint.h"
#include "results/output.h"
#include "solve/solver.h"
#include "vtu_reader.h"

#define OK(expr)                                                                                                       \
    do {                                                                                                               \
        femd_error err_ = FEMD_ERROR_INIT;                                                                             \
        femd_error *err = &err_;                                                                                       \
        if ((expr) != FEMD_OK) fail_msg("%s", err_.text);                                                              \
    } while (0)

/* ---- the field ---- */

enum { CONDUCTIVITY = 7 }; /* W/(m K) */

typedef struct heat {
    const femd_problem *p;
    double *value, *unbalanced; /* of the state last evaluated: T, K; heat that leaves the nodes, W */
    femd_field_scale scale;
} heat;

/* out += w k g_i . grad T */
static void heat_cell_flow(const void *self, PetscInt c, double *out) {
    const heat *h = self;
    const femd_element_table *table = &h->p->grid->table;
    const PetscInt *node = h->p->grid->cell_node + c * table->nodes;
    for (PetscInt k = c * table->points; k < (c + 1) * table->points; ++k) {
        const double *g = h->p->pt->gradient + FEMD_SPACE * table->nodes * k;
        double slope[FEMD_SPACE] = {0};
        for (int i = 0; i < table->nodes; ++i)
            for (int a = 0; a < FEMD_SPACE; ++a) slope[a] += h->value[node[i]] * g[FEMD_SPACE * i + a];
        for (int i = 0; i < table->nodes; ++i)
            for (int a = 0; a < FEMD_SPACE; ++a)
                out[i] += h->p->pt->weight[k] * CONDUCTIVITY * g[FEMD_SPACE * i + a] * slope[a];
    }
}

static void heat_cell_matrix(const void *self, PetscInt c, double *out) {
    const heat *h = self;
    const femd_element_table *table = &h->p->grid->table;
    const int n = table->nodes;
    memset(out, 0, (size_t)(n * n) * sizeof *out);
    for (PetscInt k = c * table->points; k < (c + 1) * table->points; ++k) {
        const double *g = h->p->pt->gradient + FEMD_SPACE * n * k;
        for (int i = 0; i < n; ++i)
            for (int j = 0; j < n; ++j)
                for (int a = 0; a < FEMD_SPACE; ++a)
                    out[n * i + j] +=
                        h->p->pt->weight[k] * CONDUCTIVITY * g[FEMD_SPACE * i + a] * g[FEMD_SPACE * j + a];
    }
}

static void heat_mode(int mode, const double x[FEMD_SPACE], double *value) {
    (void)mode, (void)x;
    value[0] = 1;
}

static femd_status heat_unheld(const femd_case *cs, int loose, const char *motions, femd_error *err) {
    (void)motions;
    return femd_fail(err, FEMD_BAD_INPUT, "%s: boundary: nothing prescribes a temperature (%d)", cs->path, loose);
}

static void heat_step(femd_field *field, int step) {
    (void)field, (void)step;
}

static femd_status heat_begin(femd_field *field, double time, int attempt, femd_error *err) {
    heat *h = field->self;
    (void)attempt;
    FEMD_TRY(femd_boundary_set_time(field, time, err));
    return femd_field_norm(field, field->boundary->applied, &h->scale.reference, err);
}

static femd_status heat_evaluate(femd_field *field, Vec X, int *failed, femd_error *err) {
    heat *h = field->self;
    const PetscScalar *value;
    *failed = 0;
    FEMD_TRY(femd_field_localise(field, X, err));
    if (VecGetArrayRead(field->local, &value) != 0) return FEMD_INTERNAL;
    memcpy(h->value, value, field->n * sizeof *value);
    return VecRestoreArrayRead(field->local, &value) == 0 ? FEMD_OK : FEMD_INTERNAL;
}

static femd_status heat_residual(femd_field *field, Vec R, femd_error *err) {
    heat *h = field->self;
    double internal;
    femd_field_add_cells(field, heat_cell_flow, h, h->unbalanced);
    FEMD_TRY(femd_field_norm(field, h->unbalanced, &internal, err));
    h->scale.reference = fmax(h->scale.reference, internal);
    for (size_t i = 0; i < field->n; ++i) h->unbalanced[i] -= field->boundary->applied[i];
    return femd_field_sum_free(field, h->unbalanced, R, err);
}

static femd_status heat_jacobian(femd_field *field, Mat K, femd_error *err) {
    return femd_field_assemble(field, heat_cell_matrix, field->self, NULL, NULL, K, err);
}

static femd_field_scale heat_scale(const femd_field *field) {
    return ((const heat *)field->self)->scale;
}

static const char *heat_trouble(const femd_field *field, int *points) {
    (void)field;
    *points = 0;
    return "";
}

static femd_status heat_commit(femd_field *field, int step, femd_step_record *rec, femd_error *err) {
    (void)field, (void)step, (void)rec, (void)err;
    return FEMD_OK;
}

static void heat_destroy(void *self) {
    heat *h = self;
    free(h->value);
    free(h->unbalanced);
    free(h);
}

static const femd_field_kind heat_kind = {.name = "made_up_temperature",
                                          .plural = "temperatures",
                                          .unit = "K",
                                          .flux_unit = "W",
                                          .components = 1,
                                          .modes = 1,
                                          .mode = heat_mode,
                                          .unheld = heat_unheld,
                                          .step = heat_step,
                                          .begin = heat_begin,
                                          .iteration = heat_step,
                                          .evaluate = heat_evaluate,
                                          .residual = heat_residual,
                                          .jacobian = heat_jacobian,
                                          .scale = heat_scale,
                                          .trouble = heat_trouble,
                                          .commit = heat_commit,
                                          .destroy = heat_destroy};

/* ---- a body with both fields ---- */

/* The displacement is held at "left" and "right"; the conditions of the heat stand for these two entries. */
static void make(model *m, const femd_element *element, int direct) {
    model_init(m, element, 3);
    m->cs.mesh.size[0] = 2;
    m->cs.mesh.distort = 0.2;
    m->cs.direct = direct;
    m->cs.rtol = 1e-11;
    m->cs.ksp_rtol = 1e-13;
    model_hold(m, "left", 0, 0, 0);
    model_hold(m, "right", 0.1, 0, 0);
    OK(model_create(m, err));
}

static femd_field *add_heat(model *m, const femd_condition conditions[2], femd_error *err) {
    femd_field *field = NULL;
    heat *h = calloc(1, sizeof *h);
    assert_non_null(h);
    h->p = m->p;
    h->value = calloc((size_t)m->p->grid->nnodes + 1, sizeof *h->value);
    h->unbalanced = calloc((size_t)m->p->grid->nnodes + 1, sizeof *h->unbalanced);
    if (femd_field_create(m->p->grid, &heat_kind, h, &field, err) != FEMD_OK) fail_msg("%s", err->text);
    if (femd_boundary_create(field, &m->cs, conditions, 2, NULL, err) != FEMD_OK) {
        femd_field_destroy(&field);
        return NULL;
    }
    assert_int_equal(femd_problem_add_field(m->p, field, err), FEMD_OK);
    return field;
}

static femd_condition at(const model *m, int entry, const femd_condition_kind *kind, double value) {
    return (femd_condition){.kind = kind, .entry = &m->boundary[entry], .has = {1}, .value = {value}};
}

/* Solve for time 1; the values become the committed ones. */
static void solve(model *m, femd_field *field) {
    femd_solver *solver = NULL;
    femd_step_record rec = {.step = 1};
    femd_attempt outcome = FEMD_ATTEMPT_FAILED;
    Vec X;
    char why[256] = "";
    assert_int_equal(VecDuplicate(field->committed, &X), 0);
    OK(femd_solver_create(m->p, field, NULL, &solver, err));
    OK(femd_solver_attempt(solver, 1, 0, X, &rec, &outcome, why, sizeof why, err));
    if (outcome != FEMD_ATTEMPT_CONVERGED) fail_msg("%s", why);
    assert_int_equal(rec.newton, 1); /* it is linear */
    assert_int_equal(VecCopy(X, field->committed), 0);
    assert_int_equal(VecDestroy(&X), 0);
    femd_solver_destroy(&solver);
}

static double *values(femd_field *field) {
    double *value = malloc((field->n + 1) * sizeof *value);
    assert_non_null(value);
    OK(femd_field_get(field, value, err));
    return value;
}

static void profile_is_linear(const femd_element *element, int direct) {
    model m;
    femd_error words = FEMD_ERROR_INIT;
    make(&m, element, direct);
    const femd_condition conditions[2] = {at(&m, 0, &femd_condition_value, 300), at(&m, 1, &femd_condition_value, 400)};
    femd_field *field = add_heat(&m, conditions, &words);
    assert_non_null(field);
    assert_int_equal(field->n, m.p->grid->nnodes);
    solve(&m, field);
    double *T = values(field), flow[2];
    for (PetscInt i = 0; i < m.p->grid->nnodes; ++i) assert_near(T[i], 300 + 50 * m.p->grid->node_x[3 * i], 1e-9);
    OK(femd_boundary_reactions(field, ((heat *)field->self)->unbalanced, NULL, NULL, NULL, flow, NULL, err));
    assert_near(flow[0], -50 * CONDUCTIVITY, 1e-8); /* area 1: what the cold side takes out */
    assert_near(flow[1], 50 * CONDUCTIVITY, 1e-8);
    free(T);
    model_clear(&m);
}

static void a_scalar_field_finds_its_linear_profile(void **state) {
    (void)state;
    for (size_t e = 0; femd_element_at(e); ++e)
        for (int direct = 0; direct < 2; ++direct) profile_is_linear(femd_element_at(e), direct);
}

static void a_flux_into_a_face_makes_the_slope(void **state) {
    (void)state;
    for (size_t e = 0; femd_element_at(e); ++e) {
        model m;
        femd_error words = FEMD_ERROR_INIT;
        make(&m, femd_element_at(e), 1);
        const femd_condition conditions[2] = {at(&m, 0, &femd_condition_value, 300),
                                              at(&m, 1, &femd_condition_flux, 14)};
        femd_field *field = add_heat(&m, conditions, &words);
        assert_non_null(field);
        solve(&m, field);
        double *T = values(field);
        for (PetscInt i = 0; i < m.p->grid->nnodes; ++i)
            assert_near(T[i], 300 + 14.0 / CONDUCTIVITY * m.p->grid->node_x[3 * i], 1e-9);
        free(T);
        model_clear(&m);
    }
}

static void words_about_the_boundary_are_the_fields(void **state) {
    (void)state;
    model m;
    femd_error words = FEMD_ERROR_INIT;
    make(&m, &femd_element_q1, 1);
    femd_condition conditions[2] = {at(&m, 0, &femd_condition_flux, 1), at(&m, 1, NULL, 0)};
    assert_null(add_heat(&m, conditions, &words));
    assert_int_equal(words.code, FEMD_BAD_INPUT);
    assert_non_null(strstr(words.text, "nothing prescribes a temperature (1)"));
    conditions[0] = at(&m, 0, &femd_condition_value, 300);
    conditions[1] = at(&m, 0, &femd_condition_value, 301); /* the same surface */
    assert_null(add_heat(&m, conditions, &words));
    assert_non_null(strstr(words.text, "prescribe different temperatures at the node"));
    assert_non_null(strstr(words.text, "300 and 301 K"));
    model_clear(&m);
}

/* ---- output and checkpoint ---- */

static void make_folder(char folder[64]) {
    int rank;
    (void)MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
    strcpy(folder, "/tmp/femd-field-XXXXXX");
    if (rank == 0) assert_non_null(mkdtemp(folder));
    (void)MPI_Bcast(folder, 64, MPI_CHAR, 0, PETSC_COMM_WORLD);
}

static femd_buffer read_piece(const char *folder, int rank) {
    char path[128];
    femd_buffer text = {malloc(1 << 20), 0, 1 << 20};
    snprintf(path, sizeof path, "%s/step_0000_%d.vtu", folder, rank);
    FILE *file = fopen(path, "rb");
    if (!file || !text.data) fail_msg("cannot read %s", path);
    text.size = fread(text.data, 1, 1 << 20, file);
    fclose(file);
    return text;
}

static void output_and_checkpoint_hold_every_field(void **state) {
    (void)state;
    model m, again;
    char folder[64], path[128], command[128];
    femd_error words = FEMD_ERROR_INIT;
    femd_history history = {.nboundary = 2};
    make_folder(folder);
    snprintf(path, sizeof path, "%s/checkpoint.h5", folder);
    make(&m, &femd_element_p2, 0);
    m.cs.doc.root = cJSON_Parse("{\"femd\": 1}");
    const femd_condition conditions[2] = {at(&m, 0, &femd_condition_value, 300), at(&m, 1, &femd_condition_value, 400)};
    femd_field *field = add_heat(&m, conditions, &words);
    assert_non_null(field);
    solve(&m, field);
    double *T = values(field);

    OK(femd_output_step(m.p, NULL, folder, err));
    femd_buffer piece = read_piece(folder, m.p->rank);
    read_array written = read_back(&piece, "made_up_temperature");
    assert_int_equal(written.components, 1);
    assert_int_equal(written.bytes, field->n * sizeof *T);
    assert_memory_equal(written.data, T, written.bytes);
    assert_int_equal(read_back(&piece, "displacement").components, 3);
    femd_buffer_clear(&piece);

    OK(femd_checkpoint_save(m.p, &history, path, err));
    make(&again, &femd_element_p2, 0);
    again.cs.doc.root = m.cs.doc.root;
    femd_field *back = add_heat(&again, conditions, &words);
    assert_non_null(back);
    OK(femd_checkpoint_load(again.p, &history, path, err));
    double *same = values(back);
    assert_memory_equal(same, T, field->n * sizeof *T);

    (void)MPI_Barrier(PETSC_COMM_WORLD);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    if (m.p->rank == 0) assert_int_equal(system(command), 0);
    free(T);
    free(same);
    femd_history_clear(&history);
    cJSON_Delete(m.cs.doc.root);
    model_clear(&m);
    model_clear(&again);
}

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_scalar_field_finds_its_linear_profile),
        cmocka_unit_test(a_flux_into_a_face_makes_the_slope),
        cmocka_unit_test(words_about_the_boundary_are_the_fields),
        cmocka_unit_test(output_and_checkpoint_hold_every_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
