/* Store, journal and core together, life after life. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "annals.h"
#include "disbelief.h"
#include "durable.h"
#include "femd/control.h"
#include "femd/hash.h"
#include "kept.h"

#define OK(expr) assert_int_equal((expr), FEMD_OK)

static char folder[64], store[80], journal[80], said[1200];

static void note(void *user, femd_log_level level, const char *text) {
    (void)user;
    if (level <= FEMD_LOG_WARNING) snprintf(said, sizeof said, "%s", text);
}

static int make_folder(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "%s/femd-durable-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(folder)) return -1;
    snprintf(store, sizeof store, "%s/store", folder);
    snprintf(journal, sizeof journal, "%s/journal", folder);
    return 0;
}

static int remove_folder(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

typedef struct life {
    femd_durable *durable;
    femd_core *core;
} life;

static void carry_out(life *l, int *anew) {
    femd_action action;
    while (femd_core_next(l->core, &action)) {
        if (anew) *anew |= action.kind == FEMD_ACTION_JOURNAL_ANEW;
        if (action.kind != FEMD_ACTION_SEND && action.kind != FEMD_ACTION_DROP)
            durable_keep(l->durable, action.kind, &(femd_bytes){action.frame.data, action.frame.size});
        femd_core_recycle(l->core, &action.frame);
    }
}

static life begin(const char *level) {
    life l;
    femd_error err = FEMD_ERROR_INIT;
    const durable_config config = {.store = store, .journal = journal, .level = level, .retry = 1e-9, .log = note};
    if (durable_open(&config, &l.durable, &err) != FEMD_OK) fail_msg("%s", err.text);
    OK(femd_core_create(
        &(femd_core_config){
            .level = level, .recall = durable_recall(l.durable), .journal = 1, .epoch = durable_epoch(l.durable)},
        &l.core, NULL));
    if (durable_replay(l.durable, l.core, 1, &err) != FEMD_OK) fail_msg("%s", err.text);
    carry_out(&l, NULL);
    return l;
}

static void end(life *l) {
    femd_core_destroy(&l->core);
    durable_close(&l->durable);
}

static femd_buffer make_answer(femd_kept *kept) {
    static uint8_t bytes[FEMD_RESPONSE_BYTES_MAX];
    femd_buffer out = FEMD_BUFFER_INIT;
    femd_response r = {.provided = FEMD_WANT_STRESS, .engine = 3, .J = 1, .E = {1e-3}, .work = {.fingerprint = 7}};
    *kept = (femd_kept){.level = 3, .inputs = 31, .fingerprint = 7};
    kept->request = (femd_request){.wants = FEMD_WANT_STRESS, .value = {1e-3}};
    femd_request_key(&kept->material, kept->level, kept->inputs, &kept->request, &kept->key);
    kept->response = (femd_bytes){bytes, femd_response_encode(&r, bytes)};
    OK(kept_encode(kept, &out, NULL));
    return out;
}

static int is_kept(const life *l, const femd_kept *kept) {
    femd_kept found;
    const femd_recall *recall = durable_recall(l->durable);
    return recall->answer(recall->user, &kept->key, kept->fingerprint, &found);
}

static void every_life_has_an_epoch_of_its_own(void **state) {
    (void)state;
    for (uint64_t lives = 1; lives < 5; lives++) {
        life l = begin("x86-64-v3");
        assert_int_equal(durable_epoch(l.durable), lives);
        end(&l);
    }
    femd_durable *durable;
    femd_error err = FEMD_ERROR_INIT;
    const durable_config other = {.store = store, .journal = journal, .level = "baseline", .log = note};
    assert_int_equal(durable_open(&other, &durable, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "x86-64-v3"));
}

/* The store may not have got what the journal has. */
static void answers_of_the_journal_come_to_the_store(void **state) {
    (void)state;
    femd_kept kept;
    femd_buffer answer = make_answer(&kept), record = FEMD_BUFFER_INIT;
    OK(annal_encode(&(femd_annal){.kind = ANNAL_ANSWER, .bytes = {answer.data, answer.size}}, &record, NULL));
    life l = begin("x86-64-v3");
    durable_keep(l.durable, FEMD_ACTION_JOURNAL, &(femd_bytes){record.data, record.size});
    durable_before_send(l.durable);
    assert_int_equal(is_kept(&l, &kept), 0);
    end(&l);
    l = begin("x86-64-v3");
    assert_int_equal(is_kept(&l, &kept), 1);
    end(&l);
    femd_buffer_clear(&answer);
    femd_buffer_clear(&record);
}

/* A server that could not write it on has died since: what it says of runs is not what they are. */
static void runs_do_not_go_on_from_a_journal_that_was_given_up(void **state) {
    (void)state;
    femd_kept kept;
    femd_buffer answer = make_answer(&kept), record = FEMD_BUFFER_INIT, run = FEMD_BUFFER_INIT;
    femd_buffer of_liar = FEMD_BUFFER_INIT, liar = FEMD_BUFFER_INIT, lie = FEMD_BUFFER_INIT;
    femd_kept said_by = kept;
    const uint8_t nothing_good[40] = {0};
    said_by.author = 5;
    said_by.request.value[0] = 2e-3;
    femd_request_key(&said_by.material, said_by.level, said_by.inputs, &said_by.request, &said_by.key);
    femd_response told = {.provided = FEMD_WANT_STRESS, .engine = 3, .J = 1, .E = {2e-3}, .work = {.fingerprint = 7}};
    uint8_t response[FEMD_RESPONSE_BYTES_MAX];
    said_by.response = (femd_bytes){response, femd_response_encode(&told, response)};
    OK(kept_encode(&said_by, &lie, NULL));
    OK(annal_encode(&(femd_annal){.kind = ANNAL_ANSWER, .bytes = {lie.data, lie.size}}, &of_liar, NULL));
    OK(annal_encode(&(femd_annal){.kind = ANNAL_AUTHOR, .number = 5, .rank = 2, .bytes = {nothing_good, 40}}, &liar,
                    NULL));
    OK(annal_encode(&(femd_annal){.kind = ANNAL_ANSWER, .bytes = {answer.data, answer.size}}, &record, NULL));
    OK(annal_encode(&(femd_annal){.kind = ANNAL_RUN, .run = 1, .rank = 1, .bytes = {"beam", 4}}, &run, NULL));
    for (int given_up = 0; given_up < 2; given_up++) {
        femd_core_totals totals;
        life l = begin("x86-64-v3");
        durable_keep(l.durable, FEMD_ACTION_JOURNAL, &(femd_bytes){record.data, record.size});
        durable_keep(l.durable, FEMD_ACTION_JOURNAL, &(femd_bytes){run.data, run.size});
        durable_keep(l.durable, FEMD_ACTION_JOURNAL, &(femd_bytes){of_liar.data, of_liar.size});
        durable_keep(l.durable, FEMD_ACTION_JOURNAL, &(femd_bytes){liar.data, liar.size});
        durable_before_send(l.durable);
        if (given_up) {
            struct stat st;
            assert_int_equal(stat(journal, &st), 0);
            struct rlimit limit = {(rlim_t)st.st_size, RLIM_INFINITY};
            signal(SIGXFSZ, SIG_IGN);
            assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
            durable_keep(l.durable, FEMD_ACTION_JOURNAL, &(femd_bytes){run.data, run.size});
            durable_before_send(l.durable);
            limit.rlim_cur = RLIM_INFINITY;
            assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        }
        end(&l);
        said[0] = '\0';
        l = begin("x86-64-v3");
        femd_core_sum(l.core, &totals);
        assert_int_equal(totals.runs, given_up ? 0 : 1);
        assert_int_equal(strstr(said, "cannot go on from it") != NULL, given_up);
        assert_int_equal(is_kept(&l, &kept), 1);
        assert_int_equal(is_kept(&l, &said_by), 0); /* whoever was convicted is it still */
        end(&l);
        assert_int_equal(unlink(journal), 0);
    }
    femd_buffer_clear(&of_liar);
    femd_buffer_clear(&liar);
    femd_buffer_clear(&lie);
    femd_buffer_clear(&answer);
    femd_buffer_clear(&record);
    femd_buffer_clear(&run);
}

static void a_doubted_answer_is_not_taken_from_the_journal(void **state) {
    (void)state;
    femd_kept kept;
    femd_buffer answer = make_answer(&kept), record = FEMD_BUFFER_INIT, doubt = FEMD_BUFFER_INIT;
    OK(annal_encode(&(femd_annal){.kind = ANNAL_ANSWER, .bytes = {answer.data, answer.size}}, &record, NULL));
    OK(annal_encode(&(femd_annal){.kind = ANNAL_DOUBT, .hash = kept.key, .number = 7}, &doubt, NULL));
    life l = begin("x86-64-v3");
    durable_keep(l.durable, FEMD_ACTION_JOURNAL, &(femd_bytes){record.data, record.size});
    durable_keep(l.durable, FEMD_ACTION_JOURNAL, &(femd_bytes){doubt.data, doubt.size});
    durable_before_send(l.durable);
    end(&l);
    l = begin("x86-64-v3");
    assert_int_equal(is_kept(&l, &kept), 0);
    end(&l);
    femd_buffer_clear(&answer);
    femd_buffer_clear(&record);
    femd_buffer_clear(&doubt);
}

static void a_journal_that_has_grown_is_begun_anew(void **state) {
    (void)state;
    femd_kept kept;
    femd_buffer answer = make_answer(&kept), record = FEMD_BUFFER_INIT;
    char *much = calloc(1, 1 << 20);
    assert_non_null(much);
    life l = begin("x86-64-v3");
    OK(annal_encode(&(femd_annal){.kind = ANNAL_EPOCH, .bytes = {much, 1 << 20}}, &record, NULL));
    int anew = 0;
    durable_rested(l.durable, l.core);
    carry_out(&l, &anew);
    assert_false(anew);
    durable_keep(l.durable, FEMD_ACTION_KEEP_ANSWER, &(femd_bytes){answer.data, answer.size});
    for (int i = 0; i < 65; i++) durable_keep(l.durable, FEMD_ACTION_JOURNAL, &(femd_bytes){record.data, record.size});
    durable_rested(l.durable, l.core);
    assert_int_equal(is_kept(&l, &kept), 1); /* it is there before the journal forgets it */
    carry_out(&l, &anew);
    assert_true(anew);
    FILE *file = fopen(journal, "rb");
    assert_true(file && fseek(file, 0, SEEK_END) == 0 && ftell(file) < 1000);
    fclose(file);
    end(&l);
    free(much);
    femd_buffer_clear(&answer);
    femd_buffer_clear(&record);
}

static void a_torn_journal_is_told(void **state) {
    (void)state;
    life l = begin("x86-64-v3");
    end(&l);
    FILE *file = fopen(journal, "ab");
    assert_true(file && fputs("half a rec", file) >= 0 && fclose(file) == 0);
    said[0] = '\0';
    l = begin("x86-64-v3");
    assert_non_null(strstr(said, "10 bytes of it are dropped"));
    end(&l);
}

/* COMMITTED does not wait for a disk that is full, but nobody is left to believe that the states are on it. */
static void a_commit_that_the_store_cannot_take_is_told(void **state) {
    (void)state;
    const size_t size = 300000;
    char file[128], *blob = calloc(1, size);
    struct stat st;
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
    assert_non_null(blob);
    life l = begin("x86-64-v3");
    said[0] = '\0';
    durable_keep(l.durable, FEMD_ACTION_KEEP_STATE, &(femd_bytes){blob, 1000});
    durable_keep(l.durable, FEMD_ACTION_SYNC, &(femd_bytes){NULL, 0});
    assert_string_equal(said, "");
    snprintf(file, sizeof file, "%s/data.mdb", store);
    assert_int_equal(stat(file, &st), 0);
    limit.rlim_cur = (rlim_t)st.st_size;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    durable_keep(l.durable, FEMD_ACTION_KEEP_STATE, &(femd_bytes){blob, size});
    durable_keep(l.durable, FEMD_ACTION_SYNC, &(femd_bytes){NULL, 0});
    limit.rlim_cur = RLIM_INFINITY;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_non_null(strstr(said, "is not on disk"));
    said[0] = '\0';
    durable_keep(l.durable, FEMD_ACTION_KEEP_STATE, &(femd_bytes){blob, size - 1});
    durable_keep(l.durable, FEMD_ACTION_SYNC, &(femd_bytes){NULL, 0});
    assert_string_equal(said, ""); /* once */
    end(&l);
    free(blob);
}

/* ---- a disk that was full ---- */

enum { POINTS = 3, BLOB = 40000, CLIENT = 1 };

static double now = 10;
static femd_buffer heard; /* the last message to the client of the type that was waited for */

/* What the client says; 1 if it hears a message of that type. */
static int tell(life *l, const femd_buffer *b, unsigned type) {
    femd_action action;
    int got = 0;
    femd_core_frame(l->core, CLIENT, b->data, b->size, now += 0.01);
    femd_core_settle(l->core, now);
    while (femd_core_next(l->core, &action)) {
        femd_frame f;
        if (action.kind != FEMD_ACTION_SEND && action.kind != FEMD_ACTION_DROP)
            durable_keep(l->durable, action.kind, &(femd_bytes){action.frame.data, action.frame.size});
        if (action.kind == FEMD_ACTION_SEND) durable_before_send(l->durable);
        if (action.kind == FEMD_ACTION_SEND && femd_frame_decode(action.frame.data, action.frame.size, &f, NULL) == 0 &&
            f.type == type) {
            heard.size = 0;
            OK(femd_buffer_append(&heard, action.frame.data, action.frame.size, NULL));
            got = 1;
        }
        femd_core_recycle(l->core, &action.frame);
    }
    return got;
}

static void come(life *l, uint32_t step) {
    femd_buffer b = FEMD_BUFFER_INIT;
    femd_hello hello = {.role = FEMD_ROLE_CLIENT, .ranks = 1, .run = "beam", .host = "here", .pid = 9, .step = step};
    OK(femd_hello_encode(&b, &hello, NULL));
    assert_true(tell(l, &b, FEMD_MSG_WELCOME));
    femd_buffer_clear(&b);
}

static void blob_of(uint32_t step, uint32_t point, uint8_t *blob, femd_hash *name) {
    for (uint32_t i = 0; i < BLOB; i++) blob[i] = (uint8_t)((i * 2654435761u + 97 * step + 31 * point) >> 11);
    femd_hash_domain("state", blob, BLOB, name);
}

/* States of a step, given and committed. */
static int commit(life *l, uint32_t step) {
    static uint8_t blob[BLOB];
    femd_buffer b = FEMD_BUFFER_INIT;
    femd_hash name[POINTS];
    OK(femd_frame_begin(&b, FEMD_MSG_STATE, 5, NULL));
    for (uint32_t p = 0; p < POINTS; p++) {
        blob_of(step, p, blob, &name[p]);
        OK(femd_state_add(&b, &(femd_state_entry){name[p], {blob, BLOB}}, NULL));
    }
    femd_frame_finish(&b, POINTS);
    assert_true(tell(l, &b, FEMD_MSG_STATE_STORED));
    OK(femd_commit_begin(&b, 100 + step, step, NULL));
    for (uint32_t p = 0; p < POINTS; p++) OK(femd_commit_add(&b, &(femd_commit_entry){p, name[p]}, NULL));
    femd_frame_finish(&b, POINTS);
    const int done = tell(l, &b, FEMD_MSG_COMMITTED);
    femd_buffer_clear(&b);
    return done;
}

/* A client goes on from the step: its states are there, with the same bits. */
static void check_step(life *l, uint32_t step) {
    static uint8_t blob[BLOB];
    femd_buffer b = FEMD_BUFFER_INIT;
    femd_frame f;
    femd_reader reader;
    femd_state_entry entry;
    femd_hash name[POINTS];
    come(l, step);
    for (uint32_t p = 0; p < POINTS; p++) {
        blob_of(step, p, blob, &name[p]);
        OK(femd_frame_begin(&b, FEMD_MSG_STATE_GET, 6, NULL));
        OK(femd_hash_add(&b, &name[p], NULL));
        femd_frame_finish(&b, 1);
        assert_true(tell(l, &b, FEMD_MSG_STATE));
        OK(femd_frame_decode(heard.data, heard.size, &f, NULL));
        femd_reader_open(&f, &reader);
        assert_int_equal(femd_state_next(&reader, &entry, NULL), 1);
        assert_int_equal(entry.blob.size, BLOB);
        assert_memory_equal(entry.blob.data, blob, BLOB);
    }
    femd_buffer_clear(&b);
}

static off_t size_of(const char *file) {
    struct stat st;
    assert_int_equal(stat(file, &st), 0);
    return st.st_size;
}

/* No file becomes longer than that (0: whatever it is). */
static void disk_takes(off_t most) {
    const struct rlimit limit = {most ? (rlim_t)most : RLIM_INFINITY, RLIM_INFINITY};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void rest(life *l) {
    durable_rested(l->durable, l->core);
    carry_out(l, NULL);
}

/* The journal cannot be written, nor can the store; with room again both have what was committed meanwhile. */
static void with_room_again_the_journal_begins_anew(void **state) {
    (void)state;
    for (int part = 0; part < 2; part++) { /* a part: there is room for the journal before there is for the store */
        assert_int_equal(remove_folder(NULL), 0);
        assert_int_equal(make_folder(NULL), 0);
        life l = begin("x86-64-v3");
        come(&l, 0);
        assert_true(commit(&l, 1));
        said[0] = 0;
        disk_takes(size_of(journal) + 20);
        assert_true(commit(&l, 2) && commit(&l, 3)); /* the run goes on */
        assert_non_null(strstr(said, "until there is room"));
        said[0] = 0;
        for (int i = 0; i < 3; i++) rest(&l);
        assert_string_equal(said, ""); /* nor is anybody told again and again */
        if (part) {
            disk_takes(size_of(journal) + 4000);
            rest(&l);
            assert_string_equal(said, "");
        }
        disk_takes(0);
        if (part) assert_true(commit(&l, 4));
        rest(&l);
        assert_non_null(strstr(said, "is begun anew"));
        said[0] = 0;
        for (int i = 0; i < 3; i++) rest(&l);
        assert_string_equal(said, "");
        if (!part) assert_true(commit(&l, 4)); /* and it is a journal as any other */
        end(&l);
        l = begin("x86-64-v3");
        assert_string_equal(said, "");
        check_step(&l, 4);
        end(&l);
        l = begin("x86-64-v3"); /* back by a step, of which the other generation is */
        check_step(&l, 3);
        end(&l);
    }
    femd_buffer_clear(&heard);
}

/* Answers of who is not believed any more leave a store that is full when they are to, as soon as it can be written. */
static void what_is_to_be_forgotten_is_when_there_is_room(void **state) {
    (void)state;
    for (int variant = 0; variant < 4; variant++) { /* with what comes next, or when the server ends; or all of one */
        const int closes = variant & 1, by_author = variant & 2;
        femd_kept kept;
        femd_buffer answer = make_answer(&kept), list = FEMD_BUFFER_INIT;
        kept.author = 5;
        answer.size = 0;
        OK(kept_encode(&kept, &answer, NULL));
        OK(disbelief_add(&list, &(femd_disbelieved){.author = 5}, NULL));
        uint8_t name[KEPT_NAME_BYTES];
        assert_int_equal(remove_folder(NULL), 0);
        assert_int_equal(make_folder(NULL), 0);
        life l = begin("x86-64-v3");
        durable_keep(l.durable, FEMD_ACTION_KEEP_ANSWER, &(femd_bytes){answer.data, answer.size});
        durable_keep(l.durable, FEMD_ACTION_SYNC, &(femd_bytes){NULL, 0});
        assert_true(is_kept(&l, &kept));
        kept_name(&kept.key, kept.fingerprint, name);
        disk_takes(16);
        if (by_author)
            durable_keep(l.durable, FEMD_ACTION_DISBELIEVE, &(femd_bytes){list.data, list.size});
        else
            durable_keep(l.durable, FEMD_ACTION_FORGET_ANSWER, &(femd_bytes){name, sizeof name});
        durable_keep(l.durable, FEMD_ACTION_SYNC, &(femd_bytes){NULL, 0});
        assert_false(is_kept(&l, &kept)); /* nor is it used until then */
        disk_takes(0);
        if (!closes) {
            for (int i = 0; i < 2; i++) rest(&l);
            durable_keep(l.durable, FEMD_ACTION_KEEP_STATE, &(femd_bytes){"a state", 7});
            durable_keep(l.durable, FEMD_ACTION_SYNC, &(femd_bytes){NULL, 0});
            assert_false(is_kept(&l, &kept));
        }
        end(&l);
        l = begin("x86-64-v3");
        assert_false(is_kept(&l, &kept));
        end(&l);
        femd_buffer_clear(&answer);
        femd_buffer_clear(&list);
    }
}

/* One that dies before says that it cannot be gone on from. */
static void without_room_it_stays_given_up(void **state) {
    (void)state;
    life l = begin("x86-64-v3");
    come(&l, 0);
    assert_true(commit(&l, 1));
    disk_takes(size_of(journal) + 20);
    assert_true(commit(&l, 2));
    for (int i = 0; i < 3; i++) rest(&l);
    end(&l);
    disk_takes(0);
    said[0] = 0;
    l = begin("x86-64-v3");
    assert_non_null(strstr(said, "was given up"));
    end(&l);
    femd_buffer_clear(&heard);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        TEST(every_life_has_an_epoch_of_its_own),
        TEST(answers_of_the_journal_come_to_the_store),
        TEST(runs_do_not_go_on_from_a_journal_that_was_given_up),
        TEST(a_doubted_answer_is_not_taken_from_the_journal),
        TEST(a_journal_that_has_grown_is_begun_anew),
        TEST(a_torn_journal_is_told),
        TEST(a_commit_that_the_store_cannot_take_is_told),
        TEST(with_room_again_the_journal_begins_anew),
        TEST(without_room_it_stays_given_up),
        TEST(what_is_to_be_forgotten_is_when_there_is_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
