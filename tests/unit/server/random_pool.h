/* A pool whose workers, clients, messages and server do whatever a dice says, for test_random.c. Every answer is
 * checked where it arrives. Needs cmocka.h. */
#ifndef FEMD_TEST_RANDOM_POOL_H
#define FEMD_TEST_RANDOM_POOL_H

#include "rig.h"

enum {
    CLIENTS = 4,
    WORKERS = 5,
    POINTS = 12,
    AUDITED = 4,
    TASKS = 4096,
    HELD = 8192,
    AUDIT_EVERY = 97,
    ROUTES = 128,
    QUEUE = 256
};

typedef struct player { /* a worker */
    uint64_t route;     /* 0: not there */
    femd_task task[TASKS];
    uint32_t first, count; /* tasks it has, oldest at first */
    int started;
    struct {
        femd_hash hash;
        uint8_t blob[64];
        size_t size;
    } held[HELD];
    uint32_t nheld;
} player;

typedef struct solver { /* a client: one rank that steps, iterates, commits and aborts */
    uint64_t route;
    int run, rank, ranks;
    femd_hash committed[POINTS], tentative[POINTS];
    femd_request request[POINTS];
    uint8_t answered[POINTS];
    uint32_t left, step;
    uint64_t batch, transaction;
    int has_tentative, committing, lost, busy;
} solver;

typedef struct random_pool {
    rig g;
    player worker[WORKERS];
    solver client[CLIENTS];
    uint64_t x;
    uint64_t answers, finished_commits, deaths, sole;
    double strain;
    uint32_t batch; /* points that the engine likes to be given at once */
    int mortal;     /* the server dies about every so many events; 0: it does not */
    int points;     /* of a batch */
    double share;   /* of answers that are audited; then the first worker lies at times */
    uint64_t lies, believed, unaudited, convicted, processes;
    uint64_t restarts;
    int parts; /* messages come in parts at times, with other events between them */
    uint64_t cut, torn, kept_lies;
    struct {
        femd_buffer message[QUEUE]; /* on their way, in order */
        uint32_t count;
    } way[ROUTES];
} random_pool;

extern random_pool pool;
extern rig_shelf shelf;

/* ---- random_pool.c: messages under way, and workers ---- */

/* 0 to n - 1. */
uint32_t draw(uint32_t n);
/* To the core, now; `deliver`: now or later, and maybe in parts; hello: whole. */
void arrive(uint64_t route, const femd_buffer *b);
/* The oldest message of a route arrives; all that are under way do (0: none was); those of a route are lost. */
void way_arrives(uint64_t route);
int all_arrives(void);
void way_ends(uint64_t route);
void deliver(uint64_t route, const femd_buffer *b);
void deliver_hello(uint64_t route, const femd_buffer *b);
void empty_inbox(uint64_t route);
/* again: one that was only thought dead, with its tasks. The others are one step of whoever is there. */
void worker_comes(int i, int again);
void worker_dies(int i);
void worker_reads(int i);
void worker_starts(int i);
void worker_answers(int i);

/* ---- random_clients.c ---- */

void client_comes(int i);
void client_leaves(int i, int bye);
void client_evaluates(int i);
void client_repeats(int i);
void client_cancels(int i);
void client_commits(int i);
void client_returns(int i);
void client_aborts(int i);
void client_reads(int i);

#endif
