/* Three good cases: a mesh from a file with two materials, a box, and heat. */
#include "case_folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

char folder[] = "/tmp/femd-case-XXXXXX";

const char good[] =
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

char *write_file(const char *name, const char *text) {
    char *path = malloc(512);
    assert_non_null(path);
    snprintf(path, 512, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    return path;
}

int prepare(void **state) {
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

int clean_up(void **state) {
    (void)state;
    static const char *const names[] = {"case.json", "box.json", "heat.json", "m.msh", "Cu.eam"};
    char path[512];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    return rmdir(folder);
}
