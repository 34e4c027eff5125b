/* Shared by the files mixed*.c, and by mechanics_answers.c where it speaks to the points. */
#ifndef FEMD_MIXED_PRIVATE_H
#define FEMD_MIXED_PRIVATE_H

#include "fields/mixed.h"

enum { PAIR = FEMD_SPACE + 1 }; /* entries of the pair at a node */

struct femd_mixed {
    femd_problem *p;  /* borrowed */
    Vec forces;       /* of the displacement's layout, to write into; owned */
    double *u;        /* 3 x nodes: local displacement of the iterate */
    double *pressure; /* nodes: local pressure of the iterate, Pa */
    double *residual; /* 4 x nodes: to write into */
    uint8_t *vertex;  /* nodes: 1 if it is one */
    int vertices;     /* of all ranks */
    double scale;     /* Pa/m, a power of two: pressure by its entry of the pair */
    int started;      /* the pressure of the start is there */
    int committed;    /* the matrix made last is of that half of the points */
};

/* mixed_start.c */
/* What is not at a vertex is between its edge's ends. */
void femd_mixed_fill_edges(const femd_problem *p, double *pressure);
/* A shear modulus (of a body that is regularised the bulk modulus) over the size of a cell, both of committed points,
 * so that a run that goes on has the same; a power of two, so that it rounds nothing. */
FEMD_MUST_CHECK femd_status femd_mixed_find_scale(femd_problem *p, femd_error *err);

/* mixed_answers.c */
FEMD_MUST_CHECK femd_status femd_mixed_no_memory(femd_error *err);
/* Stress, tangents and volume of one point under pressure p from its answer in pressure control and the regularisation,
 * Pa: at the deformation F with strain E, dS/dE at constant p and dS/dp, which is d gap/dE, where gap = J of the answer
 * - det F. */
void femd_mixed_combine(const double F[9], const double E[6], double p, const femd_response *r, double regular,
                        double S[6], double D[36], double slope[6], double *gap);
/* One sigma of that stress by the errors of the answer: at the pressure as it is given, which is what disturbs forces,
 * and with that of a pressure that such volumes make (6 each). */
void femd_mixed_doubt(const double F[9], const double E[6], const femd_response *r, double given[6], double all[6]);
/* Of the same answer: dS/dT at constant strain and gap, dJ/dT at constant pressure. At constant strain and pressure
 * dS/dT is more by slope dJdT / dJdp. */
void femd_mixed_warm(const double F[9], const double E[6], const femd_response *r, double dSdT[6], double *dJdT);
/* An answer at no strain under strain control, as pressure control at its own pressure would give it. *p: that
 * pressure. 0 if a larger volume does not lower it. */
int femd_mixed_at_rest(femd_response *r, double *p);
/* Make the request of point k one of pressure control; take its answer into the tentative half. */
void femd_mixed_request(const femd_problem *p, PetscInt k, femd_request *r);
void femd_mixed_take(const femd_problem *p, PetscInt k, const femd_response *r);
/* Of a field at the vertices: its value at point k. */
double femd_mixed_at_point(const femd_problem *p, PetscInt k, const double *at_nodes);

/* mixed_forces.c: forces (3 x nodes) and volumes times the scale into out (4 x nodes), this rank's parts; the matrix,
 * from the committed or the tentative half of the points. */
void femd_mixed_forces(const femd_problem *p, int committed, const double *forces, double *out);
FEMD_MUST_CHECK femd_status femd_mixed_stiffness(femd_problem *p, int committed, const double *u, const double *jump,
                                                 double *lifted, Mat K, femd_error *err);

/* The kind's complement: - the mass over the moduli of shape and volume. */
FEMD_MUST_CHECK femd_status femd_mixed_complement(const femd_field *field, Vec diagonal, femd_error *err);

/* mixed_thermal.c. What the change of the temperature in this attempt makes of residuals at the committed
 * displacement and pressure, added to balance (4 x nodes); what that of the last pass makes of them at the state last
 * evaluated, out (4 x nodes) being the residual there before. Collective. */
FEMD_MUST_CHECK femd_status femd_mixed_thermal_forces(femd_problem *p, double *balance, femd_error *err);
FEMD_MUST_CHECK femd_status femd_mixed_pass_forces(femd_problem *p, double *out, femd_error *err);

#endif
