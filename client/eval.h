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
    option_list chemical;               /* "Ni=-0.76" in eV, "Co=12 meV" */
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

/* A material wherever it stands: in a case (then with the case's temperature) or in a file of its own. */
typedef struct eval_source {
    femd_case cs;  /* if is_case */
    femd_json doc; /* if not */
    int is_case;
    const femd_json *in; /* whichever it is */
    const cJSON *node;
    char *folder; /* owned */
    double Q[9];  /* the orientation beside it in a case; of a file's own see femd_orientation_of_material */
    double temperature;
} eval_source;

/* Find the material (NULL: the only one). The caller closes it, also after a failure. */
FEMD_MUST_CHECK femd_status eval_source_open(const char *path, const char *material, const option_list *sets,
                                             eval_source *s, femd_error *err);
void eval_source_close(eval_source *s);
/* Fill the request from the command line and its source. caps: what the material can. */
FEMD_MUST_CHECK femd_status eval_controls(const eval_request *ask, const eval_source *s, const femd_capabilities *caps,
                                          femd_request *q, femd_error *err);
/* Lattice parameter of the stress-free crystal from the reference volume: cubic lattices without vacancies and voids.
 */
double eval_lattice_parameter(const cJSON *material, const femd_capabilities *caps);

/* Place of a component by its name, "11", "xx" or "1" of n characters, in Voigt's order; -1: none. */
int eval_voigt_index(const char *name, size_t n);
/* A number in SI, or with a unit; `what` names it in the words of a failure. */
FEMD_MUST_CHECK femd_status eval_quantity(const char *what, const char *text, femd_dimension dim, double *out,
                                          femd_error *err);

/* The bytes of the file that --state names, and their hash. BAD_INPUT with words where it is no file, or empty though
 * the material (caps) keeps states; of one that keeps none --save-state has written an empty one. */
FEMD_MUST_CHECK femd_status eval_read_state(const char *path, const femd_capabilities *caps, femd_buffer *state,
                                            femd_hash *hash, femd_error *err);

void eval_print_table(const eval_answer *a);
void eval_print_json(const eval_answer *a);

#endif
