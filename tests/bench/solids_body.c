/* A mapped body of steel: its making, its run, and what is read at one of its nodes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mapped.h"
#include "model.h"
#include "results/nodal_stress.h"
#include "solids.h"

static const double young = 210e9, poisson = 0.3;

femd_status solids_begin(model *m, const int n[3], mapped_place *place, int mirrored, char path[32], femd_error *err) {
    strcpy(path, "/tmp/femd-solid-XXXXXX");
    FILE *f = fdopen(mkstemp(path), "w");
    if (!f) return femd_fail(err, FEMD_IO, "no temporary file");
    mapped_write(f, n, place, mirrored);
    fclose(f);
    model_init(m, &femd_element_p2, 1);
    m->law.lambda = poisson / ((1 + poisson) * (1 - 2 * poisson)) * young;
    m->law.mu = young / (2 * (1 + poisson));
    m->cs.mesh.file = path;
    m->cs.rtol = 1e-8;
    m->cs.stability = 0;
    return FEMD_OK;
}

femd_status solids_end(model *m, char *path, const double x[3], double stress[9], double u[3], femd_error *err) {
    double *sigma = NULL, *all = NULL, least = INFINITY;
    femd_status rc = model_run(m, err);
    unlink(path);
    if (rc == FEMD_OK) rc = femd_nodal_stress(m->p, &sigma, err);
    if (rc == FEMD_OK) all = malloc((m->p->displacement->n + 1) * sizeof *all);
    if (rc == FEMD_OK) rc = all ? femd_field_get(m->p->displacement, all, err) : FEMD_NO_MEMORY;
    for (PetscInt i = 0; rc == FEMD_OK && i < m->p->grid->nnodes; ++i) {
        double far = 0;
        for (int a = 0; a < 3; ++a) far += pow(m->p->grid->node_x[3 * i + a] - x[a], 2);
        if (far >= least) continue;
        least = far;
        memcpy(stress, sigma + 9 * i, 9 * sizeof *stress);
        memcpy(u, all + 3 * i, 3 * sizeof *u);
    }
    free(sigma);
    free(all);
    model_clear(m);
    return rc;
}
