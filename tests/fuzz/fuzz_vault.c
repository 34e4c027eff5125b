/* Any bytes as the doings of those who share a store, and as damage to it: contents put, used, held, forgotten, found,
 * walked, pruned, the store closed and opened anew, entries of any bytes in its tables, files of its contents
 * overwritten, its file cut. Whatever happens: what is found is what its name says, a refusal has words, and as long as
 * nothing was damaged or pruned all that was put is there and nothing else. */
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "femd/hash.h"
#include "femd/pack.h"
#include "reads.h"
#include "vault_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

const char *const fuzz_kinds[] = {[VAULT_ANSWER - 1] = "an answer that is put and found",
                                  [VAULT_STATE - 1] = "a state that is put and found",
                                  [VAULT_MATERIAL - 1] = "a material that is put and found",
                                  [VAULT_KINDS - 1] = NULL};

enum { CONTENTS = 6, LARGE = 5 /* that one is a file of its own */, LARGE_BYTES = (1 << 20) + 9, ITEMS_MOST = 4 };
enum { UNKNOWN = 2 };

typedef struct content {
    femd_buffer bytes;
    uint8_t name[NAME_MOST];
} content;

static content contents[VAULT_KINDS][CONTENTS];

typedef struct play {
    const uint8_t *at, *end;
    char folder[64];
    femd_vault *vault;
    int there[VAULT_KINDS][CONTENTS]; /* 0, 1, or UNKNOWN */
    vault_kind walked;
    int damaged, cut, held; /* somebody has been at its tables; has shortened its file; some may not go */
} play;

static void stop(const char *words) {
    fprintf(stderr, "fuzz_vault: %s\n", words);
    abort();
}

static void check_words(femd_status rc, const femd_error *err) {
    if (rc != FEMD_OK && (err->code != (int)rc || !err->text[0])) stop("a refusal without words");
}

/* ---- what may be put ---- */

static void make_answer(unsigned n) {
    content *made = &contents[VAULT_ANSWER][n];
    uint8_t bytes[FEMD_RESPONSE_BYTES_MAX];
    femd_kept kept = {.level = 3, .inputs = 31, .fingerprint = 1 + n % 2, .request.value = {n / 2}};
    femd_response response = {
        .provided = FEMD_WANT_STRESS, .engine = 3, .J = 1, .S = {n}, .work.fingerprint = 1 + n % 2};
    kept.request.wants = FEMD_WANT_STRESS;
    memcpy(response.state_out.b, contents[VAULT_STATE][n].name, sizeof response.state_out.b);
    femd_request_key(&kept.material, kept.level, kept.inputs, &kept.request, &kept.key);
    kept.response = (femd_bytes){bytes, femd_response_encode(&response, bytes)};
    if (kept_encode(&kept, &made->bytes, NULL) != FEMD_OK) stop("an answer cannot be made");
    kept_name(&kept.key, kept.fingerprint, made->name);
}

static void make_blob(vault_kind kind, unsigned n) {
    content *made = &contents[kind][n];
    const size_t size = n == LARGE ? LARGE_BYTES : 40 * n * n;
    femd_hash hash;
    if (femd_buffer_reserve(&made->bytes, size ? size : 1, NULL) != FEMD_OK) stop("no memory");
    memset(made->bytes.data, (int)(n + 16 * kind), size);
    made->bytes.size = size;
    if (kind == VAULT_STATE)
        femd_hash_domain("state", made->bytes.data, size, &hash);
    else
        femd_pack_id(made->bytes.data, size, &hash);
    memcpy(made->name, hash.b, sizeof hash.b);
}

static void make_contents(void) {
    if (contents[VAULT_STATE][0].bytes.data) return;
    for (unsigned n = 0; n < CONTENTS; n++) {
        make_blob(VAULT_STATE, n);
        make_blob(VAULT_MATERIAL, n);
        make_answer(n);
    }
}

/* ---- reading the input ---- */

static uint8_t take(play *p) {
    return p->at < p->end ? *p->at++ : 0;
}

/* So many bytes of it as there are; borrowed. */
static femd_bytes take_bytes(play *p, size_t most) {
    const size_t left = (size_t)(p->end - p->at), size = most < left ? most : left;
    const femd_bytes bytes = {p->at, size};
    p->at += size;
    return bytes;
}

static vault_kind take_kind(play *p) {
    return (vault_kind)(1 + take(p) % (VAULT_KINDS - 1));
}

static void forget_all(play *p) {
    for (int kind = 0; kind < VAULT_KINDS; kind++)
        for (int n = 0; n < CONTENTS; n++) p->there[kind][n] = UNKNOWN;
}

/* ---- the store ---- */

static void store_open(play *p, int read_only) {
    femd_error err = FEMD_ERROR_INIT;
    const vault_config config = {
        .folder = p->folder, .bytes = read_only ? 0 : 16 << 20, .create = 1, .read_only = read_only};
    const femd_status rc = vault_open(&config, &p->vault, &err);
    check_words(rc, &err);
    if (rc != FEMD_OK && !p->damaged && !p->cut) stop(err.text);
    if ((rc == FEMD_OK) != (p->vault != NULL)) stop("a store without a store");
}

/* Closed, perhaps cut, perhaps looked at, and opened again. */
static void store_reopen(play *p) {
    const uint8_t how = take(p);
    vault_close(&p->vault);
    p->held = 0;
    if (how & 1) {
        char path[80];
        snprintf(path, sizeof path, "%s/data.mdb", p->folder);
        const off_t size = how & 2 ? 4096 * take(p) : 16 * take(p);
        struct stat st;
        if (stat(path, &st) == 0 && size < st.st_size) {
            if (truncate(path, size) != 0) stop(path);
            p->cut = 1;
            forget_all(p);
        }
    }
    if (how & 4) {
        store_open(p, 1);
        vault_close(&p->vault);
    }
    store_open(p, 0);
}

/* An entry of any bytes, or none, in one of the tables. */
static void store_damage(play *p) {
    MDB_txn *txn;
    uint8_t key_bytes[64];
    const uint8_t which = take(p), how = take(p);
    const MDB_dbi tables[6] = {p->vault->meta,      p->vault->ages,      p->vault->makers,
                               p->vault->tables[1], p->vault->tables[2], p->vault->tables[3]};
    femd_bytes name = take_bytes(p, how % sizeof key_bytes);
    if (how & 64) name = (femd_bytes){contents[1 + which % 3][how % CONTENTS].name, how & 128 ? NAME_MOST : 32};
    if (which % 6 == 0 && how & 64) name = (femd_bytes){"meta", 4};
    const femd_bytes value = take_bytes(p, take(p));
    if (name.size) memcpy(key_bytes, name.data, name.size);
    MDB_val key = {name.size, key_bytes}, entry = {value.size, (void *)(uintptr_t)value.data};
    if (!key.mv_size || mdb_txn_begin(p->vault->env, NULL, 0, &txn) != 0) return;
    if (which >= 192)
        (void)mdb_del(txn, tables[which % 6], &key, NULL);
    else
        (void)mdb_put(txn, tables[which % 6], &key, &entry, 0);
    if (mdb_txn_commit(txn) != 0) return;
    p->damaged |= which % 6 == 0 ? 2 : 1;
    forget_all(p);
}

/* The file of a large content, or another in that folder. */
static void store_damage_file(play *p) {
    char path[160], text[65];
    femd_hash hash;
    const uint8_t how = take(p);
    const femd_bytes value = take_bytes(p, take(p));
    memcpy(hash.b, contents[VAULT_STATE + how % 2][how & 4 ? LARGE : 1].name, sizeof hash.b);
    femd_hash_text(&hash, text);
    snprintf(path, sizeof path, "%s/large/%s%s", p->folder, text, how & 8 ? ".new" : "");
    if (how & 16)
        unlink(path);
    else {
        const int fd = open(path, O_WRONLY | O_CREAT | (how & 32 ? O_TRUNC : 0), 0600);
        if (fd < 0) return;
        if (pwrite(fd, value.data, value.size, 0) < 0) stop("pwrite");
        close(fd);
    }
    p->damaged |= 1;
    forget_all(p);
}

static void note(play *p, const vault_item *item, unsigned n) {
    int *there = &p->there[item->kind][n];
    if (*there == UNKNOWN) return;
    if (item->act == VAULT_PUT) *there = 1;
    if (item->act == VAULT_FORGET) *there = 0;
}

static void store_write(play *p) {
    vault_item items[ITEMS_MOST];
    unsigned which[ITEMS_MOST], count = 1 + take(p) % ITEMS_MOST;
    femd_error err = FEMD_ERROR_INIT;
    for (unsigned i = 0; i < count; i++) {
        const uint8_t how = take(p);
        which[i] = how / 16 % CONTENTS;
        const vault_kind kind = (vault_kind)(1 + how % 16 % (VAULT_KINDS - 1));
        const vault_act act = (vault_act)(1 + how % 16 / (VAULT_KINDS - 1));
        const content *one = &contents[kind][which[i]];
        items[i] = (vault_item){kind, act, {one->name, vault_name_bytes(kind)}};
        if (act == VAULT_PUT) items[i].bytes = (femd_bytes){one->bytes.data, one->bytes.size};
        if (act > VAULT_RELEASE) items[i] = (vault_item){kind, VAULT_PUT, take_bytes(p, take(p))};
        p->held |= act == VAULT_HOLD;
        if (act > VAULT_RELEASE) which[i] = CONTENTS;
    }
    const femd_status rc = vault_write(p->vault, items, count, &err);
    check_words(rc, &err);
    if (rc != FEMD_OK && !p->damaged && !p->cut) stop(err.text);
    if (rc != FEMD_OK) forget_all(p);
    for (unsigned i = 0; i < count; i++)
        if (which[i] < CONTENTS) note(p, &items[i], which[i]);
}

static void check_found(vault_kind kind, const uint8_t *name, const vault_found *found) {
    uint8_t *exact = malloc(found->bytes.size ? found->bytes.size : 1); /* its end is the end of what may be read */
    if (!exact) stop("no memory");
    if (found->bytes.size) memcpy(exact, found->bytes.data, found->bytes.size);
    if (vault_check(kind, name, &(femd_bytes){exact, found->bytes.size}, NULL) != 0) stop("a content of another name");
    free(exact);
}

static void store_find(play *p) {
    const uint8_t how = take(p);
    const vault_kind kind = take_kind(p);
    const unsigned n = how % CONTENTS;
    uint8_t name[NAME_MOST];
    vault_found found;
    femd_error err = FEMD_ERROR_INIT;
    memcpy(name, contents[kind][n].name, sizeof name);
    if (kind == VAULT_ANSWER && how & 64) memset(name + 32, 0, 8); /* of any build */
    const int maker = kind == VAULT_STATE && how & 64;
    femd_hash state;
    memcpy(state.b, contents[VAULT_STATE][n].name, sizeof state.b);
    const int got =
        maker ? vault_find_maker(p->vault, &state, &found, &err) : vault_find(p->vault, kind, name, &found, &err);
    if (got < 0 && !err.text[0]) stop("damage without words");
    if (got < 0 && !p->damaged && !p->cut) stop(err.text);
    if (got > 0) fuzz_read((int)kind - 1);
    if (got > 0 && !(how & 64)) check_found(kind, name, &found);
    if (how & 64 && !maker) return; /* the other build's may be there */
    const int known = p->there[maker ? VAULT_ANSWER : kind][n];
    if (known != UNKNOWN && known != got) stop(got ? "found what was forgotten" : "not found what was put");
}

static femd_status visit(void *user, const uint8_t *name, const vault_found *found, const femd_error *damage,
                         femd_error *err) {
    play *p = user;
    (void)err;
    if (damage && !damage->text[0]) stop("damage without words");
    if (damage && !p->damaged && !p->cut) stop(damage->text);
    if (!damage) check_found(p->walked, name, found);
    return name[0] == 0xff ? FEMD_CANCELLED : FEMD_OK;
}

static void store_look(play *p) {
    femd_error err = FEMD_ERROR_INIT;
    vault_size size;
    const vault_kind kind = p->walked = take_kind(p);
    const femd_status walked = vault_walk(p->vault, kind, visit, p, &err);
    if (walked != FEMD_CANCELLED) check_words(walked, &err);
    const femd_status rc = vault_measure(p->vault, &size, &err);
    check_words(rc, &err);
    if (p->damaged || p->cut || rc != FEMD_OK) return;
    uint64_t known = 0;
    for (int n = 0; n < CONTENTS; n++) {
        if (p->there[kind][n] == UNKNOWN) return;
        known += (uint64_t)p->there[kind][n];
    }
    if (size.count[kind] < known) stop("fewer than were put");
}

static void store_prune(play *p) {
    femd_error err = FEMD_ERROR_INIT;
    const uint64_t most = (uint64_t)take(p) << 8;
    const femd_status rc = vault_prune(p->vault, most, &err);
    check_words(rc, &err);
    /* nobody may be kept from making room by an entry that is none */
    if (rc != FEMD_OK && !p->held && !p->cut && p->damaged < 2) stop(err.text);
    forget_all(p);
}

static void remove_all(const char *path) {
    DIR *list = opendir(path);
    for (const struct dirent *entry; list && (entry = readdir(list));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            unlinkat(dirfd(list), entry->d_name, 0) != 0) {
            char inner[400];
            snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
            remove_all(inner);
        }
    if (list) closedir(list);
    rmdir(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > 4096) return 0;
    play p = {.at = data, .end = data + size};
    make_contents();
    snprintf(p.folder, sizeof p.folder, "%s/femd-fuzz-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(p.folder)) stop("no folder");
    store_open(&p, 0);
    while (p.at < p.end && p.vault) {
        static void (*const deeds[8])(play *) = {store_write,  store_write,       store_find,  store_look,
                                                 store_damage, store_damage_file, store_prune, store_reopen};
        deeds[take(&p) % 8](&p);
    }
    vault_close(&p.vault);
    remove_all(p.folder);
    return 0;
}
