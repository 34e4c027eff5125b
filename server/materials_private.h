/* The records of the materials, for the files of this room alone. */
#ifndef FEMD_SERVER_MATERIALS_PRIVATE_H
#define FEMD_SERVER_MATERIALS_PRIVATE_H

#include "materials.h"

typedef struct material_asker { /* a client to tell */
    uint32_t client;
    uint64_t id; /* of its MATERIAL frame */
} material_asker;

enum { LOSSES_MAX = 16 };
typedef struct material_asked {
    uint32_t losses; /* workers that ended while opening it */
    struct {
        uint32_t death, host, pid;
    } loss[LOSSES_MAX];
    double given_up;       /* when it was given up for that */
    uint32_t rounds;       /* times that all workers have failed for a reason that may pass */
    double wait, again_at; /* s; when those are sent it again (infinity: none is) */
    double since, more_at; /* when it was sent to the first; when one more is sent it if nobody has opened it by then */
    double sent_at;        /* when it was sent last */
    material_asker *asker; /* owned */
    uint32_t count, room;
} material_asked;

struct femd_materials {
    femd_common *common;
    femd_roster *roster;
    femd_catalogue *catalogue;
    femd_outbox *outbox;
    femd_lanes *lanes;
    femd_deaths *deaths;
    femd_ledger *ledger;
    femd_runs *runs;
    femd_batches *batches;
    femd_rows asked; /* by material */
    double next_due;
    double spread_at; /* when it is looked again who could help */
    int restored;     /* some are from a journal */
};

static inline material_asked *materials_at(const femd_materials *materials, uint32_t material) {
    return femd_rows_at(&materials->asked, material);
}

/* materials_spread.c */
/* Nobody has been sent it yet. */
void materials_begin_asking(femd_materials *materials, uint32_t material);
/* To the workers that are to open it at once. */
void materials_offer(femd_materials *materials, uint32_t material);
/* One that had it could not, or is gone: to another, unless somebody opens it or has. */
void materials_offer_next(femd_materials *materials, uint32_t material);
/* more_at has come. */
void materials_offer_more(femd_materials *materials, uint32_t material);
/* To those again that failed for a reason that may have passed. */
void materials_try_again(femd_materials *materials, uint32_t material);
/* A worker has opened it. */
void materials_learn_opening(femd_materials *materials, uint32_t material);
/* The worker drops what it has of it. */
void materials_drop(femd_materials *materials, const femd_hash *id, uint32_t worker);
/* It does not open it any more, and nobody needs it. */
void materials_unsend(femd_materials *materials, uint32_t material, uint32_t worker);

#endif
