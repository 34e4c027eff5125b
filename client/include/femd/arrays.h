/* Arrays of material points, laid out as hosts have them: deformations of n points go, stresses and tangents come, in
 * one call and as few messages as they need.
 *
 *   femd_arrays arrays = {.size = sizeof arrays, .n = n, .F = F, .stress = P, .tangent = A, .status = status};
 *   femd_status worst;
 *   femd_status rc = femd_arrays_evaluate(client, &material, &arrays, &worst, &err);
 *   if (rc == FEMD_OK && femd_status_is_physics(worst)) cut the increment: err.text says why;
 *   else if (rc != FEMD_OK || worst != FEMD_OK) end the analysis with err.text;
 *
 * Point i owns the i-th block of each array. All is SI: Pa, K, J/m^3. Whatever a failed point should have got is filled
 * with NaN, so that a status that nobody reads does not pass for an answer. */
#ifndef FEMD_ARRAYS_H
#define FEMD_ARRAYS_H

#include "femd/client.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Which stress answers which deformation. */
enum {
    FEMD_LAW_PIOLA = 0,  /* F -> first Piola-Kirchhoff P and A = dP/dF (P = F S, per reference area) */
    FEMD_LAW_CAUCHY = 1, /* F -> Cauchy stress and the Jaumann tangent of Abaqus: of the Kirchhoff stress, over J */
    FEMD_LAW_GREEN = 2,  /* E, or F, of which E is made -> second Piola-Kirchhoff S and D = dS/dE */
    FEMD_LAW_SMALL = 3   /* small strain -> stress and d(stress)/d(strain): E and S where rotations are none */
};

/* How a 3x3 tensor lies in 9 numbers, and A in 81. */
enum {
    FEMD_MATRIX_ROWS = 0,    /* F[3 i + J], A[27 i + 9 J + 3 k + L]: C, numpy, dolfinx */
    FEMD_MATRIX_COLUMNS = 1, /* F[i + 3 J], A[i + 3 J + 9 k + 27 L]: Fortran, Abaqus, GetFEM */
    FEMD_MATRIX_MFRONT = 2   /* 11 22 33 12 21 13 31 23 32, A a 9x9 matrix of these by rows: MFront, MGIS */
};

/* How a symmetric tensor lies in 6 numbers, and a tangent in 36: a 6x6 matrix of these (it is symmetric but for
 * round-off, so that rows and columns do not matter). */
enum {
    FEMD_VECTOR_VOIGT = 0,  /* 11 22 33 23 13 12; strains carry 2 E23, ..., stresses do not */
    FEMD_VECTOR_ABAQUS = 1, /* 11 22 33 12 13 23; strains carry 2 E12, ... (Abaqus/Standard, CalculiX) */
    FEMD_VECTOR_MANDEL = 2, /* 11 22 33 23 13 12; strains and stresses carry sqrt 2 on shears */
    FEMD_VECTOR_MFRONT = 3  /* 11 22 33 12 13 23; strains and stresses carry sqrt 2 on shears (MFront, TFEL) */
};

/* Six whole numbers from 0 to 2^48 - 1 that name a state, for a host that stores doubles (STATEV of Abaqus). Six zeros:
 * the virgin state, so that storage that a host has zeroed is right. They hold a checksum: what was averaged,
 * interpolated or rounded to single precision is refused, never taken for another state. */
#define FEMD_TOKEN 6

typedef struct femd_arrays {
    size_t size; /* sizeof(femd_arrays) of the caller; members that its headers did not have yet count as 0 */
    size_t n;    /* points */
    int law;     /* FEMD_LAW_* */
    int matrix;  /* FEMD_MATRIX_*, of F, Q, and of stress and tangent of FEMD_LAW_PIOLA */
    int vector;  /* FEMD_VECTOR_*, of strain, and of stress and tangent of the other laws */

    /* what goes: F or strain; others may be NULL */
    const double *F;           /* [9 n] deformation gradients, det F > 0 (otherwise the point is OUT_OF_DOMAIN) */
    const double *strain;      /* [6 n] for FEMD_LAW_GREEN and FEMD_LAW_SMALL */
    const double *temperature; /* [n] K; NULL: temperature_of_all */
    double temperature_of_all; /* K */
    const double *pressure;    /* [n] Pa. Then the RVE finds its volume at that pressure, and the deformation gives the
                                * shape alone; stress and tangent are those at the volume found, see J */
    const double *Q;           /* [9 n] orientation of each point, v_rve = Q v_host; of a material that is not turned */
    const double *token_in;    /* [FEMD_TOKEN at token_stride] states that the increment begins with; NULL: virgin */
    size_t token_stride;       /* doubles from one point's token to the next one's; 0: FEMD_TOKEN */
    const uint64_t *points;    /* [n] their numbers, the same in every call; NULL: first_point + i */
    uint64_t first_point;
    uint64_t seed;               /* of the case; femd_seed makes that of each point and increment of it */
    uint32_t increment;          /* number of the increment, from 1 on; the same again after a cut */
    uint32_t attempt, iteration; /* labels for the server's log; 0 does no harm */
    double accuracy;             /* wanted relative standard error where it is sampled; 0: the material's own */
    int sweep;                   /* 1: commit by sweeps, see femd_client_sweep */

    /* what comes; NULL: not wanted */
    double *stress;         /* [9 n] or [6 n] Pa */
    double *tangent;        /* [81 n] or [36 n] Pa */
    double *thermal_stress; /* [9 n] or [6 n] Pa/K: d(stress)/dT at constant deformation */
    double *energy;         /* [n] J/m^3 per reference volume */
    double *J;              /* [n] det F that was reached */
    double *error;          /* [n] Pa: largest standard error of a component of S; 0 if it is not sampled */
    double *token_out;      /* [FEMD_TOKEN at token_stride] states after this evaluation. May be token_in only where the
                             * host never asks the same increment again */
    uint32_t *notes;        /* [n] FEMD_NOTE_*: reasons to look again */
    int32_t *status;        /* [n] femd_status of each point */
    char *words;            /* [words_size n] of points that failed, in words, cut to fit; "" for others */
    size_t words_size;      /* bytes of each; 0: none */
    /* W/(m K), what electrons carry included. FEMD_LAW_CAUCHY: [6 n] spatial, in the order of stresses; the others
     * referential, J F^-1 k F^-T: the heat through a reference area by the gradient along the reference. [9 n] for
     * FEMD_LAW_PIOLA, else [6 n] (stretched without rotation if E was given) */
    double *conductivity;
    double *conductivity_error; /* [n] W/(m K): largest standard error of a component of k; 0 if it is not sampled */
    /* what goes: [3 n] J per atom, chemical potentials of the material's 2nd, 3rd, 4th species less that of its first
     * (0 for those that it has not), of a material that exchanges species; NULL: the composition is the material's */
    const double *delta_mu;
    /* what comes */
    double *composition;       /* [4 n] fractions of atoms of the four species, at delta_mu */
    double *composition_error; /* [n] standard error of that of the first */
} femd_arrays;

/* Ask all points of one material, and wait. OK if every point has a status (then *worst is the first of class I, if
 * there is none the first that is not OK, else OK, and unless it is OK *err has its words); else nothing of worth is
 * there, and words say why: BAD_ARGUMENT, BAD_INPUT (a token that is none), DISCONNECTED, ... */
FEMD_API FEMD_MUST_CHECK femd_status femd_arrays_evaluate(femd_client *client, const femd_hash *material,
                                                          const femd_arrays *arrays, femd_status *worst,
                                                          femd_error *err);

/* The same in two steps, so that points of several materials are evaluated at once. *arrays is copied, what it points
 * to is read in the first step and written in the second. */
typedef struct femd_array_batch femd_array_batch;
FEMD_API FEMD_MUST_CHECK femd_status femd_arrays_submit(femd_client *client, const femd_hash *material,
                                                        const femd_arrays *arrays, femd_array_batch **batch,
                                                        femd_error *err);
/* The batch that waits for answers, for femd_client_poll and femd_client_wait_any; borrowed. */
FEMD_API femd_batch *femd_arrays_batch(const femd_array_batch *batch);
/* Waits; sets *batch NULL, also on failure. */
FEMD_API FEMD_MUST_CHECK femd_status femd_arrays_collect(femd_client *client, femd_array_batch **batch,
                                                         femd_status *worst, femd_error *err);
FEMD_API void femd_arrays_cancel(femd_client *client, femd_array_batch **batch);

/* ---- tokens ---- */

FEMD_API void femd_token_from_state(const femd_hash *state, double token[FEMD_TOKEN]);
/* BAD_INPUT with words for six numbers that are no token. */
FEMD_API FEMD_MUST_CHECK femd_status femd_token_to_state(const double token[FEMD_TOKEN], femd_hash *state,
                                                         femd_error *err);

/* Commit the tokens of n points, token i at tokens + i * stride (0: FEMD_TOKEN); numbers as in femd_arrays. For hosts
 * that know when an increment has been accepted; see femd_client_commit. */
FEMD_API FEMD_MUST_CHECK femd_status femd_tokens_commit(femd_client *client, uint32_t step, const uint64_t *points,
                                                        uint64_t first_point, const double *tokens, size_t stride,
                                                        size_t n, femd_error *err);

/* Commit without a hook, for hosts that do not say when they accept: before each evaluation the states that points
 * begin with are named here (femd_arrays.sweep does it, and femd_pointwise_open). The first sweep of an increment
 * thereby names the accepted states of all points; when the second begins, which is when a point is named again, they
 * are committed. An increment of a single sweep is committed with the next that has two: a host whose increments all
 * have one (explicit in time) says itself what it accepts, or the server keeps all of them. The increment may be any
 * number that changes when the host goes on, and not when it tries the same again. A point that is named twice with two
 * states in one increment is BAD_ARGUMENT: whoever goes on without another increment would lose states. All points of a
 * rank are to be named in every increment: the others keep what they had. Of several ranks each has points and the same
 * increments and sweeps: a commit waits for all of them. */
FEMD_API FEMD_MUST_CHECK femd_status femd_client_sweep(femd_client *client, uint64_t increment, const uint64_t *points,
                                                       const femd_hash *states, size_t n, femd_error *err);

/* ---- restart ---- */

/* Write the states that the tokens name into a file, for a host that saves itself: tokens alone mean nothing to a
 * server that was started later. Each state once, those of no point (zeros) not at all. Written beside and renamed, so
 * that a file is whole or the old one. STATE_LOST if a state is held nowhere. */
FEMD_API FEMD_MUST_CHECK femd_status femd_tokens_save(femd_client *client, const char *path, const double *tokens,
                                                      size_t stride, size_t n, femd_error *err);
/* Give the server the states of such a file; *states (may be NULL): how many. Do so before the first evaluation. They
 * are kept until the next commit, which names those that are to stay. BAD_INPUT for a file that is damaged. */
FEMD_API FEMD_MUST_CHECK femd_status femd_states_load(femd_client *client, const char *path, size_t *states,
                                                      femd_error *err);

#ifdef __cplusplus
}
#endif
#endif
