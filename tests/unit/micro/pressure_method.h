/* A small method that samples, as a newcomer would write one: mean pressure and kinetic temperature of an RVE in
 * motion. It answers `energy` with the pressure (Pa, an energy density). */
#ifndef FEMD_TEST_PRESSURE_METHOD_H
#define FEMD_TEST_PRESSURE_METHOD_H

#include "dynamics/sampled_method.h"

extern const femd_method femd_method_pressure;

typedef struct femd_pressure {
    femd_sampled common;           /* first */
    double kinetic, kinetic_err;   /* K */
    double pressure, pressure_err; /* Pa, with the kinetic part of the temperature asked for */
    int blocks;
} femd_pressure;

#endif
