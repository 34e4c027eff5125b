/* What each point was told last. CalculiX asks the same again: after an increment has converged, for its stresses
 * alone, and at the beginning of the next one, for its tangents. */
#include <stdlib.h>

#include "umat.h"

static umat_point **points_chain; /* by number; a power of two */
static size_t points_room, points_n;

static size_t points_place(uint64_t number) {
    return (size_t)(number * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (points_room - 1);
}

static int points_grow(void) {
    umat_point **before = points_chain;
    const size_t room = points_room;
    umat_point **chain = calloc(room ? 2 * room : 1024, sizeof *chain);
    if (!chain) return 0;
    points_chain = chain;
    points_room = room ? 2 * room : 1024;
    for (size_t i = 0; i < room; i++)
        for (umat_point *p = before[i], *next; p; p = next) {
            umat_point **at = &points_chain[points_place(p->number)];
            next = p->next;
            p->next = *at;
            *at = p;
        }
    free(before);
    return 1;
}

umat_point *umat_point_at(uint64_t number) {
    if (points_n >= points_room && !points_grow()) return NULL;
    umat_point **at = &points_chain[points_place(number)];
    for (umat_point *p = *at; p; p = p->next)
        if (p->number == number) return p;
    umat_point *p = calloc(1, sizeof *p);
    if (!p) return NULL;
    p->number = number;
    p->next = *at;
    *at = p;
    points_n++;
    return p;
}

umat_tokens umat_points_tokens(double time) {
    umat_tokens all = {.time = time,
                       .number = malloc((points_n + 1) * sizeof *all.number),
                       .token = malloc((points_n + 1) * FEMD_TOKEN * sizeof *all.token)};
    if (!all.number || !all.token) {
        umat_tokens_free(&all);
        return all;
    }
    for (size_t i = 0; i < points_room; i++)
        for (const umat_point *p = points_chain[i]; p; p = p->next) {
            if (!p->valid) continue;
            all.number[all.n] = p->number;
            for (int k = 0; k < FEMD_TOKEN; k++) all.token[all.n * FEMD_TOKEN + (size_t)k] = p->answer.token[k];
            all.n++;
        }
    return all;
}

void umat_tokens_free(umat_tokens *tokens) {
    free(tokens->number);
    free(tokens->token);
    tokens->number = NULL;
    tokens->token = NULL;
}
