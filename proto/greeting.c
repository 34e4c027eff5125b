#include "greeting.h"

#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Descriptor of a connection, or -1. */
static int greeting_connect_local(const char *path) {
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof at.sun_path) return -1;
    strcpy(at.sun_path, path);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof at) == 0) return fd;
    close(fd);
    return -1;
}

static int greeting_connect(const char *address, const struct timeval *most) {
    char host[256];
    struct addrinfo want = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    if (strncmp(address, "ipc://", 6) == 0) return greeting_connect_local(address + 6);
    const char *port = strrchr(address, ':');
    if (strncmp(address, "tcp://", 6) != 0 || port < address + 6 || (size_t)(port - address - 6) >= sizeof host)
        return -1;
    snprintf(host, sizeof host, "%.*s", (int)(port - address - 6), address + 6);
    if (getaddrinfo(host, port + 1, &want, &found) != 0) return -1;
    const int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0) setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, most, sizeof *most); /* bounds connect() */
    const int connected = fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) == 0;
    freeaddrinfo(found);
    if (connected) return fd;
    if (fd >= 0) close(fd);
    return -1;
}

int femd_server_greets(const char *address, double seconds) {
    const struct timeval most = {(time_t)seconds, (suseconds_t)(1e6 * (seconds - (double)(time_t)seconds))};
    const int fd = greeting_connect(address, &most);
    char byte;
    if (fd < 0) return 1;
    struct pollfd wait = {fd, POLLIN, 0};
    const int closed = poll(&wait, 1, (int)(1000 * seconds)) > 0 && recv(fd, &byte, 1, 0) <= 0;
    close(fd);
    return !closed;
}
