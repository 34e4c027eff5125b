/* The energy that stands for the body: Helmholtz's, relative to the virgin state. Materials that know no temperature
 * answer it as their energy. Of those that know it, some answer it, counted from somewhere: one virgin evaluation of
 * each says from where. Of the others (sampled by dynamics) it is the work of the stresses, which is the same at
 * constant temperature. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "base/petsc_edge.h"
#include "fields/constitutive.h"
#include "fields/given.h"
#include "fields/mechanics_private.h"
#include "fields/mixed.h"
#include "fields/points.h"

/* FEMD_WANT_HELMHOLTZ, FEMD_WANT_ENERGY, or 0: the work. */
static uint32_t energy_want(const femd_problem *p, int material) {
    const femd_capabilities *caps = &p->caps[material];
    if (!(caps->inputs & FEMD_INPUT_TEMPERATURE)) return caps->wants & FEMD_WANT_ENERGY;
    return caps->wants & FEMD_WANT_HELMHOLTZ;
}

uint32_t femd_mechanics_energy_want(const femd_problem *p, PetscInt k) {
    return energy_want(p, p->pt->material[k]);
}

double femd_mechanics_energy(const femd_problem *p, PetscInt k, const femd_response *r) {
    const int material = p->pt->material[k];
    const uint32_t want = energy_want(p, material);
    if (want == FEMD_WANT_HELMHOLTZ) return r->helmholtz - p->mech->virgin[material];
    return want == FEMD_WANT_ENERGY ? r->energy : 0;
}

void femd_mechanics_energy_commit(const femd_problem *p) {
    femd_points *pt = p->pt;
    const double regular = p->mixed ? p->cs->shear_regularisation : 0;
    for (PetscInt k = 0; k < pt->n; ++k) {
        double work = 0, of[6] = {0}, to[6] = {0};
        if (femd_mechanics_energy_want(p, k)) continue;
        if (regular > 0) {
            (void)femd_mixed_regular(regular, pt->E + 6 * k, of);
            (void)femd_mixed_regular(regular, pt->tE + 6 * k, to);
        }
        for (int c = 0; c < 6; ++c)
            work +=
                0.5 * (pt->S[6 * k + c] - of[c] + pt->tS[6 * k + c] - to[c]) * (pt->tE[6 * k + c] - pt->E[6 * k + c]);
        pt->tenergy[k] =
            femd_case_temperature_ramps(p->cs) || femd_case_potentials_ramp(p->cs) ? NAN : pt->energy[k] + work;
    }
}

/* ---- internal energy ---- */

uint32_t femd_mechanics_internal_want(const femd_problem *p, int material) {
    return p->pt->internal ? p->caps[material].wants & FEMD_WANT_ENERGY : 0;
}

/* Laws in closed form tell the energy of a strain, from no strain at the same temperature on. */
static int energy_is_of_strain(const femd_capabilities *caps) {
    return caps->engine == FEMD_ENGINE_ELASTIC || caps->engine == FEMD_ENGINE_NEO_HOOKE ||
           !(caps->inputs & FEMD_INPUT_TEMPERATURE);
}

/* What the heat capacity stores is in the energies of materials that answer it. To others the case may give one, at
 * which it is added; else their energies do not know what heats them. */
double femd_mechanics_internal_energy(const femd_problem *p, PetscInt k, double kelvin, const femd_response *r) {
    const int material = p->pt->material[k];
    const femd_capabilities *caps = &p->caps[material];
    const double given = p->cs->material[material].heat_capacity;
    if (!femd_mechanics_internal_want(p, material)) return NAN;
    if (caps->wants & FEMD_WANT_HEAT_CAPACITY && !energy_is_of_strain(caps)) return r->energy;
    return given > 0 ? r->energy + given * kelvin : NAN;
}

femd_status femd_mechanics_internal_change(femd_mechanics *m, femd_error *err) {
    const femd_points *pt = m->p->pt;
    double change = pt->internal ? femd_mixed_regular_change(m->p) : 0; /* the work of the stress has it too */
    for (PetscInt k = 0; pt->internal && k < pt->n; ++k) change += pt->weight[k] * (pt->tinternal[k] - pt->internal[k]);
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, &change, 1, MPI_DOUBLE, MPI_SUM, m->p->comm));
    m->internal_change = change;
    return FEMD_OK;
}

double femd_mechanics_stress_work(const femd_problem *p) {
    return p->mech->stress_work;
}

double femd_mechanics_energy_change(const femd_problem *p) {
    return p->mech->internal_change;
}

/* ---- from where energies are counted ---- */

static void energy_take_virgin(void *user, size_t i, const femd_response *r) {
    ((femd_response *)user)[i] = *r;
}

/* Rank 0: of each material that counts from somewhere, at no strain and the temperature of the start. */
static femd_status energy_ask_virgin(femd_problem *p, double kelvin, const double x[FEMD_SPACE], double *virgin,
                                     size_t *asked, uint64_t *forces, femd_error *err) {
    const size_t n = p->cs->nmaterials;
    femd_request *request = calloc(n, sizeof *request);
    femd_response *answer = calloc(n, sizeof *answer);
    int *material = calloc(n, sizeof *material);
    femd_status rc = request && answer && material ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for energies");
    for (size_t k = 0; rc == FEMD_OK && k < n; ++k) {
        if (p->cs->material[k].like != k || energy_want(p, (int)k) != FEMD_WANT_HELMHOLTZ) continue;
        material[*asked] = (int)k;
        request[(*asked)++] = (femd_request){.seed = femd_seed(p->cs->seed, 0, k),
                                             .point = k,
                                             .wants = STRESS_AND_TANGENT | FEMD_WANT_HELMHOLTZ,
                                             .temperature = kelvin,
                                             .accuracy = p->cs->accuracy};
        rc = femd_case_prescribe(p->cs, k, x, 0, &request[*asked - 1], err);
    }
    if (rc == FEMD_OK && *asked > 0)
        rc = p->law->evaluate(p->law->self, request, material, *asked, energy_take_virgin, answer, err);
    for (size_t i = 0; rc == FEMD_OK && i < *asked; ++i) {
        if (answer[i].status != FEMD_OK) {
            rc = femd_fail(err, (femd_status)answer[i].status,
                           "material %s at no strain and %g K, from where energies are counted: %s",
                           p->cs->material[material[i]].name, kelvin, femd_status_text(answer[i].status));
            femd_constitutive_add_words(p->law, request[i].point, err);
        }
        virgin[material[i]] = answer[i].helmholtz;
        *forces += answer[i].work.force_evaluations;
    }
    for (size_t k = 0; k < n; ++k) virgin[k] = virgin[p->cs->material[k].like]; /* grains of one material */
    free(request);
    free(answer);
    free(material);
    return rc;
}

/* Of a file: at point 0, the same on all ranks. */
static femd_status energy_given_temperature(const femd_problem *p, double *kelvin, femd_error *err) {
    *kelvin = -INFINITY;
    for (PetscInt k = 0; k < p->pt->n; ++k)
        if (p->pt->id[k] == 0) FEMD_TRY(femd_given_at_point(p, k, 0, kelvin, err));
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, kelvin, 1, MPI_DOUBLE, MPI_MAX, p->comm));
    return FEMD_OK;
}

/* Of the start: at the origin; where an expression has no value there, at point 0. Known to rank 0. Collective. */
static femd_status energy_first_temperature(const femd_problem *p, const double x[FEMD_SPACE], double *kelvin,
                                            femd_error *err) {
    femd_error words = FEMD_ERROR_INIT;
    if (femd_given_has_temperature(p)) return energy_given_temperature(p, kelvin, err);
    if (p->rank != 0) return FEMD_OK;
    if (femd_case_temperature(p->cs, (const double[FEMD_SPACE]){0}, 0, kelvin, &words) == FEMD_OK) return FEMD_OK;
    return femd_case_temperature(p->cs, x, 0, kelvin, err);
}

femd_status femd_mechanics_energy_begin(femd_problem *p, femd_error *err) {
    femd_mechanics *m = p->mech;
    const size_t n = p->cs->nmaterials;
    int any = 0;
    double kelvin = 0, x[FEMD_SPACE];
    size_t asked = 0;
    uint64_t forces = 0;
    if (m->virgin) return FEMD_OK;
    double *virgin = calloc(n + 1, sizeof *virgin);
    femd_status rc = virgin ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for energies");
    FEMD_TRY(femd_agree(p->comm, rc, err));
    for (size_t k = 0; k < n; ++k) any |= energy_want(p, (int)k) == FEMD_WANT_HELMHOLTZ;
    if (any) FEMD_TRY_GOTO(rc, femd_points_first_place(p->comm, p->pt, x, err), done);
    if (any) rc = energy_first_temperature(p, x, &kelvin, err);
    if (any && p->rank == 0 && rc == FEMD_OK) rc = energy_ask_virgin(p, kelvin, x, virgin, &asked, &forces, err);
done:
    rc = femd_agree(p->comm, rc, err);
    m->virgin = virgin;
    FEMD_TRY(rc);
    uint64_t count[2] = {asked, forces};
    MPI_TRY(err, MPI_Bcast(virgin, (int)n, MPI_DOUBLE, 0, p->comm));
    MPI_TRY(err, MPI_Bcast(count, 2, MPI_UINT64_T, 0, p->comm));
    if (p->step > 0) return FEMD_OK; /* a run that goes on has counted them */
    m->count.evaluations += count[0];
    m->count.force_evaluations += count[1];
    return FEMD_OK;
}
