/* Rigid surfaces: all nodes follow a point and a rotation. The motion is found from the values of the nodes, so that no
 * state of its own has to be kept: a Newton step moves the nodes along the tangent of rigid motions, and the motion
 * that fits them best takes its place (the two differ by the square of the step). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "femd/tensor3.h"
#include "fields/ties_private.h"

/* ---- rotations ---- */

/* Rodrigues. */
static void turn_by(const double v[3], double R[9]) {
    const double angle = sqrt(femd_dot3(v, v)), c = cos(angle), s = sin(angle);
    double n[3] = {1, 0, 0};
    for (int i = 0; i < 3 && angle > 0; ++i) n[i] = v[i] / angle;
    const double cross[9] = {0, -n[2], n[1], n[2], 0, -n[0], -n[1], n[0], 0};
    for (int i = 0; i < 9; ++i) R[i] = (i % 4 == 0) * c + s * cross[i] + (1 - c) * n[i / 3] * n[i % 3];
}

/* Eigenvector of the largest eigenvalue of a symmetric 4 x 4 matrix, by Jacobi's rotations. */
static void turn_eigenvector(double A[4][4], double q[4]) {
    double V[4][4] = {{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}};
    for (int sweep = 0; sweep < 30; ++sweep) {
        double off = 0, size = 0;
        for (int i = 0; i < 4; ++i)
            for (int j = 0; j < 4; ++j) *(i == j ? &size : &off) += A[i][j] * A[i][j];
        if (off <= 1e-32 * size) break;
        for (int i = 0; i < 4; ++i)
            for (int j = i + 1; j < 4; ++j) {
                if (A[i][j] == 0) continue;
                const double t0 = (A[j][j] - A[i][i]) / (2 * A[i][j]),
                             t = (t0 >= 0 ? 1 : -1) / (fabs(t0) + sqrt(t0 * t0 + 1)), c = 1 / sqrt(t * t + 1),
                             s = t * c;
                for (int k = 0; k < 4; ++k) {
                    const double a = A[k][i], b = A[k][j];
                    A[k][i] = c * a - s * b;
                    A[k][j] = s * a + c * b;
                }
                for (int k = 0; k < 4; ++k) {
                    const double a = A[i][k], b = A[j][k], v = V[k][i], w = V[k][j];
                    A[i][k] = c * a - s * b;
                    A[j][k] = s * a + c * b;
                    V[k][i] = c * v - s * w;
                    V[k][j] = s * v + c * w;
                }
            }
    }
    int best = 0;
    for (int i = 1; i < 4; ++i)
        if (A[i][i] > A[best][best]) best = i;
    for (int k = 0; k < 4; ++k) q[k] = V[k][best];
}

/* The rotation that maps the arms x on the arms y best, M = sum y x^T (Horn 1987). */
static void turn_best(const double M[9], double R[9]) {
    const double a = M[7] - M[5], b = M[2] - M[6], c = M[3] - M[1];
    double N[4][4] = {{M[0] + M[4] + M[8], a, b, c},
                      {a, M[0] - M[4] - M[8], M[1] + M[3], M[2] + M[6]},
                      {b, M[1] + M[3], M[4] - M[0] - M[8], M[5] + M[7]},
                      {c, M[2] + M[6], M[5] + M[7], M[8] - M[0] - M[4]}},
           q[4];
    turn_eigenvector(N, q);
    const double w = q[0], x = q[1], y = q[2], z = q[3], s = 2 / (w * w + x * x + y * y + z * z);
    const double turned[9] = {1 - s * (y * y + z * z), s * (x * y - w * z),     s * (x * z + w * y),
                              s * (x * y + w * z),     1 - s * (x * x + z * z), s * (y * z - w * x),
                              s * (x * z - w * y),     s * (y * z + w * x),     1 - s * (x * x + y * y)};
    memcpy(R, turned, sizeof turned);
}

static void turn_apply(const double R[9], const double v[3], double out[3]) {
    for (int i = 0; i < 3; ++i) out[i] = R[3 * i] * v[0] + R[3 * i + 1] * v[1] + R[3 * i + 2] * v[2];
}

/* ---- making ---- */

/* Arms that span no plane leave a rotation without a meaning. */
static int rigid_spans(const femd_ties *ties, const tie_rigid *rigid) {
    double most = 0;
    for (int i = 0; i < rigid->n; ++i)
        for (int j = 0; j < i; ++j) {
            double u[3], v[3], n[3];
            for (int a = 0; a < 3; ++a) {
                u[a] = ties->node[rigid->node[i]].x[a] - rigid->mean[a];
                v[a] = ties->node[rigid->node[j]].x[a] - rigid->mean[a];
            }
            femd_cross3(u, v, n);
            most = fmax(most, femd_dot3(n, n));
            if (sqrt(most) > 1e-3 * rigid->length * rigid->length) return 1;
        }
    return 0;
}

femd_status femd_ties_rigid(const femd_field *field, femd_boundary *bc, size_t which, const double about[FEMD_SPACE],
                            femd_error *err) {
    femd_ties *ties = bc->ties;
    const femd_case_boundary *entry = bc->condition[which].entry;
    tie_rigid *more = realloc(ties->rigid, ((size_t)ties->nrigid + 1) * sizeof *more);
    if (!more) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a rigid surface");
    ties->rigid = more;
    tie_rigid *rigid = &more[ties->nrigid];
    *rigid = (tie_rigid){.which = which, .hinge = -1, .turn = {1, 0, 0, 0, 1, 0, 0, 0, 1}};
    rigid->node = malloc(((size_t)ties->nnodes + 1) * sizeof *rigid->node);
    ties->nrigid++;
    if (!rigid->node) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a rigid surface");
    (void)field;
    for (int i = 0; i < ties->nnodes; ++i) {
        if (!femd_ties_has_role(&ties->node[i], which, 0)) continue;
        for (int a = 0; a < FEMD_SPACE; ++a) {
            rigid->mean[a] += ties->node[i].x[a];
            if (!ties->node[i].prescribed[a] && !(ties->node[i].roles & ~(3ull << (2 * which)))) continue;
            return femd_fail(err, FEMD_BAD_INPUT,
                             "%s: boundary[%zu] (\"%s\"): the node at (%g, %g, %g) m is also held or tied by another "
                             "entry; a rigid surface takes its motion from its own \"displacement\" and \"rotation\"",
                             bc->cs->path, which, entry->on, ties->node[i].x[0], ties->node[i].x[1],
                             ties->node[i].x[2]);
        }
        rigid->node[rigid->n++] = i;
    }
    for (int a = 0; a < FEMD_SPACE; ++a) rigid->mean[a] /= rigid->n;
    memcpy(rigid->about, entry->has_about ? about : rigid->mean, sizeof rigid->about);
    for (int i = 0; i < rigid->n; ++i)
        for (int a = 0; a < FEMD_SPACE; ++a)
            rigid->length = fmax(rigid->length, fabs(ties->node[rigid->node[i]].x[a] - rigid->mean[a]));
    if (rigid->n < 3 || !rigid_spans(ties, rigid))
        return femd_fail(err, FEMD_BAD_INPUT,
                         "%s: boundary[%zu] (\"%s\"): a rigid surface needs three nodes that are not on one line",
                         bc->cs->path, which, entry->on);
    for (int a = 0; a < FEMD_SPACE; ++a) {
        rigid->moves[a] = !bc->condition[which].has[a];
        rigid->moves[3 + a] = !entry->has_rotation[a];
        if (entry->has_rotation[a]) continue;
        rigid->hinge = entry->has_rotation[0] + entry->has_rotation[1] + entry->has_rotation[2] == 2 ? a : -1;
    }
    return FEMD_OK;
}

/* ---- motion ---- */

femd_status ties_rigid_target(const femd_field *field, tie_rigid *rigid, femd_error *err) {
    const femd_boundary *bc = field->boundary;
    const femd_condition *condition = &bc->condition[rigid->which];
    for (int a = 0; a < FEMD_SPACE; ++a) {
        rigid->target[a] = 0;
        if (!rigid->moves[a])
            FEMD_TRY(femd_condition_at(bc->cs, condition, a, rigid->about, bc->time, &rigid->target[a], err));
        rigid->target[3 + a] = condition->entry->rotation[a] * femd_case_amplitude(bc->cs, condition->entry, bc->time);
    }
    return FEMD_OK;
}

static void rigid_find_turn(const femd_ties *ties, tie_rigid *rigid, const double *value, const double *mean) {
    double M[9] = {0};
    for (int i = 0; i < rigid->n; ++i) {
        const femd_tied_node *node = &ties->node[rigid->node[i]];
        for (int a = 0; a < 3; ++a)
            for (int b = 0; b < 3; ++b)
                M[3 * a + b] +=
                    (node->x[a] + value[FEMD_SPACE * rigid->node[i] + a] - mean[a]) * (node->x[b] - rigid->mean[b]);
    }
    if (rigid->moves[3] && rigid->moves[4] && rigid->moves[5]) {
        turn_best(M, rigid->turn);
    } else if (rigid->hinge >= 0) {
        const int k = rigid->hinge, b = (k + 1) % 3, c = (k + 2) % 3;
        double v[3] = {0};
        v[k] = atan2(M[3 * c + b] - M[3 * b + c], M[3 * b + b] + M[3 * c + c]);
        turn_by(v, rigid->turn);
    } else {
        turn_by(rigid->target + 3, rigid->turn);
    }
}

void ties_rigid_fit(const femd_ties *ties, tie_rigid *rigid, double *value) {
    double mean[FEMD_SPACE] = {0}, arm[FEMD_SPACE], turned[FEMD_SPACE], worst = 0, size = rigid->length;
    for (int i = 0; i < rigid->n; ++i)
        for (int a = 0; a < FEMD_SPACE; ++a)
            mean[a] += (ties->node[rigid->node[i]].x[a] + value[FEMD_SPACE * rigid->node[i] + a]) / rigid->n;
    rigid_find_turn(ties, rigid, value, mean);
    for (int a = 0; a < FEMD_SPACE; ++a) arm[a] = rigid->about[a] - rigid->mean[a];
    turn_apply(rigid->turn, arm, turned);
    for (int a = 0; a < FEMD_SPACE; ++a) {
        rigid->now[a] = rigid->moves[a] ? mean[a] + turned[a] : rigid->about[a] + rigid->target[a];
        size = fmax(size, fabs(rigid->now[a] - rigid->about[a]));
    }
    for (int pass = 0; pass < 2; ++pass) { /* how far from it, and then onto it */
        if (pass == 1 && worst <= 1e-13 * size) return;
        for (int i = 0; i < rigid->n; ++i) {
            const double *x = ties->node[rigid->node[i]].x;
            double *u = value + FEMD_SPACE * rigid->node[i];
            for (int a = 0; a < FEMD_SPACE; ++a) arm[a] = x[a] - rigid->about[a];
            turn_apply(rigid->turn, arm, turned);
            for (int a = 0; a < FEMD_SPACE; ++a) {
                const double on = rigid->now[a] - rigid->about[a] + (turned[a] - arm[a]);
                worst = fmax(worst, fabs(u[a] - on));
                if (pass == 1) u[a] = on;
            }
        }
    }
}

void ties_rigid_arm(const femd_ties *ties, const tie_rigid *rigid, int i, double arm[FEMD_SPACE]) {
    double at_first[FEMD_SPACE];
    for (int a = 0; a < FEMD_SPACE; ++a) at_first[a] = ties->node[rigid->node[i]].x[a] - rigid->about[a];
    turn_apply(rigid->turn, at_first, arm);
}

/* Moments change as the arms turn: of (dtheta x r) x f = r (dtheta . f) - dtheta (r . f) the symmetric part; the rest
 * is the moment itself, which vanishes in equilibrium. */
void ties_rigid_reduce(const femd_ties *ties, tie_rigid *rigid, double *force, int newton) {
    double sum[6] = {0};
    memset(rigid->stiffness, 0, sizeof rigid->stiffness);
    for (int i = 0; i < rigid->n; ++i) {
        double *f = force + FEMD_SPACE * rigid->node[i], arm[FEMD_SPACE], moment[FEMD_SPACE];
        ties_rigid_arm(ties, rigid, i, arm);
        femd_cross3(arm, f, moment);
        for (int a = 0; a < FEMD_SPACE; ++a) {
            sum[a] += f[a];
            sum[3 + a] += moment[a] / rigid->length;
            for (int b = 0; b < FEMD_SPACE && newton; ++b)
                rigid->stiffness[3 * a + b] +=
                    (0.5 * (arm[a] * f[b] + f[a] * arm[b]) - (a == b) * femd_dot3(arm, f)) / pow(rigid->length, 2);
        }
        memset(f, 0, FEMD_SPACE * sizeof *f);
    }
    for (int m = 0; m < 6; ++m) force[FEMD_SPACE * rigid->node[m / 3] + m % 3] = rigid->moves[m] ? sum[m] : 0;
}

int femd_ties_point(const femd_ties *ties, size_t which, double point[FEMD_SPACE]) {
    for (int g = 0; ties && g < ties->nrigid; ++g) {
        if (ties->rigid[g].which != which) continue;
        memcpy(point, ties->rigid[g].now, sizeof ties->rigid[g].now);
        return 1;
    }
    return 0;
}
