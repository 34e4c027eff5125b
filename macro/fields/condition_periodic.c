/* Two faces that move alike: u+ - u- = G (X+ - X-), G the mean displacement gradient, of which components may be free.
 * A free row of G makes the jump one unknown for all pairs: that of the first pair. Temperatures likewise:
 * T+ - T- = rise, or free. */
#include <math.h>

#include "fields/boundary.h"
#include "fields/ties.h"

static femd_status periodic_place(const femd_field *field, femd_boundary *bc, size_t which, femd_error *err) {
    femd_case_boundary other = {.npositions = 0};
    const femd_case_boundary *entry = bc->condition[which].entry;
    for (int i = 0; i < FEMD_NAME_MAX; ++i) other.on[i] = entry->partner[i];
    FEMD_TRY(femd_ties_mark(field, bc, which, 0, entry, err));
    return femd_ties_mark(field, bc, which, 1, &other, err);
}

/* Vector from the face `with` to the face `on`: between the means of their nodes. */
static void periodic_offset(const femd_ties *ties, size_t which, double offset[FEMD_SPACE], int n[2]) {
    double mean[2][FEMD_SPACE] = {{0}};
    n[0] = n[1] = 0;
    for (int i = 0; i < femd_ties_count(ties); ++i)
        for (int role = 0; role < 2; ++role) {
            const femd_tied_node *node = femd_ties_node(ties, i);
            if (!femd_ties_has_role(node, which, role)) continue;
            n[role]++;
            for (int a = 0; a < FEMD_SPACE; ++a) mean[role][a] += node->x[a];
        }
    for (int a = 0; a < FEMD_SPACE; ++a) offset[a] = mean[0][a] / n[0] - mean[1][a] / n[1];
}

static double periodic_distance(const double *x, const double *y, const double *offset) {
    double square = 0;
    for (int a = 0; a < FEMD_SPACE; ++a) square += pow(x[a] - y[a] - offset[a], 2);
    return sqrt(square);
}

/* The nearest of the other face; *far: how far off. */
static int periodic_partner(const femd_ties *ties, size_t which, const femd_tied_node *node, const double *offset,
                            double *far) {
    int best = -1;
    *far = INFINITY;
    for (int j = 0; j < femd_ties_count(ties); ++j) {
        const femd_tied_node *other = femd_ties_node(ties, j);
        if (!femd_ties_has_role(other, which, 1)) continue;
        const double distance = periodic_distance(node->x, other->x, offset);
        if (distance < *far) *far = distance, best = j;
    }
    return best;
}

/* Is the jump of component a an unknown? */
static int periodic_is_loose(const femd_field *field, const femd_case_boundary *entry, int a, const double *offset) {
    int loose = 0;
    if (entry->kind == FEMD_LOAD_PERIODIC_TEMPERATURE) return !entry->has[0];
    for (int b = 0; b < FEMD_SPACE; ++b)
        loose |= entry->loose[FEMD_SPACE * a + b] && fabs(offset[b]) > field->boundary->near;
    return loose;
}

static femd_status periodic_tie_pair(const femd_field *field, femd_boundary *bc, size_t which, int plus, int minus,
                                     const int control[2], const double *offset, femd_error *err) {
    const femd_case_boundary *entry = bc->condition[which].entry;
    for (int a = 0; a < field->components; ++a) {
        const femd_tie_term term[4] = {{plus, a, 1}, {minus, a, -1}, {control[0], a, -1}, {control[1], a, 1}};
        const int loose = periodic_is_loose(field, entry, a, offset);
        if (loose && plus == control[0]) continue;
        FEMD_TRY(femd_ties_equation(field, bc, which, term, loose ? 4 : 2, plus, a, loose, err));
    }
    return FEMD_OK;
}

static femd_status periodic_tie(const femd_field *field, femd_boundary *bc, size_t which, femd_error *err) {
    const femd_ties *ties = bc->ties;
    const femd_case_boundary *entry = bc->condition[which].entry;
    double *offset = bc->condition[which].offset, far = 0;
    int n[2], control[2] = {-1, -1};
    periodic_offset(ties, which, offset, n);
    if (n[0] != n[1])
        return femd_fail(err, FEMD_BAD_INPUT,
                         "%s: boundary[%zu]: \"%s\" has %d nodes and \"%s\" %d; periodic faces need the same mesh",
                         bc->cs->path, which, entry->on, n[0], entry->partner, n[1]);
    for (int i = 0; i < femd_ties_count(ties); ++i) {
        const femd_tied_node *node = femd_ties_node(ties, i);
        if (!femd_ties_has_role(node, which, 0)) continue;
        const int partner = periodic_partner(ties, which, node, offset, &far);
        if (far > bc->near)
            return femd_fail(err, FEMD_BAD_INPUT,
                             "%s: boundary[%zu]: the node of \"%s\" at (%g, %g, %g) m has no partner on \"%s\" (the "
                             "nearest is %.3g m off); periodic faces need the same mesh",
                             bc->cs->path, which, entry->on, node->x[0], node->x[1], node->x[2], entry->partner, far);
        if (control[0] < 0) control[0] = i, control[1] = partner;
        FEMD_TRY(periodic_tie_pair(field, bc, which, i, partner, control, offset, err));
    }
    return FEMD_OK;
}

static femd_status periodic_source(const femd_field *field, const femd_boundary *bc, size_t which,
                                   const femd_tied_node *node, int k, double *value, femd_error *err) {
    const femd_condition *condition = &bc->condition[which];
    (void)field, (void)node, (void)err;
    *value = 0;
    for (int b = 0; b < FEMD_SPACE; ++b)
        *value += condition->entry->gradient[FEMD_SPACE * k + b] * condition->offset[b];
    *value *= femd_case_amplitude(bc->cs, condition->entry, bc->time);
    return FEMD_OK;
}

const femd_condition_kind femd_condition_periodic = {.name = "periodic",
                                                     .prescribes = 1,
                                                     .whole = 1,
                                                     .paired = 1,
                                                     .place = periodic_place,
                                                     .tie = periodic_tie,
                                                     .source = periodic_source};

static femd_status periodic_rise(const femd_field *field, const femd_boundary *bc, size_t which,
                                 const femd_tied_node *node, int k, double *value, femd_error *err) {
    (void)field, (void)k;
    return femd_condition_at(bc->cs, &bc->condition[which], 0, node->x, bc->time, value, err);
}

const femd_condition_kind femd_condition_periodic_temperature = {.name = "periodic_temperature",
                                                                 .prescribes = 1,
                                                                 .whole = 1,
                                                                 .paired = 1,
                                                                 .scalar = 1,
                                                                 .place = periodic_place,
                                                                 .tie = periodic_tie,
                                                                 .source = periodic_rise};
