/* What a material says about its sampling, and what follows from its highest frequency. Owns the defaults; runs nothing. */
#include "md.h"

#include <math.h>

static const double PS = 1e-12, ANGSTROM = 1e-10;
/* Steps in radians of the fastest vibration: at 0.2 the average potential energy of BAOAB is off by less than a sampled error shows (a
 * harmonic one by nothing); from 0.5 on anharmonic crystals feel it. */
static const double STEP_DEFAULT = 0.2, STEP_MAX = 0.5;
/* Friction as a fraction of the highest frequency. Energies of single vibrations forget at the rate of the friction until it overdamps the
 * slowest waves of the RVE: measured on argon at 60 K (108 atoms, equal steps), fractions 0.03, 0.1, 0.3 and 1 gave standard errors of the
 * stress of 0.37, 0.25, 0.17 and 0.16 MPa and of C11 of 21, 13, 12 and 13 MPa. */
static const double FRICTION_DEFAULT = 0.3;
static const double FORGETS = 30; /* times 1/friction: length of a block and of an equilibration segment */

static int whole_renewals(double steps) {
    return (int)fmax(1, ceil(steps / FEMD_DYNAMICS_RENEW - 1e-9)) * FEMD_DYNAMICS_RENEW;
}

femd_status femd_md_options_read(const femd_json *doc, double top, femd_md_options *o, femd_error *err) {
    const cJSON *md = femd_json_get(doc->root, "md"), *at = md ? md : doc->root;
    double step, damping, settle, block, reach;
    FEMD_TRY(femd_json_quantity(doc, md, "time_step", FEMD_DIM_TIME, STEP_DEFAULT / top * PS, &step, err));
    FEMD_TRY(femd_json_quantity(doc, md, "damping", FEMD_DIM_TIME, 1 / (FRICTION_DEFAULT * top) * PS, &damping, err));
    o->time_step = step / PS;
    o->friction = PS / damping;
    if (!(o->time_step > 0) || !(o->time_step * top <= STEP_MAX))
        return femd_json_fail(doc, at, err,
                              "a time_step of %.3g fs: the fastest vibration has %.3g THz, so it must lie between 0 and %.3g fs",
                              o->time_step * 1e3, top / (2 * 3.14159265358979323846), STEP_MAX / top * 1e3);
    if (!(o->friction > 0) || !isfinite(o->friction)) return femd_json_fail(doc, at, err, "damping must be a time above zero");
    FEMD_TRY(femd_json_quantity(doc, md, "equilibration", FEMD_DIM_TIME, FORGETS / o->friction * PS, &settle, err));
    FEMD_TRY(femd_json_quantity(doc, md, "block", FEMD_DIM_TIME, FORGETS / o->friction * PS, &block, err));
    FEMD_TRY(femd_json_quantity(doc, md, "skin", FEMD_DIM_LENGTH, 1.0 * ANGSTROM, &reach, err));
    if (!(settle > 0) || !(block > 0) || !(settle / PS < 1e6) || !(block / PS < 1e6))
        return femd_json_fail(doc, at, err, "equilibration and block must be times above zero and below a microsecond");
    o->equilibration = whole_renewals(settle / PS / o->time_step);
    o->block = whole_renewals(block / PS / o->time_step);
    o->skin = reach / ANGSTROM;
    o->stride = (int)femd_json_number(md, "stride", 40);
    o->replicas = (int)femd_json_number(md, "replicas", 2);
    o->max_steps = (int64_t)femd_json_number(md, "max_steps", 400000);
    o->accuracy = femd_json_number(md, "accuracy", 0.02);
    o->harmonic_control = femd_json_bool(md, "harmonic_control", 1);
    o->tangent_accuracy = femd_json_number(md, "tangent_accuracy", 0);
    if (o->stride < 1 || o->stride > o->block) return femd_json_fail(doc, at, err, "stride must lie between 1 and a block's %d steps", o->block);
    if (o->replicas < 1 || o->replicas > FEMD_MD_REPLICAS_MAX)
        return femd_json_fail(doc, at, err, "replicas must lie between 1 and %d", FEMD_MD_REPLICAS_MAX);
    if (o->max_steps < 8 * (int64_t)o->block)
        return femd_json_fail(doc, at, err, "max_steps must be at least %d, that is eight blocks", 8 * o->block);
    if (!(o->accuracy > 0) || !(o->tangent_accuracy >= 0)) return femd_json_fail(doc, at, err, "accuracy must be above zero");
    return FEMD_OK;
}
