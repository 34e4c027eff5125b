/* A run up to where its first question would go out. Owns a law that opens all materials, takes it that
 * they exchange species where the case says so, and answers a stiffness of one; everything else is what a run uses. */
#include "trial.h"

#include "base/petsc_edge.h"
#include "fields/boundary.h"
#include "fields/constitutive.h"
#include "results/probe.h"
#include "results/recorder.h"
#include "solve/foresee.h"
#include "solve/setup.h"

/* ---- a law without a server ---- */

static femd_status trial_open(void *self, const femd_case *cs, femd_hash *id, femd_capabilities *caps,
                              femd_error *err) {
    (void)self, (void)id, (void)err;
    for (size_t k = 0; k < cs->nmaterials; ++k)
        caps[k] = (femd_capabilities){.wants = FEMD_WANT_ALL,
                                      .inputs = femd_case_exchanges(cs, k) ? FEMD_INPUT_CHEMICAL : 0,
                                      .controls = 1u << FEMD_CONTROL_PRESSURE};
    return FEMD_OK;
}

static femd_status trial_evaluate(void *self, const femd_request *requests, const int *material, size_t n,
                                  femd_constitutive_sink sink, void *user, femd_error *err) {
    femd_response answer = {.status = FEMD_OK, .provided = FEMD_WANT_STRESS | FEMD_WANT_TANGENT};
    (void)self, (void)requests, (void)material, (void)err;
    for (int c = 0; c < 6; ++c) answer.D[7 * c] = 1;
    for (size_t i = 0; i < n; ++i) sink(user, i, &answer);
    return FEMD_OK;
}

/* Do the loads grow as arc-length control needs them? */
static femd_status trial_path(femd_problem *p, femd_error *err) {
    femd_field *field = p->solved;
    Mat K = NULL;
    Vec rate = NULL, move = NULL;
    femd_status rc;
    int possible;
    FEMD_TRY(field->kind->begin(field, 0, 0, err));
    PETSC_TRY_GOTO(rc, err, DMCreateMatrix(field->dm, &K), done);
    PETSC_TRY_GOTO(rc, err, VecDuplicate(field->committed, &rate), done);
    PETSC_TRY_GOTO(rc, err, VecDuplicate(field->committed, &move), done);
    rc = field->kind->path(field, 1, K, rate, move, &possible, err);
done:
    (void)MatDestroy(&K);
    (void)VecDestroy(&rate);
    (void)VecDestroy(&move);
    return rc;
}

femd_status femd_trial(MPI_Comm comm, const femd_case *cs, femd_error *err) {
    femd_constitutive law = {.open = trial_open, .evaluate = trial_evaluate};
    femd_problem *p = NULL;
    femd_probes *probes = NULL;
    FEMD_TRY(femd_problem_create_law(comm, cs, &law, &p, err));
    femd_status rc = femd_recorder_check_local(p, err);
    if (rc == FEMD_OK) rc = femd_probes_create(p, &probes, err);
    if (rc == FEMD_OK) rc = cs->arc_length ? trial_path(p, err) : femd_foresee(p, err);
    femd_probes_destroy(&probes);
    femd_problem_destroy(&p);
    return rc;
}
