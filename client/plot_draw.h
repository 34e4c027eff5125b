/* Pictures by cairo, each as NAME.png and NAME.svg; no display is needed. */
#ifndef FEMD_CLIENT_PLOT_DRAW_H
#define FEMD_CLIENT_PLOT_DRAW_H

#include "plot_data.h"

/* A curve of n places; with gap_before[i] no line leads to place i. */
typedef struct plot_curve {
    const char *legend;
    size_t n;
    const double *x, *y;
    const int *gap_before; /* NULL: none */
    const double *error;   /* half the height of a band about it; NULL: none */
} plot_curve;

typedef struct plot_chart {
    const char *title, *x_name, *x_unit, *y_name, *y_unit; /* units "" for a number; prefixes are chosen here */
    int log_y;
    size_t n;
    const plot_curve *curve;
} plot_chart;

FEMD_MUST_CHECK femd_status plot_draw_chart(const plot_chart *chart, const char *path, femd_error *err);
/* The outside of the body, displaced by `warp` times (NAN: so that it is seen), coloured by the field; name and unit:
 * of the field, as the legend has them. */
FEMD_MUST_CHECK femd_status plot_draw_fields(const plot_fields *f, const char *name, const char *title,
                                             const char *unit, double warp, const char *path, femd_error *err);

#endif
