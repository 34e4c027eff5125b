/* Materials of a client: packing and registering. What a material means is checked by the schema and by the engine that
 * opens it at a worker, never here. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "femd/json.h"
#include "femd/material_files.h"
#include "femd/orientation.h"
#include "femd/pack.h"
#include "names.h"
#include "session.h"

static void material_forget(femd_client *c, client_material *m) {
    client_material **at = &c->materials;
    while (*at && *at != m) at = &(*at)->next;
    if (*at) *at = m->next;
    femd_buffer_clear(&m->frame);
    free(m);
}

static femd_status material_take_ready(client_call *call, const femd_frame *f, femd_error *err) {
    (void)f, (void)err;
    const client_material *m = call->user;
    call->done = m->heard;
    return FEMD_OK;
}

/* What it came to. */
static femd_status material_verdict(const client_material *m, femd_error *err) {
    if (m->status == FEMD_OK) return FEMD_OK;
    /* of the pool's own, not of the material */
    const int own = m->status == FEMD_NO_MEMORY || m->status == FEMD_INTERNAL || m->status == FEMD_REFUSED ||
                    femd_status_is_infrastructure(m->status);
    return femd_fail(err, own && m->status != FEMD_UNSUPPORTED ? m->status : FEMD_BAD_INPUT, "%s",
                     *m->remarks ? m->remarks : femd_status_text(m->status));
}

/* Its entry, made if it is new. */
static femd_status material_enter(femd_client *c, const void *pack, size_t size, const femd_hash *id,
                                  client_material **entry, femd_error *err) {
    *entry = client_find_material(c, id);
    if (*entry) return FEMD_OK;
    if (size > FEMD_FRAME_MAX - FEMD_FRAME_HEADER)
        return femd_fail(err, FEMD_LIMIT, "a material of %zu bytes; a message carries %u", size, FEMD_FRAME_MAX);
    client_material *m = calloc(1, sizeof *m);
    if (!m) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a material");
    m->id = *id;
    m->call = c->next_id++;
    m->next = c->materials;
    c->materials = m;
    femd_status rc = femd_frame_begin(&m->frame, FEMD_MSG_MATERIAL, m->call, err);
    if (rc == FEMD_OK) rc = femd_buffer_append(&m->frame, pack, size, err);
    if (rc != FEMD_OK) {
        material_forget(c, m);
        return rc;
    }
    femd_frame_finish(&m->frame, 1);
    *entry = m;
    return FEMD_OK;
}

/* Given to the server, which need not have answered yet. */
static femd_status material_announce(femd_client *c, client_material *m, femd_error *err) {
    if (m->given) return FEMD_OK;
    m->given = 1;
    return femd_peer_send(c->peer, &m->frame, FEMD_CLIENT_SEND_TIMEOUT, err);
}

static femd_status material_register(femd_client *c, client_material *m, femd_error *err) {
    femd_status rc = FEMD_OK;
    if (!m->heard) {
        rc = material_announce(c, m, err);
        client_call call = {.reply = FEMD_MSG_MATERIAL_READY,
                            .id = m->call,
                            .take = material_take_ready,
                            .user = m,
                            .announced = 1,
                            .frame = m->frame}; /* borrowed for the exchange */
        if (rc == FEMD_OK) rc = client_exchange(c, &call, 0, err);
    }
    if (rc == FEMD_OK) rc = material_verdict(m, err);
    if (rc != FEMD_OK) material_forget(c, m);
    return rc;
}

femd_status femd_client_pack(femd_client *c, const void *pack, size_t size, femd_hash *id, femd_capabilities *caps,
                             femd_error *err) {
    if (!c || !pack || !id) return femd_fail(err, FEMD_BAD_ARGUMENT, "femd_client_pack: NULL argument");
    client_material *m;
    femd_pack_id(pack, size, id);
    FEMD_TRY(material_enter(c, pack, size, id, &m, err));
    FEMD_TRY(material_register(c, m, err));
    if (caps) *caps = m->caps;
    return FEMD_OK;
}

/* What stands beside a material in a case and cannot be heeded here. */
static femd_status material_check_case_keys(const femd_json *doc, const cJSON *node, femd_error *err) {
    const cJSON *table = femd_json_get(node, "orientations");
    if (!table) return FEMD_OK;
    return femd_json_fail(doc, table, err,
                          "a table over regions, which a client does not know: register the material without it, and "
                          "give each grain its rotation (femd_client_orient)");
}

static femd_status material_announce_node(femd_client *c, const femd_json *doc, const char *folder, femd_error *err) {
    FEMD_TRY(material_check_case_keys(doc, doc->root, err));
    femd_buffer pack = FEMD_BUFFER_INIT;
    femd_hash id;
    client_material *m;
    femd_status rc = femd_material_pack(doc, doc->root, folder, &pack, err);
    if (rc == FEMD_OK) {
        femd_pack_id(pack.data, pack.size, &id);
        rc = material_enter(c, pack.data, pack.size, &id, &m, err);
    }
    if (rc == FEMD_OK) rc = material_announce(c, m, err);
    femd_buffer_clear(&pack);
    return rc;
}

femd_status femd_client_announce(femd_client *c, const char *json, const char *folder, femd_error *err) {
    if (!c || !json) return femd_fail(err, FEMD_BAD_ARGUMENT, "femd_client_announce: NULL argument");
    femd_json doc = FEMD_JSON_INIT;
    femd_status rc = femd_json_parse(json, strlen(json), "material", &doc, err);
    if (rc == FEMD_OK) rc = material_announce_node(c, &doc, folder, err);
    femd_json_clear(&doc);
    return rc;
}

/* Behind those of the server, which come once. */
static void material_add_remark(client_material *m, const char *words) {
    const size_t used = strlen(m->remarks);
    if (strstr(m->remarks, words) || used + strlen(words) + 2 > sizeof m->remarks) return;
    snprintf(m->remarks + used, sizeof m->remarks - used, "%s%s", used ? "\n" : "", words);
}

static femd_status material_register_node(femd_client *c, const femd_json *doc, const cJSON *node, const char *folder,
                                          femd_hash *id, femd_capabilities *caps, femd_error *err) {
    femd_buffer pack = FEMD_BUFFER_INIT;
    double Q[9];
    femd_hash bare;
    FEMD_TRY(material_check_case_keys(doc, node, err));
    FEMD_TRY(femd_orientation_of_material(doc, node, Q, err));
    femd_status rc = femd_material_pack(doc, node, folder, &pack, err);
    if (rc == FEMD_OK) rc = femd_client_pack(c, pack.data, pack.size, &bare, caps, err);
    femd_buffer_clear(&pack);
    FEMD_TRY(rc);
    if (femd_json_get(node, "thermal"))
        material_add_remark(client_find_material(c, &bare),
                            "thermal: for femd's own solver; conductivity and heat capacity are those of the engine");
    return client_add_view(c, &bare, Q, id, err);
}

femd_status femd_client_material(femd_client *c, const char *json, const char *folder, femd_hash *id,
                                 femd_capabilities *caps, femd_error *err) {
    if (!c || !json || !id) return femd_fail(err, FEMD_BAD_ARGUMENT, "femd_client_material: NULL argument");
    femd_json doc = FEMD_JSON_INIT;
    femd_status rc = femd_json_parse(json, strlen(json), "material", &doc, err);
    if (rc == FEMD_OK) rc = material_register_node(c, &doc, doc.root, folder, id, caps, err);
    femd_json_clear(&doc);
    return rc;
}

femd_status femd_client_material_file(femd_client *c, const char *path, const char *name, femd_hash *id,
                                      femd_capabilities *caps, femd_error *err) {
    if (!c || !path || !id) return femd_fail(err, FEMD_BAD_ARGUMENT, "femd_client_material_file: NULL argument");
    femd_json doc = FEMD_JSON_INIT;
    const cJSON *node = NULL;
    char *folder = NULL;
    femd_status rc = femd_material_read(path, name, &doc, &node, &folder, err);
    if (rc == FEMD_OK) rc = material_register_node(c, &doc, node, folder, id, caps, err);
    free(folder);
    femd_json_clear(&doc);
    return rc;
}

const char *femd_client_remarks(const femd_client *c, const femd_hash *id) {
    const client_material *m = c && id ? client_find_material(c, client_bare_material(c, id)) : NULL;
    return m && m->heard ? m->remarks : "";
}
