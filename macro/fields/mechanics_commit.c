/* What happens once a step has converged: the extra wants, the figures of the record, the commit. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "base/petsc_edge.h"
#include "fields/boundary.h"
#include "fields/conductivity.h"
#include "fields/constitutive.h"
#include "fields/mechanics_private.h"
#include "fields/mixed.h"

/* One round of questions at the converged state. */
typedef struct extra {
    femd_problem *p;
    const femd_conductivity_plan *plan; /* the conductivity is asked; NULL: the rest of output.wants is */
    uint32_t wants;
    const PetscInt *point; /* of request i */
    femd_status rc;
    femd_error *err;
} extra;

/* The answer adds what output.wants asks and leaves stress and tangent alone. Its state goes on from that of the
 * mechanical answer and is what will be committed: what a method has sampled is then there for the next step. A point
 * that has no answer keeps its converged state, and what was asked of it is marked as not known. */
static void commit_take_extra(void *user, size_t i, const femd_response *r) {
    extra *x = user;
    femd_points *pt = x->p->pt;
    const PetscInt k = x->point[i];
    x->p->mech->count_force += r->work.force_evaluations;
    pt->twall[k] += r->work.wall;
    if (x->rc != FEMD_OK) return;
    if (r->status != FEMD_OK) {
        femd_mechanics_judge(x->p->mech, r);
        pt->tstatus[k] = r->status;
        if (x->plan)
            femd_conductivity_lose(x->p, k);
        else
            femd_wanted_lose(pt->wanted, pt->nwanted, (size_t)k, x->p->mech->request[i].wants);
        return;
    }
    pt->tstate[k] = r->state_out;
    if (x->plan) {
        x->rc = femd_conductivity_take(x->p, k, r, x->err);
        return;
    }
    femd_wanted_take(pt->wanted, pt->nwanted, (size_t)k, r, FEMD_WANT_CONDUCTIVITY);
    pt->tnotes[k] |= (int32_t)r->notes;
}

/* Who is asked in this round, from the tentative states. An accuracy of the case is one of stresses: how well a
 * conductivity is to be known is the material's affair. Returns how many. */
static PetscInt commit_requests(extra *x, PetscInt *point, int *material) {
    const femd_problem *p = x->p;
    const femd_points *pt = p->pt;
    PetscInt n = 0;
    for (PetscInt k = 0; k < pt->n; ++k) {
        femd_request *r = &p->mech->request[n];
        if (x->plan && !femd_conductivity_is_due(x->plan, k)) continue;
        femd_mechanics_request(p, k, x->wants, r);
        if (r->wants == 0) continue;
        r->state_in = pt->tstate[k];
        if (x->plan) r->accuracy = 0;
        material[n] = pt->material[k];
        point[n++] = k;
    }
    return n;
}

static femd_status commit_ask(extra *x, femd_error *err) {
    femd_problem *p = x->p;
    femd_mechanics *m = p->mech;
    int failed;
    PetscInt n = 0, *point = malloc(((size_t)p->pt->n + 1) * sizeof *point);
    int *material = malloc(((size_t)p->pt->n + 1) * sizeof *material);
    femd_status rc = point && material ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for output.wants");
    if (rc == FEMD_OK) n = commit_requests(x, point, material);
    x->point = point;
    x->err = err;
    femd_mechanics_count_anew(m);
    m->count_evaluated = (uint64_t)n;
    if (rc == FEMD_OK) rc = p->law->evaluate(p->law->self, m->request, material, (size_t)n, commit_take_extra, x, err);
    free(point);
    free(material);
    if (rc == FEMD_OK) rc = x->rc;
    if (rc == FEMD_OK) rc = femd_mechanics_broken(p, err);
    FEMD_TRY(femd_agree(p->comm, rc, err));
    const int cut = m->count.failed_points; /* those of attempts that did not converge */
    FEMD_TRY(femd_mechanics_agree(p, &failed, err));
    m->count.failed_points = cut;
    return FEMD_OK;
}

static femd_status commit_ask_conductivity(femd_problem *p, femd_step_record *rec, femd_error *err) {
    femd_conductivity_plan *plan = NULL;
    FEMD_TRY(femd_conductivity_plan_create(p, &plan, err));
    extra x = {.p = p, .plan = plan, .wants = FEMD_WANT_CONDUCTIVITY};
    femd_status rc = commit_ask(&x, err);
    if (rc == FEMD_OK) rc = femd_conductivity_share(p, plan, rec, err);
    femd_conductivity_plan_destroy(&plan);
    return rc;
}

/* The conductivity has a round of its own: where it does not converge, nothing else is lost with it. */
static femd_status commit_take_wants(femd_problem *p, femd_step_record *rec, femd_error *err) {
    extra x = {.p = p, .wants = p->cs->wants_committed & ~(uint32_t)FEMD_WANT_CONDUCTIVITY};
    p->mech->count.failed_now = 0;
    p->mech->count.first_failure[0] = '\0';
    if (x.wants) FEMD_TRY(commit_ask(&x, err));
    return p->cs->wants_committed & FEMD_WANT_CONDUCTIVITY ? commit_ask_conductivity(p, rec, err) : FEMD_OK;
}

static femd_status commit_count_unanswered(const femd_problem *p, uint64_t *unanswered, femd_error *err) {
    *unanswered = 0;
    for (PetscInt k = 0; k < p->pt->n; ++k) *unanswered += p->pt->tstatus[k] != FEMD_OK;
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, unanswered, 1, MPI_UINT64_T, MPI_SUM, p->comm));
    return FEMD_OK;
}

static femd_status commit_summarise(femd_problem *p, femd_step_record *rec, femd_error *err) {
    const femd_points *pt = p->pt;
    const femd_wanted *stability = femd_wanted_find(pt->wanted, pt->nwanted, FEMD_QUANTITY_STABILITY);
    double energy = 0, extreme[2] = {0, -INFINITY}; /* largest Hill-Mandel residual, - lowest stability */
    int asked = 0;
    uint32_t notes = 0;
    for (PetscInt k = 0; k < pt->n; ++k) {
        energy += pt->weight[k] * pt->tenergy[k];
        notes |= (uint32_t)pt->tnotes[k];
        if (p->cs->wants_committed & FEMD_WANT_CONDUCTIVITY) notes |= (uint32_t)pt->tk_from[k].notes;
        extreme[0] = fmax(extreme[0], pt->thill_mandel[k]);
        if (!stability || isnan(stability->tvalue[k])) continue;
        asked = 1;
        extreme[1] = fmax(extreme[1], -stability->tvalue[k]);
    }
    MPI_TRY(err, MPI_Allreduce(&energy, &rec->energy, 1, MPI_DOUBLE, MPI_SUM, p->comm));
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, extreme, 2, MPI_DOUBLE, MPI_MAX, p->comm));
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, &asked, 1, MPI_INT, MPI_MAX, p->comm));
    MPI_TRY(err, MPI_Allreduce(&notes, &rec->notes, 1, MPI_UINT32_T, MPI_BOR, p->comm));
    rec->noise = p->mech->noise;
    rec->hill_mandel_max = extreme[0];
    rec->stability_min = asked ? -extreme[1] : NAN;
    FEMD_TRY(femd_mixed_regular_tell(p, rec, err));
    FEMD_TRY(femd_mechanics_internal_change(p->mech, err));
    FEMD_TRY(femd_mechanics_account(p, rec, err));
    return femd_mechanics_work(p, rec, err);
}

femd_status femd_mechanics_commit(femd_problem *p, int step, femd_step_record *rec, femd_error *err) {
    femd_points *pt = p->pt;
    femd_points_recall(pt);
    if (p->cs->wants_committed) FEMD_TRY(commit_take_wants(p, rec, err));
    FEMD_TRY(commit_count_unanswered(p, &rec->unanswered, err));
    femd_mechanics_energy_commit(p);
    FEMD_TRY(commit_summarise(p, rec, err));
    femd_status rc = p->law->commit(p->law->self, (uint32_t)step, pt->id, pt->tstate, (size_t)pt->n, err);
    FEMD_TRY(femd_agree(p->comm, rc, err));
    femd_points_commit(pt);
    p->mech->evaluated = 0;
    return FEMD_OK;
}
