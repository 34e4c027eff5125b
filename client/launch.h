/* Starting the other femd programs: where they are, and a child that cannot outlive its parent.
 *
 * launch.c starts and reaps single processes and makes the private folder of a run. What to do when one dies is the
 * business of supervise.c. */
#ifndef FEMD_CLIENT_LAUNCH_H
#define FEMD_CLIENT_LAUNCH_H

#include <sys/types.h>

#include "femd/error.h"

/* Path of a program: beside the running one, else in $PATH. malloc'ed. BAD_INPUT with words if it is nowhere. */
FEMD_MUST_CHECK femd_status launch_find(const char *name, char **path, femd_error *err);

/* An argument list under construction; texts are borrowed. What is beyond the room is left out. */
enum { LAUNCH_ARGUMENTS_MAX = 600 };
typedef struct launch_arguments {
    int n;
    char *item[LAUNCH_ARGUMENTS_MAX + 1]; /* NULL behind the last */
} launch_arguments;
void launch_add(launch_arguments *a, const char *text);
void launch_add_two(launch_arguments *a, const char *name, const char *value);

/* A pipe that no other child gets, non-blocking; fd -1 after a failure. */
FEMD_MUST_CHECK femd_status launch_pipe(int fd[2], femd_error *err);
void launch_close_pipe(int fd[2]);

/* How a child is started. It gets a process group of its own, /dev/null as stdin, no open descriptor but 0 to 2 and
 * keep_fd, the default signal actions and an empty mask. */
typedef struct launch_spec {
    char *const *argv; /* argv[0] is the path */
    int output;        /* 1: stdout and stderr go into the pipe launch_child.fd; 0: inherited */
    int keep_fd[2];    /* stay open in the child under the same numbers; -1 = none */
    int death_signal;  /* sent to the child when this process dies */
} launch_spec;

typedef struct launch_child {
    pid_t pid; /* 0 = none */
    int fd;    /* reading end of its output, non-blocking; -1 = none */
} launch_child;

/* Fork and execute. A program that cannot be executed gives IO here, not a dead child later. */
FEMD_MUST_CHECK femd_status launch_start(const launch_spec *spec, launch_child *child, femd_error *err);

/* "exit code 3" or "signal 9 (Killed)" of a wait status. */
void launch_words(int wait_status, char *text, size_t size);

/* A folder that only this user can enter, in $TMPDIR or /tmp; short enough for a socket's path. malloc'ed path. */
FEMD_MUST_CHECK femd_status launch_folder(char **path, femd_error *err);
/* Remove a folder and all that is in it; symbolic links are removed, not followed. Errors are ignored. */
void launch_remove(const char *path);

/* A small process that outlives this one just long enough to end its children and to remove the folder, should this one
 * be killed by force. It gets nothing to do when the parent leaves in good order. */
typedef struct launch_guard {
    pid_t pid;
    int fd; /* writing end: process ids whose groups must end */
} launch_guard;
FEMD_MUST_CHECK femd_status launch_guard_start(const char *folder, launch_guard *g, femd_error *err);
/* Name a child to the guard. */
void launch_guard_tell(const launch_guard *g, pid_t pid);
/* Let the guard go and wait for it. Call when the children are gone and the folder is removed. */
void launch_guard_end(launch_guard *g);

#endif
