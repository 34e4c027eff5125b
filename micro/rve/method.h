/* What answers the wants of a native RVE: mechanical methods (statics, quasiharmonic, local-harmonic, md) give stress
 * and all that derives from ψ or its sampling at a strain and temperature; transport methods (green-kubo, nemd) give
 * the conductivity at the mechanical state and never touch it.
 *
 * A material names one method, or one per want: "method": "quasiharmonic" or {"stress": "quasiharmonic",
 * "conductivity": "green-kubo"}; the options of a method stand under its own name ("md": {...}, "green-kubo": {...}).
 *
 * Energies and Helmholtz energies of every method count from the same zero: the atoms at rest in the reference cell, so
 * that energy = (U(E,T) - W(0))/V0 with the whole vibrational (and kinetic) part in U, and energy = psi - T dpsi/dT. */
#ifndef FEMD_METHOD_H
#define FEMD_METHOD_H

#include "rve/native.h"

/* The conditions of one answer. */
typedef struct femd_conditions {
    double temperature; /* K */
    double accuracy;    /* wanted relative standard error; 0 = the material's own */
    double delta_mu[3]; /* J: of the second to fourth species to the first; zero without exchange */
    uint64_t seed;
    uint32_t wants;
    uint32_t unasked; /* of these, what is only needed on the way: no doubt about it is in the way of an answer */
    const femd_beat *beat;
} femd_conditions;

/* Where the atoms of the last strain are in equilibrium. */
typedef struct femd_balance {
    const double *x;    /* n3, spatial positions */
    const double *held; /* n3: the forces that the atoms have there and something else takes up (eV/angstrom) */
    double tau[6];      /* their virial, eV */
} femd_balance;

typedef struct femd_method {
    const char *name;
    uint32_t wants;   /* FEMD_WANT_* it can answer */
    uint32_t inputs;  /* FEMD_INPUT_* beside strain and state that change its answers */
    int strain_alone; /* 1: it finds no strain for prescribed stresses or pressures, and no other method stands beside
                       */
    /* Read the options, allocate. *self is the method's own data for this material. */
    femd_status (*create)(femd_native *native, const femd_json *doc, void **self, femd_error *err);
    void (*destroy)(void **self);
    /* Mechanical methods: free-energy S (Pa), D (Pa; NULL if not wanted) at strain E, for the control solver and the
     * reference; its path ends relaxed (in the method's sense) at E. NULL for transport methods. */
    femd_status (*strain)(void *self, femd_native *native, const femd_conditions *q, const double E[6], double S[6],
                          double D[36], femd_error *err);
    /* After the strain is found: fill in the rest of *r that q->wants names and this method provides. `carried` is what
     * the method appended to the state before (size 0 = nothing); it may append anew to carry. */
    femd_status (*answer)(void *self, femd_native *native, const femd_conditions *q, const femd_bytes *carried,
                          femd_response *r, femd_buffer *carry, femd_error *err);
    /* Called once at the beginning of every evaluation, before `strain` and after the path was put where the state
     * says, with the same `carried` that `answer` will see: whatever the method remembers of an earlier evaluation ends
     * here. NULL if it remembers nothing. */
    femd_status (*begin)(void *self, femd_native *native, const femd_conditions *q, const femd_bytes *carried,
                         femd_error *err);
    /* After `strain`: the equilibrium that the Hill-Mandel residual is to judge; 0 (or NULL) if it is that of the
     * path's end. */
    int (*balance)(const void *self, femd_balance *b);
} femd_method;

/* ---- methods.c: those of one material ---- */

enum { FEMD_METHODS_MAX = 4 };
typedef struct femd_methods {
    int count;
    struct femd_method_slot {
        const femd_method *method;
        void *self;
        uint32_t wants; /* that it answers in this material; those of slot 0 (mechanical, answers STRESS) come first */
    } slot[FEMD_METHODS_MAX];
} femd_methods;

/* The method of that name in this femd, NULL if there is none; and all of them by index from 0, NULL after the last. */
const femd_method *femd_method_find(const char *name);
const femd_method *femd_method_at(int index);
/* From the material's "method" (absent: statics). For a method that has a temperature the reference of native is first
 * moved to the material's own reference temperature (femd_reference_heat), then every method is created. */
FEMD_MUST_CHECK femd_status femd_methods_open(femd_native *native, const femd_json *doc, femd_methods *ms,
                                              femd_error *err);
void femd_methods_close(femd_methods *ms);
/* Is every answer to the material sampled, so that nothing depends on its atoms at rest but where they start? */
FEMD_MUST_CHECK femd_status femd_methods_sample(const femd_json *doc, int *samples, femd_error *err);
/* Union of what they answer, and of the inputs they have. */
uint32_t femd_methods_wants(const femd_methods *ms);
uint32_t femd_methods_inputs(const femd_methods *ms);

/* What methods append to a native state: chunks of u32 tag (of the method's name), u32 size, bytes. */
/* The chunk of one method; size 0 if there is none. PROTOCOL if the bytes are no list of chunks. */
FEMD_MUST_CHECK femd_status femd_method_carried(const femd_bytes *chunks, const femd_method *m, femd_bytes *out,
                                                femd_error *err);
/* Append the chunk of one method; nothing if carry is empty. */
FEMD_MUST_CHECK femd_status femd_method_carry(const femd_method *m, const femd_bytes *carry, femd_buffer *out,
                                              femd_error *err);

#endif
