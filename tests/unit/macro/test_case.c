/* The case reader: a good case arrives in SI with its defaults, and each kind of bad input has its exact words. */
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

static char folder[] = "/tmp/femd-case-XXXXXX";

static const char good[] =
    "{\"femd\": 1, \"title\": \"Two grains\", \"seed\": \"18446744073709551615\",\n"
    " \"mesh\": {\"file\": \"m.msh\", \"scale\": \"1 nm\"},\n"
    " \"materials\": {\n"
    "  \"copper\": {\"region\": \"left grain\", \"orientation\": {\"axis\": [0, 0, 2], \"angle\": \"90 deg\"}, "
    "\"engine\": \"native\",\n"
    "   \"structure\": {\"lattice\": \"fcc\", \"a\": \"3.615 angstrom\", \"species\": [\"Cu\"], \"repeat\": [3, 3, 3], "
    "\"vacancies\": {\"count\": 1, \"seed\": 7}},\n"
    "   \"potential\": {\"style\": \"eam/alloy\", \"file\": \"Cu.eam\"}},\n"
    "  \"rest\": {\"engine\": \"elastic\", \"young\": \"120 GPa\", \"poisson\": 0.3}},\n"
    " \"boundary\": [{\"on\": \"fixed\", \"displacement\": [0, 0, 0]},\n"
    "  {\"on\": \"pulled\", \"displacement\": [\"2 angstrom\", null, null], \"table\": [[0, 0], [1, 2], [3, -2]]},\n"
    "  {\"on\": \"top\", \"traction\": [0, \"5 MPa\", 0]}, {\"on\": \"hole\", \"pressure\": \"2 bar\"},\n"
    "  {\"on\": \"side\", \"gradient\": [[1, 2, 3], [4, 5, 6], [7, 8, 9]]}],\n"
    " \"body_force\": [0, 0, \"-88 kN/m^3\"], \"temperature\": \"20 degC\", \"accuracy\": "
    "0.01,\n"
    " \"steps\": {\"count\": 5, \"end_time\": 2}, \"solver\": {\"rtol\": 1e-10, \"direct\": true}, \"element\": "
    "{\"type\": \"P1\"},\n"
    " \"micro\": {\"reuse\": false}, \"output\": {\"every\": 2, \"wants\": [\"stability\", \"energy\"]},\n"
    " \"petsc\": {\"ksp_type\": \"cg\", \"snes_view\": null, \"ksp_max_it\": 500, \"use_it\": true, \"eps\": 1e-12}}\n";

static const char box[] =
    "{\"femd\": 1, \"mesh\": {\"box\": {\"size\": [\"1 um\", \"2 um\", 3e-6], \"cells\": [2, 3, 4]}},\n"
    " \"materials\": {\"m\": {\"engine\": \"elastic\", \"young\": 1e11, \"poisson\": 0.3}},\n"
    " \"boundary\": [{\"on\": \"left\", \"displacement\": [0, 0, 0]}], \"steps\": {\"count\": 3}}";

static const char heat[] =
    "{\"femd\": 1, \"physics\": \"thermal\", \"heat\": {\"initial\": \"20 degC\", \"theta\": 0.5, \"source\": "
    "\"=1e6*x\"},\n"
    " \"mesh\": {\"box\": {\"size\": [1, 1, 1], \"cells\": [2, 3, 4]}},\n"
    " \"materials\": {\"m\": {\"engine\": \"elastic\", \"young\": 1e11, \"poisson\": 0.3,\n"
    "  \"thermal\": {\"conductivity\": \"400 W/(m K)\", \"heat_capacity\": \"3.4 MJ/(m^3 K)\"}}},\n"
    " \"boundary\": [{\"on\": \"left\", \"temperature\": \"100 degC\"}, {\"on\": \"right\", \"heat_flux\": \"2 "
    "kW/m^2\"},\n"
    "  {\"on\": \"top\", \"convection\": {\"coefficient\": \"5 kW/(m^2 K)\", \"ambient\": \"=300+t\"}},\n"
    "  {\"on\": \"back\", \"radiation\": {\"emissivity\": 0.5, \"ambient\": 350}}],\n"
    " \"steps\": {\"count\": 3}}";

static char *write_file(const char *name, const char *text) {
    char *path = malloc(512);
    assert_non_null(path);
    snprintf(path, 512, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    return path;
}

static int prepare(void **state) {
    (void)state;
    if (!mkdtemp(folder)) return 1;
    unsetenv("FEMD_POTENTIALS");
    free(write_file("case.json", good));
    free(write_file("box.json", box));
    free(write_file("heat.json", heat));
    free(write_file("m.msh", "$MeshFormat\n"));
    free(write_file("Cu.eam", "a potential\n"));
    return 0;
}

static int clean_up(void **state) {
    (void)state;
    static const char *const names[] = {"case.json", "box.json", "heat.json", "m.msh", "Cu.eam"};
    char path[512];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    return rmdir(folder);
}

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
                c.ksp_rtol == 1e-8 && c.max_newton == 20);
    assert_true(c.direct == 0 && c.temperature == 0 && c.accuracy == 0 && c.wants_committed == 0);
    assert_true(c.output_every == 1 && c.checkpoint_every == 1 && c.has_body_force == 0 && c.npetsc == 0);
    assert_string_equal(c.title, "");
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

/* Each override spoils the good case (or the box); the words follow "PATH/FILE: ". */
static void bad_input_has_exact_words(void **state) {
    (void)state;
    static const struct {
        const char *file, *set, *words;
    } cases[] = {
        {"case.json", "femd=2", "femd: must be 1"},
        {"box.json", "physics=thermal", "missing key \"heat\", which physics \"thermal\" needs"},
        {"box.json", "heat={\"initial\":300}", "heat: belongs to physics \"thermal\" or \"thermomechanical\""},
        {"box.json", "materials.m.thermal={\"conductivity\":1}",
         "materials.m.thermal: belongs to physics \"thermal\" or \"thermomechanical\""},
        {"box.json", "physics=thermomechanical", "missing key \"heat\", which physics \"thermomechanical\" needs"},
        {"heat.json", "physics=thermomechanical",
         "boundary: no entry prescribes a displacement along x; the body could move freely"},
        {"box.json", "boundary[0]={\"on\":\"left\",\"temperature\":300}",
         "boundary[0]: temperature is none of physics \"mechanical\", which takes: displacement (with or without "
         "gradient), traction, pressure, follower_pressure, force, turned, rigid, periodic"},
        {"heat.json", "boundary[0]={\"on\":\"left\",\"displacement\":[0,0,0]}",
         "boundary[0]: displacement is none of physics \"thermal\", which takes: temperature, heat_flux, convection, "
         "radiation"},
        {"heat.json", "boundary[0].temprature=1",
         "boundary[0]: unknown key \"temprature\"; did you mean \"temperature\"? accepted: on, at, temperature, "
         "heat_flux, convection, radiation, table"},
        {"box.json", "boundary[0].temprature=1",
         "boundary[0]: unknown key \"temprature\"; accepted: on, at, displacement, gradient, traction, pressure, "
         "follower_pressure, force, turned, rigid, periodic, table"},
        {"heat.json", "boundary[1].heat_flux=1e308",
         "boundary[1].heat_flux: 1e+308 (SI) is more than can be computed with: 1e+60 at most; look at the units"},
        {"heat.json", "boundary[0].temperature=1e80",
         "boundary[0].temperature: 1e+80 (SI) is more than can be computed with: 1e+30 at most; look at the units"},
        {"heat.json", "heat.source=-1e70",
         "heat.source: -1e+70 (SI) is more than can be computed with: 1e+60 at most; look at the units"},
        {"heat.json", "boundary[1].table=[[0,1],[1,1e40]]",
         "boundary[1].table[1][1]: 1e+40 (SI) is more than can be computed with: 1e+30 at most; look at the units"},
        {"heat.json", "solver.stability=true",
         "solver.stability: physics \"thermal\": it is that of a body in equilibrium; a temperature has none"},
        {"heat.json", "solver.noise_stop=false",
         "solver.noise_stop: physics \"thermal\": it is that of sampled stresses, and none is asked"},
        {"heat.json", "boundary[0].heat_flux=1",
         "boundary[0]: has more than one of: temperature, heat_flux, convection, radiation; write one entry for each"},
        {"heat.json", "boundary[1].on=[\"left\",\"top\"]",
         "boundary[1].on: a load per area needs a surface, not a point or an edge; a force may act at a point"},
        {"heat.json", "boundary[2].table=[[0,1],[1,2]]",
         "boundary[2].table: does not go with convection; write \"ambient\" as an expression of t"},
        {"heat.json", "boundary[3].radiation.emissivity=2",
         "boundary[3].radiation.emissivity: must be at most 1, not 2"},
        {"heat.json", "boundary[0].temperature=\"3 W/m^2\"",
         "boundary[0].temperature: unit \"W/m^2\" does not fit a temperature; accepted: K, mK, degC; an expression "
         "begins with \"=\": \"=3 W/m^2\""},
        {"heat.json", "boundary[0].temperature=-1", "boundary[0].temperature: must be at least 0, not -1"},
        {"heat.json", "heat.initial=-1", "heat.initial: must be at least 0, not -1"},
        {"heat.json", "heat.initial==300*t", "heat.initial: is that of time 0; t stands in \"300*t\""},
        {"heat.json", "heat.initial==300*x-1", "heat.initial: -1 K at (0, 0, 0) m is below 0 K"},
        {"heat.json", "heat.theta=0.4", "heat.theta: must be at least 0.5, not 0.4"},
        {"heat.json", "heat.transient=false",
         "heat.theta: is how a transient goes on in time; heat.transient is false"},
        {"heat.json", "heat.coupling=one-way", "heat.coupling: is with mechanics; physics is \"thermal\""},
        {"heat.json", "heat.coupling=both", "heat.coupling: unknown value \"both\"; accepted: one-way, two-way"},
        {"heat.json", "temperature=300",
         "temperature: physics \"thermal\": it is what is solved for; that of the start is heat.initial"},
        {"heat.json", "body_force=[0,0,0]",
         "body_force: physics \"thermal\": it acts on no temperature; a source of heat is heat.source"},
        {"heat.json", "output.wants=[\"energy\"]",
         "output.wants: physics \"thermal\": it is asked by physics \"mechanical\"; conductivity and heat capacity are "
         "written in any case"},
        {"heat.json", "steps.control=arc-length",
         "steps.control: \"arc-length\" follows a load; physics \"thermal\" goes on in time"},
        {"case.json", "materails={}",
         "unknown key \"materails\"; did you mean \"materials\"? accepted: femd, title, seed, physics, heat, mesh, "
         "materials, "
         "boundary, body_force, temperature, accuracy, steps, element, solver, micro, output, petsc"},
        {"case.json", "mesh.scal=1",
         "mesh: unknown key \"scal\"; did you mean \"scale\"? accepted: file, straighten, scale, box"},
        {"case.json", "mesh={}", "mesh: missing key; needs \"file\", or \"box\""},
        {"case.json", "mesh.box={\"size\":[1,1,1],\"cells\":[1,1,1]}",
         "mesh: has more than one of: \"file\", or \"box\""},
        {"case.json", "mesh.file=notch.msh", "mesh.file: no such file \"notch.msh\"; looked in FOLDER"},
        {"case.json", "mesh.scale=\"1 GPa\"",
         "mesh.scale: unit \"GPa\" does not fit a length; accepted: m, cm, mm, um, nm, angstrom, pm"},
        {"case.json", "mesh.scale=0", "mesh.scale: must be greater than 0, not 0"},
        {"case.json", "steps={}", "steps: missing key \"count\""},
        {"case.json", "steps.count=0", "steps.count: must be at least 1, not 0"},
        {"case.json", "steps.cut=1", "steps.cut: must be less than 1, not 1"},
        {"case.json", "element.type=Q2", "element.type: unknown value \"Q2\"; accepted: Q1, P1, P2"},
        {"case.json", "materials={}", "materials: names no material"},
        {"case.json", "materials.copper.engine=natve",
         "materials.copper.engine: unknown value \"natve\"; accepted: native, cauchy-born, elastic, user"},
        {"case.json", "materials.copper.potential.style=eam2",
         "materials.copper.potential.style: unknown value \"eam2\"; accepted: eam, eam/alloy, eam/fs, lj, lj/cut, sw"},
        {"case.json", "materials.copper.potential.file=Cux.eam",
         "materials.copper.potential.file: no such file \"Cux.eam\"; looked in FOLDER, /usr/share/lammps/potentials"},
        {"case.json", "materials.copper.potential={\"style\":\"eam\",\"files\":{\"Cu\":\"Cuy.eam\"}}",
         "materials.copper.potential.files.Cu: no such file \"Cuy.eam\"; looked in FOLDER, "
         "/usr/share/lammps/potentials"},
        {"case.json", "materials.copper.structure.a=\"3.6 eV\"",
         "materials.copper.structure.a: unit \"eV\" does not fit a length; accepted: m, cm, mm, um, nm, angstrom, pm"},
        {"case.json", "materials.copper.structure.lattice=fc",
         "materials.copper.structure.lattice: unknown value \"fc\"; accepted: fcc, bcc, hcp, diamond, b1, b2"},
        {"case.json", "materials.copper.structure.file=x.data",
         "materials.copper.structure: has more than one of: \"lattice\" and \"a\", or \"file\""},
        {"case.json", "materials.copper.structure.units=metal",
         "materials.copper.structure: key \"units\" needs key \"file\" beside it"},
        {"case.json", "materials.copper.structure.vacancies.fraction=0.1",
         "materials.copper.structure.vacancies: has more than one of: \"count\", or \"fraction\", or \"positions\""},
        {"case.json", "materials.copper.structure.vacancies.seed=-1",
         "materials.copper.structure.vacancies.seed: must be a whole number from 0 to 2^53, or a string of decimal "
         "digits up to 2^64-1"},
        {"case.json", "materials.copper.reference=given",
         "materials.copper.reference: unknown value \"given\"; accepted: as-given"},
        {"case.json", "materials.copper.region=all",
         "materials.rest: region \"all\" has the material \"copper\" already"},
        {"case.json", "materials.copper.orientation=[[1,0,0],[0,1,0],[0,0,-1]]",
         "materials.copper.orientation: the matrix is a reflection (its determinant is -1), not a rotation"},
        {"case.json", "materials.copper.orientation=[[1,0,0],[0,1,0],[0,0.1,1]]",
         "materials.copper.orientation: the matrix is no rotation: Q Q^T differs from the identity by 0.1"},
        {"case.json", "materials.copper.orientation.axis=[0,0,0]",
         "materials.copper.orientation.axis: the axis has no direction"},
        {"case.json", "materials.rest.young=\"120 GPA\"",
         "materials.rest.young: unit \"GPA\" does not fit a pressure; accepted: Pa, kPa, MPa, GPa, bar, atm, "
         "eV/angstrom^3"},
        {"case.json", "materials.rest.mu=1", "materials.rest: key \"mu\" needs key \"lambda\" beside it"},
        {"case.json", "materials.rest={\"engine\":\"elastic\"}",
         "materials.rest: missing key; needs \"young\" and \"poisson\", or \"lambda\" and \"mu\", or \"stiffness\""},
        {"case.json", "materials.rest={\"engine\":\"elastic\",\"stiffness\":[1,2]}",
         "materials.rest.stiffness: an array does not fit; accepted: 21 entries (upper triangle by rows), or 36 "
         "entries (row by row)"},
        {"case.json", "boundary[1].displacement[0]=\"nan m\"",
         "boundary[1].displacement[0]: \"nan m\" does not start with a number; write a length such as \"1.5 m\""},
        {"case.json", "boundary[1].displacement[0]=NaN",
         "boundary[1].displacement[0]: \"NaN\" does not start with a number; write a length such as \"1.5 m\""},
        {"case.json", "boundary[1].displacement=[null,null,null]", "boundary[1].displacement: prescribes no component"},
        {"case.json", "boundary[1].displacement=[1,2]", "boundary[1].displacement: has 2 entries; must have 3"},
        {"case.json", "boundary[0]={\"on\":\"fixed\"}",
         "boundary[0]: missing key; needs \"displacement\", or \"gradient\", or \"traction\", or \"pressure\", or "
         "\"follower_pressure\", or \"force\", or \"turned\", or \"rigid\", or \"periodic\", or \"temperature\", or "
         "\"heat_flux\", or \"convection\", or \"radiation\""},
        {"case.json", "boundary[0].pressure=1",
         "boundary[0]: has more than one of: displacement (with or without gradient), traction, pressure, "
         "follower_pressure, force, turned, rigid, periodic; write one entry for each"},
        {"case.json",
         "boundary[1]={\"on\":\"a\",\"turned\":{\"axes\":[[1,0,0],[0,1,0],[0,0,2]],\"displacement\":[0,0,0]}}",
         "boundary[1].turned.axes: the matrix is no rotation: Q Q^T differs from the identity by 3"},
        {"case.json",
         "boundary[1]={\"on\":\"a\",\"turned\":{\"axes\":[[1,0,0],[0,1,0],[0,0,1]],\"displacement\":[null,null,null]}}",
         "boundary[1].turned.displacement: prescribes no component"},
        {"case.json", "boundary[1]={\"on\":\"a\",\"rigid\":{\"rotation\":[\"20 deg\",null,0]}}",
         "boundary[1].rigid.rotation: is all null (free), three angles, or two zeros beside a null (a hinge about that "
         "axis)"},
        {"box.json",
         "boundary[0]={\"on\":\"left\",\"periodic\":{\"with\":\"up\",\"gradient\":[[0,0,0],[0,0,0],[0,0,0]]}}",
         "boundary[0].periodic.with: unknown value \"up\"; accepted: left, right, front, back, bottom, top"},
        {"box.json",
         "boundary[0]={\"on\":[\"left\",\"top\"],\"periodic\":{\"with\":\"right\",\"gradient\":[[0,0,0],[0,0,0],[0,0,0]"
         "]}}",
         "boundary[0].periodic: needs one surface, and one in \"with\""},
        {"case.json", "boundary[1].at=[0,0,0]", "boundary[1]: has both \"on\" and \"at\"; an entry has one place"},
        {"case.json", "boundary[0]={\"displacement\":[0,0,0]}", "boundary[0]: missing key; needs \"on\" or \"at\""},
        {"case.json", "boundary[2]={\"at\":[0,0],\"force\":[0,0,1]}",
         "boundary[2].at: a position has three coordinates"},
        {"case.json", "boundary[2]={\"at\":[[0,0,0],[0,0,0]],\"displacement\":[0,0,1]}",
         "boundary[2].at: the ends of the line are one point"},
        {"case.json", "boundary[2]={\"at\":[0,0,0],\"traction\":[0,0,1]}",
         "boundary[2].at: a load per area needs a surface, not a point or an edge; a force may act at a point"},
        {"case.json", "boundary[2]={\"on\":[\"a\",\"b\"],\"force\":[0,0,1]}",
         "boundary[2].force: a force acts on a surface, spread evenly over its area, or at one point"},
        {"case.json", "boundary[2]={\"on\":\"a\",\"follower_pressure\":\"=x*t\"}",
         "boundary[2].follower_pressure: may depend on the time t alone; x, y and z stand in \"x*t\""},
        {"box.json", "boundary[0].on=[\"left\",\"up\"]",
         "boundary[0].on[1]: unknown value \"up\"; accepted: left, right, front, back, bottom, top"},
        {"case.json", "boundary[1].table=[[0,0],[1,1],[1,2]]", "boundary[1].table[2][0]: times must increase"},
        {"case.json", "boundary=[{\"on\":\"a\",\"displacement\":[0,0,null]}]",
         "boundary: no entry prescribes a displacement along z; the body could move freely"},
        {"case.json", "boundary=[]",
         "boundary: no entry prescribes a displacement along x; the body could move freely"},
        {"case.json", "boundary[1].displacement[0]==1,5",
         "boundary[1].displacement[0]: character 2 of the expression \"1,5\": a comma separates the arguments of a "
         "function; decimals are written with a point"},
        {"case.json", "body_force[1]==x=7",
         "body_force[1]: character 2 of the expression \"x=7\": \"=\" assigns nothing here; equality is written =="},
        {"case.json", "boundary[3].pressure==log(t)",
         "boundary[3].pressure: character 1 of the expression \"log(t)\": \"log\" means ln to some and log10 to "
         "others: write the one you mean"},
        {"case.json", "steps.count==3", "steps.count: must be a whole number, not \"=3\""},
        {"case.json", "boundary[0]={\"on\":\"a\",\"displacement\":[\"=x\",0,0],\"gradient\":[[1,0,0],[0,1,0],[0,0,1]]}",
         "boundary[0].displacement[0]: an expression stands for all of a component; leave out gradient"},
        {"case.json", "temperature={\"table\":[[0,\"20 degC\"],[1,-3]]}", "temperature.table[1][1]: -3 K is below 0 K"},
        {"case.json", "temperature={\"table\":[[0,1],[0,2]]}", "temperature.table[1][0]: times must increase"},
        {"case.json", "temperature==300*(x-1)", "temperature: -300 K at (0, 0, 0) m and time 0 is below 0 K"},
        {"case.json", "pressure=1e5",
         "the key \"pressure\" is refused: it would act on nothing, since the solver prescribes strains; a pressure on "
         "a surface is an entry of the boundary, that at which a material is unstrained is its reference.pressure"},
        {"case.json", "temperature=-1", "temperature: must be at least 0, not -1"},
        {"case.json", "temperature=\"-300 degC\"", "temperature: must be at least 0, not \"-300 degC\""},
        {"case.json", "output.wants=[\"stress\"]",
         "output.wants[0]: unknown value \"stress\"; accepted: thermal-stress, conductivity, energy, helmholtz, "
         "heat-capacity, stability, tangent-stability, acoustic-stability"},
        {"case.json", "output.wants=[\"energy\",\"local\"]",
         "output.wants[1]: unknown value \"local\"; accepted: thermal-stress, conductivity, energy, helmholtz, "
         "heat-capacity, stability, tangent-stability, acoustic-stability"},
        {"case.json", "seed=1.5", "seed: must be a whole number or a string, not 1.5"},
        {"case.json", "petsc.-ksp_type=cg", "petsc.-ksp_type: write the option without its leading dash"},
        {"case.json", "petsc.ksp_type=cg -snes_view", "petsc.ksp_type: an option has no blanks in its name or value"},
        {"case.json", "petsc.ksp_type=[1]",
         "petsc.ksp_type: must be a string or a number or true or false or null, not an array"},
        {"box.json", "mesh.scale=2", "mesh: key \"scale\" needs key \"file\" beside it"},
        {"box.json", "mesh.straighten=true", "mesh: key \"straighten\" needs key \"file\" beside it"},
        {"box.json", "mesh.box.cells=[1,2]", "mesh.box.cells: has 2 entries; must have 3"},
        {"box.json", "mesh.box.distort={\"fraction\":0.5}", "mesh.box.distort.fraction: must be at most 0.4, not 0.5"},
        {"box.json", "boundary[0].on=lft",
         "boundary[0].on: unknown value \"lft\"; accepted: left, right, front, back, bottom, top"},
        {"box.json", "materials.m.region=grain",
         "materials.m.region: unknown value \"grain\"; accepted for a box: all"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        femd_case c;
        femd_error err = FEMD_ERROR_INIT;
        char path[512], want[2048], words[1200] = "";
        snprintf(path, sizeof path, "%s/%s", folder, cases[i].file);
        const char *mark = strstr(cases[i].words, "FOLDER");
        if (mark)
            snprintf(words, sizeof words, "%.*s%s%s", (int)(mark - cases[i].words), cases[i].words, folder, mark + 6);
        else
            snprintf(words, sizeof words, "%s", cases[i].words);
        snprintf(want, sizeof want, "%s: %s", path, words);
        if (femd_case_read(path, &cases[i].set, 1, &c, &err) != FEMD_BAD_INPUT) fail_msg("accepted: %s", cases[i].set);
        assert_string_equal(err.text, want);
        assert_null(c.doc.root);
    }
}

static void a_case_that_is_not_there(void **state) {
    (void)state;
    femd_case c;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(femd_case_read("no/such/case", NULL, 0, &c, &err), FEMD_BAD_INPUT);
    assert_string_equal(err.text, "no/such/case: cannot be opened: No such file or directory");
    assert_int_equal(femd_case_read("/tmp/", NULL, 0, &c, &err), FEMD_BAD_INPUT);
    assert_string_equal(err.text, "/tmp/case.json: cannot be opened: No such file or directory");
    assert_int_equal(femd_case_read("", NULL, 0, &c, &err), FEMD_BAD_INPUT);
}

static void overrides_come_before_the_checks(void **state) {
    (void)state;
    femd_case c;
    femd_error err = FEMD_ERROR_INIT;
    const char *sets[] = {"steps.count=9", "element.type=P2", "steps.count=11", "boundary[1].displacement[0]=3 nm"};
    assert_int_equal(femd_case_read(folder, sets, 4, &c, &err), FEMD_OK);
    assert_true(c.step_count == 11 && c.element == &femd_element_p2 && c.boundary[1].value[0] == 3e-9);
    femd_case_clear(&c);
    const char *bad = "steps";
    assert_int_equal(femd_case_read(folder, &bad, 1, &c, &err), FEMD_BAD_INPUT);
    assert_string_equal(err.text, "--set steps: must read a.b.c=VALUE");
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

static uint64_t next_random(uint64_t *s) {
    *s ^= *s << 13, *s ^= *s >> 7, *s ^= *s << 17;
    return *s;
}

/* Pieces of the case exchanged at random: every outcome is a good case or an error with words. */
static void mutated_cases_never_crash(void **state) {
    (void)state;
    static const char *const words[] = {"null", "[]",      "{}",   "-1",    "0",       "1e300",
                                        "\"\"", "\"1 m\"", "true", "[[1]]", "\"all\"", "[0,0,0]"};
    uint64_t s = 4101842887655102017u;
    size_t n = strlen(good);
    char *text = malloc(n + 64);
    assert_non_null(text);
    int read = 0, refused = 0;
    for (int round = 0; round < 1500; round++) {
        memcpy(text, good, n + 1);
        if (round % 2) { /* replace one value */
            const char *word = words[next_random(&s) % (sizeof words / sizeof *words)];
            size_t at = next_random(&s) % n;
            while (at < n && text[at] != ':' && text[at] != ',') at++;
            if (at + 2 >= n) continue;
            size_t len = strcspn(text + at + 1, ",}]");
            memmove(text + at + 1 + strlen(word), text + at + 1 + len, n - at - len);
            memcpy(text + at + 1, word, strlen(word));
        } else
            text[next_random(&s) % n] = "{}[]\",:019.-e"[next_random(&s) % 13];
        char *path = write_file("mutated.json", text);
        femd_case c;
        femd_error err = FEMD_ERROR_INIT;
        if (femd_case_read(path, NULL, 0, &c, &err) == FEMD_OK)
            read++;
        else {
            refused++;
            assert_true(err.text[0] != 0);
        }
        femd_case_clear(&c);
        unlink(path);
        free(path);
    }
    free(text);
    assert_true(read > 10 && refused > 10);
}

/* ---- docs/case.md tells of every key ---- */

static char *read_manual(void) {
    FILE *f = fopen(FEMD_SOURCE_DIR "/docs/case.md", "r"); /* a compiler cache may shorten __FILE__ */
    assert_non_null(f);
    char *text = calloc(1, 1 << 20);
    assert_non_null(text);
    assert_true(fread(text, 1, (1 << 20) - 1, f) > 0);
    fclose(f);
    return text;
}

static void every_key_and_value_is_documented(void **state) {
    (void)state;
    char *manual = read_manual(), quoted[128];
    femd_json schema;
    const cJSON *stack[2048];
    int n = 0, keys = 0, parents_are_names[2048];
    assert_int_equal(femd_json_parse(femd_case_schema, strlen(femd_case_schema), "schema", &schema, NULL), FEMD_OK);
    stack[n] = schema.root, parents_are_names[n++] = 0;
    while (n > 0) {
        const cJSON *node = stack[--n];
        int names = parents_are_names[n];
        for (const cJSON *c = node->child; c; c = c->next) {
            if (names) {
                snprintf(quoted, sizeof quoted, "`%s`", c->string);
                if (!strstr(manual, quoted)) fail_msg("docs/case.md says nothing of the key %s", quoted);
                keys++;
            }
            if (c->string && strcmp(c->string, "enum") == 0)
                for (const cJSON *v = c->child; v; v = v->next) {
                    snprintf(quoted, sizeof quoted, "`%s`", v->valuestring);
                    if (!strstr(manual, quoted)) fail_msg("docs/case.md says nothing of the value %s", quoted);
                }
            if (c->string && strcmp(c->string, "default") == 0) continue;
            assert_true(n < 2048);
            stack[n] = c;
            parents_are_names[n++] = !names && c->string && strcmp(c->string, "properties") == 0;
        }
    }
    assert_true(keys > 80);
    femd_json_clear(&schema);
    free(manual);
}

/* Each complete example of the manual (a ```json block that starts with {"femd") is a case that the schema accepts. */
static void examples_of_the_manual_are_valid(void **state) {
    (void)state;
    char *manual = read_manual();
    int cases = 0, materials = 0;
    for (char *p = strstr(manual, "```json\n"); p; p = strstr(p, "```json\n")) {
        p += 8;
        char *end = strstr(p, "```");
        assert_non_null(end);
        int is_case = strncmp(p, "{\"femd\"", 7) == 0, is_material = strncmp(p, "{\"engine\"", 9) == 0;
        femd_json doc;
        femd_error err = FEMD_ERROR_INIT;
        if (is_case || is_material) {
            if (femd_json_parse(p, (size_t)(end - p), "docs/case.md", &doc, &err) != FEMD_OK) fail_msg("%s", err.text);
            if (femd_json_validate(&doc, femd_case_schema, is_case ? "" : "#/$defs/material", &err) != FEMD_OK)
                fail_msg("%s", err.text);
            femd_json_clear(&doc);
        }
        cases += is_case;
        materials += is_material;
        p = end + 3;
    }
    assert_true(cases >= 1 && materials >= 3);
    free(manual);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_case_arrives_in_SI),
        cmocka_unit_test(defaults_of_a_box),
        cmocka_unit_test(amplitude_follows_the_table),
        cmocka_unit_test(a_line_of_probes_is_its_points),
        cmocka_unit_test(fields_are_in_the_unit_that_the_case_writes),
        cmocka_unit_test(steps_end_at_planned_times_and_at_those_of_tables),
        cmocka_unit_test(three_ways_to_write_an_orientation),
        cmocka_unit_test(a_case_of_heat_arrives_in_SI),
        cmocka_unit_test(bad_input_has_exact_words),
        cmocka_unit_test(a_case_that_is_not_there),
        cmocka_unit_test(overrides_come_before_the_checks),
        cmocka_unit_test(potentials_are_found_by_environment),
        cmocka_unit_test(mutated_cases_never_crash),
        cmocka_unit_test(every_key_and_value_is_documented),
        cmocka_unit_test(examples_of_the_manual_are_valid),
    };
    return cmocka_run_group_tests(tests, prepare, clean_up);
}
