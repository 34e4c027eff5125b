/* Which addresses the server may listen at. */
#include "address.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "femd/keys.h"

enum { BACKLOG = 100 }; /* connections that wait to be accepted, as libzmq has it */

femd_status address_check(const char *bind, int others, femd_error *err) {
    if (strncmp(bind, "ipc://", 6) == 0 && bind[6]) return FEMD_OK;
    if (strncmp(bind, "tcp://", 6) != 0)
        return femd_fail(err, FEMD_BAD_ARGUMENT,
                         "--bind %s: not an address; accepted: tcp://127.0.0.1:PORT (PORT * = any free one), "
                         "ipc:///path/of/socket, and with --keys tcp://HOST:PORT (HOST * = all of this machine)",
                         bind);
    const char *host = bind + 6, *colon = strrchr(host, ':');
    if (!colon || !colon[1]) return femd_fail(err, FEMD_BAD_ARGUMENT, "--bind %s: the port is missing", bind);
    if (strcmp(colon + 1, "*") != 0) {
        char *end;
        const unsigned long port = strtoul(colon + 1, &end, 10); /* libzmq would take 65536 + p for p */
        if (*end || port < 1 || port > 65535)
            return femd_fail(err, FEMD_BAD_ARGUMENT, "--bind %s: the port is 1 to 65535, or * for any free one", bind);
    }
    if (others || femd_address_is_local(bind)) return FEMD_OK;
    return femd_fail(err, FEMD_REFUSED,
                     "--bind %s: refused, since anybody who can reach it could run tasks and give false answers. Make "
                     "keys (femd keygen DIR) and start the server with --keys DIR; or listen on this machine only, at "
                     "tcp://127.0.0.1:PORT or ipc:///path; or say --insecure",
                     bind);
}

const char *address_ipc_path(const char *bind) {
    return strncmp(bind, "ipc://", 6) == 0 ? bind + 6 : NULL;
}

/* What stands at the path. Only a socket file of this user may be taken away; libzmq would unlink whatever is there. */
static femd_status address_check_file(const char *path, int *there, femd_error *err) {
    struct stat st;
    *there = lstat(path, &st) == 0;
    if (!*there && errno == ENOENT) return FEMD_OK;
    if (!*there) return femd_fail(err, FEMD_IO, "--bind ipc://%s: %s", path, strerror(errno));
    if (!S_ISSOCK(st.st_mode))
        return femd_fail(err, FEMD_REFUSED,
                         "--bind ipc://%s: %s is there, and it stays; name a path where nothing is, or the socket that "
                         "a server left behind",
                         path,
                         S_ISREG(st.st_mode)   ? "a file"
                         : S_ISDIR(st.st_mode) ? "a folder"
                         : S_ISLNK(st.st_mode) ? "a symbolic link"
                                               : "something that is no socket");
    if (st.st_uid != geteuid())
        return femd_fail(err, FEMD_REFUSED, "--bind ipc://%s: the socket there is another user's (%lu)", path,
                         (unsigned long)st.st_uid);
    return FEMD_OK;
}

/* A socket that nobody listens at refuses connections. Every other failure (a queue that is full, no right to write)
 * leaves open whether a server lives there. */
static femd_status address_check_dead(const struct sockaddr_un *address, femd_error *err) {
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return femd_fail(err, FEMD_IO, "--bind ipc://%s: %s", address->sun_path, strerror(errno));
    const int taken = connect(fd, (const struct sockaddr *)address, sizeof *address) == 0;
    const int why = taken ? 0 : errno;
    close(fd);
    if (taken || why == EAGAIN)
        return femd_fail(err, FEMD_IO, "--bind ipc://%s: another server listens there", address->sun_path);
    if (why == ECONNREFUSED || why == ENOENT) return FEMD_OK;
    return femd_fail(err, FEMD_IO,
                     "--bind ipc://%s: a socket is there, and whether a server listens at it is unknown: %s",
                     address->sun_path, strerror(why));
}

femd_status address_bind_ipc(const char *path, int *listener, femd_error *err) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int there;
    *listener = -1;
    if (path[0] == '@' || strcmp(path, "*") == 0) return FEMD_OK;
    if (strlen(path) >= sizeof address.sun_path)
        return femd_fail(err, FEMD_BAD_ARGUMENT, "--bind ipc://%s: longer than %zu bytes", path,
                         sizeof address.sun_path - 1);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    FEMD_TRY(address_check_file(path, &there, err));
    if (there) {
        FEMD_TRY(address_check_dead(&address, err));
        unlink(path);
    }
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) != 0 || listen(fd, BACKLOG) != 0) {
        femd_status rc = femd_fail(err, FEMD_IO, "--bind ipc://%s: %s", path, strerror(errno));
        if (fd >= 0) close(fd);
        return rc;
    }
    *listener = fd;
    return FEMD_OK;
}
