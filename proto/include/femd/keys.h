/* CURVE keys: the file that one end of a connection keeps, and which it uses; the list of keys that may connect. A key
 * says who somebody is and what he may do (client, worker, admin), and encrypts all that is said. */
#ifndef FEMD_KEYS_H
#define FEMD_KEYS_H

#include <sys/stat.h>

#include "femd/control.h"

enum { FEMD_KEY_TEXT = 40, FEMD_KEY_NAME = 40, FEMD_ALLOWED_MAX = 10000 };

/* Keys are texts of 40 characters (Z85). Clear it with femd_key_wipe. */
typedef struct femd_key {
    femd_role role; /* 0: the server's own */
    char name[FEMD_KEY_NAME + 1];
    char public_text[FEMD_KEY_TEXT + 1], secret_text[FEMD_KEY_TEXT + 1];
    char server_text[FEMD_KEY_TEXT + 1]; /* public key of the server that it is for; empty for the server's own */
} femd_key;

/* "server", "client", "worker", "admin"; and back: 1, or 0 if the text is none of them. */
const char *femd_key_role_name(femd_role role);
int femd_key_role_of(const char *text, femd_role *role);
/* 1 to 40 letters, digits, '.', '_', '-', the first of them no '.' or '-'. */
int femd_key_is_name(const char *text);
/* 40 characters that are a key. */
int femd_key_is_text(const char *text);

/* UNSUPPORTED with words where libzmq was built without encryption. */
FEMD_MUST_CHECK femd_status femd_keys_supported(femd_error *err);
/* A new pair; role, name and server_text are the caller's. */
FEMD_MUST_CHECK femd_status femd_key_make(femd_key *key, femd_error *err);
/* A file that nobody else can read (0600); REFUSED if something is there already. */
FEMD_MUST_CHECK femd_status femd_key_write(const char *path, const femd_key *key, femd_error *err);
/* BAD_INPUT for what is no key file, IO if it cannot be read, REFUSED with words if it is not a file of this user or
 * others may read or write it. */
FEMD_MUST_CHECK femd_status femd_key_read(const char *path, femd_key *key, femd_error *err);
void femd_key_wipe(femd_key *key);

/* 1 for an address that only this machine can reach: ipc, inproc, tcp at the loopback. */
int femd_address_is_local(const char *address);
/* $FEMD_KEYS, or .femd/keys in the home folder; written to path. BAD_INPUT if neither is known or it is too long. */
FEMD_MUST_CHECK femd_status femd_keys_folder(char *path, size_t size, femd_error *err);
/* The key with which a peer of that role connects: the file that was named; or for tcp $FEMD_KEY; or for tcp off the
 * loopback ROLE.key in the usual folder. *found = 0 if there is none; off the loopback that is REFUSED, unless
 * `insecure`. REFUSED too for a key of another role. path: of the file, for words. */
FEMD_MUST_CHECK femd_status femd_key_find(const char *named, femd_role role, const char *address, int insecure,
                                          femd_key *key, int *found, char *path, size_t size, femd_error *err);

/* ---- who may connect ---- */

typedef struct femd_allowed_one {
    femd_role role;
    char name[FEMD_KEY_NAME + 1];
    char public_text[FEMD_KEY_TEXT + 1];
} femd_allowed_one;

typedef struct femd_allowed {
    femd_allowed_one *one; /* owned */
    size_t n;
} femd_allowed;

/* A line each: role, name, public key; empty lines and lines that begin with '#' say nothing. BAD_INPUT with the number
 * of the line for anything else, a name or a key that stands twice included. title: of the text, for words. */
FEMD_MUST_CHECK femd_status femd_allowed_parse(const char *text, size_t size, const char *title, femd_allowed *list,
                                               femd_error *err);
/* A file that only this user (or root) may write, else REFUSED. about: of the file that was read; may be NULL. */
FEMD_MUST_CHECK femd_status femd_allowed_read(const char *path, femd_allowed *list, struct stat *about,
                                              femd_error *err);
/* NULL if it is not there. */
const femd_allowed_one *femd_allowed_find(const femd_allowed *list, const char *public_text);
/* Add a line, or take out that of a name (REFUSED: it is there already; BAD_INPUT: it is not there). The file is
 * replaced as a whole, its other lines stay as they are. */
FEMD_MUST_CHECK femd_status femd_allowed_add(const char *path, const femd_allowed_one *one, femd_error *err);
FEMD_MUST_CHECK femd_status femd_allowed_remove(const char *path, const char *name, femd_error *err);
void femd_allowed_clear(femd_allowed *list);

#endif
