/* Gmsh's formats: one cube with two named sides, written in every way that is read, is the same mesh each time; what is
 * damaged or of another kind is refused with the cause. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mesh/gmsh_file.h"
#include "mesh/mesh.h"

static char path[64];

static int setup(void **state) {
    (void)state;
    snprintf(path, sizeof path, "macro_test_gmsh_%d.msh", (int)getpid());
    return 0;
}

static int teardown(void **state) {
    (void)state;
    remove(path);
    return 0;
}

static void put_text(const char *text) {
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_true(fwrite(text, 1, strlen(text), f) == strlen(text));
    fclose(f);
}

/* text with the first `from` replaced by `to`; the caller's */
static char *changed(const char *text, const char *from, const char *to) {
    const char *hit = strstr(text, from);
    assert_non_null(hit);
    const size_t room = strlen(text) + strlen(to) + 1;
    char *out = malloc(room);
    assert_non_null(out);
    snprintf(out, room, "%.*s%s%s", (int)(hit - text), text, to, hit + strlen(from));
    return out;
}

#define NAMES  "$PhysicalNames\n3\n2 11 \"left\"\n2 12 \"right side\"\n3 1 \"body\"\n$EndPhysicalNames\n"
#define POINTS "$Nodes\n8\n1 0 0 0\n2 1 0 0\n3 1 1 0\n4 0 1 0\n5 0 0 1\n6 1 0 1\n7 1 1 1\n8 0 1 1\n$EndNodes\n"
static const char old_text[] = "$MeshFormat\n2.2 0 8\n$EndMeshFormat\n" NAMES POINTS
                               "$Elements\n3\n1 3 2 11 1 1 5 8 4\n2 3 2 12 2 2 3 7 6\n3 5 2 1 1 1 2 3 4 5 6 7 8\n"
                               "$EndElements\n";
static const char new_text[] =
    "$MeshFormat\n4.1 0 8\n$EndMeshFormat\n" NAMES
    "$Entities\n1 0 2 1\n9 0 0 0 0\n1 0 0 0 0 1 1 1 -11 1 7\n2 1 0 0 1 1 1 1 12 0\n1 0 0 0 1 1 1 1 1 2 1 -2\n"
    "$EndEntities\n$Nodes\n1 8 1 8\n3 1 0 8\n1\n2\n3\n4\n5\n6\n7\n8\n0 0 0\n1 0 0\n1 1 0\n0 1 0\n0 0 1\n1 0 1\n1 1 1\n"
    "0 1 1\n$EndNodes\n$Elements\n3 3 1 3\n2 1 3 1\n1 1 5 8 4\n2 2 3 1\n2 2 3 7 6\n3 1 5 1\n3 1 2 3 4 5 6 7 8\n"
    "$EndElements\n";

/* ---- reading ---- */

static femd_status read_mesh(femd_mesh *mesh, femd_error *err) {
    femd_case cs = {.path = (char *)"case.json", .element = &femd_element_q1};
    cs.mesh.file = path;
    cs.mesh.scale = 1;
    memset(mesh, 0, sizeof *mesh);
    return femd_mesh_gmsh(&cs, mesh, err);
}

static void is_the_cube(void) {
    static const int left[4] = {0, 4, 7, 3}, right[4] = {1, 2, 6, 5};
    femd_mesh mesh;
    femd_error err = FEMD_ERROR_INIT;
    if (read_mesh(&mesh, &err) != FEMD_OK) fail_msg("%s", err.text);
    assert_int_equal(mesh.ncells, 1);
    assert_int_equal(mesh.nvertices, 8);
    for (int i = 0; i < 8; ++i) {
        assert_int_equal(mesh.cell[i], i);
        assert_true(mesh.x[3 * i] == (i % 4 == 1 || i % 4 == 2) && mesh.x[3 * i + 1] == (i % 4 > 1) &&
                    mesh.x[3 * i + 2] == (i > 3));
    }
    assert_int_equal(mesh.nfaces, 2);
    assert_memory_equal(mesh.face, left, sizeof left);
    assert_memory_equal(mesh.face + FEMD_FACE_CORNERS, right, sizeof right);
    assert_string_equal(mesh.surface[mesh.face_surface[0]], "left");
    assert_string_equal(mesh.surface[mesh.face_surface[1]], "right side");
    assert_int_equal(mesh.ninregion, 1);
    assert_string_equal(mesh.region[mesh.region_of[0]], "body");
    femd_mesh_clear(&mesh);
}

static void texts_of_both_formats_are_the_same_mesh(void **state) {
    (void)state;
    static const char *const both[2] = {old_text, new_text};
    for (int k = 0; k < 2; ++k) {
        put_text(both[k]);
        is_the_cube();
        char *marked = changed(both[k], "$MeshFormat", "\xef\xbb\xbf$MeshFormat"); /* byte-order mark */
        put_text(marked);
        is_the_cube();
        free(marked);
        FILE *f = fopen(path, "wb"); /* lines as Windows ends them */
        assert_non_null(f);
        for (const char *c = both[k]; *c; ++c) fprintf(f, *c == '\n' ? "\r\n" : "%c", *c);
        fclose(f);
        is_the_cube();
        char *more =
            changed(both[k], "$Elements", "$NodeData\n1\n\"a\"\n$EndNodeData\n$Comments\n$no\n$EndComments\n$Elements");
        put_text(more);
        is_the_cube();
        free(more);
        more = changed(both[k], "$EndElements\n", "$EndElements\n$Periodic\n1\n2 2 1\n1\n2 1\n$EndPeriodic\n");
        put_text(more);
        is_the_cube();
        free(more);
    }
    char *parametric = changed(new_text, "3 1 0 8\n", "2 1 1 8\n"), *text = parametric;
    static const char *const at[8] = {"\n0 0 0\n", "\n1 0 0\n", "\n1 1 0\n", "\n0 1 0\n",
                                      "\n0 0 1\n", "\n1 0 1\n", "\n1 1 1\n", "\n0 1 1\n"};
    for (int i = 0; i < 8; ++i) {
        char longer[32];
        snprintf(longer, sizeof longer, "%.6s 0.5 0.25\n", at[i]);
        text = changed(parametric, at[i], longer);
        free(parametric);
        parametric = text;
    }
    put_text(text);
    is_the_cube();
    free(text);
    text = changed(old_text, "$Nodes", "$ParametricNodes");
    char *ended = changed(text, "$EndNodes", "$EndParametricNodes");
    free(text);
    text = changed(ended, "8 0 1 1\n", "8 0 1 1 2 7 0.5 0.25\n");
    free(ended);
    put_text(text);
    is_the_cube();
    free(text);
}

static void put_int(FILE *f, int32_t v) {
    fwrite(&v, sizeof v, 1, f);
}
static void put_size(FILE *f, uint64_t v) {
    fwrite(&v, sizeof v, 1, f);
}
static void put_cube_node(FILE *f, int i) {
    const double x[3] = {i % 4 == 1 || i % 4 == 2, i % 4 > 1, i > 3};
    fwrite(x, sizeof *x, 3, f);
}

static const int element_nodes[3][8] = {{1, 5, 8, 4}, {2, 3, 7, 6}, {1, 2, 3, 4, 5, 6, 7, 8}};

static void binary_files_are_the_same_mesh(void **state) {
    (void)state;
    static const int tag[3] = {-11, 12, 1};
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    fprintf(f, "$MeshFormat\n2.2 1 8\n");
    put_int(f, 1);
    fprintf(f, "\n$EndMeshFormat\n" NAMES "$Nodes\n8\n");
    for (int i = 0; i < 8; ++i) put_int(f, i + 1), put_cube_node(f, i);
    fprintf(f, "\n$EndNodes\n$Elements\n3\n");
    put_int(f, 3), put_int(f, 2), put_int(f, 2); /* two quadrilaterals with two tags each */
    for (int e = 0; e < 3; ++e) {
        if (e == 2) put_int(f, 5), put_int(f, 1), put_int(f, 2);
        put_int(f, e + 1), put_int(f, tag[e]), put_int(f, e + 1);
        for (int k = 0; k < (e < 2 ? 4 : 8); ++k) put_int(f, element_nodes[e][k]);
    }
    fprintf(f, "\n$EndElements\n");
    fclose(f);
    is_the_cube();

    f = fopen(path, "wb");
    assert_non_null(f);
    fprintf(f, "$MeshFormat\n4.1 1 8\n");
    put_int(f, 1);
    fprintf(f, "\n$EndMeshFormat\n" NAMES "$Entities\n");
    put_size(f, 0), put_size(f, 0), put_size(f, 2), put_size(f, 1);
    for (int e = 0; e < 3; ++e) {
        put_int(f, e < 2 ? e + 1 : 1);
        for (int k = 0; k < 6; ++k) put_size(f, 0); /* the bits of 0.0 */
        put_size(f, 1), put_int(f, tag[e]), put_size(f, 0);
    }
    fprintf(f, "\n$EndEntities\n$Nodes\n");
    put_size(f, 1), put_size(f, 8), put_size(f, 1), put_size(f, 8);
    put_int(f, 3), put_int(f, 1), put_int(f, 0), put_size(f, 8);
    for (int i = 0; i < 8; ++i) put_size(f, (uint64_t)i + 1);
    for (int i = 0; i < 8; ++i) put_cube_node(f, i);
    fprintf(f, "\n$EndNodes\n$Elements\n");
    put_size(f, 3), put_size(f, 3), put_size(f, 1), put_size(f, 3);
    for (int e = 0; e < 3; ++e) {
        put_int(f, e < 2 ? 2 : 3), put_int(f, e < 2 ? e + 1 : 1), put_int(f, e < 2 ? 3 : 5), put_size(f, 1);
        put_size(f, (uint64_t)e + 1);
        for (int k = 0; k < (e < 2 ? 4 : 8); ++k) put_size(f, (uint64_t)element_nodes[e][k]);
    }
    fprintf(f, "\n$EndElements\n");
    fclose(f);
    is_the_cube();
}

/* A cell of two groups stands twice in format 2.2; a group without a name is called by its number; nodes may be in any
 * order and numbered with gaps. */
static void groups_overlap_and_need_no_names(void **state) {
    (void)state;
    femd_mesh mesh;
    femd_error err = FEMD_ERROR_INIT;
    char *doubled = changed(old_text, "$Elements\n3\n", "$Elements\n4\n9 5 2 77 1 1 2 3 4 5 6 7 8\n");
    char *text = changed(doubled, "5 0 0 1\n", "50 0 0 1\n");
    free(doubled);
    for (int k = 0; k < 3; ++k) { /* node 5 of three elements */
        char *next = changed(text,
                             k == 0   ? "4 5 6 7"
                             : k == 1 ? " 1 5 8"
                                      : "4 5 6 7",
                             k == 0   ? "4 50 6 7"
                             : k == 1 ? " 1 50 8"
                                      : "4 50 6 7");
        free(text);
        text = next;
    }
    put_text(text);
    free(text);
    if (read_mesh(&mesh, &err) != FEMD_OK) fail_msg("%s", err.text);
    assert_int_equal(mesh.ncells, 1);
    assert_int_equal(mesh.ninregion, 2);
    assert_string_equal(mesh.region[mesh.region_of[0]], "77");
    assert_string_equal(mesh.region[mesh.region_of[1]], "body");
    assert_true(mesh.region_cell[0] == 0 && mesh.region_cell[1] == 0);
    femd_mesh_clear(&mesh);
}

/* ---- what is refused ---- */

static void refused(const char *from, const char *to, const char *text, const char *words) {
    femd_mesh mesh;
    femd_error err = FEMD_ERROR_INIT;
    char *broken = changed(text, from, to);
    put_text(broken);
    free(broken);
    assert_int_equal(read_mesh(&mesh, &err), FEMD_BAD_INPUT);
    femd_mesh_clear(&mesh);
    if (!strstr(err.text, words)) fail_msg("\"%s\" lacks \"%s\"", err.text, words);
    if (!strstr(err.text, "case.json: ")) fail_msg("\"%s\" names no file", err.text);
}

static void damaged_and_foreign_files_are_named(void **state) {
    (void)state;
    refused("$MeshFormat", "$MeshFormt", old_text, "it does not begin with $MeshFormat");
    refused("2.2 0 8", "1.0 0 8", old_text, "format 1 is not read");
    refused("4.1 0 8", "4 0 8", new_text, "format 4 is not read");
    refused("4.1 0 8", "4.1 1 8", new_text, "a binary file of another machine");
    refused("$Entities", "$PartitionedEntities\n$EndPartitionedEntities\n$Entities", new_text,
            "the mesh is partitioned");
    refused("$EndElements\n", "", old_text, "$Elements has no end: the file is cut off");
    refused("$Nodes", "$Nds", old_text, "$Nds has no end: the file is cut off");
    refused("3 1 1 0", "3 1 one 0", old_text, "no number where a node should be");
    refused("3 1 1 0", "3 1 nan 0", old_text, "no number where a node should be");
    refused("3 1 1 0", "2 1 1 0", old_text, "node 2 is there twice");
    refused("8\n1 0 0 0", "800000000\n1 0 0 0", old_text, "line 11, $Nodes: the file is cut off or damaged");
    refused("2 3 7 6", "2 3 7 99", old_text, "element 2 has the node 99, which is not in the file");
    refused("2 3 7 6", "2 3 7", old_text, "fewer or more nodes than its type");
    refused("2 3 7 6", "2 3 7 6 6", old_text, "fewer or more nodes than its type");
    refused("3 1 1 0\n", "3 1 1\n", old_text, "no number where a node should be");
    refused("1 3 2 11", "1 36 2 11", old_text, "Gmsh's type 36");
    refused("3 5 2 1 1 1 2 3 4 5 6 7 8", "3 6 2 1 1 1 2 3 4 5 6", old_text, "cell 0 (counted from 0) is a prism");
    refused("3 5 2 1 1 1 2 3 4 5 6 7 8", "3 3 2 1 1 1 2 3 4", old_text, "a physical volume");
    refused("1 2 3 4 5 6 7 8", "1 2 3 3 5 6 7 7", old_text, "cell 0 of macro_test_gmsh_");
    refused("1 2 3 4 5 6 7 8", "1 2 3 3 5 6 7 7", old_text,
            "element 3 of the file) has one node as its corners 3 and 4: a wedge or a pyramid");
    refused("3 1 2 3 4 5 6 7 8", "3 1 2 3 4 5 5 5 5", new_text, "has one node as its corners 5 and 6");
    refused("2 12 \"right side\"", "2 12 \"rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr\"",
            old_text, "a name of more than 63 bytes");
}

/* What stands behind the last thing that a section says it has would be left out without a word. */
static void a_section_that_miscounts_is_refused(void **state) {
    (void)state;
    static const char more[] = "more stands there than the section says that it has";
    refused("$Elements\n3\n", "$Elements\n2\n", old_text, more);
    refused("$Elements\n3\n", "$Elements\n4\n", old_text, "no number where an element should be");
    refused("$Nodes\n8\n", "$Nodes\n7\n", old_text, more);
    refused("$Nodes\n8\n", "$Nodes\n9\n", old_text, "no number where a node should be");
    refused("$PhysicalNames\n3\n", "$PhysicalNames\n2\n", old_text, more);
    refused("$PhysicalNames\n3\n", "$PhysicalNames\n0\n", new_text, more);
    refused("$PhysicalNames\n3\n", "$PhysicalNames\n4\n", new_text, "fewer names than it says");
    refused("$PhysicalNames\n3\n", "$PhysicalNames\n", new_text, "no number of names");
    refused("$Nodes\n8\n", "$Nodes\n", old_text, "no number of nodes");
    refused("$Elements\n3\n", "$Elements\n", old_text, "no number of elements");
    refused("3 1 \"body\"", "3 1 body", new_text, "no dimension, tag and \"name\"");
    refused("$Entities\n1 0 2 1\n", "$Entities\n1 0 2 0\n", new_text, more);
    refused("$Nodes\n1 8 1 8\n", "$Nodes\n1 9 1 9\n", new_text, "fewer nodes than it says");
    refused("$Nodes\n1 8 1 8\n", "$Nodes\n1 7 1 7\n", new_text, "more nodes than it says");
    refused("$Nodes\n1 8 1 8\n", "$Nodes\n0 0 1 8\n", new_text, more);
    refused("$Elements\n3 3 1 3\n", "$Elements\n3 4 1 4\n", new_text, "more or fewer elements than it says");
    refused("$Elements\n3 3 1 3\n", "$Elements\n3 2 1 2\n", new_text, "more or fewer elements than it says");
    refused("$Elements\n3 3 1 3\n", "$Elements\n2 2 1 2\n", new_text, more);
}

static void values_that_a_view_does_not_count_are_refused(void **state) {
    (void)state;
    static const char view[] = "$NodeData\n1\n\"T\"\n1\n0\n3\n0\n1\n%d\n1 20\n2 30\n$EndNodeData\n";
    for (int n = 0; n < 4; ++n) {
        femd_gmsh_file file;
        femd_error err = FEMD_ERROR_INIT;
        char text[1024];
        const int used = snprintf(text, sizeof text, "%s", old_text);
        snprintf(text + used, sizeof text - (size_t)used, view, n);
        put_text(text);
        const femd_status rc = femd_gmsh_read_views(path, &file, &err);
        assert_int_equal(rc, n == 2 ? FEMD_OK : FEMD_BAD_INPUT);
        if (n == 2) assert_true(file.nviews == 1 && file.view[0].n == 2 && file.view[0].value[1] == 30);
        if (n < 2 && !strstr(err.text, "more stands there than the section says that it has")) fail_msg("%s", err.text);
        if (n == 3 && !strstr(err.text, "$NodeData")) fail_msg("%s", err.text);
        femd_gmsh_clear(&file);
    }
}

/* Lines of a Macintosh of old end with a carriage return alone; a byte 0 is no text. */
static void lines_may_end_as_they_like_and_no_byte_is_nul(void **state) {
    (void)state;
    static const char *const both[2] = {old_text, new_text};
    for (int k = 0; k < 2; ++k) {
        FILE *f = fopen(path, "wb");
        assert_non_null(f);
        for (const char *c = both[k]; *c; ++c) fputc(*c == '\n' ? '\r' : *c, f);
        fclose(f);
        is_the_cube();
        for (size_t at = 40; at < strlen(both[k]); at += 7) {
            femd_mesh mesh;
            femd_error err = FEMD_ERROR_INIT;
            f = fopen(path, "wb");
            assert_non_null(f);
            for (size_t i = 0; i < strlen(both[k]); ++i) fputc(i == at ? 0 : both[k][i], f);
            fclose(f);
            assert_int_equal(read_mesh(&mesh, &err), FEMD_BAD_INPUT);
            if (!strstr(err.text, "a NUL byte, which no text has")) fail_msg("at %zu: %s", at, err.text);
            femd_mesh_clear(&mesh);
        }
    }
}

/* Without $Entities nobody knows who is in which group: the mesh is there, its names are not, and that is said. */
static void file_without_entities_says_so(void **state) {
    (void)state;
    char *begin = changed(new_text, "$Entities", "$Else");
    char *text = changed(begin, "$EndEntities", "$EndElse");
    femd_mesh mesh;
    femd_error err = FEMD_ERROR_INIT;
    put_text(text);
    free(begin);
    free(text);
    if (read_mesh(&mesh, &err) != FEMD_OK) fail_msg("%s", err.text);
    assert_int_equal(mesh.ncells, 1);
    femd_case_boundary entry = {.on = "left"};
    femd_case cs = {.path = (char *)"case.json", .boundary = &entry, .nboundary = 1};
    assert_int_equal(femd_mesh_surfaces(&cs, &mesh, &err), FEMD_BAD_INPUT);
    if (!strstr(err.text, "$Entities")) fail_msg("\"%s\" does not name the cause", err.text);
    femd_mesh_clear(&mesh);
}

/* Every file cut off anywhere ends with words, never in a crash or a mesh. */
static void no_cut_is_a_mesh(void **state) {
    (void)state;
    static const char *const both[2] = {old_text, new_text};
    for (int k = 0; k < 2; ++k)
        for (size_t n = 0; n + 13 < strlen(both[k]); ++n) {
            femd_gmsh_file file;
            femd_error err = FEMD_ERROR_INIT;
            FILE *f = fopen(path, "wb");
            assert_non_null(f);
            assert_true(fwrite(both[k], 1, n, f) == n);
            fclose(f);
            assert_int_equal(femd_gmsh_read(path, &file, &err), FEMD_BAD_INPUT);
            assert_true(err.text[0] != '\0');
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_of_both_formats_are_the_same_mesh),
        cmocka_unit_test(binary_files_are_the_same_mesh),
        cmocka_unit_test(groups_overlap_and_need_no_names),
        cmocka_unit_test(damaged_and_foreign_files_are_named),
        cmocka_unit_test(a_section_that_miscounts_is_refused),
        cmocka_unit_test(values_that_a_view_does_not_count_are_refused),
        cmocka_unit_test(lines_may_end_as_they_like_and_no_byte_is_nul),
        cmocka_unit_test(file_without_entities_says_so),
        cmocka_unit_test(no_cut_is_a_mesh),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
