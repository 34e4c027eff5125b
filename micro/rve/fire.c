/* FIRE 2.0; see fire.h. Parameters are those of the paper. */
#include "rve/fire.h"

#include <math.h>

#include "numerics/dense.h"
#include "rve/beat.h"

enum { PATIENCE = 1500, DELAY = 20 };
static const double PROGRESS = 0.8; /* the smallest force must fall to this of itself within PATIENCE steps */
static const double GROW = 1.1, SHRINK = 0.5, MIX = 0.25, MIX_SHRINK = 0.99;
static const double STEP = 0.1, STEP_MOST = 1, STEP_LEAST = 2e-3; /* over the fastest vibration's 1/omega */

/* x += t v, no component by more than max_move. */
static void fire_move(int n3, double t, const double *v, double max_move, double *x) {
    const double longest = fabs(t) * femd_max_abs(n3, v), scale = longest > max_move ? max_move / longest : 1;
    for (int i = 0; i < n3; i++) x[i] += scale * t * v[i];
}

/* v += t f, and where it goes downhill (power > 0) turned towards f. */
static void fire_accelerate(int n3, double t, double power, double mix, const double *f, double *v) {
    for (int i = 0; i < n3; i++) v[i] += t * f[i];
    if (!(power > 0)) return;
    const double turn = mix * sqrt(femd_dot(n3, v, v) / femd_dot(n3, f, f));
    for (int i = 0; i < n3; i++) v[i] = (1 - mix) * v[i] + turn * f[i];
}

femd_fire_walk femd_fire_begin(int n, double stiffness, double max_move, double *v) {
    const double period = 1 / sqrt(stiffness);
    memset(v, 0, (size_t)n * sizeof *v);
    return (femd_fire_walk){.period = period, .max_move = max_move, .t = STEP * period, .mix = MIX};
}

void femd_fire_advance(femd_fire_walk *walk, int n, const double *f, double *v, double *x) {
    const double power = femd_dot(n, f, v);
    if (power > 0) {
        if (++walk->downhill > DELAY) {
            walk->t = fmin(GROW * walk->t, STEP_MOST * walk->period);
            walk->mix *= MIX_SHRINK;
        }
    } else {
        fire_move(n, -0.5 * walk->t, v, walk->max_move, x);
        memset(v, 0, (size_t)n * sizeof *v);
        walk->t = fmax(SHRINK * walk->t, STEP_LEAST * walk->period);
        walk->mix = MIX;
        walk->downhill = 0;
    }
    fire_accelerate(n, walk->t, power, walk->mix, f, v);
    fire_move(n, walk->t, v, walk->max_move, x);
}

femd_status femd_fire_run(femd_fire *fire, const femd_rve *rve, const femd_place *place, double *x, double *f,
                          const femd_beat *beat, femd_error *err) {
    const int n3 = 3 * rve->n;
    femd_fire_walk walk = femd_fire_begin(n3, fire->stiffness, fire->max_move, fire->v);
    double mark = HUGE_VAL, least = HUGE_VAL;
    int since = 0;
    for (fire->steps = 0;; fire->steps++) {
        const double fmax_now = femd_max_abs(n3, f);
        if (!isfinite(fmax_now))
            return femd_fail(err, FEMD_DIVERGED, "the relaxation reached a force that is not finite");
        if (fmax_now <= fire->tolerance && fire->steps) return FEMD_OK;
        since++;
        least = fmin(least, fmax_now);
        if (fmax_now < PROGRESS * mark) mark = fmax_now, since = 0;
        if (since > PATIENCE)
            return femd_fail(
                err, FEMD_NOT_CONVERGED,
                "following forces alone, the relaxation came no nearer than %.2e eV/angstrom; there may be a jump of "
                "the potential in its way",
                least);
        femd_fire_advance(&walk, n3, f, fire->v, x);
        FEMD_TRY(femd_beat_now(beat, 0, "the relaxation", err));
        FEMD_TRY(femd_energetics_forces(rve->en, rve->nb, place->h, x, &fire->W, f, fire->tau, err));
        femd_gauge_confine(&rve->gauge, f);
    }
}
