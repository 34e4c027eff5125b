/* Hops counted in trajectories: made-up ones, and copper's at 1250 K. */
#include "atoms_fixture.h"

#include <math.h>

#include "rates/count.h"

static const double EDGE = 3.7; /* angstrom */

static const char COPPER[] =
    "{\"structure\":{\"lattice\":\"fcc\",\"a\":\"3.70079 angstrom\",\"species\":[\"Cu\"],\"repeat\":[3,3,3]},"
    "\"potential\":{\"style\":\"eam/alloy\",\"file\":\"Cu_mishin1.eam.alloy\"}}";

/* An fcc crystal of 32 sites; atom i is at site i + 1 but for the order of atoms, which is turned round. */
enum { SITES = 32, ATOMS = SITES - 1 };
typedef struct made {
    double cell[9], site[3 * SITES], x[3 * ATOMS];
    femd_count *count;
} made;

static int atom_of(int site) {
    return ATOMS - site;
}

static void made_sites(made *m) {
    static const double corner[4][3] = {{0, 0, 0}, {0, 0.5, 0.5}, {0.5, 0, 0.5}, {0.5, 0.5, 0}};
    memset(m, 0, sizeof *m);
    for (int k = 0; k < 3; k++) m->cell[4 * k] = 2 * EDGE;
    for (int s = 0; s < SITES; s++) {
        const int at[3] = {s / 16, s / 8 % 2, s / 4 % 2};
        for (int c = 0; c < 3; c++) m->site[3 * s + c] = EDGE * (at[c] + corner[s % 4][c]);
    }
    for (int s = 1; s < SITES; s++) memcpy(m->x + 3 * atom_of(s), m->site + 3 * s, 3 * sizeof(double));
}

static femd_status made_try(made *m, femd_error *err) {
    return femd_count_create(ATOMS, m->x, SITES, m->site, m->cell, &m->count, err);
}

static void made_open(made *m) {
    femd_error err = FEMD_ERROR_INIT;
    made_sites(m);
    if (made_try(m, &err) != FEMD_OK) fail_msg("%s", err.text);
}

/* The atom of site `from` stands this part of the way to site `to`; look. */
static void made_step(made *m, int atom, int from, int to, double part) {
    femd_error err = FEMD_ERROR_INIT;
    for (int c = 0; c < 3; c++)
        m->x[3 * atom + c] = m->site[3 * from + c] + part * (m->site[3 * to + c] - m->site[3 * from + c]);
    if (femd_count_look(m->count, 0.1, m->x, &err) != FEMD_OK) fail_msg("%s", err.text);
}

static long made_hops(const made *m) {
    femd_count_result r;
    femd_count_tell(m->count, &r);
    return r.hops;
}

static void hop_counts_only_near_its_end(void **state) {
    (void)state;
    made m;
    made_open(&m);
    const int atom = atom_of(3); /* at (1/2, 1/2, 0) */
    assert_int_equal(femd_count_site(m.count, atom), 3);
    made_step(&m, atom, 3, 0, 0.5);
    made_step(&m, atom, 3, 0, 0.64); /* a 31st of it is the mean's */
    assert_int_equal(made_hops(&m), 0);
    made_step(&m, atom, 3, 0, 0.05);
    assert_int_equal(made_hops(&m), 0);
    made_step(&m, atom, 3, 0, 0.69);
    assert_int_equal(made_hops(&m), 1);
    assert_int_equal(femd_count_site(m.count, atom), 0);
    made_step(&m, atom, 3, 0, 0.4); /* still the new site's */
    assert_int_equal(made_hops(&m), 1);
    made_step(&m, atom, 3, 0, 0.3);
    assert_int_equal(made_hops(&m), 2);
    assert_int_equal(femd_count_site(m.count, atom), 3);
    femd_count_destroy(&m.count);
    assert_null(m.count);
}

static void figures_are_those_of_the_hops(void **state) {
    (void)state;
    made m;
    femd_count_result r;
    made_open(&m);
    femd_count_tell(m.count, &r);
    assert_true(r.hops == 0 && r.time == 0 && r.rate == 0 && r.rate_err == 0);
    for (int k = 0; k < 10; k++) made_step(&m, atom_of(3), 3, 0, 0.1);
    femd_count_tell(m.count, &r);
    assert_true(fabs(r.time - 1) < 1e-12 && r.rate == 0);
    assert_true(fabs(r.rate_err - 1) < 1e-12); /* of none: that of one */
    for (int k = 0; k < 6; k++) made_step(&m, atom_of(3), 3, 0, k % 2 == 0);
    for (int k = 0; k < 4; k++) made_step(&m, atom_of(3), 3, 0, 0);
    femd_count_tell(m.count, &r);
    assert_int_equal(r.vacancies, 1);
    assert_int_equal(r.hops, 6);
    assert_int_equal(r.far, 0);
    assert_true(fabs(r.rate - 3) < 1e-12);
    assert_true(fabs(r.rate_err - sqrt(6) / 2) < 1e-12);
    const double square = 6 * EDGE * EDGE / 4, want[6] = {square, square, 0, 0, 0, square};
    for (int v = 0; v < 6; v++) assert_true(fabs(r.spread[v] - want[v]) < 1e-9);
    femd_count_destroy(&m.count);
}

static void drift_and_images_are_no_hops(void **state) {
    (void)state;
    made m;
    femd_error err = FEMD_ERROR_INIT;
    made_open(&m);
    for (int k = 0; k < 40; k++) {
        for (int i = 0; i < ATOMS; i++)
            for (int c = 0; c < 3; c++) m.x[3 * i + c] += 0.3 + (i + k + c == 20 ? 2 * EDGE : 0);
        assert_int_equal(femd_count_look(m.count, 0.1, m.x, &err), FEMD_OK);
    }
    assert_int_equal(made_hops(&m), 0);
    for (int s = 1; s < SITES; s++) assert_int_equal(femd_count_site(m.count, atom_of(s)), s);
    femd_count_destroy(&m.count);
}

static void atoms_are_registered_by_where_they_are(void **state) {
    (void)state;
    made m;
    femd_error err = FEMD_ERROR_INIT;
    made_sites(&m);
    for (int i = 0; i < 3 * ATOMS; i++) m.x[i] += 0.65; /* all together: 1.1 angstrom */
    m.x[0] += 0.6;
    m.x[3] -= 0.6;
    m.x[8] += 4 * EDGE;
    assert_int_equal(made_try(&m, &err), FEMD_OK);
    for (int s = 1; s < SITES; s++) assert_int_equal(femd_count_site(m.count, atom_of(s)), s);
    femd_count_destroy(&m.count);
}

/* One frame in which an atom takes the place of another that has left, and one that goes past its neighbours. */
static void one_frame_may_hold_several_hops(void **state) {
    (void)state;
    made m;
    femd_count_result r;
    made_open(&m);
    const int first = atom_of(3), second = atom_of(1);
    memcpy(m.x + 3 * second, m.site + 3 * 3, 3 * sizeof(double)); /* before its turn in the order of atoms, too */
    made_step(&m, first, 3, 0, 1);
    assert_int_equal(made_hops(&m), 2);
    assert_int_equal(femd_count_site(m.count, first), 0);
    assert_int_equal(femd_count_site(m.count, second), 3);
    made_step(&m, atom_of(17), 17, 1, 1); /* by an edge of the cube */
    femd_count_tell(m.count, &r);
    assert_int_equal(r.hops, 3);
    assert_int_equal(r.far, 1);
    femd_count_destroy(&m.count);
}

static void occupied_sites_are_not_taken(void **state) {
    (void)state;
    made m;
    made_open(&m);
    made_step(&m, atom_of(2), 2, 1, 0.9);
    assert_int_equal(made_hops(&m), 0);
    assert_int_equal(femd_count_site(m.count, atom_of(2)), 2);
    femd_count_destroy(&m.count);
}

static void what_has_no_sites_is_refused(void **state) {
    (void)state;
    made m;
    femd_error err = FEMD_ERROR_INIT;
    made_open(&m);
    for (int i = 0; i < 4; i++) m.x[3 * i] += i % 2 ? 1.6 : -1.6;
    assert_int_equal(femd_count_look(m.count, 0.1, m.x, &err), FEMD_OK); /* 4 of 31 */
    for (int i = 4; i < 6; i++) m.x[3 * i] += i % 2 ? 1.6 : -1.6;
    assert_int_equal(femd_count_look(m.count, 0.1, m.x, &err), FEMD_INSTABILITY);
    assert_non_null(strstr(err.text, "6 of 31 atoms are farther than half"));
    m.x[0] = NAN;
    assert_int_equal(femd_count_look(m.count, 0.1, m.x, &err), FEMD_INSTABILITY);
    femd_count_destroy(&m.count);

    made_sites(&m);
    m.x[0] += 0.5 * EDGE;
    assert_int_equal(made_try(&m, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "atom 1 is "));
    made_sites(&m);
    memcpy(m.x + 3, m.x, 3 * sizeof(double));
    assert_int_equal(made_try(&m, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "atoms 1 and 2 are at one"));
    assert_null(m.count);
    made_sites(&m);
    assert_int_equal(femd_count_create(ATOMS, m.x, ATOMS, m.site + 3, m.cell, &m.count, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "31 sites for 31 atoms"));
    assert_int_equal(femd_count_create(0, m.x, 1, m.site, m.cell, &m.count, &err), FEMD_BAD_INPUT);
    assert_int_equal(femd_count_create(ATOMS, m.x, FEMD_COUNT_SITES_MAX + 1, m.site, m.cell, &m.count, &err),
                     FEMD_LIMIT);
    const double small[9] = {EDGE, 0, 0, 0, EDGE, 0, 0, 0, EDGE};
    assert_int_equal(femd_count_create(3, m.x, 4, m.site, small, &m.count, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "must be more than twice"));
}

typedef struct hot {
    atoms a;
    femd_rve rve;
    femd_dynamics d;
    femd_count *count;
    double *mass;
} hot;

/* Copper of 107 atoms at 1250 K and its lattice parameter there, after 1 ps. */
static void hot_open(hot *h) {
    femd_error err = FEMD_ERROR_INIT;
    memset(h, 0, sizeof *h);
    atoms_open(&h->a, COPPER, 1.0);
    const femd_structure *s = &h->a.s;
    const int n = s->natoms - 1;
    femd_rve_set_atoms(&h->rve, n);
    assert_int_equal(femd_rve_set_cell(&h->rve, s->cell, &err), FEMD_OK);
    h->rve.nb = h->a.nb;
    assert_int_equal(femd_energetics_create(h->a.p, n, s->species, &h->rve.en, &err), FEMD_OK);
    h->mass = malloc((size_t)n * sizeof *h->mass);
    for (int i = 0; i < n; i++) h->mass[i] = 63.546;
    assert_int_equal(femd_dynamics_create(&h->rve, h->mass, &h->d, &err), FEMD_OK);
    h->d.dt = 0.003;
    h->d.friction = 1;
    assert_int_equal(femd_dynamics_start(&h->d, s->cell, s->x + 3, 2 * 1250, 5, 0, &err), FEMD_OK);
    h->d.temperature = 1250;
    assert_int_equal(femd_count_create(n, s->x + 3, n + 1, s->x, s->cell, &h->count, &err), FEMD_OK);
}

static void hot_close(hot *h) {
    femd_count_destroy(&h->count);
    femd_dynamics_clear(&h->d);
    femd_energetics_destroy(&h->rve.en);
    free(h->mass);
    atoms_close(&h->a);
}

static int stop_later(void *user, double fraction) {
    assert_true(fraction >= 0 && fraction < 1);
    return ++*(int *)user > 3 ? FEMD_DEADLINE : 0;
}

/* About 0.27 hops a picosecond, all of them to neighbours; 27 in this time, so that 4 sigma are wide. */
static void copper_vacancy_hops_at_1250_kelvin(void **state) {
    (void)state;
    hot h;
    femd_error err = FEMD_ERROR_INIT;
    femd_count_result r;
    hot_open(&h);
    if (femd_count_dynamics(h.count, &h.d, 100, 20, NULL, &err) != FEMD_OK) fail_msg("%s", err.text);
    femd_count_tell(h.count, &r);
    assert_true(fabs(r.time - 100) < 0.1);
    assert_true(fabs(r.rate - 0.27) < 4 * r.rate_err);
    assert_true(r.hops >= 9);
    assert_int_equal(r.far, 0);
    int calls = 0;
    const femd_beat beat = {&calls, stop_later};
    assert_int_equal(femd_count_dynamics(h.count, &h.d, 1, 20, &beat, &err), FEMD_DEADLINE);
    assert_int_equal(calls, 4);
    assert_int_equal(femd_count_dynamics(h.count, &h.d, NAN, 20, NULL, &err), FEMD_BAD_ARGUMENT);
    assert_int_equal(femd_count_dynamics(h.count, &h.d, 1, 0, NULL, &err), FEMD_BAD_ARGUMENT);
    hot_close(&h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hop_counts_only_near_its_end),    cmocka_unit_test(figures_are_those_of_the_hops),
        cmocka_unit_test(drift_and_images_are_no_hops),    cmocka_unit_test(atoms_are_registered_by_where_they_are),
        cmocka_unit_test(one_frame_may_hold_several_hops), cmocka_unit_test(occupied_sites_are_not_taken),
        cmocka_unit_test(what_has_no_sites_is_refused),    cmocka_unit_test(copper_vacancy_hops_at_1250_kelvin)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
