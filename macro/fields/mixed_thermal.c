/* What a change of temperature does to displacement and pressure: forces at constant pressure, and volumes that grow
 * by dJ/dT. Asks nobody. */
#include <math.h>
#include <stdlib.h>

#include "base/collective.h"
#include "fields/heat.h"
#include "fields/mechanics_private.h"
#include "fields/mixed_private.h"

/* Growth of J of the points. */
typedef struct warmed {
    const femd_problem *p;
    const double *growth;
} warmed;

static void warmed_cell_volumes(const void *self, PetscInt c, double *out) {
    const warmed *of = self;
    const femd_element_table *table = &of->p->grid->table;
    const PetscInt k = c * table->points;
    for (int q = 0; q < table->points; ++q)
        for (int i = 0; i < table->corners; ++i)
            out[PAIR * i + FEMD_SPACE] +=
                of->p->mixed->scale * of->p->pt->weight[k + q] * of->growth[k + q] * table->corner[q][i];
}

/* Rooms to write into: of the points' rise, their stress and growth, the forces of the displacement, and all. */
typedef struct rooms {
    double *rise, *S, *growth, *force, *all;
} rooms;

static femd_status rooms_make(const femd_problem *p, rooms *r, femd_error *err) {
    const size_t n = (size_t)p->pt->n;
    r->rise = calloc(8 * n + p->displacement->n + p->pair->n + 1, sizeof *r->rise);
    FEMD_TRY(femd_agree(p->comm, r->rise ? FEMD_OK : femd_mixed_no_memory(err), err));
    r->S = r->rise + n;
    r->growth = r->S + 6 * n;
    r->force = r->growth + n;
    r->all = r->force + p->displacement->n;
    return FEMD_OK;
}

/* r->all from r->rise, at one half of the points; its norm. */
static femd_status warmed_sum(const femd_problem *p, int committed, rooms *r, double *norm, femd_error *err) {
    const femd_points *pt = p->pt;
    const double *dSdT = committed ? pt->dSdT : pt->tdSdT, *dJdT = committed ? pt->dJdT : pt->tdJdT,
                 *dJdp = committed ? pt->dJdp : pt->tdJdp, *slope = committed ? pt->slope : pt->tslope;
    const warmed of = {p, r->growth};
    for (PetscInt k = 0; k < pt->n; ++k) {
        const double warming = dJdT[k] / dJdp[k];
        for (int c = 0; c < 6; ++c) r->S[6 * k + c] = r->rise[k] * (dSdT[6 * k + c] + warming * slope[6 * k + c]);
        r->growth[k] = r->rise[k] * dJdT[k];
    }
    femd_mechanics_internal(p, committed ? pt->F : pt->tF, r->S, r->force);
    femd_field_add_cells(p->pair, warmed_cell_volumes, &of, r->all);
    for (size_t i = 0; i < p->displacement->n; ++i) r->all[PAIR * (i / FEMD_SPACE) + i % FEMD_SPACE] = r->force[i];
    return femd_field_norm(p->pair, r->all, norm, err);
}

femd_status femd_mixed_thermal_forces(femd_problem *p, double *balance, femd_error *err) {
    femd_mechanics *m = p->mech;
    rooms r;
    if (!p->pt->dJdT) return FEMD_OK;
    FEMD_TRY(rooms_make(p, &r, err));
    femd_status rc = femd_agree(p->comm, femd_mechanics_rise(m, r.rise, err), err);
    if (rc == FEMD_OK) rc = warmed_sum(p, 1, &r, &m->thermal, err);
    for (size_t i = 0; rc == FEMD_OK && i < p->pair->n; ++i) balance[i] += r.all[i];
    m->thermal_known = m->thermal > 0 && femd_mechanics_thermal_is_told(p);
    free(r.rise);
    return rc;
}

femd_status femd_mixed_pass_forces(femd_problem *p, double *out, femd_error *err) {
    femd_mechanics *m = p->mech;
    double norm = 0;
    rooms r;
    FEMD_TRY(rooms_make(p, &r, err));
    for (PetscInt k = 0; k < p->pt->n; ++k) r.rise[k] = femd_heat_rise(p->heat, k);
    const femd_status rc = warmed_sum(p, 0, &r, &norm, err);
    for (size_t i = 0; rc == FEMD_OK && i < p->pair->n; ++i) out[i] += r.all[i];
    m->pass_change = norm > 0 ? norm / m->scale.reference : 0;
    free(r.rise);
    return rc;
}
