/* The ledger of evaluations: answers in question. Some are audited, chosen by their key: another worker of the same
 * build, on another host if there is one, is asked as well. And an answer may contradict the record. Nobody is given
 * such an answer until as many agree as are needed: two if they are all, else a majority, by two votes if there are so
 * many workers, and of three at least. Who is outvoted is convicted.
 *
 * An audit waits for a worker that is to come, for a while; if nobody else can be asked the answer stands as it is,
 * and is counted. A contradiction that nobody can decide is told as CONFLICT, and both sides are not believed any more.
 */
#include <math.h>
#include <string.h>

#include "answers.h"
#include "ledger_private.h"

static const double review_period = 0.5; /* s */
static const double patience = 5;        /* s to wait for another worker, after the last has come or gone */
static const double coming_time = 10;    /* s that are waited in all for one to come and to open the material: these, */
static const double opening_room = 10;   /* and so many times what opening it has taken others, */
static const double coming_most = 60;    /* but no longer than this, which is waited where nobody knows */

static ledger_hearing *ledger_hearing_at(const femd_ledger *ledger, uint32_t hearing) {
    return femd_slab_at(&ledger->hearings, hearing);
}

static ledger_hearing *ledger_hearing_of(const femd_ledger *ledger, uint32_t number) {
    return ledger_hearing_at(ledger, ledger_at(ledger, number)->hearing);
}

/* ---- who can be asked ---- */

static int ledger_has_witnessed(const ledger_hearing *hearing, uint32_t author) {
    for (uint32_t i = 0; i < hearing->count; i++)
        if (hearing->witness[i].author == author || hearing->witness[i].seconder == author) return 1;
    return 0;
}

int ledger_bars(const femd_ledger *ledger, uint32_t number, uint32_t worker) {
    if (!ledger_at(ledger, number)->hearing) return 0;
    const ledger_hearing *hearing = ledger_hearing_of(ledger, number);
    return roster_hello(ledger->roster, worker)->fingerprint != hearing->fingerprint ||
           roster_quarantined(ledger->roster, worker) ||
           ledger_has_witnessed(hearing, ledger_worker_at(ledger, worker)->author);
}

int ledger_is_beside_witness(const femd_ledger *ledger, uint32_t number, uint32_t worker) {
    if (!ledger_at(ledger, number)->hearing) return 0;
    const ledger_hearing *hearing = ledger_hearing_of(ledger, number);
    for (uint32_t i = 0; i < hearing->count; i++)
        if (hearing->witness[i].author &&
            ledger_author_at(ledger, hearing->witness[i].author)->host == deaths_host_of(ledger->deaths, worker))
            return 1;
    return 0;
}

/* One that hangs while it opens the material, or comes and goes for ever, must not hold up an answer. */
static int ledger_may_come(const femd_ledger *ledger, const ledger_hearing *hearing, uint32_t material) {
    const double opening = catalogue_opening_cost(ledger->catalogue, material);
    const double wait = opening > 0 ? fmin(coming_time + opening_room * opening, coming_most) : coming_most;
    return ledger->common->now < hearing->begun + wait;
}

/* 1: somebody can be asked now; 0: nobody; -1: somebody is to come. */
static int ledger_can_ask(const femd_ledger *ledger, uint32_t number) {
    const ledger_hearing *hearing = ledger_hearing_of(ledger, number);
    const uint32_t material = ledger_at(ledger, number)->material;
    const int may_come = ledger_may_come(ledger, hearing, material);
    int may = 0;
    for (uint32_t worker = roster_next_worker(ledger->roster, FEMD_NIL); worker;
         worker = roster_next_worker(ledger->roster, worker)) {
        if (ledger_bars(ledger, number, worker)) continue;
        const femd_opening opening = catalogue_opening(ledger->catalogue, material, worker);
        if (opening == OPENING_DONE) return 1;
        if (opening != OPENING_FAILED && may_come) may = -1;
    }
    if (may || !may_come || ledger->common->config.pool == 1) return may;
    for (uint32_t i = 0; i < ledger->nbuilds; i++)
        if (ledger->builds[i].fingerprint == hearing->fingerprint &&
            ledger->common->now < ledger->builds[i].changed + patience)
            return -1;
    return 0;
}

/* ---- the choice ---- */

int ledger_is_to_audit(const femd_ledger *ledger, uint32_t number) {
    const double share = ledger->common->config.audit;
    uint64_t draw = 0;
    if (!(share > 0)) return 0;
    for (int i = 0; i < 8; i++) draw = draw << 8 | ledger_at(ledger, number)->key.b[i];
    return share >= 1 || (double)(draw >> 11) * 0x1p-53 < share;
}

/* ---- witnesses ---- */

static ledger_hearing *ledger_begin_hearing(femd_ledger *ledger, uint32_t number, uint64_t fingerprint) {
    const uint32_t place = femd_slab_take(&ledger->hearings);
    if (!place) {
        common_no_memory(ledger->common);
        return NULL;
    }
    ledger_hearing *hearing = ledger_hearing_at(ledger, place);
    hearing->evaluation = number;
    hearing->fingerprint = fingerprint;
    hearing->begun = ledger->common->now;
    hearing->next = ledger->first_hearing;
    if (ledger->first_hearing) ledger_hearing_at(ledger, ledger->first_hearing)->prev = place;
    ledger->first_hearing = place;
    ledger_at(ledger, number)->hearing = place;
    ledger->next_review = fmin(ledger->next_review, ledger->common->now + review_period);
    return hearing;
}

void ledger_drop_hearing(femd_ledger *ledger, uint32_t number) {
    const uint32_t place = ledger_at(ledger, number)->hearing;
    if (!place) return;
    ledger_hearing *hearing = ledger_hearing_at(ledger, place);
    for (uint32_t i = 0; i < hearing->count; i++) {
        ledger_unstore(ledger, &hearing->witness[i].bytes, &hearing->witness[i].size);
        if (hearing->witness[i].state) states_unref(ledger->states, hearing->witness[i].state);
    }
    if (hearing->prev)
        ledger_hearing_at(ledger, hearing->prev)->next = hearing->next;
    else
        ledger->first_hearing = hearing->next;
    if (hearing->next) ledger_hearing_at(ledger, hearing->next)->prev = hearing->prev;
    ledger_at(ledger, number)->hearing = FEMD_NIL;
    femd_slab_give(&ledger->hearings, place);
    if (!ledger->first_hearing) ledger->next_review = INFINITY;
}

static void ledger_add_witness(femd_ledger *ledger, ledger_hearing *hearing, const ledger_witness *said,
                               const femd_bytes *bytes) {
    ledger_witness *witness = &hearing->witness[hearing->count++];
    *witness = *said;
    witness->bytes = bytes->data ? ledger_store(ledger, bytes) : NULL;
    witness->size = witness->bytes ? (uint32_t)bytes->size : 0;
    if (witness->state) states_ref(ledger->states, witness->state);
}

/* What is on record is the first to be heard. */
static void ledger_hear_record(femd_ledger *ledger, uint32_t number, ledger_hearing *hearing) {
    const evaluation *record = ledger_at(ledger, number);
    ledger_doubt(ledger, number);
    const ledger_witness said = {
        .author = record->author, .seconder = record->seconder, .state = record->state_out, .when = record->answered};
    ledger_add_witness(ledger, hearing, &said, &(femd_bytes){record->response, record->response_size});
}

static int ledger_agree(const ledger_witness *one, const ledger_witness *other) {
    if (one->bytes && other->bytes)
        return answers_equal(&(femd_bytes){one->bytes, one->size}, &(femd_bytes){other->bytes, other->size});
    return one->state && one->state == other->state;
}

/* ---- judging ---- */

typedef struct ledger_votes {
    uint32_t best;       /* a witness of the strongest side, one whose bytes are known */
    uint32_t most, next; /* votes of the strongest side and of the one after it */
    uint32_t count;      /* of all */
} ledger_votes;

static uint32_t ledger_weigh(const ledger_hearing *hearing, uint32_t place) {
    uint32_t votes = 0;
    for (uint32_t i = 0; i < hearing->count; i++)
        if (ledger_agree(&hearing->witness[i], &hearing->witness[place]))
            votes += 1 + (hearing->witness[i].seconder != 0);
    return votes;
}

static ledger_votes ledger_count_votes(const ledger_hearing *hearing) {
    ledger_votes votes = {0, 0, 0, 0};
    for (uint32_t i = 0; i < hearing->count; i++) {
        const uint32_t mine = ledger_weigh(hearing, i);
        votes.count += 1 + (hearing->witness[i].seconder != 0);
        if (mine > votes.most || (mine == votes.most && !hearing->witness[votes.best].bytes)) votes.best = i;
        if (mine > votes.most) votes.most = mine;
    }
    for (uint32_t i = 0; i < hearing->count; i++) {
        if (ledger_agree(&hearing->witness[i], &hearing->witness[votes.best])) continue;
        const uint32_t mine = ledger_weigh(hearing, i);
        if (mine > votes.next) votes.next = mine;
    }
    return votes;
}

void ledger_retract(femd_ledger *ledger, uint32_t number) {
    evaluation *record = ledger_at(ledger, number);
    const uint32_t state = record->state_out;
    ledger_report_remade(ledger, number, FEMD_CONFLICT);
    ledger_doubt(ledger, number);
    ledger_unstore(ledger, &record->response, &record->response_size);
    record->state_out = FEMD_NIL;
    record->author = record->seconder = 0;
    if (!state) return;
    if (record->pins) states_unref(ledger->states, state);
    ledger_remove_maker(ledger, state, number);
}

static void ledger_note_votes(femd_ledger *ledger, uint32_t number, const ledger_hearing *hearing, uint32_t best) {
    const ledger_witness *right = &hearing->witness[best];
    for (uint32_t i = 0; i < hearing->count; i++) {
        const ledger_witness *witness = &hearing->witness[i];
        if (ledger_agree(witness, right)) {
            for (uint32_t j = 0; j < hearing->count; j++)
                if (j != i && ledger_agree(&hearing->witness[j], right))
                    ledger_note_good(ledger, witness->author, witness->when, hearing->witness[j].author);
            continue;
        }
        ledger_convict(ledger, witness->author, ledger_at(ledger, number), 0);
        if (witness->seconder) ledger_convict(ledger, witness->seconder, ledger_at(ledger, number), 0);
    }
}

/* The side of a witness is right. */
static void ledger_accept(femd_ledger *ledger, uint32_t number, uint32_t best) {
    evaluation *record = ledger_at(ledger, number);
    const ledger_hearing *hearing = ledger_hearing_of(ledger, number);
    const ledger_witness *right = &hearing->witness[best];
    const ledger_witness mine = {.bytes = record->response, .size = record->response_size, .state = record->state_out};
    const int known = record->response || record->state_out, same = known && ledger_agree(&mine, right);
    uint32_t seconder = right->seconder;
    for (uint32_t i = 0; i < hearing->count && !seconder; i++)
        if (i != best && ledger_agree(&hearing->witness[i], right)) seconder = hearing->witness[i].author;
    if (known && !same) ledger_retract(ledger, number);
    if (!same && right->state) ledger_enter_state(ledger, number, states_name(ledger->states, right->state));
    record->fingerprint = hearing->fingerprint;
    record->author = right->author;
    record->seconder = seconder;
    record->answered = right->when;
    const femd_bytes bytes = {right->bytes, right->size};
    if (!record->response && bytes.data) ledger_keep_response(ledger, record, &bytes);
    if (record->response) {
        record->flags &= (uint8_t)~LEDGER_DOUBTED;
        if (!same || hearing->count > 1) ledger_keep(ledger, number);
        ledger_publish(ledger, number, &(femd_bytes){record->response, record->response_size});
    }
    ledger_close(ledger, number, FEMD_OK);
    ledger_release(ledger, number);
}

static void ledger_decide(femd_ledger *ledger, uint32_t number, uint32_t best) {
    const ledger_hearing *hearing = ledger_hearing_of(ledger, number);
    if (hearing->count > 1) {
        ledger->common->counter.audited++;
        ledger_note_votes(ledger, number, hearing, best);
    }
    ledger_accept(ledger, number, best);
}

static void ledger_leave_undecided(femd_ledger *ledger, uint32_t number) {
    evaluation *record = ledger_at(ledger, number);
    const ledger_hearing *hearing = ledger_hearing_of(ledger, number);
    uint8_t bytes[FEMD_RESPONSE_BYTES_MAX];
    femd_bytes made = answers_make(&record->request, FEMD_CONFLICT,
                                   "workers contradict each other, and no third can be asked", bytes);
    ledger->common->counter.undecided++;
    for (uint32_t i = 0; i < hearing->count; i++) {
        ledger_convict(ledger, hearing->witness[i].author, record, 1);
        if (hearing->witness[i].seconder) ledger_convict(ledger, hearing->witness[i].seconder, record, 1);
    }
    if (record->response || record->state_out) ledger_retract(ledger, number);
    if (record->stage != STAGE_DONE) {
        ledger_publish(ledger, number, &made);
        ledger_close(ledger, number, FEMD_CONFLICT);
    }
    ledger_drop_hearing(ledger, number);
    ledger_release(ledger, number);
}

static void ledger_tell_alone(femd_ledger *ledger, uint32_t number) {
    ledger->common->counter.unaudited++;
    if (ledger->alone_told) return;
    ledger->alone_told = 1;
    common_log(ledger->common, FEMD_LOG_WARNING,
               "point %llu was to be audited, and no second worker of the same build can be asked: answers that one "
               "worker alone has given are used, and counted as `unaudited`",
               (unsigned long long)ledger_at(ledger, number)->request.point);
}

/* Not with a worker, nor on its way to one. */
static int ledger_is_at_rest(const evaluation *record) {
    return !record->message && record->stage != STAGE_QUEUED && record->stage != STAGE_WAITING;
}

void ledger_end_unheard(femd_ledger *ledger, uint32_t number) {
    const ledger_votes votes = ledger_count_votes(ledger_hearing_of(ledger, number));
    if (votes.most < votes.count) {
        ledger_leave_undecided(ledger, number);
        return;
    }
    ledger_tell_alone(ledger, number);
    ledger_decide(ledger, number, votes.best);
}

static void ledger_judge_hearing(femd_ledger *ledger, uint32_t number) {
    const ledger_hearing *hearing = ledger_hearing_of(ledger, number);
    const ledger_votes votes = ledger_count_votes(hearing);
    const int unanimous = votes.most == votes.count;
    if (unanimous ? votes.count > 1 : votes.count > 2 && votes.most >= votes.next + 2) {
        ledger_decide(ledger, number, votes.best);
        return;
    }
    const int can = hearing->count < WITNESSES ? ledger_can_ask(ledger, number) : 0;
    if (can <= 0 && !unanimous && votes.count > 2 && votes.most > votes.next)
        ledger_decide(ledger, number, votes.best); /* by one vote, and there is no other */
    else if (!can)
        ledger_end_unheard(ledger, number);
    else if (ledger_is_at_rest(ledger_at(ledger, number)))
        ledger_ask_again(ledger, number);
}

/* ---- what is said ---- */

/* A finished one is open again, for the server's own run. 0 if it cannot be asked again. */
static int ledger_reopen(femd_ledger *ledger, uint32_t number) {
    if (ledger_at(ledger, number)->stage != STAGE_DONE) return 1;
    ledger_uncache(ledger, number);
    return ledger_open_for(ledger, number, lanes_service_run(ledger->lanes)) == FEMD_OK;
}

/* What is on record is another answer; one of which the state alone is known speaks only if that is another. */
static int ledger_is_contradicted(const femd_ledger *ledger, const evaluation *record, const femd_answer *answer) {
    if (record->response) return 1;
    return record->state_out && !femd_hash_equal(states_name(ledger->states, record->state_out), &answer->state_out);
}

void ledger_hear(femd_ledger *ledger, uint32_t number, uint32_t worker, const femd_answer *answer) {
    evaluation *record = ledger_at(ledger, number);
    const uint64_t fingerprint = roster_hello(ledger->roster, worker)->fingerprint;
    const ledger_witness said = {.author = ledger_worker_at(ledger, worker)->author, .when = ledger_instant(ledger)};
    ledger_hearing *hearing = record->hearing ? ledger_hearing_of(ledger, number) : NULL;
    if (hearing && (hearing->fingerprint != fingerprint || hearing->count == WITNESSES ||
                    ledger_has_witnessed(hearing, said.author))) {
        if (ledger_is_at_rest(record)) ledger_ask_again(ledger, number);
        return;
    }
    int open = 1;
    if (!hearing) {
        hearing = ledger_begin_hearing(ledger, number, fingerprint);
        if (!hearing) return;
        ledger->common->counter.audits++;
        if (ledger_is_contradicted(ledger, record, answer)) ledger_hear_record(ledger, number, hearing);
        open = ledger_reopen(ledger, number);
    }
    ledger_witness mine = said;
    if (!femd_hash_is_zero(&answer->state_out)) mine.state = states_enter(ledger->states, &answer->state_out);
    ledger_add_witness(ledger, hearing, &mine, &answer->response);
    if (mine.state) states_hold(ledger->states, mine.state, worker);
    if (open)
        ledger_judge_hearing(ledger, number);
    else
        ledger_leave_undecided(ledger, number); /* what it started from is lost, so that nobody can be asked */
}

/* ---- time ---- */

void ledger_review(femd_ledger *ledger) {
    if (ledger->common->now < ledger->next_review) return;
    ledger->next_review = INFINITY;
    for (uint32_t place = ledger->first_hearing, next; place; place = next) {
        next = ledger_hearing_at(ledger, place)->next;
        const uint32_t number = ledger_hearing_at(ledger, place)->evaluation;
        if (ledger_at(ledger, number)->stage == STAGE_QUEUED && ledger_can_ask(ledger, number) == 0)
            ledger_judge_hearing(ledger, number);
    }
    if (ledger->first_hearing) ledger->next_review = ledger->common->now + review_period;
}

double ledger_next_due(const femd_ledger *ledger) {
    return ledger->next_review;
}

void ledger_mark_witnesses(const femd_ledger *ledger, uint8_t *needed) {
    for (uint32_t place = ledger->first_hearing; place; place = ledger_hearing_at(ledger, place)->next) {
        const ledger_hearing *hearing = ledger_hearing_at(ledger, place);
        for (uint32_t i = 0; i < hearing->count; i++)
            needed[hearing->witness[i].author] = needed[hearing->witness[i].seconder] = 1;
    }
}

void ledger_count_hearings(const femd_ledger *ledger, uint32_t *refs) {
    for (uint32_t place = ledger->first_hearing; place; place = ledger_hearing_at(ledger, place)->next) {
        const ledger_hearing *hearing = ledger_hearing_at(ledger, place);
        for (uint32_t i = 0; i < hearing->count; i++)
            if (hearing->witness[i].state) refs[hearing->witness[i].state]++;
    }
}

int ledger_audit_hearings(const femd_ledger *ledger, uint64_t *responses, femd_error *err) {
    uint32_t count = 0;
    for (uint32_t place = ledger->first_hearing; place; place = ledger_hearing_at(ledger, place)->next) {
        const ledger_hearing *hearing = ledger_hearing_at(ledger, place);
        const evaluation *record = ledger_at(ledger, hearing->evaluation);
        FEMD_CLAIM(record->hearing == place, "a hearing of evaluation %u that it does not know", hearing->evaluation);
        FEMD_CLAIM(record->stage != STAGE_FREE && record->stage != STAGE_DONE,
                   "evaluation %u is in question and not open", hearing->evaluation);
        FEMD_CLAIM(hearing->count > 0, "a hearing of evaluation %u without a word", hearing->evaluation);
        for (uint32_t i = 0; i < hearing->count; i++) *responses += hearing->witness[i].size;
        count++;
    }
    FEMD_CLAIM(count == ledger->hearings.live, "%u hearings, %u are live", count, ledger->hearings.live);
    FEMD_CLAIM(!count || ledger->next_review < INFINITY, "nobody looks at %u hearings", count);
    FEMD_CLAIM(!ledger->verdicts.count, "a verdict was dealt with by nobody");
    return 0;
}
