/* Materials of a client: packing and registering. What a material means is checked by the schema and by the engine that
 * opens it at a worker, never here. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "femd/json.h"
#include "femd/material_files.h"
#include "femd/pack.h"
#include "session.h"

static femd_status material_take_ready(client_call *call, const femd_frame *f, femd_error *err) {
    client_material *m = call->user;
    femd_ready r;
    FEMD_TRY(femd_ready_decode(f, &r, err));
    if (!femd_hash_equal(&r.material, &m->id)) return FEMD_OK; /* another one that was given again */
    call->done = 1;
    m->caps = r.caps;
    if (r.status == FEMD_OK) {
        memcpy(m->remarks, r.text, sizeof m->remarks);
        return FEMD_OK;
    }
    /* of the pool's own, not of the material */
    const int own = r.status == FEMD_NO_MEMORY || r.status == FEMD_INTERNAL || r.status == FEMD_REFUSED ||
                    femd_status_is_infrastructure(r.status);
    call->failed = own && r.status != FEMD_UNSUPPORTED ? (femd_status)r.status : FEMD_BAD_INPUT;
    femd_fail(&call->why, call->failed, "%s", *r.text ? r.text : femd_status_text(r.status));
    return FEMD_OK;
}

static femd_status material_register_pack(femd_client *c, client_material *m, const void *pack, size_t size,
                                          femd_error *err) {
    client_call call = {.reply = FEMD_MSG_MATERIAL_READY, .id = c->next_id++, .take = material_take_ready, .user = m};
    FEMD_TRY(femd_frame_begin(&m->frame, FEMD_MSG_MATERIAL, call.id, err));
    FEMD_TRY(femd_buffer_append(&m->frame, pack, size, err));
    femd_frame_finish(&m->frame, 1);
    call.frame = m->frame; /* borrowed for the exchange */
    return client_exchange(c, &call, 0, err);
}

femd_status femd_client_pack(femd_client *c, const void *pack, size_t size, femd_hash *id, femd_capabilities *caps,
                             femd_error *err) {
    if (!c || !pack || !id) return femd_fail(err, FEMD_BAD_ARGUMENT, "femd_client_pack: NULL argument");
    if (size > FEMD_FRAME_MAX - FEMD_FRAME_HEADER)
        return femd_fail(err, FEMD_LIMIT, "a material of %zu bytes; a message carries %u", size, FEMD_FRAME_MAX);
    femd_pack_id(pack, size, id);
    for (const client_material *m = c->materials; m; m = m->next)
        if (femd_hash_equal(&m->id, id)) {
            if (caps) *caps = m->caps;
            return FEMD_OK;
        }
    client_material *m = calloc(1, sizeof *m);
    if (!m) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a material");
    m->id = *id;
    femd_status rc = material_register_pack(c, m, pack, size, err);
    if (rc != FEMD_OK) {
        femd_buffer_clear(&m->frame);
        free(m);
        return rc;
    }
    if (caps) *caps = m->caps;
    m->next = c->materials;
    c->materials = m;
    return FEMD_OK;
}

static femd_status material_register_node(femd_client *c, const femd_json *doc, const cJSON *node, const char *folder,
                                          femd_hash *id, femd_capabilities *caps, femd_error *err) {
    femd_buffer pack = FEMD_BUFFER_INIT;
    femd_status rc = femd_material_pack(doc, node, folder, &pack, err);
    if (rc == FEMD_OK) rc = femd_client_pack(c, pack.data, pack.size, id, caps, err);
    femd_buffer_clear(&pack);
    return rc;
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
    for (const client_material *m = c ? c->materials : NULL; m && id; m = m->next)
        if (femd_hash_equal(&m->id, id)) return m->remarks;
    return "";
}
