/* One material point evaluated in this process: what `femd eval` asks, gets and prints. */
#ifndef FEMD_CLIENT_EVAL_H
#define FEMD_CLIENT_EVAL_H

#include <stdio.h>

#include "models.h"
#include "numerics/symmetry.h"
#include "options.h"

/* The question, as the command line gives it. */
typedef struct eval_request {
    const char *path, *material, *want, *state, *save_state, *dump;
    option_numbers strain, F;
    option_list stress, sets, engines;  /* "22=0", "xx=1 GPa"; NAME=PATH */
    const char *temperature, *pressure; /* texts with or without a unit; NULL = not given */
    double accuracy;                    /* 0 = the material's own */
    int seed, json;
} eval_request;

/* The answer. Everything in the axes of the case, or those of the orientation beside the material: turned back if the
 * material has an orientation. */
typedef struct eval_answer {
    femd_request request; /* in the axes of the RVE */
    femd_response response;
    femd_error err; /* words of a status that is not OK */
    femd_capabilities caps;
    femd_hash material;
    const char *engine;               /* name, borrowed from the document */
    const char *notes;                /* on the potential, one a line, borrowed from the material */
    double a0;                        /* m; 0 where a lattice parameter has no meaning */
    double distance[FEMD_SYMMETRIES]; /* of the tangent from each class of symmetry in the axes of the RVE */
    int has_F;
    double F[9]; /* the deformation gradient reached */
    int turned;  /* the material has an orientation */
    int grains;  /* it has a table of them: the answer is in the axes of the RVE */
    /* Change of the Cauchy stress with a further small strain of the state that was reached, in its own axes (Birch's
     * and Wallace's coefficients, what LAMMPS's scripts for elastic constants measure): at a pressure p of a cubic
     * crystal D11 - p, D12 + p, D44 - p. Pa. */
    int has_birch;
    double birch[36];
    int has_atom_energy;
    double atom_energy; /* J: of the reference's atoms at rest less that of free atoms at rest, by their number */
} eval_answer;

/* Fill q->request's controls from the command line. Q: orientation of the material. caps: what it can. F: of --F, or U.
 */
FEMD_MUST_CHECK femd_status eval_controls(const eval_request *ask, const double Q[9], const femd_capabilities *caps,
                                          double temperature, femd_request *q, femd_error *err);
/* Lattice parameter of the stress-free crystal from the reference volume: cubic lattices without vacancies and voids.
 */
double eval_lattice_parameter(const cJSON *material, const femd_capabilities *caps);

void eval_print_table(const eval_answer *a);
void eval_print_json(const eval_answer *a);

#endif
