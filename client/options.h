/* Command lines of the femd programs as tables: one entry per option gives parsing, checking and the help text. */
#ifndef FEMD_CLIENT_OPTIONS_H
#define FEMD_CLIENT_OPTIONS_H

#include <stddef.h>

#include "femd/error.h"

typedef enum option_kind {
    OPTION_FLAG,   /* int *: set to 1 */
    OPTION_INT,    /* int *: low <= value <= high */
    OPTION_NUMBER, /* double *: finite */
    OPTION_TEXT,   /* const char **: borrowed from argv */
    OPTION_LIST,   /* option_list *: may be given several times */
    OPTION_NUMBERS /* option_numbers *: exactly `low` of them, as one argument or as several */
} option_kind;

#define OPTION_NUMBERS_MAX 9
typedef struct option_numbers {
    int given;
    double v[OPTION_NUMBERS_MAX];
} option_numbers;

#define OPTION_LIST_MAX 256
typedef struct option_list {
    size_t n;
    const char *item[OPTION_LIST_MAX]; /* borrowed from argv */
} option_list;

typedef struct option {
    const char *name;   /* "--workers" */
    const char *letter; /* "-n" or NULL */
    option_kind kind;
    void *out;
    const char *arg; /* name of the value in the help, "N"; NULL for a flag */
    const char *help;
    int low, high; /* OPTION_INT: bounds; OPTION_NUMBERS: low is their number */
} option;

/* What a command takes. `rest`, if not NULL, receives what stands after "--". */
typedef struct option_table {
    const char *command; /* "femd run" */
    const char *usage;   /* "CASE [options] [-- PETSC OPTIONS]" */
    const char *about;   /* paragraphs under the usage line */
    const option *option;
    size_t n;
    size_t least, most; /* positional arguments */
    option_list *rest;
} option_table;

#define OPTION_COUNT(table) (sizeof(table) / sizeof *(table))

/* Parse argv[0..argc): options and positional arguments in any order. "--name=value" is accepted. BAD_INPUT with words
 * that name the option and what is accepted. *help = 1 if --help or -h is there (then nothing else is checked). */
FEMD_MUST_CHECK femd_status options_parse(const option_table *t, int argc, char **argv, option_list *positional,
                                          int *help, femd_error *err);
/* Usage, text and options of a command on stdout. */
void options_help(const option_table *t);
/* A whole decimal number within [low, high]. */
FEMD_MUST_CHECK femd_status options_int(const char *what, const char *text, int low, int high, int *out,
                                        femd_error *err);
/* n finite numbers separated by blanks or commas. */
FEMD_MUST_CHECK femd_status options_numbers(const char *what, const char *text, size_t n, double *out, femd_error *err);

#endif
