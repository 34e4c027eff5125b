/* See run_local.h. */
#include "run_local.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "commands.h"
#include "launch.h"

static femd_status run_local_wait(const launch_child *child, int *code, femd_error *err) {
    char words[64];
    int status;
    while (waitpid(child->pid, &status, 0) < 0)
        if (errno != EINTR) return femd_fail(err, FEMD_INTERNAL, "femd-fields is lost");
    if (WIFEXITED(status)) {
        *code = WEXITSTATUS(status);
        return FEMD_OK;
    }
    launch_words(status, words, sizeof words);
    return femd_fail(err, FEMD_INTERNAL, "femd-fields ended by %s", words);
}

int run_local_fields(const char *case_path, const char *folder, const option_list *sets, const option_list *engines,
                     int quiet) {
    femd_error err = FEMD_ERROR_INIT;
    launch_arguments a = {0};
    launch_child child;
    char *program = NULL;
    int code = FEMD_EXIT_OK;
    femd_status rc = launch_find("femd-fields", &program, &err);
    launch_add(&a, program);
    launch_add(&a, folder);
    launch_add_two(&a, "--case", case_path);
    for (size_t i = 0; i < sets->n; i++) launch_add_two(&a, "--set", sets->item[i]);
    for (size_t i = 0; i < engines->n; i++) launch_add_two(&a, "--engine", engines->item[i]);
    if (quiet) launch_add(&a, "--quiet");
    const launch_spec spec = {.argv = a.item, .keep_fd = {-1, -1}, .death_signal = SIGTERM};
    if (rc == FEMD_OK) rc = launch_start(&spec, &child, &err);
    if (rc == FEMD_OK) rc = run_local_wait(&child, &code, &err);
    free(program);
    return rc == FEMD_OK ? code : command_failed(&err);
}
