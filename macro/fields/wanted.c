/* Arrays of the wanted quantities, and their figures over the body. Never asks for an answer. */
#include "fields/wanted.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fields/problem.h"

const femd_quantity *femd_wanted_next(uint32_t wants, size_t *place) {
    const femd_quantity *q;
    while ((q = femd_quantity_at(*place)) != NULL) {
        ++*place;
        if (wants & q->want) return q;
    }
    return NULL;
}

/* ---- arrays ---- */

/* A conductivity that is not known is shown as zero. */
static double *wanted_array(const femd_quantity *q, size_t n) {
    const size_t entries = n * q->numbers;
    double *v = calloc(entries + 1, sizeof *v);
    for (size_t i = 0; v && q->want != FEMD_WANT_CONDUCTIVITY && i < entries; ++i) v[i] = NAN;
    return v;
}

femd_status femd_wanted_create(uint32_t wants, size_t n, femd_wanted **list, size_t *count, femd_error *err) {
    const femd_quantity *q;
    int missing = !(*list = calloc(FEMD_QUANTITIES, sizeof **list));
    *count = 0;
    for (size_t place = 0; !missing && (q = femd_wanted_next(wants, &place)) != NULL;) {
        femd_wanted *w = *list + (*count)++;
        w->what = q;
        missing |= !(w->value = wanted_array(q, n)) || !(w->tvalue = wanted_array(q, n));
        if (q->sampled) missing |= !(w->error = wanted_array(q, n)) || !(w->terror = wanted_array(q, n));
    }
    return missing ? femd_fail(err, FEMD_NO_MEMORY, "no memory for the quantities of %zu points", n) : FEMD_OK;
}

void femd_wanted_destroy(femd_wanted **list, size_t *count) {
    for (size_t i = 0; *list && i < *count; ++i) {
        free((*list)[i].value);
        free((*list)[i].tvalue);
        free((*list)[i].error);
        free((*list)[i].terror);
    }
    free(*list);
    *list = NULL;
    *count = 0;
}

femd_wanted *femd_wanted_find(const femd_wanted *list, size_t count, size_t place) {
    for (size_t i = 0; i < count; ++i)
        if (list[i].what == femd_quantity_at(place)) return (femd_wanted *)list + i;
    return NULL;
}

static void wanted_copy_half(double *committed, double *tentative, size_t entries, int commit) {
    if (committed) memcpy(commit ? committed : tentative, commit ? tentative : committed, entries * sizeof *committed);
}

void femd_wanted_copy(femd_wanted *list, size_t count, size_t n, int commit) {
    for (size_t i = 0; i < count; ++i) {
        wanted_copy_half(list[i].value, list[i].tvalue, n * list[i].what->numbers, commit);
        wanted_copy_half(list[i].error, list[i].terror, n * list[i].what->numbers, commit);
    }
}

void femd_wanted_take(femd_wanted *list, size_t count, size_t k, const femd_response *r, uint32_t except) {
    for (size_t i = 0; i < count; ++i) {
        const femd_quantity *q = list[i].what;
        const size_t bytes = q->numbers * sizeof(double);
        if (!(r->provided & q->want & ~except)) continue;
        memcpy(list[i].tvalue + k * q->numbers, femd_response_value(r, q), bytes);
        if (q->sampled) memcpy(list[i].terror + k * q->numbers, femd_response_error(r, q), bytes);
    }
}

void femd_wanted_lose(femd_wanted *list, size_t count, size_t k, uint32_t wants) {
    for (size_t i = 0; i < count; ++i) {
        const femd_quantity *q = list[i].what;
        if (!(wants & q->want)) continue;
        for (size_t c = k * q->numbers; c < (k + 1) * q->numbers; ++c) {
            list[i].tvalue[c] = NAN;
            if (q->sampled) list[i].terror[c] = NAN;
        }
    }
}

/* ---- over the body ---- */

size_t femd_wanted_offset(uint32_t wants, const femd_quantity *end) {
    const femd_quantity *q;
    size_t n = 0;
    for (size_t place = 0; (q = femd_wanted_next(wants, &place)) != end;) n += q->numbers + (q->sampled ? 1u : 0);
    return n;
}

size_t femd_wanted_numbers(uint32_t wants) {
    return femd_wanted_offset(wants, NULL);
}

/* Of some points, then of more and more of them. */
typedef struct body_sum {
    double volume; /* of the points that answer */
    double value[FEMD_NUMBERS_MAX];
    double error; /* NAN: none */
} body_sum;

static double body_least(double a, double b) {
    return isnan(a) || b < a ? b : a;
}

static double body_largest(double a, double b) {
    return isnan(a) || b > a ? b : a;
}

static double body_joined(femd_over over, double a, double b) {
    return over == FEMD_OVER_MIN ? body_least(a, b) : over == FEMD_OVER_MAX ? body_largest(a, b) : a + b;
}

static void body_begin(body_sum *sum, femd_over over) {
    sum->volume = 0;
    sum->error = NAN;
    for (int c = 0; c < FEMD_NUMBERS_MAX; ++c) sum->value[c] = over == FEMD_OVER_MEAN ? 0 : NAN;
}

static body_sum body_of_rank(const femd_problem *p, const femd_wanted *w) {
    const femd_points *pt = p->pt;
    const femd_quantity *q = w->what;
    body_sum sum;
    body_begin(&sum, q->over);
    for (PetscInt k = 0; k < pt->n; ++k) {
        const size_t at = (size_t)k * q->numbers;
        if (!(p->caps[pt->material[k]].wants & q->want) || isnan(w->value[at])) continue;
        const double weight = q->over == FEMD_OVER_MEAN ? pt->weight[k] : 1;
        sum.volume += pt->weight[k];
        for (int c = 0; c < q->numbers; ++c)
            sum.value[c] = body_joined(q->over, sum.value[c], weight * w->value[at + (size_t)c]);
        for (int c = 0; w->error && c < q->numbers; ++c) sum.error = body_largest(sum.error, w->error[at + (size_t)c]);
    }
    return sum;
}

/* One broadcast per rank keeps the order of the additions fixed; a reduction's is the library's choice. */
static body_sum body_of_all(const femd_problem *p, const femd_wanted *w) {
    const body_sum mine = body_of_rank(p, w);
    body_sum all;
    body_begin(&all, w->what->over);
    for (int r = 0; r < p->size; ++r) {
        body_sum part = mine;
        (void)MPI_Bcast(&part, sizeof part / sizeof(double), MPI_DOUBLE, r, p->comm);
        if (!(part.volume > 0)) continue;
        all.volume += part.volume;
        for (int c = 0; c < w->what->numbers; ++c)
            all.value[c] = body_joined(w->what->over, all.value[c], part.value[c]);
        all.error = body_largest(all.error, part.error);
    }
    return all;
}

void femd_wanted_body(const femd_problem *p, double *numbers) {
    for (size_t i = 0; i < p->pt->nwanted; ++i) {
        const femd_quantity *q = p->pt->wanted[i].what;
        const body_sum sum = body_of_all(p, &p->pt->wanted[i]);
        const double share = q->over == FEMD_OVER_MEAN ? sum.volume : 1;
        for (int c = 0; c < q->numbers; ++c) *numbers++ = sum.volume > 0 ? sum.value[c] / share : NAN;
        if (q->sampled) *numbers++ = sum.error;
    }
}
