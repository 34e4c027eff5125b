/* Opens materials in-process and turns the words of an engine, which knows the material alone, into words about the
 * file that the user wrote. */
#include "models.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check_local.h"
#include "commands.h"
#include "femd/clock.h"
#include "femd/material_files.h"
#include "femd/peer.h"
#include "watchdog.h"

enum { MODELS_FEW = 4 }; /* that are opened here before anything starts */

femd_status models_engines(const option_list *engines, femd_error *err) {
    for (size_t i = 0; i < engines->n; i++) FEMD_TRY(femd_user_engine_add(engines->item[i], err));
    return FEMD_OK;
}

femd_status case_open(const char *path, const char *const *sets, size_t nsets, femd_case *c, femd_error *err) {
    if (access(path, F_OK) != 0)
        return femd_fail(err, FEMD_BAD_INPUT, "%s: %s; a case is a folder with case.json, or a JSON file", path,
                         strerror(errno));
    return femd_case_read(path, sets, nsets, c, err);
}

/* An engine says "material: structure.species: ..."; the user's file calls that materials.NAME.structure.species. */
static femd_status models_in_users_words(const femd_json *doc, const cJSON *node, femd_error *err) {
    const char *own = "material: ";
    const char *said = strncmp(err->text, own, strlen(own)) == 0 ? err->text + strlen(own) : err->text;
    char rest[sizeof err->text];
    snprintf(rest, sizeof rest, "%s", said);
    const char *join = said != err->text ? "." : ": "; /* a path goes on; other words begin */
    if (node == doc->root || !node->string) return femd_fail(err, (femd_status)err->code, "%s: %s", doc->name, rest);
    return femd_fail(err, (femd_status)err->code, "%s: materials.%s%s%s", doc->name, node->string, join, rest);
}

femd_status model_open(const femd_json *doc, const cJSON *node, const char *folder, model *m, femd_error *err) {
    femd_buffer pack = FEMD_BUFFER_INIT;
    *m = (model){0};
    snprintf(m->name, sizeof m->name, "%s", node != doc->root && node->string ? node->string : "");
    const double begun = femd_clock();
    femd_status rc = femd_material_pack(doc, node, folder, &pack, err);
    if (rc == FEMD_OK) {
        femd_pack_id(pack.data, pack.size, &m->id);
        watchdog_opening(1);
        rc = femd_material_open(pack.data, pack.size, &m->material, err);
        watchdog_opening(0);
        if (rc != FEMD_OK) rc = models_in_users_words(doc, node, err);
    }
    m->open_seconds = femd_clock() - begun;
    femd_buffer_clear(&pack);
    return rc;
}

void model_close(model *m) {
    if (m->material && !m->shared) femd_material_close(&m->material);
    m->material = NULL;
}

const char *model_next_note(const char **notes, int *length) {
    const char *line = *notes;
    if (!line || !*line) return NULL;
    *length = (int)strcspn(line, "\n");
    *notes = line + *length + (line[*length] == '\n');
    return line;
}

femd_status models_open(const femd_case *c, model *models, femd_error *err) {
    memset(models, 0, c->nmaterials * sizeof *models);
    for (size_t i = 0; i < c->nmaterials; i++) {
        const size_t like = c->material[i].like;
        if (like == i) FEMD_TRY(model_open(&c->doc, c->material[i].node, c->folder, &models[i], err));
        if (like == i) continue;
        models[i] = models[like];
        models[i].shared = 1;
    }
    return FEMD_OK;
}

/* "copper: stress, tangent; nickel: stress" */
static void models_list_answers(const femd_case *c, const model *models, char *text, size_t size) {
    text[0] = '\0';
    for (size_t i = 0; i < c->nmaterials; i++) {
        char wants[FEMD_WANTS_TEXT];
        const size_t used = strlen(text);
        if (models[i].shared) continue;
        femd_wants_text(femd_material_capabilities(models[i].material)->wants, wants, sizeof wants);
        snprintf(text + used, size - used, "%smaterials.%s answers %s", i ? "; " : "", models[i].name, wants);
    }
}

femd_status models_check_wants(const femd_case *c, const model *models, femd_error *err) {
    const uint32_t needed = FEMD_WANT_STRESS | FEMD_WANT_TANGENT;
    uint32_t any = 0;
    char answers[700], lacking[FEMD_WANTS_TEXT];
    models_list_answers(c, models, answers, sizeof answers);
    for (size_t i = 0; i < c->nmaterials; i++) {
        const uint32_t wants = femd_material_capabilities(models[i].material)->wants;
        any |= wants;
        femd_wants_text(needed & ~wants, lacking, sizeof lacking);
        if (needed & ~wants)
            return femd_json_fail(&c->doc, c->material[i].node, err,
                                  "its engine cannot answer %s, which every run needs", lacking);
    }
    if (!(c->wants_committed & ~any)) return FEMD_OK;
    femd_wants_text(c->wants_committed & ~any, lacking, sizeof lacking);
    return femd_json_fail(&c->doc, femd_json_get(femd_json_get(c->doc.root, "output"), "wants"), err,
                          "no engine of the case can answer %s; %s", lacking, answers);
}

int models_are_few(const femd_case *c) {
    size_t distinct = 0;
    for (size_t i = 0; i < c->nmaterials; i++) distinct += c->material[i].like == i;
    return distinct <= MODELS_FEW;
}

static void models_note_remarks(const femd_case *c, const model *models, FILE *remarks) {
    for (size_t i = 0; i < c->nmaterials; i++) {
        const char *notes = femd_material_notes(models[i].material), *line;
        int length;
        while (!models[i].shared && (line = model_next_note(&notes, &length)))
            fprintf(remarks, "materials.%s: %.*s\n", models[i].name, length, line);
    }
    fflush(remarks);
}

int models_try(void *user) {
    const models_trial *trial = user;
    const femd_case *c = trial->c;
    femd_error err = FEMD_ERROR_INIT;
    model *models = calloc(c->nmaterials ? c->nmaterials : 1, sizeof *models);
    femd_status rc = models ? models_open(c, models, &err) : femd_fail(&err, FEMD_NO_MEMORY, "out of memory");
    if (rc == FEMD_OK) rc = models_check_wants(c, models, &err);
    if (rc == FEMD_OK) rc = check_local_alone(c, models, &err);
    if (rc == FEMD_OK) models_note_remarks(c, models, trial->remarks);
    for (size_t i = 0; models && i < c->nmaterials; i++) model_close(&models[i]);
    free(models);
    return rc == FEMD_OK ? FEMD_EXIT_OK : command_failed(&err);
}

/* ---- without a case ---- */

int materials_are_alone(const char *path) {
    struct stat st;
    femd_json doc = {0};
    femd_error err = FEMD_ERROR_INIT;
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) || femd_json_read(path, &doc, &err) != FEMD_OK) return 0;
    const int alone = !femd_json_get(doc.root, "mesh") &&
                      (femd_json_get(doc.root, "engine") || cJSON_IsObject(femd_json_get(doc.root, "materials")));
    femd_json_clear(&doc);
    return alone;
}

static femd_status materials_try_one(const femd_json *doc, const cJSON *node, const char *folder, FILE *remarks,
                                     femd_error *err) {
    model m;
    int length;
    const femd_status rc = model_open(doc, node, folder, &m, err);
    const char *notes = rc == FEMD_OK ? femd_material_notes(m.material) : NULL, *line;
    while ((line = model_next_note(&notes, &length)))
        fprintf(remarks, "%s%s: %.*s\n", node == doc->root ? "" : "materials.", node == doc->root ? doc->name : m.name,
                length, line);
    fflush(remarks);
    model_close(&m);
    return rc;
}

int materials_try(void *user) {
    const materials_trial *trial = user;
    femd_json doc = {0};
    femd_error err = FEMD_ERROR_INIT;
    const char *slash = strrchr(trial->path, '/');
    char *folder = slash ? strndup(trial->path, slash > trial->path ? (size_t)(slash - trial->path) : 1) : strdup(".");
    femd_status rc =
        folder ? femd_json_read(trial->path, &doc, &err) : femd_fail(&err, FEMD_NO_MEMORY, "out of memory");
    const cJSON *all = rc == FEMD_OK ? femd_json_get(doc.root, "materials") : NULL, *one;
    if (rc == FEMD_OK && !all) rc = materials_try_one(&doc, doc.root, folder, trial->remarks, &err);
    for (one = all && cJSON_GetArraySize(all) <= MODELS_FEW ? all->child : NULL; rc == FEMD_OK && one; one = one->next)
        rc = materials_try_one(&doc, one, folder, trial->remarks, &err);
    femd_json_clear(&doc);
    free(folder);
    return rc == FEMD_OK ? FEMD_EXIT_OK : command_failed(&err);
}
