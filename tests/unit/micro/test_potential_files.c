/* EAM files as people have them: line by line as LAMMPS reads them. Whatever a file has around its numbers, the tables
 * are those of the plain file bit for bit, and what was passed over is told; what would shift a table is refused. */
#include "atoms_fixture.h"

#include <math.h>
#include <string.h>

#include "crystal/file_text.h"
#include "potentials/potential_eam.h"

enum { LINES = 64, NRHO = 21, NR = 51 };

/* A small setfl or funcfl file as lines: title, (two comments, elements,) grid, element, F, then two tables of r. */
typedef struct lines {
    int n;
    char of[LINES][1600];
} lines;

static double embedding(int k) {
    return -1.41421356 * sqrt(k);
}

static double falling(int k, double rate) {
    return k < NR - 1 ? exp(-rate * k * 0.11) * pow(1 - k / (NR - 1.0), 3) : 0;
}

/* Numbers `each` on a line; the first of them on a line of their own. */
static void put_table(lines *to, int count, double (*f)(int, double), double rate, int each) {
    for (int k = 0; k < count; k++) {
        char *line = to->of[to->n];
        if (k % each == 0) *line = '\0';
        const size_t used = strlen(line);
        snprintf(line + used, sizeof to->of[0] - used, "%s%.8e", k % each ? " " : "", f ? f(k, rate) : embedding(k));
        if (k % each == each - 1 || k == count - 1) to->n++;
    }
}

static void put_line(lines *to, const char *text) {
    snprintf(to->of[to->n++], sizeof to->of[0], "%s", text);
}

/* Lines of a setfl file: 0-2 comments, 3 elements, 4 grid, 5 element, 6-8 F, 9-14 density, 15-20 r phi; of a funcfl
 * file: 0 comment, 1 element, 2 grid, 3-5 F, 6-11 Z, 12-17 density. */
static void plain(lines *to, int funcfl) {
    to->n = 0;
    put_line(to, "made up");
    if (!funcfl) put_line(to, "c"), put_line(to, "c"), put_line(to, "1 Xx"), put_line(to, "21 2 51 0.11 5.5");
    put_line(to, "29 63.5 3.6 fcc");
    if (funcfl) put_line(to, "21 2 51 0.11 5.5");
    put_table(to, NRHO, NULL, 0, 10);
    put_table(to, NR, falling, 1.7, 10);
    put_table(to, NR, falling, 1.3, 10);
}

static void insert(lines *to, int at, const char *text) {
    memmove(to->of[at + 1], to->of[at], (size_t)(to->n++ - at) * sizeof to->of[0]);
    snprintf(to->of[at], sizeof to->of[0], "%s", text);
}

static void append(lines *to, int at, const char *text) {
    const size_t used = strlen(to->of[at]);
    snprintf(to->of[at] + used, sizeof to->of[0] - used, "%s", text);
}

static femd_status open_lines(const lines *from, int funcfl, const char *end, femd_potential **p, femd_error *err) {
    const char species[1][8] = {"Xx"},
               *json = funcfl ? "{\"style\": \"eam\", \"file\": \"x\"}" : "{\"style\": \"eam/alloy\", \"file\": \"x\"}";
    char *text = calloc(1, sizeof *from);
    size_t at = 0;
    for (int k = 0; k < from->n; k++) at += (size_t)sprintf(text + at, "%s%s", from->of[k], end);
    femd_json doc = FEMD_JSON_INIT;
    const femd_pack pack = {"", 1, {{"x", {text, at}}}};
    assert_int_equal(femd_json_parse(json, strlen(json), "test", &doc, err), FEMD_OK);
    const femd_status rc = femd_potential_create(&doc, doc.root, &pack, species, 1, p, err);
    femd_json_clear(&doc);
    free(text);
    return rc;
}

static void same_tables(const femd_potential *a, const femd_potential *b) {
    const femd_eam_tables *s = femd_eam_tables_of(a), *t = femd_eam_tables_of(b);
    assert_int_equal(s->knots, t->knots);
    assert_int_equal(s->fknots, t->fknots);
    assert_memory_equal(s->pair, t->pair, (size_t)s->knots * (size_t)s->stride * sizeof(double));
    assert_memory_equal(s->embed, t->embed, (size_t)s->fknots * 4 * sizeof(double));
    assert_true(a->cutoff == b->cutoff && a->mass[0] == b->mass[0]);
}

/* note: words that a note must have; NULL: the notes are those of the plain file. */
static void reads_as_plain(const lines *odd, int funcfl, const char *end, const char *note) {
    femd_error err = FEMD_ERROR_INIT;
    femd_potential *p = NULL, *q = NULL;
    lines *l = calloc(1, sizeof *l);
    plain(l, funcfl);
    if (open_lines(l, funcfl, "\n", &p, &err) != FEMD_OK) fail_msg("%s", err.text);
    if (open_lines(odd, funcfl, end, &q, &err) != FEMD_OK) fail_msg("%s", err.text);
    same_tables(p, q);
    if (note && !strstr(femd_potential_notes(q), note)) fail_msg("\"%s\" is not in \"%s\"", note, q->notes);
    if (!note) assert_string_equal(femd_potential_notes(p), femd_potential_notes(q));
    femd_potential_destroy(&p);
    femd_potential_destroy(&q);
    free(l);
}

static void refused(const lines *wrong, int funcfl, const char *words) {
    femd_error err = FEMD_ERROR_INIT;
    femd_potential *p = NULL;
    if (open_lines(wrong, funcfl, "\n", &p, &err) == FEMD_OK) fail_msg("read without \"%s\"", words);
    assert_null(p);
    if (!strstr(err.text, words)) fail_msg("\"%s\" is not in \"%s\"", words, err.text);
}

static void what_surrounds_the_numbers_changes_nothing(void **state) {
    (void)state;
    lines *l = calloc(1, sizeof *l);
    for (int funcfl = 0; funcfl < 2; funcfl++) {
        const int element = funcfl ? 1 : 5, grid = funcfl ? 2 : 4, first = funcfl ? 3 : 6;
        plain(l, funcfl);
        reads_as_plain(l, funcfl, "\r\n", NULL);
        reads_as_plain(l, funcfl, " \t \r\n", NULL);
        snprintf(l->of[0], sizeof l->of[0], "DATE: today UNITS:\tmetal CONTRIBUTOR: nobody");
        snprintf(l->of[element], sizeof l->of[0], "29 63.5"); /* what follows the mass is optional */
        reads_as_plain(l, funcfl, "\n", NULL);
        plain(l, funcfl);
        snprintf(l->of[element], sizeof l->of[0], "29\n63.5 3.6 fcc 0 0 0 0");
        append(l, grid, "  # grid");
        append(l, first, "# F");
        insert(l, first, "# 1 2 3");
        insert(l, first, "");
        insert(l, first + 5, "#");
        reads_as_plain(l, funcfl, "\n", NULL);
        append(l, grid, "\n"); /* the grid may go over lines */
        *strchr(l->of[grid], ' ') = '\n';
        reads_as_plain(l, funcfl, "\n", NULL);
    }
    free(l);
}

static void numbers_may_be_spread_in_any_way_within_a_table(void **state) {
    (void)state;
    lines *l = calloc(1, sizeof *l);
    for (int funcfl = 0; funcfl < 2; funcfl++) {
        plain(l, funcfl);
        l->n = funcfl ? 3 : 6;
        put_table(l, NRHO, NULL, 0, 7);
        put_table(l, NR, falling, 1.7, NR);
        put_table(l, NR, falling, 1.3, 5);
        reads_as_plain(l, funcfl, "\n", NULL);
    }
    free(l);
}

static void surplus_at_the_end_of_a_table_is_passed_over_and_told(void **state) {
    (void)state;
    lines *l = calloc(1, sizeof *l);
    for (int funcfl = 0; funcfl < 2; funcfl++)
        for (int table = 0; table < 3; table++)
            for (int surplus = 1; surplus < 4; surplus++) {
                const int last = (funcfl ? 5 : 8) + 6 * table;
                char note[60];
                plain(l, funcfl);
                for (int k = 0; k < surplus; k++) append(l, last, " 0.125");
                snprintf(note, sizeof note, "x: line %d has %d word%s after the %d numbers", last + 1, surplus,
                         surplus > 1 ? "s" : "", table ? NR : NRHO);
                reads_as_plain(l, funcfl, "\n", note);
            }
    plain(l, 0);
    for (int table = 0; table < 3; table++) append(l, 8 + 6 * table, " 0");
    reads_as_plain(l, 0, "\n", "passed over, as LAMMPS does; other tables likewise");
    plain(l, 0);
    put_line(l, "made by hand");
    put_line(l, "1 2 3");
    reads_as_plain(l, 0, "\n", "x:22: \"made\" and what follows is no part of a table");
    free(l);
}

static void what_would_shift_a_table_is_refused(void **state) {
    (void)state;
    lines *l = calloc(1, sizeof *l);
    for (int funcfl = 0; funcfl < 2; funcfl++)
        for (int table = 0; table < 3; table++) {
            const int last = (funcfl ? 5 : 8) + 6 * table;
            plain(l, funcfl);
            insert(l, last + 1, "0.0"); /* a line more */
            refused(l, funcfl, "numbers follow the last table");
            plain(l, funcfl);
            *strrchr(l->of[last - 1], ' ') = '\0'; /* a number less */
            refused(l, funcfl, "the file ends where");
        }
    plain(l, 0);
    append(l, 8, " ");
    append(l, 8, l->of[9]); /* the next table begins on the last line of F */
    memmove(l->of[9], l->of[10], (size_t)(l->n - 10) * sizeof l->of[0]);
    l->n--;
    refused(l, 0, "the file ends where");
    plain(l, 0);
    snprintf(l->of[0], sizeof l->of[0], "UNITS:\treal");
    refused(l, 0, "x:1: units \"real\"");
    plain(l, 0);
    snprintf(l->of[0], sizeof l->of[0], "UNITS: metallic");
    refused(l, 0, "x:1: units \"metallic\"");
    plain(l, 0);
    snprintf(l->of[8], sizeof l->of[0], "x");
    refused(l, 0, "x:9: \"x\" where an embedding energy is expected");
    free(l);
}

static void zero_bytes_are_no_text(void **state) {
    (void)state;
    femd_error err = FEMD_ERROR_INIT;
    femd_json doc = FEMD_JSON_INIT;
    femd_potential *p = NULL;
    const char species[1][8] = {"Xx"}, *json = "{\"style\": \"eam/alloy\", \"file\": \"x\"}";
    const femd_pack pack = {"", 1, {{"x", {"c\nc\nc\0\n1 Xx\n", 13}}}};
    assert_int_equal(femd_json_parse(json, strlen(json), "test", &doc, &err), FEMD_OK);
    assert_int_equal(femd_potential_create(&doc, doc.root, &pack, species, 1, &p, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "x is no text"));
    femd_json_clear(&doc);
}

/* However lines end, they are the same lines; where only some end with a carriage return alone, that is refused. */
static void lines_end_alike_or_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *text, *becomes; /* NULL: refused */
    } trial[] = {{"a\nb\n", "a\nb\n"},
                 {"a\rb\r", "a\nb\n"},
                 {"\xef\xbb\xbf"
                  "a\n",
                  "a\n"},
                 {"a\r\nb\r\n", "a\r\nb\r\n"},
                 {"a\r\r\nb\r", "a\r\r\nb\r"},
                 {"a\n# of\rb\n", NULL}};
    for (size_t i = 0; i < sizeof trial / sizeof *trial; i++) {
        femd_error err = FEMD_ERROR_INIT;
        femd_json doc = FEMD_JSON_INIT;
        char *text = NULL;
        size_t size = 0;
        const femd_pack pack = {"", 1, {{"x", {trial[i].text, strlen(trial[i].text)}}}};
        assert_int_equal(femd_json_parse("{}", 2, "test", &doc, &err), FEMD_OK);
        const femd_status rc = femd_file_text(&doc, doc.root, &pack, "x", &text, &size, &err);
        assert_int_equal(rc, trial[i].becomes ? FEMD_OK : FEMD_BAD_INPUT);
        if (trial[i].becomes) assert_string_equal(text, trial[i].becomes);
        if (trial[i].becomes) assert_int_equal(size, strlen(text));
        if (!trial[i].becomes && !strstr(err.text, "x: line 2 has a carriage return within")) fail_msg("%s", err.text);
        free(text);
        femd_json_clear(&doc);
    }
}

/* Knots more than an angstrom apart: the first of them lie nearer to zero than any table is used, and what is compared
 * begins beyond. A sanitizer sees what is read. */
static void wide_knots_are_read(void **state) {
    (void)state;
    static const double spacing[] = {1.01, 1.1, 1.4, 1.47, 2.0, 50.0};
    for (size_t k = 0; k < sizeof spacing / sizeof *spacing; k++)
        for (int funcfl = 0; funcfl < 2; funcfl++) {
            femd_error err = FEMD_ERROR_INIT;
            femd_potential *p = NULL;
            lines *l = calloc(1, sizeof *l);
            plain(l, funcfl);
            snprintf(l->of[funcfl ? 2 : 4], sizeof l->of[0], "21 2 51 %g 5.5", spacing[k]);
            if (open_lines(l, funcfl, "\n", &p, &err) != FEMD_OK) fail_msg("%s", err.text);
            assert_true(isfinite(femd_eam_tables_of(p)->refit_error));
            femd_potential_destroy(&p);
            free(l);
        }
}

static void numbers_too_large_are_refused(void **state) {
    (void)state;
    lines *l = calloc(1, sizeof *l);
    plain(l, 0);
    snprintf(l->of[4], sizeof l->of[0], "21 2 51 1e10 5.5");
    refused(l, 0, "x:5: a spacing of 1e+10 or a cutoff of 5.5 angstrom is too large");
    plain(l, 0);
    snprintf(l->of[4], sizeof l->of[0], "21 1e308 51 0.11 5.5");
    refused(l, 0, "too large");
    plain(l, 0);
    snprintf(l->of[4], sizeof l->of[0], "5000000 1 51 0.11 5.5");
    refused(l, 0, "x: the file ends where tables of 5000000 and 51 numbers are expected");
    plain(l, 0);
    snprintf(l->of[8], sizeof l->of[0], "1e308");
    refused(l, 0, "too large for their differences");
    free(l);
}

/* LAMMPS 29 Sep 2021, run 0 of the three files: pe -33.028901 eV of 32 atoms, 147055.53 bar. */
static void field_files_answer_as_lammps(void **state) {
    (void)state;
    static const char *const files[] = {"plain", "surplus", "hash"};
    for (size_t k = 0; k < sizeof files / sizeof *files; k++) {
        femd_error err = FEMD_ERROR_INIT;
        char json[700];
        double W, tau[6];
        atoms a;
        snprintf(json, sizeof json,
                 "{\"structure\": {\"lattice\": \"fcc\", \"a\": \"3.6 angstrom\", \"species\": [\"Xa\"], \"repeat\": "
                 "[2, 2, 2]}, \"potential\": {\"style\": \"eam/alloy\", \"file\": "
                 "\"" FEMD_FIELD_FILES "/setfl_%s.eam.alloy\"}}",
                 files[k]);
        atoms_open(&a, json, 0.3);
        assert_int_equal(femd_energetics_forces(a.e, a.nb, a.s.cell, a.s.x, &W, NULL, tau, &err), FEMD_OK);
        assert_true(fabs(W + 33.028901) < 1e-6);
        const double volume = 8 * 3.6 * 3.6 * 3.6,
                     bar = 1.6021765e6; /* of one eV per cubic angstrom, as LAMMPS has it */
        for (int c = 0; c < 3; c++) assert_true(fabs(tau[c] / volume * bar / -147055.53 - 1) < 1e-7);
        atoms_close(&a);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_surrounds_the_numbers_changes_nothing),
        cmocka_unit_test(numbers_may_be_spread_in_any_way_within_a_table),
        cmocka_unit_test(surplus_at_the_end_of_a_table_is_passed_over_and_told),
        cmocka_unit_test(what_would_shift_a_table_is_refused),
        cmocka_unit_test(zero_bytes_are_no_text),
        cmocka_unit_test(lines_end_alike_or_are_refused),
        cmocka_unit_test(wide_knots_are_read),
        cmocka_unit_test(numbers_too_large_are_refused),
        cmocka_unit_test(field_files_answer_as_lammps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
