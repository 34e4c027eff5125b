/* The supervisor, with shell scripts in the place of server, workers and solver. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "femd/clock.h"
#include "femd/peer.h"
#include "supervise.h"

typedef struct trial {
    char log[8192];
    double seconds;
} trial;

/* Run the scripts; in the server's, READY is the number of the descriptor that says so, NEWS that of the one
 * for news of workers. */
static int run(const char *server, const char *worker, const char *macro, int workers, trial *t) {
    int ready[2], news[2];
    char with_fd[512];
    assert_int_equal(pipe2(ready, O_CLOEXEC | O_NONBLOCK), 0);
    assert_int_equal(pipe2(news, O_CLOEXEC | O_NONBLOCK), 0);
    snprintf(with_fd, sizeof with_fd, "READY=%d; NEWS=%d; %s", ready[1], news[1], server);
    char shell[] = "/bin/sh", flag[] = "-c";
    char *server_args[] = {shell, flag, with_fd, NULL}, *worker_args[] = {shell, flag, strdup(worker), NULL},
         *macro_args[] = {shell, flag, strdup(macro), NULL};
    char *folder = NULL;
    femd_error err = FEMD_ERROR_INIT;
    launch_guard guard;
    assert_int_equal(launch_folder(&folder, &err), FEMD_OK);
    assert_int_equal(launch_guard_start(folder, &guard, &err), FEMD_OK);
    FILE *log = tmpfile();
    const supervise_plan plan = {.workers = workers,
                                 .server = server_args,
                                 .worker = worker_args,
                                 .macro = macro_args,
                                 .ready_read = ready[0],
                                 .ready_write = ready[1],
                                 .news_read = news[0],
                                 .news_write = news[1],
                                 .log = log,
                                 .guard = &guard};
    const double begun = femd_clock();
    const int code = supervise(&plan);
    t->seconds = femd_clock() - begun;
    launch_remove(folder);
    launch_guard_end(&guard);
    assert_int_not_equal(access(folder, F_OK), 0);
    rewind(log);
    t->log[fread(t->log, 1, sizeof t->log - 1, log)] = '\0';
    fclose(log);
    free(folder);
    free(worker_args[2]);
    free(macro_args[2]);
    return code;
}

#define SERVER "echo ipc:///x >&$READY; eval \"exec $READY>&-\"; echo listening; exec sleep 60"

static int lines_with(const char *log, const char *text) {
    int n = 0;
    for (const char *p = log; (p = strstr(p, text)); p += strlen(text)) n++;
    return n;
}

static void exit_code_of_the_solver_is_that_of_the_run(void **state) {
    (void)state;
    static const int codes[] = {0, 2, 3, 4, 70};
    trial t;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        char macro[64];
        snprintf(macro, sizeof macro, "sleep 0.1; exit %d", codes[i]);
        assert_int_equal(run(SERVER, "exec sleep 60", macro, 2, &t), codes[i]);
        assert_true(t.seconds < 30);
    }
    assert_int_equal(lines_with(t.log, "[server] listening\n"), 1);
    assert_int_equal(run(SERVER, "exec sleep 60", "kill -9 $$", 1, &t), 4);
    assert_non_null(strstr(t.log, "signal 9"));
    assert_int_equal(run(SERVER, "exec sleep 60", "kill -SEGV $$", 1, &t), 70);
    assert_int_equal(run(SERVER, "exec sleep 60", "exit 139", 1, &t), 70); /* of a rank */
    assert_int_equal(run(SERVER, "exec sleep 60", "exit 1", 1, &t), 4);    /* of mpiexec itself */
}

static void worker_is_started_again_three_times_then_the_run_ends(void **state) {
    (void)state;
    trial t;
    assert_int_equal(run(SERVER, "echo here; printf 'no newline'; exit 1", "exec sleep 60", 1, &t), 4);
    assert_int_equal(lines_with(t.log, "[worker 1] here\n"), 4);
    assert_int_equal(lines_with(t.log, "[worker 1] no newline\n"), 4);
    assert_true(t.seconds > 3.4 && t.seconds < 40);
    assert_non_null(strstr(t.log, "all workers are lost"));
}

static void run_goes_on_while_one_worker_is_left(void **state) {
    (void)state;
    trial t;
    /* the first to make the folder lives; the others die each time */
    char worker[256];
    char name[] = "/tmp/femd-unit-XXXXXX";
    assert_non_null(mkdtemp(name));
    snprintf(
        worker, sizeof worker,
        "mkdir %s/one 2>/dev/null && exec sleep 60; echo femd-worker: connected to ipc:///here as worker 7; exit 1",
        name);
    assert_int_equal(run(SERVER, worker, "sleep 5; exit 0", 2, &t), 0);
    assert_int_equal(lines_with(t.log, "is given up"), 1);
    assert_int_equal(lines_with(t.log, "it said"), 0); /* a greeting is no last word */
    launch_remove(name);
}

static void death_of_the_server_ends_everything(void **state) {
    (void)state;
    trial t;
    assert_int_equal(
        run("echo up >&$READY; sleep 0.3; echo no more >&2; kill -9 $$", "exec sleep 60", "sleep 1; exit 4", 2, &t), 4);
    assert_true(t.seconds > 0.9 && t.seconds < 30); /* the solver is let report it, and need not be told */
    assert_non_null(strstr(t.log, "it said: no more"));
}

static void server_that_does_not_start_is_reported_with_its_words(void **state) {
    (void)state;
    trial t;
    assert_int_equal(run("echo address in use >&2; exit 2", "exec sleep 60", "exec sleep 60", 2, &t), 2);
    assert_non_null(strstr(t.log, "did not start"));
    assert_non_null(strstr(t.log, "address in use"));
}

static void signal_of_the_user_ends_in_good_order(void **state) {
    (void)state;
    trial t;
    assert_int_equal(run(SERVER, "exec sleep 60", "trap 'exit 9' TERM; kill -INT $PPID; sleep 60 & wait", 2, &t), 130);
    assert_true(t.seconds < 30);
    assert_int_equal(run(SERVER, "exec sleep 60", "kill -TERM $PPID; exec sleep 60", 2, &t), 143);
    assert_true(t.seconds < 30);
}

static void second_signal_uses_force(void **state) {
    (void)state;
    trial t;
    assert_int_equal(run(SERVER, "exec sleep 60",
                         "trap '' TERM INT; kill -INT $PPID; sleep 0.5; kill -INT $PPID; exec sleep 60", 1, &t),
                     130);
    assert_true(t.seconds < 15 /* a solver that is let has 18 s */);
}

static void children_get_no_descriptor_that_is_not_theirs(void **state) {
    (void)state;
    trial t;
    const int fd = open("/dev/null", O_RDONLY); /* as a library may open one, without O_CLOEXEC */
    assert_int_equal(dup2(fd, 77), 77);
    assert_int_equal(run(SERVER, "[ -e /proc/$$/fd/77 ] && echo leaked; exec sleep 60",
                         "sleep 0.3; [ -e /proc/$$/fd/77 ] && exit 3; exit 0", 1, &t),
                     0);
    assert_int_equal(lines_with(t.log, "leaked"), 0);
    close(77);
    close(fd);
}

/* What a link in the folder points at is somebody else's. */
static void a_link_is_removed_and_not_followed(void **state) {
    (void)state;
    char folder[] = "/tmp/femd-unit-XXXXXX", other[] = "/tmp/femd-unit-XXXXXX", file[64], link[64];
    assert_non_null(mkdtemp(folder));
    assert_non_null(mkdtemp(other));
    snprintf(file, sizeof file, "%s/kept", other);
    snprintf(link, sizeof link, "%s/link", folder);
    assert_int_equal(close(open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600)), 0);
    assert_int_equal(symlink(other, link), 0);
    launch_remove(folder);
    assert_int_not_equal(access(folder, F_OK), 0);
    assert_int_equal(access(file, F_OK), 0);
    launch_remove(other);
    assert_int_not_equal(access(other, F_OK), 0);
}

static void grandchildren_in_sessions_of_their_own_are_ended_too(void **state) {
    (void)state;
    trial t;
    char macro[256], name[] = "/tmp/femd-unit-XXXXXX";
    int fd = mkstemp(name), pid = 0;
    snprintf(macro, sizeof macro, "setsid sh -c 'echo $$ >%s; exec sleep 60' & sleep 0.5; exit 0", name);
    assert_int_equal(run(SERVER, "exec sleep 60", macro, 1, &t), 0);
    FILE *f = fdopen(fd, "r");
    assert_int_equal(fscanf(f, "%d", &pid), 1);
    fclose(f);
    unlink(name);
    assert_int_not_equal(kill(pid, 0), 0);
}

static void guard_cleans_up_after_a_launcher_that_was_killed(void **state) {
    (void)state;
    char *folder = NULL;
    femd_error err = FEMD_ERROR_INIT;
    int tell[2];
    assert_int_equal(launch_folder(&folder, &err), FEMD_OK);
    assert_int_equal(pipe(tell), 0);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    const pid_t launcher = fork();
    if (launcher == 0) {
        launch_guard g;
        launch_child child;
        char shell[] = "/bin/sh", flag[] = "-c", script[] = "trap '' TERM; sleep 60";
        char *args[] = {shell, flag, script, NULL};
        const launch_spec spec = {.argv = args, .keep_fd = {-1, -1}, .death_signal = SIGKILL};
        if (launch_guard_start(folder, &g, &err) != FEMD_OK || launch_start(&spec, &child, &err) != FEMD_OK) _exit(1);
        launch_guard_tell(&g, child.pid);
        if (write(tell[1], &child.pid, sizeof child.pid) < 0) _exit(1);
        for (;;) pause();
    }
    pid_t child = 0;
    assert_int_equal(read(tell[0], &child, sizeof child), sizeof child);
    kill(launcher, SIGKILL);
    const double begun = femd_clock();
    while ((access(folder, F_OK) == 0 || kill(-child, 0) == 0) && femd_clock() - begun < 15) {
        while (waitpid(-1, NULL, WNOHANG) > 0) {} /* this process takes in the orphans */
        usleep(50000);
    }
    assert_int_not_equal(access(folder, F_OK), 0);
    assert_int_not_equal(kill(-child, 0), 0);
    close(tell[0]);
    close(tell[1]);
    free(folder);
}

/* The first worker is called by the server what `news` says (its pid is $PID); the second time it lives. */
static int run_with_news(const char *news, const char *macro, trial *t) {
    char server[512], worker[256], file[] = "/tmp/femd-news-XXXXXX";
    const int fd = mkstemp(file);
    assert_true(fd >= 0);
    close(fd);
    snprintf(server, sizeof server,
             "echo ipc:///x >&$READY; eval \"exec $READY>&-\"; while [ ! -s %s ]; do sleep 0.05; done; PID=$(cat %s); "
             "%s; exec sleep 60",
             file, file, news);
    snprintf(worker, sizeof worker, "[ -s %s ] || echo $$ >%s; exec sleep 60", file, file);
    const int code = run(server, worker, macro, 1, t);
    unlink(file);
    return code;
}

static void a_worker_that_the_server_calls_hung_is_replaced(void **state) {
    (void)state;
    trial t;
    assert_int_equal(run_with_news("echo \"here $PID host\" >&$NEWS; echo \"hung $PID host\" >&$NEWS", "sleep 2", &t),
                     0);
    assert_int_equal(lines_with(t.log, "hangs, the server has had no sign of progress from it: it is killed"), 1);
    assert_int_equal(lines_with(t.log, "starting it again"), 1);
}

static void a_worker_that_the_server_has_lost_may_come_back(void **state) {
    (void)state;
    trial t;
    assert_int_equal(
        run_with_news("echo \"gone $PID host\" >&$NEWS; sleep 1; echo \"here $PID host\" >&$NEWS", "sleep 7", &t), 0);
    assert_int_equal(lines_with(t.log, "killed"), 0);
    assert_int_equal(run_with_news("echo \"gone $PID host\" >&$NEWS", "sleep 7", &t), 0);
    assert_int_equal(lines_with(t.log, "is there, but the server has lost it: it is killed"), 1);
    assert_int_equal(lines_with(t.log, "starting it again"), 1);
    assert_int_equal(run_with_news("echo \"hung 1 host\" >&$NEWS; echo nonsense >&$NEWS", "sleep 1", &t), 0);
    assert_int_equal(lines_with(t.log, "killed"), 0); /* no process of this run */
}

static void a_conviction_is_told(void **state) {
    (void)state;
    trial t;
    assert_int_equal(run_with_news("echo \"barred $PID others contradict it for point 8\" >&$NEWS", "sleep 1", &t), 0);
    assert_int_equal(
        lines_with(t.log, "is in quarantine and gets no tasks any more: others contradict it for point 8\n"), 1);
    assert_int_equal(lines_with(t.log, "killed"), 0);
}

/* Deaths at work are the server's to judge, who ends the run when a point is to blame; others are counted. */
static void a_worker_that_ends_in_its_work_is_started_again_each_time(void **state) {
    (void)state;
    trial t;
    char folder[] = "/tmp/femd-unit-XXXXXX", server[512], worker[256];
    assert_non_null(mkdtemp(folder));
    snprintf(server, sizeof server,
             "echo ipc:///x >&$READY; eval \"exec $READY>&-\"; while :; do for f in %s/*; do [ -e $f ] || continue; "
             "rm $f; echo \"ended ${f##*/} evaluated point 8 of step 3\" >&$NEWS; done; sleep 0.02; done",
             folder);
    snprintf(worker, sizeof worker, "touch %s/$$; exit 7", folder);
    assert_int_equal(run(server, worker, "trap 'exit 4' USR1; sleep 5 & wait; exit 3", 1, &t), 3);
    assert_true(
        lines_with(t.log, "worker 1 died: exit code 7, while it evaluated point 8 of step 3 (the engine is suspect)") >=
        5);
    assert_int_equal(lines_with(t.log, "given up") + lines_with(t.log, "of 3)"), 0);
    launch_remove(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exit_code_of_the_solver_is_that_of_the_run),
        cmocka_unit_test(worker_is_started_again_three_times_then_the_run_ends),
        cmocka_unit_test(run_goes_on_while_one_worker_is_left),
        cmocka_unit_test(death_of_the_server_ends_everything),
        cmocka_unit_test(server_that_does_not_start_is_reported_with_its_words),
        cmocka_unit_test(signal_of_the_user_ends_in_good_order),
        cmocka_unit_test(second_signal_uses_force),
        cmocka_unit_test(children_get_no_descriptor_that_is_not_theirs),
        cmocka_unit_test(a_link_is_removed_and_not_followed),
        cmocka_unit_test(grandchildren_in_sessions_of_their_own_are_ended_too),
        cmocka_unit_test(guard_cleans_up_after_a_launcher_that_was_killed),
        cmocka_unit_test(a_worker_that_the_server_calls_hung_is_replaced),
        cmocka_unit_test(a_worker_that_the_server_has_lost_may_come_back),
        cmocka_unit_test(a_conviction_is_told),
        cmocka_unit_test(a_worker_that_ends_in_its_work_is_started_again_each_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
