/* Gather, evaluate, scatter. Owns the cached batch of answers (the tentative half of the points) and the element loops;
 * never decides about steps or iterations, and never speaks to the micro side but through femd_constitutive. Committing
 * is in mechanics_commit.c. */
#include "fields/mechanics.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "base/petsc_edge.h"
#include "fields/assembly.h"
#include "fields/boundary.h"
#include "fields/constitutive.h"
#include "fields/mechanics_private.h"

femd_status femd_mechanics_create(femd_problem *p, femd_error *err) {
    femd_mechanics *m = p->mech = calloc(1, sizeof *m);
    femd_status rc = m ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the mechanics");
    FEMD_TRY(femd_agree(p->comm, rc, err));
    femd_element_table_make(p->cs->element, &m->table);
    rc = femd_points_place(p, &m->table, &m->gradient, err);
    size_t n = 3 * (size_t)p->nnodes;
    if (rc == FEMD_OK &&
        (!(m->key = calloc(n + 1, sizeof *m->key)) || !(m->unbalanced = calloc(n + 1, sizeof *m->unbalanced)) ||
         !(m->request = calloc((size_t)p->pt->n + 1, sizeof *m->request))))
        rc = femd_fail(err, FEMD_NO_MEMORY, "no memory for %ld points", (long)p->pt->n);
    FEMD_TRY(femd_agree(p->comm, rc, err));
    FEMD_TRY(femd_assembly_create(p, &m->assembly, err));
    PETSC_TRY(err, DMCreateLocalVector(p->dm, &m->local));
    PETSC_TRY(err, DMCreateLocalVector(p->dm, &m->scatter));
    PETSC_TRY(err, DMCreateGlobalVector(p->dm, &m->work));
    double mesh = 0; /* sum over nodes and points of (w |g|)^2 */
    for (PetscInt k = 0; k < p->pt->n; ++k)
        for (int i = 0; i < 3 * m->table.nodes; ++i) {
            double f = p->pt->weight[k] * m->gradient[(size_t)k * m->table.nodes * 3 + i];
            mesh += f * f;
        }
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, &mesh, 1, MPI_DOUBLE, MPI_SUM, p->comm));
    m->mesh_size = sqrt(mesh);
    return FEMD_OK;
}

void femd_mechanics_destroy(femd_problem *p) {
    femd_mechanics *m = p->mech;
    if (!m) return;
    free(m->gradient);
    free(m->key);
    free(m->unbalanced);
    free(m->request);
    femd_assembly_destroy(&m->assembly);
    (void)VecDestroy(&m->local);
    (void)VecDestroy(&m->scatter);
    (void)VecDestroy(&m->work);
    free(m);
    p->mech = NULL;
}

void femd_mechanics_step(femd_problem *p, int step) {
    p->mech->step = step;
    memset(&p->mech->count, 0, sizeof p->mech->count);
}

femd_status femd_mechanics_begin(femd_problem *p, double time, int attempt, femd_error *err) {
    femd_mechanics *m = p->mech;
    m->attempt = attempt;
    m->iteration = 0;
    m->evaluated = 0;
    memset(&m->scale, 0, sizeof m->scale);
    femd_boundary_set_time(p, p->bc, time);
    FEMD_TRY(femd_mechanics_norm(p, p->bc->applied, &m->external, err));
    m->scale.reference = m->external;
    return FEMD_OK;
}

femd_mechanics_scale femd_mechanics_get_scale(const femd_problem *p) {
    return p->mech->scale;
}
void femd_mechanics_set_iteration(femd_problem *p, int iteration) {
    p->mech->iteration = iteration;
}
const femd_mechanics_count *femd_mechanics_get_count(const femd_problem *p) {
    return &p->mech->count;
}

/* ---- vectors ---- */

femd_status femd_mechanics_assemble(femd_problem *p, const double *local, Vec X, femd_error *err) {
    femd_mechanics *m = p->mech;
    PetscScalar *v;
    PETSC_TRY(err, VecGetArrayWrite(m->scatter, &v));
    memcpy(v, local, 3 * (size_t)p->nnodes * sizeof *v);
    PETSC_TRY(err, VecRestoreArrayWrite(m->scatter, &v));
    PETSC_TRY(err, VecZeroEntries(X));
    PETSC_TRY(err, DMLocalToGlobal(p->dm, m->scatter, ADD_VALUES, X));
    return FEMD_OK;
}

femd_status femd_mechanics_norm(femd_problem *p, const double *local, double *norm, femd_error *err) {
    FEMD_TRY(femd_mechanics_assemble(p, local, p->mech->work, err));
    PETSC_TRY(err, VecNorm(p->mech->work, NORM_2, norm));
    return FEMD_OK;
}

/* Local displacement of X with the prescribed components put in; release with VecRestoreArrayRead(m->local). */
static femd_status localise(femd_problem *p, Vec X, femd_error *err) {
    femd_mechanics *m = p->mech;
    PetscScalar *u;
    PETSC_TRY(err, DMGlobalToLocal(p->dm, X, INSERT_VALUES, m->local));
    PETSC_TRY(err, VecGetArray(m->local, &u));
    for (size_t i = 0; i < 3 * (size_t)p->nnodes; ++i)
        if (p->bc->entry[i] >= 0) u[i] = p->bc->prescribed[i];
    PETSC_TRY(err, VecRestoreArray(m->local, &u));
    return FEMD_OK;
}

femd_status femd_mechanics_prescribe(femd_problem *p, Vec X, femd_error *err) {
    FEMD_TRY(localise(p, X, err));
    PETSC_TRY(err, DMLocalToGlobal(p->dm, p->mech->local, INSERT_VALUES, X));
    return FEMD_OK;
}

/* ---- gather ---- */

/* F = I + H and E = (H + H^T + H^T H)/2 of the points of one cell: free of the cancellation in F^T F - I. Returns the
 * points with det F <= 0. */
static int strain_cell(femd_problem *p, PetscInt c, const double *u) {
    const femd_mechanics *m = p->mech;
    const femd_element_table *t = &m->table;
    const PetscInt *node = p->cell_node + c * t->nodes;
    int bad = 0;
    for (int q = 0; q < t->points; ++q) {
        const PetscInt k = c * t->points + q;
        const double *g = m->gradient + (size_t)k * t->nodes * 3;
        double H[9] = {0}, *F = p->pt->tF + 9 * k, *E = p->pt->tE + 6 * k;
        for (int i = 0; i < t->nodes; ++i)
            for (int a = 0; a < 3; ++a)
                for (int b = 0; b < 3; ++b) H[3 * a + b] += u[3 * node[i] + a] * g[3 * i + b];
        memcpy(F, H, sizeof H);
        F[0] += 1;
        F[4] += 1;
        F[8] += 1;
        double G[3][3]; /* 2 E */
        for (int a = 0; a < 3; ++a)
            for (int b = a; b < 3; ++b)
                G[a][b] = H[3 * a + b] + H[3 * b + a] + (H[a] * H[b] + H[3 + a] * H[3 + b] + H[6 + a] * H[6 + b]);
        E[0] = 0.5 * G[0][0];
        E[1] = 0.5 * G[1][1];
        E[2] = 0.5 * G[2][2];
        E[3] = G[1][2];
        E[4] = G[0][2];
        E[5] = G[0][1];
        double J = F[0] * (F[4] * F[8] - F[5] * F[7]) - F[1] * (F[3] * F[8] - F[5] * F[6]) +
                   F[2] * (F[3] * F[7] - F[4] * F[6]);
        int ok = J > 0 && J < DBL_MAX;
        p->pt->tstatus[k] = ok ? FEMD_OK : FEMD_OUT_OF_DOMAIN;
        bad += !ok;
    }
    return bad;
}

void femd_mechanics_request(const femd_problem *p, PetscInt k, uint32_t wants, femd_request *r) {
    const femd_mechanics *m = p->mech;
    memset(r, 0, sizeof *r);
    r->state_in = p->pt->state[k];
    r->seed = femd_seed(p->cs->seed, (uint32_t)m->step, p->pt->id[k]);
    r->point = p->pt->id[k];
    r->step = (uint32_t)m->step;
    r->attempt = (uint32_t)m->attempt;
    r->iteration = (uint32_t)m->iteration;
    r->wants = wants & p->caps[p->pt->material[k]].wants;
    r->control = FEMD_CONTROL_COMPONENTS;
    r->flags = p->cs->reuse ? 0 : FEMD_REQUEST_PRIVATE;
    memcpy(r->value, p->pt->tE + 6 * k, sizeof r->value);
    r->temperature = p->cs->temperature;
    r->pressure = p->cs->pressure;
    r->accuracy = p->cs->accuracy;
}

/* ---- ask ---- */

/* Keeps the first of the worst: an infrastructure or other failure of a point beats a physics status. */
void femd_mechanics_judge(femd_mechanics *m, const femd_response *r) {
    if (r->status == FEMD_OK) return;
    if (femd_status_is_physics(r->status)) {
        if (m->failing++ == 0) m->failing_point = r->point, m->failing_status = r->status;
        return;
    }
    if (m->broken == FEMD_OK) m->broken = (femd_status)r->status, m->broken_point = r->point;
}

static void take_answer(void *user, size_t i, const femd_response *r) {
    femd_problem *p = user;
    femd_points *pt = p->pt;
    pt->tstate[i] = r->state_out;
    memcpy(pt->tS + 6 * i, r->S, sizeof r->S);
    memcpy(pt->tD + 36 * i, r->D, sizeof r->D);
    memcpy(pt->tS_err + 6 * i, r->S_err, sizeof r->S_err);
    pt->tenergy[i] = r->energy;
    pt->thill_mandel[i] = r->hill_mandel;
    pt->tnotes[i] = (int32_t)r->notes;
    pt->tstatus[i] = r->status;
    pt->twall[i] = r->work.wall;
    p->mech->count_force += r->work.force_evaluations;
    p->mech->sampled |= r->sampled != 0;
    femd_mechanics_judge(p->mech, r);
    if (r->status == FEMD_OK && (r->provided & STRESS_AND_TANGENT) != STRESS_AND_TANGENT && p->mech->broken == FEMD_OK)
        p->mech->broken = FEMD_UNSUPPORTED, p->mech->broken_point = r->point;
}

femd_status femd_mechanics_broken(const femd_problem *p, femd_error *err) {
    const femd_mechanics *m = p->mech;
    if (m->broken == FEMD_OK) return FEMD_OK;
    return femd_fail(err, m->broken, "point %llu (cell %llu) of step %d: %s", (unsigned long long)m->broken_point,
                     (unsigned long long)(m->broken_point / (uint64_t)p->pt->per_cell), m->step,
                     femd_status_text(m->broken));
}

/* All ranks learn how many points failed and the words of the first. */
static femd_status agree_on_failures(femd_problem *p, int *failed, femd_error *err) {
    femd_mechanics *m = p->mech;
    struct {
        uint64_t failing, force, evaluated;
    } sum = {(uint64_t)m->failing, m->count_force, m->count_evaluated};
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, &sum, 3, MPI_UINT64_T, MPI_SUM, p->comm));
    m->count.force_evaluations += sum.force;
    m->count.evaluations += sum.evaluated;
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, &m->sampled, 1, MPI_INT, MPI_MAX, p->comm));
    *failed = (int)sum.failing;
    if (*failed == 0) return FEMD_OK;
    m->count.failed_points += *failed;
    if (m->count.first_failure[0]) return FEMD_OK;
    femd_error words = FEMD_ERROR_INIT;
    femd_status rc =
        m->failing == 0
            ? FEMD_OK
            : femd_fail(&words, FEMD_OUT_OF_DOMAIN, "point %llu (cell %llu): %s", (unsigned long long)m->failing_point,
                        (unsigned long long)(m->failing_point / (uint64_t)p->pt->per_cell),
                        m->failing_status == FAILED_JACOBIAN ? "det F is not positive"
                                                             : femd_status_text(m->failing_status));
    rc = femd_agree(p->comm, rc, &words);
    if (rc != FEMD_OK) snprintf(m->count.first_failure, sizeof m->count.first_failure, "%.255s", words.text);
    return FEMD_OK;
}

/* 1 in *fresh on all ranks if any rank's local displacement differs in a bit from the one that was evaluated. */
static femd_status is_fresh(femd_problem *p, const double *u, int *fresh, femd_error *err) {
    femd_mechanics *m = p->mech;
    *fresh = !m->evaluated || memcmp(m->key, u, 3 * (size_t)p->nnodes * sizeof *u) != 0;
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, fresh, 1, MPI_INT, MPI_MAX, p->comm));
    return FEMD_OK;
}

/* Strains of all local points; a point with det F <= 0 anywhere means that no one is asked. */
static femd_status gather(femd_problem *p, const double *u, int *inverted, femd_error *err) {
    femd_mechanics *m = p->mech;
    memcpy(m->key, u, 3 * (size_t)p->nnodes * sizeof *u);
    m->failing = 0;
    m->broken = FEMD_OK;
    m->count_force = m->count_evaluated = 0;
    m->sampled = 0;
    for (PetscInt c = 0; c < p->ncells; ++c) m->failing += strain_cell(p, c, u);
    for (PetscInt k = p->pt->n; m->failing > 0 && k-- > 0;)
        if (p->pt->tstatus[k] != FEMD_OK) m->failing_point = p->pt->id[k], m->failing_status = FAILED_JACOBIAN;
    *inverted = m->failing > 0;
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, inverted, 1, MPI_INT, MPI_MAX, p->comm));
    return FEMD_OK;
}

static femd_status ask(femd_problem *p, femd_error *err) {
    femd_mechanics *m = p->mech;
    for (PetscInt k = 0; k < p->pt->n; ++k)
        femd_mechanics_request(p, k, STRESS_AND_TANGENT | FEMD_WANT_ENERGY, &m->request[k]);
    m->count_evaluated = (uint64_t)p->pt->n;
    femd_status rc = p->law->evaluate(p->law->self, m->request, p->pt->material, (size_t)p->pt->n, take_answer, p, err);
    if (rc == FEMD_OK) rc = femd_mechanics_broken(p, err);
    return femd_agree(p->comm, rc, err);
}

femd_status femd_mechanics_evaluate(femd_problem *p, Vec X, int *failed, femd_error *err) {
    femd_mechanics *m = p->mech;
    const PetscScalar *u;
    int fresh, inverted;
    FEMD_TRY(localise(p, X, err));
    PETSC_TRY(err, VecGetArrayRead(m->local, &u));
    femd_status rc = is_fresh(p, u, &fresh, err);
    if (rc == FEMD_OK && fresh) rc = gather(p, u, &inverted, err);
    PETSC_TRY(err, VecRestoreArrayRead(m->local, &u));
    FEMD_TRY(rc);
    *failed = m->failed;
    if (!fresh) return FEMD_OK;
    m->evaluated = 0;
    if (!inverted) FEMD_TRY(ask(p, err));
    FEMD_TRY(agree_on_failures(p, failed, err));
    m->failed = *failed;
    m->evaluated = 1;
    return FEMD_OK;
}

/* ---- scatter ---- */

/* Internal forces of this rank's cells into out (3 nnodes). */
void femd_mechanics_internal(const femd_problem *p, const double *F, const double *S, double *out) {
    const femd_mechanics *m = p->mech;
    const femd_element_table *t = &m->table;
    memset(out, 0, 3 * (size_t)p->nnodes * sizeof *out);
    for (PetscInt c = 0; c < p->ncells; ++c) {
        double r[3 * FEMD_ELEMENT_NODES] = {0};
        const PetscInt k = c * t->points, *node = p->cell_node + c * t->nodes;
        femd_element_force(t->nodes, t->points, m->gradient + (size_t)k * t->nodes * 3, F + 9 * k, S + 6 * k,
                           p->pt->weight + k, r);
        for (int i = 0; i < t->nodes; ++i)
            for (int a = 0; a < 3; ++a) out[3 * node[i] + a] += r[3 * i + a];
    }
}

/* Standard deviation of the norm of the free nodal forces. */
static femd_status noise(femd_problem *p, double *sigma, femd_error *err) {
    femd_mechanics *m = p->mech;
    const femd_element_table *t = &m->table;
    *sigma = 0;
    if (!m->sampled) return FEMD_OK;
    for (PetscInt c = 0; c < p->ncells; ++c) {
        double v[3 * FEMD_ELEMENT_NODES] = {0};
        const PetscInt k = c * t->points, *node = p->cell_node + c * t->nodes;
        femd_element_noise(t->nodes, t->points, m->gradient + (size_t)k * t->nodes * 3, p->pt->tF + 9 * k,
                           p->pt->tS_err + 6 * k, p->pt->weight + k, v);
        for (int i = 0; i < t->nodes; ++i)
            for (int a = 0; a < 3; ++a)
                if (p->bc->entry[3 * node[i] + a] < 0) *sigma += v[3 * i + a];
    }
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, sigma, 1, MPI_DOUBLE, MPI_SUM, p->comm));
    *sigma = sqrt(*sigma);
    return FEMD_OK;
}

/* Round-off of the nodal forces: strains of order eps make stresses of eps |D|, summed as independent. */
static femd_status rounding(femd_problem *p, double *force, femd_error *err) {
    double most = 0;
    for (size_t i = 0; i < 36 * (size_t)p->pt->n; ++i) most = fmax(most, fabs(p->pt->tD[i]));
    MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, &most, 1, MPI_DOUBLE, MPI_MAX, p->comm));
    *force = 4 * DBL_EPSILON * most * p->mech->mesh_size;
    return FEMD_OK;
}

femd_status femd_mechanics_residual(femd_problem *p, Vec R, femd_error *err) {
    femd_mechanics *m = p->mech;
    double internal;
    size_t n = 3 * (size_t)p->nnodes;
    femd_mechanics_internal(p, p->pt->tF, p->pt->tS, m->unbalanced);
    FEMD_TRY(femd_mechanics_norm(p, m->unbalanced, &internal, err));
    m->scale.reference = fmax(m->scale.reference, internal);
    FEMD_TRY(noise(p, &m->noise, err));
    m->scale.noise = p->cs->noise_stop ? m->noise : 0;
    FEMD_TRY(rounding(p, &m->scale.rounding, err));
    for (size_t i = 0; i < n; ++i) m->unbalanced[i] -= p->bc->applied[i];
    PetscScalar *v;
    PETSC_TRY(err, VecGetArrayWrite(m->scatter, &v));
    for (size_t i = 0; i < n; ++i) v[i] = p->bc->entry[i] >= 0 ? 0 : m->unbalanced[i];
    PETSC_TRY(err, VecRestoreArrayWrite(m->scatter, &v));
    PETSC_TRY(err, VecZeroEntries(R));
    PETSC_TRY(err, DMLocalToGlobal(p->dm, m->scatter, ADD_VALUES, R));
    return FEMD_OK;
}

/* ---- stiffness ---- */

/* Decouple the prescribed components of a cell's stiffness: rows and columns to zero, the diagonal stays (of the right
 * size for any preconditioner). lift: what the columns do to the rows for the displacement jump d, added to lifted;
 * NULL = none. */
static void decouple(const femd_problem *p, const PetscInt *node, int n, double *K, const double *d, double *lifted) {
    int fixed[3 * FEMD_ELEMENT_NODES], any = 0;
    for (int i = 0; i < n; ++i) any |= fixed[i] = p->bc->entry[3 * node[i / 3] + i % 3] >= 0;
    if (!any) return;
    for (int j = 0; j < n; ++j) {
        if (!fixed[j]) continue;
        for (int i = 0; d && i < n; ++i) lifted[3 * node[i / 3] + i % 3] += K[i * n + j] * d[3 * node[j / 3] + j % 3];
        for (int i = 0; i < n; ++i)
            if (i != j) K[i * n + j] = K[j * n + i] = 0;
        K[j * n + j] = fabs(K[j * n + j]);
    }
}

/* Assemble K from F, S, D of all points. */
static femd_status stiffness(femd_problem *p, const double *F, const double *S, const double *D, const double *jump,
                             double *lifted, Mat K, femd_error *err) {
    const femd_mechanics *m = p->mech;
    const femd_element_table *t = &m->table;
    double Ke[9 * FEMD_ELEMENT_NODES * FEMD_ELEMENT_NODES];
    FEMD_TRY(femd_assembly_begin(m->assembly, K, err));
    for (PetscInt c = 0; c < p->ncells; ++c) {
        const PetscInt k = c * t->points, *node = p->cell_node + c * t->nodes;
        t->element->stiffness(m->gradient + (size_t)k * t->nodes * 3, F + 9 * k, S + 6 * k, D + 36 * k,
                              p->pt->weight + k, Ke);
        decouple(p, node, 3 * t->nodes, Ke, jump, lifted);
        FEMD_TRY(femd_assembly_add(m->assembly, K, c, Ke, err));
    }
    return femd_assembly_end(m->assembly, K, err);
}

femd_status femd_mechanics_jacobian(femd_problem *p, Mat K, femd_error *err) {
    return stiffness(p, p->pt->tF, p->pt->tS, p->pt->tD, NULL, NULL, K, err);
}

/* ---- predictor ---- */

/* Before the first step there is no answer: one virgin evaluation per material, on rank 0, stands for all its points.
 */
static void take_virgin(void *user, size_t i, const femd_response *r) {
    ((femd_response *)user)[i] = *r;
}

static femd_status ask_virgin(femd_problem *p, femd_response *answer, femd_error *err) {
    size_t n = p->cs->nmaterials;
    femd_request *request = calloc(n, sizeof *request);
    int *material = calloc(n, sizeof *material);
    femd_status rc =
        request && material ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the first evaluation");
    for (size_t k = 0; rc == FEMD_OK && k < n; ++k) {
        material[k] = (int)k;
        request[k].seed = femd_seed(p->cs->seed, 0, k);
        request[k].point = k;
        request[k].wants = STRESS_AND_TANGENT;
        request[k].temperature = p->cs->temperature;
        request[k].pressure = p->cs->pressure;
        request[k].accuracy = p->cs->accuracy;
    }
    if (rc == FEMD_OK) rc = p->law->evaluate(p->law->self, request, material, n, take_virgin, answer, err);
    for (size_t k = 0; rc == FEMD_OK && k < n; ++k)
        if (answer[k].status != FEMD_OK && !femd_status_is_physics(answer[k].status))
            rc = femd_fail(err, (femd_status)answer[k].status, "material %s, first evaluation: %s",
                           p->cs->material[k].name, femd_status_text(answer[k].status));
    free(request);
    free(material);
    return rc;
}

static femd_status start_from_virgin(femd_problem *p, int *possible, femd_error *err) {
    size_t n = p->cs->nmaterials;
    femd_response *answer = calloc(n, sizeof *answer);
    femd_status rc = answer ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the first evaluation");
    if (rc == FEMD_OK && p->rank == 0) rc = ask_virgin(p, answer, err);
    FEMD_TRY_GOTO(rc, femd_agree(p->comm, rc, err), done);
    if (MPI_Bcast(answer, (int)(n * sizeof *answer), MPI_BYTE, 0, p->comm) != MPI_SUCCESS) {
        rc = femd_fail(err, FEMD_INTERNAL, "MPI_Bcast failed");
        goto done;
    }
    *possible = 1;
    for (size_t k = 0; k < n; ++k) {
        *possible &= answer[k].status == FEMD_OK;
        p->mech->count.evaluations++;
        p->mech->count.force_evaluations += answer[k].work.force_evaluations;
    }
    for (PetscInt k = 0; *possible && k < p->pt->n; ++k) {
        memcpy(p->pt->S + 6 * k, answer[p->pt->material[k]].S, 6 * sizeof(double));
        memcpy(p->pt->D + 36 * k, answer[p->pt->material[k]].D, 36 * sizeof(double));
    }
    p->mech->has_tangent = *possible;
done:
    free(answer);
    return rc;
}

femd_status femd_mechanics_predictor(femd_problem *p, Mat K, Vec rhs, int *possible, femd_error *err) {
    femd_mechanics *m = p->mech;
    size_t n = 3 * (size_t)p->nnodes;
    const PetscScalar *u;
    *possible = 1;
    if (p->step == 0 && !m->has_tangent) FEMD_TRY(start_from_virgin(p, possible, err));
    if (!*possible) return FEMD_OK;
    double *jump = calloc(2 * n + 1, sizeof *jump), *balance = jump + n;
    FEMD_TRY(femd_agree(p->comm, jump ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the predictor"), err));
    femd_status rc = FEMD_OK;
    PETSC_TRY_GOTO(rc, err, DMGlobalToLocal(p->dm, p->u, INSERT_VALUES, m->local), done);
    PETSC_TRY_GOTO(rc, err, VecGetArrayRead(m->local, &u), done);
    for (size_t i = 0; i < n; ++i) jump[i] = p->bc->entry[i] >= 0 ? p->bc->prescribed[i] - u[i] : 0;
    PETSC_TRY_GOTO(rc, err, VecRestoreArrayRead(m->local, &u), done);
    femd_mechanics_internal(p, p->pt->F, p->pt->S, balance);
    FEMD_TRY_GOTO(rc, stiffness(p, p->pt->F, p->pt->S, p->pt->D, jump, balance, K, err), done);
    for (size_t i = 0; i < n; ++i) balance[i] = p->bc->entry[i] >= 0 ? 0 : p->bc->applied[i] - balance[i];
    rc = femd_mechanics_assemble(p, balance, rhs, err);
done:
    free(jump);
    return rc;
}
