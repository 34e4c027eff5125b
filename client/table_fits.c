/* fit.json: the polynomials of a table as text. */
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"

static femd_status fits_put(femd_buffer *out, femd_error *err, const char *form, ...) FEMD_PRINTF(3, 4);
static femd_status fits_put(femd_buffer *out, femd_error *err, const char *form, ...) {
    char text[700];
    va_list list;
    va_start(list, form);
    vsnprintf(text, sizeof text, form, list);
    va_end(list);
    return femd_buffer_append(out, text, strlen(text), err);
}

static femd_status fits_number(femd_buffer *out, double v, femd_error *err) {
    return isfinite(v) ? fits_put(out, err, "%.17g", v) : fits_put(out, err, "null");
}

static femd_status fits_list(femd_buffer *out, const double *v, size_t n, femd_error *err) {
    FEMD_TRY(fits_put(out, err, "["));
    for (size_t i = 0; i < n; i++) {
        if (i) FEMD_TRY(fits_put(out, err, ", "));
        FEMD_TRY(fits_number(out, v[i], err));
    }
    return fits_put(out, err, "]");
}

static femd_status fits_head(const table_grid *g, const table_terms *t, femd_buffer *out, femd_error *err) {
    FEMD_TRY(fits_put(out, err, "{\"axes\": ["));
    for (size_t k = 0; k < g->axes; k++)
        FEMD_TRY(fits_put(out, err, "%s{\"name\": \"%s\", \"centre\": %.17g, \"half_width\": %.17g}", k ? ", " : "",
                          g->axis[k].name, t->centre[k], t->half_width[k]));
    FEMD_TRY(fits_put(out, err, "],\n \"powers\": ["));
    for (size_t i = 0; i < t->n; i++)
        for (size_t k = 0; k < t->axes; k++)
            FEMD_TRY(fits_put(out, err, "%s%d%s",
                              k   ? ", "
                              : i ? ", ["
                                  : "[",
                              t->power[i][k], k + 1 == t->axes ? "]" : ""));
    return fits_put(out, err, "],\n \"fits\": {");
}

static femd_status fits_one(const table_terms *t, const table_fit *fit, femd_buffer *out, femd_error *err) {
    FEMD_TRY(fits_put(out, err, "{\"good\": %s, \"words\": \"%s\", \"points\": %zu, \"degrees_of_freedom\": %zu",
                      fit->good ? "true" : "false", fit->words, fit->points, fit->freedom));
    FEMD_TRY(fits_put(out, err, ", \"weighted\": %s, \"chi2\": ", fit->weighted ? "true" : "false"));
    FEMD_TRY(fits_number(out, fit->chi2, err));
    FEMD_TRY(fits_put(out, err, ", \"rms\": "));
    FEMD_TRY(fits_number(out, fit->rms, err));
    FEMD_TRY(fits_put(out, err, ", \"worst\": "));
    FEMD_TRY(fits_number(out, fit->worst, err));
    if (!fit->fitted) return fits_put(out, err, ", \"coefficients\": null, \"covariance\": null}");
    FEMD_TRY(fits_put(out, err, ",\n  \"coefficients\": "));
    FEMD_TRY(fits_list(out, fit->coefficient, t->n, err));
    FEMD_TRY(fits_put(out, err, ",\n  \"covariance\": ["));
    for (size_t r = 0; r < t->n; r++) {
        if (r) FEMD_TRY(fits_put(out, err, ", "));
        FEMD_TRY(fits_list(out, fit->covariance + r * t->n, t->n, err));
    }
    return fits_put(out, err, "]}");
}

/* The largest figure of a column's quantity. */
static double fits_scale(const table_values *v, const femd_quantity *q) {
    double scale = 0;
    for (size_t c = 0; c < v->columns; c++)
        for (size_t i = 0; !v->column[c].is_error && v->column[c].quantity == q && i < v->points; i++)
            if (isfinite(v->value[i * v->columns + c])) scale = fmax(scale, fabs(v->value[i * v->columns + c]));
    return scale;
}

/* A column by itself; NULL where there is none. The caller's. */
static femd_status fits_column(const table_values *v, int column, double **out, femd_error *err) {
    *out = NULL;
    if (column < 0) return FEMD_OK;
    *out = malloc((v->points + 1) * sizeof **out);
    if (!*out) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a fit");
    for (size_t i = 0; i < v->points; i++) (*out)[i] = v->value[i * v->columns + (size_t)column];
    return FEMD_OK;
}

femd_status table_fits_json(const table_grid *g, const table_terms *t, const table_values *v, femd_buffer *out,
                            size_t *bad, char first[400], femd_error *err) {
    int written = 0;
    *bad = 0;
    FEMD_TRY(fits_head(g, t, out, err));
    for (size_t c = 0; c < v->columns; c++) {
        const table_column *k = &v->column[c];
        if (k->is_error || !k->quantity->want) continue;
        table_fit fit = {0};
        double *y = NULL, *sigma = NULL;
        femd_status rc = fits_column(v, (int)c, &y, err);
        if (rc == FEMD_OK) rc = fits_column(v, k->error, &sigma, err);
        if (rc == FEMD_OK) rc = table_fit_make(g, t, y, sigma, fits_scale(v, k->quantity), &fit, err);
        if (rc == FEMD_OK && !fit.good && (*bad)++ == 0) snprintf(first, 400, "%s: %s", k->name, fit.words);
        if (rc == FEMD_OK) rc = fits_put(out, err, "%s\n  \"%s\": ", written++ ? "," : "", k->name);
        if (rc == FEMD_OK) rc = fits_one(t, &fit, out, err);
        table_fit_clear(&fit);
        free(y);
        free(sigma);
        FEMD_TRY(rc);
    }
    return fits_put(out, err, "}}\n");
}
