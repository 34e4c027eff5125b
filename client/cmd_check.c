/* femd check: reads a case as femd run does, has the solver set it up, opens its materials, evaluates a point of each
 * and says what the run will cost. Leaves nothing running and writes nothing. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check_local.h"
#include "check_mesh.h"
#include "check_trial.h"
#include "commands.h"
#include "femd/client.h"
#include "femd/clock.h"
#include "femd/peer.h"
#include "mesh/nodal_data.h"
#include "models.h"
#include "watchdog.h"

/* Newton iterations that a step of a quasi-static run usually takes, and the strain at which a usual point is timed. */
enum { USUAL_ITERATIONS = 4, USUAL_OF_HEAT = 3, BATCH_MOST = 4096 };
static const double usual_strain = 2e-3;
static const double patience = 5; /* s, with the sampling of one point */

/* ---- one point of each material ---- */

typedef struct trial {
    uint32_t asks;       /* FEMD_WANT_*, in each iteration */
    double seconds;      /* the slower of the two evaluations, or a point's share of a batch */
    uint32_t heat_asks;  /* of these what heat asks in its own iterations, with physics thermomechanical... */
    double heat_seconds; /* ...and what that takes of a point */
    double wanted;       /* s of what output.wants asks for beside that */
    int at_least;        /* wanted is a lower bound */
    double stress;       /* largest component at E = 0, Pa */
    double hill_mandel;
    /* where the conductivity is sampled for the equation of heat, for which it is fitted; asks is without it */
    int sampled;
    double sample, sample_error; /* s of one sample; its relative error */
    double samples;              /* how many are expected */
    size_t material;             /* in the case */
} trial;

static const femd_beat alive = {NULL, watchdog_on_beat};

/* What the points of a model are asked for, as any of its materials in the case needs it. */
static uint32_t check_asks(const femd_case *c, size_t i) {
    uint32_t asks = 0;
    for (size_t k = i; k < c->nmaterials; k++)
        if (c->material[k].like == i) asks |= femd_case_asks(c, k);
    return asks;
}

static uint32_t check_heat_asks(const femd_case *c, size_t i) {
    uint32_t asks = 0;
    for (size_t k = i; k < c->nmaterials; k++)
        if (c->material[k].like == i) asks |= femd_case_asks_heat(c, k);
    return asks;
}

static femd_status check_evaluate(const model *m, const femd_case *c, double strain, const femd_buffer *in,
                                  femd_buffer *out, trial *t, femd_error *err) {
    femd_request q = {
        .wants = t->asks, .seed = femd_seed(c->seed, 0, 0), .temperature = c->temperature, .accuracy = c->accuracy};
    femd_response r = {0};
    const femd_bytes state = {in->data, in->size};
    femd_case_prescribe_first(c, t->material, &q);
    if (femd_case_has_mechanics(c)) q.value[0] = q.value[5] = strain;
    const double begun = femd_clock();
    femd_status rc = femd_material_evaluate(m->material, &q, &state, &alive, &r, out, err);
    if (rc != FEMD_OK) return femd_error_prefix(err, "%s: materials.%s: at strain %g", c->path, m->name, strain);
    FEMD_TRY(femd_case_check_stiffness(c, m->name, r.D, err));
    if (strain == 0) FEMD_TRY(femd_case_check_shear(c, m->name, &r, err));
    if (femd_case_has_heat(c) && !femd_case_answer_conducts(&r, t->asks))
        return femd_fail(err, FEMD_BAD_INPUT,
                         "%s: materials.%s: what it answers at %g K is no positive conductivity and heat capacity; "
                         "give it one in \"thermal\"",
                         c->path, m->name, c->temperature);
    const double seconds = femd_clock() - begun;
    if (seconds > t->seconds) t->seconds = seconds;
    for (int i = 0; i < 6 && strain == 0; i++) t->stress = fmax(t->stress, fabs(r.S[i]));
    t->hill_mandel = fmax(t->hill_mandel, r.hill_mandel);
    return FEMD_OK;
}

/* One sample of a conductivity that is fitted, and how many of them the flow of heat will want: n of error s know it to
 * s / sqrt(n). One that takes long is stopped: then its error is the one wanted. */
static int check_enough(void *user, double fraction);

typedef struct watch {
    double begun, fraction;
} watch;

static femd_status check_sample(const model *m, const femd_case *c, trial *t, femd_error *err) {
    const femd_bytes virgin = {NULL, 0};
    const femd_request q = {
        .wants = FEMD_WANT_CONDUCTIVITY, .seed = femd_seed(c->seed, 0, 0), .temperature = c->temperature};
    femd_response r = {0};
    femd_buffer out = FEMD_BUFFER_INIT;
    watch w = {.begun = femd_clock()};
    const femd_beat beat = {&w, check_enough};
    if (!t->sampled) return FEMD_OK;
    femd_status rc = femd_material_evaluate(m->material, &q, &virgin, &beat, &r, &out, err);
    femd_buffer_clear(&out);
    t->sample = femd_clock() - w.begun;
    if (rc == FEMD_DEADLINE) {
        t->at_least = 1; /* its error is not known, nor how many it makes */
        t->sample /= w.fraction < 0.01 ? 1 : w.fraction;
        femd_error_clear(err);
        return FEMD_OK;
    }
    if (rc != FEMD_OK) return femd_error_prefix(err, "%s: materials.%s: a conductivity", c->path, m->name);
    if (!femd_case_answer_conducts(&r, q.wants))
        return femd_fail(err, FEMD_BAD_INPUT, "%s: materials.%s: what it answers at %g K is no positive conductivity",
                         c->path, m->name, c->temperature);
    for (int a = 0; a < 3; a++) t->sample_error += r.k_err[a] / (r.k[0] + r.k[1] + r.k[2]);
    const double more = t->sample_error / c->heat.accuracy;
    t->samples = fmin(fmax(2, ceil(more * more)), c->heat.max_samples);
    return FEMD_OK;
}

/* A point of a full batch, where an engine likes that: the time that counts for the run. */
static femd_status check_time_batch(const model *m, const femd_case *c, trial *t, femd_error *err) {
    const femd_bytes virgin = {NULL, 0};
    const uint32_t likes = femd_material_capabilities(m->material)->batch;
    const uint32_t points = likes < BATCH_MOST ? likes : BATCH_MOST;
    femd_material_batch batch = {0};
    femd_status rc = FEMD_OK;
    if (points < 2) return FEMD_OK;
    FEMD_TRY(femd_material_batch_begin(&batch, points, err));
    for (uint32_t i = 0; i < points; i++) {
        femd_request q = {
            .wants = t->asks, .seed = femd_seed(c->seed, 0, i), .temperature = c->temperature, .accuracy = c->accuracy};
        femd_case_prescribe_first(c, t->material, &q);
        if (femd_case_has_mechanics(c)) q.value[0] = q.value[5] = usual_strain * (i + 1) / points;
        femd_material_batch_add(&batch, &q, &virgin);
    }
    const double begun = femd_clock();
    femd_material_batch_evaluate(&batch, m->material, &alive);
    t->seconds = (femd_clock() - begun) / points;
    for (uint32_t i = 0; i < points && rc == FEMD_OK; i++)
        if (batch.response[i].status != FEMD_OK)
            rc =
                femd_fail(err, (femd_status)batch.response[i].status, "%s: materials.%s: point %u of a batch of %u: %s",
                          c->path, m->name, i + 1, points, batch.err[i].text);
    femd_material_batch_release(&batch);
    return rc;
}

static int check_enough(void *user, double fraction) {
    watch *w = user;
    w->fraction = fraction;
    watchdog_beat();
    return femd_clock() - w->begun > patience ? FEMD_DEADLINE : 0;
}

/* What output.wants asks once per converged step. Sampling that takes long is stopped, and judged by how far it says it
 * is. */
static femd_status check_evaluate_wants(const model *m, const femd_case *c, trial *t, femd_error *err) {
    const femd_bytes virgin = {NULL, 0};
    femd_request q = {.wants = c->wants_committed & femd_material_capabilities(m->material)->wants,
                      .seed = femd_seed(c->seed, 0, 0),
                      .temperature = c->temperature,
                      .accuracy = c->accuracy};
    femd_response r = {0};
    femd_buffer out = FEMD_BUFFER_INIT;
    watch w = {.begun = femd_clock()};
    const femd_beat beat = {&w, check_enough};
    if (!q.wants) return FEMD_OK;
    femd_case_prescribe_first(c, t->material, &q);
    q.value[0] = q.value[5] = usual_strain;
    const femd_status rc = femd_material_evaluate(m->material, &q, &virgin, &beat, &r, &out, err);
    femd_buffer_clear(&out);
    t->wanted = femd_clock() - w.begun;
    if (rc == FEMD_DEADLINE) {
        t->at_least = w.fraction < 0.01; /* it has not begun to count */
        t->wanted /= t->at_least ? 1 : w.fraction;
        femd_error_clear(err);
        return FEMD_OK;
    }
    return rc == FEMD_OK
               ? rc
               : femd_error_prefix(err, "%s: materials.%s: output.wants at strain %g", c->path, m->name, usual_strain);
}

/* The iterations of heat ask for what heat needs, and for nothing where the case gives that or samples serve. */
static femd_status check_time_heat(const model *m, const femd_case *c, trial *t, femd_error *err) {
    const femd_bytes virgin = {NULL, 0};
    const femd_request q = {.wants = t->heat_asks, .seed = femd_seed(c->seed, 0, 0), .temperature = c->temperature};
    femd_response r = {0};
    femd_buffer out = FEMD_BUFFER_INIT;
    if (!q.wants) return FEMD_OK;
    const double begun = femd_clock();
    const femd_status rc = femd_material_evaluate(m->material, &q, &virgin, &alive, &r, &out, err);
    t->heat_seconds = femd_clock() - begun;
    femd_buffer_clear(&out);
    return rc == FEMD_OK ? rc : femd_error_prefix(err, "%s: materials.%s: what heat needs", c->path, m->name);
}

/* What mechanics asks of a point beside stress and tangent where its temperature changes: how the stress does. */
static uint32_t check_asks_more(const femd_case *c, size_t i, const femd_capabilities *caps) {
    const int both = c->physics == FEMD_PHYSICS_THERMOMECHANICAL;
    return both && !femd_case_samples(c, i, caps, "thermal-stress") ? caps->wants & FEMD_WANT_THERMAL_STRESS : 0;
}

static femd_status check_try_material(const model *m, const femd_case *c, size_t i, trial *t, femd_error *err) {
    const femd_buffer none = FEMD_BUFFER_INIT;
    femd_buffer virgin = FEMD_BUFFER_INIT, out = FEMD_BUFFER_INIT;
    *t = (trial){.asks = check_asks(c, i), .material = i};
    for (size_t k = i; k < c->nmaterials; k++)
        if (c->material[k].like == i)
            FEMD_TRY(femd_case_check_answers(c, k, femd_material_capabilities(m->material), err));
    t->sampled = (check_heat_asks(c, i) & FEMD_WANT_CONDUCTIVITY) &&
                 (femd_material_capabilities(m->material)->inputs & FEMD_INPUT_SEED);
    if (t->sampled) t->asks &= ~(uint32_t)FEMD_WANT_CONDUCTIVITY;
    if (c->physics == FEMD_PHYSICS_THERMOMECHANICAL) t->heat_asks = t->asks & check_heat_asks(c, i);
    FEMD_TRY(check_sample(m, c, t, err));
    if (t->asks == 0) return FEMD_OK;
    femd_status rc = check_evaluate(m, c, 0, &none, &virgin, t, err);
    if (rc == FEMD_OK) rc = check_evaluate(m, c, usual_strain, &none, &out, t, err);
    if (rc == FEMD_OK) rc = check_time_batch(m, c, t, err);
    if (rc == FEMD_OK) rc = check_time_heat(m, c, t, err);
    if (rc == FEMD_OK) rc = check_evaluate_wants(m, c, t, err);
    femd_buffer_clear(&virgin);
    femd_buffer_clear(&out);
    return rc;
}

static void check_print_material(const femd_case *c, const model *m, size_t i, const trial *t, const uint64_t *points) {
    char wants[FEMD_WANTS_TEXT];
    const femd_capabilities *caps = femd_material_capabilities(m->material);
    femd_wants_text(caps->wants, wants, sizeof wants);
    uint64_t shared = 0;
    size_t grains = 0;
    for (size_t k = i; k < c->nmaterials; k++) {
        if (c->material[k].like != i) continue;
        shared += points[k];
        grains++;
    }
    printf("\nmaterial %s (", m->name);
    if (grains > 1)
        printf("%zu orientations of one material", grains);
    else
        printf("region %s", c->material[i].region);
    printf(", engine %s)\n", femd_json_string(c->material[i].node, "engine", "?"));
    printf("  %-24s %llu\n", "points", (unsigned long long)shared);
    if (caps->atoms) printf("  %-24s %u in %.4g nm^3\n", "atoms", caps->atoms, caps->volume * 1e27);
    const char *notes = femd_material_notes(m->material), *line;
    int length;
    for (int k = 0; (line = model_next_note(&notes, &length)); k++)
        printf("  %-24s %.*s\n", k ? "" : "remarks", length, line);
    printf("  %-24s %s\n", "answers", wants);
    if (caps->carriers & FEMD_CARRIER_LATTICE)
        printf("  %-24s of the lattice; %s\n", "conductivity",
               caps->carriers & FEMD_CARRIER_ELECTRONS ? "the electrons' part beside it, as declared"
                                                       : "electrons are not in it");
    if (t->sampled && t->samples > 0)
        printf("  %-24s of the conductivity, %.3g s and %.2g %% each at %g K: about %.0f for heat.accuracy %g\n",
               "samples", t->sample, 100 * t->sample_error, c->temperature, t->samples, c->heat.accuracy);
    else if (t->sampled)
        printf("  %-24s of the conductivity, %s %.3g s each: 2 to %d, as many as heat.accuracy %g wants\n", "samples",
               t->at_least ? "more than" : "about", t->sample, c->heat.max_samples, c->heat.accuracy);
    if (t->asks == 0 && t->sampled) {
        printf("  %-24s nothing but these\n", "asked");
        return;
    }
    if (t->asks == 0) {
        printf("  %-24s nothing: the case gives conductivity%s\n", "asked",
               c->heat.transient ? " and heat capacity" : "");
        return;
    }
    femd_wants_text(t->asks | check_asks_more(c, i, caps), wants, sizeof wants);
    if (femd_case_has_heat(c)) printf("  %-24s %s\n", "asked", wants);
    printf("  %-24s %.3g s once, %.3g ms a point", "time", m->open_seconds, 1e3 * t->seconds);
    if (caps->batch > 1)
        printf(", %u of them at once\n", caps->batch);
    else
        printf("\n");
    if (femd_case_has_mechanics(c))
        printf("  %-24s %.2e GPa, Hill-Mandel residual %.1e\n", "stress at no strain", t->stress / 1e9, t->hill_mandel);
}

/* ---- cost ---- */

static void check_print_time(double seconds) {
    if (seconds < 120)
        printf("%.3g s", seconds);
    else if (seconds < 7200)
        printf("%.3g min", seconds / 60);
    else
        printf("%.3g h", seconds / 3600);
}

static void check_print_row(const char *name, double seconds, long cores, int at_least, const char *words) {
    printf("  %-24s %s ", name, at_least ? "more than" : "about");
    check_print_time(seconds);
    printf(" of one core, ");
    check_print_time(seconds / (double)cores);
    printf(" on the %ld of this machine%s\n", cores, words);
}

/* B that this process holds in memory now, 0 if the system does not say. */
static double check_resident(void) {
    unsigned long size, resident = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (f && fscanf(f, "%lu %lu", &size, &resident) != 2) resident = 0;
    if (f) fclose(f);
    return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

/* What a step of heat costs beside what its points do, as ./femd bench heat measures it: its sums and its solver. */
static void check_print_heat(const femd_case *c, const check_mesh *m, double points) {
    const double nodes = femd_mesh_nodes(c, &m->mesh, &m->measure), seconds = 1e-6 * points + 6e-6 * nodes;
    printf("  %-24s one sweep of the points a step, two in the first, more where answers depend on the temperature;\n"
           "  %-24s with each %.3g unknowns by %s, about %.2g s of the solver\n",
           "heat", "", nodes, femd_mesh_is_solved_directly(c) ? "a direct solver" : "CG and GAMG", seconds);
}

/* What a run asks, by the slowest of its materials. */
typedef struct demand {
    uint64_t asked, heat_asked;   /* points in each iteration; of heat beside mechanics */
    double seconds, heat_seconds; /* of one point there */
    double wanted;                /* of one point, at the end of a step */
    double samples;               /* s of conductivities that are fitted, in all */
    int at_least;
    double materials; /* B that they take here */
} demand;

static void check_print_cost(const femd_case *c, const check_mesh *m, const demand *d) {
    const uint64_t cells = (uint64_t)m->mesh.ncells, points = cells * (uint64_t)c->element->points;
    const int thermal = c->physics == FEMD_PHYSICS_THERMAL, of_heat = d->heat_asked > 0 ? USUAL_OF_HEAT : 0,
              iterations = thermal ? USUAL_OF_HEAT : USUAL_ITERATIONS + of_heat;
    const double steps = c->step_count, heat = steps * of_heat * (double)d->heat_asked,
                 other = steps * (thermal ? USUAL_OF_HEAT * (double)d->asked : USUAL_ITERATIONS * (double)points);
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (cores < 1) cores = 1;
    printf("\ncost\n  %-24s %llu in %llu elements\n", "points", (unsigned long long)points, (unsigned long long)cells);
    if (other + heat > 0 || d->samples == 0) {
        printf("  %-24s %.3g (%d steps, about %d evaluations of each point a step)\n", "evaluations", other + heat,
               c->step_count, iterations);
        check_print_row("micro time", other * d->seconds + heat * d->heat_seconds, cores, 0,
                        c->reuse ? ", less what is reused" : "");
    }
    if (femd_case_has_heat(c)) check_print_heat(c, m, (double)points);
    if (d->samples > 0) check_print_row("samples", d->samples, cores, d->at_least, ", in batches of up to 16");
    if (c->wants_committed)
        check_print_row("output.wants", (double)points * c->step_count * d->wanted, cores, d->at_least,
                        c->k_reuse ? ", all points in all steps, less what conductivity_reuse saves"
                                   : ", all points in all steps");
    printf("  %-24s about %.3g GB of the solver%s, %.2g GB of each worker\n", "memory",
           femd_mesh_memory(c, &m->mesh, &m->measure) / 1e9,
           femd_mesh_is_solved_directly(c) || femd_mesh_pair_is_direct(c, &m->mesh, &m->measure)
               ? " with its direct solver"
               : "",
           fmax(d->materials, 2e7) / 1e9);
}

static femd_status check_materials(const femd_case *c, const check_mesh *m, model *models, femd_error *err) {
    const double before = check_resident();
    demand d = {0};
    FEMD_TRY(models_open(c, models, err));
    FEMD_TRY(models_check_wants(c, models, err));
    FEMD_TRY(check_local(c, &m->mesh, models, err));
    printf("%s: %s\n", c->path, c->title && *c->title ? c->title : "(no title)");
    check_mesh_print(c, m);
    if (c->shear_regularisation > 0)
        printf("\nshear regularisation\n  %-24s %g Pa at all points, beside what their atoms answer\n", "modulus",
               c->shear_regularisation);
    for (size_t i = 0; i < c->nmaterials; i++) {
        trial t;
        if (models[i].shared) continue;
        FEMD_TRY(check_try_material(&models[i], c, i, &t, err));
        check_print_material(c, &models[i], i, &t, m->points);
        d.seconds = fmax(d.seconds, t.seconds);
        d.heat_seconds = fmax(d.heat_seconds, t.heat_seconds);
        d.wanted = fmax(d.wanted, t.wanted);
        d.samples += t.sample * (t.samples > 0 ? t.samples : 2);
        d.at_least |= t.at_least;
        for (size_t k = i; k < c->nmaterials; k++) {
            const uint64_t points = c->material[k].like == i ? m->points[k] : 0;
            d.asked += t.asks ? points : 0;
            d.heat_asked += t.heat_asks ? points : 0;
        }
    }
    d.materials = check_resident() - before;
    check_print_cost(c, m, &d);
    return FEMD_OK;
}

/* A temperature or a chemical potential that has no value at the origin is taken at a node. */
static femd_status check_find_temperature(femd_case *c, const check_mesh *m, femd_error *err) {
    FEMD_TRY(femd_case_find_potentials(c, m->mesh.x, c->end_time, err));
    if (c->temperature_nodal.file || c->heat.initial_nodal.file) { /* the first value of the file */
        femd_nodal_data data;
        FEMD_TRY(femd_nodal_data_read(c, c->heat.initial_nodal.file ? FEMD_NODAL_INITIAL : FEMD_NODAL_TEMPERATURE,
                                      &data, err));
        for (size_t i = 0; i < data.n && isnan(c->temperature); i++) c->temperature = data.value[i];
        femd_nodal_data_clear(&data);
        return FEMD_OK;
    }
    if (femd_case_has_heat(c) && isnan(c->temperature))
        return femd_case_initial_temperature(c, m->mesh.x, &c->temperature, err);
    return isnan(c->temperature) ? femd_case_temperature(c, m->mesh.x, c->end_time, &c->temperature, err) : FEMD_OK;
}

static femd_status check_case(const char *path, const option_list *sets, femd_case *c, model *models, femd_error *err) {
    check_mesh m;
    watchdog_rest(1);
    femd_status rc = check_mesh_open(c, &m, err);
    if (rc == FEMD_OK) rc = check_trial(path, sets, err);
    watchdog_rest(0);
    if (rc == FEMD_OK) rc = check_find_temperature(c, &m, err);
    if (rc == FEMD_OK) rc = check_materials(c, &m, models, err);
    check_mesh_close(&m);
    return rc;
}

typedef struct check_request {
    option_list sets, engines;
    const char *path;
} check_request;

static int check_run(void *user) {
    const check_request *q = user;
    femd_error err = FEMD_ERROR_INIT;
    femd_case c = {0};
    femd_status rc = models_engines(&q->engines, &err);
    if (rc == FEMD_OK) rc = case_open(q->path, q->sets.item, q->sets.n, &c, &err);
    model *models = rc == FEMD_OK ? calloc(c.nmaterials ? c.nmaterials : 1, sizeof *models) : NULL;
    if (rc == FEMD_OK && !models) rc = femd_fail(&err, FEMD_NO_MEMORY, "out of memory");
    if (rc == FEMD_OK) rc = check_case(q->path, &q->sets, &c, models, &err);
    for (size_t i = 0; models && i < c.nmaterials; i++) model_close(&models[i]);
    free(models);
    femd_case_clear(&c);
    return rc == FEMD_OK ? FEMD_EXIT_OK : command_failed(&err);
}

int cmd_check(int argc, char **argv) {
    check_request q = {0};
    option_list positional;
    double deadline = WATCHDOG_DEADLINE;
    int code;
    const option options[] = {
        {"--set", NULL, OPTION_LIST, &q.sets, "a.b=c", "change a value of the case; may be repeated", 0, 0},
        {"--deadline", NULL, OPTION_NUMBER, &deadline, "S",
         "seconds without progress after which an engine counts as hung (600; twice that while it opens)", 0, 0},
        MODELS_ENGINE_OPTION(&q.engines)};
    const option_table table = {
        .command = "femd check",
        .usage = "CASE [options]",
        .about =
            "Validates a case, reads and measures its mesh, opens its materials, evaluates one point of each and\n"
            "estimates the cost of the run.\n"
            "Exit code 2, with file, key and accepted values, if something is wrong; 4 if an engine hangs or dies.\n"
            "Starts and writes nothing.",
        .option = options,
        .n = OPTION_COUNT(options),
        .least = 1,
        .most = 1};
    if (!command_options(&table, argc, argv, &positional, &code)) return code;
    q.path = positional.item[0];
    if (!watchdog_check_deadline(deadline)) return FEMD_EXIT_BAD_INPUT;
    return watchdog_run(deadline, "--deadline", check_run, &q);
}
