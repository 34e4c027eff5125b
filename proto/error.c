/* Words for a failure, in storage of the caller. Never allocates, never prints. */
#include "femd/error.h"

#include <stdio.h>
#include <string.h>

femd_status femd_vfail(femd_error *err, femd_status code, const char *fmt, va_list ap) {
    if (err) {
        /* The arguments may point into err->text (an error told again in other words). */
        char text[sizeof err->text];
        vsnprintf(text, sizeof text, fmt, ap);
        memcpy(err->text, text, sizeof text);
        err->code = code;
    }
    return code;
}

femd_status femd_fail(femd_error *err, femd_status code, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    femd_vfail(err, code, fmt, ap);
    va_end(ap);
    return code;
}

femd_status femd_error_prefix(femd_error *err, const char *fmt, ...) {
    if (!err) return FEMD_INTERNAL;
    char text[sizeof err->text];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    size_t used = n < 0 ? 0 : (size_t)n;
    if (used >= sizeof text) used = sizeof text - 1;
    if (used + 2 < sizeof text) {
        memcpy(text + used, ": ", 2);
        used += 2;
        size_t words = strnlen(err->text, sizeof err->text - 1);
        if (words > sizeof text - 1 - used) words = sizeof text - 1 - used;
        memcpy(text + used, err->text, words);
        used += words;
    }
    text[used] = '\0';
    memcpy(err->text, text, sizeof text);
    return (femd_status)err->code;
}

void femd_error_clear(femd_error *err) {
    if (!err) return;
    err->code = FEMD_OK;
    err->text[0] = '\0';
}
