/* The electrons' share of the heat conduction of a metal, as a material declares it: no interatomic potential knows
 * electrons, so it is reported beside the lattice's conductivity and never mixed with it. */
#ifndef FEMD_ELECTRONIC_H
#define FEMD_ELECTRONIC_H

#include "femd/json.h"

typedef struct femd_electronic {
    int declared;
    double resistivity; /* ohm m, at `temperature` */
    double coefficient; /* 1/K: resistivity (1 + coefficient (T - temperature)) */
    double temperature; /* K */
    double lorenz;      /* W ohm/K^2 */
} femd_electronic;

/* "electronic" of a material; declared = 0 if it has none. BAD_INPUT names the key. */
FEMD_MUST_CHECK femd_status femd_electronic_read(const femd_json *doc, femd_electronic *e, femd_error *err);
/* k = L T/rho(T) I (Wiedemann and Franz, Ann. Phys. 165 (1853) 497; Lorenz), W/(m K), Voigt, in the present
 * configuration: isotropic whatever the strain. Zero without a declaration. BAD_INPUT where the declared line gives no
 * positive resistivity at T. */
FEMD_MUST_CHECK femd_status femd_electronic_conductivity(const femd_electronic *e, double T, double k[6],
                                                         femd_error *err);

#endif
