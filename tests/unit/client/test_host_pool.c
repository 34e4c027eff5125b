/* What adapters share: one connection by what the environment says, materials by their names or places, and words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "host_pool.h"
#include "law_server.h"

enum { THREADS = 8, EACH = 20 };

static char folder[64];
static atomic_int registrations;

/* Opens materials but those that say "broken", and answers by the law. */
static void pool_serve(fake_server *s, const femd_frame *f) {
    if (f->type != FEMD_MSG_MATERIAL) {
        serve_law(s, f);
        return;
    }
    femd_pack pack;
    femd_ready ready = {.text = "too soft"};
    atomic_fetch_add(&registrations, 1);
    femd_pack_id(f->body.data, f->body.size, &ready.material);
    if (femd_pack_decode(f->body.data, f->body.size, &pack, NULL) != FEMD_OK) return;
    ready.status = strstr(pack.json, "0.49") ? FEMD_BAD_INPUT : FEMD_OK;
    if (ready.status == FEMD_OK) *ready.text = '\0';
    if (femd_ready_encode(&s->out, f->id, &ready, NULL) == FEMD_OK) fake_send(s);
}

static void put(const char *name, const char *text) {
    char path[160];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

#define ELASTIC(poisson) "{\"engine\": \"elastic\", \"young\": 1e9, \"poisson\": " poisson "}"
static const char three[] = "{\"seed\": 77, \"materials\": {\"copper\": " ELASTIC("0.3") ", \"Iron\": " ELASTIC(
    "0.2") ", \"iron\": " ELASTIC("0.1") ", \"rubber\": " ELASTIC("0.49") "}}";

typedef struct stage {
    fake_server server;
    seen seen;
    host_pool pool;
    femd_error err;
} stage;

/* `file` is what FEMD_TEST names, within the folder. */
static void stage_open(stage *s, const char *file) {
    char path[160];
    *s = (stage){.pool = HOST_POOL_INIT("libfemd_test", "FEMD_TEST", 0)};
    s->server.handle = pool_serve;
    s->server.test = &s->seen;
    fake_start(&s->server);
    atomic_store(&registrations, 0);
    snprintf(path, sizeof path, "%s%s", folder, file);
    setenv("FEMD_TEST", path, 1);
    setenv("FEMD_CONNECT", s->server.address, 1);
    setenv("FEMD_RUN", "a-run", 1);
}

static void stage_close(stage *s) {
    host_pool_close(&s->pool);
    fake_stop(&s->server);
}

static femd_status stage_find(stage *s, const char *name, const host_material **m) {
    femd_error_clear(&s->err);
    return host_pool_material(&s->pool, name, strlen(name), m, &s->err);
}

static void assert_words(const stage *s, const char *words) {
    if (!strstr(s->err.text, words)) fail_msg("\"%s\" is not in: %s", words, s->err.text);
}

static femd_status stage_ask(stage *s, const host_material *m, uint64_t point, double stress[9]) {
    int32_t status;
    femd_status worst = FEMD_OK;
    const femd_arrays arrays = {.size = sizeof arrays,
                                .n = 1,
                                .F = some_F,
                                .first_point = point,
                                .increment = 3,
                                .stress = stress,
                                .status = &status};
    const femd_status rc = host_pool_evaluate(&s->pool, m, &arrays, &worst, &s->err);
    return rc == FEMD_OK ? worst : rc;
}

static void materials_are_found_by_name_and_by_place(void **state) {
    (void)state;
    const host_material *m, *again;
    stage s;
    put("case.json", three);
    stage_open(&s, "");
    assert_int_equal(stage_find(&s, "COPPER  ", &m), FEMD_OK); /* as CalculiX writes it */
    assert_string_equal(m->name, "copper");
    assert_int_equal(stage_find(&s, "copper", &again), FEMD_OK);
    assert_ptr_equal(m, again);
    assert_int_equal(atomic_load(&registrations), 1);
    assert_int_equal(stage_find(&s, "iron", &m), FEMD_OK);
    assert_string_equal(m->name, "iron");
    assert_int_equal(host_pool_material_at(&s.pool, 2, &m, &s.err), FEMD_OK);
    assert_string_equal(m->name, "Iron");
    assert_int_equal(stage_find(&s, "IRON", &m), FEMD_BAD_INPUT); /* which? */
    assert_int_equal(stage_find(&s, "gold", &m), FEMD_BAD_INPUT);
    assert_words(&s, "no material \"gold\"; there is: 1 copper, 2 Iron, 3 iron, 4 rubber");
    assert_int_equal(stage_find(&s, "", &m), FEMD_BAD_INPUT);
    assert_words(&s, "there is: 1 copper");
    for (int i = 0; i < 4; i++) {
        static const double none[4] = {0, 5, 1.5, NAN};
        assert_int_equal(host_pool_material_at(&s.pool, none[i], &m, &s.err), FEMD_BAD_INPUT);
        assert_null(m);
    }
    stage_close(&s);
}

static void a_material_that_is_refused_is_asked_once(void **state) {
    (void)state;
    const host_material *m;
    stage s;
    put("case.json", three);
    stage_open(&s, "/case.json");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(stage_find(&s, "rubber", &m), FEMD_BAD_INPUT);
        assert_words(&s, "libfemd_test: too soft");
    }
    assert_int_equal(atomic_load(&registrations), 1);
    stage_close(&s);
}

static void the_seed_is_that_of_the_file(void **state) {
    (void)state;
    const host_material *m;
    double stress[9];
    stage s;
    put("case.json", three);
    stage_open(&s, "");
    assert_int_equal(stage_find(&s, "copper", &m), FEMD_OK);
    assert_int_equal(stage_ask(&s, m, 5, stress), FEMD_OK);
    stage_close(&s);
    assert_true(s.seen.last.seed == femd_seed(77, 3, 5));
    assert_int_equal(stage_ask(&s, m, 5, stress), FEMD_CANCELLED); /* closed */
    put("one.json", ELASTIC("0.3"));
    stage_open(&s, "/one.json");
    assert_int_equal(stage_find(&s, "", &m), FEMD_OK);
    assert_int_equal(stage_ask(&s, m, 5, stress), FEMD_OK);
    stage_close(&s);
    assert_true(s.seen.last.seed == femd_seed(1, 3, 5));
}

static void what_is_wrong_is_said_and_said_again(void **state) {
    (void)state;
    static const struct {
        const char *variable, *value, *words;
    } wrong[] = {
        {"FEMD_TEST", NULL, "FEMD_TEST is not set"},
        {"FEMD_TEST", "/nowhere/case.json", "/nowhere/case.json"},
        {"FEMD_CONNECT", NULL, "FEMD_CONNECT is not set"},
        {"FEMD_CONNECT", "/nowhere/pool.address", "neither an address (tcp://..., ipc://...) nor a file that can"},
        {"FEMD_CONNECT", "/dev/null", "nor a file with one"}};
    const host_material *m;
    put("case.json", three);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        stage s;
        stage_open(&s, "");
        if (wrong[i].value)
            setenv(wrong[i].variable, wrong[i].value, 1);
        else
            unsetenv(wrong[i].variable);
        const femd_status rc = stage_find(&s, "copper", &m);
        assert_int_not_equal(rc, FEMD_OK);
        assert_words(&s, wrong[i].words);
        assert_words(&s, "libfemd_test: ");
        setenv("FEMD_TEST", folder, 1);
        setenv("FEMD_CONNECT", s.server.address, 1);
        assert_int_equal(host_pool_material_at(&s.pool, 1, &m, &s.err), rc); /* as the first time */
        assert_words(&s, wrong[i].words);
        stage_close(&s);
    }
}

static void the_address_may_stand_in_a_file(void **state) {
    (void)state;
    const host_material *m;
    char line[128], path[160];
    stage s;
    put("case.json", three);
    stage_open(&s, "");
    snprintf(line, sizeof line, "%s\n", s.server.address);
    put("pool.address", line);
    snprintf(path, sizeof path, "%s/pool.address", folder);
    setenv("FEMD_CONNECT", path, 1);
    assert_int_equal(stage_find(&s, "copper", &m), FEMD_OK);
    stage_close(&s);
}

typedef struct asker {
    stage *stage;
    uint64_t first;
    int wrong;
} asker;

static void *ask_some(void *arg) {
    asker *a = arg;
    for (int i = 0; i < EACH; i++) {
        const host_material *m = NULL;
        femd_error err = FEMD_ERROR_INIT;
        double stress[9] = {0};
        int32_t status = -1;
        femd_status worst = FEMD_OK;
        const femd_arrays arrays = {
            .size = sizeof arrays, .n = 1, .F = some_F, .first_point = a->first, .stress = stress, .status = &status};
        if (host_pool_material(&a->stage->pool, i % 2 ? "copper" : "Iron", i % 2 ? 6 : 4, &m, &err) != FEMD_OK ||
            host_pool_evaluate(&a->stage->pool, m, &arrays, &worst, &err) != FEMD_OK)
            a->wrong++;
        if (worst != (a->first == BAD ? FEMD_INSTABILITY : FEMD_OK)) a->wrong++;
        host_pool_say(&a->stage->pool, worst, (uint64_t)(i / 10), "libfemd_test: all threads say so");
    }
    return NULL;
}

/* The words that the threads say come once for each occasion. */
static int lines_of(const char *path) {
    int lines = 0;
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    for (int c = fgetc(f); c != EOF; c = fgetc(f)) lines += c == '\n';
    fclose(f);
    return lines;
}

static void threads_share_one_connection(void **state) {
    (void)state;
    stage s;
    asker a[THREADS];
    pthread_t thread[THREADS];
    char path[160];
    put("case.json", three);
    put("words", "");
    stage_open(&s, "");
    snprintf(path, sizeof path, "%s/words", folder);
    fflush(stderr);
    const int before = dup(2);
    assert_non_null(freopen(path, "w", stderr));
    for (int i = 0; i < THREADS; i++) {
        a[i] = (asker){.stage = &s, .first = BAD + (uint64_t)i % 2};
        assert_int_equal(pthread_create(&thread[i], NULL, ask_some, &a[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) pthread_join(thread[i], NULL);
    fflush(stderr);
    dup2(before, 2);
    close(before);
    stage_close(&s);
    for (int i = 0; i < THREADS; i++) assert_int_equal(a[i].wrong, 0);
    assert_int_equal(s.server.hellos, 1);
    assert_int_equal(atomic_load(&registrations), 2);
    assert_int_equal(lines_of(path), 4); /* two statuses, two occasions */
}

/* A pool that loses what it is asked, until a worker comes. */
static atomic_int workers_there;
static void drought_serve(fake_server *s, const femd_frame *f) {
    if (f->type != FEMD_MSG_EVALUATE || atomic_load(&workers_there)) pool_serve(s, f);
}
static void drought_pulse(fake_server *s) {
    const femd_pulse p = {.workers = (uint32_t)atomic_load(&workers_there)};
    if (s->route_size && femd_pulse_encode(&s->out, &p, NULL) == FEMD_OK) fake_send(s);
}

static void *ask_in_drought(void *arg) {
    double stress[9];
    const host_material *m;
    asker *a = arg;
    a->wrong = stage_find(a->stage, "copper", &m) != FEMD_OK || stage_ask(a->stage, m, 1, stress) != FEMD_OK;
    return NULL;
}

static int file_says(const char *path, const char *words) {
    char text[2000] = "";
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    return strstr(text, words) != NULL;
}

/* Not at once: a worker that is being replaced is no matter. */
static void a_pool_without_workers_is_told_once(void **state) {
    (void)state;
    char path[160];
    stage s;
    pthread_t thread;
    put("case.json", three);
    put("words", "");
    stage_open(&s, "");
    fake_stop(&s.server);
    s.server = (fake_server){.handle = drought_serve, .idle = drought_pulse, .test = &s.seen};
    atomic_store(&workers_there, 0);
    fake_start(&s.server);
    setenv("FEMD_CONNECT", s.server.address, 1);
    snprintf(path, sizeof path, "%s/words", folder);
    fflush(stderr);
    const int before = dup(2);
    assert_non_null(freopen(path, "w", stderr));
    setvbuf(stderr, NULL, _IONBF, 0); /* as it was, but for freopen */
    asker a = {.stage = &s};
    assert_int_equal(pthread_create(&thread, NULL, ask_in_drought, &a), 0);
    usleep(1000000);
    const int early = file_says(path, "waiting");
    int told = 0;
    for (int k = 0; k < 200 && !told; k++) usleep(50000), told = file_says(path, "femd worker --connect ipc://");
    usleep(1000000);
    atomic_store(&workers_there, 1);
    pthread_join(thread, NULL);
    fflush(stderr);
    dup2(before, 2);
    close(before);
    stage_close(&s);
    assert_int_equal(a.wrong, 0);
    assert_false(early);
    assert_true(told);
    assert_true(file_says(path, "libfemd_test: a worker is there"));
    assert_int_equal(lines_of(path), 2);
}

static void a_forked_child_is_told(void **state) {
    (void)state;
    const host_material *m;
    int status = 0;
    stage s;
    put("case.json", three);
    stage_open(&s, "");
    assert_int_equal(stage_find(&s, "copper", &m), FEMD_OK);
    const pid_t child = fork();
    if (child == 0) {
        const int told = stage_find(&s, "copper", &m) == FEMD_BAD_ARGUMENT && strstr(s.err.text, "forked");
        host_pool_close(&s.pool); /* the parent's */
        _exit(told ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    double stress[9];
    assert_int_equal(stage_ask(&s, m, 1, stress), FEMD_OK);
    stage_close(&s);
}

static int make_folder(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/femd-host-pool-%ld", (long)getpid());
    return mkdir(folder, 0700);
}

static int drop_folder(void **state) {
    (void)state;
    static const char *const names[] = {"case.json", "one.json", "pool.address", "words"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[160];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        remove(path);
    }
    return rmdir(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(materials_are_found_by_name_and_by_place),
        cmocka_unit_test(a_material_that_is_refused_is_asked_once),
        cmocka_unit_test(the_seed_is_that_of_the_file),
        cmocka_unit_test(what_is_wrong_is_said_and_said_again),
        cmocka_unit_test(the_address_may_stand_in_a_file),
        cmocka_unit_test(threads_share_one_connection),
        cmocka_unit_test(a_pool_without_workers_is_told_once),
        cmocka_unit_test(a_forked_child_is_told),
    };
    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
