/* The one table of units, and the CODATA 2018 constants. */
#ifndef FEMD_UNITS_H
#define FEMD_UNITS_H

#include <stddef.h>

#include "femd/error.h"

#define FEMD_ELEMENTARY_CHARGE 1.602176634e-19                 /* C, exact; eV in J */
#define FEMD_BOLTZMANN         1.380649e-23                    /* J/K, exact */
#define FEMD_ATOMIC_MASS       1.66053906660e-27               /* kg, CODATA 2018 */
#define FEMD_PLANCK_REDUCED    1.054571817e-34                 /* J s */
#define FEMD_EV_PER_A3         (FEMD_ELEMENTARY_CHARGE * 1e30) /* 1 eV/angstrom^3 in Pa */
#define FEMD_EV_PER_A2         (FEMD_ELEMENTARY_CHARGE * 1e20) /* 1 eV/angstrom^2 in N/m */

typedef enum femd_dimension {
    FEMD_DIM_NONE = 0,      /* "-", "%" */
    FEMD_DIM_LENGTH,        /* m: nm, angstrom, um, mm ... */
    FEMD_DIM_PRESSURE,      /* Pa: MPa, GPa, bar, eV/angstrom^3 ... (stress, traction) */
    FEMD_DIM_TEMPERATURE,   /* K, degC */
    FEMD_DIM_ENERGY,        /* J: eV, meV, kJ/mol, kcal/mol */
    FEMD_DIM_MASS,          /* kg: u, g/mol */
    FEMD_DIM_TIME,          /* s: fs, ps, ns */
    FEMD_DIM_FORCE_DENSITY, /* N/m^3 (body force) */
    FEMD_DIM_ANGLE,         /* rad: deg */
    FEMD_DIM_FORCE,         /* N: eV/angstrom */
    FEMD_DIM_CONDUCTIVITY,  /* W/(m K) */
    FEMD_DIM_DENSITY,       /* kg/m^3 */
    FEMD_DIM_EXPANSION,     /* 1/K (thermal expansion) */
    FEMD_DIM_HEAT_CAPACITY, /* J/(m^3 K), per volume */
    FEMD_DIM_RESISTIVITY,   /* ohm m (electrical) */
    FEMD_DIM_HEAT_FLUX,     /* W/m^2 */
    FEMD_DIM_HEAT_TRANSFER, /* W/(m^2 K), of a surface to what is around it */
    FEMD_DIM_POWER_DENSITY, /* W/m^3 (heat source) */
    FEMD_DIM_COUNT
} femd_dimension;

/* Parse "3.615 angstrom" into SI. The message of a failure lists the units accepted for that dimension. */
FEMD_MUST_CHECK femd_status femd_units_parse(const char *text, femd_dimension dim, double *si, femd_error *err);
/* "length", "pressure", ...: the words used by the schema's "x-unit" and in messages. */
const char *femd_dimension_name(femd_dimension dim);
femd_dimension femd_dimension_from_name(const char *name); /* FEMD_DIM_COUNT if unknown */
/* "m, nm, angstrom, ..." of a dimension into text. */
void femd_units_list(femd_dimension dim, char *text, size_t size);

#endif
