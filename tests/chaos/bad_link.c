/* bad_link LISTEN-ADDRESS LISTEN-PORT TO-ADDRESS TO-PORT FIFO: a link that can be bad, between TCP peers and one
 * server.
 *
 * Lines in the FIFO: "cut" (nothing passes, both ends see silence), "heal", "delay MS" (each way), "drop" (all
 * connections end). Port 0 is any free one. Prints the port it listens at. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PAIRS = 128, SLICE = 65536, SLICES = 64 };

typedef struct slice {
    double due;
    size_t size, sent;
    char bytes[SLICE];
} slice;

typedef struct way { /* from -> to */
    int from, to;
    slice *waiting[SLICES];
    int count;
} way;

static struct {
    way way[PAIRS][2];
    int pairs, cut;
    double delay;
    struct sockaddr_in server;
} all;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static struct sockaddr_in address_of(const char *host, const char *port) {
    struct sockaddr_in at = {.sin_family = AF_INET};
    at.sin_port = htons((uint16_t)atoi(port));
    if (inet_pton(AF_INET, host, &at.sin_addr) != 1) exit(2);
    return at;
}

static void close_pair(int pair) {
    for (int side = 0; side < 2; side++)
        while (all.way[pair][side].count) free(all.way[pair][side].waiting[--all.way[pair][side].count]);
    close(all.way[pair][0].from);
    close(all.way[pair][1].from);
    memcpy(all.way[pair], all.way[--all.pairs], sizeof all.way[0]);
}

static void take_in(int listener) {
    const int near = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    if (near < 0) return;
    const int far = socket(AF_INET, SOCK_STREAM, 0);
    if (all.pairs == PAIRS || connect(far, (struct sockaddr *)&all.server, sizeof all.server) != 0) {
        close(near);
        close(far);
        return;
    }
    fcntl(far, F_SETFL, O_NONBLOCK);
    all.way[all.pairs][0] = (way){.from = near, .to = far};
    all.way[all.pairs++][1] = (way){.from = far, .to = near};
}

/* 0 when the connection has ended. */
static int read_some(way *w, double time) {
    if (w->count == SLICES) return 1;
    slice *s = malloc(sizeof *s);
    const ssize_t got = s ? recv(w->from, s->bytes, SLICE, 0) : -1;
    if (got <= 0) {
        const int later = got < 0 && (errno == EAGAIN || errno == EINTR);
        free(s);
        return later;
    }
    s->due = time + all.delay;
    s->size = (size_t)got;
    s->sent = 0;
    w->waiting[w->count++] = s;
    return 1;
}

static int write_due(way *w, double time) {
    while (w->count && w->waiting[0]->due <= time) {
        slice *s = w->waiting[0];
        const ssize_t put = send(w->to, s->bytes + s->sent, s->size - s->sent, MSG_NOSIGNAL);
        if (put < 0) return errno == EAGAIN || errno == EINTR;
        s->sent += (size_t)put;
        if (s->sent < s->size) return 1;
        free(s);
        memmove(w->waiting, w->waiting + 1, (size_t)--w->count * sizeof w->waiting[0]);
    }
    return 1;
}

static void obey(const char *line) {
    if (strncmp(line, "cut", 3) == 0) all.cut = 1;
    if (strncmp(line, "heal", 4) == 0) all.cut = 0;
    if (strncmp(line, "delay ", 6) == 0) all.delay = 1e-3 * atof(line + 6);
    if (strncmp(line, "drop", 4) == 0)
        while (all.pairs) close_pair(all.pairs - 1);
}

static void move_bytes(void) {
    const double time = now();
    for (int pair = all.pairs - 1; pair >= 0; pair--)
        for (int side = 0; side < 2; side++) {
            way *w = &all.way[pair][side];
            if (read_some(w, time) && write_due(w, time)) continue;
            close_pair(pair);
            break;
        }
}

/* How long until something that waits is due. */
static int pause_ms(void) {
    double next = 0.5;
    for (int pair = 0; pair < all.pairs && !all.cut; pair++)
        for (int side = 0; side < 2; side++)
            if (all.way[pair][side].count && all.way[pair][side].waiting[0]->due - now() < next)
                next = all.way[pair][side].waiting[0]->due - now();
    return next < 0.001 ? 1 : (int)(1000 * next) + 1;
}

int main(int argc, char **argv) {
    char line[256];
    if (argc != 6) return fprintf(stderr, "usage: bad_link ADDRESS PORT TO-ADDRESS TO-PORT FIFO\n"), 2;
    struct sockaddr_in at = address_of(argv[1], argv[2]);
    socklen_t length = sizeof at;
    all.server = address_of(argv[3], argv[4]);
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), yes = 1;
    const int control = open(argv[5], O_RDWR | O_NONBLOCK);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (control < 0 || bind(listener, (struct sockaddr *)&at, sizeof at) != 0 || listen(listener, 64) != 0)
        return perror("bad_link"), 70;
    getsockname(listener, (struct sockaddr *)&at, &length);
    printf("%d\n", ntohs(at.sin_port));
    fflush(stdout);
    for (;;) {
        struct pollfd wait[3 + 2 * PAIRS] = {{control, POLLIN, 0}, {-1, 0, 0}, {all.cut ? -1 : listener, POLLIN, 0}};
        nfds_t n = 3;
        for (int pair = 0; pair < all.pairs && !all.cut; pair++)
            for (int side = 0; side < 2; side++)
                if (all.way[pair][side].count < SLICES)
                    wait[n++] = (struct pollfd){all.way[pair][side].from, POLLIN, 0};
        poll(wait, n, pause_ms());
        if (wait[1].revents & (POLLHUP | POLLERR)) return 0;
        if (wait[0].revents & POLLIN) {
            const ssize_t got = read(control, line, sizeof line - 1);
            line[got > 0 ? got : 0] = '\0';
            for (char *one = strtok(line, "\n"); one; one = strtok(NULL, "\n")) obey(one);
        }
        if (all.cut) continue;
        if (wait[2].revents & POLLIN) take_in(listener);
        move_bytes();
    }
}
