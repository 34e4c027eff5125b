/* See atoms_fixture.h. */
#include "atoms_fixture.h"

#include <math.h>

#include "forces/energetics_form.h"
#include "numerics/random.h"

static void add_file(atoms *a, const char *name) {
    char path[512];
    FILE *f;
    long size;
    if (!name || femd_pack_find(&a->pack, name)) return;
    snprintf(path, sizeof path, "%s%s", name[0] == '/' ? "" : FEMD_LAMMPS_POTENTIALS, name);
    f = fopen(path, "rb");
    if (!f) return;
    fseek(f, 0, SEEK_END);
    size = ftell(f);
    rewind(f);
    a->file[a->pack.nfiles] = malloc((size_t)size + 1);
    assert_int_equal(fread(a->file[a->pack.nfiles], 1, (size_t)size, f), size);
    fclose(f);
    a->pack.file[a->pack.nfiles].name = name;
    a->pack.file[a->pack.nfiles].bytes = (femd_bytes){a->file[a->pack.nfiles], (size_t)size};
    a->pack.nfiles++;
}

femd_status atoms_try(atoms *a, const char *json, double skin, femd_error *err) {
    const cJSON *potential, *structure, *item;
    memset(a, 0, sizeof *a);
    FEMD_TRY(femd_json_parse(json, strlen(json), "test", &a->doc, err));
    a->pack.json = json;
    structure = femd_json_get(a->doc.root, "structure");
    potential = femd_json_get(a->doc.root, "potential");
    add_file(a, femd_json_string(potential, "file", NULL));
    add_file(a, femd_json_string(structure, "file", NULL));
    cJSON_ArrayForEach(item, femd_json_get(potential, "files")) add_file(a, cJSON_GetStringValue(item));
    FEMD_TRY(femd_structure_create(&a->doc, structure, &a->pack, &a->s, err));
    if (!potential) return FEMD_OK;
    FEMD_TRY(
        femd_potential_create(&a->doc, potential, &a->pack, (const char(*)[8])a->s.name, a->s.nspecies, &a->p, err));
    FEMD_TRY(femd_neighbours_create(femd_potential_cutoff(a->p), skin, &a->nb, err));
    return femd_energetics_create(a->p, a->s.natoms, a->s.species, &a->e, err);
}

void atoms_open(atoms *a, const char *json, double skin) {
    femd_error err = FEMD_ERROR_INIT;
    if (atoms_try(a, json, skin, &err) != FEMD_OK) fail_msg("%s", err.text);
}

void atoms_close(atoms *a) {
    femd_energetics_destroy(&a->e);
    femd_neighbours_destroy(&a->nb);
    femd_potential_destroy(&a->p);
    femd_structure_clear(&a->s);
    femd_json_clear(&a->doc);
    for (size_t k = 0; k < a->pack.nfiles; k++) free(a->file[k]);
}

void atoms_use_form(atoms *a, const femd_energetics_form *form) {
    femd_error err = FEMD_ERROR_INIT;
    femd_energetics_destroy(&a->e);
    if (femd_energetics_create_as(form, a->p, a->s.natoms, a->s.species, &a->e, &err) != FEMD_OK)
        fail_msg("%s", err.text);
}

static void map(double *v, const double F[9]) {
    double x[3] = {v[0], v[1], v[2]};
    for (int c = 0; c < 3; c++) v[c] = F[3 * c] * x[0] + F[3 * c + 1] * x[1] + F[3 * c + 2] * x[2];
}

void atoms_deform(atoms *a, const double F[9]) {
    for (int k = 0; k < 3; k++) map(a->s.cell + 3 * k, F);
    for (int i = 0; i < a->s.natoms; i++) map(a->s.x + 3 * i, F);
}

void atoms_shake(atoms *a, double amplitude, uint64_t seed) {
    for (size_t c = 0; c < 3 * (size_t)a->s.natoms; c++)
        a->s.x[c] += amplitude * (2.0 * femd_random_uniform(seed, 99, c) - 1.0);
}

double largest(const double *v, size_t n) {
    double most = 0.0;
    for (size_t k = 0; k < n; k++) most = fmax(most, fabs(v[k]));
    return most;
}
