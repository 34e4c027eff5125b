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

/* Told once, beside the notes of answers. */
#define FEMD_TOLD_COUPLING_NOISE (1u << 31)

typedef struct femd_problem {
    MPI_Comm comm;
    PetscMPIInt rank, size;
    const femd_case *cs;    /* borrowed */
    femd_hash *material_id; /* per case material */
    femd_capabilities *caps;
    femd_grid *grid; /* owned */
    size_t nfields;
    femd_field *field[FEMD_FIELDS]; /* owned; all that the output and the checkpoint hold at the nodes */
    femd_field *displacement;       /* one of these, with physics mechanical or thermomechanical; else NULL */
    femd_field *temperature;        /* the same with physics thermal or thermomechanical */
    femd_field *pressure;           /* the same with element.formulation "u-p" */
    femd_field *pair;               /* owned: that and the displacement, as one equation; else NULL */
    femd_field *solved; /* what the steps solve for: the pair, else the displacement, else the temperature */
    double time, dt;    /* committed time; next increment */
    double load_time;   /* at which loads and boundary values of the committed state stand: time, or apart
                           from it with steps.control "arc-length" */
    double arc_scale;   /* m of a path by unit of time; 0 = not known yet */
    int step;           /* last committed step, 0 = virgin */
    int unstable;       /* negative eigenvalues of the tangent there, -1 = not known */
    double work[FEMD_WORK_NUMBERS]; /* done on the body up to there, J */
    int direct;                     /* conjugate gradients failed up to that step: solved directly from there on */
    int cuts;                       /* of increments, in this process */
    uint32_t told;                  /* FEMD_NOTE_* that the log has words of; FEMD_TOLD_* */
    femd_points *pt;
    struct femd_constitutive *law; /* borrowed unless owns_law */
    int owns_law;
    struct femd_given *given;    /* private to given.c; NULL: no file says anything */
    struct femd_mechanics *mech; /* private to mechanics*.c */
    struct femd_heat *heat;      /* private to heat*.c */
    struct femd_mixed *mixed;    /* private to mixed*.c; NULL: points are given their strains */
} femd_problem;

/* Give the problem one more field, whose values the output and the checkpoint hold from then on. Takes it, in any case.
 */
FEMD_MUST_CHECK femd_status femd_problem_add_field(femd_problem *p, femd_field *field, femd_error *err);
/* Accepts NULL inside. */
void femd_problem_destroy(femd_problem **p);

#endif
