/* What the server must know of an encoded response: whether it is sound, what it cost, whether two agree, and how to
 * make one of its own. It keeps no books. */
#ifndef FEMD_SERVER_ANSWERS_H
#define FEMD_SERVER_ANSWERS_H

#include "femd/evaluate.h"

typedef struct answers_cost {
    double wall; /* s */
    uint64_t fingerprint;
} answers_cost;

/* PROTOCOL if the bytes are no sound response, or none to this request of a material of that engine (request NULL: the
 * question is not known any more). */
FEMD_MUST_CHECK femd_status answers_check(const femd_bytes *response, const femd_request *request, uint32_t engine,
                                          answers_cost *cost, femd_error *err);
/* 1 if the parts that do not depend on who answered are the same bits. */
int answers_equal(const femd_bytes *one, const femd_bytes *other);
/* 1 for a status that says nothing about the material: the task is sent again. */
int answers_is_retried(int status);
/* A response with nothing but a status, encoded into bytes; the result borrows it. */
femd_bytes answers_make(const femd_request *request, femd_status status, const char *words,
                        uint8_t bytes[FEMD_RESPONSE_BYTES_MAX]);

#endif
