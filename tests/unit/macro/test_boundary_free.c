/* Rigid motions that nothing holds, by their names: of a body held as a few nodes and directions say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "fields/boundary_free.h"
#include "fields/mechanics.h"

enum { MODES = 6, MOST = 12 };

/* Displacement at x along a direction is held. */
typedef struct hold {
    double x[3], along[3];
} hold;

static const double middle[3] = {1, 2, 3}, size = 4;

static void gram_of(const hold *held, int n, double A[MODES * MODES]) {
    double most = 0;
    memset(A, 0, MODES * MODES * sizeof *A);
    for (int h = 0; h < n; ++h) {
        double row[MODES], x[3], u[3];
        for (int a = 0; a < 3; ++a) x[a] = (held[h].x[a] - middle[a]) / size;
        for (int m = 0; m < MODES; ++m) {
            femd_displacement.mode(m, x, u);
            row[m] = u[0] * held[h].along[0] + u[1] * held[h].along[1] + u[2] * held[h].along[2];
        }
        for (int i = 0; i < MODES * MODES; ++i) A[i] += row[i / MODES] * row[i % MODES];
    }
    for (int i = 0; i < MODES; ++i) most = fmax(most, A[7 * i]);
    for (int i = 0; i < MODES * MODES && most > 0; ++i) A[i] /= most;
}

static void named(const hold *held, int n, int expected, const char *words) {
    double A[MODES * MODES], free_ways[MODES * MODES];
    char text[FEMD_FREE_WORDS];
    int first;
    gram_of(held, n, A);
    const int count = femd_gram_free(A, MODES, free_ways, &first);
    femd_free_words(free_ways, count, middle, size, text);
    assert_string_equal(text, words);
    assert_int_equal(count, expected);
    assert_true(count > 0 ? free_ways[first] == 1 : first == -1);
    gram_of(held, n, A); /* each is one: it moves nothing that is held */
    for (int k = 0; k < count; ++k)
        for (int i = 0; i < MODES; ++i) {
            double sum = 0;
            for (int j = 0; j < MODES; ++j) sum += A[MODES * i + j] * free_ways[MODES * k + j];
            assert_true(fabs(sum) < 1e-12);
        }
}

#define POINT(a, b, c)                                                                                                 \
    {{a, b, c}, {1, 0, 0}}, {{a, b, c}, {0, 1, 0}}, {                                                                  \
        {a, b, c}, {                                                                                                   \
            0, 0, 1                                                                                                    \
        }                                                                                                              \
    }
#define FACE(i, x)                                                                                                     \
    {{i == 0 ? x : 0, i == 1 ? x : 0, i == 2 ? x : 0}, {i == 0, i == 1, i == 2}},                                      \
        {{i == 0 ? x : 5, i == 1 ? x : 0, i == 2 ? x : 0}, {i == 0, i == 1, i == 2}},                                  \
        {{i == 0 ? x : 0, i == 1 ? x : 5, i == 2 ? x : 0}, {i == 0, i == 1, i == 2}}, {                                \
        {i == 0 ? x : 0, i == 1 ? x : 0, i == 2 ? x : 5}, {                                                            \
            i == 0, i == 1, i == 2                                                                                     \
        }                                                                                                              \
    }
#define NAMED(expected, words, ...)                                                                                    \
    do {                                                                                                               \
        const hold held[] = {__VA_ARGS__};                                                                             \
        named(held, (int)(sizeof held / sizeof *held), expected, words);                                               \
    } while (0)

static void what_is_free_has_a_name(void **state) {
    (void)state;
    named(NULL, 0, 6, "translation along x, y and z and rotation about all axes");
    NAMED(3, "rotation about all axes through (0, 2, 7) m", POINT(0, 2, 7));
    NAMED(1, "rotation about the axis along z through (5, -1, 3) m", POINT(5, -1, 0), POINT(5, -1, 8));
    NAMED(1, "rotation about the axis along (0.7071, 0.7071, 0) through (1.5, 1.5, 0) m", POINT(0, 0, 0),
          POINT(1, 1, 0));
    NAMED(3, "translation along x and z and rotation about the axis along y", FACE(1, 2));
    NAMED(1, "translation along z", FACE(0, 0), FACE(1, 0));
    NAMED(1, "rotation about the axis along x through (1, 2, -3) m", FACE(0, 0), POINT(0, 2, -3));
    NAMED(0, "", FACE(0, 0), FACE(1, 0), FACE(2, 0));
    NAMED(0, "", POINT(0, 0, 0), POINT(1, 0, 0), POINT(0, 1, 0));
}

#define CORNERS(d) POINT(-1, 2 - d, 3 - d), POINT(-1, 2 + d, 3 - d), POINT(-1, 2 - d, 3 + d), POINT(-1, 2 + d, 3 + d)

/* A rod that is clamped at its end is held, as thin as a mesh may be; nodes that are off a line by round-off are not.
 */
static void thin_ends_hold(void **state) {
    (void)state;
    NAMED(0, "", CORNERS(1e-2));
    NAMED(0, "", CORNERS(2.1e-5));
    NAMED(3, "rotation about all axes through (-1, 2, 3) m", CORNERS(1e-7));
    NAMED(1, "rotation about the axis along x through (1, 2, 3) m", POINT(-1, 2, 3), POINT(3, 2, 3),
          POINT(1, 2 + 1e-7, 3));
}

static void slopes_are_named_by_their_direction(void **state) {
    (void)state;
    /* two inclined planes that meet along y, the second held against turning by two more nodes */
    NAMED(1, "translation along y", {{0, 0, 0}, {0.6, 0, 0.8}}, {{3, 0, 1}, {0.6, 0, 0.8}}, {{0, 5, 0}, {0.6, 0, 0.8}},
          {{1, 1, 3}, {0.8, 0, -0.6}}, {{1, 7, 3}, {0.8, 0, -0.6}});
    NAMED(1, "translation along (0.8, 0, -0.6)", {{0, 0, 0}, {0.6, 0, 0.8}}, {{3, 0, 1}, {0.6, 0, 0.8}},
          {{0, 5, 0}, {0.6, 0, 0.8}}, {{1, 1, 3}, {0, 1, 0}}, {{5, 1, 0}, {0, 1, 0}});
}

/* A nut: what holds it against turning alone and against sliding alone is one direction, and both together are free. */
static void a_thread_leaves_a_screw(void **state) {
    (void)state;
    double A[MODES * MODES], free_ways[MODES * MODES];
    char text[FEMD_FREE_WORDS];
    int first;
    const hold held[] = {{{0, 0, 0}, {1, 0, 0}},
                         {{0, 0, 0}, {0, 1, 0}},
                         {{0, 0, 4}, {1, 0, 0}},
                         {{0, 0, 4}, {0, 1, 0}},
                         {{1, 0, 0}, {0, 0.8, 0.6}}};
    gram_of(held, 5, A);
    assert_int_equal(femd_gram_free(A, MODES, free_ways, &first), 1);
    femd_free_words(free_ways, 1, middle, size, text);
    assert_string_equal(text, "a screw about the axis along z through (0, 0, 3) m");
}

/* A point that slides along x keeps all turns: about axes that may stand anywhere in the ways that it slides. */
static void slides_and_turns_are_told_apart(void **state) {
    (void)state;
    NAMED(4,
          "translation along x and rotation about the axis along x through (1, 5, 6) m and rotation about the axis "
          "along y through (0, 2, 3) m and rotation about the axis along z through (0, 2, 3) m",
          {{0, 5, 6}, {0, 1, 0}}, {{0, 5, 6}, {0, 0, 1}});
}

/* What is called is what the motions span, not each by itself. */
static void names_are_those_of_what_is_spanned(void **state) {
    (void)state;
    static const double mixed[3][6] = {{0, 0, 0, 1, 1, 0}, {0, 0, 0, 0, 2, 0}, {0, 1, 0, 1, 3, 0}};
    static const double large[6] = {1, 0, 0, 0, 0, 2};
    char text[FEMD_FREE_WORDS];
    femd_free_words(large, 1, middle, size, text);
    assert_string_equal(text, "rotation about the axis along z through (1, 0, 3) m");
    femd_free_words(mixed[0], 2, middle, size, text);
    assert_string_equal(text, "rotation about the axis along x through (1, 2, 3) m and rotation about the axis along y "
                              "through (1, 2, 3) m");
    femd_free_words(mixed[0], 3, middle, size, text);
    assert_string_equal(text,
                        "translation along y and rotation about the axis along x through (1, 2, 3) m and rotation "
                        "about the axis along y through (1, 2, 3) m");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_free_has_a_name), cmocka_unit_test(slopes_are_named_by_their_direction),
        cmocka_unit_test(a_thread_leaves_a_screw), cmocka_unit_test(slides_and_turns_are_told_apart),
        cmocka_unit_test(names_are_those_of_what_is_spanned)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
