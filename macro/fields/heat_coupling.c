/* What the deformation does to the heat. With b = -dS/dT and D at constant temperature the entropy changes by
 * c dT / T + b : dE, and dE = D^-1 (dS + b dT), so that
 *
 *     (c + T b D^-1 b) dT/dt + T D^-1 b : dS/dt = Div(K Grad T) + source.
 *
 * The rate of the stress is that of the last step (a split at fixed stress: stable whatever the strength of the
 * coupling delta = T b D^-1 b / c and the length of the step, exact where the stress stays, of first order in time
 * elsewhere); what that leaves out is told. D, b and T are those of the step's start. Where the pass over both is
 * repeated within the step, the strains of the pass before take the place of the last step's stress rate.
 *
 * Of stresses that are sampled a difference is mostly noise. By dS = D dE - b dT the same rate is
 *
 *     D^-1 b : dS/dt = b : dE/dt - b D^-1 b dT/dt,
 *
 * and strains follow the noise of the points only as far as it bends the body. Their dS/dT comes from a fit
 * (heat_thermal.c), whose errors make b D^-1 b too large by tr(cov(b) D^-1) in the mean: taken off. */
#include <math.h>
#include <string.h>

#include "base/petsc_edge.h"
#include "fields/boundary.h"
#include "fields/heat_sampled.h"
#include "fields/mixed.h"

/* D, dS/dT and what a volume does that is not the body's, of one half of point k. */
static void coupling_answers(const femd_problem *p, PetscInt k, int committed, femd_condensed *at) {
    if (p->mixed) {
        femd_mixed_condense(p, k, committed, at);
        return;
    }
    memset(at, 0, sizeof *at);
    memcpy(at->D, (committed ? p->pt->D : p->pt->tD) + 36 * k, sizeof at->D);
    memcpy(at->dSdT, (committed ? p->pt->dSdT : p->pt->tdSdT) + 6 * k, sizeof at->dSdT);
}

/* How much that volume has changed in the step. */
static double coupling_gap(const femd_problem *p, PetscInt k) {
    return p->mixed ? p->pt->tgap[k] - p->pt->gap[k] : 0;
}

/* The expansion D^-1 b, and b D^-1 b as the value; zero where D has no inverse, or a negative direction bears. */
static double coupling_expand(const femd_condensed *at, double expansion[6]) {
    double b[6], sum = 0;
    for (int c = 0; c < 6; ++c) b[c] = -at->dSdT[c];
    if (femd_heat_solve_stiffness(at->D, b, expansion))
        for (int c = 0; c < 6; ++c) sum += b[c] * expansion[c];
    if (sum > 0) return sum;
    memset(expansion, 0, 6 * sizeof *expansion);
    return 0;
}

/* Its stress is sampled, and dS/dT with it: one way that is told and no more. */
static int coupling_is_noisy(const femd_heat *h, PetscInt k) {
    return femd_heat_is_sampled(h, FEMD_SAMPLED_THERMAL, h->p->pt->material[k]);
}

/* b D^-1 b of a point whose answers stand at a strain and temperature; *variance: of it, by errors of dS/dT and D. */
static double coupling_strength(const femd_heat *h, PetscInt k, const double E[6], double T, double D_err,
                                const femd_condensed *at, double expansion[6], double *variance) {
    const double found = coupling_expand(at, expansion);
    double bias, length = 0;
    *variance = 0;
    if (!coupling_is_noisy(h, k)) return found;
    femd_heat_thermal_spread(h, k, E, T, at->D, expansion, &bias, variance);
    for (int c = 0; c < 6; ++c) length += expansion[c] * expansion[c];
    *variance += 2 * D_err * D_err * length * length;
    return fmax(0, found - bias);
}

/* D^-1 b : dS/dt of the last step by strains and temperatures, rate[0..6] being theirs; kappa = b D^-1 b. */
static double coupling_rate(const double dSdT[6], double kappa, const double *rate) {
    double sum = -kappa * rate[6];
    for (int c = 0; c < 6; ++c) sum -= dSdT[c] * rate[c];
    return sum;
}

femd_status femd_heat_choose_coupling(femd_problem *p, femd_error *err) {
    const int wanted = p->cs->heat.coupling, told = femd_heat_coupling_is_told(p);
    p->heat->two_way = p->heat->map && p->cs->heat.transient && told && wanted != FEMD_COUPLING_ONE_WAY;
    if (told || wanted != FEMD_COUPLING_TWO_WAY) return FEMD_OK;
    return femd_fail(
        err, FEMD_BAD_INPUT,
        "%s: heat.coupling: \"two-way\" needs dS/dT of each material whose stress depends on the temperature, "
        "without sampling or sampled with the stress; one of them does not answer it so",
        p->cs->path);
}

int femd_heat_is_two_way(const femd_heat *h) {
    return h->two_way;
}

int femd_heat_passes(const femd_heat *h) {
    return h->passes;
}

void femd_heat_strain(const femd_heat *h, PetscInt k, double E[6]) {
    if (h->p->mixed)
        femd_mixed_strain(h->p, k, h->passes <= 1, E);
    else
        memcpy(E, (h->passes > 1 ? h->p->pt->tE : h->p->pt->E) + 6 * k, 6 * sizeof *E);
}

double femd_heat_rise(const femd_heat *h, PetscInt k) {
    return femd_heat_at_point(h->p, k, h->value) - h->T_last[k];
}

void femd_heat_couple(femd_heat *h) {
    const femd_points *pt = h->p->pt;
    double expansion[6], variance;
    femd_condensed at;
    for (PetscInt k = 0; h->two_way && k < pt->n; ++k) {
        coupling_answers(h->p, k, 1, &at);
        const double kappa = coupling_strength(h, k, pt->E + 6 * k, h->T_old[k], 0, &at, expansion, &variance),
                     rate = coupling_is_noisy(h, k) ? coupling_rate(at.dSdT, kappa, pt->strain_rate + 8 * k)
                                                    : pt->stress_power[k];
        h->stiffened[k] = h->T_old[k] * kappa;
        h->taken[k] = pt->weight[k] * h->T_old[k] * rate;
    }
}

/* What the work of the stress has taken at point k by the tentative state, W: T b : (E - E0) / dt, T and b the means by
 * theta of both ends. Before the first step b is known at one temperature alone: there it is that of the end. */
static double coupling_took(const femd_heat *h, PetscInt k, double dt) {
    const femd_points *pt = h->p->pt;
    const double part = h->theta, part_of_b = h->p->step > 0 ? part : 1,
                 T = part * pt->temperature[k] + (1 - part) * h->T_old[k];
    femd_condensed old, new;
    coupling_answers(h->p, k, 1, &old);
    coupling_answers(h->p, k, 0, &new);
    double sum = -(part_of_b * new.warming + (1 - part_of_b) * old.warming) * coupling_gap(h->p, k);
    for (int c = 0; c < 6; ++c)
        sum -= (part_of_b * new.dSdT[c] + (1 - part_of_b) * old.dSdT[c]) * (pt->tE[6 * k + c] - pt->E[6 * k + c]);
    return pt->weight[k] * T * sum / dt;
}

/* What is more capacity takes at point k, W. */
static double coupling_stiffened(const femd_heat *h, PetscInt k) {
    const femd_points *pt = h->p->pt;
    const double from = h->passes > 1 ? h->T_last[k] : h->T_old[k];
    return pt->weight[k] * h->stiffened[k] * (pt->temperature[k] - from) / h->dt;
}

void femd_heat_couple_change(femd_heat *h, PetscInt k, size_t m, const double *coefficients) {
    const femd_points *pt = h->p->pt;
    double change[6], expansion[6], more = 0, took = 0;
    femd_condensed at;
    if (!femd_heat_thermal_column(h, k, m, coefficients, 1, change)) return;
    coupling_answers(h->p, k, 1, &at);
    (void)coupling_expand(&at, expansion);
    for (int c = 0; c < 6; ++c) more -= 2 * expansion[c] * change[c];
    h->stiffened[k] += h->T_old[k] * more;
    if (h->passes > 1)
        for (int c = 0; c < 6; ++c) took -= change[c] * (pt->tE[6 * k + c] - pt->E[6 * k + c]) / h->dt;
    else
        took = coupling_rate(change, more, pt->strain_rate + 8 * k);
    h->taken[k] += pt->weight[k] * h->T_old[k] * took;
}

void femd_heat_couple_again(femd_heat *h) {
    for (PetscInt k = 0; h->two_way && k < h->p->pt->n; ++k) h->taken[k] = coupling_took(h, k, h->dt);
}

/* D^-1 b : dS/dt of the step at point k. */
static double coupling_power(const femd_heat *h, PetscInt k, double dt) {
    const femd_problem *p = h->p;
    const femd_points *pt = p->pt;
    const double gap = coupling_gap(p, k);
    double expansion[6], variance, sum = 0;
    femd_condensed at;
    coupling_answers(p, k, 0, &at);
    const double kappa = coupling_strength(h, k, pt->tE + 6 * k, pt->temperature[k], 0, &at, expansion, &variance);
    if (coupling_is_noisy(h, k)) return coupling_rate(at.dSdT, kappa, pt->tstrain_rate + 8 * k);
    for (int c = 0; c < 6; ++c) sum += expansion[c] * (pt->tS[6 * k + c] - pt->S[6 * k + c] - at.by_gap[c] * gap) / dt;
    return sum - at.warming * gap / dt;
}

/* What the step has taken at point k less what its equation had of it, W. */
static double coupling_lag(const femd_heat *h, PetscInt k, double dt) {
    const femd_points *pt = h->p->pt;
    if (h->passes > 1) return coupling_took(h, k, dt) - coupling_stiffened(h, k) - h->taken[k];
    const double found = pt->weight[k] * h->T_old[k] * pt->tstress_power[k];
    if (coupling_is_noisy(h, k)) return found - h->taken[k];
    return pt->weight[k] * h->T_old[k] * (pt->tstress_power[k] - pt->stress_power[k]);
}

femd_status femd_heat_see_work(femd_problem *p, const femd_step_record *rec, femd_error *err) {
    femd_points *pt = p->pt;
    femd_heat *h = p->heat;
    const double dt = rec->dt, noise = p->solved->kind->scale(p->solved).noise,
                 residual = rec->nresiduals > 0 ? rec->residual[rec->nresiduals - 1] : 0;
    h->lag = 0;
    for (PetscInt k = 0; h->two_way && k < pt->n; ++k) {
        double *rate = pt->tstrain_rate + 8 * k;
        for (int c = 0; c < 6; ++c) rate[c] = (pt->tE[6 * k + c] - pt->E[6 * k + c]) / dt;
        rate[6] = (pt->temperature[k] - h->T_old[k]) / dt;
        rate[7] = noise > 0 ? residual / noise : 0;
        pt->tstress_power[k] = coupling_power(h, k, dt);
        h->lag += coupling_lag(h, k, dt);
    }
    return femd_heat_thermal_learn(h, err);
}

/* ---- noise ---- */

/* A consistent capacity weighs nodes by no share of their own: all points around count, and what differs from node to
 * node comes out larger, of P2 by up to this (trials). */
#define CONSISTENT 2.0

/* Squares of what noise of the stresses brings to the nodes of a cell, J^2, and what they store, J/K. The work T b : dE
 * of all steps so far adds up to that of the strain that is there, whose noise is D^-1 b : (that of the stress) at
 * most: strains are its projection on those that a body can have, and conduction spreads what the points bring. Forces
 * that Newton's method has left, since they are no more than the noise of the forces, count as such noise does. */
static void coupling_noise_cell(const femd_heat *h, PetscInt cell, double *square, double *store) {
    const femd_points *pt = h->p->pt;
    const femd_element_table *table = &h->p->grid->table;
    const double *error = h->passes > 1 ? pt->tS_err : pt->S_err;
    for (int q = 0; q < table->points; ++q) {
        const PetscInt k = cell * table->points + q;
        double expansion[6], variance = 0;
        femd_condensed at;
        coupling_answers(h->p, k, 1, &at);
        (void)coupling_expand(&at, expansion);
        const double left = pt->strain_rate[8 * k + 7], more = 1 + left * left;
        for (int c = 0; coupling_is_noisy(h, k) && c < 6; ++c)
            variance += more * expansion[c] * expansion[c] * error[6 * k + c] * error[6 * k + c];
        for (int i = 0; i < table->nodes; ++i) {
            const double share = pt->weight[k] * (h->mass ? 1 : table->shape[q][i]);
            const double brought = (h->mass ? CONSISTENT : 1) * share * h->T_old[k];
            square[i] += brought * brought * variance;
            store[i] += share * (pt->theat_c[k] + h->stiffened[k]);
        }
    }
}

typedef struct coupling_noise {
    const femd_heat *h;
    int store;
} coupling_noise;

static void coupling_noise_part(const void *self, PetscInt cell, double *out) {
    const coupling_noise *of = self;
    double room[FEMD_ELEMENT_NODES] = {0};
    coupling_noise_cell(of->h, cell, of->store ? room : out, of->store ? out : room);
}

/* out by local entry (n): the sum of all ranks. */
static femd_status coupling_noise_sum(const femd_heat *h, int store, double *out, femd_error *err) {
    femd_field *field = h->p->temperature;
    const coupling_noise of = {h, store};
    const PetscScalar *a;
    femd_field_add_cells(field, coupling_noise_part, &of, out);
    FEMD_TRY(femd_field_sum(field, out, field->work, err));
    PETSC_TRY(err, DMGlobalToLocal(field->dm, field->work, INSERT_VALUES, field->local));
    PETSC_TRY(err, VecGetArrayRead(field->local, &a));
    memcpy(out, a, field->n * sizeof *out);
    PETSC_TRY(err, VecRestoreArrayRead(field->local, &a));
    return FEMD_OK;
}

femd_status femd_heat_stress_noise(femd_heat *h, double *out, femd_error *err) {
    const femd_field *field = h->p->temperature;
    if (!h->two_way || !femd_heat_samples_any(h->sampled, FEMD_SAMPLED_THERMAL)) return FEMD_OK;
    if (h->p->step == 0 && h->passes <= 1) return FEMD_OK; /* no work has been counted yet */
    double *square = calloc(2 * field->n + 1, sizeof *square), *store = square + field->n;
    femd_status rc = square ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the noise of temperatures");
    rc = femd_agree(h->p->comm, rc, err);
    if (rc == FEMD_OK) rc = coupling_noise_sum(h, 0, square, err);
    if (rc == FEMD_OK) rc = coupling_noise_sum(h, 1, store, err);
    for (size_t i = 0; rc == FEMD_OK && i < field->n; ++i)
        if (field->boundary->entry[i] < 0 && store[i] > 0) out[i] += square[i] / (store[i] * store[i]);
    free(square);
    return rc;
}

/* ---- what is told ---- */

/* delta of point k as committed; *error: one sigma of it. */
static double coupling_delta(const femd_heat *h, PetscInt k, double *error) {
    const femd_problem *p = h->p;
    const femd_points *pt = p->pt;
    double expansion[6], variance, c_error = 0;
    femd_condensed at;
    coupling_answers(p, k, 1, &at);
    const double kappa = coupling_strength(h, k, pt->E + 6 * k, pt->temperature[k], pt->D_err ? pt->D_err[k] : 0, &at,
                                           expansion, &variance),
                 delta = pt->temperature[k] * kappa / pt->heat_c[k];
    if (femd_heat_is_sampled(h, FEMD_SAMPLED_CAPACITY, pt->material[k])) {
        const femd_case_material *m = &p->cs->material[pt->material[k]];
        double E[6];
        femd_strain_rotate(m->orientation, pt->E + 6 * k, E);
        c_error = sqrt(femd_k_fit_variance(h->sampled->fit[femd_heat_slot(h->sampled, FEMD_SAMPLED_CAPACITY, m->like)],
                                           E, pt->temperature[k]));
    }
    *error = hypot(pt->temperature[k] * sqrt(variance) / pt->heat_c[k], delta * c_error);
    return delta;
}

femd_status femd_heat_tell_coupling(femd_heat *h, double *pass, femd_error *err) {
    const femd_problem *p = h->p;
    const int known = p->cs->heat.transient && femd_heat_thermal_is_known(p);
    struct {
        double delta;
        int rank;
    } most = {0, p->rank};
    double sum[2] = {0, h->lag}, error = 0;
    for (PetscInt k = 0; known && k < p->pt->n; ++k) {
        double own;
        const double delta = coupling_delta(h, k, &own);
        if (delta > most.delta) most.delta = delta, error = own;
        if (h->two_way) sum[0] += coupling_stiffened(h, k) + h->taken[k];
    }
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, &most, 1, MPI_DOUBLE_INT, MPI_MAXLOC, p->comm));
    MPI_TRY(err, MPI_Bcast(&error, 1, MPI_DOUBLE, most.rank, p->comm));
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, sum, 2, MPI_DOUBLE, MPI_SUM, p->comm));
    pass[FEMD_PASS_STRESS] = sum[0];
    pass[FEMD_PASS_LAG] = sum[1];
    pass[FEMD_PASS_DELTA] = known ? most.delta : NAN;
    pass[FEMD_PASS_DELTA_ERROR] = known ? error : NAN;
    pass[FEMD_PASS_COUPLING_ERROR] = h->two_way && h->sampled ? h->sampled->coupling_error : 0;
    return FEMD_OK;
}
