/* accept and accept4 of the program, which libzmq finds before those of the C library. */
#include "accepting.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_int accepting_most = 1 << 30, accepting_spare = -1;
static _Atomic uint64_t accepting_closed;

void accepting_below(int descriptor) {
    accepting_most = descriptor;
    if (accepting_spare < 0) accepting_spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

uint64_t accepting_refused(void) {
    return accepting_closed;
}

/* For libzmq as if the other end had thought better of it. */
static int accepting_close(int connection) {
    if (connection >= 0) close(connection);
    accepting_closed++;
    errno = ECONNABORTED;
    return -1;
}

/* Not even one descriptor is left: the spare one lets the connection in, so that it does not wait at the door. */
static int accepting_turn_away(int listener) {
    const int spare = atomic_exchange(&accepting_spare, -1);
    if (spare < 0) return accepting_close(-1);
    close(spare);
    const int connection = (int)syscall(SYS_accept4, listener, NULL, NULL, SOCK_CLOEXEC);
    if (connection >= 0) close(connection);
    accepting_spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return accepting_close(-1);
}

#define SEEN __attribute__((visibility("default"))) /* by libzmq */
SEEN int accept4(int listener, struct sockaddr *address, socklen_t *size, int flags);
SEEN int accept(int listener, struct sockaddr *address, socklen_t *size);
int accept4(int listener, struct sockaddr *address, socklen_t *size, int flags) {
    const int connection = (int)syscall(SYS_accept4, listener, address, size, flags);
    if (connection < 0 && (errno == EMFILE || errno == ENFILE)) return accepting_turn_away(listener);
    return connection >= accepting_most ? accepting_close(connection) : connection;
}

int accept(int listener, struct sockaddr *address, socklen_t *size) {
    return accept4(listener, address, size, 0);
}
