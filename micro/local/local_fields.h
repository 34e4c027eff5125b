/* Local fields of an RVE: what its atoms carry, and the fields on a grid of stress, flow of heat, density, temperature
 * and deformation that follow from them. A pure function of the material and of a state; never changes either.
 *
 * Fields are those of the configuration, x = U (X + w), in its axes (a rotation is the caller's). Over the whole cell
 * the stress is the virial's: the sum over bonds of pull d d less the sum of m v v, over the volume. Where nothing
 * moves (atoms at rest, under statics and under the methods that give vibrations as a free energy) there is no kinetic
 * part, no heat flux and no temperature, and the stress is that of the atoms alone. Of md the state holds positions and
 * velocities; one snapshot is noise, and several are taken by letting the dynamics go on from there, with the same
 * noise as a further evaluation would. */
#ifndef FEMD_LOCAL_FIELDS_H
#define FEMD_LOCAL_FIELDS_H

#include "femd/engine.h"
#include "local/local_sums.h"

/* X(NAME, "key", components, unit, needs (1: velocities, 2: masses), words) */
#define FEMD_LOCAL_QUANTITIES(X)                                                                                       \
    X(STRESS, "stress", 6, "Pa", 0, "Cauchy stress, tension positive: both parts where atoms move")                    \
    X(STRESS_BONDS, "stress_configurational", 6, "Pa", 0, "its part of the forces")                                    \
    X(STRESS_MOTION, "stress_kinetic", 6, "Pa", 1, "its part of the motion, -sum m v v/V")                             \
    X(HEAT_FLUX, "heat_flux", 3, "W/m^2", 1, "energy carried by atoms and passed along bonds")                         \
    X(HEAT_FLUX_BONDS, "heat_flux_configurational", 3, "W/m^2", 1, "its part that goes along bonds")                   \
    X(TEMPERATURE, "temperature", 1, "K", 1, "of the kinetic energy; NaN without atoms")                               \
    X(DENSITY, "density", 1, "kg/m^3", 2, "mass")                                                                      \
    X(NUMBER, "number_density", 1, "1/m^3", 0, "atoms")                                                                \
    X(ENERGY, "energy_density", 1, "J/m^3", 0, "potential energy of the atoms, 0 where each is alone")                 \
    X(GRADIENT, "deformation_gradient", 9, "1", 0, "mean over atoms by rows; NaN without atoms")                       \
    X(APART, "d2min", 1, "angstrom^2", 0, "mean over atoms; NaN without atoms")

#define FEMD_LOCAL_ENUM(NAME, key, components, unit, needs, words) FEMD_LOCAL_##NAME##_FIELD,
enum { FEMD_LOCAL_QUANTITIES(FEMD_LOCAL_ENUM) FEMD_LOCAL_FIELDS };
#undef FEMD_LOCAL_ENUM

typedef struct femd_local_quantity {
    const char *key, *unit, *words;
    int components, first; /* place of the first component among those of all quantities */
    int needs;             /* 1: velocities, 2: masses */
} femd_local_quantity;
enum { FEMD_LOCAL_COMPONENTS = 38 };
extern const femd_local_quantity femd_local_quantities[FEMD_LOCAL_FIELDS];

#define FEMD_LOCAL_SPACING 2.0 /* angstrom, of cells whose width nobody gives */

typedef struct femd_local_ask {
    int grid[3];      /* cells along each lattice vector; 0: by spacing */
    double spacing;   /* angstrom, of the reference cell */
    double origin[3]; /* angstrom, corner of a cell of the grid in the reference cell, which then goes with it */
    int kernel;       /* FEMD_LOCAL_BOX, FEMD_LOCAL_HARDY */
    int samples;      /* configurations of what is sampled, at least 1 */
    const double *E;  /* strain, for engines that keep no state; NULL: not known */
} femd_local_ask;

typedef struct femd_local_fields {
    /* the cell; of a cluster the grid fills the one that it was cut from, and what stands over its faces counts at the
     * opposite ones */
    femd_local_grid grid; /* deformed */
    double cell[9];       /* deformed, by which the atoms repeat: the grid's, but that of a cluster is wider */
    double h0[9], origin0[3], E[6], U[9];
    int kernel;
    /* what is averaged */
    int samples, blocks; /* blocks that the errors are from; 0: there are none */
    double interval;     /* ps between samples */
    double temperature;  /* K, of what is sampled; else 0 */
    int moves, weighs;   /* atoms have velocities; all have masses */
    const char *forces;  /* what was taken apart how, borrowed */
    /* fields: cells x FEMD_LOCAL_COMPONENTS; error NULL unless blocks */
    double *value, *error;
    double mean[6], virial[6];  /* Pa: mean of the stress over the cells; without them */
    femd_local_balance balance; /* of the last sample */
    /* atoms of the last sample */
    int n;
    const char (*symbol)[8];                                                   /* borrowed from the material */
    const int *species;                                                        /* borrowed */
    double *x, *displacement, *velocity, *energy, *bonds, *motion, *F, *apart; /* n x 3, 3, 3, 1, 6, 6, 9, 1; owned;
                                 velocity, motion NULL unless `moves`; virials in eV: halves of the segments that meet
                                 at the atom, and m v v */
    double reach;                                                              /* angstrom, see local_deformation.h */
} femd_local_fields;

void femd_local_fields_clear(femd_local_fields *fields);
/* 1 if the fields have this quantity. */
int femd_local_fields_have(const femd_local_fields *fields, int quantity);

/* Where configurations come from. */
struct femd_native;
typedef struct femd_local_source {
    struct femd_native *native; /* borrowed: structure, potential, reference */
    const double *E;            /* 6 */
    const double *x, *v;        /* n x 3; v NULL: nothing moves. Borrowed, valid until the next `next` */
    const double *mass;         /* n, u, borrowed; 0: not known */
    double temperature;         /* K */
    /* Go on to sample number k >= 1. NULL: there is but one. */
    femd_status (*next)(struct femd_local_source *source, int k, femd_error *err);
    void *user;
    double interval; /* ps */
} femd_local_source;

/* So many are taken where `samples` were asked for: from FEMD_LOCAL_ERRORS on a multiple of ten, whose tenths the
 * errors are from. */
enum { FEMD_LOCAL_ERRORS = 20 };
int femd_local_samples(int samples);

/* Fill *fields, which the caller clears also after a failure. BAD_INPUT for several samples of what has one, else as
 * femd_energetics_segments. */
FEMD_MUST_CHECK femd_status femd_local_fields_make(femd_local_source *source, const femd_local_ask *ask,
                                                   const femd_beat *beat, femd_local_fields *fields, femd_error *err);

#endif
