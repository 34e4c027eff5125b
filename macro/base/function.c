/* Expressions. muParser (2.3) takes some texts otherwise than their writer means them, and these are refused here: a
 * decimal comma ("1,5" would be 5), an assignment ("x=7" would change x), `log`, which is the natural one there and the
 * decimal one elsewhere; and its own constants are taken away. What its own errors say is passed on with the place. */
#include "base/function.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <muParserDLL.h>

enum { VARIABLES = 4 };
static const char *const function_variable[VARIABLES] = {"x", "y", "z", "t"};

struct femd_function {
    muParserHandle_t parser;
    char *text, *where;
    double *value; /* VARIABLES; the parser holds pointers to them */
    int uses;
};

static femd_status function_fail(const char *text, size_t at, const char *what, femd_error *err) {
    return femd_fail(err, FEMD_BAD_INPUT, "character %zu of the expression \"%.200s\": %s", at + 1, text, what);
}

/* Length of the name that begins at c, 0 if none does. */
static size_t function_name_length(const char *c) {
    size_t n = 0;
    if (!isalpha((unsigned char)*c) && *c != '_') return 0;
    while (isalnum((unsigned char)c[n]) || c[n] == '_') ++n;
    return n;
}

/* What muParser would take in another sense. */
static femd_status function_check_text(const char *text, femd_error *err) {
    const size_t length = strlen(text);
    int depth = 0, called = 0; /* brackets open; of them those of functions: bits by depth */
    unsigned long function_at_depth = 0;
    if (length > FEMD_FUNCTION_MAX)
        return femd_fail(err, FEMD_BAD_INPUT, "an expression has at most %d characters, this one has %zu",
                         FEMD_FUNCTION_MAX, length);
    if (text[strspn(text, " \t")] == '\0') return femd_fail(err, FEMD_BAD_INPUT, "the expression is empty");
    for (size_t i = 0; i < length; ++i) {
        const char c = text[i];
        const size_t name = function_name_length(text + i);
        if ((unsigned char)c < ' ' || (unsigned char)c > '~')
            return function_fail(text, i, "only printable ASCII characters are taken", err);
        if (c == '"') return function_fail(text, i, "there is no text within an expression", err);
        if (name == 3 && strncmp(text + i, "log", 3) == 0)
            return function_fail(text, i, "\"log\" means ln to some and log10 to others: write the one you mean", err);
        if (name > 0) {
            i += name - 1;
            called = 1;
            continue;
        }
        if (isdigit((unsigned char)c) || c == '.') { /* a number, with its exponent, is one thing */
            char *end;
            (void)strtod(text + i, &end);
            if (c != '.' || end != text + i) i = (size_t)(end - text) - 1;
            called = 0;
            continue;
        }
        if (c == '(') {
            if (++depth > 60) return function_fail(text, i, "more than 60 brackets in each other", err);
            function_at_depth = (function_at_depth & ~(1ul << depth)) | (unsigned long)called << depth;
        }
        if (c == ')') --depth;
        if (c == ',' && (depth < 1 || !(function_at_depth >> depth & 1)))
            return function_fail(
                text, i, "a comma separates the arguments of a function; decimals are written with a point", err);
        if (c == '=' && text[i + 1] == '=') {
            ++i;
        } else if (c == '=' && (i == 0 || !strchr("<>!", text[i - 1]))) {
            return function_fail(text, i, "\"=\" assigns nothing here; equality is written ==", err);
        }
        if (c != ' ' && c != '\t') called = 0;
    }
    return FEMD_OK;
}

static femd_status function_parser_words(const femd_function *f, femd_error *err) {
    const int end = (int)strlen(f->text), where = mupGetErrorPos(f->parser), at = where < end ? where : end;
    char what[600];
    const char *words = mupGetErrorMsg(f->parser);
    snprintf(what, sizeof what, "%.200s; accepted: " FEMD_FUNCTION_WORDS, words ? words : "not understood");
    (void)mupErrorReset(f->parser);
    return at >= 0 ? function_fail(f->text, (size_t)at, what, err)
                   : femd_fail(err, FEMD_BAD_INPUT, "the expression \"%.200s\": %s", f->text, what);
}

static void function_is_told(muParserHandle_t parser) {
    (void)parser; /* the caller looks; without this muParser prints */
}

static femd_status function_parse(femd_function *f, femd_error *err) {
    mupSetErrorHandler(f->parser, function_is_told);
    for (int k = 0; k < VARIABLES; ++k) mupDefineVar(f->parser, function_variable[k], &f->value[k]);
    mupClearConst(f->parser); /* its _pi ends after twelve digits */
    mupDefineConst(f->parser, "pi", 3.14159265358979323846);
    mupSetExpr(f->parser, f->text);
    if (!mupError(f->parser)) (void)mupEval(f->parser); /* parses, and makes the code that later calls run */
    if (mupError(f->parser)) return function_parser_words(f, err);
    const int used = mupGetExprVarNum(f->parser);
    for (int k = 0; k < used; ++k) {
        const muChar_t *name = NULL;
        muFloat_t *value = NULL;
        mupGetExprVar(f->parser, (unsigned)k, &name, &value);
        f->uses |= value == &f->value[3] ? FEMD_FUNCTION_TIME : FEMD_FUNCTION_SPACE;
    }
    return FEMD_OK;
}

femd_status femd_function_create(const char *text, const char *where, femd_function **out, femd_error *err) {
    *out = NULL;
    FEMD_TRY(function_check_text(text, err));
    femd_function *f = *out = calloc(1, sizeof *f);
    femd_status rc = FEMD_OK;
    if (!f || !(f->text = strdup(text)) || !(f->where = strdup(where)) ||
        !(f->value = calloc(VARIABLES, sizeof *f->value)) || !(f->parser = mupCreate(muBASETYPE_FLOAT)))
        rc = femd_fail(err, FEMD_NO_MEMORY, "no memory for an expression");
    if (rc == FEMD_OK) rc = function_parse(f, err);
    if (rc != FEMD_OK) femd_function_destroy(out);
    return rc;
}

void femd_function_destroy(femd_function **out) {
    femd_function *f = *out;
    if (!f) return;
    if (f->parser) mupRelease(f->parser);
    free(f->text);
    free(f->where);
    free(f->value);
    free(f);
    *out = NULL;
}

#define FUNCTION_MOST 1e60 /* what is prescribed is to have a square */

femd_status femd_function_at(const femd_function *f, const double x[3], double time, double *value, femd_error *err) {
    memcpy(f->value, x, 3 * sizeof *x);
    f->value[3] = time;
    *value = mupEval(f->parser);
    if (mupError(f->parser)) return function_parser_words(f, err);
    if (fabs(*value) <= FUNCTION_MOST) return FEMD_OK;
    return femd_fail(err, FEMD_BAD_INPUT, "%s%sthe expression \"%.200s\" gives %g at (%g, %g, %g) m and time %g%s",
                     f->where, f->where[0] ? ": " : "", f->text, *value, x[0], x[1], x[2], time,
                     isfinite(*value) ? "; 1e60 at most can be computed with" : "");
}

int femd_function_uses(const femd_function *f) {
    return f->uses;
}

const char *femd_function_text(const femd_function *f) {
    return f->text;
}
