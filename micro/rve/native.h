/* What the engines `native` and `cauchy-born` share: an RVE made from a material's structure and potential.
 *
 * Owns structure, potential, RVE and path of one instance. Made by native_create.c, the rest is native.c's. */
#ifndef FEMD_NATIVE_H
#define FEMD_NATIVE_H

#include "crystal/structure.h"
#include "femd/engine.h"
#include "forces/neighbour_shell.h"
#include "rve/native_path.h"

typedef struct femd_native {
    const femd_pack *pack;    /* borrowed: the material's files, for those who build other RVEs of it */
    femd_structure structure; /* as built; positions and cell of the reference are in rve */
    femd_potential *potential;
    char notes[2900]; /* of structure, potential and reference, one remark a line */
    uint32_t
        doubts; /* FEMD_NOTE_* of the answer on which the reference at a temperature rests: of all that rest on it */
    femd_rve rve;
    femd_relaxer *relaxer; /* NULL for cauchy-born */
    femd_path path;
    double *virgin_factor; /* Cholesky factor at E = 0 (dense RVEs), the preconditioner of first steps */
    double *virgin_G;      /* sensitivities at E = 0 */
    int virgin_has_G;
    double virgin_W;  /* eV */
    femd_shell shell; /* the neighbours of the reference; none where nothing is relaxed */
} femd_native;

/* Where the atoms of a reference are. */
typedef enum femd_native_atoms {
    FEMD_NATIVE_RELAXED, /* at the minimum of their energy that the structure leads to */
    FEMD_NATIVE_FROZEN,  /* at its sites; there is no relaxer */
    FEMD_NATIVE_SAMPLED  /* as RELAXED, but what only motion holds has no such minimum, and the material may say that
                            none is to be sought ("start": "sites"): then the path is held at the sites */
} femd_native_atoms;

/* Structure, potential, neighbours, energetics and the reference of a material. */
FEMD_MUST_CHECK femd_status femd_native_create(const femd_json *doc, const femd_pack *pack, femd_native_atoms atoms,
                                               femd_native **out, femd_error *err);
/* The same of other atoms under the material's potential and settings: their cell is the reference, in which they are
 * relaxed. *atoms is taken, and empty afterwards. */
FEMD_MUST_CHECK femd_status femd_native_create_of(const femd_json *doc, const femd_pack *pack, femd_structure *atoms,
                                                  femd_native **out, femd_error *err);
void femd_native_destroy(femd_native **native);
/* After the path's RVE got another reference (E = 0, w = 0): relax there and keep what evaluations start from. */
FEMD_MUST_CHECK femd_status femd_native_renew(femd_native *native, femd_error *err);
/* The path at E = 0 as renew left it; and, wherever it is, ready for an evaluation: place and positions, with a
 * neighbour list whose order is a function of them. */
void femd_native_rest(femd_native *native);
FEMD_MUST_CHECK femd_status femd_native_stand(femd_native *native, femd_error *err);
/* Whether displacements w have parted atoms that are neighbours in the reference, at the same strain: a surface that
 * rebuilds, a slip. */
int femd_native_has_parted(const femd_native *native, const double *w);
/* One more remark on the material. */
void femd_native_remark(femd_native *native, const char *words);
/* The reference at a temperature (K) rests on an answer with these notes: native's doubts, and a remark on them. */
void femd_native_doubt(femd_native *native, double temperature, uint32_t notes);
/* A reference in place whose cell is far from the structure's is told: it may be another phase. */
FEMD_MUST_CHECK femd_status femd_native_tell_stretch(femd_native *native, femd_error *err);
/* Under a boundary condition that leaves bonds missing: a remark tells what the same crystal without vacancies
 * and voids answers, as such a cluster and periodically. doc and pack are the material's. NO_MEMORY. */
FEMD_MUST_CHECK femd_status femd_native_tell_perfect(const femd_json *doc, const femd_pack *pack, femd_native *native,
                                                     femd_error *err);
/* Mass of an atom in u, of the structure or else of the potential; 0 if neither knows. */
double femd_native_mass(const femd_native *native, int atom);
/* Of all atoms, *mass owned by the caller; NULL after a failure. BAD_INPUT names a species whose mass nobody knows. */
FEMD_MUST_CHECK femd_status femd_native_masses(const femd_native *native, const femd_json *doc, double **mass,
                                               femd_error *err);
/* eV, of one atom on the average: the reference's atoms at rest, less the same atoms when each is alone. */
FEMD_MUST_CHECK femd_status femd_native_atom_energy(const femd_native *native, double *energy, femd_error *err);
/* Extended XYZ of n atoms at (E, w), w = NULL for none; displacements are total (from the reference). */
FEMD_MUST_CHECK femd_status femd_native_dump(femd_native *native, const double E[6], const double *w, femd_buffer *out,
                                             femd_error *err);

#endif
