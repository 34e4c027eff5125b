/* The points of a femd_arrays as requests, and their answers put where they belong: for who asks them in another way
 * than femd_arrays_submit. */
#ifndef FEMD_CLIENT_ARRAY_POINTS_H
#define FEMD_CLIENT_ARRAY_POINTS_H

#include "client_private.h"
#include "femd/arrays.h"

/* Check the arrays and make their requests. *requests: n of them, malloc'ed, the caller's; fewer than there are points
 * where some have failed already. */
FEMD_MUST_CHECK femd_status array_points_begin(const femd_arrays *arrays, femd_array_batch **batch,
                                               femd_request **requests, size_t *n, femd_error *err);
/* The answer to request k; *r may be changed. words: of a failure. */
void array_points_take(femd_array_batch *batch, size_t k, femd_response *r, const femd_bytes *words);
/* Release it. *worst and its words as femd_arrays_evaluate gives them. */
void array_points_end(femd_array_batch **batch, femd_status *worst, femd_error *err);

#endif
