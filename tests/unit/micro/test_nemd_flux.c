/* The power that slabs give and take is the flux between them, for pairs, embedded atoms and triplets; sharper in
 * test_nemd_long.c. */
#include "nemd_flux.h"

static void holds(const measured *m, double error) {
    assert_true(m->q > 20 * m->q_err);
    assert_true(m->err[RIGHT] < error);
    assert_true(fabs(m->apart[RIGHT]) < 3.5 * m->err[RIGHT]);
    assert_true(fabs(m->apart[KINETIC_ALONE]) > 10 * m->err[KINETIC_ALONE]); /* what crosses is work, not motion */
}

static void pairs_carry_what_the_slabs_give(void **state) {
    (void)state;
    measured m;
    measure(&ARGON, 12, 4000, &m);
    holds(&m, 0.05);
}

static void embedded_atoms_carry_what_the_slabs_give(void **state) {
    (void)state;
    measured m;
    measure(&ALUMINIUM, 8, 4000, &m);
    holds(&m, 0.05);
}

static void triplets_carry_what_the_slabs_give(void **state) {
    (void)state;
    measured m;
    measure(&SILICON, 12, 4000, &m);
    holds(&m, 0.05);
    assert_true(m.written_out < 1e-9);                                 /* one formula, two programs */
    assert_true(m.apart[RIGHT] + m.wrong[THIRDS] < -2 * m.err[RIGHT]); /* triplets shared by thirds carry too little */
    for (int c = 0; c < WRONG; c++) assert_true(fabs(m.wrong[c]) > 4 * m.wrong_err[c]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_carry_what_the_slabs_give),
        cmocka_unit_test(embedded_atoms_carry_what_the_slabs_give),
        cmocka_unit_test(triplets_carry_what_the_slabs_give),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
