/* What happens once a step of heat has converged: the account of what flowed, the commit. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "base/petsc_edge.h"
#include "fields/boundary.h"
#include "fields/constitutive.h"
#include "fields/heat_private.h"
#include "fields/mechanics.h"
#include "fields/ties.h"

/* What each entry that holds brings in. Periodic faces pass on what comes in opposite: theirs is what flows through the
 * one named first, and what their nodes need besides comes from who holds those that they follow. */
static femd_status commit_reactions(const femd_heat *h, double *reaction, femd_error *err) {
    const femd_field *field = h->p->temperature;
    const femd_boundary *bc = field->boundary;
    const size_t n = bc->nentries;
    FEMD_TRY(femd_boundary_reactions(field, h->unbalanced, NULL, NULL, NULL, reaction, NULL, err));
    if (!bc->ties) return FEMD_OK;
    double *carried = malloc((field->n + n + 1) * sizeof *carried), *net = carried + field->n;
    FEMD_TRY(femd_agree(h->p->comm, carried ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the heat"), err));
    memcpy(carried, h->unbalanced, field->n * sizeof *carried);
    femd_status rc = femd_ties_carry(field, carried, err);
    if (rc == FEMD_OK) rc = femd_boundary_reactions(field, carried, NULL, NULL, NULL, net, NULL, err);
    for (size_t b = 0; b < n && rc == FEMD_OK; ++b)
        if (bc->condition[b].kind && !bc->condition[b].kind->paired) reaction[b] = net[b];
    free(carried);
    return rc;
}

/* Through each entry of the boundary, from the source, and what is taken up; means of the step, W. A prescribed
 * temperature brings in what its nodes need, their own capacity included. */
static femd_status commit_account(femd_heat *h, double *load, double *reaction, double *heat, femd_error *err) {
    femd_field *field = h->p->temperature;
    const femd_boundary *bc = field->boundary;
    const size_t n = h->p->cs->nboundary;
    double *last = heat + n + 1, stored = 0;
    FEMD_TRY(commit_reactions(h, reaction, err));
    femd_heat_loads(field, load);
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, load, (int)bc->nconditions, MPI_DOUBLE, MPI_SUM, h->p->comm));
    for (size_t i = 0; i < field->n; ++i) stored += h->capacity[i];
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, &stored, 1, MPI_DOUBLE, MPI_SUM, h->p->comm));
    for (size_t b = 0; b <= n; ++b) {
        const double by_load = b < bc->nconditions ? h->theta * load[b] + h->start_load[b] : 0;
        heat[b] = by_load + (b < n ? reaction[b] : 0);
    }
    last[FEMD_HEAT_STORED] = last[FEMD_HEAT_BALANCE] = stored;
    for (size_t b = 0; b <= n; ++b) {
        const femd_condition_kind *kind = b < n ? bc->condition[b].kind : NULL;
        if (!kind || !kind->paired) last[FEMD_HEAT_BALANCE] -= heat[b];
    }
    return FEMD_OK;
}

static femd_status commit_temperatures(const femd_heat *h, double *last, femd_error *err) {
    const femd_points *pt = h->p->pt;
    double extreme[2] = {INFINITY, INFINITY}, sum[2] = {0};
    for (size_t i = 0; i < h->p->temperature->n; ++i) {
        extreme[0] = fmin(extreme[0], h->value[i]);
        extreme[1] = fmin(extreme[1], -h->value[i]);
    }
    for (PetscInt k = 0; k < pt->n; ++k) {
        sum[0] += pt->weight[k];
        sum[1] += pt->weight[k] * pt->temperature[k];
    }
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, extreme, 2, MPI_DOUBLE, MPI_MIN, h->p->comm));
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, sum, 2, MPI_DOUBLE, MPI_SUM, h->p->comm));
    last[FEMD_HEAT_COLDEST] = extreme[0];
    last[FEMD_HEAT_HOTTEST] = -extreme[1];
    last[FEMD_HEAT_MEAN] = sum[1] / sum[0];
    femd_heat_tell_samples(h, last);
    return FEMD_OK;
}

static femd_status commit_notes(const femd_heat *h, uint32_t *notes, femd_error *err) {
    uint32_t all = h->notes;
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, &all, 1, MPI_UINT32_T, MPI_BOR, h->p->comm));
    *notes |= all;
    return FEMD_OK;
}

/* The first law by the energies that the points answer, W: no equation makes it hold. The mechanics have committed. */
static void commit_first_law(const femd_heat *h, const femd_step_record *rec) {
    const size_t n = h->p->cs->nboundary + 1;
    double *pass = rec->heat + n + FEMD_HEAT_NUMBERS;
    pass[FEMD_PASS_ENERGY] = h->p->cs->heat.transient ? femd_mechanics_energy_change(h->p) / h->dt : NAN;
    pass[FEMD_PASS_POWER] = femd_mechanics_stress_work(h->p) / h->dt;
    pass[FEMD_PASS_FIRST_LAW] = pass[FEMD_PASS_ENERGY] - pass[FEMD_PASS_POWER];
    for (size_t b = 0; b < n; ++b) pass[FEMD_PASS_FIRST_LAW] -= rec->heat[b];
}

femd_status femd_heat_commit(femd_field *field, int step, femd_step_record *rec, femd_error *err) {
    femd_heat *h = field->self;
    femd_problem *p = h->p;
    const size_t n = p->cs->nboundary + 2;
    double *load = calloc(n, sizeof *load), *reaction = calloc(n, sizeof *reaction);
    femd_status rc = load && reaction ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the heat");
    rc = femd_agree(p->comm, rc, err);
    if (rc == FEMD_OK) rc = commit_account(h, load, reaction, rec->heat, err);
    free(load);
    free(reaction);
    FEMD_TRY(rc);
    femd_heat_remember_commit(h);
    FEMD_TRY(commit_temperatures(h, rec->heat + p->cs->nboundary + 1, err));
    FEMD_TRY(commit_notes(h, &rec->notes, err));
    if (h->map) { /* the mechanics have committed */
        rec->evaluations += h->count.evaluations;
        rec->force_evaluations += h->count.force_evaluations;
        rec->failed_points += h->count.failed_points;
        h->evaluated = 0;
        commit_first_law(h, rec);
        return femd_heat_tell_coupling(h, rec->heat + p->cs->nboundary + 1 + FEMD_HEAT_NUMBERS, err);
    }
    rec->evaluations = h->count.evaluations;
    rec->force_evaluations = h->count.force_evaluations;
    rec->failed_points = h->count.failed_points;
    rc = p->law->commit(p->law->self, (uint32_t)step, p->pt->id, p->pt->tstate, (size_t)p->pt->n, err);
    FEMD_TRY(femd_agree(p->comm, rc, err));
    femd_points_commit(p->pt);
    h->evaluated = 0;
    return FEMD_OK;
}
