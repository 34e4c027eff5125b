/* Gmsh's formats 2.2 and 4.1 (Gmsh reference manual, chapter 10). The whole file is read into memory and walked once,
 * section by section; sections that say nothing about the mesh ($Periodic, data, comments) are passed over. Every
 * number from the file is checked before it is used. */
#include "mesh/gmsh_file.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    int type, dim, nodes;
    const char *name;
} gmsh_types[] = {
    {1, 1, 2, "segment"},      {2, 2, 3, "triangle"},       {3, 2, 4, "quadrilateral"}, {4, 3, 4, "tetrahedron"},
    {5, 3, 8, "hexahedron"},   {6, 3, 6, "prism"},          {7, 3, 5, "pyramid"},       {8, 1, 3, "segment"},
    {9, 2, 6, "triangle"},     {10, 2, 9, "quadrilateral"}, {11, 3, 10, "tetrahedron"}, {12, 3, 27, "hexahedron"},
    {13, 3, 18, "prism"},      {14, 3, 14, "pyramid"},      {15, 0, 1, "point"},        {16, 2, 8, "quadrilateral"},
    {17, 3, 20, "hexahedron"}, {18, 3, 15, "prism"},        {19, 3, 13, "pyramid"}};

int femd_gmsh_type(int type, int *dim, int *nodes, const char **name) {
    for (size_t i = 0; i < sizeof gmsh_types / sizeof *gmsh_types; ++i) {
        if (gmsh_types[i].type != type) continue;
        *dim = gmsh_types[i].dim;
        *nodes = gmsh_types[i].nodes;
        *name = gmsh_types[i].name;
        return 1;
    }
    return 0;
}

/* ---- the text of the file ---- */

typedef struct scan {
    char *text; /* NUL behind the last byte */
    size_t size;
    const char *at;
    const char *section; /* for words */
    int binary;
    int broken; /* a number was asked for and not there */
    int views;  /* values at nodes are wanted */
    femd_gmsh_file *out;
    /* 4.1: physical tags of the entities, in out->group */
    struct scan_entity {
        int dim;
        long tag;
        size_t groups;
        int ngroups;
    } * entity;
    size_t nentities, ngroups, group_room;
    long *node_tag;
    struct scan_tag {
        long tag;
        size_t index;
    } * sorted; /* node tags in rising order; NULL while they are consecutive */
} scan;

static long scan_line(const scan *s) {
    long line = 1;
    for (const char *c = s->text; c < s->at; ++c) line += *c == '\n';
    return line;
}

static femd_status scan_fail(const scan *s, femd_error *err, const char *what) {
    if (s->binary) return femd_fail(err, FEMD_BAD_INPUT, "%s: %s", s->section, what);
    return femd_fail(err, FEMD_BAD_INPUT, "line %ld, %s: %s", scan_line(s), s->section, what);
}

static femd_status scan_no_memory(femd_error *err) {
    return femd_fail(err, FEMD_NO_MEMORY, "no memory for the mesh");
}

static femd_status scan_load(const char *path, scan *s, femd_error *err) {
    FILE *f = fopen(path, "rbe");
    if (!f) return femd_fail(err, FEMD_BAD_INPUT, "%s", strerror(errno));
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
    if (bad) return got > 0 ? scan_no_memory(err) : femd_fail(err, FEMD_BAD_INPUT, "it cannot be read");
    s->text[s->size] = '\0';
    s->at = s->text;
    return FEMD_OK;
}

static int scan_ended(const scan *s) {
    return s->at >= s->text + s->size;
}

static void scan_next_line(scan *s) {
    const char *end = memchr(s->at, '\n', (size_t)(s->text + s->size - s->at));
    s->at = end ? end + 1 : s->text + s->size;
}

/* 1 if the line begins with this word. */
static int scan_is(const scan *s, const char *word) {
    const size_t n = strlen(word);
    return strncmp(s->at, word, n) == 0 && (unsigned char)s->at[n] <= ' ';
}

static const char *scan_bytes(scan *s, size_t n) {
    const char *here = s->at;
    if (n > (size_t)(s->text + s->size - s->at)) {
        s->broken = 1;
        return NULL;
    }
    s->at += n;
    return here;
}

/* A whole number: 4 bytes, or 8 where the format has a size. */
static long scan_integer(scan *s, int wide) {
    if (s->binary) {
        int32_t narrow = 0;
        int64_t value = 0;
        const char *p = scan_bytes(s, wide ? 8 : 4);
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

static double scan_real(scan *s) {
    double value = 0;
    if (s->binary) {
        const char *p = scan_bytes(s, sizeof value);
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

/* Text: a line holds one thing. Numbers that are missing or too many would shift all that follows. */
static void scan_line_must_end(scan *s) {
    if (s->binary) return;
    while (*s->at == ' ' || *s->at == '\t' || *s->at == '\r') ++s->at;
    if (*s->at != '\n' && !scan_ended(s)) s->broken = 1;
}

/* A number of things, each of which takes at least a byte. */
static femd_status scan_count(scan *s, int wide, size_t *n, femd_error *err) {
    const long value = scan_integer(s, wide);
    *n = (size_t)value;
    if (!s->broken && value >= 0 && (size_t)value <= s->size) return FEMD_OK;
    return scan_fail(s, err, "the file is cut off or damaged");
}

static void *scan_grown(void *list, size_t n, size_t size) {
    return realloc(list, (n + 1) * size);
}

/* ---- format and names ---- */

static femd_status scan_format(scan *s, femd_error *err) {
    femd_gmsh_file *out = s->out;
    int size = 0, binary = 0;
    scan_next_line(s);
    if (sscanf(s->at, "%lf %d %d", &out->version, &binary, &size) != 3)
        return scan_fail(s, err, "no version, type and size");
    scan_next_line(s);
    const int old = out->version >= 2 && out->version < 3, now = fabs(out->version - 4.1) < 0.01;
    if (!old && !now)
        return femd_fail(err, FEMD_BAD_INPUT, "format %g is not read; save it as 4.1 or 2.2 (in Gmsh: -format msh41)",
                         out->version);
    s->binary = binary != 0;
    if (!s->binary) return FEMD_OK;
    int32_t one = 0;
    const char *p = scan_bytes(s, sizeof one);
    if (p) memcpy(&one, p, sizeof one);
    if (size != 8 || one != 1)
        return femd_fail(err, FEMD_BAD_INPUT,
                         "a binary file of another machine (numbers of %d bytes%s); save it as text", size,
                         one == 1 ? "" : ", other order of bytes");
    scan_next_line(s);
    return FEMD_OK;
}

static femd_status scan_names(scan *s, femd_error *err) {
    femd_gmsh_file *out = s->out;
    for (scan_next_line(s); !scan_ended(s) && *s->at != '$'; scan_next_line(s)) {
        femd_gmsh_name one = {0};
        const char *stop = strchr(s->at, '\n'), *open = strchr(s->at, '"'), *close = open;
        if (!stop) stop = s->text + s->size;
        if (!open || open > stop) continue;
        for (const char *c = open + 1; c < stop; ++c)
            if (*c == '"') close = c;
        if (close == open || sscanf(s->at, "%d %ld", &one.dim, &one.tag) != 2)
            return scan_fail(s, err, "no dimension, tag and \"name\"");
        const size_t n = (size_t)(close - open - 1);
        if (n >= sizeof one.name) return scan_fail(s, err, "a name of more than 63 bytes");
        memcpy(one.name, open + 1, n);
        one.tag = labs(one.tag);
        femd_gmsh_name *more = scan_grown(out->name, out->nnames, sizeof one);
        if (!more) return scan_no_memory(err);
        out->name = more;
        out->name[out->nnames++] = one;
    }
    return FEMD_OK;
}

/* ---- groups ---- */

static femd_status scan_add_group(scan *s, long tag, femd_error *err) {
    if (s->ngroups == s->group_room) {
        const size_t room = 2 * s->group_room + 64;
        long *more = realloc(s->out->group, room * sizeof *more);
        if (!more) return scan_no_memory(err);
        s->out->group = more;
        s->group_room = room;
    }
    s->out->group[s->ngroups++] = labs(tag); /* negative: the surface is seen from its other side */
    return FEMD_OK;
}

/* 4.1: an entity is its tag, its box, its physical tags and what bounds it. */
static femd_status scan_entity_of(scan *s, int dim, femd_error *err) {
    size_t n;
    struct scan_entity *e = &s->entity[s->nentities++];
    *e = (struct scan_entity){.dim = dim, .tag = scan_integer(s, 0), .groups = s->ngroups};
    for (int k = 0; k < (dim == 0 ? 3 : 6); ++k) (void)scan_real(s);
    FEMD_TRY(scan_count(s, 1, &n, err));
    for (size_t k = 0; k < n && !s->broken; ++k) FEMD_TRY(scan_add_group(s, scan_integer(s, 0), err));
    e->ngroups = (int)(s->ngroups - e->groups);
    if (dim > 0) FEMD_TRY(scan_count(s, 1, &n, err));
    for (size_t k = 0; dim > 0 && k < n && !s->broken; ++k) (void)scan_integer(s, 0);
    return s->broken ? scan_fail(s, err, "the file is cut off or damaged") : FEMD_OK;
}

static femd_status scan_entities(scan *s, femd_error *err) {
    size_t n[4], all = 0;
    scan_next_line(s);
    for (int dim = 0; dim < 4; ++dim) {
        FEMD_TRY(scan_count(s, 1, &n[dim], err));
        all += n[dim];
    }
    s->out->has_entities = 1;
    s->entity = calloc(all + 1, sizeof *s->entity);
    if (!s->entity) return scan_no_memory(err);
    for (int dim = 0; dim < 4; ++dim)
        for (size_t k = 0; k < n[dim]; ++k) FEMD_TRY(scan_entity_of(s, dim, err));
    return FEMD_OK;
}

/* ---- nodes ---- */

static int scan_by_tag(const void *a, const void *b) {
    const struct scan_tag *p = a, *q = b;
    return (p->tag > q->tag) - (p->tag < q->tag);
}

static femd_status scan_allocate_nodes(scan *s, size_t n, femd_error *err) {
    free(s->node_tag);
    free(s->out->x);
    s->out->nnodes = n;
    s->node_tag = calloc(n + 1, sizeof *s->node_tag);
    s->out->x = calloc(3 * n + 1, sizeof *s->out->x);
    return s->node_tag && s->out->x ? FEMD_OK : scan_no_memory(err);
}

/* 2.2: "tag x y z" each; parametric ones have more on their line. */
static femd_status scan_nodes_old(scan *s, int parametric, femd_error *err) {
    size_t n;
    if (parametric && s->binary)
        return scan_fail(s, err, "parametric coordinates in a binary file; save it without (Mesh.SaveParametric = 0)");
    FEMD_TRY(scan_allocate_nodes(s, 0, err));
    const int binary = s->binary;
    s->binary = 0;
    scan_next_line(s);
    FEMD_TRY(scan_count(s, 0, &n, err));
    scan_next_line(s);
    s->binary = binary;
    FEMD_TRY(scan_allocate_nodes(s, n, err));
    for (size_t i = 0; i < n && !s->broken; ++i) {
        s->node_tag[i] = scan_integer(s, 0);
        for (int a = 0; a < 3; ++a) s->out->x[3 * i + a] = scan_real(s);
        if (parametric)
            scan_next_line(s);
        else
            scan_line_must_end(s);
    }
    return s->broken ? scan_fail(s, err, "no number where a node should be") : FEMD_OK;
}

/* 4.1: blocks of tags, then of positions with their parameters. */
static femd_status scan_nodes_new(scan *s, femd_error *err) {
    size_t blocks, n, done = 0, here;
    scan_next_line(s);
    FEMD_TRY(scan_count(s, 1, &blocks, err));
    FEMD_TRY(scan_count(s, 1, &n, err));
    (void)scan_integer(s, 1);
    (void)scan_integer(s, 1);
    FEMD_TRY(scan_allocate_nodes(s, n, err));
    for (size_t b = 0; b < blocks; ++b) {
        const long dim = scan_integer(s, 0);
        (void)scan_integer(s, 0);
        const long extra = scan_integer(s, 0) ? dim : 0;
        FEMD_TRY(scan_count(s, 1, &here, err));
        if (here > n - done || extra < 0 || extra > 3) return scan_fail(s, err, "more nodes than it says");
        for (size_t i = 0; i < here; ++i) s->node_tag[done + i] = scan_integer(s, 1);
        for (size_t i = 0; i < here && !s->broken; ++i) {
            for (int a = 0; a < 3; ++a) s->out->x[3 * (done + i) + a] = scan_real(s);
            for (long a = 0; a < extra; ++a) (void)scan_real(s);
            scan_line_must_end(s);
        }
        done += here;
    }
    s->out->nnodes = done;
    return s->broken ? scan_fail(s, err, "no number where a node should be") : FEMD_OK;
}

static femd_status scan_sort_nodes(scan *s, femd_error *err) {
    const size_t n = s->out->nnodes;
    size_t i = 0;
    while (i < n && s->node_tag[i] == s->node_tag[0] + (long)i) ++i;
    if (i == n) return FEMD_OK;
    s->sorted = malloc((n + 1) * sizeof *s->sorted);
    if (!s->sorted) return scan_no_memory(err);
    for (i = 0; i < n; ++i) s->sorted[i] = (struct scan_tag){s->node_tag[i], i};
    qsort(s->sorted, n, sizeof *s->sorted, scan_by_tag);
    for (i = 1; i < n; ++i)
        if (s->sorted[i].tag == s->sorted[i - 1].tag)
            return femd_fail(err, FEMD_BAD_INPUT, "%s: node %ld is there twice", s->section, s->sorted[i].tag);
    return FEMD_OK;
}

/* Index of a node by its tag, nnodes if there is none. */
static size_t scan_node(const scan *s, long tag) {
    const size_t n = s->out->nnodes;
    if (!s->sorted)
        return n > 0 && tag >= s->node_tag[0] && tag - s->node_tag[0] < (long)n ? (size_t)(tag - s->node_tag[0]) : n;
    const struct scan_tag key = {tag, 0}, *hit = bsearch(&key, s->sorted, n, sizeof key, scan_by_tag);
    return hit ? hit->index : n;
}

/* ---- elements ---- */

typedef struct element_list {
    size_t room, nnodes, node_room;
} element_list;

/* Room for one more element of this many nodes. */
static femd_status scan_element_room(scan *s, element_list *list, int nodes, femd_error *err) {
    femd_gmsh_file *out = s->out;
    if (out->nelements == list->room) {
        list->room = 2 * list->room + 1024;
        femd_gmsh_element *more = realloc(out->element, list->room * sizeof *more);
        if (!more) return scan_no_memory(err);
        out->element = more;
    }
    if (list->nnodes + (size_t)nodes > list->node_room) {
        list->node_room = 2 * list->node_room + 8192;
        size_t *more = realloc(out->node, list->node_room * sizeof *more);
        if (!more) return scan_no_memory(err);
        out->node = more;
    }
    return FEMD_OK;
}

static femd_status scan_type(const scan *s, long type, int *nodes, femd_error *err) {
    int dim;
    const char *name;
    if (s->broken) return scan_fail(s, err, "no number where an element should be");
    if (type >= 0 && type < 1000 && femd_gmsh_type((int)type, &dim, nodes, &name)) return FEMD_OK;
    return femd_fail(err, FEMD_BAD_INPUT,
                     "%s: an element of Gmsh's type %ld, which is not read; first and second order are (in Gmsh: "
                     "Mesh.ElementOrder)",
                     s->section, type);
}

/* The nodes of element e, which has its number, type and groups. */
static femd_status scan_element_nodes(scan *s, element_list *list, femd_gmsh_element e, int nodes, int wide,
                                      femd_error *err) {
    FEMD_TRY(scan_element_room(s, list, nodes, err));
    e.nodes = list->nnodes;
    for (int k = 0; k < nodes; ++k) {
        const long tag = scan_integer(s, wide);
        const size_t index = s->broken ? 0 : scan_node(s, tag);
        if (s->broken) return scan_fail(s, err, "an element has fewer or more nodes than its type");
        if (index >= s->out->nnodes)
            return femd_fail(err, FEMD_BAD_INPUT, "%s: element %ld has the node %ld, which is not in the file",
                             s->section, e.number, tag);
        s->out->node[list->nnodes++] = index;
    }
    scan_line_must_end(s);
    if (s->broken) return scan_fail(s, err, "an element has fewer or more nodes than its type");
    s->out->element[s->out->nelements++] = e;
    return FEMD_OK;
}

/* 2.2: "number type ntags tags nodes"; in binary the type and the number of tags stand before a run of elements. The
 * first tag is the physical one, 0 if there is none. */
static femd_status scan_elements_old(scan *s, femd_error *err) {
    size_t n, run = 1;
    element_list list = {0};
    const int binary = s->binary;
    long type = 0, ntags = 0;
    s->binary = 0;
    scan_next_line(s);
    FEMD_TRY(scan_count(s, 0, &n, err));
    scan_next_line(s);
    s->binary = binary;
    for (size_t done = 0; done < n; done += run) {
        femd_gmsh_element e = {0};
        int nodes = 0;
        if (binary) {
            type = scan_integer(s, 0);
            FEMD_TRY(scan_count(s, 0, &run, err));
            ntags = scan_integer(s, 0);
            if (run == 0) return scan_fail(s, err, "the file is cut off or damaged");
        }
        for (size_t i = 0; i < run; ++i) {
            e.number = scan_integer(s, 0);
            if (!binary) {
                type = scan_integer(s, 0);
                ntags = scan_integer(s, 0);
            }
            FEMD_TRY(scan_type(s, type, &nodes, err));
            e.type = (int)type;
            e.ngroups = 0;
            e.groups = s->ngroups;
            for (long k = 0; k < ntags && !s->broken; ++k) {
                const long tag = scan_integer(s, 0);
                if (k > 0 || tag == 0) continue;
                FEMD_TRY(scan_add_group(s, tag, err));
                e.ngroups = 1;
            }
            FEMD_TRY(scan_element_nodes(s, &list, e, nodes, 0, err));
        }
    }
    return FEMD_OK;
}

static const struct scan_entity *scan_find_entity(const scan *s, long dim, long tag) {
    for (size_t i = 0; i < s->nentities; ++i)
        if (s->entity[i].dim == dim && s->entity[i].tag == tag) return &s->entity[i];
    return NULL;
}

/* 4.1: blocks of one entity and one type. */
static femd_status scan_elements_new(scan *s, femd_error *err) {
    size_t blocks, here;
    element_list list = {0};
    scan_next_line(s);
    FEMD_TRY(scan_count(s, 1, &blocks, err));
    for (int k = 0; k < 3; ++k) (void)scan_integer(s, 1);
    for (size_t b = 0; b < blocks; ++b) {
        int nodes = 0;
        const long dim = scan_integer(s, 0), tag = scan_integer(s, 0), type = scan_integer(s, 0);
        FEMD_TRY(scan_type(s, type, &nodes, err));
        FEMD_TRY(scan_count(s, 1, &here, err));
        const struct scan_entity *entity = scan_find_entity(s, dim, tag);
        for (size_t i = 0; i < here; ++i) {
            femd_gmsh_element e = {.type = (int)type};
            if (entity) e.groups = entity->groups, e.ngroups = entity->ngroups;
            e.number = scan_integer(s, 1);
            FEMD_TRY(scan_element_nodes(s, &list, e, nodes, 1, err));
        }
    }
    return FEMD_OK;
}

/* ---- values at nodes ---- */

/* A line of a header, which is text in a binary file too. */
static void scan_header_line(scan *s, char *text, size_t size) {
    const char *end = memchr(s->at, '\n', (size_t)(s->text + s->size - s->at));
    const size_t length = (size_t)((end ? end : s->text + s->size) - s->at);
    snprintf(text, size, "%.*s", (int)(length < size ? length : size - 1), s->at);
    scan_next_line(s);
}

/* A number of lines, then these: the first of them into first. */
static void scan_header(scan *s, char *first, size_t size) {
    char line[256];
    scan_header_line(s, line, sizeof line);
    const long n = strtol(line, NULL, 10);
    first[0] = '\0';
    for (long i = 0; i < n && !scan_ended(s); ++i)
        scan_header_line(s, i == 0 ? first : line, i == 0 ? size : sizeof line);
}

/* The integers of a view: step, components, number of values. */
static int scan_header_integers(scan *s, long value[3]) {
    char line[64];
    scan_header_line(s, line, sizeof line);
    const long n = strtol(line, NULL, 10);
    for (long i = 0; i < n && !scan_ended(s); ++i) {
        scan_header_line(s, line, sizeof line);
        if (i < 3) value[i] = strtol(line, NULL, 10);
    }
    return n >= 3;
}

static femd_status scan_view(scan *s, femd_error *err) {
    char name[256], time[64];
    long integer[3] = {0};
    scan_next_line(s);
    scan_header(s, name, sizeof name);
    scan_header(s, time, sizeof time);
    if (!scan_header_integers(s, integer)) return scan_fail(s, err, "no step, components and number of values");
    if (integer[1] != 1) return FEMD_OK; /* vectors and tensors are no temperature */
    if (integer[2] < 0 || (size_t)integer[2] > s->size) return scan_fail(s, err, "the file is cut off or damaged");
    femd_gmsh_view *list = scan_grown(s->out->view, s->out->nviews, sizeof *list);
    if (!list) return scan_no_memory(err);
    s->out->view = list;
    femd_gmsh_view *view = &list[s->out->nviews++];
    *view = (femd_gmsh_view){.time = strtod(time, NULL), .n = (size_t)integer[2]};
    char *begin = name + (name[0] == '"'), *end = begin + strcspn(begin, "\"\r");
    snprintf(view->name, sizeof view->name, "%.*s",
             (int)(end - begin < FEMD_NAME_MAX ? end - begin : FEMD_NAME_MAX - 1), begin);
    view->node = calloc(view->n + 1, sizeof *view->node);
    view->value = calloc(view->n + 1, sizeof *view->value);
    if (!view->node || !view->value) return scan_no_memory(err);
    for (size_t i = 0; i < view->n && !s->broken; ++i) {
        view->node[i] = scan_node(s, scan_integer(s, 0));
        view->value[i] = scan_real(s);
        scan_line_must_end(s);
        if (view->node[i] >= s->out->nnodes) return scan_fail(s, err, "a value at a node that is not in the file");
    }
    return s->broken ? scan_fail(s, err, "no number where a value should be") : FEMD_OK;
}

/* ---- the whole ---- */

static femd_status scan_section(scan *s, femd_error *err) {
    const int old = s->out->version < 3;
    if (scan_is(s, "$PhysicalNames")) return scan_names(s, err);
    if (scan_is(s, "$PartitionedEntities"))
        return femd_fail(err, FEMD_BAD_INPUT,
                         "the mesh is partitioned ($PartitionedEntities); femd cuts it by itself: save it whole (in "
                         "Gmsh: Mesh > Unpartition)");
    if (!old && scan_is(s, "$Entities")) return scan_entities(s, err);
    if (scan_is(s, "$Nodes") || (old && scan_is(s, "$ParametricNodes"))) {
        FEMD_TRY(old ? scan_nodes_old(s, s->at[1] == 'P', err) : scan_nodes_new(s, err));
        return scan_sort_nodes(s, err);
    }
    if (s->views && scan_is(s, "$NodeData"))
        return s->node_tag ? scan_view(s, err) : scan_fail(s, err, "it stands before $Nodes");
    if (scan_is(s, "$Elements")) {
        if (!s->node_tag) return scan_fail(s, err, "it stands before $Nodes");
        if (s->out->element) return scan_fail(s, err, "it is there twice");
        return old ? scan_elements_old(s, err) : scan_elements_new(s, err);
    }
    return FEMD_OK;
}

/* On behind the line "$End...". */
static femd_status scan_leave(scan *s, femd_error *err) {
    char end[80];
    snprintf(end, sizeof end, "$End%s", s->section + 1);
    const size_t n = strlen(end);
    const char *hit = s->text + s->size, *c = s->at;
    for (; c < s->text + s->size && (c = memchr(c, '$', (size_t)(s->text + s->size - c))) != NULL; ++c)
        if (strncmp(c, end, n) == 0) break;
    if (!c || c >= hit) return femd_fail(err, FEMD_BAD_INPUT, "%s has no end: the file is cut off", s->section);
    s->at = c;
    scan_next_line(s);
    return FEMD_OK;
}

static femd_status scan_all(scan *s, femd_error *err) {
    char section[64] = "";
    if (s->size >= 3 && memcmp(s->text, "\xef\xbb\xbf", 3) == 0) s->at += 3; /* a byte-order mark says nothing */
    s->section = section;
    if (!scan_is(s, "$MeshFormat") && !scan_is(s, "$Comments"))
        return femd_fail(err, FEMD_BAD_INPUT, "it is no Gmsh file: it does not begin with $MeshFormat");
    while (!scan_ended(s)) {
        if (*s->at != '$') {
            scan_next_line(s);
            continue;
        }
        size_t n = 0;
        while (n + 1 < sizeof section && (unsigned char)s->at[n] > ' ') ++n;
        snprintf(section, sizeof section, "%.*s", (int)n, s->at);
        if (scan_is(s, "$MeshFormat"))
            FEMD_TRY(scan_format(s, err));
        else if (s->out->version == 0 && !scan_is(s, "$Comments"))
            return scan_fail(s, err, "it stands before $MeshFormat");
        else
            FEMD_TRY(scan_section(s, err));
        FEMD_TRY(scan_leave(s, err));
    }
    if (!s->node_tag) return femd_fail(err, FEMD_BAD_INPUT, "it has no $Nodes");
    if (!s->out->element && !s->views) return femd_fail(err, FEMD_BAD_INPUT, "it has no $Elements");
    return FEMD_OK;
}

static femd_status gmsh_read(const char *path, int views, femd_gmsh_file *file, femd_error *err) {
    scan s = {.out = file, .views = views};
    memset(file, 0, sizeof *file);
    femd_status rc = scan_load(path, &s, err);
    if (rc == FEMD_OK) rc = scan_all(&s, err);
    free(s.text);
    free(s.entity);
    free(s.node_tag);
    free(s.sorted);
    if (rc != FEMD_OK) femd_gmsh_clear(file);
    return rc;
}

femd_status femd_gmsh_read(const char *path, femd_gmsh_file *file, femd_error *err) {
    return gmsh_read(path, 0, file, err);
}

femd_status femd_gmsh_read_views(const char *path, femd_gmsh_file *file, femd_error *err) {
    return gmsh_read(path, 1, file, err);
}

void femd_gmsh_clear(femd_gmsh_file *file) {
    for (size_t i = 0; i < file->nviews; ++i) {
        free(file->view[i].node);
        free(file->view[i].value);
    }
    free(file->view);
    free(file->name);
    free(file->x);
    free(file->element);
    free(file->group);
    free(file->node);
    memset(file, 0, sizeof *file);
}
