/* Heapsort (J. W. J. Williams, Algorithm 232, 1964). */
#include "sorting.h"

#include <string.h>

/* The item at `root` sinks until none below it is greater. */
static void sort_sink(char *items, size_t root, size_t n, size_t size, int (*compare)(const void *, const void *)) {
    char held[FEMD_SORT_ITEM];
    memcpy(held, items + root * size, size);
    for (size_t child; (child = 2 * root + 1) < n; root = child) {
        if (child + 1 < n && compare(items + child * size, items + (child + 1) * size) < 0) child++;
        if (compare(held, items + child * size) >= 0) break;
        memcpy(items + root * size, items + child * size, size);
    }
    memcpy(items + root * size, held, size);
}

void femd_sort(void *items, size_t n, size_t size, int (*compare)(const void *a, const void *b)) {
    char *at = items, held[FEMD_SORT_ITEM];
    for (size_t root = n / 2; root-- > 0;) sort_sink(at, root, n, size, compare);
    while (n-- > 1) {
        memcpy(held, at, size);
        memcpy(at, at + n * size, size);
        memcpy(at + n * size, held, size);
        sort_sink(at, 0, n, size, compare);
    }
}
