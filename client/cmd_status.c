/* femd status: asks a server how it stands and prints it, as a table or as the JSON text that it sent. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "femd/client.h"

/* One level of the status: plain members as "key  value", lists of objects as "key:" and one line each. */
static void status_cmd_print_value(const cJSON *v) {
    char *text = cJSON_IsString(v) ? NULL : cJSON_PrintUnformatted(v);
    printf("%s", cJSON_IsString(v) ? v->valuestring : text ? text : "?");
    cJSON_free(text);
}

static void status_cmd_print_row(const cJSON *row) {
    if (!cJSON_IsObject(row)) {
        printf("  ");
        status_cmd_print_value(row);
    }
    for (const cJSON *m = cJSON_IsObject(row) ? row->child : NULL; m; m = m->next) {
        printf("  %s ", m->string);
        status_cmd_print_value(m);
    }
    printf("\n");
}

static void status_cmd_print_status(const cJSON *root) {
    for (const cJSON *m = root->child; m; m = m->next) {
        if (cJSON_IsObject(m)) {
            printf("%s:\n", m->string);
            status_cmd_print_row(m);
        } else if (cJSON_IsArray(m)) {
            printf("%s: %d\n", m->string, cJSON_GetArraySize(m));
            for (const cJSON *row = m->child; row; row = row->next) status_cmd_print_row(row);
        } else {
            printf("%-20s ", m->string);
            status_cmd_print_value(m);
            printf("\n");
        }
    }
}

static int status_cmd_ask(const char *address, double timeout, int json) {
    femd_error err = FEMD_ERROR_INIT;
    femd_client *c = NULL;
    char *text = NULL;
    const femd_client_config cfg = {.address = address, .connect_timeout = timeout};
    femd_status rc = femd_client_open(&cfg, &c, &err);
    if (rc == FEMD_OK) rc = femd_client_status(c, &text, &err);
    femd_client_close(&c);
    if (rc != FEMD_OK) return command_failed(&err);
    cJSON *root = json ? NULL : cJSON_Parse(text);
    if (root)
        status_cmd_print_status(root);
    else
        printf("%s\n", text);
    cJSON_Delete(root);
    free(text);
    return FEMD_EXIT_OK;
}

int cmd_status(int argc, char **argv) {
    const char *address = NULL;
    int json = 0, code;
    double timeout = 5;
    const option options[] = {
        {.name = "--connect",
         .kind = OPTION_TEXT,
         .out = &address,
         .arg = "ADDRESS",
         .help = "the server, tcp://HOST:PORT or ipc:///PATH"},
        {.name = "--json", .kind = OPTION_FLAG, .out = &json, .help = "the server's own JSON text"},
        {.name = "--timeout",
         .kind = OPTION_NUMBER,
         .out = &timeout,
         .arg = "S",
         .help = "seconds to wait for the server (5)"},
    };
    const option_table table = {
        .command = "femd status",
        .usage = "--connect ADDRESS [--json]",
        .about = "Asks a running server for its workers, runs and counters. Exit code 4 if none answers.",
        .option = options,
        .n = OPTION_COUNT(options)};
    option_list none;
    if (!command_options(&table, argc, argv, &none, &code)) return code;
    femd_error err = FEMD_ERROR_INIT;
    if (!address || !*address) {
        (void)femd_fail(&err, FEMD_BAD_INPUT, "femd status: which server? --connect tcp://HOST:PORT or ipc:///PATH");
        return command_failed(&err);
    }
    if (!(timeout > 0)) {
        (void)femd_fail(&err, FEMD_BAD_INPUT, "femd status: --timeout must be greater than 0");
        return command_failed(&err);
    }
    return status_cmd_ask(address, timeout, json);
}
