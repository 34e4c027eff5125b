/* JSON text into a buffer. Builds no tree and never reads JSON. */
#include "json_text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "utf8.h"

femd_status json_text_raw(femd_buffer *out, femd_error *err, const char *fmt, ...) {
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (n < 0 || (size_t)n >= sizeof text)
        return femd_fail(err, FEMD_INTERNAL, "a piece of JSON of %d bytes is too long", n);
    return femd_buffer_append(out, text, (size_t)n, err);
}

femd_status json_text_string(femd_buffer *out, const char *text, femd_error *err) {
    FEMD_TRY(femd_buffer_append(out, "\"", 1, err));
    for (const unsigned char *s = (const unsigned char *)text; *s;) {
        const size_t n = femd_utf8_length(s, strnlen((const char *)s, 4));
        if (n == 0) {
            FEMD_TRY(femd_buffer_append(out, "\xef\xbf\xbd", 3, err));
            s++;
            continue;
        }
        if (*s == '"' || *s == '\\')
            FEMD_TRY(json_text_raw(out, err, "\\%c", *s));
        else if (*s < 0x20 || *s == 0x7f)
            FEMD_TRY(json_text_raw(out, err, "\\u%04x", *s));
        else
            FEMD_TRY(femd_buffer_append(out, s, n, err));
        s += n;
    }
    return femd_buffer_append(out, "\"", 1, err);
}

femd_status json_text_number(femd_buffer *out, double v, femd_error *err) {
    if (!isfinite(v)) return femd_buffer_append(out, "null", 4, err);
    char text[40];
    snprintf(text, sizeof text, "%.17g", v);
    char *comma = strchr(text, ','); /* a host program may have set a locale */
    if (comma) *comma = '.';
    return femd_buffer_append(out, text, strlen(text), err);
}

femd_status json_text_numbers(femd_buffer *out, const double *v, size_t n, femd_error *err) {
    for (size_t i = 0; i < n; i++) {
        FEMD_TRY(femd_buffer_append(out, i ? "," : "[", 1, err));
        FEMD_TRY(json_text_number(out, v[i], err));
    }
    return femd_buffer_append(out, n ? "]" : "[]", n ? 1 : 2, err);
}
