/* Sampled answers that are first asked coarser than wanted, and made better where they stand. Owns who can be asked so
 * and what is asked of them; when is Newton's affair. */
#include <math.h>
#include <stdlib.h>

#include "base/collective.h"
#include "base/part.h"
#include "fields/constitutive.h"
#include "fields/mechanics_private.h"

/* The tangent is known as well as the stress, relative to itself: known worse than this it would cost iterations. */
#define COARSEST 0.05

/* Of a material: the error asked decides how long it samples, and its answers' errors are noise. */
static int sharpen_can(const femd_problem *p, int material) {
    const uint32_t inputs = p->caps[material].inputs, needed = FEMD_INPUT_ACCURACY | FEMD_INPUT_SEED;
    return (inputs & needed) == needed && !(inputs & FEMD_INPUT_STEADY_STRESS);
}

double femd_mechanics_coarse(femd_field *field, double multiple) {
    femd_mechanics *m = field->self;
    const femd_problem *p = m->p;
    int any = 0;
    for (size_t k = 0; k < p->cs->nmaterials; ++k) any |= sharpen_can(p, (int)k);
    m->coarse = 1;
    if (any && p->cs->noise_stop && p->cs->accuracy > 0)
        m->coarse = fmax(1, fmin(multiple, COARSEST / p->cs->accuracy));
    return m->coarse;
}

double femd_mechanics_accuracy(const femd_problem *p, PetscInt k) {
    return p->cs->accuracy * (sharpen_can(p, p->pt->material[k]) ? p->mech->coarse : 1);
}

typedef struct sharper {
    femd_problem *p;
    PetscInt *point; /* of request i */
    int *material;
} sharper;

static void sharpen_take(void *user, size_t i, const femd_response *r) {
    const sharper *s = user;
    const PetscInt k = s->point[i];
    const double spent = s->p->pt->twall[k];
    femd_mechanics_take(s->p, k, r);
    s->p->pt->twall[k] += spent;
}

/* The points of coarse answers, from the states these have left. */
static size_t sharpen_requests(const sharper *s) {
    const femd_problem *p = s->p;
    size_t n = 0;
    for (PetscInt k = 0; k < p->pt->n; ++k) {
        if (!sharpen_can(p, p->pt->material[k])) continue;
        femd_request *r = &p->mech->request[n];
        femd_mechanics_request(
            p, k, STRESS_AND_TANGENT | femd_mechanics_energy_want(p, k) | femd_mechanics_thermal_want(p, k), r);
        r->state_in = p->pt->tstate[k];
        s->material[n] = p->pt->material[k];
        s->point[n++] = k;
    }
    return n;
}

femd_status femd_mechanics_sharpen(femd_problem *p, int *failed, femd_error *err) {
    femd_mechanics *m = p->mech;
    const size_t room = (size_t)p->pt->n + 1;
    sharper s = {p, malloc(room * sizeof *s.point), malloc(room * sizeof *s.material)};
    femd_status rc = s.point && s.material ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for better answers");
    FEMD_TRY_GOTO(rc, femd_agree(p->comm, rc, err), done);
    const size_t n = sharpen_requests(&s);
    femd_mechanics_count_anew(m);
    m->count_evaluated = n;
    m->evaluated = 0;
    m->asked = m->coarse;
    rc = p->law->evaluate(p->law->self, m->request, s.material, n, sharpen_take, &s, err);
    if (rc == FEMD_OK) rc = femd_mechanics_broken(p, err);
    FEMD_TRY_GOTO(rc, femd_agree(p->comm, rc, err), done);
    FEMD_TRY_GOTO(rc, femd_mechanics_agree(p, failed, err), done);
    m->failed = *failed;
    m->evaluated = 1;
done:
    free(s.point);
    free(s.material);
    return rc;
}
