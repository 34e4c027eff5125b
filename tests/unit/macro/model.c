#include "model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fields/heat.h"

void model_init(model *m, const femd_element *element, int n) {
    memset(m, 0, sizeof *m);
    test_law_init(&m->law);
    m->comm = PETSC_COMM_WORLD;
    m->cs = (femd_case){.path = (char *)"case.json",
                        .folder = (char *)".",
                        .seed = 1,
                        .mesh = {.size = {1, 1, 1}, .cells = {n, n, n}, .scale = 1},
                        .nmaterials = 1,
                        .material = m->material,
                        .boundary = m->boundary,
                        .reuse = 1,
                        .step_count = 1,
                        .end_time = 1,
                        .max_cuts = 6,
                        .growth = 1.5,
                        .cut = 0.5,
                        .predictor = 1,
                        .element = element,
                        .rtol = 1e-12,
                        .loose = 1e-3,
                        .noise_stop = 1,
                        .max_newton = 20,
                        .ksp_rtol = 1e-12,
                        .direct = 1,
                        .stability = 1,
                        .max_steps = 1000,
                        .output_every = 1,
                        .checkpoint_every = 1};
    for (int k = 0; k < 3; ++k) {
        snprintf(m->material[k].name, FEMD_NAME_MAX, "material%d", k);
        strcpy(m->material[k].region, "all");
        m->material[k].like = (size_t)k;
        for (int a = 0; a < 9; a += 4) m->material[k].orientation[a] = 1;
    }
}

static femd_case_boundary *entry(model *m, const char *on, femd_load kind) {
    femd_case_boundary *b = &m->boundary[m->cs.nboundary++];
    snprintf(b->on, sizeof b->on, "%s", on);
    b->kind = kind;
    return b;
}

femd_case_boundary *model_hold(model *m, const char *on, double x, double y, double z) {
    femd_case_boundary *b = entry(m, on, FEMD_LOAD_DISPLACEMENT);
    const double value[3] = {x, y, z};
    for (int a = 0; a < 3; ++a) {
        b->has[a] = !isnan(value[a]);
        b->value[a] = b->has[a] ? value[a] : 0;
    }
    return b;
}

femd_case_boundary *model_load(model *m, const char *on, femd_load kind, double x, double y, double z) {
    femd_case_boundary *b = entry(m, on, kind);
    b->value[0] = x;
    b->value[1] = y;
    b->value[2] = z;
    return b;
}

femd_function *model_function(const char *text) {
    femd_function *f = NULL;
    femd_error err = FEMD_ERROR_INIT;
    if (femd_function_create(text, "case.json: here", &f, &err) != FEMD_OK) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    return f;
}

void model_expression(femd_case_boundary *b, int a, const char *text) {
    b->function[a] = model_function(text);
    b->has[a] = 1;
}

void model_heat(model *m, const double k[6], double c, double kelvin, double theta) {
    m->cs.physics = FEMD_PHYSICS_THERMAL;
    m->cs.stability = 0;
    m->cs.heat = (femd_case_heat){.transient = theta > 0, .theta = theta > 0 ? theta : 1, .initial = kelvin};
    m->law.inputs |= FEMD_INPUT_TEMPERATURE;
    m->law.wants |= FEMD_WANT_CONDUCTIVITY | FEMD_WANT_HEAT_CAPACITY;
    memcpy(m->law.k, k, sizeof m->law.k);
    m->law.capacity = c;
}

void model_both(model *m, const double k[6], double c, double kelvin, double theta) {
    model_heat(m, k, c, kelvin, theta);
    m->cs.physics = FEMD_PHYSICS_THERMOMECHANICAL;
    m->cs.stability = 1;
    m->cs.heat.coupling = FEMD_COUPLING_ONE_WAY;
    m->law.wants |= FEMD_WANT_THERMAL_STRESS;
}

void model_affine(model *m, const double G[9]) {
    static const char *const side[6] = {"left", "right", "front", "back", "bottom", "top"};
    for (int s = 0; s < 6; ++s) {
        femd_case_boundary *b = model_hold(m, side[s], 0, 0, 0);
        b->has_gradient = 1;
        memcpy(b->gradient, G, sizeof b->gradient);
    }
}

void model_bend(model *m, const femd_element *element, const double size[3], const int cells[3], double nu,
                double load) {
    const double E = 1e9, area = size[1] * size[2], inertia = area * size[2] * size[2] / 12;
    model_init(m, element, 1);
    m->law.lambda = nu / ((1 + nu) * (1 - 2 * nu)) * E;
    m->law.mu = E / (2 * (1 + nu));
    memcpy(m->cs.mesh.size, size, sizeof m->cs.mesh.size);
    memcpy(m->cs.mesh.cells, cells, sizeof m->cs.mesh.cells);
    m->cs.rtol = 1e-6;
    model_hold(m, "left", 0, 0, 0);
    model_load(m, "right", FEMD_LOAD_TRACTION, 0, 0, load * E * inertia / (size[0] * size[0]) / area);
}

void model_tip(const model *m, double u[3]) {
    const femd_problem *p = m->p;
    double *all = malloc((p->displacement->n + 1) * sizeof *all), n = 0;
    femd_error err = FEMD_ERROR_INIT;
    memset(u, 0, 3 * sizeof *u);
    if (!all || femd_field_get(p->displacement, all, &err) != FEMD_OK) abort();
    for (PetscInt i = 0; i < p->grid->nnodes; ++i) {
        if (p->grid->node_x[3 * i] < m->cs.mesh.size[0] * (1 - 1e-9)) continue;
        for (int a = 0; a < 3; ++a) u[a] += all[3 * i + a];
        n += 1;
    }
    for (int a = 0; a < 3; ++a) u[a] /= n;
    free(all);
}

femd_status model_create(model *m, femd_error *err) {
    return femd_problem_create_law(m->comm, &m->cs, &m->law.table, &m->p, err);
}

static femd_status keep(void *user, femd_problem *p, const femd_step_record *rec, femd_error *err) {
    model *m = user;
    (void)err;
    m->steps++;
    m->last = *rec;
    m->last.reaction = m->reaction;
    m->last.account = m->account;
    memcpy(m->account, rec->account, 6 * (p->cs->nboundary + 1) * sizeof *m->account);
    m->last.heat = m->heat;
    if (rec->heat) memcpy(m->heat, rec->heat, femd_heat_numbers(p->cs) * sizeof *m->heat);
    memcpy(m->reaction, rec->reaction, 3 * p->cs->nboundary * sizeof *m->reaction);
    return FEMD_OK;
}

femd_status model_run(model *m, femd_error *err) {
    const femd_stepping_hooks hooks = {.user = m, .committed = keep};
    if (!m->p) FEMD_TRY(model_create(m, err));
    return femd_stepping_run(m->p, &hooks, err);
}

void model_clear(model *m) {
    femd_problem_destroy(&m->p);
    for (size_t b = 0; b < m->cs.nboundary; ++b)
        for (int a = 0; a < 3; ++a) femd_function_destroy(&m->boundary[b].function[a]);
    for (int a = 0; a < 3; ++a) femd_function_destroy(&m->cs.body_function[a]);
    femd_function_destroy(&m->cs.temperature_function);
    femd_function_destroy(&m->cs.pressure_function);
    femd_function_destroy(&m->cs.heat.initial_function);
    femd_function_destroy(&m->cs.heat.source_function);
}

static void finish(void) {
    (void)PetscFinalize();
}

void model_start(int *argc, char ***argv) {
    setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 0);
    setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", 0);
    if (PetscInitialize(argc, argv, NULL, NULL) != 0) exit(70);
    atexit(finish);
}
