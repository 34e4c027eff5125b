/* Planes of atoms parallel to the faces of a cell: where gaps part them, how they are numbered, what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "crystal/planes.h"

enum { MOST = 16 };

/* Atoms at these heights along z of a cell of height L, whose lattice vectors lean. */
typedef struct stack {
    const char *name;
    double L;
    int n;
    double z[MOST];
    int of[MOST], turn[MOST], count; /* wanted; count 0: refused */
} stack;

static void planes_are_parted_by_gaps(void **state) {
    (void)state;
    static const stack stacks[] = {
        {"even", 4, 4, {0, 1, 2, 3}, {0, 1, 2, 3}, {0}, 4},
        {"in any order", 4, 5, {3, 1, 0, 2, 1}, {3, 1, 0, 2, 1}, {0}, 4},
        {"two distances, as across the prisms of hcp", 6, 4, {0, 1, 3, 4}, {0, 1, 2, 3}, {0}, 4},
        {"sheets of pairs, as of silicon", 8, 4, {0, 1, 4, 5}, {0, 0, 1, 1}, {0}, 2},
        {"the first wrapped to the other side", 4, 5, {4 - 1e-9, 1, 2, 3, 0}, {0, 1, 2, 3, 0}, {-1, 0, 0, 0, 0}, 4},
        {"all of it", 4, 4, {4 - 1e-9, 1, 2, 3}, {0, 1, 2, 3}, {-1, 0, 0, 0}, 4},
        {"far outside", 4, 4, {8, -3, 2, -1}, {0, 1, 2, 3}, {-2, 1, 0, 1}, 4},
        {"half a gap above the face", 4, 4, {0.5, 1.5, 2.5, 3.5}, {0, 1, 2, 3}, {0}, 4},
        {"one plane", 4, 2, {1, 1}, {0, 0}, {0}, 1},
        {"rough", 4, 5, {0.05, 1.1, 1.95, 2.9, 0}, {0, 1, 2, 3, 0}, {0}, 4},
        {"a slab in vacuum", 9, 4, {0, 1, 2, 3}, {0}, {0}, 0},
        {"a slab in more, which is one plane", 20, 4, {0, 1, 2, 3}, {0, 0, 0, 0}, {0}, 1},
        {"a liquid", 4, 14, {0, .3, .5, .8, 1, 1.1, 1.4, 1.5, 1.8, 2, 2.2, 2.4, 2.6, 2.9}, {0}, {0}, 0},
    };
    for (size_t k = 0; k < sizeof stacks / sizeof *stacks; k++) {
        const stack *s = &stacks[k];
        const double cell[9] = {3, 0, 0, 0.7, 3, 0, 0.4, -0.9, s->L};
        double x[3 * MOST];
        int of[MOST], turn[3 * MOST] = {0}, count = 0;
        femd_error err = FEMD_ERROR_INIT;
        for (int i = 0; i < s->n; i++) {
            x[3 * i] = 0.3 * i;
            x[3 * i + 1] = 1 - 0.2 * i;
            x[3 * i + 2] = s->z[i];
        }
        const femd_status rc = femd_planes_find(cell, s->n, x, 2, of, turn + 2, &count, &err);
        if ((rc == FEMD_OK) != (s->count > 0)) fail_msg("%s: %s", s->name, err.text);
        if (!s->count && !strstr(err.text, "no planes parallel to face 3")) fail_msg("%s", err.text);
        if (!s->count) continue;
        if (count != s->count) fail_msg("%s: %d planes", s->name, count);
        for (int i = 0; i < s->n; i++)
            if (of[i] != s->of[i] || turn[3 * i + 2] != s->turn[i])
                fail_msg("%s: atom %d in plane %d, turned %d times", s->name, i, of[i], turn[3 * i + 2]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planes_are_parted_by_gaps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
