/* The one JSON reader: cJSON plus a schema, with errors that name file, path and accepted values.
 *
 * A document is validated as a whole against a JSON Schema (the subset listed in docs/case.md) before anything
 * reads it; the getters below then cannot meet a wrong type. Quantities are numbers in SI or strings with a unit. */
#ifndef FEMD_JSON_H
#define FEMD_JSON_H

#include <cjson/cJSON.h>

#include "femd/buffer.h"
#include "femd/units.h"

typedef struct femd_json {
    cJSON *root; /* owned */
    char *name;  /* owned; the file name or other title that starts every message */
} femd_json;

#define FEMD_JSON_INIT                                                                                                 \
    { NULL, NULL }
#define FEMD_JSON_MAX_BYTES (16u << 20)
#define FEMD_JSON_MAX_DEPTH 64

/* Read and parse a file; a message gives line and column of a syntax error. BAD_INPUT, IO or NO_MEMORY. Duplicate keys,
 * NaN/Infinity, bytes after the document, depth and size over the limits are refused. */
FEMD_MUST_CHECK femd_status femd_json_read(const char *path, femd_json *doc, femd_error *err);
/* The same from n bytes of text; name is used in messages. */
FEMD_MUST_CHECK femd_status femd_json_parse(const char *text, size_t n, const char *name, femd_json *doc,
                                            femd_error *err);
void femd_json_clear(femd_json *doc);
/* cJSON does not tell want of memory from wrong syntax. 1 if a tree of a text of so many bytes may not find its room.
 */
int femd_json_is_short_of_memory(size_t size);

/* The schemas compiled into femd, as NUL-terminated JSON text: docs/case.schema.json (its $defs/material is a
 * material). */
extern const char femd_case_schema[];
/* Validate doc against the definition at `ref` of schema text: "" for the root, "#/$defs/material" for a part.
 * The first violation becomes: "FILE: materials.copper.potential.style: unknown value "eam2"; accepted: eam, ..." */
FEMD_MUST_CHECK femd_status femd_json_validate(const femd_json *doc, const char *schema, const char *ref,
                                               femd_error *err);

/* Say that the value at node is wrong: fills err with "FILE: PATH: words". node must be inside doc. Returns BAD_INPUT.
 */
femd_status femd_json_fail(const femd_json *doc, const cJSON *node, femd_error *err, const char *fmt, ...)
    FEMD_PRINTF(4, 5);

/* Members of an object by key, with a default if absent (obj may be NULL: then the default). */
const cJSON *femd_json_get(const cJSON *obj, const char *key);
const char *femd_json_string(const cJSON *obj, const char *key, const char *fallback);
double femd_json_number(const cJSON *obj, const char *key, double fallback);
int femd_json_bool(const cJSON *obj, const char *key, int fallback);
/* Exact integer (JSON numbers up to 2^53, or a decimal string for 64 bits). */
FEMD_MUST_CHECK femd_status femd_json_u64(const femd_json *doc, const cJSON *obj, const char *key, uint64_t fallback,
                                          uint64_t *out, femd_error *err);
/* The same for one node (not NULL). */
FEMD_MUST_CHECK femd_status femd_json_node_u64(const femd_json *doc, const cJSON *node, uint64_t *out, femd_error *err);
/* A quantity: number = SI, string = number with a unit of that dimension. Missing key: fallback. NaN never passes. */
FEMD_MUST_CHECK femd_status femd_json_quantity(const femd_json *doc, const cJSON *obj, const char *key,
                                               femd_dimension dim, double fallback, double *out, femd_error *err);
/* To add to the words about a length that is off scale: " (a length without a unit is in m)" if it was a bare number,
 * else "". */
const char *femd_json_bare_length(const cJSON *obj, const char *key);
/* femd_json_quantity for one node (e.g. an array element). */
FEMD_MUST_CHECK femd_status femd_json_node_quantity(const femd_json *doc, const cJSON *node, femd_dimension dim,
                                                    double *out, femd_error *err);
/* Array of exactly n quantities. */
FEMD_MUST_CHECK femd_status femd_json_quantities(const femd_json *doc, const cJSON *obj, const char *key,
                                                 femd_dimension dim, size_t n, double *out, femd_error *err);
/* Apply "a.b.c=VALUE" (VALUE is JSON, or else taken as a string) to a document; creates missing objects. */
FEMD_MUST_CHECK femd_status femd_json_set(femd_json *doc, const char *assignment, femd_error *err);
/* Unformatted text of a node with keys sorted, numbers that parse back to the same double; the caller frees. */
char *femd_json_canonical(const cJSON *node);

#endif
