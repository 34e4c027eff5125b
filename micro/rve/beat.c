/* What a long evaluation does with the answer of its beat. Owns the words of being stopped, and how far the whole is
 * where one of its parts says how far it is. */
#include "rve/beat.h"

femd_status femd_beat_now(const femd_beat *beat, double fraction, const char *during, femd_error *err) {
    if (!beat || !beat->beat) return FEMD_OK;
    const int stop = beat->beat(beat->user, fraction);
    if (stop == FEMD_DEADLINE) return femd_fail(err, FEMD_DEADLINE, "the deadline passed during %s", during);
    if (stop) return femd_fail(err, FEMD_CANCELLED, "the evaluation was cancelled during %s", during);
    return FEMD_OK;
}

static int beat_within(void *user, double fraction) {
    const femd_beat_stretch *stretch = user;
    return stretch->whole->beat(stretch->whole->user, stretch->begin + (stretch->end - stretch->begin) * fraction);
}

const femd_beat *femd_beat_within(const femd_beat *whole, double begin, double end, femd_beat_stretch *stretch) {
    *stretch = (femd_beat_stretch){whole, begin, end, {stretch, beat_within}};
    return whole && whole->beat ? &stretch->beat : NULL;
}
