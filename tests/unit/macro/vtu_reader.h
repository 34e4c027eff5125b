/* A small reader of the VTU files that femd writes, for cmocka tests. */
#ifndef FEMD_TEST_VTU_READER_H
#define FEMD_TEST_VTU_READER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "femd/buffer.h"

typedef struct read_array {
    char type[16];
    int components;
    uint64_t bytes;
    const uint8_t *data;
} read_array;

static inline const char *find(const char *text, size_t n, const char *what) {
    return memmem(text, n, what, strlen(what));
}

/* The named array of an encoded .vtu; points into b. */
static inline read_array read_back(const femd_buffer *b, const char *name) {
    const char *text = (const char *)b->data;
    char key[80], type[16];
    unsigned long long offset;
    read_array a = {.components = 0};
    snprintf(key, sizeof key, " Name=\"%s\"", name);
    const char *at = find(text, b->size, key);
    assert_non_null(at);
    const char *line = at;
    while (line[-1] != '\n') --line;
    assert_int_equal(sscanf(line, " <DataArray type=\"%15[A-Za-z0-9]\"", type), 1);
    memcpy(a.type, type, sizeof a.type);
    const char *n = strstr(at, "NumberOfComponents=\"");
    assert_int_equal(sscanf(n, "NumberOfComponents=\"%d\"", &a.components), 1);
    assert_int_equal(sscanf(strstr(at, "offset=\""), "offset=\"%llu\"", &offset), 1);
    const char *block = find(text, b->size, "<AppendedData encoding=\"raw\">\n_");
    assert_non_null(block);
    const uint8_t *p = (const uint8_t *)block + strlen("<AppendedData encoding=\"raw\">\n_") + offset;
    a.bytes = femd_get64(p);
    a.data = p + 8;
    assert_true(a.data + a.bytes <= b->data + b->size);
    return a;
}

#endif
