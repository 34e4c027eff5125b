/* The case file as a struct: everything that `femd run` reads from JSON, validated and in SI. Knows no PETSc and no
 * MPI. */
#ifndef FEMD_CASE_H
#define FEMD_CASE_H

#include "base/function.h"
#include "element/element.h"
#include "femd/json.h"
#include "femd/types.h"

#define FEMD_NAME_MAX 64

typedef struct femd_case_mesh {
    char *file;                /* resolved path of a Gmsh file, NULL for a box */
    double scale;              /* file length x scale = m */
    double unit;               /* of lengths in the fields, m: that of scale or size; 0 = 1 m */
    char unit_name[32];        /* "nm" */
    double size[3], origin[3]; /* box, m */
    int cells[3];
    int straighten; /* file: a curved mesh is taken with straight edges */
    double distort; /* box: interior vertices moved by up to this fraction of the cell size (seeded) */
    uint64_t distort_seed;
} femd_case_mesh;

typedef struct femd_case_material {
    char name[FEMD_NAME_MAX];
    char region[FEMD_NAME_MAX]; /* physical name, or "all" */
    double orientation[9];      /* Q of femd_strain_rotate; identity by default */
    char *json;                 /* canonical text of the material alone (without region and orientation), owned */
    const cJSON *node;          /* the material in the case document, borrowed */
    size_t like;                /* first entry with the same text, often itself: the server knows these as one */
    int shares_json;            /* json is that of the entry before */
    long line;                  /* of a file of orientations; 0: of none */
    /* what the equation of heat takes instead of the engine's answers, W/(m K) and J/(m^3 K); 0 = they are asked */
    double conductivity, heat_capacity;
    int by_cell, cell; /* of a table of cells: its cell in the mesh; region is its number */
} femd_case_material;

/* What an entry of the boundary prescribes: X(NAME, key, actor, faces, holds). case_read_KEY of case_read.h reads it,
 * and femd_condition_ACTOR of fields/condition.h is what its field makes of it. faces: 1 if it acts on the outer
 * faces of a surface, 0 if on nodes, wherever they are; a point or an edge has nodes only.
 * holds: 1 if it prescribes values, so that there are reactions; 0 if it is a load. */
#define FEMD_MECHANICAL_LIST(X)                                                                                        \
    X(DISPLACEMENT, displacement, value, 0, 1)                                                                         \
    X(TRACTION, traction, flux, 1, 0)                                                                                  \
    X(PRESSURE, pressure, normal, 1, 0)                                                                                \
    X(FOLLOWER, follower_pressure, follower, 1, 0)                                                                     \
    X(FORCE, force, resultant, 0, 0)                                                                                   \
    X(TURNED, turned, turned, 0, 1)                                                                                    \
    X(RIGID, rigid, rigid, 0, 1)                                                                                       \
    X(PERIODIC, periodic, periodic, 0, 1)
/* The same with physics thermal, of the temperature. */
#define FEMD_HEAT_LIST(X)                                                                                              \
    X(TEMPERATURE, temperature, value, 0, 1)                                                                           \
    X(HEAT_FLUX, heat_flux, flux, 1, 0)                                                                                \
    X(CONVECTION, convection, convection, 1, 0)                                                                        \
    X(RADIATION, radiation, radiation, 1, 0)                                                                           \
    X(PERIODIC_TEMPERATURE, periodic_temperature, periodic_temperature, 0, 1)
#define FEMD_LOAD_LIST(X)                              FEMD_MECHANICAL_LIST(X) FEMD_HEAT_LIST(X)
#define FEMD_LOAD_NAME(name, key, actor, faces, holds) FEMD_LOAD_##name,
typedef enum femd_load { FEMD_LOAD_LIST(FEMD_LOAD_NAME) FEMD_LOADS } femd_load;

/* (time, factor), linear between and constant outside. */
typedef struct femd_case_table {
    size_t n;
    double *time, *factor; /* owned */
} femd_case_table;

enum { FEMD_WHERE_SURFACES = 3, FEMD_WHERE_POSITIONS = 2 };

typedef struct femd_case_boundary {
    /* Physical surface, line or point; box: left right (x), front back (y), bottom top (z). With more than one of them,
     * or with positions, how the place is called in words and tables. */
    char on[FEMD_NAME_MAX];
    int nsurfaces; /* more than one: the nodes that all of them share */
    char surface[FEMD_WHERE_SURFACES][FEMD_NAME_MAX];
    int npositions; /* 1: the node there; 2: the nodes on the straight line between; then no surface counts */
    double position[FEMD_WHERE_POSITIONS][3]; /* reference, m */
    femd_load kind;
    int has[3];      /* displacement: which components are prescribed */
    double value[3]; /* m; traction: N per reference area in Pa (dead load); pressure: value[0], Pa (dead, along -N);
                        temperature: value[0], K; heat_flux: value[0], W/m^2; convection: coefficient in W/(m^2 K) and
                        ambient in K; radiation: emissivity and ambient; periodic_temperature: the rise in K, free
                        without has[0] */
    femd_function *function[3];     /* owned; instead of the value, without the ramp but times the table */
    double axes[9];                 /* turned: rows are the axes of the three components */
    int has_about, has_rotation[3]; /* rigid: reference point (else the mean of the nodes); prescribed rotations */
    double about[3], rotation[3];   /* m; rotation vector, rad */
    char partner[FEMD_NAME_MAX];    /* periodic: the other face */
    int loose[9];                   /* periodic: components of the gradient that are free */
    int has_gradient;               /* displacement: u = G X + value; with G for affine boundary data (patch tests) */
    double gradient[9];
    size_t ntable; /* amplitude: (time, factor) table, linear between; 0 = ramp from 0 at time 0 to 1 at the end time */
    double *time, *factor; /* owned */
} femd_case_boundary;

/* A place whose displacement and stress go into history.csv; of a line each of its points. */
typedef struct femd_case_probe {
    char name[FEMD_NAME_MAX + 8];
    char on[FEMD_NAME_MAX]; /* surface: the mean over it; "": at a point */
    double at[3];           /* reference position, m */
} femd_case_probe;

/* A Gmsh file with values at its nodes, of this name; "": the only one. */
typedef struct femd_case_nodal {
    char *file; /* owned; NULL: there is none */
    char name[FEMD_NAME_MAX];
} femd_case_nodal;

/* The chemical potential of one species of a material less that of its first. */
typedef struct femd_case_potential {
    const cJSON *material;   /* of the document, borrowed */
    int place;               /* in femd_request.delta_mu */
    double joule;            /* at the origin and time 0; NAN: no value there */
    femd_function *function; /* owned; instead of it */
    femd_case_table table;   /* instead of it, "factor" being J */
} femd_case_potential;

/* What the run solves for. */
typedef enum femd_physics { FEMD_PHYSICS_MECHANICAL, FEMD_PHYSICS_THERMAL, FEMD_PHYSICS_THERMOMECHANICAL } femd_physics;

/* Does the work of the stress heat the body? */
typedef enum femd_coupling {
    FEMD_COUPLING_ANY, /* where all materials answer dS/dT */
    FEMD_COUPLING_ONE_WAY,
    FEMD_COUPLING_TWO_WAY
} femd_coupling;

/* The equation of heat. */
typedef struct femd_case_heat {
    int transient;          /* 0: each step is a steady state */
    double theta;           /* weight of the end of a step, 0.5 to 1 */
    int coupling;           /* with mechanics: FEMD_COUPLING_* */
    double iterate;         /* ... tolerance to which a step's passes over both are repeated; 0: one pass */
    double initial, source; /* K; W/m^3 per reference volume */
    int has_source;
    double accuracy; /* wanted relative error of the flow where conductivities are sampled; 0 = 0.02 */
    int max_samples; /* of conductivities; 0 = 256 */
    femd_function *initial_function, *source_function; /* owned; instead of these */
    femd_case_nodal initial_nodal;                     /* instead of initial */
} femd_case_heat;

typedef struct femd_case {
    char *path, *folder; /* of the case file; owned */
    char *title;
    uint64_t seed;
    femd_json doc; /* the validated document; owned */
    femd_physics physics;
    femd_case_heat heat; /* with heat */
    femd_case_mesh mesh;
    size_t nmaterials;
    femd_case_material *material;
    size_t nboundary;
    femd_case_boundary *boundary;
    int has_body_force;
    double body_force[3];            /* N/m^3, per reference volume, ramped like a boundary without table */
    femd_function *body_function[3]; /* owned; instead of the value, not ramped */
    double temperature; /* K, of every request, at the origin and time 0 (NAN: no value there); default 0; with heat
                           that of the start */
    femd_function *temperature_function; /* owned; instead of it */
    femd_case_table temperature_table;   /* instead of it, "factor" being K */
    femd_case_nodal temperature_nodal;   /* instead of it */
    int has_pressure;                    /* with physics "thermal": points are given it instead of no strain */
    double pressure;                     /* Pa */
    femd_function *pressure_function;    /* owned; instead of it */
    femd_case_table pressure_table;      /* instead of it, "factor" being Pa */
    femd_case_nodal pressure_nodal;      /* instead of it */
    size_t npotentials;
    femd_case_potential *potential; /* owned: of materials that exchange species */
    double accuracy;                /* relative standard error wanted of sampled answers; 0 = the material's own */
    uint32_t wants_committed; /* FEMD_WANT_* asked once per converged step, beside stress and tangent (output.wants) */
    int reuse;                /* 0: every point's evaluation is its own (FEMD_REQUEST_PRIVATE) */
    /* steps */
    int step_count;     /* increments planned */
    double end_time;    /* default 1 */
    int max_cuts;       /* in a row; default 6 */
    double growth, cut; /* 1.5, 0.5 */
    int predictor;      /* default 1 */
    int arc_length;     /* 1: the load factor is an unknown of every step (steps.control) */
    int max_steps;      /* then: steps at most; default 10 x step_count */
    /* element and solver */
    const femd_element *element; /* of the list of elements */
    int iterative;               /* solver.direct is said to be false: a saddle takes the direct solver by its size */
    int mixed;                   /* element.formulation "u-p": the pressure is an unknown beside the displacement */
    double shear_regularisation; /* with it: shear modulus that all points have beside their own, Pa; 0: none */
    double rtol;                 /* |r| <= rtol x reference force; default 1e-7 */
    double loose;                /* a residual that stalls within this part of the load is accepted; default 1e-3 */
    int noise_stop;              /* default 1: |r| within twice the noise of sampled stresses will do */
    double coarse;               /* default 4: first iterates ask this multiple of `accuracy`; 1: none does */
    int max_newton;              /* default 20 */
    double ksp_rtol;             /* default 1e-8 */
    int stability;               /* default 1: watch the signs of the tangent's eigenvalues */
    int direct;                  /* 1: MUMPS instead of CG + GAMG */
    /* output */
    int output_every;     /* VTU each n-th step; default 1 */
    int checkpoint_every; /* default 1 */
    size_t nprobes;
    femd_case_probe *probe; /* owned */
    size_t nlocal;
    uint64_t *local;            /* owned: points whose states are kept with the fields, each once */
    int local_grid[3];          /* cells of these fields; 0: by spacing */
    double local_spacing;       /* m; 0: the usual one */
    int local_samples;          /* configurations of what is sampled; default 1 */
    int first_piola;            /* fields: first Piola-Kirchhoff stress too */
    int stop_unanswered;        /* 1: a point without an answer to output.wants ends the run after that step */
    int k_reuse;                /* 1: output.conductivity_reuse is given */
    double k_reuse_strain;      /* a conductivity serves for strains within this in each component */
    double k_reuse_temperature; /* and temperatures within this, K */
    size_t npetsc;
    char **petsc; /* "-key value" strings, owned */
} femd_case;

/* Read CASE: a JSON file, or a folder with case.json in it. sets/nsets: "a.b=c" overrides of the command line.
 * Validates against the schema, all units, that files exist. Nothing is started and nothing written. */
FEMD_MUST_CHECK femd_status femd_case_read(const char *path, const char *const *sets, size_t nsets, femd_case *c,
                                           femd_error *err);
void femd_case_clear(femd_case *c);
/* The next time after `time` (from 0 on) that a step ends at: the planned times k x end/count and the times of the
 * tables, those within 1e-6 of an increment of each other being one. The end time from the end on. */
double femd_case_next_time(const femd_case *c, double time);
/* How many steps that makes, without cuts. */
int femd_case_steps(const femd_case *c);
/* Name number k of the groups that an entry stands on, NULL behind the last. */
const char *femd_case_surface(const femd_case_boundary *b, int k);
/* All groups that an entry names: those of its place, then its partner. */
const char *femd_case_group(const femd_case_boundary *b, int k);
enum { FEMD_ORIENTATION_LINE = 240 };
/* " (FILE:LINE)" if the material is a line of a file of orientations, else "". */
const char *femd_case_orientation_line(const femd_case_material *material, char text[FEMD_ORIENTATION_LINE]);
/* BAD_INPUT if the largest component of a tangent (36, Pa) of a material is so large or small that squares of forces
 * leave the range of double precision. */
FEMD_MUST_CHECK femd_status femd_case_check_stiffness(const femd_case *c, const char *material, const double D[36],
                                                      femd_error *err);
/* Is the temperature solved for; the displacement? */
int femd_case_has_heat(const femd_case *c);
int femd_case_has_mechanics(const femd_case *c);
/* What the points of a material are asked for in each iteration, FEMD_WANT_*: stress and tangent, or what the equation
 * of heat needs and the case does not give. */
uint32_t femd_case_asks(const femd_case *c, size_t material);
/* Of that, what the equation of heat needs. */
uint32_t femd_case_asks_heat(const femd_case *c, size_t material);
/* 1 if an answer has what was asked of it, a conductivity (of lattice and electrons) that is positive definite and a
 * heat capacity that is positive. */
int femd_case_answer_conducts(const femd_response *r, uint32_t wants);
/* 1 if what answers a want beside stress, tangent and conductivity ("heat-capacity", "thermal-stress") samples it:
 * where the stress is sampled; where another quantity is, if the material's method for this want is "md". */
int femd_case_samples(const femd_case *c, size_t material, const femd_capabilities *caps, const char *want);
/* With element.formulation "u-p": are so many unknowns (displacements and pressures) solved for directly? */
int femd_case_mixed_is_direct(const femd_case *c, double unknowns);
/* With it: BAD_INPUT if a material's answer at no strain, with element.shear_regularisation beside it, resists some
 * change of shape not at all, or less than the errors of its tangent: it is a liquid; or if that modulus is no small
 * part of its bulk modulus. */
FEMD_MUST_CHECK femd_status femd_case_check_shear(const femd_case *c, const char *material, const femd_response *virgin,
                                                  femd_error *err);
/* BAD_INPUT if a material's engine does not answer that, or not as it must be. */
FEMD_MUST_CHECK femd_status femd_case_check_answers(const femd_case *c, size_t material, const femd_capabilities *caps,
                                                    femd_error *err);
/* BAD_INPUT if the material of a point of output.local keeps nothing of which fields are made, or is to be sampled
 * where it is at rest. */
FEMD_MUST_CHECK femd_status femd_case_check_local(const femd_case *c, size_t material, const femd_capabilities *caps,
                                                  femd_error *err);
/* Pressure of a point at reference position x and a time, Pa; not of a file. BAD_INPUT where an expression gives no
 * number. */
FEMD_MUST_CHECK femd_status femd_case_pressure(const femd_case *c, const double x[3], double time, double *pascal,
                                               femd_error *err);
/* 1 if it may not be the same at all times. */
int femd_case_pressure_ramps(const femd_case *c);
/* Does the case prescribe chemical potentials of the material's species; do any change in time? */
int femd_case_exchanges(const femd_case *c, size_t material);
int femd_case_potentials_ramp(const femd_case *c);
/* Those of a material at reference position x and a time, J per atom; zeros of one that exchanges no species. BAD_INPUT
 * where an expression gives no number. */
FEMD_MUST_CHECK femd_status femd_case_potentials(const femd_case *c, size_t material, const double x[3], double time,
                                                 double delta_mu[3], femd_error *err);
/* Those of the origin and time 0, or that femd_case_find_potentials has put in their place, into a request. */
void femd_case_prescribe_first(const femd_case *c, size_t material, femd_request *q);
/* Where an expression has no value at the origin: that at x and a time. BAD_INPUT where there is none either. */
FEMD_MUST_CHECK femd_status femd_case_find_potentials(femd_case *c, const double x[3], double time, femd_error *err);
/* Those of x and a time into a request, with their flag. */
FEMD_MUST_CHECK femd_status femd_case_prescribe(const femd_case *c, size_t material, const double x[3], double time,
                                                femd_request *q, femd_error *err);
/* Is this kind of entry one of the temperature? */
int femd_case_is_heat(femd_load kind);
/* Temperature at time 0, K; not of a file. BAD_INPUT below 0 K or where an expression gives no number. */
FEMD_MUST_CHECK femd_status femd_case_initial_temperature(const femd_case *c, const double x[3], double *kelvin,
                                                          femd_error *err);
/* Does this kind of entry act on outer faces? */
int femd_case_needs_faces(femd_load kind);
/* Does it prescribe values of its field? Else it is a load. */
int femd_case_holds(const femd_case_boundary *b);
/* Factor of a load at a time. */
double femd_case_amplitude(const femd_case *c, const femd_case_boundary *b, double time);
/* 1 if the temperature is not the same at all times, prescribed or solved for; at all places, as prescribed. */
int femd_case_temperature_ramps(const femd_case *c);
int femd_case_temperature_varies(const femd_case *c);
/* Temperature at a reference position and time, K; one that is solved for as it is at time 0. BAD_INPUT below 0 K or
 * where an expression gives no number. */
FEMD_MUST_CHECK femd_status femd_case_temperature(const femd_case *c, const double x[3], double time, double *kelvin,
                                                  femd_error *err);

#endif
