/* Lattices, orientation and defects: counts, densities, neighbour shells, determinism, and words for what is wrong. */
#include "atoms_fixture.h"

#include <math.h>

#include "crystal/structure_create.h"

static double volume(const double c[9]) {
    return c[0] * (c[4] * c[8] - c[5] * c[7]) - c[1] * (c[3] * c[8] - c[5] * c[6]) + c[2] * (c[3] * c[7] - c[4] * c[6]);
}

/* Least and most neighbours of an atom at distance within 1 % of r. */
static void coordination(const femd_structure *s, double r, int *least, int *most) {
    *least = 1000;
    *most = 0;
    for (int i = 0; i < s->natoms; i++) {
        int count = 0;
        for (int j = 0; j < s->natoms; j++)
            for (int a = -3; a <= 3; a++)
                for (int b = -3; b <= 3; b++)
                    for (int c = -3; c <= 3; c++) {
                        double sq = 0.0;
                        for (int k = 0; k < 3; k++) {
                            double d = s->x[3 * j + k] - s->x[3 * i + k] + a * s->cell[k] + b * s->cell[3 + k] +
                                       c * s->cell[6 + k];
                            sq += d * d;
                        }
                        count += fabs(sqrt(sq) / r - 1.0) < 0.01;
                    }
        *least = count < *least ? count : *least;
        *most = count > *most ? count : *most;
    }
}

typedef struct crystal {
    const char *structure;
    int atoms, neighbours;
    double distance, volume_per_atom;
} crystal;

static void crystals_have_the_right_neighbours_in_every_orientation(void **state) {
    static const crystal crystals[] = {
        {"\"lattice\": \"fcc\", \"a\": 4e-10, \"species\": [\"Cu\"]", 4, 12, 2.8284271, 16.0},
        {"\"lattice\": \"fcc\", \"a\": 4e-10, \"species\": [\"Cu\"], \"orient\": [[1,1,0],[-1,1,0],[0,0,1]]", 2, 12,
         2.8284271, 16.0},
        {"\"lattice\": \"fcc\", \"a\": 4e-10, \"species\": [\"Cu\"], \"orient\": [[1,1,-2],[1,1,1],[1,-1,0]]", 6, 12,
         2.8284271, 16.0},
        {"\"lattice\": \"fcc\", \"a\": 4e-10, \"species\": [\"Cu\"], \"orient\": [[2,1,0],[-1,2,0],[0,0,3]]", 20, 12,
         2.8284271, 16.0},
        {"\"lattice\": \"bcc\", \"a\": 3e-10, \"species\": [\"Fe\"]", 2, 8, 2.5980762, 13.5},
        {"\"lattice\": \"bcc\", \"a\": 3e-10, \"species\": [\"Fe\"], \"orient\": [[1,1,1],[1,-1,0],[1,1,-2]]", 6, 8,
         2.5980762, 13.5},
        {"\"lattice\": \"hcp\", \"a\": 3e-10, \"species\": [\"Mg\"]", 4, 12, 3.0, 19.0918831},
        {"\"lattice\": \"hcp\", \"a\": 3e-10, \"c\": 4.8989795e-10, \"species\": [\"Mg\"], \"orient\": "
         "[[0,0,1],[1,0,0],[0,1,0]]",
         4, 12, 3.0, 19.0918831},
        {"\"lattice\": \"diamond\", \"a\": 5.4e-10, \"species\": [\"Si\"]", 8, 4, 2.3382686, 19.683},
        {"\"lattice\": \"diamond\", \"a\": 5.4e-10, \"species\": [\"Ga\", \"As\"], \"orient\": "
         "[[1,1,1],[1,-1,0],[1,1,-2]]",
         12, 4, 2.3382686, 19.683},
        {"\"lattice\": \"b1\", \"a\": 5.6e-10, \"species\": [\"Na\", \"Cl\"]", 8, 6, 2.8, 21.952},
        {"\"lattice\": \"b2\", \"a\": 3e-10, \"species\": [\"Ni\", \"Al\"], \"orient\": [[1,1,0],[-1,1,0],[0,0,1]]", 4,
         8, 2.5980762, 13.5},
    };
    (void)state;
    for (size_t k = 0; k < sizeof crystals / sizeof crystals[0]; k++) {
        const crystal *t = &crystals[k];
        char json[512];
        int least, most;
        atoms a;
        snprintf(json, sizeof json, "{\"structure\": {%s}}", t->structure);
        atoms_open(&a, json, 0.0);
        coordination(&a.s, t->distance, &least, &most);
        if (a.s.natoms != t->atoms || least != t->neighbours || most != t->neighbours)
            fail_msg("%s: %d atoms, %d to %d neighbours", t->structure, a.s.natoms, least, most);
        assert_true(fabs(volume(a.s.cell) / a.s.natoms / t->volume_per_atom - 1.0) < 1e-7);
        atoms_close(&a);
        snprintf(json, sizeof json, "{\"structure\": {%s, \"repeat\": [2,1,3]}}", t->structure);
        atoms_open(&a, json, 0.0);
        assert_int_equal(a.s.natoms, 6 * t->atoms);
        atoms_close(&a);
    }
}

static void sublattices_carry_their_species(void **state) {
    int count[2] = {0, 0};
    atoms a;
    (void)state;
    atoms_open(&a,
               "{\"structure\": {\"lattice\": \"b1\", \"a\": 5.6e-10, \"species\": [\"Na\", \"Cl\"], \"masses\": "
               "[\"22.99 u\", \"35.45 u\"],"
               " \"repeat\": [2,2,2]}}",
               0.0);
    for (int i = 0; i < a.s.natoms; i++) count[a.s.species[i]]++;
    assert_int_equal(count[0], 32);
    assert_int_equal(count[1], 32);
    assert_string_equal(a.s.name[1], "Cl");
    assert_true(fabs(a.s.mass[1] - 35.45) < 1e-12);
    atoms_close(&a);
}

static void defects_are_drawn_from_their_seed(void **state) {
#define BLOCK "{\"structure\": {\"lattice\": \"fcc\", \"a\": 3.6e-10, \"species\": [\"Cu\"], \"repeat\": [3,3,3], "
    atoms a, b, c;
    int nickel = 0, moved = 0;
    (void)state;
    atoms_open(&a, BLOCK "\"vacancies\": {\"count\": 5, \"seed\": 7}}}", 0.0);
    atoms_open(&b, BLOCK "\"vacancies\": {\"count\": 5, \"seed\": 7}}}", 0.0);
    atoms_open(&c, BLOCK "\"vacancies\": {\"count\": 5, \"seed\": \"8\"}}}", 0.0);
    assert_int_equal(a.s.natoms, 103);
    assert_memory_equal(a.s.x, b.s.x, 3 * 103 * sizeof(double));
    assert_memory_not_equal(a.s.x, c.s.x, 3 * 103 * sizeof(double));
    atoms_close(&a);
    atoms_close(&b);
    atoms_close(&c);
    atoms_open(&a,
               BLOCK "\"vacancies\": {\"fraction\": 0.02}, \"substitution\": [{\"species\": \"Ni\", \"for\": \"Cu\", "
                     "\"fraction\": 0.25}]}}",
               0.0);
    for (int i = 0; i < a.s.natoms; i++) nickel += a.s.species[i] == 1;
    assert_int_equal(a.s.natoms, 106);
    assert_int_equal(nickel, 27); /* 26.5 rounded to the nearest */
    assert_int_equal(a.s.nspecies, 2);
    atoms_close(&a);
    atoms_open(&a, BLOCK "\"vacancies\": {\"positions\": [[0.5, 0.5, 0.52], [0.99, 0.99, 1.0]]}}}", 0.0);
    assert_int_equal(a.s.natoms, 106);
    assert_true(largest(a.s.x, 3) > 1.0); /* the atom at the origin is gone: an image of it is nearest to the second */
    atoms_close(&a);
    atoms_open(&a, BLOCK "\"displace\": {\"amplitude\": \"0.1 angstrom\", \"seed\": 3}}}", 0.0);
    atoms_open(&b, BLOCK "\"displace\": {\"amplitude\": 0}}}", 0.0);
    for (int k = 0; k < 3 * a.s.natoms; k++) {
        double d = a.s.x[k] - b.s.x[k];
        assert_true(fabs(d) <= 0.1 + 1e-12);
        moved += fabs(d) > 0.01;
    }
    assert_in_range(moved, 3 * 108 * 8 / 10, 3 * 108);
    atoms_close(&a);
    atoms_close(&b);
}

static void voids_see_periodic_images(void **state) {
    atoms a;
    (void)state;
    atoms_open(&a, BLOCK "\"voids\": [{\"center\": [0,0,0], \"radius\": \"2.6 angstrom\"}]}}", 0.0);
    assert_int_equal(a.s.natoms,
                     108 - 13); /* the atom at the corner and its twelve neighbours, from all eight corners */
    atoms_close(&a);
    atoms_open(&a,
               BLOCK "\"voids\": [{\"center\": [0.5,0.5,0.9], \"radius\": \"1 angstrom\", \"shape\": \"cylinder\", "
                     "\"axis\": \"x\"}]}}",
               0.0);
    for (int i = 0; i < a.s.natoms; i++) assert_true(hypot(a.s.x[3 * i + 1] - 5.4, a.s.x[3 * i + 2] - 9.72) >= 1.0);
    assert_in_range(a.s.natoms, 102, 107);
    atoms_close(&a);
    {
        femd_error err = FEMD_ERROR_INIT;
        assert_int_equal(
            atoms_try(&a, BLOCK "\"voids\": [{\"center\": [0,0,0], \"radius\": \"30 angstrom\"}]}}", 0.0, &err),
            FEMD_BAD_INPUT);
        assert_non_null(strstr(err.text, "structure.voids"));
        atoms_close(&a);
    }
}

static void a_wrong_structure_is_refused_with_words(void **state) {
    static const char *const wrong[][2] = {
        {"\"lattice\": \"fcc\", \"a\": 4e-10, \"species\": [\"Cu\"], \"orient\": [[1,1,0],[1,0,0],[0,0,1]]",
         "right angles"},
        {"\"lattice\": \"fcc\", \"a\": 4e-10, \"species\": [\"Cu\"], \"orient\": [[0,1,0],[1,0,0],[0,0,1]]",
         "left-handed"},
        {"\"lattice\": \"fcc\", \"a\": 4e-10, \"species\": [\"Cu\"], \"orient\": [[0.5,0,0],[0,1,0],[0,0,1]]",
         "whole numbers"},
        {"\"lattice\": \"fcc\", \"a\": 4e-10, \"species\": [\"Cu\"], \"orient\": [[0,0,0],[0,1,0],[0,0,1]]", "zero"},
        {"\"lattice\": \"fcc\", \"a\": 4e-10, \"species\": [\"Cu\", \"Ni\"]", "takes one species"},
        {"\"lattice\": \"fcc\", \"a\": 4e-10, \"c\": 5e-10, \"species\": [\"Cu\"]", "belong to hcp"},
        {"\"lattice\": \"fcc\", \"a\": 4e-10, \"species\": [\"Cu\"], \"repeat\": [200,200,200]", "32000000 atoms"},
        {"\"lattice\": \"fcc\", \"a\": 4e-10, \"species\": [\"Cu\"], \"vacancies\": {\"count\": 5}", "5 of 4 atoms"},
        {"\"lattice\": \"fcc\", \"a\": 4e-10, \"species\": [\"Cu\"], \"substitution\": [{\"species\": \"Ni\", \"for\": "
         "\"Fe\", \"count\": 1}]",
         "no species \"Fe\""},
        {"\"lattice\": \"fcc\", \"a\": 3.615, \"species\": [\"Cu\"]",
         "\"a\" is 3.615e+10 angstrom (a length without a unit is in m)"},
        {"\"lattice\": \"hcp\", \"a\": 3e-10, \"c\": 4.9, \"species\": [\"Mg\"]",
         "\"c\" is 4.9e+10 angstrom (a length"},
        {"\"lattice\": \"hcp\", \"a\": 3e-10, \"c\": \"4.9 m\", \"species\": [\"Mg\"]", "\"c\" is 4.9e+10 angstrom\n"},
        {"\"lattice\": \"hcp\", \"a\": 3e-10, \"c\": -4.9e-10, \"species\": [\"Mg\"]", "\"c\" is -4.9 angstrom"},
        {"\"lattice\": \"fcc\", \"a\": \"3.615 m\", \"species\": [\"Cu\"]", "\"a\" is 3.615e+10 angstrom\n"},
        {"\"lattice\": \"fcc\", \"a\": 4e-10, \"species\": [\"Cu\"], \"voids\": [{\"center\": [0,0,0], \"radius\": 5}]",
         "a void of radius 5e+10 angstrom (a length"},
        {"\"lattice\": \"fcc\", \"a\": 4e-10, \"species\": [\"Cu\"], \"displace\": {\"amplitude\": 0.1}",
         "displaced by up to 1e+09 angstrom (a length"},
        {"\"file\": \"nowhere.data\", \"species\": [\"Cu\"]", "nowhere.data"},
    };
    (void)state;
    for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++) {
        femd_error err = FEMD_ERROR_INIT;
        char json[512];
        atoms a;
        snprintf(json, sizeof json, "{\"structure\": {%s}}", wrong[k][0]);
        if (atoms_try(&a, json, 0.0, &err) == FEMD_OK) fail_msg("accepted: %s", wrong[k][0]);
        strcat(err.text, "\n");
        if (!strstr(err.text, wrong[k][1])) fail_msg("%s: %s", wrong[k][0], err.text);
        atoms_close(&a);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crystals_have_the_right_neighbours_in_every_orientation),
        cmocka_unit_test(sublattices_carry_their_species),
        cmocka_unit_test(defects_are_drawn_from_their_seed),
        cmocka_unit_test(voids_see_periodic_images),
        cmocka_unit_test(a_wrong_structure_is_refused_with_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
