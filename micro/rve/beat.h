/* The word with the worker while something takes long. */
#ifndef FEMD_BEAT_H
#define FEMD_BEAT_H

#include "femd/engine.h"

/* Tell how far `during` ("the sampling") is; DEADLINE or CANCELLED if it is to stop. beat may be NULL. */
FEMD_MUST_CHECK femd_status femd_beat_now(const femd_beat *beat, double fraction, const char *during, femd_error *err);

/* One stretch of something longer: what is told as its fraction goes on as that of the whole. */
typedef struct femd_beat_stretch {
    const femd_beat *whole; /* borrowed */
    double begin, end;      /* fractions of the whole */
    femd_beat beat;
} femd_beat_stretch;

/* The beat of that stretch, which `stretch` holds and must not outlive; NULL where the whole has none. */
const femd_beat *femd_beat_within(const femd_beat *whole, double begin, double end, femd_beat_stretch *stretch);

#endif
