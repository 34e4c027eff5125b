/* Reading of femd-macro's command line. Starts nothing and looks at no file. */
#include "arguments.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help_text[] =
    "femd-macro: the finite-element side of femd\n"
    "\n"
    "  femd-macro --connect ADDRESS [options] CASE [-- PETSC OPTIONS]\n"
    "  mpiexec -n RANKS femd-macro --connect ADDRESS [options] CASE\n"
    "\n"
    "Solves CASE (a case.json, or the folder with one in it), asking the workers of the femd server at ADDRESS for "
    "the\n"
    "stress and the tangent of every quadrature point. `femd run CASE` starts server, workers and femd-macro "
    "together;\n"
    "start femd-macro yourself to use a server that is already there:\n"
    "\n"
    "  terminal 1:  femd server --bind tcp://127.0.0.1:5600\n"
    "  terminal 2:  femd worker --connect tcp://127.0.0.1:5600 -n 4\n"
    "  terminal 3:  femd-macro --connect tcp://127.0.0.1:5600 cases/copper-notch\n"
    "\n"
    "Options\n"
    "  --connect ADDRESS   the server: tcp://HOST:PORT or ipc:///PATH\n"
    "  --key FILE          the client's key, for a server with keys (default: FEMD_KEY; off the loopback client.key "
    "in\n"
    "                      FEMD_KEYS or ~/.femd/keys)\n"
    "  --insecure          connect to a server off the loopback without a key\n"
    "  --out DIR           where the results go (default: CASE.out, beside the case)\n"
    "  --resume            go on from DIR/checkpoint.h5; ends with the same bits as a run that was never interrupted\n"
    "  --set a.b=c         change a value of the case, for example --set steps.count=10 (repeatable)\n"
    "  --check             set the case up without a server, say what a run would refuse of it, and end: what femd "
    "check does\n"
    "  --quiet             no live line and no table at the end; what qualifies an answer is told all the same\n"
    "  --dump-state ID     at the end write the RVE of point ID (cell number x points per cell + index) to "
    "DIR/point-ID.state\n"
    "  --run NAME          name of the run at the server (default: made of host, process and time)\n"
    "  --help, --version\n"
    "  -- PETSC OPTIONS    anything PETSc understands, for example: -- -snes_monitor -ksp_view\n"
    "\n"
    "Results in DIR: summary.json, history.csv, fields.pvd (open it in ParaView), checkpoint.h5. See docs/output.md.\n"
    "Exit codes: 0 ok, 2 bad case or arguments, 3 not converged, 4 server or workers lost, 70 internal error,\n"
    "128 + number after a signal (130: Ctrl-C).\n";

const char *femd_arguments_help(void) {
    return help_text;
}

static femd_status arguments_parse_id(const char *text, uint64_t *id, femd_error *err) {
    char *end;
    errno = 0;
    unsigned long long v = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || errno)
        return femd_fail(err, FEMD_BAD_INPUT, "--dump-state \"%s\": not the number of a point (0, 1, 2, ...)", text);
    *id = v;
    return FEMD_OK;
}

/* The value of option argv[*i], which may stand behind "=" or be the next argument. */
static femd_status arguments_value_of(int argc, char **argv, int *i, size_t length, const char **value,
                                      femd_error *err) {
    if (argv[*i][length] == '=')
        *value = argv[*i] + length + 1;
    else if (*i + 1 < argc)
        *value = argv[++*i];
    else
        return femd_fail(err, FEMD_BAD_INPUT, "%s needs a value; see femd-macro --help", argv[*i]);
    return FEMD_OK;
}

static int arguments_is_option(const char *arg, const char *name, size_t *length) {
    *length = strlen(name);
    return strncmp(arg, name, *length) == 0 && (arg[*length] == 0 || arg[*length] == '=');
}

static int arguments_is_flag(femd_arguments *a, const char *arg) {
    int *flag = strcmp(arg, "--resume") == 0                            ? &a->resume
                : strcmp(arg, "--quiet") == 0 || strcmp(arg, "-q") == 0 ? &a->quiet
                : strcmp(arg, "--check") == 0                           ? &a->check
                : strcmp(arg, "--insecure") == 0                        ? &a->insecure
                : strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0  ? &a->help
                : strcmp(arg, "--version") == 0                         ? &a->version
                                                                        : NULL;
    if (flag) *flag = 1;
    return flag != NULL;
}

static femd_status arguments_option(femd_arguments *a, int argc, char **argv, int *i, const char **out,
                                    femd_error *err) {
    const char *arg = argv[*i], *value = NULL;
    size_t n;
    if (arguments_is_option(arg, "--connect", &n)) return arguments_value_of(argc, argv, i, n, &a->connect, err);
    if (arguments_is_option(arg, "--key", &n)) return arguments_value_of(argc, argv, i, n, &a->key, err);
    if (arguments_is_option(arg, "--out", &n)) return arguments_value_of(argc, argv, i, n, out, err);
    if (arguments_is_option(arg, "--run", &n)) return arguments_value_of(argc, argv, i, n, &a->run, err);
    if (arguments_is_option(arg, "--set", &n)) return arguments_value_of(argc, argv, i, n, &a->set[a->nsets++], err);
    if (arguments_is_option(arg, "--dump-state", &n)) {
        FEMD_TRY(arguments_value_of(argc, argv, i, n, &value, err));
        a->dump = 1;
        return arguments_parse_id(value, &a->dump_id, err);
    }
    return femd_fail(err, FEMD_BAD_INPUT, "unknown option \"%s\"; see femd-macro --help", arg);
}

/* CASE.out: the case's path without "/case.json", ".json" and slashes at its end. */
static char *arguments_default_out(const char *path) {
    static const char usual[] = "/case.json", suffix[] = ".json";
    size_t given = strlen(path);
    int bare = strcmp(path, "case.json") == 0 || (given > 0 && path[given - 1] == '.');
    char *full = bare ? realpath(path, NULL) : NULL, *name = NULL;
    const char *use = full ? full : path;
    size_t n = strlen(use);
    while (n > 1 && use[n - 1] == '/') --n;
    if (n > sizeof usual - 1 && strncmp(use + n - (sizeof usual - 1), usual, sizeof usual - 1) == 0)
        n -= sizeof usual - 1;
    else if (n > sizeof suffix - 1 && strncmp(use + n - (sizeof suffix - 1), suffix, sizeof suffix - 1) == 0)
        n -= sizeof suffix - 1;
    if (asprintf(&name, "%.*s.out", (int)n, use) < 0) name = NULL;
    free(full);
    return name;
}

static femd_status arguments_check(const femd_arguments *a, femd_error *err) {
    if (!a->path) return femd_fail(err, FEMD_BAD_INPUT, "no case given; see femd-macro --help");
    if (!a->connect && !a->check)
        return femd_fail(err, FEMD_BAD_INPUT,
                         "--connect ADDRESS is missing; `femd run %s` starts a server and workers by itself", a->path);
    if (a->run && (!a->run[0] || strlen(a->run) > 64))
        return femd_fail(err, FEMD_BAD_INPUT, "--run takes 1 to 64 characters");
    return FEMD_OK;
}

femd_status femd_arguments_read(int argc, char **argv, femd_arguments *a, femd_error *err) {
    *a = (femd_arguments){.set = calloc((size_t)argc + 1, sizeof(char *))};
    if (!a->set) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the arguments");
    const char *out = NULL;
    for (int i = 1; i < argc; ++i) {
        if (strcmp(argv[i], "--") == 0) {
            a->petsc = argv + i + 1;
            a->npetsc = argc - i - 1;
            break;
        }
        if (arguments_is_flag(a, argv[i])) continue;
        if (argv[i][0] == '-') {
            FEMD_TRY(arguments_option(a, argc, argv, &i, &out, err));
        } else if (a->path) {
            return femd_fail(err, FEMD_BAD_INPUT, "two cases given: \"%s\" and \"%s\"", a->path, argv[i]);
        } else {
            a->path = argv[i];
        }
    }
    if (a->help || a->version) return FEMD_OK;
    FEMD_TRY(arguments_check(a, err));
    a->out = out ? strdup(out) : arguments_default_out(a->path);
    return a->out ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the arguments");
}

void femd_arguments_clear(femd_arguments *a) {
    free(a->out);
    free((void *)a->set);
    *a = (femd_arguments){0};
}
