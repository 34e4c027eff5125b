/* Material points from many threads, for hosts whose material law is called point by point (UMAT, MFront): one client,
 * one thread of libfemd's own that speaks to the server, any number of threads that ask. What waits at the same time
 * goes in one message. Nothing hangs on a thread: they may come and go between any two calls, as CalculiX' do at each
 * sweep.
 *
 *   femd_pointwise *points = NULL;
 *   femd_pointwise_open(&config, 0, &points, &err);
 *   femd_pointwise_call(points, register_it, &material, &err);            femd_client_material within that function
 *   femd_pointwise_evaluate(points, &material, &request, &response, &err); in any thread; as femd_pointwise_arrays
 *   femd_pointwise_close(&points);                                        when no thread is in a call any more */
#ifndef FEMD_POINTWISE_H
#define FEMD_POINTWISE_H

#include "femd/arrays.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct femd_pointwise femd_pointwise;

/* A client of its own, and its thread. sweep: 1 commits by sweeps (femd_client_sweep), the increment being
 * request.step. A process that forks opens it after the fork: in a child that is not so calls are refused. The progress
 * callback of config is called in libfemd's thread. */
FEMD_API FEMD_MUST_CHECK femd_status femd_pointwise_open(const femd_client_config *config, int sweep,
                                                         femd_pointwise **points, femd_error *err);
/* Ends what is under way with CANCELLED, and leaves. Accepts NULL, sets NULL. */
FEMD_API void femd_pointwise_close(femd_pointwise **points);

/* Ask one point and wait; from any thread. Returns the status of the point, in words in *err unless it is OK: of class
 * P, the material says no; of class I, the pool had no answer. Any other is a failure of the call: DISCONNECTED, after
 * which all calls fail so, BAD_ARGUMENT, ... */
FEMD_API FEMD_MUST_CHECK femd_status femd_pointwise_evaluate(femd_pointwise *points, const femd_hash *material,
                                                             const femd_request *request, femd_response *response,
                                                             femd_error *err);
/* femd_arrays_evaluate from any thread, of any number of points. With femd_pointwise_open's sweep, arrays->sweep is 0.
 */
FEMD_API FEMD_MUST_CHECK femd_status femd_pointwise_arrays(femd_pointwise *points, const femd_hash *material,
                                                           const femd_arrays *arrays, femd_status *worst,
                                                           femd_error *err);
/* Have something done with the client, in libfemd's thread, while the points that are open go on: registering a
 * material, commit, tokens saved and loaded, status. Returns what the function returns. It must not call
 * femd_pointwise_* or femd_client_close. */
typedef femd_status (*femd_pointwise_work)(femd_client *client, void *user, femd_error *err);
FEMD_API FEMD_MUST_CHECK femd_status femd_pointwise_call(femd_pointwise *points, femd_pointwise_work work, void *user,
                                                         femd_error *err);

#ifdef __cplusplus
}
#endif
#endif
