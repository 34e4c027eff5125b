/* Putting one problem together: grid, points, fields, materials. Owns the order of these; asks the micro side only for
 * the materials. */
#include "solve/setup.h"

#include <stdlib.h>

#include "base/collective.h"
#include "base/part.h"
#include "base/petsc_edge.h"
#include "fields/constitutive_client.h"
#include "fields/given.h"
#include "fields/heat.h"
#include "fields/mechanics.h"
#include "fields/mixed.h"
#include "fields/points.h"
#include "solve/solver.h"

static femd_status problem_no_memory(femd_error *err) {
    return femd_fail(err, FEMD_NO_MEMORY, "no memory for the problem");
}

/* ---- materials ---- */

static femd_status problem_open_materials(femd_problem *p, femd_error *err) {
    size_t n = p->cs->nmaterials;
    uint32_t any = 0;
    femd_status rc = FEMD_OK;
    p->material_id = calloc(n + 1, sizeof *p->material_id);
    p->caps = calloc(n + 1, sizeof *p->caps);
    if (!p->material_id || !p->caps) rc = problem_no_memory(err);
    if (rc == FEMD_OK) rc = p->law->open(p->law->self, p->cs, p->material_id, p->caps, err);
    for (size_t k = 0; rc == FEMD_OK && k < n; ++k) {
        any |= p->caps[k].wants;
        rc = femd_case_check_answers(p->cs, k, &p->caps[k], err);
    }
    if (rc == FEMD_OK && (p->cs->wants_committed & ~any)) {
        char missing[FEMD_WANTS_TEXT], have[FEMD_WANTS_TEXT];
        femd_wants_text(p->cs->wants_committed & ~any, missing, sizeof missing);
        femd_wants_text(any, have, sizeof have);
        rc = femd_fail(err, FEMD_BAD_INPUT, "%s: output.wants: no material of the case can answer: %s; they answer: %s",
                       p->cs->path, missing, have);
    }
    FEMD_TRY(femd_agree(p->comm, rc, err));
    if (!p->heat) return FEMD_OK;
    femd_heat_expect_slopes(p);
    FEMD_TRY(femd_heat_expect_samples(p, err));
    return femd_heat_choose_coupling(p, err);
}

/* ---- the whole ---- */

static femd_status problem_make_grid(femd_problem *p, femd_error *err) {
    FEMD_PART(MESH);
    return femd_grid_create(p->comm, p->cs, &p->grid, err);
}

/* The fields that the case's physics solves for. */
static femd_status problem_make_fields(femd_problem *p, femd_error *err) {
    if (femd_case_has_mechanics(p->cs)) {
        FEMD_TRY(femd_mechanics_create(p, err));
        FEMD_TRY(femd_problem_add_field(p, p->displacement, err));
    }
    if (femd_case_has_heat(p->cs)) {
        FEMD_TRY(femd_heat_create(p, err));
        FEMD_TRY(femd_problem_add_field(p, p->temperature, err));
    }
    p->solved = p->displacement ? p->displacement : p->temperature;
    if (p->cs->mixed) FEMD_TRY(femd_mixed_create(p, err));
    return FEMD_OK;
}

static femd_status problem_fill(femd_problem *p, femd_error *err) {
    FEMD_PART(SETUP);
    FEMD_TRY(problem_make_grid(p, err));
    const PetscInt per_cell = p->grid->table.points;
    uint32_t wants = femd_case_has_mechanics(p->cs) ? p->cs->wants_committed : 0;
    if (femd_case_has_heat(p->cs)) wants |= FEMD_POINTS_HEAT;
    if (femd_case_has_mechanics(p->cs) && femd_case_temperature_ramps(p->cs)) wants |= FEMD_POINTS_WARM;
    if (p->cs->mixed) wants |= FEMD_POINTS_MIXED;
    if (p->cs->mixed && wants & FEMD_POINTS_WARM) wants |= FEMD_POINTS_GROWING;
    if (p->cs->physics == FEMD_PHYSICS_THERMOMECHANICAL && p->cs->heat.transient) wants |= FEMD_POINTS_ENERGY;
    FEMD_TRY(femd_agree(p->comm, femd_points_create(p->grid->ncells * per_cell, per_cell, wants, &p->pt, err), err));
    FEMD_TRY(femd_given_create(p, err));
    FEMD_TRY(problem_make_fields(p, err));
    FEMD_TRY(femd_solver_try_options(p, p->solved, err)); /* before any result is written */
    return problem_open_materials(p, err);
}

femd_status femd_problem_create_law(MPI_Comm comm, const femd_case *cs, femd_constitutive *law, femd_problem **out,
                                    femd_error *err) {
    femd_problem *p = *out = calloc(1, sizeof *p);
    if (!p) return problem_no_memory(err);
    PETSC_TRY(err, PetscPushErrorHandler(PetscReturnErrorHandler, NULL));
    p->comm = comm;
    p->cs = cs;
    p->law = law;
    p->dt = cs->end_time / cs->step_count;
    MPI_Comm_rank(comm, &p->rank);
    MPI_Comm_size(comm, &p->size);
    femd_status rc = problem_fill(p, err);
    if (rc != FEMD_OK) femd_problem_destroy(out);
    return rc;
}

femd_status femd_problem_create(MPI_Comm comm, const femd_case *cs, femd_client *client, femd_problem **p,
                                femd_error *err) {
    femd_constitutive *law = NULL;
    *p = NULL;
    FEMD_TRY(femd_constitutive_client(client, &law, err));
    femd_status rc = femd_problem_create_law(comm, cs, law, p, err);
    if (rc != FEMD_OK) {
        femd_constitutive_destroy(&law);
        return rc;
    }
    (*p)->owns_law = 1;
    return FEMD_OK;
}
