/* Counts the volume elements of a Gmsh file and reads the names of its physical groups. It looks at the sections
 * $Elements and $PhysicalNames and skips everything else; the solver alone checks the mesh. */
#include "mesh_count.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Element types of Gmsh (manual, section 10.1) that are volumes, and the number of nodes of every type of a linear or
 * quadratic mesh. */
static const int type_nodes[] = {0, 2, 3, 4, 4, 8, 6, 5, 3, 6, 9, 10, 27, 18, 14, 1, 8, 20, 15, 13};
enum { TYPES = sizeof type_nodes / sizeof *type_nodes };

typedef struct counter {
    FILE *f;
    const char *path;
    int binary;
    uint64_t tetrahedra, hexahedra;
} counter;

static femd_status mesh_count_broken(const counter *c, const char *what, femd_error *err) {
    return femd_fail(err, FEMD_BAD_INPUT, "%s: %s", c->path, what);
}

static void mesh_count_any(counter *c, int type, uint64_t n) {
    const femd_cell *cell = femd_cell_of_gmsh(type);
    if (cell == &femd_tetrahedron) c->tetrahedra += n;
    if (cell == &femd_hexahedron) c->hexahedra += n;
}

/* Read on behind the line that begins with `name`; 0 at the end of the file. */
static int mesh_count_find_section(counter *c, const char *name) {
    char *line = NULL;
    size_t room = 0;
    int found = 0;
    while (!found && getline(&line, &room, c->f) >= 0) {
        const size_t mark = strncmp(line, "\xef\xbb\xbf", 3) == 0 ? 3 : 0; /* a byte-order mark says nothing */
        found = strncmp(line + mark, name, strlen(name)) == 0;
    }
    free(line);
    return found;
}

static int mesh_count_skip_lines(counter *c, uint64_t n) {
    char *line = NULL;
    size_t room = 0;
    while (n > 0 && getline(&line, &room, c->f) >= 0) n--;
    free(line);
    return n == 0;
}

/* 2.2: "number type ntags tags... nodes..." on each line. */
static femd_status mesh_count_v2(counter *c, femd_error *err) {
    unsigned long long n;
    if (fscanf(c->f, "%llu", &n) != 1 || !mesh_count_skip_lines(c, 1))
        return mesh_count_broken(c, "$Elements has no number", err);
    for (unsigned long long i = 0; i < n; i++) {
        int number, type;
        if (fscanf(c->f, "%d %d", &number, &type) != 2 || !mesh_count_skip_lines(c, 1))
            return mesh_count_broken(c, "$Elements is cut off", err);
        mesh_count_any(c, type, 1);
    }
    return FEMD_OK;
}

/* 4.1 text: "blocks elements min max", then for each block "dimension tag type n" and n lines. */
static femd_status mesh_count_v4(counter *c, femd_error *err) {
    unsigned long long blocks, n, low, high;
    if (fscanf(c->f, "%llu %llu %llu %llu", &blocks, &n, &low, &high) != 4)
        return mesh_count_broken(c, "$Elements has no numbers", err);
    for (unsigned long long b = 0; b < blocks; b++) {
        int dimension, tag, type;
        if (fscanf(c->f, "%d %d %d %llu", &dimension, &tag, &type, &n) != 4 || !mesh_count_skip_lines(c, n + 1))
            return mesh_count_broken(c, "$Elements is cut off", err);
        mesh_count_any(c, type, n);
    }
    return FEMD_OK;
}

/* 4.1 binary: the same numbers, sizes as 64 bits and the rest as 32 bits. */
static femd_status mesh_count_binary(counter *c, femd_error *err) {
    uint64_t head[4];
    if (fread(head, sizeof *head, 4, c->f) != 4) return mesh_count_broken(c, "$Elements has no numbers", err);
    for (uint64_t b = 0; b < head[0]; b++) {
        int32_t block[3]; /* dimension, tag, type */
        uint64_t n;
        if (fread(block, sizeof *block, 3, c->f) != 3 || fread(&n, sizeof n, 1, c->f) != 1)
            return mesh_count_broken(c, "$Elements is cut off", err);
        if (block[2] < 1 || block[2] >= TYPES || n > (uint64_t)1 << 40)
            return mesh_count_broken(c, "an element of a type that is not read here", err);
        if (fseeko(c->f, (off_t)(n * 8 * (uint64_t)(1 + type_nodes[block[2]])), SEEK_CUR) != 0)
            return mesh_count_broken(c, "$Elements is cut off", err);
        mesh_count_any(c, block[2], n);
    }
    return FEMD_OK;
}

static femd_status mesh_count_open(counter *c, femd_error *err) {
    double version;
    int size;
    if (!mesh_count_find_section(c, "$MeshFormat") || fscanf(c->f, "%lf %d %d", &version, &c->binary, &size) != 3)
        return mesh_count_broken(c, "this is no Gmsh mesh (no $MeshFormat)", err);
    if (!mesh_count_find_section(c, "$Elements")) return mesh_count_broken(c, "the mesh has no elements", err);
    if (version >= 2 && version < 3 && !c->binary) return mesh_count_v2(c, err);
    if (version > 4.05 && version < 5) return c->binary ? mesh_count_binary(c, err) : mesh_count_v4(c, err);
    return femd_fail(err, FEMD_BAD_INPUT, "%s: Gmsh format %g%s cannot be read; save it as 2.2 or 4.1", c->path,
                     version, c->binary ? " binary" : "");
}

femd_status mesh_count(const char *path, uint64_t *tetrahedra, uint64_t *hexahedra, femd_error *err) {
    counter c = {.f = fopen(path, "rbe"), .path = path};
    *tetrahedra = *hexahedra = 0;
    if (!c.f) return femd_fail(err, FEMD_BAD_INPUT, "%s: %s", path, strerror(errno));
    femd_status rc = mesh_count_open(&c, err);
    fclose(c.f);
    *tetrahedra = c.tetrahedra;
    *hexahedra = c.hexahedra;
    return rc;
}

/* One line of $PhysicalNames: dimension, tag, "name". 0 if it is none of this dimension. */
static int mesh_count_group_of(char *line, int dimension, char **name) {
    int d, tag;
    char *open = strchr(line, '"'), *end = strrchr(line, '"');
    if (sscanf(line, "%d %d", &d, &tag) != 2 || d != dimension || !open || end <= open) return 0;
    *end = '\0';
    *name = open + 1;
    return 1;
}

femd_status mesh_has_group(const char *path, int dimension, const char *name, int *found, char *names, size_t size,
                           femd_error *err) {
    counter c = {.f = fopen(path, "rbe"), .path = path};
    char *line = NULL, *have;
    size_t room = 0;
    *found = 0;
    snprintf(names, size, "none");
    if (!c.f) return femd_fail(err, FEMD_BAD_INPUT, "%s: %s", path, strerror(errno));
    int n = 0, inside = mesh_count_find_section(&c, "$PhysicalNames");
    while (inside && getline(&line, &room, c.f) >= 0 && line[0] != '$') {
        if (!mesh_count_group_of(line, dimension, &have)) continue;
        const size_t used = n++ ? strlen(names) : 0;
        snprintf(names + used, size - used, "%s%s", used ? ", " : "", have);
        if (strcmp(have, name) == 0) *found = 1;
    }
    if (name[0] && name[strspn(name, "0123456789")] == '\0')
        *found = 1; /* a number: the solver looks for its elements */
    free(line);
    fclose(c.f);
    return FEMD_OK;
}

femd_status mesh_cells(const femd_case *c, uint64_t *cells, femd_error *err) {
    if (!c->mesh.file) {
        *cells = (uint64_t)c->mesh.cells[0] * (uint64_t)c->mesh.cells[1] * (uint64_t)c->mesh.cells[2];
        *cells *= (uint64_t)c->element->cell->per_block;
        return FEMD_OK;
    }
    uint64_t tetrahedra, hexahedra;
    FEMD_TRY(mesh_count(c->mesh.file, &tetrahedra, &hexahedra, err));
    *cells = c->element->cell == &femd_hexahedron ? hexahedra : tetrahedra;
    if (*cells) return FEMD_OK;
    char names[256];
    femd_element_names(c->element->cell, names, sizeof names);
    return femd_fail(err, FEMD_BAD_INPUT,
                     "%s: mesh.file: %s has %llu tetrahedra and %llu hexahedra; element.type %s needs %s", c->path,
                     c->mesh.file, (unsigned long long)tetrahedra, (unsigned long long)hexahedra, names,
                     c->element->cell->plural);
}
