/* Heat strains: the thermal cylinder, NAFEMS LE11; heat and mechanics acting on each other: orders of a manufactured
 * solution in space and time, thermoelastic damping beside its closed form. */
#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "manufactured_both.h"
#include "model.h"
#include "solids.h"

static const double half_pi = 1.57079632679489661923;

/* ---- a cylinder, plane strain, T = 100 ln(b/r) / ln 2 ---- */

static int thermal_cylinder(int n) {
    static const struct {
        double at[3];
        const char *what, *unit;
        int stress; /* component, else the displacement along x */
        double closed;
    } row[] = {{{1, 0, 0}, "hoop stress at the bore", "Pa", 4, -2.2031489e8},
               {{1, 0, 0}, "axial stress at the bore", "Pa", 8, -3.1809447e8},
               {{1, 0, 0}, "displacement of the bore", "m", -1, 6.05302132e-4},
               {{2, 0, 0}, "hoop stress outside", "Pa", 4, 1.3968511e8},
               {{2, 0, 0}, "displacement outside", "m", -1, 1.21060426e-3}};
    for (size_t i = 0; i < sizeof row / sizeof *row; ++i) {
        char name[120];
        femd_error err = FEMD_ERROR_INIT;
        double stress[9], u[3];
        const femd_status rc = solids_heated_cylinder(n, row[i].at, stress, u, &err);
        if (rc != FEMD_OK) return solids_failed("thermal cylinder", &err);
        snprintf(name, sizeof name, "thermal cylinder, P2, %d through the wall: %s", n, row[i].what);
        solids_figure(name, row[i].stress < 0 ? u[0] : stress[row[i].stress], row[i].unit, "closed form",
                      row[i].closed);
    }
    return 0;
}

/* ---- NAFEMS LE11 ---- */

static int le11(int n) {
    char name[96];
    femd_error err = FEMD_ERROR_INIT;
    double stress;
    if (solids_le11(n, &stress, &err) != FEMD_OK) return solids_failed("LE11", &err);
    snprintf(name, sizeof name, "NAFEMS LE11, P2, %d x %d x %d: stress along z at A", n, 3 * n, 6 * n);
    solids_figure(name, stress / 1e6, "MPa", "NAFEMS", -105);
    return 0;
}

/* ---- orders of both fields ---- */

static int both_orders(const femd_element *element, int first, int steps, double finer, double expected) {
    femd_error err = FEMD_ERROR_INIT;
    double before[2] = {0}, now[2];
    char name[120];
    for (int n = first; n <= 4 * first; n *= 2, steps = (int)lround(steps * finer), memcpy(before, now, sizeof now)) {
        if (manufactured_both_errors(element, n, steps, &now[0], &now[1], &err) != FEMD_OK)
            return solids_failed("heat and mechanics", &err);
        for (int i = 0; i < 2 && before[0] > 0; ++i) {
            snprintf(name, sizeof name,
                     "order of the %s, %s, heat and mechanics %s, %d to %d cells a side (error %.2e)",
                     i ? "temperature" : "displacement", element->name, steps ? "in time" : "steady", n / 2, n, now[i]);
            solids_figure(name, log2(before[i] / now[i]), "-", "theory", expected);
        }
    }
    return 0;
}

/* ---- thermoelastic damping ---- */

/* A bar between x = 0 and 1 that strains along its axis alone, both ends at the temperature T0 and at rest, driven by a
 * body force sin(2 pi t) sin(pi x): in the limit of small amplitudes the work that is lost in a cycle has a closed
 * form. With sigma = M e - b theta, c theta' + T0 b e' = k theta'', M u'' - b theta_x + f = 0, u = sum of sin(n pi x),
 * theta = sum of sin(m pi x): modes couple, and the complex equations of a cycle are solved for. */
enum { MODES = 40 };
static const double damping_M = 4, damping_b = 8e-3, damping_T0 = 1, damping_c = 8e-5, damping_k = 1.3e-5;

/* Work that f = sin(pi x) sin(w t) does in a cycle, per area and f^2. */
static double damping_closed(void) {
    const double pi = 2 * half_pi, w = 2 * pi;
    /* G[m][n] = integral of sin(m pi x) cos(n pi x) over 0..1 */
    double complex A[MODES][MODES + 1];
    for (int i = 0; i < MODES; ++i) {
        for (int j = 0; j <= MODES; ++j) A[i][j] = 0;
    }
    /* eliminate u: M (n pi)^2 u_n / 2 = f_n / 2 - b sum_m theta_m m pi int cos(m pi x) sin(n pi x) */
    static double G[MODES + 1][MODES + 1];
    for (int m = 1; m <= MODES; ++m)
        for (int n = 1; n <= MODES; ++n) G[m][n] = (m + n) % 2 ? 2.0 * m / (pi * (m * m - n * n)) : 0;
    for (int m = 1; m <= MODES; ++m) {
        A[m - 1][m - 1] += (I * w * damping_c + damping_k * m * m * pi * pi) / 2;
        for (int n = 1; n <= MODES; ++n) { /* T0 b i w n pi u_n G[m][n] */
            const double complex drag = I * w * damping_T0 * damping_b * n * pi * G[m][n],
                                 per_u = 2 / (damping_M * n * n * pi * pi);
            if (n == 1) A[m - 1][MODES] -= drag * per_u * 0.5;
            for (int l = 1; l <= MODES; ++l) A[m - 1][l - 1] += drag * per_u * -damping_b * l * pi * G[n][l];
        }
    }
    for (int c = 0; c < MODES; ++c) {
        int best = c;
        for (int i = c + 1; i < MODES; ++i)
            if (cabs(A[i][c]) > cabs(A[best][c])) best = i;
        for (int j = 0; j <= MODES; ++j) {
            const double complex kept = A[c][j];
            A[c][j] = A[best][j], A[best][j] = kept;
        }
        for (int i = 0; i < MODES; ++i) {
            if (i == c) continue;
            const double complex factor = A[i][c] / A[c][c];
            for (int j = c; j <= MODES; ++j) A[i][j] -= factor * A[c][j];
        }
    }
    double complex sum = 0.5; /* of f_1 / 2 less b sum theta_l l pi G[1][l] */
    for (int l = 1; l <= MODES; ++l) sum -= damping_b * (A[l - 1][MODES] / A[l - 1][l - 1]) * l * pi * G[1][l];
    const double complex u1 = sum * 2 / (damping_M * pi * pi);
    return -pi * cimag(u1) * 0.5; /* half the amplitude of f u integrated, times pi */
}

typedef struct damping_cycles {
    model *m;
    double at[2]; /* work up to the ends of the last two cycles */
    double end;
} damping_cycles;

static femd_status damping_hear(void *user, femd_problem *p, const femd_step_record *rec, femd_error *err) {
    damping_cycles *seen = user;
    (void)p, (void)err;
    if (fabs(rec->time - (seen->end - 1)) < 1e-9) seen->at[0] = rec->work[FEMD_WORK_BODY];
    if (fabs(rec->time - seen->end) < 1e-9) seen->at[1] = rec->work[FEMD_WORK_BODY];
    return FEMD_OK;
}

/* The law has lambda = 2, mu = 1 and alpha with b = 8 alpha. */
static int damping(int steps, double theta, double iterate, const char *scheme) {
    model m;
    char name[120];
    femd_error err = FEMD_ERROR_INIT;
    const double k[6] = {damping_k, damping_k, damping_k, 0, 0, 0}, force = 1e-5;
    const int cycles = 4, cells = 40;
    model_init(&m, &femd_element_q1, 1);
    m.cs.mesh.cells[0] = cells;
    m.cs.mesh.size[1] = m.cs.mesh.size[2] = 1.0 / cells;
    m.cs.step_count = cycles * steps;
    m.cs.end_time = cycles;
    m.cs.rtol = 1e-9;
    m.law.alpha = damping_b / 8;
    m.law.rest = damping_T0;
    model_both(&m, k, damping_c, damping_T0, theta);
    m.cs.stability = 0;
    m.cs.heat.coupling = FEMD_COUPLING_TWO_WAY;
    m.cs.heat.iterate = iterate;
    static const char *const side[6] = {"left", "right", "front", "back", "bottom", "top"};
    for (int s = 0; s < 6; ++s) model_hold(&m, side[s], s < 2 ? 0 : NAN, s / 2 == 1 ? 0 : NAN, s / 2 == 2 ? 0 : NAN);
    for (int s = 0; s < 2; ++s) model_load(&m, side[s], FEMD_LOAD_TEMPERATURE, damping_T0, 0, 0)->has[0] = 1;
    m.cs.has_body_force = 1;
    m.cs.body_function[0] = model_function("1e-5*sin(pi*x)*sin(2*pi*t)");
    damping_cycles seen = {.m = &m, .end = cycles};
    const femd_stepping_hooks hooks = {.user = &seen, .committed = damping_hear};
    femd_status rc = model_create(&m, &err);
    if (rc == FEMD_OK) rc = femd_stepping_run(m.p, &hooks, &err);
    if (rc != FEMD_OK) return solids_failed("damping", &err);
    model_clear(&m);
    const double area = 1.0 / cells / cells, lost = (seen.at[1] - seen.at[0]) / (area * force * force);
    snprintf(name, sizeof name, "thermoelastic damping, %d steps a cycle, %s: work lost", steps, scheme);
    solids_figure(name, lost, "m^3/N", "closed form", damping_closed());
    return 0;
}

int solids_thermal(void) {
    int bad = thermal_cylinder(4) | thermal_cylinder(8);
    bad |= le11(2) | le11(3) | le11(4);
    bad |= both_orders(&femd_element_q1, 4, 0, 1, 2) | both_orders(&femd_element_p1, 3, 0, 1, 2) |
           both_orders(&femd_element_p2, 2, 0, 1, 3);
    bad |= both_orders(&femd_element_q1, 2, 4, 2, 2) | both_orders(&femd_element_p1, 2, 4, 2, 2) |
           both_orders(&femd_element_p2, 1, 4, 2.83, 3);
    bad |= damping(50, 0.5, 1e-6, "iterated, theta 1/2") | damping(50, 1, 1e-6, "iterated, theta 1") |
           damping(50, 0.5, 0, "one pass, theta 1/2") | damping(50, 1, 0, "one pass, theta 1");
    return bad;
}
