/* The engine `user`: hands every call on to the table that a shared object exports under the symbol "femd_engine_v1".
 *
 * Owns the list of the shared objects that whoever started this process has named, and their handles; never looks into
 * their data. A material says a name of that list. No path comes from a material: it may be anybody's. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/engines.h"
#include "femd/file.h"
#include "femd/hash.h"
#include "forces/level.h"
#include "micro.h"

/* Whoever changes these also raises FEMD_ENGINE_ABI: an object of before would fill the wrong places. What
 * stands from `notes` on in femd_engine is never read from an object. */
_Static_assert(sizeof(void *) != 8 ||
                   ((FEMD_ENGINE_ABI & 0xffff) == 4 && sizeof(femd_request) == 168 && sizeof(femd_capabilities) == 48 &&
                    offsetof(femd_engine, notes) == 64 && sizeof(femd_engine_batch) == 48 && sizeof(femd_beat) == 16 &&
                    sizeof(femd_buffer) == 24 && sizeof(femd_bytes) == 16 && sizeof(femd_json) == 16 &&
                    sizeof(femd_pack) == 400 && sizeof(femd_pack_file) == 24 && sizeof(femd_error) == 1028),
               "a new layout needs a new FEMD_ENGINE_ABI");

enum { ENGINES_MAX = 64, ENGINE_NAME_MAX = 63 };
#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"

/* Of the process: filled before materials are opened, and never emptied. */
typedef struct user_entry {
    char name[ENGINE_NAME_MAX + 1];
    char file[ENGINE_NAME_MAX + 1]; /* the last part of its path, for words alone */
    const femd_engine *engine;
} user_entry;
static user_entry user_list[ENGINES_MAX];
static size_t user_count;

typedef struct user_instance {
    const femd_engine *engine;
    const user_entry *entry; /* of the list */
    void *inner;
} user_instance;

/* ---- the list ---- */

static const user_entry *user_find(const char *name) {
    for (size_t i = 0; i < user_count; i++)
        if (strcmp(user_list[i].name, name) == 0) return &user_list[i];
    return NULL;
}

static femd_status user_check_interface(const char *path, uint32_t abi, femd_error *err) {
    const uint32_t ours = FEMD_ENGINE_ABI;
    if (abi == ours) return FEMD_OK;
    if ((abi & 0xffff) != (ours & 0xffff))
        return femd_fail(err, FEMD_BAD_INPUT, "the engine in \"%s\" was built for interface %u, this femd has %u", path,
                         abi & 0xffff, ours & 0xffff);
    return femd_fail(err, FEMD_BAD_INPUT,
                     "the engine in \"%s\" fills responses of %u bytes, this femd's have %u; build it again", path,
                     abi >> 16, ours >> 16);
}

static femd_status user_check_engine(const char *path, const femd_engine *engine, femd_error *err) {
    if (!engine) return femd_fail(err, FEMD_BAD_INPUT, "the shared object \"%s\" has no symbol femd_engine_v1", path);
    FEMD_TRY(user_check_interface(path, engine->abi, err));
    if (!engine->open || !engine->evaluate || !engine->close)
        return femd_fail(err, FEMD_BAD_INPUT, "the engine in \"%s\" lacks open, evaluate or close", path);
    return FEMD_OK;
}

/* Another object under the same name is another build: its answers are not those that a store, a journal or a
 * checkpoint has of this one. What the object itself loads is not looked at. */
static femd_status user_hash(const char *name, const char *path, femd_error *err) {
    struct stat file;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    const int there = fd >= 0 && fstat(fd, &file) == 0 && file.st_size > 0;
    void *bytes = there ? mmap(NULL, (size_t)file.st_size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
    if (fd >= 0) close(fd);
    if (bytes == MAP_FAILED) return femd_fail(err, FEMD_BAD_INPUT, "the shared object \"%s\" cannot be read", path);
    femd_hash content, both;
    char text[ENGINE_NAME_MAX + 1 + sizeof content.b] = {0};
    femd_hash_domain("user-engine", bytes, (size_t)file.st_size, &content);
    munmap(bytes, (size_t)file.st_size);
    snprintf(text, ENGINE_NAME_MAX + 1, "%s", name);
    memcpy(text + ENGINE_NAME_MAX + 1, content.b, sizeof content.b);
    femd_hash_domain("user-engine-name", text, sizeof text, &both);
    femd_fingerprint_add(femd_get64(both.b));
    return FEMD_OK;
}

/* dlopen would search the system's folders for a name without a slash: a path is what is meant. */
static femd_status user_load(const char *path, const femd_engine **engine, femd_error *err) {
    char *whole = realpath(path, NULL);
    if (!whole) return femd_fail(err, FEMD_BAD_INPUT, "the shared object \"%s\": %s", path, strerror(errno));
    const char *why;
    FILE *file = femd_file_open(whole, &why); /* a pipe would have dlopen wait */
    void *library = file ? dlopen(whole, RTLD_NOW | RTLD_LOCAL) : NULL;
    free(whole);
    if (!file) return femd_fail(err, FEMD_BAD_INPUT, "the shared object \"%s\": %s", path, why);
    fclose(file);
    if (!library) return femd_fail(err, FEMD_BAD_INPUT, "cannot load the shared object: %s", dlerror());
    *engine = dlsym(library, "femd_engine_v1");
    const femd_status rc = user_check_engine(path, *engine, err);
    if (rc != FEMD_OK) dlclose(library);
    return rc;
}

femd_status femd_user_engine_add(const char *spec, femd_error *err) {
    const size_t length = strcspn(spec, "=");
    if (length == 0 || length > ENGINE_NAME_MAX || strspn(spec, NAME_CHARACTERS) != length || !spec[length] ||
        !spec[length + 1])
        return femd_fail(
            err, FEMD_BAD_INPUT,
            "--engine: \"%.200s\" is not NAME=PATH, a name of up to %d letters, digits, _ . - and the path "
            "of a shared object",
            spec, ENGINE_NAME_MAX);
    user_entry entry = {.engine = NULL};
    memcpy(entry.name, spec, length);
    const char *slash = strrchr(spec + length, '/');
    snprintf(entry.file, sizeof entry.file, "%s", slash ? slash + 1 : spec + length + 1);
    if (user_find(entry.name)) return femd_fail(err, FEMD_BAD_INPUT, "--engine: \"%s\" is named twice", entry.name);
    if (user_count == ENGINES_MAX) return femd_fail(err, FEMD_BAD_INPUT, "--engine: more than %d", ENGINES_MAX);
    femd_status rc = user_load(spec + length + 1, &entry.engine, err);
    if (rc == FEMD_OK) rc = user_hash(entry.name, spec + length + 1, err);
    if (rc != FEMD_OK) return femd_error_prefix(err, "--engine %s", entry.name);
    user_list[user_count++] = entry;
    return FEMD_OK;
}

/* Not the fault of the material: another worker's list may have the name. */
static femd_status user_unknown(const femd_json *doc, const cJSON *node, const char *name, femd_error *err) {
    char names[400] = "";
    size_t used = 0;
    for (size_t i = 0; i < user_count; i++) {
        const int room = used < sizeof names - 2 * ENGINE_NAME_MAX;
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%.*s", i ? ", " : "", ENGINE_NAME_MAX,
                                 room ? user_list[i].name : "...");
        if (!room) break;
    }
    (void)femd_json_fail(doc, node, err,
                         "no engine \"%.*s\" is known to this process; %s%s (engines are named where it is started: "
                         "--engine NAME=PATH)",
                         ENGINE_NAME_MAX, name, user_count ? "it knows " : "it knows none", names);
    if (err) err->code = FEMD_REFUSED;
    return FEMD_REFUSED;
}

/* ---- the engine ---- */

static void user_close(void **instance) {
    user_instance *user = *instance;
    if (!user) return;
    if (user->inner) user->engine->close(&user->inner);
    free(user);
    *instance = NULL;
}

static femd_status user_open(const femd_json *doc, const femd_pack *pack, void **instance, femd_capabilities *caps,
                             femd_error *err) {
    const char *name = femd_json_string(doc->root, "name", "");
    const user_entry *entry = user_find(name);
    if (!entry) return user_unknown(doc, femd_json_get(doc->root, "name"), name, err);
    user_instance *user = calloc(1, sizeof *user);
    if (!user) return femd_fail(err, FEMD_NO_MEMORY, "a user's engine: out of memory");
    void *self = user;
    user->engine = entry->engine;
    user->entry = entry;
    const femd_status rc = user->engine->open(doc, pack, &user->inner, caps, err);
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

void femd_engine_user_say(const void *instance, char *text, size_t room) {
    const user_instance *user = instance;
    snprintf(text, room, "the user's engine \"%s\" (%s)", user->entry->name, user->entry->file);
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
