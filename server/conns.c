/* Connections by file descriptor. */
#include "conns.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

void femd_conns_init(femd_conns *c) {
    memset(c, 0, sizeof *c);
    femd_table_init(&c->by_route, NULL, NULL);
}

void femd_conns_clear(femd_conns *c) {
    free(c->at);
    femd_table_clear(&c->by_route);
    femd_conns_init(c);
}

static femd_conn *at(femd_conns *c, int fd) {
    if (fd < 0) return NULL;
    if (fd >= c->room) {
        int room = fd + 64;
        femd_conn *fresh = realloc(c->at, (size_t)room * sizeof *fresh);
        if (!fresh) return NULL;
        memset(fresh + c->room, 0, (size_t)(room - c->room) * sizeof *fresh);
        c->at = fresh;
        c->room = room;
    }
    return &c->at[fd];
}

/* Bytes that the kernel has taken in for a tcp connection; 0 for other kinds. */
static uint64_t bytes_received(int fd) {
    struct tcp_info info;
    socklen_t n = sizeof info;
    memset(&info, 0, sizeof info);
    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &n) == 0 ? info.tcpi_bytes_received : 0;
}

/* The inode of what a descriptor is open on; 0 if it is not open. */
static uint64_t socket_of(int fd) {
    struct stat s;
    return fstat(fd, &s) == 0 ? (uint64_t)s.st_ino : 0;
}

void femd_conns_accepted(femd_conns *c, int fd) {
    femd_conn *k = at(c, fd);
    if (!k) return;
    k->open = 1;
    if (k->route) return; /* the message was quicker than the notice */
    k->messages = k->messages_seen = 0;
    k->baseline = 0;
}

static void bind_route(femd_conns *c, femd_conn *k, int fd, uint64_t route) {
    k->route = route;
    k->socket = socket_of(fd);
    k->open = 1;
    k->messages = k->messages_seen = k->baseline = 0;
    uint32_t old = femd_table_find64(&c->by_route, route);
    if (old) femd_table_remove64(&c->by_route, route, old);
    if (!femd_table_put64(&c->by_route, route, (uint32_t)fd + 1)) k->route = 0; /* then it cannot be cut, no more */
}

static uint64_t unbind(femd_conns *c, femd_conn *k, int fd) {
    uint64_t route = k->route;
    if (route) femd_table_remove64(&c->by_route, route, (uint32_t)fd + 1);
    k->route = 0;
    return route;
}

uint64_t femd_conns_heard(femd_conns *c, int fd, uint64_t route) {
    femd_conn *k = at(c, fd);
    if (!k) return 0;
    uint64_t gone = 0;
    if (k->route != route) {
        gone = unbind(c, k, fd);
        if (gone) k->unread_ends++;
        bind_route(c, k, fd, route);
    }
    k->messages++;
    return gone;
}

uint64_t femd_conns_closed(femd_conns *c, int fd) {
    femd_conn *k = at(c, fd);
    if (!k) return 0;
    if (k->unread_ends) {
        k->unread_ends--;
        return 0;
    }
    k->open = 0;
    return unbind(c, k, fd);
}

/* libzmq offers no way to end one connection of a ROUTER. A shut down descriptor it closes itself, and without
 * lingering that resets the connection, so that a sender blocked on a full window learns of it too. */
static void cut(int fd) {
    const struct linger none = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    shutdown(fd, SHUT_RDWR);
}

void femd_conns_cut(femd_conns *c, uint64_t route) {
    uint32_t place = femd_table_find64(&c->by_route, route);
    if (!place) return;
    const int fd = (int)place - 1;
    if (socket_of(fd) == c->at[fd].socket) cut(fd);
}

int femd_conns_guard(femd_conns *c, uint64_t most) {
    int count = 0;
    for (int fd = 0; fd < c->room; fd++) {
        femd_conn *k = &c->at[fd];
        if (!k->open) continue;
        uint64_t received = bytes_received(fd);
        if (k->messages != k->messages_seen || received < k->baseline) {
            k->messages_seen = k->messages;
            k->baseline = received;
        } else if (received - k->baseline > most) {
            cut(fd);
            k->baseline = received;
            count++;
        }
    }
    return count;
}
