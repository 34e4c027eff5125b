/* An atomistic instance once it is made: masses, what evaluations start from, its end. Never reads a material. */
#include "rve/native.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "femd/remarks.h"
#include "femd/tensor3.h"
#include "numerics/dense.h"

femd_status femd_native_renew(femd_native *native, femd_error *err) {
    const double zero[6] = {0};
    const size_t n3 = 3 * (size_t)native->rve.n;
    /* One list order for all that is kept: that of the reference configuration. */
    FEMD_TRY(femd_neighbours_rebuild(native->rve.nb, native->rve.n, native->rve.h0, native->rve.X, err));
    native->path.stale = NULL;
    FEMD_TRY(femd_path_advance(&native->path, zero, NULL, err));
    native->virgin_W = native->path.last.W;
    const size_t factor = femd_relaxer_is_dense(native->relaxer) && !native->path.held ? n3 * n3 : 0;
    if (factor && !native->virgin_factor) native->virgin_factor = malloc(factor * sizeof(double));
    if (!native->virgin_G) native->virgin_G = calloc(6 * n3, sizeof(double));
    if ((factor && !native->virgin_factor) || !native->virgin_G)
        return femd_fail(err, FEMD_NO_MEMORY, "an RVE of %d atoms: out of memory", native->rve.n);
    if (native->path.held) return FEMD_OK;
    FEMD_TRY(femd_neighbours_shell(native->rve.nb, native->rve.n, native->rve.h0, native->path.x, &native->shell, err));
    if (factor) memcpy(native->virgin_factor, femd_relaxer_factor(native->relaxer), factor * sizeof(double));
    FEMD_TRY(femd_condense_tangent(native->relaxer, &native->rve, &native->path.place, NULL, native->path.work, NULL,
                                   native->virgin_G, NULL, err));
    native->virgin_has_G = 1;
    native->path.stale = native->virgin_factor;
    return FEMD_OK;
}

void femd_native_rest(femd_native *native) {
    femd_path *path = &native->path;
    const size_t n3 = 3 * (size_t)native->rve.n;
    memset(path->E, 0, sizeof path->E);
    memset(path->w, 0, n3 * sizeof *path->w);
    path->has_G = native->virgin_has_G;
    memcpy(path->G, native->virgin_G, 6 * n3 * sizeof *path->G);
}

femd_status femd_native_stand(femd_native *native, femd_error *err) {
    femd_path *path = &native->path;
    path->jumps = path->slides = 0;
    path->may_slide = 1;
    FEMD_TRY(femd_place_set(&native->rve, path->E, &path->place, err));
    femd_place_atoms(&native->rve, &path->place, path->w, path->x);
    return femd_neighbours_rebuild(native->rve.nb, native->rve.n, path->place.h, path->x, err);
}

/* Relaxed crystals, vacancies and free surfaces stay below 1.03; what has left a neighbour is seen from 1.2 on. */
static const double PARTED = 1.15;

int femd_native_has_parted(const femd_native *native, const double *w) {
    return femd_shell_parted(&native->shell, w, PARTED) > 0;
}

void femd_native_remark(femd_native *native, const char *words) {
    femd_remarks_add(native->notes, sizeof native->notes, words);
}

void femd_native_doubt(femd_native *native, double temperature, uint32_t notes) {
    char words[600];
    int used = snprintf(words, sizeof words, "every answer carries what the reference at %g K rests on:", temperature);
    native->doubts = notes;
    if (!notes) return;
    for (int bit = 0, named = 0; bit < 32; bit++) {
        const char *key = femd_note_key(notes & 1u << bit);
        if (key) used += snprintf(words + used, sizeof words - (size_t)used, "%s %s", named++ ? "," : "", key);
    }
    femd_native_remark(native, words);
}

static const double FAR_CELL = 0.05; /* stretches: crystals do not expand by more until they melt */

femd_status femd_native_tell_stretch(femd_native *native, femd_error *err) {
    const double *given = native->structure.cell, volume = femd_det3(given);
    double adjugate[9], cell[9], M[9], C[9], stretch[3];
    char words[240];
    femd_adjugate3(given, adjugate);
    femd_rve_filled_cell(&native->rve, cell);
    femd_mul3(adjugate, cell, M); /* times the volume: r in the structure is r M/volume in the reference */
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) C[3 * i + j] = M[i] * M[j] + M[3 + i] * M[3 + j] + M[6 + i] * M[6 + j];
    FEMD_TRY(femd_eigen(3, C, stretch, err));
    for (int i = 0; i < 3; i++) stretch[i] = sqrt(stretch[i]) / fabs(volume);
    if (stretch[0] > 1 - FAR_CELL && stretch[2] < 1 + FAR_CELL) return FEMD_OK;
    snprintf(
        words, sizeof words,
        "the reference is the cell of the structure stretched by %.3f, %.3f and %.3f: far from what was given, and "
        "maybe another phase (reference \"as-given\" keeps the cell)",
        stretch[0], stretch[1], stretch[2]);
    femd_native_remark(native, words);
    return FEMD_OK;
}

double femd_native_mass(const femd_native *native, int atom) {
    const int species = native->structure.species[atom];
    const double mass = native->structure.mass[species];
    return mass > 0 ? mass : femd_potential_mass(native->potential, species);
}

femd_status femd_native_masses(const femd_native *native, const femd_json *doc, double **mass, femd_error *err) {
    double *m = malloc((size_t)native->rve.n * sizeof *m);
    *mass = NULL;
    if (!m) return femd_fail(err, FEMD_NO_MEMORY, "masses: out of memory");
    for (int i = 0; i < native->rve.n; i++) {
        m[i] = femd_native_mass(native, i);
        if (m[i] > 0) continue;
        free(m);
        return femd_json_fail(doc, femd_json_get(doc->root, "structure"), err,
                              "no mass is known for %s: give it in \"masses\", dynamics needs it",
                              native->structure.name[native->structure.species[i]]);
    }
    *mass = m;
    return FEMD_OK;
}

void femd_native_destroy(femd_native **native) {
    if (!native || !*native) return;
    free((*native)->virgin_factor);
    free((*native)->virgin_G);
    femd_shell_clear(&(*native)->shell);
    femd_path_clear(&(*native)->path);
    femd_relaxer_destroy(&(*native)->relaxer);
    femd_rve_clear(&(*native)->rve);
    femd_potential_destroy(&(*native)->potential);
    femd_structure_clear(&(*native)->structure);
    free(*native);
    *native = NULL;
}
