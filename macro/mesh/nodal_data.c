#include "mesh/nodal_data.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mesh/gmsh_file.h"

/* A node of the file with its place in it. */
typedef struct placed {
    double x[3];
    size_t from;
} placed;

static int placed_by_x(const void *a, const void *b) {
    const placed *p = a, *q = b;
    return (p->x[0] > q->x[0]) - (p->x[0] < q->x[0]);
}

static femd_status nodal_fail(const femd_case *cs, femd_error *err, const char *what) {
    return femd_fail(err, FEMD_BAD_INPUT, "%s: temperature.file: %s: %s", cs->path, cs->temperature_file, what);
}

/* The views of the wanted name, all nodes each, in rising time. */
static femd_status nodal_take(const femd_case *cs, const femd_gmsh_file *file, femd_nodal_data *data,
                              const size_t *rank_of, femd_error *err) {
    char what[256];
    for (size_t v = 0; v < file->nviews; ++v) {
        const femd_gmsh_view *view = &file->view[v];
        if (cs->temperature_name[0] && strcmp(view->name, cs->temperature_name) != 0) continue;
        if (!cs->temperature_name[0] && strcmp(view->name, file->view[0].name) != 0)
            return nodal_fail(cs, err, "it has values of several names; say which with temperature.name");
        if (data->ntimes > 0 && !(view->time > data->time[data->ntimes - 1]))
            return nodal_fail(cs, err, "the times of its $NodeData do not rise");
        double *value = data->value + data->ntimes * data->n;
        for (size_t i = 0; i < data->n; ++i) value[i] = NAN;
        for (size_t i = 0; i < view->n; ++i) value[rank_of[view->node[i]]] = view->value[i];
        for (size_t i = 0; i < data->n; ++i)
            if (value[i] < 0) {
                snprintf(what, sizeof what, "%g K is below 0 K, at (%g, %g, %g) m", value[i], data->x[3 * i],
                         data->x[3 * i + 1], data->x[3 * i + 2]);
                return nodal_fail(cs, err, what);
            }
        data->time[data->ntimes++] = view->time;
    }
    if (data->ntimes > 0) return FEMD_OK;
    snprintf(what, sizeof what, "it has no $NodeData with one component%s%s",
             cs->temperature_name[0] ? " of the name " : "", cs->temperature_name);
    return nodal_fail(cs, err, what);
}

static femd_status nodal_sort(const femd_case *cs, const femd_gmsh_file *file, femd_nodal_data *data, femd_error *err) {
    const size_t n = data->n = file->nnodes;
    placed *list = calloc(n + 1, sizeof *list);
    size_t *rank_of = calloc(n + 1, sizeof *rank_of);
    data->x = calloc(3 * n + 1, sizeof *data->x);
    data->time = calloc(file->nviews + 1, sizeof *data->time);
    data->value = calloc(file->nviews * n + 1, sizeof *data->value);
    femd_status rc = list && rank_of && data->x && data->time && data->value
                         ? FEMD_OK
                         : femd_fail(err, FEMD_NO_MEMORY, "no memory for the temperatures of a file");
    for (size_t i = 0; rc == FEMD_OK && i < n; ++i) {
        list[i].from = i;
        for (int a = 0; a < 3; ++a) list[i].x[a] = cs->mesh.scale * file->x[3 * i + a];
    }
    if (rc == FEMD_OK) qsort(list, n, sizeof *list, placed_by_x);
    for (size_t i = 0; rc == FEMD_OK && i < n; ++i) {
        memcpy(data->x + 3 * i, list[i].x, sizeof list[i].x);
        rank_of[list[i].from] = i;
    }
    if (rc == FEMD_OK) rc = nodal_take(cs, file, data, rank_of, err);
    free(list);
    free(rank_of);
    return rc;
}

femd_status femd_nodal_data_read(const femd_case *cs, femd_nodal_data *data, femd_error *err) {
    femd_gmsh_file file;
    femd_error words = FEMD_ERROR_INIT;
    memset(data, 0, sizeof *data);
    femd_status rc = femd_gmsh_read_views(cs->temperature_file, &file, &words);
    if (rc != FEMD_OK) return nodal_fail(cs, err, words.text);
    rc = nodal_sort(cs, &file, data, err);
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
