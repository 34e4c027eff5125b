/* Words, lines and numbers of a potential's file, with messages that name file and line. It knows no format. */
#include "potentials/potential_text.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>

#include "crystal/file_text.h"

femd_status femd_text_open(femd_text *r, const femd_json *doc, const cJSON *node, const femd_pack *pack,
                           const char *name, femd_error *err) {
    *r = (femd_text){.name = name, .line = 1, .err = err};
    FEMD_TRY(femd_file_text(doc, node, pack, name, &r->text, &r->size, err));
    r->at = r->text;
    return FEMD_OK;
}

/* Undo the cut behind the last word. */
static void text_join(femd_text *r) {
    if (r->held) *r->at = r->held;
    r->held = '\0';
}

char *femd_text_line(femd_text *r) {
    text_join(r);
    char *line = r->at, *end;
    if (!*line) return NULL;
    end = strchr(line, '\n');
    r->at = end ? end + 1 : line + strlen(line);
    if (end) *end = '\0';
    r->line += end != NULL;
    return line;
}

char *femd_text_word(femd_text *r) {
    text_join(r);
    while (isspace((unsigned char)*r->at)) r->line += *r->at++ == '\n';
    if (!*r->at) return NULL;
    char *word = r->at;
    while (*r->at && !isspace((unsigned char)*r->at)) r->at++;
    r->held = *r->at;
    *r->at = '\0';
    return word;
}

int femd_text_skip(femd_text *r) {
    int words = 0;
    for (const char *p = femd_text_line(r); p && *(p += strspn(p, " \t\r\v\f")); p += strcspn(p, " \t\r\v\f")) words++;
    return words;
}

femd_status femd_text_number(femd_text *r, double *out, const char *what) {
    char *word = femd_text_word(r), *end;
    if (!word) return femd_fail(r->err, FEMD_BAD_INPUT, "%s: the file ends where %s is expected", r->name, what);
    *out = strtod(word, &end);
    if (*end || !isfinite(*out))
        return femd_fail(r->err, FEMD_BAD_INPUT, "%s:%d: \"%.40s\" where %s is expected", r->name, r->line, word, what);
    return FEMD_OK;
}

femd_status femd_text_title(femd_text *r) {
    const char *line = femd_text_line(r), *units;
    if (!line) return femd_fail(r->err, FEMD_BAD_INPUT, "%s: the file is empty", r->name);
    units = strstr(line, "UNITS:");
    if (!units) return FEMD_OK;
    units += strlen("UNITS:");
    units += strspn(units, " \t");
    const int length = (int)strcspn(units, " \t\r");
    if (length == 5 && strncmp(units, "metal", 5) == 0) return FEMD_OK;
    return femd_fail(r->err, FEMD_BAD_INPUT, "%s:1: units \"%.*s\"; accepted: metal", r->name,
                     length < 20 ? length : 20, units);
}

const char *femd_text_name(const cJSON *potential, const char *species) {
    return femd_json_string(femd_json_get(potential, "species"), species, species);
}

void femd_text_close(femd_text *r) {
    free(r->text);
    r->text = r->at = NULL;
}

void femd_text_uncomment(femd_text *r) {
    text_join(r);
    for (char *c = r->at; (c = strchr(c, '#'));)
        while (*c && *c != '\n') *c++ = ' ';
}
