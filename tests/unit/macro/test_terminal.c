/* What stands on the terminal of a run: the live line; and the command line that is read. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

#include "arguments.h"
#include "results/live.h"

static void live_line_tells_how_the_run_stands(void **state) {
    (void)state;
    char text[256];
    femd_live l;
    femd_live_init(&l, NULL, "tcp://127.0.0.1:5600", 10, 1);
    const femd_progress_info info = {.done = 1728, .total = 1728, .reused = 536, .workers = 16, .waited = 12.3};
    femd_live_progress(&l, &info);
    femd_live_iteration(&l, NULL, 3, 2, 5.8e-3, 0);
    femd_live_text(&l, text, sizeof text);
    assert_string_equal(text, "step 3/10 it 2 |r| 5.8e-03 points 1728/1728 micro 12.3 s workers 16 reused 31 % cuts 0");
    femd_live_iteration(&l, "temperature", 3, 2, 5.8e-3, 0);
    femd_live_text(&l, text, sizeof text);
    assert_memory_equal(text, "step 3/10 temperature it 2 |r| 5.8e-03 points", 45);
    l.step = 12;
    l.field = NULL;
    femd_live_text(&l, text, sizeof text);
    assert_memory_equal(text, "step 12 (10 planned) it 2 |r|", 29);
    assert_int_equal(l.workers_max, 16);
    const femd_progress_info none = {.done = 1, .total = 8, .waited = 12, .waiting_for_workers = 1};
    femd_live_progress(&l, &none);
    femd_live_text(&l, text, sizeof text);
    assert_string_equal(
        text,
        "waiting for workers (none that takes tasks; start one with: femd worker --connect tcp://127.0.0.1:5600) 12 s");
}

static void live_line_without_a_terminal_is_one_line_per_iteration(void **state) {
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    femd_live l;
    femd_live_init(&l, f, "ipc:///x", 2, 1);
    l.terminal = 0;
    const femd_progress_info busy = {.done = 1, .total = 8, .workers = 1, .waited = 3};
    for (int i = 0; i < 5; ++i) femd_live_progress(&l, &busy);
    femd_live_iteration(&l, NULL, 1, 0, 1.0, 0);
    femd_live_iteration(&l, NULL, 1, 1, 1e-9, 0);
    const femd_progress_info none = {.total = 8, .waited = 2, .waiting_for_workers = 1};
    for (int i = 0; i < 5; ++i) femd_live_progress(&l, &none); /* said once, not five times */
    femd_live_end(&l);
    fclose(f);
    int lines = 0;
    for (char *c = text; *c; ++c) lines += *c == '\n';
    assert_int_equal(lines, 3);
    assert_null(strchr(text, '\r'));
    assert_non_null(strstr(text, "waiting for workers"));
    free(text);
}

static void live_line_says_how_to_get_the_first_worker(void **state) {
    (void)state;
    char text[256];
    femd_live l;
    femd_live_init(&l, NULL, "tcp://127.0.0.1:5600", 10, 1);
    const femd_progress_info opening = {.waited = 3};
    femd_live_progress(&l, &opening);
    femd_live_text(&l, text, sizeof text);
    assert_string_equal(
        text,
        "waiting for a worker to open the materials (start one with: femd worker --connect tcp://127.0.0.1:5600) 3 s");
    setenv("FEMD_SUPERVISED", "1", 1);
    femd_live_init(&l, NULL, "tcp://127.0.0.1:5600", 10, 1);
    unsetenv("FEMD_SUPERVISED");
    femd_live_progress(&l, &opening);
    femd_live_text(&l, text, sizeof text);
    assert_string_equal(text, "waiting for a worker to open the materials (femd run starts them) 3 s");
    const femd_progress_info here = {.workers = 2, .waited = 4}; /* no other is wanted */
    femd_live_progress(&l, &here);
    femd_live_text(&l, text, sizeof text);
    assert_string_equal(text, "waiting for the materials, which 2 workers may open 4 s");
}

/* What stands on a terminal of 80 columns after `info`, and after the end. */
static void shown(const femd_progress_info *info, char *text, size_t size) {
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    FILE *f = fopen(ptsname(master), "w");
    assert_non_null(f);
    const struct winsize window = {.ws_col = 80, .ws_row = 24};
    assert_int_equal(ioctl(master, TIOCSWINSZ, &window), 0);
    femd_live l;
    femd_live_init(&l, f, "tcp://127.0.0.1:5600", 10, 1);
    assert_int_equal(l.terminal, 1);
    l.step = 1;
    l.residual = 3.2e-4;
    femd_live_progress(&l, info);
    femd_live_end(&l);
    femd_live_progress(&l, info); /* a word of farewell with the server: nothing may follow the end */
    fclose(f);
    size_t used = 0;
    for (ssize_t n = 1; n > 0 && used<size - 1; used += n> 0 ? (size_t)n : 0) /* may come in pieces; EIO at the end */
        n = read(master, text + used, size - 1 - used);
    assert_true(used > 0);
    text[used] = 0;
    close(master);
}

static void live_line_fits_80_columns_and_ends_once(void **state) {
    (void)state;
    char text[512];
    const femd_progress_info info = {.done = 1759, .total = 15200, .workers = 2, .waited = 17.7};
    shown(&info, text, sizeof text);
    assert_string_equal(text, "\rstep 1/10 it 0 |r| 3.2e-04 points 1759/15200 micro 17.7 s workers 2 cuts 0\r\n");
    const femd_progress_info none = {.done = 1, .total = 8, .waited = 12, .waiting_for_workers = 1};
    shown(&none, text, sizeof text);
    assert_string_equal(text, "\r12 s; start a worker: femd worker --connect tcp://127.0.0.1:5600\r\n");
}

/* ---- command line ---- */

static femd_status arguments(femd_arguments *a, femd_error *err, const char *line) {
    static char copy[512];
    char *argv[32] = {0}, *save;
    int argc = 0;
    snprintf(copy, sizeof copy, "%s", line);
    for (char *word = strtok_r(copy, " ", &save); word && argc < 31; word = strtok_r(NULL, " ", &save))
        argv[argc++] = word;
    femd_status rc = femd_arguments_read(argc, argv, a, err);
    if (rc == FEMD_OK && a->npetsc) assert_string_equal(a->petsc[0], "-ksp_view");
    a->petsc = NULL;
    return rc;
}

static void command_line_is_read_and_bad_ones_are_named(void **state) {
    (void)state;
    femd_arguments a;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(arguments(&a, &err,
                               "m --connect ipc:///s --set a.b=1 --set=c=2 --resume --dump-state 12 --quiet "
                               "cases/bar/case.json -- -ksp_view"),
                     FEMD_OK);
    assert_string_equal(a.connect, "ipc:///s");
    assert_string_equal(a.out, "cases/bar.out");
    assert_int_equal(a.nsets, 2);
    assert_string_equal(a.set[1], "c=2");
    assert_true(a.resume && a.quiet && a.dump && a.dump_id == 12 && a.npetsc == 1);
    femd_arguments_clear(&a);
    assert_int_equal(arguments(&a, &err, "m --out=x --connect y bar.json"), FEMD_OK);
    assert_string_equal(a.out, "x");
    femd_arguments_clear(&a);
    static const char *const bad[][2] = {{"m --connect x", "no case"},
                                         {"m bar", "--connect"},
                                         {"m --connect x a b", "two cases"},
                                         {"m --connect x a --dump-state -3", "--dump-state"},
                                         {"m --connect x a --dump-state 1x", "1x"},
                                         {"m --conect x a", "--conect"},
                                         {"m a --connect", "needs a value"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
        assert_int_equal(arguments(&a, &err, bad[i][0]), FEMD_BAD_INPUT);
        assert_non_null(strstr(err.text, bad[i][1]));
        femd_arguments_clear(&a);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(live_line_tells_how_the_run_stands),
        cmocka_unit_test(live_line_without_a_terminal_is_one_line_per_iteration),
        cmocka_unit_test(live_line_says_how_to_get_the_first_worker),
        cmocka_unit_test(live_line_fits_80_columns_and_ends_once),
        cmocka_unit_test(command_line_is_read_and_bad_ones_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
