/* The method htst: rates, barriers and a vacancy's diffusivity as a material answers them. */
#include "engine_material.h"
#include "femd/evaluate.h"
#include "femd/tensor3.h"
#include "femd/units.h"
#include "numerics/random.h"
#include "rates/hop.h"

#define HOPS(repeat, direction, more)                                                                                  \
    COPPER(",\"repeat\":" repeat ",\"vacancies\":{\"positions\":[[0,0,0]]}",                                           \
           ",\"reference\":\"as-given\",\"method\":{\"stress\":\"statics\",\"rate\":\"htst\",\"barrier\":\"htst\","    \
           "\"rate-strain\":\"htst\",\"diffusivity\":\"htst\"},\"hop\":{\"direction\":" direction more "}")
#define SMALL HOPS("[2,2,2]", "[1,1,0]", "")

#define ARGON_HCP(direction)                                                                                           \
    "{\"engine\":\"native\",\"structure\":{\"lattice\":\"hcp\",\"a\":\"3.72 angstrom\",\"species\":[\"Ar\"],"          \
    "\"masses\":[\"39.948 "                                                                                            \
    "u\"],\"repeat\":[3,3,2],\"vacancies\":{\"positions\":[[0,0,0]]}},\"reference\":\"as-given\","                     \
    "\"potential\":{\"style\":\"lj\",\"epsilon\":\"0.0104 eV\",\"sigma\":\"3.4 angstrom\",\"cutoff\":\"6 angstrom\"}," \
    "\"method\":{\"stress\":\"statics\",\"rate\":\"htst\",\"diffusivity\":\"htst\"},\"hop\":{\"vacancy\":"             \
    "\"first\"" direction "}}"

static const double eV = FEMD_ELEMENTARY_CHARGE;
static const double STRAINED[6] = {0.004, -0.003, 0.002, 0.003, -0.002, 0.005};

static femd_request ask(const double E[6], uint32_t wants, double T) {
    femd_request q = {.wants = wants, .temperature = T};
    if (E) memcpy(q.value, E, sizeof q.value);
    return q;
}

static femd_response answer(femd_material *m, const double E[6], uint32_t wants, double T) {
    femd_response r;
    const femd_request q = ask(E, wants, T);
    request(m, &q, NULL, &r, NULL);
    return r;
}

/* D and B are the first and second differences of the barrier; the frequency's slope those of its logarithm. */
static void derivatives_are_those_of_the_barrier(void **state) {
    (void)state;
    femd_material *m = open_material(SMALL);
    const femd_response r = answer(m, STRAINED, FEMD_WANT_RATE | FEMD_WANT_BARRIER | FEMD_WANT_RATE_STRAIN, 800);
    const double h = 5e-4;
    double worst[3] = {0, 0, 0};
    assert_true(largest(6, r.barrier_strain) > eV && largest(36, r.barrier_strain_2) > 5 * eV);
    for (int c = 0; c < 6; c++) {
        femd_response side[2];
        for (int k = 0; k < 2; k++) {
            double at[6];
            memcpy(at, STRAINED, sizeof at);
            at[c] += k ? h : -h;
            side[k] = answer(m, at, FEMD_WANT_RATE | FEMD_WANT_BARRIER, 800);
        }
        worst[0] = fmax(worst[0], fabs((side[1].barrier - side[0].barrier) / (2 * h) - r.barrier_strain[c]) / eV);
        for (int a = 0; a < 6; a++)
            worst[1] = fmax(worst[1], fabs((side[1].barrier_strain[a] - side[0].barrier_strain[a]) / (2 * h) -
                                           r.barrier_strain_2[6 * a + c]) /
                                          eV);
        worst[2] = fmax(worst[2],
                        fabs(log(side[1].attempt_frequency / side[0].attempt_frequency) / (2 * h) - r.rate_strain[c]));
    }
    print_message("distance of D %.2g eV, of B %.2g eV (largest %.3g), of s %.2g (largest %.3g)\n", worst[0], worst[1],
                  largest(36, r.barrier_strain_2) / eV, worst[2], largest(6, r.rate_strain));
    assert_true(worst[0] < 1e-3 && worst[1] < 0.02 * largest(36, r.barrier_strain_2) / eV);
    assert_true(worst[2] < 0.02 * largest(6, r.rate_strain));
    femd_material_close(&m);
}

static void a_rate_is_frequency_and_barrier(void **state) {
    (void)state;
    femd_material *m = open_material(SMALL);
    const femd_response r = answer(m, NULL, FEMD_WANT_RATE | FEMD_WANT_BARRIER, 800),
                        hot = answer(m, NULL, FEMD_WANT_RATE, 1200);
    const double kT = FEMD_BOLTZMANN * 800;
    assert_true(fabs(r.rate / (r.attempt_frequency * exp(-r.barrier / kT)) - 1) < 1e-12);
    assert_true(r.rate > 0 && hot.rate > 10 * r.rate && hot.attempt_frequency == r.attempt_frequency);
    assert_true(hot.barrier == 0 && hot.barrier_strain[2] == r.barrier_strain[2]);
    assert_true(r.notes & FEMD_NOTE_NOT_EXPANDED && !(r.notes & (FEMD_NOTE_TWO_HUMPS | FEMD_NOTE_LOW_BARRIER)));
    assert_true(answer(m, NULL, FEMD_WANT_RATE, 3000).notes & FEMD_NOTE_LOW_BARRIER);
    /* cubic: the activation volume is -tr/(3 K) */
    const femd_response t = answer(m, NULL, FEMD_WANT_BARRIER | FEMD_WANT_TANGENT, 0);
    const double trace = t.barrier_strain[0] + t.barrier_strain[1] + t.barrier_strain[2], K = (t.D[0] + 2 * t.D[1]) / 3;
    assert_true(fabs(t.activation_volume * 3 * K / -trace - 1) < 1e-6 && t.activation_volume > 0);
    assert_true(t.attempt_frequency == 0 && !t.sampled);
    /* 2 % larger, atoms at rest are under tension as heat would have them */
    const double wide[6] = {0.02, 0.02, 0.02, 0, 0, 0};
    const femd_response expanded = answer(m, wide, FEMD_WANT_RATE, 800);
    assert_true(!(expanded.notes & FEMD_NOTE_NOT_EXPANDED) && expanded.rate > r.rate);
    femd_material_close(&m);
}

/* At rest all hops are alike and D = Gamma d^2 z/6; strained, each class has its own. */
static void a_diffusivity_is_the_sum_of_all_hops(void **state) {
    (void)state;
    static const char *const along[6] = {"[1,1,0]", "[1,-1,0]", "[1,0,1]", "[1,0,-1]", "[0,1,1]", "[0,1,-1]"};
    static const double d[6][3] = {{1, 1, 0}, {1, -1, 0}, {1, 0, 1}, {1, 0, -1}, {0, 1, 1}, {0, 1, -1}};
    femd_material *m = open_material(SMALL);
    const femd_response rest = answer(m, NULL, FEMD_WANT_RATE | FEMD_WANT_DIFFUSIVITY, 900);
    const double a = 3.615e-10;
    for (int c = 0; c < 6; c++)
        assert_true(fabs(rest.diffusivity[c] - (c < 3) * rest.rate * a * a) < 1e-6 * rest.rate * a * a);
    const double E[6] = {0.01, -0.004, 0, 0, 0, 0.006};
    const femd_response strained = answer(m, E, FEMD_WANT_DIFFUSIVITY, 900);
    double sum[6] = {0}, U[9];
    femd_response first = {0};
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(femd_stretch_from_E(E, U, &err), FEMD_OK);
    for (int k = 0; k < 6; k++) {
        char json[1024];
        double x[3];
        snprintf(json, sizeof json, HOPS("[2,2,2]", "%s", ""), along[k]);
        femd_material *one = open_material(json);
        first = answer(one, E, FEMD_WANT_RATE, 900);
        for (int i = 0; i < 3; i++)
            x[i] = 0.5 * a * (U[3 * i] * d[k][0] + U[3 * i + 1] * d[k][1] + U[3 * i + 2] * d[k][2]);
        const double pair[6] = {x[0] * x[0], x[1] * x[1], x[2] * x[2], x[1] * x[2], x[0] * x[2], x[0] * x[1]};
        for (int c = 0; c < 6; c++) sum[c] += first.rate * pair[c];
        femd_material_close(&one);
    }
    for (int c = 0; c < 6; c++) assert_true(fabs(strained.diffusivity[c] - sum[c]) < 1e-6 * strained.diffusivity[0]);
    assert_true(fabs(strained.diffusivity[5]) > 0.01 * strained.diffusivity[0]);
    assert_true(fabs(strained.diffusivity[0] / strained.diffusivity[1] - 1) > 0.02);
    femd_material_close(&m);
}

/* Nothing of the search is in the state, and nothing of what was asked before in the answer. */
static void same_bits_and_the_state_of_the_stress_alone(void **state) {
    (void)state;
    const uint32_t wants = FEMD_WANT_STRESS | FEMD_WANT_RATE | FEMD_WANT_BARRIER | FEMD_WANT_RATE_STRAIN;
    femd_material *m = open_material(SMALL), *other = open_material(SMALL);
    const femd_request q = ask(STRAINED, wants, 700), plain = ask(STRAINED, FEMD_WANT_STRESS, 700);
    femd_response first, again, stress;
    femd_buffer one = FEMD_BUFFER_INIT, two = FEMD_BUFFER_INIT;
    request(m, &q, NULL, &first, &one);
    request(other, &plain, NULL, &stress, &two);
    assert_int_equal(one.size, two.size);
    assert_memory_equal(one.data, two.data, one.size);
    assert_memory_equal(first.S, stress.S, sizeof first.S);
    (void)answer(other, NULL, FEMD_WANT_DIFFUSIVITY, 500);
    request(other, &q, NULL, &again, NULL);
    assert_memory_equal(first.barrier_strain_2, again.barrier_strain_2, sizeof first.barrier_strain_2);
    assert_memory_equal(first.rate_strain, again.rate_strain, sizeof first.rate_strain);
    assert_true(first.rate == again.rate && first.barrier == again.barrier);
    uint8_t bytes[FEMD_RESPONSE_BYTES_MAX];
    femd_error err = FEMD_ERROR_INIT;
    const size_t size = femd_response_encode(&first, bytes);
    assert_int_equal(femd_response_decode(bytes, size, &again, &err), FEMD_OK);
    assert_true(again.rate == first.rate && again.activation_volume == first.activation_volume);
    assert_memory_equal(first.barrier_strain_2, again.barrier_strain_2, sizeof first.barrier_strain_2);
    femd_buffer_clear(&one);
    femd_buffer_clear(&two);
    femd_material_close(&m);
    femd_material_close(&other);
}

static void what_is_no_hop_is_refused_when_it_is_opened(void **state) {
    (void)state;
    static const struct {
        const char *json, *words;
    } wrong[] = {
        {"{\"engine\":\"native\",\"structure\":{\"lattice\":\"fcc\",\"a\":\"5.3 angstrom\",\"species\":[\"Ar\"],"
         "\"repeat\":[3,3,3],\"vacancies\":{\"positions\":[[0,0,0]]}},\"potential\":{\"style\":\"lj/cut\",\"epsilon\":"
         "\"0.0104 eV\",\"sigma\":\"3.4 angstrom\",\"cutoff\":\"7 angstrom\"},\"method\":{\"stress\":\"statics\","
         "\"barrier\":\"htst\"},\"hop\":{\"direction\":[1,1,0]}}",
         "energy jumps"},
        {HOPS("[2,2,2]", "[1,0,0]", ""), "no neighbour of the vacancy is in the direction"},
        {HOPS("[2,2,2]", "[0,0,0]", ""), "no length"},
        {HOPS("[2,2,2]", "[1,1,0]", ",\"vacancy\":[0.5,0.5,0.5]"), "there is an atom"},
        {HOPS("[2,2,2]", "[1,1,0]", ",\"vacancy\":[0.25,0,0]"), "there is no vacancy"},
        {HOPS("[2,2,2]", "[1,1,0]", ",\"vacancy\":[0.625,0.625,0.625]"), "there is no vacancy"},
        {HOPS("[2,2,2]", "[1,1,0]", ",\"vacancy\":1"), "no vacancy of that number"},
        {COPPER(",\"repeat\":[2,2,2],\"vacancies\":{\"positions\":[[0,0,0]]}",
                ",\"method\":{\"stress\":\"statics\",\"rate\":\"htst\"}"),
         "hop.direction"},
        {COPPER(",\"repeat\":[2,2,2]",
                ",\"method\":{\"stress\":\"statics\",\"rate\":\"htst\"},\"hop\":{\"direction\":[1,1,0]}"),
         "no vacancy of that number"},
        {COPPER(",\"repeat\":[3,3,3],\"vacancies\":{\"positions\":[[0,0,0]]}",
                ",\"boundary_condition\":\"kubc\",\"method\":{\"stress\":\"statics\",\"rate\":\"htst\"},\"hop\":{"
                "\"direction\":[1,1,0]}"),
         "does not answer under the boundary condition"},
        {COPPER(",\"repeat\":[6,6,6],\"vacancies\":{\"positions\":[[0,0,0]]}",
                ",\"reference\":\"as-given\",\"method\":{\"stress\":\"statics\",\"rate\":\"htst\"},\"hop\":{"
                "\"direction\":[1,1,0]}"),
         "up to 800"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        femd_material *m = NULL;
        femd_error err = FEMD_ERROR_INIT;
        if (try_open(wrong[i].json, &m, &err) == FEMD_OK) fail_msg("%zu was opened", i);
        if (!strstr(err.text, wrong[i].words)) fail_msg("%zu: %s", i, err.text);
    }
}

/* A table whose second derivative jumps: barriers are answered, what rests on frequencies is not. */
static void rough_tables_have_barriers_alone(void **state) {
    (void)state;
    femd_material *m = open_material(
        "{\"engine\":\"native\",\"structure\":{\"lattice\":\"fcc\",\"a\":\"4.05 angstrom\",\"species\":[\"Al\"],"
        "\"repeat\":[2,2,2],\"vacancies\":{\"positions\":[[0,0,0]]}},\"reference\":\"as-given\",\"potential\":{"
        "\"style\":"
        "\"eam/"
        "fs\",\"file\":\"Al_mm.eam.fs\"},\"method\":{\"stress\":\"statics\",\"rate\":\"htst\",\"barrier\":\"htst\","
        "\"diffusivity\":\"htst\",\"rate-strain\":\"htst\"},\"hop\":{\"direction\":[1,1,0]}}");
    const uint32_t refused[] = {FEMD_WANT_RATE, FEMD_WANT_RATE_STRAIN, FEMD_WANT_DIFFUSIVITY};
    femd_response r = answer(m, NULL, FEMD_WANT_BARRIER, 0);
    assert_true(r.barrier > 0.4 * eV && r.barrier < 0.8 * eV);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        const femd_request q = ask(NULL, refused[i], 500);
        femd_error err = FEMD_ERROR_INIT;
        assert_int_equal(try_request(m, &q, NULL, &r, NULL, &err), FEMD_UNSUPPORTED);
        assert_non_null(strstr(err.text, "too rough for an attempt frequency"));
    }
    femd_material_close(&m);
}

static void two_humps_are_noted(void **state) {
    (void)state;
    femd_material *m = open_material(
        "{\"engine\":\"native\",\"structure\":{\"lattice\":\"bcc\",\"a\":\"2.855312 angstrom\",\"species\":[\"Fe\"],"
        "\"repeat\":[3,3,3],\"vacancies\":{\"positions\":[[0,0,0]]}},\"reference\":\"as-given\",\"potential\":{"
        "\"style\":"
        "\"eam/fs\",\"file\":\"Fe_mm.eam.fs\"},\"method\":{\"stress\":\"statics\",\"barrier\":\"htst\"},\"hop\":{"
        "\"direction\":[1,1,1]}}");
    const femd_response r = answer(m, NULL, FEMD_WANT_BARRIER, 0);
    print_message("barrier %.4f eV\n", r.barrier / eV);
    assert_true(r.notes & FEMD_NOTE_TWO_HUMPS && fabs(r.barrier / eV - 0.6355) < 0.05);
    femd_material_close(&m);
}

static void a_rate_at_no_temperature_is_refused(void **state) {
    (void)state;
    femd_material *m = open_material(SMALL);
    const uint32_t wants[] = {FEMD_WANT_RATE, FEMD_WANT_DIFFUSIVITY};
    for (size_t i = 0; i < 2; i++) {
        femd_request q = ask(NULL, wants[i], 0);
        femd_response r;
        femd_error err = FEMD_ERROR_INIT;
        assert_int_equal(try_request(m, &q, NULL, &r, NULL, &err), FEMD_BAD_INPUT);
        assert_non_null(strstr(err.text, "above zero"));
    }
    femd_material_close(&m);
}

static femd_structure lattice_of(const double cell[9], const double (*sites)[3], int n, double *x, int *species) {
    for (int i = 0; i < n; i++)
        for (int c = 0; c < 3; c++) x[3 * i + c] = sites[i][c], species[i] = 0;
    femd_structure atoms = {.natoms = n, .nspecies = 1, .x = x, .species = species};
    memcpy(atoms.cell, cell, sizeof atoms.cell);
    return atoms;
}

/* A cell that is skewed and one in which an atom is two neighbours: all twelve are found. */
static void all_neighbours_are_found_in_odd_cells(void **state) {
    (void)state;
    static const double cubic[9] = {4, 0, 0, 0, 4, 0, 0, 0, 4}, skewed[9] = {4, 0, 0, 20, 4, 0, -16, 12, 4},
                        narrow[9] = {2, 2, 0, 2, 0, 2, 0, 2, 2}, at[3] = {0, 0, 0};
    double sites[64][3], x[192];
    int species[64], n = 0;
    for (int k = 1; k < 64; k++)
        if ((k % 4 + k / 4 % 4 + k / 16) % 2 == 0)
            sites[n][0] = k % 4, sites[n][1] = k / 4 % 4, sites[n][2] = k / 16, n++;
    assert_int_equal(n, 31);
    femd_vacancy vacancy;
    femd_error err = FEMD_ERROR_INIT;
    const double *cells[] = {cubic, skewed};
    for (int k = 0; k < 2; k++) {
        const femd_structure atoms = lattice_of(cells[k], sites, n, x, species);
        assert_int_equal(femd_vacancy_find(&atoms, at, &vacancy, &err), FEMD_OK);
        assert_int_equal(vacancy.count, 12);
        assert_false(vacancy.ragged);
        assert_true(fabs(vacancy.nearest - sqrt(2)) < 1e-12);
    }
    for (n = 0; n < 7; n++) /* the primitive cell, twice along each vector */
        for (int c = 0; c < 3; c++)
            sites[n][c] = ((n + 1) % 2 * narrow[c] + (n + 1) / 2 % 2 * narrow[3 + c] + (n + 1) / 4 * narrow[6 + c]) / 2;
    femd_structure atoms = lattice_of(narrow, sites, n, x, species);
    assert_int_equal(femd_vacancy_find(&atoms, at, &vacancy, &err), FEMD_OK);
    assert_int_equal(vacancy.count, 12);
    assert_false(vacancy.ragged);
    x[0] *= 1.06, x[1] *= 1.06, x[2] *= 1.06; /* one atom a little off: which ones jump is not clear */
    assert_int_equal(femd_vacancy_find(&atoms, at, &vacancy, &err), FEMD_OK);
    assert_true(vacancy.ragged);
}

static void neighbours_that_are_no_shell_have_no_diffusivity(void **state) {
    (void)state;
    femd_material *m = open_material(COPPER(
        ",\"repeat\":[2,2,2],\"vacancies\":{\"positions\":[[0,0,0]]},\"displace\":{\"amplitude\":\"0.1 angstrom\","
        "\"seed\":2}",
        ",\"reference\":\"as-given\",\"method\":{\"stress\":\"statics\",\"diffusivity\":\"htst\"}"));
    const femd_request q = ask(NULL, FEMD_WANT_DIFFUSIVITY, 800);
    femd_response r;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(try_request(m, &q, NULL, &r, NULL, &err), FEMD_UNSUPPORTED);
    assert_non_null(strstr(err.text, "no shell"));
    femd_material_close(&m);
}

/* A walk by given hops from a site of the first kind, those of the second being their mirror images: D by the mean
 * squares of many walkers. */
static void wander(int hops, const double *rate, const double (*d)[3], const int *changes, int walkers, int steps,
                   double D[6]) {
    double total = 0, sum[6] = {0, 0, 0, 0, 0, 0};
    for (int k = 0; k < hops; k++) total += rate[k];
    for (int w = 0; w < walkers; w++) {
        double x[3] = {0, 0, 0}, s = 1;
        for (int n = 0; n < steps; n++) {
            double u = total * femd_random_uniform(7, (uint64_t)w, (uint64_t)n);
            int k = 0;
            while (k < hops - 1 && u >= rate[k]) u -= rate[k++];
            for (int c = 0; c < 3; c++) x[c] += s * d[k][c];
            if (changes[k]) s = -s;
        }
        for (int v = 0; v < 6; v++) sum[v] += x[femd_voigt_i[v]] * x[femd_voigt_j[v]];
    }
    for (int v = 0; v < 6; v++) D[v] = sum[v] / walkers / (2 * steps / total);
}

/* Strained hcp, the two sites of a cell have hops that lead away from each other: D is that of the walk with the rates
 * that are answered one by one. The sum over the hops of one site alone is far off. */
static void a_strained_lattice_with_a_basis_walks_as_its_hops_say(void **state) {
    (void)state;
    enum { HOPS = 12, WALKERS = 20000, STEPS = 300 };
    static const double E[6] = {-0.02, 0.02, 0, 0, 0, 0.01};
    const double a = 3.72e-10, r3 = sqrt(3), c = sqrt(8.0 / 3);
    const double ideal[HOPS][3] = {{1, 0, 0},
                                   {-1, 0, 0},
                                   {0.5, r3 / 2, 0},
                                   {-0.5, -r3 / 2, 0},
                                   {0.5, -r3 / 2, 0},
                                   {-0.5, r3 / 2, 0},
                                   {0, 1 / r3, c / 2},
                                   {0.5, -0.5 / r3, c / 2},
                                   {-0.5, -0.5 / r3, c / 2},
                                   {0, 1 / r3, -c / 2},
                                   {0.5, -0.5 / r3, -c / 2},
                                   {-0.5, -0.5 / r3, -c / 2}};
    double rate[HOPS], d[HOPS][3], U[9], D[6], plain[6] = {0};
    int changes[HOPS];
    femd_error err = FEMD_ERROR_INIT;
    femd_response whole = {0};
    assert_int_equal(femd_stretch_from_E(E, U, &err), FEMD_OK);
    for (int k = 0; k < HOPS; k++) {
        char json[1024];
        double sign = 1;
        changes[k] = k >= 6;
        for (int turn = 0; turn < 2; turn++) { /* of the site at the origin, whichever kind it is */
            const double *to = ideal[k];
            snprintf(json, sizeof json, ARGON_HCP(",\"direction\":[%.6f,%.6f,%.6f]"), sign * to[0], sign * to[1],
                     to[2]);
            femd_material *m = NULL;
            if (try_open(json, &m, &err) != FEMD_OK) {
                sign = -1;
                continue;
            }
            rate[k] = answer(m, E, FEMD_WANT_RATE, 40).rate;
            if (k == 0) whole = answer(m, E, FEMD_WANT_DIFFUSIVITY, 40);
            femd_material_close(&m);
            break;
        }
        for (int i = 0; i < 3; i++)
            d[k][i] =
                a * (U[3 * i] * sign * ideal[k][0] + U[3 * i + 1] * sign * ideal[k][1] + U[3 * i + 2] * ideal[k][2]);
        for (int v = 0; v < 6; v++) plain[v] += 0.5 * rate[k] * d[k][femd_voigt_i[v]] * d[k][femd_voigt_j[v]];
    }
    wander(HOPS, rate, d, changes, WALKERS, STEPS, D);
    const double scale = fmax(D[0], fmax(D[1], D[2])), err_of_walk = sqrt(2.0 / WALKERS);
    for (int v = 0; v < 6; v++) {
        print_message("%d: walk %.4g, answer %.4g, sum alone %.4g\n", v, D[v], whole.diffusivity[v], plain[v]);
        const double own = v < 3 ? D[v] : scale;
        assert_true(fabs(whole.diffusivity[v] - D[v]) < 4 * err_of_walk * own);
    }
    assert_true(fabs(plain[1] - D[1]) > 10 * err_of_walk * D[1]);
}

/* A second vacancy near by makes the sites unlike: one hop has a rate, the vacancy no diffusivity. */
static void unlike_sites_have_no_diffusivity(void **state) {
    (void)state;
    femd_material *m = open_material(
        COPPER(",\"repeat\":[3,3,3],\"vacancies\":{\"positions\":[[0,0,0],[0.3333,0.1667,0.1667]]}",
               ",\"reference\":\"as-given\",\"method\":{\"stress\":\"statics\",\"barrier\":\"htst\",\"diffusivity\":"
               "\"htst\"},\"hop\":{\"direction\":[-1,-1,0]}"));
    const femd_request q = ask(NULL, FEMD_WANT_DIFFUSIVITY, 900);
    femd_response r = answer(m, NULL, FEMD_WANT_BARRIER, 0);
    femd_error err = FEMD_ERROR_INIT;
    assert_true(r.barrier > 0.3 * eV && r.barrier < 1.2 * eV);
    assert_int_equal(try_request(m, &q, NULL, &r, NULL, &err), FEMD_UNSUPPORTED);
    assert_non_null(strstr(err.text, "not alike"));
    femd_material_close(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(derivatives_are_those_of_the_barrier),
        cmocka_unit_test(a_rate_is_frequency_and_barrier),
        cmocka_unit_test(a_diffusivity_is_the_sum_of_all_hops),
        cmocka_unit_test(same_bits_and_the_state_of_the_stress_alone),
        cmocka_unit_test(what_is_no_hop_is_refused_when_it_is_opened),
        cmocka_unit_test(rough_tables_have_barriers_alone),
        cmocka_unit_test(two_humps_are_noted),
        cmocka_unit_test(a_rate_at_no_temperature_is_refused),
        cmocka_unit_test(unlike_sites_have_no_diffusivity),
        cmocka_unit_test(all_neighbours_are_found_in_odd_cells),
        cmocka_unit_test(neighbours_that_are_no_shell_have_no_diffusivity),
        cmocka_unit_test(a_strained_lattice_with_a_basis_walks_as_its_hops_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
