/* Cook's membrane of a nearly incompressible body at finite strain, with the pressure as an unknown and without. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "solids.h"

/* Plane strain, mu 80.194 Pa, traction 6.25 Pa, one step; tip at (48, 60). The references are of a prototype that
 * shares no code with femd (and has another law of the volume, which does not matter at such moduli). */
static int cook_incompressible(int n, double ratio, int mixed, double reference) {
    model m;
    char path[] = "/tmp/femd-cook-XXXXXX", name[160];
    const int blocks[3] = {n, n, 1};
    femd_error err = FEMD_ERROR_INIT;
    FILE *f = fdopen(mkstemp(path), "w");
    if (!f) return 1;
    mapped_write(f, blocks, solids_cook_place, 0);
    fclose(f);
    model_init(&m, &femd_element_p2, 1);
    m.cs.mixed = mixed;
    m.cs.rtol = 1e-9;
    m.law.neo_hookean = 1;
    m.law.mu = 80.194, m.law.lambda = ratio * m.law.mu;
    m.cs.mesh.file = path;
    model_hold(&m, "s0", 0, 0, 0);
    model_hold(&m, "r0", NAN, NAN, 0);
    model_hold(&m, "r1", NAN, NAN, 0);
    model_load(&m, "s1", FEMD_LOAD_TRACTION, 0, 6.25, 0);
    femd_status rc = model_run(&m, &err);
    unlink(path);
    if (rc != FEMD_OK) return solids_failed("Cook, incompressible", &err);
    double *u = malloc((m.p->displacement->n + 1) * sizeof *u), tip = NAN;
    rc = u ? femd_field_get(m.p->displacement, u, &err) : FEMD_NO_MEMORY;
    for (PetscInt i = 0; i < m.p->grid->nnodes && rc == FEMD_OK; ++i) {
        const double *x = m.p->grid->node_x + 3 * i;
        if (x[0] == 48 && fabs(x[1] - 60) < 1e-9 && x[2] == 0) tip = u[3 * i + 1];
    }
    free(u);
    snprintf(name, sizeof name,
             "Cook's membrane, finite strain, K/mu %g, %d x %d, %s, %.1f sweeps, %d cuts: deflection", ratio, n, n,
             mixed ? "u-p" : "displacement alone", (double)m.law.points / (double)m.p->pt->n, m.p->cuts);
    solids_figure(name, tip, "m", "prototype, u-p", reference);
    model_clear(&m);
    return rc != FEMD_OK;
}

int solids_pressure(void) {
    static const double reference[3][2] = {{6.609, 6.597}, {6.808, 6.798}, {6.884, 6.874}};
    int bad = 0;
    for (int k = 0; k < 3; ++k)
        for (int stiff = 0; stiff < 2; ++stiff)
            bad |= cook_incompressible(4 << k, stiff ? 50000 : 500, 1, reference[k][stiff]);
    for (int k = 0; k < 3; ++k) bad |= cook_incompressible(4 << k, 500, 0, reference[k][0]);
    return bad;
}
