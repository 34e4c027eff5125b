#include "mesh/nodal_data.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mesh/gmsh_file.h"

#define NODAL_MOST 1e30 /* as of what a case says */

/* A node of the file with its place in it. */
typedef struct placed {
    double x[3];
    size_t from;
} placed;

static int placed_by_x(const void *a, const void *b) {
    const placed *p = a, *q = b;
    return (p->x[0] > q->x[0]) - (p->x[0] < q->x[0]);
}

static const struct nodal_kind {
    const char *key, *noun;
    int one_time, not_below_0;
} nodal_kind[FEMD_NODALS] = {[FEMD_NODAL_TEMPERATURE] = {"temperature", "temperature", 0, 1},
                             [FEMD_NODAL_INITIAL] = {"heat.initial", "temperature", 1, 1},
                             [FEMD_NODAL_PRESSURE] = {"pressure", "pressure", 0, 0}};

const femd_case_nodal *femd_nodal_of(const femd_case *cs, femd_nodal_what what) {
    return what == FEMD_NODAL_TEMPERATURE ? &cs->temperature_nodal
           : what == FEMD_NODAL_INITIAL   ? &cs->heat.initial_nodal
                                          : &cs->pressure_nodal;
}

const char *femd_nodal_key(femd_nodal_what what) {
    return nodal_kind[what].key;
}

const char *femd_nodal_noun(femd_nodal_what what) {
    return nodal_kind[what].noun;
}

/* What is being read. */
typedef struct nodal_reader {
    const femd_case *cs;
    const femd_case_nodal *from;
    const struct nodal_kind *kind;
} nodal_reader;

static femd_status nodal_fail(const nodal_reader *r, femd_error *err, const char *what) {
    return femd_fail(err, FEMD_BAD_INPUT, "%s: %s.file: %s: %s", r->cs->path, r->kind->key, r->from->file, what);
}

/* What may not stand at a node: what is no number, and temperatures below 0 K. */
static femd_status nodal_check(const nodal_reader *r, const femd_nodal_data *data, const double *value,
                               const unsigned char *is_there, femd_error *err) {
    char what[256];
    for (size_t i = 0; i < data->n; ++i) {
        const double *x = data->x + 3 * i;
        const int cold = r->kind->not_below_0 && value[i] < 0, large = !(fabs(value[i]) <= NODAL_MOST);
        if (!is_there[i] || (!cold && !large)) continue;
        if (cold && !large)
            snprintf(what, sizeof what, "%g K is below 0 K, at (%g, %g, %g) m", value[i], x[0], x[1], x[2]);
        else
            snprintf(what, sizeof what, "%g, at (%g, %g, %g) m, is no %s that can be computed with", value[i], x[0],
                     x[1], x[2], r->kind->noun);
        return nodal_fail(r, err, what);
    }
    return FEMD_OK;
}

/* The views of the wanted name, all nodes each, in rising time. */
static femd_status nodal_take(const nodal_reader *r, const femd_gmsh_file *file, femd_nodal_data *data,
                              const size_t *rank_of, unsigned char *is_there, femd_error *err) {
    const char *wanted = r->from->name;
    char what[256];
    for (size_t v = 0; v < file->nviews; ++v) {
        const femd_gmsh_view *view = &file->view[v];
        if (wanted[0] && strcmp(view->name, wanted) != 0) continue;
        if (!wanted[0] && strcmp(view->name, file->view[0].name) != 0) {
            snprintf(what, sizeof what, "it has values of several names; say which with %s.name", r->kind->key);
            return nodal_fail(r, err, what);
        }
        if (data->ntimes > 0 && r->kind->one_time)
            return nodal_fail(r, err, "it has values of several times; what a run begins with is of one");
        if (data->ntimes > 0 ? !(view->time > data->time[data->ntimes - 1]) : !isfinite(view->time))
            return nodal_fail(r, err, "the times of its $NodeData do not rise");
        memset(is_there, 0, data->n);
        double *value = data->value + data->ntimes * data->n;
        for (size_t i = 0; i < data->n; ++i) value[i] = NAN;
        for (size_t i = 0; i < view->n; ++i) {
            value[rank_of[view->node[i]]] = view->value[i];
            is_there[rank_of[view->node[i]]] = 1;
        }
        FEMD_TRY(nodal_check(r, data, value, is_there, err));
        data->time[data->ntimes++] = view->time;
    }
    if (data->ntimes > 0) return FEMD_OK;
    snprintf(what, sizeof what, "it has no $NodeData with one component%s%s", wanted[0] ? " of the name " : "", wanted);
    return nodal_fail(r, err, what);
}

static femd_status nodal_sort(const nodal_reader *r, const femd_gmsh_file *file, femd_nodal_data *data,
                              femd_error *err) {
    const size_t n = data->n = file->nnodes;
    placed *list = calloc(n + 1, sizeof *list);
    size_t *rank_of = calloc(n + 1, sizeof *rank_of);
    unsigned char *is_there = calloc(n + 1, 1);
    data->x = calloc(3 * n + 1, sizeof *data->x);
    data->time = calloc(file->nviews + 1, sizeof *data->time);
    data->value = calloc(file->nviews * n + 1, sizeof *data->value);
    femd_status rc = list && rank_of && is_there && data->x && data->time && data->value
                         ? FEMD_OK
                         : femd_fail(err, FEMD_NO_MEMORY, "no memory for the %ss of a file", r->kind->noun);
    for (size_t i = 0; rc == FEMD_OK && i < n; ++i) {
        list[i].from = i;
        for (int a = 0; a < 3; ++a) list[i].x[a] = r->cs->mesh.scale * file->x[3 * i + a];
    }
    if (rc == FEMD_OK) qsort(list, n, sizeof *list, placed_by_x);
    for (size_t i = 0; rc == FEMD_OK && i < n; ++i) {
        memcpy(data->x + 3 * i, list[i].x, sizeof list[i].x);
        rank_of[list[i].from] = i;
    }
    if (rc == FEMD_OK) rc = nodal_take(r, file, data, rank_of, is_there, err);
    free(list);
    free(rank_of);
    free(is_there);
    return rc;
}

femd_status femd_nodal_data_read(const femd_case *cs, femd_nodal_what what, femd_nodal_data *data, femd_error *err) {
    const nodal_reader r = {cs, femd_nodal_of(cs, what), &nodal_kind[what]};
    femd_gmsh_file file;
    femd_error words = FEMD_ERROR_INIT;
    memset(data, 0, sizeof *data);
    femd_status rc = femd_gmsh_read_views(r.from->file, &file, &words);
    if (rc != FEMD_OK) return nodal_fail(&r, err, words.text);
    rc = nodal_sort(&r, &file, data, err);
    femd_gmsh_clear(&file);
    if (rc != FEMD_OK) femd_nodal_data_clear(data);
    return rc;
}

void femd_nodal_data_clear(femd_nodal_data *data) {
    free(data->x);
    free(data->time);
    free(data->value);
    memset(data, 0, sizeof *data);
}

size_t femd_nodal_data_find(const femd_nodal_data *data, const double x[3], double near) {
    size_t low = 0, high = data->n;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (data->x[3 * middle] < x[0] - near)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < data->n && data->x[3 * low] <= x[0] + near; ++low)
        if (fabs(data->x[3 * low + 1] - x[1]) <= near && fabs(data->x[3 * low + 2] - x[2]) <= near) return low;
    return data->n;
}
