/* Figures of nemd that take minutes: the flux between the slabs to half a per cent, where wrong forms of it fail, and
 * the conductivity of argon against what its own heat flux gives (test_conductivity_long.c). */
#include "nemd_flux.h"

static void holds(const measured *m, double error) {
    assert_true(m->err[RIGHT] < error);
    assert_true(fabs(m->apart[RIGHT]) < 3.5 * m->err[RIGHT]);
}

static void pairs_carry_what_the_slabs_give(void **state) {
    (void)state;
    measured m;
    measure(&ARGON, 12, 20000, &m);
    holds(&m, 0.01);
}

static void embedded_atoms_carry_what_the_slabs_give(void **state) {
    (void)state;
    measured m;
    measure(&COPPER, 12, 20000, &m);
    holds(&m, 0.01);
}

static void strongly_embedded_atoms_carry_what_the_slabs_give(void **state) {
    (void)state;
    measured m;
    measure(&ALUMINIUM, 12, 20000, &m);
    holds(&m, 0.01);
}

static void triplets_carry_what_the_slabs_give_and_wrong_forms_do_not(void **state) {
    (void)state;
    measured m;
    measure(&SILICON, 12, 20000, &m);
    holds(&m, 0.005);
    for (int c = 0; c < WRONG; c++) assert_true(fabs(m.apart[RIGHT] + m.wrong[c]) > 4 * m.err[RIGHT]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_carry_what_the_slabs_give),
        cmocka_unit_test(embedded_atoms_carry_what_the_slabs_give),
        cmocka_unit_test(strongly_embedded_atoms_carry_what_the_slabs_give),
        cmocka_unit_test(triplets_carry_what_the_slabs_give_and_wrong_forms_do_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
