/* Messages in parts. Few come at a time: a list will do. */
#include "intake.h"

#include <stdlib.h>

enum { STEP = 1 << 20 /* bytes that a message of unknown length is charged with at a time */ };

void intake_init(femd_intake *intake, femd_common *common) {
    *intake = (femd_intake){.common = common};
}

static void intake_drop(femd_intake *intake, size_t place) {
    intake_one *one = &intake->at[place];
    femd_limits_sub(&intake->common->limits, BYTES_PARTS, one->charged);
    femd_parts_clear(&one->parts);
    *one = intake->at[--intake->count];
}

void intake_clear(femd_intake *intake) {
    while (intake->count) intake_drop(intake, 0);
    free(intake->at);
    intake->at = NULL;
}

static size_t intake_find(const femd_intake *intake, uint64_t route) {
    size_t place = 0;
    while (place < intake->count && intake->at[place].route != route) place++;
    return place;
}

void intake_forget(femd_intake *intake, uint64_t route) {
    const size_t place = intake_find(intake, route);
    if (place < intake->count) intake_drop(intake, place);
}

static intake_one *intake_begin(femd_intake *intake, uint64_t route) {
    if (intake->count == intake->room) {
        const size_t room = intake->room ? 2 * intake->room : 8;
        intake_one *fresh = realloc(intake->at, room * sizeof *fresh);
        if (!fresh) return NULL;
        intake->at = fresh;
        intake->room = room;
    }
    intake->at[intake->count] = (intake_one){.route = route};
    return &intake->at[intake->count++];
}

static femd_status intake_charge(femd_intake *intake, intake_one *one, uint64_t bytes, femd_error *err) {
    if (bytes <= one->charged) return FEMD_OK;
    FEMD_TRY(femd_limits_room(&intake->common->limits, bytes - one->charged, "a message in parts", err));
    femd_limits_add(&intake->common->limits, BYTES_PARTS, bytes - one->charged);
    one->charged = bytes;
    return FEMD_OK;
}

femd_status intake_take(femd_intake *intake, uint64_t route, const femd_frame *part, femd_bytes *message,
                        femd_error *err) {
    int whole;
    *message = (femd_bytes){NULL, 0};
    const size_t place = intake_find(intake, route);
    intake_one *one = place < intake->count ? &intake->at[place] : intake_begin(intake, route);
    if (!one) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a message in parts");
    const uint64_t most = intake->common->config.frame_max,
                   announced = part->id == 0 ? femd_parts_announced(part) : one->parts.total;
    femd_status rc = FEMD_OK;
    if (announced == 0)
        rc = intake_charge(intake, one, one->parts.whole.size + part->body.size + STEP, err);
    else if (announced <= most) /* what is longer is refused */
        rc = intake_charge(intake, one, announced, err);
    if (rc == FEMD_OK) rc = femd_parts_take(&one->parts, part, most, &whole, err);
    if (rc == FEMD_OK && whole) *message = (femd_bytes){one->parts.whole.data, one->parts.whole.size};
    if (rc != FEMD_OK) intake_forget(intake, route);
    return rc;
}
