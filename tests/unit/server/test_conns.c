/* Connections by descriptor: who is cut, and who is not. */
#include <fcntl.h>
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

/* The descriptor is closed, and open again on another connection. */
static void take_over(int old[2], int fresh[2]) {
    const int at = old[0];
    close(old[0]);
    connect_pair(fresh, at);
}

/* What a peer said last is often read after the notice of its end; whoever has its descriptor next is noticed too. */
static void a_message_read_late_binds_nothing(void **state) {
    (void)state;
    femd_conns c;
    int first[2], second[2];
    connect_pair(first, -1);
    femd_conns_init(&c);
    femd_conns_accepted(&c, first[0]);
    assert_int_equal(femd_conns_heard(&c, first[0], ROUTE), 0);
    take_over(first, second);
    assert_int_equal(femd_conns_closed(&c, second[0]), ROUTE);
    femd_conns_lost(&c, ROUTE);
    assert_int_equal(femd_conns_heard(&c, second[0], ROUTE), 0);
    c.ngone = 0; /* it has been told */
    femd_conns_accepted(&c, second[0]);
    assert_int_equal(femd_conns_heard(&c, second[0], OTHER), 0);
    close(second[0]);
    assert_int_equal(femd_conns_closed(&c, second[0]), OTHER);
    assert_int_equal(c.nopen, 0);
    femd_conns_clear(&c);
    close(first[1]);
    close(second[1]);
}

/* All that a peer ever said is read when its connection has ended: nothing will tell of that any more. */
static void who_speaks_from_a_closed_descriptor_is_gone(void **state) {
    (void)state;
    femd_conns c;
    int pair[2];
    connect_pair(pair, -1);
    femd_conns_init(&c);
    femd_conns_accepted(&c, pair[0]);
    close(pair[0]);
    assert_int_equal(femd_conns_closed(&c, pair[0]), 0);
    assert_int_equal(femd_conns_heard(&c, pair[0], ROUTE), ROUTE);
    const int file = open("/dev/null", O_RDONLY); /* the descriptor is open, on no connection */
    assert_int_equal(file, pair[0]);
    assert_int_equal(femd_conns_heard(&c, file, OTHER), OTHER);
    femd_conns_clear(&c);
    close(file);
    close(pair[1]);
}

static void who_is_older_than_the_descriptors_owner_is_gone(void **state) {
    (void)state;
    static const struct {
        uint64_t older, younger;
    } pairs[] = {{ROUTE, OTHER}, {0x1FFFFFFFE, 0x100000003} /* the numbers begin anew */};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        femd_conns c;
        int pair[2];
        connect_pair(pair, -1);
        femd_conns_init(&c);
        femd_conns_accepted(&c, pair[0]);
        assert_int_equal(femd_conns_heard(&c, pair[0], pairs[i].younger), 0);
        assert_int_equal(femd_conns_heard(&c, pair[0], pairs[i].older), pairs[i].older);
        assert_int_equal(femd_conns_heard(&c, pair[0], pairs[i].younger), 0);
        femd_conns_cut(&c, pairs[i].older);
        assert_false(is_cut(pair));
        femd_conns_cut(&c, pairs[i].younger);
        assert_true(is_cut(pair));
        close(pair[0]);
        assert_int_equal(femd_conns_closed(&c, pair[0]), pairs[i].younger);
        femd_conns_clear(&c);
        close(pair[1]);
    }
}

/* libzmq tells of an end before it closes the descriptor. */
static void an_end_is_certain_when_the_socket_is_gone(void **state) {
    (void)state;
    for (int taken_over = 0; taken_over < 2; taken_over++) {
        femd_conns c;
        int pair[2], next[2] = {-1, -1};
        connect_pair(pair, -1);
        femd_conns_init(&c);
        femd_conns_accepted(&c, pair[0]);
        femd_conns_heard(&c, pair[0], ROUTE);
        assert_int_equal(femd_conns_closed(&c, pair[0]), 0);
        femd_conns_settle(&c);
        assert_int_equal(c.nending, 1);
        assert_int_equal(c.ngone, 0);
        if (taken_over)
            take_over(pair, next);
        else
            close(pair[0]);
        femd_conns_settle(&c);
        assert_int_equal(c.nending, 0);
        assert_true(c.ngone == 1 && c.gone[0] == ROUTE);
        femd_conns_clear(&c);
        close(pair[1]);
        close(next[0]);
        close(next[1]);
    }
}

/* A notice of one who never spoke may be read when the next one has spoken already. */
static void an_end_of_an_earlier_connection_is_not_this_ones(void **state) {
    (void)state;
    femd_conns c;
    int pair[2];
    connect_pair(pair, -1);
    femd_conns_init(&c);
    femd_conns_heard(&c, pair[0], ROUTE);
    assert_int_equal(femd_conns_closed(&c, pair[0]), 0);
    for (int look = 0; look < 10000 && c.nending; look++) femd_conns_settle(&c);
    assert_int_equal(c.nending, 0);
    assert_int_equal(c.ngone, 0);
    close(pair[0]);
    assert_int_equal(femd_conns_closed(&c, pair[0]), ROUTE);
    femd_conns_clear(&c);
    close(pair[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_route_is_cut_over_its_descriptor),
        cmocka_unit_test(who_took_over_a_descriptor_is_spared),
        cmocka_unit_test(a_message_read_late_binds_nothing),
        cmocka_unit_test(who_speaks_from_a_closed_descriptor_is_gone),
        cmocka_unit_test(who_is_older_than_the_descriptors_owner_is_gone),
        cmocka_unit_test(an_end_is_certain_when_the_socket_is_gone),
        cmocka_unit_test(an_end_of_an_earlier_connection_is_not_this_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
