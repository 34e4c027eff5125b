/* Conductivities and heat capacities that are sampled: the samples of each material so far and their fits. Rank 0 makes
 * the fits, all have them. Owns how a sample is asked; where is chosen in heat_refine.c and for the first ones here. */
#include "fields/heat_sampled.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "base/petsc_edge.h"
#include "femd/kinematics.h"
#include "femd/tensor3.h"
#include "fields/constitutive.h"
#include "fields/positive_tensor.h"

#define SAMPLES_MOST 256 /* where the case does not say */
#define DIGITS_T     6   /* of a sample's temperature: what is behind them is round-off, of the number of ranks too */
#define STRAIN_STEP  1e-6
enum { SAMPLE_NUMBERS = sizeof(femd_k_sample) / sizeof(double) };

static femd_status sampled_no_memory(femd_error *err) {
    return femd_fail(err, FEMD_NO_MEMORY, "no memory for the samples of conductivities");
}

size_t femd_heat_samples_most(const femd_case *cs) {
    return cs->heat.max_samples > 0 ? (size_t)cs->heat.max_samples : SAMPLES_MOST;
}

/* First samples are taken whatever is the most. */
static size_t sampled_room(const femd_problem *p) {
    return femd_heat_samples_most(p->cs) + FEMD_SAMPLED_QUANTITIES * (FEMD_K_BATCH + 2 * p->cs->nmaterials);
}

/* ---- making ---- */

static uint32_t sampled_want(femd_sampled_quantity what) {
    return what == FEMD_SAMPLED_CAPACITY ? FEMD_WANT_HEAT_CAPACITY : FEMD_WANT_CONDUCTIVITY;
}

static femd_sampled_quantity sampled_quantity(const femd_heat_sampled *s, size_t slot) {
    return (femd_sampled_quantity)(slot / s->nmaterials);
}

static int sampled_material(const femd_problem *p, femd_sampled_quantity what, size_t k) {
    if (what == FEMD_SAMPLED_THERMAL) return femd_heat_samples_thermal(p, k);
    if (!(femd_case_asks_heat(p->cs, k) & sampled_want(what))) return 0;
    return what == FEMD_SAMPLED_CAPACITY ? femd_case_samples(p->cs, k, &p->caps[k], "heat-capacity")
                                         : (p->caps[k].inputs & FEMD_INPUT_SEED) != 0;
}

static femd_k_form sampled_form(const femd_case_material *m) {
    const char *symmetry = m->node ? femd_json_string(m->node, "symmetry", "") : "";
    return strcmp(symmetry, "cubic") == 0 || strcmp(symmetry, "isotropic") == 0 ? FEMD_K_CUBIC : FEMD_K_ANY;
}

static femd_k_form sampled_form_of(femd_sampled_quantity what, const femd_case_material *m) {
    const femd_k_form form = sampled_form(m);
    if (what == FEMD_SAMPLED_CAPACITY) return FEMD_K_CAPACITY;
    if (what == FEMD_SAMPLED_CONDUCTIVITY) return form;
    return form == FEMD_K_CUBIC ? FEMD_K_THERMAL_CUBIC : FEMD_K_THERMAL;
}

/* The sums of thermal stresses, where any are sampled. */
static int sampled_create_thermal(const femd_problem *p, femd_heat_sampled *s) {
    int missing = 0;
    for (size_t k = 0; k < s->nmaterials; ++k)
        if (s->fitted[femd_heat_slot(s, FEMD_SAMPLED_THERMAL, k)] && p->cs->material[k].like == k)
            missing |= !(s->thermal[k] = calloc(1, sizeof *s->thermal[k]));
    if (femd_heat_samples_any(s, FEMD_SAMPLED_THERMAL))
        missing |= !(s->raw = calloc(12 * (size_t)p->pt->n + 1, sizeof *s->raw));
    return !missing;
}

static femd_status sampled_create(femd_problem *p, femd_heat_sampled **out, femd_error *err) {
    const size_t n = p->cs->nmaterials;
    femd_heat_sampled *s = *out = calloc(1, sizeof *s);
    if (!s) return sampled_no_memory(err);
    s->nmaterials = n;
    s->slots = FEMD_SAMPLED_QUANTITIES * n;
    s->fitted = calloc(s->slots + 1, 1);
    s->form = calloc(s->slots + 1, sizeof *s->form);
    s->fit = calloc(s->slots + 1, sizeof *s->fit);
    s->sample = calloc(sampled_room(p), sizeof *s->sample);
    s->local = calloc((size_t)p->pt->n + 1, sizeof *s->local);
    s->thermal = calloc(n + 1, sizeof *s->thermal);
    s->spread = calloc(s->slots + 1, sizeof *s->spread);
    if (!s->fitted || !s->form || !s->fit || !s->sample || !s->local || !s->thermal || !s->spread)
        return sampled_no_memory(err);
    for (size_t slot = 0; slot < s->slots; ++slot) {
        const femd_sampled_quantity what = sampled_quantity(s, slot);
        s->fitted[slot] = (unsigned char)sampled_material(p, what, slot % n);
        s->form[slot] = sampled_form_of(what, &p->cs->material[slot % n]);
    }
    return sampled_create_thermal(p, s) ? FEMD_OK : sampled_no_memory(err);
}

femd_status femd_heat_expect_samples(femd_problem *p, femd_error *err) {
    femd_heat *h = p->heat;
    int any = 0;
    for (size_t k = 0; k < p->cs->nmaterials; ++k)
        for (int what = 0; what < FEMD_SAMPLED_QUANTITIES; ++what)
            any |= sampled_material(p, (femd_sampled_quantity)what, k);
    if (!any) return FEMD_OK;
    FEMD_TRY(femd_agree(p->comm, sampled_create(p, &h->sampled, err), err));
    FEMD_TRY(femd_rows_create(p->comm, p->pt->id, (size_t)p->pt->n, &h->sampled->rows, err));
    FEMD_TRY(femd_agree(p->comm, femd_heat_remember(h, err), err));
    if (p->rank == 0) h->sampled->all = calloc(femd_rows_total(h->sampled->rows) + 1, sizeof *h->sampled->all);
    return femd_agree(p->comm, p->rank > 0 || h->sampled->all ? FEMD_OK : sampled_no_memory(err), err);
}

void femd_heat_sampled_destroy(femd_heat_sampled **out) {
    femd_heat_sampled *s = *out;
    if (!s) return;
    for (size_t k = 0; s->fit && k < s->slots; ++k) free(s->fit[k]);
    for (size_t k = 0; s->spread && k < s->slots; ++k) free(s->spread[k]);
    for (size_t k = 0; s->thermal && k < s->nmaterials; ++k) free(s->thermal[k]);
    free(s->thermal);
    free(s->spread);
    free(s->raw);
    femd_rows_destroy(&s->rows);
    free(s->fitted);
    free(s->form);
    free(s->fit);
    free(s->sample);
    free(s->memory);
    free(s->memory_next);
    free(s->local);
    free(s->all);
    free(s);
    *out = NULL;
}

/* ---- the fits ---- */

/* Rank 0, of one slot; `own` has room for all samples. */
static femd_status sampled_fit_one(const femd_heat *h, size_t slot, femd_k_sample *own, femd_k_fit *fit,
                                   femd_error *err) {
    const femd_heat_sampled *s = h->sampled;
    size_t n = 0;
    for (size_t i = 0; i < s->n; ++i)
        if (s->sample[i].material == (double)slot) own[n++] = s->sample[i];
    fit->n = 0;
    return n > 0 ? femd_k_fit_make(s->form[slot], h->map != NULL, own, n, fit, err) : FEMD_OK;
}

static femd_status sampled_fit_all(femd_heat *h, femd_error *err) {
    femd_heat_sampled *s = h->sampled;
    const femd_problem *p = h->p;
    femd_k_sample *own = calloc(s->n + 1, sizeof *own);
    femd_k_fit *fit = calloc(1, sizeof *fit);
    femd_status rc = femd_agree(p->comm, own && fit ? FEMD_OK : sampled_no_memory(err), err);
    for (size_t k = 0; rc == FEMD_OK && k < s->slots; ++k) {
        if (!s->fitted[k] || sampled_quantity(s, k) == FEMD_SAMPLED_THERMAL ||
            p->cs->material[k % s->nmaterials].like != k % s->nmaterials)
            continue;
        if (p->rank == 0) rc = sampled_fit_one(h, k, own, fit, err);
        rc = femd_agree(p->comm, rc, err);
        if (rc != FEMD_OK) break;
        (void)MPI_Bcast(fit, (int)sizeof *fit, MPI_BYTE, 0, p->comm);
        if (fit->n > 0 && !s->fit[k]) s->fit[k] = calloc(1, sizeof *fit);
        rc = femd_agree(p->comm, fit->n == 0 || s->fit[k] ? FEMD_OK : sampled_no_memory(err), err);
        if (rc == FEMD_OK && fit->n > 0) *s->fit[k] = *fit;
    }
    free(own);
    free(fit);
    return rc;
}

void femd_heat_apply_fits(femd_heat *h) {
    const femd_problem *p = h->p;
    const femd_heat_sampled *s = h->sampled;
    femd_points *pt = p->pt;
    if (!s) return;
    for (PetscInt k = 0; k < pt->n; ++k) {
        const femd_case_material *m = &p->cs->material[pt->material[k]];
        double strain[6], E[6], turned[6], slope[6], back[9];
        femd_heat_strain(h, k, strain);
        femd_strain_rotate(m->orientation, strain, E);
        if (femd_heat_is_sampled(h, FEMD_SAMPLED_CAPACITY, pt->material[k])) {
            const size_t slot = femd_heat_slot(s, FEMD_SAMPLED_CAPACITY, m->like);
            femd_k_fit_at(s->fit[slot], E, pt->temperature[k], turned, slope);
            pt->theat_c[k] = turned[0];
            h->slopes.c[k] = slope[0];
        }
        if (!femd_heat_is_sampled(h, FEMD_SAMPLED_CONDUCTIVITY, pt->material[k])) continue;
        femd_k_fit_at(s->fit[m->like], E, pt->temperature[k], turned, slope);
        femd_transpose3(m->orientation, back);
        femd_tensor_turn(back, turned, pt->theat_k + 6 * k);
        femd_tensor_turn(back, slope, h->slopes.k + 6 * k);
    }
    for (size_t i = 0; i < s->n; ++i) h->notes |= (uint32_t)s->sample[i].notes;
    if (s->bounded) h->notes |= FEMD_NOTE_ACCURACY_NOT_REACHED;
}

int femd_heat_has_samples(const femd_problem *p) {
    return p->heat && p->heat->sampled && femd_heat_samples_any(p->heat->sampled, FEMD_SAMPLED_CONDUCTIVITY);
}

double femd_heat_k_error(const femd_problem *p, PetscInt k) {
    const femd_points *pt = p->pt;
    const femd_case_material *m = &p->cs->material[pt->material[k]];
    double E[6];
    if (!femd_heat_is_sampled(p->heat, FEMD_SAMPLED_CONDUCTIVITY, pt->material[k]) || !p->heat->sampled->fit[m->like])
        return 0;
    const double *found = pt->heat_k + 6 * k, mean = (found[0] + found[1] + found[2]) / 3;
    femd_strain_rotate(m->orientation, pt->E + 6 * k, E);
    return mean * sqrt(femd_k_fit_variance(p->heat->sampled->fit[m->like], E, pt->temperature[k]));
}

/* ---- asking ---- */

/* This rank's part of a batch. */
typedef struct sampled_batch {
    femd_heat *h;
    femd_sampled_quantity what;
    size_t n;
    femd_k_sample sample[FEMD_K_BATCH]; /* of the whole batch; T 0: somebody else's, or no answer */
    femd_request request[FEMD_K_BATCH];
    int material[FEMD_K_BATCH];
    size_t of[FEMD_K_BATCH]; /* which sample a request is */
} sampled_batch;

static double sampled_digits(double T) {
    const double unit = pow(10, floor(log10(T)) + 1 - DIGITS_T);
    return floor(T / unit + 0.5) * unit;
}

static void sampled_request(const femd_heat *h, femd_sampled_quantity what, PetscInt k, uint64_t number,
                            femd_request *r) {
    const femd_problem *p = h->p;
    memset(r, 0, sizeof *r);
    r->state_in = p->pt->state[k];
    r->seed = femd_seed(p->cs->seed, 0x80000000u + (uint32_t)number, p->pt->id[k]);
    r->point = p->pt->id[k];
    r->step = (uint32_t)h->step;
    r->attempt = (uint32_t)h->attempt;
    r->iteration = (uint32_t)h->iteration;
    r->wants = sampled_want(what);
    r->control = FEMD_CONTROL_COMPONENTS;
    double E[6];
    femd_heat_strain(h, k, E);
    for (int c = 0; h->map && c < 6; ++c) r->value[c] = STRAIN_STEP * floor(E[c] / STRAIN_STEP + 0.5);
    r->flags = FEMD_REQUEST_PRIVATE;
    r->temperature = sampled_digits(p->pt->temperature[k]);
}

/* One number, if it was one in the frame of the RVE: the orientation has turned its digits and shared its error. */
static void sampled_find_number(const double Q[9], femd_k_sample *s) {
    double mean = (s->k[0] + s->k[1] + s->k[2]) / 3, fourth = 0, off = 0;
    for (int c = 0; c < 6; ++c) off = fmax(off, fabs(s->k[c] - (c < 3 ? mean : 0)));
    if (!(off <= 1e-12 * mean)) return;
    for (int b = 0; b < 3; ++b) fourth += pow(Q[3 * b], 4);
    for (int c = 0; c < 6; ++c) s->k[c] = c < 3 ? mean : 0;
    s->error[0] = s->error[1] = s->error[2] = s->error[0] / sqrt(fourth);
    s->error[3] = s->error[4] = s->error[5] = 0;
}

/* Errors of the components are turned as independent ones. */
static void sampled_turn_errors(const double Q[9], double error[6]) {
    double square[6] = {0};
    for (int b = 0; b < 6; ++b) {
        double one[6] = {0}, turned[6];
        one[b] = error[b];
        femd_tensor_turn(Q, one, turned);
        for (int c = 0; c < 6; ++c) square[c] += turned[c] * turned[c];
    }
    for (int c = 0; c < 6; ++c) error[c] = sqrt(square[c]);
}

static void sampled_keep(const sampled_batch *b, size_t i, const femd_response *r, femd_k_sample *s) {
    const femd_case_material *m = &b->h->p->cs->material[b->material[i]];
    const femd_request *request = &b->request[i];
    double k[6];
    s->material = (double)femd_heat_slot(b->h->sampled, b->what, m->like);
    s->point = (double)r->point;
    s->T = request->temperature;
    s->reached = !(r->notes & FEMD_NOTE_ACCURACY_NOT_REACHED);
    s->notes = (double)r->notes;
    femd_strain_rotate(m->orientation, request->value, s->E);
    for (int c = 0; b->what == FEMD_SAMPLED_CAPACITY && c < 3; ++c)
        s->k[c] = r->heat_capacity, s->error[c] = r->heat_capacity_err;
    if (b->what == FEMD_SAMPLED_CAPACITY) return;
    for (int c = 0; c < 6; ++c) k[c] = r->k[c] + r->k_electronic[c];
    memcpy(s->E, request->value, sizeof s->E);
    memcpy(s->k, k, sizeof s->k);
    memcpy(s->error, r->k_err, sizeof s->error);
    if (memcmp(m->orientation, femd_identity3, sizeof femd_identity3) == 0) return;
    femd_strain_rotate(m->orientation, request->value, s->E);
    femd_tensor_turn(m->orientation, k, s->k);
    sampled_turn_errors(m->orientation, s->error);
    sampled_find_number(m->orientation, s);
}

static void sampled_answer(void *user, size_t i, const femd_response *r) {
    sampled_batch *b = user;
    femd_heat *h = b->h;
    femd_status rc = (femd_status)r->status;
    h->count_force += r->work.force_evaluations;
    if (rc != FEMD_OK && femd_status_is_physics(rc)) {
        if (h->failing++ == 0 || r->point < h->failing_point)
            h->failing_point = r->point, h->failing_status = r->status;
        return;
    }
    if (rc == FEMD_OK && !femd_case_answer_conducts(r, sampled_want(b->what))) rc = FEMD_UNSUPPORTED;
    if (rc == FEMD_OK)
        sampled_keep(b, i, r, b->sample + b->of[i]);
    else if (h->broken == FEMD_OK || r->point < h->broken_point)
        h->broken = rc, h->broken_point = r->point;
}

/* Requests of the points that are this rank's. */
static size_t sampled_requests(const femd_heat *h, const uint64_t *point, sampled_batch *b) {
    const femd_points *pt = h->p->pt;
    size_t own = 0;
    for (size_t i = 0; i < b->n; ++i)
        for (PetscInt k = 0; k < pt->n; ++k) {
            if (pt->id[k] != point[i]) continue;
            sampled_request(h, b->what, k, h->sampled->asked + i, b->request + own);
            b->material[own] = pt->material[k];
            b->of[own++] = i;
        }
    return own;
}

/* The answers of all ranks to all. */
static femd_status sampled_gather(sampled_batch *b, femd_error *err) {
    MPI_TRY(err,
            MPI_Allreduce(MPI_IN_PLACE, b->sample, (int)(b->n * SAMPLE_NUMBERS), MPI_DOUBLE, MPI_SUM, b->h->p->comm));
    femd_heat_sampled *s = b->h->sampled;
    for (size_t i = 0; i < b->n; ++i)
        if (b->sample[i].T > 0) s->sample[s->n++] = b->sample[i];
    s->asked += b->n;
    return FEMD_OK;
}

femd_status femd_heat_sample(femd_heat *h, femd_sampled_quantity what, const uint64_t *point, size_t n, int *failed,
                             femd_error *err) {
    const femd_problem *p = h->p;
    sampled_batch *b = calloc(1, sizeof *b);
    femd_status rc = femd_agree(p->comm, b ? FEMD_OK : sampled_no_memory(err), err);
    if (rc != FEMD_OK) {
        free(b);
        return rc;
    }
    b->h = h;
    b->what = what;
    b->n = n;
    h->failing = 0;
    h->broken = FEMD_OK;
    h->count_force = 0;
    h->count_evaluated = sampled_requests(h, point, b);
    rc = p->law->evaluate(p->law->self, b->request, b->material, h->count_evaluated, sampled_answer, b, err);
    if (rc == FEMD_OK) rc = femd_heat_broken(h, err);
    rc = femd_agree(p->comm, rc, err);
    if (rc == FEMD_OK) rc = sampled_gather(b, err);
    free(b);
    if (rc == FEMD_OK) rc = femd_heat_agree_answers(h, failed, err);
    return rc == FEMD_OK ? sampled_fit_all(h, err) : rc;
}

/* ---- the first samples ---- */

static int sampled_lacks(const femd_heat *h, size_t k) {
    const femd_heat_sampled *s = h->sampled;
    return s->fitted[k] && sampled_quantity(s, k) != FEMD_SAMPLED_THERMAL &&
           h->p->cs->material[k % s->nmaterials].like == k % s->nmaterials && !s->fit[k];
}

femd_status femd_heat_sample_first(femd_heat *h, int *failed, femd_error *err) {
    const femd_problem *p = h->p;
    femd_heat_sampled *s = h->sampled;
    int lacking = 0;
    *failed = 0;
    for (size_t k = 0; k < s->slots; ++k) lacking |= sampled_lacks(h, k);
    if (!lacking) return FEMD_OK;
    for (size_t k = 0; k < s->slots; ++k) {
        const femd_sampled_quantity what = sampled_quantity(s, k);
        size_t chosen[2] = {0, 0};
        uint64_t list[3] = {0}; /* how many; points */
        if (!sampled_lacks(h, k)) continue;
        FEMD_TRY(femd_heat_gather_places(h, what, NULL, err));
        if (p->rank == 0) list[0] = femd_k_choose_first(s->all, femd_rows_total(s->rows), (double)k, chosen);
        list[1] = chosen[0];
        list[2] = chosen[1];
        (void)MPI_Bcast(list, 3, MPI_UINT64_T, 0, p->comm);
        if (list[0] > 0) FEMD_TRY(femd_heat_sample(h, what, list + 1, list[0], failed, err));
        if (*failed > 0) return FEMD_OK;
    }
    h->failing = 0;
    h->count_force = h->count_evaluated = 0;
    return FEMD_OK;
}

/* ---- the way out and back ---- */

void femd_heat_tell_samples(const femd_heat *h, double *last) {
    const femd_heat_sampled *s = h->sampled;
    last[FEMD_HEAT_SAMPLES] = s ? (double)s->n : 0;
    const double flow = s ? s->doubt[FEMD_SAMPLED_CONDUCTIVITY].flow : 0;
    last[FEMD_HEAT_FLOW_ERROR] = s && s->memory && femd_heat_has_samples(h->p) ? s->flow_error : flow;
    last[FEMD_HEAT_K_ERROR] = s ? s->doubt[FEMD_SAMPLED_CONDUCTIVITY].local : 0;
    last[FEMD_HEAT_STORED_ERROR] = s ? s->doubt[FEMD_SAMPLED_CAPACITY].flow : 0;
}

const double *femd_heat_samples(const femd_problem *p, size_t *n, size_t *width, uint64_t *asked) {
    const femd_heat_sampled *s = p->heat ? p->heat->sampled : NULL;
    *width = SAMPLE_NUMBERS;
    *n = s ? s->n : 0;
    *asked = s ? s->asked : 0;
    return s ? (const double *)(const void *)s->sample : NULL;
}

femd_status femd_heat_put_samples(femd_problem *p, const double *sample, size_t n, uint64_t asked, femd_error *err) {
    femd_heat_sampled *s = p->heat->sampled;
    femd_k_sample *room = calloc(n + sampled_room(p), sizeof *room);
    FEMD_TRY(femd_agree(p->comm, room ? FEMD_OK : sampled_no_memory(err), err));
    free(s->sample);
    s->sample = room;
    memcpy(room, sample, n * sizeof *room);
    s->n = n;
    s->asked = asked;
    return sampled_fit_all(p->heat, err);
}
