/* Figures of nemd that take minutes: the flux between the slabs to half a per cent, where wrong forms of it fail, and
 * the conductivity of argon against LAMMPS. */
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

/* LAMMPS 29 Sep 2021, the same row of 24 repeats, slabs by fix langevin (tally, zero), 1.87 ns: 0.283(11) W/(m K). What
 * longer rows say of an infinite crystal is in docs/micro.md, "How it is checked". */
static void argon_conducts_as_the_same_row_in_lammps(void **state) {
    (void)state;
    flow f;
    flow_open(&f, NEMD("\"symmetry\":\"isotropic\",\"lengths\":[24],\"gradients\":[0.2],\"across\":3",
                       FCC_ARGON("5.376", "[1,1,1]"),
                       "\"style\":\"lj/cut\",\"epsilon\":\"0.0103207 eV\",\"sigma\":\"3.405 "
                       "angstrom\",\"cutoff\":\"10.75 angstrom\""));
    f.g->common.T = 69;
    f.g->common.seed = 3;
    for (int s = 0; s < f.g->count; s++) {
        MUST(femd_nemd_start(f.g, f.n, f.n->rve.h0, f.n->path.x, s, NULL, &err));
        MUST(femd_nemd_extend(f.g, f.n, f.n->rve.h0, f.n->path.x, s, 48, NULL, &err));
    }
    MUST(femd_nemd_evaluate(f.g, f.n->rve.h0, &err));
    const femd_nemd_result *r = &f.g->result;
    for (int s = 0; s < f.g->count; s++)
        print_message("way %.1f angstrom: %.3f(%.3f) W/(m K), flux apart %.2f(%.2f) %%\n", r->series[s].way,
                      r->series[s].k, r->series[s].k_err, 100 * r->series[s].apart / r->series[s].power,
                      100 * r->series[s].apart_err / r->series[s].power);
    assert_true(fabs(r->series[0].k - 0.283) < 3 * hypot(r->series[0].k_err, 0.011));
    assert_true(r->k_err[0] < 0.06 * r->k[0]);
    assert_int_equal(r->notes, 0);
    flow_close(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_carry_what_the_slabs_give),
        cmocka_unit_test(embedded_atoms_carry_what_the_slabs_give),
        cmocka_unit_test(strongly_embedded_atoms_carry_what_the_slabs_give),
        cmocka_unit_test(argon_conducts_as_the_same_row_in_lammps),
        cmocka_unit_test(triplets_carry_what_the_slabs_give_and_wrong_forms_do_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
