/* The journal: a head of 16 bytes, then records: length (u32), its complement (u32), checksum (u64), bytes. */
#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "femd/clock.h"

enum { FILE_HEAD = 16, RECORD_HEAD = 16 };
static const char magic[FILE_HEAD + 1] = "FEMD-JOURNAL-2\n\n";
static const char ended[FILE_HEAD + 1] = "FEMD-JOURNAL-X\n\n"; /* of one that was given up: it does not say all */
static const double patience = 3;                              /* s that a server may take to end */

struct femd_journal {
    char *path, *fresh_path; /* owned */
    int fd, fresh;           /* fresh: of the file that takes the place of this one, -1: none is being made */
    femd_buffer waiting;
    uint64_t size, first_size;
    int given_up, was_given_up, why; /* an errno */
};

/* Eight bytes at a time; a change of any bit changes about half of the sum's. */
static uint64_t journal_sum(const uint8_t *data, size_t size) {
    uint64_t sum = 0x9e3779b97f4a7c15u ^ size;
    for (; size >= 8; data += 8, size -= 8) {
        sum = (sum ^ femd_get64(data)) * 0xff51afd7ed558ccdu;
        sum ^= sum >> 32;
    }
    uint64_t last = 0;
    memcpy(&last, data, size);
    sum = (sum ^ last) * 0xc4ceb9fe1a85ec53u;
    return sum ^ sum >> 29;
}

femd_status journal_scan(const void *data, size_t size, size_t *sound, journal_visit visit, void *user,
                         femd_error *err) {
    const uint8_t *at = data;
    *sound = 0;
    if (size < FILE_HEAD)
        return memcmp(data, magic, size) == 0 ? FEMD_OK : femd_fail(err, FEMD_BAD_INPUT, "it is no journal of femd");
    if (memcmp(at, magic, FILE_HEAD) != 0 && memcmp(at, ended, FILE_HEAD) != 0)
        return femd_fail(err, FEMD_BAD_INPUT, "it is no journal of this version of femd");
    *sound = FILE_HEAD;
    for (size_t left = size - FILE_HEAD; left >= RECORD_HEAD;) {
        const uint8_t *head = at + *sound;
        const uint32_t length = femd_get32(head);
        if (femd_get32(head + 4) != ~length || length > left - RECORD_HEAD ||
            journal_sum(head + RECORD_HEAD, length) != femd_get64(head + 8))
            break;
        if (visit) FEMD_TRY(visit(user, head + RECORD_HEAD, length, err));
        *sound += RECORD_HEAD + length;
        left -= RECORD_HEAD + length;
    }
    return FEMD_OK;
}

/* ---- the file ---- */

static femd_status journal_load(const femd_journal *journal, femd_buffer *all, femd_error *err) {
    struct stat st;
    if (fstat(journal->fd, &st) != 0) return femd_fail(err, FEMD_IO, "%s: %s", journal->path, strerror(errno));
    FEMD_TRY(femd_buffer_reserve(all, (size_t)st.st_size + 1, err));
    while (all->size < (size_t)st.st_size) {
        const ssize_t got = pread(journal->fd, all->data + all->size, (size_t)st.st_size - all->size, (off_t)all->size);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return femd_fail(err, FEMD_IO, "%s cannot be read: %s", journal->path, strerror(errno));
        all->size += (size_t)got;
    }
    return FEMD_OK;
}

static int journal_write_all(int fd, const uint8_t *data, size_t size) {
    while (size) {
        const ssize_t wrote = write(fd, data, size);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) return -1;
        data += wrote;
        size -= (size_t)wrote;
    }
    return 0;
}

/* Cut the torn end off, or begin a file that is empty. */
static femd_status journal_mend(femd_journal *journal, uint64_t *dropped, femd_error *err) {
    femd_buffer all = FEMD_BUFFER_INIT;
    size_t sound = 0;
    femd_status rc = journal_load(journal, &all, err);
    if (rc == FEMD_OK && journal_scan(all.data, all.size, &sound, NULL, NULL, err) != FEMD_OK)
        rc = femd_error_prefix(err, "%s", journal->path);
    if (rc == FEMD_OK) {
        *dropped = all.size - sound;
        journal->was_given_up = sound && memcmp(all.data, ended, FILE_HEAD) == 0;
        journal->size = sound ? sound : FILE_HEAD;
        if (ftruncate(journal->fd, (off_t)sound) != 0 || lseek(journal->fd, 0, SEEK_END) < 0 ||
            (!sound && journal_write_all(journal->fd, (const uint8_t *)magic, FILE_HEAD) != 0))
            rc = femd_fail(err, FEMD_IO, "%s cannot be written: %s", journal->path, strerror(errno));
    }
    femd_buffer_clear(&all);
    return rc;
}

/* 1 if the file that is locked is the one of this name, and no other server has put a newer one in its place. */
static int journal_is_at_path(const femd_journal *journal) {
    struct stat own, there;
    return fstat(journal->fd, &own) == 0 && stat(journal->path, &there) == 0 && own.st_dev == there.st_dev &&
           own.st_ino == there.st_ino;
}

/* Words that name the process which has the lock; "" if the system does not tell. */
static void journal_name_holder(const struct stat *file, char *words, size_t size) {
    char line[256];
    unsigned device_major, device_minor;
    unsigned long long inode;
    long pid;
    words[0] = '\0';
    FILE *locks = fopen("/proc/locks", "re");
    while (locks && !words[0] && fgets(line, sizeof line, locks)) {
        if (sscanf(line, "%*d: FLOCK %*s WRITE %ld %x:%x:%llu", &pid, &device_major, &device_minor, &inode) == 4 &&
            makedev(device_major, device_minor) == file->st_dev && inode == file->st_ino && pid > 0)
            snprintf(words, size, " (pid %ld)", pid);
    }
    if (locks) fclose(locks);
}

/* A server that was told to end, or was killed, may have it for a moment more. */
static femd_status journal_lock(femd_journal *journal, femd_error *err) {
    for (const double end = femd_clock() + patience;;) {
        journal->fd = open(journal->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (journal->fd < 0)
            return femd_fail(err, FEMD_IO, "the journal %s cannot be opened: %s", journal->path, strerror(errno));
        if (flock(journal->fd, LOCK_EX | LOCK_NB) == 0 && journal_is_at_path(journal)) return FEMD_OK;
        struct stat file;
        char holder[48] = "";
        const int late = femd_clock() > end;
        if (late && fstat(journal->fd, &file) == 0) journal_name_holder(&file, holder, sizeof holder);
        close(journal->fd);
        journal->fd = -1;
        if (late)
            return femd_fail(err, FEMD_REFUSED, "the journal %s is that of another server, which runs%s", journal->path,
                             holder);
        nanosleep(&(struct timespec){0, 20000000}, NULL);
    }
}

static femd_status journal_start(femd_journal *journal, uint64_t *dropped, femd_error *err) {
    FEMD_TRY(journal_lock(journal, err));
    return journal_mend(journal, dropped, err);
}

femd_status journal_open(const char *path, femd_journal **journal, uint64_t *dropped, femd_error *err) {
    *journal = NULL;
    *dropped = 0;
    femd_journal *made = calloc(1, sizeof *made);
    if (!made) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a journal");
    made->fd = made->fresh = -1;
    femd_status rc = FEMD_OK;
    if (!(made->path = strdup(path)) || asprintf(&made->fresh_path, "%s.new", path) < 0)
        rc = femd_fail(err, FEMD_NO_MEMORY, "no memory for a journal");
    if (rc == FEMD_OK) rc = journal_start(made, dropped, err);
    made->first_size = made->size;
    if (rc == FEMD_OK)
        *journal = made;
    else
        journal_close(&made);
    return rc;
}

static void journal_drop_fresh(femd_journal *journal) {
    if (journal->fresh < 0) return;
    close(journal->fresh);
    unlink(journal->fresh_path);
    journal->fresh = -1;
}

void journal_close(femd_journal **journal) {
    femd_journal *gone = *journal;
    if (!gone) return;
    if (gone->fresh < 0 && gone->fd >= 0) (void)!journal_flush(gone, NULL);
    journal_drop_fresh(gone);
    if (gone->fd >= 0) close(gone->fd);
    free(gone->path);
    free(gone->fresh_path);
    femd_buffer_clear(&gone->waiting);
    free(gone);
    *journal = NULL;
}

femd_status journal_read(femd_journal *journal, journal_visit visit, void *user, femd_error *err) {
    femd_buffer all = FEMD_BUFFER_INIT;
    size_t sound;
    femd_status rc = journal_load(journal, &all, err);
    if (rc == FEMD_OK) rc = journal_scan(all.data, all.size, &sound, visit, user, err);
    femd_buffer_clear(&all);
    return rc;
}

/* ---- adding ---- */

/* Its reader must know that more has happened than it says. The head is there already: this wants no room. */
static void journal_mark_end(femd_journal *journal, int why) {
    journal->given_up = 1;
    journal->why = why;
    if (pwrite(journal->fd, ended, FILE_HEAD, 0) == FILE_HEAD) (void)!fdatasync(journal->fd);
    if (journal->fresh >= 0 && pwrite(journal->fresh, ended, FILE_HEAD, 0) == FILE_HEAD)
        (void)!fdatasync(journal->fresh);
}

/* What is in the file stays true up to where it ends; a record by halves would be dropped by its reader anyway. */
static femd_status journal_give_up(femd_journal *journal, int why, femd_error *err) {
    journal_mark_end(journal, why);
    if (journal->fresh < 0 && ftruncate(journal->fd, (off_t)journal->size) != 0) why = errno;
    return femd_fail(err, FEMD_IO, "the journal %s cannot be written: %s", journal->path, strerror(why));
}

void journal_add(femd_journal *journal, const void *record, size_t size) {
    uint8_t head[RECORD_HEAD];
    if (journal->given_up) return;
    femd_put32(head, (uint32_t)size);
    femd_put32(head + 4, ~(uint32_t)size);
    femd_put64(head + 8, journal_sum(record, size));
    if (femd_buffer_append(&journal->waiting, head, sizeof head, NULL) != FEMD_OK ||
        femd_buffer_append(&journal->waiting, record, size, NULL) != FEMD_OK)
        journal_mark_end(journal, ENOMEM);
}

void journal_begin_anew(femd_journal *journal) {
    if (journal->given_up || journal->fresh >= 0) return;
    journal->waiting.size = 0; /* the summary says it too */
    journal->fresh = open(journal->fresh_path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (journal->fresh < 0 || flock(journal->fresh, LOCK_EX | LOCK_NB) != 0 ||
        journal_write_all(journal->fresh, (const uint8_t *)magic, FILE_HEAD) != 0)
        journal_mark_end(journal, errno);
    journal->size = FILE_HEAD;
}

femd_status journal_flush(femd_journal *journal, femd_error *err) {
    if (journal->given_up)
        return femd_fail(err, FEMD_IO, "the journal %s cannot be written: %s", journal->path, strerror(journal->why));
    const int fd = journal->fresh >= 0 ? journal->fresh : journal->fd;
    if (journal_write_all(fd, journal->waiting.data, journal->waiting.size) != 0)
        return journal_give_up(journal, errno, err);
    journal->size += journal->waiting.size;
    journal->waiting.size = 0;
    return FEMD_OK;
}

void journal_abandon(femd_journal *journal) {
    journal_drop_fresh(journal);
    journal->given_up = 1;
}

femd_status journal_take_up(femd_journal *journal, femd_error *err) {
    struct stat st;
    if (!journal->given_up) return FEMD_OK;
    journal_drop_fresh(journal);
    int why = fstat(journal->fd, &st) != 0 ? errno : 0;
    const int fd = open(journal->fresh_path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) why = errno;
    if (!why) why = posix_fallocate(fd, 0, st.st_size + RECORD_HEAD);
    if (fd >= 0) close(fd);
    if (fd >= 0) unlink(journal->fresh_path);
    if (why) return femd_fail(err, FEMD_IO, "the journal %s cannot be written: %s", journal->path, strerror(why));
    journal->waiting.size = 0;
    journal->given_up = 0;
    return FEMD_OK;
}

static int journal_sync_folder(const femd_journal *journal) {
    char *path = strdup(journal->path), *slash = path ? strrchr(path, '/') : NULL;
    if (!path) return -1;
    if (slash) slash[slash == path] = '\0';
    const int fd = open(slash ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const int bad = fd < 0 || fsync(fd) != 0;
    if (fd >= 0) close(fd);
    free(path);
    return bad ? -1 : 0;
}

femd_status journal_sync(femd_journal *journal, femd_error *err) {
    FEMD_TRY(journal_flush(journal, err));
    if (fdatasync(journal->fresh >= 0 ? journal->fresh : journal->fd) != 0) return journal_give_up(journal, errno, err);
    if (journal->fresh < 0) return FEMD_OK;
    if (rename(journal->fresh_path, journal->path) != 0 || journal_sync_folder(journal) != 0)
        return journal_give_up(journal, errno, err);
    close(journal->fd);
    journal->fd = journal->fresh;
    journal->fresh = -1;
    journal->first_size = journal->size;
    journal->was_given_up = 0;
    return FEMD_OK;
}

uint64_t journal_size(const femd_journal *journal) {
    return journal->size + journal->waiting.size;
}
uint64_t journal_first_size(const femd_journal *journal) {
    return journal->first_size;
}
int journal_was_given_up(const femd_journal *journal) {
    return journal->was_given_up;
}
int journal_is_given_up(const femd_journal *journal) {
    return journal->given_up;
}
