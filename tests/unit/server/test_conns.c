/* Connections by descriptor: who is cut, and who is not. */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "conns.h"

enum { ROUTE = 7, OTHER = 8 };

/* Both ends of a connection, the first one as the descriptor `at` (any, if negative). */
static void connect_pair(int pair[2], int at) {
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    if (at < 0 || pair[0] == at) return;
    assert_int_equal(dup2(pair[0], at), at);
    close(pair[0]);
    pair[0] = at;
}

/* 1 if the far end sees the end of the connection. */
static int is_cut(const int pair[2]) {
    struct pollfd p = {.fd = pair[1], .events = POLLIN};
    return poll(&p, 1, 0) == 1 && p.revents & POLLHUP;
}

static void a_route_is_cut_over_its_descriptor(void **state) {
    (void)state;
    femd_conns c;
    int pair[2];
    connect_pair(pair, -1);
    femd_conns_init(&c);
    femd_conns_accepted(&c, pair[0]);
    assert_int_equal(femd_conns_heard(&c, pair[0], ROUTE), 0);
    femd_conns_cut(&c, OTHER);
    assert_false(is_cut(pair));
    femd_conns_cut(&c, ROUTE);
    assert_true(is_cut(pair));
    femd_conns_clear(&c);
    close(pair[0]);
    close(pair[1]);
}

/* A connection that is to be cut may have ended by itself, and another one may have its descriptor before the notice is
 * read. */
static void who_took_over_a_descriptor_is_spared(void **state) {
    (void)state;
    femd_conns c;
    int first[2], second[2];
    connect_pair(first, -1);
    femd_conns_init(&c);
    femd_conns_accepted(&c, first[0]);
    assert_int_equal(femd_conns_heard(&c, first[0], ROUTE), 0);
    close(first[0]);
    connect_pair(second, first[0]);
    femd_conns_cut(&c, ROUTE);
    assert_false(is_cut(second));
    assert_int_equal(femd_conns_heard(&c, second[0], OTHER), ROUTE); /* the first is gone with its connection */
    femd_conns_cut(&c, OTHER);
    assert_true(is_cut(second));
    femd_conns_clear(&c);
    close(first[1]);
    close(second[0]);
    close(second[1]);
}

/* Messages that are read after the notice of their connection's end, before or after another has taken its descriptor
 * over, bring nothing back: the end of the other is noticed. */
static void last_messages_of_a_connection_hide_no_other(void **state) {
    (void)state;
    for (int late = 0; late < 2; late++) {
        femd_conns c;
        const int fd = 5;
        femd_conns_init(&c);
        femd_conns_accepted(&c, fd);
        assert_int_equal(femd_conns_heard(&c, fd, ROUTE), 0);
        assert_int_equal(femd_conns_closed(&c, fd), ROUTE);
        if (!late) assert_int_equal(femd_conns_heard(&c, fd, ROUTE), 0);
        femd_conns_accepted(&c, fd);
        assert_int_equal(femd_conns_heard(&c, fd, OTHER), 0);
        if (late) assert_int_equal(femd_conns_heard(&c, fd, ROUTE), 0);
        assert_int_equal(femd_conns_closed(&c, fd), OTHER);
        assert_int_equal(c.nopen, 0);
        femd_conns_clear(&c);
    }
    /* and where the other has spoken before the notice came */
    femd_conns c;
    femd_conns_init(&c);
    femd_conns_accepted(&c, 5);
    assert_int_equal(femd_conns_heard(&c, 5, ROUTE), 0);
    assert_int_equal(femd_conns_heard(&c, 5, OTHER), ROUTE);
    assert_int_equal(femd_conns_heard(&c, 5, ROUTE), 0);
    assert_int_equal(femd_conns_closed(&c, 5), 0);
    assert_int_equal(femd_conns_closed(&c, 5), OTHER);
    femd_conns_clear(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_route_is_cut_over_its_descriptor),
        cmocka_unit_test(who_took_over_a_descriptor_is_spared),
        cmocka_unit_test(last_messages_of_a_connection_hide_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
