/* A host of MFront's generic interface, as MGIS is one: what it looks up in a library, and a point with room for all
 * that a behaviour reads and writes. Written from the interface's description, not from the adapter. */
#ifndef FEMD_TESTS_MFRONT_HOST_H
#define FEMD_TESTS_MFRONT_HOST_H

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INTERNAL = 8, TANGENT_ROOM = 81, FREE = 4 };

typedef struct state_view {
    const double *gradients;
    double *forces;
    const double *mass_density, *properties;
    double *internal, *stored_energy, *dissipated_energy;
    const double *external;
} state_view;

typedef struct data_view {
    char *error_message;
    double dt;
    double *K, *rdt, *speed_of_sound;
    state_view s0, s1;
} data_view;

typedef int (*behaviour)(data_view *view);

static const double untouched = -7.25; /* what nobody writes */

typedef struct point_state {
    double gradients[9], forces[9 + FREE], internal[INTERNAL], stored, dissipated, temperature, property, density;
} point_state;

typedef struct point {
    point_state s0, s1;
    double K[TANGENT_ROOM + FREE], rdt, speed;
    char words[512 + FREE];
    data_view view;
} point;

/* As MGIS has it before the first increment; the identity as gradients, of small strains zero. */
static inline void point_reset(point *p, int finite) {
    memset(p, 0, sizeof *p);
    for (int i = 0; i < 3; i++) p->s0.gradients[i] = p->s1.gradients[i] = finite;
}

static inline state_view point_view_of(point_state *s) {
    return (state_view){s->gradients, s->forces,  &s->density,    &s->property,
                        s->internal,  &s->stored, &s->dissipated, &s->temperature};
}

/* One call: K[0] to K[2] as given; what is not to be written is marked. */
static inline int point_integrate(point *p, behaviour f, double kind, double stress, double tangent) {
    for (int i = 0; i < TANGENT_ROOM + FREE; i++) p->K[i] = untouched;
    for (int i = 0; i < 9 + FREE; i++) p->s1.forces[i] = untouched;
    memset(p->words, 0, sizeof p->words);
    p->K[0] = kind, p->K[1] = stress, p->K[2] = tangent;
    p->rdt = 1;
    p->view = (data_view){.error_message = p->words,
                          .dt = 0.1,
                          .K = p->K,
                          .rdt = &p->rdt,
                          .speed_of_sound = &p->speed,
                          .s0 = point_view_of(&p->s0),
                          .s1 = point_view_of(&p->s1)};
    return f(&p->view);
}

/* The increment is accepted, or given up. */
static inline void point_update(point *p) {
    p->s0 = p->s1;
}
static inline void point_revert(point *p) {
    p->s1 = p->s0;
}

static inline void *host_symbol(void *library, const char *name, const char *what) {
    char symbol[128];
    snprintf(symbol, sizeof symbol, "%s_%s", name, what);
    void *at = dlsym(library, symbol);
    if (!at) printf("FAILED: there is no symbol %s\n", symbol), exit(1);
    return at;
}

extern int failures;

#define CHECK(condition, ...)                                                                                          \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            printf("FAILED: ");                                                                                        \
            printf(__VA_ARGS__);                                                                                       \
            printf("\n");                                                                                              \
            failures++;                                                                                                \
        }                                                                                                              \
    } while (0)

/* n numbers behind the first "key" of a file of femd eval. */
void eval_numbers(const char *path, const char *key, int n, double *out);
/* To `tolerance` of the largest number wanted. */
void check_near(const char *what, const double *got, const double *wanted, int n, double tolerance);

/* A behaviour that has all that MGIS and TFEL look up. */
behaviour host_load(void *library, const char *name, int finite, int numbered);

#endif
