/* What the columns of a history are: their units, and which of them show most. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "plot_data.h"

static int plot_ends_with(const char *text, const char *const *suffix, size_t n) {
    const size_t length = strlen(text);
    for (size_t i = 0; i < n; i++) {
        const size_t tail = strlen(suffix[i]);
        if (length > tail && strcmp(text + length - tail, suffix[i]) == 0) return 1;
    }
    return 0;
}

/* Of columns that end so, the one that changes most; -1 if none changes. Of several that change alike, as the reactions
 * at both ends of a bar do, the last: it usually is the support that moves. */
static int plot_liveliest(const plot_table *t, const char *const *suffix, size_t n) {
    int best = -1;
    double most = 0;
    for (size_t c = 0; c < t->columns; c++)
        if (plot_ends_with(t->name[c], suffix, n)) most = fmax(most, plot_table_range(t, c));
    for (size_t c = 0; c < t->columns; c++)
        if (most > 0 && plot_ends_with(t->name[c], suffix, n) && plot_table_range(t, c) >= 0.99 * most) best = (int)c;
    return best;
}

static const char *const moved[] = {".ux", ".uy", ".uz"};
static const char *const pulled[] = {".x", ".y", ".z"};
static const char *const warmed[] = {".T"}, *const heated[] = {".heat"}, *const pressed[] = {".p"};
static const char *const forced[] = {".fx", ".fy", ".fz"};
static const char *const turned[] = {".mx", ".my", ".mz"};
static const char *const stressed[] = {".sigma11", ".sigma22", ".sigma33", ".sigma23",
                                       ".sigma13", ".sigma12", ".mises"};

int plot_is_heat(const plot_table *t) {
    return plot_table_find(t, "T_max") >= 0;
}

/* A reaction; without supports that carry anything the energy. Of heat the temperature of a probe, or the highest. */
static int plot_default_y(const plot_table *t) {
    const int column = plot_is_heat(t) ? plot_liveliest(t, warmed, 1) : plot_liveliest(t, pulled, 3);
    return column >= 0 ? column : plot_table_find(t, plot_is_heat(t) ? "T_max" : "energy");
}

/* Is column b a multiple of column a, to what is written of them? */
static int plot_is_multiple(const plot_table *t, int a, int b) {
    double aa = 0, ab = 0, worst = 0;
    for (size_t r = 0; r < t->rows; r++) {
        const double *row = t->value + r * t->columns;
        aa += row[a] * row[a];
        ab += row[a] * row[b];
    }
    for (size_t r = 0; r < t->rows && aa > 0; r++) {
        const double *row = t->value + r * t->columns;
        worst = fmax(worst, fabs(row[b] - ab / aa * row[a]));
    }
    return worst <= 1e-3 * plot_table_range(t, (size_t)b);
}

/* Of heat the time. Displacement of a probe; without any the time, which with arc-length control is the way along the
 * path. The load factor turns back there at a limit point, and is the axis; but a reaction to given loads is a multiple
 * of it and would go up and down one line: over the way it has its maximum. */
void plot_choose_axes(const plot_table *t, int *x, int *y) {
    const int time = plot_table_find(t, "time"), factor = plot_table_find(t, "load_factor");
    *x = plot_is_heat(t) ? time : plot_liveliest(t, moved, 3);
    *y = plot_default_y(t);
    if (*x >= 0) return;
    *x = time;
    if (time < 0 || factor < 0 || *y < 0 || plot_is_multiple(t, time, factor)) return;
    if (!plot_is_multiple(t, factor, *y)) *x = factor;
}

const char *plot_column_unit(const char *name) {
    if (plot_ends_with(name, moved, 3)) return "m";
    if (plot_ends_with(name, turned, 3)) return "N m";
    if (plot_ends_with(name, pulled, 3) || plot_ends_with(name, forced, 3) || strcmp(name, "load") == 0 ||
        strcmp(name, "residual") == 0 || strcmp(name, "reference_force") == 0)
        return "N";
    if (plot_ends_with(name, stressed, 7) || plot_ends_with(name, pressed, 1)) return "Pa";
    if (plot_ends_with(name, warmed, 1) || strncmp(name, "T_", 2) == 0) return "K";
    if (plot_ends_with(name, heated, 1) || strcmp(name, "reference_heat") == 0) return "W";
    if (strcmp(name, "energy") == 0 || strncmp(name, "work_", 5) == 0) return "J";
    if (name[0] == 'S' && strlen(name) == 3) return "Pa";
    return "";
}

/* "NAME.SUFFIX" in words, behind which NAME stands; and names in words. */
static const struct plot_ending {
    const char *suffix, *words;
} plot_ending[] = {{".ux", "x displacement of"},
                   {".uy", "y displacement of"},
                   {".uz", "z displacement of"},
                   {".fx", "x component of the force of"},
                   {".fy", "y component of the force of"},
                   {".fz", "z component of the force of"},
                   {".mx", "moment about x of"},
                   {".my", "moment about y of"},
                   {".mz", "moment about z of"},
                   {".sigma11", "stress 11 of"},
                   {".sigma22", "stress 22 of"},
                   {".sigma33", "stress 33 of"},
                   {".sigma23", "stress 23 of"},
                   {".sigma13", "stress 13 of"},
                   {".sigma12", "stress 12 of"},
                   {".mises", "von Mises stress of"},
                   {".T", "temperature of"},
                   {".p", "pressure of"},
                   {".heat", "heat flow of"}};
static const struct plot_word {
    const char *name, *words;
} plot_word[] = {{"T_max", "highest temperature"},       {"T_min", "lowest temperature"},
                 {"T_mean", "mean temperature"},         {"load_factor", "load factor"},
                 {"residual", "unbalanced force"},       {"reference_force", "reference force"},
                 {"work_reactions", "work of reactions"}};

void plot_column_title(const plot_table *t, int column, char *text, size_t size) {
    const char *name = t->name[column];
    const int factor = plot_table_find(t, "load_factor");
    if (strcmp(name, "time") == 0 && factor >= 0 && !plot_is_multiple(t, column, factor)) {
        snprintf(text, size, "way along the path, in planned steps' time");
        return;
    }
    if (plot_ends_with(name, pulled, 3)) {
        snprintf(text, size, "reaction");
        return;
    }
    for (size_t i = 0; i < sizeof plot_word / sizeof *plot_word; i++)
        if (strcmp(name, plot_word[i].name) == 0) {
            snprintf(text, size, "%s", plot_word[i].words);
            return;
        }
    for (size_t i = 0; i < sizeof plot_ending / sizeof *plot_ending; i++)
        if (plot_ends_with(name, &plot_ending[i].suffix, 1)) {
            const size_t owner = strlen(name) - strlen(plot_ending[i].suffix);
            snprintf(text, size, "%s %.*s", plot_ending[i].words, (int)owner, name);
            return;
        }
    snprintf(text, size, "%s", name);
}
