/* femd-macro --check as a child: one reader and one set-up for check and run. */
#include "check_trial.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "femd/buffer.h"
#include "launch.h"

/* All that the child says until it closes its end. */
static femd_status trial_listen(const launch_child *child, femd_buffer *text, femd_error *err) {
    char chunk[4096];
    for (;;) {
        struct pollfd wait = {.fd = child->fd, .events = POLLIN};
        if (poll(&wait, 1, -1) < 0 && errno != EINTR) break;
        const ssize_t n = read(child->fd, chunk, sizeof chunk);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) break;
        if (n > 0) FEMD_TRY(femd_buffer_append(text, chunk, (size_t)n, err));
    }
    return femd_buffer_append(text, "", 1, err);
}

/* Its words, without its name. */
static femd_status trial_judge(int wait_status, const char *said, femd_error *err) {
    static const char name[] = "femd-macro: ";
    const char *words = strstr(said, name);
    char how[80];
    if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0) return FEMD_OK;
    words = words ? words + sizeof name - 1 : said;
    const int length = (int)strcspn(words, "\n");
    if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 2)
        return femd_fail(err, FEMD_BAD_INPUT, "%.*s", length, words);
    launch_words(wait_status, how, sizeof how);
    return femd_fail(err, FEMD_INTERNAL, "femd-macro could not set the case up (%s): %.*s", how, length, words);
}

femd_status check_trial(const char *path, const option_list *sets, femd_error *err) {
    char *program = NULL;
    launch_child child = {.fd = -1};
    femd_buffer said = FEMD_BUFFER_INIT;
    int wait_status = 0;
    FEMD_TRY(launch_find("femd-macro", &program, err));
    char **argv = calloc(2 * sets->n + 4, sizeof *argv);
    femd_status rc = argv ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "out of memory");
    if (rc == FEMD_OK) {
        size_t n = 0;
        argv[n++] = program;
        argv[n++] = (char *)"--check";
        for (size_t i = 0; i < sets->n; i++) {
            argv[n++] = (char *)"--set";
            argv[n++] = (char *)sets->item[i];
        }
        argv[n] = (char *)path;
        const launch_spec spec = {.argv = argv, .output = 1, .keep_fd = {-1, -1}, .death_signal = SIGTERM};
        rc = launch_start(&spec, &child, err);
    }
    if (child.pid > 0) {
        rc = trial_listen(&child, &said, err);
        close(child.fd);
        while (waitpid(child.pid, &wait_status, 0) < 0 && errno == EINTR) continue;
    }
    if (rc == FEMD_OK) rc = trial_judge(wait_status, (const char *)said.data, err);
    femd_buffer_clear(&said);
    free(argv);
    free(program);
    return rc;
}
