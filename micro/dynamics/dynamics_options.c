/* Time step, friction and skin of a dynamics, and its times in steps, as a material gives them. Owns what is too long;
 * the defaults are the methods'. */
#include "dynamics/dynamics_options.h"

#include <math.h>

#include "dynamics/dynamics.h"

static const double PS = 1e-12, ANGSTROM = 1e-10, TWO_PI = 6.28318530717958647693;
static const double STEP_MAX = 0.5;  /* radians of the fastest vibration */
static const double STEPS_MAX = 5e8; /* of one time: sums over dozens of them are still counted in an int */

femd_status femd_dynamics_options_read(const femd_json *doc, const cJSON *node, const cJSON *at, double top,
                                       double radians, double share, femd_dynamics_options *o, femd_error *err) {
    double step, damping, reach;
    FEMD_TRY(femd_json_quantity(doc, node, "time_step", FEMD_DIM_TIME, radians / top * PS, &step, err));
    FEMD_TRY(femd_json_quantity(doc, node, "damping", FEMD_DIM_TIME, 1 / (share * top) * PS, &damping, err));
    FEMD_TRY(femd_json_quantity(doc, node, "skin", FEMD_DIM_LENGTH, ANGSTROM, &reach, err));
    *o = (femd_dynamics_options){.time_step = step / PS, .friction = PS / damping, .skin = reach / ANGSTROM};
    if (!(o->time_step > 0) || !(o->time_step * top <= STEP_MAX))
        return femd_json_fail(
            doc, at, err,
            "a time_step of %.3g fs: the fastest vibration has %.3g THz, so it must lie between 0 and %.3g fs",
            o->time_step * 1e3, top / TWO_PI, STEP_MAX / top * 1e3);
    if (!(o->friction > 0) || !isfinite(o->friction))
        return femd_json_fail(doc, at, err, "damping must be a time above zero");
    return FEMD_OK;
}

femd_status femd_dynamics_lives_read(const femd_json *doc, const cJSON *node, const cJSON *at, const char *key,
                                     double ps, double step, int *out, femd_error *err) {
    double time;
    FEMD_TRY(femd_json_quantity(doc, node, key, FEMD_DIM_TIME, ps * PS, &time, err));
    if (!(time > 0) || !(time / PS / step < STEPS_MAX))
        return femd_json_fail(doc, at, err, "%s must be a time above zero and below %g steps", key, STEPS_MAX);
    *out = (int)fmax(1, ceil(time / PS / step / FEMD_DYNAMICS_RENEW - 1e-9)) * FEMD_DYNAMICS_RENEW;
    return FEMD_OK;
}
