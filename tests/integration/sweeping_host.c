/* A host as CalculiX is one: sweeps over its points by threads that it makes anew for each sweep, tokens where it keeps
 * its state variables, no word about what it has accepted.
 *
 *   sweeping_host ADDRESS CASE RANK RANKS FIRST LAST SAVE|- LOAD|-
 *
 * increments FIRST to LAST, each with a first sweep at half of its load, a cut of every other increment in between, and
 * a last sweep; then tokens and states are saved into SAVE. What the points of the rank answer goes to standard output.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "femd/pointwise.h"

enum { POINTS = 6 };

static femd_pointwise *points;
static femd_hash material;
static double accepted[FEMD_TOKEN * POINTS], fresh[FEMD_TOKEN * POINTS], P[9 * POINTS];
static double load; /* of the sweep */
static uint32_t increment;

static void *evaluate(void *at) {
    const size_t i = (size_t)((double *)at - P) / 9;
    double F[9] = {1 + load * (1 + 0.1 * (double)i), load, 0, 0, 1, 0, 0, 0.5 * load, 1};
    int32_t status;
    femd_status worst;
    femd_error err = FEMD_ERROR_INIT;
    const femd_arrays arrays = {.size = sizeof arrays,
                                .n = 1,
                                .F = F,
                                .first_point = i,
                                .token_in = accepted + FEMD_TOKEN * i,
                                .token_out = fresh + FEMD_TOKEN * i,
                                .increment = increment,
                                .stress = P + 9 * i,
                                .status = &status};
    if (femd_pointwise_arrays(points, &material, &arrays, &worst, &err) != FEMD_OK || worst != FEMD_OK) {
        fprintf(stderr, "point %zu: %s\n", i, err.text);
        exit(1);
    }
    return NULL;
}

static void sweep(size_t begin, size_t end, double at_load) {
    pthread_t thread[POINTS];
    load = at_load;
    for (size_t i = begin; i < end; i++)
        if (pthread_create(&thread[i], NULL, evaluate, P + 9 * i) != 0) exit(1);
    for (size_t i = begin; i < end; i++) pthread_join(thread[i], NULL);
}

static femd_status take_material(femd_client *client, void *user, femd_error *err) {
    return femd_client_material_file(client, user, NULL, &material, NULL, err);
}
static femd_status save(femd_client *client, void *path, femd_error *err) {
    return femd_tokens_save(client, path, accepted, 0, POINTS, err);
}
static femd_status load_states(femd_client *client, void *path, femd_error *err) {
    return femd_states_load(client, path, NULL, err);
}

/* The host's own file, beside that of the states. */
static void own_file(const char *path, const char *mode) {
    char name[4096];
    snprintf(name, sizeof name, "%s.host", path);
    FILE *f = fopen(name, mode);
    if (!f || (*mode == 'w' ? fwrite(accepted, sizeof accepted, 1, f) : fread(accepted, sizeof accepted, 1, f)) != 1 ||
        fclose(f) != 0) {
        perror(name);
        exit(1);
    }
}

int main(int argc, char **argv) {
    if (argc != 9) return 2;
    const uint32_t rank = (uint32_t)atoi(argv[3]), ranks = (uint32_t)atoi(argv[4]);
    const uint32_t first = (uint32_t)atoi(argv[5]), last = (uint32_t)atoi(argv[6]);
    const size_t begin = POINTS * rank / ranks, end = POINTS * (rank + 1) / ranks;
    const femd_client_config config = {
        .size = sizeof config, .address = argv[1], .run = "sweeps", .rank = rank, .ranks = ranks, .wait_timeout = 60};
    femd_error err = FEMD_ERROR_INIT;
    femd_status rc = femd_pointwise_open(&config, 1, &points, &err);
    if (rc == FEMD_OK) rc = femd_pointwise_call(points, take_material, argv[2], &err);
    if (rc == FEMD_OK && strcmp(argv[8], "-") != 0) {
        own_file(argv[8], "rb");
        rc = femd_pointwise_call(points, load_states, argv[8], &err);
    }
    for (increment = first; rc == FEMD_OK && increment <= last; increment++) {
        sweep(begin, end, 0.004 * (increment - 0.5));
        if (increment % 2 == 0) sweep(begin, end, 0.004 * (increment - 0.75)); /* cut: begins as before */
        sweep(begin, end, 0.004 * increment);
        memcpy(accepted, fresh, sizeof accepted);
        for (size_t i = begin; i < end; i++)
            printf("%u %zu %.17g %.17g %.17g\n", increment, i, P[9 * i], P[9 * i + 1], P[9 * i + 8]);
    }
    if (rc == FEMD_OK && strcmp(argv[7], "-") != 0) {
        rc = femd_pointwise_call(points, save, argv[7], &err);
        if (rc == FEMD_OK) own_file(argv[7], "wb");
    }
    if (rc != FEMD_OK) fprintf(stderr, "%s\n", err.text);
    femd_pointwise_close(&points);
    return rc != FEMD_OK;
}
