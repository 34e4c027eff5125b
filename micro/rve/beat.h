/* The word with the worker while something takes long. */
#ifndef FEMD_BEAT_H
#define FEMD_BEAT_H

#include "femd/engine.h"

/* Tell how far `during` ("the sampling") is; DEADLINE or CANCELLED if it is to stop. beat may be NULL. */
FEMD_MUST_CHECK femd_status femd_beat_now(const femd_beat *beat, double fraction, const char *during, femd_error *err);

#endif
