/* The materials of a case, opened in this process: for eval, check, dumps, and for refusing a case before anything
 * starts. */
#ifndef FEMD_CLIENT_MODELS_H
#define FEMD_CLIENT_MODELS_H

#include <stdio.h>

#include "case/case.h"
#include "micro.h"
#include "options.h"

typedef struct model {
    char name[FEMD_NAME_MAX]; /* key under "materials"; "" for a file that is one material */
    femd_material *material;
    int shared; /* material is that of an entry before: another grain of it */
    femd_hash id;
    double open_seconds; /* wall time of opening: structure, potential, reference */
} model;

/* What --engine gave: engines of the user that materials may name, loaded here. */
FEMD_MUST_CHECK femd_status models_engines(const option_list *engines, femd_error *err);
#define MODELS_ENGINE_OPTION(list)                                                                                     \
    {                                                                                                                  \
        "--engine", NULL, OPTION_LIST, (list), "NAME=PATH",                                                            \
            "engine of yours that materials may name: a shared object; may be repeated", 0, 0                          \
    }

/* femd_case_read with words for who gave no case at all. */
FEMD_MUST_CHECK femd_status case_open(const char *path, const char *const *sets, size_t nsets, femd_case *c,
                                      femd_error *err);

/* Pack and open the material at `node` of doc. A failure names the file and the path of the value in doc. */
FEMD_MUST_CHECK femd_status model_open(const femd_json *doc, const cJSON *node, const char *folder, model *m,
                                       femd_error *err);
void model_close(model *m);
/* The next line of femd_material_notes at *notes, of *length characters, which is then passed; NULL after the last. */
const char *model_next_note(const char **notes, int *length);

/* All materials of a case, in its order: n = c->nmaterials entries of models, which the caller closes also after a
 * failure. */
FEMD_MUST_CHECK femd_status models_open(const femd_case *c, model *models, femd_error *err);
/* Few enough to be opened here before anything starts, so that a bad one is refused at once. Of many the workers open
 * each a part, side by side, and who asks for them says what is wrong. */
int models_are_few(const femd_case *c);
/* Open all, check what the case wants of them, and write what they say of themselves, a line each. Work for
 * watchdog_run: words about a failure are on stderr, returns the exit code. */
typedef struct models_trial {
    const femd_case *c;
    FILE *remarks;
} models_trial;
int models_try(void *user);
/* 1: the file has no mesh, but is one material or has several under "materials", for solvers of somebody else's. */
int materials_are_alone(const char *path);
/* Open each of such a file, and write what it says of itself; as models_try. */
typedef struct materials_trial {
    const char *path;
    FILE *remarks;
} materials_trial;
int materials_try(void *user);
/* BAD_INPUT if a material cannot answer stress and tangent, or if no material of the case answers one of output.wants.
 */
FEMD_MUST_CHECK femd_status models_check_wants(const femd_case *c, const model *models, femd_error *err);

#endif
