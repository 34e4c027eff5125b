/* Run under mpiexec: the whole communicator against each rank by itself, and twice the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "near.h"
#include "run_checks.h"

/* Every kind of load; supports that share edges; direct or iterative. */
static void prepare(model *m, const femd_element *element, int direct, MPI_Comm comm) {
    model_init(m, element, 3);
    m->comm = comm;
    m->law.neo_hookean = 1;
    m->cs.mesh.distort = 0.2;
    m->cs.direct = direct;
    m->cs.step_count = 2;
    m->law.wants |= FEMD_WANT_CONDUCTIVITY | FEMD_WANT_STABILITY | FEMD_WANT_THERMAL_STRESS;
    m->cs.wants_committed = FEMD_WANT_CONDUCTIVITY | FEMD_WANT_STABILITY | FEMD_WANT_THERMAL_STRESS;
    m->cs.k_reuse = 1;
    m->cs.k_reuse_strain = 0.02;
    model_hold(m, "left", 0, 0, 0); /* shares an edge along z with the bottom */
    model_hold(m, "bottom", NAN, NAN, 0);
    model_hold(m, "right", 0.1, NAN, NAN);
    model_load(m, "top", FEMD_LOAD_PRESSURE, 0.05, 0, 0);
    model_load(m, "back", FEMD_LOAD_TRACTION, 0, 0.02, 0.03);
    m->cs.has_body_force = 1;
    m->cs.body_force[2] = -0.02;
}

static double *displacement(model *m) {
    femd_error err = FEMD_ERROR_INIT;
    double *u = malloc(3 * (size_t)m->p->grid->nnodes * sizeof *u);
    assert_int_equal(femd_field_get(m->p->displacement, u, &err), FEMD_OK);
    return u;
}

/* What stands for the body: means, the largest errors, the lowest stability. */
static void compare_body(const model *all, const model *self) {
    double a[FEMD_QUANTITIES * (FEMD_NUMBERS_MAX + 1)], b[FEMD_QUANTITIES * (FEMD_NUMBERS_MAX + 1)];
    const size_t n = femd_wanted_numbers(self->cs.wants_committed);
    const size_t last = femd_wanted_offset(self->cs.wants_committed, femd_quantity_at(FEMD_QUANTITY_STABILITY));
    assert_true(n == 15 && last == 14);
    femd_wanted_body(all->p, a);
    femd_wanted_body(self->p, b);
    for (size_t i = 0; i < n; ++i) assert_near(a[i], b[i], 1e-12 * fabs(b[i]));
    assert_near(b[6], test_law_other(femd_quantity_at(FEMD_QUANTITY_THERMAL_STRESS), self->p->pt->n - 1, 5) / 100, 0);
    assert_near(b[last], 1, 0);
}

/* Local nodes and points of the distributed problem against those of the serial one, found by their numbers in the
 * mesh. */
static void compare(model *all, model *self) {
    double *u = displacement(all), *v = displacement(self), most = 0;
    const femd_points *a = all->p->pt, *b = self->p->pt;
    for (PetscInt i = 0; i < self->p->grid->nnodes; ++i)
        for (int c = 0; c < 3; ++c) most = fmax(most, fabs(v[3 * i + c]));
    for (PetscInt i = 0; i < all->p->grid->nnodes; ++i) {
        PetscInt j = 0;
        while (j < self->p->grid->nnodes && self->p->grid->node_file[j] != all->p->grid->node_file[i]) ++j;
        assert_true(j < self->p->grid->nnodes);
        for (int c = 0; c < 3; ++c) {
            assert_near(all->p->grid->node_x[3 * i + c], self->p->grid->node_x[3 * j + c], 0);
            assert_near(u[3 * i + c], v[3 * j + c], 1e-10 * most);
        }
    }
    for (PetscInt i = 0; i < a->n; ++i) {
        PetscInt j = 0;
        while (j < b->n && b->id[j] != a->id[i]) ++j;
        assert_true(j < b->n);
        for (int c = 0; c < 6; ++c) assert_near(a->S[6 * i + c], b->S[6 * j + c], 1e-10);
        assert_near(a->weight[i], b->weight[j], 0);
        for (int c = 0; c < 6; ++c)
            assert_near(a->k_from[i].E[c], b->k_from[j].E[c], 1e-10); /* the same point's conductivity */
    }
    for (size_t k = 0; k < 3 * all->cs.nboundary; ++k) assert_near(all->reaction[k], self->reaction[k], 1e-11);
    for (size_t k = 0; k < 6 * (all->cs.nboundary + 1); ++k) assert_near(all->account[k], self->account[k], 1e-10);
    for (int w = 0; w < FEMD_WORKS; ++w) assert_near(all->last.work[w], self->last.work[w], 1e-12);
    assert_near(all->last.energy, self->last.energy, 1e-12);
    assert_int_equal(all->last.newton, self->last.newton);
    assert_int_equal(all->last.k_sampled, self->last.k_sampled);
    assert_int_equal(all->last.k_reused, self->last.k_reused);
    compare_body(all, self);
    assert_true(all->last.k_sampled > 1 && all->last.k_reused > 1);
    free(u);
    free(v);
}

static void ranks_agree(const femd_element *element, int direct) {
    model all, self;
    prepare(&all, element, direct, PETSC_COMM_WORLD);
    prepare(&self, element, direct, PETSC_COMM_SELF);
    RUN_OK(&all);
    RUN_OK(&self);
    compare(&all, &self);
    model_clear(&all);
    model_clear(&self);
}

static void any_number_of_ranks_finds_the_same_q1(void **state) {
    (void)state;
    ranks_agree(&femd_element_q1, 0);
    ranks_agree(&femd_element_q1, 1);
}
static void any_number_of_ranks_finds_the_same_p1(void **state) {
    (void)state;
    ranks_agree(&femd_element_p1, 0);
    ranks_agree(&femd_element_p1, 1);
}
static void any_number_of_ranks_finds_the_same_p2(void **state) {
    (void)state;
    ranks_agree(&femd_element_p2, 0);
    ranks_agree(&femd_element_p2, 1);
}

/* Large enough for levels that all ranks share: there sums in the order of arrival would show. */
static void multigrid_of_all_ranks_gives_the_same_bits(void **state) {
    (void)state;
    double *first = NULL;
    for (int run = 0; run < 3; ++run) {
        model m;
        model_init(&m, &femd_element_q1, 9);
        m.cs.mesh.distort = 0.2;
        m.cs.direct = 0;
        m.cs.rtol = m.cs.ksp_rtol = 1e-6;
        model_hold(&m, "left", 0, 0, 0);
        model_hold(&m, "right", 0.05, 0.02, 0);
        RUN_OK(&m);
        assert_int_equal(m.last.direct, 0);
        double *u = displacement(&m);
        if (first) assert_memory_equal(first, u, 3 * (size_t)m.p->grid->nnodes * sizeof *u);
        if (first)
            free(u);
        else
            first = u;
        model_clear(&m);
    }
    free(first);
}

static void run_twice(int direct) {
    model first, second;
    prepare(&first, &femd_element_p2, direct, PETSC_COMM_WORLD);
    prepare(&second, &femd_element_p2, direct, PETSC_COMM_WORLD);
    RUN_OK(&first);
    RUN_OK(&second);
    double *u = displacement(&first), *v = displacement(&second);
    assert_int_equal(first.p->grid->nnodes, second.p->grid->nnodes);
    assert_memory_equal(u, v, 3 * (size_t)first.p->grid->nnodes * sizeof *u);
    assert_memory_equal(first.p->pt->S, second.p->pt->S, 6 * (size_t)first.p->pt->n * sizeof(double));
    assert_memory_equal(first.last.residual, second.last.residual, sizeof(double) * (size_t)first.last.nresiduals);
    free(u);
    free(v);
    model_clear(&first);
    model_clear(&second);
}

static void the_same_run_twice_gives_the_same_bits(void **state) {
    (void)state;
    run_twice(0);
    run_twice(1);
}

/* A point that fails or breaks on one rank is everybody's. */
static void trouble_on_one_rank_is_the_same_on_all(void **state) {
    (void)state;
    model m;
    femd_error err = FEMD_ERROR_INIT;
    int rank;
    MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
    prepare(&m, &femd_element_q1, 0, PETSC_COMM_WORLD);
    if (rank == 0) m.law.break_at = 3;
    assert_int_equal(model_run(&m, &err), FEMD_ENGINE_DIED);
    assert_non_null(strstr(err.text, "engine died"));
    model_clear(&m);

    prepare(&m, &femd_element_q1, 0, PETSC_COMM_WORLD);
    if (rank == 0) m.law.fail_beyond = 1e-6;
    m.cs.max_cuts = 1;
    femd_error_clear(&err);
    assert_int_equal(model_run(&m, &err), FEMD_NOT_CONVERGED);
    assert_non_null(strstr(err.text, "outside the domain"));
    model_clear(&m);
}

static void every_node_has_one_owner_and_every_cell_one_rank(void **state) {
    (void)state;
    model m;
    femd_error err = FEMD_ERROR_INIT;
    prepare(&m, &femd_element_p2, 0, PETSC_COMM_WORLD);
    assert_int_equal(model_create(&m, &err), FEMD_OK);
    int nodes[1000] = {0}, cells[162] = {0};
    for (PetscInt i = 0; i < m.p->grid->nnodes; ++i) nodes[m.p->grid->node_file[i]] += m.p->grid->node_owned[i];
    for (PetscInt c = 0; c < m.p->grid->ncells; ++c) cells[m.p->grid->cell_file[c]]++;
    MPI_Allreduce(MPI_IN_PLACE, nodes, 1000, MPI_INT, MPI_SUM, PETSC_COMM_WORLD) == MPI_SUCCESS ? (void)0 : fail();
    MPI_Allreduce(MPI_IN_PLACE, cells, 162, MPI_INT, MPI_SUM, PETSC_COMM_WORLD) == MPI_SUCCESS ? (void)0 : fail();
    for (int c = 0; c < 162; ++c) assert_int_equal(cells[c], 1);
    for (int i = 0; i < 1000; ++i) assert_int_equal(nodes[i], i < 343); /* (2 x 3 + 1)^3 nodes of the Kuhn mesh */
    model_clear(&m);
}

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_number_of_ranks_finds_the_same_q1),
        cmocka_unit_test(any_number_of_ranks_finds_the_same_p1),
        cmocka_unit_test(any_number_of_ranks_finds_the_same_p2),
        cmocka_unit_test(the_same_run_twice_gives_the_same_bits),
        cmocka_unit_test(multigrid_of_all_ranks_gives_the_same_bits),
        cmocka_unit_test(trouble_on_one_rank_is_the_same_on_all),
        cmocka_unit_test(every_node_has_one_owner_and_every_cell_one_rank),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
