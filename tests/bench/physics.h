/* What the parts of bench_physics share: figures with errors, the rows that compare them, materials asked as femd eval
 * asks them.
 *
 * Owns no physics. Everything here is in SI units unless a name says otherwise. */
#ifndef FEMD_BENCH_PHYSICS_H
#define FEMD_BENCH_PHYSICS_H

#include <math.h>
#include <stddef.h>

#include "micro.h"
#include "rve/native.h"

#define GPA      1e9
#define ANGSTROM 1e-10

/* A figure and its one-sigma error; error 0: it has none. */
typedef struct figure {
    double value, error;
} figure;

/* Something to hold a figure against. */
typedef struct reference {
    const char *name; /* where it is from */
    figure is;
} reference;

/* One chapter of the table; it prints its rows as it gets them. */
typedef struct chapter {
    const char *name, *what;
    femd_status (*run)(femd_error *err);
} chapter;

/* Print one row and flush it: `mine` in `unit` against `other`, their difference in standard deviations of both, added
 * in quadrature; null where mine has no error: an exact figure, or an approximation whose distance no error measures.
 */
void print_figure(const char *name, figure mine, const char *unit, reference other);
/* A line of progress on standard error. */
__attribute__((format(printf, 1, 2))) void say(const char *format, ...);
/* Processor seconds of this process. */
double cpu_seconds(void);

/* Open the material of a JSON text; data files are found as femd eval finds them. */
FEMD_MUST_CHECK femd_status open_text(const char *json, femd_material **m, femd_error *err);
/* The RVE of such a text without its methods, for dynamics by hand. */
FEMD_MUST_CHECK femd_status open_native(const char *json, femd_native_atoms atoms, femd_native **native,
                                        femd_error *err);
/* One evaluation from the virgin state at strain E (NULL: zero). */
FEMD_MUST_CHECK femd_status ask(femd_material *m, const double *E, double temperature, uint32_t wants, femd_response *r,
                                femd_error *err);
/* The same at a pressure, the shape kept: the volume follows. */
FEMD_MUST_CHECK femd_status ask_at_pressure(femd_material *m, double pressure, double temperature, uint32_t wants,
                                            femd_response *r, femd_error *err);

/* C11, C12, C44 in GPa: means of the entries that cubic symmetry makes equal. Their errors are taken as fully
 * correlated (they come from one run), so the error of a mean is the mean of the errors: an upper bound. */
typedef struct cubic {
    figure c11, c12, c44;
} cubic;
cubic cubic_constants(const femd_response *r);
/* The same three from stresses at strains of +-step along 11 and of +-2 step (engineering) in 23. */
FEMD_MUST_CHECK femd_status cubic_by_strain(femd_material *m, double temperature, double step, cubic *c,
                                            femd_error *err);
void print_cubic(const char *what, cubic mine, const char *other, cubic theirs);

/* Edge of the cubic cell in angstrom from the reference volume. */
double edge(const femd_material *m, int cells);

/* ---- chapters ---- */
femd_status copper_expansion(femd_error *err);
femd_status copper_constants(femd_error *err);
femd_status argon_constants(femd_error *err);
femd_status silicon_constants(femd_error *err);
femd_status rough_tables(femd_error *err);
femd_status exact_figures(femd_error *err);
femd_status boundary_conditions(femd_error *err);
femd_status counted_hops(femd_error *err);
femd_status hop_flux(femd_error *err);
femd_status vacancy_rates(femd_error *err);
femd_status liquid_pressure(femd_error *err);
femd_status liquid_conductivity(femd_error *err);
femd_status liquid_viscosity(femd_error *err);
femd_status liquid_diffusivity(femd_error *err);
femd_status chemical_potential(femd_error *err);
femd_status composition(femd_error *err);
femd_status solid_conductivity(femd_error *err);
femd_status solid_flow(femd_error *err);

#endif
