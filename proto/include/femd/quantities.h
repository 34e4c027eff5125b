/* The quantities that an evaluation can answer: one line each. All that femd does with a quantity follows from its
 * line: the members of femd_response, the bytes on the wire, the JSON of the channel and of `femd eval`, the table of
 * `femd eval`, how it turns with a material's orientation, and what femd-macro writes (fields, history.csv,
 * summary.json, checkpoint). The tables in proto/README.md and docs/output.md are compared with this list by a test.
 *
 * X(NAME, bit, HELD, "want", member, "key", SHAPE, ERROR, OVER, "unit", "row", scale, "row's unit", "words"):
 *   bit    in the set that a response carries, for ever: 0 to 30 are also those of what can be asked (FEMD_WANT_NAME),
 *          32 to 63 what only comes along; bit 7 was given away once and stays free
 *   HELD   when a response holds it: FEMD_HELD_*
 *   want   word that asks for it in JSON; NULL: it only comes along
 *   member of femd_response; its one-sigma standard error, if it can be SAMPLED and is not EXACT, is member_err
 *   key    in JSON and in all outputs
 *   SHAPE  FEMD_SHAPE_*: how many numbers, and how they turn with the body
 *   OVER   FEMD_OVER_*: what stands for it over a cell and over the body
 *   row    of the table of femd eval: name, the unit shown and how many SI units that is
 *   words  what it is */
#ifndef FEMD_QUANTITIES_H
#define FEMD_QUANTITIES_H

#include <stddef.h>
#include <stdint.h>

#include "femd/status.h"

/* A test build adds lines of its own: a header that defines FEMD_QUANTITY_EXTRA(X). */
#ifdef FEMD_QUANTITIES_EXTRA
#include FEMD_QUANTITIES_EXTRA
#else
#define FEMD_QUANTITY_EXTRA(X)
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* clang-format off */
#define FEMD_QUANTITY_LIST(X) \
  X(STRAIN, 32, ALWAYS, NULL, E, "strain", STRAIN, SAMPLED, MEAN, "-", "strain E", 1, "", \
    "Green-Lagrange strain reached") \
  X(J, 33, ALWAYS, NULL, J, "J", SCALAR, SAMPLED, MEAN, "-", "J = det F", 1, "", \
    "det F") \
  X(STRESS, 0, WANTED, "stress", S, "stress", STRESS, SAMPLED, MEAN, "Pa", "stress S", 1e9, "GPa", \
    "second Piola-Kirchhoff stress") \
  X(TANGENT, 1, WANTED, "tangent", D, "tangent", STIFFNESS, SAMPLED, MEAN, "Pa", "tangent D", 1e9, "GPa", \
    "dS/dE, unconstrained, internal coordinates relaxed") \
  X(THERMAL_STRESS, 2, WANTED, "thermal-stress", dSdT, "thermal_stress", STRESS, SAMPLED, MEAN, "Pa/K", \
    "dS/dT", 1e6, "MPa/K", "dS/dT at constant E") \
  X(CONDUCTIVITY, 3, WANTED, "conductivity", k, "conductivity", STRESS, SAMPLED, MEAN, "W/(m K)", \
    "conductivity k", 1, "W/(m K)", "thermal conductivity, symmetric part, frame F = U") \
  X(CONDUCTIVITY_CHECK, 35, CHECKED, NULL, k_check, "conductivity_check", STRESS, SAMPLED, MEAN, "W/(m K)", \
    "  other estimate", 1, "W/(m K)", "the conductivity by another estimator") \
  X(CONDUCTIVITY_ELECTRONIC, 36, NONZERO, NULL, k_electronic, "conductivity_electronic", STRESS, EXACT, MEAN, \
    "W/(m K)", "k of electrons", 1, "W/(m K), as declared; not in the row above", \
    "the electrons' part as the material declares it, to be added to the conductivity") \
  X(ENERGY, 4, WANTED, "energy", energy, "energy_density", SCALAR, SAMPLED, MEAN, "J/m^3", "energy", 1e6, "MJ/m^3", \
    "internal energy per reference volume, relative to the reference") \
  X(HELMHOLTZ, 5, WANTED, "helmholtz", helmholtz, "helmholtz_density", SCALAR, SAMPLED, MEAN, "J/m^3", \
    "Helmholtz energy", 1e6, "MJ/m^3", "Helmholtz energy per reference volume, relative to the reference") \
  X(HEAT_CAPACITY, 6, WANTED, "heat-capacity", heat_capacity, "heat_capacity", SCALAR, SAMPLED, MEAN, "J/(m^3 K)", \
    "heat capacity", 1e6, "MJ/(m^3 K)", "heat capacity at constant E, per reference volume") \
  X(VISCOSITY, 11, WANTED, "viscosity", viscosity, "viscosity", STIFFNESS, SAMPLED, MEAN, "Pa s", "viscosity", 1e-3, \
    "mPa s", "viscosity of the fluid between strain rates and Cauchy stresses, frame F = U") \
  X(ETA, 40, VISCOUS, NULL, eta, "shear_viscosity", SCALAR, SAMPLED, MEAN, "Pa s", "  shear viscosity", 1e-3, "mPa s", \
    "the isotropic part of the viscosity: shear") \
  X(ETA_BULK, 41, VISCOUS, NULL, eta_bulk, "bulk_viscosity", SCALAR, SAMPLED, MEAN, "Pa s", "  bulk viscosity", 1e-3, \
    "mPa s", "the isotropic part of the viscosity: bulk") \
  X(ETA_CHECK, 42, VISCOUS, NULL, eta_check, "shear_viscosity_check", SCALAR, SAMPLED, MEAN, "Pa s", \
    "  other estimate", 1e-3, "mPa s (shear)", "the shear viscosity by another estimator") \
  X(ETA_BULK_CHECK, 43, VISCOUS, NULL, eta_bulk_check, "bulk_viscosity_check", SCALAR, SAMPLED, MEAN, "Pa s", \
    "  other estimate", 1e-3, "mPa s (bulk)", "the bulk viscosity by another estimator") \
  X(VISCOSITY_FAR, 44, VISCOUS, NULL, viscosity_far, "viscosity_anisotropy", SCALAR, SAMPLED, MAX, "-", \
    "  anisotropy", 1, "(distance from the isotropic part; its error: what noise makes)", \
    "distance of the viscosity from its isotropic part over that part; its error is what noise alone makes") \
  X(DIFFUSIVITY, 12, WANTED, "diffusivity", diffusivity, "diffusivity", STRESS, SAMPLED, MEAN, \
    "m^2/s", "diffusivity", 1e-9, "1e-9 m^2/s", \
    "self-diffusivity of the first species of a fluid, by displacements, or of a vacancy by its hops, frame F = U") \
  X(DIFFUSIVITY_CHECK, 45, NONZERO, NULL, diffusivity_check, "diffusivity_check", STRESS, SAMPLED, MEAN, \
    "m^2/s", "  by velocities", 1e-9, "1e-9 m^2/s", "the same by the correlation of velocities") \
  X(DIFFUSIVITY_2, 13, WANTED, "diffusivity-2", diffusivity_2, "diffusivity_2", STRESS, SAMPLED, MEAN, \
    "m^2/s", "diffusivity 2", 1e-9, "1e-9 m^2/s", \
    "self-diffusivity of the second species of a fluid, by displacements, frame F = U") \
  X(DIFFUSIVITY_2_CHECK, 46, NONZERO, NULL, diffusivity_2_check, "diffusivity_2_check", STRESS, SAMPLED, MEAN, \
    "m^2/s", "  by velocities", 1e-9, "1e-9 m^2/s", "the same by the correlation of velocities") \
  X(DIFFUSIVITY_3, 14, WANTED, "diffusivity-3", diffusivity_3, "diffusivity_3", STRESS, SAMPLED, MEAN, \
    "m^2/s", "diffusivity 3", 1e-9, "1e-9 m^2/s", \
    "self-diffusivity of the third species of a fluid, by displacements, frame F = U") \
  X(DIFFUSIVITY_3_CHECK, 47, NONZERO, NULL, diffusivity_3_check, "diffusivity_3_check", STRESS, SAMPLED, MEAN, \
    "m^2/s", "  by velocities", 1e-9, "1e-9 m^2/s", "the same by the correlation of velocities") \
  X(DIFFUSIVITY_4, 15, WANTED, "diffusivity-4", diffusivity_4, "diffusivity_4", STRESS, SAMPLED, MEAN, \
    "m^2/s", "diffusivity 4", 1e-9, "1e-9 m^2/s", \
    "self-diffusivity of the fourth species of a fluid, by displacements, frame F = U") \
  X(DIFFUSIVITY_4_CHECK, 48, NONZERO, NULL, diffusivity_4_check, "diffusivity_4_check", STRESS, SAMPLED, MEAN, \
    "m^2/s", "  by velocities", 1e-9, "1e-9 m^2/s", "the same by the correlation of velocities") \
  X(DIFFUSIVITY_BOX, 49, NONZERO, NULL, diffusivity_box, "diffusivity_box", SCALAR, SAMPLED, MEAN, "m^2/s", \
    "  of the box", 1e-9, "1e-9 m^2/s, in the rows above", \
    "what the box takes off diffusivities and was added to them") \
  X(ETA_FLOW, 16, WANTED, "flow-viscosity", eta_flow, "flow_viscosity", SCALAR, SAMPLED, MEAN, "Pa s", \
    "flow viscosity", 1e-3, "mPa s", "shear viscosity of a fluid in steady shear, at the lowest of the rates") \
  X(ETA_FLOW_NEXT, 50, NONZERO, NULL, eta_flow_next, "flow_viscosity_next", SCALAR, SAMPLED, MEAN, "Pa s", \
    "  at the next rate", 1e-3, "mPa s", "the same at the next rate") \
  X(FLOW_RATE, 51, NONZERO, NULL, flow_rate, "flow_rate", SCALAR, EXACT, MEAN, "1/s", "  rate of shear", 1e9, "1/ns", \
    "the lowest rate of shear") \
  X(MU, 18, WANTED, "chemical-potential", mu, "chemical_potential", SCALAR, SAMPLED, MEAN, "J", "chemical potential", \
    1.602176634e-19, "eV", "chemical potential of a particle, or of a defect at one in the RVE") \
  X(MU_EXCESS, 60, CHEMICAL, NULL, mu_excess, "chemical_potential_excess", SCALAR, SAMPLED, MEAN, "J", \
    "  by interaction", 1.602176634e-19, "eV", \
    "its part by interaction: excess of a fluid, free energy of a defect's formation or of a swap of two species") \
  X(MU_IDEAL, 61, CHEMICAL, NULL, mu_ideal, "chemical_potential_ideal", SCALAR, EXACT, MEAN, "J", "  ideal", \
    1.602176634e-19, "eV", "its ideal part: of a gas of that density, or of mixing") \
  X(MU_MASS, 62, CHEMICAL, NULL, mu_mass, "chemical_potential_mass", SCALAR, EXACT, MEAN, "J", "  by mass", \
    1.602176634e-19, "eV", "its part by masses, where two species are swapped") \
  X(MU_CHECK, 63, NONZERO, NULL, mu_check, "chemical_potential_check", SCALAR, SAMPLED, MEAN, "J", \
    "  other estimate", 1.602176634e-19, "eV", "the part by interaction by another estimator") \
  X(MU_STRAIN, 19, WANTED, "chemical-potential-strain", mu_strain, "chemical_potential_strain", STRESS, SAMPLED, MEAN, \
    "J", "  its strain", 1.602176634e-19, "eV (d/dE)", \
    "derivative of the part by interaction by the strain of the cell, its sites kept") \
  X(COMPOSITION, 22, WANTED, "composition", x, "composition", SCALAR, SAMPLED, MEAN, "-", "composition", 1, "", \
    "fraction of atoms that are of the first species, at the prescribed differences of chemical potentials") \
  X(COMPOSITION_2, 56, NONZERO, NULL, x_2, "composition_2", SCALAR, SAMPLED, MEAN, "-", "  2nd species", 1, "", \
    "fraction of atoms that are of the second species") \
  X(COMPOSITION_3, 57, NONZERO, NULL, x_3, "composition_3", SCALAR, SAMPLED, MEAN, "-", "  3rd species", 1, "", \
    "fraction of atoms that are of the third species") \
  X(COMPOSITION_4, 58, NONZERO, NULL, x_4, "composition_4", SCALAR, SAMPLED, MEAN, "-", "  4th species", 1, "", \
    "fraction of atoms that are of the fourth species") \
  X(COMPOSITION_RESPONSE, 59, COMPOSED, NULL, x_response, "composition_response", SCALAR, SAMPLED, MEAN, "1/J", \
    "  dx2/d delta mu", 6.241509074460763e18, "1/eV", \
    "derivative of the fraction of the second species by its difference of chemical potentials") \
  X(RATE, 17, WANTED, "rate", rate, "rate", SCALAR, EXACT, MEAN, "1/s", "rate of a hop", 1e9, "1/ns", \
    "rate of the hop that the material names, at this strain and temperature") \
  X(BARRIER, 20, WANTED, "barrier", barrier, "barrier", SCALAR, EXACT, MEAN, "J", "barrier", 1.602176634e-19, "eV", \
    "energy of the saddle of that hop above its first state") \
  X(RATE_STRAIN, 21, WANTED, "rate-strain", rate_strain, "attempt_strain", STRESS, EXACT, MEAN, "-", \
    "d ln nu*/dE", 1, "", "derivative of the logarithm of the attempt frequency by the strain") \
  X(BARRIER_STRAIN, 52, NONZERO, NULL, barrier_strain, "barrier_strain", STRESS, EXACT, MEAN, "J", \
    "  dE_m/dE", 1.602176634e-19, "eV", "derivative of the barrier by the strain") \
  X(BARRIER_STRAIN_2, 53, NONZERO, NULL, barrier_strain_2, "barrier_strain_2", STIFFNESS, EXACT, MEAN, "J", \
    "  d2E_m/dE2", 1.602176634e-19, "eV", "second derivative of the barrier by the strain") \
  X(ACTIVATION_VOLUME, 54, NONZERO, NULL, activation_volume, "activation_volume", SCALAR, EXACT, MEAN, "m^3", \
    "  act. volume", 1e-30, "angstrom^3", "derivative of the barrier by the pressure, stresses else kept") \
  X(ATTEMPT_FREQUENCY, 55, NONZERO, NULL, attempt_frequency, "attempt_frequency", SCALAR, EXACT, MEAN, "1/s", \
    "  attempts nu*", 1e12, "THz", "attempt frequency of the hop") \
  X(STABILITY, 8, WANTED, "stability", stability, "stability", SCALAR, EXACT, MIN, "N/m", "stability", 1, \
    "N/m (lowest eigenvalue of the internal Hessian)", \
    "lowest eigenvalue of the internal Hessian, translations removed; > 0 is stable") \
  X(TANGENT_STABILITY, 9, WANTED, "tangent-stability", tangent_stability, "tangent_stability", SCALAR, SAMPLED, MIN, \
    "Pa", "  of the tangent", 1e9, "GPa (lowest eigenvalue)", \
    "lowest eigenvalue of the tangent as a map of symmetric tensors; > 0: stresses rise with strains") \
  X(ACOUSTIC_STABILITY, 10, WANTED, "acoustic-stability", acoustic_stability, "acoustic_stability", SCALAR, SAMPLED, \
    MIN, "Pa", "  of waves", 1e9, "GPa (lowest eigenvalue of the acoustic tensor)", \
    "lowest eigenvalue of the acoustic tensor over all directions; > 0: the body does not localise") \
  X(HILL_MANDEL, 34, ALWAYS, NULL, hill_mandel, "hill_mandel", SCALAR, SAMPLED, MAX, "-", "Hill-Mandel", 1, \
    "(residual of equilibrium)", "normalised Hill-Mandel residual") \
  X(DJDP, 37, PRESSURE, NULL, dJdp, "dJ_dp", SCALAR, EXACT, MEAN, "1/Pa", "dJ/dp", 1, "1/Pa", \
    "dJ/dp at constant isochoric strain") \
  X(DJDC, 38, PRESSURE, NULL, dJdC, "dJ_dC", STRESS, EXACT, MEAN, "-", "dJ/dC", 1, "", \
    "dJ/dC of the isochoric C at constant pressure") \
  X(DSDP, 39, PRESSURE, NULL, dSdp, "dS_dp", STRESS, EXACT, MEAN, "-", "dS/dp", 1, "", \
    "dS/dp at constant isochoric strain") \
  FEMD_QUANTITY_EXTRA(X)
/* clang-format on */

/* When a response holds a quantity. X(NAME, words) */
#define FEMD_HELD_LIST(X)                                                                                              \
    X(WANTED, "if asked") /* `provided` names it */                                                                    \
    X(ALWAYS, "always")                                                                                                \
    X(CHECKED, "if there is one")    /* a second estimate was made: femd_response.checked */                           \
    X(PRESSURE, "pressure control")  /* the answer is one of pressure control */                                       \
    X(NONZERO, "if not zero")        /* a number of it or of its error is not zero */                                  \
    X(VISCOUS, "with the viscosity") /* `provided` names that */                                                       \
    X(CHEMICAL, "with the chemical potential")                                                                         \
    X(COMPOSED, "with the composition")

/* What a quantity is, and how it turns: Voigt order 11, 22, 33, 23, 13, 12. X(NAME, numbers, words) */
#define FEMD_SHAPE_LIST(X)                                                                                             \
    X(SCALAR, 1, "scalar")                                                                                             \
    X(STRAIN, 6, "strain")  /* symmetric tensor with engineering shears */                                             \
    X(STRESS, 6, "tensor")  /* symmetric tensor; also the derivative of a scalar by a strain */                        \
    X(STIFFNESS, 36, "6x6") /* between two strains: row-major, minor symmetries */

/* What stands for the points of a cell, and for the body. X(NAME, "word") */
#define FEMD_OVER_LIST(X)                                                                                              \
    X(MEAN, "mean") /* by reference volume */                                                                          \
    X(MIN, "min")                                                                                                      \
    X(MAX, "max")

#define FEMD_HELD_ENUM(name, words)        FEMD_HELD_##name,
#define FEMD_SHAPE_ENUM(name, n, words)    FEMD_SHAPE_##name,
#define FEMD_SHAPE_NUMBERS(name, n, words) FEMD_NUMBERS_##name = n,
#define FEMD_OVER_ENUM(name, word)         FEMD_OVER_##name,
typedef enum femd_held { FEMD_HELD_LIST(FEMD_HELD_ENUM) FEMD_HELDS } femd_held;
typedef enum femd_shape { FEMD_SHAPE_LIST(FEMD_SHAPE_ENUM) FEMD_SHAPES } femd_shape;
enum { FEMD_SHAPE_LIST(FEMD_SHAPE_NUMBERS) FEMD_NUMBERS_MAX = FEMD_NUMBERS_STIFFNESS };
typedef enum femd_over { FEMD_OVER_LIST(FEMD_OVER_ENUM) FEMD_OVERS } femd_over;
#undef FEMD_HELD_ENUM
#undef FEMD_SHAPE_ENUM
#undef FEMD_SHAPE_NUMBERS
#undef FEMD_OVER_ENUM

/* For what concerns only what can be asked, or only what can have an error: FEMD_IF_WANTED_##HELD(text) and
 * FEMD_IF_SAMPLED_##ERROR(text) are the text where it is so, else nothing. */
#define FEMD_IF_WANTED_WANTED(...) __VA_ARGS__
#define FEMD_IF_WANTED_ALWAYS(...)
#define FEMD_IF_WANTED_CHECKED(...)
#define FEMD_IF_WANTED_PRESSURE(...)
#define FEMD_IF_WANTED_NONZERO(...)
#define FEMD_IF_WANTED_VISCOUS(...)
#define FEMD_IF_WANTED_CHEMICAL(...)
#define FEMD_IF_WANTED_COMPOSED(...)
#define FEMD_IF_SAMPLED_SAMPLED(...) __VA_ARGS__
#define FEMD_IF_SAMPLED_EXACT(...)

/* A member that holds the numbers of a shape. */
#define FEMD_MEMBER_SCALAR(member)    double member;
#define FEMD_MEMBER_STRAIN(member)    double member[6];
#define FEMD_MEMBER_STRESS(member)    double member[6];
#define FEMD_MEMBER_STIFFNESS(member) double member[36];

/* Places in the list: FEMD_QUANTITY_STRESS, ... */
enum {
#define FEMD_QUANTITY_ENUM(name, ...) FEMD_QUANTITY_##name,
    FEMD_QUANTITY_LIST(FEMD_QUANTITY_ENUM)
#undef FEMD_QUANTITY_ENUM
        FEMD_QUANTITIES
};

/* What an evaluation can be asked for; the bit set is `wants` down and `provided` up. */
enum {
#define FEMD_WANT_ENUM(name, bit, held, ...) FEMD_IF_WANTED_##held(FEMD_WANT_##name = 1u << (bit), )
    FEMD_QUANTITY_LIST(FEMD_WANT_ENUM)
#undef FEMD_WANT_ENUM
#define FEMD_WANT_BIT(name, bit, held, ...) FEMD_IF_WANTED_##held(| 1u << (bit))
        FEMD_WANT_ALL = 0u FEMD_QUANTITY_LIST(FEMD_WANT_BIT)
#undef FEMD_WANT_BIT
};

/* One line of the list. */
typedef struct femd_quantity {
    uint8_t bit;
    uint8_t numbers; /* of its shape */
    femd_held held;
    femd_shape shape;
    femd_over over;
    int sampled;         /* 1: it can have a standard error */
    uint32_t want;       /* FEMD_WANT_*; 0: it only comes along */
    size_t value, error; /* places in femd_response, in bytes; error only if sampled */
    const char *want_key, *key, *unit, *row, *row_unit, *words;
    double row_scale; /* of row_unit, in SI */
} femd_quantity;

/* The quantity at a place of the list; NULL from FEMD_QUANTITIES on. */
FEMD_API const femd_quantity *femd_quantity_at(size_t place);
/* The quantity of a bit, or that answers a want of this word; NULL if there is none. */
FEMD_API const femd_quantity *femd_quantity_of_bit(unsigned bit);
FEMD_API const femd_quantity *femd_quantity_of_want(const char *want_key);
/* "if asked", ...; "scalar", "tensor", ...; "mean", ... */
FEMD_API const char *femd_held_words(femd_held held);
FEMD_API const char *femd_shape_words(femd_shape shape);
FEMD_API const char *femd_over_word(femd_over over);

#ifdef __cplusplus
}
#endif
#endif
