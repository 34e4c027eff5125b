/* Inside libfemd_mfront: behaviours.c tells hosts what there is, ask.c asks femd, measures.c brings the answer into the
 * measures that a host chooses. */
#ifndef FEMD_MFRONT_H
#define FEMD_MFRONT_H

#include "femd/femd.h"
#include "view.h"

/* Internal state variables of each point, all zero for a virgin one: its number, the increment that its state is the
 * end of, and the state's token. A host need not know more than that they go from s0 to s1. */
enum { MFRONT_POINT = 0, MFRONT_INCREMENT = 1, MFRONT_TOKEN = 2, MFRONT_INTERNAL = MFRONT_TOKEN + FEMD_TOKEN };

typedef struct mfront_behaviour {
    const char *name;
    int finite;   /* 1: F; 0: small strain */
    int numbered; /* 1: its only material property is the material's place in the file, from 1 on */
} mfront_behaviour;

/* Integrate one point, from any thread. 1: all is there; -1: it failed, view->error_message says why, and where the
 * material says no *view->rdt is below 1. */
int mfront_ask(const mfront_behaviour *behaviour, mfront_view *view);

/* The connection, see host_pool.h. */
extern struct host_pool mfront_pool;

/* ---- restart.c: for a restart; nothing happens unless FEMD_MFRONT_STATES is set ---- */

/* Before anything is asked, from any thread. */
FEMD_MUST_CHECK femd_status mfront_restart_begin(femd_error *err);
FEMD_MUST_CHECK femd_status mfront_restart_remember(uint64_t point, const double *begin, const double *end,
                                                    femd_error *err);
/* When the host ends; before the connection is closed. */
void mfront_restart_end(void);

/* ---- points.c: what a host does not tell ---- */

/* The number of the increment that is asked for by a point that was last accepted at the end of `accepted`. */
uint32_t mfront_increment(double accepted);
/* The number of the point, from what its states of the beginning and (as the last call left it) the end hold. */
uint64_t mfront_point(const double *s0, const double *s1);

/* ---- measures.c: of finite strain: by K[1] and K[2] ---- */

enum mfront_stress { MFRONT_CAUCHY, MFRONT_PK2, MFRONT_PK1 };
enum mfront_tangent {
    MFRONT_DSIG_DF, /* Cauchy stress by F: 6 x 9 */
    MFRONT_DS_DE,   /* second Piola-Kirchhoff stress by Green-Lagrange's strain: 6 x 6 */
    MFRONT_DPK1_DF, /* first Piola-Kirchhoff stress by F: 9 x 9 */
    MFRONT_DTAU_DDF /* Kirchhoff stress by dF = F F0^-1: 6 x 9 */
};

/* From S and D = dS/dE in Voigt's order to host's numbers, F (and F0) by rows. */
void mfront_give_stress(int measure, const double F[9], const double S[6], double *host);
void mfront_give_tangent(int measure, const double F[9], const double F0[9], const double S[6], const double D[36],
                         double *host);
/* Of a tensor in MFront's order. */
void mfront_matrix_in(const double *host, double rows[9]);

#endif
