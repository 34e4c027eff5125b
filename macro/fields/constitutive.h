/* Where the mechanics gets its material answers: one table of functions, so that the element loop, Newton and the
 * stepping know neither server nor engine. constitutive_client.c fills it with libfemd; tests and benchmarks with an
 * analytic law. */
#ifndef FEMD_CONSTITUTIVE_H
#define FEMD_CONSTITUTIVE_H

#include "case/case.h"
#include "femd/types.h"

/* Takes the answer to request i; called once for each, in any order. The response is borrowed for the call. */
typedef void (*femd_constitutive_sink)(void *user, size_t i, const femd_response *response);

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
    /* Points answered from an earlier evaluation so far. */
    uint64_t (*reused)(void *self);
    void (*destroy)(void *self); /* may be NULL */
} femd_constitutive;

/* Release what an implementation has made; accepts NULL inside. */
void femd_constitutive_destroy(femd_constitutive **law);

#endif
