/* Pictures: units and ticks, what is read of results, and what stands on the page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plot_draw.h"
#include "plot_page.h"

static char folder[] = "/tmp/femd-plot-XXXXXX";

static int prepare(void **state) {
    (void)state;
    return mkdtemp(folder) ? 0 : 1;
}

static int clean_up(void **state) {
    char command[64];
    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static void units_get_prefixes(void **state) {
    (void)state;
    static const struct {
        double most;
        const char *unit, *want;
        double factor;
    } c[] = {{53e6, "Pa", "MPa", 1e6}, {1e-6, "N", "\xc2\xb5N", 1e-6}, {0.99e-6, "N", "nN", 1e-9},
             {1.2, "m", "m", 1},       {0.2, "m", "mm", 1e-3},         {0, "N", "N", 1},
             {1e-9, "um", "um", 1},    {3e20, "Pa", "TPa", 1e12},      {400, "W/(m K)", "W/(m K)", 1}};
    for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
        double factor;
        char text[32];
        plot_scale_unit(c[i].most, c[i].unit, &factor, text);
        assert_string_equal(text, c[i].want);
        assert_true(fabs(factor / c[i].factor - 1) < 1e-12);
    }
}

static void ticks_are_round(void **state) {
    (void)state;
    char text[32];
    assert_true(fabs(plot_scale_step(1, 6) - 0.2) < 1e-15 && fabs(plot_scale_step(41, 6) - 5) < 1e-12);
    assert_true(fabs(plot_scale_step(7e-4, 6) - 1e-4) < 1e-18);
    plot_axis_number(-1e-17, 0.2, text);
    assert_string_equal(text, "0.0");
    plot_axis_number(0.25, 0.05, text);
    assert_string_equal(text, "0.25");
    plot_axis a = {.from = 100, .to = 200, .logarithmic = 1};
    plot_axis_fit(&a, 3e-9, 2e-3);
    assert_true(a.low == -9 && a.high == -2 && fabs(plot_axis_at(&a, 1e-2) - 200) < 1e-9);
}

static void write_text(const char *name, const char *text) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void history_is_read_with_its_names(void **state) {
    (void)state;
    plot_table t;
    femd_error err = FEMD_ERROR_INIT;
    write_text("history.csv", "step,time,\"far \"\"end\"\", x.x\",energy\n1,0.5,-2e-6,nan\n2,1,-4e-6,3\n");
    if (plot_table_read(folder, &t, &err) != FEMD_OK) fail_msg("%s", err.text);
    assert_int_equal(t.columns, 4);
    assert_int_equal(t.rows, 3); /* with the virgin state */
    const int c = plot_table_find(&t, "far \"end\", x.x");
    assert_int_equal(c, 2);
    assert_true(t.value[0 * 4 + 2] == 0 && t.value[1 * 4 + 2] == -2e-6 && t.value[2 * 4 + 2] == -4e-6);
    assert_true(isnan(t.value[1 * 4 + 3]) && plot_table_range(&t, 2) == 4e-6 && plot_table_range(&t, 3) == 3);
    assert_int_equal(plot_table_find(&t, "far"), -1);
    plot_table_clear(&t);
    write_text("history.csv", "step,time\n1\n");
    assert_int_equal(plot_table_read(folder, &t, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "row 1 is cut off"));
}

/* x,y by default of a history with these columns. */
static void assert_axes(const char *history, const char *x, const char *y) {
    plot_table t;
    femd_error err = FEMD_ERROR_INIT;
    int column[2];
    write_text("history.csv", history);
    if (plot_table_read(folder, &t, &err) != FEMD_OK) fail_msg("%s", err.text);
    plot_choose_axes(&t, &column[0], &column[1]);
    assert_true(column[0] >= 0 && column[1] >= 0);
    assert_string_equal(t.name[column[0]], x);
    assert_string_equal(t.name[column[1]], y);
    plot_table_clear(&t);
}

static void a_path_without_a_probe_shows_its_limit_point(void **state) {
    (void)state;
    /* increments of load: the time is the load factor */
    assert_axes("step,time,right.x,load_factor\n1,1,5,0.5\n2,2,8,1\n", "time", "right.x");
    /* a path that turns back */
    assert_axes("step,time,right.x,load_factor\n1,1,5,0.5\n2,2,8,0.7\n3,3,4,0.6\n", "load_factor", "right.x");
    /* under given loads the reaction is a multiple of the load factor: one line, up and down, would hide it */
    assert_axes("step,time,right.x,load_factor\n1,1,5,0.5\n2,2,7,0.7\n3,3,6,0.6\n", "time", "right.x");
    assert_axes("step,time,p.ux,right.x,load_factor\n1,1,3,5,0.5\n2,2,4,8,0.7\n3,3,5,4,0.6\n", "p.ux", "right.x");
    /* without a load factor, as of heat */
    assert_axes("step,time,T_max\n1,1,300\n2,2,310\n", "time", "T_max");
    assert_axes("step,time,end.uz,T_max\n1,1,1e-9,300\n2,2,2e-9,310\n", "time", "T_max");
}

static void axes_are_named_in_words(void **state) {
    (void)state;
    static const struct {
        const char *history, *words[4]; /* of the columns in their order */
    } of[] = {{"step,time,right.x,load_factor\n1,1,5,0.5\n2,2,8,0.7\n3,3,4,0.6\n",
               {"step", "way along the path, in planned steps' time", "reaction", "load factor"}},
              {"time,load_factor,tip.uz,a.b.mises\n0.5,0.5,1,1\n1,1,2,2\n",
               {"time", "load factor", "z displacement of tip", "von Mises stress of a.b"}},
              {"time,T_max,end.T,left.heat\n1,2,3,4\n",
               {"time", "highest temperature", "temperature of end", "heat flow of left"}},
              {"time,load_factor,bore.p,bore.ux\n1,1,3,4\n",
               {"time", "load factor", "pressure of bore", "x displacement of bore"}}};
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        plot_table t;
        femd_error err = FEMD_ERROR_INIT;
        char words[120];
        write_text("history.csv", of[i].history);
        if (plot_table_read(folder, &t, &err) != FEMD_OK) fail_msg("%s", err.text);
        for (int c = 0; c < 4; c++) {
            plot_column_title(&t, c, words, sizeof words);
            assert_string_equal(words, of[i].words[c]);
        }
        plot_table_clear(&t);
    }
}

/* Colour of a place of the page in the PNG, 0 to 255 each. */
static void pixel(const char *name, double x, double y, int rgb[3]) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s.png", folder, name);
    cairo_surface_t *s = cairo_image_surface_create_from_png(path);
    assert_int_equal(cairo_surface_status(s), CAIRO_STATUS_SUCCESS);
    assert_int_equal(cairo_image_surface_get_width(s), 1800);
    assert_int_equal(cairo_image_surface_get_height(s), 1200);
    uint32_t word;
    memcpy(&word,
           cairo_image_surface_get_data(s) + (size_t)(2 * y) * (size_t)cairo_image_surface_get_stride(s) +
               4 * (size_t)(2 * x),
           sizeof word);
    for (int c = 0; c < 3; c++) rgb[c] = (int)(word >> (16 - 8 * c) & 255);
    cairo_surface_destroy(s);
}

static void assert_colour(const char *name, double x, double y, int r, int g, int b) {
    int rgb[3];
    pixel(name, x, y, rgb);
    if (abs(rgb[0] - r) > 6 || abs(rgb[1] - g) > 6 || abs(rgb[2] - b) > 6)
        fail_msg("%s: (%g, %g) has the colour %d %d %d, not %d %d %d", name, x, y, rgb[0], rgb[1], rgb[2], r, g, b);
}

static void curves_stand_where_their_values_are(void **state) {
    (void)state;
    static const double x[] = {0, 1, 2, 3}, y[] = {0, 2e6, 4e6, 6e6}, other[] = {5.5e6, NAN, 5.5e6, 5.5e6};
    static const int gap[] = {0, 0, 0, 1};
    const plot_curve curve[] = {{"rising", 4, x, y, NULL, NULL}, {"level", 4, x, other, gap, NULL}};
    const plot_chart chart = {
        .title = "a title", .x_name = "x", .x_unit = "", .y_name = "stress", .y_unit = "Pa", .n = 2, .curve = curve};
    char path[128];
    femd_error err = FEMD_ERROR_INIT;
    snprintf(path, sizeof path, "%s/chart", folder);
    if (plot_draw_chart(&chart, path, &err) != FEMD_OK) fail_msg("%s", err.text);
    /* the frame goes from (100, 525), which is (0, 0), to (870, 80), which is (3.12, 6.24 MPa) */
    const double at_x = 100 + 770 * 1.5 / 3.12, at_y = 525 - 445 * 3 / 6.24, top = 525 - 445 * 5.5 / 6.24;
    assert_colour("chart", at_x, at_y, 31, 120, 181);
    assert_colour("chart", at_x + 10, at_y + 12, 255, 255, 255);
    assert_colour("chart", 100 + 770 * 2 / 3.12, top, 214, 38, 41);     /* a dot of the other */
    assert_colour("chart", 100 + 770 * 0.4 / 3.12, top, 255, 255, 255); /* no line over what is not known */
    assert_colour("chart", 100 + 770 * 2.6 / 3.12, top, 255, 255, 255); /* nor over a gap */
    assert_colour("chart", 106, 60, 31, 120, 181);                      /* the legend */
    snprintf(path, sizeof path, "%s/chart.svg", folder);
    FILE *f = fopen(path, "r");
    char head[6] = "";
    assert_non_null(f);
    assert_non_null(fgets(head, sizeof head, f));
    assert_string_equal(head, "<?xml");
    fclose(f);
    const plot_curve empty = {"none", 1, other + 1, other + 1, NULL, NULL};
    const plot_chart nothing = {
        .title = "", .x_name = "", .x_unit = "", .y_name = "", .y_unit = "", .n = 1, .curve = &empty};
    assert_int_equal(plot_draw_chart(&nothing, "x", &err), FEMD_BAD_INPUT);
}

/* A bar along x whose field is x: violet on the left, yellow on the right, and the bar of colours likewise. */
static void bodies_are_coloured_by_their_field(void **state) {
    (void)state;
    double x[36], u[36] = {0}, value[12];
    size_t conn[16];
    for (size_t i = 0; i < 12; i++) {
        x[3 * i] = (double)(i % 3);
        x[3 * i + 1] = (double)(i / 3 % 2);
        x[3 * i + 2] = (double)(i / 6);
        value[i] = x[3 * i];
    }
    for (size_t c = 0; c < 2; c++) {
        const size_t corner[8] = {0, 1, 4, 3, 6, 7, 10, 9};
        for (size_t k = 0; k < 8; k++) conn[8 * c + k] = corner[k] + c;
    }
    plot_fields f = {.step = 3,
                     .npoints = 12,
                     .ncells = 2,
                     .cell_type = 12,
                     .cell_points = 8,
                     .x = x,
                     .u = u,
                     .conn = conn,
                     .value = value,
                     .on_points = 1,
                     .unit = "nm",
                     .name = "field",
                     .components = 1};
    char path[128];
    int left[3], right[3];
    femd_error err = FEMD_ERROR_INIT;
    snprintf(path, sizeof path, "%s/body", folder);
    if (plot_draw_fields(&f, "field", "a bar", "Pa", NAN, path, &err) != FEMD_OK) fail_msg("%s", err.text);
    pixel("body", 127, 300, left);
    pixel("body", 589, 402, right);
    assert_true(left[2] > left[0] && left[2] > left[1] && left[0] < 120); /* violet */
    assert_true(right[1] > right[2] && right[0] > right[2]);              /* towards yellow */
    assert_colour("body", 20, 20, 255, 255, 255);
    assert_colour("body", PLOT_WIDTH - 103, PLOT_HEIGHT - 93, 68, 5, 86);
    assert_colour("body", PLOT_WIDTH - 103, 123, 251, 230, 36);
    /* One value in each cell: all its sides have the colour that the legend has for it, and there are lines between. */
    f.on_points = 0;
    if (plot_draw_fields(&f, "field", "a bar", "Pa", NAN, path, &err) != FEMD_OK) fail_msg("%s", err.text);
    static const double side[2][3][2] = {{{219, 329}, {289, 174}, {219, 350}}, {{422, 389}, {491, 235}, {593, 375}}};
    for (int k = 0; k < 3; k++) {
        assert_colour("body", side[0][k][0], side[0][k][1], 68, 1, 84);
        assert_colour("body", side[1][k][0], side[1][k][1], 253, 231, 37);
    }
    pixel("body", 523.25, 419.5, left); /* between the front and the right */
    assert_true(left[0] < 140 && left[1] < 140);
    f.cell_type = 13;
    assert_int_equal(plot_draw_fields(&f, "field", "wedges", "Pa", NAN, path, &err), FEMD_UNSUPPORTED);
}

/* ---- fields ---- */

static void put_array(FILE *f, const char *type, const char *name, int components, size_t *offset, size_t bytes) {
    fprintf(f, "<DataArray type=\"%s\" Name=\"%s\" NumberOfComponents=\"%d\" format=\"appended\" offset=\"%zu\"/>\n",
            type, name, components, *offset);
    *offset += 8 + bytes;
}

static void put_block(FILE *f, const void *data, size_t bytes) {
    const uint64_t n = bytes;
    fwrite(&n, 8, 1, f);
    fwrite(data, bytes, 1, f);
}

/* A cube from x on, as a piece of a field file; its field is x. */
static void write_piece(const char *name, double x, double moved) {
    char path[128];
    double at[24], u[24] = {0}, value[8];
    uint64_t conn[8];
    const uint8_t type = 12;
    size_t offset = 0;
    for (size_t i = 0; i < 8; i++) {
        at[3 * i] = x + (i % 4 == 1 || i % 4 == 2);
        at[3 * i + 1] = i % 4 > 1;
        at[3 * i + 2] = i > 3;
        u[3 * i] = moved;
        value[i] = at[3 * i];
        conn[i] = i;
    }
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs("<VTKFile>\n<FieldData><DataArray Name=\"length_unit\" format=\"ascii\">110 109 0</DataArray></FieldData>\n"
          "<Points>\n",
          f);
    put_array(f, "Float64", "Points", 3, &offset, sizeof at);
    fputs("</Points>\n<Cells>\n", f);
    put_array(f, "Int64", "connectivity", 1, &offset, sizeof conn);
    put_array(f, "UInt8", "types", 1, &offset, 1);
    fputs("</Cells>\n<PointData>\n", f);
    put_array(f, "Float64", "displacement", 3, &offset, sizeof u);
    put_array(f, "Float64", "field", 1, &offset, sizeof value);
    put_array(f, "Float64", "field_error", 1, &offset, sizeof value);
    fputs("</PointData>\n<CellData>\n</CellData>\n<AppendedData encoding=\"raw\">\n_", f);
    put_block(f, at, sizeof at);
    put_block(f, conn, sizeof conn);
    put_block(f, &type, 1);
    put_block(f, u, sizeof u);
    put_block(f, value, sizeof value);
    for (size_t i = 0; i < 8; i++) value[i] = 0.5 * value[i] + 0.1 * at[3 * i + 1];
    put_block(f, value, sizeof value);
    fputs("\n</AppendedData>\n</VTKFile>\n", f);
    fclose(f);
}

static void prepare_pieces(double moved) {
    write_text("step_0001.pvtu", "<Piece Source=\"one.vtu\"/>\n<Piece Source=\"two.vtu\"/>\n");
    write_piece("one.vtu", 0, 0);
    write_piece("two.vtu", 1, moved);
}

/* Along an axis means of what has one place on it, and the largest error there. */
static void a_profile_goes_along_an_axis(void **state) {
    femd_error err = FEMD_ERROR_INIT;
    plot_fields f;
    double *x, *value, *error;
    size_t n;
    (void)state;
    prepare_pieces(0.5);
    for (int axis = 0; axis < 3; axis++) {
        if (plot_fields_read(folder, 1, "field", axis, &f, &err) != FEMD_OK) fail_msg("%s", err.text);
        assert_int_equal(plot_fields_along(&f, axis, &n, &x, &value, &error, &err), FEMD_OK);
        assert_int_equal(n, axis == 0 ? 3 : 2);
        for (size_t i = 0; i < n; i++) {
            assert_true(x[i] == (double)i);
            assert_true(fabs(value[i] - (axis == 0 ? (double)i : 1)) < 1e-12);
            assert_true(fabs(error[i] - (axis == 0   ? 0.5 * (double)i + 0.1
                                         : axis == 1 ? 1 + 0.1 * (double)i
                                                     : 1.1)) < 1e-12);
        }
        free(x), free(value), free(error);
        plot_fields_clear(&f);
        if (plot_fields_read(folder, 1, "displacement", axis, &f, &err) != FEMD_OK) fail_msg("%s", err.text);
        assert_null(f.error);
        assert_true(f.value[0] == 0 && f.value[8] == (axis == 0 ? 0.5 : 0)); /* the component along it */
        plot_fields_clear(&f);
    }
}

/* Nodes that two pieces have at one place are one, unless the body has opened there. */
static void pieces_are_put_together(void **state) {
    (void)state;
    for (int opened = 0; opened < 2; opened++) {
        plot_fields f;
        femd_error err = FEMD_ERROR_INIT;
        prepare_pieces(0.1 * opened);
        if (plot_fields_read(folder, 1, "field", -1, &f, &err) != FEMD_OK) fail_msg("%s", err.text);
        assert_int_equal(f.ncells, 2);
        assert_int_equal(f.cell_points, 8);
        assert_string_equal(f.unit, "nm");
        static const size_t face[4] = {0, 3, 4, 7}, other[4] = {1, 2, 5, 6};
        for (size_t k = 0; k < 4; k++) {
            assert_int_equal(f.conn[8 + face[k]], opened ? 8 + face[k] : f.conn[other[k]]);
            assert_true(f.value[f.conn[8 + face[k]]] == 1);
        }
        for (size_t k = 0; k < 4; k++) assert_int_equal(f.conn[8 + other[k]], 8 + other[k]);
        plot_fields_clear(&f);
    }
}

/* Any byte of a file may be wrong: it is refused or read, never read past. */
static void damaged_fields_are_refused(void **state) {
    (void)state;
    char path[128], whole[8192], part[8192];
    plot_fields f;
    femd_error err = FEMD_ERROR_INIT;
    prepare_pieces(0);
    snprintf(path, sizeof path, "%s/two.vtu", folder);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    const size_t n = fread(whole, 1, sizeof whole, file);
    fclose(file);
    assert_true(n > 1000 && n < sizeof whole);
    int refused = 0;
    for (size_t i = 0; i < 3 * n; i += 5) {
        const size_t length = i < n ? i : n, at = i % n;
        memcpy(part, whole, n);
        if (i >= n) part[at] = (char)(i < 2 * n ? '9' : whole[at] ^ 0x80);
        file = fopen(path, "w");
        assert_int_equal(fwrite(part, 1, length, file), length);
        fclose(file);
        refused += plot_fields_read(folder, 1, "field", -1, &f, &err) != FEMD_OK;
        plot_fields_clear(&f);
    }
    assert_true(refused > (int)n / 5); /* each that is cut off, and more */
    static const struct {
        const char *from, *to;
    } wrong[] = {{"offset=\"0\"", "offset=\"18446744073709551610\""},
                 {"offset=\"0\"", "offset=\"9223372036854775807\""},
                 {"\"field\" NumberOfComponents=\"1\"", "\"field\" NumberOfComponents=\"-1\""},
                 {"\"field\" NumberOfComponents=\"1\"", "\"field\" NumberOfComponents=\"3\""}};
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
        const char *where = memmem(whole, n, wrong[k].from, strlen(wrong[k].from));
        assert_non_null(where);
        file = fopen(path, "w");
        fwrite(whole, 1, (size_t)(where - whole), file);
        fputs(wrong[k].to, file);
        fwrite(where + strlen(wrong[k].from), 1, n - (size_t)(where - whole) - strlen(wrong[k].from), file);
        fclose(file);
        assert_int_equal(plot_fields_read(folder, 1, "field", -1, &f, &err), FEMD_BAD_INPUT);
        plot_fields_clear(&f);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(units_get_prefixes),
        cmocka_unit_test(ticks_are_round),
        cmocka_unit_test(history_is_read_with_its_names),
        cmocka_unit_test(a_path_without_a_probe_shows_its_limit_point),
        cmocka_unit_test(axes_are_named_in_words),
        cmocka_unit_test(curves_stand_where_their_values_are),
        cmocka_unit_test(bodies_are_coloured_by_their_field),
        cmocka_unit_test(a_profile_goes_along_an_axis),
        cmocka_unit_test(pieces_are_put_together),
        cmocka_unit_test(damaged_fields_are_refused),
    };
    return cmocka_run_group_tests(tests, prepare, clean_up);
}
