/* Where the mechanics gets its material answers, and the checkpoint their states: one table of functions, so that
 * nobody else in macro/ knows server or engine. constitutive_client.c fills it with libfemd; tests and benchmarks with
 * an analytic law. */
#ifndef FEMD_CONSTITUTIVE_H
#define FEMD_CONSTITUTIVE_H

#include "case/case.h"
#include "femd/types.h"

/* Takes the answer to request i; called once for each, in any order. The response is borrowed for the call. */
typedef void (*femd_constitutive_sink)(void *user, size_t i, const femd_response *response);

/* The builds of femd (their fingerprints) that answers came from. Bits repeat within one build only. */
typedef struct femd_builds {
    uint64_t first; /* 0: none yet */
    int several;    /* 1: and another one */
} femd_builds;

/* Answers of `fingerprint` (0: not known) are used too. */
void femd_builds_add(femd_builds *builds, uint64_t fingerprint);

typedef struct femd_constitutive {
    void *self;
    /* Make the case's materials known; fills ids and capabilities (nmaterials each). */
    femd_status (*open)(void *self, const femd_case *cs, femd_hash *id, femd_capabilities *caps, femd_error *err);
    /* Answer n requests (strains in the solver frame) of the materials material[i]. Stress, tangent and all else come
     * back in the solver frame (rotated by the material's orientation, E-based: F = U). Per-point trouble stands in the
     * response. n may be 0. */
    femd_status (*evaluate)(void *self, const femd_request *requests, const int *material, size_t n,
                            femd_constitutive_sink sink, void *user, femd_error *err);
    /* The states become the committed ones of this rank; returns when all ranks have said so. Called on every rank, n
     * may be 0. */
    femd_status (*commit)(void *self, uint32_t step, const uint64_t *points, const femd_hash *states, size_t n,
                          femd_error *err);
    /* Forget the tentative states. */
    femd_status (*abort)(void *self, femd_error *err);
    /* The content of n states, blobs[i] malloc'ed and the caller's (all freed and NULL on failure), and the way back:
     * the law learns contents, each verified against its name. Called on any rank alone. NULL: the law keeps no states.
     */
    femd_status (*states_get)(void *self, const femd_hash *states, size_t n, void **blobs, size_t *sizes,
                              femd_error *err);
    femd_status (*states_put)(void *self, const femd_hash *states, const void *const *blobs, const size_t *sizes,
                              size_t n, femd_error *err);
    /* The numerics level: answers have the same bits on one level only. NULL: there is but one. */
    const char *(*level)(void *self);
    /* What a material of the case says of itself and its files, a line each; "" if nothing. NULL: none does. */
    const char *(*remarks)(void *self, size_t material);
    /* What was said of a point that failed in the last call of evaluate, known at least of the lowest number with a
     * physics status and of the lowest with another one; "" if nothing. NULL: nothing ever is. */
    const char *(*words)(void *self, uint64_t point);
    /* Points answered from an earlier evaluation so far. */
    uint64_t (*reused)(void *self);
    /* Where the answers so far came from, those from a store too. NULL: from one build. */
    femd_builds (*builds)(void *self);
    void (*destroy)(void *self); /* may be NULL */
} femd_constitutive;

/* Put ": " and what was said of a failed point behind an error's text, if anything was. */
void femd_constitutive_add_words(const femd_constitutive *law, uint64_t point, femd_error *err);

/* Release what an implementation has made; accepts NULL inside. */
void femd_constitutive_destroy(femd_constitutive **law);

#endif
