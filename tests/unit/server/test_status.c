/* STATUS of large pools: it is bounded whatever the pool is like, its totals count all, its lists begin with what is in
 * trouble, a client is told of its own runs alone; and what femd status makes of it for people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "femd/control.h"
#include "rig.h"
#include "roster.h"
#include "sorting.h"
#include "status_text.h"

enum { STATUS_MAX = 256 << 10, WORKERS = 10000, HOSTS = 1000, RUNS = 300, MATERIALS = 300, SHUT = 600 };

/* ---- a core with more peers than a rig has inboxes ---- */

enum { FIRST_WORKER = 1000, ADMIN = 1, ANN = 2, BOB = FIRST_WORKER - 1 }; /* routes; Ann has a run a route */

typedef struct crowd {
    femd_core *core;
    femd_buffer frame;
    uint64_t asker; /* whose answer is kept, */
    femd_buffer answer;
    double now;
    const char *spell; /* what names are made of */
} crowd;

/* n bytes of a spelling, then a number. */
static void crowd_name(char *name, size_t size, const char *spell, int number) {
    size_t n = 0;
    while (*spell && n + 4 + strlen(spell) < size) n += (size_t)snprintf(name + n, size - n, "%s", spell);
    snprintf(name + n, size - n, "%04d", number);
}

static int crowd_identify(void *user, uint64_t route, femd_identity *who) {
    const crowd *c = user;
    *who = (femd_identity){.role = route == ADMIN          ? FEMD_ROLE_ADMIN
                                   : route >= FIRST_WORKER ? FEMD_ROLE_WORKER
                                                           : FEMD_ROLE_CLIENT};
    crowd_name(who->name, sizeof who->name, c->spell, 1);
    memset(who->key.b, route == BOB ? 2 : 1, sizeof who->key.b);
    return 1;
}

static void crowd_settle(crowd *c) {
    femd_action action;
    femd_core_settle(c->core, c->now);
    assert_int_equal(femd_core_health(c->core), FEMD_OK);
    while (femd_core_next(c->core, &action)) {
        femd_frame sent;
        if (action.kind == FEMD_ACTION_SEND && action.route == c->asker &&
            femd_frame_decode(action.frame.data, action.frame.size, &sent, NULL) == FEMD_OK &&
            (sent.type == FEMD_MSG_STATUS || sent.type == FEMD_MSG_DONE)) {
            femd_core_recycle(c->core, &c->answer);
            c->answer = action.frame;
        } else
            femd_core_recycle(c->core, &action.frame);
    }
}

static void crowd_say(crowd *c, uint64_t route) {
    femd_core_frame(c->core, route, c->frame.data, c->frame.size, c->now);
}

static void crowd_hello(crowd *c, uint64_t route, femd_role role, const char *run, const char *host) {
    femd_hello hello = {.role = role, .ranks = role == FEMD_ROLE_CLIENT, .pid = UINT32_MAX, .fingerprint = UINT64_MAX};
    snprintf(hello.run, sizeof hello.run, "%s", run);
    snprintf(hello.host, sizeof hello.host, "%s", host);
    snprintf(hello.level, sizeof hello.level, "%s", role == FEMD_ROLE_WORKER ? "x86-64-v3" : "");
    crowd_name(hello.version, sizeof hello.version, c->spell, 0);
    assert_int_equal(femd_hello_encode(&c->frame, &hello, NULL), FEMD_OK);
    crowd_say(c, route);
}

static void crowd_material(crowd *c, uint64_t route, int number) {
    char json[80];
    femd_buffer bytes = FEMD_BUFFER_INIT;
    snprintf(json, sizeof json, "{\"engine\":\"elastic\",\"number\":%d}", number);
    const femd_pack pack = {.json = json};
    assert_int_equal(femd_pack_encode(&pack, &bytes, NULL), FEMD_OK);
    assert_int_equal(femd_frame_begin(&c->frame, FEMD_MSG_MATERIAL, 5, NULL), FEMD_OK);
    assert_int_equal(femd_buffer_append(&c->frame, bytes.data, bytes.size, NULL), FEMD_OK);
    femd_frame_finish(&c->frame, 1);
    crowd_say(c, route);
    femd_buffer_clear(&bytes);
}

static void crowd_act(crowd *c, const char *what, uint64_t number, const char *text) {
    femd_admin wish = {.number = number};
    femd_frame f;
    snprintf(wish.act, sizeof wish.act, "%s", what);
    snprintf(wish.text, sizeof wish.text, "%s", text);
    assert_int_equal(femd_admin_encode(&c->frame, 44, &wish, NULL), FEMD_OK);
    c->asker = ADMIN;
    c->answer.size = 0;
    crowd_say(c, ADMIN);
    crowd_settle(c);
    assert_int_equal(femd_frame_decode(c->answer.data, c->answer.size, &f, NULL), FEMD_OK);
    assert_int_equal(f.type, FEMD_MSG_DONE);
}

/* Workers, hosts of them; and with spelt names runs and materials. */
static void crowd_init(crowd *c, const char *spell, int hosts, const femd_core_config *config) {
    *c = (crowd){.now = 100, .spell = spell};
    assert_int_equal(femd_core_create(config, &c->core, NULL), FEMD_OK);
    for (int i = 0; i < WORKERS; i++) {
        char host[65];
        if (*spell)
            crowd_name(host, sizeof host, spell, i % hosts);
        else
            snprintf(host, sizeof host, "node%04d", i % hosts);
        crowd_hello(c, FIRST_WORKER + (uint64_t)i, FEMD_ROLE_WORKER, "", host);
    }
    crowd_hello(c, ADMIN, FEMD_ROLE_ADMIN, "", "desk");
    crowd_settle(c);
}

static void crowd_clear(crowd *c) {
    femd_core_destroy(&c->core);
    femd_buffer_clear(&c->frame);
    femd_buffer_clear(&c->answer);
}

/* What that peer is told, within the bound and whole; the caller's to delete. */
static cJSON *crowd_status(crowd *c, uint64_t route) {
    femd_frame f;
    c->asker = route;
    c->answer.size = 0;
    assert_int_equal(femd_frame_begin(&c->frame, FEMD_MSG_STATUS_GET, 3, NULL), FEMD_OK);
    femd_frame_finish(&c->frame, 0);
    crowd_say(c, route);
    crowd_settle(c);
    assert_true(c->answer.size > 0 && c->answer.size < STATUS_MAX);
    assert_int_equal(femd_frame_decode(c->answer.data, c->answer.size, &f, NULL), FEMD_OK);
    assert_int_equal(f.type, FEMD_MSG_STATUS);
    cJSON *root = cJSON_ParseWithLength(f.body.data, f.body.size);
    assert_non_null(root);
    return root;
}

/* ---- what is read ---- */

static const cJSON *list_of(const cJSON *root, const char *key) {
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(root, key);
    assert_true(cJSON_IsArray(list));
    return list;
}

static int count_of(const cJSON *root, const char *object, const char *key) {
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(root, object), key);
    if (!cJSON_IsNumber(value)) fail_msg("no %s.%s", object, key);
    return value->valueint;
}

static int told(const cJSON *root, const char *key) {
    return cJSON_GetArraySize(list_of(root, key));
}

static const char *text_of(const cJSON *object, const char *key) {
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
    return text ? text : "";
}

/* What is listed and what is left out is all there is. */
static void assert_whole(const cJSON *root, const char *list, int all) {
    assert_int_equal(count_of(root, "totals", list), all);
    assert_int_equal(told(root, list) + count_of(root, "left_out", list), all);
}

static int sum_of(const cJSON *list, const char *key) {
    const cJSON *one;
    int sum = 0;
    cJSON_ArrayForEach(one, list) sum += (int)cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(one, key));
    return sum;
}

/* ---- bounded, and right ---- */

static void check_pool(const cJSON *root, int hosts, int shut) {
    assert_whole(root, "workers", WORKERS);
    assert_whole(root, "hosts", hosts);
    assert_int_equal(count_of(root, "totals", "quarantined"), shut);
    assert_int_equal(count_of(root, "totals", "idle") + count_of(root, "totals", "opening"), WORKERS - shut);
    assert_int_equal(count_of(root, "counters", "workers_came"), WORKERS);
    assert_int_equal(count_of(root, "counters", "workers_gone"), 0);
    const cJSON *one;
    double last = 0;
    cJSON_ArrayForEach(one, list_of(root, "workers")) {
        const double number = cJSON_GetNumberValue(cJSON_GetObjectItem(one, "number"));
        if (shut) assert_string_equal(text_of(one, "state"), "quarantined");
        assert_true(number > last); /* among equals by number */
        last = number;
    }
}

/* Names and reasons as long as they may be, of what takes the most room in JSON. */
static void no_names_and_no_reasons_make_it_longer_than_its_bound(void **state) {
    (void)state;
    crowd c;
    char reason[192];
    femd_keyring keys = {crowd_identify, &c};
    const femd_core_config config = {.keys = &keys};
    crowd_init(&c, "\"\\", HOSTS, &config);
    for (int i = 0; i < RUNS; i++) {
        char run[65];
        crowd_name(run, sizeof run, "\"", i);
        crowd_hello(&c, ANN + (uint64_t)i, FEMD_ROLE_CLIENT, run, "desk");
    }
    crowd_hello(&c, BOB, FEMD_ROLE_CLIENT, "bob's", "desk");
    for (int i = 0; i < MATERIALS; i++) crowd_material(&c, ANN, i);
    memset(reason, '"', sizeof reason - 1);
    reason[sizeof reason - 1] = 0;
    for (int i = WORKERS - SHUT; i < WORKERS; i++) crowd_act(&c, "quarantine", 1 + (uint64_t)i, reason);

    cJSON *root = crowd_status(&c, ADMIN);
    check_pool(root, HOSTS, SHUT);
    assert_whole(root, "runs", RUNS + 1);
    assert_whole(root, "materials", MATERIALS);
    assert_true(told(root, "workers") >= 50 && told(root, "hosts") >= 50 && told(root, "runs") >= 50 &&
                told(root, "materials") >= 50);
    cJSON_Delete(root);

    root = crowd_status(&c, ANN); /* of hers alone, and nothing of what is not hers is counted */
    const cJSON *run;
    check_pool(root, HOSTS, SHUT);
    assert_whole(root, "runs", RUNS);
    cJSON_ArrayForEach(run, list_of(root, "runs")) assert_int_equal(text_of(run, "name")[0], '"');
    assert_string_equal(text_of(cJSON_GetArrayItem(list_of(root, "runs"), 0), "name") + 60,
                        "0000"); /* that she is in */
    assert_int_equal(told(root, "materials") + count_of(root, "left_out", "materials"), 0);
    assert_null(cJSON_GetObjectItem(cJSON_GetObjectItem(root, "totals"), "materials"));
    cJSON_Delete(root);

    root = crowd_status(&c, BOB);
    assert_whole(root, "runs", 1);
    assert_string_equal(text_of(cJSON_GetArrayItem(list_of(root, "runs"), 0), "name"), "bob's");
    assert_int_equal(count_of(root, "left_out", "runs"), 0);
    cJSON_Delete(root);
    crowd_clear(&c);
}

/* ---- for people ---- */

/* The lines that femd status prints, and the longest. */
static int print_lines(const cJSON *root, int each, size_t *longest, char **text) {
    FILE *file = tmpfile();
    assert_non_null(file);
    fflush(stdout);
    const int kept = dup(1);
    assert_true(dup2(fileno(file), 1) == 1);
    status_text_print(root, "ipc:///s", each);
    fflush(stdout);
    assert_true(dup2(kept, 1) == 1);
    close(kept);
    const long size = ftell(file) < 0 ? 0 : (fseek(file, 0, SEEK_END), ftell(file));
    *text = calloc(1, (size_t)size + 1);
    rewind(file);
    assert_int_equal(fread(*text, 1, (size_t)size, file), (size_t)size);
    fclose(file);
    int lines = 0;
    *longest = 0;
    for (const char *s = *text; *s; lines++) {
        const size_t n = strcspn(s, "\n");
        if (n > *longest) *longest = n;
        s += n + (s[n] != 0);
    }
    return lines;
}

static void assert_told(const char *text, const char *words) {
    if (!strstr(text, words)) fail_msg("\"%s\" is not in:\n%s", words, text);
}

static void people_read_a_line_a_node(void **state) {
    (void)state;
    crowd c;
    size_t longest;
    char *text;
    const femd_core_config config = {.open_to_admins = 1};
    crowd_init(&c, "", 160, &config);
    crowd_act(&c, "quarantine", 7777, "its fan"); /* 7777 is not in the list before */
    cJSON *root = crowd_status(&c, ADMIN);
    assert_whole(root, "workers", WORKERS);
    assert_whole(root, "hosts", 160);
    const int lines = print_lines(root, 0, &longest, &text);
    assert_true(lines >= 160 && lines <= 160 + 12 && longest < 160);
    assert_told(text, "  10000 on 160 hosts: 9999 idle, 1 quarantined\n");
    assert_told(text, "  node0096             62 workers: 61 idle, 1 quarantined; 0 answers, 0 states\n"
                      "    worker 7777, pid 4294967295, quarantined, 0 answers: its fan\n");
    free(text);
    assert_true(print_lines(root, 1, &longest, &text) <= 160 + 256 + 12);
    assert_told(text, "  9744 workers are not listed one by one; those in trouble come first\n");
    free(text);
    cJSON_Delete(root);
    crowd_clear(&c);
}

static void several_builds_are_told(void **state) {
    (void)state;
    rig g;
    size_t longest;
    char *text;
    const femd_core_config config = {.open_to_admins = 1};
    rig_init(&g, &config);
    const uint64_t client = rig_client(&g, "beam", 0, 1);
    rig_worker_of(&g, "x86-64-v3", 0xfedcba9876543210);
    rig_worker_of(&g, "x86-64-v3", 0xfedcba9876543210);
    for (int two = 0; two < 2; two++) {
        if (two) rig_worker_of(&g, "x86-64-v3", 0x1111111122222222);
        cJSON *root = rig_status(&g, client);
        print_lines(root, 1, &longest, &text);
        if (two) assert_told(text, "  2 builds of femd: runs that use answers of more than one are marked");
        if (two) assert_told(text, ", build 11111111, idle");
        if (!two) assert_null(strstr(text, "build"));
        free(text);
        cJSON_Delete(root);
    }
    rig_clear(&g);
}

static void nodes_without_number_are_counted(void **state) {
    (void)state;
    crowd c;
    size_t longest;
    char *text, words[120];
    const femd_core_config config = {.open_to_admins = 1};
    crowd_init(&c, "", WORKERS, &config);
    crowd_act(&c, "quarantine", 7777, "its fan");
    cJSON *root = crowd_status(&c, ADMIN);
    const cJSON *hosts = list_of(root, "hosts");
    assert_whole(root, "hosts", WORKERS);
    assert_int_equal(sum_of(hosts, "workers"), cJSON_GetArraySize(hosts));
    assert_string_equal(text_of(hosts->child, "host"), "node7776"); /* trouble first */
    assert_true(print_lines(root, 0, &longest, &text) <= cJSON_GetArraySize(hosts) + 12);
    snprintf(words, sizeof words, "  and %d more hosts with %d workers; those in trouble come first\n",
             WORKERS - cJSON_GetArraySize(hosts), WORKERS - cJSON_GetArraySize(hosts));
    assert_told(text, words);
    free(text);
    cJSON_Delete(root);
    crowd_act(&c, "release", 7777, "");
    root = crowd_status(&c, ADMIN);
    assert_int_equal(count_of(root, "totals", "quarantined"), 0);
    assert_string_equal(text_of(list_of(root, "hosts")->child, "host"), "node0000");
    cJSON_Delete(root);
    crowd_clear(&c);
}

/* ---- a small pool is told whole, with what ails it ---- */

static void fail_one(rig *g, uint64_t worker) {
    femd_task t[256];
    femd_response r;
    const uint32_t n = rig_tasks(g, worker, t, NULL);
    for (uint32_t i = 0; i < n; i++) {
        rig_answer_of(&t[i].request, &r);
        r.status = FEMD_ENGINE_DIED;
        r.provided = 0;
        memset(&r.state_out, 0, sizeof r.state_out);
        rig_answer_with(g, worker, &t[i], &r);
    }
}

static void who_fails_and_who_is_silent_is_marked(void **state) {
    (void)state;
    rig g;
    femd_task t[256];
    uint64_t client, w[2];
    femd_request r[20];
    const femd_core_config config = {.task_deadline = 600, .credits = 1, .message_points = 1};
    rig_init(&g, &config);
    rig_pool(&g, &client, w);
    for (int i = 0; i < 20; i++) r[i] = rig_request((uint64_t)i, 1 + i, NULL);
    rig_evaluate(&g, client, 1, r, 19);
    for (int i = 0; i < 4; i++) fail_one(&g, w[0]); /* one fails whatever it is sent, the other answers */
    rig_work(&g, w[1]);
    rig_evaluate(&g, client, 2, &r[19], 1);
    assert_int_equal(rig_tasks(&g, w[1], t, NULL), 1);
    rig_start(&g, w[1], t);
    cJSON *root = rig_status(&g, client);
    assert_int_equal(count_of(root, "totals", "benched"), 1);
    assert_int_equal(count_of(root, "totals", "hung"), 0);
    assert_int_equal(count_of(root, "totals", "busy"), 1);
    assert_int_equal(count_of(root, "left_out", "workers"), 0);
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(list_of(root, "workers")->child, "benched")));
    cJSON_Delete(root);
    rig_wait(&g, 59); /* a tenth of its deadline is not over, the bench is */
    rig_wait(&g, 0.5);
    root = rig_status(&g, client);
    assert_int_equal(count_of(root, "totals", "hung"), 0);
    cJSON_Delete(root);
    rig_wait(&g, 1);
    root = rig_status(&g, client);
    const cJSON *first = list_of(root, "workers")->child;
    assert_int_equal(count_of(root, "totals", "hung"), 1);
    assert_int_equal(count_of(root, "totals", "benched"), 0);
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(first, "hung")));
    assert_string_equal(text_of(first, "state"), "busy");
    assert_int_equal(sum_of(list_of(root, "hosts"), "hung"), 1);
    cJSON_Delete(root);
    rig_vanish(&g, w[1]);
    root = rig_status(&g, client);
    assert_int_equal(count_of(root, "totals", "workers"), 1);
    assert_int_equal(count_of(root, "counters", "workers_came"), 2);
    assert_int_equal(count_of(root, "counters", "workers_gone"), 1);
    cJSON_Delete(root);
    rig_clear(&g);
}

/* A reason that is too long ends with a whole character, so that the message is text. */
static void a_reason_is_cut_between_characters(void **state) {
    (void)state;
    femd_common common;
    char reason[400];
    const femd_core_config config = {0};
    assert_int_equal(common_init(&common, &config, NULL), FEMD_OK);
    femd_roster *roster = roster_create(&common);
    const femd_hello hello = {.role = FEMD_ROLE_WORKER, .pid = 1, .host = "here"};
    const uint32_t worker = roster_add(roster, (femd_address){.route = 1}, &hello);
    for (int again = 0; again < 2; again++) {
        for (size_t from = 0; from < 3; from++) {
            for (size_t i = 0; i < sizeof reason; i++) reason[i] = "\xE2\x82\xAC"[(i + 3 - from) % 3];
            memcpy(reason, "xx", from);
            reason[sizeof reason - 4 + from] = 0;
            roster_quarantine(roster, worker, reason);
            const char *cut = roster_quarantined(roster, worker);
            assert_int_equal(strlen(cut), from + (191 - from) / 3 * 3);
            assert_memory_equal(cut, reason, strlen(cut));
        }
        roster_quarantine(roster, worker, NULL);
        assert_null(roster_quarantined(roster, worker));
    }
    roster_destroy(&roster);
}

/* ---- order ---- */

static int by_first(const void *a, const void *b) {
    const uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;
    return one < other ? -1 : one > other;
}

/* Against the C library's, over sizes, with equals and without. */
static void sorting_sorts(void **state) {
    (void)state;
    uint32_t seed = 1;
    for (uint32_t n = 0; n < 200; n++) {
        uint32_t item[200][3], right[200][3];
        for (uint32_t i = 0; i < n; i++) {
            seed = seed * 1664525u + 1013904223u;
            item[i][0] = n % 3 == 0 ? seed : n % 3 == 1 ? seed % 7 : n - i;
            item[i][1] = item[i][2] = ~item[i][0]; /* whole items move */
        }
        memcpy(right, item, sizeof item);
        femd_sort(item, n, sizeof *item, by_first);
        qsort(right, n, sizeof *right, by_first);
        assert_memory_equal(item, right, n * sizeof *item);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_names_and_no_reasons_make_it_longer_than_its_bound),
        cmocka_unit_test(people_read_a_line_a_node),
        cmocka_unit_test(several_builds_are_told),
        cmocka_unit_test(nodes_without_number_are_counted),
        cmocka_unit_test(who_fails_and_who_is_silent_is_marked),
        cmocka_unit_test(a_reason_is_cut_between_characters),
        cmocka_unit_test(sorting_sorts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
