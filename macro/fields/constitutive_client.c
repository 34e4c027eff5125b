/* The one file of the macro solver that touches the coupling: requests go to a femd server through libfemd. The
 * batches of all materials are under way together; orientations are applied here, on the client's side of the wire. */
#include "fields/constitutive_client.h"

#include <stdlib.h>
#include <string.h>

#include "base/part.h"
#include "femd/femd.h"

#define POINTS_PER_BATCH 16384 /* bounds the storage for requests */
/* Most points that are under way at once, in whole batches: many more than any pool has workers. What a million would
 * take at client and server is memory that the solver wants. */
#define POINTS_UNDER_WAY 131072

typedef struct client_law {
    femd_client *client;   /* borrowed */
    const femd_case *cs;   /* borrowed */
    femd_hash *material;   /* per case material */
    femd_request *request; /* of one batch, in the RVE frames; room for POINTS_PER_BATCH, grown on demand */
    size_t room;
    size_t *order; /* requests sorted by material */
    size_t order_room;
    size_t *first; /* per case material */
    femd_builds builds;
} client_law;

static int law_is_identity(const double Q[9]) {
    const double one[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    return memcmp(Q, one, sizeof one) == 0;
}

/* A failure names the material. */
static femd_status law_name(const femd_case *cs, size_t k, femd_status rc, femd_error *err) {
    return rc == FEMD_OK ? rc : femd_error_prefix(err, "%s: materials.%s", cs->path, cs->material[k].name);
}

static femd_status law_open(void *self, const femd_case *cs, femd_hash *id, femd_capabilities *caps, femd_error *err) {
    client_law *law = self;
    law->cs = cs;
    if (!(law->material = calloc(cs->nmaterials + 1, sizeof *law->material)) ||
        !(law->first = calloc(cs->nmaterials + 1, sizeof *law->first)))
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for the materials");
    for (size_t k = 0; k < cs->nmaterials && cs->nmaterials > 1; ++k)
        if (cs->material[k].like >= k)
            FEMD_TRY(law_name(cs, k, femd_client_announce(law->client, cs->material[k].json, cs->folder, err), err));
    for (size_t k = 0; k < cs->nmaterials; ++k) {
        if (cs->material[k].like < k) { /* grains of one material are one to the server */
            law->material[k] = id[k] = id[cs->material[k].like];
            caps[k] = caps[cs->material[k].like];
            continue;
        }
        FEMD_TRY(law_name(
            cs, k, femd_client_material(law->client, cs->material[k].json, cs->folder, &id[k], &caps[k], err), err));
        law->material[k] = id[k];
    }
    return FEMD_OK;
}

/* Requests of one material in slices: batches[] of at most POINTS_PER_BATCH points. */
typedef struct slice {
    size_t first, n; /* in order[] */
    int material;
    femd_batch *batch;
} slice;

static femd_status law_grow(client_law *law, size_t n, femd_error *err) {
    size_t batch = n < POINTS_PER_BATCH ? n : POINTS_PER_BATCH;
    if (law->room < batch) {
        femd_request *request = realloc(law->request, batch * sizeof *request);
        if (!request) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a batch of %zu points", batch);
        law->request = request;
        law->room = batch;
    }
    if (law->order_room < n) {
        size_t *order = realloc(law->order, n * sizeof *order);
        if (!order) return femd_fail(err, FEMD_NO_MEMORY, "no memory for %zu points", n);
        law->order = order;
        law->order_room = n;
    }
    return FEMD_OK;
}

/* Sort by what the server knows as one material, keeping the order within each, and cut into slices. Returns how many.
 */
static size_t law_cut_slices(client_law *law, const int *material, size_t n, slice *s) {
    const size_t materials = law->cs->nmaterials;
    size_t count = 0, used = 0;
    memset(law->first, 0, (materials + 1) * sizeof *law->first);
    for (size_t i = 0; i < n; ++i) law->first[law->cs->material[material[i]].like]++;
    for (size_t k = 0; k < materials; ++k) {
        size_t first = used;
        used += law->first[k];
        law->first[k] = first; /* where the next of it goes */
        for (; first < used; first += s[count++].n) {
            s[count] = (slice){.first = first, .n = used - first, .material = (int)k};
            if (s[count].n > POINTS_PER_BATCH) s[count].n = POINTS_PER_BATCH;
        }
    }
    for (size_t i = 0; i < n; ++i) law->order[law->first[law->cs->material[material[i]].like]++] = i;
    return count;
}

static femd_status law_submit(client_law *law, const femd_request *requests, const int *material, slice *s,
                              femd_error *err) {
    for (size_t i = 0; i < s->n; ++i) {
        const size_t which = law->order[s->first + i];
        const double *Q = law->cs->material[material[which]].orientation;
        law->request[i] = requests[which];
        if (!law_is_identity(Q)) femd_strain_rotate(Q, requests[which].value, law->request[i].value);
    }
    return femd_client_submit(law->client, &law->material[s->material], law->request, s->n, &s->batch, err);
}

/* Where the responses of a slice go. */
typedef struct slice_sink {
    const femd_case *cs;
    const size_t *order; /* of the slice's requests */
    const int *material; /* of all requests */
    femd_constitutive_sink sink;
    void *user;
    femd_builds *builds;
} slice_sink;

static void turn_and_hand_on(void *user, size_t i, femd_response *response) {
    const slice_sink *to = user;
    const double *Q = to->cs->material[to->material[to->order[i]]].orientation;
    if (response->status == FEMD_OK && !law_is_identity(Q)) femd_response_unrotate(Q, response);
    femd_builds_add(to->builds, response->work.fingerprint);
    to->sink(to->user, to->order[i], response);
}

static femd_status law_collect(client_law *law, slice *s, const int *material, femd_constitutive_sink sink, void *user,
                               femd_error *err) {
    slice_sink to = {law->cs, law->order + s->first, material, sink, user, &law->builds};
    return femd_client_collect_each(law->client, &s->batch, turn_and_hand_on, &to, err);
}

/* The engine of a material: of a user's own one its name. */
static const char *law_engine_of(const femd_case_material *material) {
    const char *engine = femd_json_string(material->node, "engine", "?");
    return strcmp(engine, "user") == 0 ? femd_json_string(material->node, "name", engine) : engine;
}

/* The words of a point that the pool has given up: which element, of which material. */
static femd_status law_tell_lost(const client_law *law, const femd_request *requests, const int *material, size_t n,
                                 femd_status rc, femd_error *err) {
    uint64_t point;
    const femd_status lost = femd_client_given_up(law->client, &point);
    size_t i = 0;
    while (i < n && requests[i].point != point) i++;
    if (lost == FEMD_OK || lost != rc || i == n) return rc;
    const femd_case_material *its = &law->cs->material[material[i]];
    const char *words = femd_client_words(law->client, point);
    return femd_fail(err, rc, "point %llu (cell %llu, material %s) of step %u: %s%s%s%s%s", (unsigned long long)point,
                     (unsigned long long)(point / (uint64_t)law->cs->element->points), its->name, requests[i].step,
                     femd_status_text(rc), *words ? ": " : "", words,
                     rc == FEMD_POISON ? "; suspect is the engine " : "", rc == FEMD_POISON ? law_engine_of(its) : "");
}

static femd_status law_evaluate(void *self, const femd_request *requests, const int *material, size_t n,
                                femd_constitutive_sink sink, void *user, femd_error *err) {
    FEMD_PART(POINTS);
    client_law *law = self;
    if (n == 0) return FEMD_OK;
    FEMD_TRY(law_grow(law, n, err));
    slice *s = calloc(law->cs->nmaterials + n / POINTS_PER_BATCH + 1, sizeof *s);
    if (!s) return femd_fail(err, FEMD_NO_MEMORY, "no memory for %zu points", n);
    size_t count = law_cut_slices(law, material, n, s);
    femd_status rc = FEMD_OK;
    size_t next = 0, under_way = 0;
    for (size_t k = 0; k < count && rc == FEMD_OK; ++k) {
        for (; next < count && under_way < POINTS_UNDER_WAY && rc == FEMD_OK; under_way += s[next++].n)
            rc = law_submit(law, requests, material, &s[next], err);
        if (rc == FEMD_OK) rc = law_collect(law, &s[k], material, sink, user, err);
        under_way -= s[k].n;
    }
    for (size_t k = 0; k < count; ++k)
        if (s[k].batch) femd_client_cancel(law->client, &s[k].batch);
    free(s);
    return rc == FEMD_OK ? rc : law_tell_lost(law, requests, material, n, rc, err);
}

static femd_status law_commit(void *self, uint32_t step, const uint64_t *points, const femd_hash *states, size_t n,
                              femd_error *err) {
    FEMD_PART(POINTS);
    return femd_client_commit(((client_law *)self)->client, step, points, states, n, err);
}

static femd_status law_abort(void *self, femd_error *err) {
    return femd_client_abort(((client_law *)self)->client, err);
}

static femd_status law_states_get(void *self, const femd_hash *states, size_t n, void **blobs, size_t *sizes,
                                  femd_error *err) {
    return femd_client_states_get(((client_law *)self)->client, states, n, blobs, sizes, err);
}

static femd_status law_states_put(void *self, const femd_hash *states, const void *const *blobs, const size_t *sizes,
                                  size_t n, femd_error *err) {
    return femd_client_states_put(((client_law *)self)->client, states, blobs, sizes, n, err);
}

static const char *law_level(void *self) {
    return femd_client_level(((client_law *)self)->client);
}

static const char *law_words(void *self, uint64_t point) {
    const client_law *law = self;
    return femd_client_words(law->client, point);
}

static const char *law_remarks(void *self, size_t material) {
    const client_law *law = self;
    return femd_client_remarks(law->client, &law->material[material]);
}

static uint64_t law_reused(void *self) {
    return femd_client_reused(((client_law *)self)->client);
}

static femd_builds law_builds(void *self) {
    return ((client_law *)self)->builds;
}

static void law_destroy(void *self) {
    client_law *law = self;
    free(law->material);
    free(law->request);
    free(law->order);
    free(law->first);
    free(law);
}

femd_status femd_constitutive_client(femd_client *client, femd_constitutive **out, femd_error *err) {
    femd_constitutive *law = *out = calloc(1, sizeof *law);
    client_law *self = calloc(1, sizeof *self);
    if (!law || !self) {
        free(law);
        free(self);
        *out = NULL;
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for the material answers");
    }
    self->client = client;
    *law = (femd_constitutive){.self = self,
                               .open = law_open,
                               .evaluate = law_evaluate,
                               .commit = law_commit,
                               .abort = law_abort,
                               .states_get = law_states_get,
                               .states_put = law_states_put,
                               .level = law_level,
                               .remarks = law_remarks,
                               .words = law_words,
                               .reused = law_reused,
                               .builds = law_builds,
                               .destroy = law_destroy};
    return FEMD_OK;
}
