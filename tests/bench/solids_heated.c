/* Bodies whose temperature strains them, given as it is: the thermal cylinder and NAFEMS LE11. */
#include <math.h>

#include "mapped.h"
#include "model.h"
#include "solids.h"

#define SCALE 1e-3 /* of the expansion, so that strains are small */

static const double half_pi = 1.57079632679489661923;

/* ---- a cylinder, a 1 m, b 2 m, plane strain, T = 100 ln(b/r) / ln 2 ---- */

static void heated_cylinder_place(const double s[3], double x[3]) {
    const double r = 1 + s[0], angle = half_pi * s[1];
    x[0] = r * cos(angle), x[1] = r * sin(angle), x[2] = 0.25 * s[2];
}

static void heated_hold(model *m) {
    model_hold(m, "t0", NAN, 0, NAN);
    model_hold(m, "t1", 0, NAN, NAN);
    model_hold(m, "r0", NAN, NAN, 0);
    model_hold(m, "r1", NAN, NAN, 0);
}

femd_status solids_heated_cylinder(int n, const double at[3], double stress[9], double u[3], femd_error *err) {
    model m;
    char path[32];
    const int blocks[3] = {n, 2 * n, 1};
    femd_status rc = solids_begin(&m, blocks, heated_cylinder_place, 0, path, err);
    m.law.alpha = 1.2e-5 * SCALE;
    m.law.rest = 300;
    m.law.inputs |= FEMD_INPUT_TEMPERATURE;
    m.cs.temperature_function = model_function("300+100*ln(2/sqrt(x^2+y^2))/ln(2)");
    heated_hold(&m);
    if (rc == FEMD_OK) rc = solids_end(&m, path, at, stress, u, err);
    for (int c = 0; c < 9; ++c) stress[c] /= SCALE;
    for (int a = 0; a < 3; ++a) u[a] /= SCALE;
    return rc;
}

/* ---- NAFEMS LE11: a cylinder that goes over into a cone and a sphere ---- */

/* Cells from 0 to 1 that are finer at 0, where A is. */
static double le11_finer(double s) {
    return (exp(1.5 * s) - 1) / (exp(1.5) - 1);
}

/* s[2] along the meridian: a third with arcs within and without, one with a line without, one between lines. */
static void le11_place(const double s[3], double x[3]) {
    const double third = 3 * s[2], along = third < 1 ? le11_finer(third) : third, in = le11_finer(s[0]),
                 angle = half_pi / 4 * fmin(along, 2); /* 22.5 degrees a third */
    double inner[2] = {cos(angle), sin(angle)}, outer[2];
    if (along > 2) inner[1] += (1.79 - inner[1]) * (along - 2);
    if (along <= 1) {
        outer[0] = 1.4 * cos(half_pi / 3 * along), outer[1] = 1.4 * sin(half_pi / 3 * along);
    } else if (along <= 2) {
        const double foot[2] = {1.4 * cos(half_pi / 3), 1.4 * sin(half_pi / 3)};
        outer[0] = foot[0] + (1 - foot[0]) * (along - 1), outer[1] = foot[1] + (1.39 - foot[1]) * (along - 1);
    } else {
        outer[0] = 1, outer[1] = 1.39 + 0.4 * (along - 2);
    }
    const double r = inner[0] + (outer[0] - inner[0]) * in, z = inner[1] + (outer[1] - inner[1]) * in;
    x[0] = r * cos(half_pi * s[1]), x[1] = r * sin(half_pi * s[1]), x[2] = z;
}

femd_status solids_le11(int n, double *stress_z, femd_error *err) {
    model m;
    char path[32];
    const int blocks[3] = {n, 3 * n, 6 * n};
    const double at[3] = {1, 0, 0};
    double stress[9], u[3];
    femd_status rc = solids_begin(&m, blocks, le11_place, 0, path, err);
    m.law.alpha = 2.3e-4 * SCALE;
    m.law.inputs |= FEMD_INPUT_TEMPERATURE;
    m.cs.temperature_function = model_function("sqrt(x^2+y^2)+z");
    m.cs.direct = 0;
    m.cs.ksp_rtol = 1e-10;
    heated_hold(&m);
    if (rc == FEMD_OK) rc = solids_end(&m, path, at, stress, u, err);
    *stress_z = stress[8] / SCALE;
    return rc;
}
