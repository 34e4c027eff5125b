/* Wires, clusters and what else vacuum leaves free to wander or to turn: that is held and told, and the rest is right.
 */
#include <stdio.h>

#include "engine_material.h"

enum { ATOMS_MAX = 400, FCC = 4, DIAMOND = 8 };
static const double DEEP = 14; /* angstrom of vacuum */

/* Atoms of a crystal within a cross-section, along z. */
typedef struct wire {
    int n;
    double x[3 * ATOMS_MAX], size[3];
} wire;

static const double sites[DIAMOND][3] = {{0, 0, 0},       {.5, .5, 0},     {.5, 0, .5},     {0, .5, .5},
                                         {.25, .25, .25}, {.75, .75, .25}, {.75, .25, .75}, {.25, .75, .75}};

static int within(const char *shape, double radius, const double p[3], double middle) {
    const double third = 0.5 * sqrt(3), x = p[0], y = p[1], z = p[2] - middle;
    if (strcmp(shape, "square") == 0) return fmax(fabs(x), fabs(y)) < radius;
    if (strcmp(shape, "hexagon") == 0)
        return fabs(x) < radius && fabs(0.5 * x + third * y) < radius && fabs(0.5 * x - third * y) < radius;
    return x * x + y * y + z * z < radius * radius;
}

static wire cut(const char *shape, int basis, double a, double radius, int cells) {
    const int reach = (int)(radius / a) + 3;
    wire w = {.size = {2 * radius + DEEP, 2 * radius + DEEP, cells * a}};
    for (int i = -reach; i <= reach; i++)
        for (int j = -reach; j <= reach; j++)
            for (int k = 0; k < cells; k++)
                for (int b = 0; b < basis; b++) {
                    const double p[3] = {(i + sites[b][0] + .1) * a, (j + sites[b][1] + .13) * a,
                                         (k + sites[b][2]) * a};
                    if (!within(shape, radius, p, 0.5 * cells * a)) continue;
                    assert_true(w.n < ATOMS_MAX);
                    memcpy(w.x + 3 * w.n++, p, sizeof p);
                }
    for (int i = 0; i < w.n; i++) w.x[3 * i] += 0.5 * w.size[0], w.x[3 * i + 1] += 0.5 * w.size[1];
    return w;
}

/* The wire again beside itself, beyond the vacuum. */
static wire twice(const wire *one) {
    wire w = *one;
    for (int i = 0; i < one->n; i++) {
        memcpy(w.x + 3 * w.n, one->x + 3 * i, 3 * sizeof *w.x);
        w.x[3 * w.n++] += one->size[0];
    }
    w.size[0] *= 2;
    return w;
}

/* As a data file, the wire along `axis`, and a material of it. */
static const char *material(const wire *w, int axis, const char *species, const char *more) {
    static char json[1000];
    FILE *f = fopen("test_engine_wire.data", "w");
    assert_non_null(f);
    fprintf(f, "a wire\n\n%d atoms\n1 atom types\n\n", w->n);
    for (int c = 0; c < 3; c++) fprintf(f, "0 %.12g %clo %chi\n", w->size[(c + 2 - axis) % 3], "xyz"[c], "xyz"[c]);
    fprintf(f, "\nMasses\n\n1 %s\n\nAtoms # atomic\n\n", strcmp(species, "Cu") ? "28.0855" : "63.546");
    for (int i = 0; i < w->n; i++) {
        fprintf(f, "%d 1", i + 1);
        for (int c = 0; c < 3; c++) fprintf(f, " %.12g", w->x[3 * i + (c + 2 - axis) % 3]);
        fputc('\n', f);
    }
    assert_int_equal(fclose(f), 0);
    snprintf(json, sizeof json,
             "{\"engine\":\"native\",\"structure\":{\"file\":\"test_engine_wire.data\",\"species\":[\"%s\"]},"
             "\"potential\":{\"style\":\"%s}%s}",
             species,
             strcmp(species, "Cu") ? "sw\",\"file\":\"Si.sw\"" : "eam/alloy\",\"file\":\"Cu_mishin1.eam.alloy\"", more);
    return json;
}

static void expect_note(femd_material *m, const char *words) {
    if (!strstr(femd_material_notes(m), words)) fail_msg("\"%s\" is not in: %s", words, femd_material_notes(m));
}

/* Nothing but the axis carries a stress; D there is that of differences. Returns it. */
static double expect_wire(femd_material *m, int axis) {
    const double zero[6] = {0};
    double E[6] = {0.01, -0.02, 0.015, 0.02, -0.01, 0.03};
    femd_response r, plus, minus;
    femd_buffer at = FEMD_BUFFER_INIT;
    evaluate(m, zero, BASIC, NULL, &r, NULL);
    assert_true(largest(6, r.S) < 1);
    const double D = r.D[7 * axis];
    E[axis] = 0.012;
    evaluate(m, E, BASIC, NULL, &r, &at);
    E[axis] = 0.012 + 1e-5;
    evaluate(m, E, BASIC, &at, &plus, NULL);
    E[axis] = 0.012 - 1e-5;
    evaluate(m, E, BASIC, &at, &minus, NULL);
    for (int c = 0; c < 36; c++)
        if (c != 7 * axis && fabs(r.D[c]) > 1e-8 * D) fail_msg("D[%d] = %g of %g Pa", c, r.D[c], D);
    for (int c = 0; c < 6; c++)
        if (c != axis && fabs(r.S[c]) > 1) fail_msg("S[%d] = %g Pa", c, r.S[c]);
    assert_true(r.S[axis] > 0.5 * 0.012 * D);
    const double slope = (plus.S[axis] - minus.S[axis]) / 2e-5;
    if (fabs(slope / r.D[7 * axis] - 1) > 1e-6) fail_msg("D %.9g, differences %.9g", r.D[7 * axis], slope);
    assert_int_equal(r.notes & (FEMD_NOTE_TANGENT_NOT_POSITIVE | FEMD_NOTE_NOT_ELLIPTIC), 0);
    femd_buffer_clear(&at);
    return D;
}

static void a_wire_carries_along_its_axis_alone(void **state) {
    static const char *const held[3] = {"22, 33, 23, 13, 12", "11, 33, 23, 13, 12", "11, 22, 23, 13, 12"};
    (void)state;
    for (int shape = 0; shape < 2; shape++)
        for (int silicon = 0; silicon < 2; silicon++) {
            const wire w = silicon ? cut(shape ? "hexagon" : "square", DIAMOND, 5.431, 7, 1)
                                   : cut(shape ? "hexagon" : "square", FCC, 3.615, 6, 2);
            double D[3];
            for (int axis = 0; axis < 3; axis++) {
                femd_material *m = open_material(material(&w, axis, silicon ? "Si" : "Cu", ""));
                expect_note(m, held[axis]);
                expect_note(m, "held: 0 of pieces against each other, 1 rotations");
                D[axis] = expect_wire(m, axis);
                femd_material_close(&m);
            }
            if (fabs(D[1] / D[0] - 1) > 1e-7 || fabs(D[2] / D[0] - 1) > 1e-7)
                fail_msg("%g, %g, %g Pa along x, y, z", D[0], D[1], D[2]);
        }
}

/* Copper, square, the path to 3 % and LAMMPS' minimisation (cg, 1e-11 eV/angstrom) of the same 147 atoms: S33 is
 * 0.21445451 GPa, with its tables. */
static void a_wire_is_that_of_lammps(void **state) {
    const wire w = cut("square", FCC, 3.615, 6, 3);
    const double E[6] = {0.03, 0.01, 0.03, 0.02, 0, 0.01};
    femd_response r;
    (void)state;
    femd_material *m = open_material(material(&w, 2, "Cu", ""));
    evaluate(m, E, BASIC, NULL, &r, NULL);
    if (fabs(r.S[2] / 0.21445451e9 - 1) > 1e-6) fail_msg("%.9g Pa", r.S[2]);
    femd_material_close(&m);
}

static void two_wires_wander_and_turn(void **state) {
    const wire one = cut("square", FCC, 3.615, 6, 2), two = twice(&one);
    (void)state;
    femd_material *m = open_material(material(&one, 2, "Cu", ""));
    const double D = expect_wire(m, 2);
    femd_material_close(&m);
    m = open_material(material(&two, 2, "Cu", ""));
    expect_note(m, "2 pieces; motions that cost no energy are held: 3 of pieces against each other, 2 rotations");
    assert_true(fabs(expect_wire(m, 2) / D - 1) < 1e-6);
    femd_material_close(&m);
}

/* A cluster has energy levels, no stress, and no note that says it localises; how it was strained is forgotten. */
static void a_cluster_carries_nothing(void **state) {
    wire w = cut("ball", FCC, 3.615, 5.5, 3);
    const double zero[6] = {0}, E[6] = {0.02, -0.03, 0.05, 0.04, 0.02, 0.05};
    femd_response r;
    femd_buffer at = FEMD_BUFFER_INIT;
    femd_error err = FEMD_ERROR_INIT;
    femd_material *m;
    (void)state;
    w.size[2] += DEEP;
    m = open_material(material(&w, 2, "Cu", ""));
    expect_note(m, "no stiffness against strains 11, 22, 33, 23, 13, 12");
    expect_note(m, "3 rotations");
    for (int k = 0; k < 2; k++) {
        evaluate(m, k ? zero : E, BASIC | FEMD_WANT_STABILITY, k ? &at : NULL, &r, k ? NULL : &at);
        assert_true(largest(6, r.S) == 0 && largest(36, r.D) == 0);
        assert_true(fabs(r.energy) < 1e-3 && r.stability > 1);
        assert_int_equal(r.notes & (FEMD_NOTE_TANGENT_NOT_POSITIVE | FEMD_NOTE_NOT_ELLIPTIC), 0);
    }
    femd_buffer_clear(&at);
    femd_material_close(&m);
    assert_int_equal(try_open(material(&w, 2, "Cu", ",\"reference\":{\"pressure\":\"1 MPa\"}"), &m, &err),
                     FEMD_BAD_INPUT);
    if (!strstr(err.text, "no cell carries that")) fail_msg("%s", err.text);
}

/* Across the wire no stiffness ends the way of a strain that nothing has; its length does. */
static void a_strain_without_measure_is_refused(void **state) {
    const wire w = cut("square", FCC, 3.615, 6, 2);
    femd_material *m = open_material(material(&w, 2, "Cu", ""));
    femd_request q = {.wants = BASIC, .value = {1e6}};
    femd_response r = {0};
    femd_error err = FEMD_ERROR_INIT;
    femd_buffer out = FEMD_BUFFER_INIT;
    const femd_bytes virgin = {NULL, 0};
    (void)state;
    assert_int_equal(femd_material_evaluate(m, &q, &virgin, NULL, &r, &out, &err), FEMD_OUT_OF_DOMAIN);
    if (!strstr(err.text, "away from where the atoms stand")) fail_msg("%s", err.text);
    femd_buffer_clear(&out);
    femd_material_close(&m);
}

static void vibrations_are_not_counted_where_atoms_turn(void **state) {
    static const char *const methods[] = {"quasiharmonic", "local-harmonic"};
    const wire w = cut("square", FCC, 3.615, 6, 2);
    (void)state;
    for (size_t k = 0; k < sizeof methods / sizeof *methods; k++) {
        char more[100];
        femd_material *m = NULL;
        femd_error err = FEMD_ERROR_INIT;
        snprintf(more, sizeof more, ",\"method\":\"%s\"", methods[k]);
        if (try_open(material(&w, 2, "Cu", more), &m, &err) != FEMD_BAD_INPUT || !strstr(err.text, "turn"))
            fail_msg("%s: %s", methods[k], err.text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wire_carries_along_its_axis_alone),
        cmocka_unit_test(a_wire_is_that_of_lammps),
        cmocka_unit_test(two_wires_wander_and_turn),
        cmocka_unit_test(a_cluster_carries_nothing),
        cmocka_unit_test(a_strain_without_measure_is_refused),
        cmocka_unit_test(vibrations_are_not_counted_where_atoms_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
