/* Elements of a Gmsh file: their types, groups and nodes. */
#include <stdlib.h>

#include "mesh/gmsh_scan_private.h"

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

typedef struct element_list {
    size_t room, nnodes, node_room;
} element_list;

/* Room for one more element of this many nodes. */
static femd_status elements_room(gmsh_scan *s, element_list *list, int nodes, femd_error *err) {
    femd_gmsh_file *out = s->out;
    if (out->nelements == list->room) {
        list->room = 2 * list->room + 1024;
        femd_gmsh_element *more = realloc(out->element, list->room * sizeof *more);
        if (!more) return gmsh_scan_no_memory(err);
        out->element = more;
    }
    if (list->nnodes + (size_t)nodes > list->node_room) {
        list->node_room = 2 * list->node_room + 8192;
        size_t *more = realloc(out->node, list->node_room * sizeof *more);
        if (!more) return gmsh_scan_no_memory(err);
        out->node = more;
    }
    return FEMD_OK;
}

static femd_status elements_type(const gmsh_scan *s, long type, int *nodes, femd_error *err) {
    int dim;
    const char *name;
    if (s->broken) return gmsh_scan_fail(s, err, "no number where an element should be");
    if (type >= 0 && type < 1000 && femd_gmsh_type((int)type, &dim, nodes, &name)) return FEMD_OK;
    return femd_fail(err, FEMD_BAD_INPUT,
                     "%s: an element of Gmsh's type %ld, which is not read; first and second order are (in Gmsh: "
                     "Mesh.ElementOrder)",
                     s->section, type);
}

/* The nodes of element e, which has its number, type and groups. */
static femd_status elements_nodes(gmsh_scan *s, element_list *list, femd_gmsh_element e, int nodes, int wide,
                                  femd_error *err) {
    FEMD_TRY(elements_room(s, list, nodes, err));
    e.nodes = list->nnodes;
    for (int k = 0; k < nodes; ++k) {
        const long tag = gmsh_scan_integer(s, wide);
        const size_t index = s->broken ? 0 : gmsh_node(s, tag);
        if (s->broken) return gmsh_scan_fail(s, err, "an element has fewer or more nodes than its type");
        if (index >= s->out->nnodes)
            return femd_fail(err, FEMD_BAD_INPUT, "%s: element %ld has the node %ld, which is not in the file",
                             s->section, e.number, tag);
        s->out->node[list->nnodes++] = index;
    }
    gmsh_scan_line_must_end(s);
    if (s->broken) return gmsh_scan_fail(s, err, "an element has fewer or more nodes than its type");
    s->out->element[s->out->nelements++] = e;
    return FEMD_OK;
}

/* 2.2: "number type ntags tags nodes"; in binary the type and the number of tags stand before a run of elements. The
 * first tag is the physical one, 0 if there is none. */
femd_status gmsh_take_elements_old(gmsh_scan *s, femd_error *err) {
    size_t n, run = 1;
    element_list list = {0};
    const int binary = s->binary;
    long type = 0, ntags = 0;
    s->binary = 0;
    gmsh_scan_next_line(s);
    FEMD_TRY(gmsh_scan_count(s, 0, &n, err));
    gmsh_scan_line_must_end(s);
    if (s->broken) return gmsh_scan_fail(s, err, "no number of elements");
    gmsh_scan_next_line(s);
    s->binary = binary;
    for (size_t done = 0; done < n; done += run) {
        femd_gmsh_element e = {0};
        int nodes = 0;
        if (binary) {
            type = gmsh_scan_integer(s, 0);
            FEMD_TRY(gmsh_scan_count(s, 0, &run, err));
            ntags = gmsh_scan_integer(s, 0);
            if (run == 0) return gmsh_scan_fail(s, err, "the file is cut off or damaged");
            if (run > n - done) return gmsh_scan_fail(s, err, "more elements than it says");
        }
        for (size_t i = 0; i < run; ++i) {
            e.number = gmsh_scan_integer(s, 0);
            if (!binary) {
                type = gmsh_scan_integer(s, 0);
                ntags = gmsh_scan_integer(s, 0);
            }
            FEMD_TRY(elements_type(s, type, &nodes, err));
            e.type = (int)type;
            e.ngroups = 0;
            e.groups = s->ngroups;
            for (long k = 0; k < ntags && !s->broken; ++k) {
                const long tag = gmsh_scan_integer(s, 0);
                if (k > 0 || tag == 0) continue;
                FEMD_TRY(gmsh_scan_group(s, tag, err));
                e.ngroups = 1;
            }
            FEMD_TRY(elements_nodes(s, &list, e, nodes, 0, err));
        }
    }
    s->read = 1;
    return FEMD_OK;
}

static const struct gmsh_entity *elements_entity(const gmsh_scan *s, long dim, long tag) {
    for (size_t i = 0; i < s->nentities; ++i)
        if (s->entity[i].dim == dim && s->entity[i].tag == tag) return &s->entity[i];
    return NULL;
}

/* 4.1: blocks of one entity and one type. */
femd_status gmsh_take_elements_new(gmsh_scan *s, femd_error *err) {
    size_t blocks, here, n;
    element_list list = {0};
    gmsh_scan_next_line(s);
    FEMD_TRY(gmsh_scan_count(s, 1, &blocks, err));
    FEMD_TRY(gmsh_scan_count(s, 1, &n, err));
    for (int k = 0; k < 2; ++k) (void)gmsh_scan_integer(s, 1);
    for (size_t b = 0; b < blocks; ++b) {
        int nodes = 0;
        const long dim = gmsh_scan_integer(s, 0), tag = gmsh_scan_integer(s, 0), type = gmsh_scan_integer(s, 0);
        FEMD_TRY(elements_type(s, type, &nodes, err));
        FEMD_TRY(gmsh_scan_count(s, 1, &here, err));
        const struct gmsh_entity *entity = elements_entity(s, dim, tag);
        for (size_t i = 0; i < here; ++i) {
            femd_gmsh_element e = {.type = (int)type};
            if (entity) e.groups = entity->groups, e.ngroups = entity->ngroups;
            e.number = gmsh_scan_integer(s, 1);
            FEMD_TRY(elements_nodes(s, &list, e, nodes, 1, err));
        }
    }
    if (s->out->nelements != n) return gmsh_scan_fail(s, err, "its blocks have more or fewer elements than it says");
    s->read = 1;
    return FEMD_OK;
}
