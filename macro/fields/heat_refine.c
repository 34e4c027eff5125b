/* When conductivities and heat capacities that are sampled are known well enough, and where more samples are taken:
 * once the temperatures are those of the present fits. The flow of heat is judged by D, the integral of grad T . K grad
 * T; a change dK changes it by the integral of (grad T - theta grad a) . dK grad T, the temperatures following, with
 * J^T a = dD/dT and J the derivative of the residual. Of heat capacities the sum of what the points take up in the
 * step, of whatever sign, is judged in the same way. */
#include <math.h>
#include <string.h>

#include "femd/tensor3.h"
#include "fields/heat_sampled.h"
#include "fields/ties.h"

#define FLOW_ERROR 0.02 /* wanted where the case does not say */

/* ---- what the flow depends on ---- */

femd_status femd_heat_sensitivity(femd_field *field, Vec rhs, int *wanted, femd_error *err) {
    femd_heat *h = field->self;
    *wanted = h->sampled != NULL;
    if (!*wanted) return FEMD_OK;
    memset(h->adjoint, 0, field->n * sizeof *h->adjoint);
    femd_heat_flow_slope(h, h->adjoint);
    FEMD_TRY(femd_field_sum_free(field, h->adjoint, rhs, err));
    return femd_ties_reduce(field, rhs, 0, err);
}

/* ---- more samples ---- */

/* Rank 0 chooses; all learn the points and the doubt. */
static femd_status refine_choose(femd_heat *h, femd_sampled_quantity what, uint64_t point[FEMD_K_BATCH], size_t *n,
                                 femd_error *err) {
    const femd_problem *p = h->p;
    femd_heat_sampled *s = h->sampled;
    const size_t most = femd_heat_samples_most(p->cs);
    const femd_k_aim aim = {p->cs->heat.accuracy > 0 ? p->cs->heat.accuracy : FLOW_ERROR, FEMD_K_BATCH};
    size_t chosen[FEMD_K_BATCH], count = 0;
    uint64_t list[FEMD_K_BATCH + 1] = {0};
    femd_status rc = FEMD_OK;
    if (p->rank == 0)
        rc = femd_k_choose(s->all, femd_rows_total(s->rows), (const femd_k_fit *const *)s->fit, s->slots, aim,
                           &s->doubt[what], chosen, &count, err);
    FEMD_TRY(femd_agree(p->comm, rc, err));
    for (size_t i = 0; i < count; ++i) list[1 + i] = chosen[i];
    list[0] = count;
    (void)MPI_Bcast(list, FEMD_K_BATCH + 1, MPI_UINT64_T, 0, p->comm);
    (void)MPI_Bcast(&s->doubt[what], 2, MPI_DOUBLE, 0, p->comm);
    *n = list[0];
    s->bounded |= *n > 0 && s->n >= most;
    if (s->n + *n > most) *n = s->n < most ? most - s->n : 0;
    memcpy(point, list + 1, *n * sizeof *point);
    return FEMD_OK;
}

static femd_status refine_one(femd_heat *h, femd_sampled_quantity what, int *again, int *failed, femd_error *err) {
    uint64_t point[FEMD_K_BATCH];
    size_t n;
    if (!femd_heat_samples_any(h->sampled, what)) return FEMD_OK;
    FEMD_TRY(femd_heat_gather_places(h, what, h->adjoint, err));
    FEMD_TRY(refine_choose(h, what, point, &n, err));
    if (n == 0) return FEMD_OK;
    FEMD_TRY(femd_heat_sample(h, what, point, n, failed, err));
    h->evaluated = 0;
    *again = 1;
    return FEMD_OK;
}

femd_status femd_heat_refine(femd_field *field, Vec adjoint, int *again, int *failed, femd_error *err) {
    femd_heat *h = field->self;
    *again = *failed = 0;
    h->sampled->bounded = 0;
    FEMD_TRY(femd_heat_local_change(h, adjoint, h->adjoint, err));
    FEMD_TRY(refine_one(h, FEMD_SAMPLED_CONDUCTIVITY, again, failed, err));
    if (*failed == 0) FEMD_TRY(refine_one(h, FEMD_SAMPLED_CAPACITY, again, failed, err));
    *again = *again && *failed == 0;
    if (h->sampled->bounded) h->notes |= FEMD_NOTE_ACCURACY_NOT_REACHED;
    return FEMD_OK;
}
