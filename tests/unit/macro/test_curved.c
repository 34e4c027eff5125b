/* Cells with curved edges: boxes bent into other bodies, written as second-order Gmsh files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mesh/mesh_measure.h"
#include "model.h"
#include "near.h"
#include "results/probe.h"
#include "run_checks.h"

static char path[96];
static const double pi = 3.14159265358979323846;

static int setup(void **state) {
    (void)state;
    snprintf(path, sizeof path, "macro_test_curved_%d.msh", (int)getpid());
    return 0;
}

static int teardown(void **state) {
    (void)state;
    remove(path);
    return 0;
}

typedef void bend(const double x[3], double y[3]);

/* The box of the model bent, as a Gmsh file of ten-node tetrahedra (2.2, the corners and then the middles of the edges
 * in Gmsh's order, repeated in each cell), with the box's sides. */
static void write_bent(model *m, bend *to) {
    static const int edge[6][2] = {{0, 1}, {1, 2}, {2, 0}, {3, 0}, {2, 3}, {1, 3}};
    static const char *const side[6] = {"left", "right", "front", "back", "bottom", "top"};
    femd_mesh b = {0};
    femd_error err = FEMD_ERROR_INIT;
    m->cs.mesh.file = NULL;
    assert_int_equal(femd_mesh_box(&m->cs, &b, &err), FEMD_OK);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, "$MeshFormat\n2.2 0 8\n$EndMeshFormat\n$PhysicalNames\n7\n3 9 \"body\"\n");
    for (int s = 0; s < 6; ++s) fprintf(f, "2 %d \"%s\"\n", s + 1, side[s]);
    fprintf(f, "$EndPhysicalNames\n$Nodes\n%d\n", b.nvertices + 6 * b.ncells);
    for (int i = 0; i < b.nvertices + 6 * b.ncells; ++i) {
        double x[3], y[3];
        const int c = (i - b.nvertices) / 6, e = (i - b.nvertices) % 6;
        for (int a = 0; a < 3; ++a)
            x[a] = i < b.nvertices
                       ? b.x[3 * i + a]
                       : 0.5 * (b.x[3 * b.cell[4 * c + edge[e][0]] + a] + b.x[3 * b.cell[4 * c + edge[e][1]] + a]);
        to(x, y);
        fprintf(f, "%d %.17g %.17g %.17g\n", i + 1, y[0], y[1], y[2]);
    }
    fprintf(f, "$EndNodes\n$Elements\n%d\n", b.nfaces + b.ncells);
    for (int i = 0; i < b.nfaces; ++i) {
        const int *v = b.face + FEMD_FACE_CORNERS * i;
        fprintf(f, "%d 2 2 %d 5 %d %d %d\n", i + 1, b.face_surface[i] + 1, v[0] + 1, v[1] + 1, v[2] + 1);
    }
    for (int c = 0; c < b.ncells; ++c) {
        fprintf(f, "%d 11 2 9 5", b.nfaces + c + 1);
        for (int k = 0; k < 4; ++k) fprintf(f, " %d", b.cell[4 * c + k] + 1);
        for (int e = 0; e < 6; ++e) fprintf(f, " %d", b.nvertices + 6 * c + e + 1);
        fprintf(f, "\n");
    }
    fprintf(f, "$EndElements\n");
    fclose(f);
    femd_mesh_clear(&b);
    m->cs.mesh.file = path;
}

/* A pillow: no face, no edge is straight. */
static void bend_everything(const double x[3], double y[3]) {
    y[0] = x[0] + 0.12 * sin(2.1 * x[1] + 0.3) + 0.05 * x[2] * x[2];
    y[1] = x[1] + 0.10 * sin(1.7 * x[2]) - 0.06 * x[0] * x[0];
    y[2] = x[2] + 0.08 * sin(2.3 * x[0] + x[1]);
}

/* From radius 1 to 2, x is the radius, y the angle from 0 to 90 degrees. */
static void bend_cylinder(const double x[3], double y[3]) {
    const double r = 1 + x[0], t = 0.5 * pi * x[1];
    y[0] = r * cos(t);
    y[1] = r * sin(t);
    y[2] = x[2];
}

static double volume_of(const model *m) {
    double volume = 0;
    for (PetscInt k = 0; k < m->p->pt->n; ++k) volume += m->p->pt->weight[k];
    (void)MPI_Allreduce(MPI_IN_PLACE, &volume, 1, MPI_DOUBLE, MPI_SUM, m->comm);
    return volume;
}

/* ---- one cell ---- */

static void make_cell(double seed, double *x) {
    static const double corner[4][3] = {{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
    memcpy(x, corner, sizeof corner);
    for (int e = 0; e < 6; ++e)
        for (int a = 0; a < 3; ++a)
            x[3 * (4 + e) + a] =
                0.5 * (x[3 * femd_tetrahedron.edge[e][0] + a] + x[3 * femd_tetrahedron.edge[e][1] + a]) +
                0.08 * sin(seed + 5 * e + 3 * a);
}

/* sum_q w grad N is the surface integral of N, sum_i x_i (grad N_i)^T = 1 at each point, and the weights are the volume
 * that the divergence theorem finds. */
static void curved_cells_obey_the_divergence_theorem(void **state) {
    (void)state;
    femd_element_table table;
    femd_element_table_make(&femd_element_p2, &table);
    for (int seed = 0; seed < 20; ++seed) {
        double x[30], position[12], w[4], g[4 * 30], surface[10][3] = {{0}}, volume = 0, by_faces = 0;
        make_cell(seed, x);
        assert_true(femd_element_is_curved(&femd_element_p2, x));
        assert_true(femd_element_place(&table, x, position, w, g) > 0);
        for (int side = 0; side < 4; ++side) {
            double node[FEMD_FACE_NODES][3], area[FEMD_FACE_NODES][3], size[FEMD_FACE_NODES];
            for (int i = 0; i < 6; ++i) memcpy(node[i], x + 3 * table.face_node[side][i], sizeof node[i]);
            femd_element_face_area(&table, (const double(*)[3])node, area, size);
            for (int i = 0; i < 6; ++i)
                for (int a = 0; a < 3; ++a) {
                    surface[table.face_node[side][i]][a] += area[i][a];
                    by_faces += node[i][a] * area[i][a] / 3;
                }
        }
        for (int q = 0; q < 4; ++q) volume += w[q];
        assert_near(volume, by_faces, 1e-14);
        for (int i = 0; i < 10; ++i)
            for (int a = 0; a < 3; ++a) {
                double sum = 0;
                for (int q = 0; q < 4; ++q) sum += w[q] * g[30 * q + 3 * i + a];
                assert_near(sum, surface[i][a], 1e-14);
            }
        for (int q = 0; q < 4; ++q)
            for (int a = 0; a < 3; ++a)
                for (int b = 0; b < 3; ++b) {
                    double one = 0;
                    for (int i = 0; i < 10; ++i) one += x[3 * i + a] * g[30 * q + 3 * i + b];
                    assert_near(one, a == b, 1e-13);
                }
    }
}

static void a_straight_cell_keeps_its_bits(void **state) {
    (void)state;
    femd_element_table table;
    double x[30], position[12], w[4], g[120], p[3], weight, gradient[30];
    femd_element_table_make(&femd_element_p2, &table);
    make_cell(1, x);
    for (int e = 0; e < 6; ++e)
        for (int a = 0; a < 3; ++a)
            x[3 * (4 + e) + a] = (x[3 * femd_tetrahedron.edge[e][1] + a] + x[3 * femd_tetrahedron.edge[e][0] + a]) / 2;
    assert_false(femd_element_is_curved(&femd_element_p2, x));
    (void)femd_element_place(&table, x, position, w, g);
    for (int q = 0; q < 4; ++q) {
        (void)femd_element_map(&table, q, x, p, &weight, gradient);
        assert_memory_equal(p, position + 3 * q, sizeof p);
        assert_memory_equal(&weight, &w[q], sizeof weight);
        assert_memory_equal(gradient, g + 30 * q, sizeof gradient);
    }
}

static double sampled_least(const double *x) {
    double least = INFINITY;
    const int n = 24;
    for (int i = 0; i <= n; ++i)
        for (int j = 0; i + j <= n; ++j)
            for (int k = 0; i + j + k <= n; ++k) {
                const double at[4] = {(double)i / n, (double)j / n, (double)k / n, (double)(n - i - j - k) / n};
                double shape[10], d[10][3], J[9] = {0};
                femd_element_p2.shape(at, shape, d);
                for (int v = 0; v < 10; ++v)
                    for (int a = 0; a < 3; ++a)
                        for (int b = 0; b < 3; ++b) J[3 * a + b] += x[3 * v + a] * d[v][b];
                least = fmin(least, J[0] * (J[4] * J[8] - J[5] * J[7]) - J[1] * (J[3] * J[8] - J[5] * J[6]) +
                                        J[2] * (J[3] * J[7] - J[4] * J[6]));
            }
    return least;
}

/* Cells are pushed until they turn over somewhere: the bound says so when, and only when, det J is negative somewhere,
 * though it is positive at the points. */
static void a_cell_that_turns_over_anywhere_is_found(void **state) {
    (void)state;
    int inverted = 0, between_points = 0, sound = 0;
    femd_element_table table;
    femd_element_table_make(&femd_element_p2, &table);
    for (int seed = 0; seed < 60; ++seed) {
        double x[30], p[3], w, g[30], at_points = INFINITY;
        make_cell(seed, x);
        for (int i = 12; i < 30; ++i) x[i] += (0.02 + 0.003 * seed) * sin(7 * seed + 3 * i);
        const double least = sampled_least(x), bound = femd_element_place(&table, x, NULL, NULL, NULL);
        assert_true(bound <= 1e-12 || bound <= least + 1e-12);
        if (least < -1e-3) assert_true(bound <= 0);
        if (least > 1e-3) assert_true(bound > 0);
        inverted += bound <= 0;
        sound += bound > 0;
        for (int q = 0; q < 4; ++q) {
            double J[9] = {0};
            for (int i = 0; i < 10; ++i)
                for (int a = 0; a < 3; ++a)
                    for (int b = 0; b < 3; ++b) J[3 * a + b] += x[3 * i + a] * table.dshape[q][i][b];
            at_points = fmin(at_points, J[0] * (J[4] * J[8] - J[5] * J[7]) - J[1] * (J[3] * J[8] - J[5] * J[6]) +
                                            J[2] * (J[3] * J[7] - J[4] * J[6]));
        }
        between_points += bound <= 0 && at_points > 0;
        (void)p, (void)w, (void)g;
    }
    assert_true(inverted > 5 && sound > 5 && between_points > 3);
}

/* ---- bodies ---- */

static void patch_test_on_curved_cells(void **state) {
    (void)state;
    static const double G[9] = {0.05, 0.02, -0.01, 0.03, -0.04, 0.02, 0.0, 0.01, 0.03};
    model m;
    double F[9], E[6], S[6], D[36], energy;
    femd_error err = FEMD_ERROR_INIT;
    model_init(&m, &femd_element_p2, 3);
    m.law.neo_hookean = 1;
    write_bent(&m, bend_everything);
    model_affine(&m, G);
    RUN_OK(&m);
    for (int a = 0; a < 9; ++a) F[a] = G[a] + (a % 4 == 0);
    assert_int_equal(femd_strain_from_F(F, E, &err), FEMD_OK);
    test_law_answer(&m.law, 0, E, S, D, &energy);
    for (PetscInt k = 0; k < 6 * m.p->pt->n; ++k) assert_near(m.p->pt->S[k], S[k % 6], 1e-12);
    assert_near(m.last.energy, energy * volume_of(&m), 1e-12);
    model_clear(&m);
}

/* A body in a fluid: a uniform pressure on all its faces leaves no resultant and one stress everywhere, which needs the
 * faces' integrals to fit those of the cells. Held in its own modes only. */
static void pressure_all_around_is_in_balance(void **state) {
    (void)state;
    static const char *const side[6] = {"left", "right", "front", "back", "bottom", "top"};
    const double p = 1e-5; /* of moduli of 1 and 2: linear to 1e-5 */
    model m;
    model_init(&m, &femd_element_p2, 3);
    write_bent(&m, bend_everything);
    for (int s = 1; s < 6; ++s) model_load(&m, side[s], FEMD_LOAD_PRESSURE, p, 0, 0);
    femd_case_boundary *b = model_hold(&m, "left", 0, 0, 0);
    b->has_gradient = 1; /* uniform compression: lambda = 2, mu = 1, so K = 8/3 */
    for (int a = 0; a < 9; a += 4) b->gradient[a] = -p / 8;
    RUN_OK(&m);
    for (PetscInt k = 0; k < 6 * m.p->pt->n; ++k) assert_near(m.p->pt->S[k], k % 6 < 3 ? -p : 0, 2e-4 * p);
    model_clear(&m);
}

/* Relative error of the energy of a thick cylinder, plane strain, under a pressure inside (Lame): half the pressure
 * times the change of the volume inside. */
static double cylinder_error(int n, int straighten) {
    model m;
    const double lambda = 2, mu = 1, nu = lambda / (2 * (lambda + mu)), E = 2 * mu * (1 + nu), p = 1e-7 * E;
    const double u = p / E * (1 + nu) * ((1 - 2 * nu) + 4) / 3, energy = 0.5 * p * u * 0.5 * pi;
    model_init(&m, &femd_element_p2, 1);
    m.cs.mesh.cells[0] = n;
    m.cs.mesh.cells[1] = 2 * n;
    m.cs.rtol = 1e-9;
    m.cs.mesh.straighten = straighten;
    write_bent(&m, bend_cylinder);
    model_load(&m, "left", FEMD_LOAD_PRESSURE, p, 0, 0);
    model_hold(&m, "front", NAN, 0, NAN);
    model_hold(&m, "back", 0, NAN, NAN);
    model_hold(&m, "bottom", NAN, NAN, 0);
    model_hold(&m, "top", NAN, NAN, 0);
    RUN_OK(&m);
    const double error = m.last.energy / energy - 1;
    model_clear(&m);
    return error;
}

static void energy_of_a_thick_cylinder_is_of_fourth_order(void **state) {
    (void)state;
    double error[4];
    for (int k = 0; k < 3; ++k) {
        error[k] = fabs(cylinder_error(2 << k, 0));
        printf("  thick cylinder, %d x %d blocks: energy off by %.2e, with straight edges by %.2e\n", 2 << k, 4 << k,
               error[k], fabs(cylinder_error(2 << k, 1)));
    }
    assert_true(log2(error[0] / error[1]) > 3.5 && log2(error[1] / error[2]) > 3.5);
    assert_true(error[2] < 2e-5);
}

/* Number of the node at x, which is added if it is new. */
static int node_number(double (*node)[3], int *n, const double x[3]) {
    for (int i = 0; i < *n; ++i)
        if (fabs(node[i][0] - x[0]) + fabs(node[i][1] - x[1]) + fabs(node[i][2] - x[2]) < 1e-9) return i + 1;
    memcpy(node[*n], x, 3 * sizeof *x);
    return ++*n;
}

/* The unit ball: an octahedron with n x n triangles a face, and one cell from the centre to each. */
static void write_ball(model *m, int n) {
    static double node[1200][3];
    static const int turned[6] = {0, 2, 1, 5, 4, 3}, place[6] = {1, 2, 3, 5, 8, 9}, inner[3] = {4, 6, 7};
    static const int up[6][2] = {{0, 0}, {2, 0}, {0, 2}, {1, 0}, {1, 1}, {0, 1}},
                     down[6][2] = {{2, 0}, {2, 2}, {0, 2}, {2, 1}, {1, 2}, {1, 1}};
    int nnodes = 0, ncells = 0, cell[200][10];
    for (int face = 0; face < 8; ++face)
        for (int i = 0; i < n; ++i)
            for (int j = 0; j < 2 * (n - i) - 1; ++j, ++ncells) {
                /* corners and middles of a triangle of the face, in half steps of its lattice; then as Gmsh counts */
                const int odd = (face & 1) ^ (face >> 1 & 1) ^ (face >> 2 & 1);
                double x[10][3] = {{0}};
                for (int k = 0; k < 6; ++k) {
                    const int *half = (j % 2 ? down : up)[odd ? turned[k] : k];
                    const double a = 2 * i + half[0], b = 2 * (j / 2) + half[1], p[3] = {a, b, 2 * n - a - b},
                                 length = sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2]);
                    for (int c = 0; c < 3; ++c) {
                        x[place[k]][c] = p[c] * (face >> c & 1 ? -1 : 1) / length;
                        if (k < 3) x[inner[k]][c] = x[place[k]][c] / 2;
                    }
                }
                for (int k = 0; k < 10; ++k) cell[ncells][k] = node_number(node, &nnodes, x[k]);
            }
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, "$MeshFormat\n2.2 0 8\n$EndMeshFormat\n$PhysicalNames\n2\n3 1 \"ball\"\n2 2 \"skin\"\n");
    fprintf(f, "$EndPhysicalNames\n$Nodes\n%d\n", nnodes);
    for (int i = 0; i < nnodes; ++i) fprintf(f, "%d %.17g %.17g %.17g\n", i + 1, node[i][0], node[i][1], node[i][2]);
    fprintf(f, "$EndNodes\n$Elements\n%d\n", 2 * ncells);
    for (int c = 0; c < ncells; ++c) {
        fprintf(f, "%d 2 2 2 2 %d %d %d\n%d 11 2 1 1", 2 * c + 1, cell[c][1], cell[c][2], cell[c][3], 2 * c + 2);
        for (int k = 0; k < 10; ++k) fprintf(f, " %d", cell[c][k]);
        fprintf(f, "\n");
    }
    fprintf(f, "$EndElements\n");
    fclose(f);
    m->cs.mesh.file = path;
}

static double ball_error(int n, int straighten) {
    model m;
    femd_error err = FEMD_ERROR_INIT;
    model_init(&m, &femd_element_p2, 1);
    m.cs.mesh.straighten = straighten;
    write_ball(&m, n);
    model_hold(&m, "skin", 0, 0, 0);
    if (model_create(&m, &err) != FEMD_OK) fail_msg("%s", err.text);
    for (PetscInt i = 0; i < m.p->grid->nnodes; ++i) { /* nodes are where the file has them */
        const double *x = m.p->grid->node_x + 3 * i, r = sqrt(x[0] * x[0] + x[1] * x[1] + x[2] * x[2]);
        if (r > 0.6 && !straighten) assert_near(r, 1, 1e-14);
    }
    const double error = 4 * pi / 3 - volume_of(&m);
    model_clear(&m);
    return error;
}

static void the_ball_has_its_volume(void **state) {
    (void)state;
    const double coarse = ball_error(2, 0), fine = ball_error(4, 0);
    printf("  ball of %d cells: volume %.4f, of %d: %.4f, with straight edges %.4f\n", 32, 4 * pi / 3 - coarse, 128,
           4 * pi / 3 - fine, 4 * pi / 3 - ball_error(4, 1));
    assert_true(fabs(fine) < 7e-3 && coarse / fine > 10);
    assert_true(ball_error(4, 1) > 0.2);
}

/* Faces of unlike size: the mean over a side is that by area. */
static void bend_graded(const double x[3], double y[3]) {
    y[0] = x[0];
    y[1] = x[1] * (1 + 2 * x[1]) / 3;
    y[2] = x[2] * (1 + x[2]) / 2;
}

static void probes_of_a_surface_weigh_its_faces_by_area(void **state) {
    (void)state;
    static const double G[9] = {0, 0.02, 0.01, 0, 0.03, 0, 0, 0, -0.04};
    model m;
    femd_probes *probes;
    femd_error err = FEMD_ERROR_INIT;
    double value[FEMD_PROBE_NUMBERS];
    femd_case_probe probe = {.name = "mean", .on = "right"};
    model_init(&m, &femd_element_p2, 3);
    m.cs.probe = &probe;
    m.cs.nprobes = 1;
    write_bent(&m, bend_graded);
    model_affine(&m, G);
    RUN_OK(&m);
    if (femd_probes_create(m.p, &probes, &err) != FEMD_OK) fail_msg("%s", err.text);
    if (femd_probes_read(probes, m.p, value, &err) != FEMD_OK) fail_msg("%s", err.text);
    assert_near(value[0], 0.5 * (0.02 + 0.01), 1e-12); /* the middle of the side is (1, 0.5, 0.5) */
    assert_near(value[1], 0.5 * 0.03, 1e-12);
    assert_near(value[2], 0.5 * -0.04, 1e-12);
    femd_probes_destroy(&probes);
    model_clear(&m);
}

/* ---- what is said of a mesh ---- */

static void measure_mesh(model *m, femd_mesh *mesh, femd_mesh_measure *measure) {
    femd_error err = FEMD_ERROR_INIT;
    *mesh = (femd_mesh){0};
    if ((m->cs.mesh.file ? femd_mesh_gmsh : femd_mesh_box)(&m->cs, mesh, &err) != FEMD_OK) fail_msg("%s", err.text);
    if (femd_mesh_measure_create(&m->cs, mesh, measure, &err) != FEMD_OK) fail_msg("%s", err.text);
}

static void a_box_is_measured(void **state) {
    (void)state;
    static const double area[6] = {2, 2, 4, 4, 8, 8};
    const femd_element *const element[3] = {&femd_element_q1, &femd_element_p1, &femd_element_p2};
    for (int k = 0; k < 3; ++k) {
        model m;
        femd_mesh mesh;
        femd_mesh_measure measure;
        model_init(&m, element[k], 1);
        for (int a = 0; a < 3; ++a) {
            m.cs.mesh.size[a] = 4 >> a;
            m.cs.mesh.origin[a] = 100 * a;
            m.cs.mesh.cells[a] = 8 >> a;
        }
        measure_mesh(&m, &mesh, &measure);
        for (int a = 0; a < 3; ++a) {
            assert_near(measure.low[a], 100 * a, 1e-12);
            assert_near(measure.high[a], 100 * a + (4 >> a), 1e-12);
        }
        assert_near(measure.volume, 8, 1e-12);
        assert_near(measure.outside, 28, 1e-12);
        assert_int_equal(measure.nparts, 1);
        for (int s = 0; s < 6; ++s) {
            assert_near(measure.surface[s].size, area[s], 1e-12);
            assert_int_equal(measure.surface[s].strangers, 0);
        }
        assert_near(measure.thickness, 1, 1e-9);
        assert_near(measure.length, 4, 1e-9);
        assert_near(measure.edge, k == 0 ? 0.5 : sqrt(0.75), 1e-12);
        assert_near(measure.worst_shape, k == 0 ? 1 : 0.756, 1e-3); /* Kuhn's tetrahedra */
        femd_mesh_measure_clear(&measure);
        femd_mesh_clear(&mesh);
    }
}

/* A quarter of a ring of a plate: its box is wide, but its volume and surface say how thin it is. */
static void bend_ring(const double x[3], double y[3]) {
    const double r = 20 + x[2], t = 0.5 * pi * x[0] / 10;
    y[0] = r * cos(t);
    y[1] = x[1];
    y[2] = r * sin(t);
}

static void a_thin_body_of_first_order_is_known_however_it_lies(void **state) {
    (void)state;
    model m;
    femd_mesh mesh;
    femd_mesh_measure measure;
    model_init(&m, &femd_element_p1, 1);
    for (int a = 0; a < 3; ++a) m.cs.mesh.size[a] = a < 2 ? 10 : 1, m.cs.mesh.cells[a] = a < 2 ? 10 : 1;
    write_bent(&m, bend_ring);
    m.cs.mesh.straighten = 1;
    measure_mesh(&m, &mesh, &measure);
    assert_true(measure.thickness > 0.9 && measure.thickness < 2.1);
    assert_true(measure.length > 20);
    assert_true(femd_mesh_locking(&femd_element_p1, measure.edge, measure.thickness) > 0.5);
    assert_true(femd_mesh_locking(&femd_element_p2, measure.edge, measure.thickness) == 0);
    assert_near(femd_mesh_locking(&femd_element_q1, 1, 2), 0.125, 1e-15);
    femd_mesh_measure_clear(&measure);
    femd_mesh_clear(&mesh);
}

static void curved_bodies_are_measured_as_they_are(void **state) {
    (void)state;
    model m;
    femd_mesh mesh;
    femd_mesh_measure measure;
    model_init(&m, &femd_element_p2, 1);
    write_ball(&m, 4);
    measure_mesh(&m, &mesh, &measure);
    assert_int_equal(mesh.ncurved_cells, mesh.ncells);
    assert_near(measure.volume, 4 * pi / 3, 7e-3);
    assert_near(measure.surface[0].size, 4 * pi, 3e-2);
    assert_near(measure.outside, measure.surface[0].size, 1e-12);
    assert_near(measure.high[2], 1, 1e-14);
    mesh.face[0] = 0; /* a face from the centre is there, but of two cells; one of three far corners is none */
    mesh.face[FEMD_FACE_CORNERS] = mesh.face[FEMD_FACE_CORNERS * (mesh.nfaces - 1)];
    femd_mesh_measure_clear(&measure);
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(femd_mesh_measure_create(&m.cs, &mesh, &measure, &err), FEMD_OK);
    assert_int_equal(measure.surface[0].strangers, 1);
    femd_mesh_measure_clear(&measure);
    femd_mesh_clear(&mesh);
}

/* ---- refusals ---- */

static void refused(model *m, const char *a, const char *b) {
    femd_error err = FEMD_ERROR_INIT;
    assert_int_equal(model_create(m, &err), FEMD_BAD_INPUT);
    if (!strstr(err.text, a) || !strstr(err.text, b)) fail_msg("\"%s\" lacks \"%s\" or \"%s\"", err.text, a, b);
    model_clear(m);
}

/* Middles slide along their edges so far that cells turn over, though their corners make sound cells. */
static void bend_too_much(const double x[3], double y[3]) {
    memcpy(y, x, 3 * sizeof *y);
    y[1] += 0.2 * pow(sin(2 * pi * x[1]), 2);
}

/* One edge has another middle in each cell around it. */
static void bend_apart(const double x[3], double y[3]) {
    static double shift;
    memcpy(y, x, 3 * sizeof *y);
    if (x[0] == 0.25 && x[1] == 0.25 && x[2] == 0.25) y[0] += shift += 0.01;
}

static void curved_cells_that_cannot_be_are_refused(void **state) {
    (void)state;
    model m;
    model_init(&m, &femd_element_p2, 2);
    model_hold(&m, "left", 0, 0, 0);
    write_bent(&m, bend_too_much);
    refused(&m, "is inverted: det J", "somewhere in it, it is curved");
    m.cs.mesh.straighten = 1;
    femd_error err = FEMD_ERROR_INIT;
    if (model_create(&m, &err) != FEMD_OK) fail_msg("%s", err.text);
    model_clear(&m);
    m.cs.mesh.straighten = 0;
    write_bent(&m, bend_apart);
    refused(&m, "has two middles", "the cells along it do not meet");
    write_bent(&m, bend_everything);
    m.cs.element = &femd_element_p1;
    refused(&m, "are curved", "take element.type P2");
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(curved_cells_obey_the_divergence_theorem),
        cmocka_unit_test(a_straight_cell_keeps_its_bits),
        cmocka_unit_test(a_cell_that_turns_over_anywhere_is_found),
        cmocka_unit_test_setup_teardown(patch_test_on_curved_cells, setup, teardown),
        cmocka_unit_test_setup_teardown(pressure_all_around_is_in_balance, setup, teardown),
        cmocka_unit_test_setup_teardown(energy_of_a_thick_cylinder_is_of_fourth_order, setup, teardown),
        cmocka_unit_test_setup_teardown(the_ball_has_its_volume, setup, teardown),
        cmocka_unit_test_setup_teardown(probes_of_a_surface_weigh_its_faces_by_area, setup, teardown),
        cmocka_unit_test(a_box_is_measured),
        cmocka_unit_test_setup_teardown(a_thin_body_of_first_order_is_known_however_it_lies, setup, teardown),
        cmocka_unit_test_setup_teardown(curved_bodies_are_measured_as_they_are, setup, teardown),
        cmocka_unit_test_setup_teardown(curved_cells_that_cannot_be_are_refused, setup, teardown),
    };
    model_start(&argc, &argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
