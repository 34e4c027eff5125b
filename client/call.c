/* The calls that ask once and wait for the reply: commit, abort, states, status.
 *
 * Each is one exchange (session.c) whose frame stays valid until the reply is there. Nothing here knows points. */
#include <stdlib.h>
#include <string.h>

#include "session.h"

#define STATUS_TIMEOUT 10.0       /* s; a living server answers at once */
#define STATES_FIRST   64         /* states asked for before their size is known */
#define STATES_BYTES   (4u << 20) /* aimed-at bytes of one message of states */

static femd_status call_take_empty(client_call *call, const femd_frame *f, femd_error *err) {
    (void)f;
    (void)err;
    call->done = 1;
    return FEMD_OK;
}

/* ---- commit and abort ---- */

femd_status femd_client_commit(femd_client *c, uint32_t step, const uint64_t *points, const femd_hash *states, size_t n,
                               femd_error *err) {
    if (!c || (n && (!points || !states)))
        return femd_fail(err, FEMD_BAD_ARGUMENT, "femd_client_commit: NULL argument");
    if (n > UINT32_MAX) return femd_fail(err, FEMD_LIMIT, "a commit of %zu points", n);
    client_call call = {.reply = FEMD_MSG_COMMITTED, .id = c->next_id++, .take = call_take_empty};
    femd_status rc;
    FEMD_TRY_GOTO(rc, femd_commit_begin(&call.frame, call.id, step, err), out);
    for (size_t i = 0; i < n; i++) {
        const femd_commit_entry e = {.point = points[i], .state = states[i]};
        FEMD_TRY_GOTO(rc, femd_commit_add(&call.frame, &e, err), out);
    }
    femd_frame_finish(&call.frame, (uint32_t)n);
    rc = client_exchange(c, &call, 0, err);
    if (rc == FEMD_OK) c->committed_step = step;
out:
    femd_buffer_clear(&call.frame);
    return rc;
}

/* An exchange whose request is a bare header. */
static femd_status call_bare(femd_client *c, uint16_t type, client_call *call, double limit, femd_error *err) {
    call->id = c->next_id++;
    femd_status rc = femd_frame_begin(&call->frame, type, call->id, err);
    if (rc == FEMD_OK) {
        femd_frame_finish(&call->frame, 0);
        rc = client_exchange(c, call, limit, err);
    }
    femd_buffer_clear(&call->frame);
    return rc;
}

femd_status femd_client_abort(femd_client *c, femd_error *err) {
    if (!c) return femd_fail(err, FEMD_BAD_ARGUMENT, "femd_client_abort: client is NULL");
    client_call call = {.reply = FEMD_MSG_ABORTED, .take = call_take_empty};
    return call_bare(c, FEMD_MSG_ABORT, &call, 0, err);
}

/* ---- status ---- */

static femd_status call_take_text(client_call *call, const femd_frame *f, femd_error *err) {
    char *text = malloc(f->body.size + 1);
    if (!text) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the server's status");
    if (f->body.size) memcpy(text, f->body.data, f->body.size);
    text[f->body.size] = '\0';
    *(char **)call->user = text;
    call->done = 1;
    return FEMD_OK;
}

femd_status femd_client_status(femd_client *c, char **json, femd_error *err) {
    if (!c || !json) return femd_fail(err, FEMD_BAD_ARGUMENT, "femd_client_status: NULL argument");
    *json = NULL;
    client_call call = {.reply = FEMD_MSG_STATUS, .take = call_take_text, .user = json};
    femd_status rc = call_bare(c, FEMD_MSG_STATUS_GET, &call, STATUS_TIMEOUT, err);
    if (rc != FEMD_OK) {
        free(*json);
        *json = NULL;
    }
    return rc;
}

/* ---- fetching states ---- */

/* One wanted state; many points may share a hash, which is asked for once. */
typedef struct wanted {
    femd_hash hash;
    size_t index; /* in the caller's arrays */
} wanted;

/* What one STATE_GET asked for: a run of the sorted list. The reply may come in several frames and in any order. */
typedef struct fetch {
    const wanted *want;
    size_t n, left; /* entries; not yet filled */
    void **blobs;   /* the caller's arrays */
    size_t *sizes;
    size_t bytes;
} fetch;

static int call_compare_wanted(const void *a, const void *b) {
    return memcmp(a, b, sizeof(femd_hash));
}

/* First entry with that hash, or n. */
static size_t call_fetch_index(const fetch *g, const femd_hash *h) {
    size_t low = 0, high = g->n;
    while (low < high) {
        const size_t mid = low + (high - low) / 2;
        if (memcmp(&g->want[mid].hash, h, sizeof *h) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static femd_status call_fetch_entry(fetch *g, const femd_state_entry *s, femd_error *err) {
    char text[65];
    for (size_t k = call_fetch_index(g, &s->hash); k < g->n && femd_hash_equal(&g->want[k].hash, &s->hash); k++) {
        const size_t i = g->want[k].index;
        if (g->blobs[i]) continue;
        if (s->blob.size == 0) {
            femd_hash_text(&s->hash, text);
            return femd_fail(err, FEMD_STATE_LOST, "state %.16s is held nowhere", text);
        }
        g->blobs[i] = malloc(s->blob.size);
        if (!g->blobs[i]) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a state of %zu bytes", s->blob.size);
        memcpy(g->blobs[i], s->blob.data, s->blob.size);
        g->sizes[i] = s->blob.size;
        g->bytes += s->blob.size;
        g->left--;
    }
    return FEMD_OK;
}

static femd_status call_take_states(client_call *call, const femd_frame *f, femd_error *err) {
    fetch *g = call->user;
    femd_reader rd;
    femd_state_entry s;
    int more;
    femd_reader_open(f, &rd);
    while ((more = femd_state_next(&rd, &s, err)) == 1) FEMD_TRY(call_fetch_entry(g, &s, err));
    if (more < 0) return FEMD_PROTOCOL;
    call->done = g->left == 0;
    return FEMD_OK;
}

static femd_status call_fetch_some(femd_client *c, fetch *g, femd_error *err) {
    client_call call = {.reply = FEMD_MSG_STATE, .id = c->next_id++, .take = call_take_states, .user = g};
    uint32_t asked = 0;
    femd_status rc;
    FEMD_TRY_GOTO(rc, femd_frame_begin(&call.frame, FEMD_MSG_STATE_GET, call.id, err), out);
    for (size_t k = 0; k < g->n; k++) {
        if (k > 0 && femd_hash_equal(&g->want[k].hash, &g->want[k - 1].hash)) continue;
        FEMD_TRY_GOTO(rc, femd_buffer_append(&call.frame, &g->want[k].hash, sizeof(femd_hash), err), out);
        asked++;
    }
    femd_frame_finish(&call.frame, asked);
    rc = client_exchange(c, &call, 0, err);
out:
    femd_buffer_clear(&call.frame);
    return rc;
}

/* Ask in messages whose replies stay near STATES_BYTES, judged by the states that have come. */
static femd_status call_fetch_all(femd_client *c, const wanted *want, size_t n, void **blobs, size_t *sizes,
                                  femd_error *err) {
    size_t bytes = 0, some = STATES_FIRST;
    for (size_t k = 0; k < n;) {
        fetch g = {.want = want + k, .n = n - k < some ? n - k : some, .blobs = blobs, .sizes = sizes};
        g.left = g.n;
        FEMD_TRY(call_fetch_some(c, &g, err));
        k += g.n;
        bytes += g.bytes;
        some = bytes / k ? STATES_BYTES / (bytes / k) : FEMD_BATCH_MAX;
        if (some > FEMD_BATCH_MAX) some = FEMD_BATCH_MAX;
        if (some < 1) some = 1;
    }
    return FEMD_OK;
}

femd_status femd_client_states_get(femd_client *c, const femd_hash *states, size_t n, void **blobs, size_t *sizes,
                                   femd_error *err) {
    if (!c || (n && (!states || !blobs || !sizes)))
        return femd_fail(err, FEMD_BAD_ARGUMENT, "femd_client_states_get: NULL argument");
    if (n == 0) return FEMD_OK;
    wanted *want = malloc(n * sizeof *want);
    if (!want) return femd_fail(err, FEMD_NO_MEMORY, "no memory to ask for %zu states", n);
    for (size_t i = 0; i < n; i++) {
        want[i] = (wanted){.hash = states[i], .index = i};
        blobs[i] = NULL;
        sizes[i] = 0;
    }
    qsort(want, n, sizeof *want, call_compare_wanted);
    femd_status rc = call_fetch_all(c, want, n, blobs, sizes, err);
    free(want);
    for (size_t i = 0; rc != FEMD_OK && i < n; i++) {
        free(blobs[i]);
        blobs[i] = NULL;
        sizes[i] = 0;
    }
    return rc;
}

femd_status femd_client_state_get(femd_client *c, const femd_hash *state, void **blob, size_t *size, femd_error *err) {
    return femd_client_states_get(c, state, 1, blob, size, err);
}

/* ---- giving states ---- */

/* Send states[first..] as far as one message carries them; *n = how many. */
static femd_status call_put_some(femd_client *c, const femd_hash *states, const void *const *blobs, const size_t *sizes,
                                 size_t left, size_t *n, femd_error *err) {
    client_call call = {.reply = FEMD_MSG_STATE_STORED, .id = c->next_id++, .take = call_take_empty};
    femd_status rc;
    FEMD_TRY_GOTO(rc, femd_frame_begin(&call.frame, FEMD_MSG_STATE, call.id, err), out);
    for (*n = 0; *n < left && *n < FEMD_BATCH_MAX && (*n == 0 || call.frame.size + sizes[*n] < STATES_BYTES); (*n)++) {
        const femd_state_entry s = {.hash = states[*n], .blob = {blobs[*n], sizes[*n]}};
        FEMD_TRY_GOTO(rc, femd_state_add(&call.frame, &s, err), out);
    }
    femd_frame_finish(&call.frame, (uint32_t)*n);
    rc = client_exchange(c, &call, 0, err);
out:
    femd_buffer_clear(&call.frame);
    return rc;
}

femd_status femd_client_states_put(femd_client *c, const femd_hash *states, const void *const *blobs,
                                   const size_t *sizes, size_t n, femd_error *err) {
    if (!c || (n && (!states || !blobs || !sizes)))
        return femd_fail(err, FEMD_BAD_ARGUMENT, "femd_client_states_put: NULL argument");
    for (size_t i = 0, some; i < n; i += some) {
        if (!blobs[i] || !sizes[i])
            return femd_fail(err, FEMD_BAD_ARGUMENT, "femd_client_states_put: state %zu has no bytes", i);
        FEMD_TRY(call_put_some(c, states + i, blobs + i, sizes + i, n - i, &some, err));
    }
    return FEMD_OK;
}
