/* Any bytes as an extended XYZ file, packed or not: refused with words, or atoms of known species at finite places; and
 * those, written as femd writes them, are read back to the bit. */
#include "atoms.h"
#include "crystal/xyz.h"
#include "reads.h"

const char *const fuzz_kinds[] = {"a plain file", "a packed file", NULL};

static femd_status read_atoms(const void *text, size_t size, femd_structure *s, femd_error *err) {
    static const char json[] = "{\"file\": \"f.xyz\", \"species\": [\"Cu\", \"Ni\"]}";
    const femd_pack pack = {.json = "{}", .nfiles = 1, .file = {{"f.xyz", {text, size}}}};
    femd_json doc = FEMD_JSON_INIT;
    if (femd_json_parse(json, strlen(json), "fuzz", &doc, err) != FEMD_OK) abort();
    const femd_status rc = femd_structure_create(&doc, doc.root, &pack, s, err);
    femd_json_clear(&doc);
    return rc;
}

static void check_again(const femd_structure *s) {
    femd_structure again;
    femd_error err = FEMD_ERROR_INIT;
    femd_buffer text = FEMD_BUFFER_INIT;
    const femd_xyz_frame frame = {
        .n = s->natoms, .cell = s->cell, .symbol = (const char(*)[8])s->name, .species = s->species, .x = s->x};
    if (femd_xyz_append(&frame, &text, &err) != FEMD_OK) abort();
    if (read_atoms(text.data, text.size, &again, &err) != FEMD_OK) abort();
    if (again.natoms != s->natoms || memcmp(again.cell, s->cell, sizeof s->cell) != 0) abort();
    for (int c = 0; c < 3 * s->natoms; c++)
        if (again.x[c] != s->x[c]) abort(); /* the origin taken from 0 gives a zero of either sign */
    femd_structure_clear(&again);
    femd_buffer_clear(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > 1 << 16) return 0;
    char *text = malloc(size ? size : 1); /* its end is the end of what may be read */
    if (!text) abort();
    if (size) memcpy(text, data, size);
    femd_error err = FEMD_ERROR_INIT;
    femd_structure s;
    if (read_atoms(text, size, &s, &err) == FEMD_OK) {
        check_atoms(&s);
        check_again(&s);
        fuzz_read(size > 0 && data[0] == 0x1f);
    } else if (!err.text[0])
        abort();
    femd_structure_clear(&s);
    free(text);
    return 0;
}
