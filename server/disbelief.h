/* Whose answers are not believed any more, as a list outside of the core: what is to leave the store, which holds of
 * each answer who has given it and when. A process has a number of 64 bits, the same in every life of a server. */
#ifndef FEMD_SERVER_DISBELIEF_H
#define FEMD_SERVER_DISBELIEF_H

#include "kept.h"

/* The number of a process, never 0. nth: of those here at one time that nothing else tells apart. */
uint64_t disbelief_number(const char *host, uint32_t pid, uint64_t fingerprint, uint64_t instance, uint32_t nth);

/* What it alone has answered from then on; where it is outvoted, also what another such has confirmed. */
typedef struct femd_disbelieved {
    uint64_t author;
    double from;
    int outvoted;
} femd_disbelieved;
/* Add one that is not in the list, which stays in order. */
FEMD_MUST_CHECK femd_status disbelief_add(femd_buffer *list, const femd_disbelieved *one, femd_error *err);
/* 1 if the answer is one of those. Bytes that are no such list hold nobody. */
int disbelief_holds(const femd_bytes *list, const femd_kept *kept);

#endif
