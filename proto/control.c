/* HELLO, WELCOME, MATERIAL_READY, ADMIN, DONE and ERROR: JSON bodies, read strictly. One table per message says which
 * key goes where, and both directions follow it. Numbers above 2^53 and hashes are strings in the JSON. */
#include "femd/control.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "femd/json.h"
#include "json_text.h"

enum { BODY_MAX = 1 << 20 };

typedef enum kind {
    NAME,
    TEXT,
    I32,
    U32,
    U64,
    DOUBLE,
    BOOL,
    ROLE,
    HASH,
    WANTS,
    INPUTS,
    CONTROLS,
    CARRIERS,
    CAPABILITIES
} kind;

typedef struct field {
    const char *key;
    kind kind;
    size_t at, size; /* in the struct; size of a NAME or TEXT with its NUL */
    int required;
} field;

#define FIELD(type, kind_, key_, member, required_)                                                                    \
    { key_, kind_, offsetof(type, member), sizeof(((type *)0)->member), required_ }
#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static const field hello_fields[] = {
    FIELD(femd_hello, ROLE, "role", role, 1),        FIELD(femd_hello, NAME, "run", run, 0),
    FIELD(femd_hello, U32, "rank", rank, 0),         FIELD(femd_hello, U32, "ranks", ranks, 0),
    FIELD(femd_hello, NAME, "level", level, 0),      FIELD(femd_hello, U64, "fingerprint", fingerprint, 0),
    FIELD(femd_hello, U32, "pid", pid, 0),           FIELD(femd_hello, NAME, "host", host, 0),
    FIELD(femd_hello, NAME, "version", version, 0),  FIELD(femd_hello, U32, "step", step, 0),
    FIELD(femd_hello, U64, "instance", instance, 0),
};
static const field welcome_fields[] = {
    FIELD(femd_welcome, U64, "peer", peer, 1),
    FIELD(femd_welcome, U64, "epoch", epoch, 0),
    FIELD(femd_welcome, NAME, "level", level, 1),
    FIELD(femd_welcome, U32, "credits", credits, 0),
    FIELD(femd_welcome, U64, "frame_max", frame_max, 1),
    FIELD(femd_welcome, U32, "batch_max", batch_max, 1),
    FIELD(femd_welcome, NAME, "version", version, 0),
    FIELD(femd_welcome, DOUBLE, "heartbeat", times.heartbeat, 0),
    FIELD(femd_welcome, DOUBLE, "silence", times.silence, 0),
    FIELD(femd_welcome, DOUBLE, "mute", times.mute, 0),
    FIELD(femd_welcome, DOUBLE, "grace", times.grace, 0),
    FIELD(femd_welcome, DOUBLE, "deadline", times.deadline, 0),
};
static const field ready_fields[] = {
    FIELD(femd_ready, HASH, "material", material, 1),
    FIELD(femd_ready, I32, "status", status, 1),
    FIELD(femd_ready, TEXT, "text", text, 0),
    FIELD(femd_ready, CAPABILITIES, "capabilities", caps, 1),
};
static const field capability_fields[] = {
    FIELD(femd_capabilities, WANTS, "wants", wants, 1),
    FIELD(femd_capabilities, INPUTS, "inputs", inputs, 1),
    FIELD(femd_capabilities, CONTROLS, "controls", controls, 1),
    FIELD(femd_capabilities, BOOL, "mixed", mixed, 1),
    FIELD(femd_capabilities, U32, "atoms", atoms, 1),
    FIELD(femd_capabilities, U32, "engine", engine, 1),
    FIELD(femd_capabilities, CARRIERS, "carriers", carriers, 0),
    FIELD(femd_capabilities, U32, "batch", batch, 0),
    FIELD(femd_capabilities, DOUBLE, "volume", volume, 1),
    FIELD(femd_capabilities, DOUBLE, "noise", noise, 1),
};
static const field error_fields[] = {
    FIELD(femd_error, I32, "code", code, 1),
    FIELD(femd_error, TEXT, "text", text, 1),
};

static const field admin_fields[] = {
    FIELD(femd_admin, NAME, "act", act, 1),
    FIELD(femd_admin, U64, "number", number, 0),
    FIELD(femd_admin, NAME, "text", text, 0),
};
static const field done_fields[] = {FIELD(femd_done, TEXT, "text", text, 1)};

/* ---- sets of words ---- */

typedef struct word {
    const char *key;
    uint32_t bit;
} word;
#define WANT_WORD(name, bit, held, want, ...) FEMD_IF_WANTED_##held({want, FEMD_WANT_##name}, )
static const word want_words[] = {FEMD_QUANTITY_LIST(WANT_WORD)};
#undef WANT_WORD
static const word input_words[] = {{"temperature", FEMD_INPUT_TEMPERATURE},
                                   {"pressure", FEMD_INPUT_PRESSURE},
                                   {"accuracy", FEMD_INPUT_ACCURACY},
                                   {"seed", FEMD_INPUT_SEED},
                                   {"state", FEMD_INPUT_STATE},
                                   {"steady-stress", FEMD_INPUT_STEADY_STRESS},
                                   {"chemical", FEMD_INPUT_CHEMICAL}};
static const word control_words[] = {{"components", 1u << FEMD_CONTROL_COMPONENTS},
                                     {"pressure", 1u << FEMD_CONTROL_PRESSURE}};
static const word carrier_words[] = {{"lattice", FEMD_CARRIER_LATTICE}, {"electrons", FEMD_CARRIER_ELECTRONS}};

static const word *control_json_words_of(kind k, size_t *n) {
    if (k == WANTS) return *n = COUNT(want_words), want_words;
    if (k == INPUTS) return *n = COUNT(input_words), input_words;
    if (k == CARRIERS) return *n = COUNT(carrier_words), carrier_words;
    return *n = COUNT(control_words), control_words;
}

static femd_status control_json_put_words(femd_buffer *out, kind k, uint32_t set, femd_error *err) {
    size_t n, written = 0;
    const word *words = control_json_words_of(k, &n);
    FEMD_TRY(json_text_raw(out, err, "["));
    for (size_t i = 0; i < n; i++)
        if (set & words[i].bit) FEMD_TRY(json_text_raw(out, err, "%s\"%s\"", written++ ? "," : "", words[i].key));
    return json_text_raw(out, err, "]");
}

static int control_json_get_words(const cJSON *node, kind k, uint32_t *set) {
    if (!cJSON_IsArray(node)) return 0;
    size_t n;
    const word *words = control_json_words_of(k, &n);
    *set = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, node) {
        if (!cJSON_IsString(item)) return 0;
        size_t i = 0;
        while (i < n && strcmp(words[i].key, item->valuestring) != 0) i++;
        if (i == n) return 0;
        *set |= words[i].bit;
    }
    return 1;
}

/* ---- single values ---- */

static const word role_words[] = {
    {"client", FEMD_ROLE_CLIENT}, {"worker", FEMD_ROLE_WORKER}, {"admin", FEMD_ROLE_ADMIN}};

static int control_json_get_role(const cJSON *node, femd_role *role) {
    if (!cJSON_IsString(node)) return 0;
    for (size_t i = 0; i < COUNT(role_words); i++)
        if (strcmp(role_words[i].key, node->valuestring) == 0) return *role = (femd_role)role_words[i].bit, 1;
    return 0;
}

static int control_json_get_string(const cJSON *node, kind k, char *text, size_t size) {
    if (!cJSON_IsString(node)) return 0;
    size_t n = strlen(node->valuestring);
    if (n >= size) return 0;
    for (size_t i = 0; k == NAME && i < n; i++)
        if ((unsigned char)node->valuestring[i] < 0x20 || node->valuestring[i] == 0x7f) return 0;
    memcpy(text, node->valuestring, n + 1);
    return 1;
}

static int control_json_get_integer(const cJSON *node, double low, double high, double *v) {
    if (!cJSON_IsNumber(node)) return 0;
    *v = node->valuedouble;
    return *v >= low && *v <= high && *v == floor(*v);
}

static int control_json_get_u64(const cJSON *node, uint64_t *v) {
    if (!cJSON_IsString(node)) return 0;
    const char *s = node->valuestring;
    if (*s == '\0' || strlen(s) > 20) return 0;
    uint64_t sum = 0;
    for (; *s; s++) {
        if (*s < '0' || *s > '9') return 0;
        unsigned digit = (unsigned)(*s - '0');
        if (sum > (UINT64_MAX - digit) / 10) return 0;
        sum = 10 * sum + digit;
    }
    *v = sum;
    return 1;
}

static int control_json_get_simple(const cJSON *node, const field *f, void *out) {
    double number;
    switch (f->kind) {
    case NAME:
    case TEXT: return control_json_get_string(node, f->kind, out, f->size);
    case I32:
        if (!control_json_get_integer(node, INT32_MIN, INT32_MAX, &number)) return 0;
        return *(int32_t *)out = (int32_t)number, 1;
    case U32:
        if (!control_json_get_integer(node, 0, UINT32_MAX, &number)) return 0;
        return *(uint32_t *)out = (uint32_t)number, 1;
    case U64: return control_json_get_u64(node, out);
    case DOUBLE:
        if (!cJSON_IsNumber(node) || !isfinite(node->valuedouble)) return 0;
        return *(double *)out = node->valuedouble, 1;
    case BOOL:
        if (!cJSON_IsBool(node)) return 0;
        return *(uint32_t *)out = cJSON_IsTrue(node) ? 1 : 0, 1;
    case ROLE: return control_json_get_role(node, out);
    case HASH: return cJSON_IsString(node) && femd_hash_parse(node->valuestring, out) == FEMD_OK;
    case WANTS:
    case INPUTS:
    case CARRIERS:
    case CONTROLS: return control_json_get_words(node, f->kind, out);
    case CAPABILITIES: return 0;
    }
    return 0;
}

static femd_status control_json_put_simple(femd_buffer *out, const field *f, const void *in, femd_error *err) {
    char hex[65];
    switch (f->kind) {
    case NAME:
    case TEXT: return json_text_string(out, in, err);
    case I32: return json_text_raw(out, err, "%" PRId32, *(const int32_t *)in);
    case U32: return json_text_raw(out, err, "%" PRIu32, *(const uint32_t *)in);
    case U64: return json_text_raw(out, err, "\"%" PRIu64 "\"", *(const uint64_t *)in);
    case DOUBLE: return json_text_number(out, *(const double *)in, err);
    case BOOL: return json_text_raw(out, err, "%s", *(const uint32_t *)in ? "true" : "false");
    case ROLE:
        for (size_t i = 0; i < COUNT(role_words); i++)
            if (role_words[i].bit == *(const femd_role *)in) return json_text_string(out, role_words[i].key, err);
        return femd_fail(err, FEMD_BAD_ARGUMENT, "hello: unknown role %d", (int)*(const femd_role *)in);
    case HASH: return femd_hash_text(in, hex), json_text_string(out, hex, err);
    case WANTS:
    case INPUTS:
    case CARRIERS:
    case CONTROLS: return control_json_put_words(out, f->kind, *(const uint32_t *)in, err);
    case CAPABILITIES: break;
    }
    return femd_fail(err, FEMD_INTERNAL, "a field of unknown kind");
}

/* ---- objects ---- */

static femd_status control_json_get_object(const cJSON *obj, const field *fields, size_t n, void *out,
                                           const char *title, femd_error *err);

/* Nests once, and only where a table says so: input cannot make it go deeper. */
static femd_status control_json_get_field(const cJSON *node, const field *f, void *out, const char *title,
                                          femd_error *err) {
    if (f->kind == CAPABILITIES)
        return control_json_get_object(node, capability_fields, COUNT(capability_fields), out, "capabilities", err);
    if (!control_json_get_simple(node, f, out))
        return femd_fail(err, FEMD_PROTOCOL, "%s: the value of \"%s\" is not what it must be", title, f->key);
    return FEMD_OK;
}

static femd_status control_json_get_object(const cJSON *obj, const field *fields, size_t n, void *out,
                                           const char *title, femd_error *err) {
    if (!cJSON_IsObject(obj)) return femd_fail(err, FEMD_PROTOCOL, "%s: not an object", title);
    uint32_t seen = 0;
    const cJSON *node;
    cJSON_ArrayForEach(node, obj) {
        size_t i = 0;
        while (i < n && strcmp(fields[i].key, node->string) != 0) i++;
        if (i == n) return femd_fail(err, FEMD_PROTOCOL, "%s: unknown key \"%.64s\"", title, node->string);
        if (seen & 1u << i) return femd_fail(err, FEMD_PROTOCOL, "%s: \"%s\" stands twice", title, fields[i].key);
        seen |= 1u << i;
        FEMD_TRY(control_json_get_field(node, &fields[i], (char *)out + fields[i].at, title, err));
    }
    for (size_t i = 0; i < n; i++)
        if (fields[i].required && !(seen & 1u << i))
            return femd_fail(err, FEMD_PROTOCOL, "%s: no \"%s\"", title, fields[i].key);
    return FEMD_OK;
}

static femd_status control_json_put_object(femd_buffer *out, const field *fields, size_t n, const void *in,
                                           femd_error *err) {
    for (size_t i = 0; i < n; i++) {
        const char *member = (const char *)in + fields[i].at;
        FEMD_TRY(json_text_raw(out, err, "%c\"%s\":", i ? ',' : '{', fields[i].key));
        if (fields[i].kind == CAPABILITIES)
            FEMD_TRY(control_json_put_object(out, capability_fields, COUNT(capability_fields), member, err));
        else
            FEMD_TRY(control_json_put_simple(out, &fields[i], member, err));
    }
    return json_text_raw(out, err, "}");
}

/* ---- frames ---- */

static femd_status control_json_encode(femd_buffer *out, uint16_t type, uint64_t id, const field *fields, size_t n,
                                       const void *in, femd_error *err) {
    FEMD_TRY(femd_frame_begin(out, type, id, err));
    FEMD_TRY(control_json_put_object(out, fields, n, in, err));
    femd_frame_finish(out, 1);
    return FEMD_OK;
}

static int control_json_only_space(const char *p, const char *end) {
    while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')) p++;
    return p == end;
}

static femd_status control_json_decode(const femd_frame *f, uint16_t type, const field *fields, size_t n, void *out,
                                       femd_error *err) {
    const char *title = femd_message_name(type), *end = NULL, *text = f->body.data;
    if (f->type != type)
        return femd_fail(err, FEMD_PROTOCOL, "a %s frame where %s was expected", femd_message_name(f->type), title);
    if (f->body.size > BODY_MAX)
        return femd_fail(err, FEMD_LIMIT, "%s: a body of %zu bytes, the limit is %d", title, f->body.size, BODY_MAX);
    cJSON *root = cJSON_ParseWithLengthOpts(text, f->body.size, &end, 0);
    if (!root || !control_json_only_space(end, text + f->body.size)) {
        const int short_of_memory = !root && femd_json_is_short_of_memory(f->body.size);
        cJSON_Delete(root);
        if (short_of_memory) return femd_fail(err, FEMD_NO_MEMORY, "%s: out of memory", title);
        return femd_fail(err, FEMD_PROTOCOL, "%s: the body is not one JSON object", title);
    }
    femd_status rc = control_json_get_object(root, fields, n, out, title, err);
    cJSON_Delete(root);
    return rc;
}

femd_status femd_hello_encode(femd_buffer *out, const femd_hello *h, femd_error *err) {
    return control_json_encode(out, FEMD_MSG_HELLO, 0, hello_fields, COUNT(hello_fields), h, err);
}

femd_status femd_hello_decode(const femd_frame *f, femd_hello *h, femd_error *err) {
    memset(h, 0, sizeof *h);
    return control_json_decode(f, FEMD_MSG_HELLO, hello_fields, COUNT(hello_fields), h, err);
}

femd_status femd_welcome_encode(femd_buffer *out, const femd_welcome *w, femd_error *err) {
    return control_json_encode(out, FEMD_MSG_WELCOME, 0, welcome_fields, COUNT(welcome_fields), w, err);
}

femd_status femd_welcome_decode(const femd_frame *f, femd_welcome *w, femd_error *err) {
    memset(w, 0, sizeof *w);
    return control_json_decode(f, FEMD_MSG_WELCOME, welcome_fields, COUNT(welcome_fields), w, err);
}

femd_status femd_ready_encode(femd_buffer *out, uint64_t id, const femd_ready *r, femd_error *err) {
    return control_json_encode(out, FEMD_MSG_MATERIAL_READY, id, ready_fields, COUNT(ready_fields), r, err);
}

femd_status femd_ready_decode(const femd_frame *f, femd_ready *r, femd_error *err) {
    memset(r, 0, sizeof *r);
    FEMD_TRY(control_json_decode(f, FEMD_MSG_MATERIAL_READY, ready_fields, COUNT(ready_fields), r, err));
    if (!femd_status_is_known(r->status))
        return femd_fail(err, FEMD_PROTOCOL, "MATERIAL_READY: unknown status %d", r->status);
    return FEMD_OK;
}

femd_status femd_admin_encode(femd_buffer *out, uint64_t id, const femd_admin *a, femd_error *err) {
    return control_json_encode(out, FEMD_MSG_ADMIN, id, admin_fields, COUNT(admin_fields), a, err);
}

femd_status femd_admin_decode(const femd_frame *f, femd_admin *a, femd_error *err) {
    memset(a, 0, sizeof *a);
    return control_json_decode(f, FEMD_MSG_ADMIN, admin_fields, COUNT(admin_fields), a, err);
}

femd_status femd_done_encode(femd_buffer *out, uint64_t id, const femd_done *d, femd_error *err) {
    return control_json_encode(out, FEMD_MSG_DONE, id, done_fields, COUNT(done_fields), d, err);
}

femd_status femd_done_decode(const femd_frame *f, femd_done *d, femd_error *err) {
    memset(d, 0, sizeof *d);
    return control_json_decode(f, FEMD_MSG_DONE, done_fields, COUNT(done_fields), d, err);
}

femd_status femd_gone_encode(femd_buffer *out, uint64_t id, const femd_error *e, femd_error *err) {
    return control_json_encode(out, FEMD_MSG_GONE, id, error_fields, COUNT(error_fields), e, err);
}

femd_status femd_error_encode(femd_buffer *out, uint64_t id, const femd_error *e, femd_error *err) {
    return control_json_encode(out, FEMD_MSG_ERROR, id, error_fields, COUNT(error_fields), e, err);
}

femd_status femd_error_decode(const femd_frame *f, femd_error *e, femd_error *err) {
    femd_error_clear(e);
    const uint16_t type = f->type == FEMD_MSG_GONE ? FEMD_MSG_GONE : FEMD_MSG_ERROR;
    FEMD_TRY(control_json_decode(f, type, error_fields, COUNT(error_fields), e, err));
    if (e->code == FEMD_OK || !femd_status_is_known(e->code))
        return femd_fail(err, FEMD_PROTOCOL, "%s: unknown code %d", femd_message_name(type), e->code);
    return FEMD_OK;
}
