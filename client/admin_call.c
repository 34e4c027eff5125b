/* Questions of those who look after a server. */
#include "admin_call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "femd/clock.h"
#include "femd/keys.h"
#include "femd/peer.h"

/* An admin, unless the only key that is there is a client's. */
static femd_role admin_call_role(const admin_call_to *to) {
    femd_key key;
    int found;
    char path[4200];
    const femd_role roles[] = {FEMD_ROLE_ADMIN, FEMD_ROLE_CLIENT};
    for (int i = 0; i < 2; i++) {
        const femd_status rc =
            femd_key_find(to->key, roles[i], to->address, to->insecure, &key, &found, path, sizeof path, NULL);
        femd_key_wipe(&key);
        if (rc == FEMD_OK) return roles[i];
    }
    return FEMD_ROLE_ADMIN; /* the peer says what is wrong */
}

static femd_status admin_call_open(const admin_call_to *to, femd_role role, femd_peer **peer, femd_error *err) {
    femd_peer_config config = {.address = to->address,
                               .key = to->key,
                               .insecure = to->insecure,
                               .connect_timeout = to->timeout,
                               .silence = to->timeout,
                               .first_connect_waits = 1,
                               .hello = {.role = role, .ranks = 1, .pid = (uint32_t)getpid()}};
    if (gethostname(config.hello.host, sizeof config.hello.host - 1) != 0) config.hello.host[0] = '\0';
    snprintf(config.hello.version, sizeof config.hello.version, "%s", FEMD_VERSION);
    if (role == FEMD_ROLE_CLIENT)
        snprintf(config.hello.run, sizeof config.hello.run, "status-%.40s-%u", config.hello.host, config.hello.pid);
    return femd_peer_open(&config, peer, err);
}

/* Send a frame and wait for the answer of that type, which stays valid until the next call of the peer. */
static femd_status admin_call_ask(const admin_call_to *to, femd_peer *peer, const femd_buffer *question, unsigned type,
                                  femd_frame *answer, femd_error *err) {
    const double end = femd_clock() + to->timeout;
    FEMD_TRY(femd_peer_send(peer, question, to->timeout, err));
    for (double now; (now = femd_clock()) < end;) {
        femd_status rc = femd_peer_recv(peer, end - now, answer, err);
        if (rc == FEMD_TIMEOUT) continue;
        if (rc == FEMD_REREGISTER)
            rc = femd_peer_send(peer, question, to->timeout, err);
        else if (rc == FEMD_OK && answer->type == type)
            return FEMD_OK;
        else if (rc == FEMD_OK && answer->type == FEMD_MSG_ERROR) {
            femd_error why = FEMD_ERROR_INIT;
            FEMD_TRY(femd_error_decode(answer, &why, err));
            return femd_fail(err, why.code ? (femd_status)why.code : FEMD_REFUSED, "%s: %s", to->address, why.text);
        }
        FEMD_TRY(rc);
    }
    return femd_fail(err, FEMD_TIMEOUT, "the server at %s does not answer within %g s", to->address, to->timeout);
}

static femd_status admin_call_take_text(const femd_frame *frame, char **json, femd_error *err) {
    *json = strndup(frame->body.data, frame->body.size);
    return *json ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the server's status");
}

femd_status admin_call_status(const admin_call_to *to, char **json, femd_error *err) {
    femd_peer *peer = NULL;
    femd_buffer question = FEMD_BUFFER_INIT;
    femd_frame answer;
    *json = NULL;
    femd_status rc = admin_call_open(to, admin_call_role(to), &peer, err);
    if (rc == FEMD_OK) rc = femd_frame_begin(&question, FEMD_MSG_STATUS_GET, 1, err);
    if (rc == FEMD_OK) {
        femd_frame_finish(&question, 0);
        rc = admin_call_ask(to, peer, &question, FEMD_MSG_STATUS, &answer, err);
    }
    if (rc == FEMD_OK) rc = admin_call_take_text(&answer, json, err);
    femd_buffer_clear(&question);
    femd_peer_close(&peer);
    return rc;
}

femd_status admin_call_act(const admin_call_to *to, const femd_admin *wish, femd_done *done, femd_error *err) {
    femd_peer *peer = NULL;
    femd_buffer question = FEMD_BUFFER_INIT;
    femd_frame answer;
    femd_status rc = admin_call_open(to, FEMD_ROLE_ADMIN, &peer, err);
    if (rc == FEMD_OK) rc = femd_admin_encode(&question, 1, wish, err);
    if (rc == FEMD_OK) rc = admin_call_ask(to, peer, &question, FEMD_MSG_DONE, &answer, err);
    if (rc == FEMD_OK) rc = femd_done_decode(&answer, done, err);
    femd_buffer_clear(&question);
    femd_peer_close(&peer);
    return rc;
}
