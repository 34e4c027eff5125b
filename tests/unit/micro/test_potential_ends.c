/* Constructed tables of one and two species of which one function at a time does not end at zero, in value or in slope:
 * each is told, with the names of whom it belongs to, and counted in what a cutoff adds to mean tangents. */
#include "atoms_fixture.h"

#include <math.h>
#include <string.h>

enum { KNOTS = 1200, MOST = 2 };
#define CUTOFF 5.5

/* At the cutoff: values and slopes of phi of the pairs 11, 12, 22 (eV, eV/angstrom), of rho at species a due to b. */
typedef struct ends {
    const char *what;
    int species, fs, free; /* fs: a density for each pair; free: F = 0 */
    double early; /* angstrom: where all functions end, with zeros from there to the cutoff; 0: at the cutoff */
    double phi[3], phi_slope[3], rho[MOST][MOST], rho_slope[MOST][MOST];
    const char *told[2]; /* "": nothing */
} ends;

/* A function that ends with a value and a slope. */
static double ending(const ends *e, double inside, double r, double value, double slope) {
    const double end = e->early > 0 ? e->early : CUTOFF;
    if (e->early > 0 && r >= end) return 0;
    return (r < end ? inside * exp(0.3 / (r - end)) : 0) + value + slope * (r - end);
}

static int put_density(char *text, const ends *e, int a, int b) {
    const double dr = CUTOFF / (KNOTS - 1);
    int at = 0;
    for (int k = 0; k < KNOTS; k++)
        at += sprintf(text + at, "%.17g\n",
                      ending(e, (1 + b) * exp(-1.3 * k * dr), k * dr, e->rho[a][b], e->rho_slope[a][b]));
    return at;
}

static size_t put_table(char *text, const ends *e) {
    static const char *const names[MOST] = {"Xx", "Yy"};
    const double drho = 2.0 / (KNOTS - 1), dr = CUTOFF / (KNOTS - 1);
    const int n = e->species;
    int at = sprintf(text, "c\nc\nc\n%d Xx %s\n%d %.17g %d %.17g %g\n", n, n > 1 ? "Yy" : "", KNOTS, drho, KNOTS, dr,
                     CUTOFF);
    for (int b = 0; b < n; b++) {
        at += sprintf(text + at, "29 63.5 3.6 fcc %s\n", names[b]);
        for (int k = 0; k < KNOTS; k++) at += sprintf(text + at, "%.17g\n", e->free ? 0 : -2 * sqrt(k * drho + 0.05));
        if (!e->fs) at += put_density(text + at, e, 0, b);
        for (int a = 0; e->fs && a < n; a++) at += put_density(text + at, e, a, b); /* at a due to b */
    }
    for (int b = 0, pair = 0; b < n; b++)
        for (int a = 0; a <= b; a++, pair++)
            for (int k = 0; k < KNOTS; k++)
                at += sprintf(text + at, "%.17g\n",
                              k * dr *
                                  ending(e, 40 * exp(-2.2 * k * dr) - 0.8 * exp(-0.9 * k * dr), k * dr, e->phi[pair],
                                         e->phi_slope[pair]));
    return (size_t)at;
}

static femd_potential *opened(const ends *e, const char *interpolation) {
    static const char species[MOST][8] = {"Xx", "Yy"};
    char *text = malloc((size_t)KNOTS * 10 * 26 + 400), json[200];
    femd_error err = FEMD_ERROR_INIT;
    femd_json doc = FEMD_JSON_INIT;
    femd_potential *p;
    femd_pack pack = {"", 1, {{"x", {text, put_table(text, e)}}}};
    snprintf(json, sizeof json, "{\"style\": \"eam/%s\", \"file\": \"x\", \"interpolation\": \"%s\"}",
             e->fs ? "fs" : "alloy", interpolation);
    assert_int_equal(femd_json_parse(json, strlen(json), "test", &doc, &err), FEMD_OK);
    if (femd_potential_create(&doc, doc.root, &pack, species, e->species, &p, &err) != FEMD_OK)
        fail_msg("%s: %s", e->what, err.text);
    femd_json_clear(&doc);
    free(text);
    return p;
}

static const ends rows[] = {
    {"nothing", 1, 0, 0, 0, {0}, {0}, {{0}}, {{0}}, {"", ""}},
    {"nothing of two", 2, 1, 0, 0, {0}, {0}, {{0}}, {{0}}, {"", ""}},
    {"phi' alone", 1, 0, 0, 0, {0}, {0.005}, {{0}}, {{0}}, {"phi' of Xx-Xx ends at 0.005 eV/angstrom", ""}},
    {"phi' without embedding", 1, 0, 1, 0, {0}, {-0.005}, {{0}}, {{0}}, {"phi' of Xx-Xx ends at -0.005", ""}},
    {"phi alone", 1, 0, 1, 0, {2e-3}, {0}, {{0}}, {{0}}, {"phi of Xx-Xx ends at 2 meV", ""}},
    {"rho' alone", 1, 0, 0, 0, {0}, {0}, {{0}}, {{-1e-3}}, {"rho' of Xx ends at 0.00", ""}},
    {"rho alone", 1, 0, 0, 0, {0}, {0}, {{1e-3}}, {{0}}, {"rho of Xx ends at 0.00", ""}},
    {"phi' of one pair of three, 11", 2, 0, 0, 0, {0}, {0.005}, {{0}}, {{0}}, {"phi' of Xx-Xx ends at 0.005", ""}},
    {"phi' of one pair of three, 12", 2, 0, 0, 0, {0}, {0, 0.005}, {{0}}, {{0}}, {"phi' of Xx-Yy ends at 0.005", ""}},
    {"phi' of one pair of three, 22",
     2,
     0,
     0,
     0,
     {0},
     {0, 0, 0.005},
     {{0}},
     {{0}},
     {"phi' of Yy-Yy ends at 0.005", ""}},
    {"rho' of one of two", 2, 0, 0, 0, {0}, {0}, {{0}}, {{0, -1e-3}}, {"rho' of Yy ends at 0.00", ""}},
    {"rho' of one of four", 2, 1, 0, 0, {0}, {0}, {{0}}, {{0}, {-1e-3}}, {"rho' of Xx ends at 0.00", ""}},
    {"rho' of another of four", 2, 1, 0, 0, {0}, {0}, {{0}}, {{0, -1e-3}}, {"rho' of Yy ends at 0.00", ""}},
    {"rho of one of four", 2, 1, 0, 0, {0}, {0}, {{0}, {0, 1e-3}}, {{0}}, {"rho of Yy ends at 0.00", ""}},
    {"phi' and rho'", 2, 0, 0, 0, {0}, {0, 0.005}, {{0}}, {{-1e-3}}, {"phi' of Xx-Yy ends", "rho' of Xx ends"}},
};

static int counted(const char *text, const char *words) {
    int count = 0;
    while ((text = strstr(text, words))) count++, text++;
    return count;
}

static void what_does_not_end_at_zero_is_told_of_whom_it_is(void **state) {
    (void)state;
    static const char *const ways[] = {"auto", "smooth", "lammps"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t way = 0; way < 3; way++) {
            femd_potential *p = opened(&rows[i], ways[way]);
            const char *notes = femd_potential_notes(p);
            int wanted = 0;
            for (int k = 0; k < 2; k++) {
                if (!strstr(notes, rows[i].told[k])) fail_msg("%s, %s: %s", rows[i].what, ways[way], notes);
                wanted += rows[i].told[k][0] != 0;
            }
            if (counted(notes, " at the cutoff of 5.5 angstrom") != wanted)
                fail_msg("%s, %s: %s", rows[i].what, ways[way], notes);
            femd_potential_destroy(&p);
        }
}

static void what_jumps_is_counted_as_it_is(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const ends *e = &rows[i];
        const int n = e->species;
        femd_potential *p = opened(e, "auto");
        int jumps = 0;
        for (int pair = 0; pair < 3; pair++) jumps += e->phi_slope[pair] != 0;
        for (int k = 0; k < 4; k++) jumps += e->rho[k / 2][k % 2] != 0 || e->rho_slope[k / 2][k % 2] != 0;
        if ((p->end != NULL) != (jumps > 0)) fail_msg("%s", e->what);
        for (int k = 0; p->end && k < n * n; k++) {
            const int a = k / n, b = k % n, at = e->fs ? a : 0;
            assert_true(fabs(p->end[k].at - CUTOFF) < 1e-12);
            assert_true(fabs(p->end[k].slope - e->phi_slope[a + b]) < 1e-5); /* LAMMPS's slope of a last knot */
            assert_true(fabs(p->end[k].density - e->rho[at][b]) < 1e-9);
            assert_true(fabs(p->end[k].density_slope - e->rho_slope[at][b]) < 1e-6);
        }
        femd_potential_destroy(&p);
    }
}

/* Each pair may have a cutoff of its own within that of the file. */
static void what_ends_before_the_cutoff_is_told_where_it_ends(void **state) {
    (void)state;
    static const ends early[] = {
        {.species = 2, .early = 4.97, .phi = {0, 2e-3}, .told = {"phi of Xx-Yy ends at 2 meV at r = 4.97"}},
        {.species = 2,
         .early = 5.45,
         .phi_slope = {0, 0.005},
         .told = {"phi' of Xx-Yy ends at 0.005 eV/angstrom at r"}},
        {.species = 1, .early = 4.97, .phi_slope = {-0.005}, .told = {"phi' of Xx-Xx ends at -0.005 eV/angstrom at r"}},
        {.species = 2, .fs = 1, .early = 5.3, .rho = {{0}, {1e-3}}, .told = {"rho of Xx ends at 0.00"}},
        {.species = 2, .early = 5.3, .rho_slope = {{0, -1e-3}}, .told = {"rho' of Yy ends at 0.00"}},
        {.species = 2, .early = 4.97, .told = {""}},
    };
    for (size_t i = 0; i < sizeof early / sizeof *early; i++) {
        femd_potential *p = opened(&early[i], "auto");
        const char *notes = femd_potential_notes(p), *told = early[i].told[0];
        if (!strstr(notes, told) || counted(notes, "ends at ") != (told[0] != 0)) fail_msg("%zu: %s", i, notes);
        assert_null(strstr(notes, "at the cutoff"));
        femd_potential_destroy(&p);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_does_not_end_at_zero_is_told_of_whom_it_is),
        cmocka_unit_test(what_jumps_is_counted_as_it_is),
        cmocka_unit_test(what_ends_before_the_cutoff_is_told_where_it_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
