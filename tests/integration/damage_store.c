/* damage_store FOLDER: turn a bit in every other answer and state of a store. 0 if there were any. */
#include <fcntl.h>
#include <lmdb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PLACES_MOST = 100000, INTO = 150 /* bytes into a value */ };
static off_t place[PLACES_MOST];

/* Where the file is mapped. */
static const char *map_start(void) {
    static unsigned long start;
    char line[4096];
    FILE *maps = start ? NULL : fopen("/proc/self/maps", "r");
    while (maps && fgets(line, sizeof line, maps))
        if (!start && strstr(line, "/data.mdb")) start = strtoul(line, NULL, 16);
    if (maps) fclose(maps);
    return (const char *)(uintptr_t)start;
}

static int list(MDB_txn *txn, const char *table, int count) {
    MDB_dbi dbi;
    MDB_cursor *cursor;
    MDB_val key, value;
    static int turn;
    if (mdb_dbi_open(txn, table, 0, &dbi) != 0 || mdb_cursor_open(txn, dbi, &cursor) != 0) return 0;
    while (count < PLACES_MOST && mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0)
        if (turn++ % 2 && value.mv_size > INTO) place[count++] = (const char *)value.mv_data + INTO - map_start();
    mdb_cursor_close(cursor);
    return count;
}

int main(int argc, char **argv) {
    MDB_env *env;
    MDB_txn *txn;
    char path[4096], byte;
    if (argc != 2 || mdb_env_create(&env) != 0) return 2;
    mdb_env_set_maxdbs(env, 8);
    if (mdb_env_open(env, argv[1], MDB_RDONLY, 0600) != 0) return 2;
    if (mdb_txn_begin(env, NULL, MDB_RDONLY, &txn) != 0) return 2;
    int count = list(txn, "states", list(txn, "answers", 0));
    mdb_txn_abort(txn);
    mdb_env_close(env);
    snprintf(path, sizeof path, "%s/data.mdb", argv[1]);
    const int file = open(path, O_RDWR);
    for (int i = 0; i < count; i++) {
        if (pread(file, &byte, 1, place[i]) != 1) return 3;
        byte ^= 16;
        if (pwrite(file, &byte, 1, place[i]) != 1) return 3;
    }
    return file < 0 || count == 0 || close(file) != 0;
}
