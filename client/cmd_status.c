/* femd status: asks a server how it stands and prints it for people, or as the JSON text that it sent. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin_call.h"
#include "commands.h"

static double status_cmd_number(const cJSON *object, const char *key) {
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, key);
    return cJSON_IsNumber(value) ? value->valuedouble : 0;
}

static const char *status_cmd_text(const cJSON *object, const char *key) {
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, key);
    return cJSON_IsString(value) ? value->valuestring : "?";
}

static const cJSON *status_cmd_first(const cJSON *root, const char *key) {
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(root, key);
    return list ? list->child : NULL;
}

/* "12.3 s", "4 min 10 s", "2 h 3 min", "5 d 1 h" */
static void status_cmd_print_time(double seconds) {
    const unsigned long s = (unsigned long)seconds;
    if (seconds < 60)
        printf("%.1f s", seconds);
    else if (s < 3600)
        printf("%lu min %lu s", s / 60, s % 60);
    else if (s < 86400)
        printf("%lu h %lu min", s / 3600, s % 3600 / 60);
    else
        printf("%lu d %lu h", s / 86400, s % 86400 / 3600);
}

static void status_cmd_print_mib(const cJSON *object, const char *key) {
    printf("%.1f MiB", status_cmd_number(object, key) / (1 << 20));
}

static int status_cmd_is_at(const cJSON *worker, const char *host) {
    return strcmp(status_cmd_text(worker, "host"), host) == 0;
}

/* The states of a host's workers: "3 busy, 1 idle". */
static void status_cmd_print_states(const cJSON *from, const char *host) {
    static const char *const states[] = {"busy", "sent", "opening", "idle", "quarantined"};
    const char *separator = "";
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        unsigned count = 0;
        for (const cJSON *w = from; w; w = w->next)
            count += status_cmd_is_at(w, host) && strcmp(status_cmd_text(w, "state"), states[i]) == 0;
        if (count) printf("%s%u %s", separator, count, states[i]);
        if (count) separator = ", ";
    }
}

static void status_cmd_print_worker(const cJSON *worker) {
    printf("    worker %.0f, pid %.0f", status_cmd_number(worker, "number"), status_cmd_number(worker, "pid"));
    if (cJSON_GetObjectItemCaseSensitive(worker, "key")) printf(", key %s", status_cmd_text(worker, "key"));
    printf(", %s, %.0f answers", status_cmd_text(worker, "state"), status_cmd_number(worker, "done"));
    if (cJSON_GetObjectItemCaseSensitive(worker, "reason")) printf(": %s", status_cmd_text(worker, "reason"));
    printf("\n");
}

static void status_cmd_print_host(const cJSON *from, int each) {
    const char *host = status_cmd_text(from, "host");
    unsigned workers = 0;
    double done = 0, held = 0, silent = 0;
    for (const cJSON *w = from; w; w = w->next) {
        if (!status_cmd_is_at(w, host)) continue;
        workers++;
        done += status_cmd_number(w, "done");
        held += status_cmd_number(w, "held");
        if (status_cmd_number(w, "sent") > 0 && status_cmd_number(w, "progress") > silent)
            silent = status_cmd_number(w, "progress");
    }
    printf("  %-20s %u worker%s: ", host, workers, workers == 1 ? "" : "s");
    status_cmd_print_states(from, host);
    printf("; %.0f answers, %.0f states", done, held);
    if (silent >= 5) printf("; one has shown no progress for %.0f s", silent);
    printf("\n");
    for (const cJSON *w = from; w; w = w->next)
        if (status_cmd_is_at(w, host) && (each || cJSON_GetObjectItemCaseSensitive(w, "reason")))
            status_cmd_print_worker(w);
}

/* One line a node; `each`: and one a worker, by the number that an admin names. */
static void status_cmd_print_workers(const cJSON *first, int each) {
    if (!first) printf("  no workers; start one with: femd worker --connect ADDRESS\n");
    for (const cJSON *w = first; w; w = w->next) {
        const cJSON *earlier = first;
        while (earlier != w && !status_cmd_is_at(earlier, status_cmd_text(w, "host"))) earlier = earlier->next;
        if (earlier == w) status_cmd_print_host(w, each);
    }
}

/* The run of the client that asks is none to tell of: it has asked for nothing. */
static void status_cmd_print_runs(const cJSON *first) {
    unsigned told = 0;
    for (const cJSON *r = first; r; r = r->next) {
        if (status_cmd_number(r, "points") == 0 && status_cmd_number(r, "commits") == 0) continue;
        told++;
        printf("  %-20s %.0f of %.0f rank%s here, step %.0f, %.0f points asked, %.0f open%s\n",
               status_cmd_text(r, "name"), status_cmd_number(r, "connected"), status_cmd_number(r, "ranks"),
               status_cmd_number(r, "ranks") == 1 ? "" : "s", status_cmd_number(r, "last_step"),
               status_cmd_number(r, "points"), status_cmd_number(r, "open"),
               cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(r, "bit_reproducible")) ? ", not bit-reproducible" : "");
    }
    if (!told) printf("  no runs\n");
}

static void status_cmd_print_materials(const cJSON *first) {
    for (const cJSON *m = first; m; m = m->next) {
        printf("  material %.11s %s, open at %.0f worker%s, %.3g ms a point, ", status_cmd_text(m, "id"),
               status_cmd_text(m, "state"), status_cmd_number(m, "opened"),
               status_cmd_number(m, "opened") == 1 ? "" : "s", 1e3 * status_cmd_number(m, "cost"));
        status_cmd_print_mib(m, "bytes");
        printf("\n");
    }
}

/* What went wrong, where something has. */
static void status_cmd_print_troubles(const cJSON *counters) {
    static const struct {
        const char *key, *words;
    } troubles[] = {{"requeued", "tasks given out again"},
                    {"remade", "states made again"},
                    {"hung", "workers that hung"},
                    {"poison", "points that ended several workers"},
                    {"conflicts", "keys with two answers"},
                    {"differences", "answers that differ between builds"},
                    {"violations", "breaches of the protocol"}};
    for (size_t i = 0; i < sizeof troubles / sizeof *troubles; i++)
        if (status_cmd_number(counters, troubles[i].key) > 0)
            printf("  %-20.0f %s\n", status_cmd_number(counters, troubles[i].key), troubles[i].words);
}

static void status_cmd_print_status(const cJSON *root, const char *address, int each) {
    const cJSON *memory = cJSON_GetObjectItemCaseSensitive(root, "memory");
    const cJSON *counters = cJSON_GetObjectItemCaseSensitive(root, "counters");
    printf("%s: femd %s, level %s, up ", address, status_cmd_text(root, "version"), status_cmd_text(root, "level"));
    status_cmd_print_time(status_cmd_number(root, "uptime"));
    printf("\nworkers\n");
    status_cmd_print_workers(status_cmd_first(root, "workers"), each);
    printf("runs\n");
    status_cmd_print_runs(status_cmd_first(root, "runs"));
    status_cmd_print_materials(status_cmd_first(root, "materials"));
    printf("points\n  %-20.0f queued, %.0f at workers, %.0f wait for a state\n", status_cmd_number(root, "queued"),
           status_cmd_number(root, "running"), status_cmd_number(root, "waiting"));
    printf("  %-20.0f evaluated, %.0f answered from earlier evaluations, %.0f from the store\n",
           status_cmd_number(counters, "evaluations"), status_cmd_number(counters, "reused"),
           status_cmd_number(counters, "recalled"));
    status_cmd_print_troubles(counters);
    printf("memory\n  ");
    status_cmd_print_mib(memory, "held");
    printf(" of ");
    status_cmd_print_mib(memory, "limit");
    printf(": states ");
    status_cmd_print_mib(memory, "states");
    printf(", answers ");
    status_cmd_print_mib(memory, "responses");
    printf(", materials ");
    status_cmd_print_mib(memory, "materials");
    printf("\n");
}

int status_print(const admin_call_to *to, int json, int each) {
    femd_error err = FEMD_ERROR_INIT;
    char *text = NULL;
    if (admin_call_status(to, &text, &err) != FEMD_OK) return command_failed(&err);
    cJSON *root = json ? NULL : cJSON_Parse(text);
    if (root)
        status_cmd_print_status(root, to->address, each);
    else
        printf("%s\n", text);
    cJSON_Delete(root);
    free(text);
    return FEMD_EXIT_OK;
}

int command_server_is_named(const option_table *table, const char *address, double timeout) {
    femd_error err = FEMD_ERROR_INIT;
    if (!address || !*address)
        (void)femd_fail(&err, FEMD_BAD_INPUT, "%s: which server? --connect tcp://HOST:PORT or ipc:///PATH",
                        table->command);
    else if (!(timeout > 0))
        (void)femd_fail(&err, FEMD_BAD_INPUT, "%s: --timeout must be greater than 0", table->command);
    else
        return 1;
    command_failed(&err);
    return 0;
}

int cmd_status(int argc, char **argv) {
    admin_call_to to = {.timeout = 5};
    int json = 0, code;
    const option options[] = {
        COMMAND_SERVER_OPTIONS(to),
        {.name = "--json", .kind = OPTION_FLAG, .out = &json, .help = "the server's own JSON text"},
    };
    const option_table table = {
        .command = "femd status",
        .usage = "--connect ADDRESS [--key FILE] [--json]",
        .about = "Asks a running server for its workers, runs and counters; with a client's key for the runs of that "
                 "key.\nExit code 4 if none answers, 2 if it refuses.",
        .option = options,
        .n = OPTION_COUNT(options)};
    option_list none;
    if (!command_options(&table, argc, argv, &none, &code)) return code;
    if (!command_server_is_named(&table, to.address, to.timeout)) return FEMD_EXIT_BAD_INPUT;
    return status_print(&to, json, 0);
}
