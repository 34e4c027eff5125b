/* The ledger of evaluations: what went wrong with one, and when that is enough to give it up.
 *
 * An answer that failed sends it to another worker. Failures at a worker whose last tasks failed too say more of the
 * worker than of the evaluation, and count only where nobody else could do better.
 *
 * A death counts if the evaluation may be its cause (deaths.h). Workers are lost without a cause of their own too, by
 * preemption say, and a long evaluation meets that often: the server sees how often a worker is lost with an
 * evaluation that another worker then finishes. Poison is what has ended more workers than such losses explain: at
 * least three, on two hosts if there are two, and so many that chance gives them once in 1e9. */
#include <math.h>
#include <string.h>

#include "ledger_private.h"

enum { RETRIES_MAX = 3, TRIES_MAX = 12, LACKS_MAX = 24, DEATHS_MIN = 3, EXCUSES_MAX = 2, FAILED_BEFORE = 2 };
static const double chance = 1e-9;

ledger_trouble *ledger_troubles_of(femd_ledger *ledger, uint32_t number) {
    evaluation *record = ledger_at(ledger, number);
    if (!femd_rows_reach(&ledger->troubles, number)) {
        common_no_memory(ledger->common);
        return NULL;
    }
    ledger_trouble *trouble = femd_rows_at(&ledger->troubles, number);
    if (!record->troubled) memset(trouble, 0, sizeof *trouble);
    record->troubled = 1;
    return trouble;
}

static const ledger_trouble *ledger_trouble_at(const femd_ledger *ledger, uint32_t number) {
    return ledger_at(ledger, number)->troubled ? femd_rows_at(&ledger->troubles, number) : NULL;
}

static int ledger_has_failed_at(const ledger_trouble *trouble, uint64_t worker) {
    for (uint32_t i = 0; i < trouble->shunned && i < SHUNNED; i++)
        if (trouble->worker[i] == worker) return 1;
    return 0;
}

static int ledger_was_lost_at(const ledger_trouble *trouble, uint32_t host) {
    for (uint32_t i = 0; i < trouble->losses; i++)
        if (trouble->loss[i].host == host) return 1;
    return 0;
}

int ledger_shuns(const femd_ledger *ledger, uint32_t number, uint32_t worker) {
    if (ledger_is_beside_witness(ledger, number, worker)) return 1;
    const ledger_trouble *trouble = ledger_trouble_at(ledger, number);
    if (!trouble) return 0;
    if (ledger_has_failed_at(trouble, roster_number(ledger->roster, worker))) return 1;
    return ledger_at(ledger, number)->trial && ledger_was_lost_at(trouble, deaths_host_of(ledger->deaths, worker));
}

uint32_t ledger_failed_in_a_row(const femd_ledger *ledger, uint32_t worker) {
    return ledger_worker_at(ledger, worker)->failed;
}

/* ---- answers that failed ---- */

/* Whether a worker can evaluate it that neither has failed it nor fails all the time. */
static int ledger_has_better(const femd_ledger *ledger, uint32_t number, const ledger_trouble *trouble) {
    const uint32_t material = ledger_at(ledger, number)->material;
    for (uint32_t worker = roster_next_worker(ledger->roster, FEMD_NIL); worker;
         worker = roster_next_worker(ledger->roster, worker))
        if (catalogue_may_open(ledger->catalogue, material, worker) &&
            ledger_worker_at(ledger, worker)->failed < FAILED_BEFORE && !ledger_bars(ledger, number, worker) &&
            !ledger_has_failed_at(trouble, roster_number(ledger->roster, worker)))
            return 1;
    return 0;
}

int ledger_note_failure(femd_ledger *ledger, uint32_t number, uint32_t worker) {
    ledger_trouble *trouble = ledger_troubles_of(ledger, number);
    if (!trouble) return 1;
    const uint64_t name = roster_number(ledger->roster, worker);
    if (!ledger_has_failed_at(trouble, name)) trouble->worker[trouble->shunned++ % SHUNNED] = name;
    const int unsound = ledger_worker_at(ledger, worker)->failed >= FAILED_BEFORE;
    trouble->tries++;
    if (!unsound || !ledger_has_better(ledger, number, trouble)) trouble->failures++;
    return trouble->failures >= RETRIES_MAX || trouble->tries >= TRIES_MAX;
}

int ledger_note_lack(femd_ledger *ledger, uint32_t number) {
    ledger_trouble *trouble = ledger_troubles_of(ledger, number);
    return !trouble || ++trouble->lacks >= LACKS_MAX;
}

/* ---- deaths ---- */

/* An engine that stops its own process looks like a lost link, and does so every time. */
int ledger_blames(femd_ledger *ledger, uint32_t number, uint32_t death) {
    if (deaths_counts(ledger->deaths, death)) return 1;
    ledger_trouble *trouble = ledger_troubles_of(ledger, number);
    return trouble && trouble->excused++ >= EXCUSES_MAX;
}

/* Deaths that may be its fault. Nobody is unlucky all the time: after a few excuses every death counts. */
static uint32_t ledger_count_deaths(const femd_ledger *ledger, const ledger_trouble *trouble, int *hosts) {
    uint32_t counted = 0, excused = 0, first = 0;
    int company = 0;
    *hosts = 0;
    for (uint32_t i = 0; i < trouble->losses; i++) {
        if (!deaths_counts(ledger->deaths, trouble->loss[i].death) && excused++ < EXCUSES_MAX) continue;
        if (!trouble->loss[i].alone && company++) continue; /* of deaths in company the first counts */
        counted++;
        if (*hosts == 0 || (*hosts == 1 && trouble->loss[i].host != first)) ++*hosts;
        if (*hosts == 1) first = trouble->loss[i].host;
    }
    return counted;
}

/* Open evaluations that have ended fewer workers than this one: as long as they may be innocent, chance is not ruled
 * out. Of several that are poison one is always foremost. */
static uint64_t ledger_count_undecided(const femd_ledger *ledger, uint32_t number, const ledger_trouble *trouble) {
    uint64_t undecided = 0;
    for (uint32_t other = 1; other <= ledger->records.end; other++) {
        const evaluation *record = ledger_at(ledger, other);
        if (other == number || record->stage == STAGE_FREE || record->stage == STAGE_DONE) continue;
        const ledger_trouble *its = ledger_trouble_at(ledger, other);
        undecided += its && its->losses && its->losses < trouble->losses && its->loss[0].alone;
    }
    return undecided;
}

/* Deaths that chance alone brings about less often than `chance`. */
static double ledger_deaths_needed(const femd_ledger *ledger, uint32_t number, const ledger_trouble *trouble) {
    const double cost = catalogue_cost(ledger->catalogue, ledger_at(ledger, number)->material);
    const double time = fmax(cost, trouble->longest);
    const double innocent = (double)(ledger->innocent + ledger_count_undecided(ledger, number, trouble));
    if (!(ledger->busy > 0) || !(time > 0)) return DEATHS_MIN;
    const double once = -expm1(-time * innocent / ledger->busy);
    if (!(once > 0)) return DEATHS_MIN;
    return once < 1 ? fmax(DEATHS_MIN, ceil(log(chance) / log(once))) : LOSSES_MAX;
}

/* Whether it can still be tried on a host where it has ended no worker. */
static int ledger_has_other_host(const femd_ledger *ledger, uint32_t number, const ledger_trouble *trouble) {
    const uint32_t material = ledger_at(ledger, number)->material;
    for (uint32_t worker = roster_next_worker(ledger->roster, FEMD_NIL); worker;
         worker = roster_next_worker(ledger->roster, worker))
        if (catalogue_may_open(ledger->catalogue, material, worker) &&
            !ledger_was_lost_at(trouble, deaths_host_of(ledger->deaths, worker)))
            return 1;
    return 0;
}

int ledger_note_loss(femd_ledger *ledger, uint32_t number, uint32_t worker, uint32_t death, int alone) {
    ledger_trouble *trouble = ledger_troubles_of(ledger, number);
    int hosts;
    if (!trouble) return 0;
    trouble->loss[trouble->losses].death = death;
    trouble->loss[trouble->losses].host = deaths_host_of(ledger->deaths, worker);
    trouble->loss[trouble->losses++].alone = alone;
    trouble->longest = fmax(trouble->longest, ledger->common->now - ledger_worker_at(ledger, worker)->busy_since);
    if (trouble->losses == LOSSES_MAX) return 1;
    const uint32_t counted = ledger_count_deaths(ledger, trouble, &hosts);
    if (counted < DEATHS_MIN || counted < ledger_deaths_needed(ledger, number, trouble)) return 0;
    return hosts > 1 || !ledger_has_other_host(ledger, number, trouble);
}

void ledger_forgive(femd_ledger *ledger, uint32_t number) {
    const ledger_trouble *trouble = ledger_trouble_at(ledger, number);
    for (uint32_t i = 0; trouble && i < trouble->losses; i++) ledger->innocent += trouble->loss[i].alone != 0;
}

int ledger_losses(const femd_ledger *ledger, uint32_t number) {
    const ledger_trouble *trouble = ledger_trouble_at(ledger, number);
    return trouble ? (int)trouble->losses : 0;
}
