/* Reader of LAMMPS data files: metal units, atom_style atomic, orthogonal or triclinic boxes. Velocities and image
 * flags are passed over; atoms come out in the order of their ids, the box's low corner at the origin. */
#include "crystal/lammps_data.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct cursor {
    const char *name;
    char *at;
    int line;
    femd_error *err;
} cursor;

typedef struct header {
    double atoms, types;
    double low[3], high[3], tilt[3]; /* xy, xz, yz */
    int box;                         /* bits of the bounds seen */
} header;

/* Next line without its comment, or NULL; *blank = nothing on it. */
static char *lammps_next_line(cursor *c, int *blank) {
    char *line = c->at, *end, *p;
    if (!*line) return NULL;
    end = strchr(line, '\n');
    c->at = end ? end + 1 : line + strlen(line);
    if (end) *end = '\0';
    c->line++;
    if ((p = strchr(line, '#'))) *p = '\0';
    for (p = line; isspace((unsigned char)*p);) p++;
    *blank = !*p;
    return p;
}

/* Up to n numbers at the front of a line; returns how many, *rest is what follows. */
static int lammps_numbers(char *line, int n, double *v, char **rest) {
    int k = 0;
    char *end;
    for (*rest = line; k < n; k++, *rest = end) {
        v[k] = strtod(*rest, &end);
        if (end == *rest || (*end && !isspace((unsigned char)*end)) || !isfinite(v[k])) break;
    }
    while (isspace((unsigned char)**rest)) (*rest)++;
    return k;
}

static int lammps_begins(const char *text, const char *word) {
    return strncmp(text, word, strlen(word)) == 0;
}

/* One header line into *h; 0 if it is none (a section title). */
static int lammps_header_line(char *line, header *h) {
    double v[3];
    char *rest;
    int n = lammps_numbers(line, 3, v, &rest);
    if (n == 1 && lammps_begins(rest, "atoms"))
        h->atoms = v[0];
    else if (n == 1 && lammps_begins(rest, "atom types"))
        h->types = v[0];
    else if (n == 2 && (lammps_begins(rest, "xlo") || lammps_begins(rest, "ylo") || lammps_begins(rest, "zlo"))) {
        int k = *rest - 'x';
        h->low[k] = v[0];
        h->high[k] = v[1];
        h->box |= 1 << k;
    } else if (n == 3 && lammps_begins(rest, "xy xz yz"))
        memcpy(h->tilt, v, sizeof v);
    else
        return n > 0; /* bonds and the like: passed over */
    return 1;
}

static femd_status lammps_check_header(const cursor *c, const header *h, int ntypes) {
    if (h->atoms < 1 || h->atoms > FEMD_ATOMS_MAX || h->atoms != floor(h->atoms))
        return femd_fail(c->err, FEMD_BAD_INPUT, "%s: the header gives %g atoms; 1 to %d are possible", c->name,
                         h->atoms, FEMD_ATOMS_MAX);
    if (h->types != ntypes)
        return femd_fail(c->err, FEMD_BAD_INPUT, "%s has %g atom types, but \"species\" names %d", c->name, h->types,
                         ntypes);
    for (int k = 0; k < 3; k++)
        if (!(h->box >> k & 1) || !(h->high[k] > h->low[k]))
            return femd_fail(c->err, FEMD_BAD_INPUT, "%s: no or empty bounds of the box along %c", c->name, 'x' + k);
    return FEMD_OK;
}

static femd_status lammps_read_masses(cursor *c, int ntypes, const int *species, femd_structure *atoms) {
    double v[2];
    char *line, *rest;
    int blank = 1, got = 0;
    while (got < ntypes && (line = lammps_next_line(c, &blank))) {
        if (blank) continue;
        if (lammps_numbers(line, 2, v, &rest) != 2 || v[0] < 1 || v[0] > ntypes || v[0] != floor(v[0]) || !(v[1] > 0.0))
            return femd_fail(c->err, FEMD_BAD_INPUT, "%s:%d: expected an atom type and its mass", c->name, c->line);
        if (atoms->mass[species[(int)v[0] - 1]] == 0.0) atoms->mass[species[(int)v[0] - 1]] = v[1];
        got++;
    }
    return FEMD_OK;
}

static femd_status lammps_read_atoms(cursor *c, const header *h, int ntypes, const int *species,
                                     femd_structure *atoms) {
    double v[8];
    char *line, *rest;
    int blank = 1, got = 0;
    for (int i = 0; i < atoms->natoms; i++) atoms->species[i] = -1;
    while (got < atoms->natoms && (line = lammps_next_line(c, &blank))) {
        int n = blank ? 0 : lammps_numbers(line, 8, v, &rest), id;
        if (blank) continue;
        if ((n != 5 && n != 8) || *rest)
            return femd_fail(c->err, FEMD_BAD_INPUT, "%s:%d: expected \"id type x y z\" of atom_style atomic", c->name,
                             c->line);
        if (v[0] < 1 || v[0] > atoms->natoms || v[0] != floor(v[0]) || v[1] < 1 || v[1] > ntypes || v[1] != floor(v[1]))
            return femd_fail(c->err, FEMD_BAD_INPUT, "%s:%d: atom id or type out of range (ids 1 to %d, types 1 to %d)",
                             c->name, c->line, atoms->natoms, ntypes);
        id = (int)v[0] - 1;
        if (atoms->species[id] >= 0)
            return femd_fail(c->err, FEMD_BAD_INPUT, "%s:%d: atom %d stands twice", c->name, c->line, id + 1);
        atoms->species[id] = species[(int)v[1] - 1];
        for (int k = 0; k < 3; k++) atoms->x[3 * (size_t)id + (size_t)k] = v[2 + k] - h->low[k];
        got++;
    }
    if (got < atoms->natoms)
        return femd_fail(c->err, FEMD_BAD_INPUT, "%s: %d of %d atoms", c->name, got, atoms->natoms);
    return FEMD_OK;
}

static femd_status lammps_read_sections(cursor *c, int ntypes, const int *species, femd_structure *atoms) {
    header h = {0};
    char *line;
    int blank = 1, seen = 0;
    (void)lammps_next_line(c, &blank); /* the title */
    while ((line = lammps_next_line(c, &blank))) {
        if (blank) continue;
        if (lammps_begins(line, "Atoms")) {
            if (seen++) return femd_fail(c->err, FEMD_BAD_INPUT, "%s:%d: a second section Atoms", c->name, c->line);
            FEMD_TRY(lammps_check_header(c, &h, ntypes));
            FEMD_TRY(femd_structure_reserve(atoms, (long)h.atoms, c->err));
            FEMD_TRY(lammps_read_atoms(c, &h, ntypes, species, atoms));
        } else if (lammps_begins(line, "Masses")) {
            FEMD_TRY(lammps_read_masses(c, ntypes, species, atoms));
        } else if (lammps_begins(line, "Velocities") || lammps_begins(line, "Pair Coeffs") ||
                   lammps_begins(line, "PairIJ Coeffs")) {
            if (seen) break;
        } else if (!seen && !lammps_header_line(line, &h)) { /* after the atoms nothing may change the box */
            return femd_fail(c->err, FEMD_BAD_INPUT, "%s:%d: unknown line \"%.40s\"", c->name, c->line, line);
        }
    }
    if (!seen) return femd_fail(c->err, FEMD_BAD_INPUT, "%s has no section Atoms", c->name);
    for (int k = 0; k < 3; k++) atoms->cell[4 * k] = h.high[k] - h.low[k];
    atoms->cell[3] = h.tilt[0];
    atoms->cell[6] = h.tilt[1];
    atoms->cell[7] = h.tilt[2];
    return FEMD_OK;
}

femd_status femd_lammps_data_read(const char *name, const char *text, size_t size, const int *species, int ntypes,
                                  femd_structure *atoms, femd_error *err) {
    char *copy = malloc(size + 1);
    cursor c = {name, copy, 0, err};
    femd_status rc;
    if (!copy) return femd_fail(err, FEMD_NO_MEMORY, "no memory for %s", name);
    memcpy(copy, text, size);
    copy[size] = '\0';
    rc = lammps_read_sections(&c, ntypes, species, atoms);
    free(copy);
    return rc;
}
