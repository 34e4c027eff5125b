/* A grid of material points over axes: what `femd table` asks, keeps and writes. */
#ifndef FEMD_CLIENT_TABLE_H
#define FEMD_CLIENT_TABLE_H

#include <stdint.h>
#include <stdio.h>

#include "eval.h"
#include "femd/buffer.h"
#include "launch.h"

enum { TABLE_AXES_MAX = 6, TABLE_POINTS_MAX = 100000, TABLE_NAME_MAX = 40 };

typedef enum table_kind { TABLE_TEMPERATURE, TABLE_PRESSURE, TABLE_STRAIN, TABLE_F, TABLE_CHEMICAL } table_kind;

typedef struct table_axis {
    char name[TABLE_NAME_MAX]; /* "temperature", "strain.xx", "F.xy", "chemical-potential.Ni" */
    table_kind kind;
    int component; /* of strain (Voigt) or of F (by rows); a number of the species' name */
    double low, high;
    int n;
} table_axis;

typedef struct table_grid {
    size_t axes, points;
    table_axis axis[TABLE_AXES_MAX];
} table_grid;

/* "temperature=100:400:4,strain.xx=-0.01:0.01:5": add these axes. BAD_INPUT with words that name what is accepted. */
FEMD_MUST_CHECK femd_status table_grid_add(table_grid *g, const char *text, femd_error *err);
/* Value i of an axis: evenly from low to high, both of them exactly. */
double table_axis_value(const table_axis *a, int i);
/* "K", "Pa", "eV" or "". */
const char *table_axis_unit(const table_axis *a);
/* Value of each axis at a point. The last axis goes round fastest. */
void table_grid_place(const table_grid *g, size_t point, double value[TABLE_AXES_MAX]);

/* What femd eval would be asked there: `ask` with the values of the point. Texts live in `text`. */
typedef struct table_ask {
    eval_request ask;
    char temperature[40], pressure[40], chemical[TABLE_AXES_MAX][40];
} table_ask;
void table_ask_at(const table_grid *g, size_t point, const eval_request *ask, table_ask *at);
/* --seed of that point: its own, made of --seed and where it lies, so that the noise of neighbours is independent and
 * a finer grid asks the same there. */
int table_seed_at(const table_grid *g, size_t point, int seed);

/* One point: its key, and its answer as JSON text (keys of femd eval), NULL while there is none. */
typedef struct table_row {
    femd_hash key;
    int seed;
    char *json; /* owned */
} table_row;

/* The answers of a folder, kept as they come. */
typedef struct table_journal {
    FILE *file;
    size_t kept, unreadable; /* rows found at the beginning, and lines that were no whole answer */
} table_journal;

/* Read what is there for these rows, and go on behind it. */
FEMD_MUST_CHECK femd_status table_journal_open(const char *path, table_row *row, size_t n, table_journal *j,
                                               femd_error *err);
FEMD_MUST_CHECK femd_status table_journal_add(table_journal *j, const table_row *row, femd_error *err);
/* On the disk. */
FEMD_MUST_CHECK femd_status table_journal_sync(const table_journal *j, femd_error *err);
FEMD_MUST_CHECK femd_status table_journal_close(table_journal *j, femd_error *err);

/* The answers as numbers: columns under the names of femd eval --json, "stress.xx", "tangent.xx.yy", "errors.J". */
typedef struct table_column {
    char name[64];
    const femd_quantity *quantity;
    int component, is_error;
    int error; /* column of its standard errors, -1 */
} table_column;

typedef struct table_values {
    size_t points, columns;
    table_column *column;              /* owned */
    double *value;                     /* owned, points x columns; nan where there is none */
    char **status, **notes, **message; /* owned, a text for each point */
    size_t failed, noted, builds;      /* points; different builds that have answered */
    char first_failure[400];           /* words about it */
} table_values;

FEMD_MUST_CHECK femd_status table_values_read(const table_row *row, size_t n, table_values *v, femd_error *err);
void table_values_clear(table_values *v);
/* The whole text of table.csv. */
FEMD_MUST_CHECK femd_status table_csv(const table_grid *g, const table_row *row, const table_values *v,
                                      femd_buffer *out, femd_error *err);

/* table.h5 in a folder, whole or as it was. In the program femd-table alone. */
FEMD_MUST_CHECK femd_status table_hdf5(const table_grid *g, const table_row *row, const table_values *v,
                                       const char *folder, femd_error *err);

enum { TABLE_ORDER_MAX = 8, TABLE_TERMS_MAX = 220 };

/* A polynomial in the axes, each scaled to [-1, 1]: t = (x - centre) / half_width. */
typedef struct table_terms {
    size_t axes, n;
    double centre[TABLE_AXES_MAX], half_width[TABLE_AXES_MAX];
    unsigned char power[TABLE_TERMS_MAX][TABLE_AXES_MAX];
} table_terms;

/* All products of powers up to a total order, and of each axis below its number of values. BAD_INPUT if they are too
 * many. */
FEMD_MUST_CHECK femd_status table_terms_make(const table_grid *g, int order, table_terms *t, femd_error *err);

/* Least squares over the points that have a figure. */
typedef struct table_fit {
    int fitted, weighted;                             /* weighted: by 1 / error^2 of each point */
    size_t points, freedom;                           /* freedom: points less terms */
    double coefficient[TABLE_TERMS_MAX], *covariance; /* owned, terms x terms; nan where it is not known */
    double chi2;                                      /* if weighted, else nan */
    double rms, worst;                                /* of the residuals, in the unit of the figures */
    int good;
    char words[300]; /* what is to be known of it; why it is not good */
} table_fit;

/* y: the figures, nan where there is none; sigma: their errors or NULL; scale: the largest figure of the quantity,
 * below whose round-off a component is nothing. A fit that cannot be made is no failure: fitted = 0 and words. */
FEMD_MUST_CHECK femd_status table_fit_make(const table_grid *g, const table_terms *t, const double *y,
                                           const double *sigma, double scale, table_fit *fit, femd_error *err);
void table_fit_clear(table_fit *fit);
/* The value of a fit at a point of the grid. */
double table_fit_value(const table_grid *g, const table_terms *t, const table_fit *fit, size_t point);

/* fit.json: a fit of every column that was wanted. *bad: those that are not good; worst: words about the first. */
FEMD_MUST_CHECK femd_status table_fits_json(const table_grid *g, const table_terms *t, const table_values *v,
                                            femd_buffer *out, size_t *bad, char first[400], femd_error *err);

/* KEY.png and KEY.svg in a folder for each quantity that was wanted and has a figure; `of`: what the title names. */
FEMD_MUST_CHECK femd_status table_plots(const table_grid *g, const table_values *v, const char *of, const char *folder,
                                        size_t *drawn, femd_error *err);

/* A pool of its own: femd serve, which ends with this process. */
typedef struct table_pool {
    launch_child child;
    char address[600];
    FILE *log;
    char line[1024]; /* what it says, up to the end of a line */
    size_t used;
    char last[1024]; /* its last line */
} table_pool;

FEMD_MUST_CHECK femd_status table_pool_start(const char *path, int workers, const option_list *sets,
                                             const option_list *engines, FILE *log, table_pool *p, femd_error *err);
/* Take what it says. POOL lost (DISCONNECTED, or BAD_INPUT if it has refused the material) with its last words. */
FEMD_MUST_CHECK femd_status table_pool_look(table_pool *p, femd_error *err);
void table_pool_end(table_pool *p);

#endif
