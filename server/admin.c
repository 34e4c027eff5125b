/* Acts of admins. */
#include "admin.h"

#include <stdio.h>
#include <string.h>

/* The worker of a number; FEMD_NIL with words. */
static uint32_t admin_find_worker(const femd_rooms *rooms, const femd_admin *wish, femd_error *err) {
    for (uint32_t worker = roster_next_worker(rooms->roster, FEMD_NIL); worker;
         worker = roster_next_worker(rooms->roster, worker))
        if (roster_number(rooms->roster, worker) == wish->number) return worker;
    femd_fail(err, FEMD_BAD_ARGUMENT, "there is no worker %llu here; femd status lists them",
              (unsigned long long)wish->number);
    return FEMD_NIL;
}

static void admin_say(femd_done *done, const femd_rooms *rooms, uint32_t worker, const char *words) {
    const femd_hello *hello = roster_hello(rooms->roster, worker);
    snprintf(done->text, sizeof done->text, "worker %llu (pid %u on %s) %s",
             (unsigned long long)roster_number(rooms->roster, worker), hello->pid, hello->host, words);
}

static femd_status admin_quarantine(femd_rooms *rooms, const femd_admin *wish, femd_done *done, femd_error *err) {
    const uint32_t worker = admin_find_worker(rooms, wish, err);
    if (!worker) return FEMD_BAD_ARGUMENT;
    roster_quarantine(rooms->roster, worker, wish->text[0] ? wish->text : "by an admin");
    lanes_worker_gone(rooms->lanes, worker); /* what was queued for it is anybody's */
    admin_say(done, rooms, worker, "gets no tasks any more");
    return FEMD_OK;
}

static femd_status admin_release(femd_rooms *rooms, const femd_admin *wish, femd_done *done, femd_error *err) {
    const uint32_t worker = admin_find_worker(rooms, wish, err);
    if (!worker) return FEMD_BAD_ARGUMENT;
    const int was = roster_quarantined(rooms->roster, worker) != NULL;
    roster_quarantine(rooms->roster, worker, NULL);
    ledger_acquit(rooms->ledger, worker);
    admin_say(done, rooms, worker, was ? "gets tasks again" : "was not in quarantine");
    return FEMD_OK;
}

static femd_status admin_forgive(femd_rooms *rooms, const femd_admin *wish, femd_done *done, femd_error *err) {
    (void)wish;
    (void)err;
    const uint32_t points = ledger_forgive_poison(rooms->ledger), materials = materials_forgive_all(rooms->materials);
    snprintf(done->text, sizeof done->text, "%u points and %u materials that had ended workers may be tried again",
             points, materials);
    return FEMD_OK;
}

static femd_status admin_drain(femd_rooms *rooms, const femd_admin *wish, femd_done *done, femd_error *err) {
    (void)wish;
    (void)err;
    rooms->common.draining = 1;
    snprintf(done->text, sizeof done->text, "no new run is taken; the server ends when its %u runs are over",
             runs_count(rooms->runs));
    return FEMD_OK;
}

static femd_status admin_stop(femd_rooms *rooms, const femd_admin *wish, femd_done *done, femd_error *err) {
    (void)wish;
    (void)err;
    rooms->common.stopping = 1;
    snprintf(done->text, sizeof done->text, "the server ends; it leaves %u runs", runs_count(rooms->runs));
    return FEMD_OK;
}

typedef femd_status (*admin_call)(femd_rooms *rooms, const femd_admin *wish, femd_done *done, femd_error *err);

static admin_call admin_find(const char *act) {
    static const struct {
        const char *act;
        admin_call call;
    } table[] = {{"quarantine", admin_quarantine},
                 {"release", admin_release},
                 {"forgive", admin_forgive},
                 {"drain", admin_drain},
                 {"stop", admin_stop}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(table[i].act, act) == 0) return table[i].call;
    return NULL;
}

static femd_status admin_check(const femd_rooms *rooms, uint32_t peer, femd_error *err) {
    if (roster_identity(rooms->roster, peer)->role == FEMD_ROLE_ADMIN) return FEMD_OK;
    if (!rooms->common.config.keys && rooms->common.config.open_to_admins) return FEMD_OK;
    return femd_fail(err, FEMD_REFUSED,
                     "this server has no keys, and anybody could say that he is an admin: start it with --keys, or at "
                     "an ipc socket in a folder of yours");
}

femd_status admin_act(femd_rooms *rooms, uint32_t peer, const femd_frame *frame, femd_error *err) {
    femd_admin wish;
    femd_done done = {.text = ""};
    FEMD_TRY(femd_admin_decode(frame, &wish, err));
    FEMD_TRY(admin_check(rooms, peer, err));
    const admin_call call = admin_find(wish.act);
    if (!call)
        return femd_fail(err, FEMD_BAD_ARGUMENT, "\"%s\" is no act: quarantine, release, forgive, drain or stop",
                         wish.act);
    FEMD_TRY(call(rooms, &wish, &done, err));
    const char *name = roster_identity(rooms->roster, peer)->name; /* of its key; "" without keys */
    common_log(&rooms->common, FEMD_LOG_WARNING, "%s, by admin%s%s (peer %llu)%s%s: %s", wish.act, *name ? " " : "",
               name, (unsigned long long)roster_number(rooms->roster, peer), wish.text[0] ? ", " : "", wish.text,
               done.text);
    femd_buffer out = outbox_take(rooms->outbox);
    FEMD_TRY(femd_done_encode(&out, frame->id, &done, err));
    outbox_send(rooms->outbox, roster_address(rooms->roster, peer), &out);
    return FEMD_OK;
}

/* Runs of clients that are gone for good end by themselves, after the grace. */
int admin_wants_stop(const femd_rooms *rooms) {
    return rooms->common.stopping || (rooms->common.draining && !runs_count(rooms->runs));
}
