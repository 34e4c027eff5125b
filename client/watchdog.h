/* Engines in a process of their own, so that one that hangs, dies or ends its process is told of in words. */
#ifndef FEMD_CLIENT_WATCHDOG_H
#define FEMD_CLIENT_WATCHDOG_H

/* How long it may be without a sign of progress if nothing is said. */
#define WATCHDOG_DEADLINE 600.0

/* Do the work in a child and return its exit code. The child is killed if it shows no sign of progress (watchdog_beat)
 * for `deadline` s, twice as long while it opens a material; then, or if it dies, words that name the option go to
 * stderr and the code is FEMD_EXIT_POOL_LOST. What the work changes in memory stays in the child. */
int watchdog_run(double deadline, const char *option_name, int (*work)(void *user), void *user);
/* Of --deadline: 1 if it can be one, else words on stderr. */
int watchdog_check_deadline(double deadline);

/* In the work, and without effect elsewhere: it goes on; a material is being opened (1), or no longer (0). */
void watchdog_beat(void);
void watchdog_opening(int opening);
/* Something is done that is no engine's affair, and may take its time (1); no longer (0). */
void watchdog_rest(int rest);
/* A femd_beat callback that does nothing else. */
int watchdog_on_beat(void *user, double fraction);

#endif
