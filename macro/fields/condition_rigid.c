/* A rigid surface: its nodes follow six unknowns, of which any translation, and the rotation, may be prescribed. */
#include "fields/boundary.h"
#include "fields/ties.h"

static femd_status rigid_place(const femd_field *field, femd_boundary *bc, size_t which, femd_error *err) {
    return femd_ties_mark(field, bc, which, 0, bc->condition[which].entry, err);
}

static femd_status rigid_tie(const femd_field *field, femd_boundary *bc, size_t which, femd_error *err) {
    return femd_ties_rigid(field, bc, which, bc->condition[which].entry->about, err);
}

const femd_condition_kind femd_condition_rigid = {
    .name = "rigid", .prescribes = 1, .whole = 1, .place = rigid_place, .tie = rigid_tie};
