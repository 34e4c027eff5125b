#include "model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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
                        .noise_stop = 1,
                        .max_newton = 20,
                        .ksp_rtol = 1e-12,
                        .direct = 1,
                        .output_every = 1,
                        .checkpoint_every = 1};
    for (int k = 0; k < 3; ++k) {
        snprintf(m->material[k].name, FEMD_NAME_MAX, "material%d", k);
        strcpy(m->material[k].region, "all");
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

void model_affine(model *m, const double G[9]) {
    static const char *const side[6] = {"left", "right", "front", "back", "bottom", "top"};
    for (int s = 0; s < 6; ++s) {
        femd_case_boundary *b = model_hold(m, side[s], 0, 0, 0);
        b->has_gradient = 1;
        memcpy(b->gradient, G, sizeof b->gradient);
    }
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
