/* A look at all planned times before the first question goes out. Changes nothing that a step does not set anew. */
#include "solve/foresee.h"

#include <math.h>

#include "base/collective.h"
#include "base/petsc_edge.h"
#include "fields/boundary.h"
#include "mesh/mesh.h"

/* What a time may change beyond what the case's reader has seen: expressions, and temperatures by a table. */
static int foresee_has_expressions(const femd_case *cs) {
    int any =
        cs->temperature_function || cs->temperature_table.n > 0 || cs->heat.source_function || cs->pressure_function;
    for (size_t b = 0; b < cs->nboundary; ++b)
        any |= cs->boundary[b].kind == FEMD_LOAD_TEMPERATURE && cs->boundary[b].ntable > 0;
    for (int a = 0; a < FEMD_SPACE; ++a) {
        any |= cs->body_function[a] != NULL;
        for (size_t b = 0; b < cs->nboundary; ++b) any |= cs->boundary[b].function[a] != NULL;
    }
    return any;
}

/* The fields of a step hold the temperature of the nodes. */
static femd_status foresee_nodes(const femd_problem *p, double time, femd_error *err) {
    femd_status rc = FEMD_OK;
    double kelvin;
    for (PetscInt i = 0; i < p->grid->nnodes && rc == FEMD_OK && p->cs->temperature_function; ++i)
        rc = femd_case_temperature(p->cs, p->grid->node_x + FEMD_SPACE * i, time, &kelvin, err);
    return femd_agree(p->comm, rc, err);
}

static femd_status foresee_diagonal(const femd_problem *p, double *diagonal, femd_error *err) {
    double most[6] = {-INFINITY, -INFINITY, -INFINITY, -INFINITY, -INFINITY, -INFINITY}; /* of x, then of -x */
    for (PetscInt i = 0; i < FEMD_SPACE * p->grid->nnodes; ++i) {
        most[i % 3] = fmax(most[i % 3], p->grid->node_x[i]);
        most[3 + i % 3] = fmax(most[3 + i % 3], -p->grid->node_x[i]);
    }
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, most, 6, MPI_DOUBLE, MPI_MAX, p->comm));
    *diagonal = sqrt(pow(most[0] + most[3], 2) + pow(most[1] + most[4], 2) + pow(most[2] + most[5], 2));
    return FEMD_OK;
}

/* Displacements that expressions prescribe; numbers were looked at with the mesh. */
static femd_status foresee_reach(const femd_problem *p, double diagonal, femd_error *err) {
    const struct femd_boundary *boundary = p->displacement ? p->displacement->boundary : NULL;
    femd_status rc = FEMD_OK;
    if (!boundary) return FEMD_OK;
    for (size_t i = 0; i < p->displacement->n && rc == FEMD_OK; ++i)
        if (boundary->entry[i] >= 0)
            rc = femd_case_refuse_far(p->cs, (size_t)boundary->entry[i], fabs(boundary->prescribed[i]), diagonal, err);
    return femd_agree(p->comm, rc, err);
}

femd_status femd_foresee(femd_problem *p, femd_error *err) {
    double diagonal = 0;
    if (!foresee_has_expressions(p->cs) || p->cs->arc_length) return FEMD_OK;
    FEMD_TRY(foresee_diagonal(p, &diagonal, err));
    FEMD_TRY(foresee_nodes(p, p->time, err));
    for (double time = p->time; time < p->cs->end_time * (1 - 1e-12);) {
        time = femd_case_next_time(p->cs, time);
        for (size_t i = 0; i < p->nfields; ++i) FEMD_TRY(p->field[i]->kind->begin(p->field[i], time, 0, err));
        FEMD_TRY(foresee_reach(p, diagonal, err));
        FEMD_TRY(foresee_nodes(p, time, err));
    }
    return FEMD_OK;
}
