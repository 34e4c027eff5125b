/* From the displacement to the answers of all points: strains, and one batch of requests, unless these answers are here
 * already. Speaks to the micro side through femd_constitutive alone. */
#include <float.h>
#include <string.h>

#include "base/collective.h"
#include "base/part.h"
#include "base/petsc_edge.h"
#include "femd/tensor3.h"
#include "fields/constitutive.h"
#include "fields/mechanics_private.h"

/* F = I + H and E = (H + H^T + H^T H)/2 of the points of one cell: free of the cancellation in F^T F - I. Returns the
 * points with det F <= 0. */
static int evaluate_strain_cell(femd_problem *p, PetscInt c, const double *u) {
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

static void evaluate_take_answer(void *user, size_t i, const femd_response *r) {
    femd_mechanics_take(user, (PetscInt)i, r);
}

/* 1 in *fresh on all ranks if any rank's local displacement differs in a bit from the one that was evaluated. */
static femd_status evaluate_is_fresh(femd_problem *p, const double *u, int *fresh, femd_error *err) {
    femd_mechanics *m = p->mech;
    *fresh = !m->evaluated || memcmp(m->key, u, p->displacement->n * sizeof *u) != 0;
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, fresh, 1, MPI_INT, MPI_MAX, p->comm));
    return FEMD_OK;
}

/* Strains of all local points; a point with det F <= 0 anywhere means that no one is asked. */
static femd_status evaluate_gather(femd_problem *p, const double *u, int *inverted, femd_error *err) {
    femd_mechanics *m = p->mech;
    memcpy(m->key, u, p->displacement->n * sizeof *u);
    femd_mechanics_count_anew(m);
    m->sampled = 0;
    for (PetscInt c = 0; c < p->grid->ncells; ++c) m->failing += evaluate_strain_cell(p, c, u);
    for (PetscInt k = p->pt->n; m->failing > 0 && k-- > 0;)
        if (p->pt->tstatus[k] != FEMD_OK) m->failing_point = p->pt->id[k], m->failing_status = FAILED_JACOBIAN;
    *inverted = m->failing > 0;
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, inverted, 1, MPI_INT, MPI_MAX, p->comm));
    return FEMD_OK;
}

static femd_status evaluate_ask(femd_problem *p, femd_error *err) {
    femd_mechanics *m = p->mech;
    FEMD_TRY(femd_mechanics_energy_begin(p, err));
    for (PetscInt k = 0; k < p->pt->n; ++k) femd_mechanics_request(p, k, femd_mechanics_wants(p, k), &m->request[k]);
    m->count_evaluated = (uint64_t)p->pt->n;
    m->asked = m->coarse;
    femd_status rc =
        p->law->evaluate(p->law->self, m->request, p->pt->material, (size_t)p->pt->n, evaluate_take_answer, p, err);
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
    FEMD_TRY(evaluate_is_fresh(p, u, &fresh, err));
    if (fresh) FEMD_TRY(evaluate_gather(p, u, &inverted, err));
    *failed = m->failed;
    if (!fresh && m->failed == 0 && m->asked > m->coarse) return femd_mechanics_sharpen(p, failed, err);
    if (!fresh) return FEMD_OK;
    m->evaluated = 0;
    if (!inverted) FEMD_TRY(evaluate_ask(p, err));
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
