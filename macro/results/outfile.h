/* Result files appear whole or not at all: written under a temporary name, then renamed. */
#ifndef FEMD_OUTFILE_H
#define FEMD_OUTFILE_H

#include "femd/buffer.h"

/* printf onto a buffer. NO_MEMORY. */
FEMD_MUST_CHECK femd_status femd_text_add(femd_buffer *b, femd_error *err, const char *fmt, ...) FEMD_PRINTF(3, 4);
/* A double in the shortest of %.15g, %.16g, %.17g that reads back as the same bits; not finite: `nan`. */
FEMD_MUST_CHECK femd_status femd_text_number(femd_buffer *b, double v, const char *nan, femd_error *err);
/* A JSON string with its quotes. */
FEMD_MUST_CHECK femd_status femd_text_json_string(femd_buffer *b, const char *s, femd_error *err);

/* Replace PATH by these bytes: PATH.tmp, fsync, rename. IO with the system's words; no temporary file stays behind. */
FEMD_MUST_CHECK femd_status femd_file_replace(const char *path, const void *data, size_t size, femd_error *err);
/* "FOLDER/NAME" with printf's NAME; malloc'ed, the caller's; NULL without memory. */
char *femd_path_join(const char *folder, const char *fmt, ...) FEMD_PRINTF(2, 3);

/* Make FOLDER (and its parents) if it is not there. IO if it cannot be made, or is no folder, or cannot be written. */
FEMD_MUST_CHECK femd_status femd_outdir_make(const char *folder, femd_error *err);
/* 1 if NAME is a file that femd-macro writes into its output folder (results of an earlier run may be removed by name).
 */
int femd_outdir_is_ours(const char *name);
/* Remove the results of an earlier run from FOLDER: the files that femd_outdir_is_ours, and of the numbered ones only
 * those of steps over `after` (-1: all files; n >= 0: only steps over n). A folder that is not there is fine. */
FEMD_MUST_CHECK femd_status femd_outdir_clean(const char *folder, int after, femd_error *err);

#endif
