/* What the tests of sampling share: a native RVE and the method md from JSON text, one evaluation at a strain and
 * temperature. Every failure is a failed assertion with the words of the error. */
#ifndef FEMD_TEST_MD_FIXTURE_H
#define FEMD_TEST_MD_FIXTURE_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dynamics/md.h"
#include "femd/pack.h"
#include "micro.h"

#define GPA 1e9
#define MD_WANTS                                                                                                       \
    (FEMD_WANT_STRESS | FEMD_WANT_TANGENT | FEMD_WANT_THERMAL_STRESS | FEMD_WANT_ENERGY | FEMD_WANT_HEAT_CAPACITY)

/* Argon of the LAMMPS examples, smoothed; `a` in angstrom as given, so that the cell is the reference. */
#define ARGON(a, repeat, more)                                                                                         \
    "{\"engine\":\"native\",\"reference\":\"as-given\",\"structure\":{\"lattice\":\"fcc\",\"a\":\"" a                  \
    " angstrom\",\"species\":[\"Ar\"],"                                                                                \
    "\"masses\":[\"39.95 u\"],\"repeat\":" repeat "},\"potential\":{\"style\":\"lj\",\"epsilon\":\"0.0103235 eV\","    \
    "\"sigma\":\"3.405 angstrom\",\"cutoff\":\"8.5 angstrom\",\"smooth\":\"2 angstrom\"}" more "}"

typedef struct md_case {
    femd_json doc;
    femd_pack pack;
    femd_buffer bytes;
    femd_native *n;
    femd_md *md;
} md_case;

static inline void md_open(md_case *c, const char *json) {
    femd_json doc = FEMD_JSON_INIT;
    femd_error err = FEMD_ERROR_INIT;
    void *self = NULL;
    memset(c, 0, sizeof *c);
    femd_status rc = femd_json_parse(json, strlen(json), "test", &doc, &err);
    if (rc == FEMD_OK) rc = femd_material_pack(&doc, doc.root, ".", &c->bytes, &err);
    femd_json_clear(&doc);
    if (rc == FEMD_OK) rc = femd_pack_decode(c->bytes.data, c->bytes.size, &c->pack, &err);
    if (rc == FEMD_OK) rc = femd_json_parse(c->pack.json, strlen(c->pack.json), "test", &c->doc, &err);
    if (rc == FEMD_OK) rc = femd_native_create(&c->doc, &c->pack, 0, &c->n, &err);
    if (rc == FEMD_OK) rc = femd_method_md.create(c->n, &c->doc, &self, &err);
    if (rc != FEMD_OK) fail_msg("%s", err.text);
    c->md = self;
}

static inline void md_close(md_case *c) {
    void *self = c->md;
    femd_method_md.destroy(&self);
    femd_native_destroy(&c->n);
    femd_json_clear(&c->doc);
    femd_buffer_clear(&c->bytes);
}

/* One evaluation from the virgin path. carried (may be NULL) is what an earlier one left in *carry (may be NULL). */
static inline void md_evaluate(md_case *c, const double E[6], double temperature, double accuracy, uint64_t seed,
                               const femd_buffer *carried, femd_response *r, femd_buffer *carry) {
    femd_error err = FEMD_ERROR_INIT;
    femd_buffer scratch = FEMD_BUFFER_INIT;
    const femd_conditions q = {.temperature = temperature, .accuracy = accuracy, .seed = seed, .wants = MD_WANTS};
    const femd_bytes in = {carried ? carried->data : NULL, carried ? carried->size : 0};
    const size_t n3 = 3 * (size_t)c->n->rve.n;
    femd_path *path = &c->n->path;
    memset(r, 0, sizeof *r);
    memset(path->E, 0, sizeof path->E);
    memset(path->w, 0, n3 * sizeof *path->w);
    path->has_G = 0;
    femd_status rc = femd_neighbours_rebuild(c->n->rve.nb, c->n->rve.n, c->n->rve.h0, c->n->rve.X, &err);
    if (rc == FEMD_OK) rc = femd_method_md.begin(c->md, c->n, &q, &in, &err);
    if (rc == FEMD_OK) rc = femd_method_md.strain(c->md, c->n, &q, E, r->S, r->D, &err);
    if (rc == FEMD_OK) rc = femd_method_md.answer(c->md, c->n, &q, &in, r, carry ? carry : &scratch, &err);
    femd_buffer_clear(&scratch);
    if (rc != FEMD_OK) fail_msg("%s", err.text);
}

static inline int md_blocks(const md_case *c) {
    int blocks = 0;
    const femd_replicas *replicas = &c->md->common.replicas;
    for (int r = 0; r < replicas->count; r++) blocks += replicas->one[r].sums.count * replicas->one[r].sums.span;
    return blocks;
}

#endif
