/* A number that a user writes as an expression of x, y, z (reference position, m) and t (time): displacements,
 * tractions, body forces, temperatures. Arithmetic by muParser. Plain C: no PETSc, no MPI. */
#ifndef FEMD_FUNCTION_H
#define FEMD_FUNCTION_H

#include "femd/error.h"

typedef struct femd_function femd_function;

/* Bits of femd_function_uses. */
enum { FEMD_FUNCTION_SPACE = 1, FEMD_FUNCTION_TIME = 2 };
/* Most characters of an expression. */
enum { FEMD_FUNCTION_MAX = 1000 };

/* Words for who looks for the grammar; in messages and documents. */
#define FEMD_FUNCTION_WORDS                                                                                            \
    "x y z t pi, + - * / ^ ( ), comparisons, && ||, condition ? a : b, sin cos tan asin acos atan atan2 sinh cosh "    \
    "tanh asinh acosh atanh exp ln log10 log2 sqrt abs sign min max sum avg"

/* text: the expression without a leading "="; where: file and key, which stand before the words of a value that is no
 * number ("" = nothing). BAD_INPUT with the character (counted from 1) and what is wrong there.
 * The same text gives the same bits wherever the same mathematical library is. */
FEMD_MUST_CHECK femd_status femd_function_create(const char *text, const char *where, femd_function **function,
                                                 femd_error *err);
/* Accepts NULL inside. */
void femd_function_destroy(femd_function **function);
/* BAD_INPUT with place and time where the value is not finite. Not for several threads at once. */
FEMD_MUST_CHECK femd_status femd_function_at(const femd_function *function, const double x[3], double time,
                                             double *value, femd_error *err);
/* FEMD_FUNCTION_SPACE, FEMD_FUNCTION_TIME: which of its variables stand in it. */
int femd_function_uses(const femd_function *function);
/* As it was given. */
const char *femd_function_text(const femd_function *function);

#endif
