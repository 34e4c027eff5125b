/* The method htst: vacancies whose state is not that of its sites, and how far an answer says it is. */
#include "engine_material.h"
#include "femd/evaluate.h"
#include "femd/units.h"
#include "rates_fixture.h"

#define HTST                                                                                                           \
    ",\"reference\":\"as-given\",\"method\":{\"stress\":\"statics\",\"barrier\":\"htst\",\"rate-strain\":\"htst\","    \
    "\"diffusivity\":\"htst\"},\"hop\":{\"direction\":[1,1,0]}"
#define SILICON(defects)                                                                                               \
    "{\"engine\":\"native\",\"reference\":\"as-given\",\"structure\":{\"lattice\":\"diamond\",\"a\":\"5.43095 "        \
    "angstrom\",\"species\":[\"Si\"],\"masses\":[\"28.0855 u\"],\"repeat\":[2,2,2]" defects                            \
    "},\"potential\":{\"style\":\"sw\",\"file\":\"Si.sw\"},\"method\":{\"stress\":\"statics\",\"barrier\":\"htst\"},"  \
    "\"hop\":{\"direction\":[1,1,1]}}"

#define TUNGSTEN(method)                                                                                               \
    "{\"engine\":\"native\",\"reference\":\"as-given\",\"structure\":{\"lattice\":\"bcc\",\"a\":\"3.165 angstrom\","   \
    "\"species\":[\"W\"],\"repeat\":[3,3,3],\"vacancies\":{\"positions\":[[0,0,0]]}},\"potential\":{\"style\":\"eam/"  \
    "alloy\","                                                                                                         \
    "\"file\":\"W_zhou.eam.alloy\"},\"method\":{" method "},\"hop\":{\"direction\":[1,1,1]}}"

/* Four atoms around a vacancy in silicon rest at their sites and have 1.5 eV less where they have found each other,
 * from where no single atom jumps in: a barrier of 0.14 eV was found between the sites. */
static void a_vacancy_that_is_lower_elsewhere_has_no_hop(void **state) {
    (void)state;
    femd_material *m = NULL;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(try_open(SILICON(",\"vacancies\":{\"positions\":[[0,0,0]]}"), &m, &err), FEMD_UNSUPPORTED);
    assert_non_null(strstr(err.text, "the vacancy has 1.5 eV less where its neighbours have moved in"));
}

typedef struct progress {
    int beats;
    double last, widest; /* fraction; the largest step of it */
} progress;

static int progress_on_beat(void *user, double fraction) {
    progress *p = user;
    assert_true(fraction >= p->last && fraction <= 1);
    p->widest = fmax(p->widest, fraction - p->last);
    p->last = fraction;
    p->beats++;
    return 0;
}

/* Whoever stops an answer, or says what a run will cost, knows how far it is: it never goes back, and never in large
 * steps. */
static void an_answer_says_how_far_it_is(void **state) {
    (void)state;
    femd_material *m = open_material(COPPER(",\"repeat\":[2,2,2],\"vacancies\":{\"positions\":[[0,0,0]]}", HTST));
    const uint32_t wants[] = {FEMD_WANT_BARRIER, FEMD_WANT_DIFFUSIVITY, FEMD_WANT_RATE_STRAIN,
                              FEMD_WANT_BARRIER | FEMD_WANT_RATE_STRAIN | FEMD_WANT_DIFFUSIVITY};
    const double widest[] = {0.5, 0.1, 0.1, 0.1};
    for (size_t k = 0; k < sizeof wants / sizeof *wants; k++) {
        progress p = {0};
        const femd_beat beat = {&p, progress_on_beat};
        const femd_request q = {.wants = wants[k], .temperature = 900, .value = {0.003, -0.002, 0.001}};
        const femd_bytes virgin = {NULL, 0};
        femd_buffer out = FEMD_BUFFER_INIT;
        femd_response r;
        femd_error err = FEMD_ERROR_INIT;
        if (femd_material_evaluate(m, &q, &virgin, &beat, &r, &out, &err) != FEMD_OK) fail_msg("%s", err.text);
        femd_buffer_clear(&out);
        print_message("%d beats, the last at %.3f, steps to %.3f\n", p.beats, p.last, p.widest);
        assert_true(p.widest < widest[k] && p.last > 1 - widest[k]);
    }
    femd_material_close(&m);
}

/* In tungsten the middle of the way is a minimum, and from there half of the hops go back: the rate is half of that
 * over one of the two humps, which mirror each other. */
static void over_two_humps_goes_half(void **state) {
    (void)state;
    const double along[3] = {1, 1, 1}, rest[6] = {0}, T = 2000;
    hop h;
    hop_open(&h, TUNGSTEN("\"stress\":\"statics\""), along);
    hop_find(&h, rest);
    const double barrier = FEMD_ELEMENTARY_CHARGE * (h.saddle.W - h.minimum.W),
                 one = hop_frequency(&h) * exp(-barrier / (FEMD_BOLTZMANN * T));
    assert_int_equal(h.way.humps, 2);
    hop_close(&h);
    femd_material *m = open_material(TUNGSTEN("\"stress\":\"statics\",\"rate\":\"htst\",\"barrier\":\"htst\""));
    const femd_request q = {.wants = FEMD_WANT_RATE | FEMD_WANT_BARRIER, .temperature = T};
    femd_response r;
    request(m, &q, NULL, &r, NULL);
    femd_material_close(&m);
    print_message("barrier %.4f eV, rate over %.6f of that over one hump\n", barrier / FEMD_ELEMENTARY_CHARGE,
                  r.rate / one);
    assert_true(r.notes & FEMD_NOTE_TWO_HUMPS && fabs(r.barrier / barrier - 1) < 1e-6);
    assert_true(fabs(r.rate / one - 0.5) < 1e-4);
    assert_true(fabs(r.attempt_frequency * exp(-barrier / (FEMD_BOLTZMANN * T)) / r.rate - 1) < 1e-6);
}

/* Nothing is noted of a barrier, nor of a rate in the cell that heat has made; without that, or with too low a barrier,
 * that and nothing else. */
static void what_is_noted_is_what_there_is(void **state) {
    (void)state;
    const double stretch = 3.68737 / 3.614925, e = 0.5 * (stretch * stretch - 1);
    const struct {
        double e, T;
        uint32_t wants, notes;
    } of[] = {{0, 0, FEMD_WANT_BARRIER, 0},
              {e, 1100, FEMD_WANT_BARRIER | FEMD_WANT_DIFFUSIVITY, 0},
              {-e, 600, FEMD_WANT_DIFFUSIVITY, FEMD_NOTE_NOT_EXPANDED},
              {e, 2000, FEMD_WANT_DIFFUSIVITY, FEMD_NOTE_LOW_BARRIER}};
    femd_material *m = open_material(COPPER(",\"repeat\":[2,2,2],\"vacancies\":{\"positions\":[[0,0,0]]}", HTST));
    for (size_t k = 0; k < sizeof of / sizeof *of; k++) {
        const femd_request q = {.wants = of[k].wants, .temperature = of[k].T, .value = {of[k].e, of[k].e, of[k].e}};
        femd_response r;
        request(m, &q, NULL, &r, NULL);
        if (r.notes != of[k].notes) fail_msg("%zu: notes %x instead of %x", k, r.notes, of[k].notes);
    }
    femd_material_close(&m);
}

/* Stopped half way, and the same instance answers afterwards. */
static int stop_half_way(void *user, double fraction) {
    (void)user;
    return fraction > 0.5 ? FEMD_DEADLINE : 0;
}

static void an_answer_can_be_stopped_on_its_way(void **state) {
    (void)state;
    femd_material *m = open_material(COPPER(",\"repeat\":[2,2,2],\"vacancies\":{\"positions\":[[0,0,0]]}", HTST));
    const femd_request q = {.wants = FEMD_WANT_DIFFUSIVITY, .temperature = 900};
    const femd_bytes virgin = {NULL, 0};
    const femd_beat beat = {NULL, stop_half_way};
    femd_buffer out = FEMD_BUFFER_INIT;
    femd_response r, whole, again;
    femd_error err = FEMD_ERROR_INIT;
    request(m, &q, NULL, &whole, NULL);
    assert_int_equal(femd_material_evaluate(m, &q, &virgin, &beat, &r, &out, &err), FEMD_DEADLINE);
    femd_buffer_clear(&out);
    request(m, &q, NULL, &again, NULL);
    assert_memory_equal(whole.diffusivity, again.diffusivity, sizeof whole.diffusivity);
    femd_material_close(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_vacancy_that_is_lower_elsewhere_has_no_hop),
        cmocka_unit_test(an_answer_says_how_far_it_is),
        cmocka_unit_test(over_two_humps_goes_half),
        cmocka_unit_test(what_is_noted_is_what_there_is),
        cmocka_unit_test(an_answer_can_be_stopped_on_its_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
