/* Which addresses the server may listen at. */
#include "address.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Until peers have keys, only this machine may connect. This is also where keys and their allow-list will be demanded.
 */
femd_status address_check(const char *bind, femd_error *err) {
    if (strncmp(bind, "ipc://", 6) == 0 && bind[6]) return FEMD_OK;
    if (strncmp(bind, "tcp://", 6) != 0)
        return femd_fail(err, FEMD_BAD_ARGUMENT,
                         "--bind %s: not an address; accepted: tcp://127.0.0.1:PORT (PORT * = any free one), "
                         "ipc:///path/of/socket",
                         bind);
    const char *host = bind + 6, *colon = strrchr(host, ':');
    if (!colon || !colon[1]) return femd_fail(err, FEMD_BAD_ARGUMENT, "--bind %s: the port is missing", bind);
    if (strcmp(colon + 1, "*") != 0) {
        char *end;
        const unsigned long port = strtoul(colon + 1, &end, 10); /* libzmq would take 65536 + p for p */
        if (*end || port < 1 || port > 65535)
            return femd_fail(err, FEMD_BAD_ARGUMENT, "--bind %s: the port is 1 to 65535, or * for any free one", bind);
    }
    const size_t length = (size_t)(colon - host);
    unsigned byte[4];
    char text[64] = "", rest;
    if (length < sizeof text) memcpy(text, host, length);
    if (strcmp(text, "localhost") == 0 || strcmp(text, "[::1]") == 0 || strcmp(text, "::1") == 0) return FEMD_OK;
    if (sscanf(text, "%u.%u.%u.%u%c", &byte[0], &byte[1], &byte[2], &byte[3], &rest) == 4 && byte[0] == 127 &&
        byte[1] < 256 && byte[2] < 256 && byte[3] < 256)
        return FEMD_OK;
    return femd_fail(err, FEMD_REFUSED,
                     "--bind %s: refused, since anybody who can reach it could run tasks; keys do not exist yet, so "
                     "the server listens on this machine only: tcp://127.0.0.1:PORT or ipc:///path",
                     bind);
}

const char *address_ipc_path(const char *bind) {
    return strncmp(bind, "ipc://", 6) == 0 ? bind + 6 : NULL;
}

/* libzmq would quietly take the socket file away from a server that is using it. */
femd_status address_check_ipc_free(const char *path, int *file, femd_error *err) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    *file = 0;
    if (path[0] == '@') return FEMD_OK;
    if (strlen(path) >= sizeof address.sun_path)
        return femd_fail(err, FEMD_BAD_ARGUMENT, "--bind ipc://%s: longer than %zu bytes", path,
                         sizeof address.sun_path - 1);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int taken = fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
    if (fd >= 0) close(fd);
    if (taken) return femd_fail(err, FEMD_IO, "--bind ipc://%s: another server listens there", path);
    *file = 1;
    return FEMD_OK;
}
