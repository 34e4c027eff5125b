/* One macro problem on one MPI communicator: grid, fields, quadrature points, and where their answers come from. Shared
 * by the fields, by what solves them and by what writes them down; made in solve/setup.c. PETSc lives in macro/ and
 * nowhere else. */
#ifndef FEMD_PROBLEM_H
#define FEMD_PROBLEM_H

#include "case/case.h"
#include "femd/femd.h"
#include "fields/field.h"
#include "fields/point_list.h"
#include "mesh/grid.h"

/* Most fields of a problem. */
enum { FEMD_FIELDS = 4 };

/* What a finished step leaves for history.csv and summary.json (same on all ranks). */
struct femd_step_record {
    int step; /* 1, 2, ... */
    double time, dt;
    int newton; /* iterations */
    int cuts;   /* attempts given up before this one */
    int nresiduals;
    double residual[64]; /* |r| of each iteration, N */
    double reference;    /* reference force, N */
    double noise;     /* one sigma of the norm of the nodal forces at the end, from the errors of sampled stresses, N */
    double *reaction; /* nboundary x 3, N: force of the support on the body, per entry of case->boundary */
    double energy;    /* strain energy, J */
    double hill_mandel_max;
    double stability_min; /* NAN if not asked */
    /* if conductivity is among output.wants: */
    uint32_t k_carriers; /* FEMD_CARRIER_* of the materials that answer it; LATTICE only if all of them do so */
    double k_mean[6], ke_mean[6]; /* volume averages, W/(m K), spatial: of k; of the electrons' declared part */
    double k_error_max;           /* largest relative error of a point's: of a diagonal component over their mean */
    uint64_t k_sampled, k_reused; /* points that were asked; that took what is known from another point or step */
    uint64_t k_noted;             /* points whose conductivity came with a note */
    uint32_t notes;               /* FEMD_NOTE_* of any answer that the step ended with */
    uint64_t evaluations, force_evaluations; /* of this step, all ranks */
    uint64_t reused;                         /* pool data */
    int failed_points;                       /* in the attempts that were cut */
};

typedef struct femd_problem {
    MPI_Comm comm;
    PetscMPIInt rank, size;
    const femd_case *cs;    /* borrowed */
    femd_hash *material_id; /* per case material */
    femd_capabilities *caps;
    femd_grid *grid; /* owned */
    size_t nfields;
    femd_field *field[FEMD_FIELDS]; /* owned; all that the output and the checkpoint hold at the nodes */
    femd_field *displacement;       /* field[0] */
    double time, dt;                /* committed time; next increment */
    int step;                       /* last committed step, 0 = virgin */
    femd_points *pt;
    struct femd_constitutive *law; /* borrowed unless owns_law */
    int owns_law;
    struct femd_mechanics *mech; /* private to mechanics*.c */
} femd_problem;

/* Give the problem one more field, whose values the output and the checkpoint hold from then on. Takes it, in any case.
 */
FEMD_MUST_CHECK femd_status femd_problem_add_field(femd_problem *p, femd_field *field, femd_error *err);
/* Accepts NULL inside. */
void femd_problem_destroy(femd_problem **p);

#endif
