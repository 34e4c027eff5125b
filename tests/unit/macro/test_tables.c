/* Tables and summaries: history.csv, fields.pvd and summary.json keep every bit, the workers of a pool are counted. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fields/constitutive.h"
#include "results/outfile.h"
#include "results/probe.h"
#include "results/summary.h"
#include "vtu_reader.h"

typedef struct sample {
    femd_case cs;
    femd_case_boundary boundary[3];
    femd_history history;
} sample;

static void sample_init(sample *s) {
    static char path[] = "/somewhere/bar/case.json", title[] = "A \"bar\"\n";
    memset(s, 0, sizeof *s);
    s->cs.path = path;
    s->cs.title = title;
    s->cs.end_time = 1;
    s->cs.nboundary = 3;
    s->cs.boundary = s->boundary;
    strcpy(s->boundary[0].on, "left");
    strcpy(s->boundary[1].on, "grip, \"upper\"");
    strcpy(s->boundary[2].on, "left");
    s->history.nboundary = 3;
    for (int i = 1; i <= 2; ++i) {
        double reaction[9] = {0.1 * i, 1.0 / 3, -0.0, 4, 5, 6, 7, 8, 9};
        femd_history_row row = {.rec = {.step = i,
                                        .time = 0.1 * i,
                                        .dt = 0.1,
                                        .newton = 3,
                                        .cuts = i - 1,
                                        .nresiduals = 2,
                                        .residual = {1e3, 1.0 / 7 * i},
                                        .reference = 1e3,
                                        .reaction = reaction,
                                        .energy = 2e-20,
                                        .hill_mandel_max = 1e-12 * i,
                                        .stability_min = i == 1 ? NAN : 0.25,
                                        .evaluations = 10,
                                        .force_evaluations = 1000,
                                        .reused = 5},
                                .S_mean = {1e9 / 3},
                                .fields = i == 2};
        assert_int_equal(femd_history_add(&s->history, &row, NULL), FEMD_OK);
    }
}

static void history_has_one_line_per_step_and_every_bit(void **state) {
    (void)state;
    sample s;
    sample_init(&s);
    femd_buffer b = FEMD_BUFFER_INIT;
    assert_int_equal(femd_history_encode(&s.history, &s.cs, &b, NULL), FEMD_OK);
    assert_int_equal(femd_buffer_append(&b, "", 1, NULL), FEMD_OK);
    char *save, *head = strtok_r((char *)b.data, "\n", &save), *first = strtok_r(NULL, "\n", &save),
                *second = strtok_r(NULL, "\n", &save);
    assert_null(strtok_r(NULL, "\n", &save));
    assert_non_null(strstr(head, "step,time,dt,newton,cuts,residual,reference_force,left.x,left.y,left.z,"));
    assert_non_null(strstr(head, "\"grip, \"\"upper\"\".x\""));
    assert_non_null(strstr(head, "left#2.x"));
    int step, newton, cuts;
    double time, dt, residual, reference, x, y;
    assert_int_equal(sscanf(second, "%d,%lf,%lf,%d,%d,%lf,%lf,%lf,%lf", &step, &time, &dt, &newton, &cuts, &residual,
                            &reference, &x, &y),
                     9);
    assert_true(step == 2 && newton == 3 && cuts == 1);
    assert_true(time == 0.2 && residual == 1.0 / 7 * 2 && x == 0.2 && y == 1.0 / 3);
    assert_non_null(strstr(first, ",nan,10,1000,"));
    /* As many titles as values; no timing and no pool data among them. */
    int titles = 0, values = 0;
    for (char *c = head, quoted = 0; *c; ++c) {
        quoted ^= *c == '"';
        titles += *c == ',' && !quoted;
    }
    for (char *c = first; *c; ++c) values += *c == ',';
    assert_int_equal(titles, values);
    assert_null(strstr(head, "wall"));
    assert_null(strstr(head, "reused"));
    femd_buffer_clear(&b);
    femd_history_clear(&s.history);
}

/* With a pressure that is solved for, what the probes say of it stands behind the stress; without one nothing does. */
static void history_tells_the_pressure_of_probes_where_there_is_one(void **state) {
    (void)state;
    femd_case_probe probe[2] = {{.name = "bore"}, {.name = "wall"}};
    for (int mixed = 0; mixed < 2; ++mixed) {
        sample s;
        sample_init(&s);
        femd_case cs = s.cs;
        femd_history h = FEMD_HISTORY_INIT;
        femd_buffer b = FEMD_BUFFER_INIT;
        double reaction[64] = {0}, value[2 * FEMD_PROBE_NUMBERS];
        for (int i = 0; i < 2 * FEMD_PROBE_NUMBERS; ++i) value[i] = 1000 + i;
        cs.probe = probe, cs.nprobes = 2, cs.mixed = mixed;
        femd_history_fit(&h, &cs);
        const femd_history_row row = {.rec = {.step = 1, .reaction = reaction}, .probe = value};
        assert_int_equal(femd_history_add(&h, &row, NULL), FEMD_OK);
        assert_int_equal(femd_history_encode(&h, &cs, &b, NULL), FEMD_OK);
        assert_int_equal(femd_buffer_append(&b, "", 1, NULL), FEMD_OK);
        char *save, *head = strtok_r((char *)b.data, "\n", &save), *line = strtok_r(NULL, "\n", &save);
        assert_non_null(strstr(head, mixed ? ",bore.mises,bore.p,wall.ux," : ",bore.mises,wall.ux,"));
        assert_non_null(strstr(head, mixed ? ",wall.mises,wall.p,work_stress," : ",wall.mises,work_stress,"));
        assert_non_null(strstr(line, mixed ? ",1008,1009,1011,1012," : ",1008,1009,1012,"));
        assert_non_null(strstr(line, mixed ? ",1020,1021,1023," : ",1020,1021,"));
        assert_null(strstr(line, ",1010,")); /* no temperature */
        femd_buffer_clear(&b);
        femd_history_clear(&h);
        femd_history_clear(&s.history);
    }
}

static void pvd_lists_step_0_and_the_steps_with_fields(void **state) {
    (void)state;
    sample s;
    sample_init(&s);
    femd_buffer b = FEMD_BUFFER_INIT;
    assert_int_equal(femd_history_pvd(&s.history, &b, NULL), FEMD_OK);
    const char *text = (const char *)b.data;
    assert_non_null(find(text, b.size, "timestep=\"0\" part=\"0\" file=\"step_0000.pvtu\""));
    assert_null(find(text, b.size, "step_0001.pvtu"));
    assert_non_null(find(text, b.size, "timestep=\"0.2\" part=\"0\" file=\"step_0002.pvtu\""));
    femd_buffer_clear(&b);
    femd_history_clear(&s.history);
}

static cJSON *summary_of(const sample *s, const femd_run_info *run, char **text) {
    femd_buffer b = FEMD_BUFFER_INIT;
    assert_int_equal(femd_summary_encode(&s->history, &s->cs, NULL, "ok", run, &b, NULL), FEMD_OK);
    assert_int_equal(femd_buffer_append(&b, "", 1, NULL), FEMD_OK);
    cJSON *doc = cJSON_Parse((const char *)b.data);
    assert_non_null(doc);
    if (text) *text = strdup((const char *)b.data);
    femd_buffer_clear(&b);
    return doc;
}

static const char *remarks_of_the_second(void *self, size_t material) {
    (void)self;
    return material == 1 ? "the reference is \"sampled\"\nrough" : "";
}

static void summary_holds_what_materials_say(void **state) {
    (void)state;
    sample s;
    sample_init(&s);
    femd_case_material materials[2] = {{.name = "plain"}, {.name = "copper"}};
    const femd_constitutive law = {.remarks = remarks_of_the_second}, silent = {0};
    const femd_run_info run = {.ranks = 1};
    femd_case cs = s.cs;
    cs.nmaterials = 2;
    cs.material = materials;
    femd_buffer b = FEMD_BUFFER_INIT;
    assert_int_equal(femd_summary_encode(&s.history, &cs, &silent, "ok", &run, &b, NULL), FEMD_OK);
    assert_null(find((const char *)b.data, b.size, "remarks"));
    assert_int_equal(femd_summary_encode(&s.history, &cs, &law, "ok", &run, &b, NULL), FEMD_OK);
    assert_int_equal(femd_buffer_append(&b, "", 1, NULL), FEMD_OK);
    cJSON *doc = cJSON_Parse((const char *)b.data), *told = cJSON_GetObjectItem(doc, "remarks"),
          *lines = cJSON_GetObjectItem(told, "copper");
    assert_int_equal(cJSON_GetArraySize(told), 1);
    assert_int_equal(cJSON_GetArraySize(lines), 2);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetArrayItem(lines, 0)), "the reference is \"sampled\"");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetArrayItem(lines, 1)), "rough");
    cJSON_Delete(doc);
    femd_buffer_clear(&b);
    femd_history_clear(&s.history);
}

static void summary_holds_steps_and_totals(void **state) {
    (void)state;
    sample s;
    sample_init(&s);
    const femd_run_info run = {.wall = 1.5, .ranks = 2, .workers = 4};
    cJSON *doc = summary_of(&s, &run, NULL);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(doc, "case")), "bar");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(doc, "title")), "A \"bar\"\n");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(doc, "status")), "ok");
    cJSON *step = cJSON_GetArrayItem(cJSON_GetObjectItem(doc, "steps"), 1),
          *reactions = cJSON_GetObjectItem(step, "reactions");
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(doc, "steps")), 2);
    assert_int_equal(cJSON_GetArraySize(reactions), 3);
    assert_true(cJSON_GetArrayItem(cJSON_GetObjectItem(reactions, "left"), 1)->valuedouble == 1.0 / 3);
    assert_true(cJSON_GetArrayItem(cJSON_GetObjectItem(reactions, "left#2"), 2)->valuedouble == 9);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(step, "residuals")), 2);
    cJSON *micro = cJSON_GetObjectItem(doc, "micro");
    assert_int_equal(cJSON_GetObjectItem(micro, "evaluations")->valuedouble, 20);
    assert_true(cJSON_GetObjectItem(micro, "hill_mandel_max")->valuedouble == 2e-12);
    assert_true(cJSON_GetObjectItem(micro, "stability_min")->valuedouble == 0.25);
    assert_true(
        cJSON_IsNull(cJSON_GetObjectItem(cJSON_GetArrayItem(cJSON_GetObjectItem(doc, "steps"), 0), "stability_min")));
    cJSON *r = cJSON_GetObjectItem(doc, "run");
    assert_true(cJSON_GetObjectItem(r, "wall_s")->valuedouble == 1.5);
    assert_int_equal(cJSON_GetObjectItem(r, "workers")->valuedouble, 4);
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(r, "bit_reproducible")));
    cJSON_Delete(doc);
    femd_history_clear(&s.history);
}

/* The conductivity of atoms is called that of the lattice, the electrons stand beside it, and notes have their names.
 */
static void summary_says_what_the_conductivity_counts(void **state) {
    (void)state;
    sample s;
    sample_init(&s);
    const femd_run_info run = {.ranks = 1};
    s.cs.wants_committed = FEMD_WANT_CONDUCTIVITY;
    femd_step_record *lattice = &s.history.row[1].rec;
    lattice->k_carriers = FEMD_CARRIER_LATTICE | FEMD_CARRIER_ELECTRONS;
    lattice->ke_mean[0] = 398;
    lattice->k_noted = 3;
    lattice->notes = FEMD_NOTE_ESTIMATORS_DISAGREE | FEMD_NOTE_ACCURACY_NOT_REACHED;
    cJSON *doc = summary_of(&s, &run, NULL), *steps = cJSON_GetObjectItem(doc, "steps");
    cJSON *first = cJSON_GetArrayItem(steps, 0), *second = cJSON_GetArrayItem(steps, 1);
    cJSON *k = cJSON_GetObjectItem(first, "conductivity");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(k, "of")), "as each material says");
    assert_null(cJSON_GetObjectItem(k, "electronic_mean"));
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(first, "notes")), 0);
    k = cJSON_GetObjectItem(second, "conductivity");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(k, "of")), "lattice");
    assert_true(cJSON_GetArrayItem(cJSON_GetObjectItem(k, "electronic_mean"), 0)->valuedouble == 398);
    assert_int_equal(cJSON_GetObjectItem(k, "noted")->valuedouble, 3);
    const cJSON *notes = cJSON_GetObjectItem(second, "notes");
    assert_int_equal(cJSON_GetArraySize(notes), 2);
    assert_string_equal(cJSON_GetArrayItem(notes, 0)->valuestring, "accuracy-not-reached");
    assert_string_equal(cJSON_GetArrayItem(notes, 1)->valuestring, "estimators-disagree");
    cJSON_Delete(doc);
    femd_history_clear(&s.history);
}

static void summary_differs_in_run_only_when_the_pool_differs(void **state) {
    (void)state;
    sample s;
    sample_init(&s);
    cJSON *pool = cJSON_Parse("{\"bit_reproducible\": false, \"level\": \"x86-64-v3\", \"runs\": [{\"name\": \"a\", "
                              "\"bit_reproducible\": false},"
                              "{\"name\": \"b\", \"bit_reproducible\": true}], \"counters\": {\"requeued\": 3}}");
    const femd_run_info one = {.wall = 1, .ranks = 1, .workers = 1};
    const femd_run_info four = {.wall = 9,
                                .cpu = 3,
                                .ranks = 2,
                                .workers = 4,
                                .reused = 7,
                                .resumed = 1,
                                .name = "b",
                                .pool = pool,
                                .message = "words"};
    char *a, *b;
    cJSON *x = summary_of(&s, &one, &a), *y = summary_of(&s, &four, &b);
    assert_true(cJSON_IsTrue(cJSON_GetObjectItem(cJSON_GetObjectItem(y, "run"), "bit_reproducible")));
    assert_int_equal(cJSON_GetObjectItem(cJSON_GetObjectItem(y, "run"), "requeued")->valuedouble, 3);
    char *run_a = strstr(a, "\"run\""), *run_b = strstr(b, "\"run\"");
    assert_string_not_equal(run_a, run_b);
    *run_a = *run_b = 0; /* the run object is the last one */
    assert_string_equal(a, b);
    cJSON_Delete(x);
    cJSON_Delete(y);
    cJSON_Delete(pool);
    free(a);
    free(b);
    femd_history_clear(&s.history);
}

static uint32_t look(femd_pool_seen *seen, int workers, int came, int gone) {
    char text[160];
    snprintf(text, sizeof text,
             "{\"totals\": {\"workers\": %d}, \"counters\": {\"workers_came\": %d, \"workers_gone\": %d}}", workers,
             came, gone);
    cJSON *pool = cJSON_Parse(text);
    assert_non_null(pool);
    uint32_t n = femd_pool_look(seen, pool);
    cJSON_Delete(pool);
    return n;
}

static void lost_and_replaced_workers_are_counted_once(void **state) {
    (void)state;
    femd_pool_seen seen = {0};
    assert_int_equal(look(&seen, 2, 6, 4), 2); /* before this run some came and went */
    assert_int_equal(femd_pool_restarts(&seen), 0);
    look(&seen, 1, 6, 5); /* gone, not replaced */
    assert_int_equal(femd_pool_restarts(&seen), 0);
    look(&seen, 2, 7, 5);
    look(&seen, 2, 7, 5);
    assert_int_equal(femd_pool_restarts(&seen), 1);
    look(&seen, 3, 9, 6); /* one replaced, one more */
    assert_int_equal(femd_pool_restarts(&seen), 2);
    assert_int_equal(look(&seen, 10000, 10006, 6), 10000); /* whatever list of them comes with it */
    assert_int_equal(femd_pool_restarts(&seen), 2);
}

static void workers_that_come_back_to_a_server_started_again_replace_nobody(void **state) {
    (void)state;
    femd_pool_seen seen = {0};
    look(&seen, 2, 40, 38);
    look(&seen, 2, 2, 0); /* both came back */
    assert_int_equal(femd_pool_restarts(&seen), 0);
    look(&seen, 2, 3, 1);
    assert_int_equal(femd_pool_restarts(&seen), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(history_has_one_line_per_step_and_every_bit),
        cmocka_unit_test(history_tells_the_pressure_of_probes_where_there_is_one),
        cmocka_unit_test(pvd_lists_step_0_and_the_steps_with_fields),
        cmocka_unit_test(summary_holds_what_materials_say),
        cmocka_unit_test(summary_holds_steps_and_totals),
        cmocka_unit_test(summary_says_what_the_conductivity_counts),
        cmocka_unit_test(summary_differs_in_run_only_when_the_pool_differs),
        cmocka_unit_test(lost_and_replaced_workers_are_counted_once),
        cmocka_unit_test(workers_that_come_back_to_a_server_started_again_replace_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
