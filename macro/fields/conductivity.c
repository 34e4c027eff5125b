/* Reuse of converged conductivities. Owns the choice of who is asked and the spreading of answers; asks nobody itself.
 * Rank 0 chooses, with the points of all ranks in the order of their numbers. */
#include "fields/conductivity.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "base/petsc_edge.h"
#include "femd/kinematics.h"

typedef femd_conductivity_sample sample;

/* A point as rank 0 sees it. */
typedef struct row {
    double material; /* -1: gives no conductivity */
    double E[6], T;  /* converged strain; temperature */
    sample committed;
} row;

/* A conductivity that points may take. */
typedef struct donor {
    double material;
    sample value; /* of a fresh one: where it will be sampled */
    size_t owner; /* row that is asked for it; OLD = none, it is there */
} donor;
#define OLD SIZE_MAX

struct femd_conductivity_plan {
    PetscInt n;
    double *due;     /* n: 1 or 0 */
    femd_rows *rows; /* NULL: no reuse */
    /* rank 0 */
    row *all;
    sample *result;
    donor *donor;
    size_t ndonors;
    size_t *from; /* donor of each row */
};

static int conductivity_answered(const femd_problem *p, PetscInt k) {
    return (p->caps[p->pt->material[k]].wants & FEMD_WANT_CONDUCTIVITY) != 0;
}

uint32_t femd_conductivity_carriers(const femd_problem *p) {
    uint32_t all = FEMD_CARRIER_LATTICE, any = 0;
    for (size_t i = 0; i < p->cs->nmaterials; ++i) {
        if (!(p->caps[i].wants & FEMD_WANT_CONDUCTIVITY)) continue;
        all &= p->caps[i].carriers;
        any |= p->caps[i].carriers;
    }
    return (all & any) | (any & FEMD_CARRIER_ELECTRONS);
}

/* ---- choose: rank 0 ---- */

static int donor_same_place(const donor *d, const row *r) {
    return d->material == r->material && d->value.T == r->committed.T &&
           memcmp(d->value.E, r->committed.E, sizeof r->E) == 0;
}

static void donors_list_committed(femd_conductivity_plan *plan, size_t n) {
    for (size_t i = 0; i < n; ++i) {
        const row *r = plan->all + i;
        if (r->material < 0 || isnan(r->committed.T)) continue;
        size_t j = 0;
        while (j < plan->ndonors && !donor_same_place(plan->donor + j, r)) ++j;
        if (j == plan->ndonors) plan->donor[plan->ndonors++] = (donor){r->material, r->committed, OLD};
    }
}

/* Largest difference over its tolerance. */
static double donor_distance(const femd_case *cs, const sample *s, const double E[6], double T) {
    const double temperature = fabs(s->T - T);
    double strain = 0;
    for (int c = 0; c < 6; ++c) strain = fmax(strain, fabs(s->E[c] - E[c]));
    return fmax(strain > 0 ? strain / cs->k_reuse_strain : 0,
                temperature > 0 ? temperature / cs->k_reuse_temperature : 0);
}

/* The nearest donor within the tolerances, the first of equals; ndonors if there is none. */
static size_t donor_nearest(const femd_case *cs, const femd_conductivity_plan *plan, const row *r) {
    size_t best = plan->ndonors;
    double least = 0;
    for (size_t j = 0; j < plan->ndonors; ++j) {
        if (plan->donor[j].material != r->material) continue;
        const double far = donor_distance(cs, &plan->donor[j].value, r->E, r->T);
        if (far > 1 || (best < plan->ndonors && far >= least)) continue;
        best = j;
        least = far;
    }
    return best;
}

static void conductivity_choose(const femd_case *cs, femd_conductivity_plan *plan, size_t n, double *due) {
    donors_list_committed(plan, n);
    for (size_t i = 0; i < n; ++i) {
        const row *r = plan->all + i;
        if (r->material < 0) continue;
        plan->from[i] = donor_nearest(cs, plan, r);
        due[i] = plan->from[i] == plan->ndonors;
        if (!due[i]) continue;
        donor *d = plan->donor + plan->ndonors++;
        *d = (donor){.material = r->material, .value.T = r->T, .owner = i};
        memcpy(d->value.E, r->E, sizeof r->E);
    }
}

/* ---- the plan ---- */

static femd_status conductivity_no_memory(size_t n, femd_error *err) {
    return femd_fail(err, FEMD_NO_MEMORY, "no memory for the conductivities of %zu points", n);
}

static row *conductivity_rows(const femd_problem *p) {
    const femd_points *pt = p->pt;
    row *local = calloc((size_t)pt->n + 1, sizeof *local);
    for (PetscInt k = 0; local && k < pt->n; ++k) {
        local[k].material = conductivity_answered(p, k) ? pt->material[k] : -1;
        memcpy(local[k].E, pt->tE + 6 * k, sizeof local[k].E);
        local[k].T = pt->temperature[k];
        local[k].committed = pt->k_from[k];
    }
    return local;
}

static femd_status conductivity_choose_together(femd_problem *p, femd_conductivity_plan *plan, femd_error *err) {
    FEMD_TRY(femd_rows_create(p->comm, p->pt->id, (size_t)p->pt->n, &plan->rows, err));
    const size_t n = femd_rows_total(plan->rows);
    row *local = conductivity_rows(p);
    double *due = NULL;
    int missing = !local;
    if (p->rank == 0) {
        due = calloc(n + 1, sizeof *due);
        plan->all = calloc(n + 1, sizeof *plan->all);
        plan->result = calloc(n + 1, sizeof *plan->result);
        plan->donor = calloc(2 * n + 1, sizeof *plan->donor);
        plan->from = calloc(n + 1, sizeof *plan->from);
        missing |= !due || !plan->all || !plan->result || !plan->donor || !plan->from;
    }
    femd_status rc;
    FEMD_TRY_GOTO(rc, femd_agree(p->comm, missing ? conductivity_no_memory(n, err) : FEMD_OK, err), done);
    FEMD_TRY_GOTO(rc, femd_rows_gather(plan->rows, local, sizeof *local, plan->all, err), done);
    if (p->rank == 0) conductivity_choose(p->cs, plan, n, due);
    rc = femd_rows_scatter(plan->rows, due, sizeof *due, plan->due, err);
done:
    free(local);
    free(due);
    return rc;
}

femd_status femd_conductivity_plan_create(femd_problem *p, femd_conductivity_plan **out, femd_error *err) {
    femd_conductivity_plan *plan = *out = calloc(1, sizeof *plan);
    if (plan) plan->due = calloc((size_t)p->pt->n + 1, sizeof *plan->due);
    femd_status rc =
        femd_agree(p->comm, plan && plan->due ? FEMD_OK : conductivity_no_memory((size_t)p->pt->n, err), err);
    if (rc == FEMD_OK) plan->n = p->pt->n;
    if (rc == FEMD_OK && p->cs->k_reuse) rc = conductivity_choose_together(p, plan, err);
    for (PetscInt k = 0; rc == FEMD_OK && !p->cs->k_reuse && k < p->pt->n; ++k)
        plan->due[k] = conductivity_answered(p, k);
    if (rc != FEMD_OK) femd_conductivity_plan_destroy(out);
    return rc;
}

void femd_conductivity_plan_destroy(femd_conductivity_plan **out) {
    femd_conductivity_plan *plan = *out;
    if (!plan) return;
    femd_rows_destroy(&plan->rows);
    free(plan->due);
    free(plan->all);
    free(plan->result);
    free(plan->donor);
    free(plan->from);
    free(plan);
    *out = NULL;
}

int femd_conductivity_is_due(const femd_conductivity_plan *plan, PetscInt k) {
    return plan->due[k] > 0;
}

/* ---- answers ---- */

femd_status femd_conductivity_take(femd_problem *p, PetscInt k, const femd_response *r, femd_error *err) {
    sample *s = p->pt->tk_from + k;
    if (!(r->provided & FEMD_WANT_CONDUCTIVITY))
        return femd_fail(err, FEMD_UNSUPPORTED, "point %llu, output.wants at the converged state: no conductivity came",
                         (unsigned long long)r->point);
    memcpy(s->k, r->k, sizeof s->k);
    memcpy(s->error, r->k_err, sizeof s->error);
    memcpy(s->E, p->pt->tE + 6 * k, sizeof s->E);
    s->T = p->pt->temperature[k];
    memcpy(s->electronic, r->k_electronic, sizeof s->electronic);
    s->notes = r->notes;
    return FEMD_OK;
}

void femd_conductivity_lose(femd_problem *p, PetscInt k) {
    sample *s = p->pt->tk_from + k;
    for (int c = 0; c < 6; ++c) s->k[c] = s->error[c] = s->electronic[c] = s->E[c] = NAN;
    s->T = NAN;
    s->notes = 0;
}

static int conductivity_is_lost(const sample *s) {
    return isnan(s->T);
}

/* Rank 0: what each row ends with. */
static void conductivity_spread(femd_conductivity_plan *plan) {
    for (size_t i = 0; i < femd_rows_total(plan->rows); ++i) {
        if (plan->all[i].material < 0) continue;
        const donor *d = plan->donor + plan->from[i];
        if (d->owner != i) plan->result[i] = d->owner == OLD ? d->value : plan->result[d->owner];
    }
}

static femd_status conductivity_exchange(femd_problem *p, femd_conductivity_plan *plan, femd_error *err) {
    FEMD_TRY(femd_rows_gather(plan->rows, p->pt->tk_from, sizeof(sample), plan->result, err));
    if (p->rank == 0) conductivity_spread(plan);
    return femd_rows_scatter(plan->rows, plan->result, sizeof(sample), p->pt->tk_from, err);
}

/* Largest error of a diagonal component over their mean; without bound where that is not above zero. */
static double conductivity_relative_error(const sample *s) {
    const double mean = (s->k[0] + s->k[1] + s->k[2]) / 3, error = fmax(s->error[0], fmax(s->error[1], s->error[2]));
    return mean > 0 ? error / mean : error > 0 ? INFINITY : 0;
}

static femd_status conductivity_record(femd_problem *p, const femd_conductivity_plan *plan, femd_step_record *rec,
                                       femd_error *err) {
    const femd_points *pt = p->pt;
    double sum[13] = {0}; /* volume, w k, w ke */
    uint64_t count[3] = {0};
    rec->k_error_max = 0;
    rec->k_carriers = femd_conductivity_carriers(p);
    for (PetscInt k = 0; k < pt->n; ++k) {
        if (!conductivity_answered(p, k)) continue;
        count[femd_conductivity_is_due(plan, k) ? 0 : 1]++;
        count[2] += pt->tk_from[k].notes != 0;
        if (conductivity_is_lost(pt->tk_from + k)) continue;
        sum[0] += pt->weight[k];
        for (int c = 0; c < 6; ++c) sum[1 + c] += pt->weight[k] * pt->tk[6 * k + c];
        for (int c = 0; c < 6; ++c) sum[7 + c] += pt->weight[k] * pt->tke[6 * k + c];
        rec->k_error_max = fmax(rec->k_error_max, conductivity_relative_error(pt->tk_from + k));
    }
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, sum, 13, MPI_DOUBLE, MPI_SUM, p->comm));
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, count, 3, MPI_UINT64_T, MPI_SUM, p->comm));
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, &rec->k_error_max, 1, MPI_DOUBLE, MPI_MAX, p->comm));
    if (!(sum[0] > 0)) rec->k_error_max = NAN; /* of nothing that is known */
    rec->k_sampled = count[0];
    rec->k_reused = count[1];
    rec->k_noted = count[2];
    for (int c = 0; c < 6; ++c) {
        rec->k_mean[c] = sum[0] > 0 ? sum[1 + c] / sum[0] : NAN;
        rec->ke_mean[c] = sum[0] > 0 ? sum[7 + c] / sum[0] : NAN;
    }
    return FEMD_OK;
}

femd_status femd_conductivity_share(femd_problem *p, femd_conductivity_plan *plan, femd_step_record *rec,
                                    femd_error *err) {
    femd_points *pt = p->pt;
    if (plan->rows) FEMD_TRY(conductivity_exchange(p, plan, err));
    double *error = femd_wanted_find(pt->wanted, pt->nwanted, FEMD_QUANTITY_CONDUCTIVITY)->terror;
    femd_status rc = FEMD_OK; /* what is taken over is the tensor in the frame F = U: it turns with each point */
    for (PetscInt k = 0; rc == FEMD_OK && k < pt->n; ++k) {
        if (!conductivity_answered(p, k)) continue;
        memcpy(error + 6 * k, pt->tk_from[k].error, sizeof pt->tk_from[k].error);
        if (conductivity_is_lost(pt->tk_from + k)) {
            for (int c = 0; c < 6; ++c) pt->tk[6 * k + c] = pt->tke[6 * k + c] = NAN;
            if (pt->tstatus[k] == FEMD_OK) pt->tstatus[k] = FEMD_NOT_CONVERGED;
            continue;
        }
        rc = femd_conductivity(pt->tF + 9 * k, pt->tk_from[k].k, pt->tk + 6 * k, NULL, err);
        if (rc == FEMD_OK)
            rc = femd_conductivity(pt->tF + 9 * k, pt->tk_from[k].electronic, pt->tke + 6 * k, NULL, err);
    }
    FEMD_TRY(femd_agree(p->comm, rc, err));
    return conductivity_record(p, plan, rec, err);
}
