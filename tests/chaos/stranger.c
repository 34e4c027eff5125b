/* stranger ADDRESS KEY old|noise [SEED]: a peer with a key that is in order, whose messages are not.
 *
 * old: says hello in protocol version 1; prints the words with which it is refused and ends with 0, or with 1 if it is
 * not refused within 10 s. noise: 200 messages, by turns of random bytes, of a random type under a sound head, and a
 * sound hello with one byte turned; ends with 0. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zmq.h>

#include "femd/control.h"
#include "femd/keys.h"

static uint64_t state;
static unsigned draw(unsigned n) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(state >> 33) % n;
}

static int hello(femd_buffer *out) {
    femd_hello h = {.role = FEMD_ROLE_WORKER, .level = "x86-64-v3", .host = "far", .version = "0", .fingerprint = 1};
    h.pid = (uint32_t)getpid();
    return femd_hello_encode(out, &h, NULL) == FEMD_OK;
}

static int say_old(void *socket) {
    femd_buffer out = FEMD_BUFFER_INIT;
    femd_frame frame;
    femd_error said = FEMD_ERROR_INIT;
    zmq_msg_t answer;
    if (!hello(&out)) return 70;
    out.data[4] = 1; /* the version */
    zmq_send(socket, out.data, out.size, 0);
    femd_buffer_clear(&out);
    zmq_msg_init(&answer);
    if (zmq_msg_recv(&answer, socket, 0) < 0) return puts("no answer"), 1;
    const int refused = femd_frame_decode(zmq_msg_data(&answer), zmq_msg_size(&answer), &frame, &said) == FEMD_OK &&
                        frame.type == FEMD_MSG_ERROR && femd_error_decode(&frame, &said, NULL) == FEMD_OK;
    puts(refused ? said.text : "it was not refused");
    zmq_msg_close(&answer);
    return !refused;
}

static int make_noise(void *socket) {
    femd_buffer out = FEMD_BUFFER_INIT;
    for (int i = 0; i < 200; i++) {
        if (!hello(&out)) return 70;
        if (i % 3 == 0)
            for (size_t k = 0; k < out.size; k++) out.data[k] = (uint8_t)draw(256);
        if (i % 3 == 1) out.data[6] = (uint8_t)draw(70);
        if (i % 3 == 2) out.data[draw((unsigned)out.size)] ^= (uint8_t)(1 + draw(255));
        if (zmq_send(socket, out.data, out.size, ZMQ_DONTWAIT) < 0) break;
    }
    femd_buffer_clear(&out);
    return 0;
}

int main(int argc, char **argv) {
    femd_key key;
    femd_error err = FEMD_ERROR_INIT;
    if (argc < 4) return fprintf(stderr, "usage: stranger ADDRESS KEY old|noise [SEED]\n"), 2;
    state = argc > 4 ? strtoull(argv[4], NULL, 10) : 1;
    if (femd_key_read(argv[2], &key, &err) != FEMD_OK) return fprintf(stderr, "%s\n", err.text), 2;
    void *context = zmq_ctx_new(), *socket = zmq_socket(context, ZMQ_DEALER);
    const int wait = 10000, linger = 500;
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &wait, sizeof wait);
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
    zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, key.server_text, FEMD_KEY_TEXT + 1);
    zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, key.public_text, FEMD_KEY_TEXT + 1);
    zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, key.secret_text, FEMD_KEY_TEXT + 1);
    if (zmq_connect(socket, argv[1]) != 0) return perror("stranger"), 70;
    const int rc = strcmp(argv[3], "old") == 0 ? say_old(socket) : make_noise(socket);
    zmq_close(socket);
    zmq_ctx_term(context);
    return rc;
}
