/* femd keygen: makes the keys of a server and of those that may connect to it, and looks after the list of them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands.h"
#include "femd/keys.h"

static const char about[] =
    "Makes keys for a server that other machines may reach. Without options it fills a folder (default: FEMD_KEYS, or\n"
    "~/.femd/keys; nobody else may enter it) with server.key, the list `allowed` of those that may connect, and one "
    "key\n"
    "of each role: client.key, worker.key, admin.key. A peer needs its own key file and no other; the server needs\n"
    "server.key and the list, which it reads again when it has changed. Key files are secrets: carry them by ssh.\n\n"
    "  femd keygen                                        a folder of keys\n"
    "  femd keygen --role worker --name node7             one more key, node7.key, and its line in the list\n"
    "  femd keygen --list                                 who may connect, and the server's public key\n"
    "  femd keygen --revoke node7                         who may not any more: its connections end within 2 s\n\n"
    "For a secret that never travels, its user makes it and sends the public key, which you allow:\n\n"
    "  femd keygen --own ann.key --server SERVERKEY --role client --name ann\n"
    "  femd keygen --allow PUBLICKEY --role client --name ann";

typedef struct wish {
    const char *folder, *role_text, *name, *revoke, *own, *server, *allow;
    int list;
    FILE *out; /* where it is told what was made */
    femd_role role;
    char usual[4096], allowed[4200];
} wish;

static femd_status keygen_path(const wish *w, const char *name, char *path, size_t size, femd_error *err) {
    if ((size_t)snprintf(path, size, "%s/%s.key", w->folder, name) < size) return FEMD_OK;
    return femd_fail(err, FEMD_BAD_INPUT, "femd keygen: the path is too long");
}

static femd_status keygen_read_server(const wish *w, femd_key *key, femd_error *err) {
    char path[4200];
    FEMD_TRY(keygen_path(w, "server", path, sizeof path, err));
    if (access(path, F_OK) != 0)
        return femd_fail(err, FEMD_BAD_INPUT, "%s: %s; femd keygen %s makes a folder of keys", path, strerror(errno),
                         w->folder);
    FEMD_TRY(femd_key_read(path, key, err));
    return key->role ? femd_fail(err, FEMD_BAD_INPUT, "%s is no server's key", path) : FEMD_OK;
}

/* ---- making ---- */

static femd_status keygen_allow(const wish *w, femd_role role, const char *name, const char *public_text,
                                femd_error *err) {
    femd_allowed_one one = {.role = role};
    snprintf(one.name, sizeof one.name, "%s", name);
    snprintf(one.public_text, sizeof one.public_text, "%s", public_text);
    return femd_allowed_add(w->allowed, &one, err);
}

/* The list is told last: a key file without a line opens nothing. */
static femd_status keygen_make_one(const wish *w, femd_role role, const char *name, const char *server_text,
                                   femd_error *err) {
    char path[4200];
    femd_key key = {.role = role};
    snprintf(key.name, sizeof key.name, "%s", name);
    snprintf(key.server_text, sizeof key.server_text, "%s", server_text);
    FEMD_TRY(keygen_path(w, name, path, sizeof path, err));
    FEMD_TRY(femd_key_make(&key, err));
    femd_status rc = femd_key_write(path, &key, err);
    if (rc == FEMD_OK) {
        rc = keygen_allow(w, role, name, key.public_text, err);
        if (rc != FEMD_OK) unlink(path);
    }
    femd_key_wipe(&key);
    if (rc == FEMD_OK) fprintf(w->out, "%s: a key of role %s\n", path, femd_key_role_name(role));
    return rc;
}

static femd_status keygen_make_folder(const wish *w, femd_error *err) {
    char path[4096];
    struct stat st;
    if (!*w->folder || strlen(w->folder) >= sizeof path)
        return femd_fail(err, FEMD_BAD_INPUT, "femd keygen: the path is empty or too long");
    snprintf(path, sizeof path, "%s", w->folder);
    for (char *at = strchr(path + 1, '/'); at; at = strchr(at + 1, '/')) {
        *at = '\0';
        (void)mkdir(path, 0700);
        *at = '/';
    }
    if (mkdir(path, 0700) != 0 && errno != EEXIST) return femd_fail(err, FEMD_IO, "%s: %s", w->folder, strerror(errno));
    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
        return femd_fail(err, FEMD_BAD_INPUT, "%s is no folder", w->folder);
    if (st.st_mode & 077)
        return femd_fail(err, FEMD_REFUSED,
                         "%s: others may enter it (mode %04o); name a folder of your own, or chmod "
                         "700 this one",
                         w->folder, (unsigned)(st.st_mode & 07777));
    return FEMD_OK;
}

static femd_status keygen_make_all(const wish *w, femd_error *err) {
    char path[4200];
    femd_key key = {.name = "server"};
    FEMD_TRY(keygen_make_folder(w, err));
    FEMD_TRY(keygen_path(w, "server", path, sizeof path, err));
    if (access(w->allowed, F_OK) == 0)
        return femd_fail(err, FEMD_REFUSED,
                         "%s is there already: this folder has keys; for one more say --role and --name", w->allowed);
    FEMD_TRY(femd_key_make(&key, err));
    femd_status rc = femd_key_write(path, &key, err);
    if (rc == FEMD_OK) fprintf(w->out, "%s: the server's key\n", path);
    for (femd_role role = FEMD_ROLE_CLIENT; rc == FEMD_OK && role <= FEMD_ROLE_ADMIN; role++)
        rc = keygen_make_one(w, role, femd_key_role_name(role), key.public_text, err);
    if (rc == FEMD_OK) fprintf(w->out, "%s: who may connect\n", w->allowed);
    femd_key_wipe(&key);
    return rc;
}

static femd_status keygen_add(const wish *w, femd_error *err) {
    femd_key server;
    FEMD_TRY(keygen_read_server(w, &server, err));
    femd_status rc = w->allow ? keygen_allow(w, w->role, w->name, w->allow, err)
                              : keygen_make_one(w, w->role, w->name, server.public_text, err);
    femd_key_wipe(&server);
    return rc;
}

static femd_status keygen_own(const wish *w, femd_error *err) {
    femd_key key = {.role = w->role};
    snprintf(key.name, sizeof key.name, "%s", w->name);
    snprintf(key.server_text, sizeof key.server_text, "%s", w->server);
    FEMD_TRY(femd_key_make(&key, err));
    femd_status rc = femd_key_write(w->own, &key, err);
    if (rc == FEMD_OK)
        printf("%s: a key of role %s; whoever runs the server allows it with this line in the list:\n%s %s %s\n",
               w->own, w->role_text, w->role_text, w->name, key.public_text);
    femd_key_wipe(&key);
    return rc;
}

/* ---- the list ---- */

static femd_status keygen_list(const wish *w, femd_error *err) {
    femd_allowed list;
    femd_key server;
    FEMD_TRY(keygen_read_server(w, &server, err));
    printf("server   %s\n", server.public_text);
    femd_key_wipe(&server);
    FEMD_TRY(femd_allowed_read(w->allowed, &list, NULL, err));
    for (size_t i = 0; i < list.n; i++)
        printf("%-8s %s  %s\n", femd_key_role_name(list.one[i].role), list.one[i].public_text, list.one[i].name);
    femd_allowed_clear(&list);
    return FEMD_OK;
}

static femd_status keygen_revoke(const wish *w, femd_error *err) {
    FEMD_TRY(femd_allowed_remove(w->allowed, w->revoke, err));
    printf("%s may not connect any more; a server that runs drops it within 2 s\n", w->revoke);
    return FEMD_OK;
}

/* ---- the command ---- */

static femd_status keygen_check(wish *w, femd_error *err) {
    const int named = w->role_text || w->name, wishes = w->list + (w->revoke != NULL) + (w->own || w->allow || named);
    if (wishes > 1 || (w->own && w->allow))
        return femd_fail(err, FEMD_BAD_INPUT, "femd keygen: one of --list, --revoke, --own, --allow at a time");
    if ((w->own || w->allow || named) && (!w->role_text || !w->name))
        return femd_fail(err, FEMD_BAD_INPUT, "femd keygen: a key has a --role (client, worker, admin) and a --name");
    if (w->role_text && (!femd_key_role_of(w->role_text, &w->role) || !w->role))
        return femd_fail(err, FEMD_BAD_INPUT, "femd keygen: --role %s: client, worker or admin is wanted",
                         w->role_text);
    if (w->name && (!femd_key_is_name(w->name) || strcmp(w->name, "server") == 0))
        return femd_fail(err, FEMD_BAD_INPUT,
                         "femd keygen: --name \"%s\": 1 to %d letters, digits, '.', '_', '-', and not \"server\"",
                         w->name, FEMD_KEY_NAME);
    if (!w->own != !w->server)
        return femd_fail(err, FEMD_BAD_INPUT, "femd keygen: --own FILE and --server KEY go together");
    if ((w->server && !femd_key_is_text(w->server)) || (w->allow && !femd_key_is_text(w->allow)))
        return femd_fail(err, FEMD_BAD_INPUT, "femd keygen: a public key has %d characters, as --list shows them",
                         FEMD_KEY_TEXT);
    if (!w->folder && !w->own) {
        FEMD_TRY(femd_keys_folder(w->usual, sizeof w->usual, err));
        w->folder = w->usual;
    }
    if (w->folder && (size_t)snprintf(w->allowed, sizeof w->allowed, "%s/allowed", w->folder) >= sizeof w->allowed)
        return femd_fail(err, FEMD_BAD_INPUT, "femd keygen: the path is too long");
    return FEMD_OK;
}

static femd_status keygen_do(wish *w, femd_error *err) {
    FEMD_TRY(keygen_check(w, err));
    if (w->list) return keygen_list(w, err);
    if (w->revoke) return keygen_revoke(w, err);
    if (w->own) return keygen_own(w, err);
    return w->name ? keygen_add(w, err) : keygen_make_all(w, err);
}

femd_status keygen_fill(const char *folder, FILE *out, femd_error *err) {
    wish w = {.folder = folder, .out = out};
    if ((size_t)snprintf(w.allowed, sizeof w.allowed, "%s/allowed", folder) >= sizeof w.allowed)
        return femd_fail(err, FEMD_BAD_INPUT, "the path of the folder of keys is too long");
    return keygen_make_all(&w, err);
}

int cmd_keygen(int argc, char **argv) {
    wish w = {.out = stdout};
    int code;
    const option options[] = {
        {"--role", NULL, OPTION_TEXT, &w.role_text, "ROLE", "client, worker or admin", 0, 0},
        {"--name", NULL, OPTION_TEXT, &w.name, "NAME", "of the key: in the list, in the log, and of its file", 0, 0},
        {"--list", NULL, OPTION_FLAG, &w.list, NULL, "say who may connect", 0, 0},
        {"--revoke", NULL, OPTION_TEXT, &w.revoke, "NAME", "take a key out of the list", 0, 0},
        {"--allow", NULL, OPTION_TEXT, &w.allow, "KEY", "put a public key into the list that was made elsewhere", 0, 0},
        {"--own", NULL, OPTION_TEXT, &w.own, "FILE", "make a key for a server elsewhere", 0, 0},
        {"--server", NULL, OPTION_TEXT, &w.server, "KEY", "... whose public key is this", 0, 0},
    };
    const option_table table = {.command = "femd keygen",
                                .usage = "[DIR] [options]",
                                .about = about,
                                .option = options,
                                .n = OPTION_COUNT(options),
                                .most = 1};
    option_list words;
    if (!command_options(&table, argc, argv, &words, &code)) return code;
    if (words.n) w.folder = words.item[0];
    femd_error err = FEMD_ERROR_INIT;
    return keygen_do(&w, &err) == FEMD_OK ? FEMD_EXIT_OK : command_failed(&err);
}
