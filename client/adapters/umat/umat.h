/* Inside libfemd_umat: what its two interfaces (calculix.c, abaqus.c) ask of the rest. */
#ifndef FEMD_ADAPTERS_UMAT_H
#define FEMD_ADAPTERS_UMAT_H

#include "femd/femd.h"

/* What a user of the host gives it: one constant, the state's token in its state variables. Points are numbered 1000
 * times the element's number, and their own. */
enum { UMAT_CONSTANTS = 1, UMAT_STATEV = FEMD_TOKEN, UMAT_POINTS_MAX = 999 };

/* When it is, as far as the host says. An increment is another one if its numbers or its beginning differ; another
 * attempt at the same has another length. */
typedef struct umat_moment {
    double begin;        /* total time at the beginning of the increment */
    double length;       /* of the increment */
    int step, increment; /* numbers; 0 where the host tells none */
    int first;           /* 1: the increment is the first one of a step */
} umat_moment;

typedef struct umat_call {
    const char *name; /* of the material, as the host writes it, with blanks behind */
    size_t length;    /* of that */
    int element, point;
    umat_moment moment;
    int law;                   /* FEMD_LAW_GREEN or _SMALL: strain in Abaqus' order; _CAUCHY: F by columns */
    const double *deformation; /* [6] or [9] */
    int has_temperature;       /* 0: the host has none, and that of the case counts */
    double temperature;        /* K */
    const double *token;       /* state that the increment begins with */
    int deformed;              /* 1: the increment begins with a strain that is not zero */
    int wants_tangent;
} umat_call;

/* Pa, in Abaqus' order. */
typedef struct umat_answer {
    double stress[6], tangent[36], token[FEMD_TOKEN];
} umat_answer;

/* Ask for one point and wait, from any thread. 1: answered. 0: the increment is to be cut, for this point or another
 * one of the same attempt; then the tangent is the point's last one (zeros if there is none), and the token that which
 * came. Whatever else fails ends the host, with words. A point that asks the same again is answered from what it was
 * told. */
int umat_ask(const umat_call *call, umat_answer *answer);

/* What stands behind the last @ of CalculiX' names, or the whole name. *length: without blanks at its end. */
const char *umat_material(const char *name, size_t size, size_t *length);

/* Say why, and end the host: by Abaqus' XIT where that is there, else exit(201) as CalculiX does. */
_Noreturn void umat_end(const char *fmt, ...) FEMD_PRINTF(1, 2);

/* The user's constants and state variables are as above, or the host ends. Returns Pa in the host's unit of stress. */
double umat_check_constants(int constants, const double *constant, int statev);

/* Ask for a cut: CalculiX' *pnewdt is negative where nobody has asked, Abaqus' is large. */
void umat_cut(double *pnewdt);

/* Whether the strain [6] that the host names, in Abaqus' order with tensor shears, is that of its deformation gradient
 * [9] by columns: E = (F^T F - I)/2, or where rotations are none its linear part. */
int umat_strain_is_of(const double *strain, const double *F);

/* ---- points: what each was told last; with the lock held ---- */

typedef struct umat_point {
    struct umat_point *next;
    uint64_t number;
    int valid, has_tangent; /* of the last evaluation */
    int law;
    femd_hash material;
    double deformation[9], temperature, token[FEMD_TOKEN]; /* what it asked */
    umat_answer answer;
    int has_saved;
    double saved[FEMD_TOKEN]; /* what a restart begins with, for a host that has lost its state variables */
} umat_point;

/* Made if it is new; NULL without memory. Stays where it is. */
umat_point *umat_point_at(uint64_t number);
/* States of points at a time. */
typedef struct umat_tokens {
    double time;
    size_t n;
    uint64_t *number; /* malloc'ed */
    double *token;    /* [FEMD_TOKEN n] malloc'ed */
} umat_tokens;

/* Those after the last evaluation of all points; token is NULL without memory. */
umat_tokens umat_points_tokens(double time);
void umat_tokens_free(umat_tokens *tokens);

/* ---- states for a restart ---- */

/* An analysis begins at that time: if it is not 0, load what an earlier one has saved into the files of
 * FEMD_UMAT_STATES, and of those that were saved at that time give each point its token. With the lock held. */
FEMD_MUST_CHECK femd_status umat_states_load(double begin, femd_error *err);
/* Save what a step begins with, or (at_end) what the host ended with. Nothing without FEMD_UMAT_STATES. */
FEMD_MUST_CHECK femd_status umat_states_save(const umat_tokens *tokens, int at_end, femd_error *err);

#endif
