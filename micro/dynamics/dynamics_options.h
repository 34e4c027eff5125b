/* What the methods that move atoms (md, green-kubo, nemd) let a material say alike. */
#ifndef FEMD_DYNAMICS_OPTIONS_H
#define FEMD_DYNAMICS_OPTIONS_H

#include "femd/json.h"

/* ps, 1/ps, angstrom. */
typedef struct femd_dynamics_options {
    double time_step, friction, skin;
} femd_dynamics_options;

/* time_step, damping and skin of a method's options `node` (NULL: all by default); defaults in radians of the highest
 * frequency `top` (rad/ps) and as a share of it. BAD_INPUT, said of `at`: a step of more than half a radian, a damping
 * that is no time. */
FEMD_MUST_CHECK femd_status femd_dynamics_options_read(const femd_json *doc, const cJSON *node, const cJSON *at,
                                                       double top, double radians, double share,
                                                       femd_dynamics_options *o, femd_error *err);
/* The time `key` of node (default `ps`) in steps of `step` ps, rounded up to whole lives of a neighbour list, at least
 * one. BAD_INPUT names the key. */
FEMD_MUST_CHECK femd_status femd_dynamics_lives_read(const femd_json *doc, const cJSON *node, const cJSON *at,
                                                     const char *key, double ps, double step, int *out,
                                                     femd_error *err);

#endif
