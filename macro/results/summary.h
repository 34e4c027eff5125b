/* summary.json: the result of a run in one document. */
#ifndef FEMD_SUMMARY_H
#define FEMD_SUMMARY_H

#include "results/history.h"

/* How many workers the server has seen come and go, as its status told the last time, and since the first time. */
typedef struct femd_pool_seen {
    int asked; /* statuses looked at */
    double came, gone;
    double joined, lost;
} femd_pool_seen;

/* Timing and pool data: all that may differ between two runs of one case. It goes under the key "run" and nowhere else.
 */
typedef struct femd_run_info {
    double wall, cpu; /* s; cpu of all ranks of the macro solver */
    double memory;    /* bytes, sum of what each rank has held at most */
    double micro_cpu; /* s of worker time behind the committed answers, all points */
    uint32_t workers; /* most seen at once */
    int restarts;     /* workers that came in the place of a lost one, as far as seen */
    int ranks;
    int resumed;         /* step that this run started from, 0 = the beginning */
    uint64_t reused;     /* points answered from an earlier evaluation */
    const char *name;    /* of the run at the server; borrowed */
    const cJSON *pool;   /* the server's status at the end, NULL if it could not be asked; borrowed */
    const char *message; /* why the run ended, NULL if it is well or goes on; borrowed */
} femd_run_info;

/* Take in the counts of workers of a server's status (its list leaves out what is beyond a bound). Returns how many
 * there are now. A server that was started again counts from zero: from then on its counts are compared with its own.
 */
uint32_t femd_pool_look(femd_pool_seen *seen, const cJSON *pool);
int femd_pool_restarts(const femd_pool_seen *seen);
/* 1 if the server's status at the end says that the run's bits are not reproducible. */
int femd_pool_marks(const femd_run_info *run);
/* Status word of a run that ended with rc: "ok", "not-converged", "pool-lost", "stopped", "bad-input", "failed". */
const char *femd_run_status(femd_status rc, int stopped);
/* Short name of a case: its folder if the file is case.json, else the file without ".json". */
void femd_case_name(const char *path, char *name, size_t size);
/* The text of summary.json; law (may be NULL) knows the remarks of the materials. Everything outside "run" is the same
 * bits for any number of workers. */
FEMD_MUST_CHECK femd_status femd_summary_encode(const femd_history *h, const femd_case *cs,
                                                const struct femd_constitutive *law, const char *status,
                                                const femd_run_info *run, femd_buffer *out, femd_error *err);

#endif
