/* Connections by file descriptor: which route talks over which one, so that a dead connection names its peer and a peer
 * can be cut off; and a guard against a connection that fills memory with a message that never ends. libzmq shows the
 * parts of a message only when the last one is there, and neither its high-water mark nor MAXMSGSIZE counts them
 * together. */
#ifndef FEMD_SERVER_CONNS_H
#define FEMD_SERVER_CONNS_H

#include "table.h"

typedef struct femd_conn {
    uint64_t route;  /* 0: nobody has spoken */
    uint64_t socket; /* the kernel's number of the socket that the route spoke over: a descriptor may have been taken
                        over since */
    int open;
    int ending;   /* looks that are left to see whether a notice of an end meant the route's connection */
    char who[41]; /* the public key that the connection was made with; empty: not said */
    uint64_t messages, messages_seen; /* complete ones; at the guard's last look */
    uint64_t baseline;                /* bytes received then */
} femd_conn;

typedef struct femd_conns {
    femd_conn *at; /* by descriptor; owned */
    int room, nopen, nending;
    femd_table by_route; /* route -> descriptor + 1 */
    uint64_t *gone;      /* routes whose connection is gone and that are to be reported; owned */
    size_t ngone, gone_room;
} femd_conns;

void femd_conns_init(femd_conns *conns);
void femd_conns_clear(femd_conns *conns);
/* The monitor says that fd was accepted. */
void femd_conns_accepted(femd_conns *conns, int fd);
/* A message of route came over fd, which libzmq may have closed since, and the kernel given to another connection.
 * Returns a route that is thereby known to be gone, or 0: the one that had the descriptor before, or this one, whose
 * message is read late. Of two routes the one with the higher number (mod 2^32) is the younger, as libzmq gives them.
 */
uint64_t femd_conns_heard(femd_conns *conns, int fd, uint64_t route);
/* What the connection of a route was made with, "" if that was not said; and say it (cut to 40 characters). */
const char *femd_conns_who(const femd_conns *conns, uint64_t route);
void femd_conns_name(femd_conns *conns, uint64_t route, const char *who);
/* The monitor says that a connection on fd has ended. Returns the route that is gone, or 0: nobody has spoken over it,
 * or the route's socket is still there. Then libzmq is about to close it, or the notice is of an earlier connection:
 * femd_conns_settle tells, called again and again while nending is not 0. */
uint64_t femd_conns_closed(femd_conns *conns, int fd);
/* Of those ends that were not certain: reports (femd_conns_lost) each whose socket is gone by now. */
void femd_conns_settle(femd_conns *conns);
/* The connection of a route (0: of nobody) is gone, and that is still to be reported: once what had come from it is
 * read. */
void femd_conns_lost(femd_conns *conns, uint64_t route);
int femd_conns_is_lost(const femd_conns *conns, uint64_t route);
/* Cut the connection of a route; libzmq then notices its end. Nothing happens if its socket is gone, whoever has the
 * descriptor now. */
void femd_conns_cut(femd_conns *conns, uint64_t route);
/* Cut every tcp connection that has taken in more than `most` bytes since its last complete message. Returns how many.
 */
int femd_conns_guard(femd_conns *conns, uint64_t most);
/* Memory is out: cut every connection that is in the middle of a message, or has never ended one. Of a local one the
 * kernel does not say how much it has sent: bytes that wait to be read are a sign. Returns how many. */
int femd_conns_cut_unfinished(femd_conns *conns);

#endif
