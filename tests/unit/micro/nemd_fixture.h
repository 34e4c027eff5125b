/* What the tests of nemd share: a native RVE and the method from JSON text. Every failure is a failed assertion with
 * the words of the error. */
#ifndef FEMD_TEST_NEMD_FIXTURE_H
#define FEMD_TEST_NEMD_FIXTURE_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "conductivity/nemd.h"
#include "femd/pack.h"
#include "micro.h"

#define MUST(call)                                                                                                     \
    do {                                                                                                               \
        femd_error err = FEMD_ERROR_INIT;                                                                              \
        if ((call) != FEMD_OK) fail_msg("%s", err.text);                                                               \
    } while (0)

/* A material whose conductivity is nemd's, its cell as given. */
#define NEMD(options, structure, potential)                                                                            \
    "{\"engine\":\"native\",\"method\":{\"stress\":\"statics\",\"conductivity\":\"nemd\"},\"nemd\":{" options          \
    "},\"structure\":{" structure "},\"reference\":\"as-given\",\"potential\":{" potential "}}"
#define FCC_ARGON(a, repeat)                                                                                           \
    "\"lattice\":\"fcc\",\"a\":\"" a " angstrom\",\"species\":[\"Ar\"],\"masses\":[\"39.948 u\"],\"repeat\":" repeat
#define SMOOTH_ARGON                                                                                                   \
    "\"style\":\"lj\",\"epsilon\":\"0.0103235 eV\",\"sigma\":\"3.405 angstrom\",\"cutoff\":\"7 "                       \
    "angstrom\",\"smooth\":\"2 angstrom\""

typedef struct flow {
    femd_json doc;
    femd_buffer bytes;
    femd_pack pack;
    femd_native *n;
    femd_nemd *g;
} flow;

static inline femd_status flow_try(flow *f, const char *json, femd_error *err) {
    femd_json doc = FEMD_JSON_INIT;
    void *self = NULL;
    memset(f, 0, sizeof *f);
    femd_status rc = femd_json_parse(json, strlen(json), "test", &doc, err);
    if (rc == FEMD_OK) rc = femd_material_pack(&doc, doc.root, ".", &f->bytes, err);
    femd_json_clear(&doc);
    if (rc == FEMD_OK) rc = femd_pack_decode(f->bytes.data, f->bytes.size, &f->pack, err);
    if (rc == FEMD_OK) rc = femd_json_parse(f->pack.json, strlen(f->pack.json), "test", &f->doc, err);
    if (rc == FEMD_OK) rc = femd_native_create(&f->doc, &f->pack, 0, &f->n, err);
    if (rc == FEMD_OK) rc = femd_method_nemd.create(f->n, &f->doc, &self, err);
    f->g = self;
    return rc;
}

static inline void flow_open(flow *f, const char *json) {
    MUST(flow_try(f, json, &err));
}

static inline void flow_close(flow *f) {
    void *self = f->g;
    femd_method_nemd.destroy(&self);
    femd_native_destroy(&f->n);
    femd_json_clear(&f->doc);
    femd_buffer_clear(&f->bytes);
}

#endif
