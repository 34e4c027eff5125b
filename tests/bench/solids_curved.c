/* Bodies with curved sides beside closed forms and the benchmarks of NAFEMS: a cylinder under pressure, Kirsch's plate
 * with a hole, the elliptic membrane LE1, the thick plate LE10; and a cantilever that bends far, beside the elastica.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mapped.h"
#include "model.h"
#include "results/nodal_stress.h"
#include "solids.h"

static const double half_pi = 1.57079632679489661923;

/* ---- a cylinder under inner pressure, plane strain: a 1 m, b 2 m ---- */

static void cylinder_place(const double s[3], double x[3]) {
    const double r = 1 + s[0], angle = half_pi * s[1];
    x[0] = r * cos(angle), x[1] = r * sin(angle), x[2] = 0.25 * s[2];
}

static int cylinder(int n) {
    model m;
    char path[32], name[96];
    femd_error err = FEMD_ERROR_INIT;
    const int blocks[3] = {n, 2 * n, 1};
    const double at[3] = {1, 0, 0}, p = 1e6, scale = 1e-3;
    double stress[9], u[3];
    femd_status rc = solids_begin(&m, blocks, cylinder_place, 0, path, &err);
    model_hold(&m, "t0", NAN, 0, NAN);
    model_hold(&m, "t1", 0, NAN, NAN);
    model_hold(&m, "r0", NAN, NAN, 0);
    model_hold(&m, "r1", NAN, NAN, 0);
    model_load(&m, "s0", FEMD_LOAD_PRESSURE, p * scale, 0, 0);
    if (rc == FEMD_OK) rc = solids_end(&m, path, at, stress, u, &err);
    if (rc != FEMD_OK) return solids_failed("cylinder", &err);
    snprintf(name, sizeof name, "thick cylinder, P2, %d through the wall: displacement of the bore", n);
    solids_figure(name, u[0] / scale, "m", "closed form", 9.07936508e-6);
    snprintf(name, sizeof name, "thick cylinder, P2, %d through the wall: hoop stress at the bore, at a node", n);
    solids_figure(name, stress[4] / scale, "Pa", "closed form", 5e6 / 3);
    return 0;
}

/* ---- Kirsch: a quarter of [0, 4]^2 without the hole of radius 1, tractions of the infinite plate ---- */

static void kirsch_place(const double s[3], double x[3]) {
    const double angle = half_pi * s[1], w = (exp(3 * s[0]) - 1) / (exp(3.0) - 1);
    const double outer[2] = {s[1] <= 0.5 ? 4 : 8 * (1 - s[1]), s[1] <= 0.5 ? 8 * s[1] : 4};
    x[0] = (1 - w) * cos(angle) + w * outer[0];
    x[1] = (1 - w) * sin(angle) + w * outer[1];
    x[2] = 0.25 * s[2];
}

#define KIRSCH_XX "(1-(1.5*cos(2*atan2(y,x))+cos(4*atan2(y,x)))/(x^2+y^2)+1.5*cos(4*atan2(y,x))/(x^2+y^2)^2)"
#define KIRSCH_YY "(-(0.5*cos(2*atan2(y,x))-cos(4*atan2(y,x)))/(x^2+y^2)-1.5*cos(4*atan2(y,x))/(x^2+y^2)^2)"
#define KIRSCH_XY "(-(0.5*sin(2*atan2(y,x))+sin(4*atan2(y,x)))/(x^2+y^2)+1.5*sin(4*atan2(y,x))/(x^2+y^2)^2)"

static int kirsch(int n) {
    static const double at[2][3] = {{0, 1, 0}, {1, 0, 0}}, closed[2] = {3, -1};
    for (int k = 0; k < 2; ++k) {
        model m;
        char path[32], name[96];
        femd_error err = FEMD_ERROR_INIT;
        const int blocks[3] = {n, 2 * n, 1};
        double stress[9], u[3];
        femd_status rc = solids_begin(&m, blocks, kirsch_place, 0, path, &err);
        model_hold(&m, "t0", NAN, 0, NAN);
        model_hold(&m, "t1", 0, NAN, NAN);
        model_hold(&m, "r0", NAN, NAN, 0);
        model_hold(&m, "r1", NAN, NAN, 0);
        femd_case_boundary *pull = model_load(&m, "s1", FEMD_LOAD_TRACTION, 0, 0, 0);
        model_expression(pull, 0, "1e3*t*(x>3.999999 ? " KIRSCH_XX " : " KIRSCH_XY ")");
        model_expression(pull, 1, "1e3*t*(x>3.999999 ? " KIRSCH_XY " : " KIRSCH_YY ")");
        if (rc == FEMD_OK) rc = solids_end(&m, path, at[k], stress, u, &err);
        if (rc != FEMD_OK) return solids_failed("Kirsch", &err);
        snprintf(name, sizeof name, "Kirsch's plate, P2, %d x %d: stress along x at (%g, %g)", n, 2 * n, at[k][0],
                 at[k][1]);
        if (k == 1) snprintf(name, sizeof name, "Kirsch's plate, P2, %d x %d: stress along y at (1, 0)", n, 2 * n);
        solids_figure(name, stress[k == 0 ? 0 : 4] / 1e3, "of the far stress", "closed form", closed[k]);
    }
    return 0;
}

/* ---- NAFEMS LE1 and LE10: between two ellipses ---- */

static double ellipse_thickness;

static void ellipse_place(const double s[3], double x[3]) {
    const double angle = half_pi * pow(s[1], 1.5), w = (exp(2 * s[0]) - 1) / (exp(2.0) - 1); /* finer at D */
    x[0] = (2 + 1.25 * w) * cos(angle);
    x[1] = (1 + 1.75 * w) * sin(angle);
    x[2] = ellipse_thickness * s[2];
}

static int elliptic_membrane(int n) {
    model m;
    char path[32], name[96];
    femd_error err = FEMD_ERROR_INIT;
    const int blocks[3] = {n, 2 * n, 1};
    const double at[3] = {2, 0, 0}, scale = 1e-3;
    double stress[9], u[3];
    ellipse_thickness = 0.05; /* half of the plate, whose middle is held across */
    femd_status rc = solids_begin(&m, blocks, ellipse_place, 0, path, &err);
    model_hold(&m, "t0", NAN, 0, NAN);
    model_hold(&m, "t1", 0, NAN, NAN);
    model_hold(&m, "r0", NAN, NAN, 0);
    model_load(&m, "s1", FEMD_LOAD_PRESSURE, -10e6 * scale, 0, 0);
    if (rc == FEMD_OK) rc = solids_end(&m, path, at, stress, u, &err);
    if (rc != FEMD_OK) return solids_failed("LE1", &err);
    snprintf(name, sizeof name, "NAFEMS LE1, P2, %d x %d x 1: stress along y at D", n, 2 * n);
    solids_figure(name, stress[4] / scale / 1e6, "MPa", "NAFEMS", 92.7);
    return 0;
}

static int thick_plate(int n) {
    model m;
    char path[32], name[96];
    femd_error err = FEMD_ERROR_INIT;
    const int blocks[3] = {n, 2 * n, n > 4 ? 4 : 2};
    const double at[3] = {2, 0, 0.6}, scale = 1e-3;
    double stress[9], u[3];
    ellipse_thickness = 0.6;
    femd_status rc = solids_begin(&m, blocks, ellipse_place, 0, path, &err);
    model_hold(&m, "t0", NAN, 0, NAN);
    model_hold(&m, "t1", 0, NAN, NAN);
    model_hold(&m, "s1", 0, 0, NAN);
    model_hold(&m, "rim", NAN, NAN, 0);
    model_load(&m, "r1", FEMD_LOAD_PRESSURE, 1e6 * scale, 0, 0);
    if (rc == FEMD_OK) rc = solids_end(&m, path, at, stress, u, &err);
    if (rc != FEMD_OK) return solids_failed("LE10", &err);
    snprintf(name, sizeof name, "NAFEMS LE10, P2, %d x %d x %d: stress along y at D", n, 2 * n, blocks[2]);
    solids_figure(name, stress[4] / scale / 1e6, "MPa", "CalculiX 2.20, C3D10, the same mesh; NAFEMS -5.38",
                  n == 8 ? -5.52437 : NAN);
    return 0;
}

/* ---- the elastica ---- */

/* A strip 100 x 1 x 1 under an end load that keeps its direction, P L^2 / (E I) = load. */
static int elastica(double load, double closed) {
    const double size[3] = {100, 1, 1};
    const int cells[3] = {50, 1, 1};
    model m;
    double u[3];
    char name[96];
    femd_error err = FEMD_ERROR_INIT;
    model_bend(&m, &femd_element_p2, size, cells, 0, load);
    m.cs.step_count = load > 2 ? 10 : 2;
    m.cs.stability = 0;
    if (model_run(&m, &err) != FEMD_OK) return solids_failed("elastica", &err);
    model_tip(&m, u);
    model_clear(&m);
    snprintf(name, sizeof name, "elastica, P L^2/(E I) = %g, P2, 50 cells: deflection of the end", load);
    solids_figure(name, u[2] / size[0], "L", "closed form", closed);
    return 0;
}

int solids_curved(void) {
    int bad = elastica(1, 0.30172) | elastica(10, 0.81061);
    bad |= cylinder(4) | cylinder(8);
    bad |= kirsch(8) | kirsch(16) | kirsch(32);
    bad |= elliptic_membrane(4) | elliptic_membrane(8);
    bad |= thick_plate(8);
    return bad;
}
