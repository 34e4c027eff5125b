/* Key files, lists of keys, and which key a peer takes. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "femd/keys.h"

static char folder[] = "/tmp/femd-test-keys.XXXXXX";

static const char *in_folder(const char *name) {
    static char path[4][128];
    static int turn;
    char *at = path[turn++ % 4];
    snprintf(at, sizeof path[0], "%s/%s", folder, name);
    return at;
}

static int make_folder(void **state) {
    (void)state;
    unsetenv("FEMD_KEY");
    unsetenv("FEMD_KEYS");
    setenv("HOME", "/nonexistent", 1);
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static void write_text(const char *path, const char *text, size_t size, mode_t mode) {
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, size, f), size);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static size_t read_text(const char *path, char *text, size_t room) {
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t n = fread(text, 1, room - 1, f);
    fclose(f);
    text[n] = 0;
    return n;
}

static femd_key a_key(femd_role role, const char *name) {
    femd_key key = {.role = role}, server = {.role = (femd_role)0};
    femd_error err = FEMD_ERROR_INIT;
    snprintf(key.name, sizeof key.name, "%s", name);
    assert_int_equal(femd_key_make(&server, &err), FEMD_OK);
    assert_int_equal(femd_key_make(&key, &err), FEMD_OK);
    if (role) memcpy(key.server_text, server.public_text, sizeof key.server_text);
    return key;
}

static void a_key_file_is_its_users_alone(void **state) {
    (void)state;
    femd_error err = FEMD_ERROR_INIT;
    const char *path = in_folder("worker.key");
    femd_key key = a_key(FEMD_ROLE_WORKER, "node-7"), back;
    umask(0);
    assert_int_equal(femd_key_write(path, &key, &err), FEMD_OK);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(femd_key_read(path, &back, &err), FEMD_OK);
    assert_memory_equal(&key, &back, sizeof key);
    assert_int_equal(femd_key_write(path, &key, &err), FEMD_REFUSED); /* nothing is written over */
    static const mode_t open_modes[] = {0640, 0604, 0660, 0620, 0602, 0610, 0601};
    for (size_t i = 0; i < sizeof open_modes / sizeof *open_modes; i++) {
        chmod(path, open_modes[i]);
        assert_int_equal(femd_key_read(path, &back, &err), FEMD_REFUSED);
        assert_non_null(strstr(err.text, "chmod 600"));
        assert_non_null(strstr(err.text, path));
        assert_int_equal(back.secret_text[0], 0);
    }
    chmod(path, 0400);
    assert_int_equal(femd_key_read(path, &back, &err), FEMD_OK);
    if (geteuid() == 0) {
        assert_int_equal(chown(path, 12345, (gid_t)-1), 0);
        assert_int_equal(femd_key_read(path, &back, &err), FEMD_REFUSED);
        assert_non_null(strstr(err.text, "12345"));
    }
    assert_int_equal(femd_key_read(folder, &back, &err), FEMD_REFUSED);
    assert_int_equal(mkfifo(in_folder("fifo"), 0600), 0);
    assert_int_equal(femd_key_read(in_folder("fifo"), &back, &err), FEMD_REFUSED); /* and does not wait */
    assert_int_equal(femd_key_read(in_folder("none"), &back, &err), FEMD_IO);
    key = a_key((femd_role)0, "server");
    assert_int_equal(femd_key_write(in_folder("server.key"), &key, &err), FEMD_OK);
    assert_int_equal(femd_key_read(in_folder("server.key"), &back, &err), FEMD_OK);
    assert_memory_equal(&key, &back, sizeof key);
}

/* Whatever a file holds: it is refused, or its secret and its public key belong together. */
static void a_damaged_key_file_is_refused(void **state) {
    (void)state;
    femd_error err = FEMD_ERROR_INIT;
    const char *path = in_folder("damaged.key");
    femd_key key = a_key(FEMD_ROLE_CLIENT, "ann"), back;
    char text[512], changed[512];
    assert_int_equal(femd_key_write(path, &key, &err), FEMD_OK);
    const size_t n = read_text(path, text, sizeof text);
    for (size_t i = 0; i < n; i++) {
        write_text(path, text, i, 0600);
        const femd_status rc = femd_key_read(path, &back, &err);
        assert_int_equal(rc == FEMD_OK, i == n - 1); /* the newline at the end may be missing */
    }
    const size_t secrets = (size_t)(strstr(text, "public") - text), end = (size_t)(strstr(text, "\nserver") - text);
    for (size_t i = 0; i < n; i++) {
        memcpy(changed, text, n);
        changed[i] = (char)(changed[i] ^ 1);
        write_text(path, changed, n, 0600);
        const femd_status rc = femd_key_read(path, &back, &err);
        if (i < strlen("femd key 1\nrole client") || (i >= secrets && i < end)) assert_int_not_equal(rc, FEMD_OK);
        if (rc == FEMD_OK) assert_string_equal(back.public_text, key.public_text);
        if (rc != FEMD_OK) assert_int_equal(back.secret_text[0], 0);
    }
    static const char *const more[] = {"role client\n", "server 12\n", "colour blue\n", "\n\nsecret\n", "public \n"};
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        const int size = snprintf(changed, sizeof changed, "%s%s", text, more[i]);
        write_text(path, changed, (size_t)size, 0600);
        assert_int_equal(femd_key_read(path, &back, &err), FEMD_BAD_INPUT);
    }
    memcpy(changed, text, n);
    changed[n] = 0;
    write_text(path, changed, n + 1, 0600);
    assert_int_equal(femd_key_read(path, &back, &err), FEMD_BAD_INPUT);
    static char large[5000];
    memset(large, '\n', sizeof large);
    memcpy(large, text, n);
    write_text(path, large, sizeof large, 0600);
    assert_int_equal(femd_key_read(path, &back, &err), FEMD_BAD_INPUT);
    const femd_key other = a_key(FEMD_ROLE_CLIENT, "bob");
    memcpy(strstr(text, "secret ") + 7, other.secret_text, FEMD_KEY_TEXT);
    write_text(path, text, n, 0600);
    assert_int_equal(femd_key_read(path, &back, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "belong together"));
}

#define K1 "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
#define K2 "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"

static femd_status parse(const char *text, femd_allowed *list, femd_error *err) {
    return femd_allowed_parse(text, strlen(text), "list", list, err);
}

static void a_list_says_who_may_connect(void **state) {
    (void)state;
    femd_allowed list;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(parse("# who\n\n  \t\nworker a-1 " K1 "\r\n\tadmin  B_2.x\t" K2 "  \n #", &list, &err), FEMD_OK);
    assert_int_equal(list.n, 2);
    assert_int_equal(femd_allowed_find(&list, K1)->role, FEMD_ROLE_WORKER);
    assert_string_equal(femd_allowed_find(&list, K1)->name, "a-1");
    assert_int_equal(femd_allowed_find(&list, K2)->role, FEMD_ROLE_ADMIN);
    assert_string_equal(femd_allowed_find(&list, K2)->name, "B_2.x");
    assert_null(femd_allowed_find(&list, ""));
    femd_allowed_clear(&list);
    assert_int_equal(parse("", &list, &err), FEMD_OK); /* nobody */
    assert_int_equal(list.n, 0);
    femd_allowed_clear(&list);
    char text[400];
    memset(text, '#', sizeof text); /* a long line that says nothing */
    assert_int_equal(femd_allowed_parse(text, sizeof text, "list", &list, &err), FEMD_OK);
    femd_allowed_clear(&list);
}

static void what_is_no_list_is_refused_with_its_line(void **state) {
    (void)state;
    static const struct {
        const char *text, *words;
    } bad[] = {{"client ann", "line 1: three words"},
               {"client ann " K1 " more", "line 1: three words"},
               {"\n\nserver ann " K1, "line 3: the role"},
               {"Client ann " K1, "the role"},
               {"client -ann " K1, "a name"},
               {"client .ann " K1, "a name"},
               {"client a/b " K1, "a name"},
               {"client aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa " K1, "a name"},
               {"client ann " K1 "x", "no public key"},
               {"client ann rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf", "no public key"},
               {"client ann rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf\"", "no public key"},
               {"client ann " K1 "\nworker ann " K2, "line 2: the name ann stands twice"},
               {"client ann " K1 "\nworker bob " K1, "line 2: the key of bob stands twice"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        femd_allowed list;
        femd_error err = FEMD_ERROR_INIT;
        assert_int_equal(parse(bad[i].text, &list, &err), FEMD_BAD_INPUT);
        if (!strstr(err.text, bad[i].words)) fail_msg("\"%s\" instead of \"%s\"", err.text, bad[i].words);
        assert_null(list.one);
    }
    femd_allowed list;
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(femd_allowed_parse("client a\0b", 10, "list", &list, &err), FEMD_BAD_INPUT);
    char text[400];
    memset(text, ' ', sizeof text);
    assert_int_equal(femd_allowed_parse(text, sizeof text, "list", &list, &err), FEMD_BAD_INPUT);
    assert_non_null(strstr(err.text, "longer"));
}

static void a_line_is_added_and_taken_out(void **state) {
    (void)state;
    femd_error err = FEMD_ERROR_INIT;
    const char *path = in_folder("allowed");
    char text[1000];
    femd_allowed list;
    struct stat before, after;
    const femd_allowed_one ann = {FEMD_ROLE_CLIENT, "ann", K1}, bob = {FEMD_ROLE_ADMIN, "bob", K2};
    femd_allowed_one again = ann;
    assert_int_equal(femd_allowed_add(path, &ann, &err), FEMD_OK); /* which makes the file */
    assert_int_equal(stat(path, &before), 0);
    assert_int_equal(before.st_mode & 0777, 0600);
    assert_int_equal(femd_allowed_add(path, &ann, &err), FEMD_REFUSED);
    snprintf(again.name, sizeof again.name, "carl");
    assert_int_equal(femd_allowed_add(path, &again, &err), FEMD_REFUSED);
    write_text(path, "# mine\nclient ann " K1 "\n# end", strlen("# mine\nclient ann " K1 "\n# end"), 0644);
    assert_int_equal(femd_allowed_add(path, &bob, &err), FEMD_OK);
    read_text(path, text, sizeof text);
    assert_string_equal(text, "# mine\nclient ann " K1 "\n# end\nadmin bob " K2 "\n");
    assert_int_equal(stat(path, &after), 0);
    assert_int_not_equal(before.st_ino, after.st_ino); /* another file, whole */
    assert_int_equal(femd_allowed_remove(path, "eve", &err), FEMD_BAD_INPUT);
    assert_int_equal(femd_allowed_remove(path, "ann", &err), FEMD_OK);
    read_text(path, text, sizeof text);
    assert_string_equal(text, "# mine\n# end\nadmin bob " K2 "\n");
    assert_int_equal(femd_allowed_read(path, &list, &after, &err), FEMD_OK);
    assert_int_equal(list.n, 1);
    femd_allowed_clear(&list);
    static const mode_t open_modes[] = {0620, 0602, 0666};
    for (size_t i = 0; i < 3; i++) {
        chmod(path, open_modes[i]);
        assert_int_equal(femd_allowed_read(path, &list, NULL, &err), FEMD_REFUSED);
        assert_int_equal(femd_allowed_remove(path, "bob", &err), FEMD_REFUSED);
    }
    chmod(path, 0644); /* public keys are no secrets */
    assert_int_equal(femd_allowed_read(path, &list, NULL, &err), FEMD_OK);
    femd_allowed_clear(&list);
    assert_int_equal(femd_allowed_read(folder, &list, NULL, &err), FEMD_REFUSED);
    assert_int_equal(femd_allowed_read(in_folder("none"), &list, NULL, &err), FEMD_IO);
    static char much[(1 << 20) + 1];
    memset(much, '\n', sizeof much);
    write_text(in_folder("much"), much, sizeof much, 0600);
    assert_int_equal(femd_allowed_read(in_folder("much"), &list, NULL, &err), FEMD_LIMIT);
    write_text(in_folder("much"), much, sizeof much - 1, 0600);
    assert_int_equal(femd_allowed_read(in_folder("much"), &list, NULL, &err), FEMD_OK);
    assert_int_equal(femd_allowed_add(in_folder("much"), &ann, &err), FEMD_LIMIT);
    if (geteuid() == 0) {
        assert_int_equal(chown(path, 12345, (gid_t)-1), 0);
        assert_int_equal(femd_allowed_read(path, &list, NULL, &err), FEMD_REFUSED);
    }
    unlink(path);
}

static void addresses_of_this_machine_are_known(void **state) {
    (void)state;
    static const char *const here[] = {
        "tcp://127.0.0.1:5600",           "tcp://127.8.9.1:*", "tcp://localhost:1", "tcp://[::1]:5",
        "tcp://0.0.0.0:0;127.0.0.1:5600", "ipc:///tmp/x",      "ipc://@x",          "inproc://x"};
    static const char *const away[] = {"tcp://*:5600",
                                       "tcp://0.0.0.0:5600",
                                       "tcp://128.0.0.1:5",
                                       "tcp://10.0.0.1:5600",
                                       "tcp://head:5600",
                                       "tcp://127.0.0.1.example:5",
                                       "tcp://[::]:5",
                                       "tcp://eth0:5",
                                       "tcp://localhost.example:5",
                                       "tcp://127.1:5",
                                       "tcp://127.0.0.1:0;10.0.0.1:5"};
    for (size_t i = 0; i < sizeof here / sizeof *here; i++) assert_true(femd_address_is_local(here[i]));
    for (size_t i = 0; i < sizeof away / sizeof *away; i++) assert_false(femd_address_is_local(away[i]));
}

typedef struct found {
    femd_key key;
    int found;
    char path[256];
    femd_error err;
} found;

static femd_status find(const char *named, femd_role role, const char *address, int insecure, found *f) {
    memset(f, 0, sizeof *f);
    return femd_key_find(named, role, address, insecure, &f->key, &f->found, f->path, sizeof f->path, &f->err);
}

static void a_peer_takes_the_key_that_fits(void **state) {
    (void)state;
    femd_error err = FEMD_ERROR_INIT;
    found f;
    const char *local = "tcp://127.0.0.1:5600", *away = "tcp://head:5600", *ipc = "ipc:///tmp/x";
    femd_key client = a_key(FEMD_ROLE_CLIENT, "ann"), worker = a_key(FEMD_ROLE_WORKER, "w");
    assert_int_equal(find(NULL, FEMD_ROLE_CLIENT, away, 0, &f), FEMD_REFUSED);
    assert_non_null(strstr(f.err.text, "--insecure"));
    assert_int_equal(find(NULL, FEMD_ROLE_CLIENT, away, 1, &f), FEMD_OK);
    assert_false(f.found);
    setenv("FEMD_KEYS", folder, 1);
    assert_int_equal(find(NULL, FEMD_ROLE_CLIENT, away, 0, &f), FEMD_REFUSED); /* none there */
    assert_int_equal(femd_key_write(in_folder("client.key"), &client, &err), FEMD_OK);
    assert_int_equal(find(NULL, FEMD_ROLE_CLIENT, away, 0, &f), FEMD_OK);
    assert_true(f.found);
    assert_string_equal(f.key.name, "ann");
    assert_string_equal(f.path, in_folder("client.key"));
    assert_int_equal(find(NULL, FEMD_ROLE_CLIENT, away, 1, &f), FEMD_OK); /* told to be insecure */
    assert_false(f.found);
    assert_int_equal(find(NULL, FEMD_ROLE_ADMIN, away, 0, &f), FEMD_REFUSED);
    assert_int_equal(find(NULL, FEMD_ROLE_CLIENT, local, 0, &f), FEMD_OK); /* the usual one is for other machines */
    assert_false(f.found);
    setenv("FEMD_KEY", in_folder("client.key"), 1);
    assert_int_equal(find(NULL, FEMD_ROLE_CLIENT, local, 0, &f), FEMD_OK);
    assert_true(f.found);
    assert_int_equal(find(NULL, FEMD_ROLE_CLIENT, ipc, 0, &f), FEMD_OK); /* a pool that femd run made has no keys */
    assert_false(f.found);
    assert_int_equal(find(in_folder("client.key"), FEMD_ROLE_CLIENT, ipc, 0, &f), FEMD_OK);
    assert_true(f.found);
    unlink(in_folder("worker.key"));
    assert_int_equal(femd_key_write(in_folder("worker.key"), &worker, &err), FEMD_OK);
    assert_int_equal(find(in_folder("worker.key"), FEMD_ROLE_CLIENT, away, 1, &f), FEMD_REFUSED);
    assert_non_null(strstr(f.err.text, "of role worker"));
    assert_false(f.key.secret_text[0]);
    chmod(in_folder("client.key"), 0644);
    assert_int_equal(find(NULL, FEMD_ROLE_CLIENT, away, 0, &f), FEMD_REFUSED); /* and no other way */
    unsetenv("FEMD_KEY");
    assert_int_equal(find(NULL, FEMD_ROLE_CLIENT, away, 0, &f), FEMD_REFUSED);
    char path[64];
    assert_int_equal(femd_keys_folder(path, 8, &err), FEMD_BAD_INPUT);
    unsetenv("FEMD_KEYS");
    setenv("HOME", "/home/x", 1);
    assert_int_equal(femd_keys_folder(path, sizeof path, &err), FEMD_OK);
    assert_string_equal(path, "/home/x/.femd/keys");
    unsetenv("HOME");
    assert_int_equal(femd_keys_folder(path, sizeof path, &err), FEMD_BAD_INPUT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_file_is_its_users_alone),  cmocka_unit_test(a_damaged_key_file_is_refused),
        cmocka_unit_test(a_list_says_who_may_connect),    cmocka_unit_test(what_is_no_list_is_refused_with_its_line),
        cmocka_unit_test(a_line_is_added_and_taken_out),  cmocka_unit_test(addresses_of_this_machine_are_known),
        cmocka_unit_test(a_peer_takes_the_key_that_fits),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
