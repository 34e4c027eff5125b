/* A material opened in its engine. Owns the choice of the engine, the checks around every evaluation (wants, control,
 * state header), the hash of the new state and the accounting; never knows how an answer is made. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/engines.h"
#include "engine/state.h"
#include "femd/clock.h"
#include "femd/evaluate.h"
#include "femd/hash.h"
#include "micro.h"

struct femd_material {
    uint8_t *bytes; /* owned copy of the encoded pack; json and pack borrow from it */
    femd_pack pack;
    femd_json doc;
    femd_hash id;
    const femd_engine *engine;
    uint32_t version;
    char said[200]; /* what its engine is called in words: of a user's, its name and its file */
    void *instance;
    femd_capabilities caps;
    uint64_t fingerprint;
    int takes_many;     /* the engine has evaluate_many */
    femd_bytes *bodies; /* owned: the engine's part of the states of a batch */
    size_t bodies_room;
};

static const femd_engine *const engines[] = {&femd_engine_native, &femd_engine_cauchy_born, &femd_engine_elastic,
                                             &femd_engine_neo_hooke, &femd_engine_user};

static femd_status material_find_engine(const femd_json *doc, const femd_engine **out, femd_error *err) {
    const char *name = femd_json_string(doc->root, "engine", "");
    for (size_t i = 0; i < sizeof engines / sizeof engines[0]; i++)
        if (strcmp(engines[i]->name, name) == 0) {
            *out = engines[i];
            return FEMD_OK;
        }
    return femd_json_fail(doc, femd_json_get(doc->root, "engine"), err, "this femd has no engine \"%s\"", name);
}

/* A whole case in the place of one of its materials would be missing every key. */
static femd_status material_check_is_one(const femd_json *doc, femd_error *err) {
    if (!cJSON_IsObject(femd_json_get(doc->root, "materials")) || femd_json_get(doc->root, "engine")) return FEMD_OK;
    return femd_json_fail(doc, doc->root, err,
                          "this is a whole case; a material is what stands under one name of its \"materials\"");
}

static femd_status material_fill(femd_material *material, size_t size, femd_error *err) {
    FEMD_TRY(femd_pack_decode(material->bytes, size, &material->pack, err));
    femd_pack_id(material->bytes, size, &material->id);
    FEMD_TRY(femd_json_parse(material->pack.json, strlen(material->pack.json), "material", &material->doc, err));
    FEMD_TRY(material_check_is_one(&material->doc, err));
    FEMD_TRY(femd_json_validate(&material->doc, femd_case_schema, "#/$defs/material", err));
    FEMD_TRY(material_find_engine(&material->doc, &material->engine, err));
    FEMD_TRY(material->engine->open(&material->doc, &material->pack, &material->instance, &material->caps, err));
    const femd_engine *table =
        material->engine == &femd_engine_user ? femd_engine_user_table(material->instance) : material->engine;
    material->version = table->version;
    if (material->engine == &femd_engine_user)
        femd_engine_user_say(material->instance, material->said, sizeof material->said);
    else
        snprintf(material->said, sizeof material->said, "the engine \"%s\"", material->engine->name);
    material->takes_many = table->evaluate_many != NULL;
    if (!material->takes_many) material->caps.batch = 0;
    material->fingerprint = femd_fingerprint();
    return FEMD_OK;
}

femd_status femd_material_open(const void *pack, size_t size, femd_material **out, femd_error *err) {
    *out = NULL;
    femd_material *material = calloc(1, sizeof *material);
    uint8_t *bytes = malloc(size ? size : 1);
    if (!material || !bytes) {
        free(material);
        free(bytes);
        return femd_fail(err, FEMD_NO_MEMORY, "a material of %zu bytes: out of memory", size);
    }
    memcpy(bytes, pack, size);
    material->bytes = bytes;
    const femd_status rc = material_fill(material, size, err);
    if (rc != FEMD_OK) {
        femd_material_close(&material);
        return rc;
    }
    *out = material;
    return FEMD_OK;
}

void femd_material_close(femd_material **material) {
    if (!material || !*material) return;
    if ((*material)->instance) (*material)->engine->close(&(*material)->instance);
    femd_json_clear(&(*material)->doc);
    free((*material)->bytes);
    free((*material)->bodies);
    free(*material);
    *material = NULL;
}

const femd_capabilities *femd_material_capabilities(const femd_material *material) {
    return &material->caps;
}
const femd_hash *femd_material_id(const femd_material *material) {
    return &material->id;
}

const char *femd_material_notes(const femd_material *material) {
    return material->engine->notes ? material->engine->notes(material->instance) : "";
}

int femd_material_atom_energy(const femd_material *material, double *energy) {
    return material->engine->atom_energy && material->engine->atom_energy(material->instance, energy, NULL) == FEMD_OK;
}

static femd_status material_check_request(const femd_material *material, const femd_request *q, femd_error *err) {
    const uint32_t missing = q->wants & ~material->caps.wants;
    if (missing) {
        char asked[FEMD_WANTS_TEXT], able[FEMD_WANTS_TEXT];
        femd_wants_text(missing, asked, sizeof asked);
        femd_wants_text(material->caps.wants, able, sizeof able);
        return femd_fail(err, FEMD_UNSUPPORTED, "%s cannot answer %s; it can: %s", material->said, asked, able);
    }
    if (q->control > FEMD_CONTROL_PRESSURE || !(material->caps.controls & (1u << q->control)))
        return femd_fail(err, FEMD_UNSUPPORTED, "%s has no control mode %u", material->said, q->control);
    if (q->control == FEMD_CONTROL_COMPONENTS && (q->mask > 63 || (q->mask && !material->caps.mixed)))
        return femd_fail(err, FEMD_UNSUPPORTED, "%s cannot prescribe stress components (mask %u)", material->said,
                         q->mask);
    for (int c = 0; c < 6; c++)
        if (!isfinite(q->value[c]))
            return femd_fail(err, FEMD_BAD_ARGUMENT, "component %d of the request is not finite", c + 1);
    if (!isfinite(q->temperature) || !isfinite(q->pressure) || !isfinite(q->accuracy))
        return femd_fail(err, FEMD_BAD_ARGUMENT, "temperature, pressure or accuracy of the request is not finite");
    if (q->temperature < 0)
        return femd_fail(err, FEMD_OUT_OF_DOMAIN, "the temperature of the request, %g K, is below 0 K", q->temperature);
    for (int i = 0; i < 3; i++)
        if (!isfinite(q->delta_mu[i]) || (q->delta_mu[i] != 0 && !(q->flags & FEMD_REQUEST_EXCHANGE)))
            return femd_fail(err, FEMD_BAD_ARGUMENT,
                             "delta_mu[%d] of the request is not finite, or stands without FEMD_REQUEST_EXCHANGE", i);
    return femd_request_check_exchange(q, material->caps.inputs, material->said, err);
}

/* The engine's part of a state that this very engine made. */
static femd_status material_open_state(const femd_material *material, const femd_bytes *blob, femd_bytes *body,
                                       femd_error *err) {
    uint32_t engine, version;
    FEMD_TRY(femd_state_open(blob, &material->id, body, err));
    if (body->size == 0) return FEMD_OK;
    femd_state_maker(blob, &engine, &version);
    if (engine == material->caps.engine && version == material->version) return FEMD_OK;
    return femd_fail(err, FEMD_PROTOCOL, "a state of engine %u version %u cannot be continued by engine %u version %u",
                     engine, version, material->caps.engine, material->version);
}

/* ---- one point ---- */

/* An empty answer, and the engine's part of the state; a request that cannot be answered is refused. */
static femd_status material_begin(const femd_material *material, const femd_request *q, const femd_bytes *state_in,
                                  femd_bytes *body, femd_response *r, femd_buffer *state_out, femd_error *err) {
    static const femd_bytes virgin = {NULL, 0};
    memset(r, 0, sizeof *r);
    state_out->size = 0;
    FEMD_TRY(material_check_request(material, q, err));
    FEMD_TRY(material_open_state(material, state_in ? state_in : &virgin, body, err));
    return femd_state_begin(state_out, err);
}

/* An engine from outside may have filled anything: what would not be an answer to this request becomes a failure. */
static femd_status material_judge(const femd_material *material, const femd_request *q, femd_status rc,
                                  const femd_response *r, const femd_buffer *state_out, femd_error *err) {
    const char *name = material->said;
    if (!femd_status_is_known(rc))
        return femd_fail(err, FEMD_INTERNAL, "%s gave a point the status %d, which is none", name, rc);
    if (rc != FEMD_OK) return rc;
    if (q->wants & ~r->provided) {
        char lacking[FEMD_WANTS_TEXT];
        femd_wants_text(q->wants & ~r->provided, lacking, sizeof lacking);
        return femd_fail(err, FEMD_INTERNAL, "%s answered without %s, which it says it can", name, lacking);
    }
    if (r->provided & ~(uint32_t)FEMD_WANT_ALL)
        return femd_fail(err, FEMD_INTERNAL, "%s says that it provides 0x%x, of which some is nothing", name,
                         r->provided);
    if (femd_response_check_asked(q, r, err) != FEMD_OK) {
        if (err) err->code = FEMD_INTERNAL;
        (void)femd_error_prefix(err, "%s gave what is no answer to the request", name);
        return FEMD_INTERNAL;
    }
    if (!femd_response_is_finite(r))
        return femd_fail(err, FEMD_DIVERGED, "%s answered with a number that is not finite", name);
    if (state_out->size < FEMD_STATE_HEADER)
        return femd_fail(err, FEMD_INTERNAL, "%s took bytes from a state that it may only add to", name);
    return FEMD_OK;
}

/* What femd itself says of an answer: labels, the state's header and hash, the cost. rc: what the engine said. */
static femd_status material_finish(const femd_material *material, const femd_request *q, femd_status rc, double wall,
                                   femd_response *r, femd_buffer *state_out, femd_error *err) {
    rc = material_judge(material, q, rc, r, state_out, err);
    if (rc != FEMD_OK) { /* a failure answers nothing but its status, whatever was filled before */
        const femd_work work = r->work;
        memset(r, 0, sizeof *r);
        r->work = work;
        state_out->size = 0;
    } else if (state_out->size == FEMD_STATE_HEADER) {
        state_out->size = 0;
    } else {
        femd_state_finish(state_out, material->caps.engine, material->version, &material->id);
        femd_hash_domain("state", state_out->data, state_out->size, &r->state_out);
    }
    r->point = q->point;
    r->status = rc;
    r->engine = material->caps.engine;
    r->work.fingerprint = material->fingerprint;
    r->work.wall = wall;
    return rc;
}

femd_status femd_material_evaluate(femd_material *material, const femd_request *q, const femd_bytes *state_in,
                                   const femd_beat *beat, femd_response *r, femd_buffer *state_out, femd_error *err) {
    const double begin = femd_clock();
    femd_bytes body;
    femd_status rc = material_begin(material, q, state_in, &body, r, state_out, err);
    if (rc == FEMD_OK) rc = material->engine->evaluate(material->instance, q, &body, beat, r, state_out, err);
    return material_finish(material, q, rc, femd_clock() - begin, r, state_out, err);
}

/* ---- several points ---- */

/* The caller's beat as it is felt by some of the points: their progress is a part of the whole, and a word to stop is
 * remembered. */
typedef struct part_beat {
    const femd_beat *whole; /* or NULL */
    double done, share;     /* fractions of the whole: before these points, and theirs */
    int stopped;            /* what the caller's beat returned */
} part_beat;

static int material_on_beat(void *user, double fraction) {
    part_beat *p = user;
    if (!p->stopped && p->whole && p->whole->beat)
        p->stopped = p->whole->beat(p->whole->user, p->done + p->share * fraction);
    return p->stopped;
}

static femd_status material_stop_status(const part_beat *p) {
    return p->stopped == FEMD_DEADLINE ? FEMD_DEADLINE : FEMD_CANCELLED;
}

/* Points first to first + n - 1, none of them refused, handed to the engine together. */
static void material_evaluate_together(femd_material *material, const femd_engine_batch *batch, size_t first, size_t n,
                                       part_beat *p) {
    const double begin = femd_clock();
    const femd_beat beat = {p, material_on_beat};
    const femd_engine_batch part = {n,
                                    batch->request + first,
                                    material->bodies + first,
                                    batch->response + first,
                                    batch->state_out + first,
                                    batch->err + first};
    femd_error words = FEMD_ERROR_INIT;
    femd_status rc = FEMD_OK;
    p->done = (double)first / (double)batch->n;
    p->share = (double)n / (double)batch->n;
    if (!p->stopped) rc = material->engine->evaluate_many(material->instance, &part, &beat, &words);
    if (p->stopped)
        rc = material_stop_status(p);
    else if (rc == FEMD_OK)
        rc = femd_fail(&words, FEMD_INTERNAL, "%s left a point of a batch without an answer", material->said);
    const double wall = (femd_clock() - begin) / (double)n;
    for (size_t i = 0; i < n; i++) {
        femd_response *r = &part.response[i];
        femd_status status = (femd_status)r->status;
        if (r->status == FEMD_UNANSWERED) status = femd_fail(&part.err[i], rc, "%s", words.text);
        (void)material_finish(material, &part.request[i], status, wall, r, &part.state_out[i], &part.err[i]);
    }
}

static femd_status material_reserve_bodies(femd_material *material, size_t n, femd_error *err) {
    if (n <= material->bodies_room) return FEMD_OK;
    femd_bytes *bodies = realloc(material->bodies, n * sizeof *bodies);
    if (!bodies) return femd_fail(err, FEMD_NO_MEMORY, "a batch of %zu points: out of memory", n);
    material->bodies = bodies;
    material->bodies_room = n;
    return FEMD_OK;
}

/* Refused points are answered here; those between them go to the engine together. */
static void material_evaluate_batch(femd_material *material, const femd_engine_batch *batch, part_beat *p) {
    femd_error words = FEMD_ERROR_INIT;
    const femd_status room = material_reserve_bodies(material, batch->n, &words);
    size_t first = 0; /* of the points that wait for the engine */
    for (size_t i = 0; i < batch->n; i++) {
        femd_response *r = &batch->response[i];
        femd_buffer *state_out = &batch->state_out[i];
        femd_error *err = &batch->err[i];
        femd_bytes body;
        femd_error_clear(err);
        femd_status rc = material_begin(material, &batch->request[i], &batch->state_in[i], &body, r, state_out, err);
        if (rc == FEMD_OK && room != FEMD_OK) rc = femd_fail(err, room, "%s", words.text);
        if (rc == FEMD_OK) {
            material->bodies[i] = body;
            r->status = FEMD_UNANSWERED;
            continue;
        }
        if (i > first) material_evaluate_together(material, batch, first, i - first, p);
        first = i + 1;
        (void)material_finish(material, &batch->request[i], rc, 0, r, state_out, err);
    }
    if (batch->n > first) material_evaluate_together(material, batch, first, batch->n - first, p);
}

static void material_evaluate_in_turn(femd_material *material, const femd_engine_batch *batch, part_beat *p) {
    const femd_beat beat = {p, material_on_beat};
    p->share = 1.0 / (double)batch->n;
    for (size_t i = 0; i < batch->n; i++) {
        femd_response *r = &batch->response[i];
        femd_error_clear(&batch->err[i]);
        p->done = (double)i * p->share;
        if (!p->stopped) {
            (void)femd_material_evaluate(material, &batch->request[i], &batch->state_in[i], &beat, r,
                                         &batch->state_out[i], &batch->err[i]);
            continue;
        }
        memset(r, 0, sizeof *r);
        (void)material_finish(material, &batch->request[i], material_stop_status(p), 0, r, &batch->state_out[i],
                              &batch->err[i]);
    }
}

void femd_material_evaluate_many(femd_material *material, const femd_engine_batch *batch, const femd_beat *beat) {
    part_beat p = {.whole = beat};
    if (material->takes_many)
        material_evaluate_batch(material, batch, &p);
    else
        material_evaluate_in_turn(material, batch, &p);
}

femd_status femd_material_dump(femd_material *material, const femd_bytes *state, femd_buffer *out, femd_error *err) {
    femd_bytes body;
    if (!material->engine->dump) return femd_fail(err, FEMD_UNSUPPORTED, "%s has no atoms to dump", material->said);
    FEMD_TRY(material_open_state(material, state, &body, err));
    return material->engine->dump(material->instance, &body, out, err);
}

femd_status femd_material_fields(femd_material *material, const femd_bytes *state, const femd_local_ask *ask,
                                 const femd_beat *beat, femd_local_fields *fields, femd_error *err) {
    femd_bytes body;
    if (!material->engine->fields)
        return femd_fail(err, FEMD_UNSUPPORTED, "the engine \"%s\" has no atoms, and so no fields of theirs",
                         material->engine->name);
    FEMD_TRY(material_open_state(material, state, &body, err));
    return material->engine->fields(material->instance, &body, ask, beat, fields, err);
}
