/* Key files, and which of them a peer uses. */
#include "femd/keys.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

enum { FILE_MOST = 4096 };
static const char title_line[] = "femd key 1";

/* ---- words ---- */

static const char *const role_names[] = {"server", "client", "worker", "admin"};

const char *femd_key_role_name(femd_role role) {
    return (unsigned)role < 4 ? role_names[role] : "?";
}

int femd_key_role_of(const char *text, femd_role *role) {
    for (unsigned i = 0; i < 4; i++) {
        if (strcmp(text, role_names[i]) != 0) continue;
        *role = (femd_role)i;
        return 1;
    }
    return 0;
}

int femd_key_is_name(const char *text) {
    static const char set[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    const size_t n = strlen(text);
    return n >= 1 && n <= FEMD_KEY_NAME && strspn(text, set) == n && text[0] != '.' && text[0] != '-';
}

int femd_key_is_text(const char *text) {
    static const char set[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
    uint8_t bytes[32];
    return strlen(text) == FEMD_KEY_TEXT && strspn(text, set) == FEMD_KEY_TEXT && zmq_z85_decode(bytes, text) != NULL;
}

femd_status femd_keys_supported(femd_error *err) {
    if (zmq_has("curve")) return FEMD_OK;
    return femd_fail(err, FEMD_UNSUPPORTED,
                     "keys cannot be used: the libzmq of this machine was built without CURVE (libsodium)");
}

/* ---- making and keeping ---- */

femd_status femd_key_make(femd_key *key, femd_error *err) {
    FEMD_TRY(femd_keys_supported(err));
    if (zmq_curve_keypair(key->public_text, key->secret_text) == 0) return FEMD_OK;
    return femd_fail(err, FEMD_INTERNAL, "no key could be made: %s", zmq_strerror(errno));
}

void femd_key_wipe(femd_key *key) {
    explicit_bzero(key, sizeof *key);
}

static femd_status keys_write_all(int file, const char *text, size_t size, const char *path, femd_error *err) {
    while (size) {
        const ssize_t n = write(file, text, size);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return femd_fail(err, FEMD_IO, "%s: %s", path, strerror(errno));
        text += n;
        size -= (size_t)n;
    }
    if (fsync(file) != 0) return femd_fail(err, FEMD_IO, "%s: %s", path, strerror(errno));
    return FEMD_OK;
}

femd_status femd_key_write(const char *path, const femd_key *key, femd_error *err) {
    char text[512];
    int size = snprintf(text, sizeof text, "%s\nrole %s\nname %s\npublic %s\nsecret %s\n", title_line,
                        femd_key_role_name(key->role), key->name, key->public_text, key->secret_text);
    if (key->server_text[0]) size += snprintf(text + size, sizeof text - (size_t)size, "server %s\n", key->server_text);
    const int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    femd_status rc = FEMD_OK;
    if (file < 0 && errno == EEXIST)
        rc = femd_fail(err, FEMD_REFUSED, "%s is there already, and it stays; name another, or remove it", path);
    else if (file < 0)
        rc = femd_fail(err, FEMD_IO, "%s: %s", path, strerror(errno));
    if (rc == FEMD_OK) {
        rc = keys_write_all(file, text, (size_t)size, path, err);
        close(file);
        if (rc != FEMD_OK) unlink(path);
    }
    explicit_bzero(text, sizeof text);
    return rc;
}

/* ---- reading ---- */

static femd_status keys_take(femd_key *key, unsigned *seen, const char *word, const char *value, femd_error *err) {
    static const char *const words[] = {"role", "name", "public", "secret", "server"};
    char *const texts[] = {NULL, NULL, key->public_text, key->secret_text, key->server_text};
    unsigned i = 0;
    while (i < 5 && strcmp(word, words[i]) != 0) i++;
    if (i == 5) return femd_fail(err, FEMD_BAD_INPUT, "unknown word \"%.20s\"", word);
    if (*seen & 1u << i) return femd_fail(err, FEMD_BAD_INPUT, "\"%s\" stands twice", word);
    *seen |= 1u << i;
    if (i == 0 && !femd_key_role_of(value, &key->role))
        return femd_fail(err, FEMD_BAD_INPUT, "role is server, client, worker or admin");
    if (i == 1 && !femd_key_is_name(value))
        return femd_fail(err, FEMD_BAD_INPUT, "name is 1 to %d letters, digits, '.', '_', '-'", FEMD_KEY_NAME);
    if (i >= 2 && !femd_key_is_text(value))
        return femd_fail(err, FEMD_BAD_INPUT, "\"%s\" is no key of %d characters", word, FEMD_KEY_TEXT);
    if (i == 1) memcpy(key->name, value, strlen(value) + 1);
    if (i >= 2) memcpy(texts[i], value, FEMD_KEY_TEXT + 1);
    return FEMD_OK;
}

/* text is cut up. */
static femd_status keys_parse(char *text, femd_key *key, femd_error *err) {
    unsigned seen = 0;
    char *rest = text, *line = strsep(&rest, "\n");
    if (strcmp(line, title_line) != 0)
        return femd_fail(err, FEMD_BAD_INPUT, "a key file begins with the line \"%s\"", title_line);
    while (rest && (line = strsep(&rest, "\n"))) {
        if (!*line) continue;
        char *value = strchr(line, ' ');
        if (!value) return femd_fail(err, FEMD_BAD_INPUT, "a line without a value");
        *value++ = '\0';
        FEMD_TRY(keys_take(key, &seen, line, value, err));
    }
    const unsigned wanted = key->role ? 31 : 15;
    if (seen != wanted)
        return femd_fail(err, FEMD_BAD_INPUT,
                         "role, name, public, secret and, of all but the server's, server stand "
                         "in a key file; one is missing or too many");
    char public_text[FEMD_KEY_TEXT + 1];
    if (zmq_curve_public(public_text, key->secret_text) != 0 || strcmp(public_text, key->public_text) != 0)
        return femd_fail(err, FEMD_BAD_INPUT, "public and secret do not belong together");
    return FEMD_OK;
}

static femd_status keys_check_file(const struct stat *st, femd_error *err) {
    if (!S_ISREG(st->st_mode)) return femd_fail(err, FEMD_REFUSED, "not a file");
    if (st->st_uid != geteuid())
        return femd_fail(err, FEMD_REFUSED, "it belongs to another user (%lu)", (unsigned long)st->st_uid);
    if (st->st_mode & 077)
        return femd_fail(err, FEMD_REFUSED,
                         "a secret that others may read or change (mode %04o); chmod 600, and make "
                         "a new one if somebody may have read it",
                         (unsigned)(st->st_mode & 07777));
    return FEMD_OK;
}

static femd_status keys_read_text(int file, char *text, size_t room, femd_error *err) {
    size_t size = 0;
    ssize_t n = 1;
    while (size < room && n > 0) {
        n = read(file, text + size, room - size);
        if (n < 0 && errno == EINTR)
            n = 1;
        else if (n < 0)
            return femd_fail(err, FEMD_IO, "%s", strerror(errno));
        else
            size += (size_t)n;
    }
    if (size == room || memchr(text, 0, size)) return femd_fail(err, FEMD_BAD_INPUT, "this is no key file");
    text[size] = '\0';
    return FEMD_OK;
}

femd_status femd_key_read(const char *path, femd_key *key, femd_error *err) {
    char text[FILE_MOST];
    struct stat st;
    memset(key, 0, sizeof *key);
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0) return femd_fail(err, FEMD_IO, "key %s: %s", path, strerror(errno));
    femd_status rc = fstat(file, &st) == 0 ? keys_check_file(&st, err) : femd_fail(err, FEMD_IO, "%s", strerror(errno));
    if (rc == FEMD_OK) rc = keys_read_text(file, text, sizeof text, err);
    if (rc == FEMD_OK) rc = keys_parse(text, key, err);
    close(file);
    explicit_bzero(text, sizeof text);
    if (rc == FEMD_OK) return rc;
    femd_key_wipe(key);
    return femd_error_prefix(err, "key %s", path);
}

/* ---- which ---- */

int femd_address_is_local(const char *address) {
    if (strncmp(address, "tcp://", 6) != 0) return 1;
    const char *host = address + 6, *colon = strrchr(host, ':'), *semicolon = strchr(host, ';');
    if (semicolon) host = semicolon + 1; /* tcp://SOURCE;HOST:PORT */
    const size_t length = colon && colon > host ? (size_t)(colon - host) : strlen(host);
    char text[64] = "";
    if (length < sizeof text) memcpy(text, host, length);
    if (strcmp(text, "localhost") == 0 || strcmp(text, "[::1]") == 0 || strcmp(text, "::1") == 0) return 1;
    struct in_addr ip;
    return inet_pton(AF_INET, text, &ip) == 1 && ntohl(ip.s_addr) >> 24 == 127;
}

femd_status femd_keys_folder(char *path, size_t size, femd_error *err) {
    const char *named = getenv("FEMD_KEYS"), *home = getenv("HOME");
    int length = -1;
    if (named && *named)
        length = snprintf(path, size, "%s", named);
    else if (home && *home)
        length = snprintf(path, size, "%s/.femd/keys", home);
    if (length > 0 && (size_t)length < size) return FEMD_OK;
    return femd_fail(err, FEMD_BAD_INPUT, "the folder of keys is not known: FEMD_KEYS or HOME is unset or too long");
}

/* The usual file, if it is there; path is empty otherwise. */
static void keys_usual(femd_role role, char *path, size_t size) {
    char folder[4096];
    if (femd_keys_folder(folder, sizeof folder, NULL) != FEMD_OK ||
        (size_t)snprintf(path, size, "%s/%s.key", folder, femd_key_role_name(role)) >= size || access(path, F_OK) != 0)
        *path = '\0';
}

femd_status femd_key_find(const char *named, femd_role role, const char *address, int insecure, femd_key *key,
                          int *found, char *path, size_t size, femd_error *err) {
    const int tcp = strncmp(address, "tcp://", 6) == 0, local = femd_address_is_local(address);
    *found = 0;
    *path = '\0';
    if (!named && tcp) named = getenv("FEMD_KEY");
    if (named && *named) {
        if ((size_t)snprintf(path, size, "%s", named) >= size)
            return femd_fail(err, FEMD_BAD_INPUT, "key %.60s...: the path is too long", named);
    } else if (!local && !insecure) {
        keys_usual(role, path, size);
        if (!*path)
            return femd_fail(err, FEMD_REFUSED,
                             "%s is another machine, and there is no key: name yours with --key FILE or FEMD_KEY "
                             "(femd keygen makes keys), or say --insecure: then anybody between here and there may "
                             "read and change what is said",
                             address);
    }
    if (!*path) return FEMD_OK;
    FEMD_TRY(femd_keys_supported(err));
    FEMD_TRY(femd_key_read(path, key, err));
    *found = 1;
    if (key->role == role) return FEMD_OK;
    const femd_role has = key->role;
    femd_key_wipe(key);
    return femd_fail(err, FEMD_REFUSED, "key %s is of role %s, and here one of role %s is wanted", path,
                     femd_key_role_name(has), femd_key_role_name(role));
}
