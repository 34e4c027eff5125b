/* Sampled answers that were asked coarser than wanted, made better where they stand. When is Newton's affair. */
#include <stdlib.h>

#include "base/collective.h"
#include "base/part.h"
#include "fields/constitutive.h"
#include "fields/mechanics_private.h"

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
        if (!femd_mechanics_can_be_coarse(p, p->pt->material[k])) continue;
        femd_request *r = &p->mech->request[n];
        femd_mechanics_request(p, k, femd_mechanics_wants(p, k), r);
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
