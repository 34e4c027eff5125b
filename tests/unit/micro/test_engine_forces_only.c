/* A whole RVE on a potential that gives forces only: the same equilibria, stresses and tangents as with its own second
 * derivatives, and words where it lacks what a method needs. */
#include "engine_material.h"

#include "conductivity/green_kubo.h"
#include "conductivity/nemd.h"
#include "forces/energetics_form.h"
#include "made_up_forms.h"
#include "native_open.h"
#include "rve/hill_mandel.h"

#define ARGON(repeat, vacancy)                                                                                         \
    "{\"engine\":\"native\",\"structure\":{\"lattice\":\"fcc\",\"a\":\"5.3 angstrom\",\"species\":[\"Ar\"],"           \
    "\"masses\":[\"39.948 u\"],\"repeat\":" repeat ",\"vacancies\":{\"count\":" vacancy ",\"seed\":7}},"               \
    "\"potential\":{\"style\":\"lj\",\"epsilon\":\"0.0104 eV\",\"sigma\":\"3.4 angstrom\",\"cutoff\":\"8 angstrom\","  \
    "\"smooth\":\"3 angstrom\"}}"

static const double STRAIN[6] = {0.012, -0.004, 0.003, 0.01, -0.006, 0.008};

typedef struct answer {
    double S[6], D[36], stability, residual;
} answer;

static void answer_of(femd_native *n, answer *a) {
    femd_error err = FEMD_ERROR_INIT;
    femd_path *path = &n->path;
    const size_t n3 = 3 * (size_t)n->rve.n;
    double *work = malloc(12 * n3 * sizeof *work);
    if (femd_path_advance(path, STRAIN, NULL, &err) != FEMD_OK) fail_msg("%s", err.text);
    femd_place_stress(&n->rve, &path->place, path->last.tau, a->S);
    assert_int_equal(femd_condense_tangent(n->relaxer, &n->rve, &path->place, NULL, work, a->D, NULL, NULL, &err),
                     FEMD_OK);
    assert_int_equal(femd_hill_mandel(&n->rve, &path->place, path->x, a->S, NULL, &a->residual, &err), FEMD_OK);
    assert_int_equal(femd_condense_stability(&n->rve, &path->place, path->x, NULL, &a->stability, &err), FEMD_OK);
    free(work);
}

/* Let another form compute the energies of n, and start from its equilibrium. */
static void put_form(femd_native *n, const femd_energetics_form *form) {
    femd_error err = FEMD_ERROR_INIT;
    femd_energetics_destroy(&n->rve.en);
    if (femd_energetics_create_as(form, n->potential, n->rve.n, n->structure.species, &n->rve.en, &err) != FEMD_OK)
        fail_msg("%s", err.text);
}

static double difference(const double *a, const double *b, int n) {
    double most = 0, worst = 0;
    for (int c = 0; c < n; c++) {
        most = fmax(most, fabs(b[c]));
        worst = fmax(worst, fabs(a[c] - b[c]));
    }
    return worst / most;
}

/* Dense matrices for few atoms, conjugate gradients for many. */
static void an_rve_needs_no_second_derivatives(void **state) {
    static const char *const materials[] = {ARGON("[2,2,2]", "1"), ARGON("[5,5,5]", "3")};
    femd_energetics_form hidden = femd_energetics_lj;
    (void)state;
    hidden.name = "hidden";
    hidden.prepare = NULL;
    hidden.apply = NULL;
    hidden.fill = NULL;
    hidden.onsite = NULL;
    for (size_t k = 0; k < sizeof materials / sizeof *materials; k++) {
        femd_error err = FEMD_ERROR_INIT;
        femd_native *n = native_open(materials[k]);
        answer exact, rough;
        answer_of(n, &exact);
        femd_native_destroy(&n);
        n = native_open(materials[k]);
        put_form(n, &hidden);
        if (femd_native_renew(n, &err) != FEMD_OK) fail_msg("%s", err.text);
        answer_of(n, &rough);
        print_message("%d atoms: S %.1e, D %.1e, stability %.1e, residual %.1e (exact second derivatives: %.1e)\n",
                      n->rve.n, difference(rough.S, exact.S, 6), difference(rough.D, exact.D, 36),
                      difference(&rough.stability, &exact.stability, 1), rough.residual, exact.residual);
        assert_true(difference(rough.S, exact.S, 6) <= 1e-9);
        assert_true(difference(rough.D, exact.D, 36) <= 1e-8);
        assert_true(difference(&rough.stability, &exact.stability, 1) <= 1e-8);
        assert_true(rough.residual <= 1e-9);
        femd_native_destroy(&n);
    }
}

static void methods_that_need_more_say_so_when_they_are_opened(void **state) {
    static const femd_method *const methods[] = {&femd_method_green_kubo, &femd_method_nemd};
    femd_error err = FEMD_ERROR_INIT;
    femd_json doc = FEMD_JSON_INIT;
    const char *json = ARGON("[2,2,2]", "1");
    (void)state;
    assert_int_equal(femd_json_parse(json, strlen(json), "test", &doc, &err), FEMD_OK);
    femd_native *n = native_open(json);
    put_form(n, &made_up_outside);
    for (size_t k = 0; k < sizeof methods / sizeof *methods; k++) {
        void *self = NULL;
        assert_int_equal(methods[k]->create(n, &doc, &self, &err), FEMD_UNSUPPORTED);
        assert_non_null(strstr(err.text, "heat flux"));
        assert_null(self);
    }
    femd_native_destroy(&n);
    femd_json_clear(&doc);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_rve_needs_no_second_derivatives),
        cmocka_unit_test(methods_that_need_more_say_so_when_they_are_opened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
