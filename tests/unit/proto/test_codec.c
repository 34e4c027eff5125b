/* Requests and responses: what is written is read back, and nothing malformed is read. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sample.h"

static void request_round_trip(void **state) {
    (void)state;
    femd_request r = sample_request(), back;
    uint8_t p[FEMD_REQUEST_BYTES], again[FEMD_REQUEST_BYTES];
    femd_request_encode(&r, p);
    assert_int_equal(femd_request_decode(p, &back, NULL), FEMD_OK);
    femd_request_encode(&back, again);
    assert_memory_equal(p, again, sizeof p);
    assert_memory_equal(back.value, r.value, sizeof r.value);
    assert_true(signbit(back.value[4]));
    assert_true(back.point == 42 && back.seed == r.seed && back.step == 3 && back.attempt == 1 && back.iteration == 2);
    assert_true(back.mask == 5 && back.flags == r.flags && back.temperature == 300);
    assert_memory_equal(back.delta_mu, r.delta_mu, sizeof r.delta_mu);
    assert_true(back.delta_mu[0] == 1e-20 && signbit(back.delta_mu[1]) && back.delta_mu[2] == -3e-21);
}

static femd_status decode_changed(void (*change)(femd_request *)) {
    femd_request r = sample_request(), back;
    uint8_t p[FEMD_REQUEST_BYTES];
    change(&r);
    femd_request_encode(&r, p);
    return femd_request_decode(p, &back, NULL);
}
static void bad_want(femd_request *r) {
    r->wants |= FEMD_WANT_ALL + 1;
}
static void former_want(femd_request *r) {
    r->wants |= 1u << 7; /* local fields, given up */
}
static void bad_control(femd_request *r) {
    r->control = 2;
}
static void bad_mask(femd_request *r) {
    r->mask = 64;
}
static void bad_flags(femd_request *r) {
    r->flags |= 4;
}
static void bad_value(femd_request *r) {
    r->value[5] = NAN;
}
static void bad_temperature(femd_request *r) {
    r->temperature = INFINITY;
}
static void below_0_kelvin(femd_request *r) {
    r->temperature = -1e-300;
}
static void bad_pressure(femd_request *r) {
    r->pressure = -INFINITY;
}
static void bad_accuracy(femd_request *r) {
    r->accuracy = NAN;
}

static void bad_delta_mu(femd_request *r) {
    r->delta_mu[2] = NAN;
}
static void delta_mu_without_its_flag(femd_request *r) {
    r->flags = FEMD_REQUEST_PRIVATE;
    r->delta_mu[0] = 0; /* the third is told still */
}

static void request_out_of_range_is_refused(void **state) {
    (void)state;
    void (*const changes[])(femd_request *) = {bad_want,     former_want,  bad_control,     bad_mask,
                                               bad_flags,    bad_value,    bad_temperature, below_0_kelvin,
                                               bad_pressure, bad_accuracy, bad_delta_mu,    delta_mu_without_its_flag};
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++)
        assert_int_equal(decode_changed(changes[i]), FEMD_PROTOCOL);
}

/* Zero, of either sign, is none. */
static void no_chemical_potentials_need_no_flag(void **state) {
    (void)state;
    femd_request r = sample_request(), back;
    uint8_t p[FEMD_REQUEST_BYTES];
    r.flags = 0;
    r.delta_mu[0] = r.delta_mu[2] = 0; /* the second is -0.0 */
    femd_request_encode(&r, p);
    assert_int_equal(femd_request_decode(p, &back, NULL), FEMD_OK);
    assert_int_equal(back.flags, 0);
}

/* A material either exchanges species or has a composition of its own. */
static void exchange_must_be_that_of_the_material(void **state) {
    (void)state;
    for (int exchanges = 0; exchanges < 2; exchanges++)
        for (int prescribed = 0; prescribed < 2; prescribed++) {
            femd_error err = FEMD_ERROR_INIT;
            const femd_request r = {.flags = prescribed ? FEMD_REQUEST_EXCHANGE : FEMD_REQUEST_PRIVATE};
            const uint32_t inputs = FEMD_INPUT_SEED | (exchanges ? FEMD_INPUT_CHEMICAL : 0);
            const femd_status rc = femd_request_check_exchange(&r, inputs, "the engine \"native\"", &err);
            assert_int_equal(rc, exchanges == prescribed ? FEMD_OK : FEMD_UNSUPPORTED);
            if (rc == FEMD_OK) continue;
            assert_non_null(strstr(err.text, "the engine \"native\""));
            assert_non_null(strstr(err.text, prescribed ? "no exchange of species" : "must be prescribed"));
        }
}

static int members(uint32_t set) {
    int n = 0;
    for (; set; set &= set - 1) n++;
    return n;
}

/* All sets of up to three wants, and all that lack up to three: all together are a million by now. */
static void response_round_trip_for_sets_of_wants(void **state) {
    (void)state;
    for (uint32_t provided = 0; provided <= FEMD_WANT_ALL; provided++) {
        if (provided & ~(uint32_t)FEMD_WANT_ALL) continue;
        if (members(provided) > 3 && members(FEMD_WANT_ALL & ~provided) > 3) continue;
        for (int k = 0; k < 4; k++) {
            femd_response r = sample_response(provided, k & 1, k >> 1), back;
            uint8_t p[FEMD_RESPONSE_BYTES_MAX];
            size_t n = femd_response_encode(&r, p);
            assert_int_equal(n, femd_response_bytes(&r));
            assert_true(n <= FEMD_RESPONSE_BYTES_MAX);
            assert_int_equal(femd_response_decode(p, n, &back, NULL), FEMD_OK);
            assert_memory_equal(&back, &r, sizeof r);
        }
    }
}

/* None of a species was seen, which is no proof that there is none: its error arrives. What has neither is left out. */
static void nothing_seen_travels_with_its_error(void **state) {
    (void)state;
    femd_response r = {.provided = FEMD_WANT_COMPOSITION, .sampled = 1, .x = 1, .x_err = 2e-4, .x_3_err = 1e-4}, back;
    uint8_t p[FEMD_RESPONSE_BYTES_MAX];
    const femd_quantity *second = femd_quantity_at(FEMD_QUANTITY_COMPOSITION_2),
                        *third = femd_quantity_at(FEMD_QUANTITY_COMPOSITION_3);
    const size_t n = femd_response_encode(&r, p);
    assert_int_equal(n, femd_response_bytes(&r));
    assert_int_equal(femd_response_decode(p, n, &back, NULL), FEMD_OK);
    assert_memory_equal(&back, &r, sizeof r);
    assert_true(femd_response_holds(&back, third) && !femd_response_holds(&back, second));
    r.sampled = 0;
    assert_true(!femd_response_holds(&r, third));
}

/* A second estimate, the electrons' part and the notes come with the conductivity; the rest of the response keeps its
 * place. */
static void conductivity_travels_with_what_belongs_to_it(void **state) {
    (void)state;
    for (unsigned k = 0; k < 16; k++) {
        femd_response r = sample_response(FEMD_WANT_ALL, k & 1, k >> 1 & 1), back;
        uint8_t p[FEMD_RESPONSE_BYTES_MAX];
        r.checked = k >> 2 & 1;
        for (int c = 0; c < 6; c++) {
            if (r.checked) r.k_check[c] = 1000 + c, r.k_check_err[c] = 2000 + c;
            if (k >> 3) r.k_electronic[c] = 3000 + c;
        }
        r.notes = k & 1 ? FEMD_NOTE_ALL : FEMD_NOTE_NO_PLATEAU;
        const size_t n = femd_response_encode(&r, p);
        assert_int_equal(n, femd_response_bytes(&r));
        assert_true(n <= FEMD_RESPONSE_BYTES_MAX);
        assert_int_equal(femd_response_decode(p, n, &back, NULL), FEMD_OK);
        assert_memory_equal(&back, &r, sizeof r);
    }
}

static size_t held_by(const uint8_t *p) {
    return (size_t)__builtin_popcountll(femd_get64(p + 48));
}

/* What was wanted, what always comes, and no more. */
static void response_has_no_room_for_what_was_not_wanted(void **state) {
    (void)state;
    const struct {
        uint32_t provided;
        size_t quantities, numbers;
    } answers[] = {
        {0, 3, 8},
        {FEMD_WANT_STRESS, 4, 14},
        {FEMD_WANT_STRESS | FEMD_WANT_TANGENT, 5, 50},
        {FEMD_WANT_STRESS | FEMD_WANT_TANGENT | FEMD_WANT_ENERGY, 6, 51},
        {FEMD_WANT_ENERGY, 4, 9},
    };
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        femd_response r = sample_response(answers[i].provided, 0, 0);
        uint8_t p[FEMD_RESPONSE_BYTES_MAX];
        assert_int_equal(femd_response_encode(&r, p), 64 + 8 + 8 * answers[i].numbers + 32);
        assert_int_equal(held_by(p), answers[i].quantities);
    }
    femd_response r = sample_response(FEMD_WANT_STRESS, 1, 0);
    assert_int_equal(femd_response_bytes(&r), 64 + 8 + 8 * (14 + 14) + 32); /* each with its error */
    memset(r.S_err, 0, sizeof r.S_err);
    assert_int_equal(femd_response_bytes(&r), 64 + 8 + 8 * (14 + 8) + 32); /* a zero needs no room */
}

/* A newer peer's response: two more quantities among those that are known, with and without errors. */
static void unknown_quantities_are_passed_over(void **state) {
    (void)state;
    for (int error = 0; error < 2; error++) {
        femd_response r = sample_response(FEMD_WANT_STRESS | FEMD_WANT_ENERGY, 1, 0), back;
        uint8_t p[FEMD_RESPONSE_BYTES_MAX], more[FEMD_RESPONSE_BYTES_MAX + 16 * 203] = {0};
        const size_t n = femd_response_encode(&r, p), numbers = n - 64 - 8 - 32;
        const unsigned one = 7, other = 31; /* after stress and energy, before the strain */
        assert_true(!femd_quantity_of_bit(one) && !femd_quantity_of_bit(other));
        const size_t stress = 8 * 12 + 8 * 2; /* with their errors */
        memcpy(more, p, 64);
        femd_put64(more + 48, femd_get64(p + 48) | (uint64_t)1 << one | (uint64_t)1 << other);
        if (error) femd_put64(more + 56, femd_get64(p + 56) | (uint64_t)1 << one | (uint64_t)1 << other);
        const uint8_t length[8] = {6, 1, 3, 200, 6, 1, 1};
        memcpy(more + 64, length, 8);
        uint8_t *at = more + 72;
        memcpy(at, p + 72, stress);
        at += stress + (size_t)(8 * 203 << error);
        memcpy(at, p + 72 + stress, numbers - stress);
        at += numbers - stress;
        memcpy(at, p + n - 32, 32);
        const size_t size = (size_t)(at - more) + 32;
        assert_int_equal(femd_response_decode(more, size, &back, NULL), FEMD_OK);
        assert_memory_equal(&back, &r, sizeof r);
        assert_int_equal(femd_response_decode(more, size - 8, &back, NULL), FEMD_PROTOCOL);
        femd_putf64(more + 72 + stress, NAN); /* not finite is not finite, whoever knows it */
        assert_int_equal(femd_response_decode(more, size, &back, NULL), FEMD_PROTOCOL);
    }
}

static void damaged_contents_are_refused(void **state) {
    (void)state;
    const struct {
        size_t at;
        uint8_t byte;
    } damage[] = {
        {8, 2},      /* a flag that is none */
        {64, 5},     /* the stress has six numbers */
        {64, 0},     /* no number at all */
        {64 + 5, 1}, /* reserved bytes behind the lengths */
        {56, 2},     /* the error of a tangent that is not held */
        {56 + 1, 1}, /* the stability has no error */
    };
    femd_response r = sample_response(FEMD_WANT_STRESS | FEMD_WANT_STABILITY, 1, 0), back;
    for (size_t i = 0; i < sizeof damage / sizeof *damage; i++) {
        uint8_t p[FEMD_RESPONSE_BYTES_MAX + 64] = {0};
        const size_t n = femd_response_encode(&r, p);
        assert_int_equal(femd_response_decode(p, n, &back, NULL), FEMD_OK);
        p[damage[i].at] ^= damage[i].byte ? damage[i].byte : p[damage[i].at];
        for (size_t size = n - 48; size <= n + 48; size += 8)
            assert_int_equal(femd_response_decode(p, size, &back, NULL), FEMD_PROTOCOL);
    }
}

static void every_quantity_has_a_bit_of_its_own(void **state) {
    (void)state;
    uint64_t seen = (uint64_t)1 << 7;
    uint32_t wants = 0;
    for (size_t i = 0; i < FEMD_QUANTITIES; i++) {
        const femd_quantity *q = femd_quantity_at(i);
        assert_false(seen >> q->bit & 1);
        seen |= (uint64_t)1 << q->bit;
        assert_ptr_equal(femd_quantity_of_bit(q->bit), q);
        assert_int_equal(q->want, q->bit < 32 ? 1u << q->bit : 0);
        assert_int_equal(q->want != 0, q->want_key != NULL);
        if (q->want) assert_ptr_equal(femd_quantity_of_want(q->want_key), q);
        wants |= q->want;
        for (size_t j = 0; j < i; j++) assert_string_not_equal(q->key, femd_quantity_at(j)->key);
    }
    assert_int_equal(wants, FEMD_WANT_ALL);
    assert_null(femd_quantity_at(FEMD_QUANTITIES));
    assert_null(femd_quantity_of_bit(7));
    assert_null(femd_quantity_of_bit(64));
}

static void unknown_note_is_refused(void **state) {
    (void)state;
    femd_response r = sample_response(FEMD_WANT_STRESS, 0, 0), back;
    uint8_t p[FEMD_RESPONSE_BYTES_MAX];
    const size_t n = femd_response_encode(&r, p);
    p[15] = 0x80; /* the highest bit of the notes */
    assert_int_equal(femd_response_decode(p, n, &back, NULL), FEMD_PROTOCOL);
}

static void every_note_has_key_and_words(void **state) {
    (void)state;
    for (uint32_t bit = 1; bit; bit <<= 1) {
        assert_int_equal(femd_note_key(bit) != NULL, (bit & FEMD_NOTE_ALL) != 0);
        assert_int_equal(femd_note_words(bit) != NULL, (bit & FEMD_NOTE_ALL) != 0);
    }
}

static void response_cut_anywhere_is_refused(void **state) {
    (void)state;
    femd_response r = sample_response(FEMD_WANT_ALL, 1, 1), back;
    uint8_t p[FEMD_RESPONSE_BYTES_MAX + 8] = {0};
    size_t n = femd_response_encode(&r, p);
    for (size_t cut = 0; cut < n; cut++) {
        uint8_t *exact = malloc(cut ? cut : 1); /* so that a sanitizer sees a read past the end */
        memcpy(exact, p, cut);
        assert_int_equal(femd_response_decode(exact, cut, &back, NULL), FEMD_PROTOCOL);
        free(exact);
    }
    assert_int_equal(femd_response_decode(p, n + 8, &back, NULL), FEMD_PROTOCOL);
}

static void ok_response_with_nan_is_refused(void **state) {
    (void)state;
    femd_response r = sample_response(FEMD_WANT_STRESS | FEMD_WANT_TANGENT, 0, 0), back;
    uint8_t p[FEMD_RESPONSE_BYTES_MAX];
    assert_true(femd_response_is_finite(&r));
    r.D[35] = NAN;
    assert_false(femd_response_is_finite(&r));
    size_t n = femd_response_encode(&r, p);
    assert_int_equal(femd_response_decode(p, n, &back, NULL), FEMD_PROTOCOL);
    r.status = FEMD_DIVERGED;
    n = femd_response_encode(&r, p);
    assert_int_equal(femd_response_decode(p, n, &back, NULL), FEMD_OK);
}

/* The words of a failure come back as they were, cut at a character; of an answer, and of bytes that are no text, none.
 */
static void words_of_a_failure_come_back(void **state) {
    (void)state;
    femd_response r = {.status = FEMD_DIVERGED, .engine = 1, .work = {0.5, 17, 3, 99}}, back;
    uint8_t p[FEMD_RESPONSE_BYTES_MAX + 8 + FEMD_RESPONSE_WORDS_MAX];
    char text[1000], said[1000];
    const size_t plain = femd_response_encode(&r, p);
    assert_int_equal(femd_response_words(p, plain).size, 0);
    for (size_t length = 1; length < 800; length += length < 20 ? 1 : 97) {
        memset(text, 'w', sizeof text);
        snprintf(text + length - 1, sizeof text - length + 1, "\xc3\xa9");
        const size_t n = femd_response_encode_words(&r, text, p);
        assert_int_equal(n % 8, 0);
        assert_int_equal(femd_response_decode(p, n, &back, NULL), FEMD_OK);
        assert_int_equal(back.status, FEMD_DIVERGED);
        assert_true(back.work.fingerprint == 99 && back.work.wall == 0.5);
        const femd_bytes words = femd_response_words(p, n);
        snprintf(said, sizeof said, "%.*s", (int)words.size, (const char *)words.data);
        text[strlen(text) > FEMD_RESPONSE_WORDS_MAX ? FEMD_RESPONSE_WORDS_MAX : strlen(text)] = '\0';
        assert_string_equal(said, text);
        for (size_t cut = 0; cut < n; cut++) assert_int_equal(femd_response_decode(p, cut, &back, NULL), FEMD_PROTOCOL);
        if (length % 8 == 1) { /* 2 bytes of text more: the filling is not empty */
            uint8_t *filling = p + n - FEMD_RESPONSE_WORK_BYTES - 1;
            *filling ^= 1;
            if (words.size % 8 != 4) assert_int_equal(femd_response_decode(p, n, &back, NULL), FEMD_PROTOCOL);
        }
    }
    memset(text, 'w', FEMD_RESPONSE_WORDS_MAX - 1);
    strcpy(text + FEMD_RESPONSE_WORDS_MAX - 1, "\xc3\xa9"); /* half of it would fit */
    size_t n = femd_response_encode_words(&r, text, p);
    assert_int_equal(femd_response_words(p, n).size, FEMD_RESPONSE_WORDS_MAX - 1);
    static const char *const none[] = {"", "a\nb", "\x1b[2J", "\xff", NULL};
    for (size_t i = 0; i < 5; i++) assert_int_equal(femd_response_encode_words(&r, none[i], p), plain);
    n = femd_response_encode_words(&r, "abcd", p);
    for (size_t byte = 0; byte < 8; byte++) { /* of the block of words, each changed byte but letters is refused */
        p[plain - FEMD_RESPONSE_WORK_BYTES + byte] ^= 0x80;
        assert_int_equal(femd_response_decode(p, n, &back, NULL), FEMD_PROTOCOL);
        p[plain - FEMD_RESPONSE_WORK_BYTES + byte] ^= 0x80;
    }
    p[0] = p[1] = p[2] = p[3] = 0; /* an answer has none */
    assert_int_equal(femd_response_decode(p, n, &back, NULL), FEMD_PROTOCOL);
    r.status = FEMD_OK;
    assert_int_equal(femd_response_encode_words(&r, "abcd", p), plain);
}

/* Who answered, how fast, and for which point must not change the compared part. */
static void compared_bytes_hold_no_cost_and_no_point(void **state) {
    (void)state;
    femd_response a = sample_response(FEMD_WANT_ALL, 1, 1), b = a;
    uint8_t p[FEMD_RESPONSE_BYTES_MAX], q[FEMD_RESPONSE_BYTES_MAX];
    b.work = (femd_work){9, 9, 9, 9};
    b.point = 7;
    sample_hash(&b.key, 9);
    size_t n = femd_response_encode(&a, p), m = femd_response_encode(&b, q);
    assert_int_equal(n, m);
    assert_memory_equal(p, q, femd_response_compared_bytes(n));
    b.S[0] = nextafter(b.S[0], 3);
    femd_response_encode(&b, q);
    assert_memory_not_equal(p, q, femd_response_compared_bytes(n));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_round_trip),
        cmocka_unit_test(request_out_of_range_is_refused),
        cmocka_unit_test(no_chemical_potentials_need_no_flag),
        cmocka_unit_test(exchange_must_be_that_of_the_material),
        cmocka_unit_test(response_round_trip_for_sets_of_wants),
        cmocka_unit_test(nothing_seen_travels_with_its_error),
        cmocka_unit_test(conductivity_travels_with_what_belongs_to_it),
        cmocka_unit_test(response_has_no_room_for_what_was_not_wanted),
        cmocka_unit_test(unknown_quantities_are_passed_over),
        cmocka_unit_test(damaged_contents_are_refused),
        cmocka_unit_test(every_quantity_has_a_bit_of_its_own),
        cmocka_unit_test(unknown_note_is_refused),
        cmocka_unit_test(every_note_has_key_and_words),
        cmocka_unit_test(response_cut_anywhere_is_refused),
        cmocka_unit_test(ok_response_with_nan_is_refused),
        cmocka_unit_test(words_of_a_failure_come_back),
        cmocka_unit_test(compared_bytes_hold_no_cost_and_no_point),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
