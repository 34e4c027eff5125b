/* Values at the nodes of a Gmsh file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mesh/gmsh_scan_private.h"

/* A line of a header, which is text in a binary file too. */
static void view_header_line(gmsh_scan *s, char *text, size_t size) {
    const char *end = memchr(s->at, '\n', (size_t)(s->text + s->size - s->at));
    const size_t length = (size_t)((end ? end : s->text + s->size) - s->at);
    snprintf(text, size, "%.*s", (int)(length < size ? length : size - 1), s->at);
    gmsh_scan_next_line(s);
}

/* A number of lines, then these: the first of them into first. */
static void view_header(gmsh_scan *s, char *first, size_t size) {
    char line[256];
    view_header_line(s, line, sizeof line);
    const long n = strtol(line, NULL, 10);
    first[0] = '\0';
    for (long i = 0; i < n && !gmsh_scan_ended(s); ++i)
        view_header_line(s, i == 0 ? first : line, i == 0 ? size : sizeof line);
}

/* The integers of a view: step, components, number of values. */
static int view_header_integers(gmsh_scan *s, long value[3]) {
    char line[64];
    view_header_line(s, line, sizeof line);
    const long n = strtol(line, NULL, 10);
    for (long i = 0; i < n && !gmsh_scan_ended(s); ++i) {
        view_header_line(s, line, sizeof line);
        if (i < 3) value[i] = strtol(line, NULL, 10);
    }
    return n >= 3;
}

femd_status gmsh_take_view(gmsh_scan *s, femd_error *err) {
    char name[256], time[64];
    long integer[3] = {0};
    gmsh_scan_next_line(s);
    view_header(s, name, sizeof name);
    view_header(s, time, sizeof time);
    if (!view_header_integers(s, integer)) return gmsh_scan_fail(s, err, "no step, components and number of values");
    if (integer[1] != 1) return FEMD_OK; /* vectors and tensors are no temperature */
    if (integer[2] < 0 || (size_t)integer[2] > s->size) return gmsh_scan_fail(s, err, "the file is cut off or damaged");
    femd_gmsh_view *list = gmsh_scan_grown(s->out->view, s->out->nviews, sizeof *list);
    if (!list) return gmsh_scan_no_memory(err);
    s->out->view = list;
    femd_gmsh_view *view = &list[s->out->nviews++];
    *view = (femd_gmsh_view){.time = strtod(time, NULL), .n = (size_t)integer[2]};
    char *begin = name + (name[0] == '"'), *end = begin + strcspn(begin, "\"\r");
    snprintf(view->name, sizeof view->name, "%.*s",
             (int)(end - begin < FEMD_NAME_MAX ? end - begin : FEMD_NAME_MAX - 1), begin);
    view->node = calloc(view->n + 1, sizeof *view->node);
    view->value = calloc(view->n + 1, sizeof *view->value);
    if (!view->node || !view->value) return gmsh_scan_no_memory(err);
    for (size_t i = 0; i < view->n && !s->broken; ++i) {
        view->node[i] = gmsh_node(s, gmsh_scan_integer(s, 0));
        view->value[i] = gmsh_scan_real(s);
        gmsh_scan_line_must_end(s);
        if (view->node[i] >= s->out->nnodes) return gmsh_scan_fail(s, err, "a value at a node that is not in the file");
    }
    s->read = 1;
    return s->broken ? gmsh_scan_fail(s, err, "no number where a value should be") : FEMD_OK;
}
