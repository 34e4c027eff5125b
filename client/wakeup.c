/* Ends of waits from outside, and a descriptor for hosts that wait for other things too. */
#include "wakeup.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

static const struct itimerspec wakeup_period = {{0, 500000000}, {0, 500000000}};

femd_status wakeup_open(femd_client *c, femd_error *err) {
    if (c->wake >= 0) return FEMD_OK;
    c->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (c->wake < 0) return femd_fail(err, FEMD_IO, "no descriptor for a wake-up: %s", strerror(errno));
    femd_peer_wake_by(c->peer, c->wake);
    return FEMD_OK;
}

void wakeup_close(femd_client *c) {
    if (c->wake >= 0) close(c->wake);
    if (c->timer >= 0) close(c->timer);
    if (c->descriptor >= 0) close(c->descriptor);
    c->wake = c->timer = c->descriptor = -1;
}

void wakeup_drain(femd_client *c) {
    uint64_t count;
    if (c->wake >= 0 && read(c->wake, &count, sizeof count) == sizeof count) c->woken = 1;
    if (c->timer >= 0 && read(c->timer, &count, sizeof count) < 0) return;
}

void wakeup_sleep(femd_client *c, double seconds) {
    struct pollfd item = {.fd = c->wake, .events = POLLIN};
    if (poll(&item, 1, (int)(1000 * seconds)) > 0) wakeup_drain(c);
}

void wakeup_rearm(femd_client *c) {
    const uint64_t one = 1;
    if (c->descriptor < 0 || !femd_peer_has_news(c->peer)) return;
    if (write(c->wake, &one, sizeof one) < 0) return; /* it is readable already */
}

void femd_client_wake(const femd_client *c) {
    const uint64_t one = 1;
    if (!c || c->wake < 0) return;
    if (write(c->wake, &one, sizeof one) < 0) return; /* it is readable already */
}

static int wakeup_watch(int set, int fd) {
    struct epoll_event event = {.events = EPOLLIN, .data = {.fd = fd}};
    return fd >= 0 && epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) == 0;
}

femd_status femd_client_descriptor(femd_client *c, int *fd, femd_error *err) {
    int socket, monitor;
    if (!c || !fd) return femd_fail(err, FEMD_BAD_ARGUMENT, "femd_client_descriptor: NULL argument");
    if (c->descriptor < 0) {
        FEMD_TRY(wakeup_open(c, err));
        femd_peer_descriptors(c->peer, &socket, &monitor);
        c->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
        c->descriptor = epoll_create1(EPOLL_CLOEXEC);
        if (c->timer < 0 || c->descriptor < 0 || timerfd_settime(c->timer, 0, &wakeup_period, NULL) != 0 ||
            !wakeup_watch(c->descriptor, socket) || !wakeup_watch(c->descriptor, monitor) ||
            !wakeup_watch(c->descriptor, c->wake) || !wakeup_watch(c->descriptor, c->timer)) {
            const int why = errno;
            if (c->timer >= 0) close(c->timer);
            if (c->descriptor >= 0) close(c->descriptor);
            c->timer = c->descriptor = -1;
            return femd_fail(err, FEMD_IO, "no descriptor to wait for: %s", strerror(why));
        }
    }
    *fd = c->descriptor;
    wakeup_rearm(c);
    return FEMD_OK;
}
