/* Writing JSON text straight into a buffer, for messages whose shape is known. Private to proto/. */
#ifndef FEMD_JSON_TEXT_H
#define FEMD_JSON_TEXT_H

#include "femd/buffer.h"

/* Formatted text as it stands (the caller keeps it valid JSON). */
FEMD_MUST_CHECK femd_status json_text_raw(femd_buffer *out, femd_error *err, const char *fmt, ...) FEMD_PRINTF(3, 4);
/* A string in quotes, escaped; bytes that are not UTF-8 become U+FFFD. */
FEMD_MUST_CHECK femd_status json_text_string(femd_buffer *out, const char *s, femd_error *err);
/* n doubles with 17 digits (they read back to the same bits), in brackets; a number that is not finite becomes null. */
FEMD_MUST_CHECK femd_status json_text_numbers(femd_buffer *out, const double *v, size_t n, femd_error *err);
/* One double. */
FEMD_MUST_CHECK femd_status json_text_number(femd_buffer *out, double v, femd_error *err);

#endif
