/* Small problems built in memory: a case without a file, on the box mesh or a Gmsh file. */
#ifndef FEMD_TEST_MODEL_H
#define FEMD_TEST_MODEL_H

#include "law.h"
#include "solve/setup.h"
#include "solve/stepping.h"

#define MODEL_ENTRIES 12

typedef struct model {
    MPI_Comm comm; /* all ranks unless changed before model_create */
    femd_case cs;
    femd_case_material material[3];
    femd_case_boundary boundary[MODEL_ENTRIES];
    test_law law;
    femd_problem *p;
    /* of the hooks */
    int steps;
    femd_step_record last; /* reaction and account point into these */
    double reaction[3 * MODEL_ENTRIES], account[6 * (MODEL_ENTRIES + 1)],
        heat[MODEL_ENTRIES + 1 + FEMD_HEAT_NUMBERS + FEMD_PASS_NUMBERS];
} model;

/* Unit box of n x n x n cells, one material, no boundary, one step, tolerances of 1e-12, direct solver. */
void model_init(model *m, const femd_element *element, int n);
/* u = G x on the whole surface of the box. */
void model_affine(model *m, const double G[9]);
/* Entry: displacement components of `on` that are not NAN. Returns the entry. */
femd_case_boundary *model_hold(model *m, const char *on, double x, double y, double z);
femd_case_boundary *model_load(model *m, const char *on, femd_load kind, double x, double y, double z);
/* Physics thermal with a law that answers k (6, W/(m K)) and c: begins at kelvin; theta 0: steady. */
void model_heat(model *m, const double k[6], double c, double kelvin, double theta);
/* Physics thermomechanical, coupled one way, with such a law, which answers dS/dT too. */
void model_both(model *m, const double k[6], double c, double kelvin, double theta);
/* Component a of an entry is this expression; of the temperature. Released by model_clear. */
void model_expression(femd_case_boundary *entry, int a, const char *text);
femd_function *model_function(const char *text);
/* A beam of size and cells, Young's modulus 1 GPa, its left end held, its right end under a dead load P along z with
 * P L^2 / (E I) = load. Not yet created. */
void model_bend(model *m, const femd_element *element, const double size[3], const int cells[3], double nu,
                double load);
/* Means of the displacement of the right end (one rank). */
void model_tip(const model *m, double u[3]);
femd_status model_create(model *m, femd_error *err);
/* Create if need be and run to the end. */
femd_status model_run(model *m, femd_error *err);
void model_clear(model *m);
/* PETSc for the whole test program; finalised at exit. */
void model_start(int *argc, char ***argv);

#endif
