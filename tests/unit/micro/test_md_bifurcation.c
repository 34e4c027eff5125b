/* `md` beyond a bifurcation of statics: a perfect crystal and one with a vacancy, sheared so far that their symmetric
 * equilibrium is a ridge. What statics opened, and what begins there from the virgin state, is sampled. */
#include "engine_material.h"

#define SLIP ",\"orient\":[[1,-1,0],[1,1,-2],[1,1,1]],\"repeat\":[2,1,1]"
#define ONE  ",\"repeat\":[2,2,2],\"vacancies\":{\"count\":1,\"seed\":7}"
#define SAMPLED                                                                                                        \
    ",\"method\":{\"stress\":\"md\",\"tangent\":\"md\",\"energy\":\"statics\"},\"md\":{\"replicas\":4,"                \
    "\"equilibration\":\"0.2 ps\",\"block\":\"0.2 ps\"}"

enum { COLD = 2, WARM = 300 }; /* K: what is sampled is near to what stands still; or only has to be found */

static void ask(femd_material *m, double T, uint32_t wants, const double E[6], const femd_buffer *from,
                femd_response *r, femd_buffer *to) {
    femd_error err = FEMD_ERROR_INIT;
    femd_request q = {.wants = wants, .temperature = T, .accuracy = 1, .seed = 3};
    memcpy(q.value, E, sizeof q.value);
    if (try_request(m, &q, from, r, to, &err) != FEMD_OK) fail_msg("%s", err.text);
}

/* At the strain `end`: from the virgin state, and from what a static answer left at nine tenths of it. */
static void beyond(const char *structure_statics, const char *structure_md, const double end[6]) {
    femd_material *still = open_material(structure_statics), *moving = open_material(structure_md);
    const int c = fabs(end[3]) > 0 ? 3 : 5;
    double before[6];
    femd_response at_rest, r;
    femd_buffer opened = FEMD_BUFFER_INIT;
    for (int i = 0; i < 6; i++) before[i] = 0.9 * end[i];
    evaluate(still, end, BASIC, NULL, &at_rest, NULL);
    assert_true(at_rest.notes & FEMD_NOTE_BIFURCATED);
    ask(moving, COLD, FEMD_WANT_STRESS, end, NULL, &r, NULL);
    print_message("S%d%d %.3f GPa at rest; md from the virgin state %.3f(%.3f)", c == 3 ? 2 : 1, c == 3 ? 3 : 2,
                  at_rest.S[c] / GPA, r.S[c] / GPA, r.S_err[c] / GPA);
    assert_true(fabs(r.S[c] - at_rest.S[c]) < 0.1 * GPA + 4 * r.S_err[c] && r.S_err[c] > 0);
    ask(moving, COLD, FEMD_WANT_ENERGY, before, NULL, &r, &opened);
    assert_true(r.sampled == 0 && r.notes & FEMD_NOTE_BIFURCATED);
    ask(moving, COLD, FEMD_WANT_STRESS, before, &opened, &r, NULL);
    assert_true(r.sampled && r.S_err[c] > 0);
    ask(moving, COLD, FEMD_WANT_STRESS, end, &opened, &r, NULL);
    print_message(", from what statics opened %.3f(%.3f)\n", r.S[c] / GPA, r.S_err[c] / GPA);
    assert_true(fabs(r.S[c] - at_rest.S[c]) < 0.1 * GPA + 4 * r.S_err[c]);
    ask(moving, WARM, FEMD_WANT_STRESS, end, &opened, &r, NULL);
    assert_true(r.sampled && r.S_err[c] > 0);
    femd_buffer_clear(&opened);
    femd_material_close(&still);
    femd_material_close(&moving);
}

static void a_perfect_crystal_is_sampled_beyond_its_bifurcation(void **state) {
    (void)state;
    beyond(COPPER(SLIP, ""), COPPER(SLIP, SAMPLED), (double[6]){0, 0, 0, 0.3});
}

static void so_is_one_with_a_vacancy(void **state) {
    (void)state;
    beyond(COPPER(ONE, ""), COPPER(ONE, SAMPLED), (double[6]){0, 0, 0, 0, 0, 0.25});
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_perfect_crystal_is_sampled_beyond_its_bifurcation),
        cmocka_unit_test(so_is_one_with_a_vacancy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
