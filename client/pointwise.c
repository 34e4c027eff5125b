/* Points from many threads: a queue, and one thread that owns the client, takes what waits, and hands each answer to
 * who waits for it as soon as it is there. See femd/pointwise.h.
 *
 * A job lives on the stack of the thread that waits for it. From the moment it is in the queue it belongs to the thread
 * of the client, until that posts its semaphore. */
#include "femd/pointwise.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "array_points.h"
#include "batch.h"
#include "femd/clock.h"
#include "session.h"
#include "wakeup.h"

/* What one thread waits for: the answers of n points, or a call. */
typedef struct points_job {
    struct points_job *next;
    femd_hash material;
    const femd_request *request; /* [n] */
    size_t n, left;              /* left: not answered yet */
    femd_batch_answer take;      /* in the client's thread */
    void *user;
    femd_pointwise_work work; /* a call instead of points */
    femd_status rc;
    femd_error why;
    sem_t done;
} points_job;

/* Points that went together. */
typedef struct points_flight {
    struct points_flight *next;
    femd_pointwise *points;
    femd_batch *batch;
    size_t n;
    points_job **job; /* of each request, owned */
    size_t *index;    /* in its job, owned */
} points_flight;

struct femd_pointwise {
    femd_client *client;
    pid_t process; /* that has the thread */
    int sweep;
    pthread_t thread;
    pthread_mutex_t lock;
    points_job *first, **last; /* the queue */
    atomic_int waiting;        /* jobs in it */
    atomic_int closing;
    points_flight *flights;
    size_t woken; /* jobs that were answered since the last look at the queue */
    femd_status failed;
    femd_error why; /* of the connection: from then on nothing works */
};

/* How long a look at the queue waits for the threads that have just been answered to come back, s for each. */
static const double points_return = 4e-6, points_return_most = 1e-4;
static const double points_idle = 1; /* s between looks where nothing works any more */

/* ---- jobs ---- */

static void points_finish(points_job *job, femd_status rc, const femd_error *why) {
    job->rc = rc;
    if (why) job->why = *why;
    sem_post(&job->done);
}

static points_job *points_take_queue(femd_pointwise *p) {
    pthread_mutex_lock(&p->lock);
    points_job *jobs = p->first;
    p->first = NULL;
    p->last = &p->first;
    atomic_store(&p->waiting, 0);
    pthread_mutex_unlock(&p->lock);
    return jobs;
}

static femd_status points_do(femd_pointwise *p, points_job *job, femd_error *err) {
    femd_status rc = FEMD_OK;
    job->next = NULL;
    job->rc = FEMD_OK;
    job->why = (femd_error)FEMD_ERROR_INIT;
    job->left = job->n;
    if (p->process != getpid())
        return femd_fail(err, FEMD_BAD_ARGUMENT,
                         "the points were opened before this process was forked, and are the parent's: open some here");
    if (sem_init(&job->done, 0, 0) != 0) return femd_fail(err, FEMD_INTERNAL, "no semaphore: %s", strerror(errno));
    pthread_mutex_lock(&p->lock);
    if (atomic_load(&p->closing)) rc = FEMD_CANCELLED;
    if (rc == FEMD_OK) {
        *p->last = job;
        p->last = &job->next;
        atomic_fetch_add(&p->waiting, 1);
        femd_client_wake(p->client);
    }
    pthread_mutex_unlock(&p->lock);
    if (rc != FEMD_OK) {
        sem_destroy(&job->done);
        return femd_fail(err, rc, "the points are closed");
    }
    while (sem_wait(&job->done) != 0) {} /* a signal */
    sem_destroy(&job->done);
    if (job->rc != FEMD_OK && err) *err = job->why;
    return job->rc;
}

/* ---- flights: in the client's thread from here on ---- */

/* The job of request k is done with, and forgotten before its thread hears of it. */
static void points_end_job(points_flight *flight, size_t k, femd_status rc, const femd_error *why) {
    points_job *job = flight->job[k];
    const size_t first = k - flight->index[k];
    for (size_t i = 0; i < job->n; i++) flight->job[first + i] = NULL;
    points_finish(job, rc, why);
}

static void points_answer(void *user, size_t k, femd_response *r, const femd_bytes *words) {
    points_flight *flight = user;
    points_job *job = flight->job[k];
    job->take(job->user, flight->index[k], r, words);
    if (--job->left > 0) return;
    flight->points->woken++;
    points_end_job(flight, k, FEMD_OK, NULL);
}

static void points_free_flight(points_flight *flight) {
    if (!flight) return;
    free(flight->job);
    free(flight->index);
    free(flight);
}

static void points_drop_flight(femd_pointwise *p, points_flight *flight) {
    points_flight **at = &p->flights;
    while (*at && *at != flight) at = &(*at)->next;
    if (*at) *at = flight->next;
    points_free_flight(flight);
}

static void points_fail_flight(points_flight *flight, femd_status rc, const femd_error *why) {
    for (size_t k = 0; k < flight->n; k++)
        if (flight->job[k]) points_end_job(flight, k, rc, why);
}

static points_flight *points_make_flight(femd_pointwise *p, size_t n) {
    points_flight *flight = calloc(1, sizeof *flight);
    if (!flight) return NULL;
    flight->points = p;
    flight->n = n;
    flight->job = malloc((n + 1) * sizeof *flight->job);
    flight->index = malloc((n + 1) * sizeof *flight->index);
    if (flight->job && flight->index) return flight;
    points_free_flight(flight);
    return NULL;
}

static femd_status points_name_states(femd_pointwise *p, const points_job *job, femd_error *err) {
    for (size_t i = 0; p->sweep && i < job->n; i++)
        FEMD_TRY(femd_client_sweep(p->client, job->request[i].step, &job->request[i].point, &job->request[i].state_in,
                                   1, err));
    return FEMD_OK;
}

/* All jobs of a list go as one batch of one material. */
static femd_status points_launch(femd_pointwise *p, points_job *jobs, size_t n, femd_error *err) {
    points_flight *flight = points_make_flight(p, n);
    femd_request *request = calloc(n + 1, sizeof *request);
    size_t k = 0;
    femd_status rc = flight && request ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for %zu points", n);
    for (points_job *job = jobs; rc == FEMD_OK && job; job = job->next)
        for (size_t i = 0; i < job->n; i++, k++) {
            flight->job[k] = job;
            flight->index[k] = i;
            request[k] = job->request[i];
        }
    if (rc == FEMD_OK)
        rc = batch_submit_to(p->client, &jobs->material, request, n, points_answer, flight, &flight->batch, err);
    free(request);
    if (rc == FEMD_OK) {
        flight->next = p->flights;
        p->flights = flight;
    } else
        points_free_flight(flight);
    return rc;
}

/* One job could not be asked; one that was alone in its batch is to blame itself. */
static void points_launch_one_by_one(femd_pointwise *p, points_job *jobs) {
    while (jobs) {
        points_job *job = jobs;
        jobs = job->next;
        job->next = NULL;
        femd_error why = FEMD_ERROR_INIT;
        const femd_status rc = points_launch(p, job, job->n, &why);
        if (rc != FEMD_OK) points_finish(job, rc, &why);
    }
}

static void points_launch_all(femd_pointwise *p, points_job *jobs, size_t n) {
    femd_error why = FEMD_ERROR_INIT;
    if (n == 0) return;
    if (points_launch(p, jobs, n, &why) != FEMD_OK) points_launch_one_by_one(p, jobs);
}

static void points_do_call(femd_pointwise *p, points_job *job) {
    femd_error why = FEMD_ERROR_INIT;
    const femd_status rc = job->work(p->client, job->user, &why);
    points_finish(job, rc, &why);
}

/* Everything that waits, in its order but for the material: jobs of one go together. */
static void points_serve(femd_pointwise *p, points_job *jobs) {
    while (jobs) {
        points_job *together = NULL, **end = &together, *rest = NULL, **rest_end = &rest, *next;
        const femd_hash material = jobs->material;
        size_t n = 0;
        for (points_job *job = jobs; job; job = next) {
            femd_error why = FEMD_ERROR_INIT;
            femd_status rc = FEMD_OK;
            next = job->next;
            job->next = NULL;
            if (p->failed != FEMD_OK) {
                points_finish(job, p->failed, &p->why);
            } else if (job->work) {
                points_do_call(p, job);
            } else if (!femd_hash_equal(&job->material, &material)) {
                *rest_end = job;
                rest_end = &job->next;
            } else if ((rc = points_name_states(p, job, &why)) != FEMD_OK) {
                points_finish(job, rc, &why);
            } else {
                *end = job;
                end = &job->next;
                n += job->n;
            }
        }
        points_launch_all(p, together, n);
        jobs = rest;
    }
}

/* Flights that are over: answered, or refused by the server as a whole. */
static void points_land(femd_pointwise *p) {
    for (points_flight *flight = p->flights, *next; flight; flight = next) {
        femd_error why = FEMD_ERROR_INIT;
        next = flight->next;
        if (!batch_is_over(flight->batch)) continue;
        const femd_status rc = batch_refusal(flight->batch, &why);
        if (rc != FEMD_OK) {
            points_fail_flight(flight, rc, &why);
            femd_client_cancel(p->client, &flight->batch);
        } else
            batch_release(p->client, flight->batch);
        points_drop_flight(p, flight);
    }
}

static int points_have_work(const femd_client *c, const void *arg) {
    const femd_pointwise *p = arg;
    (void)c;
    for (const points_flight *flight = p->flights; flight; flight = flight->next)
        if (batch_is_over(flight->batch)) return 1;
    return atomic_load(&p->waiting) > 0 || atomic_load(&p->closing);
}

/* Nothing works any more: who waits is told, and who comes. */
static void points_give_up(femd_pointwise *p, femd_status rc, const femd_error *why) {
    if (rc != FEMD_TIMEOUT && rc != FEMD_CANCELLED) {
        p->failed = rc;
        p->why = *why;
    }
    while (p->flights) {
        points_fail_flight(p->flights, rc, why);
        femd_client_cancel(p->client, &p->flights->batch);
        points_drop_flight(p, p->flights);
    }
}

/* Those that were answered a moment ago are about to ask again: so short a wait makes one message of what else would be
 * many. */
static int points_look(void *user) {
    const femd_pointwise *p = user;
    return (size_t)atomic_load(&p->waiting) >= p->woken;
}

static void points_wait(femd_pointwise *p) {
    femd_error why = FEMD_ERROR_INIT;
    if (p->failed != FEMD_OK) {
        if (!atomic_load(&p->waiting)) wakeup_sleep(p->client, points_idle);
        return;
    }
    femd_status rc = client_wait(p->client, points_have_work, p, 0, &why);
    if (rc == FEMD_TIMEOUT && !p->flights) rc = FEMD_OK; /* nobody waits */
    if (rc != FEMD_OK) points_give_up(p, rc, &why);
}

static void *points_thread(void *arg) {
    femd_pointwise *p = arg;
    while (!atomic_load(&p->closing)) {
        points_wait(p);
        points_land(p);
        if (p->woken > 1) {
            const double most = points_return * (double)p->woken;
            femd_spin(most < points_return_most ? most : points_return_most, points_look, p);
        }
        p->woken = 0;
        points_serve(p, points_take_queue(p));
    }
    p->failed = FEMD_CANCELLED;
    p->why = (femd_error){.code = FEMD_CANCELLED, .text = "the points are closed"};
    points_give_up(p, FEMD_CANCELLED, &p->why);
    points_serve(p, points_take_queue(p));
    return NULL;
}

/* ---- open and close ---- */

/* Signals are the host's: its threads have the handlers. */
static int points_start(femd_pointwise *p) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int rc = pthread_create(&p->thread, NULL, points_thread, p);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

femd_status femd_pointwise_open(const femd_client_config *config, int sweep, femd_pointwise **points, femd_error *err) {
    if (!points) return femd_fail(err, FEMD_BAD_ARGUMENT, "femd_pointwise_open: points is NULL");
    *points = NULL;
    femd_pointwise *p = calloc(1, sizeof *p);
    if (!p) return femd_fail(err, FEMD_NO_MEMORY, "no memory for points");
    p->process = getpid();
    p->sweep = sweep;
    p->last = &p->first;
    femd_status rc = femd_client_open(config, &p->client, err);
    if (rc == FEMD_OK) rc = wakeup_open(p->client, err);
    if (rc == FEMD_OK) {
        pthread_mutex_init(&p->lock, NULL);
        const int failure = points_start(p);
        if (failure == 0) {
            *points = p;
            return FEMD_OK;
        }
        pthread_mutex_destroy(&p->lock);
        rc = femd_fail(err, FEMD_NO_MEMORY, "no thread for points: %s", strerror(failure));
    }
    femd_client_close(&p->client);
    free(p);
    return rc;
}

void femd_pointwise_close(femd_pointwise **points) {
    if (!points || !*points) return;
    femd_pointwise *p = *points;
    *points = NULL;
    if (p->process != getpid()) return; /* as its thread has left it in the moment of the fork: the parent's */
    pthread_mutex_lock(&p->lock);
    atomic_store(&p->closing, 1);
    femd_client_wake(p->client);
    pthread_mutex_unlock(&p->lock);
    pthread_join(p->thread, NULL);
    pthread_mutex_destroy(&p->lock);
    femd_client_close(&p->client);
    free(p);
}

/* ---- asking: in the host's threads ---- */

typedef struct points_one {
    femd_response *response;
    femd_error *err;
} points_one;

static void points_take_one(void *user, size_t i, femd_response *r, const femd_bytes *words) {
    const points_one *one = user;
    (void)i;
    *one->response = *r;
    if (r->status != FEMD_OK)
        femd_fail(one->err, (femd_status)r->status, "point %llu: %s%s%.*s", (unsigned long long)r->point,
                  femd_status_text(r->status), words->size ? ": " : "", (int)words->size,
                  words->size ? (const char *)words->data : "");
}

femd_status femd_pointwise_evaluate(femd_pointwise *points, const femd_hash *material, const femd_request *request,
                                    femd_response *response, femd_error *err) {
    if (!points || !material || !request || !response)
        return femd_fail(err, FEMD_BAD_ARGUMENT, "femd_pointwise_evaluate: NULL argument");
    points_one one = {response, err};
    points_job job = {.material = *material, .request = request, .n = 1, .take = points_take_one, .user = &one};
    FEMD_TRY(points_do(points, &job, err));
    return (femd_status)response->status;
}

static void points_take_array(void *user, size_t i, femd_response *r, const femd_bytes *words) {
    array_points_take(user, i, r, words);
}

femd_status femd_pointwise_arrays(femd_pointwise *points, const femd_hash *material, const femd_arrays *arrays,
                                  femd_status *worst, femd_error *err) {
    femd_array_batch *batch;
    femd_request *requests;
    size_t n;
    if (!points || !material || !arrays || !worst)
        return femd_fail(err, FEMD_BAD_ARGUMENT, "femd_pointwise_arrays: NULL argument");
    if (arrays->sweep)
        return femd_fail(err, FEMD_BAD_ARGUMENT, "femd_pointwise_arrays: sweep is said to femd_pointwise_open");
    FEMD_TRY(array_points_begin(arrays, &batch, &requests, &n, err));
    points_job job = {.material = *material, .request = requests, .n = n, .take = points_take_array, .user = batch};
    const femd_status rc = n > 0 ? points_do(points, &job, err) : FEMD_OK;
    array_points_end(&batch, worst, rc == FEMD_OK ? err : NULL);
    free(requests);
    return rc;
}

femd_status femd_pointwise_call(femd_pointwise *points, femd_pointwise_work work, void *user, femd_error *err) {
    if (!points || !work) return femd_fail(err, FEMD_BAD_ARGUMENT, "femd_pointwise_call: NULL argument");
    points_job job = {.work = work, .user = user};
    return points_do(points, &job, err);
}
