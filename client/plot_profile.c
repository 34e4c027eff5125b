/* A field along an axis. Draws nothing. */
#include <math.h>
#include <stdlib.h>

#include "plot_data.h"

typedef struct profile_place {
    double x;
    size_t at;
} profile_place;

static int profile_order(const void *a, const void *b) {
    const profile_place *p = a, *q = b;
    if (p->x != q->x) return p->x < q->x ? -1 : 1;
    return (p->at > q->at) - (p->at < q->at);
}

/* A node's, or that of the middle of a cell's nodes. */
static double profile_position(const plot_fields *f, size_t i, int axis) {
    double sum = 0;
    if (f->on_points) return f->x[3 * i + (size_t)axis];
    const size_t nodes = (size_t)f->cell_points;
    for (size_t k = 0; k < nodes; k++) sum += f->x[3 * f->conn[nodes * i + k] + (size_t)axis];
    return sum / (double)nodes;
}

femd_status plot_fields_along(const plot_fields *f, int axis, size_t *n, double **x, double **value, double **error,
                              femd_error *err) {
    const size_t all = f->on_points ? f->npoints : f->ncells;
    profile_place *place = malloc((all + 1) * sizeof *place);
    *x = calloc(all + 1, sizeof **x);
    *value = calloc(all + 1, sizeof **value);
    *error = calloc(all + 1, sizeof **error);
    *n = 0;
    if (!place || !*x || !*value || !*error) {
        free(place);
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for a profile");
    }
    for (size_t i = 0; i < all; i++) place[i] = (profile_place){profile_position(f, i, axis), i};
    qsort(place, all, sizeof *place, profile_order);
    const double close = all > 0 ? 1e-9 * (place[all - 1].x - place[0].x) : 0;
    for (size_t i = 0, count = 0; i < all; i++) {
        if (i == 0 || place[i].x - (*x)[*n - 1] > close) (*x)[(*n)++] = place[i].x, count = 0;
        double *mean = *value + *n - 1, *most = *error + *n - 1;
        *mean += (f->value[place[i].at] - *mean) / (double)++count;
        if (f->error) *most = fmax(*most, f->error[place[i].at]);
    }
    free(place);
    return FEMD_OK;
}
