/* A structure from its JSON description: a lattice or a file, then defects. What each step does is in lattice.c,
 * lammps_data.c, xyz_read.c and defects.c. */
#include "crystal/structure_create.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "crystal/defects.h"
#include "crystal/file_text.h"
#include "crystal/lammps_data.h"
#include "crystal/lattice.h"
#include "crystal/xyz_read.h"

/* "species" and "masses" into *s; index[k] is that of entry k (a name may stand twice). */
static femd_status structure_read_species(const femd_json *doc, const cJSON *structure, femd_structure *atoms,
                                          int index[], int *count, femd_error *err) {
    const cJSON *list = femd_json_get(structure, "species"), *masses = femd_json_get(structure, "masses"), *item;
    *count = 0;
    cJSON_ArrayForEach(item, list) {
        const char *name = cJSON_GetStringValue(item);
        if (*count == FEMD_SPECIES_MAX) break;
        index[*count] = name ? femd_structure_species(atoms, name) : -1;
        if (index[*count] < 0) return femd_json_fail(doc, item, err, "not the name of an element");
        (*count)++;
    }
    if (*count == 0) return femd_json_fail(doc, structure, err, "\"species\" is missing");
    if (!masses) return FEMD_OK;
    if (cJSON_GetArraySize(masses) != *count)
        return femd_json_fail(doc, masses, err, "%d masses for %d species", cJSON_GetArraySize(masses), *count);
    for (int k = 0; k < *count; k++) {
        double mass;
        FEMD_TRY(femd_json_node_quantity(doc, cJSON_GetArrayItem(masses, k), FEMD_DIM_MASS, &mass, err));
        atoms->mass[index[k]] = mass / FEMD_ATOMIC_MASS;
    }
    return FEMD_OK;
}

/* The format that the file's name tells: NAME.xyz or NAME.extxyz, maybe with .gz. */
static const char *structure_format(const char *name) {
    static const char *const endings[] = {".xyz", ".extxyz"};
    size_t length = strlen(name);
    if (length > 3 && strcmp(name + length - 3, ".gz") == 0) length -= 3;
    for (size_t k = 0; k < sizeof endings / sizeof *endings; k++) {
        const size_t n = strlen(endings[k]);
        if (length > n && strncasecmp(name + length - n, endings[k], n) == 0) return "extxyz";
    }
    return "lammps-data";
}

static femd_status structure_read_file(const femd_json *doc, const cJSON *structure, const femd_pack *pack,
                                       const int index[], int count, femd_structure *s, femd_error *err) {
    const char *name = femd_json_string(structure, "file", ""),
               *format = femd_json_string(structure, "format", structure_format(name)),
               *style = femd_json_string(structure, "atom_style", NULL);
    const int xyz = strcmp(format, "extxyz") == 0;
    char *text;
    size_t size;
    if (xyz && style)
        return femd_json_fail(doc, femd_json_get(structure, "atom_style"), err,
                              "\"atom_style\" belongs to LAMMPS data files; \"%s\" is read as extended XYZ", name);
    FEMD_TRY(femd_file_text(doc, femd_json_get(structure, "file"), pack, name, &text, &size, err));
    const femd_status rc = xyz ? femd_xyz_read(name, text, size, index, count, s, err)
                               : femd_lammps_data_read(name, text, size, style, index, count, s, err);
    free(text);
    return rc;
}

femd_status femd_structure_create(const femd_json *doc, const cJSON *structure, const femd_pack *pack,
                                  femd_structure *atoms, femd_error *err) {
    int index[FEMD_SPECIES_MAX], count = 0;
    femd_status rc;
    memset(atoms, 0, sizeof *atoms);
    rc = structure_read_species(doc, structure, atoms, index, &count, err);
    if (rc == FEMD_OK && femd_json_get(structure, "file"))
        rc = structure_read_file(doc, structure, pack, index, count, atoms, err);
    else if (rc == FEMD_OK)
        rc = femd_lattice_fill(doc, structure, atoms, err);
    if (rc == FEMD_OK) rc = femd_defects_apply(doc, structure, atoms, err);
    if (rc != FEMD_OK) femd_structure_clear(atoms);
    return rc;
}
