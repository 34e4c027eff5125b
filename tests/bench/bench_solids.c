/* Figures of the macro solver beside references: manufactured solutions with their orders, Cook's membrane, a cube at
 * finite strain beside CalculiX. An analytic law stands for the micro side. Prints JSON. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "femd/blas.h"
#include "manufactured.h"
#include "mapped.h"
#include "solids.h"

void solids_figure(const char *name, double value, const char *unit, const char *reference, double of) {
    static int any;
    printf("%s{\"name\":\"solids: %s\",\"value\":%.8g,\"unit\":\"%s\",\"ref_name\":\"%s\",\"ref_value\":%.8g,\"ratio\":"
           "%.6g}",
           any++ ? ",\n" : "{\"results\":[", name, value, unit, reference, of, value / of);
}

int solids_failed(const char *what, const femd_error *err) {
    fprintf(stderr, "bench_solids: %s: %s\n", what, err->text);
    return 1;
}

/* ---- manufactured solutions ---- */

static int orders(const femd_element *element, int first, double expected) {
    femd_error err = FEMD_ERROR_INIT;
    double before = 0, error;
    char name[96];
    for (int n = first; n <= 4 * first; n *= 2, before = error) {
        if (manufactured_error(element, n, &error, &err) != FEMD_OK) return solids_failed("manufactured", &err);
        if (before == 0) continue;
        snprintf(name, sizeof name, "order of %s, %d to %d cells a side (error %.2e)", element->name, n / 2, n, error);
        solids_figure(name, log2(before / error), "-", "theory", expected);
    }
    return 0;
}

/* ---- Cook's membrane ---- */

/* The tapered panel (0,0) (48,44) (48,60) (0,44), one thick. */
void solids_cook_place(const double s[3], double x[3]) {
    x[0] = 48 * s[0];
    x[1] = 44 * s[0] * (1 - s[1]) + s[1] * (44 + 16 * s[0]);
    x[2] = s[2];
}

/* n x n x 1 blocks of six tetrahedra, cut along the shorter or the longer diagonals. */
static int cook(int n, int mirrored, double reference) {
    model m;
    char path[] = "/tmp/femd-cook-XXXXXX", name[96];
    const int blocks[3] = {n, n, 1};
    femd_error err = FEMD_ERROR_INIT;
    const double scale = 1e-6; /* of the load: linear */
    FILE *f = fdopen(mkstemp(path), "w");
    if (!f) return 1;
    mapped_write(f, blocks, solids_cook_place, mirrored);
    fclose(f);
    model_init(&m, &femd_element_p2, 1);
    m.law.lambda = 0.75, m.law.mu = 0.375; /* E 1, nu 1/3 */
    m.cs.mesh.file = path;
    model_hold(&m, "s0", 0, 0, NAN); /* plane stress: free across, but for a point */
    model_hold(&m, "corner", NAN, NAN, 0)->npositions = 1;
    model_load(&m, "s1", FEMD_LOAD_FORCE, 0, scale, 0);
    femd_status rc = model_run(&m, &err);
    unlink(path);
    if (rc != FEMD_OK) return solids_failed("Cook", &err);
    double *u = malloc((m.p->displacement->n + 1) * sizeof *u), tip = NAN;
    rc = u ? femd_field_get(m.p->displacement, u, &err) : FEMD_NO_MEMORY;
    for (PetscInt i = 0; i < m.p->grid->nnodes && rc == FEMD_OK; ++i) {
        const double *x = m.p->grid->node_x + 3 * i;
        if (x[0] == 48 && fabs(x[1] - 52) < 1e-9 && x[2] == 0.5) tip = u[3 * i + 1] / scale;
    }
    free(u);
    model_clear(&m);
    snprintf(name, sizeof name, "Cook's membrane, P2, %d x %d, %s diagonals: deflection at (48, 52)", n, n,
             mirrored ? "falling" : "rising");
    solids_figure(name, tip, "-", "literature 23.96", reference);
    return rc != FEMD_OK;
}

/* ---- a cube at finite strain ---- */

/* 1 mm, E 100 GPa, nu 0.3, 22 x 22 x 22 trilinear cells, left held, right moved by (0.05, 0.02, 0) mm. */
static int cube(void) {
    model m;
    femd_error err = FEMD_ERROR_INIT;
    const double E = 100e9, nu = 0.3;
    model_init(&m, &femd_element_q1, 22);
    m.law.lambda = nu / ((1 + nu) * (1 - 2 * nu)) * E;
    m.law.mu = E / (2 * (1 + nu));
    m.cs.direct = 0;
    m.cs.ksp_rtol = 1e-9;
    m.cs.rtol = 1e-9;
    for (int a = 0; a < 3; ++a) m.cs.mesh.size[a] = 1e-3;
    model_hold(&m, "left", 0, 0, 0);
    model_hold(&m, "right", 0.05e-3, 0.02e-3, 0);
    if (model_run(&m, &err) != FEMD_OK) return solids_failed("cube", &err);
    solids_figure("cube of 22^3 trilinear cells, 5 % and 2 % shear: reaction along x", m.reaction[3], "N",
                  "CalculiX 2.20", 5816.33);
    solids_figure("cube of 22^3 trilinear cells, 5 % and 2 % shear: reaction along y", m.reaction[4], "N",
                  "CalculiX 2.20", 635.417);
    model_clear(&m);
    return 0;
}

int main(int argc, char **argv) {
    femd_blas_pin(NULL, argv); /* as the solver does */
    model_start(&argc, &argv);
    const int thermal = argc > 1 && strcmp(argv[1], "thermal") == 0;
    if (thermal || (argc > 1 && strcmp(argv[1], "pressure") == 0)) { /* that chapter alone */
        const int bad = thermal ? solids_thermal() : solids_pressure();
        printf("]}\n");
        return bad;
    }
    int bad = orders(&femd_element_q1, 4, 2) | orders(&femd_element_p1, 4, 2) | orders(&femd_element_p2, 2, 3);
    bad |= cook(4, 0, 23.96) | cook(8, 0, 23.96) | cook(16, 0, 23.96) | cook(4, 1, 23.96) | cook(8, 1, 23.96) |
           cook(16, 1, 23.96);
    bad |= solids_pressure();
    bad |= solids_curved();
    bad |= solids_thermal();
    bad |= cube();
    printf("]}\n");
    return bad;
}
