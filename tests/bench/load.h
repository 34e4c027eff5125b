/* A pool for measurements: femd-server as it is, simulated workers in one process beside it, keys or none, a store and
 * a journal or none. Shared by bench_load.c (what is measured) and its two halves. */
#ifndef FEMD_BENCH_LOAD_H
#define FEMD_BENCH_LOAD_H

#include <sys/types.h>

typedef struct load_setting {
    int workers;
    int keys, journal;
    double cost;       /* s that a point takes; 0: it is answered at once */
    const char *audit; /* of the server; NULL: its own */
    int cache_mib;     /* of the server; 0: its own */
} load_setting;

typedef struct load_pool {
    char folder[64], address[256], client_key[96], worker_key[96];
    pid_t server, workers;
    int tally[2]; /* the workers' process writes a load_busy when it is asked */
} load_pool;

/* How much of its time the pool has worked since it was asked last. */
typedef struct load_busy {
    double worked, had; /* s, sums over the workers: with a task; from the first task to the end of the last */
    double messages, points;
} load_busy;

/* 0, or 1 with words on stderr: all processes run, and the server waits for peers. */
int load_begin(const load_setting *setting, load_pool *pool);
/* Its processes are ended, its folder is removed. */
void load_end(load_pool *pool);
int load_ask_busy(const load_pool *pool, load_busy *busy);

/* The simulated workers, for a process of their own: they end with the server. ask: a byte read there is answered by a
 * load_busy at `tell`. */
int load_be_workers(const char *address, const char *key, int workers, double cost, int ask, int tell);

/* Processor time of a process so far (s), the memory that it holds (MiB), its switches of context; load of the machine.
 */
double load_processor(pid_t pid);
double load_memory(pid_t pid);
double load_switches(pid_t pid);
double load_average(void);

#endif
