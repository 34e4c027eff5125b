/* Any bytes as the file of a potential, packed or not: tables of EAM potentials (setfl, Finnis-Sinclair, funcfl),
 * Stillinger-Weber parameters. Refused with words, or read into tables that hold finite numbers only. The first byte
 * picks the format. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "potentials/potential_eam.h"
#include "reads.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

const char *const fuzz_kinds[] = {"setfl of one element",
                                  "setfl of two, as LAMMPS interpolates",
                                  "Finnis-Sinclair",
                                  "funcfl of one element",
                                  "funcfl of two",
                                  "sw of one element",
                                  "sw of two",
                                  "a packed file",
                                  NULL};
enum { PACKED = 7 };

static const char species[2][8] = {"Cu", "Ag"};

static void check_finite(const femd_potential *p) {
    if (strcmp(p->style->form, "eam") != 0) return;
    const femd_eam_tables *t = femd_eam_tables_of(p);
    const size_t pairs = (size_t)t->nspecies * (size_t)t->nspecies * (size_t)t->knots * (size_t)t->stride;
    for (size_t k = 0; k < pairs; k++)
        if (!isfinite(t->pair[k])) abort();
    for (size_t k = 0; k < (size_t)t->nspecies * (size_t)t->fknots * 4; k++)
        if (!isfinite(t->embed[k])) abort();
}

static void check_embedding(const femd_potential *p) {
    static const double densities[] = {-1.0, 0.0, 1e-3, 1.0, 30.0, 1e6};
    for (int a = 0; strcmp(p->style->form, "eam") == 0 && a < p->nspecies; a++)
        for (size_t k = 0; k < sizeof densities / sizeof *densities; k++) {
            double F[3];
            (void)femd_eam_embed(femd_eam_tables_of(p), a, densities[k], F);
        }
}

static int read_potential(const char *json, const femd_pack *pack, int nspecies) {
    femd_json doc = FEMD_JSON_INIT;
    femd_potential *p = NULL;
    femd_error err = FEMD_ERROR_INIT;
    int read = 0;
    if (femd_json_parse(json, strlen(json), "fuzz", &doc, &err) != FEMD_OK) abort();
    if (femd_potential_create(&doc, doc.root, pack, species, nspecies, &p, &err) == FEMD_OK) {
        if (!(femd_potential_cutoff(p) > 0.0) || !isfinite(femd_potential_cutoff(p))) abort();
        check_finite(p);
        check_embedding(p);
        read = 1;
    } else if (p || !err.text[0])
        abort();
    femd_potential_destroy(&p);
    femd_json_clear(&doc);
    return read;
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
    const unsigned k = data[0] % FORMATS;
    if (read_potential(formats[k].json, &pack, formats[k].species)) {
        fuzz_read((int)k);
        if (size > 1 && data[1] == 0x1f) fuzz_read(PACKED);
    }
    free(text);
    return 0;
}
