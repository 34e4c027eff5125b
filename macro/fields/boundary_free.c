/* What is left free, by elimination, and how it is called. A rigid motion is a translation, or a turn about an axis:
 * its name is that of the motion which is simplest to see, so that of all bases of what is free one with axes of the
 * coordinates is taken where there is one. */
#include "fields/boundary_free.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of a pivot, where the largest is 1: squares of lengths over the body's, so that the thinnest body that a mesh may
 * have (1e-5) is held by its end; far above what round-off leaves of nothing (1e-15). */
#define NOTHING 1e-12

void femd_gram_shrink(double *A, int n, double unit) {
    for (int i = 0; i < n; ++i) {
        const double scale = A[i * (n + 1)] > unit ? sqrt(unit / A[i * (n + 1)]) : 1;
        for (int j = 0; j < n; ++j) A[i * n + j] *= scale;
        for (int j = 0; j < n; ++j) A[j * n + i] *= scale;
    }
}

int femd_gram_free(double *A, int n, double *free_ways, int *first) {
    int count = 0;
    char *held = calloc((size_t)n + 1, 1);
    *first = -1;
    if (!held) return -1;
    for (int k = 0; k < n; ++k) {
        int best = -1;
        double most = NOTHING;
        for (int i = 0; i < n; ++i)
            if (!held[i] && A[i * n + i] > most) most = A[(best = i) * n + i];
        if (best < 0) break;
        held[best] = 1;
        const double pivot = A[best * n + best];
        for (int j = 0; j < n; ++j) A[best * n + j] /= pivot;
        for (int i = 0; i < n; ++i) {
            const double factor = A[i * n + best];
            for (int j = 0; i != best && factor != 0 && j < n; ++j) A[i * n + j] -= factor * A[best * n + j];
        }
    }
    for (int f = 0; f < n; ++f) { /* rows of what is held read x_i = - sum of A_if x_f over what is free */
        if (held[f]) continue;
        double *x = free_ways + (size_t)n * (size_t)count++;
        for (int i = 0; i < n; ++i) x[i] = held[i] ? -A[i * n + f] : i == f;
        if (*first < 0) *first = f;
    }
    free(held);
    return count;
}

/* ---- words ---- */

enum { MOTION = 6, MOST = 36 };
#define SMALL 1e-6 /* of a motion of size 1 */

/* Rows are reduced until each leads with a 1 in one of the columns first to last, where the others have 0; those that
 * lead come first. Returns how many. */
static int motions_lead(double (*row)[MOTION], int n, int first, int last) {
    int lead = 0;
    for (int c = first; c <= last; ++c) {
        int best = -1;
        double most = SMALL;
        for (int i = lead; i < n; ++i)
            if (fabs(row[i][c]) > most) most = fabs(row[best = i][c]);
        if (best < 0) continue;
        for (int j = 0; j < MOTION; ++j) {
            const double kept = row[lead][j];
            row[lead][j] = row[best][j];
            row[best][j] = kept;
        }
        for (int j = MOTION - 1; j >= 0; --j)
            if (j != c) row[lead][j] /= row[lead][c];
        row[lead][c] = 1;
        for (int i = 0; i < n; ++i) {
            const double factor = row[i][c];
            for (int j = 0; i != lead && j < MOTION; ++j) row[i][j] -= factor * row[lead][j];
        }
        ++lead;
    }
    return lead;
}

static void words_add(char text[FEMD_FREE_WORDS], const char *format, ...) {
    const size_t used = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text + used, FEMD_FREE_WORDS - used, format, arguments);
    va_end(arguments);
}

/* "x", or "(0.7071, 0.7071, 0)". */
static void words_add_direction(char text[FEMD_FREE_WORDS], const double v[3]) {
    const double length = sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
    double unit[3];
    for (int a = 0; a < 3; ++a) {
        if (fabs(v[a]) > (1 - SMALL) * length) {
            words_add(text, "%c", "xyz"[a]);
            return;
        }
        unit[a] = fabs(v[a]) > SMALL * length ? v[a] / length : 0;
    }
    words_add(text, "(%.4g, %.4g, %.4g)", unit[0], unit[1], unit[2]);
}

static void cross(const double a[3], const double b[3], double out[3]) {
    for (int i = 0; i < 3; ++i) out[i] = a[(i + 1) % 3] * b[(i + 2) % 3] - a[(i + 2) % 3] * b[(i + 1) % 3];
}

static double dot(const double a[3], const double b[3]) {
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* A motion that turns: its axis, the point of it next to the middle, and what it moves along the axis. */
typedef struct turning {
    double axis[3], at[3]; /* of length 1; m */
    double along;          /* of the size per radian */
} turning;

/* u = t - w x y / size vanishes across the axis at y = size (t x w) / w^2. */
static turning turning_of(const double motion[MOTION], const double middle[3], double size) {
    const double *t = motion, *w = motion + 3, square = dot(w, w);
    turning of = {.along = dot(t, w) / square};
    double aside[3];
    cross(t, w, aside);
    for (int a = 0; a < 3; ++a) {
        of.axis[a] = w[a] / sqrt(square);
        of.at[a] = middle[a] + size * aside[a] / square;
        if (fabs(of.at[a]) < SMALL * size) of.at[a] = 0;
    }
    return of;
}

static void words_add_point(char text[FEMD_FREE_WORDS], const double x[3]) {
    words_add(text, " through (%.6g, %.6g, %.6g) m", x[0], x[1], x[2]);
}

/* Three turns about axes along x, y and z that meet: *point is where. Each axis knows two coordinates of it. */
static int turnings_meet(const turning of[3], double size, double point[3]) {
    for (int a = 0; a < 3; ++a) {
        const double one = of[(a + 1) % 3].at[a], other = of[(a + 2) % 3].at[a];
        if (fabs(one - other) > SMALL * size || fabs(of[a].along) > SMALL) return 0;
        point[a] = one;
    }
    return 1;
}

static void words_add_turns(char text[FEMD_FREE_WORDS], double (*row)[MOTION], int turns, const double middle[3],
                            double size, const char *before, int places) {
    turning of[3];
    double point[3];
    for (int i = 0; i < turns; ++i) of[i] = turning_of(row[i], middle, size);
    if (turns == 3 && turnings_meet(of, size, point)) {
        words_add(text, "%srotation about all axes", before);
        if (places) words_add_point(text, point);
        return;
    }
    for (int i = 0; i < turns; ++i, before = " and ") {
        words_add(text, "%s%s about the axis along ", before, fabs(of[i].along) > SMALL ? "a screw" : "rotation");
        words_add_direction(text, of[i].axis);
        if (places) words_add_point(text, of[i].at);
    }
}

void femd_free_words(const double *motion, int n, const double middle[3], double size, char text[FEMD_FREE_WORDS]) {
    double row[MOST][MOTION];
    text[0] = '\0';
    if (n > MOST) n = MOST;
    for (int i = 0; i < n; ++i) memcpy(row[i], motion + MOTION * i, sizeof row[i]);
    const int turns = motions_lead(row, n, 3, 5), slides = motions_lead(row + turns, n - turns, 0, 2);
    for (int i = 0; i < slides; ++i) /* what slides freely anyway is no part of a turn */
        for (int k = 0; k < turns; ++k)
            for (int c = 0; c < 3; ++c) {
                const double *slide = row[turns + i];
                if (slide[c] != 1) continue;
                const double share = row[k][c];
                for (int j = 0; j < 3; ++j) row[k][j] -= share * slide[j];
                break;
            }
    for (int i = 0; i < slides; ++i) {
        words_add(text, "%s", i == 0 ? "translation along " : i + 1 < slides ? ", " : " and ");
        words_add_direction(text, row[turns + i]);
    }
    words_add_turns(text, row, turns, middle, size, slides > 0 ? " and " : "", slides < 2);
}
