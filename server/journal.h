/* The journal: a file of records, each with its length and a checksum, that a server which is started in the place of
 * one that died reads to its end. A record that is cut off or damaged ends it: what follows is dropped, and told. It
 * knows nothing of what the records say. One process at a time. */
#ifndef FEMD_SERVER_JOURNAL_H
#define FEMD_SERVER_JOURNAL_H

#include "femd/buffer.h"

typedef struct femd_journal femd_journal;

/* Opens the file, makes it if it is missing. REFUSED if another process has it for 3 s, BAD_INPUT if it is no journal,
 * IO. The end that is torn is cut off; *dropped: how many bytes. */
FEMD_MUST_CHECK femd_status journal_open(const char *path, femd_journal **journal, uint64_t *dropped, femd_error *err);
/* Writes what is left. Accepts NULL, sets NULL. */
void journal_close(femd_journal **journal);
/* Call with every record, oldest first; a failure that it returns ends this. */
typedef femd_status (*journal_visit)(void *user, const void *record, size_t size, femd_error *err);
FEMD_MUST_CHECK femd_status journal_read(femd_journal *journal, journal_visit visit, void *user, femd_error *err);

/* Add a record at the end, in memory. */
void journal_add(femd_journal *journal, const void *record, size_t size);
/* What is added from here on takes the place of all that is in the file, at the next sync. */
void journal_begin_anew(femd_journal *journal);
/* What was added survives the end of this process; and that of the machine. After a failure the journal is given up:
 * nothing more is written, and the file says that it is not complete. */
FEMD_MUST_CHECK femd_status journal_flush(femd_journal *journal, femd_error *err);
FEMD_MUST_CHECK femd_status journal_sync(femd_journal *journal, femd_error *err);
/* One that was given up is taken up again if there is room for a file beside it as long as it is; journal_begin_anew
 * and all that must outlive the server have to follow, and until they are synced the file says that it is not complete.
 * IO: there is no room. And given up once more, without words. */
FEMD_MUST_CHECK femd_status journal_take_up(femd_journal *journal, femd_error *err);
void journal_abandon(femd_journal *journal);
/* Bytes of the file, and when it was last begun anew. */
uint64_t journal_size(const femd_journal *journal);
uint64_t journal_first_size(const femd_journal *journal);
/* Whoever wrote it had to give it up: more has happened than it says. Until it is begun anew. */
int journal_was_given_up(const femd_journal *journal);
int journal_is_given_up(const femd_journal *journal);

/* The records in a block of bytes, which begins as a journal does: how many bytes of it are sound. */
FEMD_MUST_CHECK femd_status journal_scan(const void *data, size_t size, size_t *sound, journal_visit visit, void *user,
                                         femd_error *err);

#endif
