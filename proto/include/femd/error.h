/* The one error type: a status with words, owned by the caller. */
#ifndef FEMD_ERROR_H
#define FEMD_ERROR_H

#include <stdarg.h>

#include "femd/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct femd_error {
    int code;        /* a femd_status; 0 while nothing has failed */
    char text[1024]; /* what happened and what to do next; "" while nothing has failed */
} femd_error;

#define FEMD_ERROR_INIT                                                                                                \
    { 0, "" }

/* Fill *err (may be NULL) with code and words, and return code, so that "return femd_fail(err, FEMD_IO, ...)" works. */
FEMD_API femd_status femd_fail(femd_error *err, femd_status code, const char *fmt, ...) FEMD_PRINTF(3, 4);
FEMD_API femd_status femd_vfail(femd_error *err, femd_status code, const char *fmt, va_list ap) FEMD_PRINTF(3, 0);
/* Put "prefix: " in front of the words of an error that is passed on. Returns err->code (INTERNAL if err is NULL). */
FEMD_API femd_status femd_error_prefix(femd_error *err, const char *fmt, ...) FEMD_PRINTF(2, 3);
FEMD_API void femd_error_clear(femd_error *err);

/* Propagate a failure from a function that returns femd_status. */
#define FEMD_TRY(expr)                                                                                                 \
    do {                                                                                                               \
        femd_status femd_try_status_ = (expr);                                                                         \
        if (femd_try_status_ != FEMD_OK) return femd_try_status_;                                                      \
    } while (0)
/* The same where something must be released first: jumps to label with `rc` set. */
#define FEMD_TRY_GOTO(rc, expr, label)                                                                                 \
    do {                                                                                                               \
        (rc) = (expr);                                                                                                 \
        if ((rc) != FEMD_OK) goto label;                                                                               \
    } while (0)

#ifdef __cplusplus
}
#endif
#endif
