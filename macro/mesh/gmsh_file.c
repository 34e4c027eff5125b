/* Gmsh's formats 2.2 and 4.1 (Gmsh reference manual, chapter 10). The whole file is read into memory and walked once,
 * section by section; sections that say nothing about the mesh ($Periodic, data, comments) are passed over. Every
 * number from the file is checked before it is used. */
#include "mesh/gmsh_file.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mesh/gmsh_scan_private.h"

/* ---- format and names ---- */

static femd_status file_format(gmsh_scan *s, femd_error *err) {
    femd_gmsh_file *out = s->out;
    int size = 0, binary = 0;
    gmsh_scan_next_line(s);
    if (sscanf(s->at, "%lf %d %d", &out->version, &binary, &size) != 3)
        return gmsh_scan_fail(s, err, "no version, type and size");
    gmsh_scan_next_line(s);
    const int old = out->version >= 2 && out->version < 3, now = fabs(out->version - 4.1) < 0.01;
    if (!old && !now)
        return femd_fail(err, FEMD_BAD_INPUT, "format %g is not read; save it as 4.1 or 2.2 (in Gmsh: -format msh41)",
                         out->version);
    s->binary = binary != 0;
    if (!s->binary) {
        const char *nul = memchr(s->text, '\0', s->size);
        if (!nul) return FEMD_OK;
        s->at = nul;
        return gmsh_scan_fail(s, err, "a NUL byte, which no text has: the file is damaged");
    }
    int32_t one = 0;
    const char *p = gmsh_scan_bytes(s, sizeof one);
    if (p) memcpy(&one, p, sizeof one);
    if (size != 8 || one != 1)
        return femd_fail(err, FEMD_BAD_INPUT,
                         "a binary file of another machine (numbers of %d bytes%s); save it as text", size,
                         one == 1 ? "" : ", other order of bytes");
    gmsh_scan_next_line(s);
    return FEMD_OK;
}

/* A line "dimension tag "name"", in which the name may have quotes. */
static femd_status file_name(gmsh_scan *s, femd_error *err) {
    femd_gmsh_file *out = s->out;
    femd_gmsh_name one = {0};
    const char *stop = strchr(s->at, '\n'), *open = strchr(s->at, '"'), *close = open;
    if (!stop) stop = s->text + s->size;
    for (const char *c = open ? open + 1 : stop; c < stop; ++c)
        if (*c == '"') close = c;
    if (close == open || sscanf(s->at, "%d %ld", &one.dim, &one.tag) != 2)
        return gmsh_scan_fail(s, err, "no dimension, tag and \"name\"");
    const size_t n = (size_t)(close - open - 1);
    if (n >= sizeof one.name) return gmsh_scan_fail(s, err, "a name of more than 63 bytes");
    memcpy(one.name, open + 1, n);
    one.tag = labs(one.tag);
    femd_gmsh_name *more = gmsh_scan_grown(out->name, out->nnames, sizeof one);
    if (!more) return gmsh_scan_no_memory(err);
    out->name = more;
    out->name[out->nnames++] = one;
    return FEMD_OK;
}

static femd_status file_names(gmsh_scan *s, femd_error *err) {
    const int binary = s->binary;
    size_t n;
    gmsh_scan_next_line(s);
    s->binary = 0;
    FEMD_TRY(gmsh_scan_count(s, 0, &n, err));
    gmsh_scan_line_must_end(s);
    if (s->broken) return gmsh_scan_fail(s, err, "no number of names");
    for (size_t k = 0; k < n;) {
        gmsh_scan_next_line(s);
        const char *first = s->at + strspn(s->at, " \t\r");
        if (*first == '\n') continue;
        if (gmsh_scan_ended(s) || *first == '$') return gmsh_scan_fail(s, err, "fewer names than it says");
        FEMD_TRY(file_name(s, err));
        k++;
    }
    if (n > 0) gmsh_scan_next_line(s);
    s->binary = binary;
    s->read = 1;
    return FEMD_OK;
}

/* ---- groups ---- */

/* 4.1: an entity is its tag, its box, its physical tags and what bounds it. */
static femd_status file_entity_of(gmsh_scan *s, int dim, femd_error *err) {
    size_t n;
    struct gmsh_entity *e = &s->entity[s->nentities++];
    *e = (struct gmsh_entity){.dim = dim, .tag = gmsh_scan_integer(s, 0), .groups = s->ngroups};
    for (int k = 0; k < (dim == 0 ? 3 : 6); ++k) (void)gmsh_scan_real(s);
    FEMD_TRY(gmsh_scan_count(s, 1, &n, err));
    for (size_t k = 0; k < n && !s->broken; ++k) FEMD_TRY(gmsh_scan_group(s, gmsh_scan_integer(s, 0), err));
    e->ngroups = (int)(s->ngroups - e->groups);
    if (dim > 0) FEMD_TRY(gmsh_scan_count(s, 1, &n, err));
    for (size_t k = 0; dim > 0 && k < n && !s->broken; ++k) (void)gmsh_scan_integer(s, 0);
    return s->broken ? gmsh_scan_fail(s, err, "the file is cut off or damaged") : FEMD_OK;
}

static femd_status file_entities(gmsh_scan *s, femd_error *err) {
    size_t n[4], all = 0;
    gmsh_scan_next_line(s);
    for (int dim = 0; dim < 4; ++dim) {
        FEMD_TRY(gmsh_scan_count(s, 1, &n[dim], err));
        all += n[dim];
    }
    s->out->has_entities = 1;
    s->entity = calloc(all + 1, sizeof *s->entity);
    if (!s->entity) return gmsh_scan_no_memory(err);
    for (int dim = 0; dim < 4; ++dim)
        for (size_t k = 0; k < n[dim]; ++k) FEMD_TRY(file_entity_of(s, dim, err));
    s->read = 1;
    return FEMD_OK;
}

/* ---- the whole ---- */

static femd_status file_section(gmsh_scan *s, femd_error *err) {
    const int old = s->out->version < 3;
    if (gmsh_scan_is(s, "$PhysicalNames")) return file_names(s, err);
    if (gmsh_scan_is(s, "$PartitionedEntities"))
        return femd_fail(err, FEMD_BAD_INPUT,
                         "the mesh is partitioned ($PartitionedEntities); femd cuts it by itself: save it whole (in "
                         "Gmsh: Mesh > Unpartition)");
    if (!old && gmsh_scan_is(s, "$Entities")) return file_entities(s, err);
    if (gmsh_scan_is(s, "$Nodes") || (old && gmsh_scan_is(s, "$ParametricNodes"))) {
        FEMD_TRY(old ? gmsh_take_nodes_old(s, s->at[1] == 'P', err) : gmsh_take_nodes_new(s, err));
        return gmsh_sort_nodes(s, err);
    }
    if (s->views && gmsh_scan_is(s, "$NodeData"))
        return s->node_tag ? gmsh_take_view(s, err) : gmsh_scan_fail(s, err, "it stands before $Nodes");
    if (gmsh_scan_is(s, "$Elements")) {
        if (!s->node_tag) return gmsh_scan_fail(s, err, "it stands before $Nodes");
        if (s->out->element) return gmsh_scan_fail(s, err, "it is there twice");
        return old ? gmsh_take_elements_old(s, err) : gmsh_take_elements_new(s, err);
    }
    return FEMD_OK;
}

/* On behind the line "$End...". Of a section that has been read nothing may stand before that: it would have been left
 * out. */
static femd_status file_leave(gmsh_scan *s, femd_error *err) {
    char end[80];
    snprintf(end, sizeof end, "$End%s", s->section + 1);
    const size_t n = strlen(end);
    while (s->read && !gmsh_scan_ended(s) && (unsigned char)*s->at <= ' ') ++s->at;
    if (s->read && !gmsh_scan_ended(s) && strncmp(s->at, end, n) != 0)
        return gmsh_scan_fail(s, err,
                              "more stands there than the section says that it has; mend its count or its lines");
    const char *hit = s->text + s->size, *c = s->at;
    for (; c < s->text + s->size && (c = memchr(c, '$', (size_t)(s->text + s->size - c))) != NULL; ++c)
        if (strncmp(c, end, n) == 0) break;
    if (!c || c >= hit) return femd_fail(err, FEMD_BAD_INPUT, "%s has no end: the file is cut off", s->section);
    s->at = c;
    gmsh_scan_next_line(s);
    return FEMD_OK;
}

static femd_status file_all(gmsh_scan *s, femd_error *err) {
    char section[64] = "";
    if (s->size >= 3 && memcmp(s->text, "\xef\xbb\xbf", 3) == 0) s->at += 3; /* a byte-order mark says nothing */
    s->section = section;
    if (!gmsh_scan_is(s, "$MeshFormat") && !gmsh_scan_is(s, "$Comments"))
        return femd_fail(err, FEMD_BAD_INPUT, "it is no Gmsh file: it does not begin with $MeshFormat");
    while (!gmsh_scan_ended(s)) {
        if (*s->at != '$') {
            gmsh_scan_next_line(s);
            continue;
        }
        size_t n = 0;
        while (n + 1 < sizeof section && (unsigned char)s->at[n] > ' ') ++n;
        snprintf(section, sizeof section, "%.*s", (int)n, s->at);
        s->read = 0;
        if (gmsh_scan_is(s, "$MeshFormat"))
            FEMD_TRY(file_format(s, err));
        else if (s->out->version == 0 && !gmsh_scan_is(s, "$Comments"))
            return gmsh_scan_fail(s, err, "it stands before $MeshFormat");
        else
            FEMD_TRY(file_section(s, err));
        FEMD_TRY(file_leave(s, err));
    }
    if (!s->node_tag) return femd_fail(err, FEMD_BAD_INPUT, "it has no $Nodes");
    if (!s->out->element && !s->views) return femd_fail(err, FEMD_BAD_INPUT, "it has no $Elements");
    return FEMD_OK;
}

static femd_status file_read(const char *path, int views, femd_gmsh_file *file, femd_error *err) {
    gmsh_scan s = {.out = file, .views = views};
    memset(file, 0, sizeof *file);
    femd_status rc = gmsh_scan_load(path, &s, err);
    if (rc == FEMD_OK) rc = file_all(&s, err);
    free(s.text);
    free(s.entity);
    free(s.node_tag);
    free(s.sorted);
    if (rc != FEMD_OK) femd_gmsh_clear(file);
    return rc;
}

femd_status femd_gmsh_read(const char *path, femd_gmsh_file *file, femd_error *err) {
    return file_read(path, 0, file, err);
}

femd_status femd_gmsh_read_views(const char *path, femd_gmsh_file *file, femd_error *err) {
    return file_read(path, 1, file, err);
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
