/* See xyz_read.h. Format: the second line of an XYZ file is a list of key=value, as ASE and OVITO write it; values with
 * blanks stand in quotes. */
#include "crystal/xyz_read.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "crystal/file_text.h"
#include "femd/tensor3.h"

enum { COLUMNS_MOST = 64, ATOM_LEAST = 8 }; /* ATOM_LEAST: bytes of the shortest line of an atom */

typedef struct xyz_file {
    femd_lines lines;
    const int *species;
    int nspecies;
    femd_structure *s;
    double corner[3];
    int has_cell, has_columns;
    int columns, symbol, position, mass; /* how many; where; -1: none */
    char passed[160];                    /* names of columns passed over */
    unsigned weighed;                    /* species whose mass the file has said */
    double said[FEMD_SPECIES_MAX];       /* that mass */
} xyz_file;

#define XYZ_FAIL(f, ...) femd_fail((f)->lines.err, FEMD_BAD_INPUT, __VA_ARGS__)

/* ---- the second line ---- */

/* Numbers of a value into v[n]; brackets and commas are blanks. 0 if there are not exactly n. */
static int xyz_numbers(char *value, double *v, int n) {
    char *word[COLUMNS_MOST];
    for (char *p = value; (p = strpbrk(p, "[],"));) *p = ' ';
    if (femd_words_split(value, word, COLUMNS_MOST) != n) return 0;
    for (int k = 0; k < n; k++)
        if (!femd_word_number(word[k], &v[k])) return 0;
    return 1;
}

static femd_status xyz_lattice(xyz_file *f, char *value) {
    double *cell = f->s->cell;
    if (f->has_cell++ || !xyz_numbers(value, cell, 9))
        return XYZ_FAIL(f, "%s:2: Lattice is nine numbers, the three vectors of the cell one after another",
                        f->lines.name);
    const double volume = femd_det3(cell);
    if (!(volume > 0.0) || !isfinite(volume))
        return XYZ_FAIL(f, "%s:2: the vectors of Lattice span %g cubic angstrom; they must be right-handed",
                        f->lines.name, volume);
    return FEMD_OK;
}

static femd_status xyz_origin(xyz_file *f, char *value) {
    if (xyz_numbers(value, f->corner, 3)) return FEMD_OK;
    return XYZ_FAIL(f, "%s:2: Origin is three numbers", f->lines.name);
}

static femd_status xyz_pbc(xyz_file *f, char *value) {
    if (strpbrk(value, "Ff0"))
        femd_structure_remark(f->s,
                              "%.80s: pbc says that the atoms do not repeat along every vector; here they do, so that "
                              "vacuum must be in the cell",
                              f->lines.name);
    return FEMD_OK;
}

static femd_status xyz_column(xyz_file *f, const char *name, char type, int width) {
    int *place = NULL;
    if (strcasecmp(name, "species") == 0 && type == 'S' && width == 1) place = &f->symbol;
    if (strcasecmp(name, "pos") == 0 && type == 'R' && width == 3) place = &f->position;
    if ((strcasecmp(name, "masses") == 0 || strcasecmp(name, "mass") == 0) && type == 'R' && width == 1)
        place = &f->mass;
    if (place && *place >= 0) return XYZ_FAIL(f, "%s:2: Properties has %s twice", f->lines.name, name);
    if (place) {
        *place = f->columns;
    } else {
        const size_t used = strlen(f->passed);
        snprintf(f->passed + used, sizeof f->passed - used, "%s%.40s", used ? ", " : "", name);
    }
    f->columns += width;
    return FEMD_OK;
}

/* name:type:width again and again. */
static femd_status xyz_properties(xyz_file *f, char *value) {
    char *save = NULL, *name = strtok_r(value, ":", &save);
    if (f->has_columns++) return XYZ_FAIL(f, "%s:2: Properties stands twice", f->lines.name);
    f->columns = 0;
    f->symbol = f->position = -1;
    for (; name; name = strtok_r(NULL, ":", &save)) {
        const char *type = strtok_r(NULL, ":", &save), *width = strtok_r(NULL, ":", &save);
        double number;
        if (!type || !width || !femd_word_whole(width, 1, COLUMNS_MOST, &number) ||
            f->columns + (int)number > COLUMNS_MOST)
            return XYZ_FAIL(f, "%s:2: Properties is NAME:TYPE:COLUMNS for each property, at most %d columns",
                            f->lines.name, COLUMNS_MOST);
        FEMD_TRY(xyz_column(f, name, *type, (int)number));
    }
    if (f->symbol < 0 || f->position < 0)
        return XYZ_FAIL(f, "%s:2: Properties lacks %s", f->lines.name, f->symbol < 0 ? "species:S:1" : "pos:R:3");
    return FEMD_OK;
}

/* One key=value at p into the file; *p goes behind it. */
static femd_status xyz_pair(xyz_file *f, char **p) {
    static const struct {
        const char *key;
        femd_status (*take)(xyz_file *, char *);
    } keys[] = {{"Lattice", xyz_lattice}, {"Origin", xyz_origin}, {"pbc", xyz_pbc}, {"Properties", xyz_properties}};
    char *key = *p, *value = key + strcspn(key, "= \t\r");
    *p = value;
    if (*value != '=') return FEMD_OK; /* a word alone */
    *value++ = '\0';
    const char quote = *value == '{' ? '}' : *value == '"' || *value == '\'' ? *value : '\0';
    if (quote) value++;
    char *end = value;
    while (*end && (quote ? *end != quote : !strchr(" \t\r", *end))) end += end[0] == '\\' && end[1] ? 2 : 1;
    if (quote && !*end) return XYZ_FAIL(f, "%s:2: the value of %.40s has no end", f->lines.name, key);
    *p = end + (*end != '\0');
    *end = '\0';
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
        if (strcasecmp(keys[k].key, key) == 0) return keys[k].take(f, value);
    return FEMD_OK;
}

static femd_status xyz_head(xyz_file *f, int *natoms, size_t size) {
    char *count = femd_lines_next(&f->lines), *word[2], *p;
    double number;
    if (!count || femd_words_split(count, word, 2) != 1 || !femd_word_whole(word[0], 1, FEMD_ATOMS_MAX, &number))
        return XYZ_FAIL(f, "%s:1: expected the number of atoms, 1 to %d", f->lines.name, FEMD_ATOMS_MAX);
    *natoms = (int)number;
    p = femd_lines_next(&f->lines);
    while (p && *(p += strspn(p, " \t\r"))) FEMD_TRY(xyz_pair(f, &p));
    if (!f->has_cell)
        return XYZ_FAIL(f, "%s:2: there is no Lattice=\"...\"; atoms need a cell in which they repeat", f->lines.name);
    if (number > (double)size / ATOM_LEAST)
        return XYZ_FAIL(f, "%s: the file is too short for its %d atoms", f->lines.name, *natoms);
    return FEMD_OK;
}

/* ---- atoms ---- */

/* Species of an atom's name, or -1. */
static int xyz_species(const xyz_file *f, const char *symbol) {
    double number;
    for (int a = 0; a < f->s->nspecies; a++)
        if (strcmp(f->s->name[a], symbol) == 0) return a;
    return femd_word_whole(symbol, 1, f->nspecies, &number) ? f->species[(int)number - 1] : -1;
}

static femd_status xyz_mass(xyz_file *f, int species, const char *word) {
    double mass;
    if (!femd_word_number(word, &mass) || !(mass > 0.0))
        return XYZ_FAIL(f, "%s:%d: \"%.20s\" is no mass", f->lines.name, f->lines.line, word);
    if (f->weighed >> species & 1 && mass != f->said[species])
        return XYZ_FAIL(f, "%s:%d: masses of %s are %g and %g; a species has one mass", f->lines.name, f->lines.line,
                        f->s->name[species], f->said[species], mass);
    f->weighed |= 1u << species;
    f->said[species] = mass;
    return FEMD_OK;
}

static femd_status xyz_atom(xyz_file *f, int i) {
    char *line = femd_lines_next(&f->lines), *word[COLUMNS_MOST];
    const int words = line ? femd_words_split(line, word, COLUMNS_MOST) : 0;
    if (!line) return XYZ_FAIL(f, "%s: %d of %d atoms", f->lines.name, i, f->s->natoms);
    if (words != f->columns)
        return XYZ_FAIL(f, "%s:%d: %d columns where Properties has %d", f->lines.name, f->lines.line, words,
                        f->columns);
    const int a = xyz_species(f, word[f->symbol]);
    if (a < 0)
        return XYZ_FAIL(f, "%s:%d: \"species\" of the material has no \"%.20s\"", f->lines.name, f->lines.line,
                        word[f->symbol]);
    f->s->species[i] = a;
    for (int k = 0; k < 3; k++) {
        double v;
        if (!femd_word_number(word[f->position + k], &v))
            return XYZ_FAIL(f, "%s:%d: expected a number, got \"%.20s\"", f->lines.name, f->lines.line,
                            word[f->position + k]);
        f->s->x[3 * (size_t)i + (size_t)k] = v - f->corner[k];
    }
    return f->mass >= 0 ? xyz_mass(f, a, word[f->mass]) : FEMD_OK;
}

femd_status femd_xyz_read(const char *name, char *text, size_t size, const int *species, int n, femd_structure *s,
                          femd_error *err) {
    xyz_file f = {.lines = {name, text, 0, err}, .species = species, .nspecies = n, .s = s};
    int natoms = 0;
    f.columns = 4; /* without Properties: name, x, y, z */
    f.position = 1;
    f.mass = -1;
    FEMD_TRY(xyz_head(&f, &natoms, size));
    FEMD_TRY(femd_structure_reserve(s, natoms, err));
    for (int i = 0; i < natoms; i++) FEMD_TRY(xyz_atom(&f, i));
    for (const char *line; (line = femd_lines_next(&f.lines));)
        if (line[strspn(line, " \t\r")])
            return XYZ_FAIL(&f, "%s:%d: the file goes on after its %d atoms; one frame is possible", name, f.lines.line,
                            natoms);
    for (int a = 0; a < s->nspecies; a++)
        if (f.weighed >> a & 1 && s->mass[a] == 0.0) s->mass[a] = f.said[a];
    if (f.passed[0]) femd_structure_remark(s, "%.80s: columns passed over: %s", name, f.passed);
    return FEMD_OK;
}
