/* The commands of the program femd. Each lives in a file cmd_NAME.c and is one line in the table of femd_main.c. */
#ifndef FEMD_CLIENT_COMMANDS_H
#define FEMD_CLIENT_COMMANDS_H

#include <stdio.h>

#include "options.h"

/* Exit codes, the same for every femd program. */
enum {
    FEMD_EXIT_OK = 0,
    FEMD_EXIT_BAD_INPUT = 2,     /* case, material, command line: the user can mend it */
    FEMD_EXIT_NOT_CONVERGED = 3, /* the physics did not answer, or Newton's iteration did not converge */
    FEMD_EXIT_POOL_LOST = 4,     /* no server or no workers, or memory is at its end */
    FEMD_EXIT_INTERNAL = 70,
    FEMD_EXIT_INTERRUPTED = 130
};

typedef struct command {
    const char *name;
    const char *summary;               /* one line for the list of commands */
    int (*run)(int argc, char **argv); /* arguments after the name; returns the exit code */
    int evaluates;                     /* answers points in this process: level and BLAS are fixed first */
} command;

int cmd_run(int argc, char **argv);
int cmd_eval(int argc, char **argv);
int cmd_table(int argc, char **argv);
int cmd_fields(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_serve(int argc, char **argv);
int cmd_server(int argc, char **argv);
int cmd_worker(int argc, char **argv);
int cmd_store(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_plot(int argc, char **argv);
int cmd_admin(int argc, char **argv);
int cmd_keygen(int argc, char **argv);

struct admin_call_to;
/* Ask a server for its status and print it, as a table, where `each` has a line for every worker, or as JSON. */
int status_print(const struct admin_call_to *to, int json, int each);
/* Options of a command that speaks to a server: where it is, and with which key. */
#define COMMAND_SERVER_OPTIONS(to)                                                                                     \
    {.name = "--connect",                                                                                              \
     .kind = OPTION_TEXT,                                                                                              \
     .out = &(to).address,                                                                                             \
     .arg = "ADDRESS",                                                                                                 \
     .help = "the server, tcp://HOST:PORT or ipc:///PATH"},                                                            \
        {.name = "--key",                                                                                              \
         .kind = OPTION_TEXT,                                                                                          \
         .out = &(to).key,                                                                                             \
         .arg = "FILE",                                                                                                \
         .help = "your key, for a server with keys (default: FEMD_KEY, or off the loopback ~/.femd/keys/admin.key)"},  \
        {.name = "--insecure",                                                                                         \
         .kind = OPTION_FLAG,                                                                                          \
         .out = &(to).insecure,                                                                                        \
         .help = "connect off the loopback without a key"},                                                            \
    {                                                                                                                  \
        .name = "--timeout", .kind = OPTION_NUMBER, .out = &(to).timeout, .arg = "S",                                  \
        .help = "seconds to wait for the server (5)"                                                                   \
    }
/* 1, or 0 with words on stderr. */
int command_server_is_named(const option_table *table, const char *address, double timeout);

/* How many workers a machine is for: the cores that this process may use. */
int command_online_cores(void);
/* Fill a folder with the keys of a server and of one peer of each role, as femd keygen does, and tell it on `out`. */
FEMD_MUST_CHECK femd_status keygen_fill(const char *folder, FILE *out, femd_error *err);

/* Say "femd: words" on stderr and return the exit code that belongs to the status. */
int command_failed(const femd_error *err);
/* Parse; 1 = go on, 0 = *code is the exit code (help was printed, or words about the command line). */
int command_options(const option_table *t, int argc, char **argv, option_list *positional, int *code);

#endif
