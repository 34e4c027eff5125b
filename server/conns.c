/* Connections by file descriptor. */
#include "conns.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

enum {
    LITTLE = 4096, /* bytes of greetings and heartbeats */
    LOOKS = 2000   /* after which a notice of an end is not of the socket that is still there */
};

void femd_conns_init(femd_conns *conns) {
    memset(conns, 0, sizeof *conns);
    femd_table_init(&conns->by_route, NULL, NULL);
}

void femd_conns_clear(femd_conns *conns) {
    free(conns->at);
    free(conns->gone);
    femd_table_clear(&conns->by_route);
    femd_conns_init(conns);
}

static femd_conn *conns_at(femd_conns *conns, int fd) {
    if (fd < 0) return NULL;
    if (fd >= conns->room) {
        int room = fd + 64;
        femd_conn *fresh = realloc(conns->at, (size_t)room * sizeof *fresh);
        if (!fresh) return NULL;
        memset(fresh + conns->room, 0, (size_t)(room - conns->room) * sizeof *fresh);
        conns->at = fresh;
        conns->room = room;
    }
    return &conns->at[fd];
}

/* Bytes that the kernel has taken in for a tcp connection; 0 for other kinds. */
static uint64_t conns_bytes_received(int fd) {
    struct tcp_info info;
    socklen_t size = sizeof info;
    memset(&info, 0, sizeof info);
    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 ? info.tcpi_bytes_received : 0;
}

/* The inode of the socket that a descriptor is open on; 0 if it is open on none. */
static uint64_t conns_socket_of(int fd) {
    struct stat about;
    return fstat(fd, &about) == 0 && S_ISSOCK(about.st_mode) ? (uint64_t)about.st_ino : 0;
}

static void conns_set_ending(femd_conns *conns, femd_conn *conn, int looks) {
    conns->nending += (looks > 0) - (conn->ending > 0);
    conn->ending = looks;
}

static void conns_set_open(femd_conns *conns, femd_conn *conn, int open) {
    conns->nopen += open - conn->open;
    conn->open = open;
}

void femd_conns_accepted(femd_conns *conns, int fd) {
    femd_conn *conn = conns_at(conns, fd);
    if (!conn) return;
    conns_set_open(conns, conn, 1);
    if (conn->route) return; /* the message was quicker than the notice */
    conn->messages = conn->messages_seen = 0;
    conn->baseline = 0;
}

static void conns_bind_route(femd_conns *conns, femd_conn *conn, int fd, uint64_t route, uint64_t socket) {
    conn->route = route;
    conn->socket = socket;
    conns_set_open(conns, conn, 1);
    conn->messages = conn->messages_seen = conn->baseline = 0;
    conn->who[0] = '\0';
    uint32_t old = femd_table_find64(&conns->by_route, route);
    if (old) femd_table_remove64(&conns->by_route, route, old);
    if (!femd_table_put64(&conns->by_route, route, (uint32_t)fd + 1))
        conn->route = 0; /* then it cannot be cut, no more */
}

static uint64_t conns_unbind(femd_conns *conns, femd_conn *conn, int fd) {
    uint64_t route = conn->route;
    if (route) femd_table_remove64(&conns->by_route, route, (uint32_t)fd + 1);
    conns_set_ending(conns, conn, 0);
    conn->route = 0;
    return route;
}

static int conns_is_older(uint64_t route, uint64_t than) {
    return (int32_t)((uint32_t)route - (uint32_t)than) < 0;
}

/* A message may be read when its connection has ended, and even when the descriptor is another's by then: it binds
 * nothing, or the end of the other would not be noticed. */
uint64_t femd_conns_heard(femd_conns *conns, int fd, uint64_t route) {
    femd_conn *conn = conns_at(conns, fd);
    if (!conn) return 0;
    uint64_t gone = 0;
    if (conn->route != route) {
        if (femd_conns_is_lost(conns, route)) return 0;
        const uint64_t socket = conns_socket_of(fd);
        if (!socket || (conn->route && conns_is_older(route, conn->route))) return route;
        gone = conns_unbind(conns, conn, fd);
        conns_bind_route(conns, conn, fd, route, socket);
    }
    conn->messages++;
    return gone;
}

const char *femd_conns_who(const femd_conns *conns, uint64_t route) {
    const uint32_t place = femd_table_find64(&conns->by_route, route);
    return place ? conns->at[place - 1].who : "";
}

void femd_conns_name(femd_conns *conns, uint64_t route, const char *who) {
    const uint32_t place = femd_table_find64(&conns->by_route, route);
    if (place) snprintf(conns->at[place - 1].who, sizeof conns->at->who, "%s", who);
}

uint64_t femd_conns_closed(femd_conns *conns, int fd) {
    femd_conn *conn = conns_at(conns, fd);
    if (!conn) return 0;
    if (conn->route && conns_socket_of(fd) == conn->socket) {
        conns_set_ending(conns, conn, LOOKS);
        return 0;
    }
    conns_set_open(conns, conn, 0);
    return conns_unbind(conns, conn, fd);
}

void femd_conns_settle(femd_conns *conns) {
    for (int fd = 0; fd < conns->room && conns->nending; fd++) {
        femd_conn *conn = &conns->at[fd];
        if (!conn->ending) continue;
        if (conns_socket_of(fd) == conn->socket) {
            conns_set_ending(conns, conn, conn->ending - 1);
            continue;
        }
        conns_set_open(conns, conn, 0);
        femd_conns_lost(conns, conns_unbind(conns, conn, fd));
    }
}

void femd_conns_lost(femd_conns *conns, uint64_t route) {
    if (!route) return;
    if (conns->ngone == conns->gone_room) {
        size_t room = conns->gone_room ? 2 * conns->gone_room : 32;
        uint64_t *gone = realloc(conns->gone, room * sizeof *gone);
        if (!gone) return; /* its next message cannot be sent, and it is lost again */
        conns->gone = gone;
        conns->gone_room = room;
    }
    conns->gone[conns->ngone++] = route;
}

int femd_conns_is_lost(const femd_conns *conns, uint64_t route) {
    for (size_t i = 0; i < conns->ngone; i++)
        if (conns->gone[i] == route) return 1;
    return 0;
}

/* libzmq offers no way to end one connection of a ROUTER. A shut down descriptor it closes itself, and without
 * lingering that resets the connection, so that a sender blocked on a full window learns of it too. */
static void conns_shut(int fd) {
    const struct linger none = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    shutdown(fd, SHUT_RDWR);
}

void femd_conns_cut(femd_conns *conns, uint64_t route) {
    uint32_t place = femd_table_find64(&conns->by_route, route);
    if (!place) return;
    const int fd = (int)place - 1;
    if (conns_socket_of(fd) == conns->at[fd].socket) conns_shut(fd);
}

int femd_conns_guard(femd_conns *conns, uint64_t most) {
    int count = 0;
    for (int fd = 0; fd < conns->room; fd++) {
        femd_conn *conn = &conns->at[fd];
        if (!conn->open) continue;
        uint64_t received = conns_bytes_received(fd);
        if (conn->messages != conn->messages_seen || received < conn->baseline) {
            conn->messages_seen = conn->messages;
            conn->baseline = received;
        } else if (received - conn->baseline > most) {
            conns_shut(fd);
            conn->baseline = received;
            count++;
        }
    }
    return count;
}

static int conns_is_unfinished(const femd_conn *conn, int fd) {
    int waiting = 0;
    struct sockaddr_storage at;
    socklen_t size = sizeof at;
    if (conn->messages != conn->messages_seen || getsockname(fd, (struct sockaddr *)&at, &size) != 0) return 0;
    if (at.ss_family != AF_UNIX) return conns_bytes_received(fd) - conn->baseline > LITTLE;
    return !conn->route || (ioctl(fd, FIONREAD, &waiting) == 0 && waiting > 0);
}

int femd_conns_cut_unfinished(femd_conns *conns) {
    int count = 0;
    for (int fd = 0; fd < conns->room; fd++) {
        if (!conns->at[fd].open || !conns_is_unfinished(&conns->at[fd], fd)) continue;
        conns_shut(fd);
        count++;
    }
    return count;
}
