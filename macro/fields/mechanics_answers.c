/* From the displacement to the answers of all points: strains, one batch of requests, what came back. Owns the cached
 * batch (the tentative half of the points); speaks to the micro side through femd_constitutive alone. */
#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "base/part.h"
#include "base/petsc_edge.h"
#include "femd/tensor3.h"
#include "fields/constitutive.h"
#include "fields/mechanics_private.h"
#include "fields/mixed_private.h"

/* ---- strains ---- */

/* F = I + H and E = (H + H^T + H^T H)/2 of the points of one cell: free of the cancellation in F^T F - I. Returns the
 * points with det F <= 0. */
static int mechanics_strain_cell(femd_problem *p, PetscInt c, const double *u) {
    const femd_element_table *table = &p->grid->table;
    const PetscInt *node = p->grid->cell_node + c * table->nodes;
    int bad = 0;
    for (int q = 0; q < table->points; ++q) {
        const PetscInt k = c * table->points + q;
        const double *g = p->pt->gradient + (size_t)k * table->nodes * 3;
        double H[9] = {0}, *F = p->pt->tF + 9 * k, *E = p->pt->tE + 6 * k;
        for (int i = 0; i < table->nodes; ++i)
            for (int a = 0; a < 3; ++a)
                for (int b = 0; b < 3; ++b) H[3 * a + b] += u[3 * node[i] + a] * g[3 * i + b];
        memcpy(F, H, sizeof H);
        F[0] += 1;
        F[4] += 1;
        F[8] += 1;
        double G[3][3]; /* 2 E */
        for (int a = 0; a < 3; ++a)
            for (int b = a; b < 3; ++b)
                G[a][b] = H[3 * a + b] + H[3 * b + a] + (H[a] * H[b] + H[3 + a] * H[3 + b] + H[6 + a] * H[6 + b]);
        E[0] = 0.5 * G[0][0];
        E[1] = 0.5 * G[1][1];
        E[2] = 0.5 * G[2][2];
        E[3] = G[1][2];
        E[4] = G[0][2];
        E[5] = G[0][1];
        const double J = femd_det3(F);
        int ok = J > 0 && J < DBL_MAX;
        p->pt->tstatus[k] = ok ? FEMD_OK : FEMD_OUT_OF_DOMAIN;
        bad += !ok;
    }
    return bad;
}

void femd_mechanics_request(const femd_problem *p, PetscInt k, uint32_t wants, femd_request *r) {
    const femd_mechanics *m = p->mech;
    memset(r, 0, sizeof *r);
    r->state_in = p->pt->state[k];
    r->seed = femd_seed(p->cs->seed, (uint32_t)m->step, p->pt->id[k]);
    r->point = p->pt->id[k];
    r->step = (uint32_t)m->step;
    r->attempt = (uint32_t)m->attempt;
    r->iteration = (uint32_t)m->iteration;
    r->wants = wants & p->caps[p->pt->material[k]].wants;
    r->control = FEMD_CONTROL_COMPONENTS;
    r->flags = p->cs->reuse ? 0 : FEMD_REQUEST_PRIVATE;
    memcpy(r->value, p->pt->tE + 6 * k, sizeof r->value);
    r->temperature = p->pt->temperature[k];
    r->accuracy = femd_mechanics_accuracy(p, k);
    if (p->mixed) femd_mixed_request(p, k, r);
}

int femd_mechanics_is_noisy(const femd_problem *p, PetscInt k) {
    const uint32_t inputs = p->caps[p->pt->material[k]].inputs;
    return inputs & FEMD_INPUT_SEED && !(inputs & FEMD_INPUT_STEADY_STRESS);
}

/* ---- ask ---- */

/* Keeps the lowest number of each kind, whose words the law keeps, in whatever order answers come: a physics status,
 * and an infrastructure or other failure, which beats it. */
void femd_mechanics_judge(femd_mechanics *m, const femd_response *r) {
    if (r->status == FEMD_OK) return;
    if (femd_status_is_physics(r->status)) {
        if (m->failing++ == 0 || r->point < m->failing_point)
            m->failing_point = r->point, m->failing_status = r->status;
        return;
    }
    if (m->broken == FEMD_OK || r->point < m->broken_point)
        m->broken = (femd_status)r->status, m->broken_point = r->point;
}

void femd_mechanics_take(femd_problem *p, PetscInt i, const femd_response *r) {
    femd_points *pt = p->pt;
    pt->tstate[i] = r->state_out;
    memcpy(pt->tS + 6 * i, r->S, sizeof r->S);
    memcpy(pt->tD + 36 * i, r->D, sizeof r->D);
    if (p->mixed && r->status == FEMD_OK) femd_mixed_take(p, (PetscInt)i, r);
    memcpy(pt->tS_err + 6 * i, r->S_err, sizeof r->S_err);
    if (pt->tdSdT) memcpy(pt->tdSdT + 6 * i, r->dSdT, sizeof r->dSdT);
    pt->tenergy[i] = femd_mechanics_energy(p, i, r);
    if (pt->tinternal) pt->tinternal[i] = femd_mechanics_internal_energy(p, i, pt->temperature[i], r);
    pt->thill_mandel[i] = r->hill_mandel;
    pt->tnotes[i] = (int32_t)r->notes;
    pt->tstatus[i] = r->status;
    pt->twall[i] = r->work.wall;
    p->mech->count_force += r->work.force_evaluations;
    p->mech->sampled |= r->sampled && femd_mechanics_is_noisy(p, i);
    femd_mechanics_judge(p->mech, r);
    if (r->status == FEMD_OK && (r->provided & STRESS_AND_TANGENT) != STRESS_AND_TANGENT && p->mech->broken == FEMD_OK)
        p->mech->broken = FEMD_UNSUPPORTED, p->mech->broken_point = r->point;
}

static void mechanics_take_answer(void *user, size_t i, const femd_response *r) {
    femd_mechanics_take(user, (PetscInt)i, r);
}

femd_status femd_mechanics_broken(const femd_problem *p, femd_error *err) {
    const femd_mechanics *m = p->mech;
    if (m->broken == FEMD_OK) return FEMD_OK;
    (void)femd_fail(err, m->broken, "point %llu (cell %llu) of step %d: %s", (unsigned long long)m->broken_point,
                    (unsigned long long)(m->broken_point / (uint64_t)p->pt->per_cell), m->step,
                    femd_status_text(m->broken));
    femd_constitutive_add_words(p->law, m->broken_point, err);
    return m->broken;
}

void femd_mechanics_count_anew(femd_mechanics *m) {
    m->failing = 0;
    m->broken = FEMD_OK;
    m->count_force = m->count_evaluated = 0;
}

femd_status femd_mechanics_agree(femd_problem *p, int *failed, femd_error *err) {
    femd_mechanics *m = p->mech;
    struct {
        uint64_t failing, force, evaluated;
    } sum = {(uint64_t)m->failing, m->count_force, m->count_evaluated};
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, &sum, 3, MPI_UINT64_T, MPI_SUM, p->comm));
    m->count.force_evaluations += sum.force;
    m->count.evaluations += sum.evaluated;
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, &m->sampled, 1, MPI_INT, MPI_MAX, p->comm));
    *failed = (int)sum.failing;
    if (*failed == 0) return FEMD_OK;
    m->count.failed_points += *failed;
    m->count.failed_now += *failed;
    if (m->count.first_failure[0]) return FEMD_OK;
    femd_error words = FEMD_ERROR_INIT;
    femd_status rc =
        m->failing == 0
            ? FEMD_OK
            : femd_fail(&words, FEMD_OUT_OF_DOMAIN, "point %llu (cell %llu): %s", (unsigned long long)m->failing_point,
                        (unsigned long long)(m->failing_point / (uint64_t)p->pt->per_cell),
                        m->failing_status == FAILED_JACOBIAN ? "det F is not positive"
                                                             : femd_status_text(m->failing_status));
    if (rc != FEMD_OK) femd_constitutive_add_words(p->law, m->failing_point, &words);
    rc = femd_agree(p->comm, rc, &words);
    if (rc != FEMD_OK) snprintf(m->count.first_failure, sizeof m->count.first_failure, "%s", words.text);
    return FEMD_OK;
}

/* 1 in *fresh on all ranks if any rank's local displacement differs in a bit from the one that was evaluated. */
static femd_status mechanics_is_fresh(femd_problem *p, const double *u, int *fresh, femd_error *err) {
    femd_mechanics *m = p->mech;
    *fresh = !m->evaluated || memcmp(m->key, u, p->displacement->n * sizeof *u) != 0;
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, fresh, 1, MPI_INT, MPI_MAX, p->comm));
    return FEMD_OK;
}

/* Strains of all local points; a point with det F <= 0 anywhere means that no one is asked. */
static femd_status mechanics_gather(femd_problem *p, const double *u, int *inverted, femd_error *err) {
    femd_mechanics *m = p->mech;
    memcpy(m->key, u, p->displacement->n * sizeof *u);
    femd_mechanics_count_anew(m);
    m->sampled = 0;
    for (PetscInt c = 0; c < p->grid->ncells; ++c) m->failing += mechanics_strain_cell(p, c, u);
    for (PetscInt k = p->pt->n; m->failing > 0 && k-- > 0;)
        if (p->pt->tstatus[k] != FEMD_OK) m->failing_point = p->pt->id[k], m->failing_status = FAILED_JACOBIAN;
    *inverted = m->failing > 0;
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, inverted, 1, MPI_INT, MPI_MAX, p->comm));
    return FEMD_OK;
}

static femd_status mechanics_ask(femd_problem *p, femd_error *err) {
    femd_mechanics *m = p->mech;
    FEMD_TRY(femd_mechanics_energy_begin(p, err));
    for (PetscInt k = 0; k < p->pt->n; ++k)
        femd_mechanics_request(p, k,
                               STRESS_AND_TANGENT | femd_mechanics_energy_want(p, k) |
                                   femd_mechanics_thermal_want(p, k) |
                                   femd_mechanics_internal_want(p, p->pt->material[k]),
                               &m->request[k]);
    m->count_evaluated = (uint64_t)p->pt->n;
    m->asked = m->coarse;
    femd_status rc =
        p->law->evaluate(p->law->self, m->request, p->pt->material, (size_t)p->pt->n, mechanics_take_answer, p, err);
    if (rc == FEMD_OK) rc = femd_mechanics_broken(p, err);
    for (PetscInt k = 0; rc == FEMD_OK && p->step == 0 && k < p->pt->n; ++k)
        if (p->pt->tstatus[k] == FEMD_OK)
            rc = femd_case_check_stiffness(p->cs, p->cs->material[p->pt->material[k]].name, p->pt->tD + 36 * k, err);
    return femd_agree(p->comm, rc, err);
}

femd_status femd_mechanics_evaluate_at(femd_problem *p, const double *u, int *failed, femd_error *err) {
    FEMD_PART(POINTS);
    femd_mechanics *m = p->mech;
    int fresh, inverted;
    FEMD_TRY(mechanics_is_fresh(p, u, &fresh, err));
    if (fresh) FEMD_TRY(mechanics_gather(p, u, &inverted, err));
    *failed = m->failed;
    if (!fresh && m->failed == 0 && m->asked > m->coarse) return femd_mechanics_sharpen(p, failed, err);
    if (!fresh) return FEMD_OK;
    m->evaluated = 0;
    if (!inverted) FEMD_TRY(mechanics_ask(p, err));
    FEMD_TRY(femd_mechanics_agree(p, failed, err));
    m->failed = *failed;
    m->evaluated = 1;
    return FEMD_OK;
}

femd_status femd_mechanics_evaluate(femd_field *field, Vec X, int *failed, femd_error *err) {
    const PetscScalar *u;
    FEMD_TRY(femd_field_localise(field, X, err));
    PETSC_TRY(err, VecGetArrayRead(field->local, &u));
    const femd_status rc = femd_mechanics_evaluate_at(((femd_mechanics *)field->self)->p, u, failed, err);
    PETSC_TRY(err, VecRestoreArrayRead(field->local, &u));
    return rc;
}
