/* What a long evaluation does with the answer of its beat. Owns the words of being stopped. */
#include "rve/beat.h"

femd_status femd_beat_now(const femd_beat *beat, double fraction, const char *during, femd_error *err) {
    if (!beat || !beat->beat) return FEMD_OK;
    const int stop = beat->beat(beat->user, fraction);
    if (stop == FEMD_DEADLINE) return femd_fail(err, FEMD_DEADLINE, "the deadline passed during %s", during);
    if (stop) return femd_fail(err, FEMD_CANCELLED, "the evaluation was cancelled during %s", during);
    return FEMD_OK;
}
