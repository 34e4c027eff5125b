/* A process that forks: the child has the memory of the parent's connection, and neither its threads nor its sockets.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "femd/pointwise.h"
#include "law_server.h"

/* What the child found, as an exit code. */
static int use_in_child(femd_client *c, femd_batch *batch, const femd_hash *id) {
    femd_request q = {.wants = FEMD_WANT_STRESS};
    femd_response r;
    femd_batch *other = NULL;
    char *json;
    size_t done;
    femd_error err = FEMD_ERROR_INIT;
    alarm(10); /* it must not wait for threads that are not there */
    if (femd_client_status(c, &json, &err) != FEMD_BAD_ARGUMENT || !strstr(err.text, "forked")) return 1;
    if (femd_client_poll(c, batch, 1, &done, &err) != FEMD_BAD_ARGUMENT) return 2;
    femd_status rc = femd_client_submit(c, id, &q, 1, &other, &err);
    if (rc == FEMD_OK) rc = femd_client_collect(c, &other, &r, &err);
    if (rc != FEMD_BAD_ARGUMENT) return 3;
    if (femd_client_collect(c, &batch, &r, &err) != FEMD_BAD_ARGUMENT) return 4;
    femd_client_close(&c);
    return c ? 5 : 0;
}

static void a_forked_child_is_refused_and_the_parent_goes_on(void **state) {
    (void)state;
    bench b;
    bench_open(&b);
    const femd_request q = {.wants = FEMD_WANT_STRESS, .value = {0.01}, .point = 3};
    femd_response r;
    femd_batch *batch = NULL;
    for (int round = 0; round < 2; round++) {
        assert_int_equal(femd_client_submit(b.client, &material, &q, 1, &batch, &b.err), FEMD_OK);
        const pid_t child = fork();
        if (child == 0) _exit(use_in_child(b.client, batch, &material));
        int code;
        assert_int_equal(waitpid(child, &code, 0), child);
        assert_int_equal(code, 0);
        assert_int_equal(femd_client_collect(b.client, &batch, &r, &b.err), FEMD_OK);
        assert_int_equal(r.status, FEMD_OK);
        assert_true(r.S[0] == 0.01 * law_D(0, 0));
    }
    bench_close(&b);
}

/* ---- points from many threads ---- */

static femd_status nothing(femd_client *client, void *user, femd_error *err) {
    (void)client, (void)user, (void)err;
    return FEMD_OK;
}

static int use_points_in_child(femd_pointwise *points) {
    const femd_request q = {.wants = FEMD_WANT_STRESS};
    double P[9];
    int32_t status;
    const femd_arrays arrays = {.size = sizeof arrays, .n = 1, .F = some_F, .stress = P, .status = &status};
    femd_response r;
    femd_status worst;
    femd_error err = FEMD_ERROR_INIT;
    alarm(10);
    if (femd_pointwise_evaluate(points, &material, &q, &r, &err) != FEMD_BAD_ARGUMENT) return 1;
    if (!strstr(err.text, "forked")) return 2;
    if (femd_pointwise_arrays(points, &material, &arrays, &worst, &err) != FEMD_BAD_ARGUMENT) return 3;
    if (femd_pointwise_call(points, nothing, NULL, &err) != FEMD_BAD_ARGUMENT) return 4;
    femd_pointwise_close(&points);
    return points ? 5 : 0;
}

static void points_of_a_forked_child_are_refused(void **state) {
    (void)state;
    fake_server server = {.handle = serve_law};
    seen last = {0};
    server.test = &last;
    fake_start(&server);
    const femd_client_config config = {.size = sizeof config, .address = server.address, .run = "unit"};
    femd_error err = FEMD_ERROR_INIT;
    femd_pointwise *points = NULL;
    assert_int_equal(femd_pointwise_open(&config, 0, &points, &err), FEMD_OK);
    const femd_request q = {.wants = FEMD_WANT_STRESS, .value = {0.01}, .point = 3};
    femd_response r;
    for (int round = 0; round < 2; round++) {
        const pid_t child = fork();
        if (child == 0) _exit(use_points_in_child(points));
        int code;
        assert_int_equal(waitpid(child, &code, 0), child);
        assert_int_equal(code, 0);
        assert_int_equal(femd_pointwise_evaluate(points, &material, &q, &r, &err), FEMD_OK);
        assert_true(r.S[0] == 0.01 * law_D(0, 0));
    }
    femd_pointwise_close(&points);
    fake_stop(&server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_forked_child_is_refused_and_the_parent_goes_on),
        cmocka_unit_test(points_of_a_forked_child_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
