/* Parsing of command lines by table. It prints help and nothing else, and knows no command. */
#include "options.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- values ---- */

femd_status options_int(const char *what, const char *text, int low, int high, int *out, femd_error *err) {
    char *end;
    errno = 0;
    const long v = strtol(text, &end, 10);
    if (end == text || *end || errno || v < low || v > high)
        return femd_fail(err, FEMD_BAD_INPUT, "%s: \"%s\" is not a whole number from %d to %d", what, text, low, high);
    *out = (int)v;
    return FEMD_OK;
}

femd_status options_numbers(const char *what, const char *text, size_t n, double *out, femd_error *err) {
    const char *p = text;
    size_t got = 0;
    for (;; got++) {
        p += strspn(p, " \t,");
        if (!*p) break;
        char *end;
        const double v = strtod(p, &end);
        if (end == p || (*end && !strchr(" \t,", *end)) || !isfinite(v))
            return femd_fail(err, FEMD_BAD_INPUT, "%s: \"%s\" is no %s", what, text,
                             n == 1 ? "finite number" : "list of finite numbers");
        if (got < n) out[got] = v;
        p = end;
    }
    if (got != n)
        return femd_fail(err, FEMD_BAD_INPUT, "%s takes %zu number%s, separated by blanks; \"%s\" has %zu", what, n,
                         n == 1 ? "" : "s", text, got);
    return FEMD_OK;
}

static femd_status options_list_add(const char *what, option_list *l, const char *item, femd_error *err) {
    if (l->n == OPTION_LIST_MAX) return femd_fail(err, FEMD_BAD_INPUT, "%s: more than %d", what, OPTION_LIST_MAX);
    l->item[l->n++] = item;
    return FEMD_OK;
}

static femd_status options_take_numbers(const option *o, const char *text, femd_error *err) {
    option_numbers *l = o->out;
    l->given = 1;
    return options_numbers(o->name, text, (size_t)o->low, l->v, err);
}

static femd_status options_take(const option *o, const char *value, femd_error *err) {
    switch (o->kind) {
    case OPTION_FLAG: *(int *)o->out = 1; return FEMD_OK;
    case OPTION_INT: return options_int(o->name, value, o->low, o->high, o->out, err);
    case OPTION_NUMBER: return options_numbers(o->name, value, 1, o->out, err);
    case OPTION_TEXT: *(const char **)o->out = value; return FEMD_OK;
    case OPTION_LIST: return options_list_add(o->name, o->out, value, err);
    case OPTION_NUMBERS: return options_take_numbers(o, value, err);
    }
    return femd_fail(err, FEMD_INTERNAL, "option %s has no kind", o->name);
}

/* ---- finding ---- */

/* The option that an argument names; *value is what stands after '=' or NULL. */
static const option *options_find(const option_table *t, const char *arg, const char **value) {
    const size_t n = strcspn(arg, "=");
    *value = arg[n] ? arg + n + 1 : NULL;
    for (size_t i = 0; i < t->n; i++) {
        const option *o = &t->option[i];
        if (strlen(o->name) == n && strncmp(o->name, arg, n) == 0) return o;
        if (o->letter && strcmp(o->letter, arg) == 0) return o;
    }
    return NULL;
}

static femd_status options_unknown(const option_table *t, const char *arg, femd_error *err) {
    char names[600] = "";
    for (size_t i = 0; i < t->n; i++) {
        const size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "", t->option[i].name);
    }
    return femd_fail(err, FEMD_BAD_INPUT, "%s: unknown option \"%s\"; accepted: %s (see %s --help)", t->command, arg,
                     names, t->command);
}

/* Something like -0.5 is a value and no option. */
static int options_is_option(const char *arg) {
    return arg[0] == '-' && arg[1] && !strchr("0123456789.", arg[1]);
}

/* Numbers in a text: what stands between blanks and commas. */
static int options_count_words(const char *p) {
    int n = 0;
    for (p += strspn(p, " \t,"); *p; p += strspn(p, " \t,")) {
        p += strcspn(p, " \t,");
        n++;
    }
    return n;
}

/* `--strain 0.01 0 0 0 0 0`: join the arguments up to the wanted number of numbers into text. */
static void options_join_numbers(const option *o, int argc, char **argv, int *at, const char *value, char *text,
                                 size_t size) {
    int n = options_count_words(value);
    snprintf(text, size, "%s", value);
    while (n < o->low && *at + 1 < argc && !options_is_option(argv[*at + 1])) {
        const size_t used = strlen(text);
        const char *next = argv[++*at];
        snprintf(text + used, size - used, " %s", next);
        n += options_count_words(next);
    }
}

static femd_status options_parse_option(const option_table *t, int argc, char **argv, int *at, femd_error *err) {
    const char *value;
    const option *o = options_find(t, argv[*at], &value);
    if (!o) return options_unknown(t, argv[*at], err);
    if (o->kind == OPTION_FLAG && value)
        return femd_fail(err, FEMD_BAD_INPUT, "%s: %s takes no value", t->command, o->name);
    if (o->kind != OPTION_FLAG && !value) {
        if (*at + 1 >= argc)
            return femd_fail(err, FEMD_BAD_INPUT, "%s: %s needs a value: %s %s", t->command, o->name, o->name, o->arg);
        value = argv[++*at];
    }
    char joined[512];
    if (o->kind == OPTION_NUMBERS) {
        options_join_numbers(o, argc, argv, at, value, joined, sizeof joined);
        value = joined;
    }
    femd_status rc = options_take(o, value, err);
    return rc == FEMD_OK ? rc : femd_error_prefix(err, "%s", t->command);
}

static int options_wants_help(int argc, char **argv) {
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) return 1;
    return 0;
}

femd_status options_parse(const option_table *t, int argc, char **argv, option_list *positional, int *help,
                          femd_error *err) {
    positional->n = 0;
    *help = options_wants_help(argc, argv);
    if (*help) return FEMD_OK;
    int i = 0;
    for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (options_is_option(argv[i]))
            FEMD_TRY(options_parse_option(t, argc, argv, &i, err));
        else
            FEMD_TRY(options_list_add(t->command, positional, argv[i], err));
    }
    if (i < argc && !t->rest) return femd_fail(err, FEMD_BAD_INPUT, "%s takes nothing after \"--\"", t->command);
    for (i++; i < argc; i++) FEMD_TRY(options_list_add(t->command, t->rest, argv[i], err));
    if (positional->n > t->most)
        return femd_fail(err, FEMD_BAD_INPUT, "%s: \"%s\" is one argument too many; usage: %s %s", t->command,
                         positional->item[t->most], t->command, t->usage);
    if (positional->n < t->least)
        return femd_fail(err, FEMD_BAD_INPUT, "usage: %s %s (see %s --help)", t->command, t->usage, t->command);
    return FEMD_OK;
}

/* ---- help ---- */

void options_help(const option_table *t) {
    printf("usage: %s %s\n\n%s\n", t->command, t->usage, t->about);
    if (t->n) printf("\noptions:\n");
    for (size_t i = 0; i < t->n; i++) {
        const option *o = &t->option[i];
        char left[64];
        snprintf(left, sizeof left, "%s%s%s%s%s", o->letter ? o->letter : "", o->letter ? ", " : "", o->name,
                 o->arg ? " " : "", o->arg ? o->arg : "");
        printf("  %-24s %s\n", left, o->help);
    }
}
