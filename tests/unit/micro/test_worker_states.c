/* The worker's store of states: what is given back, and what is forgotten first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "worker/worker_states.h"

enum { SIZE = 100 };

static femd_hash hash_of(int k) {
    femd_hash h = {{0}};
    femd_put64(h.b, (uint64_t)k * 0x9e3779b97f4a7c15u);
    femd_put64(h.b + 8, (uint64_t)k);
    return h;
}

static void put(worker_states *states, int k) {
    uint8_t blob[SIZE];
    const femd_hash h = hash_of(k);
    memset(blob, k & 255, sizeof blob);
    assert_int_equal(worker_states_put(states, &h, blob, sizeof blob, NULL), FEMD_OK);
}

static int holds(worker_states *states, int k) {
    femd_bytes blob;
    const femd_hash h = hash_of(k);
    if (!worker_states_get(states, &h, &blob)) return 0;
    assert_int_equal(blob.size, SIZE);
    for (int i = 0; i < SIZE; i++) assert_int_equal(((const uint8_t *)blob.data)[i], k & 255);
    return 1;
}

static void the_longest_unused_is_forgotten_first(void **state) {
    (void)state;
    worker_states *states;
    assert_int_equal(worker_states_create(3 * SIZE, &states, NULL), FEMD_OK);
    for (int k = 1; k <= 3; k++) put(states, k);
    assert_true(holds(states, 1)); /* used: 2 is the oldest now */
    put(states, 4);
    assert_true(!holds(states, 2) && holds(states, 3) && holds(states, 4) && holds(states, 1));
    put(states, 3); /* again: only used */
    assert_int_equal(worker_states_bytes(states), 3 * SIZE);
    put(states, 5);
    assert_true(!holds(states, 4) && holds(states, 5) && holds(states, 3) && holds(states, 1));
    const femd_hash h = hash_of(3);
    worker_states_drop(states, &h);
    worker_states_drop(states, &h);
    assert_true(!holds(states, 3) && worker_states_bytes(states) == 2 * SIZE);
    worker_states_destroy(&states);
    assert_null(states);
}

static void the_newest_is_always_kept(void **state) {
    (void)state;
    worker_states *states;
    assert_int_equal(worker_states_create(SIZE / 2, &states, NULL), FEMD_OK);
    for (int k = 1; k <= 5; k++) {
        put(states, k);
        assert_true(holds(states, k) && !holds(states, k - 1));
        assert_int_equal(worker_states_bytes(states), SIZE);
    }
    worker_states_destroy(&states);
}

typedef struct parted {
    int count, known, fails;
    femd_hash last;
} parted;

static femd_status take_leave(void *user, const femd_hash *hash, const femd_bytes *blob, int known, femd_error *err) {
    parted *told = user;
    assert_int_equal(blob->size, SIZE);
    told->count++;
    told->known += known;
    told->last = *hash;
    return told->fails ? femd_fail(err, FEMD_DISCONNECTED, "gone") : FEMD_OK;
}

/* What a task needs stays, whatever the bound; who goes is named, and whether the server has it. */
static void what_is_pinned_stays_and_what_goes_is_told(void **state) {
    (void)state;
    worker_states *states;
    parted told = {0};
    const femd_hash one = hash_of(1), two = hash_of(2), none = hash_of(99);
    assert_int_equal(worker_states_create(2 * SIZE, &states, NULL), FEMD_OK);
    worker_states_on_parting(states, take_leave, &told);
    put(states, 1);
    put(states, 2);
    assert_true(worker_states_pin(states, &one) && worker_states_pin(states, &one));
    assert_false(worker_states_pin(states, &none));
    worker_states_known(states, &two);
    put(states, 3);
    assert_true(holds(states, 1) && !holds(states, 2) && told.count == 1 && told.known == 1);
    assert_true(femd_hash_equal(&told.last, &two));
    worker_states_unpin(states, &one);
    put(states, 4);
    assert_true(holds(states, 1) && !holds(states, 3) && told.count == 2 && told.known == 1);
    worker_states_unpin(states, &one);
    worker_states_known(states, &one);
    worker_states_all_unknown(states);
    assert_true(holds(states, 4));
    put(states, 5);
    assert_true(!holds(states, 1) && told.count == 3 && told.known == 1);
    const femd_hash more = hash_of(6);
    const uint8_t blob[SIZE] = {6};
    assert_int_equal(worker_states_add(states, &more, blob, SIZE, NULL), FEMD_OK);
    assert_int_equal(worker_states_bytes(states), 3 * SIZE); /* not yet */
    told.fails = 1;
    assert_int_equal(worker_states_make_room(states, NULL), FEMD_DISCONNECTED);
    assert_int_equal(worker_states_bytes(states), 2 * SIZE);
    worker_states_destroy(&states);
}

static femd_status count_and_order(void *user, const femd_hash *hash, femd_error *err) {
    (void)err;
    int *last = user;
    const int k = (int)femd_get64(hash->b + 8);
    assert_int_equal(k, *last + 1);
    *last = k;
    return FEMD_OK;
}

/* More than fit into the first table, and all of them told from the oldest on. */
static void thousands_are_found_again(void **state) {
    (void)state;
    enum { MANY = 3000 };
    worker_states *states;
    assert_int_equal(worker_states_create((size_t)MANY * SIZE, &states, NULL), FEMD_OK);
    for (int k = 1; k <= MANY; k++) put(states, k);
    int last = 0;
    assert_int_equal(worker_states_each(states, count_and_order, &last, NULL), FEMD_OK);
    assert_int_equal(last, MANY);
    for (int k = 1; k <= MANY; k++) assert_true(holds(states, k));
    worker_states_destroy(&states);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_longest_unused_is_forgotten_first),
        cmocka_unit_test(the_newest_is_always_kept),
        cmocka_unit_test(what_is_pinned_stays_and_what_goes_is_told),
        cmocka_unit_test(thousands_are_found_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
