/* The program femd: finds the command in a table and runs it. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "micro.h"
#include "numerics/dense.h"

static int cmd_version(int argc, char **argv);
static int cmd_help(int argc, char **argv);

static const command commands[] = {
    {"run", "run a case: server, workers and solver together", cmd_run, 0},
    {"check", "validate a case and say what it will cost", cmd_check, 1},
    {"eval", "evaluate one material point, here and now, without a server", cmd_eval, 1},
    {"table", "fill a grid of material points on a pool, go on where it ended", cmd_table, 0},
    {"fields", "stress, heat flux and deformation inside an RVE, on a grid and atom by atom", cmd_fields, 0},
    {"serve", "server and workers for a solver of yours, which attaches", cmd_serve, 0},
    {"server", "the server alone (workers and solvers connect to it)", cmd_server, 0},
    {"worker", "workers alone, for a server that runs elsewhere", cmd_worker, 0},
    {"store", "answers and states that runs have kept: list, size, prune, verify, export", cmd_store, 0},
    {"plot", "draw what a run has written: load, convergence, a field", cmd_plot, 0},
    {"status", "what a server is doing", cmd_status, 0},
    {"keygen", "keys for a server that other machines may reach: make, allow, revoke", cmd_keygen, 0},
    {"admin", "look after a server: quarantine and release workers, drain, stop", cmd_admin, 0},
    {"version", "print the version", cmd_version, 0},
    {"help", "this text, or the help of a command: femd help run", cmd_help, 0},
};

static const command *main_find(const char *name) {
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(commands[i].name, name) == 0) return &commands[i];
    return NULL;
}

static void main_list(FILE *to) {
    fprintf(to, "femd couples a finite-element solver to a pool of atomistic workers.\n\n"
                "usage: femd COMMAND ...\n\n");
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        fprintf(to, "  %-9s %s\n", commands[i].name, commands[i].summary);
    fprintf(to, "\nstart with:  femd run cases/copper-notch\n");
}

static int cmd_version(int argc, char **argv) {
    const option_table table = {
        .command = "femd version", .usage = "", .about = "Prints the version of femd and nothing else."};
    option_list positional;
    int code;
    if (!command_options(&table, argc, argv, &positional, &code)) return code;
    printf("femd %s\n", FEMD_VERSION);
    return FEMD_EXIT_OK;
}

static int main_unknown(const char *name) {
    fprintf(stderr, "femd: unknown command \"%s\"; there is:", name);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) fprintf(stderr, " %s", commands[i].name);
    fprintf(stderr, "\n");
    return FEMD_EXIT_BAD_INPUT;
}

static int cmd_help(int argc, char **argv) {
    char *help[] = {"--help", NULL};
    if (argc == 0 || strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0) {
        main_list(stdout);
        return FEMD_EXIT_OK;
    }
    const command *c = main_find(argv[0]);
    if (!c) return main_unknown(argv[0]);
    if (c->run != cmd_help) return c->run(1, help);
    printf("femd %s: %s\n", c->name, c->summary);
    return FEMD_EXIT_OK;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        main_list(stderr);
        return FEMD_EXIT_BAD_INPUT;
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) name = "help";
    if (strcmp(name, "--version") == 0) name = "version";
    const command *c = main_find(name);
    if (!c) return main_unknown(name);
    if (c->evaluates) {
        femd_error err = FEMD_ERROR_INIT;
        femd_level_reexec(NULL, argv); /* the BLAS must answer with the bits of a worker's */
        if (femd_dense_reserve(&err) != FEMD_OK) return command_failed(&err);
    }
    return c->run(argc - 2, argv + 2);
}
