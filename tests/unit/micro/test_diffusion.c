/* Diffusivities of atoms whose way is drawn: velocities that forget exponentially, whose D is known. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fluid/diffusion.h"
#include "numerics/random.h"

enum { ATOMS = 24, SAMPLES = 2048 };
static const double STEP = 0.25, MEMORY = 1.5; /* ps */

/* D of each species along the axes, angstrom^2/ps. */
static const double WANTED[2][3] = {{2, 1, 0.5}, {0.25, 0.25, 0.25}};

static double *positions, *velocities;

/* One step of dv = -v/tau dt + ..., with x by the exact joint law of (x, v): D = tau <v v>. */
static void step_atom(uint64_t key, uint64_t at, double D, double *x, double *v) {
    const double a = exp(-STEP / MEMORY), vv = D / MEMORY, mean = MEMORY * (1 - a), sv = vv * (1 - a * a),
                 sx = 2 * D * (STEP - 2 * mean + 0.5 * MEMORY * (1 - a * a)), sxv = D * (1 - a) * (1 - a);
    double z[2];
    femd_random_normals(key, at, z);
    *x += *v * mean + sxv / sqrt(sv) * z[0] + sqrt(sx - sxv * sxv / sv) * z[1];
    *v = *v * a + sqrt(sv) * z[0];
}

static void run_segment(femd_diffusion *d, uint64_t seed, const int *species) {
    femd_diffusion_begin(d);
    for (int i = 0; i < 3 * ATOMS; i++) {
        double z[2];
        femd_random_normals(femd_random_bits(seed, 1005, 1), (uint64_t)i, z);
        velocities[i] = sqrt(WANTED[species[i / 3]][i % 3] / MEMORY) * z[0];
        positions[i] = 7 * z[1];
    }
    for (int s = 0; s < SAMPLES; s++) {
        const uint64_t key = femd_random_bits(seed, 1006, (uint64_t)s);
        for (int i = 0; i < 3 * ATOMS; i++)
            step_atom(key, (uint64_t)i, WANTED[species[i / 3]][i % 3], &positions[i], &velocities[i]);
        femd_diffusion_take(d, s, positions, velocities);
    }
    femd_diffusion_end(d);
}

static void open_two(femd_diffusion *d, int *species) {
    femd_error err = FEMD_ERROR_INIT;
    for (int i = 0; i < ATOMS; i++) species[i] = i % 3 == 2; /* mixed */
    if (femd_diffusion_init(d, ATOMS, species, SAMPLES, STEP, &err) != FEMD_OK) fail_msg("%s", err.text);
    assert_int_equal(d->species, 2);
    assert_int_equal(d->first[1], 16);
    assert_int_equal(d->first[2], ATOMS);
    assert_int_equal(d->first[4], ATOMS);
}

/* Both ways give the tensor of each species, and 95 % intervals of six segments hold it as often as they say. */
static void ways_and_velocities_give_the_tensor(void **state) {
    (void)state;
    enum { SEGMENTS = 6, TRIALS = 12 };
    femd_diffusion d;
    int species[ATOMS], held[2] = {0, 0}, all = 0;
    double sum[2][2][6] = {{{0}}};
    open_two(&d, species);
    for (int trial = 0; trial < TRIALS; trial++) {
        femd_diffusion_empty(&d);
        for (int s = 0; s < SEGMENTS; s++) run_segment(&d, 100 * (uint64_t)trial + (uint64_t)s, species);
        assert_int_equal(d.segments, SEGMENTS);
        for (int k = 0; k < 2; k++) {
            femd_diffusion_result r;
            femd_diffusion_evaluate(&d, k, 6, &r);
            assert_true(r.late);
            assert_true(fabs(r.mean - (r.D[0] + r.D[1] + r.D[2]) / 3) < 1e-12);
            for (int c = 0; c < 6; c++) {
                const double want = c < 3 ? WANTED[k][c] : 0;
                sum[k][0][c] += r.D[c] / TRIALS;
                sum[k][1][c] += r.check[c] / TRIALS;
                held[0] += fabs(r.D[c] - want) < 1.96 * r.D_err[c];
                held[1] += fabs(r.check[c] - want) < 1.96 * r.check_err[c];
                all++;
            }
        }
    }
    for (int k = 0; k < 2; k++)
        for (int c = 0; c < 6; c++) {
            const double want = c < 3 ? WANTED[k][c] : 0, scale = WANTED[k][0];
            assert_true(fabs(sum[k][0][c] - want) < 0.05 * scale && fabs(sum[k][1][c] - want) < 0.05 * scale);
        }
    print_message("95 %% intervals hold: displacements %d, velocities %d of %d\n", held[0], held[1], all);
    assert_true(held[0] > 0.9 * all && held[0] <= 0.995 * all && held[1] > 0.88 * all);
    femd_diffusion_clear(&d);
}

/* The window is that after which a neighbour's distance is gone; atoms that never come there are told. */
static void windows_begin_when_a_neighbour_is_reached(void **state) {
    (void)state;
    femd_diffusion d;
    int species[ATOMS];
    femd_diffusion_result near, far;
    open_two(&d, species);
    for (int s = 0; s < 2; s++) run_segment(&d, 7 + (uint64_t)s, species);
    femd_diffusion_evaluate(&d, 0, 0.1, &near); /* from the first frames on: 2 ps are 1.3 memories, D is too low */
    femd_diffusion_evaluate(&d, 0, 100, &far);
    assert_true(near.late && !far.late && near.D_err[0] < far.D_err[0]);
    assert_true(d.window[0][0].square < d.window[0][8].square);
    /* 2 (D_xx + D_yy + D_zz) (t - tau) after a time t long after tau, of two segments */
    const double t = 20 * (SAMPLES / FEMD_DIFFUSION_FRAMES) * STEP, want = 2 * 2 * 3.5 * (t - MEMORY);
    assert_true(fabs(d.window[0][8].square / want - 1) < 0.3);
    femd_diffusion_clear(&d);
}

static void sums_are_carried(void **state) {
    (void)state;
    femd_diffusion a, b;
    int species[ATOMS];
    femd_buffer bytes = FEMD_BUFFER_INIT;
    femd_error err = FEMD_ERROR_INIT;
    femd_diffusion_result ra, rb;
    open_two(&a, species);
    open_two(&b, species);
    for (int s = 0; s < 2; s++) run_segment(&a, 70 + (uint64_t)s, species);
    femd_carry write = femd_carry_writer(&bytes, "the test");
    assert_int_equal(femd_diffusion_carry(&a, &write, &err), FEMD_OK);
    const femd_bytes in = {bytes.data, bytes.size};
    femd_carry read = femd_carry_reader(&in, "the test");
    b.segments = a.segments;
    assert_int_equal(femd_diffusion_carry(&b, &read, &err), FEMD_OK);
    assert_int_equal(femd_carry_end(&read, &err), FEMD_OK);
    for (int s = 0; s < 2; s++) run_segment(&a, 80 + (uint64_t)s, species), run_segment(&b, 80 + (uint64_t)s, species);
    for (int k = 0; k < 2; k++) {
        femd_diffusion_evaluate(&a, k, 4, &ra);
        femd_diffusion_evaluate(&b, k, 4, &rb);
        assert_memory_equal(ra.D, rb.D, sizeof ra.D);
        assert_memory_equal(ra.check_err, rb.check_err, sizeof ra.check_err);
    }
    femd_buffer_clear(&bytes);
    femd_diffusion_clear(&a);
    femd_diffusion_clear(&b);
}

static int open_room(void **state) {
    (void)state;
    positions = malloc(6 * ATOMS * sizeof *positions);
    velocities = positions + 3 * ATOMS;
    return !positions;
}

static int close_room(void **state) {
    (void)state;
    free(positions);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ways_and_velocities_give_the_tensor),
        cmocka_unit_test(windows_begin_when_a_neighbour_is_reached),
        cmocka_unit_test(sums_are_carried),
    };
    return cmocka_run_group_tests(tests, open_room, close_room);
}
