/* An RVE with two minima: a sheared crystal with three vacancies that slips at 10 % and slips back at 4 %. */
#include "engine_material.h"

#define SLIPPING                                                                                                       \
    "{\"engine\":\"native\",\"structure\":{\"lattice\":\"fcc\",\"a\":\"3.615 angstrom\",\"species\":[\"Cu\"],"         \
    "\"orient\":[[1,-1,0],[1,1,-2],[1,1,1]],\"repeat\":[3,2,2],\"vacancies\":{\"count\":3,\"seed\":7}},"               \
    "\"potential\":{\"style\":\"eam/alloy\",\"file\":\"Cu_mishin1.eam.alloy\"}}"

/* Evaluate at shear g from *at (emptied at first) and put the new state there. */
static void shear(femd_material *m, double g, const femd_buffer *from, femd_buffer *to, femd_response *r) {
    const double E[6] = {0, 0, 0, g};
    evaluate(m, E, BASIC | FEMD_WANT_ENERGY, from, r, to);
}

static void unloading_from_beyond_the_jump_differs_from_virgin(void **state) {
    (void)state;
    femd_material *m = open_material(SLIPPING), *cold;
    femd_buffer before = FEMD_BUFFER_INIT, slipped = FEMD_BUFFER_INIT, unloaded = FEMD_BUFFER_INIT,
                again = FEMD_BUFFER_INIT, cold_out = FEMD_BUFFER_INIT;
    femd_response virgin, r, back, repeat, from_cold;
    shear(m, 0.06, NULL, &before, &virgin);
    shear(m, 0.12, &before, &slipped, &r);
    assert_true(r.S[3] < 1 * GPA); /* 3.9 GPa had it not slipped */
    shear(m, 0.07, &slipped, &unloaded, &back);
    shear(m, 0.06, &unloaded, &again, &back);
    print_message("shear stress at 6 %%: virgin %.3f GPa, after slip %.3f GPa\n", virgin.S[3] / GPA, back.S[3] / GPA);
    assert_true(back.S[3] < -1 * GPA && virgin.S[3] > 1 * GPA);

    /* The step beyond the jump was not accepted: the old state still leads along the old branch, with the same bits. */
    femd_response aborted;
    shear(m, 0.06, NULL, &again, &aborted);
    virgin.work = aborted.work = (femd_work){0};
    assert_memory_equal(&virgin, &aborted, sizeof virgin);
    shear(m, 0.08, &before, &again, &repeat);
    assert_true(repeat.S[3] > 2 * GPA);

    /* A worker that starts now continues the slipped branch with the same bits. */
    cold = open_material(SLIPPING);
    shear(cold, 0.06, &unloaded, &cold_out, &from_cold);
    shear(m, 0.06, &unloaded, &again, &back);
    back.work = from_cold.work = (femd_work){0};
    assert_memory_equal(&back, &from_cold, sizeof back);
    assert_int_equal(again.size, cold_out.size);
    assert_memory_equal(again.data, cold_out.data, again.size);

    /* Far enough back it slips home. */
    shear(m, 0.03, &unloaded, &again, &r);
    shear(m, 0.03, &before, &cold_out, &repeat);
    assert_true(fabs(r.S[3] - repeat.S[3]) < 1e-8 * GPA);
    femd_buffer *all[] = {&before, &slipped, &unloaded, &again, &cold_out};
    for (int k = 0; k < 5; k++) femd_buffer_clear(all[k]);
    femd_material_close(&m);
    femd_material_close(&cold);
}

/* Six vacancies under 10 % compression: several slips on the way, each with basins to choose from. */
static void compress(femd_material *m, int increments, femd_response *r) {
    femd_buffer at = FEMD_BUFFER_INIT, next = FEMD_BUFFER_INIT;
    for (int k = 1; k <= increments; k++) {
        const double E[6] = {-0.1 * k / increments};
        evaluate(m, E, BASIC | FEMD_WANT_ENERGY, k > 1 ? &at : NULL, r, &next);
        const femd_buffer swap = at;
        at = next, next = swap;
    }
    femd_buffer_clear(&at);
    femd_buffer_clear(&next);
}

static void basin_does_not_depend_on_the_increment(void **state) {
    (void)state;
    femd_material *m = open_material(COPPER(",\"repeat\":[3,3,3],\"vacancies\":{\"count\":6,\"seed\":5}", ""));
    femd_response one, many;
    compress(m, 1, &one);
    compress(m, 20, &many);
    print_message("after several slips, in 1 increment and in 20: %.9f and %.9f GPa\n", one.S[0] / GPA,
                  many.S[0] / GPA);
    assert_true(fabs(one.S[0] - many.S[0]) < 1e-8 * GPA);
    assert_true(fabs(one.energy - many.energy) < 1e-8 * fabs(one.energy));
    femd_material_close(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unloading_from_beyond_the_jump_differs_from_virgin),
        cmocka_unit_test(basin_does_not_depend_on_the_increment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
