/* What every room of the core works with and none owns: the settings, the clock, the budget of bytes, the counters,
 * whether the books are sound, and the log. */
#ifndef FEMD_SERVER_COMMON_H
#define FEMD_SERVER_COMMON_H

#include "limits.h"
#include "settings.h"
#include "table.h"

/* Where a peer is reached, and in which form. */
typedef struct femd_address {
    uint64_t route;
    int json; /* answered on the JSON channel */
} femd_address;

typedef struct femd_common {
    femd_core_config config; /* without zeros */
    char level[16];
    uint32_t level_number; /* in the key of an evaluation */
    double now, started;   /* s; -1 before the first event */
    femd_status health;
    femd_core_counters counter;
    femd_limits limits;
    int replaying;    /* what a journal tells is done again: nothing is handed out */
    int draining;     /* an admin wants no new runs, and the end when the last is over */
    int stopping;     /* ... or the end at once */
    int reproducible; /* no two workers have answered one key differently */
} femd_common;

/* Fill the defaults in. BAD_ARGUMENT for an unknown level. */
FEMD_MUST_CHECK femd_status common_init(femd_common *common, const femd_core_config *config, femd_error *err);
/* An allocation of the books failed; the server ends in good order. */
static inline void common_no_memory(femd_common *common) {
    common->health = FEMD_NO_MEMORY;
}
void common_log(const femd_common *common, femd_log_level level, const char *fmt, ...) FEMD_PRINTF(3, 4);

/* An audit's claim: if it does not hold, the words go to err and the function returns -1. */
#define FEMD_CLAIM(holds, ...)                                                                                         \
    do {                                                                                                               \
        if (!(holds)) {                                                                                                \
            femd_fail(err, FEMD_INTERNAL, __VA_ARGS__);                                                                \
            return -1;                                                                                                 \
        }                                                                                                              \
    } while (0)

#endif
