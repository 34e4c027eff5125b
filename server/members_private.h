/* The records of the members, for the files of this room alone. */
#ifndef FEMD_SERVER_MEMBERS_PRIVATE_H
#define FEMD_SERVER_MEMBERS_PRIVATE_H

#include "members.h"

enum { OUSTED = 64, BANNED_MAX = 64 };

typedef struct members_banned { /* a worker's process that was expelled for what it said */
    char host[sizeof((femd_hello *)0)->host];
    uint32_t pid;
    double until; /* s; 0: the place is free */
} members_banned;

struct femd_members {
    members_rooms in;
    double next_pulse;
    int pulse_now;           /* the pool has changed */
    uint64_t ousted[OUSTED]; /* routes of the clients last displaced, in turn */
    uint32_t ousts;
    members_banned banned[BANNED_MAX];
    uint32_t next_banned; /* the place that is overwritten next */
    int has_build;
    uint64_t build; /* of the first worker, the only one where config.one_build says so */
};

static inline int members_is_worker(const femd_members *members, uint32_t peer) {
    return roster_hello(members->in.roster, peer)->role == FEMD_ROLE_WORKER;
}

/* Tell whoever started it what became of a worker; of other peers nothing. */
void members_report(const femd_members *members, uint32_t peer, femd_worker_news news);

#endif
