/* Symmetric RVEs beyond their bifurcation: crystals without a vacancy, with one and with two keep an inversion under
 * any strain, and would stand on its ridge for ever. They go down, deterministically, and the path holds for them too.
 */
#include "engine_material.h"

#include "native_open.h"
#include "rve/native_lanczos.h"
#include "rve/slide.h"

#define CUBIC   ",\"repeat\":[3,3,3]"
#define SMALL   ",\"repeat\":[2,2,2]"
#define SLIP    ",\"orient\":[[1,-1,0],[1,1,-2],[1,1,1]],\"repeat\":"
#define ONE     ",\"vacancies\":{\"count\":1,\"seed\":7}"
#define TWO     ",\"vacancies\":{\"count\":2,\"seed\":7}"
#define ANSWERS (BASIC | FEMD_WANT_ENERGY)

/* Along a direction of strain to its end in so many equal increments; *out (may be NULL): the last state. Returns the
 * notes of all answers on the way. */
static uint32_t along(femd_material *m, const double end[6], int increments, femd_response *r, femd_buffer *out) {
    femd_buffer at = FEMD_BUFFER_INIT, next = FEMD_BUFFER_INIT;
    uint32_t notes = 0;
    for (int k = 1; k <= increments; k++) {
        double E[6];
        for (int c = 0; c < 6; c++) E[c] = end[c] * k / increments;
        evaluate(m, E, ANSWERS | (k == increments ? FEMD_WANT_STABILITY : 0), k > 1 ? &at : NULL, r, &next);
        notes |= r->notes;
        const femd_buffer swap = at;
        at = next, next = swap;
    }
    femd_buffer_clear(&next);
    if (out)
        *out = at;
    else
        femd_buffer_clear(&at);
    return notes;
}

#ifndef ALL /* crystals and directions; else those of the quick suite */
#define ALL 0
#endif

/* Shears of 0.15 and more in several directions; the answer is a minimum, and the same in one increment and in seven.
 */
static void symmetric_crystals_go_down(void **state) {
    (void)state;
    static const char *const of[] = {
        COPPER(SLIP "[2,1,1]", ""), COPPER(SLIP "[3,2,2]", ""),     COPPER(CUBIC, ""),
        COPPER(CUBIC ONE, ""),      COPPER(SLIP "[2,2,2]" ONE, ""), COPPER(SLIP "[2,2,2]" TWO, "")};
    static const double ends[3][6] = {{0, 0, 0, 0.3}, {0, 0, 0, 0, 0, 0.25}, {0, 0, 0, 0.14, 0.1, 0.06}};
    int bifurcated = 0, points = 0;
    for (size_t k = 0; k < sizeof of / sizeof *of; k++) {
        femd_material *m = open_material(of[k]);
        for (int d = 0; d < 3; d++) {
            if (!ALL && !(k == 0 || (k == 2 && d == 1) || (k == 4 && d == 2))) continue;
            femd_response one, more;
            const uint32_t notes = along(m, ends[d], 1, &one, NULL);
            (void)along(m, ends[d], 7, &more, NULL);
            print_message("crystal %zu, direction %d: %.9f GPa, in 7 increments %.1e off; stability %.3g N/m%s\n", k, d,
                          one.S[d ? 5 : 3] / GPA, largest_difference(6, one.S, more.S) / GPA, one.stability,
                          notes & FEMD_NOTE_BIFURCATED ? ", bifurcated" : "");
            points++;
            bifurcated += (notes & FEMD_NOTE_BIFURCATED) != 0;
            assert_true(one.stability > 0 && more.stability > 0);
            assert_true(largest_difference(6, one.S, more.S) < 1e-6 * GPA);
            assert_true(fabs(one.energy - more.energy) < 1e-8 * fabs(one.energy));
        }
        femd_material_close(&m);
    }
    assert_true(bifurcated >= points - 2);
}

/* Another instance, and one that has answered other points before, give the same bits. */
static void the_way_down_is_the_same_for_every_worker(void **state) {
    (void)state;
    femd_material *m = open_material(COPPER(SMALL ONE, "")), *cold = open_material(COPPER(SMALL ONE, ""));
    const double end[6] = {0, 0, 0, 0, 0, 0.25}, other[6] = {0.02, 0, 0, 0.21};
    femd_response r, again, from_cold;
    femd_buffer here = FEMD_BUFFER_INIT, there = FEMD_BUFFER_INIT;
    (void)along(m, end, 3, &r, &here);
    evaluate(cold, other, ANSWERS, NULL, &again, NULL);
    (void)along(cold, end, 3, &from_cold, &there);
    assert_int_equal(here.size, there.size);
    assert_memory_equal(here.data, there.data, here.size);
    r.work = from_cold.work = (femd_work){0};
    assert_memory_equal(&r, &from_cold, sizeof r);
    femd_buffer_clear(&here);
    femd_buffer_clear(&there);
    femd_material_close(&m);
    femd_material_close(&cold);
}

/* Small steps: the energy gained is the work of the stress, but where the crystal slips, and there it is lost. */
static void work_is_energy_where_the_path_is_continuous(void **state) {
    (void)state;
    enum { STEPS = 150 };
    femd_material *m = open_material(COPPER(SLIP "[2,1,1]", ""));
    femd_buffer at = FEMD_BUFFER_INIT, next = FEMD_BUFFER_INIT;
    femd_response r, before = {0};
    int slips = 0, bifurcations = 0;
    double worst = 0;
    for (int k = 1; k <= STEPS; k++) {
        const double d = 0.3 / STEPS, E[6] = {0, 0, 0, d * k};
        evaluate(m, E, ANSWERS, k > 1 ? &at : NULL, &r, &next);
        /* trapezium with the end correction of the slopes: of fourth order */
        const double work = 0.5 * d * (r.S[3] + before.S[3]) - (k > 1 ? d * d / 12 * (r.D[21] - before.D[21]) : 0);
        const double gained = r.energy - before.energy;
        const int continuous = fabs(r.S[3] - before.S[3]) < 0.4 * GPA && k > 1;
        if (continuous) worst = fmax(worst, fabs(gained - work));
        if (!continuous && k > 1) {
            slips++;
            assert_true(gained < 0); /* it went away as heat */
        }
        bifurcations += (r.notes & FEMD_NOTE_BIFURCATED) != 0;
        before = r;
        const femd_buffer swap = at;
        at = next, next = swap;
    }
    print_message("%d slips, %d bifurcations; elsewhere energy less work %.1e J/m^3 of %.1e\n", slips, bifurcations,
                  worst, r.energy);
    assert_true(bifurcations >= 1);
    assert_true(worst < 2e-5 * 0.3 / STEPS * 10 * GPA);
    femd_buffer_clear(&at);
    femd_buffer_clear(&next);
    femd_material_close(&m);
}

/* The mode: a unit vector of H of its eigenvalue, no translation, and of those it may be the fixed one. */
static void the_lowest_mode_is_a_mode(void **state) {
    (void)state;
    femd_native *n = native_open(COPPER(",\"repeat\":[2,2,2]" ONE, ""));
    femd_error err = FEMD_ERROR_INIT;
    const int n3 = 3 * n->rve.n;
    double lowest, best, *v = calloc(6 * (size_t)n3, sizeof *v), *work = v + 2 * n3, *Hv = v + n3, sum[3] = {0};
    assert_int_equal(femd_energetics_prepare(n->rve.en, n->rve.nb, n->path.place.h, n->path.x, NULL, NULL, &err),
                     FEMD_OK);
    assert_int_equal(femd_lanczos_mode(n->rve.en, &n->rve.gauge, NULL, work, &lowest, v, &err), FEMD_OK);
    femd_energetics_apply(n->rve.en, v, Hv);
    double norm = 0, residual = 0;
    for (int i = 0; i < n3; i++) {
        norm += v[i] * v[i];
        residual = fmax(residual, fabs(Hv[i] - lowest * v[i]));
        sum[i % 3] += v[i];
    }
    assert_int_equal(femd_lanczos_lowest(n->rve.en, &n->rve.gauge, 1e-9, 0, NULL, work, &best, &err), FEMD_OK);
    print_message("lowest mode: |v|^2 - 1 = %.1e, residual %.1e, eigenvalue %.1e off\n", norm - 1, residual,
                  lowest / best - 1);
    assert_true(fabs(norm - 1) < 1e-12 && residual < 1e-3 * lowest && fabs(lowest / best - 1) < 1e-5);
    assert_true(fabs(sum[0]) + fabs(sum[1]) + fabs(sum[2]) < 1e-10);
    /* From a minimum no way leads down. */
    femd_relax_result res;
    assert_int_equal(femd_slide(n->relaxer, &n->rve, &n->path.place, n->path.x, NULL, NULL, NULL, work, &res, &err),
                     FEMD_INSTABILITY);
    assert_non_null(strstr(err.text, "no way down"));
    free(v);
    femd_native_destroy(&n);
}

/* The search for a reference, which is to be what the structure says, does not slide. */
static void a_path_that_may_not_slide_says_so(void **state) {
    (void)state;
    femd_native *n = native_open(COPPER(SLIP "[2,1,1]", ""));
    femd_error err = FEMD_ERROR_INIT;
    const double E[6] = {0, 0, 0, 0.32};
    assert_int_equal(femd_path_advance(&n->path, E, NULL, &err), FEMD_INSTABILITY);
    assert_non_null(strstr(err.text, "not positive definite"));
    n->path.may_slide = 1;
    err = (femd_error)FEMD_ERROR_INIT;
    assert_int_equal(femd_path_advance(&n->path, E, NULL, &err), FEMD_OK);
    assert_string_equal(err.text, ""); /* nor are there words of what went well in the end */
    assert_true(n->path.slides >= 1 && n->path.jumps >= n->path.slides);
    femd_native_destroy(&n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(symmetric_crystals_go_down),
        cmocka_unit_test(the_way_down_is_the_same_for_every_worker),
        cmocka_unit_test(work_is_energy_where_the_path_is_continuous),
        cmocka_unit_test(the_lowest_mode_is_a_mode),
        cmocka_unit_test(a_path_that_may_not_slide_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
