/* What is told about a step. */
#ifndef FEMD_RECORD_H
#define FEMD_RECORD_H

#include <stdint.h>

/* Why Newton's method ended where it did. */
typedef enum femd_newton_end {
    FEMD_NEWTON_TOLERANCE, /* |r| within solver.rtol, and far below the load */
    FEMD_NEWTON_NOISE,     /* within the noise of sampled stresses */
    FEMD_NEWTON_ROUNDING,  /* within what double precision leaves of it */
    FEMD_NEWTON_STALLED    /* above all of these; it did not fall any more, far below the load */
} femd_newton_end;

/* Who does work on the body. */
typedef enum femd_work_by {
    FEMD_WORK_REACTIONS, /* prescribed displacements */
    FEMD_WORK_SURFACE,   /* dead loads of faces and points */
    FEMD_WORK_FOLLOWING, /* loads that follow the body */
    FEMD_WORK_BODY,      /* the body force */
    FEMD_WORKS,
    FEMD_WORK_STRESS = FEMD_WORKS, /* nobody: what the stress of the points has taken up, equal to the sum of these */
    FEMD_WORK_NUMBERS
} femd_work_by;

/* What stands behind the heat of the entries and the source. */
typedef enum femd_heat_number {
    FEMD_HEAT_STORED,  /* W: what the body takes up */
    FEMD_HEAT_BALANCE, /* W: stored - all that flows in; what is left of the residual, and round-off */
    FEMD_HEAT_COLDEST, /* K: of the nodes at the end of the step */
    FEMD_HEAT_HOTTEST,
    FEMD_HEAT_MEAN,       /* K: over the reference volume */
    FEMD_HEAT_SAMPLES,    /* of conductivities and heat capacities, so far; 0 where none is sampled, and so the next */
    FEMD_HEAT_FLOW_ERROR, /* relative error of the flow that the fits of these leave */
    FEMD_HEAT_K_ERROR,    /* largest relative error of a point's conductivity */
    FEMD_HEAT_STORED_ERROR, /* relative error of what the points take up, all of one sign, by their heat capacities */
    FEMD_HEAT_NUMBERS
} femd_heat_number;

/* Behind these with physics thermomechanical. */
typedef enum femd_heat_pass {
    FEMD_PASS_NEWTON,      /* iterations of the equation of heat */
    FEMD_PASS_RESIDUAL,    /* W */
    FEMD_PASS_REFERENCE,   /* W */
    FEMD_PASS_STRESS,      /* W: of what is stored, taken up by the work of the stress; 0 one way */
    FEMD_PASS_LAG,         /* W: what that work took in the step less what the equation had of it, the last step's */
    FEMD_PASS_DELTA,       /* largest T b D^-1 b / c of a point, b = -dS/dT; NAN where it is not known */
    FEMD_PASS_PASSES,      /* over heat and mechanics; it and what follows stand at the end of a line of history.csv */
    FEMD_PASS_ENERGY,      /* W: growth of the internal energy that the points answer; NAN where it is not known */
    FEMD_PASS_POWER,       /* W: work of their stress, 1/2 (P0 + P) : (F - F0) / dt */
    FEMD_PASS_FIRST_LAW,   /* W: the first less the second and less all heat that flowed in */
    FEMD_PASS_DELTA_ERROR, /* one sigma of DELTA: 0 without sampling, NAN where DELTA is */
    FEMD_PASS_COUPLING_ERROR, /* K: largest error of a node's temperature by sampled stresses and their dS/dT */
    FEMD_PASS_NUMBERS
} femd_heat_pass;

/* What a finished step leaves for history.csv and summary.json (same on all ranks). */
typedef struct femd_step_record {
    int step; /* 1, 2, ... */
    double time, dt;
    double load_time; /* at which the loads stand: time, unless the load factor is an unknown */
    int newton;       /* iterations */
    int cuts;         /* attempts given up before this one */
    int nresiduals;
    double residual[64]; /* |r| of each iteration, N */
    double reference;    /* reference force of the state the step ended with, N */
    double load;         /* largest resultant of what loads or moves the body, N */
    int end;             /* FEMD_NEWTON_* */
    int unstable;        /* negative eigenvalues of the tangent at the end: no stable equilibrium; -1 = not known */
    double leap;         /* how far the step went, over how far the tangent at its start foretold; 0 = not known */
    double softer;    /* what the tangent foretells per time at the last attempt, over that of the run's first; 0 = not
                         known */
    int indefinite;   /* the same, most of the tangents of the last attempt; 0 if not known */
    int direct;       /* conjugate gradients failed in this step or before it: solved directly */
    double noise;     /* one sigma of the norm of the nodal forces at the end, from the errors of sampled stresses, N */
    double *reaction; /* nboundary x 3, N: force of the support on the body, per entry of case->boundary */
    /* (nboundary + 1) x 6, N and N m: force and moment on the body, of a support its reaction, of a load what it is;
     * last the body force. Moments about the origin at the positions of now, those of a rigid entry about its point. */
    double *account;
    /* femd_heat_numbers, W and K: mean of the step of what flows into the body by each entry of case->boundary, and
     * from the source; FEMD_HEAT_* behind them, then FEMD_PASS_*. NULL with physics mechanical. */
    double *heat;
    double work[FEMD_WORK_NUMBERS]; /* done on the body since the start, J: by trapezoids over the steps */
    double energy;                  /* Helmholtz energy relative to the virgin state, J */
    /* of element.shear_regularisation, apart from that energy: what it stores, J; von Mises' stress of its largest, Pa
     */
    double regular_energy, regular_stress;
    double hill_mandel_max;
    double stability_min; /* NAN if not asked */
    /* if conductivity is among output.wants: */
    uint32_t k_carriers; /* FEMD_CARRIER_* of the materials that answer it; LATTICE only if all of them do so */
    double k_mean[6], ke_mean[6]; /* volume averages, W/(m K), spatial: of k; of the electrons' declared part */
    double k_error_max;           /* largest relative error of a point's: of a diagonal component over their mean */
    uint64_t k_sampled, k_reused; /* points that were asked; that took what is known from another point or step */
    uint64_t k_noted;             /* points whose conductivity came with a note */
    uint64_t unanswered; /* points whose evaluation for output.wants failed, or that were to take what failed: NAN */
    uint32_t notes;      /* FEMD_NOTE_* of any answer that the step ended with */
    uint64_t evaluations, force_evaluations; /* of this step, all ranks */
    uint64_t reused;                         /* pool data */
    int failed_points;                       /* in the attempts that were cut */
} femd_step_record;

#endif
