/* A step along the path of an equilibrium instead of one in time: the load factor is an unknown, and what is prescribed
 * is how far the values go from the committed ones, |X - X0| = length (Crisfield, Comput. Struct. 13 (1981) 55; with
 * prescribed values among X, so that a body is followed whose supports move it). A short step prescribes how far they
 * go along the tangent instead, (X - X0) . ahead = length (Riks, Int. J. Solids Struct. 15 (1979) 529): where answers
 * jump, no equilibrium is within its length, or none but the one that the path came from. */
#ifndef FEMD_ARC_H
#define FEMD_ARC_H

#include <petscvec.h>

#include "solve/linear.h"

typedef struct femd_arc {
    femd_field *field;   /* borrowed */
    femd_linear *linear; /* borrowed */
    Vec rate, along;     /* of the residual's equation, and of the values, by load time; owned */
    Vec back;            /* X - X0 and what a correction makes of it; owned */
    Vec ahead;           /* of size 1, from X0; owned */
    int straight;        /* the length is that along `ahead` */
    double load0, load;  /* load time that is committed; of the iterate */
    double change;       /* of the load time, in a whole step of Newton's method */
    double length;       /* m */
} femd_arc;

FEMD_MUST_CHECK femd_status femd_arc_init(femd_arc *arc, femd_field *field, femd_linear *linear, femd_error *err);
void femd_arc_clear(femd_arc *arc);
/* X = X0 + length along the tangent of the committed state, in the direction in which the step before went; *load is
 * committed. *scale: length by load time, set from that tangent if it is 0; `part` of it, by load time, is the length,
 * along the tangent if `straight`. *possible 0: there is no tangent. K is overwritten. Collective, as is all that
 * follows.
 */
FEMD_MUST_CHECK femd_status femd_arc_start(femd_arc *arc, Mat K, double load, double part, int straight, double *scale,
                                           Vec X, int *possible, femd_error *err);
/* K and the rate of the residual at the state last evaluated. */
FEMD_MUST_CHECK femd_status femd_arc_tangent(femd_arc *arc, Mat K, femd_error *err);
/* step: of Newton's method at constant load (X -= step), K as left by femd_arc_tangent. Makes of it the one that keeps
 * the length, with its change of the load. *solved 0: there is none. */
FEMD_MUST_CHECK femd_status femd_arc_correct(femd_arc *arc, Mat K, Vec X, Vec step, int *solved, femd_error *err);
/* A part of that step is tried: its loads and prescribed values. The last part tried is taken. */
FEMD_MUST_CHECK femd_status femd_arc_try(const femd_arc *arc, double part, femd_error *err);
/* How far X is from the committed values, and how far along the tangent that the step began with. */
FEMD_MUST_CHECK femd_status femd_arc_look_back(femd_arc *arc, Vec X, double *gone, double *ahead, femd_error *err);
void femd_arc_take(femd_arc *arc, double part);

#endif
