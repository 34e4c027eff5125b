/* femd status: asks a server how it stands and prints it for people, or as the JSON text that it sent. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>

#include "admin_call.h"
#include "commands.h"
#include "status_text.h"

int status_print(const admin_call_to *to, int json, int each) {
    femd_error err = FEMD_ERROR_INIT;
    char *text = NULL;
    if (admin_call_status(to, &text, &err) != FEMD_OK) return command_failed(&err);
    cJSON *root = json ? NULL : cJSON_Parse(text);
    if (root)
        status_text_print(root, to->address, each);
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
