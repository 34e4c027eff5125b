/* Any bytes as a file of a material: tables of EAM potentials (setfl, Finnis-Sinclair, funcfl), Stillinger-Weber
 * parameters, LAMMPS data. Refused with words, or read into tables that hold finite numbers only. The first byte picks
 * the format. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "crystal/lammps_data.h"
#include "crystal/structure_create.h"
#include "potentials/potential_eam.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char species[2][8] = {"Cu", "Ag"};

static void check_embedding(const femd_potential *p) {
    static const double densities[] = {-1.0, 0.0, 1e-3, 1.0, 30.0, 1e6};
    for (int a = 0; strcmp(p->style->form, "eam") == 0 && a < p->nspecies; a++)
        for (size_t k = 0; k < sizeof densities / sizeof *densities; k++) {
            double F[3];
            (void)femd_eam_embed(femd_eam_tables_of(p), a, densities[k], F);
        }
}

static void read_potential(const char *json, const femd_pack *pack, int nspecies) {
    femd_json doc = FEMD_JSON_INIT;
    femd_potential *p = NULL;
    femd_error err = FEMD_ERROR_INIT;
    if (femd_json_parse(json, strlen(json), "fuzz", &doc, &err) != FEMD_OK) abort();
    if (femd_potential_create(&doc, doc.root, pack, species, nspecies, &p, &err) == FEMD_OK) {
        if (!(femd_potential_cutoff(p) > 0.0) || !isfinite(femd_potential_cutoff(p))) abort();
        check_embedding(p);
    } else if (p || !err.text[0])
        abort();
    femd_potential_destroy(&p);
    femd_json_clear(&doc);
}

static void read_atoms(const char *text, size_t size) {
    static const int of_type[] = {0, 1};
    femd_structure s;
    femd_error err = FEMD_ERROR_INIT;
    memset(&s, 0, sizeof s);
    char *copy = malloc(size + 1); /* its end is the end of what may be read */
    if (!copy) abort();
    memcpy(copy, text, size);
    copy[size] = '\0';
    if (femd_lammps_data_read("f", copy, size, NULL, of_type, 2, &s, &err) == FEMD_OK) {
        for (int k = 0; k < 3; k++)
            if (!(s.cell[4 * k] > 0.0)) abort(); /* a box has three lengths */
        for (int i = 0; i < s.natoms; i++)
            if (s.species[i] < 0 || s.species[i] > 1 || !isfinite(s.x[3 * i] + s.x[3 * i + 1] + s.x[3 * i + 2]))
                abort();
    } else if (!err.text[0])
        abort();
    femd_structure_clear(&s);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct {
        const char *json;
        int species;
    } formats[] = {
        {"{\"style\": \"eam/alloy\", \"file\": \"f\"}", 1},
        {"{\"style\": \"eam/alloy\", \"file\": \"f\", \"interpolation\": \"lammps\"}", 2},
        {"{\"style\": \"eam/fs\", \"file\": \"f\", \"interpolation\": \"smooth\"}", 2},
        {"{\"style\": \"eam\", \"file\": \"f\"}", 1},
        {"{\"style\": \"eam\", \"files\": {\"Cu\": \"f\", \"Ag\": \"f\"}}", 2},
        {"{\"style\": \"sw\", \"file\": \"f\"}", 1},
        {"{\"style\": \"sw\", \"file\": \"f\"}", 2},
    };
    enum { FORMATS = sizeof formats / sizeof *formats };
    if (size < 1 || size > 1 << 16) return 0;
    char *text = malloc(size); /* without the first byte; its end is the end of what may be read */
    if (!text) abort();
    memcpy(text, data + 1, size - 1);
    const femd_pack pack = {.json = "{}", .nfiles = 1, .file = {{"f", {text, size - 1}}}};
    unsigned k = data[0] % (FORMATS + 1u);
    if (k < FORMATS)
        read_potential(formats[k].json, &pack, formats[k].species);
    else
        read_atoms(text, size - 1);
    free(text);
    return 0;
}
