/* The method `htst`: the barrier and the rate of a vacancy's hop, and its diffusivity, at the strain that the method of
 * the stress found.
 *
 *   D_ij = 1/2 sum over paths p of Gamma_p d_i d_j     (an uncorrelated walk of the vacancy; d spatial, in F = U)
 *
 * less what hops between two kinds of sites give back (walk.h).
 *
 * Owns the options, what is refused and what is noted; the path and the state stay untouched. Rates hold at the strain
 * of the request: what heat makes the cell larger is part of it, and where the atoms at rest do not feel it the answer
 * says so. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "femd/units.h"
#include "numerics/portable.h"
#include "rates/moved_in.h"
#include "rates/rate.h"
#include "rates/site_kinds.h"
#include "rates/smoothness.h"
#include "rates/walk.h"
#include "rve/beat.h"
#include "rve/method.h"
#include "vibrations/phonon_mode.h"

static const double UNLIKE = 1e-5;   /* eV: states before and after a hop that differ by more are not of one lattice */
static const double LOW_BARRIER = 5; /* kT */
static const double LEFT = 0.5;      /* of the distance of neighbours: who moved more has left its site */
static const double EXPANDED = 1.5;  /* kT for each atom: the least tension of atoms at rest in a cell that heat made */
static const double VOLUME = 1e-30, AREA = 1e-20; /* of angstrom */

enum { BEGIN, HOP, STRAIN, WALK, PARTS }; /* of an answer, as they come */

typedef struct htst {
    femd_rate rate;
    femd_vacancy vacancy;
    int index;        /* of the hop that is asked for */
    double roughness; /* of the potential's second derivative */
} htst;

static void htst_destroy(void **self) {
    htst *s = *self;
    if (!s) return;
    femd_rate_clear(&s->rate);
    free(s);
    *self = NULL;
}

/* Which hop; only a diffusivity needs none. */
static femd_status htst_read_direction(const femd_json *doc, const femd_native *native, htst *s, femd_error *err) {
    const cJSON *hop = femd_json_get(doc->root, "hop"), *list = femd_json_get(hop, "direction"),
                *method = femd_json_get(doc->root, "method"),
                *at = list  ? list
                      : hop ? hop
                            : method;
    double direction[3];
    femd_error words = FEMD_ERROR_INIT;
    s->index = -1;
    if (!list) {
        for (const cJSON *want = method ? method->child : NULL; want; want = want->next)
            if (want->string && strcmp(want->string, "diffusivity") != 0 &&
                strcmp(femd_json_string(method, want->string, ""), "htst") == 0)
                return femd_json_fail(doc, at, err,
                                      "which neighbour jumps into the vacancy? hop.direction: [1, 1, 0] says the "
                                      "direction in which the vacancy moves, in the axes of the RVE");
        return FEMD_OK;
    }
    for (int c = 0; c < 3; c++) {
        const cJSON *number = cJSON_GetArrayItem(list, c);
        direction[c] = cJSON_IsNumber(number) ? number->valuedouble : 0;
    }
    const femd_status rc = femd_hop_toward(&s->vacancy, &native->structure, direction, &s->index, &words);
    return rc == FEMD_OK ? rc : femd_json_fail(doc, at, err, "%.600s", words.text);
}

/* Of a vacancy, or by its moves, which say nothing of others that would make a diffusivity. */
static femd_status htst_read_hop(const femd_json *doc, const femd_native *native, htst *s, femd_error *err) {
    const cJSON *moves = femd_json_get(femd_json_get(doc->root, "hop"), "moves");
    if (!moves) {
        FEMD_TRY(femd_vacancy_read(doc, &native->structure, &s->vacancy, err));
        return htst_read_direction(doc, native, s, err);
    }
    if (strcmp(femd_json_string(femd_json_get(doc->root, "method"), "diffusivity", ""), "htst") == 0)
        return femd_json_fail(
            doc, moves, err,
            "one hop that is given by its moves is no diffusivity: that is the sum over all hops of a "
            "vacancy; \"rate\" answers this one");
    s->index = 0;
    return femd_hop_read_moves(doc, &native->structure, &s->vacancy, err);
}

static femd_status htst_open(htst *s, femd_native *native, const femd_json *doc, femd_error *err) {
    if (native->path.held)
        return femd_json_fail(
            doc, femd_json_get(doc->root, "method"), err,
            "the method \"htst\" needs atoms at a minimum of their energy; these start at their sites");
    if (femd_potential_energy_jumps(native->potential))
        return femd_json_fail(doc, femd_json_get(doc->root, "potential"), err,
                              "the energy jumps where a pair crosses the cutoff, and so would barriers; the style "
                              "\"lj\" is smooth there");
    FEMD_TRY(htst_read_hop(doc, native, s, err));
    FEMD_TRY(femd_smoothness_find(native, &s->vacancy, &s->roughness, err));
    FEMD_TRY(femd_rate_init(&s->rate, native, doc, err));
    return s->vacancy.hop[0].given ? FEMD_OK : femd_moved_in_check(native, doc, &s->vacancy, err);
}

static femd_status htst_create(femd_native *native, const femd_json *doc, void **self, femd_error *err) {
    htst *s = calloc(1, sizeof *s);
    *self = s;
    if (!s) return femd_fail(err, FEMD_NO_MEMORY, "rates: out of memory");
    const femd_status rc = htst_open(s, native, doc, err);
    if (rc != FEMD_OK) htst_destroy(self);
    return rc;
}

/* ---- what is noted ---- */

/* In a cell that heat made larger the atoms at rest are under tension: the pressure of vibrations, some 2 x 3kT for
 * each atom, holds it open. Where there is not a quarter of that, E is of a cell that the temperature has not reached
 * (or a pressure of that size is meant). */
static int htst_is_unexpanded(const femd_native *native, double temperature) {
    const double *tau = native->path.last.tau;
    return (tau[0] + tau[1] + tau[2]) / 3 < EXPANDED * femd_phonon_k * temperature * native->rve.n;
}

static uint32_t htst_notes(const femd_native *native, const femd_rate_path *path, double temperature) {
    uint32_t notes = 0;
    if (path->humps > 1) notes |= FEMD_NOTE_TWO_HUMPS;
    if (!(temperature > 0)) return notes;
    const double low = LOW_BARRIER * femd_phonon_k * temperature;
    if (path->barrier < low || (path->humps > 1 && path->depth < low)) notes |= FEMD_NOTE_LOW_BARRIER;
    if (htst_is_unexpanded(native, temperature)) notes |= FEMD_NOTE_NOT_EXPANDED;
    return notes;
}

/* ---- answers ---- */

static femd_status htst_need_temperature(const femd_conditions *conditions, femd_error *err) {
    if (conditions->temperature > 0) return FEMD_OK;
    return femd_fail(err, FEMD_BAD_INPUT, "a rate at %g K: give a temperature above zero", conditions->temperature);
}

/* Moves may name a way over several hops. What rests between them has ways of its own to go elsewhere, of which the
 * humps on this one say nothing. */
static femd_status htst_check_given(const femd_hop *hop, const femd_rate_path *path, double temperature,
                                    femd_error *err) {
    const double kT = femd_phonon_k * temperature;
    if (!hop->given || path->humps < 2 || path->depth < LOW_BARRIER * kT) return FEMD_OK;
    return femd_fail(
        err, FEMD_UNSUPPORTED,
        "hop.moves: on the way is a minimum, %.3g eV (%.3g kT) deep: atoms rest there and may go elsewhere, "
        "so that these are several hops, one after the other; give each by its moves (\"barrier\" is "
        "answered: of the highest saddle)",
        path->depth, path->depth / kT);
}

static femd_status htst_answer_hop(htst *s, femd_native *native, const femd_conditions *conditions,
                                   const femd_beat *along, const femd_beat *strained, femd_response *response,
                                   femd_error *err) {
    const int rate = (conditions->wants & FEMD_WANT_RATE) != 0,
              strain = (conditions->wants & FEMD_WANT_RATE_STRAIN) != 0;
    const double J = FEMD_ELEMENTARY_CHARGE;
    femd_rate_path path;
    if (rate) FEMD_TRY(htst_need_temperature(conditions, err));
    if (rate || strain) FEMD_TRY(femd_smoothness_require(s->roughness, err));
    FEMD_TRY(femd_rate_follow(&s->rate, native, &s->vacancy.hop[s->index], rate || strain, along, &path, err));
    if (rate) FEMD_TRY(htst_check_given(&s->vacancy.hop[s->index], &path, conditions->temperature, err));
    if (conditions->wants & FEMD_WANT_BARRIER) response->barrier = J * path.barrier;
    for (int c = 0; c < 6; c++) response->barrier_strain[c] = J * path.slope[c];
    for (int c = 0; c < 36; c++) response->barrier_strain_2[c] = J * path.curve[c];
    response->activation_volume = VOLUME * path.activation_volume;
    response->attempt_frequency = path.frequency;
    response->notes |= htst_notes(native, &path, rate ? conditions->temperature : 0);
    if (rate) response->rate = femd_rate_at(&path, conditions->temperature);
    if (rate && path.humps > 1) /* such that rate = nu* exp(-E_m/kT) holds at this temperature */
        response->attempt_frequency =
            response->rate * femd_portable_exp(path.barrier / (femd_phonon_k * conditions->temperature));
    if (!strain) return FEMD_OK;
    return femd_rate_strain(&s->rate, native, strained, response->rate_strain, err);
}

/* The sum over hops: of sites that are alike, or of two kinds that mirror each other. */
static femd_status htst_walk(const htst *s, const femd_walk *walk, int known, double D[6], femd_error *err) {
    femd_walk one = *walk;
    if (femd_walk_rests(walk))
        one.change = 0; /* no hop gives back what another gained */
    else if (!known || !femd_walk_rests_within(walk))
        return femd_fail(
            err, FEMD_UNSUPPORTED,
            "hops from this site lead away on the average, and its sites are not of one lattice or of two that mirror "
            "each other (%d hops). Its diffusivity is no sum over the hops of one site; \"rate\" answers each hop",
            s->vacancy.count);
    femd_walk_diffusivity(&one, D);
    return FEMD_OK;
}

static femd_status htst_check_lattice(const htst *s, const femd_rate_path *path, const femd_native *native,
                                      femd_error *err) {
    if (native->structure.nspecies > 1)
        return femd_fail(err, FEMD_UNSUPPORTED,
                         "a vacancy among atoms of %d species has no one diffusivity: its hops differ from place to "
                         "place; \"rate\" answers one hop",
                         native->structure.nspecies);
    if (fabs(path->barrier - path->back) <= UNLIKE) return FEMD_OK;
    return femd_fail(
        err, FEMD_UNSUPPORTED,
        "after its hop the vacancy has another energy (by %.3g eV): its sites are not alike (%d neighbours, "
        "other defects near by), and single hops are no diffusivity; \"rate\" answers one of them",
        path->back - path->barrier, s->vacancy.count);
}

/* How many of the hops are followed: of two that are opposite, where all looks alike from both sides, one. */
static int htst_hops(const htst *s, int centre) {
    int hops = 0;
    for (int k = 0; k < s->vacancy.count; k++) {
        const int other = centre ? femd_hop_opposite(&s->vacancy, k) : -1;
        hops += !(other >= 0 && other < k);
    }
    return hops;
}

/* All hops of the vacancy; of two that are opposite where all looks alike from both sides, one stands for both. */
static femd_status htst_answer_diffusivity(htst *s, femd_native *native, const femd_conditions *conditions,
                                           const femd_beat *beat, femd_response *response, femd_error *err) {
    const femd_place *place = &native->path.place;
    femd_walk walk = {.way = 0};
    int changes[FEMD_HOPS_MAX] = {0};
    if (s->vacancy.ragged)
        return femd_fail(err, FEMD_UNSUPPORTED,
                         "the neighbours of the vacancy are no shell: between 1.03 and 1.13 times the distance of the "
                         "nearest there are more, so that it is not clear which of them jump; a diffusivity needs the "
                         "sites of a crystal (structure.displace, the ratio of axes)");
    const int centre = femd_vacancy_is_centre(&s->vacancy, &native->structure, place->h, s->rate.minimum.x);
    FEMD_TRY(htst_need_temperature(conditions, err));
    FEMD_TRY(femd_smoothness_require(s->roughness, err));
    const int known = femd_site_kinds(&s->vacancy, &native->structure, changes);
    const double whole = htst_hops(s, centre);
    for (int k = 0, done = 0; k < s->vacancy.count; k++) {
        const femd_hop *hop = &s->vacancy.hop[k];
        const int other = centre ? femd_hop_opposite(&s->vacancy, k) : -1;
        femd_beat_stretch one;
        femd_rate_path path;
        double d[3];
        if (other >= 0 && other < k) continue;
        const femd_beat *within = femd_beat_within(beat, done / whole, (done + 1) / whole, &one);
        FEMD_TRY(femd_rate_follow(&s->rate, native, hop, 1, within, &path, err));
        done++;
        FEMD_TRY(htst_check_lattice(s, &path, native, err));
        response->notes |= htst_notes(native, &path, conditions->temperature);
        const double rate = femd_rate_at(&path, conditions->temperature);
        for (int c = 0; c < 3; c++)
            d[c] = hop->way[0] * place->h[c] + hop->way[1] * place->h[3 + c] + hop->way[2] * place->h[6 + c];
        femd_walk_add(&walk, rate, d, changes[k]);
        const double back[3] = {-d[0], -d[1], -d[2]};
        if (other >= 0) femd_walk_add(&walk, rate, back, changes[other]);
    }
    FEMD_TRY(htst_walk(s, &walk, known, response->diffusivity, err));
    for (int v = 0; v < 6; v++) response->diffusivity[v] *= AREA;
    return FEMD_OK;
}

/* Atoms that left their sites are another crystal, or none: the vacancy and its hops are the structure's. */
static femd_status htst_check_sites(const htst *s, const femd_native *native, femd_error *err) {
    const int n = native->rve.n;
    const double *w = native->path.w;
    double mean[3] = {0, 0, 0}, most = 0;
    for (int i = 0; i < 3 * n; i++) mean[i % 3] += w[i] / n;
    for (int i = 0; i < 3 * n; i += 3) {
        const double d[3] = {w[i] - mean[0], w[i + 1] - mean[1], w[i + 2] - mean[2]};
        most = fmax(most, sqrt(femd_dot3(d, d)));
    }
    if (most <= LEFT * s->vacancy.nearest) return FEMD_OK;
    return femd_fail(err, FEMD_INSTABILITY,
                     "at this strain atoms are up to %.3g angstrom away from their sites, neighbours of which are %.3g "
                     "from each other: the crystal did not hold, and the vacancy and its hops are those of its sites",
                     most, s->vacancy.nearest);
}

/* The beats of the parts of an answer, whose shares of it are as many as the Hessians that each takes. */
static void htst_share_time(const htst *s, const femd_conditions *conditions, femd_beat_stretch part[PARTS],
                            const femd_beat *within[PARTS]) {
    static const int BEGINS = 2, HOPS = 8, STRAINS = 60;
    const uint32_t wants = conditions->wants;
    const int hop = (wants & (FEMD_WANT_RATE | FEMD_WANT_BARRIER | FEMD_WANT_RATE_STRAIN)) != 0;
    const int hessians[PARTS] = {[BEGIN] = BEGINS,
                                 [HOP] = hop ? HOPS : 0,
                                 [STRAIN] = wants & FEMD_WANT_RATE_STRAIN ? STRAINS : 0,
                                 [WALK] = wants & FEMD_WANT_DIFFUSIVITY ? HOPS * htst_hops(s, 1) : 0};
    int all = 0, done = 0;
    for (int k = 0; k < PARTS; k++) all += hessians[k];
    for (int k = 0; k < PARTS; k++) {
        within[k] =
            femd_beat_within(conditions->beat, (double)done / all, (double)(done + hessians[k]) / all, &part[k]);
        done += hessians[k];
    }
}

static femd_status htst_answer(void *self, femd_native *native, const femd_conditions *conditions,
                               const femd_bytes *carried, femd_response *response, femd_buffer *carry,
                               femd_error *err) {
    htst *s = self;
    const uint32_t of_a_hop = FEMD_WANT_RATE | FEMD_WANT_BARRIER | FEMD_WANT_RATE_STRAIN;
    femd_beat_stretch part[PARTS];
    const femd_beat *within[PARTS];
    (void)carried, (void)carry;
    FEMD_TRY(htst_check_sites(s, native, err));
    htst_share_time(s, conditions, part, within);
    FEMD_TRY(femd_rate_begin(&s->rate, native, within[BEGIN], err));
    if (conditions->wants & of_a_hop)
        FEMD_TRY(htst_answer_hop(s, native, conditions, within[HOP], within[STRAIN], response, err));
    if (conditions->wants & FEMD_WANT_DIFFUSIVITY)
        FEMD_TRY(htst_answer_diffusivity(s, native, conditions, within[WALK], response, err));
    return FEMD_OK;
}

const femd_method femd_method_htst = {
    .name = "htst",
    .wants = FEMD_WANT_RATE | FEMD_WANT_BARRIER | FEMD_WANT_RATE_STRAIN | FEMD_WANT_DIFFUSIVITY,
    .inputs = FEMD_INPUT_TEMPERATURE,
    .create = htst_create,
    .destroy = htst_destroy,
    .answer = htst_answer,
};
