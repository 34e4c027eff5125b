/* A potential from the inside: what every one has, and the table that a style of potential fills in its own file. Its
 * parameters are its own affair; who computes with them (forces/energetics_form.h) includes the header that says what
 * they are.
 *
 * Every function of distance is handled by its derivatives with respect to s = r^2: then
 * dW/dx needs 2 f_s r and d2W/dx dx needs 4 f_ss r r + 2 f_s I, with no division by r. */
#ifndef FEMD_POTENTIAL_FORM_H
#define FEMD_POTENTIAL_FORM_H

#include "crystal/structure.h"
#include "potentials/potential.h"

typedef struct femd_potential_style femd_potential_style;

/* What a pair leaves at its cutoff `at` (angstrom): phi' (eV/angstrom); of the density at the first atom due to the
 * second the slope and the value. */
typedef struct femd_potential_end {
    double at, slope, density_slope, density;
} femd_potential_end;

struct femd_potential {
    const femd_potential_style *style;
    int nspecies;
    double cutoff, cutsq; /* angstrom; a pair interacts if r < cutoff */
    double nearest_sq;    /* below it a pair lies outside the domain */
    double mass[FEMD_SPECIES_MAX];
    int jumps;        /* its energy is not zero at the cutoff */
    int stepped;      /* second derivatives jump all along: at every knot of a table */
    char label[96];   /* for messages */
    char notes[1600]; /* what a user should know of its derivatives, one remark a line */
    void *parameters; /* of the style, owned */
    /* Of pairs whose forces jump to zero at the cutoff, [a nspecies + b], owned; NULL: all end smoothly. Only with a
     * form that computes second derivatives by energetics_pairs.h. */
    femd_potential_end *end;
};

/* What a potential is read from. All borrowed. */
typedef struct femd_potential_source {
    const femd_json *doc;
    const cJSON *object;      /* the material's "potential" */
    const femd_pack *pack;    /* its files */
    const char (*species)[8]; /* those of the structure, in its order; each must be in the potential */
    int nspecies;
} femd_potential_source;

/* A style of potential: what "style" in a material may say. */
struct femd_potential_style {
    const char *name;
    const char *form; /* who computes with it: the name of a femd_energetics_form */
    /* Fills *p, which has its style and its number of species and is zero otherwise: cutoff, cutsq, nearest_sq, label,
     * parameters, and masses where the file has them. What was made is released by the caller on failure too. */
    femd_status (*read)(const femd_potential_source *from, femd_potential *p, femd_error *err);
    void (*clear)(void *parameters); /* releases what read made; NULL: free() is enough */
    /* Optional: see femd_potential_judge_crystal (potential.h). */
    void (*judge_crystal)(const femd_potential *p, int natoms, const int *species, const double cell[9],
                          const double *x, char *words, size_t size);
};

/* The styles there are, in the order in which messages name them: X(style) for the table femd_style_<style>. This line
 * and the file that fills the table are all that a new one needs in this folder. */
#define FEMD_POTENTIAL_STYLES(X) X(eam) X(eam_alloy) X(eam_fs) X(lj) X(lj_cut) X(sw)

#define FEMD_POTENTIAL_STYLE_DECLARE(style) extern const femd_potential_style femd_style_##style;
FEMD_POTENTIAL_STYLES(FEMD_POTENTIAL_STYLE_DECLARE)
#undef FEMD_POTENTIAL_STYLE_DECLARE

/* Memory for count doubles on a 64-byte boundary, freed by free(); NULL if there is none. */
double *femd_aligned_doubles(size_t count);

/* Append a line to p->notes, if it has room. */
void femd_potential_remark(femd_potential *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
