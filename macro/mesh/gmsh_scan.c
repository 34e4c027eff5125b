/* The text of a Gmsh file: numbers, words and lines, in text and in binary. */
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "femd/file.h"
#include "mesh/gmsh_scan_private.h"

static long scan_line(const gmsh_scan *s) {
    long line = 1;
    for (const char *c = s->text; c < s->at; ++c) line += *c == '\n';
    return line;
}

femd_status gmsh_scan_fail(const gmsh_scan *s, femd_error *err, const char *what) {
    if (s->binary) return femd_fail(err, FEMD_BAD_INPUT, "%s: %s", s->section, what);
    return femd_fail(err, FEMD_BAD_INPUT, "line %ld, %s: %s", scan_line(s), s->section, what);
}

femd_status gmsh_scan_no_memory(femd_error *err) {
    return femd_fail(err, FEMD_NO_MEMORY, "no memory for the mesh");
}

static void scan_end_lines(gmsh_scan *s) {
    for (size_t i = 0; i < s->size; ++i)
        if (s->text[i] == '\r') s->text[i] = '\n';
}

femd_status gmsh_scan_load(const char *path, gmsh_scan *s, femd_error *err) {
    const char *why;
    FILE *f = femd_file_open(path, &why);
    if (!f) return femd_fail(err, FEMD_BAD_INPUT, "%s", why);
    size_t room = 0, got = 1;
    while (got > 0) {
        if (s->size + 65536 > room) {
            room = 2 * room + 131072;
            char *more = realloc(s->text, room + 1);
            if (!more) break;
            s->text = more;
        }
        got = fread(s->text + s->size, 1, room - s->size, f);
        s->size += got;
    }
    const int bad = ferror(f) || got > 0;
    fclose(f);
    if (bad) return got > 0 ? gmsh_scan_no_memory(err) : femd_fail(err, FEMD_BAD_INPUT, "it cannot be read");
    s->text[s->size] = '\0';
    s->at = s->text;
    if (!memchr(s->text, '\n', s->size)) scan_end_lines(s);
    return FEMD_OK;
}

int gmsh_scan_ended(const gmsh_scan *s) {
    return s->at >= s->text + s->size;
}

void gmsh_scan_next_line(gmsh_scan *s) {
    const char *end = memchr(s->at, '\n', (size_t)(s->text + s->size - s->at));
    s->at = end ? end + 1 : s->text + s->size;
}

int gmsh_scan_is(const gmsh_scan *s, const char *word) {
    const size_t n = strlen(word);
    return strncmp(s->at, word, n) == 0 && (unsigned char)s->at[n] <= ' ';
}

const char *gmsh_scan_bytes(gmsh_scan *s, size_t n) {
    const char *here = s->at;
    if (n > (size_t)(s->text + s->size - s->at)) {
        s->broken = 1;
        return NULL;
    }
    s->at += n;
    return here;
}

long gmsh_scan_integer(gmsh_scan *s, int wide) {
    if (s->binary) {
        int32_t narrow = 0;
        int64_t value = 0;
        const char *p = gmsh_scan_bytes(s, wide ? 8 : 4);
        if (!p) return 0;
        if (wide)
            memcpy(&value, p, sizeof value);
        else
            memcpy(&narrow, p, sizeof narrow), value = narrow;
        return (long)value;
    }
    char *end;
    errno = 0;
    const long value = strtol(s->at, &end, 10);
    if (end == s->at || errno || (unsigned char)*end > ' ') {
        s->broken = 1;
        return 0;
    }
    s->at = end;
    return value;
}

double gmsh_scan_real(gmsh_scan *s) {
    double value = 0;
    if (s->binary) {
        const char *p = gmsh_scan_bytes(s, sizeof value);
        if (p) memcpy(&value, p, sizeof value);
    } else {
        char *end;
        value = strtod(s->at, &end);
        if (end == s->at) s->broken = 1;
        s->at = end;
    }
    if (!isfinite(value)) s->broken = 1;
    return value;
}

void gmsh_scan_line_must_end(gmsh_scan *s) {
    if (s->binary) return;
    while (*s->at == ' ' || *s->at == '\t' || *s->at == '\r') ++s->at;
    if (*s->at != '\n' && !gmsh_scan_ended(s)) s->broken = 1;
}

femd_status gmsh_scan_count(gmsh_scan *s, int wide, size_t *n, femd_error *err) {
    const long value = gmsh_scan_integer(s, wide);
    *n = (size_t)value;
    if (!s->broken && value >= 0 && (size_t)value <= s->size) return FEMD_OK;
    return gmsh_scan_fail(s, err, "the file is cut off or damaged");
}

void *gmsh_scan_grown(void *list, size_t n, size_t size) {
    return realloc(list, (n + 1) * size);
}

femd_status gmsh_scan_group(gmsh_scan *s, long tag, femd_error *err) {
    if (s->ngroups == s->group_room) {
        const size_t room = 2 * s->group_room + 64;
        long *more = realloc(s->out->group, room * sizeof *more);
        if (!more) return gmsh_scan_no_memory(err);
        s->out->group = more;
        s->group_room = room;
    }
    s->out->group[s->ngroups++] = labs(tag); /* negative: the surface is seen from its other side */
    return FEMD_OK;
}
