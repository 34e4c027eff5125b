/* What the deformation does to the heat. With b = -dS/dT and D at constant temperature the entropy changes by
 * c dT / T + b : dE, and dE = D^-1 (dS + b dT), so that
 *
 *     (c + T b D^-1 b) dT/dt + T D^-1 b : dS/dt = Div(K Grad T) + source.
 *
 * The rate of the stress is that of the last step (a split at fixed stress: stable whatever the strength of the
 * coupling delta = T b D^-1 b / c and the length of the step, exact where the stress stays, of first order in time
 * elsewhere); what that leaves out is told. D, b and T are those of the step's start. Where the pass over both is
 * repeated within the step, the strains of the pass before take the place of the last step's stress rate. */
#include <math.h>
#include <string.h>

#include "base/petsc_edge.h"
#include "fields/heat_private.h"
#include "fields/mixed.h"

/* x = D^-1 b by Gauss's elimination with pivots of the largest size; 0 if D is singular. */
static int coupling_solve(const double D[36], const double b[6], double x[6]) {
    double A[6][7];
    for (int i = 0; i < 6; ++i) {
        memcpy(A[i], D + 6 * i, 6 * sizeof *D);
        A[i][6] = b[i];
    }
    for (int c = 0; c < 6; ++c) {
        int best = c;
        for (int i = c + 1; i < 6; ++i)
            if (fabs(A[i][c]) > fabs(A[best][c])) best = i;
        if (!(fabs(A[best][c]) > 0)) return 0;
        for (int j = 0; j < 7 && best != c; ++j) {
            const double kept = A[c][j];
            A[c][j] = A[best][j];
            A[best][j] = kept;
        }
        for (int i = c + 1; i < 6; ++i) {
            const double factor = A[i][c] / A[c][c];
            for (int j = c; j < 7; ++j) A[i][j] -= factor * A[c][j];
        }
    }
    for (int i = 5; i >= 0; --i) {
        x[i] = A[i][6];
        for (int j = i + 1; j < 6; ++j) x[i] -= A[i][j] * x[j];
        x[i] /= A[i][i];
    }
    return 1;
}

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
    if (coupling_solve(at->D, b, expansion))
        for (int c = 0; c < 6; ++c) sum += b[c] * expansion[c];
    if (sum > 0) return sum;
    memset(expansion, 0, 6 * sizeof *expansion);
    return 0;
}

/* Does every stress that changes with the temperature say how? */
static int coupling_is_told(const femd_problem *p) {
    for (size_t k = 0; k < p->cs->nmaterials; ++k)
        if (p->caps[k].inputs & FEMD_INPUT_TEMPERATURE && (femd_case_samples(p->cs, k, &p->caps[k], "thermal-stress") ||
                                                           !(p->caps[k].wants & FEMD_WANT_THERMAL_STRESS)))
            return 0;
    return 1;
}

femd_status femd_heat_choose_coupling(femd_problem *p, femd_error *err) {
    const int wanted = p->cs->heat.coupling, told = coupling_is_told(p);
    p->heat->two_way = p->heat->map && p->cs->heat.transient && told && wanted != FEMD_COUPLING_ONE_WAY;
    if (told || wanted != FEMD_COUPLING_TWO_WAY) return FEMD_OK;
    return femd_fail(
        err, FEMD_BAD_INPUT,
        "%s: heat.coupling: \"two-way\" needs dS/dT, without sampling, of each material whose stress depends "
        "on the temperature; one of them does not answer it",
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
    double expansion[6];
    femd_condensed at;
    for (PetscInt k = 0; h->two_way && k < pt->n; ++k) {
        coupling_answers(h->p, k, 1, &at);
        h->stiffened[k] = h->T_old[k] * coupling_expand(&at, expansion);
        h->taken[k] = pt->weight[k] * h->T_old[k] * pt->stress_power[k];
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

void femd_heat_couple_again(femd_heat *h) {
    for (PetscInt k = 0; h->two_way && k < h->p->pt->n; ++k) h->taken[k] = coupling_took(h, k, h->dt);
}

void femd_heat_see_work(femd_problem *p, double dt) {
    femd_points *pt = p->pt;
    femd_heat *h = p->heat;
    h->lag = 0;
    for (PetscInt k = 0; h->two_way && k < pt->n; ++k) {
        femd_condensed at;
        const double gap = coupling_gap(p, k);
        double expansion[6], sum = 0;
        coupling_answers(p, k, 0, &at);
        (void)coupling_expand(&at, expansion);
        for (int c = 0; c < 6; ++c)
            sum += expansion[c] * (pt->tS[6 * k + c] - pt->S[6 * k + c] - at.by_gap[c] * gap) / dt;
        sum -= at.warming * gap / dt;
        pt->tstress_power[k] = sum;
        h->lag += h->passes > 1 ? coupling_took(h, k, dt) - coupling_stiffened(h, k) - h->taken[k]
                                : pt->weight[k] * h->T_old[k] * (sum - pt->stress_power[k]);
    }
}

femd_status femd_heat_tell_coupling(femd_heat *h, double *pass, femd_error *err) {
    const femd_problem *p = h->p;
    const int known = p->cs->heat.transient && coupling_is_told(p);
    double delta = 0, sum[2] = {0, h->lag};
    for (PetscInt k = 0; known && k < p->pt->n; ++k) {
        double expansion[6];
        femd_condensed at;
        coupling_answers(p, k, 1, &at);
        const double more = coupling_expand(&at, expansion);
        delta = fmax(delta, p->pt->temperature[k] * more / p->pt->heat_c[k]);
        if (h->two_way) sum[0] += coupling_stiffened(h, k) + h->taken[k];
    }
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, &delta, 1, MPI_DOUBLE, MPI_MAX, p->comm));
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, sum, 2, MPI_DOUBLE, MPI_SUM, p->comm));
    pass[FEMD_PASS_STRESS] = sum[0];
    pass[FEMD_PASS_LAG] = sum[1];
    pass[FEMD_PASS_DELTA] = known ? delta : NAN;
    return FEMD_OK;
}
