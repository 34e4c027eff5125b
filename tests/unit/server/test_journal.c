/* The journal as a file: what was written is read, a torn or damaged end is dropped and nothing before it, a summary
 * takes the place of all at once or not at all. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "journal.h"

#define OK(expr) assert_int_equal((expr), FEMD_OK)
enum { RECORDS = 6, HEAD = 16 };

static char path[96];

static int make_path(void **state) {
    (void)state;
    snprintf(path, sizeof path, "%s/femd-journal-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    const int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_path(void **state) {
    (void)state;
    char fresh[128];
    snprintf(fresh, sizeof fresh, "%s.new", path);
    unlink(fresh);
    return unlink(path);
}

static femd_journal *open_journal(uint64_t *dropped) {
    femd_journal *journal;
    femd_error err = FEMD_ERROR_INIT;
    uint64_t lost;
    if (journal_open(path, &journal, dropped ? dropped : &lost, &err) != FEMD_OK) fail_msg("%s", err.text);
    return journal;
}

/* Record i: i + 1 times 9 bytes of that number. */
static size_t record_of(int i, char *to) {
    memset(to, 'a' + i, (size_t)(i + 1) * 9);
    return (size_t)(i + 1) * 9;
}

typedef struct seen {
    int count, from;
} seen;

static femd_status look(void *user, const void *record, size_t size, femd_error *err) {
    seen *have = user;
    char want[256];
    (void)err;
    assert_int_equal(size, record_of(have->from + have->count, want));
    assert_memory_equal(record, want, size);
    have->count++;
    return FEMD_OK;
}

static int read_all(femd_journal *journal, int from) {
    seen have = {0, from};
    OK(journal_read(journal, look, &have, NULL));
    return have.count;
}

static void add(femd_journal *journal, int from, int to) {
    char record[256];
    for (int i = from; i < to; i++) journal_add(journal, record, record_of(i, record));
}

static off_t length(void) {
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return st.st_size;
}

static void what_was_written_is_read(void **state) {
    (void)state;
    femd_journal *journal = open_journal(NULL);
    assert_int_equal(read_all(journal, 0), 0);
    add(journal, 0, 3);
    OK(journal_flush(journal, NULL)); /* the process may end here, by force */
    add(journal, 3, RECORDS);
    OK(journal_sync(journal, NULL));
    assert_int_equal(length(), journal_size(journal));
    femd_journal *other;
    femd_error err = FEMD_ERROR_INIT;
    uint64_t dropped;
    assert_int_equal(journal_open(path, &other, &dropped, &err), FEMD_REFUSED); /* one server, one journal */
    journal_close(&journal);
    journal = open_journal(&dropped);
    assert_int_equal(dropped, 0);
    assert_int_equal(read_all(journal, 0), RECORDS);
    journal_close(&journal);
}

/* Ended at every byte of the file in turn: all records that are whole are there, and it can be written on. */
static void a_torn_end_is_dropped(void **state) {
    (void)state;
    char whole[2048], record[256];
    femd_journal *journal = open_journal(NULL);
    add(journal, 0, RECORDS);
    journal_close(&journal);
    const off_t size = length();
    int fd = open(path, O_RDONLY);
    assert_int_equal(read(fd, whole, sizeof whole), size);
    close(fd);
    for (off_t end = 0; end <= size; end++) {
        fd = open(path, O_WRONLY | O_TRUNC);
        assert_int_equal(write(fd, whole, (size_t)end), end);
        close(fd);
        int count = 0;
        off_t sound = end < HEAD ? 0 : HEAD;
        for (off_t next; count < RECORDS; count++, sound = next) {
            next = sound + HEAD + (off_t)record_of(count, record);
            if (next > end || end < HEAD) break;
        }
        uint64_t dropped;
        journal = open_journal(&dropped);
        assert_int_equal(dropped, end - sound);
        assert_int_equal(read_all(journal, 0), count);
        add(journal, count, RECORDS);
        OK(journal_sync(journal, NULL));
        assert_int_equal(read_all(journal, 0), RECORDS);
        journal_close(&journal);
    }
}

static void any_changed_bit_ends_it_there(void **state) {
    (void)state;
    char whole[2048], record[256];
    femd_journal *journal = open_journal(NULL);
    add(journal, 0, RECORDS);
    journal_close(&journal);
    const off_t size = length();
    int fd = open(path, O_RDONLY);
    assert_int_equal(read(fd, whole, sizeof whole), size);
    close(fd);
    for (off_t bit = 8 * HEAD; bit < 8 * size; bit += 5) {
        int before = 0;
        for (off_t at = HEAD; (at += HEAD + (off_t)record_of(before, record)) <= bit / 8;) before++;
        whole[bit / 8] ^= (char)(1 << bit % 8);
        size_t sound;
        seen have = {0, 0};
        OK(journal_scan(whole, (size_t)size, &sound, look, &have, NULL));
        assert_int_equal(have.count, before);
        assert_true((off_t)sound <= bit / 8);
        whole[bit / 8] ^= (char)(1 << bit % 8);
    }
}

static void another_file_is_refused_and_left_alone(void **state) {
    (void)state;
    femd_journal *journal;
    femd_error err = FEMD_ERROR_INIT;
    uint64_t dropped;
    FILE *file = fopen(path, "w");
    fputs("a letter to somebody, of more than sixteen bytes", file);
    fclose(file);
    const off_t size = length();
    assert_int_equal(journal_open(path, &journal, &dropped, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, path));
    assert_int_equal(length(), size);
    assert_int_equal(journal_open("/nowhere/at/all", &journal, &dropped, &err), FEMD_IO);
}

static void a_summary_takes_the_place_of_all_when_it_is_whole(void **state) {
    (void)state;
    for (int finished = 0; finished < 2; finished++) {
        unlink(path);
        femd_journal *journal = open_journal(NULL);
        add(journal, 0, 3);
        OK(journal_sync(journal, NULL));
        add(journal, 3, 4); /* the summary says it too */
        journal_begin_anew(journal);
        add(journal, 4, 5);
        OK(journal_flush(journal, NULL));
        if (finished) OK(journal_sync(journal, NULL));
        if (finished) {
            add(journal, 5, 6);
            OK(journal_flush(journal, NULL));
        }
        journal_close(&journal);
        journal = open_journal(NULL);
        assert_int_equal(read_all(journal, finished ? 4 : 0), finished ? 2 : 3);
        femd_journal *other;
        uint64_t dropped;
        assert_int_equal(journal_open(path, &other, &dropped, NULL), FEMD_REFUSED);
        journal_close(&journal);
    }
}

static void a_full_disk_gives_it_up_and_keeps_what_is_there(void **state) {
    (void)state;
    femd_error err = FEMD_ERROR_INIT;
    femd_journal *journal = open_journal(NULL);
    char record[256];
    add(journal, 0, 4);
    OK(journal_sync(journal, NULL));
    const struct rlimit little = {(rlim_t)length() + 20, RLIM_INFINITY}, all = {RLIM_INFINITY, RLIM_INFINITY};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
    add(journal, 4, 6);
    assert_int_equal(journal_flush(journal, &err), FEMD_IO);
    assert_non_null(strstr(err.text, "cannot be written"));
    assert_true(journal_is_given_up(journal));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &all), 0);
    journal_add(journal, record, record_of(5, record)); /* a record more would not follow from those before */
    assert_int_equal(journal_sync(journal, &err), FEMD_IO);
    journal_close(&journal);
    uint64_t dropped;
    journal = open_journal(&dropped);
    assert_int_equal(dropped, 0);
    assert_int_equal(read_all(journal, 0), 4);
    assert_true(journal_was_given_up(journal)); /* who reads it knows that more has happened */
    journal_begin_anew(journal);
    add(journal, 4, 5);
    OK(journal_sync(journal, NULL));
    assert_false(journal_was_given_up(journal));
    journal_close(&journal);
    journal = open_journal(&dropped);
    assert_false(journal_was_given_up(journal));
    assert_int_equal(read_all(journal, 4), 1);
    journal_close(&journal);
}

/* The server that dies may have the file for a moment yet; and it may have put another one in its place. */
static void who_comes_at_once_waits_for_who_goes(void **state) {
    (void)state;
    femd_journal *journal = open_journal(NULL);
    add(journal, 0, 2);
    OK(journal_sync(journal, NULL));
    const pid_t pid = fork();
    if (pid == 0) {
        usleep(300000);
        journal_begin_anew(journal);
        add(journal, 2, 4);
        if (journal_sync(journal, NULL) != FEMD_OK) _exit(1);
        journal_close(&journal);
        _exit(0);
    }
    /* the lock is the child's as well as long as it runs */
    femd_journal *next = NULL;
    femd_error err = FEMD_ERROR_INIT;
    uint64_t dropped;
    journal_close(&journal);
    if (journal_open(path, &next, &dropped, &err) != FEMD_OK) fail_msg("%s", err.text);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(read_all(next, 2), 2);
    journal_close(&next);
}

/* Another process has it for good: words that name it. */
static void who_has_it_is_named(void **state) {
    (void)state;
    int ready[2];
    char byte, words[32];
    assert_int_equal(pipe(ready), 0);
    const pid_t pid = fork();
    if (pid == 0) {
        femd_journal *journal = open_journal(NULL);
        (void)!write(ready[1], "", 1);
        pause();
        journal_close(&journal);
        _exit(0);
    }
    femd_journal *none = NULL;
    femd_error err = FEMD_ERROR_INIT;
    uint64_t dropped;
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(journal_open(path, &none, &dropped, &err), FEMD_REFUSED);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    close(ready[0]);
    close(ready[1]);
    assert_null(none);
    snprintf(words, sizeof words, "runs (pid %d)", (int)pid);
    assert_non_null(strstr(err.text, words));
    OK(journal_open(path, &none, &dropped, &err)); /* the lock ended with it */
    journal_close(&none);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_path, remove_path)
    const struct CMUnitTest tests[] = {
        TEST(what_was_written_is_read),
        TEST(a_torn_end_is_dropped),
        TEST(any_changed_bit_ends_it_there),
        TEST(another_file_is_refused_and_left_alone),
        TEST(a_summary_takes_the_place_of_all_when_it_is_whole),
        TEST(a_full_disk_gives_it_up_and_keeps_what_is_there),
        TEST(who_comes_at_once_waits_for_who_goes),
        TEST(who_has_it_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
