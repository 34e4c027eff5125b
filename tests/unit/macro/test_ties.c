/* Nodes that follow others: supports along turned axes, rigid surfaces, periodic faces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fields/mechanics.h"
#include "model.h"
#include "near.h"
#include "run_checks.h"

#define OK(expr)                                                                                                       \
    do {                                                                                                               \
        femd_error err_ = FEMD_ERROR_INIT;                                                                             \
        femd_error *err = &err_;                                                                                       \
        if ((expr) != FEMD_OK) fail_msg("%s", err_.text);                                                              \
    } while (0)

/* ---- entries ---- */

static femd_case_boundary *hold_turned(model *m, const char *on, const double Q[9], double a, double b, double c) {
    femd_case_boundary *e = model_hold(m, on, a, b, c);
    e->kind = FEMD_LOAD_TURNED;
    memcpy(e->axes, Q, sizeof e->axes);
    return e;
}

/* Free but for what the caller adds. */
static femd_case_boundary *make_rigid(model *m, const char *on) {
    femd_case_boundary *e = model_hold(m, on, NAN, NAN, NAN);
    e->kind = FEMD_LOAD_RIGID;
    return e;
}

static void rigid_moves(femd_case_boundary *e, const double *u, const double *rotation) {
    for (int a = 0; a < 3; ++a) {
        if (u) e->has[a] = 1, e->value[a] = u[a];
        if (rotation) e->has_rotation[a] = 1, e->rotation[a] = rotation[a];
    }
}

static femd_case_boundary *make_periodic(model *m, const char *on, const char *with, const double G[9]) {
    femd_case_boundary *e = model_hold(m, on, NAN, NAN, NAN);
    e->kind = FEMD_LOAD_PERIODIC;
    snprintf(e->partner, sizeof e->partner, "%s", with);
    for (int k = 0; k < 9; ++k) {
        e->loose[k] = isnan(G[k]);
        e->gradient[k] = e->loose[k] ? 0 : G[k];
    }
    return e;
}

static femd_case_boundary *hold_point(model *m, double x, double y, double z) {
    femd_case_boundary *e = model_hold(m, "at", 0, 0, 0);
    e->npositions = 1;
    e->position[0][0] = x, e->position[0][1] = y, e->position[0][2] = z;
    return e;
}

static double *displacements(const model *m) {
    double *u = malloc((m->p->displacement->n + 1) * sizeof *u);
    assert_non_null(u);
    OK(femd_field_get(m->p->displacement, u, err));
    return u;
}

/* A rotation by 30 degrees about z, and then some about x; rows are axes. */
static const double turned_axes[9] = {0.86602540378443860,  0.5, 0, -0.4, 0.69282032302755090, 0.6, 0.3,
                                      -0.51961524227066320, 0.8};

/* ---- turned axes ---- */

/* All sides held along turned axes by u = G x, by expressions: the patch test. */
static void the_patch_test_is_passed_along_turned_axes(void **state) {
    (void)state;
    static const char *const side[6] = {"left", "right", "front", "back", "bottom", "top"};
    const double G[9] = {0.05, 0.02, -0.01, 0.03, -0.04, 0.02, 0.0, 0.01, 0.03};
    for (size_t e = 0; femd_element_at(e); ++e) {
        model m;
        model_init(&m, femd_element_at(e), 2);
        m.cs.mesh.distort = 0.2;
        m.cs.step_count = 2;
        for (int s = 0; s < 6; ++s) {
            femd_case_boundary *b = hold_turned(&m, side[s], turned_axes, 0, 0, 0);
            for (int k = 0; k < 3; ++k) {
                char text[200];
                double g[3] = {0};
                for (int a = 0; a < 3; ++a)
                    for (int c = 0; c < 3; ++c) g[c] += turned_axes[3 * k + a] * G[3 * a + c];
                snprintf(text, sizeof text, "t*(%.17g*x+%.17g*y+%.17g*z)", g[0], g[1], g[2]);
                model_expression(b, k, text);
            }
        }
        RUN_OK(&m);
        double F[9], E[6], sum[3] = {0};
        femd_error err = FEMD_ERROR_INIT;
        for (int a = 0; a < 9; ++a) F[a] = G[a] + (a % 4 == 0);
        assert_int_equal(femd_strain_from_F(F, E, &err), FEMD_OK);
        for (PetscInt k = 0; k < m.p->pt->n; ++k)
            for (int c = 0; c < 6; ++c) assert_near(m.p->pt->E[6 * k + c], E[c], 1e-11);
        for (int i = 0; i < 18; ++i) sum[i % 3] += m.reaction[i];
        for (int a = 0; a < 3; ++a) assert_near(sum[a], 0, 1e-11);
        model_clear(&m);
    }
}

/* A block on an inclined plane of rollers, pressed onto it: the whole reaction is along the normal. */
static void a_turned_roller_carries_its_normal_alone(void **state) {
    (void)state;
    model m;
    model_init(&m, &femd_element_p2, 2);
    hold_turned(&m, "bottom", turned_axes, NAN, NAN, 0);
    femd_case_boundary *b = hold_point(&m, 0, 0, 0);
    b->kind = FEMD_LOAD_TURNED, memcpy(b->axes, turned_axes, sizeof b->axes);
    b = hold_point(&m, 1, 0, 0);
    b->kind = FEMD_LOAD_TURNED, memcpy(b->axes, turned_axes, sizeof b->axes);
    b->has[0] = 0;
    const double *n = turned_axes + 6, f = 0.02;
    model_load(&m, "top", FEMD_LOAD_TRACTION, -f * n[0], -f * n[1], -f * n[2]);
    RUN_OK(&m);
    double along[3] = {0};
    for (int k = 0; k < 3; ++k)
        for (int e = 0; e < 3; ++e)
            for (int a = 0; a < 3; ++a) along[k] += turned_axes[3 * k + a] * m.reaction[3 * e + a];
    assert_near(along[0], 0, 1e-11);
    assert_near(along[1], 0, 1e-11);
    assert_near(along[2], f, 1e-11);
    double *u = displacements(&m);
    for (PetscInt i = 0; i < m.p->grid->nnodes; ++i)
        if (m.p->grid->node_x[3 * i + 2] == 0)
            assert_near(n[0] * u[3 * i] + n[1] * u[3 * i + 1] + n[2] * u[3 * i + 2], 0, 1e-13);
    free(u);
    model_clear(&m);
}

/* The predictor knows how tied entries jump: a small step is right at once. */
static void the_predictor_moves_tied_entries(void **state) {
    (void)state;
    const double G[9] = {1e-7, 0, 0, 0, NAN, 0, 0, 0, NAN}, small[3] = {2e-7, 1e-7, -1e-7};
    for (int kind = 0; kind < 3; ++kind) {
        model m;
        model_init(&m, &femd_element_q1, 2);
        m.cs.rtol = 1e-5;
        if (kind < 2) model_hold(&m, "left", 0, 0, 0);
        if (kind == 0) hold_turned(&m, "right", turned_axes, 1e-7, NAN, 2e-7);
        if (kind == 1) rigid_moves(make_rigid(&m, "right"), small, small);
        if (kind == 2) {
            make_periodic(&m, "right", "left", G);
            make_periodic(&m, "back", "front", G);
            make_periodic(&m, "top", "bottom", G);
            hold_point(&m, 0, 0, 0);
        }
        RUN_OK(&m);
        assert_int_equal(m.last.newton, 0);
        assert_true(m.last.energy > 1e-16);
        model_clear(&m);
    }
}

static void a_turned_support_that_contradicts_another_is_refused(void **state) {
    (void)state;
    model m;
    model_init(&m, &femd_element_q1, 1);
    model_hold(&m, "left", 0, 0, 0);
    hold_turned(&m, "bottom", turned_axes, NAN, NAN, 0.1);
    RUN_REFUSED(&m, "boundary[1] (\"bottom\") contradicts what other entries prescribe at the node at (0, ");
    model_clear(&m);
}

/* ---- rigid surfaces ---- */

static void turn(const double v[3], double R[9]) {
    const double angle = sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
    const double n[3] = {v[0] / angle, v[1] / angle, v[2] / angle};
    const double cross[9] = {0, -n[2], n[1], n[2], 0, -n[0], -n[1], n[0], 0};
    for (int i = 0; i < 9; ++i)
        R[i] = (i % 4 == 0) * cos(angle) + sin(angle) * cross[i] + (1 - cos(angle)) * n[i / 3] * n[i % 3];
}

/* A prescribed motion of a rigid surface is the same as the displacement of each node by expression. */
static void a_prescribed_rigid_motion_is_that_of_its_nodes(void **state) {
    (void)state;
    const double u[3] = {0.1, -0.05, 0.02}, v[3] = {0.5, 0.2, -0.3};
    double R[9], energy[2], reaction[2][6];
    turn(v, R);
    for (int by_node = 0; by_node < 2; ++by_node) {
        model m;
        model_init(&m, &femd_element_p2, 2);
        m.law.neo_hookean = 1;
        model_hold(&m, "left", 0, 0, 0);
        if (!by_node) {
            femd_case_boundary *rigid = make_rigid(&m, "right");
            rigid_moves(rigid, u, v);
            rigid->has_about = 1;
            rigid->about[0] = 0.9, rigid->about[1] = 0.3, rigid->about[2] = 0.5;
        } else {
            femd_case_boundary *b = model_hold(&m, "right", 0, 0, 0);
            for (int a = 0; a < 3; ++a) {
                char text[300];
                snprintf(text, sizeof text, "%.17g+%.17g*(x-0.9)+%.17g*(y-0.3)+%.17g*(z-0.5)", u[a],
                         R[3 * a] - (a == 0), R[3 * a + 1] - (a == 1), R[3 * a + 2] - (a == 2));
                model_expression(b, a, text);
            }
        }
        RUN_OK(&m);
        assert_int_equal(m.last.cuts, 0);
        energy[by_node] = m.last.energy;
        memcpy(reaction[by_node], m.reaction, sizeof reaction[0]);
        model_clear(&m);
    }
    assert_near(energy[0], energy[1], 1e-10);
    for (int i = 0; i < 6; ++i) assert_near(reaction[0][i], reaction[1][i], 1e-9);
}

/* The nodes of the surface keep their distances; the motion is large. */
static void check_rigid(const model *m, double *angle) {
    double *u = displacements(m), x[2][3], y[2][3], worst = 0;
    PetscInt n = 0, node[512];
    for (PetscInt i = 0; i < m->p->grid->nnodes && n < 512; ++i)
        if (m->p->grid->node_x[3 * i] == m->cs.mesh.size[0]) node[n++] = i;
    for (PetscInt i = 1; i < n; ++i) {
        double before = 0, now = 0;
        for (int k = 0; k < 2; ++k)
            for (int a = 0; a < 3; ++a) {
                x[k][a] = m->p->grid->node_x[3 * node[k * i] + a];
                y[k][a] = x[k][a] + u[3 * node[k * i] + a];
            }
        for (int a = 0; a < 3; ++a) {
            before += (x[1][a] - x[0][a]) * (x[1][a] - x[0][a]);
            now += (y[1][a] - y[0][a]) * (y[1][a] - y[0][a]);
        }
        worst = fmax(worst, fabs(sqrt(now) - sqrt(before)));
        if (x[1][1] == x[0][1] && x[1][2] != x[0][2])
            *angle = acos(fmin(1, fabs(y[1][2] - y[0][2]) / fabs(x[1][2] - x[0][2])));
    }
    free(u);
    assert_true(n > 3);
    assert_near(worst, 0, 1e-12);
}

/* A cantilever under an end force through a rigid cap: it bends, the cap turns freely, in few iterations, and all of
 * the load is carried by the clamp. */
static void a_free_rigid_cap_turns_and_carries_the_load(void **state) {
    (void)state;
    const int cells[3] = {8, 1, 1};
    const double size[3] = {8, 1, 1};
    for (size_t e = 0; femd_element_at(e); ++e) {
        model m;
        double angle = 0;
        model_bend(&m, femd_element_at(e), size, cells, 0, 2);
        m.cs.rtol = 1e-9;
        const double load = m.boundary[1].value[2];
        make_rigid(&m, "right");
        m.cs.stability = 1;
        RUN_OK(&m);
        assert_int_equal(m.last.unstable, 0); /* of the equations that are left */
        assert_int_equal(m.last.cuts, 0);
        assert_true(m.last.newton <= 16);
        check_rigid(&m, &angle);
        assert_true(angle > 0.1);
        assert_near(m.reaction[2], -load, 1e-6 * load);
        for (int a = 0; a < 3; ++a) assert_near(m.reaction[6 + a], 0, 1e-5 * load);
        model_clear(&m);
    }
}

/* A hinge: the cap turns about y alone, though the load would twist it as well. */
static void a_hinge_turns_about_its_axis_alone(void **state) {
    (void)state;
    model m;
    double angle = 0;
    model_init(&m, &femd_element_p2, 2);
    m.law.neo_hookean = 1;
    model_hold(&m, "left", 0, 0, 0);
    femd_case_boundary *rigid = make_rigid(&m, "right");
    rigid->has_rotation[0] = rigid->has_rotation[2] = 1;
    femd_case_boundary *pull = model_load(&m, "right", FEMD_LOAD_TRACTION, 0, 0, 0);
    model_expression(pull, 0, "0.4*(z-0.5)");
    model_expression(pull, 1, "0.4*(x+z)");
    RUN_OK(&m);
    check_rigid(&m, &angle);
    double *u = displacements(&m), uy = NAN;
    for (PetscInt i = 0; i < m.p->grid->nnodes; ++i) { /* no point of the cap moves along y by more than another */
        if (m.p->grid->node_x[3 * i] != 1) continue;
        if (!isnan(uy)) assert_near(u[3 * i + 1], uy, 1e-13);
        uy = u[3 * i + 1];
    }
    free(u);
    assert_true(angle > 0.005);
    assert_true(uy > 0.1);
    model_clear(&m);
}

/* The reduced residual's derivative, by differences along random unknowns, is what the reduced equations solve with:
 * K x = R there gives back the step that made R. */
static void the_tangent_of_a_rigid_surface_is_consistent(void **state) {
    (void)state;
    const int cells[3] = {6, 1, 1};
    const double size[3] = {6, 1, 1};
    double rate[2];
    model m;
    model_bend(&m, &femd_element_p2, size, cells, 0, 3);
    m.cs.rtol = 1e-11;
    m.cs.predictor = 0;
    make_rigid(&m, "right");
    RUN_OK(&m);
    const int n = m.last.nresiduals; /* quadratic: the last but one fall squares the one before, until round-off */
    assert_true(n >= 4);
    rate[0] = m.last.residual[n - 2] / m.last.residual[n - 3];
    rate[1] = m.last.residual[n - 3] / m.last.residual[n - 4];
    print_message("residuals fall by %.1e, then %.1e\n", rate[1], rate[0]);
    assert_true(rate[0] < 0.1 * rate[1]);
    model_clear(&m);
}

static void rigid_surfaces_that_do_not_fit_are_refused(void **state) {
    (void)state;
    model m;
    model_init(&m, &femd_element_q1, 1);
    model_hold(&m, "left", 0, 0, 0);
    make_rigid(&m, "top");
    RUN_REFUSED(&m, "is also held or tied by another entry");
    model_clear(&m);
    model_init(&m, &femd_element_q1, 1);
    model_hold(&m, "left", 0, 0, 0);
    femd_case_boundary *b = make_rigid(&m, "edge");
    b->nsurfaces = 2, strcpy(b->surface[0], "right"), strcpy(b->surface[1], "top");
    RUN_REFUSED(&m, "needs three nodes that are not on one line");
    model_clear(&m);
    model_init(&m, &femd_element_q1, 1);
    rigid_moves(make_rigid(&m, "right"), (const double[]){0.1, 0, 0}, NULL);
    RUN_REFUSED(&m, "leave the body free to move in 3 of its 6 rigid ways");
    model_clear(&m);
}

/* A surface that is moved about a point as far away as a gentle bend's centre holds the body as any other does. */
static void a_surface_is_held_about_a_far_point(void **state) {
    (void)state;
    const double none[3] = {0, 0, 0};
    for (double far = 1; far < 3e4; far *= 30)
        for (int loose = 0; loose < 2; ++loose) {
            model m;
            model_init(&m, &femd_element_q1, 1);
            model_load(&m, "left", FEMD_LOAD_TRACTION, 1e-3, 0, 0);
            femd_case_boundary *b = make_rigid(&m, "right");
            rigid_moves(b, none, none);
            b->has_about = 1;
            b->about[0] = 0.3, b->about[1] = far, b->about[2] = 0.2;
            b->has[2] = !loose;
            if (loose)
                RUN_REFUSED(&m, "in 1 of its 6 rigid ways; nothing holds it against translation along z");
            else
                RUN_OK(&m);
            model_clear(&m);
        }
}

/* ---- periodic faces ---- */

static void make_cell(model *m, const double G[9]) {
    make_periodic(m, "right", "left", G);
    make_periodic(m, "back", "front", G);
    make_periodic(m, "top", "bottom", G);
    hold_point(m, 0, 0, 0);
}

/* A uniform body: the prescribed mean gradient everywhere, and forces P N on the faces. */
static void a_uniform_periodic_body_has_the_mean_gradient(void **state) {
    (void)state;
    const double G[9] = {0.05, 0.02, -0.01, 0.03, -0.04, 0.02, 0.0, 0.01, 0.03};
    for (size_t e = 0; femd_element_at(e); ++e) {
        model m;
        model_init(&m, femd_element_at(e), 2);
        m.cs.mesh.distort = 0.2;
        m.cs.step_count = 2;
        make_cell(&m, G);
        RUN_OK(&m);
        double F[9], E[6];
        femd_error err = FEMD_ERROR_INIT;
        for (int a = 0; a < 9; ++a) F[a] = G[a] + (a % 4 == 0);
        assert_int_equal(femd_strain_from_F(F, E, &err), FEMD_OK);
        for (PetscInt k = 0; k < m.p->pt->n; ++k)
            for (int c = 0; c < 6; ++c) assert_near(m.p->pt->E[6 * k + c], E[c], 1e-11);
        static const int voigt[9] = {0, 5, 4, 5, 1, 3, 4, 3, 2};
        for (int face = 0; face < 3; ++face)
            for (int a = 0; a < 3; ++a) {
                double P = 0;
                for (int b = 0; b < 3; ++b) P += F[3 * a + b] * m.p->pt->S[voigt[3 * b + face]];
                assert_near(m.reaction[3 * face + a], P, 1e-10);
            }
        model_clear(&m);
    }
}

/* Free components have no mean stress: uniaxial tension. */
static void free_components_of_the_gradient_carry_no_stress(void **state) {
    (void)state;
    const double G[9] = {0.1, 0, 0, 0, NAN, 0, 0, 0, NAN};
    for (size_t e = 0; femd_element_at(e); ++e) {
        model m;
        model_init(&m, femd_element_at(e), 2);
        make_cell(&m, G);
        RUN_OK(&m);
        const double Exx = 0.1 + 0.005, nu = 2.0 / (2 * (2 + 1));
        for (PetscInt k = 0; k < m.p->pt->n; ++k) {
            assert_near(m.p->pt->E[6 * k], Exx, 1e-11);
            for (int c = 1; c < 3; ++c) {
                assert_near(m.p->pt->E[6 * k + c], -nu * Exx, 1e-10);
                assert_near(m.p->pt->S[6 * k + c], 0, 1e-10);
            }
        }
        model_clear(&m);
    }
}

/* Fluctuations of a body whose temperature varies with its period: equal on opposite faces; two periods hold twice the
 * energy. */
static void fluctuations_are_periodic(void **state) {
    (void)state;
    const double G[9] = {0.02, 0.01, 0, 0, 0, 0, 0, 0, -0.01};
    double energy[2];
    for (int periods = 1; periods <= 2; ++periods) {
        model m;
        model_init(&m, &femd_element_q1, 4);
        m.law.alpha = 1e-4;
        m.cs.mesh.size[0] = periods, m.cs.mesh.cells[0] = 4 * periods;
        m.cs.temperature_function = model_function("300+200*sin(2*pi*x)*cos(2*pi*y)");
        make_cell(&m, G);
        RUN_OK(&m);
        energy[periods - 1] = m.last.energy;
        double *u = displacements(&m), moved = 0;
        for (PetscInt i = 0; i < m.p->grid->nnodes; ++i)
            for (PetscInt j = 0; j < m.p->grid->nnodes; ++j) {
                const double *x = m.p->grid->node_x + 3 * i, *y = m.p->grid->node_x + 3 * j;
                if (x[0] != periods || y[0] != 0 || x[1] != y[1] || x[2] != y[2]) continue;
                for (int a = 0; a < 3; ++a) assert_near(u[3 * i + a] - u[3 * j + a], G[3 * a] * periods, 1e-13);
                moved = fmax(moved, fabs(u[3 * j + 1] - G[1] * x[1]));
            }
        assert_true(moved > 1e-4);
        free(u);
        model_clear(&m);
    }
    assert_near(energy[1], 2 * energy[0], 1e-9 * energy[0]);
}

static void periodic_faces_that_do_not_fit_are_refused(void **state) {
    (void)state;
    const double G[9] = {0}, free_shear[9] = {0, NAN, NAN, NAN, 0, NAN, NAN, NAN, 0};
    model m;
    model_init(&m, &femd_element_q1, 2);
    m.cs.mesh.cells[2] = 3;
    make_periodic(&m, "right", "top", G);
    hold_point(&m, 0, 0, 0);
    RUN_REFUSED(&m, "periodic faces need the same mesh");
    model_clear(&m);
    model_init(&m, &femd_element_q1, 2);
    make_periodic(&m, "right", "top", G);
    hold_point(&m, 0, 0, 0);
    RUN_REFUSED(&m, "has no partner on \"top\"");
    model_clear(&m);
    model_init(&m, &femd_element_q1, 2);
    make_cell(&m, free_shear); /* nothing keeps it from turning */
    RUN_REFUSED(&m, "leave the body free to move in 3 of its 6 rigid ways");
    model_clear(&m);
    model_init(&m, &femd_element_q1, 2);
    make_cell(&m, G);
    hold_point(&m, 1, 1, 1)->value[0] = 0.1; /* follows the first point */
    RUN_REFUSED(&m, "contradicts what other entries prescribe");
    model_clear(&m);
}

/* Two cubes that share no node, side by side with a gap. */
static const char two_cubes[] =
    "$MeshFormat\n2.2 0 8\n$EndMeshFormat\n$PhysicalNames\n6\n2 1 \"end\"\n2 2 \"near\"\n2 3 \"far\"\n"
    "2 4 \"wall\"\n2 5 \"gap\"\n3 1 \"body\"\n$EndPhysicalNames\n$Nodes\n16\n1 0 0 0\n2 1 0 0\n3 1 1 0\n4 0 1 0\n5 0 0 "
    "1\n"
    "6 1 0 1\n7 1 1 1\n8 0 1 1\n9 2 0 0\n10 3 0 0\n11 3 1 0\n12 2 1 0\n13 2 0 1\n14 3 0 1\n15 3 1 1\n16 2 1 1\n"
    "$EndNodes\n$Elements\n8\n1 3 2 1 1 1 5 8 4\n2 3 2 2 2 2 3 7 6\n3 3 2 3 3 9 13 16 12\n4 3 2 4 4 10 11 15 14\n"
    "5 3 2 5 2 2 3 7 6\n6 3 2 5 3 9 13 16 12\n"
    "7 5 2 1 5 1 2 3 4 5 6 7 8\n8 5 2 1 5 9 10 11 12 13 14 15 16\n$EndElements\n";

/* Held at the wall; the other cube hangs on nothing, or on what is asked. Words: refused. */
static void hang(int periodic, int gap_is_rigid, int cap_is_rigid, int turned, double held, const char *words) {
    static const double none[9] = {0}, axes[9] = {0.8, 0.6, 0, -0.6, 0.8, 0, 0, 0, 1};
    char path[] = "/tmp/femd-ties-XXXXXX";
    const int fd = mkstemp(path);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    model m;
    assert_non_null(f);
    fputs(two_cubes, f);
    fclose(f);
    model_init(&m, &femd_element_q1, 1);
    m.cs.mesh.file = path;
    if (turned)
        hold_turned(&m, "wall", axes, 0, 0, held);
    else
        model_hold(&m, "wall", 0, 0, held);
    model_load(&m, "end", FEMD_LOAD_TRACTION, -0.01, 0.002, 0);
    if (periodic) make_periodic(&m, "far", "near", none);
    if (gap_is_rigid) make_rigid(&m, "gap");
    if (cap_is_rigid) make_rigid(&m, "end");
    if (words) {
        RUN_REFUSED(&m, words);
    } else {
        RUN_OK(&m);
        assert_near(m.reaction[0], 0.01, 1e-8);
        assert_near(m.reaction[1], -0.002, 1e-8);
    }
    model_clear(&m);
    remove(path);
}

/* What ties join is held as one; another part of the mesh is not, though there are ties. */
static void a_tie_holds_one_part_to_another(void **state) {
    (void)state;
    hang(1, 0, 0, 0, 0, NULL);
    hang(0, 1, 0, 0, 0, NULL); /* by a rigid surface that has nodes of both */
    hang(1, 0, 1, 0, 0, NULL);
    hang(1, 0, 0, 0, NAN, "leave the body free to move in 1 of its 6 rigid ways");
    hang(0, 1, 0, 0, NAN, "free to move in 1 of its 6 rigid ways");
    hang(0, 0, 0, 1, 0,
         "6 of its 6 rigid ways; nothing holds it against translation along x, y and z and rotation about all axes; "
         "prescribe more components; this is part 1 of the mesh's 2 parts, which share no node with each other (glue "
         "them in the mesh, tie them, or hold each); it has 1 cell, its middle");
    hang(0, 0, 1, 0, 0, "this is part 1 of the mesh's 2 parts"); /* a rigid cap on it holds nothing */
}

int main(int argc, char **argv) {
    model_start(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_patch_test_is_passed_along_turned_axes),
        cmocka_unit_test(a_turned_roller_carries_its_normal_alone),
        cmocka_unit_test(the_predictor_moves_tied_entries),
        cmocka_unit_test(a_turned_support_that_contradicts_another_is_refused),
        cmocka_unit_test(a_prescribed_rigid_motion_is_that_of_its_nodes),
        cmocka_unit_test(a_free_rigid_cap_turns_and_carries_the_load),
        cmocka_unit_test(a_hinge_turns_about_its_axis_alone),
        cmocka_unit_test(the_tangent_of_a_rigid_surface_is_consistent),
        cmocka_unit_test(rigid_surfaces_that_do_not_fit_are_refused),
        cmocka_unit_test(a_surface_is_held_about_a_far_point),
        cmocka_unit_test(a_uniform_periodic_body_has_the_mean_gradient),
        cmocka_unit_test(free_components_of_the_gradient_carry_no_stress),
        cmocka_unit_test(fluctuations_are_periodic),
        cmocka_unit_test(periodic_faces_that_do_not_fit_are_refused),
        cmocka_unit_test(a_tie_holds_one_part_to_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
