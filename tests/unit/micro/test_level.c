/* Numerics levels: every level of this processor gives the same physics, each gives the same bits every time, and the
 * BLAS is told before it loads. */
#include <math.h>
#include <sys/wait.h>
#include <unistd.h>

#include "atoms_fixture.h"
#include "micro.h"

static const char *const names[] = {"baseline", "x86-64-v2", "x86-64-v3", "x86-64-v4"};

static const char *const systems[] = {
    "{\"structure\": {\"lattice\": \"fcc\", \"a\": 3.6e-10, \"species\": [\"Cu\"], \"repeat\": [2,2,3]}, "
    "\"potential\": {\"style\": \"eam/alloy\", \"file\": \"Cu_mishin1.eam.alloy\"}}",
    "{\"structure\": {\"lattice\": \"b2\", \"a\": 2.9e-10, \"species\": [\"Al\", \"Ni\"], \"repeat\": [3,2,4]}, "
    "\"potential\": {\"style\": \"eam/fs\", \"file\": \"NiAlH_jea.eam.fs\"}}",
    "{\"structure\": {\"lattice\": \"fcc\", \"a\": 5.3e-10, \"species\": [\"Ar\"], \"repeat\": [2,2,3]}, "
    "\"potential\": {\"style\": \"lj\", \"epsilon\": \"0.0104 eV\","
    " \"sigma\": \"3.4 angstrom\", \"cutoff\": \"8 angstrom\"}}",
    "{\"structure\": {\"lattice\": \"fcc\", \"a\": 5.3e-10, \"species\": [\"Ar\"], \"repeat\": [2,2,3]}, "
    "\"potential\": {\"style\": \"lj/cut\", \"epsilon\": \"0.0104 eV\","
    " \"sigma\": \"3.4 angstrom\", \"cutoff\": \"8 angstrom\"}}",
    "{\"structure\": {\"lattice\": \"diamond\", \"a\": 5.4e-10, \"species\": [\"Si\"], \"repeat\": [1,2,3]}, "
    "\"potential\": {\"style\": \"sw\", \"file\": \"Si.sw\"}}",
    "{\"structure\": {\"lattice\": \"diamond\", \"a\": 4.5e-10, \"species\": [\"Ga\", \"N\"], \"repeat\": [1,2,3]}, "
    "\"potential\": {\"style\": \"sw\", \"file\": \"GaN.sw\"}}",
};

enum { N = 3 * 48 };

typedef struct answers {
    double W, f[N], tau[6], H[N * N], L[6 * N], B[36], alone[36], J[3];
} answers;

static void run(const char *json, answers *r) {
    femd_error err = FEMD_ERROR_INIT;
    double v[N], mass[N];
    atoms a;
    atoms_open(&a, json, 0.4);
    assert_int_equal(3 * a.s.natoms, N);
    atoms_shake(&a, 0.2, 1);
    for (int c = 0; c < N; c++) {
        v[c] = sin(1.0 + 3.7 * c);
        mass[c] = 30.0;
    }
    assert_int_equal(femd_energetics_forces(a.e, a.nb, a.s.cell, a.s.x, &r->W, r->f, r->tau, &err), FEMD_OK);
    assert_int_equal(femd_energetics_hessian(a.e, a.nb, a.s.cell, a.s.x, r->H, r->L, r->B, &err), FEMD_OK);
    assert_int_equal(femd_energetics_hessian(a.e, a.nb, a.s.cell, a.s.x, NULL, NULL, r->alone, &err), FEMD_OK);
    assert_int_equal(femd_energetics_heat_flux(a.e, a.nb, a.s.cell, a.s.x, v, mass, r->J, &err), FEMD_OK);
    atoms_close(&a);
}

static void alike(const double *a, const double *b, size_t n, const char *what, const char *level) {
    double scale = fmax(1.0, largest(a, n));
    for (size_t k = 0; k < n; k++)
        if (!(fabs(a[k] - b[k]) <= 1e-12 * scale))
            fail_msg("%s, %s: entry %zu is %.17g, at the lowest level %.17g", level, what, k, b[k], a[k]);
}

static void levels_agree_and_repeat_their_bits(void **state) {
    static answers first, one, two;
    (void)state;
    for (size_t s = 0; s < sizeof systems / sizeof *systems; s++) {
        int tried = 0;
        for (int k = 0; k < 4; k++) {
            femd_error err = FEMD_ERROR_INIT;
            femd_status rc = femd_level_set(names[k], &err);
            if (rc != FEMD_OK) { /* not on this processor, and it says so */
                assert_int_equal(rc == FEMD_UNSUPPORTED || rc == FEMD_BAD_INPUT, 1);
                continue;
            }
            assert_string_equal(femd_level_name(), names[k]);
            run(systems[s], &one);
            run(systems[s], &two);
            assert_memory_equal(&one, &two, sizeof one);
            if (!tried++) first = one;
            alike(&first.W, &one.W, 1, "energy", names[k]);
            alike(first.f, one.f, N, "forces", names[k]);
            alike(first.tau, one.tau, 6, "tau", names[k]);
            alike(first.H, one.H, N * N, "H", names[k]);
            alike(first.L, one.L, 6 * N, "L", names[k]);
            alike(first.B, one.B, 36, "B", names[k]);
            alike(first.alone, one.alone, 36, "B alone", names[k]);
            alike(first.J, one.J, 3, "heat flux", names[k]);
        }
        assert_true(tried >= 1);
    }
}

static void an_unknown_level_is_refused_and_changes_nothing(void **state) {
    femd_error err = FEMD_ERROR_INIT;
    const char *before = femd_level_name();
    (void)state;
    assert_int_equal(femd_level_set("avx9000", &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "x86-64-v3"));
    assert_string_equal(femd_level_name(), before);
}

static void the_fingerprint_knows_the_level(void **state) {
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
static int started_with(const char *entry) {
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
static void the_program_starts_anew_with_the_blas_fixed(void **state) {
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

int main(int argc, char **argv) {
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
