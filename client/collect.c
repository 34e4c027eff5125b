/* Waiting for the answers of a batch, and handing them on. Nothing here knows frames. */
#include "batch.h"
#include "session.h"
#include "wakeup.h"

static int collect_is_over(const femd_client *c, const void *arg) {
    (void)c;
    return batch_is_over(arg);
}

/* Or somebody else's point is lost, so that nothing is worth the wait. */
static int collect_is_over_or_lost(const femd_client *c, const void *arg) {
    uint64_t point;
    return batch_is_over(arg) || (c->give_up_early && femd_client_given_up(c, &point) != FEMD_OK);
}

static femd_status collect_check_lost(const femd_client *c, femd_error *err) {
    uint64_t point = 0;
    const femd_status lost = c->give_up_early ? femd_client_given_up(c, &point) : FEMD_OK;
    if (lost == FEMD_OK) return FEMD_OK;
    const char *words = femd_client_words(c, point);
    return femd_fail(err, lost, "point %llu: %s%s%s", (unsigned long long)point, femd_status_text(lost),
                     *words ? ": " : "", words);
}

static femd_status collect_take_what_is_there(femd_client *c, client_done done, const void *arg, femd_error *err) {
    femd_status rc = FEMD_OK;
    int got = 1;
    while (rc == FEMD_OK && got && !done(c, arg)) {
        rc = batches_flush(c, err);
        if (rc == FEMD_OK) rc = client_pump(c, 0, &got, err);
    }
    if (rc == FEMD_OK && !done(c, arg)) rc = client_nudge(c, err);
    if (rc == FEMD_OK) wakeup_rearm(c);
    return rc;
}

femd_status femd_client_poll(femd_client *c, femd_batch *batch, double timeout, size_t *done, femd_error *err) {
    if (!c || !batch || !batch_is_of(batch, c))
        return femd_fail(err, FEMD_BAD_ARGUMENT, "femd_client_poll: not a batch of this client");
    femd_status rc = collect_take_what_is_there(c, collect_is_over, batch, err);
    if (rc == FEMD_OK && timeout > 0 && !batch_is_over(batch)) {
        rc = client_wait(c, collect_is_over, batch, timeout, err);
        if (rc == FEMD_TIMEOUT) {
            femd_error_clear(err);
            rc = FEMD_OK;
        }
    }
    if (done) *done = batch_answered(batch);
    return rc == FEMD_OK ? batch_refusal(batch, err) : rc;
}

typedef struct collect_any {
    femd_batch *const *batch;
    size_t n;
} collect_any;

static size_t collect_first_over(const collect_any *any) {
    size_t i = 0;
    while (i < any->n && !batch_is_over(any->batch[i])) i++;
    return i;
}

static int collect_any_is_over(const femd_client *c, const void *arg) {
    const collect_any *any = arg;
    return c->woken || collect_first_over(any) < any->n;
}

femd_status femd_client_wait_any(femd_client *c, femd_batch *const *batches, size_t n, double timeout, size_t *which,
                                 femd_error *err) {
    if (!c || !which || (n && !batches))
        return femd_fail(err, FEMD_BAD_ARGUMENT, "femd_client_wait_any: NULL argument");
    for (size_t i = 0; i < n; i++)
        if (!batches[i] || !batch_is_of(batches[i], c))
            return femd_fail(err, FEMD_BAD_ARGUMENT, "femd_client_wait_any: number %zu is no batch of this client", i);
    const collect_any any = {batches, n};
    FEMD_TRY(wakeup_open(c, err));
    femd_status rc = collect_take_what_is_there(c, collect_any_is_over, &any, err);
    if (rc == FEMD_OK && timeout > 0) {
        rc = client_wait(c, collect_any_is_over, &any, timeout, err);
        if (rc == FEMD_TIMEOUT) {
            femd_error_clear(err);
            rc = FEMD_OK;
        }
    }
    c->woken = 0;
    *which = collect_first_over(&any);
    return rc;
}

femd_status femd_client_collect_each(femd_client *c, femd_batch **batch, femd_response_sink sink, void *user,
                                     femd_error *err) {
    if (!c || !batch || !*batch || !batch_is_of(*batch, c))
        return femd_fail(err, FEMD_BAD_ARGUMENT, "femd_client_collect: not a batch of this client");
    if (!sink) return femd_fail(err, FEMD_BAD_ARGUMENT, "femd_client_collect: nowhere to put the responses");
    femd_status rc = client_wait(c, collect_is_over_or_lost, *batch, 0, err);
    if (rc == FEMD_OK) rc = batch_refusal(*batch, err);
    if (rc == FEMD_OK) rc = collect_check_lost(c, err);
    if (rc == FEMD_OK) rc = batch_hand_on(*batch, sink, user, err);
    if (rc != FEMD_OK) {
        femd_client_cancel(c, batch);
        return rc;
    }
    batch_release(c, *batch);
    *batch = NULL;
    return FEMD_OK;
}

static void collect_copy(void *user, size_t i, femd_response *response) {
    ((femd_response *)user)[i] = *response;
}

femd_status femd_client_collect(femd_client *c, femd_batch **batch, femd_response *responses, femd_error *err) {
    if (c && batch && *batch && !responses && batch_points(*batch))
        return femd_fail(err, FEMD_BAD_ARGUMENT, "femd_client_collect: responses is NULL");
    return femd_client_collect_each(c, batch, collect_copy, responses, err);
}
