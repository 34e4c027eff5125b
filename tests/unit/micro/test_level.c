/* Numerics levels: every level of this processor gives the same physics, each gives the same bits every time, and the BLAS is told
 * before it loads. */
#include <math.h>
#include <sys/wait.h>
#include <unistd.h>

#include "atoms_fixture.h"
#include "micro.h"

static const char *const names[] = {"baseline", "x86-64-v2", "x86-64-v3", "x86-64-v4"};

#define SYSTEM "{\"structure\": {\"lattice\": \"fcc\", \"a\": 3.6e-10, \"species\": [\"Cu\"], \"repeat\": [2,2,3]}, \"potential\": {\"style\": \"eam/alloy\", \"file\": \"Cu_mishin1.eam.alloy\"}}"

static void run(double *W, double *f, double tau[6], double *H)
{
    femd_error err = FEMD_ERROR_INIT;
    atoms a;
    atoms_open(&a, SYSTEM, 0.4);
    atoms_shake(&a, 0.2, 1);
    assert_int_equal(femd_energetics_forces(a.e, a.nb, a.s.cell, a.s.x, W, f, tau, &err), FEMD_OK);
    assert_int_equal(femd_energetics_hessian(a.e, a.nb, a.s.cell, a.s.x, H, NULL, NULL, &err), FEMD_OK);
    atoms_close(&a);
}

static void levels_agree_and_repeat_their_bits(void **state)
{
    enum { N = 3 * 48 };
    static double f0[N], f1[N], f2[N], H0[N * N], H1[N * N], H2[N * N];
    double W0 = 0.0, W1, W2, tau0[6], tau1[6], tau2[6];
    int tried = 0;
    (void)state;
    for (int k = 0; k < 4; k++) {
        femd_error err = FEMD_ERROR_INIT;
        femd_status rc = femd_level_set(names[k], &err);
        if (rc != FEMD_OK) { /* not on this processor, and it says so */
            assert_int_equal(rc == FEMD_UNSUPPORTED || rc == FEMD_BAD_INPUT, 1);
            continue;
        }
        assert_string_equal(femd_level_name(), names[k]);
        run(&W1, f1, tau1, H1);
        run(&W2, f2, tau2, H2);
        assert_true(W1 == W2);
        assert_memory_equal(f1, f2, sizeof f1);
        assert_memory_equal(H1, H2, sizeof H1);
        if (!tried++) {
            W0 = W1;
            memcpy(f0, f1, sizeof f0);
            memcpy(H0, H1, sizeof H0);
            memcpy(tau0, tau1, sizeof tau0);
        }
        assert_true(fabs(W1 - W0) < 1e-11);
        for (int c = 0; c < N; c++) assert_true(fabs(f1[c] - f0[c]) < 1e-12);
        for (int c = 0; c < 6; c++) assert_true(fabs(tau1[c] - tau0[c]) < 1e-11);
        for (int c = 0; c < N * N; c++) assert_true(fabs(H1[c] - H0[c]) < 1e-11);
    }
    assert_true(tried >= 1);
}

static void an_unknown_level_is_refused_and_changes_nothing(void **state)
{
    femd_error err = FEMD_ERROR_INIT;
    const char *before = femd_level_name();
    (void)state;
    assert_int_equal(femd_level_set("avx9000", &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "x86-64-v3"));
    assert_string_equal(femd_level_name(), before);
}

static void the_fingerprint_knows_the_level(void **state)
{
    femd_error err = FEMD_ERROR_INIT;
    uint64_t seen[4] = {0};
    int n = 0;
    (void)state;
    for (int k = 0; k < 4; k++) {
        if (femd_level_set(names[k], &err) != FEMD_OK) continue;
        seen[n] = femd_fingerprint();
        assert_true(seen[n] == femd_fingerprint());
        for (int m = 0; m < n; m++) assert_true(seen[m] != seen[n]);
        n++;
    }
}

/* Whether the environment that this program was started with, and not what it set since, has the entry. */
static int started_with(const char *entry)
{
    char text[65536];
    FILE *f = fopen("/proc/self/environ", "rb");
    size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
    if (f) fclose(f);
    text[n] = 0;
    for (char *p = text; p < text + n; p += strlen(p) + 1)
        if (strcmp(p, entry) == 0) return 1;
    return 0;
}

/* The child runs this program again with an argument; after femd_level_reexec its environment must be fixed. */
static void the_program_starts_anew_with_the_blas_fixed(void **state)
{
    int status = -1;
    pid_t child = fork();
    (void)state;
    assert_true(child >= 0);
    if (child == 0) {
        unsetenv("OPENBLAS_CORETYPE");
        setenv("OPENBLAS_NUM_THREADS", "7", 1);
        execl("/proc/self/exe", "test_level", "reexec", (char *)NULL);
        _exit(99);
    }
    assert_true(waitpid(child, &status, 0) == child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_agree_and_repeat_their_bits),
        cmocka_unit_test(an_unknown_level_is_refused_and_changes_nothing),
        cmocka_unit_test(the_fingerprint_knows_the_level),
        cmocka_unit_test(the_program_starts_anew_with_the_blas_fixed),
    };
    if (argc == 2 && strcmp(argv[1], "reexec") == 0) {
        femd_level_reexec("baseline", argv);
        return !started_with("OPENBLAS_NUM_THREADS=1") || getenv("FEMD_REEXECUTED");
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
