/* Any bytes as a LAMMPS data file, packed or not: refused with words, or atoms of known species at finite places. The
 * first byte picks the atom style that the material says. */
#include "atoms.h"
#include "reads.h"

const char *const fuzz_kinds[] = {
    "a file that says its style", "atomic", "charge", "molecular", "full", "a packed file", NULL};
enum { PACKED = 5 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const styles[] = {"", "atomic", "charge", "molecular", "full"};
    if (size < 1 || size > 1 << 16) return 0;
    char json[200], *text = malloc(size); /* without the first byte; its end is the end of what may be read */
    if (!text) abort();
    memcpy(text, data + 1, size - 1);
    const char *style = styles[data[0] % (sizeof styles / sizeof *styles)];
    snprintf(json, sizeof json, "{\"file\": \"f\", \"species\": [\"Cu\", \"Ni\"]%s%s%s}",
             *style ? ", \"atom_style\": \"" : "", style, *style ? "\"" : "");
    const femd_pack pack = {.json = "{}", .nfiles = 1, .file = {{"f", {text, size - 1}}}};
    femd_json doc = FEMD_JSON_INIT;
    femd_error err = FEMD_ERROR_INIT;
    femd_structure s;
    if (femd_json_parse(json, strlen(json), "fuzz", &doc, &err) != FEMD_OK) abort();
    if (femd_structure_create(&doc, doc.root, &pack, &s, &err) == FEMD_OK) {
        check_atoms(&s);
        fuzz_read((int)(data[0] % (sizeof styles / sizeof *styles)));
        if (size > 1 && data[1] == 0x1f) fuzz_read(PACKED);
    } else if (!err.text[0])
        abort();
    femd_structure_clear(&s);
    femd_json_clear(&doc);
    free(text);
    return 0;
}
