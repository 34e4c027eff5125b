/* Any bytes as a JSON document: refused with words, or read and checked against the schema of cases and of materials;
 * its canonical text is a fixed point. What stands before the first zero byte is applied as --set. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "femd/json.h"
#include "reads.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

const char *const fuzz_kinds[] = {"a case", "a material", "a document", "a document with --set", NULL};
enum { DOCUMENT = 2, ASSIGNED };

static void check_canonical(const femd_json *doc) {
    femd_json again = FEMD_JSON_INIT;
    char *once = femd_json_canonical(doc->root), *twice;
    if (!once) abort();
    if (femd_json_parse(once, strlen(once), "canonical", &again, NULL) != FEMD_OK) abort();
    twice = femd_json_canonical(again.root);
    if (!twice || strcmp(once, twice) != 0) abort();
    free(once);
    free(twice);
    femd_json_clear(&again);
}

static void check_schema(const femd_json *doc) {
    static const char *const refs[] = {"", "#/$defs/material"};
    for (size_t k = 0; k < sizeof refs / sizeof *refs; k++) {
        femd_error err = FEMD_ERROR_INIT;
        femd_status rc = femd_json_validate(doc, femd_case_schema, refs[k], &err);
        if (rc == FEMD_OK) fuzz_read((int)k);
        if (rc != FEMD_OK && (!err.text[0] || err.code != rc)) abort(); /* never without words */
        if (rc == FEMD_INTERNAL) abort();                               /* the schema covers every document */
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const uint8_t *zero = size ? memchr(data, 0, size) : NULL;
    size_t skip = zero ? (size_t)(zero - data) + 1 : 0;
    char *text = malloc(size - skip + 1), *assignment = malloc(skip + 1); /* an end is the end of what may be read */
    femd_json doc = FEMD_JSON_INIT;
    femd_error err = FEMD_ERROR_INIT;
    if (!text || !assignment) abort();
    if (size > skip) memcpy(text, data + skip, size - skip);
    if (skip) memcpy(assignment, data, skip);
    if (femd_json_parse(text, size - skip, "fuzz", &doc, &err) == FEMD_OK) {
        check_canonical(&doc);
        fuzz_read(DOCUMENT);
        if (skip && femd_json_set(&doc, assignment, &err) == FEMD_OK) {
            fuzz_read(ASSIGNED);
            check_canonical(&doc);
        }
        check_schema(&doc);
        femd_json_clear(&doc);
    } else if (!err.text[0])
        abort();
    free(text);
    free(assignment);
    return 0;
}
