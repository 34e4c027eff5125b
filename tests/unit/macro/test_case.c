/* The case reader: a good case arrives in SI with its defaults. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "case/case.h"
#include "case_folder.h"

static void a_good_case_arrives_in_SI(void **state) {
    (void)state;
    femd_case c;
    femd_error err = FEMD_ERROR_INIT;
    if (femd_case_read(folder, NULL, 0, &c, &err) != FEMD_OK) fail_msg("%s", err.text);
    assert_string_equal(c.folder, folder);
    assert_string_equal(strrchr(c.path, '/'), "/case.json");
    assert_string_equal(c.title, "Two grains");
    assert_true(c.seed == UINT64_MAX);
    assert_string_equal(strrchr(c.mesh.file, '/'), "/m.msh");
    assert_true(c.mesh.scale == 1e-9);
    assert_int_equal(c.nmaterials, 2);
    assert_string_equal(c.material[0].name, "copper");
    assert_string_equal(c.material[0].region, "left grain");
    const double quarter[9] = {0, 1, 0, -1, 0, 0, 0, 0, 1}; /* rows: the crystal's axes in the solver's */
    for (int i = 0; i < 9; i++) assert_true(c.material[0].orientation[i] == quarter[i]);
    assert_string_equal(
        c.material[0].json,
        "{\"engine\":\"native\",\"potential\":{\"file\":\"Cu.eam\",\"style\":\"eam/"
        "alloy\"},\"structure\":{\"a\":\"3.615 angstrom\","
        "\"lattice\":\"fcc\",\"repeat\":[3,3,3],\"species\":[\"Cu\"],\"vacancies\":{\"count\":1,\"seed\":7}}}");
    assert_non_null(femd_json_get(c.material[0].node, "region"));
    assert_string_equal(c.material[1].region, "all");
    assert_true(c.material[1].orientation[0] == 1 && c.material[1].orientation[1] == 0);
    assert_int_equal(c.nboundary, 5);
    assert_int_equal(c.boundary[1].kind, FEMD_LOAD_DISPLACEMENT);
    assert_true(c.boundary[1].has[0] && !c.boundary[1].has[1] && !c.boundary[1].has[2]);
    assert_true(c.boundary[1].value[0] == 2e-10);
    assert_int_equal(c.boundary[2].kind, FEMD_LOAD_TRACTION);
    assert_true(c.boundary[2].value[1] == 5e6);
    assert_int_equal(c.boundary[3].kind, FEMD_LOAD_PRESSURE);
    assert_true(c.boundary[3].value[0] == 2e5);
    assert_true(c.boundary[4].has_gradient && c.boundary[4].has[0] && c.boundary[4].has[2] &&
                c.boundary[4].gradient[5] == 6);
    assert_true(c.has_body_force && c.body_force[2] == -88e3);
    assert_true(fabs(c.temperature - 293.15) < 1e-12 && c.accuracy == 0.01);
    assert_int_equal(c.wants_committed, FEMD_WANT_STABILITY | FEMD_WANT_ENERGY);
    assert_true(c.reuse == 0 && c.step_count == 5 && c.end_time == 2 && c.element == &femd_element_p1);
    assert_true(c.rtol == 1e-10 && c.direct == 1 && c.output_every == 2 && c.checkpoint_every == 1);
    static const char *const options[] = {"-ksp_type cg", "-snes_view", "-ksp_max_it 500", "-use_it true",
                                          "-eps 1e-12"};
    assert_int_equal(c.npetsc, 5);
    for (int i = 0; i < 5; i++) assert_string_equal(c.petsc[i], options[i]);
    femd_case_clear(&c);
    femd_case_clear(&c);
}

static void defaults_of_a_box(void **state) {
    (void)state;
    femd_case c;
    femd_error err = FEMD_ERROR_INIT;
    char path[512];
    snprintf(path, sizeof path, "%s/box.json", folder);
    if (femd_case_read(path, NULL, 0, &c, &err) != FEMD_OK) fail_msg("%s", err.text);
    assert_null(c.mesh.file);
    assert_string_equal(c.mesh.unit_name, "um"); /* of the first size */
    assert_true(c.mesh.unit == 1e-6);
    assert_true(c.mesh.size[1] == 2e-6 && c.mesh.cells[2] == 4 && c.mesh.origin[0] == 0 && c.mesh.distort == 0);
    assert_true(c.seed == 1 && c.element == &femd_element_p2 && c.reuse == 1 && c.predictor == 1 && c.max_cuts == 6);
    assert_true(c.growth == 1.5 && c.cut == 0.5 && c.end_time == 1 && c.rtol == 1e-7 && c.loose == 1e-3 &&
                c.coarse == 4 && c.ksp_rtol == 1e-8 && c.max_newton == 20);
    assert_true(c.direct == 0 && c.temperature == 0 && c.accuracy == 0 && c.wants_committed == 0);
    assert_true(c.output_every == 1 && c.checkpoint_every == 1 && c.has_body_force == 0 && c.npetsc == 0);
    assert_string_equal(c.title, "");
    femd_case_clear(&c);
}

/* Ties may hold a body that no entry of displacements does: the solver looks at them when it has the nodes. */
static void ties_may_hold_a_body(void **state) {
    (void)state;
    femd_case c;
    femd_error err = FEMD_ERROR_INIT;
    char path[512];
    const char *set = "boundary=[{\"on\":\"left\",\"turned\":{\"axes\":{\"axis\":[0,0,1],\"angle\":0.4},"
                      "\"displacement\":[0,0,0]}}]";
    snprintf(path, sizeof path, "%s/box.json", folder);
    if (femd_case_read(path, &set, 1, &c, &err) != FEMD_OK) fail_msg("%s", err.text);
    assert_int_equal(c.boundary[0].kind, FEMD_LOAD_TURNED);
    femd_case_clear(&c);
}

static void amplitude_follows_the_table(void **state) {
    (void)state;
    femd_case c;
    static const double time[] = {-1, 0, 0.5, 1, 2, 3, 9}, factor[] = {0, 0, 1, 2, 0, -2, -2};
    assert_int_equal(femd_case_read(folder, NULL, 0, &c, NULL), FEMD_OK);
    for (int i = 0; i < 7; i++) assert_true(femd_case_amplitude(&c, &c.boundary[1], time[i]) == factor[i]);
    assert_true(femd_case_amplitude(&c, &c.boundary[0], 0) == 0 && femd_case_amplitude(&c, &c.boundary[0], 1) == 0.5);
    assert_true(femd_case_amplitude(&c, NULL, c.end_time) == 1);
    femd_case_clear(&c);
}

static void a_line_of_probes_is_its_points(void **state) {
    (void)state;
    static const char *const set[] = {
        "output={\"probes\":[{\"name\":\"axis\",\"from\":[0,0,0],\"to\":[\"1 um\",0,\"2 nm\"],\"points\":3},"
        "{\"name\":\"end\",\"surface\":\"right\"},{\"name\":\"here\",\"at\":[1e-6,2e-6,3e-6]}]}"};
    static const char *const name[] = {"axis.1", "axis.2", "axis.3", "end", "here"};
    char path[512];
    femd_case c;
    snprintf(path, sizeof path, "%s/box.json", folder);
    assert_int_equal(femd_case_read(path, set, 1, &c, NULL), FEMD_OK);
    assert_int_equal(c.nprobes, 5);
    for (int k = 0; k < 5; k++) assert_string_equal(c.probe[k].name, name[k]);
    assert_true(c.probe[1].at[0] == 5e-7 && c.probe[1].at[2] == 1e-9 && c.probe[2].at[0] == 1e-6);
    assert_string_equal(c.probe[3].on, "right");
    assert_true(c.probe[4].at[2] == 3e-6 && !c.probe[4].on[0]);
    femd_case_clear(&c);
}

static void fields_are_in_the_unit_that_the_case_writes(void **state) {
    (void)state;
    static const char *const set[] = {"mesh.box.size=[3e-9,1e-9,1e-9]", "mesh.box.size=[\"30 angstrom\",1,1]",
                                      "mesh.box.size=[0.5,2,0.1]", "mesh.box.size=[0.5,0.2,0.1]"},
                             *const name[] = {"nm", "angstrom", "m", "mm"};
    static const double unit[] = {1e-9, 1e-10, 1, 1e-3};
    char path[512];
    snprintf(path, sizeof path, "%s/box.json", folder);
    for (int k = 0; k < 4; k++) {
        femd_case c;
        assert_int_equal(femd_case_read(path, &set[k], 1, &c, NULL), FEMD_OK);
        assert_string_equal(c.mesh.unit_name, name[k]);
        assert_true(c.mesh.unit == unit[k]);
        femd_case_clear(&c);
    }
}

/* Planned times and times of tables, each once however it is rounded; those behind the end do not count. */
static void steps_end_at_planned_times_and_at_those_of_tables(void **state) {
    (void)state;
    static const char *const sets[] = {
        "steps={\"count\":2}",
        "boundary=[{\"on\":\"left\",\"displacement\":[0,0,0],\"table\":[[0,0],[0.33,1],[0.4,0],[1,0]]},"
        "{\"on\":\"right\",\"pressure\":1,\"table\":[[-1,0],[0.4000000001,1],[0.4999999999,3],[7,0]]}]"};
    static const double want[] = {0.33, 0.4, 0.5, 1};
    char path[512];
    femd_case c;
    femd_error err = FEMD_ERROR_INIT;
    snprintf(path, sizeof path, "%s/box.json", folder);
    if (femd_case_read(path, sets, 2, &c, &err) != FEMD_OK) fail_msg("%s", err.text);
    double time = 0;
    for (int i = 0; i < 4; i++) {
        time = femd_case_next_time(&c, time);
        assert_true(time == want[i]);
    }
    assert_int_equal(femd_case_steps(&c), 4);
    assert_true(femd_case_next_time(&c, 1) == 1 && femd_case_next_time(&c, 0.37) == 0.4);
    femd_case_clear(&c);
    assert_int_equal(femd_case_read(path, NULL, 0, &c, NULL), FEMD_OK);
    assert_int_equal(femd_case_steps(&c), 3);
    femd_case_clear(&c);
}

/* Euler angles (90, 0, 0), the same turn as axis and matrix, give one Q. */
static void three_ways_to_write_an_orientation(void **state) {
    (void)state;
    static const char *const ways[] = {"materials.m.orientation={\"axis\":[0,0,1],\"angle\":\"90 deg\"}",
                                       "materials.m.orientation={\"euler\":[\"90 deg\",0,0]}",
                                       "materials.m.orientation=[[0,1,0],[-1,0,0],[0,0,1]]"};
    const double want[9] = {0, 1, 0, -1, 0, 0, 0, 0, 1};
    char path[512];
    snprintf(path, sizeof path, "%s/box.json", folder);
    for (int k = 0; k < 3; k++) {
        femd_case c;
        femd_error err = FEMD_ERROR_INIT;
        if (femd_case_read(path, &ways[k], 1, &c, &err) != FEMD_OK) fail_msg("%s", err.text);
        for (int i = 0; i < 9; i++) assert_true(fabs(c.material[0].orientation[i] - want[i]) < 1e-15);
        assert_null(strstr(c.material[0].json, "orientation"));
        femd_case_clear(&c);
    }
    /* a general one: Goss orientation (0, 45, 0): the crystal's [010] between the sample's y and z */
    const char *goss = "materials.m.orientation={\"euler\":[0,\"45 deg\",0]}";
    femd_case c;
    assert_int_equal(femd_case_read(path, &goss, 1, &c, NULL), FEMD_OK);
    const double *Q = c.material[0].orientation, h = sqrt(0.5);
    assert_true(fabs(Q[4] - h) < 1e-15 && fabs(Q[5] - h) < 1e-15 && fabs(Q[7] + h) < 1e-15 && Q[0] == 1);
    femd_case_clear(&c);
}

static void a_case_of_heat_arrives_in_SI(void **state) {
    (void)state;
    femd_case c;
    femd_error err = FEMD_ERROR_INIT;
    char path[512];
    const double at[3] = {0.5, 0, 0};
    double value;
    snprintf(path, sizeof path, "%s/heat.json", folder);
    if (femd_case_read(path, NULL, 0, &c, &err) != FEMD_OK) fail_msg("%s", err.text);
    assert_int_equal(c.physics, FEMD_PHYSICS_THERMAL);
    assert_true(c.heat.transient && c.heat.theta == 0.5 && c.heat.initial == 293.15 && c.temperature == 293.15);
    assert_true(c.heat.has_source && c.heat.source_function);
    assert_int_equal(femd_function_at(c.heat.source_function, at, 0, &value, &err), FEMD_OK);
    assert_true(value == 5e5);
    assert_true(c.material[0].conductivity == 400 && c.material[0].heat_capacity == 3.4e6);
    assert_null(strstr(c.material[0].json, "thermal"));
    assert_int_equal(femd_case_asks(&c, 0), 0);
    c.material[0].heat_capacity = 0;
    assert_int_equal(femd_case_asks(&c, 0), FEMD_WANT_HEAT_CAPACITY);
    c.heat.transient = 0;
    c.material[0].conductivity = 0;
    assert_int_equal(femd_case_asks(&c, 0), FEMD_WANT_CONDUCTIVITY);
    assert_int_equal(c.boundary[0].kind, FEMD_LOAD_TEMPERATURE);
    assert_true(c.boundary[0].has[0] && c.boundary[0].value[0] == 373.15 && femd_case_holds(&c.boundary[0]));
    assert_int_equal(c.boundary[1].kind, FEMD_LOAD_HEAT_FLUX);
    assert_true(c.boundary[1].value[0] == 2000);
    assert_int_equal(c.boundary[2].kind, FEMD_LOAD_CONVECTION);
    assert_true(c.boundary[2].value[0] == 5000 && c.boundary[2].function[1] && !c.boundary[2].function[0]);
    assert_int_equal(c.boundary[3].kind, FEMD_LOAD_RADIATION);
    assert_true(c.boundary[3].value[0] == 0.5 && c.boundary[3].value[1] == 350);
    assert_true(femd_case_is_heat(FEMD_LOAD_TEMPERATURE) && !femd_case_is_heat(FEMD_LOAD_PERIODIC));
    assert_true(c.rtol == 1e-11 && c.ksp_rtol == 1e-12 && !c.stability);
    femd_case_clear(&c);
}

/* One line that is none refuses the table, whatever stands behind it. */
static void a_bad_line_of_a_table_of_orientations_is_not_passed_over(void **state) {
    (void)state;
    static const struct {
        const char *text, *words;
    } tables[] = {{"grain phi1 Phi phi2\na 1 2 3\nb 4 5 6\n", "table.txt:1: the first line is to be"},
                  {"region phi1 Phi phi2\na 1 2 x\nb 4 5 6\n", "table.txt:2: three angles are to stand behind"},
                  {"cell phi1 Phi phi2\na 1 2 3\n1 4 5 6\n", "table.txt:2: the number of a cell is to stand first"},
                  {"", "table.txt:0: the first line is to be"},
                  {"region phi1 Phi phi2\ra 1 2 3\rb 4 5 6\r", "table.txt:1: it has a byte 0, or a carriage return"},
                  {"region phi1 Phi phi2\r\na 1 2 3 # of\rb 4 5 6\n", "table.txt:2: it has a byte 0, or a carriage"},
                  {"region phi1 Phi phi2\n", "the table is empty"}};
    const char *set = "materials.m={\"engine\":\"elastic\",\"young\":1,\"poisson\":0,\"orientations\":\"table.txt\"}";
    char path[512];
    snprintf(path, sizeof path, "%s/box.json", folder);
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        femd_case c;
        femd_error err = FEMD_ERROR_INIT;
        char *table = write_file("table.txt", tables[i].text);
        assert_int_equal(femd_case_read(path, &set, 1, &c, &err), FEMD_BAD_INPUT);
        if (!strstr(err.text, tables[i].words)) fail_msg("%s", err.text);
        unlink(table);
        free(table);
    }
}

/* What changes in time heats, for which the heat capacity must be asked and the scheme be that of the step's end. */
static void a_pressure_of_the_points_may_follow_the_time(void **state) {
    (void)state;
    static const char *const asked = "materials.m.thermal={\"conductivity\":1}", *const end = "heat.theta=1",
                             *const table = "pressure={\"table\":[[0,\"1 GPa\"],[0.4,\"2 GPa\"]]}";
    static const struct {
        const char *set[3], *words;
    } refused[] = {
        {{asked, table, "heat.theta=0.5"}, "goes with heat.theta 1, not with 0.5"},
        {{"materials.m.thermal={\"heat_capacity\":1}", table, end}, "and materials.m.thermal gives it"},
        {{"materials.m.thermal={\"heat_capacity\":1}", "pressure==1e9*t", end}, "and materials.m.thermal gives it"},
        {{asked, "pressure={\"file\":\"m.msh\"}", "heat.theta=0.5"}, "goes with heat.theta 1, not with 0.5"}};
    const double x[3] = {0.5, 0, 0};
    femd_case c;
    femd_error err = FEMD_ERROR_INIT;
    char path[512];
    double p;
    snprintf(path, sizeof path, "%s/heat.json", folder);
    if (femd_case_read(path, (const char *[]){asked, table, end}, 3, &c, &err) != FEMD_OK) fail_msg("%s", err.text);
    assert_int_equal(femd_case_pressure(&c, x, 0.1, &p, &err), FEMD_OK);
    assert_true(fabs(p - 1.25e9) < 1 && femd_case_pressure_ramps(&c));
    assert_true(femd_case_next_time(&c, 1.0 / 3) == 0.4 && femd_case_steps(&c) == 4);
    femd_case_clear(&c);
    const char *const one[] = {asked, "pressure={\"table\":[[7,\"3 GPa\"]]}", "heat.theta=0.5"};
    if (femd_case_read(path, one, 3, &c, &err) != FEMD_OK) fail_msg("%s", err.text);
    assert_int_equal(femd_case_pressure(&c, x, 0.1, &p, &err), FEMD_OK);
    assert_true(p == 3e9 && !femd_case_pressure_ramps(&c));
    femd_case_clear(&c);
    const char *const steady[] = {asked, "pressure==1e9*t*x", "heat={\"initial\":300,\"transient\":false}"};
    assert_int_equal(femd_case_read(path, steady, 3, &c, &err), FEMD_BAD_INPUT); /* nothing is asked */
    const char *const asks[] = {"materials.m.thermal={\"heat_capacity\":1}", steady[1], steady[2]};
    if (femd_case_read(path, asks, 3, &c, &err) != FEMD_OK) fail_msg("%s", err.text);
    assert_int_equal(femd_case_pressure(&c, x, 0.1, &p, &err), FEMD_OK);
    assert_true(fabs(p - 5e7) < 1 && femd_case_pressure_ramps(&c));
    femd_case_clear(&c);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        femd_error_clear(&err);
        assert_int_equal(femd_case_read(path, refused[i].set, 3, &c, &err), FEMD_BAD_INPUT);
        if (!strstr(err.text, refused[i].words)) fail_msg("%s", err.text);
    }
}

/* The potential may also lie where FEMD_POTENTIALS points. */
static void potentials_are_found_by_environment(void **state) {
    (void)state;
    femd_case c;
    femd_error err = FEMD_ERROR_INIT;
    char other[] = "/tmp/femd-case-XXXXXX", path[600], list[640];
    const char *set = "materials.copper.potential.file=Elsewhere.eam";
    assert_non_null(mkdtemp(other));
    snprintf(path, sizeof path, "%s/Elsewhere.eam", other);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fclose(f);
    assert_int_equal(femd_case_read(folder, &set, 1, &c, &err), FEMD_BAD_INPUT);
    snprintf(list, sizeof list, "/nowhere:%s", other);
    setenv("FEMD_POTENTIALS", list, 1);
    assert_int_equal(femd_case_read(folder, &set, 1, &c, &err), FEMD_OK);
    femd_case_clear(&c);
    unsetenv("FEMD_POTENTIALS");
    unlink(path);
    rmdir(other);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_case_arrives_in_SI),
        cmocka_unit_test(defaults_of_a_box),
        cmocka_unit_test(ties_may_hold_a_body),
        cmocka_unit_test(amplitude_follows_the_table),
        cmocka_unit_test(a_bad_line_of_a_table_of_orientations_is_not_passed_over),
        cmocka_unit_test(a_pressure_of_the_points_may_follow_the_time),
        cmocka_unit_test(a_line_of_probes_is_its_points),
        cmocka_unit_test(fields_are_in_the_unit_that_the_case_writes),
        cmocka_unit_test(steps_end_at_planned_times_and_at_those_of_tables),
        cmocka_unit_test(three_ways_to_write_an_orientation),
        cmocka_unit_test(a_case_of_heat_arrives_in_SI),
        cmocka_unit_test(potentials_are_found_by_environment),
    };
    return cmocka_run_group_tests(tests, prepare, clean_up);
}
