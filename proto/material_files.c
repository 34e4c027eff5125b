/* Collects a material and the data files it names into a pack. It knows which keys name files and where to search; it
 * never looks into the files. */
#include "femd/material_files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "femd/file.h"

#define SYSTEM_POTENTIALS "/usr/share/lammps/potentials"
#define FILE_BYTES_MAX    (200u << 20)

/* Keys whose value names a data file, or an object of names. A user's engine is code and never travels: a material
 * has its name alone. */
static const struct {
    const char *object, *key;
} file_keys[] = {{"potential", "file"}, {"potential", "files"}, {"structure", "file"}};

/* Keys that stand beside a material in a case and are no part of it. */
static const char *const case_keys[] = {"region", "orientation", "orientations", "thermal"};

/* ---- searching ---- */

static char *files_join(const char *folder, size_t n, const char *name) {
    const size_t size = n + strlen(name) + 2;
    char *path = malloc(size);
    if (path) snprintf(path, size, "%.*s/%s", (int)n, folder, name);
    return path;
}

static int files_is_file(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* Try one folder: 1 found (*path set), 0 not there, -1 no memory. Its name joins the list of places. */
static int files_try_folder(const char *folder, size_t n, const char *name, char *places, size_t room, char **path) {
    const size_t used = strlen(places);
    snprintf(places + used, room - used, "%s%.*s", used ? ", " : "", (int)n, folder);
    char *at = files_join(folder, n, name);
    if (!at) return -1;
    if (files_is_file(at)) {
        *path = at;
        return 1;
    }
    free(at);
    return 0;
}

/* As try_folder for each folder of a colon-separated list. */
static int files_try_list(const char *list, const char *name, char *places, size_t room, char **path) {
    int found = 0;
    for (const char *p = list; p && *p && found == 0;) {
        const size_t n = strcspn(p, ":");
        if (n) found = files_try_folder(p, n, name, places, room, path);
        p += n + (p[n] == ':');
    }
    return found;
}

femd_status femd_material_find(const femd_json *doc, const cJSON *node, const char *folder, char **path,
                               femd_error *err) {
    *path = NULL;
    if (!cJSON_IsString(node) || !*node->valuestring)
        return femd_json_fail(doc, node, err, "the name of a file is missing");
    const char *name = node->valuestring;
    char places[512] = "";
    int found = 0;
    if (*name == '/') {
        if (!files_is_file(name)) return femd_json_fail(doc, node, err, "no such file \"%s\"", name);
        *path = strdup(name);
        found = *path ? 1 : -1;
    }
    if (!folder || !*folder) folder = ".";
    if (!found) found = files_try_folder(folder, strlen(folder), name, places, sizeof places, path);
    if (!found) found = files_try_list(getenv("FEMD_POTENTIALS"), name, places, sizeof places, path);
    if (!found) found = files_try_list(SYSTEM_POTENTIALS, name, places, sizeof places, path);
    if (found < 0) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a path");
    if (!found) return femd_json_fail(doc, node, err, "no such file \"%s\"; looked in %s", name, places);
    return FEMD_OK;
}

/* ---- reading ---- */

static femd_status files_read(const femd_json *doc, const cJSON *node, const char *path, femd_buffer *out,
                              femd_error *err) {
    const char *why;
    FILE *f = femd_file_open(path, &why);
    if (!f) return femd_json_fail(doc, node, err, "cannot read \"%s\": %s", path, why);
    femd_status rc = FEMD_OK;
    size_t n = 1;
    while (rc == FEMD_OK && n > 0) {
        rc = femd_buffer_reserve(out, 1u << 16, err);
        if (rc != FEMD_OK) break;
        n = fread(out->data + out->size, 1, 1u << 16, f);
        out->size += n;
        if (out->size > FILE_BYTES_MAX)
            rc = femd_json_fail(doc, node, err, "\"%s\" is larger than %u MiB", path, FILE_BYTES_MAX >> 20);
    }
    if (rc == FEMD_OK && ferror(f))
        rc = femd_json_fail(doc, node, err, "cannot read \"%s\": %s", path, strerror(errno));
    fclose(f);
    return rc;
}

static const char *files_base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* ---- packing ---- */

/* The values of a material that name files, in the order of file_keys. */
static femd_status files_find_names(const femd_json *doc, const cJSON *material, const cJSON *node[FEMD_PACK_FILES_MAX],
                                    size_t *n, femd_error *err) {
    *n = 0;
    for (size_t i = 0; i < sizeof file_keys / sizeof *file_keys; i++) {
        const cJSON *value = femd_json_get(femd_json_get(material, file_keys[i].object), file_keys[i].key);
        const int many = cJSON_IsObject(value);
        for (const cJSON *one = many ? value->child : value; one; one = many ? one->next : NULL) {
            if (*n == FEMD_PACK_FILES_MAX)
                return femd_json_fail(doc, one, err, "a material has at most %d files", FEMD_PACK_FILES_MAX);
            node[(*n)++] = one;
        }
    }
    return FEMD_OK;
}

/* The files of one pack while it is being made. */
typedef struct collection {
    size_t n;
    const char *name[FEMD_PACK_FILES_MAX]; /* borrowed from the document */
    femd_buffer bytes[FEMD_PACK_FILES_MAX];
} collection;

static femd_status files_add(const femd_json *doc, const cJSON *node, const char *folder, collection *files,
                             femd_error *err) {
    char *path = NULL;
    FEMD_TRY(femd_material_find(doc, node, folder, &path, err));
    const char *name = files_base_name(node->valuestring);
    femd_buffer *bytes = &files->bytes[files->n];
    bytes->size = 0;
    femd_status rc = strlen(name) > FEMD_PACK_NAME_MAX
                         ? femd_json_fail(doc, node, err, "a name longer than %d characters", FEMD_PACK_NAME_MAX)
                         : files_read(doc, node, path, bytes, err);
    free(path);
    FEMD_TRY(rc);
    for (size_t i = 0; i < files->n; i++) {
        if (strcmp(files->name[i], name) != 0) continue;
        if (files->bytes[i].size != bytes->size || memcmp(files->bytes[i].data, bytes->data, bytes->size) != 0)
            return femd_json_fail(doc, node, err, "two different files are called \"%s\"; rename one", name);
        return FEMD_OK; /* the same file: travels once */
    }
    files->name[files->n++] = name;
    return FEMD_OK;
}

static femd_status files_add_files(const femd_json *doc, const cJSON *material, const char *folder, collection *files,
                                   femd_error *err) {
    const cJSON *node[FEMD_PACK_FILES_MAX];
    size_t n;
    FEMD_TRY(files_find_names(doc, material, node, &n, err));
    for (size_t i = 0; i < n; i++) FEMD_TRY(files_add(doc, node[i], folder, files, err));
    return FEMD_OK;
}

/* A copy of the material without what belongs to the case. */
static cJSON *files_bare_material(const cJSON *material) {
    cJSON *copy = cJSON_Duplicate(material, 1);
    for (size_t i = 0; copy && i < sizeof case_keys / sizeof *case_keys; i++)
        cJSON_DeleteItemFromObjectCaseSensitive(copy, case_keys[i]);
    return copy;
}

/* One boundary condition has one text, whichever of its spellings the user took: {"type": "kubc", "planes": 1} and
 * {"type": "kubc"} are "kubc", or a store would keep their answers apart. */
static femd_status files_settle_boundary(cJSON *copy, femd_error *err) {
    const cJSON *node = cJSON_GetObjectItemCaseSensitive(copy, "boundary_condition");
    const cJSON *planes = cJSON_GetObjectItemCaseSensitive(node, "planes");
    const char *type = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(node, "type"));
    if (!cJSON_IsObject(node) || !type) return FEMD_OK;
    if (planes && (strcmp(type, "kubc") != 0 || planes->valuedouble != 1)) return FEMD_OK;
    cJSON *name = cJSON_CreateString(type);
    if (!name) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a material");
    cJSON_ReplaceItemInObjectCaseSensitive(copy, "boundary_condition", name);
    return FEMD_OK;
}

/* Names of files without folders: where a file lies on the user's disk is no part of the material. */
static void files_strip_folders(cJSON *copy) {
    for (size_t i = 0; i < sizeof file_keys / sizeof *file_keys; i++) {
        cJSON *object = cJSON_GetObjectItemCaseSensitive(copy, file_keys[i].object);
        cJSON *value = object ? cJSON_GetObjectItemCaseSensitive(object, file_keys[i].key) : NULL;
        const int many = cJSON_IsObject(value);
        for (cJSON *one = many ? value->child : value; one; one = many ? one->next : NULL) {
            const char *base = files_base_name(one->valuestring);
            memmove(one->valuestring, base, strlen(base) + 1);
        }
    }
}

/* The violation's path is relative to the material; the user's file has it under materials.NAME. */
static femd_status files_validate(const femd_json *doc, const cJSON *material, cJSON *copy, femd_error *err) {
    char name[512];
    if (material == doc->root)
        snprintf(name, sizeof name, "%s", doc->name);
    else
        snprintf(name, sizeof name, "%s: materials.%s", doc->name, material->string ? material->string : "?");
    const femd_json alone = {.root = copy, .name = name};
    femd_status rc = femd_json_validate(&alone, femd_case_schema, "#/$defs/material", err);
    if (rc == FEMD_OK || material == doc->root || !err) return rc;
    const size_t n = strlen(name);
    const char *words = err->text + n + 2;
    const int goes_on = strncmp(err->text, name, n) == 0 && strncmp(err->text + n, ": ", 2) == 0 &&
                        strcspn(words, " ") > strcspn(words, ":");
    if (!goes_on) return rc; /* about the material as a whole */
    char rest[sizeof err->text];
    snprintf(rest, sizeof rest, "%s", words);
    return femd_fail(err, rc, "%s.%s", name, rest);
}

static femd_status files_encode(cJSON *copy, const collection *files, femd_buffer *pack, femd_error *err) {
    files_strip_folders(copy);
    char *text = femd_json_canonical(copy);
    if (!text) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a material");
    femd_pack p = {.json = text, .nfiles = files->n};
    for (size_t i = 0; i < files->n; i++) {
        p.file[i].name = files->name[i];
        p.file[i].bytes = (femd_bytes){files->bytes[i].data, files->bytes[i].size};
    }
    femd_status rc = femd_pack_encode(&p, pack, err);
    free(text);
    return rc;
}

femd_status femd_material_pack(const femd_json *doc, const cJSON *material, const char *folder, femd_buffer *pack,
                               femd_error *err) {
    cJSON *copy = files_bare_material(material);
    if (!copy) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a material");
    collection files = {0};
    femd_status rc = files_validate(doc, material, copy, err);
    if (rc == FEMD_OK) rc = files_settle_boundary(copy, err);
    if (rc == FEMD_OK) rc = files_add_files(doc, material, folder, &files, err);
    if (rc == FEMD_OK) rc = files_encode(copy, &files, pack, err);
    for (size_t i = 0; i < FEMD_PACK_FILES_MAX; i++) femd_buffer_clear(&files.bytes[i]);
    cJSON_Delete(copy);
    return rc;
}

femd_status femd_material_check_bare(const femd_pack *pack, femd_error *err) {
    femd_json doc = FEMD_JSON_INIT;
    femd_status rc = femd_json_parse(pack->json, strlen(pack->json), "material", &doc, NULL);
    if (rc != FEMD_OK) return rc == FEMD_NO_MEMORY ? femd_fail(err, rc, "no memory to read a material") : FEMD_OK;
    for (size_t i = 0; rc == FEMD_OK && i < sizeof case_keys / sizeof *case_keys; i++)
        if (femd_json_get(doc.root, case_keys[i]))
            rc = femd_fail(err, FEMD_BAD_INPUT,
                           "material: \"%s\" is no part of a material: its place and its turning are the client's "
                           "affair; take it out, and turn strains and answers (libfemd does so by itself)",
                           case_keys[i]);
    femd_json_clear(&doc);
    return rc;
}

/* ---- finding a material in a file ---- */

static femd_status files_pick(const femd_json *doc, const char *name, const cJSON **node, femd_error *err) {
    const cJSON *materials = femd_json_get(doc->root, "materials");
    char names[512] = "";
    *node = doc->root;
    if (!materials && !name) return FEMD_OK;
    if (!materials)
        return femd_fail(err, FEMD_BAD_INPUT, "%s: there is no \"materials\" to look for \"%s\" in", doc->name, name);
    if (name && (*node = femd_json_get(materials, name))) return FEMD_OK;
    if (!name && cJSON_GetArraySize(materials) == 1) {
        *node = materials->child;
        return FEMD_OK;
    }
    for (const cJSON *m = materials->child; m; m = m->next) {
        const size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "", m->string ? m->string : "?");
    }
    if (!name) return femd_fail(err, FEMD_BAD_INPUT, "%s: several materials; name one of: %s", doc->name, names);
    return femd_fail(err, FEMD_BAD_INPUT, "%s: no material \"%s\"; there is: %s", doc->name, name, names);
}

static char *files_folder_of(const char *path) {
    const char *slash = strrchr(path, '/');
    if (!slash) return strdup(".");
    return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

femd_status femd_material_read(const char *path, const char *name, femd_json *doc, const cJSON **node, char **folder,
                               femd_error *err) {
    struct stat st;
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/') n--;
    const int is_folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
    char *file = is_folder ? files_join(path, n, "case.json") : strdup(path);
    *folder = file ? files_folder_of(file) : NULL;
    femd_status rc = *folder ? femd_json_read(file, doc, err) : femd_fail(err, FEMD_NO_MEMORY, "no memory for a path");
    if (rc == FEMD_OK) rc = files_pick(doc, name, node, err);
    free(file);
    if (rc == FEMD_OK) return FEMD_OK;
    femd_json_clear(doc);
    free(*folder);
    *folder = NULL;
    return rc;
}
