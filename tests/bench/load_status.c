/* STATUS of a large pool: a core without a network, so many workers that have said HELLO, one client that asks. A
 * program of its own, since the core and the client's library have names in common; its rows are those of bench_load.
 */
#include <stdio.h>

#include "core.h"
#include "femd/clock.h"

static int status_deliver(femd_core *core, uint64_t route, const femd_buffer *frame, double *bytes) {
    femd_action action;
    femd_frame sent;
    femd_core_frame(core, route, frame->data, frame->size, 1);
    femd_core_settle(core, 1);
    while (femd_core_next(core, &action)) {
        if (action.kind == FEMD_ACTION_SEND && bytes &&
            femd_frame_decode(action.frame.data, action.frame.size, &sent, NULL) == FEMD_OK &&
            (sent.type == FEMD_MSG_STATUS || sent.type == FEMD_MSG_PART))
            *bytes += (double)action.frame.size;
        femd_core_recycle(core, &action.frame);
    }
    return femd_core_health(core) != FEMD_OK;
}

static int status_join(femd_core *core, int workers, femd_buffer *frame, femd_error *err) {
    for (int i = 0; i <= workers; i++) {
        femd_hello hello = {.role = i ? FEMD_ROLE_WORKER : FEMD_ROLE_CLIENT, .pid = 1000 + (uint32_t)i, .ranks = !i};
        snprintf(hello.host, sizeof hello.host, "node%04d", i / 64);
        snprintf(hello.version, sizeof hello.version, "load");
        snprintf(i ? hello.level : hello.run, sizeof hello.level, i ? "x86-64-v3" : "run");
        if (femd_hello_encode(frame, &hello, err) != FEMD_OK) return 1;
        if (status_deliver(core, 1 + (uint64_t)i, frame, NULL)) return 1;
    }
    return 0;
}

static int status_measure(int workers, double *bytes, double *seconds) {
    femd_error err = FEMD_ERROR_INIT;
    const femd_core_config config = {0};
    femd_core *core = NULL;
    femd_buffer frame = FEMD_BUFFER_INIT;
    *bytes = 0;
    int rc = femd_core_create(&config, &core, &err) != FEMD_OK || status_join(core, workers, &frame, &err) ||
             femd_frame_begin(&frame, FEMD_MSG_STATUS_GET, 1, &err) != FEMD_OK;
    if (!rc) {
        femd_frame_finish(&frame, 0);
        const double begun = femd_clock();
        rc = status_deliver(core, 1, &frame, bytes);
        *seconds = femd_clock() - begun;
    }
    if (rc) fprintf(stderr, "bench_load: status: %s\n", err.text);
    femd_buffer_clear(&frame);
    femd_core_destroy(&core);
    return rc;
}

int main(void) {
    static const int workers[] = {100, 10000};
    for (int i = 0; i < 2; i++) {
        double bytes, seconds;
        if (status_measure(workers[i], &bytes, &seconds)) return 1;
        printf(",\n{\"name\":\"STATUS of %d workers, size\",\"value\":%.0f,\"unit\":\"kB\"}", workers[i], bytes / 1000);
        printf(",\n{\"name\":\"STATUS of %d workers, time of the server\",\"value\":%.2f,\"unit\":\"ms\"}", workers[i],
               1000 * seconds);
    }
    return 0;
}
