/* What one material-point evaluation asks and answers. Every part of femd shares these structs: the wire carries them,
 * the client hands them out, the engines fill them.
 *
 * Units are SI throughout: Pa, K, J/m^3, W/(m K), seconds. Voigt order 11, 22, 33, 23, 13, 12; strains carry
 * engineering shears (2 E23, ...), stresses do not. Matrices are row-major. Everything is per reference volume. */
#ifndef FEMD_TYPES_H
#define FEMD_TYPES_H

#include <stddef.h>
#include <stdint.h>

#include "femd/quantities.h"
#include "femd/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* BLAKE2b-256 of some content: names materials, states and evaluations. All zero means "none" (for a state: virgin). */
typedef struct femd_hash {
    uint8_t b[32];
} femd_hash;

#define FEMD_HASH_ZERO                                                                                                 \
    {                                                                                                                  \
        { 0 }                                                                                                          \
    }

enum {
    FEMD_CONTROL_COMPONENTS = 0, /* value[c] is E[c], or S[c] where bit c of mask is set */
    FEMD_CONTROL_PRESSURE = 1    /* value is the Voigt strain of the isochoric C/det(C)^(1/3); the RVE finds J at p */
};

/* What an answer says of itself that its numbers do not: reasons to look again before they are trusted. Part of the
 * compared answer. X(NAME, bit, key in JSON, words) */
#define FEMD_NOTE_LIST(X)                                                                                              \
    X(ACCURACY_NOT_REACHED, 0, "accuracy-not-reached", "sampling ended at its bound before the wanted accuracy")       \
    X(ESTIMATORS_DISAGREE, 1, "estimators-disagree", "two estimates of what is sampled differ by more than two sigma") \
    X(NO_PLATEAU, 2, "no-plateau",                                                                                     \
      "a coefficient of transport depends on the range of frequencies or times that is seen")                          \
    X(NOT_LINEAR, 3, "not-linear", "the conductivity depends on the temperature gradient")                             \
    X(SIZE_TREND, 4, "size-trend", "the conductivity does not follow 1/k against 1/L over the lengths")                \
    X(FLUX_MISMATCH, 5, "flux-mismatch", "the power of the thermostats is not the heat flux through the box")          \
    X(ROUND_OFF, 6, "round-off", "the atoms are relaxed as far as round-off lets them, which is above the tolerance")  \
    X(TANGENT_NOT_POSITIVE, 7, "tangent-not-positive",                                                                 \
      "the tangent is not positive definite: some stresses fall as strains grow")                                      \
    X(NOT_ELLIPTIC, 8, "not-elliptic", "the acoustic tensor has a negative eigenvalue: the body would localise there") \
    X(ROUGH_POTENTIAL, 9, "rough-potential",                                                                           \
      "derivatives of the potential are uneven: the harmonic answer depends on the step, as its error says")           \
    X(NOT_ERGODIC, 10, "not-ergodic", "independent trajectories differ by more than their errors: none has seen all")  \
    X(NOT_SOLID, 11, "not-solid", "atoms left their sites: it melts, diffuses or slides, or lies far from a minimum")  \
    X(ANHARMONIC, 12, "anharmonic", "what harmonic vibrations leave out is more than a twentieth of what they make")   \
    X(BIFURCATED, 13, "bifurcated",                                                                                    \
      "a symmetric configuration lost its stability on the way: one of the equal ways down was taken")                 \
    X(FREE_SURFACES, 14, "free-surfaces",                                                                              \
      "the RVE is a cluster with free faces: bonds are missing there, and the answer is no bound")                     \
    X(ANISOTROPIC, 15, "anisotropic", "what a fluid has alike in all directions differs by more than noise makes")     \
    X(OF_THE_BOX, 16, "of-the-box",                                                                                    \
      "the diffusivity is that of the periodic box: it is no cube, and no correction is known")                        \
    X(LEFT_NEIGHBOURS, 17, "left-neighbours",                                                                          \
      "atoms left neighbours of the reference (a surface rebuilds, it slips): strains near by may end elsewhere")      \
    X(FEW_INSERTIONS, 24, "few-insertions",                                                                            \
      "a tenth of the trajectory holds more than a fifth of all that the chemical potential rests on")                 \
    X(FAR_SWAP, 25, "far-swap",                                                                                        \
      "energies of swaps, or of steps to a harmonic crystal, scatter by more than kT: averages are not to be trusted") \
    X(PHASES_APART, 26, "phases-apart",                                                                                \
      "atoms that started as one species and such that started as another did not come to one composition")            \
    X(NOT_EXPANDED, 20, "not-expanded",                                                                                \
      "a rate in a cell that the temperature has not made larger: strain is to have the thermal expansion in it")      \
    X(TWO_HUMPS, 21, "two-humps",                                                                                      \
      "the hop has a minimum on its way: its rate is that over all saddles, barrier and derivatives of the highest")   \
    X(LOW_BARRIER, 22, "low-barrier", "a barrier below 5 kT: hops that low are not well told by a harmonic rate")

enum {
#define FEMD_NOTE_ENUM(name, bit, key, words) FEMD_NOTE_##name = 1u << (bit),
    FEMD_NOTE_LIST(FEMD_NOTE_ENUM)
#undef FEMD_NOTE_ENUM
#define FEMD_NOTE_BIT(name, bit, key, words) | 1u << (bit)
        FEMD_NOTE_ALL = 0 FEMD_NOTE_LIST(FEMD_NOTE_BIT)
#undef FEMD_NOTE_BIT
};

/* What carries the heat that a material's conductivity k counts; none of them: k is the whole of it, as declared. */
enum {
    FEMD_CARRIER_LATTICE = 1u << 0,  /* k is that of the vibrating atoms alone */
    FEMD_CARRIER_ELECTRONS = 1u << 1 /* k_electronic comes with it, as declared by the material */
};

enum {
    FEMD_REQUEST_PRIVATE = 1u << 0, /* the point's number enters the key: no result is shared between points */
    FEMD_REQUEST_EXCHANGE = 1u << 1 /* the differences of chemical potentials are prescribed, not the composition */
};

/* One point's downscaled controls. Labels say where a request comes from and are never part of its identity. */
typedef struct femd_request {
    femd_hash state_in; /* committed state of the point; zero = virgin */
    uint64_t seed;      /* the only source of randomness */
    uint64_t point;     /* label: cell number in the mesh file x points per cell + index */
    uint32_t step;      /* label */
    uint32_t attempt;   /* label */
    uint32_t iteration; /* label */
    uint32_t wants;     /* FEMD_WANT_* */
    uint8_t control;    /* FEMD_CONTROL_* */
    uint8_t mask;       /* bits 0..5: S prescribed instead of E */
    uint16_t flags;     /* FEMD_REQUEST_* */
    double value[6];    /* prescribed strain and stress components (Voigt; -, Pa) */
    double temperature; /* K */
    double pressure;    /* Pa; has an effect in pressure control only */
    double accuracy;    /* wanted relative standard error of the stress scale; 0 = the material's own */
    double delta_mu[3]; /* J per atom: chemical potential of the material's 2nd, 3rd, 4th species (in the order in which
                           it names them) minus that of its first; zero without FEMD_REQUEST_EXCHANGE */
} femd_request;

/* What an evaluation cost. Never part of the compared answer. */
typedef struct femd_work {
    double wall;                /* s */
    uint64_t force_evaluations; /* energy-and-force sweeps over all atoms */
    uint64_t worker;            /* number the server gave the worker; 0 in-process */
    uint64_t fingerprint;       /* build, level, libm and BLAS of the worker */
} femd_work;

/* One point's upscaled answer: what came of it, and for each quantity of the list its numbers (`E[6]`, `S[6]`, `J`,
 * `D[36]`, ...) and, if it can be sampled, their one-sigma standard errors (`S_err[6]`, ...; 0 where deterministic).
 * What the answer does not hold is zero. This is the workspace of one evaluation; where answers are many they are kept
 * as the wire has them (evaluate.h), which is what was wanted and no more. */
typedef struct femd_response {
    uint64_t point;      /* copied from the request */
    int32_t status;      /* femd_status */
    uint32_t provided;   /* FEMD_WANT_*, what of the wants is answered */
    uint32_t sampled;    /* 1 if any *_err may be non-zero */
    uint32_t engine;     /* FEMD_ENGINE_* */
    uint32_t notes;      /* FEMD_NOTE_* */
    uint32_t checked;    /* 1 if k_check is given */
    femd_hash key;       /* of the evaluation (filled by the server; zero in-process) */
    femd_hash state_out; /* zero if the engine keeps no state */
#define FEMD_RESPONSE_VALUE(name, bit, held, want, member, key, shape, ...) FEMD_MEMBER_##shape(member)
#define FEMD_RESPONSE_ERROR(name, bit, held, want, member, key, shape, error, ...)                                     \
    FEMD_IF_SAMPLED_##error(FEMD_MEMBER_##shape(member##_err))
    FEMD_QUANTITY_LIST(FEMD_RESPONSE_VALUE)
    FEMD_QUANTITY_LIST(FEMD_RESPONSE_ERROR)
#undef FEMD_RESPONSE_VALUE
#undef FEMD_RESPONSE_ERROR
    femd_work work;
} femd_response;

/* The numbers of a quantity in a response, and its standard errors; NULL if it cannot have any. */
static inline const double *femd_response_value(const femd_response *r, const femd_quantity *q) {
    return (const double *)(const void *)((const char *)r + q->value);
}
static inline const double *femd_response_error(const femd_response *r, const femd_quantity *q) {
    return q->sampled ? (const double *)(const void *)((const char *)r + q->error) : NULL;
}

/* Engines by their numbers in femd_response.engine. X(NAME, number, "word of the key `engine`") */
#define FEMD_ENGINE_LIST(X)                                                                                            \
    X(NATIVE, 1, "native")                                                                                             \
    X(CAUCHY_BORN, 2, "cauchy-born")                                                                                   \
    X(ELASTIC, 3, "elastic")                                                                                           \
    X(LAMMPS, 4, "lammps")                                                                                             \
    X(KIM, 5, "kim")                                                                                                   \
    X(NEO_HOOKE, 6, "neo-hooke")                                                                                       \
    X(USER, 100, "user")
#define FEMD_ENGINE_ENUM(name, number, word) FEMD_ENGINE_##name = (number),
enum { FEMD_ENGINE_UNKNOWN = 0, FEMD_ENGINE_LIST(FEMD_ENGINE_ENUM) };
#undef FEMD_ENGINE_ENUM

/* Inputs that change an answer of a material. Those that do not are zeroed before the key is made.
 * FEMD_INPUT_CHEMICAL: the differences of chemical potentials; a material with it exchanges species, and is asked with
 * FEMD_REQUEST_EXCHANGE only, any other without. FEMD_INPUT_STEADY_STRESS beside FEMD_INPUT_SEED: the seed changes
 * other quantities only; the errors of stress and tangent are a method's doubts, not noise. */
enum {
    FEMD_INPUT_TEMPERATURE = 1u << 0,
    FEMD_INPUT_PRESSURE = 1u << 1,
    FEMD_INPUT_ACCURACY = 1u << 2,
    FEMD_INPUT_SEED = 1u << 3,
    FEMD_INPUT_STATE = 1u << 4,
    FEMD_INPUT_STEADY_STRESS = 1u << 5,
    FEMD_INPUT_CHEMICAL = 1u << 6
};

/* What a material, in the engine that opened it, can answer. */
typedef struct femd_capabilities {
    uint32_t wants;    /* FEMD_WANT_* it can provide */
    uint32_t inputs;   /* FEMD_INPUT_* that have an effect */
    uint32_t controls; /* bit FEMD_CONTROL_*: 1 << FEMD_CONTROL_COMPONENTS etc. */
    uint32_t mixed;    /* 1 if a non-zero mask is allowed */
    uint32_t atoms;    /* atoms of the RVE, 0 if none */
    uint32_t engine;   /* FEMD_ENGINE_* */
    uint32_t carriers; /* FEMD_CARRIER_*: what its conductivity counts */
    uint32_t batch;    /* points that the engine likes to be given at once; 0 or 1: it gains nothing from company */
    double volume;     /* reference volume, m^3 (0 if it has none) */
    double noise;      /* typical relative standard error of a stress answer; 0 if deterministic */
} femd_capabilities;

/* 1 if all bytes are zero. */
FEMD_API int femd_hash_is_zero(const femd_hash *h);
FEMD_API int femd_hash_equal(const femd_hash *a, const femd_hash *b);
/* 64 lower-case hex digits and a NUL into text[65]. */
FEMD_API void femd_hash_text(const femd_hash *h, char text[65]);
/* Inverse of femd_hash_text. BAD_INPUT for anything but 64 hex digits. */
FEMD_API femd_status femd_hash_parse(const char *text, femd_hash *h);
/* The bit of a want's JSON key, 0 if unknown. */
FEMD_API uint32_t femd_want_from_key(const char *key);
/* The JSON key of one want bit, NULL if it is none. */
FEMD_API const char *femd_want_key(uint32_t bit);
/* The JSON key and the words of one note, NULL if it is none. */
FEMD_API const char *femd_note_key(uint32_t bit);
FEMD_API const char *femd_note_words(uint32_t bit);
/* The word of an engine's number; "unknown" if it has none. */
FEMD_API const char *femd_engine_name(uint32_t engine);
/* Comma-separated keys of a bit set into text (always terminated); FEMD_WANTS_TEXT bytes hold any. */
#define FEMD_WANTS_TEXT_OF(NAME, bit, held, want, ...) +sizeof(want) + 1
enum { FEMD_WANTS_TEXT = 1 FEMD_QUANTITY_LIST(FEMD_WANTS_TEXT_OF) };
FEMD_API void femd_wants_text(uint32_t wants, char *text, size_t size);

#ifdef __cplusplus
}
#endif
#endif
