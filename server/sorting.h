/* Sorting in place: no memory of its own, no more than n log n steps whatever stands there. */
#ifndef FEMD_SERVER_SORTING_H
#define FEMD_SERVER_SORTING_H

#include <stddef.h>

/* Sort n items of at most FEMD_SORT_ITEM bytes each so that compare(a, b) <= 0 for every a before b; equals in any
 * order. */
enum { FEMD_SORT_ITEM = 128 };
void femd_sort(void *items, size_t n, size_t size, int (*compare)(const void *a, const void *b));

#endif
