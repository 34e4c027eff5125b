/* One point is asked. The lock is held for what is quick, never while the pool is asked. */
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "femd/json.h"
#include "umat.h"
#include "umat_pool.h"

host_pool umat_pool = HOST_POOL_INIT("libfemd_umat", "FEMD_UMAT", 1);

/* Where the host is in its analysis. */
static struct {
    pthread_mutex_t lock;
    int begun;
    double kelvin; /* of the case, for a host that has no temperatures */
    umat_moment moment;
    uint32_t increment; /* from 1 on */
    uint64_t attempt;   /* counts over all increments */
    int cut;            /* this attempt is to be cut */
    uint64_t evaluations, repeated, cuts;
} analysis = {.lock = PTHREAD_MUTEX_INITIALIZER};

static _Atomic int64_t analysis_cpu; /* ns of the host's threads in here */

static int64_t ask_thread_cpu(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* ---- begin and end ---- */

static femd_status ask_client_cpu(femd_client *client, void *user, femd_error *err) {
    (void)client, (void)err;
    *(int64_t *)user = ask_thread_cpu();
    return FEMD_OK;
}

/* As the process ends. */
static void ask_finish(void) {
    femd_error err = FEMD_ERROR_INIT;
    if (!host_pool_is_ours(&umat_pool)) return; /* a forked child: the lock may be held by a thread it has not */
    int64_t client_cpu = 0;
    pthread_mutex_lock(&analysis.lock);
    umat_tokens tokens = umat_points_tokens(analysis.moment.begin + analysis.moment.length);
    const unsigned long long evaluations = analysis.evaluations, repeated = analysis.repeated, cuts = analysis.cuts;
    pthread_mutex_unlock(&analysis.lock);
    if (umat_states_save(&tokens, 1, &err) != FEMD_OK) fprintf(stderr, "%s\n", err.text);
    umat_tokens_free(&tokens);
    if (host_pool_call(&umat_pool, ask_client_cpu, &client_cpu, &err) != FEMD_OK) client_cpu = 0;
    fprintf(stderr,
            "libfemd_umat: %llu evaluations; %llu more were answered from the point's last one; increments cut: %llu; "
            "processor time in here: %.3f s\n",
            evaluations, repeated, cuts, 1e-9 * (double)(analysis_cpu + client_cpu));
    host_pool_close(&umat_pool);
}

/* A case's temperature, if it is one number. */
static femd_status ask_case_temperature(double *kelvin, femd_error *err) {
    femd_json doc = FEMD_JSON_INIT;
    FEMD_TRY(femd_json_read(umat_pool.path, &doc, err));
    const cJSON *node = femd_json_get(doc.root, "temperature");
    femd_status rc = FEMD_OK;
    *kelvin = 0;
    if (cJSON_IsObject(node) || (cJSON_IsString(node) && node->valuestring[0] == '='))
        rc = femd_json_fail(&doc, node, err,
                            "is no single number, and this analysis has no temperatures: give it some (*INITIAL "
                            "CONDITIONS, TYPE=TEMPERATURE, and *TEMPERATURE)");
    else if (node)
        rc = femd_json_node_quantity(&doc, node, FEMD_DIM_TEMPERATURE, kelvin, err);
    femd_json_clear(&doc);
    return rc;
}

/* With the lock held; the pool is open. */
static femd_status ask_begin(const umat_moment *now, femd_error *err) {
    if (analysis.begun) return FEMD_OK;
    FEMD_TRY(umat_states_load(now->begin, err));
    analysis.kelvin = NAN;
    analysis.begun = 1;
    if (atexit(ask_finish) != 0) return femd_fail(err, FEMD_NO_MEMORY, "atexit");
    return FEMD_OK;
}

static femd_status ask_temperature(const umat_call *call, double *kelvin, femd_error *err) {
    *kelvin = call->temperature;
    if (!call->has_temperature) {
        if (isnan(analysis.kelvin)) FEMD_TRY(ask_case_temperature(&analysis.kelvin, err));
        *kelvin = analysis.kelvin;
    }
    if (*kelvin >= 0 && *kelvin <= 1e6) return FEMD_OK; /* more is what stood in memory: see abaqus_has_temperature */
    return femd_fail(err, FEMD_BAD_INPUT,
                     "the temperature is %g; femd takes K, and this analysis is to have its temperatures in K",
                     *kelvin);
}

/* ---- increments and attempts ---- */

static int ask_is_another(const umat_moment *now) {
    const umat_moment *last = &analysis.moment;
    if (now->step != last->step || now->increment != last->increment) return 1;
    if (now->step || now->increment) return 0;
    /* an increment that was accepted ends where the next one begins; one that was cut begins where it began */
    return fabs(now->begin - last->begin) > 0.5 * fabs(last->length);
}

/* With the lock held. 1: a step begins, and *tokens are the states that it begins with. */
static int ask_at(const umat_moment *now, umat_tokens *tokens) {
    const int first = analysis.increment == 0, another = first || ask_is_another(now);
    if (!another && now->length == analysis.moment.length) return 0;
    const int step = !first && another && (now->step ? now->step != analysis.moment.step : now->first);
    if (step) *tokens = umat_points_tokens(now->begin);
    analysis.increment += (uint32_t)another;
    analysis.attempt++;
    analysis.cut = 0;
    analysis.moment = *now;
    return step;
}

/* ---- one point ---- */

static size_t ask_size(const umat_call *call) {
    return call->law == FEMD_LAW_CAUCHY ? 9 : 6;
}

static int ask_is_known(const umat_point *p, const umat_call *call, const femd_hash *material, double kelvin) {
    return p->valid && (p->has_tangent || !call->wants_tangent) && p->law == call->law && p->temperature == kelvin &&
           femd_hash_equal(&p->material, material) &&
           memcmp(p->deformation, call->deformation, ask_size(call) * sizeof(double)) == 0 &&
           memcmp(p->token, call->token, sizeof p->token) == 0;
}

static void ask_keep(umat_point *p, const umat_call *call, const femd_hash *material, double kelvin,
                     const umat_answer *answer) {
    const umat_answer before = p->answer;
    p->valid = 1;
    p->law = call->law;
    p->material = *material;
    p->temperature = kelvin;
    memcpy(p->deformation, call->deformation, ask_size(call) * sizeof(double));
    memcpy(p->token, call->token, sizeof p->token);
    p->answer = *answer;
    p->has_tangent = call->wants_tangent;
    if (!call->wants_tangent) memcpy(p->answer.tangent, before.tangent, sizeof before.tangent); /* for a cut */
}

static void ask_give_cut(const umat_point *p, const umat_call *call, umat_answer *answer) {
    memcpy(answer->tangent, p->answer.tangent, sizeof answer->tangent);
    memcpy(answer->token, call->token, sizeof answer->token);
}

/* The material said no: words once for each attempt. */
static void ask_cut(const umat_call *call, uint64_t attempt, femd_status status, const char *words) {
    char text[1400];
    int first = 0;
    pthread_mutex_lock(&analysis.lock);
    if (analysis.attempt == attempt && !analysis.cut) first = analysis.cut = 1;
    analysis.cuts += (uint64_t)first;
    pthread_mutex_unlock(&analysis.lock);
    if (!first) return;
    snprintf(text, sizeof text, "element %d, %s; the increment from %g to %g is to be tried with half its length",
             call->element, words, call->moment.begin, call->moment.begin + call->moment.length);
    host_pool_say(&umat_pool, status, attempt, text);
}

static femd_status ask_pool(const umat_call *call, const host_material *material, double kelvin, uint32_t increment,
                            umat_answer *answer, femd_status *status, femd_error *err) {
    int32_t of_point;
    const femd_arrays arrays = {.size = sizeof arrays,
                                .n = 1,
                                .law = call->law,
                                .matrix = FEMD_MATRIX_COLUMNS,
                                .vector = FEMD_VECTOR_ABAQUS,
                                .F = call->law == FEMD_LAW_CAUCHY ? call->deformation : NULL,
                                .strain = call->law == FEMD_LAW_CAUCHY ? NULL : call->deformation,
                                .temperature_of_all = kelvin,
                                .token_in = call->token,
                                .first_point = (uint64_t)call->element * (UMAT_POINTS_MAX + 1) + (uint64_t)call->point,
                                .increment = increment,
                                .stress = answer->stress,
                                .tangent = call->wants_tangent ? answer->tangent : NULL,
                                .token_out = answer->token,
                                .status = &of_point};
    return host_pool_evaluate(&umat_pool, material, &arrays, status, err);
}

static int ask_is_virgin(const double token[FEMD_TOKEN]) {
    for (int k = 0; k < FEMD_TOKEN; k++)
        if (token[k] != 0) return 0;
    return 1;
}

/* What is said of one point under the lock. */
typedef struct ask_place {
    umat_point *point;
    double kelvin;
    int cut, known;
    int step; /* 1: states are to be saved before the host goes on */
    uint32_t increment;
    uint64_t attempt;
    umat_tokens tokens;
} ask_place;

/* With the lock held. */
static femd_status ask_prepare(umat_call *call, const host_material *material, ask_place *at, umat_answer *answer,
                               femd_error *err) {
    FEMD_TRY(ask_begin(&call->moment, err));
    FEMD_TRY(ask_temperature(call, &at->kelvin, err));
    at->point = umat_point_at((uint64_t)call->element * (UMAT_POINTS_MAX + 1) + (uint64_t)call->point);
    if (!at->point) return femd_fail(err, FEMD_NO_MEMORY, "no memory for another point");
    at->step = ask_at(&call->moment, &at->tokens);
    /* a restart whose host has lost its state variables passes zeros for all of its first increment */
    if (analysis.increment == 1 && call->deformed && at->point->has_saved && ask_is_virgin(call->token))
        call->token = at->point->saved;
    at->cut = analysis.cut;
    at->known = !at->cut && ask_is_known(at->point, call, &material->id, at->kelvin);
    if (at->cut) ask_give_cut(at->point, call, answer);
    if (at->known) *answer = at->point->answer;
    analysis.repeated += (uint64_t)at->known;
    analysis.evaluations += (uint64_t)(!at->cut && !at->known);
    at->increment = analysis.increment;
    at->attempt = analysis.attempt;
    return FEMD_OK;
}

/* A material with states that begins anew where the body is deformed already has lost them. */
static void ask_check_history(const umat_call *call, const ask_place *at, const umat_answer *answer) {
    if (at->increment != 1 || !call->deformed || !ask_is_virgin(call->token) || ask_is_virgin(answer->token)) return;
    umat_end(
        "element %d, point %d begins at time %g with a strain, but without the state that belongs to it: CalculiX 2.20 "
        "does not restore state variables at a restart. FEMD_UMAT_STATES=FILE in both analyses keeps them",
        call->element, call->point, call->moment.begin);
}

static int ask_one(const umat_call *asked, umat_answer *answer) {
    umat_call call = *asked;
    femd_error err = FEMD_ERROR_INIT;
    const host_material *material;
    ask_place at = {.point = NULL};
    if (call.element < 1 || call.point < 1 || call.point > UMAT_POINTS_MAX)
        umat_end("element %d has a point %d; points from 1 to %d can be numbered", call.element, call.point,
                 UMAT_POINTS_MAX);
    femd_status rc = host_pool_material(&umat_pool, call.name, call.length, &material, &err);
    if (rc != FEMD_OK) umat_end("%s", err.text);
    pthread_mutex_lock(&analysis.lock);
    rc = ask_prepare(&call, material, &at, answer, &err);
    pthread_mutex_unlock(&analysis.lock);
    if (rc == FEMD_OK && at.step) rc = umat_states_save(&at.tokens, 0, &err);
    umat_tokens_free(&at.tokens);
    if (rc != FEMD_OK) umat_end("element %d, point %d: %s", call.element, call.point, err.text);
    if (at.cut || at.known) return at.known;
    femd_status status;
    rc = ask_pool(&call, material, at.kelvin, at.increment, answer, &status, &err);
    if (rc != FEMD_OK || (status != FEMD_OK && !femd_status_is_physics(status)))
        umat_end("element %d, %s", call.element, err.text);
    if (status == FEMD_OK) ask_check_history(&call, &at, answer);
    pthread_mutex_lock(&analysis.lock);
    if (status == FEMD_OK)
        ask_keep(at.point, &call, &material->id, at.kelvin, answer);
    else
        ask_give_cut(at.point, &call, answer);
    pthread_mutex_unlock(&analysis.lock);
    if (status != FEMD_OK) ask_cut(&call, at.attempt, status, err.text);
    return status == FEMD_OK;
}

int umat_ask(const umat_call *call, umat_answer *answer) {
    const int64_t begin = ask_thread_cpu();
    const int answered = ask_one(call, answer);
    atomic_fetch_add(&analysis_cpu, ask_thread_cpu() - begin);
    return answered;
}
