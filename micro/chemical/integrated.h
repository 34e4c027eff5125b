/* The method `integrated`: the free energy of a defect's formation with all that harmonic vibrations leave out,
 * classical.
 *
 * The RVE without the defect (side 0) and with it (1) are each sampled at `rungs` states between the harmonic crystal
 * about its atoms at rest, whose free energy is known, and the potential: U_r = U_h + lambda_r (U - U_h), lambda_r from
 * 0 to 1 in equal steps (Frenkel and Ladd, J. Chem. Phys. 81 (1984) 3188, with all force constants for the springs).
 * Neighbouring rungs differ by (lambda_(r+1) - lambda_r) (U - U_h), and their free energies as bennett.h has it. The
 * two sides are subtracted as those of the method `harmonic` (formation.h), at the pressure that the last rung of side
 * 0 has. See docs/micro.md, "Integrated free energies".
 *
 * A stretch at whose end an atom has left its site is not of this harmonic crystal: it is done again with other noise,
 * and where that happens too often it is refused.
 *
 * Split in two: integrated.c (what moves, options, bytes), integrated_sums.c (what the sums mean). */
#ifndef FEMD_INTEGRATED_H
#define FEMD_INTEGRATED_H

#include "chemical/bennett.h"
#include "chemical/formation.h"
#include "chemical/side.h"
#include "chemical/tether.h"

extern const femd_method femd_method_integrated;

enum { FEMD_RUNGS_MAX = 16 };
/* Summed of every step: U_r and U - U_h less U at rest, a third of the trace of the virial. And towards the next rung
 * (UP) and the one before (DOWN) what bennett.h sums. */
enum { FEMD_RUNG_ENERGY, FEMD_RUNG_GAP, FEMD_RUNG_VIRIAL, FEMD_RUNG_Z };
enum { FEMD_RUNG_UP = 0, FEMD_RUNG_DOWN = FEMD_BENNETT_SUMS, FEMD_RUNG_Y = 2 * FEMD_BENNETT_SUMS };

typedef struct femd_integrated_options {
    int equilibration, block; /* steps, whole lives of a list */
    int rungs;                /* 0: as many as the gaps of harmonic displacements ask for */
    int64_t max_steps;        /* of all trajectories in one request */
} femd_integrated_options;

typedef struct femd_rung {
    femd_trajectory trajectory;
    uint32_t again; /* stretches that were done again */
    double C;       /* eV: near the free energy of the next rung less that of this one */
} femd_rung;

typedef struct femd_ladder {
    femd_side moving;
    femd_tether tether;
    femd_rung rung[FEMD_RUNGS_MAX];
    double W, F; /* eV: at rest, of the harmonic vibrations, at the strain and temperature of the sums */
} femd_ladder;

/* eV */
typedef struct femd_integrated_result {
    double beyond[2];          /* what each side has beyond its harmonic free energy */
    double virial;             /* a third of its trace, of the last rung of side 0 */
    double error;              /* of the excess */
    double back, back_error;   /* the excess from each rung's look down alone less that from both looks; its error */
    double apart, apart_error; /* from the looks up alone less that from those down alone */
    double scatter;            /* the largest standard deviation of the difference of neighbouring rungs */
} femd_integrated_result;

typedef struct femd_integrated {
    femd_sampled common; /* first */
    femd_integrated_options options;
    femd_formation formation;
    femd_ladder ladder[2];
    femd_blocks spare; /* of a stretch that may have to be done again */
    int rungs;         /* of the sums */
    int stands;        /* 1: the sides stand where the sums are of */
    femd_integrated_result result;
} femd_integrated;

static inline double femd_integrated_lambda(const femd_integrated *self, int rung) {
    return (double)rung / (self->rungs - 1);
}

/* ---- integrated_sums.c ---- */

/* Fill self->result from the sums. NOT_CONVERGED where neighbouring rungs do not meet. */
FEMD_MUST_CHECK femd_status femd_integrated_evaluate(femd_integrated *self, femd_error *err);
void femd_integrated_tell(const femd_integrated *self, const femd_native *host, femd_response *response);

#endif
