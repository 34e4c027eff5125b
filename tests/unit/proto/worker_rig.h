/* The server's side of a conversation with femd-worker, the program. Every wait is bounded; what is started is ended. A
 * call that finds what it must not find fails the test. */
#ifndef FEMD_TEST_WORKER_RIG_H
#define FEMD_TEST_WORKER_RIG_H

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <zmq.h>

#include <cmocka.h>

#include "femd/control.h"
#include "femd/evaluate.h"

typedef struct rig {
    void *context, *router;
    uint8_t route[256];
    int route_size;
    pid_t pid;
    char stderr_name[64];
    zmq_msg_t message;
    femd_buffer out;
} rig;

/* Seconds of a monotonic clock. */
double rig_clock(void);
/* Of cmocka: a socket that listens; all that was started, ended. */
int rig_setup(void **state);
int rig_teardown(void **state);
/* Start femd-worker with these arguments (NULL at the end), its output in a file. */
void rig_spawn(rig *g, const char *const *args);
/* Its exit code, or -1 if it goes on. */
int rig_exit_code_within(rig *g, double seconds);
void rig_stderr_has(const rig *g, const char *words);
/* Start femd-worker at level x86-64-v2 and answer its HELLO with a WELCOME of this level. */
void rig_start_worker(rig *g, const char *level);

/* The next frame within seconds, its body valid until the next call; 0 if none came. */
int rig_next_frame(rig *g, double seconds, femd_frame *f);
/* The same, of this type and no other. */
femd_frame rig_expect(rig *g, uint16_t type, double seconds);
/* Send g->out to whom the last frame came from. */
void rig_post(rig *g);
femd_ready rig_give_material(rig *g, const char *json);
/* Stress and tangent at this strain along 1. */
femd_request rig_strain(double e);
/* n tasks from id on, of growing strain. */
void rig_give_tasks(rig *g, const femd_hash *material, uint64_t id, uint32_t n, double deadline,
                    const femd_state_entry *s, size_t ns, const femd_hash *state_in);
/* The answer of one task, past STARTED and BEAT; *beats counts the latter. */
femd_response rig_answer_to(rig *g, uint64_t id, int *beats, double seconds);

#endif
