/* What femd fields writes of an RVE's local fields: a grid for ParaView, the atoms for OVITO, and what the figures are.
 */
#ifndef FEMD_CLIENT_FIELDS_H
#define FEMD_CLIENT_FIELDS_H

#include "eval.h"
#include "femd/json.h"
#include "fields_picture.h"
#include "micro.h"
#include "options.h"

/* How fields are made, as the command line or a case's output.local says it. */
typedef struct fields_ask {
    const char *spacing, *kernel; /* texts; NULL: not given */
    option_numbers grid, offset;  /* cells; angstrom */
    int samples;                  /* 0: not given */
} fields_ask;

/* What is said of them beside the fields themselves. */
typedef struct fields_origin {
    const char *source, *engine, *method; /* borrowed */
    long point;                           /* -1: of no body */
    int step;                             /* -1: of no run */
    double time;
    femd_hash material, state; /* state all zero: virgin */
    const char *potential;     /* borrowed */
} fields_origin;

/* To what femd_material_fields takes. BAD_INPUT with words. */
FEMD_MUST_CHECK femd_status fields_read_ask(const fields_ask *ask, femd_local_ask *out, femd_error *err);

/* The grid as VTK XML with raw appended data: image data over the reference cell where that is a box along the axes
 * (lengths in angstrom; the points' "displacement" takes it to the deformed one), else a structured grid as deformed.
 * *extension: "vti" or "vts". */
FEMD_MUST_CHECK femd_status fields_encode_grid(const femd_local_fields *f, const fields_origin *o, femd_buffer *out,
                                               const char **extension, femd_error *err);
/* The atoms as extended XYZ. */
FEMD_MUST_CHECK femd_status fields_encode_atoms(const femd_local_fields *f, femd_buffer *out, femd_error *err);
/* What they are, as JSON. */
FEMD_MUST_CHECK femd_status fields_encode_words(const femd_local_fields *f, const fields_origin *o, femd_buffer *out,
                                                femd_error *err);

/* All three as FOLDER/STEM.*, and the picture if one is wanted; *grid: the name of the first, malloc'ed (NULL: not
 * wanted). Says where they are unless quiet. */
FEMD_MUST_CHECK femd_status fields_write(const char *folder, const char *stem, const femd_local_fields *f,
                                         const fields_origin *o, const fields_picture *picture, int quiet, char **grid,
                                         femd_error *err);

/* printf to the end of a buffer. */
FEMD_MUST_CHECK femd_status fields_print(femd_buffer *out, femd_error *err, const char *fmt, ...) FEMD_PRINTF(3, 4);

/* ---- of a run: fields_run.c ---- */

typedef struct fields_command {
    eval_request eval;
    fields_ask ask;
    fields_picture picture;
    const char *point, *out, *case_path;
    int quiet;
} fields_command;

/* 1: the path is a folder of results. */
int fields_is_run(const char *path);
/* Fields of the states that the run has kept for output.local, or of the committed state of one point. */
FEMD_MUST_CHECK femd_status fields_of_run(const fields_command *c, femd_error *err);

/* ---- of a checkpoint: fields_checkpoint.c ---- */

/* The committed state of point `id` in FOLDER/checkpoint.h5, its step and time. BAD_INPUT with words if there is no
 * such point, or it has no state. */
FEMD_MUST_CHECK femd_status fields_read_checkpoint(const char *folder, uint64_t id, femd_buffer *state, int *step,
                                                   double *time, femd_error *err);

#endif
