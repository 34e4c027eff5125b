/* Readers of EAM tables: setfl (eam/alloy), Finnis-Sinclair setfl (eam/fs) and funcfl (eam, mixed as LAMMPS mixes).
 *
 * It turns the bytes of a file into a femd_eam for the species of a structure; interpolation is the business of
 * potential_tables.c. Formats: LAMMPS manual, pair_style eam; Daw, Baskes 1984; Foiles, Baskes, Daw 1986. */
#include "crystal/elements.h"
#include "potentials/potential_tables.h"
#include "potentials/potential_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define HARTREE_BOHR       (27.2 * 0.529) /* eV angstrom, in LAMMPS's own rounding, which its files assume */
#define KNOTS_MOST_IN_FILE 10000000
#define ELEMENTS_MOST      64
#define LENGTH_MOST        1000.0 /* angstrom: of a cutoff or between knots */

static femd_status eam_read_count(femd_text *r, int least, int *out, const char *what) {
    double v;
    FEMD_TRY(femd_text_number(r, &v, what));
    if (v < least || v > KNOTS_MOST_IN_FILE || v != floor(v))
        return femd_fail(r->err, FEMD_BAD_INPUT, "%s:%d: %s is %g, expected a whole number from %d to %d", r->name,
                         r->line, what, v, least, KNOTS_MOST_IN_FILE);
    *out = (int)v;
    return FEMD_OK;
}

/* A file in hand, and what is odd about it. */
typedef struct eam_file {
    femd_text text;
    int odd;         /* tables whose last line holds more than it should */
    char first[140]; /* the first of them, in words */
} eam_file;

/* A table of n numbers into to, or past them if to is NULL. It starts on a line of its own; what its last line has
 * beyond n is passed over, as LAMMPS does, and noted. */
static femd_status eam_read_table(eam_file *f, int n, double *to, const char *what) {
    femd_text *r = &f->text;
    double v = 0.0;
    for (int k = 0; k < n; k++) {
        FEMD_TRY(femd_text_number(r, &v, what));
        if (to) to[k] = v;
    }
    const int line = r->line, surplus = femd_text_skip(r);
    if (surplus && !f->odd++)
        snprintf(f->first, sizeof f->first, "line %d has %d word%s after the %d numbers stated (%s)", line, surplus,
                 surplus == 1 ? "" : "s", n, what);
    return FEMD_OK;
}

/* Nothing but words may follow the last table: numbers there mean that one of the tables is longer than stated, and all
 * that follow it would be shifted. */
static femd_status eam_read_end(eam_file *f, femd_potential *p) {
    femd_text *r = &f->text;
    const char *word = femd_text_word(r);
    char *end = NULL;
    if (word && (strtod(word, &end), end != word) && !*end)
        return femd_fail(r->err, FEMD_BAD_INPUT,
                         "%s:%d: numbers follow the last table (\"%.20s\"); a table is longer than the file states, or "
                         "the file is of another style than %s",
                         r->name, r->line, word, p->style->name);
    if (word)
        femd_potential_remark(p, "%.80s:%d: \"%.20s\" and what follows is no part of a table and is passed over",
                              r->name, r->line, word);
    if (f->odd)
        femd_potential_remark(p, "%.80s: %s; passed over, as LAMMPS does%s", r->name, f->first,
                              f->odd > 1 ? "; other tables likewise" : "");
    return FEMD_OK;
}

/* nrho drho nr dr cutoff */
static femd_status eam_read_grid(femd_text *r, femd_eam *t) {
    FEMD_TRY(eam_read_count(r, 5, &t->nrho, "the number of densities"));
    FEMD_TRY(femd_text_number(r, &t->drho, "the spacing of densities"));
    FEMD_TRY(eam_read_count(r, 5, &t->nr, "the number of distances"));
    FEMD_TRY(femd_text_number(r, &t->dr, "the spacing of distances"));
    FEMD_TRY(femd_text_number(r, &t->cutoff, "the cutoff"));
    if ((size_t)t->nrho + (size_t)t->nr > r->size / 2)
        return femd_fail(r->err, FEMD_BAD_INPUT, "%s: the file ends where tables of %d and %d numbers are expected",
                         r->name, t->nrho, t->nr);
    t->rho_max = (t->nrho - 1) * t->drho;
    if (t->dr > LENGTH_MOST || t->cutoff > LENGTH_MOST || !isfinite(t->rho_max))
        return femd_fail(r->err, FEMD_BAD_INPUT, "%s:%d: a spacing of %g or a cutoff of %g angstrom is too large",
                         r->name, r->line, t->dr, t->cutoff);
    if (!(t->drho > 0.0) || !(t->dr > 0.0) || !(t->cutoff > 0.5) || !((t->nr - 1) * t->dr > 0.5))
        return femd_fail(r->err, FEMD_BAD_INPUT,
                         "%s:%d: spacings must be above zero, the cutoff above 0.5 angstrom; they are %g, %g and %g",
                         r->name, r->line, t->drho, t->dr, t->cutoff);
    (void)femd_text_skip(r);
    return FEMD_OK;
}

/* Element names of a setfl file into words[]; where[a] = position of species a in it. */
static femd_status eam_read_elements(femd_text *r, const cJSON *potential, const char (*species)[8], int n, int *count,
                                     int where[]) {
    char *word = femd_text_word(r), *save = NULL, *words[ELEMENTS_MOST], all[256] = "";
    const int line = r->line;
    if (!word) return femd_fail(r->err, FEMD_BAD_INPUT, "%s: the file ends where the elements are expected", r->name);
    const int stated = atoi(word);
    char *names = femd_text_line(r);
    word = names ? strtok_r(names, " \t\r\v\f", &save) : NULL;
    for (*count = 0; word && *count < ELEMENTS_MOST; (*count)++, word = strtok_r(NULL, " \t\r\v\f", &save)) {
        words[*count] = word;
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", *count ? ", " : "", word);
    }
    if (stated < 1 || stated != *count)
        return femd_fail(r->err, FEMD_BAD_INPUT,
                         "%s:%d: expected the number of elements and their names; is it a setfl file?", r->name, line);
    for (int a = 0; a < n; a++) {
        const char *want = femd_text_name(potential, species[a]);
        where[a] = -1;
        for (int k = 0; k < *count; k++)
            if (strcmp(words[k], want) == 0) where[a] = k;
        if (where[a] < 0)
            return femd_fail(r->err, FEMD_BAD_INPUT, "material: structure.species: %s has no element \"%s\"; it has %s",
                             r->name, want, all);
    }
    return FEMD_OK;
}

/* One element's block: header, F, one density or (fs) one for each element. Entry (at a, due to b) = block b, and for
 * fs its column a. */
static femd_status eam_read_element(eam_file *f, femd_eam *t, int element, int count, int fs, const int where[]) {
    femd_text *r = &f->text;
    double number, mass, *keep = NULL;
    size_t nr = (size_t)t->nr, nrho = (size_t)t->nrho, n = (size_t)t->n;
    FEMD_TRY(femd_text_number(r, &number, "an atomic number"));
    FEMD_TRY(femd_text_number(r, &mass, "a mass"));
    (void)femd_text_skip(r); /* lattice constant and structure: of no use here */
    for (size_t a = 0; a < n; a++)
        if (where[a] == element) keep = t->embed + a * nrho, t->mass[a] = mass;
    FEMD_TRY(eam_read_table(f, t->nrho, keep, "an embedding energy"));
    for (size_t a = 0; a < n; a++)
        if (keep && where[a] == element) memmove(t->embed + a * nrho, keep, nrho * sizeof(double));
    for (int column = 0; column < (fs ? count : 1); column++) {
        double *first = NULL;
        for (size_t b = 0; b < n && !first; b++)
            for (size_t a = 0; a < n && !first; a++)
                if (where[b] == element && (!fs || where[a] == column)) first = t->density + (a * n + b) * nr;
        FEMD_TRY(eam_read_table(f, t->nr, first, "a density"));
        for (size_t b = 0; b < n && first; b++)
            for (size_t a = 0; a < n; a++)
                if (where[b] == element && (!fs || where[a] == column))
                    memmove(t->density + (a * n + b) * nr, first, nr * sizeof(double));
    }
    return FEMD_OK;
}

static femd_status eam_read_setfl(eam_file *f, const cJSON *potential, const char (*species)[8], int n, int fs,
                                  femd_eam *t) {
    femd_text *r = &f->text;
    int count = 0, where[FEMD_SPECIES_MAX];
    FEMD_TRY(femd_text_title(r));
    if (!femd_text_line(r) || !femd_text_line(r))
        return femd_fail(r->err, FEMD_BAD_INPUT, "%s: three comment lines are expected first", r->name);
    femd_text_uncomment(r);
    FEMD_TRY(eam_read_elements(r, potential, species, n, &count, where));
    FEMD_TRY(eam_read_grid(r, t));
    t->n = n;
    FEMD_TRY(femd_eam_reserve(t, r->err));
    for (int e = 0; e < count; e++) FEMD_TRY(eam_read_element(f, t, e, count, fs, where));
    for (int i = 0; i < count; i++)
        for (int j = 0; j <= i; j++) {
            double *first = NULL;
            for (int pass = 0; pass < 2; pass++) {
                for (int a = 0; a < n; a++)
                    for (int b = 0; b < n; b++) {
                        double *to = t->z + (size_t)(a * n + b) * (size_t)t->nr;
                        if (!(where[a] == i && where[b] == j) && !(where[a] == j && where[b] == i)) continue;
                        if (pass == 0)
                            first = first ? first : to;
                        else
                            memmove(to, first, (size_t)t->nr * sizeof(double));
                    }
                if (pass == 0) FEMD_TRY(eam_read_table(f, t->nr, first, "a pair energy"));
            }
        }
    return FEMD_OK;
}

/* A funcfl file names its element by a number alone, and the material calls it what it likes. */
static void eam_tell_element(const char *name, double number, const char *species, femd_potential *p) {
    const char *symbol = number >= 1 && number <= 999 ? femd_element_symbol((int)number) : NULL;
    if (!symbol || !femd_elements_differ(symbol, species)) return;
    femd_potential_remark(p, "%.80s: the file is of element %d, %s, and the material calls it %s", name, (int)number,
                          symbol, species);
}

/* One funcfl file as a femd_eam of one species whose z is the effective charge Z(r). */
static femd_status eam_read_funcfl(eam_file *f, const char *species, femd_eam *t, femd_potential *p) {
    femd_text *r = &f->text;
    double number;
    FEMD_TRY(femd_text_title(r));
    femd_text_uncomment(r);
    FEMD_TRY(femd_text_number(r, &number, "an atomic number"));
    FEMD_TRY(femd_text_number(r, &t->mass[0], "a mass"));
    eam_tell_element(r->name, number, species, p);
    (void)femd_text_skip(r);
    FEMD_TRY(eam_read_grid(r, t));
    t->n = 1;
    FEMD_TRY(femd_eam_reserve(t, r->err));
    FEMD_TRY(eam_read_table(f, t->nrho, t->embed, "an embedding energy"));
    FEMD_TRY(eam_read_table(f, t->nr, t->z, "an effective charge"));
    return eam_read_table(f, t->nr, t->density, "a density");
}

/* Four-point Lagrange interpolation of f (n knots, spacing h) at x, as LAMMPS moves funcfl tables to a common grid. */
static double eam_regrid(const double *f, int n, double h, double x) {
    double p = x / h + 1.0;
    int k = p < n - 2 ? (int)p : n - 2;
    k = k > 2 ? k : 2;
    p -= k;
    p = p < 2.0 ? p : 2.0;
    f += k - 1;
    return -1.0 / 6.0 * p * (p - 1.0) * (p - 2.0) * f[-1] + 0.5 * (p * p - 1.0) * (p - 2.0) * f[0] -
           0.5 * p * (p + 1.0) * (p - 2.0) * f[1] + 1.0 / 6.0 * p * (p * p - 1.0) * f[2];
}

/* Several funcfl elements on LAMMPS's common grid: largest spacings, largest ranges; phi_ij = 27.2*0.529 Z_i Z_j / r.
 */
static femd_status eam_mix_funcfl(const femd_eam *one, int n, femd_eam *t, femd_error *err) {
    double r_max = 0.0;
    t->n = n;
    for (int a = 0; a < n; a++) {
        t->dr = fmax(t->dr, one[a].dr);
        t->drho = fmax(t->drho, one[a].drho);
        r_max = fmax(r_max, (one[a].nr - 1) * one[a].dr);
        t->rho_max = fmax(t->rho_max, (one[a].nrho - 1) * one[a].drho);
        t->cutoff = fmax(t->cutoff, one[a].cutoff);
        t->mass[a] = one[a].mass[0];
    }
    t->nr = (int)(r_max / t->dr + 0.5);
    t->nrho = (int)(t->rho_max / t->drho + 0.5);
    if (t->nr < 5 || t->nrho < 5)
        return femd_fail(err, FEMD_BAD_INPUT, "the tables of these elements have no common grid");
    FEMD_TRY(femd_eam_reserve(t, err));
    for (int a = 0; a < n; a++) {
        for (int k = 0; k < t->nrho; k++)
            t->embed[(size_t)a * (size_t)t->nrho + (size_t)k] =
                eam_regrid(one[a].embed, one[a].nrho, one[a].drho, k * t->drho);
        for (int b = 0; b < n; b++)
            for (int k = 0; k < t->nr; k++) {
                size_t to = (size_t)(a * n + b) * (size_t)t->nr + (size_t)k;
                double r = k * t->dr;
                t->density[to] = eam_regrid(one[b].density, one[b].nr, one[b].dr, r);
                t->z[to] = HARTREE_BOHR * eam_regrid(one[a].z, one[a].nr, one[a].dr, r) *
                           eam_regrid(one[b].z, one[b].nr, one[b].dr, r);
            }
    }
    return FEMD_OK;
}

static femd_status eam_funcfl(const femd_potential_source *from, femd_eam *t, femd_potential *p, femd_error *err) {
    const cJSON *potential = from->object;
    const int n = from->nspecies;
    const cJSON *files = femd_json_get(potential, "files");
    femd_eam one[FEMD_SPECIES_MAX];
    femd_status rc = FEMD_OK;
    memset(one, 0, sizeof one);
    for (int a = 0; a < n && rc == FEMD_OK; a++) {
        const char *name = femd_json_string(files, from->species[a],
                                            n == 1 || !files ? femd_json_string(potential, "file", NULL) : NULL);
        eam_file f = {0};
        if (!name || (n > 1 && !files))
            rc = femd_json_fail(from->doc, potential, err,
                                "a funcfl file holds one element: name one for each of the %d species in \"files\"", n);
        else if ((rc = femd_text_open(&f.text, from->doc, potential, from->pack, name, err)) == FEMD_OK) {
            rc = eam_read_funcfl(&f, from->species[a], &one[a], p);
            if (rc == FEMD_OK) rc = eam_read_end(&f, p);
            femd_text_close(&f.text);
        }
    }
    if (rc == FEMD_OK) rc = eam_mix_funcfl(one, n, t, err);
    for (int a = 0; a < n; a++) femd_eam_clear(&one[a]);
    return rc;
}

static femd_status eam_interpolation(const femd_json *doc, const cJSON *potential, femd_interpolation *how,
                                     femd_error *err) {
    const char *text = femd_json_string(potential, "interpolation", "auto");
    if (strcmp(text, "auto") == 0)
        *how = FEMD_INTERPOLATE_AUTO;
    else if (strcmp(text, "smooth") == 0)
        *how = FEMD_INTERPOLATE_SMOOTH;
    else if (strcmp(text, "lammps") == 0)
        *how = FEMD_INTERPOLATE_LAMMPS;
    else
        return femd_json_fail(doc, potential, err, "unknown interpolation \"%s\"; accepted: auto, smooth, lammps",
                              text);
    return FEMD_OK;
}

static femd_status eam_setfl(const femd_potential_source *from, int fs, femd_eam *t, femd_potential *p,
                             femd_error *err) {
    const char *name = femd_json_string(from->object, "file", "");
    eam_file f = {0};
    FEMD_TRY(femd_text_open(&f.text, from->doc, femd_json_get(from->object, "file"), from->pack, name, err));
    femd_status rc = eam_read_setfl(&f, from->object, from->species, from->nspecies, fs, t);
    if (rc == FEMD_OK) rc = eam_read_end(&f, p);
    femd_text_close(&f.text);
    return rc;
}

static femd_status eam_alloy(const femd_potential_source *from, femd_eam *t, femd_potential *p, femd_error *err) {
    return eam_setfl(from, 0, t, p, err);
}

static femd_status eam_fs(const femd_potential_source *from, femd_eam *t, femd_potential *p, femd_error *err) {
    return eam_setfl(from, 1, t, p, err);
}

/* A potential from the file that `file` reads. */
static femd_status eam_read_from(femd_status (*file)(const femd_potential_source *, femd_eam *, femd_potential *,
                                                     femd_error *),
                                 const femd_potential_source *from, femd_potential *p, femd_error *err) {
    femd_interpolation how = FEMD_INTERPOLATE_AUTO;
    femd_eam t;
    memset(&t, 0, sizeof t);
    FEMD_TRY(eam_interpolation(from->doc, from->object, &how, err));
    femd_status rc = file(from, &t, p, err);
    if (rc == FEMD_OK) rc = femd_eam_tabulate(&t, how, p, err);
    if (rc == FEMD_OK) rc = femd_eam_find_cut(&t, p, err);
    if (rc == FEMD_OK) femd_eam_judge(&t, from->species, p);
    femd_eam_clear(&t);
    snprintf(p->label, sizeof p->label, "%s %.80s", p->style->name, femd_json_string(from->object, "file", ""));
    return rc;
}

static femd_status eam_read(const femd_potential_source *from, femd_potential *p, femd_error *err) {
    return eam_read_from(eam_funcfl, from, p, err);
}

static femd_status eam_alloy_read(const femd_potential_source *from, femd_potential *p, femd_error *err) {
    return eam_read_from(eam_alloy, from, p, err);
}

static femd_status eam_fs_read(const femd_potential_source *from, femd_potential *p, femd_error *err) {
    return eam_read_from(eam_fs, from, p, err);
}

const femd_potential_style femd_style_eam = {
    .name = "eam", .form = "eam", .read = eam_read, .clear = femd_eam_tables_clear};
const femd_potential_style femd_style_eam_alloy = {
    .name = "eam/alloy", .form = "eam", .read = eam_alloy_read, .clear = femd_eam_tables_clear};
const femd_potential_style femd_style_eam_fs = {
    .name = "eam/fs", .form = "eam", .read = eam_fs_read, .clear = femd_eam_tables_clear};
