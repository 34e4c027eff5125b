/* See lammps_header.h. Format: LAMMPS manual, read_data. */
#include "crystal/lammps_header.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "crystal/structure.h"
#include "femd/tensor3.h"

enum { WORDS_MOST = 4, ATOM_LEAST = 9 }; /* words of a keyword; bytes of the shortest line of an atom */

#define BOUNDS(k)   (1u << (2 + (k)))
#define TILT        (1u << 5)
#define VECTOR(k)   (1u << (6 + (k)))
#define ORIGIN      (1u << 9)
#define ALL_BOUNDS  (BOUNDS(0) | BOUNDS(1) | BOUNDS(2))
#define ALL_VECTORS (VECTOR(0) | VECTOR(1) | VECTOR(2))

#define AT(member) offsetof(femd_lammps_header, member)
static const struct {
    const char *words; /* behind the numbers */
    int numbers;
    size_t at;
    unsigned bit;
} keywords[] = {
    {"atoms", 1, AT(atoms), 1},
    {"atom types", 1, AT(types), 2},
    {"xlo xhi", 2, AT(bounds[0]), BOUNDS(0)},
    {"ylo yhi", 2, AT(bounds[1]), BOUNDS(1)},
    {"zlo zhi", 2, AT(bounds[2]), BOUNDS(2)},
    {"xy xz yz", 3, AT(tilt), TILT},
    {"avec", 3, AT(vector[0]), VECTOR(0)},
    {"bvec", 3, AT(vector[1]), VECTOR(1)},
    {"cvec", 3, AT(vector[2]), VECTOR(2)},
    {"abc origin", 3, AT(origin), ORIGIN},
};
#undef AT

/* Counts of what is passed over: of the sections themselves there is a note. */
static const char *const counts[] = {
    "bonds",
    "angles",
    "dihedrals",
    "impropers",
    "ellipsoids",
    "lines",
    "triangles",
    "bodies",
    "bond types",
    "angle types",
    "dihedral types",
    "improper types",
    "crossterms",
    "extra bond per atom",
    "extra angle per atom",
    "extra dihedral per atom",
    "extra improper per atom",
    "extra special per atom",
};

femd_status femd_lammps_title(const char *name, const char *title, femd_error *err) {
    static const char *const accepted[] = {"metal", "real"}; /* angstrom and u in both */
    const char *units = strstr(title, "units");
    if (units) units += strlen("units") + strspn(units + strlen("units"), " \t");
    if (!units || *units != '=') return FEMD_OK;
    units += 1 + strspn(units + 1, " \t");
    const int length = (int)strcspn(units, " \t\r,");
    for (size_t k = 0; k < sizeof accepted / sizeof *accepted; k++)
        if (length == (int)strlen(accepted[k]) && strncmp(units, accepted[k], (size_t)length) == 0) return FEMD_OK;
    return femd_fail(err, FEMD_BAD_INPUT, "%s:1: the title says \"units = %.*s\"; accepted: metal, real", name,
                     length < 20 ? length : 20, units);
}

static int header_is(const char *keyword, char *const word[], int words) {
    for (int k = 0; k < words; k++) {
        const size_t length = strlen(word[k]);
        if (strncmp(keyword, word[k], length) != 0 || keyword[length] != (k + 1 < words ? ' ' : '\0')) return 0;
        keyword += length + 1;
    }
    return words > 0;
}

femd_status femd_lammps_header_line(const femd_lines *lines, char *const word[], int words, femd_lammps_header *h) {
    double v[3];
    int numbers = 0;
    while (numbers < 3 && numbers < words && femd_word_number(word[numbers], &v[numbers])) numbers++;
    char *const *rest = word + numbers;
    const int left = words - numbers;
    for (size_t k = 0; k < sizeof keywords / sizeof *keywords; k++) {
        if (left > WORDS_MOST || keywords[k].numbers != numbers || !header_is(keywords[k].words, rest, left)) continue;
        if (h->seen & keywords[k].bit)
            return femd_fail(lines->err, FEMD_BAD_INPUT, "%s:%d: a second line \"%s\"", lines->name, lines->line,
                             keywords[k].words);
        h->seen |= keywords[k].bit;
        memcpy((char *)h + keywords[k].at, v, (size_t)numbers * sizeof *v);
        return FEMD_OK;
    }
    for (size_t k = 0; k < sizeof counts / sizeof *counts; k++)
        if (numbers == 1 && left <= WORDS_MOST && header_is(counts[k], rest, left)) return FEMD_OK;
    return femd_fail(lines->err, FEMD_BAD_INPUT, "%s:%d: unknown line \"%.40s%s%.40s\"", lines->name, lines->line,
                     word[0], words > 1 ? " " : "", words > 1 ? word[1] : "");
}

static femd_status header_check_box(const femd_lines *lines, const femd_lammps_header *h) {
    double cell[9], corner[3];
    if (h->seen & (ALL_VECTORS | ORIGIN)) {
        if ((h->seen & ALL_VECTORS) != ALL_VECTORS || h->seen & (ALL_BOUNDS | TILT))
            return femd_fail(lines->err, FEMD_BAD_INPUT,
                             "%s: a general triclinic box has avec, bvec and cvec, and no xlo xhi or xy xz yz",
                             lines->name);
    } else {
        for (int k = 0; k < 3; k++)
            if (!(h->seen & BOUNDS(k)) || !(h->bounds[k][1] > h->bounds[k][0]))
                return femd_fail(lines->err, FEMD_BAD_INPUT, "%s: no or empty bounds of the box along %c", lines->name,
                                 'x' + k);
    }
    femd_lammps_box(h, cell, corner);
    const double volume = femd_det3(cell);
    if (!(volume > 0.0) || !isfinite(volume))
        return femd_fail(lines->err, FEMD_BAD_INPUT,
                         "%s: the vectors of the box span %g cubic angstrom; they must be right-handed", lines->name,
                         volume);
    return FEMD_OK;
}

femd_status femd_lammps_header_check(const femd_lines *lines, const femd_lammps_header *h, int types, size_t size) {
    if (h->atoms < 1 || h->atoms > FEMD_ATOMS_MAX || h->atoms != floor(h->atoms))
        return femd_fail(lines->err, FEMD_BAD_INPUT, "%s: the header gives %g atoms; 1 to %d are possible", lines->name,
                         h->atoms, FEMD_ATOMS_MAX);
    if (h->types != types)
        return femd_fail(lines->err, FEMD_BAD_INPUT, "%s has %g atom types, but \"species\" names %d", lines->name,
                         h->types, types);
    FEMD_TRY(header_check_box(lines, h));
    if (h->atoms > (double)size / ATOM_LEAST)
        return femd_fail(lines->err, FEMD_BAD_INPUT, "%s: the file is too short for its %.0f atoms", lines->name,
                         h->atoms);
    return FEMD_OK;
}

void femd_lammps_box(const femd_lammps_header *h, double cell[9], double corner[3]) {
    if (h->seen & ALL_VECTORS) {
        memcpy(cell, h->vector, 9 * sizeof *cell);
        memcpy(corner, h->origin, 3 * sizeof *corner);
        return;
    }
    memset(cell, 0, 9 * sizeof *cell);
    for (int k = 0; k < 3; k++) {
        cell[4 * k] = h->bounds[k][1] - h->bounds[k][0];
        corner[k] = h->bounds[k][0];
    }
    cell[3] = h->tilt[0];
    cell[6] = h->tilt[1];
    cell[7] = h->tilt[2];
}
