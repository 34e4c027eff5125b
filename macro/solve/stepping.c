/* The load increments: plan, attempt, cut or grow, commit. Owns the step sizes; knows no element and no solver setting.
 */
#include "solve/stepping.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "base/petsc_edge.h"
#include "fields/constitutive.h"
#include "fields/heat.h"
#include "fields/mechanics.h"
#include "solve/passes.h"
#include "solve/solver.h"

/* Far beyond what the tangent at its start foretold: the path that a step began on has ended on its way. With
 * arc-length control it was foretold and prescribed. */
#define LEAP_MAX       3
#define LEAP_MAX_ALONG 1.1

static int stepping_has_jumped(const femd_case *cs, const femd_step_record *rec) {
    return rec->leap > (cs->arc_length ? LEAP_MAX_ALONG : LEAP_MAX);
}

/* What the steps are solved with. Heat comes first: its temperature is that of the step's mechanics, while the body
 * conducts as it was deformed at the start of the step. */
typedef struct stepper {
    femd_problem *p;
    const femd_stepping_hooks *hooks;
    femd_solver *solver, *heat; /* of p->solved; of the heat beside it, or NULL */
    Vec X, T;                   /* where they are */
    femd_step_record of_heat;   /* with `heat` */
} stepper;

/* End of the next increment: at most p->dt on, and not past the next planned time or time of a table. */
static double stepping_next_time(const femd_problem *p) {
    const femd_case *cs = p->cs;
    const double planned = cs->end_time / cs->step_count, grid = femd_case_next_time(cs, p->time);
    double time = p->time + p->dt;
    if (cs->arc_length) return time; /* no time of a plan, but how far along the path */
    return time >= grid - 1e-6 * planned ? grid : time;
}

int femd_stepping_finished(const femd_case *cs, int step, double load_time) {
    if (load_time >= cs->end_time * (1 - 1e-12)) return 1;
    return cs->arc_length && step >= cs->max_steps;
}

/* The step stands; what was wanted beside it does not stand everywhere. */
static femd_status stepping_tell_unanswered(const femd_problem *p, const femd_stepping_hooks *hooks,
                                            const femd_step_record *rec, femd_error *err) {
    char what[900];
    int points;
    if (rec->unanswered == 0) return FEMD_OK;
    const char *first = p->solved->kind->trouble(p->solved, &points);
    snprintf(what, sizeof what,
             "%llu points have no answer to output.wants; the first: %s; what was asked of them is nan in the results, "
             "the step stands",
             (unsigned long long)rec->unanswered, first);
    if (p->cs->stop_unanswered)
        return femd_fail(err, FEMD_NOT_CONVERGED, "step %d: %s, and the run ends (output.if_unanswered \"stop\")",
                         rec->step, what);
    if (hooks && hooks->note) hooks->note(hooks->user, rec->step, what);
    return FEMD_OK;
}

/* Notes of the answers that a step ends with, each once: every step's are in its fields, history and summary. */
static void stepping_tell_notes(femd_problem *p, const femd_stepping_hooks *hooks, const femd_step_record *rec) {
    char what[320];
    for (uint32_t bit = 1; hooks && hooks->note && bit; bit <<= 1) {
        if (!(rec->notes & ~p->told & bit)) continue;
        snprintf(what, sizeof what, "answers carry the note %s: %s (told once; the field \"notes\" says where)",
                 femd_note_key(bit), femd_note_words(bit));
        hooks->note(hooks->user, rec->step, what);
        p->told |= bit;
    }
}

static femd_status stepping_reused_so_far(femd_problem *p, uint64_t *reused, femd_error *err) {
    uint64_t mine = p->law->reused ? p->law->reused(p->law->self) : 0;
    MPI_TRY(err, MPI_Allreduce(&mine, reused, 1, MPI_UINT64_T, MPI_SUM, p->comm));
    return FEMD_OK;
}

/* X is committed; `before` says from where, as the direction of a path. A jump has none: that of the step before it. */
static femd_status stepping_keep(femd_problem *p, const femd_field *field, Vec X, int jumped, femd_error *err) {
    if (jumped && p->cs->arc_length) {
        PETSC_TRY(err, VecAXPY(field->before, -1, field->committed));
        PETSC_TRY(err, VecAXPY(field->before, 1, X));
    } else {
        PETSC_TRY(err, VecCopy(field->committed, field->before));
    }
    PETSC_TRY(err, VecCopy(X, field->committed));
    return FEMD_OK;
}

#define FLOW_ERROR 0.02 /* heat.accuracy where the case does not say */

/* Noise of the stresses that, through the coupling, outweighs what is wanted of the temperatures: told once. */
static void stepping_tell_noise(femd_problem *p, const femd_stepping_hooks *hooks, const femd_step_record *rec) {
    const double *last = rec->heat + p->cs->nboundary + 1, error = last[FEMD_HEAT_NUMBERS + FEMD_PASS_COUPLING_ERROR],
                 wanted = p->cs->heat.accuracy > 0 ? p->cs->heat.accuracy : FLOW_ERROR;
    double range = last[FEMD_HEAT_HOTTEST] - last[FEMD_HEAT_COLDEST];
    char what[400];
    if (isfinite(p->cs->temperature)) range = fmax(range, fabs(last[FEMD_HEAT_MEAN] - p->cs->temperature));
    if (!hooks || !hooks->note || p->told & FEMD_TOLD_COUPLING_NOISE || error <= wanted * range) return;
    snprintf(what, sizeof what,
             "by the noise of sampled stresses and of their dS/dT the coupling leaves temperatures known to %.2g K "
             "(coupling_error), of %.2g K that they differ or have changed by; heat.accuracy %g wants better: sample "
             "the stress longer (accuracy), or take heat.coupling \"one-way\" (told once)",
             error, range, wanted);
    hooks->note(hooks->user, rec->step, what);
    p->told |= FEMD_TOLD_COUPLING_NOISE;
}

static femd_status stepping_commit_heat(stepper *at, femd_step_record *rec, femd_error *err) {
    femd_problem *p = at->p;
    const femd_step_record *of = &at->of_heat;
    double *pass = rec->heat + p->cs->nboundary + 1 + FEMD_HEAT_NUMBERS;
    if (!at->heat) return FEMD_OK;
    FEMD_TRY(p->temperature->kind->commit(p->temperature, rec->step, rec, err));
    pass[FEMD_PASS_NEWTON] = of->newton;
    pass[FEMD_PASS_PASSES] = femd_heat_passes(p->heat);
    pass[FEMD_PASS_RESIDUAL] = of->nresiduals > 0 ? of->residual[of->nresiduals - 1] : 0;
    pass[FEMD_PASS_REFERENCE] = of->reference;
    rec->direct |= of->direct;
    stepping_tell_noise(p, at->hooks, rec);
    return stepping_keep(p, p->temperature, at->T, 0, err);
}

/* reused_before: answers that were reused before the step. Its last are those that the commit asks for. */
static femd_status stepping_commit_step(stepper *at, uint64_t reused_before, femd_step_record *rec, femd_error *err) {
    femd_problem *p = at->p;
    const femd_stepping_hooks *hooks = at->hooks;
    const double planned = p->cs->end_time / p->cs->step_count;
    double dt = rec->dt;
    if (at->heat) FEMD_TRY(femd_heat_see_work(p, rec, err));
    FEMD_TRY(p->solved->kind->commit(p->solved, rec->step, rec, err));
    FEMD_TRY(stepping_commit_heat(at, rec, err));
    FEMD_TRY(stepping_reused_so_far(p, &rec->reused, err));
    rec->reused -= reused_before;
    stepping_tell_notes(p, hooks, rec);
    FEMD_TRY(stepping_keep(p, p->solved, at->X, stepping_has_jumped(p->cs, rec), err));
    p->time = rec->time;
    p->load_time = rec->load_time;
    p->step = rec->step;
    memcpy(p->work, rec->work, sizeof p->work);
    p->direct = rec->direct;
    p->unstable = rec->unstable;
    if (rec->cuts == 0) dt = fmax(dt, p->dt) * p->cs->growth;
    p->dt = fmin(dt, planned);
    if (hooks && hooks->committed) FEMD_TRY(femd_agree(p->comm, hooks->committed(hooks->user, p, rec, err), err));
    return stepping_tell_unanswered(p, hooks, rec, err);
}

#define NOTABLE 1e-2 /* of the load, not in balance where a step ends */

/* Noise or round-off ends the iterations wherever the load is: one that is no larger has moved nothing. A body in
 * balance of heat that nothing feeds has none but round-off. */
static void stepping_tell_unknown(const femd_problem *p, const femd_field *field, const femd_stepping_hooks *hooks,
                                  const femd_step_record *rec) {
    char what[320];
    const int heat = field == p->temperature;
    const double last = rec->residual[rec->nresiduals > 0 ? rec->nresiduals - 1 : 0];
    const int noise = rec->end == FEMD_NEWTON_NOISE;
    if ((heat && !femd_heat_is_fed(p->heat)) || (!noise && rec->end != FEMD_NEWTON_ROUNDING) || !(rec->load > 0) ||
        last <= NOTABLE * rec->load)
        return;
    snprintf(what, sizeof what, "%.2g of the load (%.3g %s) is not in balance: %s not known better, by %s",
             last / rec->load, rec->load, field->kind->flux_unit, heat ? "flows of heat are" : "the forces are",
             noise  ? "the standard errors of sampled stresses; a smaller \"accuracy\" of the case or of the material, "
                      "or solver.noise_stop false, asks for more"
             : heat ? "round-off; the load is too small, or the step too short, for the heat that the body stores"
                    : "round-off; the load is too small for the stiffness of the body");
    hooks->note(hooks->user, rec->step, what);
}

/* What an answer that is less than asked must say of itself. */
static void stepping_tell(const femd_problem *p, const femd_field *field, const femd_stepping_hooks *hooks,
                          const femd_step_record *rec, int direct_before) {
    char what[320];
    if (!hooks || !hooks->note) return;
    if (rec->end == FEMD_NEWTON_STALLED) {
        const double last = rec->residual[rec->nresiduals > 0 ? rec->nresiduals - 1 : 0];
        snprintf(
            what, sizeof what,
            "the residual stalled at %.3g %s, %.2g of the load, and was accepted so (solver.loose %g); solver.rtol "
            "%g of the reference %.3g %s is out of reach here, as where tables have kinks or a body has branches",
            last, field->kind->flux_unit, rec->load > 0 ? last / rec->load : INFINITY, p->cs->loose, p->cs->rtol,
            rec->reference, field->kind->flux_unit);
        hooks->note(hooks->user, rec->step, what);
    }
    stepping_tell_unknown(p, field, hooks, rec);
    if (rec->direct && !direct_before)
        hooks->note(hooks->user, rec->step,
                    "conjugate gradients failed (an indefinite or badly conditioned tangent, or a node with more than "
                    "500 neighbours); from here on the equations are solved directly");
}

/* So much softer than at its start, a body is close to where it carries no more. */
#define SOFT 4

static const char *stepping_plural(int n) {
    return n == 1 ? "" : "s";
}

/* Do all loads grow as time does? Then it is a load factor. */
static int stepping_is_ramp(const femd_case *cs) {
    int other = femd_case_temperature_ramps(cs) || femd_case_potentials_ramp(cs);
    for (int a = 0; a < 3; ++a) other |= cs->body_function[a] != NULL;
    for (size_t b = 0; b < cs->nboundary; ++b) {
        const femd_case_boundary *entry = &cs->boundary[b];
        other |= entry->ntable > 0;
        for (int a = 0; a < 3; ++a) other |= entry->function[a] != NULL;
    }
    return !other;
}

/* "load factor 0.4", or "time 0.4" where there is none. */
static void stepping_say_load(const femd_case *cs, double load_time, char text[48]) {
    const int ramp = stepping_is_ramp(cs);
    snprintf(text, 48, "%s %.4g", ramp ? "load factor" : "time", ramp ? load_time / cs->end_time : load_time);
}

/* An equilibrium that is none to stay in, told where it begins; and one that was reached by a jump. */
static void stepping_tell_stability(const femd_problem *p, const femd_stepping_hooks *hooks,
                                    const femd_step_record *rec) {
    char what[512], from[48], to[48];
    if (!hooks || !hooks->note) return;
    stepping_say_load(p->cs, p->load_time, from);
    stepping_say_load(p->cs, rec->load_time, to);
    if (stepping_has_jumped(p->cs, rec)) {
        snprintf(
            what, sizeof what,
            p->cs->arc_length
                ? "the body has jumped: it moved %.2g times as far as the step along the path was to be, and shorter "
                  "steps jump too; the path breaks off between %s and %s, and goes on from there on another branch"
                : "the body has jumped: it moved %.2g times as far as the tangent at the start of the step foretold; "
                  "a limit point or a bifurcation (snap-through, buckling) lies between %s and %s",
            rec->leap, from, to);
        hooks->note(hooks->user, rec->step, what);
    }
    if (rec->unstable <= 0 || p->unstable > 0) return;
    snprintf(what, sizeof what,
             "unstable: the tangent has %d negative eigenvalue%s, so the body is past a limit point or a bifurcation "
             "(buckling) and this equilibrium is not the one that it would take; %s, and %s before this step",
             rec->unstable, stepping_plural(rec->unstable), to, from);
    hooks->note(hooks->user, rec->step, what);
}

/* What the last attempt knows of the tangent, if that speaks of a limit. */
static void stepping_explain(const femd_problem *p, const femd_step_record *rec, char *words, size_t size) {
    char near[48];
    const char *follow = p->cs->arc_length ? "" : " (steps.control \"arc-length\" goes through a limit point)";
    words[0] = '\0';
    if (!p->displacement) { /* heat has no limit points */
        for (size_t b = 0; b < p->cs->nboundary; ++b)
            if (p->cs->boundary[b].kind == FEMD_LOAD_RADIATION)
                snprintf(words, size,
                         "; a body that radiates overshoots where it begins too cold: begin nearer to the answer, "
                         "rather too hot (heat.initial), or in shorter steps");
        return;
    }
    if (p->unstable > 0) return;
    stepping_say_load(p->cs, p->load_time, near);
    if (rec->indefinite > 0)
        snprintf(
            words, size,
            "; the tangent became indefinite on the way (%d negative eigenvalue%s): a limit point or a bifurcation "
            "lies near %s%s",
            rec->indefinite, stepping_plural(rec->indefinite), near, follow);
    else if (rec->softer > SOFT && stepping_is_ramp(p->cs))
        snprintf(words, size,
                 "; the body gives way %.2g times as fast as in the first step: a limit point or a bifurcation lies "
                 "near %s%s",
                 rec->softer, near, follow);
}

/* Both fields, or one of them has failed. */
static femd_status stepping_attempt(stepper *at, femd_step_record *rec, femd_attempt *outcome, char *why, size_t size,
                                    femd_error *err) {
    femd_step_record *of = &at->of_heat;
    *outcome = FEMD_ATTEMPT_CONVERGED;
    if (at->heat) {
        *of = (femd_step_record){.step = rec->step, .time = rec->time, .dt = rec->dt, .cuts = rec->cuts};
        FEMD_TRY(femd_solver_attempt(at->heat, rec->time, rec->cuts, at->T, of, outcome, why, size, err));
    }
    if (*outcome != FEMD_ATTEMPT_CONVERGED) return FEMD_OK;
    FEMD_TRY(femd_solver_attempt(at->solver, rec->time, rec->cuts, at->X, rec, outcome, why, size, err));
    if (*outcome != FEMD_ATTEMPT_CONVERGED || !at->heat || !(at->p->cs->heat.iterate > 0)) return FEMD_OK;
    const femd_passes both = {
        .p = at->p, .heat = at->heat, .mechanics = at->solver, .T = at->T, .X = at->X, .of_heat = of, .of = rec};
    return femd_passes_repeat(&both, outcome, why, size, err);
}

/* One committed step, after as many cuts as it takes. */
static femd_status stepping_run_step(stepper *at, femd_step_record *rec, femd_error *err) {
    femd_problem *p = at->p;
    const femd_stepping_hooks *hooks = at->hooks;
    const double planned = p->cs->end_time / p->cs->step_count;
    char why[768] = "", near[300];
    uint64_t before;
    const int direct_before = p->direct;
    FEMD_TRY(stepping_reused_so_far(p, &before, err));
    p->solved->kind->step(p->solved, rec->step);
    if (at->heat) p->temperature->kind->step(p->temperature, rec->step);
    if (at->heat && p->step == 0 && femd_heat_is_two_way(p->heat)) FEMD_TRY(femd_mechanics_begin_virgin(p, err));
    for (rec->cuts = 0;; ++rec->cuts) {
        femd_attempt outcome;
        double time = stepping_next_time(p);
        rec->time = time;
        rec->dt = time - p->time;
        FEMD_TRY(stepping_attempt(at, rec, &outcome, why, sizeof why, err));
        if (outcome == FEMD_ATTEMPT_CONVERGED) {
            if (at->heat) stepping_tell(p, p->temperature, hooks, &at->of_heat, direct_before);
            stepping_tell(p, p->solved, hooks, rec, direct_before);
            stepping_tell_stability(p, hooks, rec);
            return stepping_commit_step(at, before, rec, err);
        }
        FEMD_TRY(femd_agree(p->comm, p->law->abort(p->law->self, err), err));
        p->dt = rec->dt * p->cs->cut;
        p->cuts++;
        if (rec->cuts >= p->cs->max_cuts || p->dt < 1e-6 * planned) {
            stepping_explain(p, rec, near, sizeof near);
            return femd_fail(err, FEMD_NOT_CONVERGED,
                             "step %d at time %g: given up after %d attempt%s at it (%d failed in this run), the last "
                             "increment being "
                             "%g (%s); %s%s",
                             rec->step, p->time, rec->cuts + 1, stepping_plural(rec->cuts + 1), p->cuts, rec->dt,
                             rec->cuts >= p->cs->max_cuts ? "steps.max_cuts"
                                                          : "the next would be below 1e-6 of the planned one",
                             why, near);
        }
        if (hooks && hooks->cut) hooks->cut(hooks->user, rec->step, why, p->dt);
    }
}

static femd_status stepping_run_all(stepper *at, double *forces, femd_error *err) {
    femd_problem *p = at->p;
    const femd_stepping_hooks *hooks = at->hooks;
    while (!femd_stepping_finished(p->cs, p->step, p->load_time)) {
        femd_step_record rec = {.step = p->step + 1,
                                .reaction = forces,
                                .account = forces + 3 * p->cs->nboundary,
                                .heat = p->heat ? forces + 9 * p->cs->nboundary + 6 : NULL,
                                .stability_min = NAN};
        int stop = hooks && hooks->stop ? hooks->stop(hooks->user) != 0 : 0;
        MPI_TRY(err, MPI_Allreduce(MPI_IN_PLACE, &stop, 1, MPI_INT, MPI_MAX, p->comm));
        if (stop) return femd_fail(err, FEMD_CANCELLED, "stopped on request after step %d", p->step);
        FEMD_TRY(stepping_run_step(at, &rec, err));
    }
    if (p->load_time < p->cs->end_time * (1 - 1e-12) && hooks && hooks->note) {
        char what[160];
        snprintf(what, sizeof what, "the path was followed for steps.max_steps %d; it ends at load factor %.6g",
                 p->cs->max_steps, p->load_time / p->cs->end_time);
        hooks->note(hooks->user, p->step, what);
    }
    return FEMD_OK;
}

femd_status femd_stepping_run(femd_problem *p, const femd_stepping_hooks *hooks, femd_error *err) {
    stepper at = {.p = p, .hooks = hooks};
    femd_status rc;
    if (p->dt <= 0) p->dt = p->cs->end_time / p->cs->step_count;
    const size_t heat = p->heat ? femd_heat_numbers(p->cs) : 0;
    double *forces = calloc(9 * p->cs->nboundary + 6 + heat, sizeof *forces); /* reactions, account, heat */
    FEMD_TRY_GOTO(
        rc, femd_agree(p->comm, forces ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the reactions"), err),
        done);
    FEMD_TRY_GOTO(rc, femd_solver_create(p, p->solved, hooks, &at.solver, err), done);
    PETSC_TRY_GOTO(rc, err, VecDuplicate(p->solved->committed, &at.X), done);
    if (p->displacement && p->temperature) {
        FEMD_TRY_GOTO(rc, femd_solver_create(p, p->temperature, hooks, &at.heat, err), done);
        PETSC_TRY_GOTO(rc, err, VecDuplicate(p->temperature->committed, &at.T), done);
    }
    rc = stepping_run_all(&at, forces, err);
done:
    (void)VecDestroy(&at.X);
    (void)VecDestroy(&at.T);
    femd_solver_destroy(&at.heat);
    femd_solver_destroy(&at.solver);
    free(forces);
    return rc;
}
