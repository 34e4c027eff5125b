/* See reads.h. */
#include "reads.h"

#include <string.h>

static unsigned long counts[FUZZ_KINDS_MAX];

void fuzz_read(int kind) {
    if (kind >= 0 && kind < FUZZ_KINDS_MAX) counts[kind]++;
}

unsigned long fuzz_count(int kind) {
    return kind >= 0 && kind < FUZZ_KINDS_MAX ? counts[kind] : 0;
}

void fuzz_forget(void) {
    memset(counts, 0, sizeof counts);
}
