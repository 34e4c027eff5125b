/* What a fuzz target says of an input that was not refused at the door. A corpus of which nothing is read any more (a
 * format or the version of an engine's state has changed) reaches nothing and finds nothing, without a sign of it: the
 * replay of a corpus fails where an input of some kind is missing. */
#ifndef FEMD_FUZZ_READS_H
#define FEMD_FUZZ_READS_H

enum { FUZZ_KINDS_MAX = 32 };

/* The target's own: a name for each kind of input, NULL after the last. */
extern const char *const fuzz_kinds[];

/* An input was read as the kind of this index. */
void fuzz_read(int kind);
/* How many were since the last call of fuzz_forget. */
unsigned long fuzz_count(int kind);
void fuzz_forget(void);

#endif
