/* A server's STATUS as text for people. */
#include "status_text.h"

#include <stdio.h>
#include <string.h>

static double status_text_number(const cJSON *object, const char *key) {
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, key);
    return cJSON_IsNumber(value) ? value->valuedouble : 0;
}

static const char *status_text_text(const cJSON *object, const char *key) {
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, key);
    return cJSON_IsString(value) ? value->valuestring : "?";
}

static const cJSON *status_text_first(const cJSON *root, const char *key) {
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(root, key);
    return list ? list->child : NULL;
}

/* "12.3 s", "4 min 10 s", "2 h 3 min", "5 d 1 h" */
static void status_text_print_time(double seconds) {
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

static void status_text_print_mib(const cJSON *object, const char *key) {
    printf("%.1f MiB", status_text_number(object, key) / (1 << 20));
}

static int status_text_is_at(const cJSON *worker, const char *host) {
    return strcmp(status_text_text(worker, "host"), host) == 0;
}

/* Workers by what they do: "3 busy, 1 idle". */
static void status_text_print_states(const cJSON *counts) {
    static const char *const states[] = {"busy", "sent", "opening", "idle", "quarantined"};
    const char *separator = "";
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        const double count = status_text_number(counts, states[i]);
        if (count > 0) printf("%s%.0f %s", separator, count, states[i]);
        if (count > 0) separator = ", ";
    }
    if (status_text_number(counts, "benched") > 0)
        printf("; %.0f get%s no tasks for a while since all their last ones failed",
               status_text_number(counts, "benched"), status_text_number(counts, "benched") > 1 ? "" : "s");
}

static int status_text_is_in_trouble(const cJSON *worker) {
    return cJSON_GetObjectItemCaseSensitive(worker, "reason") || cJSON_GetObjectItemCaseSensitive(worker, "benched") ||
           cJSON_GetObjectItemCaseSensitive(worker, "hung");
}

static void status_text_print_worker(const cJSON *worker, int builds) {
    printf("    worker %.0f, pid %.0f", status_text_number(worker, "number"), status_text_number(worker, "pid"));
    if (cJSON_GetObjectItemCaseSensitive(worker, "key")) printf(", key %s", status_text_text(worker, "key"));
    if (builds) printf(", build %.8s", status_text_text(worker, "fingerprint"));
    printf(", %s, %.0f answers", status_text_text(worker, "state"), status_text_number(worker, "done"));
    if (cJSON_GetObjectItemCaseSensitive(worker, "benched")) printf(", gets no tasks for a while");
    if (cJSON_GetObjectItemCaseSensitive(worker, "hung"))
        printf(", no progress for %.0f s", status_text_number(worker, "progress"));
    if (cJSON_GetObjectItemCaseSensitive(worker, "reason")) printf(": %s", status_text_text(worker, "reason"));
    printf("\n");
}

static void status_text_print_host(const cJSON *host, const cJSON *workers, int each, int builds) {
    const char *name = status_text_text(host, "host");
    const double count = status_text_number(host, "workers"), silent = status_text_number(host, "silent");
    printf("  %-20s %.0f worker%s: ", name, count, count == 1 ? "" : "s");
    status_text_print_states(host);
    printf("; %.0f answers, %.0f states", status_text_number(host, "done"), status_text_number(host, "held"));
    if (silent >= 5) printf("; one has shown no progress for %.0f s", silent);
    printf("\n");
    for (const cJSON *w = workers; w; w = w->next)
        if (status_text_is_at(w, name) && (each || status_text_is_in_trouble(w))) status_text_print_worker(w, builds);
}

/* Of hosts that the server has no room to list: how many, and how many workers they have. */
static void status_text_print_rest(const cJSON *root, const cJSON *totals, int each) {
    const cJSON *left_out = cJSON_GetObjectItemCaseSensitive(root, "left_out");
    double workers = status_text_number(totals, "workers");
    for (const cJSON *h = status_text_first(root, "hosts"); h; h = h->next) workers -= status_text_number(h, "workers");
    if (status_text_number(left_out, "hosts") > 0)
        printf("  and %.0f more hosts with %.0f workers; those in trouble come first\n",
               status_text_number(left_out, "hosts"), workers);
    if (each && status_text_number(left_out, "workers") > 0)
        printf("  %.0f workers are not listed one by one; those in trouble come first\n",
               status_text_number(left_out, "workers"));
}

/* Builds among the workers that are listed; more than MOST are not told apart. */
static unsigned status_text_builds(const cJSON *workers) {
    enum { MOST = 9 };
    const char *seen[MOST];
    unsigned count = 0;
    for (const cJSON *w = workers; w && count < MOST; w = w->next) {
        const char *build = status_text_text(w, "fingerprint");
        unsigned i = 0;
        while (i < count && strcmp(seen[i], build) != 0) i++;
        if (i == count) seen[count++] = build;
    }
    return count;
}

/* One line a node; `each`: and one a worker, by the number that an admin names. */
static void status_text_print_workers(const cJSON *root, int each) {
    const cJSON *totals = cJSON_GetObjectItemCaseSensitive(root, "totals"), *hosts = status_text_first(root, "hosts");
    const unsigned builds = status_text_builds(status_text_first(root, "workers"));
    if (!hosts) printf("  no workers; start one with: femd worker --connect ADDRESS\n");
    if (hosts && hosts->next) {
        printf("  %.0f on %.0f hosts: ", status_text_number(totals, "workers"), status_text_number(totals, "hosts"));
        status_text_print_states(totals);
        printf("\n");
    }
    for (const cJSON *h = hosts; h; h = h->next)
        status_text_print_host(h, status_text_first(root, "workers"), each, builds > 1);
    status_text_print_rest(root, totals, each);
    if (builds > 1)
        printf("  %u builds of femd: runs that use answers of more than one are marked as not bit-reproducible\n",
               builds);
}

/* The run of the client that asks is none to tell of: it has asked for nothing. */
static void status_text_print_runs(const cJSON *first) {
    unsigned told = 0;
    for (const cJSON *r = first; r; r = r->next) {
        if (status_text_number(r, "points") == 0 && status_text_number(r, "commits") == 0) continue;
        told++;
        printf("  %-20s %.0f of %.0f rank%s here, step %.0f, %.0f points asked, %.0f open%s\n",
               status_text_text(r, "name"), status_text_number(r, "connected"), status_text_number(r, "ranks"),
               status_text_number(r, "ranks") == 1 ? "" : "s", status_text_number(r, "last_step"),
               status_text_number(r, "points"), status_text_number(r, "open"),
               cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(r, "bit_reproducible")) ? ", not bit-reproducible" : "");
    }
    if (!told) printf("  no runs\n");
}

static void status_text_print_left_out(const cJSON *root, const char *list) {
    const double count = status_text_number(cJSON_GetObjectItemCaseSensitive(root, "left_out"), list);
    if (count > 0) printf("  and %.0f more %s\n", count, list);
}

static void status_text_print_materials(const cJSON *first) {
    for (const cJSON *m = first; m; m = m->next) {
        printf("  material %.11s %s, open at %.0f worker%s, ", status_text_text(m, "id"), status_text_text(m, "state"),
               status_text_number(m, "opened"), status_text_number(m, "opened") == 1 ? "" : "s");
        if (status_text_number(m, "cost") > 0) printf("%.3g ms a point, ", 1e3 * status_text_number(m, "cost"));
        status_text_print_mib(m, "bytes");
        printf("\n");
    }
}

/* What went wrong, where something has. */
static void status_text_print_troubles(const cJSON *counters) {
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
        if (status_text_number(counters, troubles[i].key) > 0)
            printf("  %-20.0f %s\n", status_text_number(counters, troubles[i].key), troubles[i].words);
}

void status_text_print(const cJSON *root, const char *address, int each) {
    const cJSON *memory = cJSON_GetObjectItemCaseSensitive(root, "memory");
    const cJSON *counters = cJSON_GetObjectItemCaseSensitive(root, "counters");
    printf("%s: femd %s, level %s, up ", address, status_text_text(root, "version"), status_text_text(root, "level"));
    status_text_print_time(status_text_number(root, "uptime"));
    printf("\nworkers\n");
    status_text_print_workers(root, each);
    printf("runs\n");
    status_text_print_runs(status_text_first(root, "runs"));
    status_text_print_left_out(root, "runs");
    status_text_print_materials(status_text_first(root, "materials"));
    status_text_print_left_out(root, "materials");
    printf("points\n  %-20.0f queued, %.0f at workers, %.0f wait for a state\n", status_text_number(root, "queued"),
           status_text_number(root, "running"), status_text_number(root, "waiting"));
    printf("  %-20.0f evaluated, %.0f answered from earlier evaluations, %.0f from the store\n",
           status_text_number(counters, "evaluations"), status_text_number(counters, "reused"),
           status_text_number(counters, "recalled"));
    status_text_print_troubles(counters);
    printf("memory\n  ");
    status_text_print_mib(memory, "held");
    printf(" of ");
    status_text_print_mib(memory, "limit");
    printf(": states ");
    status_text_print_mib(memory, "states");
    printf(", answers ");
    status_text_print_mib(memory, "responses");
    printf(", materials ");
    status_text_print_mib(memory, "materials");
    printf("\n");
}
