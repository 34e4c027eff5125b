/* One macro problem on one MPI communicator: mesh, displacement, quadrature points. Shared by the solver (mechanics.c,
 * stepping.c) and by what looks at it (output.c, checkpoint.c). PETSc lives in macro/ and nowhere else. */
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
    femd_client *client;    /* borrowed */
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

/* ---- problem.c / mesh.c ---- */
/* Read or make the mesh, distribute it, make the points and the fields. Collective. The words of a failure are
 * the same on all ranks. */
FEMD_MUST_CHECK femd_status femd_problem_create(MPI_Comm comm, const femd_case *cs, femd_client *client,
                                                femd_problem **p, femd_error *err);
/* The same with any source of material answers (borrowed) instead of a client. */
struct femd_constitutive;
FEMD_MUST_CHECK femd_status femd_problem_create_law(MPI_Comm comm, const femd_case *cs, struct femd_constitutive *law,
                                                    femd_problem **p, femd_error *err);
void femd_problem_destroy(femd_problem **p);
/* Give the problem one more field, whose values the output and the checkpoint hold from then on. Takes it, in any case.
 */
FEMD_MUST_CHECK femd_status femd_problem_add_field(femd_problem *p, femd_field *field, femd_error *err);

/* ---- stepping.c ---- */
typedef struct femd_stepping_hooks {
    void *user;
    /* after commit of a step; a failure ends the run */
    femd_status (*committed)(void *user, femd_problem *p, const femd_step_record *rec, femd_error *err);
    /* live line: at each Newton iteration and while waiting for the micro side (info may be NULL) */
    void (*live)(void *user, femd_problem *p, int step, int iteration, double residual, int cuts,
                 const femd_progress_info *info);
    /* an attempt at the step failed, for the reason `why`; the next increment of time is dt (may be NULL) */
    void (*cut)(void *user, int step, const char *why, double dt);
    /* non-zero ends the run in good order */
    int (*stop)(void *user);
} femd_stepping_hooks;
/* Run from p->step / p->time to the end. OK, NOT_CONVERGED (exit 3), DISCONNECTED/infrastructure (exit 4), INTERNAL. */
FEMD_MUST_CHECK femd_status femd_stepping_run(femd_problem *p, const femd_stepping_hooks *hooks, femd_error *err);

/* ---- output.c ---- */
FEMD_MUST_CHECK femd_status femd_output_step(femd_problem *p, const femd_step_record *rec, const char *folder,
                                             femd_error *err);

#endif
