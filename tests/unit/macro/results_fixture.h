/* A folder that all ranks know, a problem on a box, and a "server" that holds the states of its points. */
#ifndef FEMD_TEST_RESULTS_FIXTURE_H
#define FEMD_TEST_RESULTS_FIXTURE_H

#include "femd/hash.h"
#include "model.h"
#include "results/history.h"

/* ---- the states that the "server" holds: one for three points ---- */

enum { GROUPS = 200, BLOB_MAX = 4096, LOST = 9 };
extern size_t states_put;

/* Bytes of a state, and its name. */
size_t group_blob(unsigned g, uint8_t *blob);
void group_hash(unsigned g, femd_hash *h);

typedef struct fixture {
    int rank;
    char folder[64];
    model m;
    femd_history history; /* of two steps */
} fixture;

int setup(void **state);
int teardown(void **state);
/* The case's document, which is what tells one case from another. */
void set_document(model *m, const char *text);
femd_problem *new_problem(fixture *f, MPI_Comm comm);

/* The whole file, to be freed; n: its bytes. */
char *slurp(const char *path, size_t *n);
void assert_same_file(const char *a, const char *b);

#endif
