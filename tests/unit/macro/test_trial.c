/* The set-up of a case without a server refuses what a run refuses, in the same words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "case/case.h"
#include "model.h"
#include "results/probe.h"
#include "results/recorder.h"
#include "solve/foresee.h"
#include "trial.h"

static const char body[] =
    "{\"femd\":1,\"mesh\":{\"box\":{\"size\":[2,1,1],\"cells\":[2,1,1]}},"
    "\"materials\":{\"m\":{\"engine\":\"elastic\",\"young\":1,\"poisson\":0.3}},\"steps\":{\"count\":2},"
    "\"boundary\":[{\"on\":\"left\",\"displacement\":[0,0,0]},{\"on\":\"right\",\"displacement\":[0.01,null,null]}]}";

static void trial_with(const char *set, const char *words) {
    char path[] = "/tmp/femd-trial-XXXXXX";
    femd_case cs = {0};
    femd_error err = FEMD_ERROR_INIT, run = FEMD_ERROR_INIT;
    FILE *f = fdopen(mkstemp(path), "w");
    assert_non_null(f);
    fputs(body, f);
    fclose(f);
    if (femd_case_read(path, &set, set != NULL, &cs, &err) != FEMD_OK) fail_msg("%s", err.text);
    const femd_status rc = femd_trial(PETSC_COMM_WORLD, &cs, &err);
    remove(path);
    if (!words && rc != FEMD_OK) fail_msg("%s", err.text);
    if (!words) return femd_case_clear(&cs);
    if (rc != FEMD_BAD_INPUT) fail_msg("%s is taken: %s", set, err.text);
    if (!strstr(err.text, words)) fail_msg("%s: %s", set, err.text);
    /* a run says the same */
    test_law law;
    femd_problem *p = NULL;
    femd_probes *probes = NULL;
    test_law_init(&law);
    femd_status refused = femd_problem_create_law(PETSC_COMM_WORLD, &cs, &law.table, &p, &run);
    if (refused == FEMD_OK) refused = femd_recorder_check_local(p, &run);
    if (refused == FEMD_OK) refused = femd_probes_create(p, &probes, &run);
    if (refused == FEMD_OK) refused = femd_foresee(p, &run);
    assert_int_equal(refused, rc);
    assert_string_equal(run.text, err.text);
    femd_probes_destroy(&probes);
    femd_problem_destroy(&p);
    femd_case_clear(&cs);
}

static void what_a_run_refuses_is_refused(void **state) {
    (void)state;
    trial_with(NULL, NULL);
    trial_with("output={\"probes\":[{\"name\":\"end\",\"at\":[2,1,1]}]}", NULL);
    trial_with("output={\"probes\":[{\"name\":\"end\",\"at\":[2.1,1,1]}]}", "lies outside the body");
    trial_with("output={\"local\":{\"points\":[15]}}", NULL);
    trial_with("output={\"local\":{\"points\":[3,999]}}", "output.local.points: 999: the points of this case have");
    trial_with("boundary[1].displacement[0]=\"=0.01/t\"", NULL);
    trial_with("boundary[1].displacement[0]=\"=0.01/(1-t)\"",
               "boundary[1].displacement[0]: the expression \"0.01/(1-t)\" gives inf at (2, ");
    trial_with("boundary[1].displacement[1]=\"=0.01/y\"",
               "boundary[1].displacement[1]: the expression \"0.01/y\" gives inf at (2, 0, 0) m");
    trial_with("boundary[0].displacement[0]=\"=0.01/(1-t)\"",
               "boundary[0].displacement[0]: the expression \"0.01/(1-t)\" gives inf at (0, ");
    trial_with("temperature=\"=300+1/(x-3)\"", NULL);
    trial_with("boundary[1]={\"on\":\"bottom\",\"displacement\":[0.01,0,0]}", "prescribe different displacements");
    trial_with("boundary[0]={\"at\":[0,0,0],\"displacement\":[0,0,0]}", "free to move in");
    trial_with("boundary=[{\"at\":[0,0,0],\"displacement\":[0,0,0]}]",
               "free to move in 3 of its 6 rigid ways; nothing holds it against rotation about all axes through (0, 0, "
               "0) m; prescribe more components");
    trial_with("boundary=[{\"on\":\"left\",\"displacement\":[0,null,null]},{\"at\":[0,0,0],\"displacement\":[0,0,0]}]",
               "free to move in 1 of its 6 rigid ways; nothing holds it against rotation about the axis along x "
               "through (1, 0, 0) m; prescribe more components");
    trial_with("boundary[1]={\"at\":[0.3,0,0],\"displacement\":[0,0,0]}", "no node");
    trial_with("boundary[1]={\"on\":\"right\",\"traction\":[\"=1/(0.5-t)\",0,0]}",
               "boundary[1].traction[0]: the expression");
    trial_with("body_force=[0,0,\"=ln(-t)\"]", "body_force[2]: the expression");
    trial_with("steps={\"count\":2,\"control\":\"arc-length\"}", NULL);
}

static void what_the_path_cannot_follow_is_refused(void **state) {
    (void)state;
    trial_with("steps={\"count\":2,\"control\":\"arc-length\"}", NULL);
    char path[] = "/tmp/femd-trial-XXXXXX";
    const char *set[2] = {"steps={\"count\":2,\"control\":\"arc-length\"}",
                          "boundary[1].displacement[0]=\"=0.01*t^2\""};
    femd_case cs = {0};
    femd_error err = FEMD_ERROR_INIT;
    FILE *f = fdopen(mkstemp(path), "w");
    assert_non_null(f);
    fputs(body, f);
    fclose(f);
    if (femd_case_read(path, set, 2, &cs, &err) != FEMD_OK) fail_msg("%s", err.text);
    assert_int_equal(femd_trial(PETSC_COMM_WORLD, &cs, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "grow from zero in proportion to one load factor"));
    femd_case_clear(&cs);
    remove(path);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_run_refuses_is_refused),
        cmocka_unit_test(what_the_path_cannot_follow_is_refused),
    };
    model_start(&argc, &argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
