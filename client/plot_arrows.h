/* Arrows over the picture of a body. Places and directions are those of the page. */
#ifndef FEMD_CLIENT_PLOT_ARROWS_H
#define FEMD_CLIENT_PLOT_ARROWS_H

#include "plot_page.h"

/* What flows at a facet that is seen: its middle, its area as it is seen, and the flow in the page. */
typedef struct plot_flow {
    double at[2], area, flow[2];
} plot_flow;

/* *longest: the flow that the longest arrow stands for, 0 if none is drawn. NO_MEMORY. */
FEMD_MUST_CHECK femd_status plot_draw_arrows(cairo_t *cr, const plot_flow *flow, size_t n, double *longest,
                                             femd_error *err);

#endif
