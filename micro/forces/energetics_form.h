/* How a form of potential is computed: the table that it fills in its own file, and the list of forms. A style of
 * potential (potentials/potential_form.h) names the form that computes with its parameters.
 *
 * There are four ways to be a form, from the least work to the fastest:
 *   energies of legs   one function: the energy of an atom over the bonds that start at it, with gradient and Hessian
 *                      (energetics_cluster.h); all else follows,
 *   forces only        at_once: energy, forces and tau of a configuration from anywhere; second derivatives follow by
 *                      differences (energetics_differences.h),
 *   pairs, densities   a kernel that makes the bonds; second derivatives are energetics_pairs.h's,
 *   anything           every function of its own.
 * Functions work on the extended atoms of the list e->last.nb; pointers are called once a sweep, never once a bond. */
#ifndef FEMD_ENERGETICS_FORM_H
#define FEMD_ENERGETICS_FORM_H

#include "forces/energetics.h"

struct femd_cluster;
struct femd_segments;

/* What a form keeps of every bond beside its vector. None at all: 0. */
enum {
    FEMD_BONDS_VECTORS = 1, /* bonds within the cutoff, in rows */
    FEMD_BONDS_PAIR = 2,    /* p1, p2, p0 of a pair energy, of which each atom carries half */
    FEMD_BONDS_ROWS = 4,    /* row */
    FEMD_BONDS_SLOPES = 8   /* inv, and a2, b2 for first derivatives already */
};

struct femd_energetics_form {
    const char *name;
    unsigned gives; /* FEMD_GIVES_*: a want for what is missing is refused with words */
    unsigned bonds; /* FEMD_BONDS_* */
    size_t own;     /* bytes at e->own, zero at first, for the form alone */

    /* After all else of *e has been made; sets e->functions. May be NULL, as may clear, which frees what own holds. */
    femd_status (*open)(femd_energetics *e, femd_error *err);
    void (*clear)(femd_energetics *e);

    /* Energy *W of the configuration in e->last, its bonds with derivatives up to `order`, and whatever spread, flux
     * and prepare need. Sets e->last.nearest_sq, which is judged. NULL if there is at_once. */
    femd_status (*sweep)(femd_energetics *e, int order, double *W, femd_error *err);
    /* Whether that sweep stayed inside the potential's domain; OUT_OF_DOMAIN with words else. NULL: distances say all.
     */
    femd_status (*judge)(const femd_energetics *e, femd_error *err);
    /* Forces of the last sweep on the extended atoms, added to e->fe (next x 4), and tau. */
    void (*spread)(const femd_energetics *e, double tau[6]);
    /* Energy, forces (added to e->fe, zero before) and tau at once. Used for forces where it is there. A form that has
     * nothing else may put whole forces on the first n extended atoms, the atoms themselves: then it does not give
     * FEMD_GIVES_FACES. It sets e->last.nearest_sq, to infinity if it judges distances itself; OUT_OF_DOMAIN comes
     * after all else was done. */
    femd_status (*at_once)(femd_energetics *e, const double cell[9], const double *x, double *W, double tau[6],
                           femd_error *err);

    /* After a sweep, of forms that give them: energy of each atom less its halves of pair energies; J += the potential
     * part of the heat flux less what those energies carry, v of the extended atoms (next x 4). */
    void (*carried)(const femd_energetics *e, double *energy);
    void (*flux)(const femd_energetics *e, const double *v, double J[3]);
    /* After a sweep, of forms that give them (energetics_segments.h): append all. */
    femd_status (*segments)(femd_energetics *e, struct femd_segments *out, femd_error *err);
    const char *segmented; /* in words, how */

    /* Second derivatives, after a sweep of order 2; conventions are energetics.h's. All of prepare, apply and fill, or
     * none: then they are made by differences. L comes as zeros; L, B may be NULL. */
    femd_status (*prepare)(femd_energetics *e, double *L, double B[36], femd_error *err);
    void (*apply)(femd_energetics *e, const double *v, double *y);
    femd_status (*fill)(femd_energetics *e, double *H, femd_error *err); /* the upper triangle */
    /* The 3 x 3 blocks on the diagonal of H, n of them, after prepare; NULL: from the dense matrix. */
    femd_status (*onsite)(const femd_energetics *e, double *blocks, femd_error *err);
    femd_status (*born)(femd_energetics *e, double B[36], femd_error *err); /* B alone; NULL: prepare's */

    /* Of a form of energies of legs: see energetics_cluster.h. */
    void (*cluster)(const struct femd_cluster *at);
    size_t leg; /* bytes of scratch that it wants for each leg */
};

/* The forms there are: X(form) for the table femd_energetics_<form>. This line and the file that fills the table are
 * all that a new one needs in this folder. */
#define FEMD_ENERGETICS_FORMS(X) X(eam) X(lj) X(sw)

#define FEMD_ENERGETICS_FORM_DECLARE(form) extern const femd_energetics_form femd_energetics_##form;
FEMD_ENERGETICS_FORMS(FEMD_ENERGETICS_FORM_DECLARE)
#undef FEMD_ENERGETICS_FORM_DECLARE

/* As femd_energetics_create, with a form of the caller's, which must outlive *out. */
FEMD_MUST_CHECK femd_status femd_energetics_create_as(const femd_energetics_form *form, const femd_potential *p,
                                                      int natoms, const int *species, femd_energetics **out,
                                                      femd_error *err);

#endif
