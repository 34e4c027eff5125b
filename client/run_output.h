/* What femd run does with the folder of results, before and after the parts work in it. */
#ifndef FEMD_CLIENT_RUN_OUTPUT_H
#define FEMD_CLIENT_RUN_OUTPUT_H

#include <stdio.h>

#include "base/folder_lock.h"
#include "case/case.h"
#include "models.h"

typedef struct run_output {
    char *folder; /* owned */
    int made;     /* the folder did not exist before */
    femd_folder_lock lock;
    FILE *log; /* log.txt in it */
} run_output;

/* The folder of results of a case when --out is not given: beside the case, "cases/beam" -> "cases/beam.out",
 * "x/case.json" -> "x.out", "y/small.json" -> "y/small.out". malloc'ed. */
FEMD_MUST_CHECK femd_status run_output_default(const char *case_path, char **folder, femd_error *err);

/* Make the folder and its parents where they are not there; *made: it was not. */
FEMD_MUST_CHECK femd_status run_output_make_folders(const char *folder, int *made, femd_error *err);
/* Make the folder (its parents too), lock it and open the log, which a resumed run continues; its name goes into the
 * environment (FEMD_LOG) for the solver. BAD_INPUT if another run
 * works in it, and then nothing in it is touched. */
FEMD_MUST_CHECK femd_status run_output_open(const char *folder, int resume, run_output *o, femd_error *err);
/* Close the log and let go of the folder. If the run was refused (exit code 2) and this run made the folder and nobody
 * wrote a result, remove it. */
void run_output_close(run_output *o, int code);

/* Print the table of summary.json. */
FEMD_MUST_CHECK femd_status run_output_summary(const char *folder, femd_error *err);

/* Write FOLDER/point-ID.xyz from FOLDER/point-ID.state, with the material of the case that made the state. */
FEMD_MUST_CHECK femd_status run_output_dump(const char *folder, const char *point, const femd_case *c,
                                            const model *models, int quiet, femd_error *err);

/* Read a whole file. */
FEMD_MUST_CHECK femd_status run_output_read(const char *path, femd_buffer *out, femd_error *err);
/* Write a whole file through a temporary name, so that it is never there by halves. */
FEMD_MUST_CHECK femd_status run_output_write(const char *path, const void *data, size_t size, femd_error *err);

#endif
