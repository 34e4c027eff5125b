/* The table of peers. */
#include "roster.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SHUT_MAX = 4096 }; /* processes in quarantine that are known, beyond those that are here */

typedef struct shut { /* a process in quarantine */
    char host[sizeof((femd_hello *)0)->host];
    uint32_t pid;
    char reason[192];
} shut;

typedef struct peer {
    femd_slot slot;
    femd_address address; /* route 0: the place is free */
    femd_hello hello;
    femd_identity who;
    uint64_t number;
    double since, heard;
    uint32_t violations;
    /* worker */
    uint32_t flying; /* TASK messages it holds */
    uint32_t idle_prev, idle_next;
    uint32_t owed; /* tasks it has and states asked of it */
    double progress;
    uint32_t shut; /* place of its process in the list, and one; 0: not in quarantine */
} peer;

struct femd_roster {
    femd_common *common;
    femd_slab peers;
    femd_table by_route;
    uint64_t last_number;
    uint32_t workers;
    uint32_t idle[FEMD_CREDITS_MAX + 1]; /* first worker with so many free credits */
    uint32_t owing;                      /* workers that owe something */
    double next_due;
    shut *shut; /* owned */
    uint32_t nshut, shut_room;
};

femd_roster *roster_create(femd_common *common) {
    femd_roster *roster = calloc(1, sizeof *roster);
    if (!roster) return NULL;
    roster->common = common;
    roster->next_due = INFINITY;
    femd_slab_init(&roster->peers, sizeof(peer));
    femd_table_init(&roster->by_route, NULL, NULL);
    return roster;
}

void roster_destroy(femd_roster **roster) {
    if (!*roster) return;
    femd_slab_clear(&(*roster)->peers);
    femd_table_clear(&(*roster)->by_route);
    free((*roster)->shut);
    free(*roster);
    *roster = NULL;
}

static peer *roster_at(const femd_roster *roster, uint32_t number) {
    return femd_slab_at(&roster->peers, number);
}

/* ---- workers by free credits ---- */

static void roster_idle_insert(femd_roster *roster, uint32_t worker) {
    const uint32_t credits = roster->common->config.credits;
    peer *entry = roster_at(roster, worker);
    if (entry->flying >= credits) return;
    uint32_t *head = &roster->idle[credits - entry->flying];
    entry->idle_prev = FEMD_NIL;
    entry->idle_next = *head;
    if (*head) roster_at(roster, *head)->idle_prev = worker;
    *head = worker;
}

static void roster_idle_remove(femd_roster *roster, uint32_t worker) {
    const uint32_t credits = roster->common->config.credits;
    peer *entry = roster_at(roster, worker);
    if (entry->flying >= credits) return;
    if (entry->idle_prev)
        roster_at(roster, entry->idle_prev)->idle_next = entry->idle_next;
    else
        roster->idle[credits - entry->flying] = entry->idle_next;
    if (entry->idle_next) roster_at(roster, entry->idle_next)->idle_prev = entry->idle_prev;
}

void roster_credit(femd_roster *roster, uint32_t worker) {
    roster_idle_remove(roster, worker);
    roster_at(roster, worker)->flying--;
    roster_idle_insert(roster, worker);
}

void roster_debit(femd_roster *roster, uint32_t worker) {
    roster_idle_remove(roster, worker);
    roster_at(roster, worker)->flying++;
    roster_idle_insert(roster, worker);
}

uint32_t roster_flying(const femd_roster *roster, uint32_t worker) {
    return roster_at(roster, worker)->flying;
}

uint32_t roster_idle(const femd_roster *roster, uint32_t free_credits) {
    return roster->idle[free_credits];
}

uint32_t roster_idle_after(const femd_roster *roster, uint32_t worker) {
    return roster_at(roster, worker)->idle_next;
}

/* ---- quarantine ---- */

/* The place of a process in the list, and one; 0 if it is not there. */
static uint32_t roster_find_shut(const femd_roster *roster, const femd_hello *hello) {
    for (uint32_t i = 0; i < roster->nshut; i++)
        if (roster->shut[i].pid == hello->pid && strcmp(roster->shut[i].host, hello->host) == 0) return i + 1;
    return 0;
}

/* Cut to what the place holds, at the end of a character of UTF-8. */
static void roster_say_why(shut *entry, const char *reason) {
    size_t size = strlen(reason);
    if (size >= sizeof entry->reason) {
        size = sizeof entry->reason - 1;
        while (size > 0 && ((unsigned char)reason[size] & 0xC0) == 0x80) size--;
    }
    memcpy(entry->reason, reason, size);
    entry->reason[size] = 0;
}

static void roster_unshut(femd_roster *roster, uint32_t place);

/* Of many processes in quarantine one is forgotten that is not here. */
static void roster_forget_shut(femd_roster *roster) {
    uint8_t *here = roster->nshut >= SHUT_MAX ? calloc(roster->nshut + 1u, 1) : NULL;
    if (!here) return;
    for (uint32_t worker = roster_next_worker(roster, FEMD_NIL); worker; worker = roster_next_worker(roster, worker))
        here[roster_at(roster, worker)->shut] = 1;
    uint32_t place = 1;
    while (place <= roster->nshut && here[place]) place++;
    if (place <= roster->nshut) roster_unshut(roster, place);
    free(here);
}

static uint32_t roster_shut(femd_roster *roster, const femd_hello *hello, const char *reason) {
    roster_forget_shut(roster);
    if (roster->nshut == roster->shut_room) {
        const uint32_t room = roster->shut_room ? 2 * roster->shut_room : 8;
        shut *fresh = realloc(roster->shut, room * sizeof *fresh);
        if (!fresh) {
            common_no_memory(roster->common);
            return 0;
        }
        roster->shut = fresh;
        roster->shut_room = room;
    }
    shut *entry = &roster->shut[roster->nshut++];
    memcpy(entry->host, hello->host, sizeof entry->host);
    entry->pid = hello->pid;
    roster_say_why(entry, reason);
    return roster->nshut;
}

/* Workers of that process, and of the process that is last in the list and takes its place. */
static void roster_unshut(femd_roster *roster, uint32_t place) {
    const uint32_t last = roster->nshut--;
    roster->shut[place - 1] = roster->shut[last - 1];
    for (uint32_t worker = roster_next_worker(roster, FEMD_NIL); worker; worker = roster_next_worker(roster, worker)) {
        peer *entry = roster_at(roster, worker);
        if (entry->shut == place)
            entry->shut = 0;
        else if (entry->shut == last)
            entry->shut = place;
    }
}

void roster_quarantine(femd_roster *roster, uint32_t worker, const char *reason) {
    peer *entry = roster_at(roster, worker);
    if (entry->shut && reason)
        roster_say_why(&roster->shut[entry->shut - 1], reason);
    else if (entry->shut)
        roster_unshut(roster, entry->shut);
    else if (reason)
        entry->shut = roster_shut(roster, &entry->hello, reason);
}

const char *roster_quarantined(const femd_roster *roster, uint32_t worker) {
    const uint32_t place = roster_at(roster, worker)->shut;
    return place ? roster->shut[place - 1].reason : NULL;
}

uint32_t roster_workers_fit(const femd_roster *roster) {
    uint32_t fit = roster->workers;
    for (uint32_t worker = roster->nshut ? roster_next_worker(roster, FEMD_NIL) : FEMD_NIL; worker;
         worker = roster_next_worker(roster, worker))
        fit -= roster_at(roster, worker)->shut != 0;
    return fit;
}

/* ---- coming and going ---- */

static int roster_is_worker(const peer *entry) {
    return entry->hello.role == FEMD_ROLE_WORKER;
}

uint32_t roster_add(femd_roster *roster, femd_address address, const femd_hello *hello) {
    uint32_t number = femd_slab_take(&roster->peers);
    if (!number) return FEMD_NIL;
    if (!femd_table_put64(&roster->by_route, address.route, number)) {
        femd_slab_give(&roster->peers, number);
        return FEMD_NIL;
    }
    peer *entry = roster_at(roster, number);
    entry->address = address;
    entry->hello = *hello;
    entry->who = (femd_identity){.role = (femd_role)0};
    entry->number = ++roster->last_number;
    entry->since = entry->heard = entry->progress = roster->common->now;
    if (!roster_is_worker(entry)) return number;
    roster->workers++;
    entry->shut = roster_find_shut(roster, hello);
    roster_idle_insert(roster, number);
    return number;
}

static void roster_owes_no_more(femd_roster *roster) {
    if (--roster->owing == 0) roster->next_due = INFINITY;
}

void roster_remove(femd_roster *roster, uint32_t number) {
    peer *entry = roster_at(roster, number);
    femd_table_remove64(&roster->by_route, entry->address.route, number);
    if (roster_is_worker(entry)) {
        roster_idle_remove(roster, number);
        roster->workers--;
        if (entry->owed) roster_owes_no_more(roster);
    }
    entry->address.route = 0;
    femd_slab_give(&roster->peers, number);
}

/* ---- who is there ---- */

uint32_t roster_find(const femd_roster *roster, uint64_t route) {
    return femd_table_find64(&roster->by_route, route);
}

int roster_is_here(const femd_roster *roster, uint32_t number) {
    return number && number <= roster->peers.end && roster_at(roster, number)->address.route != 0;
}

femd_address roster_address(const femd_roster *roster, uint32_t number) {
    return roster_at(roster, number)->address;
}

const femd_hello *roster_hello(const femd_roster *roster, uint32_t number) {
    return &roster_at(roster, number)->hello;
}

const femd_identity *roster_identity(const femd_roster *roster, uint32_t number) {
    return &roster_at(roster, number)->who;
}

void roster_identify(femd_roster *roster, uint32_t number, const femd_identity *who) {
    roster_at(roster, number)->who = *who;
}

uint64_t roster_number(const femd_roster *roster, uint32_t number) {
    return roster_at(roster, number)->number;
}

double roster_since(const femd_roster *roster, uint32_t number) {
    return roster_at(roster, number)->since;
}

void roster_hear(femd_roster *roster, uint32_t number) {
    roster_at(roster, number)->heard = roster->common->now;
}

double roster_heard(const femd_roster *roster, uint32_t number) {
    return roster_at(roster, number)->heard;
}

uint32_t roster_violation(femd_roster *roster, uint32_t number) {
    return ++roster_at(roster, number)->violations;
}

uint32_t roster_next(const femd_roster *roster, uint32_t number) {
    for (number++; number <= roster->peers.end; number++)
        if (roster_at(roster, number)->address.route) return number;
    return FEMD_NIL;
}

uint32_t roster_next_worker(const femd_roster *roster, uint32_t number) {
    while ((number = roster_next(roster, number)) != FEMD_NIL)
        if (roster_is_worker(roster_at(roster, number))) return number;
    return FEMD_NIL;
}

uint32_t roster_peers(const femd_roster *roster) {
    return roster->peers.live;
}

uint32_t roster_workers(const femd_roster *roster) {
    return roster->workers;
}

/* ---- what workers owe ---- */

/* A worker without anything to do cannot be late; the first thing asked of it starts its clock. Later signs of progress
 * move its time away, so that the earliest time ever set is a bound until all are looked at again. */
static void roster_wait_for(femd_roster *roster, const peer *entry) {
    double due = entry->progress + roster->common->config.task_deadline;
    if (due < roster->next_due) roster->next_due = due;
}

void roster_owe(femd_roster *roster, uint32_t worker) {
    peer *entry = roster_at(roster, worker);
    if (entry->owed++) return;
    roster->owing++;
    roster_wait_for(roster, entry);
}

void roster_pay(femd_roster *roster, uint32_t worker) {
    if (--roster_at(roster, worker)->owed == 0) roster_owes_no_more(roster);
}

int roster_owes(const femd_roster *roster, uint32_t worker) {
    return roster_at(roster, worker)->owed > 0;
}

void roster_progressed(femd_roster *roster, uint32_t worker) {
    peer *entry = roster_at(roster, worker);
    entry->progress = roster->common->now;
    if (entry->owed) roster_wait_for(roster, entry);
}

double roster_progress(const femd_roster *roster, uint32_t worker) {
    return roster_at(roster, worker)->progress;
}

double roster_next_due(const femd_roster *roster) {
    return roster->next_due;
}

void roster_set_next_due(femd_roster *roster, double due) {
    roster->next_due = due;
}

int roster_audit(const femd_roster *roster, uint32_t number, uint32_t owed, femd_error *err) {
    const peer *entry = roster_at(roster, number);
    FEMD_CLAIM(entry->owed == owed, "peer %u owes %u things, %u are known", number, entry->owed, owed);
    FEMD_CLAIM(entry->flying <= roster->common->config.credits, "worker %u has %u messages", number, entry->flying);
    FEMD_CLAIM(!owed || roster->next_due <= entry->progress + 2 * roster->common->config.task_deadline,
               "worker %u may be late before anybody looks", number);
    return 0;
}
