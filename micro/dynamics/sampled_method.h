/* What every method that samples does alike, held once: options, how long, what a state carries, what an earlier call
 * left, the error bar's note, the beats.
 *
 * A method of this kind is a femd_sampler, a table of what is its own, and a struct of its own that begins with a
 * femd_sampled. It has one of two forms:
 * - it looks at replicas of the RVE in Langevin dynamics: the table says what is summed (`look`, `look_closely`) and
 *   what the sums mean (`judge`, `respond`); equilibration, blocks, sums, errors and bytes are sampled_replicas.c's;
 * - it has trajectories of its own (segments without a thermostat, boxes of several RVEs): then it also fills in
 *   `start`, `have`, `extend` and `carry`.
 * A method of the mechanical state as it is found takes femd_sampled_answer into its femd_method; one that finds the
 * strain itself (md) calls the same parts in its own order.
 *
 * An answer is a pure function of the request and the state: neither time nor other work decides how long it samples.
 */
#ifndef FEMD_SAMPLED_METHOD_H
#define FEMD_SAMPLED_METHOD_H

#include "dynamics/carry.h"
#include "dynamics/stray.h"
#include "dynamics/trajectory.h"
#include "rve/method.h"

/* Inputs of any such method, beside strain and state. */
enum { FEMD_SAMPLED_INPUTS = FEMD_INPUT_TEMPERATURE | FEMD_INPUT_SEED | FEMD_INPUT_ACCURACY };
enum { FEMD_REPLICAS_MAX = 64 };

/* What a material says of any sampling, under the method's name. */
typedef struct femd_sampled_options {
    double time_step;                       /* ps */
    double friction;                        /* 1/ps */
    double skin;                            /* angstrom */
    double accuracy;                        /* relative standard error where the request names none */
    double reuse_strain, reuse_temperature; /* a carried answer stands for strains and temperatures (K) this near */
} femd_sampled_options;

/* The material's words to a method, and what its defaults follow from. */
typedef struct femd_sampled_words {
    const femd_json *doc;
    const cJSON *node; /* the method's options, NULL if it has none */
    const cJSON *at;   /* of which errors are said */
    double top;        /* highest frequency of the virgin RVE, rad/ps */
} femd_sampled_words;

/* What is looked at along replicas of the RVE. */
typedef struct femd_looks {
    int z, y; /* how many figures of every step and of some; z = 0: the method has trajectories of its own */
    void (*look)(void *self, double *z);
    femd_status (*look_closely)(void *self, double *y, femd_error *err); /* NULL: y = 0 */
    /* Two figures of a step that are flat in equilibrium; NULL: energy and trace of the virial. */
    void (*watch)(void *self, const double *z, double figure[2]);
    /* Before the dynamics goes on with the atoms of another replica: what else belongs to them. NULL: nothing does. */
    void (*enter)(void *self, int replica);
    femd_status (*before)(void *self, femd_error *err); /* before every step; NULL: nothing is done */
    double forgets; /* times 1/friction: default length of a block and of a segment of the equilibration */
    int stride, replicas;
    int64_t max_steps; /* further defaults */
} femd_looks;

/* A table of what is a method's own. `self` begins with a femd_sampled. */
typedef struct femd_sampler {
    const femd_method *method;
    size_t size;              /* bytes of self */
    uint32_t version;         /* of what a state carries */
    const char *during;       /* what is interrupted, carried, ...: "the sampling" */
    double radians, friction; /* defaults: time step in radians of the fastest vibration, friction over its frequency */
    double accuracy;          /* default */
    unsigned needs;           /* FEMD_GIVES_* of the potential */
    int own_boxes;            /* 1: moves atoms of boxes of its own, not those of the RVE */
    int roams;                /* 1: atoms leave their sites, and come as near each other as in a dense packing */
    int unseeded; /* 1: every stretch has noise of its own and takes the seed of the request; else the seed of
                     the first request goes on with the sums */
    femd_looks looks;
    /* Before options are read, whose defaults follow from common->top_frequency, which it may raise; may be NULL. */
    femd_status (*prepare)(void *self, femd_native *native, const femd_sampled_words *words, femd_error *err);
    /* Options and room of its own; may be NULL. */
    femd_status (*open)(void *self, femd_native *native, const femd_sampled_words *words, femd_error *err);
    void (*close)(void *self); /* may be NULL */

    /* Forget the sums and begin anew at E0, T, seed. NULL: the replicas. */
    femd_status (*start)(void *self, femd_native *native, const femd_progress *progress, femd_error *err);
    /* Blocks (stretches, of all trajectories alike) that are there; *missing as in femd_trajectory_blocks. NULL: of the
     * replicas. */
    int (*have)(const void *self, int *missing);
    /* So many blocks more of every trajectory. NULL: of the replicas. */
    femd_status (*extend)(void *self, femd_native *native, int blocks, const femd_progress *progress, femd_error *err);
    /* Find the result of the sums; *ratio: its largest error over what is allowed, at most 1 is enough. */
    femd_status (*judge)(void *self, femd_native *native, const femd_conditions *conditions, double *ratio,
                         femd_error *err);
    /* After judging: were the stretches too short and the sums given up for longer ones? NULL: never. */
    femd_status (*outgrown)(void *self, int *anew, femd_error *err);
    /* The result into the response. */
    femd_status (*respond)(void *self, femd_native *native, const femd_conditions *conditions, femd_response *response,
                           femd_error *err);
    /* The bytes after the head: sums and whatever goes on. Read for the cell of the present strain. NULL: the
     * replicas'. */
    femd_status (*carry)(void *self, femd_native *native, femd_carry *carry, femd_error *err);
} femd_sampler;

/* ---- sampled_replicas.c ---- */

/* Trajectories of the RVE, each with noise of its own. */
typedef struct femd_replicas {
    int count;
    int equilibration; /* steps of one segment of the equilibration, a multiple of FEMD_DYNAMICS_RENEW */
    int block;         /* steps of a basic block, likewise */
    int stride;        /* steps between close looks */
    int64_t max_steps; /* of all replicas in one request, without equilibration */
    int settle;        /* basic blocks of each that are thrown away once an atom has left its site */
    int dropped;       /* 1: they were */
    double *site;      /* n x 3, owned: scratch, where the atoms belong */
    femd_trajectory one[FEMD_REPLICAS_MAX];
} femd_replicas;

/* What every method that samples has of a material. */
typedef struct femd_sampled {
    const femd_sampler *sampler;
    femd_sampled_options options;
    double top_frequency; /* rad/ps, of the virgin RVE; where atoms roam, or start at sites that hold nothing, at least
                             0.4 of that of a dense packing */
    double reach;         /* angstrom: half the distance of nearest neighbours there */
    double *mass;         /* n, u, owned */
    /* The RVE whose atoms move; without boxes of its own. */
    femd_neighbours *nb; /* owned: a wider skin than statics needs */
    femd_rve rve;        /* the native RVE seen with this list; nothing in it is owned */
    femd_dynamics d;
    femd_replicas replicas;
    /* What the sums belong to. */
    double E0[6], T;  /* strain and temperature that are sampled */
    double E1[6];     /* strain last answered, of a method that finds the strain */
    femd_place place; /* at E0; not with boxes of its own */
    uint64_t seed;
    int parts;        /* trajectories, as a state tells; 0: it does not */
    int first, most;  /* blocks before errors are believed; blocks that one request may add */
    double ratio;     /* of the last judgement */
    femd_stray stray; /* of all that the sums are of; of replicas the most of all judgements of these sums */
} femd_sampled;

/* Equilibrate every replica from positions x at the place, sums empty. NOT_CONVERGED if they still drift. */
FEMD_MUST_CHECK femd_status femd_replicas_start(femd_sampled *common, const double *x, const femd_progress *progress,
                                                femd_error *err);
/* Let common->d go on from where replica `which` stands. */
FEMD_MUST_CHECK femd_status femd_replicas_resume(femd_sampled *common, int which, femd_error *err);
/* `blocks` more basic blocks of every replica, in turn. */
FEMD_MUST_CHECK femd_status femd_replicas_extend(femd_sampled *common, int blocks, const femd_progress *progress,
                                                 femd_error *err);
FEMD_MUST_CHECK femd_status femd_replicas_carry(femd_sampled *common, femd_carry *carry, femd_error *err);
/* The sums of the replicas start, start + starts, ... in set[FEMD_REPLICAS_MAX]. Returns how many they are. */
int femd_replicas_of_start(const femd_sampled *common, int start, int starts, const femd_blocks **set);
/* Values and errors of a linear function of the moments over all replicas, see femd_blocks_estimate; errors are wider
 * while atoms have left their sites and the first blocks are still among the sums. */
int femd_replicas_estimate(const femd_sampled *common, femd_sampled_function function, void *user, int count,
                           double *value, double *error, double *apart);
/* Add to common->stray: replicas against the sites of the native path. */
void femd_replicas_stray(femd_sampled *common, const femd_native *native);
/* Atoms have left their sites and the first blocks, of an arrangement that all replicas began with and that need not be
 * one of equilibrium, are still among the sums. */
int femd_replicas_unsettled(const femd_sampled *common);
/* Throw them away, if that leaves as many. Returns how many blocks of each replica lack before that; 0: none is to be
 * thrown away, or all were. */
int femd_replicas_settle(femd_sampled *common);
/* Options and room; used by femd_sampled_create. */
FEMD_MUST_CHECK femd_status femd_replicas_open(femd_sampled *common, const femd_sampled_words *words, femd_error *err);
void femd_replicas_close(femd_replicas *replicas);

/* ---- sampled_method.c ---- */

/* For femd_method.create: masses, highest frequency, options, the moving RVE, then the sampler's own. BAD_INPUT for
 * fewer than two atoms. */
FEMD_MUST_CHECK femd_status femd_sampled_create(const femd_sampler *sampler, femd_native *native, const femd_json *doc,
                                                void **self, femd_error *err);
/* For femd_method.destroy. */
void femd_sampled_destroy(void **self);
/* For femd_method.answer: at the strain where the path stands, from what was carried or from new sampling. */
FEMD_MUST_CHECK femd_status femd_sampled_answer(void *self, femd_native *native, const femd_conditions *conditions,
                                                const femd_bytes *carried, femd_response *response, femd_buffer *carry,
                                                femd_error *err);

/* The parts of it, for a method that finds the strain itself. */

/* BAD_INPUT unless the temperature is above 0 K. */
FEMD_MUST_CHECK femd_status femd_sampled_check(const void *self, const femd_conditions *conditions, femd_error *err);
/* Take the sums out of bytes, wherever they were sampled. PROTOCOL. */
FEMD_MUST_CHECK femd_status femd_sampled_decode(void *self, femd_native *native, const femd_bytes *carried,
                                                femd_error *err);
/* Begin anew at strain E. */
FEMD_MUST_CHECK femd_status femd_sampled_start(void *self, femd_native *native, const femd_conditions *conditions,
                                               const double E[6], femd_error *err);
/* Sample until the errors are small enough or one request may add no more. */
FEMD_MUST_CHECK femd_status femd_sampled_extend(void *self, femd_native *native, const femd_conditions *conditions,
                                                femd_error *err);
/* The response, what is wrong with it, and the bytes that a state is to carry. */
FEMD_MUST_CHECK femd_status femd_sampled_finish(void *self, femd_native *native, const femd_conditions *conditions,
                                                femd_response *response, femd_buffer *carry, femd_error *err);
/* The accuracy in force: of the request, else of the material. */
double femd_sampled_accuracy(const void *self, const femd_conditions *conditions);

#endif
