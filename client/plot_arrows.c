/* Arrows of a flow over the picture of a body: one for each square of the page, the mean of what flows at the facets
 * that are seen there. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "plot_arrows.h"

#define SQUARE   44.0 /* points of the page */
#define LONGEST  40.0
#define SHORTEST 5.0 /* what is shorter has no direction that could be seen */

typedef struct arrow_square {
    double area, at[2], flow[2];
} arrow_square;

static void arrow_draw(cairo_t *cr, const double at[2], const double along[2]) {
    const double length = sqrt(along[0] * along[0] + along[1] * along[1]), head = fmin(9, 0.45 * length),
                 c = along[0] / length, s = along[1] / length;
    const double tip[2] = {at[0] + 0.5 * along[0], at[1] + 0.5 * along[1]},
                 neck[2] = {tip[0] - head * c, tip[1] - head * s};
    cairo_move_to(cr, at[0] - 0.5 * along[0], at[1] - 0.5 * along[1]);
    cairo_line_to(cr, neck[0], neck[1]);
    cairo_move_to(cr, tip[0], tip[1]);
    cairo_line_to(cr, neck[0] - 0.45 * head * s, neck[1] + 0.45 * head * c);
    cairo_line_to(cr, neck[0] + 0.45 * head * s, neck[1] - 0.45 * head * c);
    cairo_close_path(cr);
}

/* A light rim, so that the arrow is seen on any colour. */
static void arrow_paint(cairo_t *cr, const double at[2], const double along[2]) {
    for (int over = 0; over < 2; over++) {
        arrow_draw(cr, at, along);
        cairo_set_source_rgb(cr, over ? 0.1 : 1, over ? 0.1 : 1, over ? 0.1 : 1);
        cairo_set_line_width(cr, over ? 1.4 : 3.4);
        if (over) cairo_fill_preserve(cr);
        cairo_stroke(cr);
    }
}

femd_status plot_draw_arrows(cairo_t *cr, const plot_flow *flow, size_t n, double *longest, femd_error *err) {
    const int wide = (int)ceil(PLOT_WIDTH / SQUARE), high = (int)ceil(PLOT_HEIGHT / SQUARE);
    arrow_square *square = calloc((size_t)(wide * high), sizeof *square);
    if (!square) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the picture");
    *longest = 0;
    for (size_t i = 0; i < n; i++) {
        const int column = (int)(flow[i].at[0] / SQUARE), row = (int)(flow[i].at[1] / SQUARE);
        if (!(column >= 0 && column < wide && row >= 0 && row < high)) continue;
        if (!isfinite(flow[i].flow[0]) || !isfinite(flow[i].flow[1])) continue;
        arrow_square *one = &square[row * wide + column];
        one->area += flow[i].area;
        for (int a = 0; a < 2; a++) {
            one->at[a] += flow[i].area * flow[i].at[a];
            one->flow[a] += flow[i].area * flow[i].flow[a];
        }
    }
    for (int k = 0; k < wide * high; k++) {
        if (!(square[k].area > 0)) continue;
        for (int a = 0; a < 2; a++) square[k].at[a] /= square[k].area, square[k].flow[a] /= square[k].area;
        *longest = fmax(*longest, sqrt(pow(square[k].flow[0], 2) + pow(square[k].flow[1], 2)));
    }
    for (int k = 0; k<wide * high && * longest> 0; k++) {
        const double scale = LONGEST / *longest, along[2] = {scale * square[k].flow[0], scale * square[k].flow[1]};
        if (square[k].area > 0 && along[0] * along[0] + along[1] * along[1] > SHORTEST * SHORTEST)
            arrow_paint(cr, square[k].at, along);
    }
    free(square);
    return FEMD_OK;
}
