/* Energy, forces and second derivatives of a configuration of atoms, and what else follows from its bonds. Units and
 * the convention of cells are those of crystal/structure.h.
 *
 * All at the current cell (deformed by U) and spatial positions x. r = x_j + image - x_i.
 *   tau[6]      = dW/d(sym. strain) = sum over pairs of (phi'/r) r_a r_b      (eV; Kirchhoff virial: sigma = tau/V)
 *   force[3n]   = -dW/dx
 *   H (3n x 3n) = d2W/dx dx, dense, row-major, full
 *   L (3n x 6)  = d tau/dx at fixed cell, row-major [3n][6]: sum of kappa r r r + (phi'/r)(delta r + r delta); rows a
 *                 of L give the change of tau when x moves. Sign and factor so that tau(x+dx) = tau(x) + L^T dx to
 *                 first order, r at fixed cell.
 *   B (6 x 6)   = sum of kappa r_a r_b r_c r_d (+ embedding terms), kappa = (phi'' - phi'/r)/r^2: second derivative of
 *                 W with respect to E (identity reference at the current cell), that is with r^2 -> r^2 + 2 r.E.r
 *                 exact: d2W/dEdE.
 * Embedding terms of EAM are included everywhere. Sums run in a fixed order: same inputs and list, same bits.
 *
 * Every function here brings the list up to date itself (femd_neighbours_update). After OUT_OF_DOMAIN by density or
 * distance W, force and tau still hold values (F goes on linearly, as in LAMMPS). */
#ifndef FEMD_ENERGETICS_H
#define FEMD_ENERGETICS_H

#include <stdint.h>

#include "forces/neighbour.h"
#include "potentials/potential.h"

typedef struct femd_energetics femd_energetics;
typedef struct femd_energetics_form femd_energetics_form; /* energetics_form.h */
/* For atoms of these species (0-based, as the potential's). The potential must outlive the energetics; the numerics
 * level is that at creation. */
FEMD_MUST_CHECK femd_status femd_energetics_create(const femd_potential *p, int natoms, const int *species,
                                                   femd_energetics **e, femd_error *err);
void femd_energetics_destroy(femd_energetics **e);
/* From now on the atoms are of these species (as at creation, copied): each must be one of the potential's. What was
 * prepared is lost. */
void femd_energetics_set_species(femd_energetics *e, const int *species);
/* W, force (may be NULL), tau (may be NULL). OUT_OF_DOMAIN if the potential's table is left (density or distance),
 * naming it. Leaves what was prepared alone. */
FEMD_MUST_CHECK femd_status femd_energetics_forces(femd_energetics *e, femd_neighbours *nb, const double cell[9],
                                                   const double *x, double *W, double *force, double tau[6],
                                                   femd_error *err);
/* H, L, B at once (each may be NULL). Second derivatives are exact; of a potential that gives forces only they are
 * central differences (energetics_differences.h says how good). Prepares as well, unless B is all that is wanted: then
 * what was prepared may be lost (and B costs no more than 3 sweeps, by differences 12). */
FEMD_MUST_CHECK femd_status femd_energetics_hessian(femd_energetics *e, femd_neighbours *nb, const double cell[9],
                                                    const double *x, double *H, double *L, double B[36],
                                                    femd_error *err);
/* The same with only the upper triangle of H (by rows, with the diagonal), all that femd_cholesky reads; by differences
 * the lower one is spoilt, else left alone. H is not NULL. */
FEMD_MUST_CHECK femd_status femd_energetics_hessian_upper(femd_energetics *e, femd_neighbours *nb, const double cell[9],
                                                          const double *x, double *H, double *L, double B[36],
                                                          femd_error *err);
/* Whether the force of some pair jumps to zero at its cutoff. */
int femd_energetics_is_cut(const femd_energetics *e);
/* Add to B what such jumps mean for the average of B over moving atoms, at the configuration of the last
 * femd_energetics_hessian or _prepare: from the pairs within `width` (angstrom) below their cutoff. Its mean is right
 * to 0.01 width^3 of the third derivative of the density of pairs; a single value scatters. Zero where nothing jumps.
 * UNSUPPORTED with words where something does and the form keeps no bonds to take it from: B alone would be the mean's
 * without a sign of what it lacks. */
FEMD_MUST_CHECK femd_status femd_energetics_add_cut(const femd_energetics *e, double width, double B[36],
                                                    femd_error *err);
/* Make ready for femd_energetics_apply at (cell, x): the second derivatives of all bonds. L, B as above, or NULL. */
FEMD_MUST_CHECK femd_status femd_energetics_prepare(femd_energetics *e, femd_neighbours *nb, const double cell[9],
                                                    const double *x, double *L, double B[36], femd_error *err);
/* y = H v without forming H, at the (cell, x) last prepared. */
void femd_energetics_apply(femd_energetics *e, const double *v, double *y);
/* Error of H v that femd_energetics_apply makes, relative to |H| |v|: round-off, or that of differences. */
double femd_energetics_apply_error(const femd_energetics *e);
/* The 3x3 blocks on the diagonal of H, 9 x natoms. LIMIT where a potential of clusters has more than
 * FEMD_ONSITE_DENSE_MAX atoms. What was prepared is that of (cell, x) afterwards. */
enum { FEMD_ONSITE_DENSE_MAX = 800 };
FEMD_MUST_CHECK femd_status femd_energetics_onsite(femd_energetics *e, femd_neighbours *nb, const double cell[9],
                                                   const double *x, double *blocks, femd_error *err);
/* The same of what was last prepared, without preparing. *given = 0, and nothing written, of a potential that knows its
 * second derivatives by differences alone. */
FEMD_MUST_CHECK femd_status femd_energetics_prepared_onsite(const femd_energetics *e, double *blocks, int *given,
                                                            femd_error *err);
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
/* What not every potential gives. UNSUPPORTED, naming the potential and what it lacks, if `what` (one or several of
 * these) is not all there; the functions above say so themselves, a method asks when its material is opened. */
enum { FEMD_GIVES_FACES = 1, FEMD_GIVES_ATOM_ENERGIES = 2, FEMD_GIVES_FLUX = 4, FEMD_GIVES_SEGMENTS = 8 };
FEMD_MUST_CHECK femd_status femd_energetics_require(const femd_energetics *e, unsigned what, femd_error *err);
/* Number of femd_energetics_forces sweeps so far. */
uint64_t femd_energetics_count(const femd_energetics *e);
/* Counts sweeps that a method made over other bonds for the same RVE. */
void femd_energetics_count_more(femd_energetics *e, uint64_t sweeps);

#endif
