/* A vacancy and its hop in a native RVE, for the tests of rates. */
#ifndef FEMD_TEST_RATES_FIXTURE_H
#define FEMD_TEST_RATES_FIXTURE_H

#include "native_open.h"
#include "rates/hop.h"
#include "rates/saddle.h"
#include "rates/smoothness.h"
#include "rates/vineyard.h"

#define CRYSTAL(lattice, a, species, repeat, style, file)                                                              \
    "{\"engine\":\"native\",\"structure\":{\"lattice\":\"" lattice "\",\"a\":\"" a                                     \
    " angstrom\",\"species\":[\"" species "\"],\"repeat\":" repeat                                                     \
    ",\"vacancies\":{\"positions\":[[0,0,0]]}},\"reference\":\"as-given\",\"potential\":"                              \
    "{\"style\":\"" style "\",\"file\":\"" file "\"}}"
#define COPPER_OF(repeat) CRYSTAL("fcc", "3.614925", "Cu", repeat, "eam/alloy", "Cu_mishin1.eam.alloy")
#define IRON_OF(repeat)   CRYSTAL("bcc", "2.855312", "Fe", repeat, "eam/fs", "Fe_mm.eam.fs")

typedef struct hop {
    femd_native *n;
    femd_vacancy vacancy;
    int index;
    femd_still minimum, saddle;
    femd_saddle_way way;
    double *other, W_other; /* the state after the hop */
} hop;

/* The vacancy at the origin, its hop along (1, 1, 0) or (1, 1, 1), the two states at strain E. */
static inline void hop_open(hop *h, const char *json, const double direction[3]) {
    femd_error err = FEMD_ERROR_INIT;
    const double origin[3] = {0, 0, 0};
    *h = (hop){.n = native_open(json)};
    if (femd_vacancy_find(&h->n->structure, origin, &h->vacancy, &err) != FEMD_OK) fail_msg("%s", err.text);
    if (femd_hop_toward(&h->vacancy, &h->n->structure, direction, &h->index, &err) != FEMD_OK) fail_msg("%s", err.text);
    assert_int_equal(femd_still_init(&h->minimum, h->n->rve.n, &err), FEMD_OK);
    assert_int_equal(femd_still_init(&h->saddle, h->n->rve.n, &err), FEMD_OK);
    h->other = malloc(3 * (size_t)h->n->rve.n * sizeof(double));
}

static inline void hop_find(hop *h, const double E[6]) {
    femd_error err = FEMD_ERROR_INIT;
    femd_path *path = &h->n->path;
    femd_relax_result end;
    if (femd_path_advance(path, E, NULL, &err) != FEMD_OK) fail_msg("%s", err.text);
    if (femd_still_find(&h->minimum, path->rve, &path->place, path->x, NULL, &err) != FEMD_OK) fail_msg("%s", err.text);
    femd_hop_move(&h->vacancy.hop[h->index], path->place.h, path->rve->n, path->x, h->other);
    if (femd_relax(path->relaxer, path->rve, &path->place, h->other, NULL, NULL, &end, &err) != FEMD_OK)
        fail_msg("%s", err.text);
    h->W_other = end.W;
    if (femd_saddle_find(&h->saddle, h->n, &path->place, path->x, path->last.W, h->other, end.W, NULL, NULL, &h->way,
                         &err) != FEMD_OK)
        fail_msg("%s", err.text);
}

static inline double hop_frequency(hop *h) {
    femd_error err = FEMD_ERROR_INIT;
    const int n = h->n->rve.n;
    double *mass = malloc((size_t)n * sizeof *mass), nu = 0;
    for (int i = 0; i < n; i++) mass[i] = femd_native_mass(h->n, i);
    if (femd_vineyard_frequency(&h->minimum, &h->saddle, mass, &h->n->rve, &h->n->path.place, &nu, &err) != FEMD_OK)
        fail_msg("%s", err.text);
    free(mass);
    return nu;
}

static inline double hop_roughness(hop *h) {
    femd_error err = FEMD_ERROR_INIT;
    double roughness = -1;
    if (femd_smoothness_find(h->n, &h->vacancy, &roughness, &err) != FEMD_OK) fail_msg("%s", err.text);
    return roughness;
}

static inline void hop_close(hop *h) {
    femd_still_clear(&h->minimum);
    femd_still_clear(&h->saddle);
    free(h->other);
    femd_native_destroy(&h->n);
}

#endif
