/* Langevin dynamics with exchange of species; see semigrand.h. Owns the order of steps and exchanges, options and
 * bytes. */
#include "chemical/semigrand.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "numerics/random.h"

/* As md. */
#define STEP_DEFAULT     0.2
#define FRICTION_DEFAULT 0.3
#define FORGETS          30
enum { INTERVAL_DEFAULT = 20, TRIALS_MOST = 100 }; /* trials at one exchange of each atom that may be another */

/* ---- which species exchange ---- */

static int semigrand_find(const femd_structure *atoms, const char *name) {
    for (int s = 0; s < atoms->nspecies; s++)
        if (strcmp(atoms->name[s], name) == 0) return s;
    return -1;
}

static femd_status semigrand_add_species(femd_semigrand *self, const femd_native *native, const femd_json *doc,
                                         const cJSON *item, femd_error *err) {
    const femd_structure *atoms = &native->structure;
    femd_exchange *exchange = &self->exchange;
    const int species = semigrand_find(atoms, item->valuestring);
    if (species < 0) return femd_fail(err, FEMD_INTERNAL, "%s is no species of the material", item->valuestring);
    if (femd_exchange_find(exchange, species) >= 0)
        return femd_json_fail(doc, item, err, "\"%s\" stands twice among the species that exchange", item->valuestring);
    const double mass =
        atoms->mass[species] > 0 ? atoms->mass[species] : femd_potential_mass(native->potential, species);
    if (!(mass > 0))
        return femd_json_fail(doc, item, err, "no mass is known for %s: give \"masses\" beside \"species\"",
                              item->valuestring);
    exchange->species[exchange->count] = species;
    exchange->mass[exchange->count++] = mass;
    return FEMD_OK;
}

static femd_status semigrand_read_species(femd_semigrand *self, const femd_native *native,
                                          const femd_sampled_words *words, femd_error *err) {
    const cJSON *list = femd_json_get(words->node, "species"), *item;
    self->species_count = native->structure.nspecies;
    if (cJSON_GetArraySize(list) < 2)
        return femd_json_fail(
            words->doc, words->at, err,
            "the method \"semi-grand\" needs the species that exchange: \"semi-grand\": {\"species\": "
            "[...]}, two to four of them");
    if (self->species_count > FEMD_SEMIGRAND_SPECIES)
        return femd_json_fail(words->doc, words->at, err,
                              "%d species in all; the method \"semi-grand\" answers of at most %d", self->species_count,
                              FEMD_SEMIGRAND_SPECIES);
    cJSON_ArrayForEach(item, list) FEMD_TRY(semigrand_add_species(self, native, words->doc, item, err));
    return FEMD_OK;
}

static femd_status semigrand_find_sites(femd_semigrand *self, const femd_native *native,
                                        const femd_sampled_words *words, femd_error *err) {
    const size_t n = (size_t)native->rve.n;
    self->site = malloc(n * sizeof *self->site);
    self->now = malloc(n * sizeof *self->now);
    if (!self->site || !self->now) return femd_fail(err, FEMD_NO_MEMORY, "exchange among %zu atoms: out of memory", n);
    memcpy(self->now, native->structure.species, n * sizeof *self->now);
    for (int i = 0; i < native->rve.n; i++)
        if (femd_exchange_find(&self->exchange, self->now[i]) >= 0) self->site[self->exchange.sites++] = i;
    self->exchange.site = self->site;
    if (self->exchange.sites > 0) return FEMD_OK;
    return femd_json_fail(words->doc, words->at, err, "the structure has no atom of the species that exchange");
}

/* ---- the atoms that move ---- */

/* Species, masses and fractions follow `now`. */
static void semigrand_dress(femd_semigrand *self) {
    femd_sampled *common = &self->md.common;
    const femd_exchange *exchange = &self->exchange;
    femd_energetics_set_species(self->en, self->now);
    for (int s = 0; s < exchange->sites; s++) {
        const int i = exchange->site[s];
        common->mass[i] = exchange->mass[femd_exchange_find(exchange, self->now[i])];
    }
    int count[FEMD_SEMIGRAND_SPECIES] = {0};
    for (int i = 0; i < common->rve.n; i++) count[self->now[i]]++;
    for (int s = 0; s < FEMD_SEMIGRAND_SPECIES; s++) self->fraction[s] = (double)count[s] / common->rve.n;
}

static void semigrand_fill(femd_semigrand *self, int *species, int kind) {
    for (int s = 0; s < self->exchange.sites; s++) species[self->site[s]] = self->exchange.species[kind];
}

/* Steps must be short enough for the fastest vibrations that any composition has. */
static femd_status semigrand_find_frequency(femd_semigrand *self, femd_native *native, femd_error *err) {
    femd_sampled *common = &self->md.common;
    femd_rve rve = native->rve;
    common->rve.n = native->rve.n; /* of which masses are told; the rest of it comes later */
    rve.en = self->en;
    for (int k = 0; k < self->exchange.count; k++) {
        double top;
        semigrand_fill(self, self->now, k);
        semigrand_dress(self);
        FEMD_TRY(femd_dynamics_top_frequency(&rve, common->mass, rve.h0, rve.X, &top, err));
        common->top_frequency = fmax(common->top_frequency, top);
    }
    return FEMD_OK;
}

static femd_status semigrand_prepare(void *user, femd_native *native, const femd_sampled_words *words,
                                     femd_error *err) {
    femd_semigrand *self = user;
    FEMD_TRY(semigrand_read_species(self, native, words, err));
    FEMD_TRY(semigrand_find_sites(self, native, words, err));
    FEMD_TRY(femd_trial_create(native->potential, native->rve.n, self->now, &self->trial, err));
    FEMD_TRY(femd_energetics_create(native->potential, native->rve.n, self->now, &self->en, err));
    return semigrand_find_frequency(self, native, err);
}

static femd_status semigrand_open(void *user, femd_native *native, const femd_sampled_words *words, femd_error *err) {
    femd_semigrand *self = user;
    const femd_replicas *replicas = &self->md.common.replicas;
    FEMD_TRY(femd_md_open(self, native, words, err));
    self->options.interval = (int)femd_json_number(words->node, "interval", INTERVAL_DEFAULT);
    self->options.trials = (int)femd_json_number(words->node, "trials", self->exchange.sites);
    if (self->options.trials > TRIALS_MOST * self->exchange.sites)
        return femd_json_fail(words->doc, femd_json_get(words->node, "trials"), err,
                              "must be at most %d: %d of each of the %d atoms that may exchange",
                              TRIALS_MOST * self->exchange.sites, TRIALS_MOST, self->exchange.sites);
    if (replicas->count < self->exchange.count)
        return femd_json_fail(words->doc, words->at, err,
                              "%d replicas: one at least is to start as each of the %d species that exchange",
                              replicas->count, self->exchange.count);
    self->kept = calloc((size_t)replicas->count * (size_t)native->rve.n, sizeof *self->kept);
    return self->kept ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "exchange of species: out of memory");
}

static void semigrand_close(void *user) {
    femd_semigrand *self = user;
    femd_md_close(self);
    femd_trial_destroy(&self->trial);
    femd_energetics_destroy(&self->en);
    free(self->site);
    free(self->now);
    free(self->kept);
}

static int *semigrand_kept(const femd_semigrand *self, int replica) {
    return self->kept + (size_t)replica * (size_t)self->md.common.rve.n;
}

static void semigrand_enter(void *user, int replica) {
    femd_semigrand *self = user;
    femd_sampled *common = &self->md.common;
    self->which = replica;
    common->rve.en = self->en;
    memcpy(self->now, semigrand_kept(self, replica), (size_t)common->rve.n * sizeof *self->now);
    semigrand_dress(self);
    femd_dynamics_weigh(&common->d);
}

/* Exchanges move the centre of mass, which is what rests; that no sum of them carries the atoms away from their sites
 * they are moved back as a whole. */
static void semigrand_centre(const femd_semigrand *self, femd_dynamics *d) {
    const int n = d->rve->n;
    double away[3] = {0};
    for (int i = 0; i < 3 * n; i++) away[i % 3] += d->x[i] - self->md.site[i];
    for (int i = 0; i < 3 * n; i++) d->x[i] -= away[i % 3] / n;
}

/* Exchanges before every step whose number is a multiple of the interval. */
static femd_status semigrand_before(void *user, femd_error *err) {
    femd_semigrand *self = user;
    femd_dynamics *d = &self->md.common.d;
    if (d->step % (uint64_t)self->options.interval) return FEMD_OK;
    const uint64_t key = femd_random_bits(femd_random_bits(d->seed, FEMD_STREAM_EXCHANGE, d->replica), 0, d->step);
    FEMD_TRY(femd_trial_set(self->trial, d->h, d->x, err));
    if (femd_exchange_try(&self->exchange, self->trial, key, self->options.trials, self->now) == 0) return FEMD_OK;
    memcpy(semigrand_kept(self, self->which), self->now, (size_t)d->rve->n * sizeof *self->now);
    semigrand_dress(self);
    femd_dynamics_reweigh(d);
    semigrand_centre(self, d);
    return femd_dynamics_refresh(d, err);
}

static void semigrand_look(void *user, double *z) {
    const femd_semigrand *self = user;
    femd_md_look(user, z);
    for (int c = 0; c < FEMD_SEMIGRAND_FRACTIONS; c++) z[FEMD_MD_Z + c] = self->fraction[c + 1];
}

/* Figures that are flat in equilibrium: the energy, and the composition in one number. */
static void semigrand_watch(void *user, const double *z, double figure[2]) {
    (void)user;
    figure[0] = z[6];
    figure[1] = 0;
    for (int c = 0; c < FEMD_SEMIGRAND_FRACTIONS; c++) figure[1] += (c + 1) * z[FEMD_MD_Z + c];
}

/* ---- one evaluation ---- */

/* What exchanges weigh, at the temperature and chemical potentials of the sums. */
static void semigrand_set(femd_semigrand *self) {
    femd_exchange *exchange = &self->exchange;
    exchange->kT = femd_kb * self->md.common.T;
    for (int k = 0; k < exchange->count; k++) {
        const int s = exchange->species[k];
        exchange->mu[k] = s == 0 ? 0 : self->delta_mu[s - 1] / FEMD_ELEMENTARY_CHARGE;
    }
}

static femd_status semigrand_start(void *user, femd_native *native, const femd_progress *progress, femd_error *err) {
    femd_semigrand *self = user;
    semigrand_set(self);
    for (int r = 0; r < self->md.common.replicas.count; r++) {
        int *species = semigrand_kept(self, r);
        memcpy(species, native->structure.species, (size_t)native->rve.n * sizeof *species);
        semigrand_fill(self, species, r % self->exchange.count);
    }
    return femd_md_start(self, native, progress, err);
}

static femd_status semigrand_check(const femd_semigrand *self, const femd_native *native,
                                   const femd_conditions *conditions, femd_error *err) {
    const femd_structure *atoms = &native->structure;
    for (int s = 1; s < FEMD_SEMIGRAND_SPECIES; s++) {
        if (conditions->delta_mu[s - 1] == 0 || femd_exchange_find(&self->exchange, s) >= 0) continue;
        if (s >= atoms->nspecies)
            return femd_fail(err, FEMD_BAD_INPUT,
                             "a chemical potential of species %d of a material of %d species must be zero", s + 1,
                             atoms->nspecies);
        return femd_fail(err, FEMD_BAD_INPUT, "the chemical potential of %s must be zero: it does not exchange",
                         atoms->name[s]);
    }
    return FEMD_OK;
}

static femd_status semigrand_strain(void *user, femd_native *native, const femd_conditions *conditions,
                                    const double E[6], double S[6], double D[36], femd_error *err) {
    femd_semigrand *self = user;
    const uint64_t before = femd_energetics_count(self->en);
    FEMD_TRY(semigrand_check(self, native, conditions, err));
    for (int k = 0; k < 3; k++) {
        if (self->delta_mu[k] != conditions->delta_mu[k]) self->md.carried = 0;
        self->delta_mu[k] = conditions->delta_mu[k] + 0.0; /* -0.0 is 0.0 */
    }
    const femd_status rc = femd_md_strain(self, native, conditions, E, S, D, err);
    femd_energetics_count_more(native->rve.en, femd_energetics_count(self->en) - before);
    return rc;
}

static femd_status semigrand_judge(void *user, femd_native *native, const femd_conditions *conditions, double *ratio,
                                   femd_error *err) {
    femd_semigrand *self = user;
    FEMD_TRY(femd_md_judge(self, native, conditions, ratio, err));
    if (femd_semigrand_evaluate(self) < 2) return femd_fail(err, FEMD_INTERNAL, "too few blocks of a composition");
    if (self->result.parted) {
        femd_md_widen(&self->md, self->exchange.count);
        *ratio = femd_md_excess(&self->md, conditions);
    }
    if (!(conditions->wants & (FEMD_WANT_STRESS | FEMD_WANT_TANGENT))) *ratio = 0;
    if (conditions->wants & FEMD_WANT_COMPOSITION) *ratio = fmax(*ratio, femd_semigrand_excess(self, conditions));
    return FEMD_OK;
}

static femd_status semigrand_respond(void *user, femd_native *native, const femd_conditions *conditions,
                                     femd_response *response, femd_error *err) {
    const femd_semigrand *self = user;
    FEMD_TRY(femd_md_respond(user, native, conditions, response, err));
    if (conditions->wants & FEMD_WANT_COMPOSITION)
        femd_semigrand_tell(self, response);
    else if (self->result.parted)
        response->notes |= FEMD_NOTE_PHASES_APART;
    return FEMD_OK;
}

/* f64 delta_mu[3], of each replica u32 species[n], then the sums of md. */
static femd_status semigrand_carry(void *user, femd_native *native, femd_carry *carry, femd_error *err) {
    femd_semigrand *self = user;
    const int n = native->rve.n, replicas = self->md.common.replicas.count;
    FEMD_TRY(femd_carry_parts(carry, replicas, err));
    FEMD_TRY(femd_carry_doubles(carry, self->delta_mu, 3, err));
    for (int i = 0; i < replicas * n; i++) {
        uint32_t species = (uint32_t)self->kept[i];
        FEMD_TRY(femd_carry_u32(carry, &species, err));
        const int own = native->structure.species[i % n], may = femd_exchange_find(&self->exchange, own) >= 0;
        if (may ? species > INT32_MAX || femd_exchange_find(&self->exchange, (int)species) < 0
                : species != (uint32_t)own)
            return femd_fail(err, FEMD_PROTOCOL, "atom %d of a state is of species %u, which it cannot be", i % n + 1,
                             species);
        self->kept[i] = (int)species;
    }
    if (femd_carry_reads(carry)) semigrand_set(self);
    return femd_md_carry(self, native, carry, err);
}

static const femd_sampler semigrand_sampler = {
    .method = &femd_method_semi_grand,
    .size = sizeof(femd_semigrand),
    .version = 1,
    .during = "the sampling of exchanging species",
    .radians = STEP_DEFAULT,
    .friction = FRICTION_DEFAULT,
    .accuracy = 0.02,
    .looks = {.z = FEMD_SEMIGRAND_Z,
              .y = FEMD_MD_Y,
              .look = semigrand_look,
              .look_closely = femd_md_look_closely,
              .watch = semigrand_watch,
              .enter = semigrand_enter,
              .before = semigrand_before,
              .forgets = FORGETS,
              .stride = 40,
              .replicas = 8,
              .max_steps = 400000},
    .prepare = semigrand_prepare,
    .open = semigrand_open,
    .close = semigrand_close,
    .start = semigrand_start,
    .judge = semigrand_judge,
    .respond = semigrand_respond,
    .carry = semigrand_carry,
};

static femd_status semigrand_create(femd_native *native, const femd_json *doc, void **self, femd_error *err) {
    return femd_sampled_create(&semigrand_sampler, native, doc, self, err);
}

const femd_method femd_method_semi_grand = {
    .name = "semi-grand",
    .wants = FEMD_WANT_STRESS | FEMD_WANT_TANGENT | FEMD_WANT_COMPOSITION,
    .inputs = FEMD_SAMPLED_INPUTS | FEMD_INPUT_CHEMICAL,
    .strain_alone = 1,
    .create = semigrand_create,
    .destroy = femd_sampled_destroy,
    .strain = semigrand_strain,
    .answer = femd_md_answer,
    .begin = femd_md_begin,
};
