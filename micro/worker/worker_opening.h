/* A second thread for the time that a material is opened, which an engine does without a word: it tells the server that
 * the process lives and honours the signal to stop. The connection is its own meanwhile. */
#ifndef FEMD_WORKER_OPENING_H
#define FEMD_WORKER_OPENING_H

#include <signal.h>

#include "femd/peer.h"

typedef struct worker_opening worker_opening;

/* Until worker_opening_end the caller does not touch *peer. When *stop becomes non-zero the thread closes the peer,
 * which says BYE, and ends the process with code 0. A failure is no reason not to open: then nobody watches. */
worker_opening *worker_opening_begin(femd_peer **peer, const volatile sig_atomic_t *stop);
/* NULL is accepted. */
void worker_opening_end(worker_opening *opening);

#endif
