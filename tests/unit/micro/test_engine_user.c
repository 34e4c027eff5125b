/* An engine from a user's shared object. */
#include "engine_material.h"

#include <unistd.h>

#include "engine/state.h"

static void shared_object_answers(void **state) {
    (void)state;
    femd_material *m = open_material("{\"engine\":\"user\",\"name\":\"test\",\"parameters\":{\"modulus\":7e9}}");
    const double E[6] = {0.001, 0, 0.002};
    femd_buffer one = FEMD_BUFFER_INIT, two = FEMD_BUFFER_INIT;
    femd_response r;
    femd_error err = FEMD_ERROR_INIT;
    evaluate(m, E, FEMD_WANT_STRESS, NULL, &r, &one);
    assert_true(r.S[0] == 7e9 * 0.001 && r.S[2] == 7e9 * 0.002 && r.engine == FEMD_ENGINE_USER);
    evaluate(m, E, FEMD_WANT_STRESS, &one, &r, &two);
    assert_int_equal(one.data[FEMD_STATE_HEADER], 1);
    assert_int_equal(two.data[FEMD_STATE_HEADER], 2);
    const femd_request q = {.wants = BASIC};
    assert_int_equal(try_request(m, &q, NULL, &r, NULL, &err), FEMD_UNSUPPORTED);
    const femd_bytes virgin = {NULL, 0};
    assert_int_equal(femd_material_dump(m, &virgin, &one, &err), FEMD_UNSUPPORTED);
    femd_buffer_clear(&one);
    femd_buffer_clear(&two);
    femd_material_close(&m);
}

/* Here and nowhere else, for all engines: differences of chemical potentials are prescribed of a material that
 * exchanges species, and of no other. */
static void exchange_is_asked_of_who_exchanges(void **state) {
    (void)state;
    static const char *const json[] = {
        "{\"engine\":\"user\",\"name\":\"test\",\"parameters\":{\"modulus\":7e9}}",
        "{\"engine\":\"user\",\"name\":\"test\",\"parameters\":{\"modulus\":7e9,\"exchange\":true}}"};
    for (int exchanges = 0; exchanges < 2; exchanges++) {
        femd_material *m = open_material(json[exchanges]);
        femd_response r;
        femd_error err = FEMD_ERROR_INIT;
        const femd_request plain = {.wants = FEMD_WANT_STRESS},
                           open = {.wants = FEMD_WANT_STRESS, .flags = FEMD_REQUEST_EXCHANGE, .delta_mu = {1e-20}},
                           bad[] = {{.wants = FEMD_WANT_STRESS, .delta_mu = {0, 0, 1e-20}},
                                    {.wants = FEMD_WANT_STRESS, .delta_mu = {0, NAN}, .flags = FEMD_REQUEST_EXCHANGE}};
        assert_int_equal(try_request(m, &plain, NULL, &r, NULL, &err), exchanges ? FEMD_UNSUPPORTED : FEMD_OK);
        if (exchanges) assert_non_null(strstr(err.text, "exchanges species here"));
        assert_int_equal(try_request(m, &open, NULL, &r, NULL, &err), exchanges ? FEMD_OK : FEMD_UNSUPPORTED);
        if (!exchanges) assert_non_null(strstr(err.text, "has no exchange of species here"));
        for (int k = 0; k < 2; k++) {
            assert_int_equal(try_request(m, &bad[k], NULL, &r, NULL, &err), FEMD_BAD_ARGUMENT);
            assert_non_null(strstr(err.text, k ? "delta_mu[1]" : "delta_mu[2]"));
        }
        femd_material_close(&m);
    }
}

static void one_that_lacks_what_it_says_is_named(void **state) {
    (void)state;
    femd_material *m = open_material("{\"engine\":\"user\",\"name\":\"again\",\"parameters\":{\"modulus\":-1}}");
    const femd_request q = {.wants = FEMD_WANT_STRESS};
    femd_response r;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(try_request(m, &q, NULL, &r, NULL, &err), FEMD_INTERNAL);
    const char *file = strrchr(FEMD_TEST_ENGINE, '/') + 1;
    char wanted[200];
    snprintf(wanted, sizeof wanted, "the user's engine \"again\" (%s) answered without stress, which it says it can",
             file);
    assert_string_equal(err.text, wanted);
    femd_material_close(&m);
}

static void missing_or_foreign_libraries_are_named(void **state) {
    (void)state;
    static const char *const bad[][2] = {
        {"one=/nowhere/engine.so", "--engine one: the shared object \"/nowhere/engine.so\""},
        {"one=libm.so.6", "\"libm.so.6\""}, /* a path, not a name to be searched */
        {"one=" FEMD_LIBRARY, "femd_engine_v1"},
        {"one=" FEMD_OLD_ENGINE, "was built for interface 2, this femd has 4"},
        {"test=" FEMD_TEST_ENGINE, "\"test\" is named twice"},
        {"one", "NAME=PATH"},
        {"one=", "NAME=PATH"},
        {"=" FEMD_TEST_ENGINE, "NAME=PATH"},
        {"o/ne=" FEMD_TEST_ENGINE, "NAME=PATH"}};
    char mark[64]; /* that the object would leave in the test of what a worker loads */
    snprintf(mark, sizeof mark, "/tmp/femd-test-mark-%d", (int)getpid());
    setenv("FEMD_TEST_MARK", mark, 1);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        femd_error err = FEMD_ERROR_INIT;
        assert_int_equal(femd_user_engine_add(bad[i][0], &err), FEMD_BAD_INPUT);
        if (!strstr(err.text, bad[i][1])) fail_msg("\"%s\" has no word of %s", err.text, bad[i][1]);
    }
    assert_int_equal(unlink(mark), 0);
    unsetenv("FEMD_TEST_MARK");
}

/* A material may be anybody's: it says a name of this process's list, and no path is taken from it. */
static void a_material_names_an_engine_and_no_file(void **state) {
    (void)state;
    femd_material *m = NULL;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(try_open("{\"engine\":\"user\",\"name\":\"one\"}", &m, &err), FEMD_REFUSED);
    assert_non_null(strstr(err.text, "name: no engine \"one\" is known"));
    assert_non_null(strstr(err.text, "it knows test, again"));
    static const char *const paths[] = {"{\"engine\":\"user\",\"name\":\"" FEMD_TEST_ENGINE "\"}",
                                        "{\"engine\":\"user\",\"name\":\"../lib/libuser_engine.so\"}"};
    for (int i = 0; i < 2; i++) assert_int_not_equal(try_open(paths[i], &m, &err), FEMD_OK);
    static const char *const gone[] = {"{\"engine\":\"user\",\"library\":\"" FEMD_TEST_ENGINE "\"}",
                                       "{\"engine\":\"user\",\"name\":\"test\",\"library\":\"" FEMD_TEST_ENGINE "\"}"};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(try_open(gone[i], &m, &err), FEMD_BAD_INPUT);
        assert_non_null(strstr(err.text, "\"library\" is refused"));
        assert_non_null(strstr(err.text, "--engine NAME=PATH"));
        /* and so is a pack that no reader of materials has seen */
        const femd_pack pack = {.json = gone[i]};
        femd_buffer bytes = FEMD_BUFFER_INIT;
        assert_int_equal(femd_pack_encode(&pack, &bytes, &err), FEMD_OK);
        assert_int_equal(femd_material_open(bytes.data, bytes.size, &m, &err), FEMD_BAD_INPUT);
        assert_non_null(strstr(err.text, "\"library\" is refused"));
        femd_buffer_clear(&bytes);
    }
}

static uint64_t fingerprints[3]; /* without an engine, with one, with it under two names */

/* What an object answers is kept for that object alone. One that is refused is none. */
static void an_object_on_the_list_is_part_of_the_build(void **state) {
    (void)state;
    assert_true(fingerprints[0] != fingerprints[1] && fingerprints[1] != fingerprints[2]);
    assert_true(fingerprints[0] != fingerprints[2]);
    assert_true(femd_fingerprint() == fingerprints[2]);
}

int main(void) {
    femd_error err = FEMD_ERROR_INIT;
    fingerprints[0] = femd_fingerprint();
    femd_status rc = femd_user_engine_add("test=" FEMD_TEST_ENGINE, &err);
    fingerprints[1] = femd_fingerprint();
    if (rc == FEMD_OK) rc = femd_user_engine_add("again=" FEMD_TEST_ENGINE, &err);
    fingerprints[2] = femd_fingerprint();
    if (rc != FEMD_OK) return fprintf(stderr, "%s\n", err.text), 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shared_object_answers),
        cmocka_unit_test(exchange_is_asked_of_who_exchanges),
        cmocka_unit_test(one_that_lacks_what_it_says_is_named),
        cmocka_unit_test(missing_or_foreign_libraries_are_named),
        cmocka_unit_test(a_material_names_an_engine_and_no_file),
        cmocka_unit_test(an_object_on_the_list_is_part_of_the_build),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
