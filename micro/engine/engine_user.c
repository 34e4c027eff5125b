/* The engine `user`: hands every call on to the table that a shared object exports under the symbol "femd_engine_v1".
 *
 * Owns the handle of the shared object; never looks into its data. The path is that of the machine of the worker: code
 * does not travel. */
#include <dlfcn.h>
#include <stdlib.h>

#include "engine/engines.h"

/* Whoever changes these also raises FEMD_ENGINE_ABI: an object of before would fill the wrong places. */
_Static_assert((FEMD_ENGINE_ABI & 0xffff) == 3 && sizeof(femd_request) == 144 && sizeof(femd_capabilities) == 48,
               "a new layout needs a new FEMD_ENGINE_ABI");

typedef struct user_instance {
    void *library;
    const femd_engine *engine;
    void *inner;
} user_instance;

static void user_close(void **instance) {
    user_instance *user = *instance;
    if (!user) return;
    if (user->inner) user->engine->close(&user->inner);
    if (user->library) dlclose(user->library);
    free(user);
    *instance = NULL;
}

static femd_status user_check_interface(const femd_json *doc, const cJSON *node, const char *path, uint32_t abi,
                                        femd_error *err) {
    const uint32_t ours = FEMD_ENGINE_ABI;
    if (abi == ours) return FEMD_OK;
    if ((abi & 0xffff) != (ours & 0xffff))
        return femd_json_fail(doc, node, err, "the engine in \"%s\" was built for interface %u, this femd has %u", path,
                              abi & 0xffff, ours & 0xffff);
    return femd_json_fail(doc, node, err,
                          "the engine in \"%s\" fills responses of %u bytes, this femd's have %u; "
                          "build it again",
                          path, abi >> 16, ours >> 16);
}

static femd_status user_load(const femd_json *doc, user_instance *user, femd_error *err) {
    const cJSON *node = femd_json_get(doc->root, "library");
    const char *path = femd_json_string(doc->root, "library", "");
    user->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!user->library) return femd_json_fail(doc, node, err, "cannot load the shared object: %s", dlerror());
    user->engine = dlsym(user->library, "femd_engine_v1");
    if (!user->engine)
        return femd_json_fail(doc, node, err, "the shared object \"%s\" has no symbol femd_engine_v1", path);
    FEMD_TRY(user_check_interface(doc, node, path, user->engine->abi, err));
    if (!user->engine->open || !user->engine->evaluate || !user->engine->close)
        return femd_json_fail(doc, node, err, "the engine in \"%s\" lacks open, evaluate or close", path);
    return FEMD_OK;
}

static femd_status user_open(const femd_json *doc, const femd_pack *pack, void **instance, femd_capabilities *caps,
                             femd_error *err) {
    user_instance *user = calloc(1, sizeof *user);
    if (!user) return femd_fail(err, FEMD_NO_MEMORY, "a user's engine: out of memory");
    void *self = user;
    femd_status rc = user_load(doc, user, err);
    if (rc == FEMD_OK) rc = user->engine->open(doc, pack, &user->inner, caps, err);
    if (rc != FEMD_OK) {
        user->inner = NULL;
        user_close(&self);
        return rc;
    }
    if (!caps->engine) caps->engine = FEMD_ENGINE_USER;
    *instance = user;
    return FEMD_OK;
}

static femd_status user_evaluate(void *instance, const femd_request *q, const femd_bytes *state_in,
                                 const femd_beat *beat, femd_response *r, femd_buffer *state_out, femd_error *err) {
    user_instance *user = instance;
    return user->engine->evaluate(user->inner, q, state_in, beat, r, state_out, err);
}

/* Only called where the shared object has one. */
static femd_status user_evaluate_many(void *instance, const femd_engine_batch *batch, const femd_beat *beat,
                                      femd_error *err) {
    user_instance *user = instance;
    return user->engine->evaluate_many(user->inner, batch, beat, err);
}

static femd_status user_dump(void *instance, const femd_bytes *state, femd_buffer *out, femd_error *err) {
    user_instance *user = instance;
    if (!user->engine->dump) return femd_fail(err, FEMD_UNSUPPORTED, "this user's engine has no atoms to dump");
    return user->engine->dump(user->inner, state, out, err);
}

const femd_engine *femd_engine_user_table(const void *instance) {
    const user_instance *user = instance;
    return user->engine;
}

const femd_engine femd_engine_user = {
    .abi = FEMD_ENGINE_ABI,
    .number = FEMD_ENGINE_USER,
    .name = "user",
    .version = 1,
    .open = user_open,
    .evaluate = user_evaluate,
    .evaluate_many = user_evaluate_many,
    .dump = user_dump,
    .close = user_close,
};
