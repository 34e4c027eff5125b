/* What is said of bad cases: each kind has its exact words, and none crashes the reader. */
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
        {"box.json", "temperature={\"file\":\"none.msh\"}",
         "temperature.file: no such file \"none.msh\"; looked in FOLDER"},
        {"heat.json", "pressure==1e9*t",
         "pressure: has no effect: all materials give their conductivity and heat capacity, and no point is asked"},
        {"heat.json", "pressure={\"file\":\"none.msh\"}", "pressure.file: no such file \"none.msh\"; looked in FOLDER"},
        {"heat.json", "pressure={\"table\":[[1,\"1 GPa\"],[1,0]]}", "pressure.table[1][0]: times must increase"},
        {"heat.json", "heat.initial={\"file\":\"none.msh\"}",
         "heat.initial.file: no such file \"none.msh\"; looked in FOLDER"},
        {"box.json", "physics=thermomechanical", "missing key \"heat\", which physics \"thermomechanical\" needs"},
        {"heat.json", "physics=thermomechanical",
         "boundary: no entry prescribes a displacement along x; the body could move freely"},
        {"box.json", "boundary[0]={\"on\":\"left\",\"temperature\":300}",
         "boundary[0]: temperature is none of physics \"mechanical\", which takes: displacement (with or without "
         "gradient), traction, pressure, follower_pressure, force, turned, rigid, periodic"},
        {"heat.json", "boundary[0]={\"on\":\"left\",\"displacement\":[0,0,0]}",
         "boundary[0]: displacement is none of physics \"thermal\", which takes: temperature, heat_flux, convection, "
         "radiation, periodic_temperature"},
        {"heat.json", "boundary[0]={\"on\":\"left\",\"periodic_temperature\":{\"with\":\"right\",\"rise\":\"=x\"}}",
         "boundary[0].periodic_temperature.rise: may depend on the time t alone; x, y and z stand in \"x\""},
        {"heat.json",
         "boundary[0]={\"on\":\"left\",\"periodic_temperature\":{\"with\":\"right\",\"rise\":null},\"table\":[[0,1],[1,"
         "2]]}",
         "boundary[0].table: does not go with a rise that is null (free)"},
        {"heat.json", "boundary[0].temprature=1",
         "boundary[0]: unknown key \"temprature\"; did you mean \"temperature\"? accepted: on, at, temperature, "
         "heat_flux, convection, radiation, periodic_temperature, table"},
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
        {"heat.json", "solver.coarse=1",
         "solver.coarse: physics \"thermal\": it is that of sampled stresses, and none is asked"},
        {"heat.json", "boundary[0].heat_flux=1",
         "boundary[0]: has more than one of: temperature, heat_flux, convection, radiation, "
         "periodic_temperature; write one entry for each"},
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
        {"heat.json", "heat.coupling={\"iterate\":1e-5}", "heat.coupling: is with mechanics; physics is \"thermal\""},
        {"heat.json", "heat.coupling={\"iterate\":0.5}", "heat.coupling.iterate: must be at most 0.01, not 0.5"},
        {"heat.json", "heat.coupling={\"iterat\":1e-5}",
         "heat.coupling: unknown key \"iterat\"; did you mean \"iterate\"? accepted: iterate"},
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
         "boundary, body_force, temperature, pressure, chemical_potentials, accuracy, steps, element, solver, micro, "
         "output, "
         "petsc"},
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
         "materials.copper.engine: unknown value \"natve\"; accepted: native, cauchy-born, elastic, neo-hooke, user"},
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
         "\"heat_flux\", or \"convection\", or \"radiation\", or \"periodic_temperature\""},
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
        {"case.json", "output.every=4294967297", "output.every: must be at most 1000000000, not 4294967297"},
        {"case.json", "output.checkpoint_every=1e10",
         "output.checkpoint_every: must be at most 1000000000, not 10000000000"},
        {"case.json", "materials.copper.relaxation.max_iterations=2147483648",
         "materials.copper.relaxation.max_iterations: must be at most 1000000000, not 2147483648"},
        {"case.json", "materials.copper.boundary_condition={\"type\":\"kubc\",\"planes\":1e10}",
         "materials.copper.boundary_condition.planes: must be at most 1000000000, not 10000000000"},
        {"case.json", "boundary[0]={\"on\":\"a\",\"displacement\":[\"=x\",0,0],\"gradient\":[[1,0,0],[0,1,0],[0,0,1]]}",
         "boundary[0].displacement[0]: an expression stands for all of a component; leave out gradient"},
        {"case.json", "temperature={\"table\":[[0,\"20 degC\"],[1,-3]]}", "temperature.table[1][1]: -3 K is below 0 K"},
        {"case.json", "temperature={\"table\":[[0,1],[0,2]]}", "temperature.table[1][0]: times must increase"},
        {"case.json", "temperature={\"table\":[[\"300 K\",0.5]]}",
         "temperature.table[0][0]: a row is a time, a number without a unit, and a value"},
        {"case.json", "temperature={\"table\":[[0,1],[\"2 s\",3]]}",
         "temperature.table[1][0]: a row is a time, a number without a unit, and a value"},
        {"case.json", "temperature={\"table\":[[0,1],[1,\"5 m\"]]}",
         "temperature.table[1][1]: unit \"m\" does not fit a temperature; accepted: K, mK, degC"},
        {"case.json", "temperature={\"table\":[]}", "temperature.table: has 0 entries; must have at least 1"},
        {"case.json", "temperature={\"table\":[[0,1]],\"file\":\"x\"}",
         "temperature: an object does not fit; accepted: a temperature, or {file}, or {table}"},
        {"case.json", "temperature==300*(x-1)", "temperature: -300 K at (0, 0, 0) m and time 0 is below 0 K"},
        {"case.json", "pressure=1e5",
         "the key \"pressure\" is refused: it would act on nothing, since the solver prescribes strains; a pressure on "
         "a surface is an entry of the boundary, that at which a material is unstrained is its reference.pressure"},
        {"case.json", "temperature=-1", "temperature: must be at least 0, not -1"},
        {"case.json", "temperature=\"-300 degC\"", "temperature: must be at least 0, not \"-300 degC\""},
        {"case.json", "output.wants=[\"stress\"]",
         "output.wants[0]: unknown value \"stress\"; accepted: thermal-stress, conductivity, energy, helmholtz, "
         "heat-capacity, viscosity, diffusivity, diffusivity-2, diffusivity-3, diffusivity-4, flow-viscosity, "
         "chemical-potential, chemical-potential-strain, composition, rate, barrier, rate-strain, stability, "
         "tangent-stability, acoustic-stability"},
        {"case.json", "output.wants=[\"energy\",\"local\"]",
         "output.wants[1]: unknown value \"local\"; accepted: thermal-stress, conductivity, energy, helmholtz, "
         "heat-capacity, viscosity, diffusivity, diffusivity-2, diffusivity-3, diffusivity-4, flow-viscosity, "
         "chemical-potential, chemical-potential-strain, composition, rate, barrier, rate-strain, stability, "
         "tangent-stability, acoustic-stability"},
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_input_has_exact_words),
        cmocka_unit_test(a_case_that_is_not_there),
        cmocka_unit_test(overrides_come_before_the_checks),
        cmocka_unit_test(mutated_cases_never_crash),
    };
    return cmocka_run_group_tests(tests, prepare, clean_up);
}
