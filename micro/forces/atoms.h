/* The inner interface of the native engine: structure, potential, neighbours, energetics. Units here, and only under
 * micro/: eV, angstrom, ps, u. Cells are three lattice vectors as ROWS: cell[3*i+c] is component c of vector i; a
 * deformation gradient F takes vector a to F a.
 *
 * Voigt order 11,22,33,23,13,12 for every 6 and 6x6 here. */
#ifndef FEMD_ATOMS_H
#define FEMD_ATOMS_H

#include "femd/json.h"
#include "femd/pack.h"

/* ---- structure.c: lattices, orientation, repetition, defects, LAMMPS data files ---- */
#define FEMD_SPECIES_MAX 8
typedef struct femd_structure {
    int natoms, nspecies;
    double cell[9];
    double *x;                      /* natoms x 3, Cartesian, owned */
    int *species;                   /* natoms, 0-based, owned */
    char name[FEMD_SPECIES_MAX][8]; /* element symbols */
    double mass[FEMD_SPECIES_MAX];  /* u; 0 where neither "masses" nor the file says: then the potential's */
} femd_structure;
/* From the material's "structure" object. Deterministic: defects are drawn from their own seed. */
FEMD_MUST_CHECK femd_status femd_structure_create(const femd_json *doc, const cJSON *structure, const femd_pack *pack,
                                                  femd_structure *s, femd_error *err);
void femd_structure_clear(femd_structure *s);

/* ---- potential.c and potential_*.c ---- */
typedef struct femd_potential femd_potential;
/* From the material's "potential" object. species/n: those of the structure, in its order; each must be in the
 * potential. */
FEMD_MUST_CHECK femd_status femd_potential_create(const femd_json *doc, const cJSON *potential, const femd_pack *pack,
                                                  const char (*species)[8], int nspecies, femd_potential **p,
                                                  femd_error *err);
void femd_potential_destroy(femd_potential **p);
double femd_potential_cutoff(const femd_potential *p);
const char *
femd_potential_notes(const femd_potential *p); /* remarks on uneven derivatives, one a line; "" if there are none */
double femd_potential_mass(const femd_potential *p, int species); /* u; 0 if the potential does not say */

/* ---- neighbour.c: pairs within cutoff + skin, with periodic images; correct for cells smaller than the cutoff and for
 *      strongly sheared cells ---- */
typedef struct femd_neighbours femd_neighbours;
FEMD_MUST_CHECK femd_status femd_neighbours_create(double cutoff, double skin, femd_neighbours **nb, femd_error *err);
void femd_neighbours_destroy(femd_neighbours **nb);
/* Make the list fit (cell, x). Rebuilt only if an atom pair may have come within the cutoff unseen (displacements and
 * cell change since the last build against the skin); the list's ORDER depends only on the configuration it was built
 * at, so callers that need the same bits call femd_neighbours_rebuild at a configuration that is a function of their
 * inputs. OUT_OF_DOMAIN if two atoms coincide or an entry is not finite. */
FEMD_MUST_CHECK femd_status femd_neighbours_update(femd_neighbours *nb, int n, const double cell[9], const double *x,
                                                   femd_error *err);
FEMD_MUST_CHECK femd_status femd_neighbours_rebuild(femd_neighbours *nb, int n, const double cell[9], const double *x,
                                                    femd_error *err);

/* ---- energetics.c (one table of kernels per numerics level) ----
 * All at the current cell (deformed by U) and spatial positions x. r = x_j + image - x_i.
 *   tau[6]      = dW/d(sym. strain) = sum over pairs of (phi'/r) r_a r_b      (eV; Kirchhoff virial: sigma = tau/V)
 *   force[3n]   = -dW/dx
 *   H (3n x 3n) = d2W/dx dx, dense, row-major, full
 *   L (3n x 6)  = d tau/dx at fixed cell, row-major [3n][6]: sum of kappa r r r + (phi'/r)(delta r + r delta); rows a
 * of L give the change of tau when x moves. Sign and factor so that tau(x+dx) = tau(x) + L^T dx to first order, r at
 * fixed cell. B (6 x 6)   = sum of kappa r_a r_b r_c r_d (+ embedding terms), kappa = (phi'' - phi'/r)/r^2: second
 * derivative of W with respect to E (identity reference at the current cell), that is with r^2 -> r^2 + 2 r.E.r exact:
 * d2W/dEdE. embedding terms of EAM included everywhere. Sums run in a fixed order: same inputs and list, same bits. */
typedef struct femd_energetics femd_energetics;
FEMD_MUST_CHECK femd_status femd_energetics_create(const femd_potential *p, int natoms, const int *species,
                                                   femd_energetics **e, femd_error *err);
void femd_energetics_destroy(femd_energetics **e);
/* W, force (may be NULL), tau (may be NULL). OUT_OF_DOMAIN if the potential's table is left (density or distance),
 * naming it. */
FEMD_MUST_CHECK femd_status femd_energetics_forces(femd_energetics *e, femd_neighbours *nb, const double cell[9],
                                                   const double *x, double *W, double *force, double tau[6],
                                                   femd_error *err);
/* H, L, B at once (each may be NULL); exact second derivatives. */
FEMD_MUST_CHECK femd_status femd_energetics_hessian(femd_energetics *e, femd_neighbours *nb, const double cell[9],
                                                    const double *x, double *H, double *L, double B[36],
                                                    femd_error *err);
/* y = H v without forming H, at the (cell, x) of the last femd_energetics_forces call made with prepare = all
 * second-derivative pair data. */
FEMD_MUST_CHECK femd_status femd_energetics_prepare(femd_energetics *e, femd_neighbours *nb, const double cell[9],
                                                    const double *x, double *L, double B[36], femd_error *err);
void femd_energetics_apply(femd_energetics *e, const double *v, double *y);
/* Every function here brings the list up to date itself (femd_neighbours_update); the potential must outlive the
 * energetics, the level is that at creation. After OUT_OF_DOMAIN by density or distance W, force and tau still hold
 * values (F goes on linearly, as in LAMMPS). femd_energetics_hessian prepares as well, unless B is all that is wanted:
 * then what was prepared may be lost (and B costs no more than 3 sweeps); femd_energetics_forces leaves what was
 * prepared alone. */
/* Forces through the faces of the periodic cell, for the boundary form of the Hill-Mandel work: for each of the three
 * lattice directions k, T[3*k+c] = component c of the total partial force that crosses the face pair k = sum over bonds
 * with image shift n of n_k times the force of the pair (partial forces of the many-body energy). By code separate from
 * tau. Sign: tension is positive, so that tau_ab = sum_k T[3k+a] cell[3k+b] - sum_i force_ia x_ib at any state. */
FEMD_MUST_CHECK femd_status femd_energetics_face_forces(femd_energetics *e, femd_neighbours *nb, const double cell[9],
                                                        const double *x, double T[9], femd_error *err);
/* Heat flux J (3; eV angstrom/ps) = sum_i e_i v_i + sum over atoms of the potential part sum_j (dU_j/dr_ji . v_i) r_ij,
 * right for many-body potentials (Fan et al., Phys. Rev. B 92 (2015) 094301; Surblys et al., Phys. Rev. E 99 (2019)
 * 051301): v n x 3 in angstrom/ps, mass per atom in u. Not per volume. */
FEMD_MUST_CHECK femd_status femd_energetics_heat_flux(femd_energetics *e, femd_neighbours *nb, const double cell[9],
                                                      const double *x, const double *v, const double *mass, double J[3],
                                                      femd_error *err);
/* Per-atom energies (eV), for dumps. */
FEMD_MUST_CHECK femd_status femd_energetics_atom_energies(femd_energetics *e, femd_neighbours *nb, const double cell[9],
                                                          const double *x, double *energy, femd_error *err);
/* Number of femd_energetics_forces sweeps so far. */
uint64_t femd_energetics_count(const femd_energetics *e);
/* Counts sweeps that a method made over other bonds for the same RVE. */
void femd_energetics_count_more(femd_energetics *e, uint64_t sweeps);

#endif
