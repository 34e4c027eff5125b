/* What a material says about its sampling, and what follows from its highest frequency. Owns the defaults; runs
 * nothing. */
#include "dynamics/dynamics_options.h"
#include "dynamics/md.h"

/* Steps in radians of the fastest vibration: at 0.2 the average potential energy of BAOAB is off by less than a sampled
 * error shows (a harmonic one by nothing); from 0.5 on anharmonic crystals feel it. */
static const double STEP_DEFAULT = 0.2;
/* Friction as a fraction of the highest frequency. Energies of single vibrations forget at the rate of the friction
 * until it overdamps the slowest waves of the RVE: measured on argon at 60 K (108 atoms, equal steps), fractions 0.03,
 * 0.1, 0.3 and 1 gave standard errors of the stress of 0.37, 0.25, 0.17 and 0.16 MPa and of C11 of 21, 13, 12 and 13
 * MPa. */
static const double FRICTION_DEFAULT = 0.3;
static const double FORGETS = 30; /* times 1/friction: length of a block and of an equilibration segment */

femd_status femd_md_options_read(const femd_json *doc, double top, femd_md_options *o, femd_error *err) {
    const cJSON *md = femd_json_get(doc->root, "md"), *at = md ? md : doc->root;
    femd_dynamics_options d;
    FEMD_TRY(femd_dynamics_options_read(doc, md, at, top, STEP_DEFAULT, FRICTION_DEFAULT, &d, err));
    o->time_step = d.time_step;
    o->friction = d.friction;
    o->skin = d.skin;
    FEMD_TRY(femd_dynamics_lives_read(doc, md, at, "equilibration", FORGETS / o->friction, o->time_step,
                                      &o->equilibration, err));
    FEMD_TRY(femd_dynamics_lives_read(doc, md, at, "block", FORGETS / o->friction, o->time_step, &o->block, err));
    o->stride = (int)femd_json_number(md, "stride", 40);
    o->replicas = (int)femd_json_number(md, "replicas", 2);
    o->max_steps = (int64_t)femd_json_number(md, "max_steps", 400000);
    o->accuracy = femd_json_number(md, "accuracy", 0.02);
    o->harmonic_control = femd_json_bool(md, "harmonic_control", 1);
    o->tangent_accuracy = femd_json_number(md, "tangent_accuracy", 0);
    if (o->stride < 1 || o->stride > o->block)
        return femd_json_fail(doc, at, err, "stride must lie between 1 and a block's %d steps", o->block);
    if (o->replicas < 1 || o->replicas > FEMD_MD_REPLICAS_MAX)
        return femd_json_fail(doc, at, err, "replicas must lie between 1 and %d", FEMD_MD_REPLICAS_MAX);
    if (o->max_steps < 8 * (int64_t)o->block)
        return femd_json_fail(doc, at, err, "max_steps must be at least %lld, that is eight blocks",
                              8 * (long long)o->block);
    if (!(o->accuracy > 0) || !(o->tangent_accuracy >= 0))
        return femd_json_fail(doc, at, err, "accuracy must be above zero");
    return FEMD_OK;
}
