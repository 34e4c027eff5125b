/* Dynamical matrices of a crystal whose cell is the RVE, at the wave vectors that fit into mesh[0] x mesh[1] x mesh[2]
 * cells.
 *
 * D(q) = sum over cells R of H(0,R) exp(-i q.R). The columns of H of one cell are taken from the repeated RVE by
 * applying its Hessian to unit vectors; nothing of 3N x 3N is formed. q and -q have the same spectrum and are taken
 * once. A Hermitian D = A + iB is kept as the symmetric [[A, -B], [B, A]], which has each eigenvalue twice. Owns the
 * crystal; never relaxes. */
#include <stdlib.h>

#include "numerics/portable.h"
#include "vibrations/phonon.h"

static int phonon_mesh_cells(const femd_phonons *phonons) {
    return phonons->mesh[0] * phonons->mesh[1] * phonons->mesh[2];
}

static void phonon_mesh_unpack(const int mesh[3], int index, int k[3]) {
    k[2] = index % mesh[2];
    k[1] = index / mesh[2] % mesh[1];
    k[0] = index / mesh[2] / mesh[1];
}

/* Index of -q. */
static int phonon_mesh_opposite(const int mesh[3], int index) {
    int k[3];
    phonon_mesh_unpack(mesh, index, k);
    for (int c = 0; c < 3; c++) k[c] = (mesh[c] - k[c]) % mesh[c];
    return (k[0] * mesh[1] + k[1]) * mesh[2] + k[2];
}

/* phase: for each direction the cosine and sine of 2 pi k/mesh, k below mesh. exp(-i q.R) is a product of three such.
 */
static void phonon_mesh_fill_phases(femd_phonons *phonons) {
    const int cells = phonon_mesh_cells(phonons);
    double *phase = phonons->phase;
    int block = 0;
    for (int c = 0; c < 3; c++)
        for (int k = 0; k < phonons->mesh[c]; k++, phase += 2)
            femd_portable_turn((double)k / phonons->mesh[c], &phase[0], &phase[1]);
    for (int q = 0; q < cells; q++) {
        const int other = phonon_mesh_opposite(phonons->mesh, q);
        if (other >= q) /* half of it, since every eigenvalue comes twice */
            phonons->weight[block++] = (other == q ? 0.5 : 1.0) / cells;
    }
}

static femd_status phonon_mesh_crystal(femd_phonons *phonons, const femd_native *native, femd_error *err) {
    const int cells = phonon_mesh_cells(phonons);
    femd_rve *rve = &phonons->crystal;
    femd_rve_set_atoms(rve, phonons->n * cells);
    int *species = malloc((size_t)rve->n * sizeof *species);
    rve->X = malloc(3 * (size_t)rve->n * sizeof *rve->X); /* the spatial positions of a sample */
    if (!species || !rve->X) {
        free(species);
        return femd_fail(err, FEMD_NO_MEMORY, "a crystal of %d atoms: out of memory", rve->n);
    }
    for (int i = 0; i < rve->n; i++) species[i] = native->structure.species[i % phonons->n];
    femd_status rc = femd_energetics_create(native->potential, rve->n, species, &rve->en, err);
    free(species);
    return rc == FEMD_OK ? femd_neighbours_create(femd_potential_cutoff(native->potential), 0.6, &rve->nb, err) : rc;
}

femd_status femd_phonons_mesh_create(femd_phonons *phonons, const femd_native *native, const int mesh[3],
                                     femd_error *err) {
    memcpy(phonons->mesh, mesh, sizeof phonons->mesh);
    const int cells = phonon_mesh_cells(phonons);
    if (phonons->n > FEMD_PHONON_CELL_MAX)
        return femd_fail(err, FEMD_LIMIT, "quasiharmonic.mesh: an RVE of %d atoms; a mesh is for cells of up to %d",
                         phonons->n, FEMD_PHONON_CELL_MAX);
    if (cells > FEMD_PHONON_MESH_MAX / phonons->n)
        return femd_fail(err, FEMD_LIMIT, "quasiharmonic.mesh: %d cells of %d atoms; up to %d atoms together", cells,
                         phonons->n, FEMD_PHONON_MESH_MAX);
    for (int q = 0; q < cells; q++) phonons->blocks += phonon_mesh_opposite(mesh, q) >= q;
    phonons->edge = 2 * phonons->n3;
    phonons->weight = malloc((size_t)phonons->blocks * sizeof(double));
    phonons->phase = malloc(2 * (size_t)(mesh[0] + mesh[1] + mesh[2]) * sizeof(double));
    if (!phonons->weight || !phonons->phase)
        return femd_fail(err, FEMD_NO_MEMORY, "a mesh of %d wave vectors: out of memory", cells);
    phonon_mesh_fill_phases(phonons);
    return phonon_mesh_crystal(phonons, native, err);
}

static void phonon_mesh_place(femd_phonons *phonons, const femd_place *place, const double *x, double h[9]) {
    const int cells = phonon_mesh_cells(phonons);
    for (int R = 0; R < cells; R++) {
        int k[3];
        phonon_mesh_unpack(phonons->mesh, R, k);
        for (int i = 0; i < phonons->n; i++)
            for (int c = 0; c < 3; c++)
                phonons->crystal.X[3 * ((size_t)R * (size_t)phonons->n + (size_t)i) + (size_t)c] =
                    x[3 * i + c] + k[0] * place->h[c] + k[1] * place->h[3 + c] + k[2] * place->h[6 + c];
    }
    for (int k = 0; k < 3; k++)
        for (int c = 0; c < 3; c++) h[3 * k + c] = phonons->mesh[k] * place->h[3 * k + c];
}

/* to(k) = sum over r of from(r) exp(-2 pi i k r/mesh[c]) along direction c; both hold a complex number for each cell.
 */
static void phonon_mesh_along(const femd_phonons *phonons, int c, const double *from, double *to) {
    const int *mesh = phonons->mesh;
    const size_t m = (size_t)mesh[c], cells = (size_t)phonon_mesh_cells(phonons);
    size_t stride = 1;
    const double *phase = phonons->phase;
    for (int k = 2; k > c; k--) stride *= (size_t)mesh[k];
    for (int k = 0; k < c; k++) phase += 2 * (size_t)mesh[k];
    for (size_t at = 0; at < cells; at++) {
        const size_t k = at / stride % m;
        const double *line = from + 2 * (at - k * stride);
        double re = 0, im = 0;
        for (size_t r = 0, turn = 0; r < m; r++, turn = turn + k < m ? turn + k : turn + k - m) {
            const double cosine = phase[2 * turn], sine = phase[2 * turn + 1], *z = line + 2 * r * stride;
            re += cosine * z[0] + sine * z[1];
            im += cosine * z[1] - sine * z[0];
        }
        to[2 * at] = re;
        to[2 * at + 1] = im;
    }
}

/* Column j of every D(q) from the forces y on all cells; the sum over R one direction after the other. work: 4 numbers
 * for each cell. */
static void phonon_mesh_fold_column(femd_phonons *phonons, const double *y, size_t j, double *work) {
    const size_t cells = (size_t)phonon_mesh_cells(phonons), n3 = (size_t)phonons->n3, m = (size_t)phonons->edge;
    double *z = work, *other = work + 2 * cells;
    for (size_t i = 0; i < n3; i++) {
        double *D = phonons->a;
        for (size_t R = 0; R < cells; R++) {
            z[2 * R] = y[R * n3 + i];
            z[2 * R + 1] = 0;
        }
        phonon_mesh_along(phonons, 2, z, other);
        phonon_mesh_along(phonons, 1, other, z);
        phonon_mesh_along(phonons, 0, z, other);
        for (size_t q = 0; q < cells; q++) {
            if (phonon_mesh_opposite(phonons->mesh, (int)q) < (int)q) continue;
            const double re = other[2 * q], im = other[2 * q + 1];
            D[i * m + j] = D[(n3 + i) * m + n3 + j] = re;
            D[(n3 + i) * m + j] = im;
            D[i * m + n3 + j] = -im;
            D += m * m;
        }
    }
}

femd_status femd_phonons_mesh_sample(femd_phonons *phonons, const femd_place *place, const double *x, femd_error *err) {
    femd_rve *rve = &phonons->crystal;
    const size_t all = 3 * (size_t)rve->n, m = (size_t)phonons->edge;
    double h[9], *v = malloc((2 * all + 4 * (size_t)phonon_mesh_cells(phonons)) * sizeof *v);
    if (!v) return femd_fail(err, FEMD_NO_MEMORY, "a crystal of %d atoms: out of memory", rve->n);
    phonon_mesh_place(phonons, place, x, h);
    femd_status rc = femd_energetics_prepare(rve->en, rve->nb, h, rve->X, NULL, NULL, err);
    memset(v, 0, all * sizeof *v);
    for (size_t j = 0; rc == FEMD_OK && j < (size_t)phonons->n3; j++) {
        v[j] = 1;
        femd_energetics_apply(rve->en, v, v + all);
        v[j] = 0;
        phonon_mesh_fold_column(phonons, v + all, j, v + 2 * all);
    }
    free(v);
    if (rc != FEMD_OK) return rc;
    for (size_t b = 0; b < (size_t)phonons->blocks; b++) { /* symmetric but for round-off */
        double *D = phonons->a + b * m * m;
        for (size_t i = 0; i < m; i++)
            for (size_t j = 0; j < i; j++) D[i * m + j] = D[j * m + i] = 0.5 * (D[i * m + j] + D[j * m + i]);
    }
    return FEMD_OK;
}
