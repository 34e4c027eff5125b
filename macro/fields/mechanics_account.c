/* What acts on the body at the end of a step, and the work it has done. Changes no state. */
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "fields/boundary.h"
#include "fields/mechanics_private.h"
#include "fields/ties.h"

enum { ROW = 2 * FEMD_SPACE };

/* Moments of rigid entries about their points. */
static void account_shift(const femd_boundary *bc, double *account) {
    for (size_t e = 0; e < bc->nentries; ++e) {
        double point[FEMD_SPACE], *row = account + ROW * e;
        if (!femd_ties_point(bc->ties, e, point)) continue;
        for (int a = 0; a < FEMD_SPACE; ++a) {
            const int b = (a + 1) % FEMD_SPACE, c = (a + 2) % FEMD_SPACE;
            row[FEMD_SPACE + a] -= point[b] * row[c] - point[c] * row[b];
        }
    }
}

static femd_status account_fill(const femd_problem *p, double *load, double *moment, femd_step_record *rec,
                                femd_error *err) {
    const femd_field *field = p->displacement;
    const femd_boundary *bc = field->boundary;
    FEMD_TRY(femd_boundary_reactions(field, p->mech->unbalanced, femd_mechanics_traction, p, p->mech->key,
                                     rec->reaction, moment, err));
    FEMD_TRY(femd_boundary_loads(field, p->mech->key, load, err));
    memset(rec->account, 0, ROW * (bc->nentries + 1) * sizeof *rec->account);
    memcpy(rec->account, load, ROW * bc->nconditions * sizeof *load);
    for (size_t e = 0; e < bc->nentries; ++e)
        for (int a = 0; a < FEMD_SPACE; ++a) {
            rec->account[ROW * e + (size_t)a] += rec->reaction[FEMD_SPACE * e + (size_t)a];
            rec->account[ROW * e + FEMD_SPACE + (size_t)a] += moment[FEMD_SPACE * e + (size_t)a];
        }
    account_shift(bc, rec->account);
    return FEMD_OK;
}

femd_status femd_mechanics_account(femd_problem *p, femd_step_record *rec, femd_error *err) {
    const femd_boundary *bc = p->displacement->boundary;
    double *load = calloc(ROW * (bc->nconditions + 1), sizeof *load),
           *moment = calloc(FEMD_SPACE * (bc->nentries + 1), sizeof *moment);
    femd_status rc = load && moment ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the reactions");
    rc = femd_agree(p->comm, rc, err);
    if (rc == FEMD_OK) rc = account_fill(p, load, moment, rec, err);
    free(load);
    free(moment);
    return rc;
}

/* ---- work ---- */

static femd_work_by work_of(const femd_boundary *bc, size_t condition) {
    if (condition == bc->nentries) return FEMD_WORK_BODY;
    return bc->condition[condition].kind->follow ? FEMD_WORK_FOLLOWING : FEMD_WORK_SURFACE;
}

/* work += half of what acts now x moved, this rank's part. */
static void work_add_loads(const femd_field *field, const double *moved, double work[FEMD_WORKS]) {
    const femd_boundary *bc = field->boundary;
    for (size_t b = 0; b < bc->nconditions; ++b)
        for (size_t i = 0; bc->force[b] && i < field->n; ++i)
            work[work_of(bc, b)] += 0.5 * femd_boundary_factor(field, b, i) * bc->force[b][i] * moved[i];
}

static void work_add_reactions(const femd_field *field, const double *unbalanced, const double *moved,
                               double work[FEMD_WORKS]) {
    const femd_boundary *bc = field->boundary;
    for (size_t i = 0; i < field->n; ++i)
        if (bc->entry[i] >= 0) work[FEMD_WORK_REACTIONS] += 0.5 * unbalanced[i] * moved[i];
    for (int k = 0; bc->ties && k < femd_ties_count(bc->ties); ++k) {
        const femd_tied_node *node = femd_ties_node(bc->ties, k);
        for (int a = 0; a < FEMD_SPACE && node->local >= 0; ++a) {
            const size_t i = (size_t)(FEMD_SPACE * node->local + a);
            if (bc->entry[i] < 0) work[FEMD_WORK_REACTIONS] += 0.5 * unbalanced[i] * moved[i];
        }
    }
}

/* What acted at the start of the step. Before the first one no load is there yet; a virgin stress is. The boundary is
 * left at its time as it was found. */
static femd_status work_add_start(femd_problem *p, const double *u, const double *moved, double *force,
                                  double work[FEMD_WORKS], femd_error *err) {
    femd_field *field = p->displacement;
    const double time = field->boundary->time;
    femd_mechanics_internal(p, p->pt->F, p->pt->S, force);
    if (p->step > 0) {
        FEMD_TRY(femd_boundary_set_time(field, p->load_time, err));
        FEMD_TRY(femd_boundary_follow(field, u, err));
        for (size_t i = 0; i < field->n; ++i) force[i] -= field->boundary->applied[i];
        work_add_loads(field, moved, work);
    }
    work_add_reactions(field, force, moved, work);
    if (p->step == 0) return FEMD_OK;
    FEMD_TRY(femd_boundary_set_time(field, time, err));
    return femd_boundary_follow(field, p->mech->key, err);
}

/* First Piola-Kirchhoff stress P = F S. */
static void work_piola(const double F[9], const double S[6], double P[9]) {
    static const int voigt[9] = {0, 5, 4, 5, 1, 3, 4, 3, 2};
    for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 3; ++j) {
            P[3 * i + j] = 0;
            for (int l = 0; l < 3; ++l) P[3 * i + j] += F[3 * i + l] * S[voigt[3 * l + j]];
        }
}

/* 1/2 (P0 + P) : (F - F0) of this rank's points; F - F0 from what the nodes moved, so that small steps keep their
 * digits. */
static double work_of_stress(const femd_problem *p, const double *moved) {
    const femd_element_table *table = &p->grid->table;
    const femd_points *pt = p->pt;
    double sum = 0;
    for (PetscInt k = 0; k < pt->n; ++k) {
        const PetscInt *node = p->grid->cell_node + k / table->points * table->nodes;
        const double *g = pt->gradient + (size_t)k * table->nodes * FEMD_SPACE;
        double P[9], P0[9], power = 0;
        work_piola(pt->tF + 9 * k, pt->tS + 6 * k, P);
        work_piola(pt->F + 9 * k, pt->S + 6 * k, P0);
        for (int i = 0; i < table->nodes; ++i)
            for (int c = 0; c < 9; ++c)
                power += 0.5 * (P0[c] + P[c]) * moved[FEMD_SPACE * node[i] + c / 3] * g[FEMD_SPACE * i + c % 3];
        sum += pt->weight[k] * power;
    }
    return sum;
}

femd_status femd_mechanics_work(femd_problem *p, femd_step_record *rec, femd_error *err) {
    femd_field *field = p->displacement;
    double *u = calloc(field->n + 1, sizeof *u), *moved = calloc(field->n + 1, sizeof *moved),
           *force = calloc(field->n + 1, sizeof *force), work[FEMD_WORK_NUMBERS] = {0};
    femd_status rc = u && moved && force ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the work");
    FEMD_TRY_GOTO(rc, femd_agree(p->comm, rc, err), done);
    FEMD_TRY_GOTO(rc, femd_field_get(field, u, err), done);
    for (size_t i = 0; i < field->n; ++i) moved[i] = p->mech->key[i] - u[i];
    work_add_loads(field, moved, work);
    work_add_reactions(field, p->mech->unbalanced, moved, work);
    FEMD_TRY_GOTO(rc, work_add_start(p, u, moved, force, work, err), done);
    work[FEMD_WORK_STRESS] = work_of_stress(p, moved);
    if (MPI_Allreduce(MPI_IN_PLACE, work, FEMD_WORK_NUMBERS, MPI_DOUBLE, MPI_SUM, p->comm) != MPI_SUCCESS)
        rc = femd_fail(err, FEMD_INTERNAL, "MPI_Allreduce failed");
    p->mech->stress_work = work[FEMD_WORK_STRESS];
    for (int w = 0; w < FEMD_WORK_NUMBERS; ++w) rec->work[w] = p->work[w] + work[w];
done:
    free(u);
    free(moved);
    free(force);
    return rc;
}
