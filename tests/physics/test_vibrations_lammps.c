/* Free energy and elastic constants of vibrating copper against LAMMPS: W, and a Hessian by differences of forces, are
 * LAMMPS's; the rest is eigenvalues and differences of psi over strain. 108 atoms of a perfect crystal at 600 K and the
 * lattice parameter that belongs to it: all atoms are alike, so that the forces on all when one of them moves make the
 * whole Hessian. */
#include <unistd.h>

#include "engine_material.h"
#include "numerics/dense.h"

#include "lammps_stress.h"

enum { REPEAT = 3, N = 4 * REPEAT * REPEAT * REPEAT, N3 = 3 * N, SIDE = 2 * REPEAT };
static const double A = 3.64784, T = 600, STEP = 0.01; /* angstrom, K, angstrom */
#define HOT                                                                                                            \
    "{\"engine\":\"native\",\"structure\":{\"lattice\":\"fcc\",\"a\":\"3.64784 angstrom\",\"species\":[\"Cu\"],"       \
    "\"repeat\":[3,3,3]},\"potential\":{\"style\":\"eam/alloy\",\"file\":\"Cu_mishin1.eam.alloy\"},"                   \
    "\"method\":\"quasiharmonic\",\"reference\":\"as-given\"}"

/* Sites in units of a/2. */
static void sites(int site[N][3], int index[SIDE][SIDE][SIDE]) {
    int n = 0;
    for (int i = 0; i < SIDE; i++)
        for (int j = 0; j < SIDE; j++)
            for (int k = 0; k < SIDE; k++) {
                if ((i + j + k) % 2) continue;
                site[n][0] = i, site[n][1] = j, site[n][2] = k;
                index[i][j][k] = n++;
            }
    assert_int_equal(n, N);
}

/* F upper triangular with F^T F = 2E + I: the cell stays as LAMMPS wants it. */
static void triangular(const double E[6], double F[9]) {
    memset(F, 0, 9 * sizeof *F);
    F[0] = sqrt(1 + 2 * E[0]);
    F[1] = E[5] / F[0];
    F[2] = E[4] / F[0];
    F[4] = sqrt(1 + 2 * E[1] - F[1] * F[1]);
    F[5] = (E[3] - F[1] * F[2]) / F[4];
    F[8] = sqrt(1 + 2 * E[2] - F[2] * F[2] - F[5] * F[5]);
}

static void write_files(const char *folder, const double F[9], int site[N][3]) {
    static const double move[4] = {1, -2, 3, -4}; /* to +1, -1, +2, -2 steps */
    char path[200];
    const double L = A * REPEAT;
    snprintf(path, sizeof path, "%s/data", folder);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f,
            "x\n\n%d atoms\n1 atom types\n\n0 %.17g xlo xhi\n0 %.17g ylo yhi\n0 %.17g zlo zhi\n%.17g %.17g %.17g xy xz "
            "yz\n\nAtoms\n\n",
            N, L * F[0], L * F[4], L * F[8], L * F[1], L * F[2], L * F[5]);
    for (int i = 0; i < N; i++) {
        double X[3];
        for (int c = 0; c < 3; c++) X[c] = A * (0.5 * site[i][c] + 0.1);
        fprintf(f, "%d 1 %.17g %.17g %.17g\n", i + 1, F[0] * X[0] + F[1] * X[1] + F[2] * X[2],
                F[4] * X[1] + F[5] * X[2], F[8] * X[2]);
    }
    fclose(f);
    snprintf(path, sizeof path, "%s/in", folder);
    f = fopen(path, "w");
    assert_non_null(f);
    fprintf(
        f,
        "units metal\natom_style atomic\natom_modify map array\nbox tilt large\nread_data data\npair_style eam/alloy\n"
        "pair_coeff * * /usr/share/lammps/potentials/Cu_mishin1.eam.alloy Cu\nneighbor 1.0 bin\nthermo_modify norm no\n"
        "group one id 1\nrun 0\nprint \"$(pe:%%.17g)\" file energy\n");
    for (int c = 0; c < 3; c++) {
        for (int k = 0; k < 4; k++) {
            const double d = move[k] * STEP;
            fprintf(f, "displace_atoms one move %.17g %.17g %.17g units box\nrun 0\n", c == 0 ? d : 0, c == 1 ? d : 0,
                    c == 2 ? d : 0);
            fprintf(f, "write_dump all custom forces.%d id fx fy fz modify sort id format float %%.17g\n", 4 * c + k);
        }
        fprintf(f, "displace_atoms one move %.17g %.17g %.17g units box\n", c == 0 ? 2 * STEP : 0,
                c == 1 ? 2 * STEP : 0, c == 2 ? 2 * STEP : 0);
    }
    fclose(f);
}

/* Add weight times the forces of a dump. */
static void add_forces(const char *folder, int number, double weight, double *sum) {
    char path[200], line[200];
    snprintf(path, sizeof path, "%s/forces.%d", folder, number);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    for (int k = 0; k < 9; k++) assert_non_null(fgets(line, sizeof line, f));
    for (int i = 0; i < N; i++) {
        int id;
        double v[3];
        assert_int_equal(fscanf(f, "%d %lf %lf %lf", &id, v, v + 1, v + 2), 4);
        assert_int_equal(id, i + 1);
        for (int c = 0; c < 3; c++) sum[3 * i + c] += weight * v[c];
    }
    fclose(f);
}

/* W + kT sum ln omega (eV; masses and constants left out) at E. */
static double free_energy(const double E[6]) {
    static const double weight[4] = {8, -8, -1, 1};
    static int site[N][3], index[SIDE][SIDE][SIDE];
    static double column[3][N3], H[N3 * N3], lambda[N3];
    char folder[] = "/tmp/femd-lammps-XXXXXX", command[300], path[200];
    double F[9], W = 0, sum = 0;
    femd_error err = FEMD_ERROR_INIT;
    sites(site, index);
    triangular(E, F);
    assert_non_null(mkdtemp(folder));
    write_files(folder, F, site);
    snprintf(command, sizeof command, "cd %s && OMP_NUM_THREADS=1 timeout 100 lmp -log none -in in >out 2>&1", folder);
    assert_int_equal(system(command), 0);
    snprintf(path, sizeof path, "%s/energy", folder);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%lf", &W), 1);
    fclose(f);
    memset(column, 0, sizeof column);
    for (int c = 0; c < 3; c++)
        for (int k = 0; k < 4; k++) add_forces(folder, 4 * c + k, -weight[k] / (12 * STEP), column[c]);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    assert_int_equal(system(command), 0);
    for (int j = 0; j < N; j++)
        for (int i = 0; i < N; i++) {
            int d[3];
            for (int c = 0; c < 3; c++) d[c] = (site[i][c] - site[j][c] + SIDE) % SIDE;
            const int k = index[d[0]][d[1]][d[2]]; /* site 0 is the origin */
            for (int a = 0; a < 9; a++) H[(3 * j + a / 3) * N3 + 3 * i + a % 3] = column[a / 3][3 * k + a % 3];
        }
    for (int i = 0; i < N3; i++)
        for (int j = 0; j < i; j++) H[i * N3 + j] = H[j * N3 + i] = 0.5 * (H[i * N3 + j] + H[j * N3 + i]);
    assert_int_equal(femd_eigen(N3, H, lambda, &err), FEMD_OK);
    assert_true(fabs(lambda[0]) < 1e-5 && fabs(lambda[2]) < 1e-5 && lambda[3] > 0.1);
    for (int k = 3; k < N3; k++) sum += 0.5 * log(lambda[k]);
    return W + FEMD_BOLTZMANN * T / FEMD_ELEMENTARY_CHARGE * sum;
}

static void hot_copper_has_the_free_energy_and_constants_of_lammps(void **state) {
    (void)state;
    if (!lammps_is_there()) skip();
    static const double h = 0.005;
    const double at[6][6] = {{0}, {h}, {-h}, {h, -h}, {0, 0, 0, 2 * h}, {h, h, h}};
    femd_material *m = open_material(HOT);
    femd_response r;
    double psi[6], ours[6];
    const double unit = FEMD_EV_PER_A3 / pow(A * REPEAT, 3);
    femd_dense_init();
    for (int k = 0; k < 6; k++) {
        femd_request q = {.wants = BASIC | FEMD_WANT_HELMHOLTZ, .temperature = T};
        memcpy(q.value, at[k], sizeof q.value);
        request(m, &q, NULL, &r, NULL);
        psi[k] = unit * free_energy(at[k]);
        ours[k] = r.helmholtz;
        if (k) print_message("psi at strain %d: %.6e, LAMMPS %.6e J/m3\n", k, ours[k] - ours[0], psi[k] - psi[0]);
    }
    for (int k = 1; k < 6; k++)
        assert_true(fabs((ours[k] - ours[0]) - (psi[k] - psi[0])) < 1e-3 * fabs(psi[1] - psi[0]));
    femd_request q = {.wants = BASIC, .temperature = T};
    request(m, &q, NULL, &r, NULL);
    const double C11 = (psi[1] + psi[2] - 2 * psi[0]) / (h * h), shear = 2 * (psi[3] - psi[0]) / (h * h),
                 C44 = 2 * (psi[4] - psi[0]) / (4 * h * h);
    const double C12 = C11 - 0.5 * shear;
    print_message("copper at 600 K: %.2f %.2f %.2f GPa, LAMMPS %.2f %.2f %.2f GPa\n", r.D[0] / GPA, r.D[1] / GPA,
                  r.D[21] / GPA, C11 / GPA, C12 / GPA, C44 / GPA);
    assert_true(fabs(r.D[0] - C11) < 0.3 * GPA);
    assert_true(fabs(r.D[1] - C12) < 0.3 * GPA);
    assert_true(fabs(r.D[21] - C44) < 0.3 * GPA);
    femd_material_close(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hot_copper_has_the_free_energy_and_constants_of_lammps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
