/* Batches of a client: what is open, what is answered. Waits for nothing. */
#ifndef FEMD_CLIENT_BATCH_H
#define FEMD_CLIENT_BATCH_H

#include "client_private.h"

/* Send what waits, as far as window and back-pressure allow. */
FEMD_MUST_CHECK femd_status batches_flush(femd_client *c, femd_error *err);
/* Everything that is open counts as not sent. */
void batches_rewind(femd_client *c);
/* Handle a RESULT, or an ERROR about one of the batches. *mine = 0 if the id belongs to none that is open. */
FEMD_MUST_CHECK femd_status batches_result(femd_client *c, const femd_frame *f, int *mine, femd_error *err);
void batches_failed(femd_client *c, uint64_t id, const femd_error *why, int *mine);
void batches_count(const femd_client *c, uint64_t *done, uint64_t *total, uint64_t *reused, uint64_t *sent);
void batches_free(femd_client *c);

/* Answers that are taken as they come, in any order, instead of collected: *r may be changed, words are those of a
 * failure and borrowed. It must not call the client. */
typedef void (*femd_batch_answer)(void *user, size_t i, femd_response *r, const femd_bytes *words);
/* femd_client_submit for such. When the batch is over, batch_release it, or femd_client_cancel it if it was refused. */
FEMD_MUST_CHECK femd_status batch_submit_to(femd_client *c, const femd_hash *material, const femd_request *requests,
                                            size_t n, femd_batch_answer take, void *user, femd_batch **batch,
                                            femd_error *err);

/* One batch: whether it is of this client; its points, and those answered; whether there is nothing to wait for any
 * more. */
int batch_is_of(const femd_batch *b, const femd_client *c);
size_t batch_points(const femd_batch *b);
size_t batch_answered(const femd_batch *b);
int batch_is_over(const femd_batch *b);
/* OK, or why the server refused it. */
FEMD_MUST_CHECK femd_status batch_refusal(const femd_batch *b, femd_error *err);
/* The words of point i of a batch that is over, if it failed; borrowed, without a 0 at the end. */
femd_bytes batch_words(const femd_batch *b, size_t i);
/* Hand on all responses, in the order of the requests, one at a time. */
FEMD_MUST_CHECK femd_status batch_hand_on(const femd_batch *b, femd_response_sink sink, void *user, femd_error *err);
/* A batch that was handed on: its storage is kept for another. */
void batch_release(femd_client *c, femd_batch *b);

#endif
