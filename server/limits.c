/* The budget of bytes. This file only judges; the counting is inline in limits.h. */
#include "limits.h"

femd_status femd_limits_room(const femd_limits *limits, uint64_t bytes, const char *what, femd_error *err) {
    if (bytes <= limits->total_max && limits->total <= limits->total_max - bytes) return FEMD_OK;
    return femd_fail(
        err, FEMD_LIMIT,
        "the server has no room for %s of %llu bytes: it holds %llu of %llu MiB; start it with a larger --memory", what,
        (unsigned long long)bytes, (unsigned long long)(limits->total >> 20),
        (unsigned long long)(limits->total_max >> 20));
}
