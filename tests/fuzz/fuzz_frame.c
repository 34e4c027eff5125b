/* Any bytes at all, as a frame, as the body of every message, as a pack and as a JSON message: refused or read, never
 * past the end. Built with libFuzzer (clang -fsanitize=fuzzer) or, without it, linked to a program that replays a
 * corpus. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "femd/control.h"
#include "femd/evaluate.h"
#include "femd/json_channel.h"
#include "femd/pack.h"
#include "femd/parts.h"
#include "reads.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { EVALUATE, TASK, ANSWER, RESULT, STATE, COMMIT, HELLO, READY, PULSE, BEAT, PACK, JSON };
const char *const fuzz_kinds[] = {[EVALUATE] = "an EVALUATE",
                                  [TASK] = "a TASK",
                                  [ANSWER] = "an ANSWER",
                                  [RESULT] = "a RESULT",
                                  [STATE] = "a STATE",
                                  [COMMIT] = "a COMMIT",
                                  [HELLO] = "a HELLO",
                                  [READY] = "a MATERIAL_READY",
                                  [PULSE] = "a PULSE",
                                  [BEAT] = "a BEAT",
                                  [PACK] = "a pack",
                                  [JSON] = "JSON",
                                  NULL};

/* As what a message says that it is. */
static void count(const femd_frame *f, uint16_t type, int kind) {
    if (f->type == type) fuzz_read(kind);
}

static void read_bodies(const femd_frame *f) {
    femd_hash hash;
    femd_reader rd, states;
    femd_request request;
    femd_response response;
    femd_task task;
    femd_answer answer;
    femd_result result;
    femd_state_entry entry;
    femd_commit_entry commit;
    femd_pulse pulse;
    uint64_t u;
    uint32_t step;
    double fraction;
    femd_error err = FEMD_ERROR_INIT;

    if (femd_evaluate_open(f, &hash, &rd, &err) == FEMD_OK)
        while (femd_evaluate_next(&rd, &request, &err) == 1) count(f, FEMD_MSG_EVALUATE, EVALUATE);
    if (femd_task_open(f, &hash, &states, &rd, &err) == FEMD_OK) {
        while (femd_state_next(&states, &entry, &err) == 1) {}
        while (femd_task_next(&rd, &task, &err) == 1) count(f, FEMD_MSG_TASK, TASK);
    }
    femd_reader_open(f, &rd);
    while (femd_answer_next(&rd, &answer, &err) == 1)
        if (femd_response_decode(answer.response.data, answer.response.size, &response, &err) == FEMD_OK)
            count(f, FEMD_MSG_ANSWER, ANSWER);
    femd_reader_open(f, &rd);
    while (femd_result_next(&rd, &result, &err) == 1)
        if (femd_response_decode(result.response.data, result.response.size, &response, &err) == FEMD_OK)
            count(f, FEMD_MSG_RESULT, RESULT);
    femd_reader_open(f, &rd);
    while (femd_state_next(&rd, &entry, &err) == 1) count(f, FEMD_MSG_STATE, STATE);
    femd_reader_open(f, &rd);
    while (femd_hash_next(&rd, &hash, &err) == 1) {}
    femd_reader_open(f, &rd);
    while (femd_u64_next(&rd, &u, &err) == 1) {}
    if (femd_commit_open(f, &step, &rd, &err) == FEMD_OK)
        while (femd_commit_next(&rd, &commit, &err) == 1) count(f, FEMD_MSG_COMMIT, COMMIT);
    femd_parts parts = {.count = 0}; /* as a part, twice over */
    int whole;
    for (int i = 0; i < 2; i++)
        if (femd_parts_take(&parts, f, 1 << 16, &whole, &err) == FEMD_OK && whole && parts.whole.size > 1 << 16)
            abort();
    femd_parts_clear(&parts);
    if (femd_pulse_decode(f, &pulse, &err) == FEMD_OK) count(f, FEMD_MSG_PULSE, PULSE);
    if (femd_beat_decode(f, &u, &fraction, &err) == FEMD_OK) count(f, FEMD_MSG_BEAT, BEAT);
}

static void read_control(const femd_frame *f) {
    femd_hello hello;
    femd_welcome welcome;
    femd_ready ready;
    femd_error words, err = FEMD_ERROR_INIT;
    if (femd_hello_decode(f, &hello, &err) == FEMD_OK) count(f, FEMD_MSG_HELLO, HELLO);
    (void)!femd_welcome_decode(f, &welcome, &err);
    if (femd_ready_decode(f, &ready, &err) == FEMD_OK) count(f, FEMD_MSG_MATERIAL_READY, READY);
    (void)!femd_error_decode(f, &words, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    femd_frame f;
    femd_pack pack;
    femd_response response;
    femd_buffer out = FEMD_BUFFER_INIT;
    femd_error err = FEMD_ERROR_INIT;
    uint8_t *exact = malloc(size ? size : 1); /* its end is the end of what may be read */
    if (!exact) return 0;
    memcpy(exact, data, size);
    if (femd_frame_decode(exact, size, &f, &err) == FEMD_OK) {
        read_bodies(&f);
        read_control(&f);
        (void)!femd_json_channel_from_frame(&f, &out, &err);
    }
    if (femd_pack_decode(exact, size, &pack, &err) == FEMD_OK) fuzz_read(PACK);
    (void)!femd_response_decode(exact, size, &response, &err);
    if (femd_json_channel_is_json(exact, size) && femd_json_channel_to_frame(exact, size, &out, &err) == FEMD_OK) {
        if (femd_frame_decode(out.data, out.size, &f, &err) != FEMD_OK) abort(); /* what it makes must be a frame */
        fuzz_read(JSON);
    }
    femd_buffer_clear(&out);
    free(exact);
    return 0;
}
