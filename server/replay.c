/* The rooms from a journal, and back. */
#include "replay.h"

#include "annals.h"
#include "kept.h"

femd_status replay_record(femd_rooms *rooms, const void *data, size_t size, femd_error *err) {
    femd_annal annal;
    femd_kept kept;
    femd_status rc = annal_decode(data, size, &annal, err);
    if (rc != FEMD_OK) return rc;
    rooms->common.replaying = 1;
    switch (annal.kind) {
    case ANNAL_EPOCH: break; /* the shell's */
    case ANNAL_MATERIAL: rc = materials_restore(rooms->materials, &annal.bytes, err); break;
    case ANNAL_ANSWER:
        rc = kept_decode(annal.bytes.data, annal.bytes.size, &kept, err);
        if (rc == FEMD_OK) rc = kept_check(&kept, err);
        if (rc == FEMD_OK) ledger_pass_instant(rooms->ledger, kept.when);
        if (rc == FEMD_OK) (void)ledger_restore(rooms->ledger, &kept);
        break;
    case ANNAL_DOUBT: ledger_restore_doubt(rooms->ledger, &annal.hash, annal.number); break;
    case ANNAL_AUTHOR: rc = ledger_restore_author(rooms->ledger, &annal, err); break;
    default: rc = runs_restore(rooms->runs, &annal, err);
    }
    rooms->common.replaying = 0;
    if (rc == FEMD_OK && rooms->common.health != FEMD_OK)
        rc = femd_fail(err, FEMD_NO_MEMORY, "no memory for what the journal tells");
    return rc;
}

/* Who was convicted in a life before is it in this one too: what has been told of his answers may not be all. */
static void replay_verdicts(femd_rooms *rooms) {
    runs_doubt(rooms->runs);
    ledger_forget_doubtful(rooms->ledger);
    ledger_disbelieve(rooms->ledger);
}

void replay_summary(femd_rooms *rooms) {
    const femd_common *common = &rooms->common;
    if (!common->config.journal) return;
    replay_verdicts(rooms);
    outbox_keep(rooms->outbox, FEMD_ACTION_JOURNAL_ANEW, &(femd_buffer)FEMD_BUFFER_INIT);
    outbox_record(rooms->outbox, &(femd_annal){.kind = ANNAL_EPOCH,
                                               .number = common->config.epoch,
                                               .bytes = {common->level, strlen(common->level)}});
    for (uint32_t material = 1; material <= catalogue_last(rooms->catalogue); material++)
        if (catalogue_is_awake(rooms->catalogue, material))
            outbox_record(rooms->outbox,
                          &(femd_annal){.kind = ANNAL_MATERIAL, .bytes = catalogue_pack(rooms->catalogue, material)});
    ledger_record_authors(rooms->ledger);
    runs_record(rooms->runs);
    outbox_sync(rooms->outbox);
}
