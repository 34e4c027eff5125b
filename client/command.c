/* What every command does with its command line and with a failure. */
#include <stdio.h>

#include "commands.h"

int command_failed(const femd_error *err) {
    static const struct {
        int status, code;
    } codes[] = {{FEMD_BAD_INPUT, FEMD_EXIT_BAD_INPUT},    {FEMD_BAD_ARGUMENT, FEMD_EXIT_BAD_INPUT},
                 {FEMD_IO, FEMD_EXIT_BAD_INPUT},           {FEMD_LIMIT, FEMD_EXIT_BAD_INPUT},
                 {FEMD_UNSUPPORTED, FEMD_EXIT_BAD_INPUT},  {FEMD_REFUSED, FEMD_EXIT_BAD_INPUT},
                 {FEMD_DISCONNECTED, FEMD_EXIT_POOL_LOST}, {FEMD_TIMEOUT, FEMD_EXIT_POOL_LOST},
                 {FEMD_CANCELLED, FEMD_EXIT_INTERRUPTED},  {FEMD_NO_MEMORY, FEMD_EXIT_POOL_LOST}};
    fprintf(stderr, "femd: %s\n", *err->text ? err->text : femd_status_text(err->code));
    if (femd_status_is_physics(err->code)) return FEMD_EXIT_NOT_CONVERGED;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i].status == err->code) return codes[i].code;
    return FEMD_EXIT_INTERNAL;
}

int command_options(const option_table *t, int argc, char **argv, option_list *positional, int *code) {
    femd_error err = FEMD_ERROR_INIT;
    int help = 0;
    if (options_parse(t, argc, argv, positional, &help, &err) != FEMD_OK) {
        *code = command_failed(&err);
        return 0;
    }
    if (help) options_help(t);
    *code = FEMD_EXIT_OK;
    return !help;
}
