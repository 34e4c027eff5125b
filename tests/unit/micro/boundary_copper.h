/* Copper with vacancies and voids of which the moduli under several boundary conditions are known from an independent
 * program: the RVEs, and the figures as they are given there. */
#ifndef FEMD_TEST_BOUNDARY_COPPER_H
#define FEMD_TEST_BOUNDARY_COPPER_H

#include "engine_material.h"

/* Vacancies of the draw called n=4-1 and n=4-2, in fractions of the cell; a void of 13 sites. */
#define DRAW_1                                                                                                         \
    "\"vacancies\":{\"positions\":[[0.625,0.125,0],[0,0,0.5],[0.5,0.875,0.875],[0.875,0.75,0.125],[0.25,0.875,0.375]]" \
    "}"
#define DRAW_2                                                                                                         \
    "\"vacancies\":{\"positions\":[[0.25,0,0.75],[0,0.375,0.625],[0.75,0.375,0.125],[0.375,0,0.125],[0.375,0.625,0.5]" \
    "]}"
#define VOID_13  "\"voids\":[{\"center\":[0.5,0.5,0.5],\"radius\":\"2.9 angstrom\"}]"
#define PERFECT  "\"masses\":[63.546]"
#define PERIODIC "\"periodic\""
#define KUBC_1   "\"kubc\""
#define KUBC_2   "{\"type\":\"kubc\",\"planes\":2}"

/* An RVE of repeat^3 cells at a = 3.614925 angstrom, its reference as given. */
static inline femd_material *boundary_copper(int repeat, const char *defects, const char *condition) {
    char json[1024];
    snprintf(
        json, sizeof json,
        "{\"engine\":\"native\",\"structure\":{\"lattice\":\"fcc\",\"a\":\"3.614925 angstrom\",\"species\":[\"Cu\"],"
        "\"repeat\":[%d,%d,%d],%s},\"potential\":{\"style\":\"eam/alloy\",\"file\":\"Cu_mishin1.eam.alloy\"},"
        "\"reference\":\"as-given\",\"boundary_condition\":%s}",
        repeat, repeat, repeat, defects, condition);
    return open_material(json);
}

/* Of the symmetric part of dP/dF at F = I: cubic means of C11, C12, C44 and the mean stress, GPa. */
static inline void boundary_moduli(const femd_response *r, double C[4]) {
    const double *D = r->D;
    C[3] = (r->S[0] + r->S[1] + r->S[2]) / 3 / GPA;
    C[0] = (D[0] + D[7] + D[14]) / 3 / GPA + C[3];
    C[1] = (D[1] + D[2] + D[8]) / 3 / GPA;
    C[2] = (D[21] + D[28] + D[35]) / 3 / GPA + C[3] / 2;
}

#endif
