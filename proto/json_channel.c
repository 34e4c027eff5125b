/* The JSON channel, inward: a JSON message becomes the binary frame that says the same, so that everything behind sees
 * one form and one set of checks. Numbers of requests keep their bits: JSON numbers are read by strtod, and strings may
 * hold C99 hexadecimal floats. */
#include "femd/json_channel.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <sodium.h>
#include <stdlib.h>

#include "femd/control.h"
#include "femd/json.h"
#include "femd/pack.h"

enum { NODES_MAX = 500000, DEPTH_MAX = 64, KEYS_MAX = 16 };
static const double exact_integers = 9007199254740992.0; /* 2^53 */

int femd_json_channel_is_json(const void *data, size_t size) {
    return size > 0 && *(const char *)data == '{';
}

/* ---- pieces ---- */

static femd_status channel_bad(femd_error *err, const char *key, const char *must) {
    return femd_fail(err, FEMD_PROTOCOL, "\"%s\" must be %s", key, must);
}

/* A tree of cJSON costs up to 32 bytes a byte of text, so what it would hold is counted first. */
static femd_status channel_check_size(const char *p, size_t n, femd_error *err) {
    size_t nodes = 0;
    int depth = 0, in_string = 0;
    if (n > FEMD_JSON_CHANNEL_MAX)
        return femd_fail(err, FEMD_LIMIT, "a JSON message of %zu bytes, the limit is %u", n, FEMD_JSON_CHANNEL_MAX);
    for (size_t i = 0; i < n; i++) {
        if (in_string) {
            if (p[i] == '\\')
                i++;
            else if (p[i] == '"')
                in_string = 0;
            continue;
        }
        if (p[i] == '"') in_string = 1;
        if (p[i] == ',' || p[i] == '{' || p[i] == '[') nodes++;
        if (p[i] == '{' || p[i] == '[') depth++;
        if (p[i] == '}' || p[i] == ']') depth--;
        if (nodes > NODES_MAX || depth > DEPTH_MAX)
            return femd_fail(err, FEMD_LIMIT, "a JSON message of too many values (limit %d) or too deep (limit %d)",
                             NODES_MAX, DEPTH_MAX);
    }
    return FEMD_OK;
}

static femd_status channel_get_u64(const cJSON *node, const char *key, uint64_t *v, femd_error *err) {
    if (!node) return FEMD_OK;
    if (cJSON_IsNumber(node)) {
        double d = node->valuedouble;
        if (!(d >= 0 && d <= exact_integers && d == floor(d)))
            return channel_bad(err, key, "a whole number up to 2^53, or a string of digits");
        *v = (uint64_t)d;
        return FEMD_OK;
    }
    if (!cJSON_IsString(node) || !*node->valuestring || strlen(node->valuestring) > 20)
        return channel_bad(err, key, "a whole number");
    uint64_t sum = 0;
    for (const char *s = node->valuestring; *s; s++) {
        unsigned digit = (unsigned)(unsigned char)*s - '0';
        if (digit > 9 || sum > (UINT64_MAX - digit) / 10) return channel_bad(err, key, "a whole number of 64 bits");
        sum = 10 * sum + digit;
    }
    *v = sum;
    return FEMD_OK;
}

static femd_status channel_get_u32(const cJSON *node, const char *key, uint32_t most, uint32_t *v, femd_error *err) {
    uint64_t wide = *v;
    FEMD_TRY(channel_get_u64(node, key, &wide, err));
    if (wide > most) return femd_fail(err, FEMD_PROTOCOL, "\"%s\" is larger than %u", key, most);
    *v = (uint32_t)wide;
    return FEMD_OK;
}

static femd_status channel_get_double(const cJSON *node, const char *key, double *v, femd_error *err) {
    if (!node) return FEMD_OK;
    if (cJSON_IsNumber(node)) {
        *v = node->valuedouble;
        return FEMD_OK;
    }
    char *end = NULL;
    if (cJSON_IsString(node)) *v = strtod(node->valuestring, &end);
    if (!end || end == node->valuestring || *end)
        return channel_bad(err, key, "a number, or a string with a hexadecimal float");
    return FEMD_OK;
}

static femd_status channel_get_hash(const cJSON *node, const char *key, femd_hash *h, femd_error *err) {
    if (!cJSON_IsString(node) || femd_hash_parse(node->valuestring, h) != FEMD_OK)
        return channel_bad(err, key, "a hash of 64 hex digits");
    return FEMD_OK;
}

/* Decode base64 to the end of out. */
static femd_status channel_append_base64(femd_buffer *out, const char *text, const char *key, femd_error *err) {
    size_t n = strlen(text), got;
    FEMD_TRY(femd_buffer_reserve(out, n / 4 * 3 + 3, err));
    if (sodium_base642bin(out->data + out->size, out->room - out->size, text, n, "\r\n ", &got, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0)
        return channel_bad(err, key, "base64 (RFC 4648, padded)");
    out->size += got;
    return FEMD_OK;
}

/* The object may hold each of the keys at most once, and no other. Keys end with NULL. */
static femd_status channel_check_keys(const cJSON *obj, const char *const *keys, femd_error *err) {
    uint32_t seen = 0;
    const cJSON *node;
    cJSON_ArrayForEach(node, obj) {
        int i = 0;
        while (keys[i] && strcmp(keys[i], node->string) != 0) i++;
        if (!keys[i]) return femd_fail(err, FEMD_PROTOCOL, "unknown key \"%.64s\"", node->string);
        if (seen & 1u << i) return femd_fail(err, FEMD_PROTOCOL, "\"%s\" stands twice", keys[i]);
        seen |= 1u << i;
    }
    return FEMD_OK;
}

static const cJSON *channel_get(const cJSON *obj, const char *key) {
    return cJSON_GetObjectItemCaseSensitive(obj, key);
}

/* ---- one writer for each type: the body of the frame that begin has started; *count is set ---- */

static femd_status channel_write_hello(cJSON *msg, uint64_t id, femd_buffer *out, uint32_t *count, femd_error *err) {
    (void)id;
    femd_hello hello;
    femd_frame frame;
    cJSON_DeleteItemFromObjectCaseSensitive(msg, "type");
    cJSON_DeleteItemFromObjectCaseSensitive(msg, "id");
    if (!channel_get(msg, "role") && !cJSON_AddStringToObject(msg, "role", "client"))
        return femd_fail(err, FEMD_NO_MEMORY, "out of memory");
    char *text = cJSON_PrintUnformatted(msg);
    if (!text) return femd_fail(err, FEMD_NO_MEMORY, "out of memory");
    femd_status rc = femd_buffer_append(out, text, strlen(text), err);
    cJSON_free(text);
    FEMD_TRY(rc);
    femd_frame_finish(out, 1);
    FEMD_TRY(femd_frame_decode(out->data, out->size, &frame, err));
    FEMD_TRY(femd_hello_decode(&frame, &hello, err));
    if (hello.role == FEMD_ROLE_WORKER) return femd_fail(err, FEMD_PROTOCOL, "a worker does not speak JSON");
    *count = 1;
    return FEMD_OK;
}

static femd_status channel_write_nothing(cJSON *msg, uint64_t id, femd_buffer *out, uint32_t *count, femd_error *err) {
    (void)msg, (void)id, (void)out, (void)err;
    *count = 0;
    return FEMD_OK;
}

/* Files decoded one after another into `bytes`; offsets first, pointers when it no longer grows. */
static femd_status channel_read_files(const cJSON *files, femd_pack *pack, femd_buffer *bytes, femd_error *err) {
    size_t start[FEMD_PACK_FILES_MAX + 1] = {0};
    const cJSON *file;
    cJSON_ArrayForEach(file, files) {
        if (pack->nfiles == FEMD_PACK_FILES_MAX)
            return femd_fail(err, FEMD_LIMIT, "more than %d files", FEMD_PACK_FILES_MAX);
        if (!cJSON_IsString(file)) return channel_bad(err, "files", "an object of base64 strings");
        FEMD_TRY(channel_append_base64(bytes, file->valuestring, file->string, err));
        pack->file[pack->nfiles].name = file->string;
        start[++pack->nfiles] = bytes->size;
    }
    for (size_t i = 0; i < pack->nfiles; i++)
        pack->file[i].bytes = (femd_bytes){bytes->data + start[i], start[i + 1] - start[i]};
    return FEMD_OK;
}

static femd_status channel_write_material(cJSON *msg, uint64_t id, femd_buffer *out, uint32_t *count, femd_error *err) {
    (void)id;
    const cJSON *json = channel_get(msg, "json"), *files = channel_get(msg, "files");
    if (!cJSON_IsObject(json) && !cJSON_IsString(json))
        return channel_bad(err, "json", "the material, as an object or its text");
    if (files && !cJSON_IsObject(files)) return channel_bad(err, "files", "an object of base64 strings");
    char *text = cJSON_IsObject(json) ? femd_json_canonical(json) : NULL;
    if (cJSON_IsObject(json) && !text) return femd_fail(err, FEMD_NO_MEMORY, "out of memory");
    femd_pack pack = {.json = text ? text : json->valuestring};
    femd_buffer bytes = FEMD_BUFFER_INIT;
    femd_status rc = channel_read_files(files, &pack, &bytes, err);
    if (rc == FEMD_OK) rc = femd_pack_encode(&pack, out, err);
    free(text);
    femd_buffer_clear(&bytes);
    *count = 1;
    return rc;
}

static femd_status channel_read_wants(const cJSON *node, uint32_t *wants, femd_error *err) {
    if (!cJSON_IsArray(node)) return channel_bad(err, "wants", "an array of words (\"stress\", \"tangent\", ...)");
    *wants = 0;
    const cJSON *word;
    cJSON_ArrayForEach(word, node) {
        uint32_t bit = cJSON_IsString(word) ? femd_want_from_key(word->valuestring) : 0;
        if (bit) {
            *wants |= bit;
            continue;
        }
        char list[FEMD_WANTS_TEXT];
        femd_wants_text(FEMD_WANT_ALL, list, sizeof list);
        return femd_fail(err, FEMD_PROTOCOL, "unknown want; accepted: %s", list);
    }
    return FEMD_OK;
}

/* That it is there is the flag. */
static femd_status channel_read_delta_mu(const cJSON *node, femd_request *r, femd_error *err) {
    const int n = cJSON_IsArray(node) ? cJSON_GetArraySize(node) : 0;
    int i = 0;
    if (!node) return FEMD_OK;
    if (n < 1 || n > 3) return channel_bad(err, "delta_mu", "an array of 1 to 3 numbers");
    const cJSON *v;
    cJSON_ArrayForEach(v, node) FEMD_TRY(channel_get_double(v, "delta_mu", &r->delta_mu[i++], err));
    r->flags |= FEMD_REQUEST_EXCHANGE;
    return FEMD_OK;
}

static femd_status channel_read_request(const cJSON *obj, femd_request *r, femd_error *err) {
    static const char *const keys[] = {"state_in", "seed",     "point",    "step",    "attempt", "iteration",
                                       "wants",    "control",  "mask",     "private", "value",   "temperature",
                                       "pressure", "accuracy", "delta_mu", NULL};
    uint32_t mask = 0;
    *r = (femd_request){.wants = FEMD_WANT_STRESS};
    if (!cJSON_IsObject(obj)) return channel_bad(err, "requests", "base64 of encoded requests, or an array of objects");
    FEMD_TRY(channel_check_keys(obj, keys, err));
    if (channel_get(obj, "state_in"))
        FEMD_TRY(channel_get_hash(channel_get(obj, "state_in"), "state_in", &r->state_in, err));
    FEMD_TRY(channel_get_u64(channel_get(obj, "seed"), "seed", &r->seed, err));
    FEMD_TRY(channel_get_u64(channel_get(obj, "point"), "point", &r->point, err));
    FEMD_TRY(channel_get_u32(channel_get(obj, "step"), "step", UINT32_MAX, &r->step, err));
    FEMD_TRY(channel_get_u32(channel_get(obj, "attempt"), "attempt", UINT32_MAX, &r->attempt, err));
    FEMD_TRY(channel_get_u32(channel_get(obj, "iteration"), "iteration", UINT32_MAX, &r->iteration, err));
    FEMD_TRY(channel_get_u32(channel_get(obj, "mask"), "mask", 63, &mask, err));
    r->mask = (uint8_t)mask;
    if (channel_get(obj, "wants")) FEMD_TRY(channel_read_wants(channel_get(obj, "wants"), &r->wants, err));
    const cJSON *control = channel_get(obj, "control"), *private = channel_get(obj, "private"),
                *value = channel_get(obj, "value");
    if (control) {
        const char *word = cJSON_IsString(control) ? control->valuestring : "";
        if (strcmp(word, "components") != 0 && strcmp(word, "pressure") != 0)
            return channel_bad(err, "control", "\"components\" or \"pressure\"");
        r->control = word[0] == 'p' ? FEMD_CONTROL_PRESSURE : FEMD_CONTROL_COMPONENTS;
    }
    if (private && !cJSON_IsBool(private)) return channel_bad(err, "private", "true or false");
    if (cJSON_IsTrue(private)) r->flags |= FEMD_REQUEST_PRIVATE;
    if (!cJSON_IsArray(value) || cJSON_GetArraySize(value) != 6)
        return channel_bad(err, "value", "an array of 6 numbers");
    int i = 0;
    const cJSON *v;
    cJSON_ArrayForEach(v, value) FEMD_TRY(channel_get_double(v, "value", &r->value[i++], err));
    FEMD_TRY(channel_get_double(channel_get(obj, "temperature"), "temperature", &r->temperature, err));
    FEMD_TRY(channel_get_double(channel_get(obj, "pressure"), "pressure", &r->pressure, err));
    FEMD_TRY(channel_get_double(channel_get(obj, "accuracy"), "accuracy", &r->accuracy, err));
    return channel_read_delta_mu(channel_get(obj, "delta_mu"), r, err);
}

static femd_status channel_write_evaluate(cJSON *msg, uint64_t id, femd_buffer *out, uint32_t *count, femd_error *err) {
    (void)id;
    femd_hash material;
    const cJSON *requests = channel_get(msg, "requests"), *item;
    FEMD_TRY(channel_get_hash(channel_get(msg, "material"), "material", &material, err));
    FEMD_TRY(femd_hash_add(out, &material, err));
    size_t start = out->size, n;
    if (cJSON_IsString(requests)) {
        FEMD_TRY(channel_append_base64(out, requests->valuestring, "requests", err));
    } else {
        if (!cJSON_IsArray(requests))
            return channel_bad(err, "requests", "base64 of encoded requests, or an array of objects");
        cJSON_ArrayForEach(item, requests) {
            femd_request r;
            FEMD_TRY(channel_read_request(item, &r, err));
            FEMD_TRY(femd_evaluate_add(out, &r, err));
        }
    }
    n = (out->size - start) / FEMD_REQUEST_BYTES;
    if ((out->size - start) % FEMD_REQUEST_BYTES || n > FEMD_BATCH_MAX)
        return femd_fail(err, FEMD_PROTOCOL, "\"requests\" must be at most %u requests of %d bytes", FEMD_BATCH_MAX,
                         FEMD_REQUEST_BYTES);
    for (size_t i = 0; i < n; i++) {
        femd_request r;
        if (femd_request_decode(out->data + start + i * FEMD_REQUEST_BYTES, &r, err) != FEMD_OK)
            return femd_error_prefix(err, "\"requests\"[%zu]", i);
    }
    *count = (uint32_t)n;
    return FEMD_OK;
}

static femd_status channel_write_state_get(cJSON *msg, uint64_t id, femd_buffer *out, uint32_t *count,
                                           femd_error *err) {
    (void)id;
    const cJSON *states = channel_get(msg, "states"), *item;
    if (!cJSON_IsArray(states)) return channel_bad(err, "states", "an array of hashes");
    *count = 0;
    cJSON_ArrayForEach(item, states) {
        femd_hash h;
        FEMD_TRY(channel_get_hash(item, "states", &h, err));
        FEMD_TRY(femd_hash_add(out, &h, err));
        ++*count;
    }
    return FEMD_OK;
}

static femd_status channel_write_state(cJSON *msg, uint64_t id, femd_buffer *out, uint32_t *count, femd_error *err) {
    (void)id;
    static const char *const keys[] = {"hash", "blob", NULL};
    const cJSON *states = channel_get(msg, "states"), *item;
    if (!cJSON_IsArray(states)) return channel_bad(err, "states", "an array of objects with hash and blob");
    *count = 0;
    cJSON_ArrayForEach(item, states) {
        femd_state_entry s = {.blob = {NULL, 0}};
        if (!cJSON_IsObject(item) || !cJSON_IsString(channel_get(item, "blob")))
            return channel_bad(err, "states", "an array of objects with hash and blob");
        FEMD_TRY(channel_check_keys(item, keys, err));
        FEMD_TRY(channel_get_hash(channel_get(item, "hash"), "hash", &s.hash, err));
        FEMD_TRY(femd_state_add(out, &s, err));
        size_t start = out->size;
        FEMD_TRY(channel_append_base64(out, channel_get(item, "blob")->valuestring, "blob", err));
        femd_put64(out->data + start - 8, out->size - start);
        ++*count;
    }
    return FEMD_OK;
}

static femd_status channel_write_commit(cJSON *msg, uint64_t id, femd_buffer *out, uint32_t *count, femd_error *err) {
    static const char *const keys[] = {"point", "state", NULL};
    const cJSON *entries = channel_get(msg, "entries"), *item;
    uint32_t step = 0;
    FEMD_TRY(channel_get_u32(channel_get(msg, "step"), "step", UINT32_MAX, &step, err));
    FEMD_TRY(femd_commit_begin(out, id, step, err));
    if (!cJSON_IsArray(entries)) return channel_bad(err, "entries", "an array of objects with point and state");
    *count = 0;
    cJSON_ArrayForEach(item, entries) {
        femd_commit_entry e = {.point = 0};
        if (!cJSON_IsObject(item) || !channel_get(item, "point"))
            return channel_bad(err, "entries", "an array of objects with point and state");
        FEMD_TRY(channel_check_keys(item, keys, err));
        FEMD_TRY(channel_get_u64(channel_get(item, "point"), "point", &e.point, err));
        FEMD_TRY(channel_get_hash(channel_get(item, "state"), "state", &e.state, err));
        FEMD_TRY(femd_commit_add(out, &e, err));
        ++*count;
    }
    return FEMD_OK;
}

/* A piece of a JSON text; nothing is said of the whole. */
static femd_status channel_write_part(cJSON *msg, uint64_t id, femd_buffer *out, uint32_t *count, femd_error *err) {
    static const uint8_t head[40];
    const cJSON *text = channel_get(msg, "text");
    uint32_t index = 0;
    (void)id;
    *count = 0;
    FEMD_TRY(channel_get_u32(channel_get(msg, "index"), "index", UINT32_MAX, &index, err));
    FEMD_TRY(channel_get_u32(channel_get(msg, "count"), "count", UINT32_MAX, count, err));
    if (!cJSON_IsString(text)) return channel_bad(err, "text", "a string");
    FEMD_TRY(femd_frame_begin(out, FEMD_MSG_PART, index, err));
    FEMD_TRY(femd_buffer_append(out, head, sizeof head, err));
    return femd_buffer_append(out, text->valuestring, strlen(text->valuestring), err);
}

/* ---- messages ---- */

typedef struct message_type {
    const char *word;
    uint16_t type;
    femd_status (*write)(cJSON *msg, uint64_t id, femd_buffer *out, uint32_t *count, femd_error *err);
    const char *keys[KEYS_MAX];
} message_type;

static const message_type types[] = {
    {"hello",
     FEMD_MSG_HELLO,
     channel_write_hello,
     {"type", "id", "role", "run", "rank", "ranks", "pid", "host", "version", "step", "instance", NULL}},
    {"bye", FEMD_MSG_BYE, channel_write_nothing, {"type", "id", NULL}},
    {"part", FEMD_MSG_PART, channel_write_part, {"type", "index", "count", "text", NULL}},
    {"material", FEMD_MSG_MATERIAL, channel_write_material, {"type", "id", "json", "files", NULL}},
    {"evaluate", FEMD_MSG_EVALUATE, channel_write_evaluate, {"type", "id", "material", "requests", NULL}},
    {"cancel", FEMD_MSG_CANCEL, channel_write_nothing, {"type", "id", NULL}},
    {"state-get", FEMD_MSG_STATE_GET, channel_write_state_get, {"type", "id", "states", NULL}},
    {"state", FEMD_MSG_STATE, channel_write_state, {"type", "id", "states", NULL}},
    {"commit", FEMD_MSG_COMMIT, channel_write_commit, {"type", "id", "step", "entries", NULL}},
    {"abort", FEMD_MSG_ABORT, channel_write_nothing, {"type", "id", NULL}},
    {"status", FEMD_MSG_STATUS_GET, channel_write_nothing, {"type", "id", NULL}},
};
enum { TYPES = sizeof types / sizeof types[0] };

static femd_status channel_translate(cJSON *msg, femd_buffer *out, femd_error *err) {
    const cJSON *word = channel_get(msg, "type");
    if (!cJSON_IsString(word)) return channel_bad(err, "type", "there, and a string");
    int t = 0;
    while (t < TYPES && strcmp(types[t].word, word->valuestring) != 0) t++;
    if (t == TYPES)
        return femd_fail(
            err, FEMD_PROTOCOL,
            "unknown type \"%.64s\"; accepted: hello, part, material, evaluate, cancel, state-get, state, commit, "
            "abort, status, bye",
            word->valuestring);
    FEMD_TRY(channel_check_keys(msg, types[t].keys, err));
    uint64_t id = 0;
    uint32_t count = 0;
    FEMD_TRY(channel_get_u64(channel_get(msg, "id"), "id", &id, err));
    FEMD_TRY(femd_frame_begin(out, types[t].type, id, err));
    FEMD_TRY(types[t].write(msg, id, out, &count, err));
    femd_frame_finish(out, count);
    return FEMD_OK;
}

femd_status femd_json_channel_to_frame(const void *data, size_t size, femd_buffer *out, femd_error *err) {
    const char *text = data, *end = NULL;
    out->size = 0;
    FEMD_TRY(channel_check_size(text, size, err));
    cJSON *msg = cJSON_ParseWithLengthOpts(text, size, &end, 0);
    while (msg && end < text + size && strchr(" \t\r\n", *end) && *end) end++;
    if (!cJSON_IsObject(msg) || end != text + size) {
        const int short_of_memory = !msg && femd_json_is_short_of_memory(size);
        cJSON_Delete(msg);
        if (short_of_memory) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a JSON message of %zu bytes", size);
        return femd_fail(err, FEMD_PROTOCOL, "not one JSON object");
    }
    femd_status rc = channel_translate(msg, out, err);
    cJSON_Delete(msg);
    return rc;
}
