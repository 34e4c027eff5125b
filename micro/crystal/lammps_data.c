/* Reader of LAMMPS data files: sections of atoms, masses and labels of types. Velocities and image flags are passed
 * over, other sections too, with a note. Atoms come out in the order of their ids, the box's low corner at the origin.
 * Format: LAMMPS manual, read_data; the header is read by lammps_header.c. */
#include "crystal/lammps_data.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crystal/elements.h"
#include "crystal/lammps_header.h"

enum { COLUMNS_MOST = 12, IMAGES = 3, LABEL_SIZE = 32 };
#define ID_MOST 9007199254740992.0 /* whole numbers up to here are doubles */

/* Columns of a line of Atoms, counted from 0; image flags may follow. */
typedef struct atom_style {
    const char *name;
    int columns, type, x;
    const char *passed; /* what stands in the other columns */
} atom_style;

static const atom_style styles[] = {
    {"atomic", 5, 1, 2, NULL},
    {"charge", 6, 1, 3, "charges"},
    {"bond", 6, 2, 3, "molecule numbers"},
    {"angle", 6, 2, 3, "molecule numbers"},
    {"molecular", 6, 2, 3, "molecule numbers"},
    {"full", 7, 2, 4, "molecule numbers and charges"},
};

/* Styles of LAMMPS whose lines femd does not know. */
static const char *const other_styles[] = {"amoeba", "body",     "bpm/sphere", "dielectric", "dipole",    "dpd",
                                           "edpd",   "electron", "ellipsoid",  "hybrid",     "line",      "mdpd",
                                           "oxdna",  "peri",     "rheo",       "smd",        "sph",       "sphere",
                                           "spin",   "tdpd",     "template",   "tri",        "wavepacket"};

typedef struct lammps_file {
    femd_lines lines;
    femd_lammps_header header;
    const int *species; /* of each type */
    int types, header_done, atoms_done, masses_done;
    size_t size;
    const char *wanted; /* atom style that the material says; NULL: none */
    femd_structure *s;
    char label[FEMD_SPECIES_MAX][LABEL_SIZE]; /* "": the type has none */
    char passed[200];                         /* titles of sections passed over */
} lammps_file;

#define LAMMPS_FAIL(f, ...) femd_fail((f)->lines.err, FEMD_BAD_INPUT, __VA_ARGS__)

typedef femd_status (*section_reader)(lammps_file *, const char *comment);
static femd_status lammps_labels(lammps_file *f, const char *comment);
static femd_status lammps_masses(lammps_file *f, const char *comment);
static femd_status lammps_atoms(lammps_file *f, const char *comment);

static const struct section {
    const char *title;
    section_reader read; /* NULL: passed over */
    int told;
} sections[] = {
    {"Atoms", lammps_atoms, 0},
    {"Masses", lammps_masses, 0},
    {"Atom Type Labels", lammps_labels, 0},
    {"Velocities", NULL, 0},
    {"Ellipsoids", NULL, 1},
    {"Lines", NULL, 1},
    {"Triangles", NULL, 1},
    {"Bodies", NULL, 1},
    {"Bonds", NULL, 1},
    {"Angles", NULL, 1},
    {"Dihedrals", NULL, 1},
    {"Impropers", NULL, 1},
    {"CMAP", NULL, 1},
    {"Bond Type Labels", NULL, 0},
    {"Angle Type Labels", NULL, 0},
    {"Dihedral Type Labels", NULL, 0},
    {"Improper Type Labels", NULL, 0},
    {"Pair Coeffs", NULL, 1},
    {"PairIJ Coeffs", NULL, 1},
    {"Bond Coeffs", NULL, 1},
    {"Angle Coeffs", NULL, 1},
    {"Dihedral Coeffs", NULL, 1},
    {"Improper Coeffs", NULL, 1},
    {"BondBond Coeffs", NULL, 1},
    {"BondAngle Coeffs", NULL, 1},
    {"MiddleBondTorsion Coeffs", NULL, 1},
    {"EndBondTorsion Coeffs", NULL, 1},
    {"AngleTorsion Coeffs", NULL, 1},
    {"AngleAngleTorsion Coeffs", NULL, 1},
    {"BondBond13 Coeffs", NULL, 1},
    {"AngleAngle Coeffs", NULL, 1},
};

/* The next line with words on it; what follows its # goes to *comment ("" if there is none). Words, or -1 at the end of
 * the file. */
static int lammps_words(lammps_file *f, char *word[COLUMNS_MOST], const char **comment) {
    char *line;
    while ((line = femd_lines_next(&f->lines))) {
        char *hash = strchr(line, '#');
        if (hash) *hash = '\0';
        if (comment) *comment = hash ? hash + 1 : "";
        const int words = femd_words_split(line, word, COLUMNS_MOST);
        if (words) return words;
    }
    return -1;
}

static const struct section *lammps_section(char *const word[], int words) {
    for (size_t k = 0; k < sizeof sections / sizeof *sections; k++) {
        const char *title = sections[k].title;
        int same = 0;
        for (; same < words && same < 3; same++) {
            const size_t length = strlen(word[same]);
            if (strncmp(title, word[same], length) != 0 || (title[length] && title[length] != ' ')) break;
            title += length + (title[length] == ' ');
        }
        if (same == words && !*title) return &sections[k];
    }
    return NULL;
}

/* The next line of a section that has `of` of them. */
static femd_status lammps_row(lammps_file *f, const char *title, int row, int of, char *word[COLUMNS_MOST], int *words,
                              const char **comment) {
    *words = lammps_words(f, word, comment);
    if (*words < 0 || lammps_section(word, *words))
        return LAMMPS_FAIL(f, "%s:%d: %s has %d of %d lines", f->lines.name, f->lines.line, title, row, of);
    return FEMD_OK;
}

/* ---- types ---- */

/* A name of type t (from 0) that is the element of another type would mean that "species" is in another order; one that
 * is the symbol of an element that the material does not have, that the file is of another material: a label is
 * refused, one that stands alone in a comment is told. */
static femd_status lammps_check_name(lammps_file *f, int t, const char *name, int label, int alone) {
    femd_structure *s = f->s;
    const char *own = s->name[f->species[t]];
    if (strcmp(own, name) == 0) return FEMD_OK;
    int refused = label && femd_elements_differ(own, name);
    for (int a = 0; a < s->nspecies; a++) refused |= strcmp(s->name[a], name) == 0;
    if (refused)
        return LAMMPS_FAIL(f, "%s:%d: type %d is called %s, but \"species\" of the material has %s in its place",
                           f->lines.name, f->lines.line, t + 1, name, own);
    if (alone && femd_elements_differ(own, name))
        femd_structure_remark(s, "%.80s:%d: type %d is called %s, and the material calls it %s", f->lines.name,
                              f->lines.line, t + 1, name, own);
    return FEMD_OK;
}

/* The type (from 0) that a word means, by its number or label; -1 if none. */
static int lammps_type(const lammps_file *f, const char *word) {
    double number;
    if (femd_word_whole(word, 1, f->types, &number)) return (int)number - 1;
    for (int t = 0; t < f->types; t++)
        if (f->label[t][0] && strcmp(f->label[t], word) == 0) return t;
    return -1;
}

static femd_status lammps_labels(lammps_file *f, const char *comment) {
    (void)comment;
    for (int row = 0; row < f->types; row++) {
        char *word[COLUMNS_MOST];
        int words;
        double type;
        FEMD_TRY(lammps_row(f, "Atom Type Labels", row, f->types, word, &words, NULL));
        if (words != 2 || !femd_word_whole(word[0], 1, f->types, &type) || strlen(word[1]) >= LABEL_SIZE ||
            isdigit((unsigned char)word[1][0]))
            return LAMMPS_FAIL(f, "%s:%d: expected an atom type and its label", f->lines.name, f->lines.line);
        const int t = (int)type - 1;
        if (f->label[t][0] || lammps_type(f, word[1]) >= 0)
            return LAMMPS_FAIL(f, "%s:%d: a second label for type %d, or a second type for label %s", f->lines.name,
                               f->lines.line, t + 1, word[1]);
        FEMD_TRY(lammps_check_name(f, t, word[1], 1, 1));
        memcpy(f->label[t], word[1], strlen(word[1]) + 1);
    }
    return FEMD_OK;
}

static femd_status lammps_masses(lammps_file *f, const char *comment) {
    unsigned seen = 0;
    if (f->masses_done++) return LAMMPS_FAIL(f, "%s:%d: a second section Masses", f->lines.name, f->lines.line);
    for (int row = 0; row < f->types; row++) {
        char *word[COLUMNS_MOST], name[LABEL_SIZE] = "", more[2];
        int words;
        double mass = 0.0;
        FEMD_TRY(lammps_row(f, "Masses", row, f->types, word, &words, &comment));
        const int t = words == 2 ? lammps_type(f, word[0]) : -1;
        if (t < 0 || !femd_word_number(word[1], &mass) || !(mass > 0.0))
            return LAMMPS_FAIL(f, "%s:%d: expected an atom type and its mass", f->lines.name, f->lines.line);
        if (seen >> t & 1)
            return LAMMPS_FAIL(f, "%s:%d: a second mass of type %d", f->lines.name, f->lines.line, t + 1);
        seen |= 1u << t;
        const int said = sscanf(comment, "%31s %1s", name, more); /* OVITO, ASE: # element */
        if (said > 0) FEMD_TRY(lammps_check_name(f, t, name, 0, said == 1));
        if (f->s->mass[f->species[t]] == 0.0) f->s->mass[f->species[t]] = mass;
    }
    return FEMD_OK;
}

/* ---- atoms ---- */

static const atom_style *lammps_style_named(const char *name) {
    for (size_t k = 0; name && k < sizeof styles / sizeof *styles; k++)
        if (strcmp(styles[k].name, name) == 0) return &styles[k];
    return NULL;
}

/* The style from the material, or else from the comment behind the title, or else atomic. */
static femd_status lammps_find_style(lammps_file *f, const char *comment, const atom_style **out) {
    char hint[LABEL_SIZE] = "", more[2] = "";
    if (sscanf(comment, "%31s %1s", hint, more) != 1) hint[0] = '\0'; /* several words are no style */
    const atom_style *said = lammps_style_named(hint), *wanted = lammps_style_named(f->wanted);
    for (size_t k = 0; k < sizeof other_styles / sizeof *other_styles; k++)
        if (strcmp(other_styles[k], hint) == 0)
            return LAMMPS_FAIL(f, "%s:%d: atom style %s; accepted: atomic, charge, bond, angle, molecular, full",
                               f->lines.name, f->lines.line, hint);
    if (said && wanted && said != wanted)
        return LAMMPS_FAIL(f, "%s:%d: atom style %s, but \"atom_style\" of the material is %s", f->lines.name,
                           f->lines.line, hint, f->wanted);
    *out = said ? said : wanted ? wanted : &styles[0];
    if ((*out)->passed)
        femd_structure_remark(f->s, "%.80s: atom style %s: its %s are passed over", f->lines.name, (*out)->name,
                              (*out)->passed);
    return FEMD_OK;
}

/* Where an atom was read, to be put in the order of ids. */
typedef struct atom_place {
    double id;
    int row;
} atom_place;

/* One line into row `row` of the structure. */
static femd_status lammps_atom(lammps_file *f, const atom_style *style, const double corner[3], char *const word[],
                               int words, int row, double *id) {
    double v;
    if (words != style->columns && words != style->columns + IMAGES)
        return LAMMPS_FAIL(
            f,
            "%s:%d: %d columns where atom_style %s has %d, or %d with image flags; say \"atom_style\" in "
            "the material, or \"Atoms # STYLE\" in the file, if it is another",
            f->lines.name, f->lines.line, words, style->name, style->columns, style->columns + IMAGES);
    if (!femd_word_whole(word[0], 1, ID_MOST, id))
        return LAMMPS_FAIL(f, "%s:%d: \"%.20s\" is no id of an atom", f->lines.name, f->lines.line, word[0]);
    const int t = lammps_type(f, word[style->type]);
    if (t < 0)
        return LAMMPS_FAIL(f, "%s:%d: \"%.20s\" is no atom type; there are types 1 to %d", f->lines.name, f->lines.line,
                           word[style->type], f->types);
    f->s->species[row] = f->species[t];
    for (int k = 1; k < style->columns; k++)
        if (k != style->type && !femd_word_number(word[k], &v))
            return LAMMPS_FAIL(f, "%s:%d: expected a number, got \"%.20s\"", f->lines.name, f->lines.line, word[k]);
    for (int k = style->columns; k < words; k++)
        if (!femd_word_whole(word[k], -1e9, 1e9, &v))
            return LAMMPS_FAIL(f, "%s:%d: \"%.20s\" is no image flag, which is a whole number", f->lines.name,
                               f->lines.line, word[k]);
    for (int k = 0; k < 3; k++) {
        (void)femd_word_number(word[style->x + k], &v);
        f->s->x[3 * (size_t)row + (size_t)k] = v - corner[k];
    }
    return FEMD_OK;
}

static int lammps_by_id(const void *a, const void *b) {
    const double x = ((const atom_place *)a)->id, y = ((const atom_place *)b)->id;
    return (x > y) - (x < y);
}

static femd_status lammps_sort(lammps_file *f, atom_place *place) {
    femd_structure *s = f->s;
    const size_t n = (size_t)s->natoms;
    int sorted = 1;
    for (size_t i = 1; i < n; i++) sorted &= place[i].id > place[i - 1].id;
    if (sorted) return FEMD_OK;
    qsort(place, n, sizeof *place, lammps_by_id);
    for (size_t i = 1; i < n; i++)
        if (place[i].id == place[i - 1].id)
            return LAMMPS_FAIL(f, "%s: atom %.0f stands twice", f->lines.name, place[i].id);
    double *x = malloc(3 * n * sizeof *x);
    int *species = malloc(n * sizeof *species);
    for (size_t i = 0; x && species && i < n; i++) {
        memcpy(x + 3 * i, s->x + 3 * (size_t)place[i].row, 3 * sizeof *x);
        species[i] = s->species[place[i].row];
    }
    if (!x || !species) {
        free(x);
        free(species);
        return femd_fail(f->lines.err, FEMD_NO_MEMORY, "no memory for %zu atoms", n);
    }
    free(s->x);
    free(s->species);
    s->x = x;
    s->species = species;
    return FEMD_OK;
}

static femd_status lammps_atoms(lammps_file *f, const char *comment) {
    double corner[3];
    const atom_style *style = NULL;
    if (f->atoms_done++) return LAMMPS_FAIL(f, "%s:%d: a second section Atoms", f->lines.name, f->lines.line);
    FEMD_TRY(lammps_find_style(f, comment, &style));
    femd_lammps_box(&f->header, f->s->cell, corner);
    FEMD_TRY(femd_structure_reserve(f->s, (long)f->header.atoms, f->lines.err));
    atom_place *place = malloc((size_t)f->s->natoms * sizeof *place);
    if (!place) return femd_fail(f->lines.err, FEMD_NO_MEMORY, "no memory for %d atoms", f->s->natoms);
    femd_status rc = FEMD_OK;
    for (int row = 0; rc == FEMD_OK && row < f->s->natoms; row++) {
        char *word[COLUMNS_MOST];
        int words;
        place[row].row = row;
        rc = lammps_row(f, "Atoms", row, f->s->natoms, word, &words, NULL);
        if (rc == FEMD_OK) rc = lammps_atom(f, style, corner, word, words, row, &place[row].id);
    }
    if (rc == FEMD_OK) rc = lammps_sort(f, place);
    free(place);
    return rc;
}

/* ---- the file ---- */

static void lammps_pass(lammps_file *f, const char *title) {
    const size_t used = strlen(f->passed);
    snprintf(f->passed + used, sizeof f->passed - used, "%s%s", used ? ", " : "", title);
}

static int lammps_is_title(char *const word[], int words) {
    for (int k = 0; k < words && k < COLUMNS_MOST; k++)
        if (!isalpha((unsigned char)word[k][0])) return 0;
    return 1;
}

/* A line that is in no section: a title, or one of the header. *passing: the lines that follow are passed over. */
static femd_status lammps_line(lammps_file *f, char *const word[], int words, const char *comment, int *passing) {
    const struct section *section = lammps_section(word, words);
    if (!section) {
        if (!f->header_done) return femd_lammps_header_line(&f->lines, word, words, &f->header);
        if (*passing && !lammps_is_title(word, words)) return FEMD_OK;
        return LAMMPS_FAIL(f, "%s:%d: \"%.40s\" begins no section that femd knows, and belongs to none", f->lines.name,
                           f->lines.line, word[0]);
    }
    if (!f->header_done++) FEMD_TRY(femd_lammps_header_check(&f->lines, &f->header, f->types, f->size));
    *passing = !section->read;
    if (section->read) return section->read(f, comment);
    if (section->told) lammps_pass(f, section->title);
    return FEMD_OK;
}

femd_status femd_lammps_data_read(const char *name, char *text, size_t size, const char *style, const int *species,
                                  int ntypes, femd_structure *s, femd_error *err) {
    lammps_file f = {.lines = {name, text, 0, err}, .species = species, .types = ntypes, .size = size, .s = s};
    char *word[COLUMNS_MOST];
    const char *title = femd_lines_next(&f.lines), *comment = "";
    int words, passing = 0;
    f.wanted = style;
    if (!title) return LAMMPS_FAIL(&f, "%s: the file is empty", name);
    FEMD_TRY(femd_lammps_title(name, title, err));
    while ((words = lammps_words(&f, word, &comment)) >= 0) FEMD_TRY(lammps_line(&f, word, words, comment, &passing));
    if (!f.atoms_done) return LAMMPS_FAIL(&f, "%s has no section Atoms", name);
    if (f.passed[0]) femd_structure_remark(s, "%.80s: passed over: %s", name, f.passed);
    return FEMD_OK;
}
