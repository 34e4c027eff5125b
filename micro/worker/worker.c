/* The worker's life: registration, the loop between messages and evaluations, the end. Owns the connection and all that
 * the worker keeps; never looks into messages or answers. */
#include "worker/worker.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "femd/clock.h"
#include "worker/worker_private.h"

static const size_t default_memory = (size_t)1 << 30, least_for_materials = (size_t)64 << 20;
static const double idle_wait = 0.25; /* s between looks at the stop flag */

void worker_tell(const worker *self, const char *words, const char *more) {
    if (!self->config->quiet) fprintf(stderr, "femd-worker: %s%s\n", words, more);
}

static femd_status worker_loop(worker *self, femd_error *err) {
    double looked = 0; /* clock of the last look for messages */
    while (!*self->stop && !self->bye) {
        const double now = femd_clock();
        if (!self->tasks.count) FEMD_TRY(worker_flush_answers(self, err));
        if (!self->tasks.count || now - looked >= WORKER_SLICE) {
            FEMD_TRY(worker_take_messages(self, self->tasks.count ? 0 : idle_wait, err));
            looked = femd_clock();
        }
        if (self->tasks.count && !self->bye) FEMD_TRY(worker_evaluate(self, err));
    }
    return FEMD_OK;
}

static femd_status worker_connect(worker *self, femd_error *err) {
    const worker_config *config = self->config;
    femd_peer_config peer = {.address = config->address,
                             .silence = config->silence,
                             .first_connect_waits = 1,
                             .stop = self->stop,
                             .key = config->key,
                             .insecure = config->insecure};
    peer.hello.role = FEMD_ROLE_WORKER;
    peer.hello.pid = (uint32_t)getpid();
    peer.hello.fingerprint = self->fingerprint;
    snprintf(peer.hello.level, sizeof peer.hello.level, "%s", config->level);
    snprintf(peer.hello.version, sizeof peer.hello.version, "%s", FEMD_VERSION);
    if (gethostname(peer.hello.host, sizeof peer.hello.host - 1) != 0) peer.hello.host[0] = '\0';
    FEMD_TRY(femd_peer_open(&peer, &self->peer, err));
    const femd_welcome *welcome = femd_peer_welcome(self->peer);
    if (welcome->level[0] && strcmp(welcome->level, config->level) != 0)
        return femd_fail(err, FEMD_REFUSED,
                         "the server at %s works at level %s, this worker at %s; start it with --level %s",
                         config->address, welcome->level, config->level, welcome->level);
    if (!config->quiet)
        fprintf(stderr, "femd-worker: connected to %s as worker %" PRIu64 ", level %s\n", config->address,
                welcome->peer, config->level);
    return FEMD_OK;
}

static void worker_close(worker *self) {
    worker_watch_end(self->watch);
    femd_peer_close(&self->peer);
    worker_materials_destroy(&self->materials);
    worker_states_destroy(&self->states);
    worker_tasks_release(&self->tasks);
    femd_buffer_clear(&self->started);
    femd_buffer_clear(&self->answers);
    femd_buffer_clear(&self->other);
    femd_material_batch_release(&self->batch);
}

femd_status worker_run(const worker_config *config, const volatile sig_atomic_t *stop, femd_error *err) {
    worker self = {.config = config, .stop = stop, .cost = WORKER_UNKNOWN_COST, .fingerprint = femd_fingerprint()};
    const size_t memory = config->memory ? config->memory : default_memory;
    femd_status rc = worker_states_create(memory, &self.states, err);
    if (rc == FEMD_OK)
        rc = worker_materials_create(memory > least_for_materials ? memory : least_for_materials, &self.materials, err);
    if (rc == FEMD_OK) worker_states_on_parting(self.states, worker_room_part_with_state, &self);
    if (rc == FEMD_OK) rc = worker_connect(&self, err);
    if (rc == FEMD_OK) self.watch = worker_watch_begin(stop);
    if (rc == FEMD_OK)
        rc = worker_loop(&self, err);
    else if (rc == FEMD_CANCELLED)
        rc = FEMD_OK;
    if (rc == FEMD_OK && self.bye) worker_tell(&self, "the server has ended", "");
    worker_close(&self);
    return rc;
}
