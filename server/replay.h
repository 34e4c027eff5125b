/* The rooms from a journal: each record of it is done again, without a word to anybody; and the other way round, all
 * that must outlive the server as records. */
#ifndef FEMD_SERVER_REPLAY_H
#define FEMD_SERVER_REPLAY_H

#include "rooms.h"

/* BAD_INPUT with words if the bytes are no record, or one that does not follow from those before. */
FEMD_MUST_CHECK femd_status replay_record(femd_rooms *rooms, const void *data, size_t size, femd_error *err);
/* Records from which other rooms become what these are, as actions, the first of which starts the journal anew. */
void replay_summary(femd_rooms *rooms);

#endif
