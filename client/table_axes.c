/* The axes of a grid: from words to values. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "femd/client.h"
#include "femd/hash.h"
#include "table.h"

static const char accepted[] = "temperature, pressure, strain.xx (yy, zz, yz, xz, xy; shears 2 E), F.xx (F.xy, ...), "
                               "chemical-potential.SPECIES (eV)";
static const char chemical[] = "chemical-potential.";
enum { CHEMICAL = sizeof chemical - 1, SPECIES_MAX = 7 };

static int axes_index(char c) {
    const char *at = c ? strchr("xyz", c) : NULL;
    if (at) return (int)(at - "xyz");
    return c >= '1' && c <= '3' ? c - '1' : -1;
}

static femd_status axes_name(const char *name, table_axis *a, femd_error *err) {
    static const char *const voigt[6] = {"xx", "yy", "zz", "yz", "xz", "xy"};
    if (strcmp(name, "temperature") == 0 || strcmp(name, "pressure") == 0) {
        a->kind = *name == 't' ? TABLE_TEMPERATURE : TABLE_PRESSURE;
        snprintf(a->name, sizeof a->name, "%s", name);
        return FEMD_OK;
    }
    if (strncmp(name, "strain.", 7) == 0 && (a->component = eval_voigt_index(name + 7, strlen(name + 7))) >= 0) {
        a->kind = TABLE_STRAIN;
        snprintf(a->name, sizeof a->name, "strain.%s", voigt[a->component]);
        return FEMD_OK;
    }
    const size_t species = strncmp(name, chemical, CHEMICAL) == 0 ? strlen(name + CHEMICAL) : 0;
    if (species && species <= SPECIES_MAX) {
        unsigned sum = 0;
        for (size_t k = 0; k < species; k++) sum = 31 * sum + (unsigned char)name[CHEMICAL + k];
        a->kind = TABLE_CHEMICAL;
        a->component = (int)(sum >> 1);
        snprintf(a->name, sizeof a->name, "%s", name);
        return FEMD_OK;
    }
    const int i = strncmp(name, "F.", 2) == 0 && strlen(name) == 4 ? axes_index(name[2]) : -1;
    const int j = i < 0 ? -1 : axes_index(name[3]);
    if (j < 0) return femd_fail(err, FEMD_BAD_INPUT, "--over: unknown axis \"%s\"; accepted: %s", name, accepted);
    a->kind = TABLE_F;
    a->component = 3 * i + j;
    snprintf(a->name, sizeof a->name, "F.%c%c", "xyz"[i], "xyz"[j]);
    return FEMD_OK;
}

static femd_status axes_range(char *text, table_axis *a, femd_error *err) {
    const femd_dimension dim = a->kind == TABLE_TEMPERATURE ? FEMD_DIM_TEMPERATURE
                               : a->kind == TABLE_PRESSURE  ? FEMD_DIM_PRESSURE
                                                            : FEMD_DIM_NONE;
    char *middle = strchr(text, ':'), *last = middle ? strchr(middle + 1, ':') : NULL, what[64];
    if (!last || strchr(last + 1, ':'))
        return femd_fail(err, FEMD_BAD_INPUT, "--over %s=%s: FROM:TO:NUMBER is wanted, as %s=%s", a->name, text,
                         a->name, a->kind == TABLE_TEMPERATURE ? "100:400:4" : "-0.01:0.01:5");
    *middle = *last = '\0';
    snprintf(what, sizeof what, "--over %s", a->name);
    FEMD_TRY(eval_quantity(what, text, dim, &a->low, err));
    FEMD_TRY(eval_quantity(what, middle + 1, dim, &a->high, err));
    FEMD_TRY(options_int(what, last + 1, 2, TABLE_POINTS_MAX, &a->n, err));
    if (a->low == a->high || !isfinite(a->high - a->low))
        return femd_fail(err, FEMD_BAD_INPUT, "%s: from %g to %g is no range", what, a->low, a->high);
    if (a->kind == TABLE_TEMPERATURE && (a->low < 0 || a->high < 0))
        return femd_fail(err, FEMD_BAD_INPUT, "%s: below 0 K", what);
    return FEMD_OK;
}

static femd_status axes_one(table_grid *g, char *text, femd_error *err) {
    char *equal = strchr(text, '=');
    if (!equal || equal == text)
        return femd_fail(err, FEMD_BAD_INPUT, "--over \"%s\": AXIS=FROM:TO:NUMBER is wanted; axes: %s", text, accepted);
    if (g->axes == TABLE_AXES_MAX) return femd_fail(err, FEMD_BAD_INPUT, "--over: more than %d axes", TABLE_AXES_MAX);
    table_axis *a = &g->axis[g->axes];
    *a = (table_axis){.n = 0};
    *equal = '\0';
    FEMD_TRY(axes_name(text, a, err));
    FEMD_TRY(axes_range(equal + 1, a, err));
    for (size_t i = 0; i < g->axes; i++) {
        const table_axis *b = &g->axis[i];
        if (strcmp(b->name, a->name) == 0)
            return femd_fail(err, FEMD_BAD_INPUT, "--over: the axis %s is given twice", a->name);
        if ((b->kind == TABLE_F && a->kind == TABLE_STRAIN) || (b->kind == TABLE_STRAIN && a->kind == TABLE_F))
            return femd_fail(err, FEMD_BAD_INPUT, "--over: axes of strain or of F, not both");
    }
    g->points = (g->axes++ ? g->points : 1) * (size_t)a->n;
    if (g->points > TABLE_POINTS_MAX)
        return femd_fail(err, FEMD_BAD_INPUT, "--over: %zu points; a table has at most %d", g->points,
                         TABLE_POINTS_MAX);
    return FEMD_OK;
}

femd_status table_grid_add(table_grid *g, const char *text, femd_error *err) {
    char *copy = strdup(text), *rest = copy;
    femd_status rc = copy ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the axes");
    while (rc == FEMD_OK && rest) {
        char *one = strsep(&rest, ",");
        rc = axes_one(g, one + strspn(one, " "), err);
    }
    free(copy);
    return rc;
}

double table_axis_value(const table_axis *a, int i) {
    return i == a->n - 1 ? a->high : a->low + (a->high - a->low) * i / (a->n - 1);
}

const char *table_axis_unit(const table_axis *a) {
    return a->kind == TABLE_TEMPERATURE ? "K"
           : a->kind == TABLE_PRESSURE  ? "Pa"
           : a->kind == TABLE_CHEMICAL  ? "eV"
                                        : "";
}

void table_grid_place(const table_grid *g, size_t point, double value[TABLE_AXES_MAX]) {
    for (size_t k = g->axes; k-- > 0;) {
        value[k] = table_axis_value(&g->axis[k], (int)(point % (size_t)g->axis[k].n));
        point /= (size_t)g->axis[k].n;
    }
}

void table_ask_at(const table_grid *g, size_t point, const eval_request *ask, table_ask *at) {
    double value[TABLE_AXES_MAX];
    at->ask = *ask;
    table_grid_place(g, point, value);
    for (size_t k = 0; k < g->axes; k++) {
        const table_axis *a = &g->axis[k];
        switch (a->kind) {
        case TABLE_TEMPERATURE:
            snprintf(at->temperature, sizeof at->temperature, "%.17g", value[k]);
            at->ask.temperature = at->temperature;
            break;
        case TABLE_PRESSURE:
            snprintf(at->pressure, sizeof at->pressure, "%.17g", value[k]);
            at->ask.pressure = at->pressure;
            break;
        case TABLE_STRAIN:
            at->ask.strain.given = 1;
            at->ask.strain.v[a->component] = value[k];
            break;
        case TABLE_F:
            for (int i = 0; i < 9 && !at->ask.F.given; i++) at->ask.F.v[i] = i % 4 == 0;
            at->ask.F.given = 1;
            at->ask.F.v[a->component] = value[k];
            break;
        case TABLE_CHEMICAL:
            snprintf(at->chemical[k], sizeof at->chemical[k], "%.8s=%.17g", a->name + CHEMICAL, value[k]);
            if (at->ask.chemical.n < OPTION_LIST_MAX) at->ask.chemical.item[at->ask.chemical.n++] = at->chemical[k];
            break;
        }
    }
}

int table_seed_at(const table_grid *g, size_t point, int seed) {
    double value[TABLE_AXES_MAX];
    uint64_t mixed = femd_seed((uint64_t)seed, 0, 0);
    table_grid_place(g, point, value);
    for (size_t k = 0; k < g->axes; k++) {
        uint64_t bits;
        const double v = value[k] + 0.0; /* -0 is 0 */
        memcpy(&bits, &v, sizeof bits);
        mixed = femd_seed(mixed ^ bits, (uint32_t)g->axis[k].kind, (uint64_t)g->axis[k].component);
    }
    return (int)(mixed % 2147483646u) + 1;
}
