/* What charts and pictures of bodies share. Lengths on a page are in its points, y downwards. */
#ifndef FEMD_CLIENT_PLOT_PAGE_H
#define FEMD_CLIENT_PLOT_PAGE_H

#include <cairo.h>

#include "femd/error.h"

#define PLOT_WIDTH  900.0
#define PLOT_HEIGHT 600.0
#define PLOT_PI     3.14159265358979323846

/* A white page that keeps what is drawn. */
cairo_t *plot_page_begin(cairo_surface_t **recording);
/* path.png, twice as fine, and path.svg; cr and recording are destroyed. IO. */
FEMD_MUST_CHECK femd_status plot_page_end(cairo_t *cr, cairo_surface_t *recording, const char *path, femd_error *err);
/* Text whose place is its left (-1), middle (0) or right (1) end, at half its height. */
void plot_page_text(cairo_t *cr, double x, double y, int align, double size, const char *text);
/* At the head of the page, as small as it must be to fit. */
void plot_page_title(cairo_t *cr, const char *text);
void plot_page_text_upwards(cairo_t *cr, double x, double y, double size, const char *text);

/* "MPa" for values up to `most` in Pa; *factor: what they are divided by. A unit that takes no prefix stays. */
void plot_scale_unit(double most, const char *unit, double *factor, char text[32]);
/* "name (unit)", or the name of a number. */
void plot_scale_label(const char *name, const char *unit, char text[160]);
/* Distance of ticks: 1, 2 or 5 times a power of ten, about n in the range. */
double plot_scale_step(double range, int n);

typedef struct plot_axis {
    double low, high, from, to; /* values (their logarithms), and where they stand on the page */
    int logarithmic;
} plot_axis;

double plot_axis_at(const plot_axis *a, double v);
/* Set low and high, with a little room. */
void plot_axis_fit(plot_axis *a, double low, double high);
/* A tick's number, with as many decimals as its step needs. */
void plot_axis_number(double v, double step, char text[32]);
/* Ticks, grid and numbers of one axis; the other axis spans the grid. */
void plot_axis_draw(cairo_t *cr, const plot_axis *a, const plot_axis *other, int vertical);

/* The colour of a part from 0 to 1 of a range. */
void plot_page_colour(double part, double rgb[3]);
/* The bar of these colours at the right of the page, with the numbers from low to high, in the unit. */
void plot_page_bar(cairo_t *cr, double low, double high, const char *name, const char *unit);

#endif
