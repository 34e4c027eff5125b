/* The command line of femd-macro. */
#ifndef FEMD_ARGUMENTS_H
#define FEMD_ARGUMENTS_H

#include <stddef.h>
#include <stdint.h>

#include "femd/error.h"

typedef struct femd_arguments {
    const char *connect; /* address of the server */
    const char *key;     /* file of the client's key; NULL: the usual one */
    int insecure;
    char *out;        /* output folder; owned */
    const char *run;  /* NULL: made up */
    const char *path; /* the case */
    int resume, quiet, check, help, version;
    int dump; /* 1: write the state of point dump_id */
    uint64_t dump_id;
    size_t nsets;
    const char **set; /* borrowed texts, owned array */
    int npetsc;
    char **petsc; /* what stands behind "--", borrowed */
} femd_arguments;

/* Read argv (borrowed for the life of *a). BAD_INPUT names the argument that is wrong. help and version end the
 * reading. */
FEMD_MUST_CHECK femd_status femd_arguments_read(int argc, char **argv, femd_arguments *a, femd_error *err);
void femd_arguments_clear(femd_arguments *a);
/* The text of --help. */
const char *femd_arguments_help(void);

#endif
