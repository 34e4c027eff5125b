/* Displacement, stress, temperature and pressure at places of the body, for history.csv: at a point, by the functions
 * of the element there; over a surface, the mean by reference area. */
#ifndef FEMD_PROBE_H
#define FEMD_PROBE_H

#include "fields/problem.h"

/* Of each probe: displacement (m), then Cauchy stress in Voigt's order and its von Mises stress (Pa), all as the nodes
 * have them (femd_nodal_stress), then the temperature (K) and the pressure (Pa) that are solved for; NAN: there is no
 * such field. */
enum { FEMD_PROBE_NUMBERS = 12, FEMD_PROBE_TEMPERATURE = 10, FEMD_PROBE_PRESSURE = 11 };
/* "ux", ..., "sigma11", ..., "mises", "T", "p". */
extern const char *const femd_probe_label[FEMD_PROBE_NUMBERS];

/* 1 if a case with mechanics tells number c of its probes: where there is such a field. */
int femd_probe_tells(const femd_case *cs, int c);

typedef struct femd_probes femd_probes;

/* Find the cells and faces of the case's probes. BAD_INPUT for a point outside the body. Collective. */
FEMD_MUST_CHECK femd_status femd_probes_create(const femd_problem *p, femd_probes **probes, femd_error *err);
/* values: nprobes x FEMD_PROBE_NUMBERS at the committed state, the same on all ranks. Collective. */
FEMD_MUST_CHECK femd_status femd_probes_read(femd_probes *probes, femd_problem *p, double *values, femd_error *err);
/* Accepts NULL inside. */
void femd_probes_destroy(femd_probes **probes);

#endif
