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

typedef struct extra {
    femd_problem *p;
    const femd_conductivity_plan *plan; /* NULL: conductivity is not wanted */
    const PetscInt *point;              /* of request i */
    femd_status rc;
    femd_error *err;
} extra;

/* The answer adds what output.wants asks; it never touches the mechanical state. */
static void commit_take_extra(void *user, size_t i, const femd_response *r) {
    extra *x = user;
    femd_points *pt = x->p->pt;
    PetscInt k = x->point[i];
    x->p->mech->count_force += r->work.force_evaluations;
    pt->twall[k] += r->work.wall;
    if (x->rc != FEMD_OK) return;
    if (r->status != FEMD_OK) {
        x->rc = femd_fail(x->err, (femd_status)r->status, "point %llu, output.wants at the converged state: %s",
                          (unsigned long long)r->point, femd_status_text(r->status));
        return;
    }
    if (x->plan && femd_conductivity_is_due(x->plan, k)) x->rc = femd_conductivity_take(x->p, k, r, x->err);
    femd_wanted_take(pt->wanted, pt->nwanted, (size_t)k, r, FEMD_WANT_CONDUCTIVITY);
    if (r->provided & ~(uint32_t)FEMD_WANT_CONDUCTIVITY) pt->tnotes[k] |= (int32_t)r->notes;
}

static femd_status commit_ask_extra(femd_problem *p, const femd_conductivity_plan *plan, femd_error *err) {
    femd_points *pt = p->pt;
    femd_mechanics *m = p->mech;
    PetscInt n = 0, *point = malloc(((size_t)pt->n + 1) * sizeof *point);
    int *material = malloc(((size_t)pt->n + 1) * sizeof *material);
    femd_status rc = point && material ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for output.wants");
    for (PetscInt k = 0; rc == FEMD_OK && k < pt->n; ++k) {
        uint32_t wants = p->cs->wants_committed;
        if (plan && !femd_conductivity_is_due(plan, k)) wants &= ~(uint32_t)FEMD_WANT_CONDUCTIVITY;
        femd_mechanics_request(p, k, wants, &m->request[n]);
        if (m->request[n].wants == 0) continue;
        material[n] = pt->material[k];
        point[n++] = k;
    }
    extra x = {p, plan, point, FEMD_OK, err};
    m->count_force = 0;
    m->count_evaluated = (uint64_t)n;
    if (rc == FEMD_OK) rc = p->law->evaluate(p->law->self, m->request, material, (size_t)n, commit_take_extra, &x, err);
    free(point);
    free(material);
    FEMD_TRY(femd_agree(p->comm, rc != FEMD_OK ? rc : x.rc, err));
    uint64_t sum[2] = {m->count_evaluated, m->count_force};
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, sum, 2, MPI_UINT64_T, MPI_SUM, p->comm));
    m->count.evaluations += sum[0];
    m->count.force_evaluations += sum[1];
    return FEMD_OK;
}

static femd_status commit_take_wants(femd_problem *p, femd_step_record *rec, femd_error *err) {
    femd_conductivity_plan *plan = NULL;
    if (p->cs->wants_committed & FEMD_WANT_CONDUCTIVITY) FEMD_TRY(femd_conductivity_plan_create(p, &plan, err));
    femd_status rc = commit_ask_extra(p, plan, err);
    if (rc == FEMD_OK && plan) rc = femd_conductivity_share(p, plan, rec, err);
    femd_conductivity_plan_destroy(&plan);
    return rc;
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
    return femd_boundary_reactions(p->displacement, p->mech->unbalanced, femd_mechanics_traction, p, rec->reaction,
                                   err);
}

femd_status femd_mechanics_commit(femd_problem *p, int step, femd_step_record *rec, femd_error *err) {
    femd_points *pt = p->pt;
    femd_points_recall(pt);
    if (p->cs->wants_committed) FEMD_TRY(commit_take_wants(p, rec, err));
    FEMD_TRY(commit_summarise(p, rec, err));
    femd_status rc = p->law->commit(p->law->self, (uint32_t)step, pt->id, pt->tstate, (size_t)pt->n, err);
    FEMD_TRY(femd_agree(p->comm, rc, err));
    femd_points_commit(pt);
    p->mech->evaluated = 0;
    return FEMD_OK;
}
