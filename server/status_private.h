/* The lists of the STATUS message, shared by the files of this room. */
#ifndef FEMD_SERVER_STATUS_PRIVATE_H
#define FEMD_SERVER_STATUS_PRIVATE_H

#include <cjson/cJSON.h>

#include "status.h"

/* Of the whole message. The lists end before it, so that what closes the message has room. */
enum { STATUS_BYTES_MAX = 256 << 10, STATUS_CLOSING = 1 << 10 };

/* One list under way. What has no room in it any more is counted. */
typedef struct status_list {
    femd_buffer *out;
    size_t end;    /* bytes of the message that it may reach */
    uint32_t most; /* entries */
    uint32_t told, left_out;
    femd_status rc;
} status_list;

/* A list named key, of at most so many entries and bytes. */
status_list status_list_begin(femd_buffer *out, const char *key, uint32_t most, size_t bytes);
/* 1 if it takes no more; the entry that is not made then counts as left out. */
int status_list_is_full(status_list *list);
/* An entry, owned; it is left out, as all that follow are, if it has no room. NULL: memory is out. */
void status_list_add(status_list *list, cJSON *entry);
FEMD_MUST_CHECK femd_status status_list_end(status_list *list);

void status_add(cJSON *object, const char *key, double value);

/* Workers and their hosts, counted. */
typedef struct status_pool status_pool;
/* NULL if memory is out. Destroying accepts NULL, sets NULL. */
status_pool *status_pool_create(const femd_rooms *rooms);
void status_pool_destroy(status_pool **pool);
/* Workers by what they do, and hosts, as members of totals. */
void status_pool_totals(const status_pool *pool, cJSON *totals);
/* Lists of hosts and of workers; how many are not in them. */
FEMD_MUST_CHECK femd_status status_pool_hosts(const status_pool *pool, femd_buffer *out, uint32_t *left_out);
FEMD_MUST_CHECK femd_status status_pool_workers(const status_pool *pool, femd_buffer *out, uint32_t *left_out);

#endif
