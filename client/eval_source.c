/* The material of a point, in a case or in a file of its own, and the state that it starts from. Opens no model. */
#include <stdlib.h>
#include <string.h>

#include "eval.h"
#include "femd/hash.h"
#include "femd/material_files.h"
#include "femd/orientation.h"
#include "run_output.h"

static femd_status eval_pick_from_case(const char *path, const option_list *sets, eval_source *s, femd_error *err) {
    FEMD_TRY(femd_case_read(path, sets->item, sets->n, &s->cs, err));
    s->is_case = 1;
    s->in = &s->cs.doc;
    s->temperature = s->cs.temperature;
    for (size_t i = 0; i < s->cs.nmaterials; i++) {
        if (strcmp(s->cs.material[i].node->string, s->node->string) != 0) continue;
        if (!femd_json_get(s->node, "orientations")) /* of a table: in the axes of the crystal */
            memcpy(s->Q, s->cs.material[i].orientation, sizeof s->Q);
        s->node = s->cs.material[i].node;
        return FEMD_OK;
    }
    return femd_fail(err, FEMD_INTERNAL, "%s: a material is lost", path);
}

femd_status eval_source_open(const char *path, const char *material, const option_list *sets, eval_source *s,
                             femd_error *err) {
    for (int i = 0; i < 9; i++) s->Q[i] = i % 4 == 0;
    FEMD_TRY(femd_material_read(path, material, &s->doc, &s->node, &s->folder, err));
    s->in = &s->doc;
    if (femd_json_get(s->doc.root, "mesh")) return eval_pick_from_case(path, sets, s, err);
    if (sets->n) return femd_fail(err, FEMD_BAD_INPUT, "--set changes a case; %s is a material", path);
    return FEMD_OK;
}

femd_status eval_read_state(const char *path, const femd_capabilities *caps, femd_buffer *state, femd_hash *hash,
                            femd_error *err) {
    const femd_status rc = run_output_read(path, state, err);
    if (rc != FEMD_OK) return femd_error_prefix(err, "--state");
    if (!state->size && !(caps->inputs & FEMD_INPUT_STATE)) return FEMD_OK;
    if (!state->size)
        return femd_fail(err, FEMD_BAD_INPUT,
                         "--state %s: it is empty, and no state; without --state a point is virgin", path);
    femd_hash_domain("state", state->data, state->size, hash);
    return FEMD_OK;
}

void eval_source_close(eval_source *s) {
    if (s->is_case) femd_case_clear(&s->cs);
    femd_json_clear(&s->doc);
    free(s->folder);
}
