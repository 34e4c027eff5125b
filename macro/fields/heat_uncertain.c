/* How far temperatures, and the flow of heat, are uncertain with the coefficients of the fits of sampled
 * conductivities: they follow by J dT = - dR/dcoefficient - dR/dT0 dT0, once for each column of a factor L of the
 * covariance (errors are L x, x independent with variance 1). In a transient dT0 is what the steps before have left of
 * the same column; where samples are added between, x is taken to stay the same and L to be the new one's. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "base/petsc_edge.h"
#include "femd/kinematics.h"
#include "femd/tensor3.h"
#include "fields/boundary.h"
#include "fields/heat_sampled.h"
#include "fields/positive_tensor.h"
#include "fields/ties.h"

const double *femd_heat_errors(const femd_problem *p) {
    return p->heat && p->heat->sampled ? p->heat->T_error : NULL;
}

/* Changes of the conductivities of all points of material m along a change of the coefficients, at the temperatures T
 * of the points. */
static void uncertain_change(const femd_heat *h, size_t m, const double *T, const double *coefficients,
                             double *change) {
    const femd_problem *p = h->p;
    const femd_points *pt = p->pt;
    memset(change, 0, 6 * (size_t)pt->n * sizeof *change);
    for (PetscInt k = 0; k < pt->n; ++k) {
        const femd_case_material *material = &p->cs->material[pt->material[k]];
        double strain[6], E[6], turned[6], back[9];
        if (!femd_heat_is_sampled(h, FEMD_SAMPLED_CONDUCTIVITY, pt->material[k]) || material->like != m) continue;
        femd_heat_strain(h, k, strain);
        femd_strain_rotate(material->orientation, strain, E);
        femd_k_fit_change(h->sampled->fit[m], E, T[k], coefficients, turned);
        femd_transpose3(material->orientation, back);
        femd_tensor_turn(back, turned, change + 6 * k);
    }
}

/* out += what is stored more with capacities that are changed: change holds by how much at the end of the step, then at
 * its start (counts with theta < 1), then room. */
static void uncertain_store(femd_heat *h, double *change, double *room, double *out) {
    femd_points *pt = h->p->pt;
    const size_t n = h->p->temperature->n, points = (size_t)pt->n;
    const double *at_end = change, *at_start = change + points;
    double *less = room, *more = room + n, *kept = change + 2 * points, *before = change + 3 * points;
    femd_heat_store(h, h->value, less);
    for (PetscInt k = 0; k < pt->n; ++k) {
        kept[k] = pt->theat_c[k], before[k] = pt->heat_c[k];
        pt->theat_c[k] += at_end[k], pt->heat_c[k] += at_start[k];
    }
    femd_heat_store(h, h->value, more);
    memcpy(pt->theat_c, kept, (size_t)pt->n * sizeof *kept);
    memcpy(pt->heat_c, before, (size_t)pt->n * sizeof *before);
    for (size_t i = 0; i < n; ++i) out[i] += more[i] - less[i];
}

/* Of point k the capacity's fit at a temperature: along a change of its coefficients, or its slope (NULL); 0: slot m is
 * not its. */
static double uncertain_capacity_at(const femd_heat *h, size_t m, PetscInt k, double T, const double *coefficients) {
    const femd_heat_sampled *s = h->sampled;
    const int material = h->p->pt->material[k];
    const femd_case_material *of = &h->p->cs->material[material];
    double strain[6], E[6], k6[6], slope[6];
    if (!femd_heat_is_sampled(h, FEMD_SAMPLED_CAPACITY, material)) return coefficients ? 0 : h->slopes.c[k];
    const size_t slot = femd_heat_slot(s, FEMD_SAMPLED_CAPACITY, of->like);
    femd_heat_strain(h, k, strain);
    femd_strain_rotate(of->orientation, strain, E);
    if (!coefficients) {
        femd_k_fit_at(s->fit[slot], E, T, k6, slope);
        return slope[0];
    }
    if (slot != m) return 0;
    femd_k_fit_change(s->fit[slot], E, T, coefficients, k6);
    return k6[0];
}

/* R's change along a change of the coefficients of a heat capacity, slot m: of what is stored. */
static void uncertain_capacity(femd_heat *h, size_t m, const double *coefficients, double *change, double *room,
                               double *out) {
    const femd_points *pt = h->p->pt;
    for (PetscInt k = 0; k < pt->n; ++k) {
        change[k] = uncertain_capacity_at(h, m, k, pt->temperature[k], coefficients);
        change[pt->n + k] = uncertain_capacity_at(h, m, k, h->T_old[k], coefficients);
    }
    uncertain_store(h, change, room, out);
}

/* The same of a thermal stress: of the capacity that it adds, and of the work of the stress in the last step, or of the
 * pass before. */
static void uncertain_thermal(femd_heat *h, size_t m, const double *coefficients, double *kept, double *room,
                              double *out) {
    const femd_points *pt = h->p->pt;
    const size_t n = h->p->temperature->n;
    double *less = room, *more = room + n, *stiffened = kept, *taken = kept + pt->n;
    if (!h->two_way) return;
    femd_heat_store(h, h->value, less);
    memcpy(stiffened, h->stiffened, (size_t)pt->n * sizeof *stiffened);
    memcpy(taken, h->taken, (size_t)pt->n * sizeof *taken);
    for (PetscInt k = 0; k < pt->n; ++k) femd_heat_couple_change(h, k, m, coefficients);
    femd_heat_store(h, h->value, more);
    memcpy(h->stiffened, stiffened, (size_t)pt->n * sizeof *stiffened);
    memcpy(h->taken, taken, (size_t)pt->n * sizeof *taken);
    for (size_t i = 0; i < n; ++i) out[i] += more[i] - less[i];
}

/* ---- what the steps before have left ---- */

/* The columns of memory: of slot m from the first of these on. */
static size_t uncertain_first(const femd_heat_sampled *s, size_t m) {
    size_t first = 0;
    for (size_t k = 0; k < m; ++k) first += s->fitted[k] ? femd_k_most(s->form[k]) : 0;
    return first;
}

size_t femd_heat_memory_columns(const femd_problem *p) {
    const femd_heat_sampled *s = p->heat && p->cs->heat.transient ? p->heat->sampled : NULL;
    return s ? uncertain_first(s, s->slots) : 0;
}

double *femd_heat_memory(const femd_problem *p, size_t column) {
    return p->heat->sampled->memory + column * p->temperature->n;
}

femd_status femd_heat_remember(femd_heat *h, femd_error *err) {
    const size_t n = femd_heat_memory_columns(h->p) * h->p->temperature->n;
    femd_heat_sampled *s = h->sampled;
    if (n == 0) return FEMD_OK;
    if (!s->memory) s->memory = calloc(n, sizeof *s->memory);
    if (!s->memory_next) s->memory_next = calloc(n, sizeof *s->memory_next);
    return s->memory && s->memory_next ? FEMD_OK
                                       : femd_fail(err, FEMD_NO_MEMORY, "no memory for the errors of temperatures");
}

void femd_heat_remember_begin(femd_heat *h) {
    const size_t n = femd_heat_memory_columns(h->p) * h->p->temperature->n;
    for (size_t i = 0; i < n; ++i) h->sampled->memory_next[i] = NAN; /* until they are found */
    if (n > 0) h->sampled->flow_error = NAN;
}

void femd_heat_remember_commit(femd_heat *h) {
    const size_t n = femd_heat_memory_columns(h->p) * h->p->temperature->n;
    if (n > 0) memcpy(h->sampled->memory, h->sampled->memory_next, n * sizeof(double));
}

/* out += factor K grad T. */
static void uncertain_conduct(const femd_heat *h, const double *T, const double *K, double factor, double *room,
                              double *out) {
    femd_heat_conduct(h, T, K, factor, room);
    for (size_t i = 0; i < h->p->temperature->n; ++i) out[i] += room[i];
}

/* out += factor C W / dt of the temperatures W at the start. The work of the stress is in both. */
static void uncertain_stored(const femd_heat *h, const double *W, double factor, double *room, double *out) {
    const size_t n = h->p->temperature->n;
    double *moved = room, *more = room + n, *less = room + 2 * n;
    for (size_t i = 0; i < n; ++i) moved[i] = h->old[i] + W[i];
    femd_heat_store(h, moved, more);
    femd_heat_store(h, h->old, less);
    for (size_t i = 0; i < n; ++i) out[i] += factor * (more[i] - less[i]);
}

/* dk/dT of point k at the start of the step; of one that is not sampled by the secant that is there. */
static void uncertain_slope(const femd_heat *h, PetscInt k, double slope[6]) {
    const femd_points *pt = h->p->pt;
    const femd_case_material *material = &h->p->cs->material[pt->material[k]];
    double strain[6], E[6], turned[6], conducts[6], back[9];
    memcpy(slope, h->slopes.k + 6 * k, 6 * sizeof *slope);
    if (!femd_heat_is_sampled(h, FEMD_SAMPLED_CONDUCTIVITY, pt->material[k])) return;
    femd_heat_strain(h, k, strain);
    femd_strain_rotate(material->orientation, strain, E);
    femd_k_fit_at(h->sampled->fit[material->like], E, h->T_old[k], conducts, turned);
    femd_transpose3(material->orientation, back);
    femd_tensor_turn(back, turned, slope);
}

#define LITTLE 1e-4 /* of a sigma: a change of the start whose exchange with what is around is linear */

/* The part of the start, theta < 1: its flow by the temperatures W and the coefficients there, and what its surfaces
 * exchange. */
static femd_status uncertain_start(femd_heat *h, size_t m, const double *column, const double *W, double *change,
                                   double *room, double *out, femd_error *err) {
    femd_field *field = h->p->temperature;
    const femd_points *pt = h->p->pt;
    const double part = 1 - h->theta, end = field->boundary->time;
    double *moved = room, *more = room + field->n;
    if (!(part > 0)) return FEMD_OK;
    memset(change, 0, 6 * (size_t)pt->n * sizeof *change);
    if (m < h->sampled->nmaterials) uncertain_change(h, m, h->T_old, column, change);
    for (PetscInt k = 0; k < pt->n; ++k) {
        double slope[6];
        uncertain_slope(h, k, slope);
        for (int c = 0; c < 6; ++c) change[6 * k + c] += slope[c] * femd_heat_at_point(h->p, k, W);
    }
    uncertain_conduct(h, h->old, change, part, room, out);
    uncertain_conduct(h, W, pt->heat_k, part, room, out);
    for (PetscInt k = 0; k < pt->n; ++k) {
        change[k] = 0;
        change[pt->n + k] = uncertain_capacity_at(h, m, k, h->T_old[k], NULL) * femd_heat_at_point(h->p, k, W);
    }
    uncertain_store(h, change, room, out);
    if (!field->boundary->follows) return FEMD_OK;
    FEMD_TRY(femd_boundary_set_time(field, h->p->time, err));
    for (size_t i = 0; i < field->n; ++i) moved[i] = h->old[i] + LITTLE * W[i];
    FEMD_TRY(femd_boundary_follow(field, moved, err));
    memcpy(more, field->boundary->applied, field->n * sizeof *more);
    FEMD_TRY(femd_boundary_follow(field, h->old, err));
    for (size_t i = 0; i < field->n; ++i) out[i] -= part * (more[i] - field->boundary->applied[i]) / LITTLE;
    FEMD_TRY(femd_boundary_set_time(field, end, err));
    return femd_boundary_follow(field, h->value, err);
}

/* ---- columns ---- */

/* What is worked with for all columns. */
typedef struct uncertain {
    femd_field_solve *solve;
    void *with;
    Vec rhs, x;
    double *change; /* points x 6 */
    double *slope;  /* dD/dT by local node, this rank's cells */
    double *room;   /* 3 x nodes */
    double flow[2]; /* of all ranks: D, and the sum of squares of its changes */
} uncertain;

/* The dissipation with the conductivities K of points, this rank's. */
static double uncertain_dissipation(const femd_heat *h, const double *K) {
    const femd_points *pt = h->p->pt;
    double sum = 0, slope[3], referential[6];
    for (PetscInt k = 0; k < pt->n; ++k) {
        femd_heat_gradient(h, k, h->value, slope);
        femd_heat_referential(h, k, K + 6 * k, referential);
        sum += pt->weight[k] * femd_heat_form(referential, slope);
    }
    return sum;
}

/* variance += (J^-1 dR)^2; what it leaves for the next step; the change of the flow. */
static femd_status uncertain_respond(femd_heat *h, uncertain *u, size_t m, const double *column, double *last,
                                     double *next, femd_error *err) {
    femd_field *field = h->p->temperature;
    int solved;
    double more = 0;
    const femd_sampled_quantity what = (femd_sampled_quantity)(m / h->sampled->nmaterials);
    memset(h->adjoint, 0, field->n * sizeof *h->adjoint);
    if (last) uncertain_stored(h, last, -1, u->room, h->adjoint);
    if (last) FEMD_TRY(uncertain_start(h, m, column, last, u->change, u->room, h->adjoint, err));
    if (what == FEMD_SAMPLED_CONDUCTIVITY) {
        uncertain_change(h, m, h->p->pt->temperature, column, u->change);
        uncertain_conduct(h, h->value, u->change, h->theta, u->room, h->adjoint);
        more = uncertain_dissipation(h, u->change);
    } else if (what == FEMD_SAMPLED_CAPACITY)
        uncertain_capacity(h, m, column, u->change, u->room, h->adjoint);
    else
        uncertain_thermal(h, m, column, u->change, u->room, h->adjoint);
    FEMD_TRY(femd_field_sum_free(field, h->adjoint, u->rhs, err));
    FEMD_TRY(femd_ties_reduce(field, u->rhs, 0, err));
    FEMD_TRY(u->solve(u->with, u->rhs, u->x, &solved, err));
    FEMD_TRY(femd_heat_local_change(h, u->x, h->adjoint, err));
    for (size_t i = 0; i < field->n; ++i) {
        const double change = solved ? -h->adjoint[i] : NAN;
        h->T_error[i] += change * change;
        if (next) next[i] = change;
        more += u->slope[i] * change;
    }
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, &more, 1, MPI_DOUBLE, MPI_SUM, h->p->comm));
    u->flow[1] += more * more;
    return FEMD_OK;
}

static femd_status uncertain_of_material(femd_heat *h, uncertain *u, size_t m, femd_error *err) {
    const femd_heat_sampled *s = h->sampled;
    const femd_k_fit *fit = s->fit[m];
    const size_t n = h->p->temperature->n, first = uncertain_first(s, m);
    double column[FEMD_K_COEFFICIENTS];
    for (int j = 0; j < fit->n; ++j) {
        const size_t at = (first + (size_t)j) * n;
        femd_k_fit_column(fit, j, column);
        FEMD_TRY(uncertain_respond(h, u, m, column, s->memory ? s->memory + at : NULL,
                                   s->memory ? s->memory_next + at : NULL, err));
    }
    for (size_t i = (first + (size_t)fit->n) * n; s->memory && i < (first + femd_k_most(s->form[m])) * n; ++i)
        s->memory_next[i] = 0; /* coefficients that are not there */
    return FEMD_OK;
}

/* Of the coupling alone: what its fits and the noise of the stresses leave. */
static femd_status uncertain_couple(femd_heat *h, femd_error *err) {
    double *most = &h->sampled->coupling_error;
    *most = 0;
    FEMD_TRY(femd_heat_stress_noise(h, h->T_error, err));
    for (size_t i = 0; i < h->p->temperature->n; ++i)
        *most = isnan(h->T_error[i]) || isnan(*most) ? NAN : fmax(*most, sqrt(h->T_error[i]));
    int unknown = isnan(*most);
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, &unknown, 1, MPI_INT, MPI_MAX, h->p->comm));
    if (unknown) *most = INFINITY;
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, most, 1, MPI_DOUBLE, MPI_MAX, h->p->comm));
    if (unknown) *most = NAN;
    return FEMD_OK;
}

femd_status femd_heat_uncertain(femd_field *field, femd_field_solve *solve, void *with, Vec rhs, Vec x,
                                femd_error *err) {
    femd_heat *h = field->self;
    if (!h->sampled) return FEMD_OK;
    const size_t points = 6 * (size_t)h->p->pt->n;
    double *room = calloc(points + 4 * field->n + 1, sizeof *room);
    femd_status rc = room ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the errors of temperatures");
    FEMD_TRY(femd_agree(h->p->comm, rc, err));
    uncertain u = {solve, with, rhs, x, room, room + points, room + points + field->n, {0}};
    femd_heat_flow_slope(h, u.slope);
    u.flow[0] = uncertain_dissipation(h, h->p->pt->theat_k);
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, u.flow, 1, MPI_DOUBLE, MPI_SUM, h->p->comm));
    memset(h->T_error, 0, field->n * sizeof *h->T_error);
    for (size_t i = h->sampled->slots; rc == FEMD_OK && i-- > 0;) { /* thermal stresses first */
        if (h->sampled->fit[i]) rc = uncertain_of_material(h, &u, i, err);
        if (rc == FEMD_OK && i == femd_heat_slot(h->sampled, FEMD_SAMPLED_THERMAL, 0)) rc = uncertain_couple(h, err);
    }
    for (size_t i = 0; i < field->n; ++i) h->T_error[i] = sqrt(h->T_error[i]);
    h->sampled->flow_error = u.flow[0] > 0 ? sqrt(u.flow[1]) / u.flow[0] : 0;
    free(room);
    return rc;
}
