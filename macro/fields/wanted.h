/* What output.wants asks of the points beside stress and tangent: the quantities of femd/quantities.h, without knowing
 * any of them. Their arrays at the points, and what stands for them over the body. */
#ifndef FEMD_WANTED_H
#define FEMD_WANTED_H

#include "femd/error.h"
#include "femd/types.h"

/* One wanted quantity at n points: n x what->numbers, and as many one-sigma errors if it can be sampled (else NULL).
 * NAN where no answer has come (the conductivity: 0). t...: of the current iterate. */
typedef struct femd_wanted {
    const femd_quantity *what;
    double *value, *tvalue, *error, *terror;
} femd_wanted;

/* The first wanted quantity at or behind a place of the list of quantities, NULL if there is none; *place goes past it.
 */
const femd_quantity *femd_wanted_next(uint32_t wants, size_t *place);
/* Arrays for n points; *list is the caller's, also after a failure. NO_MEMORY. */
FEMD_MUST_CHECK femd_status femd_wanted_create(uint32_t wants, size_t n, femd_wanted **list, size_t *count,
                                               femd_error *err);
void femd_wanted_destroy(femd_wanted **list, size_t *count);
/* The entry of a place of the list of quantities (FEMD_QUANTITY_*); NULL if it is not wanted. */
femd_wanted *femd_wanted_find(const femd_wanted *list, size_t count, size_t place);
/* The tentative half becomes the committed one, or the other way round. */
void femd_wanted_copy(femd_wanted *list, size_t count, size_t n, int commit);
/* Take what a response holds of them into the tentative half of point k; those in `except` (FEMD_WANT_*) stay. */
void femd_wanted_take(femd_wanted *list, size_t count, size_t k, const femd_response *r, uint32_t except);

/* Point k was asked for `wants` and has no answer: NAN in its tentative half. */
void femd_wanted_lose(femd_wanted *list, size_t count, size_t k, uint32_t wants);

/* ---- over the body ---- */
/* How many numbers stand for the body: for each quantity its own, and one for the largest error if it can be sampled.
 */
size_t femd_wanted_numbers(uint32_t wants);
/* Where those of one of them begin, the error behind its own. */
size_t femd_wanted_offset(uint32_t wants, const femd_quantity *q);
/* Those numbers of the committed arrays of all ranks, the same on all of them: means by reference volume, least or
 * largest values, of the points whose material answers; NAN if none does. Collective. */
struct femd_problem;
void femd_wanted_body(const struct femd_problem *p, double *numbers);

#endif
