/* Keeper of states and folder of results for the tests of what a run leaves. */
#include "results_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

size_t states_put;

size_t group_blob(unsigned g, uint8_t *blob) {
    size_t n = 100 + 17 * g;
    for (size_t i = 0; i < n; ++i) blob[i] = (uint8_t)(g * 7 + i);
    return n;
}

void group_hash(unsigned g, femd_hash *h) {
    uint8_t blob[BLOB_MAX];
    size_t n = group_blob(g, blob);
    femd_hash_domain("state", blob, n, h);
}

static femd_status keeper_get(void *self, const femd_hash *states, size_t n, void **blobs, size_t *sizes,
                              femd_error *err) {
    (void)self;
    for (size_t i = 0; i < n; ++i) {
        femd_hash h = FEMD_HASH_ZERO;
        unsigned g = 0;
        for (; g < GROUPS; ++g) {
            group_hash(g, &h);
            if (femd_hash_equal(&h, states + i)) break;
        }
        if (states[i].b[31] == LOST) return femd_fail(err, FEMD_STATE_LOST, "no such state");
        blobs[i] = malloc(BLOB_MAX);
        sizes[i] = g < GROUPS ? group_blob(g, blobs[i]) : sizeof(femd_hash);
        if (g == GROUPS)
            memcpy(blobs[i], states + i, sizeof(femd_hash)); /* of the analytic law: its name is its content */
    }
    return FEMD_OK;
}

static femd_status keeper_put(void *self, const femd_hash *states, const void *const *blobs, const size_t *sizes,
                              size_t n, femd_error *err) {
    (void)self;
    for (size_t i = 0; i < n; ++i) {
        femd_hash h;
        femd_hash_domain("state", blobs[i], sizes[i], &h);
        int own_name = sizes[i] == sizeof h && memcmp(blobs[i], states + i, sizeof h) == 0;
        if (!own_name && !femd_hash_equal(&h, states + i))
            return femd_fail(err, FEMD_BAD_INPUT, "a blob does not fit its hash");
    }
    states_put += n;
    return FEMD_OK;
}

/* ---- a folder ---- */

void set_document(model *m, const char *text) {
    cJSON_Delete(m->cs.doc.root);
    m->cs.doc.root = cJSON_Parse(text);
    assert_non_null(m->cs.doc.root);
}

int setup(void **state) {
    fixture *f = calloc(1, sizeof *f);
    if (!f) return -1;
    (void)MPI_Comm_rank(PETSC_COMM_WORLD, &f->rank);
    strcpy(f->folder, "/tmp/femd-checkpoint-XXXXXX");
    if (f->rank == 0 && !mkdtemp(f->folder)) return -1;
    (void)MPI_Bcast(f->folder, sizeof f->folder, MPI_CHAR, 0, PETSC_COMM_WORLD);
    model_init(&f->m, &femd_element_q1, 3);
    model_hold(&f->m, "left", 0, 0, 0);
    model_hold(&f->m, "right", 0.1, 0, 0);
    set_document(&f->m, "{\"femd\": 1, \"title\": \"a\", \"seed\": 1, \"output\": {\"every\": 1}}");
    f->m.law.wants |= FEMD_WANT_STABILITY | FEMD_WANT_CONDUCTIVITY | FEMD_WANT_THERMAL_STRESS;
    f->m.cs.wants_committed = FEMD_WANT_STABILITY | FEMD_WANT_CONDUCTIVITY | FEMD_WANT_THERMAL_STRESS;
    f->history.nboundary = 2;
    f->history.wants = f->m.cs.wants_committed;
    double wanted[15] = {1, 2, 3, 4, 5, 6, 0.1, 11, 12, 13, 14, 15, 16, 0.2, 21};
    double reaction[6] = {1, 2, 3, 4, 5, 1.0 / 3}, account[18];
    for (int i = 0; i < 18; ++i) account[i] = 0.7 * i;
    for (int i = 1; i <= 2; ++i) {
        femd_history_row row = {.rec = {.step = i,
                                        .time = i / 6.0,
                                        .nresiduals = 2,
                                        .residual = {1, 0.1},
                                        .reaction = reaction,
                                        .account = account,
                                        .work = {0.1 * i, 0.2 * i, 0.3 * i, 0.4 * i},
                                        .stability_min = NAN,
                                        .evaluations = 1ull << 40,
                                        .reused = 3},
                                .wanted = wanted,
                                .fields = 1};
        wanted[0] = i;
        if (femd_history_add(&f->history, &row, NULL) != FEMD_OK) return -1;
    }
    *state = f;
    return 0;
}

int teardown(void **state) {
    fixture *f = *state;
    char command[128];
    model_clear(&f->m);
    femd_history_clear(&f->history);
    cJSON_Delete(f->m.cs.doc.root);
    (void)MPI_Barrier(PETSC_COMM_WORLD);
    snprintf(command, sizeof command, "rm -rf '%s'", f->folder);
    int rc = f->rank == 0 ? system(command) : 0;
    free(f);
    return rc;
}

femd_problem *new_problem(fixture *f, MPI_Comm comm) {
    femd_problem *p = NULL;
    femd_error err = FEMD_ERROR_INIT;
    f->m.law.table.states_get = keeper_get; /* the states come from the stand-in above */
    f->m.law.table.states_put = keeper_put;
    if (femd_problem_create_law(comm, &f->m.cs, &f->m.law.table, &p, &err) != FEMD_OK) fail_msg("%s", err.text);
    return p;
}

char *slurp(const char *path, size_t *n) {
    FILE *file = fopen(path, "rb");
    if (!file) fail_msg("cannot read %s", path);
    char *text = malloc(1 << 22);
    *n = fread(text, 1, 1 << 22, file);
    fclose(file);
    return text;
}

void assert_same_file(const char *a, const char *b) {
    size_t na, nb;
    char *ta = slurp(a, &na), *tb = slurp(b, &nb);
    if (na != nb || memcmp(ta, tb, na)) fail_msg("%s and %s differ", a, b);
    free(ta);
    free(tb);
}
