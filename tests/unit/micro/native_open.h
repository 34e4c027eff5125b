/* A native instance without the material around it, so that a test can reach into it. */
#ifndef FEMD_TEST_NATIVE_OPEN_H
#define FEMD_TEST_NATIVE_OPEN_H

#include "engine_material.h"
#include "rve/native.h"

static inline femd_native *native_open(const char *json) {
    femd_error err = FEMD_ERROR_INIT;
    femd_json doc = FEMD_JSON_INIT, inner = FEMD_JSON_INIT;
    femd_buffer bytes = FEMD_BUFFER_INIT;
    femd_pack pack;
    femd_native *n = NULL;
    femd_status rc = femd_json_parse(json, strlen(json), "test", &doc, &err);
    if (rc == FEMD_OK) rc = femd_material_pack(&doc, doc.root, ".", &bytes, &err);
    if (rc == FEMD_OK) rc = femd_pack_decode(bytes.data, bytes.size, &pack, &err);
    if (rc == FEMD_OK) rc = femd_json_parse(pack.json, strlen(pack.json), "test", &inner, &err);
    if (rc == FEMD_OK) rc = femd_native_create(&inner, &pack, 0, &n, &err);
    if (rc != FEMD_OK) fail_msg("%s", err.text);
    femd_json_clear(&doc);
    femd_json_clear(&inner);
    femd_buffer_clear(&bytes);
    return n;
}

#endif
