/* "orientations" of a material: one entry of the case for each grain or element, all of one material. To the mesh and
 * the solver each is a material with a region and an orientation; to the server they are one and the same. */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "case/case_read.h"
#include "femd/file.h"
#include "femd/orientation.h"

static femd_status orientations_no_memory(femd_error *err) {
    return femd_fail(err, FEMD_NO_MEMORY, "out of memory for a table of orientations");
}

/* Bytes of a text that are at most n and end no character (UTF-8) in its middle. */
static int orientations_cut(const char *text, size_t n) {
    size_t length = strnlen(text, n);
    while (length > 0 && text[length] && ((unsigned char)text[length] & 0xc0) == 0x80) length--;
    return (int)length;
}

/* One more entry like `base`, which owns the text that they share. */
static femd_status orientations_add(femd_case *c, size_t *room, const femd_case_material *base, const char *region,
                                    int cell, const double Q[9], femd_error *err) {
    if (c->nmaterials == *room) {
        const size_t more = *room + *room / 2 + 16;
        femd_case_material *grown = realloc(c->material, more * sizeof *grown);
        if (!grown) return orientations_no_memory(err);
        c->material = grown;
        *room = more;
    }
    femd_case_material *m = &c->material[c->nmaterials];
    *m = *base;
    snprintf(m->region, sizeof m->region, "%s", region);
    const int owner = orientations_cut(base->name, 40), room_left = (int)sizeof m->name - owner - 3;
    snprintf(m->name, sizeof m->name, "%.*s[%.*s]", owner, base->name, orientations_cut(region, (size_t)room_left),
             region);
    m->by_cell = cell >= 0;
    m->cell = cell;
    m->shares_json = 1;
    memcpy(m->orientation, Q, sizeof m->orientation);
    c->nmaterials++;
    return FEMD_OK;
}

/* ---- in the case: {"grain 1": {"euler": …}, …} ---- */

static femd_status orientations_of_object(femd_case *c, size_t *room, const femd_case_material *base,
                                          const cJSON *table, femd_error *err) {
    double Q[9];
    for (const cJSON *row = table->child; row; row = row->next) {
        const size_t n = strlen(row->string);
        if (n == 0 || n >= FEMD_NAME_MAX)
            return femd_json_fail(&c->doc, row, err, "the name of a region needs 1 to %d characters",
                                  FEMD_NAME_MAX - 1);
        FEMD_TRY(femd_orientation_read(&c->doc, row, Q, err));
        FEMD_TRY(orientations_add(c, room, base, row->string, -1, Q, err));
    }
    return FEMD_OK;
}

/* ---- in a file: a head "region phi1 Phi phi2" or "cell phi1 Phi phi2", then a row for each, angles in degrees ---- */

typedef struct orientation_file {
    FILE *f;
    const char *name;
    long line;
    int by_cell, bad;
    char *text;
    size_t size;
} orientation_file;

static femd_status orientations_bad_line(const femd_case *c, const cJSON *node, const orientation_file *t,
                                         const char *why, femd_error *err) {
    return femd_json_fail(&c->doc, node, err, "%s:%ld: %s", t->name, t->line, why);
}

/* The next line that is not empty and no comment; 0 at the end, or at a line (bad: 1) whose end is none: what stands
 * behind a byte 0 or a lone carriage return would be passed over. */
static int orientations_next_line(orientation_file *t, char **line) {
    for (ssize_t n; (n = getline(&t->text, &t->size, t->f)) >= 0;) {
        t->line++;
        const char *end_of_line = t->text + strcspn(t->text, "\r\n");
        t->bad = strlen(t->text) < (size_t)n || (*end_of_line == '\r' && end_of_line[1] && end_of_line[1] != '\n');
        if (t->bad) return 0;
        char *start = t->text, *end;
        if (t->line == 1 && strncmp(start, "\xef\xbb\xbf", 3) == 0) start += 3;
        start[strcspn(start, "#\r\n")] = '\0';
        while (isspace((unsigned char)*start)) start++;
        for (end = start + strlen(start); end > start && isspace((unsigned char)end[-1]);) *--end = '\0';
        *line = start;
        if (*start) return 1;
    }
    return 0;
}

static femd_status orientations_head(const femd_case *c, const cJSON *node, orientation_file *t, femd_error *err) {
    char *line, kind[16], angle[3][8], rest;
    if (orientations_next_line(t, &line) &&
        sscanf(line, "%15s %7s %7s %7s %c", kind, angle[0], angle[1], angle[2], &rest) == 4 &&
        strcmp(angle[0], "phi1") == 0 && strcmp(angle[1], "Phi") == 0 && strcmp(angle[2], "phi2") == 0) {
        t->by_cell = strcmp(kind, "cell") == 0;
        if (t->by_cell || strcmp(kind, "region") == 0) return FEMD_OK;
    }
    return orientations_bad_line(
        c, node, t,
        "the first line is to be \"region phi1 Phi phi2\" or \"cell phi1 Phi phi2\"; then a line "
        "for each, Bunge's angles in degrees",
        err);
}

static femd_status orientations_row(femd_case *c, size_t *room, const femd_case_material *base, const cJSON *node,
                                    orientation_file *t, char *line, femd_error *err) {
    double degrees[3], Q[9];
    char *angles = line + strlen(line), *end;
    for (int k = 0; k < 3; k++) { /* to the last three words: a name may have blanks */
        while (angles > line && isspace((unsigned char)angles[-1])) angles--;
        while (angles > line && !isspace((unsigned char)angles[-1])) angles--;
    }
    char *next = angles;
    for (int k = 0; k < 3; k++) {
        degrees[k] = strtod(next, &end);
        if (end == next || !isfinite(degrees[k]) || (*end && !isspace((unsigned char)*end)))
            return orientations_bad_line(c, node, t, "three angles are to stand behind the name", err);
        next = end;
    }
    while (angles > line && isspace((unsigned char)angles[-1])) angles--;
    if (angles == line) return orientations_bad_line(c, node, t, "a name and three angles are to stand here", err);
    *angles = '\0';
    long cell = -1;
    if (t->by_cell) {
        errno = 0;
        cell = strtol(line, &end, 10);
        if (errno || *end || cell < 0 || cell > 1000000000)
            return orientations_bad_line(c, node, t, "the number of a cell is to stand first (counted from 0)", err);
    } else if (strlen(line) >= FEMD_NAME_MAX)
        return orientations_bad_line(c, node, t, "the name is too long", err);
    for (int k = 0; k < 3; k++) degrees[k] *= 3.14159265358979323846 / 180;
    femd_orientation_bunge(degrees, Q);
    FEMD_TRY(orientations_add(c, room, base, line, (int)cell, Q, err));
    c->material[c->nmaterials - 1].line = t->line;
    return FEMD_OK;
}

static femd_status orientations_of_file(femd_case *c, size_t *room, const femd_case_material *base, const cJSON *node,
                                        femd_error *err) {
    orientation_file t = {.name = node->valuestring};
    char *path = case_path(c, node->valuestring), *line;
    if (!path) return orientations_no_memory(err);
    const char *why;
    t.f = femd_file_open(path, &why);
    free(path);
    if (!t.f) return femd_json_fail(&c->doc, node, err, "cannot read \"%s\" in %s: %s", t.name, c->folder, why);
    femd_status rc = orientations_head(c, node, &t, err);
    while (rc == FEMD_OK && orientations_next_line(&t, &line))
        rc = orientations_row(c, room, base, node, &t, line, err);
    if (t.bad)
        rc = orientations_bad_line(c, node, &t,
                                   "it has a byte 0, or a carriage return that is not before the line's end: let all "
                                   "lines end with a line feed",
                                   err);
    free(t.text);
    fclose(t.f);
    return rc;
}

femd_status case_read_orientations(femd_case *c, size_t *room, const femd_case_material *base, const cJSON *table,
                                   femd_error *err) {
    const size_t before = c->nmaterials;
    if (cJSON_IsString(table))
        FEMD_TRY(orientations_of_file(c, room, base, table, err));
    else
        FEMD_TRY(orientations_of_object(c, room, base, table, err));
    return c->nmaterials > before ? FEMD_OK : femd_json_fail(&c->doc, table, err, "the table is empty");
}

const char *femd_case_orientation_line(const femd_case_material *material, char text[FEMD_ORIENTATION_LINE]) {
    text[0] = '\0';
    if (material->line > 0)
        snprintf(text, FEMD_ORIENTATION_LINE, " (%.200s:%ld)", femd_json_string(material->node, "orientations", ""),
                 material->line);
    return text;
}
