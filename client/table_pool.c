/* The pool of a table: femd serve as a child. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "commands.h"
#include "table.h"

static void pool_line(table_pool *p) {
    p->line[p->used] = '\0';
    p->used = 0;
    if (!*p->line) return;
    if (!*p->address && (strncmp(p->line, "ipc://", 6) == 0 || strncmp(p->line, "tcp://", 6) == 0)) {
        snprintf(p->address, sizeof p->address, "%.599s", p->line);
        return;
    }
    snprintf(p->last, sizeof p->last, "%s", p->line);
    if (p->log) fprintf(p->log, "%s\n", p->line);
}

static void pool_read(table_pool *p) {
    char part[4096];
    ssize_t n;
    while (p->child.fd >= 0 && (n = read(p->child.fd, part, sizeof part)) > 0)
        for (ssize_t i = 0; i < n; i++) {
            if (part[i] == '\n' || p->used == sizeof p->line - 1) pool_line(p);
            if (part[i] != '\n') p->line[p->used++] = part[i];
        }
}

femd_status table_pool_look(table_pool *p, femd_error *err) {
    int how;
    if (!p->child.pid) return FEMD_OK;
    pool_read(p);
    if (waitpid(p->child.pid, &how, WNOHANG) != p->child.pid) return FEMD_OK;
    p->child.pid = 0;
    pool_read(p);
    pool_line(p);
    const char *words = strncmp(p->last, "femd: ", 6) == 0 ? p->last + 6 : p->last;
    const int code = WIFEXITED(how) ? WEXITSTATUS(how) : 0;
    return femd_fail(err, code == FEMD_EXIT_BAD_INPUT ? FEMD_BAD_INPUT : FEMD_DISCONNECTED, "%s",
                     *words ? words : "the pool has ended");
}

femd_status table_pool_start(const char *path, int workers, const option_list *sets, const option_list *engines,
                             FILE *log, table_pool *p, femd_error *err) {
    launch_arguments a = {0};
    char *program = NULL, number[20];
    *p = (table_pool){.child = {.fd = -1}, .log = log};
    FEMD_TRY(launch_find("femd", &program, err));
    snprintf(number, sizeof number, "%d", workers);
    launch_add(&a, program);
    launch_add(&a, "serve");
    launch_add(&a, path);
    launch_add_two(&a, "--workers", number);
    for (size_t i = 0; i < sets->n; i++) launch_add_two(&a, "--set", sets->item[i]);
    for (size_t i = 0; i < engines->n; i++) launch_add_two(&a, "--engine", engines->item[i]);
    const launch_spec spec = {.argv = a.item, .output = 1, .keep_fd = {-1, -1}, .death_signal = SIGTERM};
    femd_status rc = launch_start(&spec, &p->child, err);
    free(program);
    while (rc == FEMD_OK && !*p->address) {
        struct pollfd ready = {.fd = p->child.fd, .events = POLLIN};
        if (poll(&ready, 1, 200) < 0 && errno == EINTR) rc = femd_fail(err, FEMD_CANCELLED, "interrupted");
        if (rc == FEMD_OK) rc = table_pool_look(p, err);
    }
    return rc;
}

void table_pool_end(table_pool *p) {
    if (p->child.pid) {
        kill(p->child.pid, SIGTERM);
        while (waitpid(p->child.pid, NULL, WNOHANG) == 0) {
            struct pollfd ready = {.fd = p->child.fd, .events = POLLIN};
            poll(&ready, 1, 20);
            pool_read(p);
        }
    }
    if (p->child.fd >= 0) close(p->child.fd);
    p->child = (launch_child){.fd = -1};
}
