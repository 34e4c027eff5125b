/* Who follows whom: every equation between entries is solved for one of them, which then follows the others. What is
 * left without an entry that may follow is a sum of prescribed numbers, to be checked at each time. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fields/ties_private.h"

static femd_status eliminate_no_memory(femd_error *err) {
    return femd_fail(err, FEMD_NO_MEMORY, "no memory for the ties of the boundary");
}

typedef struct tie_sum {
    int n, column[FEMD_TIE_TERMS];
    double coefficient[FEMD_TIE_TERMS];
} tie_sum;

static femd_status sum_add(tie_sum *sum, int column, double coefficient, femd_error *err) {
    for (int i = 0; i < sum->n; ++i)
        if (sum->column[i] == column) {
            sum->coefficient[i] += coefficient;
            return FEMD_OK;
        }
    if (sum->n == FEMD_TIE_TERMS)
        return femd_fail(err, FEMD_BAD_INPUT, "boundary: an entry would follow more than %d others", FEMD_TIE_TERMS);
    sum->column[sum->n] = column;
    sum->coefficient[sum->n++] = coefficient;
    return FEMD_OK;
}

/* What is zero but for round-off goes. */
static void sum_clean(tie_sum *sum) {
    double most = 0;
    int kept = 0;
    for (int i = 0; i < sum->n; ++i) most = fmax(most, fabs(sum->coefficient[i]));
    for (int i = 0; i < sum->n; ++i) {
        if (fabs(sum->coefficient[i]) <= 1e-12 * most) continue;
        sum->column[kept] = sum->column[i];
        sum->coefficient[kept++] = sum->coefficient[i];
    }
    sum->n = kept;
}

/* The sum with entry `column`, which follows `row`, put in. */
static femd_status sum_substitute(tie_sum *sum, int column, const tie_row *row, femd_error *err) {
    double factor = 0;
    for (int i = 0; i < sum->n; ++i)
        if (sum->column[i] == column) factor = sum->coefficient[i], sum->coefficient[i] = 0;
    for (int i = 0; factor != 0 && i < row->n; ++i)
        FEMD_TRY(sum_add(sum, row->column[i], factor * row->coefficient[i], err));
    sum_clean(sum);
    return FEMD_OK;
}

static femd_status row_store(tie_row **list, int *n, int tied, const tie_sum *sum, femd_error *err) {
    tie_row *more = realloc(*list, ((size_t)*n + 1) * sizeof *more);
    if (!more) return eliminate_no_memory(err);
    *list = more;
    tie_row *row = &more[*n];
    row->tied = tied;
    row->n = sum->n;
    row->column = malloc(((size_t)sum->n + 1) * sizeof *row->column);
    row->coefficient = malloc(((size_t)sum->n + 1) * sizeof *row->coefficient);
    ++*n;
    if (!row->column || !row->coefficient) return eliminate_no_memory(err);
    memcpy(row->column, sum->column, (size_t)sum->n * sizeof *row->column);
    memcpy(row->coefficient, sum->coefficient, (size_t)sum->n * sizeof *row->coefficient);
    return FEMD_OK;
}

/* The entry to be expressed by the others: a large coefficient, best one that nothing follows yet. */
static int sum_pivot(const femd_ties *ties, const tie_sum *sum) {
    int best = -1;
    double most = 0;
    for (int i = 0; i < sum->n; ++i) {
        const int column = sum->column[i];
        if (column >= ties->components * ties->nnodes) continue;
        if (ties->node[column / ties->components].prescribed[column % ties->components]) continue;
        const double size = fabs(sum->coefficient[i]) * (ties->used[column] ? 0.1 : 1);
        if (size > most * (1 + 1e-9)) most = size, best = i;
    }
    return best;
}

/* Earlier rows that follow `row`'s entry now follow what it follows. */
static femd_status ties_pass_on(femd_ties *ties, const tie_row *last, femd_error *err) {
    for (int r = 0; r + 1 < ties->nrows; ++r) {
        tie_row *row = &ties->row[r];
        int there = 0;
        for (int i = 0; i < row->n; ++i) there |= row->column[i] == last->tied;
        if (!there) continue;
        tie_sum sum = {.n = row->n};
        memcpy(sum.column, row->column, (size_t)row->n * sizeof *row->column);
        memcpy(sum.coefficient, row->coefficient, (size_t)row->n * sizeof *row->coefficient);
        FEMD_TRY(sum_substitute(&sum, last->tied, last, err));
        tie_row *moved = NULL;
        int n = 0;
        FEMD_TRY(row_store(&moved, &n, row->tied, &sum, err));
        free(row->column);
        free(row->coefficient);
        *row = *moved;
        free(moved);
    }
    return FEMD_OK;
}

static femd_status ties_eliminate(femd_ties *ties, tie_sum *sum, femd_error *err) {
    for (int again = 1; again;) {
        again = 0;
        for (int i = 0; i < sum->n && !again; ++i) {
            const int column = sum->column[i];
            if (column >= ties->components * ties->nnodes || ties->row_of[column] < 0) continue;
            FEMD_TRY(sum_substitute(sum, column, &ties->row[ties->row_of[column]], err));
            again = 1;
        }
    }
    sum_clean(sum);
    const int pivot = sum_pivot(ties, sum);
    if (pivot < 0) return row_store(&ties->check, &ties->nchecks, -1, sum, err);
    const int tied = sum->column[pivot];
    const double scale = -1 / sum->coefficient[pivot];
    sum->column[pivot] = sum->column[--sum->n];
    sum->coefficient[pivot] = sum->coefficient[sum->n];
    for (int i = 0; i < sum->n; ++i) {
        sum->coefficient[i] *= scale;
        if (sum->column[i] < ties->components * ties->nnodes) ties->used[sum->column[i]] = 1;
    }
    FEMD_TRY(row_store(&ties->row, &ties->nrows, tied, sum, err));
    ties->row_of[tied] = ties->nrows - 1;
    return ties->used[tied] ? ties_pass_on(ties, &ties->row[ties->nrows - 1], err) : FEMD_OK;
}

femd_status femd_ties_equation(const femd_field *field, femd_boundary *bc, size_t which, const femd_tie_term *term,
                               int n, int node, int k, int free_sum, femd_error *err) {
    femd_ties *ties = bc->ties;
    tie_sum sum = {0};
    (void)field;
    tie_source *source = realloc(ties->source, ((size_t)ties->nsources + 1) * sizeof *source);
    if (source) ties->source = source;
    tie_equation *equation = realloc(ties->equation, ((size_t)ties->nequations + 1) * sizeof *equation);
    if (equation) ties->equation = equation;
    if (!source || !equation) return eliminate_no_memory(err);
    source[ties->nsources] = (tie_source){which, node, k, free_sum};
    equation[ties->nequations] = (tie_equation){.n = n, .free = free_sum};
    memcpy(equation[ties->nequations++].term, term, (size_t)n * sizeof *term);
    for (int i = 0; i < n; ++i)
        FEMD_TRY(sum_add(&sum, ties->components * term[i].node + term[i].component, term[i].coefficient, err));
    FEMD_TRY(sum_add(&sum, ties->components * ties->nnodes + ties->nsources++, -1, err));
    return ties_eliminate(ties, &sum, err);
}
