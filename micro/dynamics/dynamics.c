/* Integrators of the equations of motion at a fixed cell; see dynamics.h. Owns positions, velocities and forces of one
 * trajectory and the order of a step; never averages anything. */
#include "dynamics/dynamics.h"

#include <math.h>
#include <stdlib.h>

#include "numerics/portable.h"
#include "numerics/random.h"

const double femd_mvv2e = FEMD_ATOMIC_MASS * 1e4 / FEMD_ELEMENTARY_CHARGE; /* (angstrom/ps)^2 = 1e4 (m/s)^2 */
const double femd_kb = FEMD_BOLTZMANN / FEMD_ELEMENTARY_CHARGE;

femd_status femd_dynamics_create(femd_rve *rve, const double *mass, femd_dynamics *d, femd_error *err) {
    const size_t n = (size_t)rve->n, n3 = 3 * n;
    memset(d, 0, sizeof *d);
    for (size_t i = 0; i < n; i++) {
        if (!(mass[i] > 0))
            return femd_fail(err, FEMD_BAD_INPUT, "atom %zu has no mass; give \"masses\" in the structure", i + 1);
    }
    d->rve = rve;
    d->mass = mass;
    d->x = malloc((4 * n3 + 1 + 2 * n) * sizeof(double));
    if (!d->x) return femd_fail(err, FEMD_NO_MEMORY, "dynamics of %zu atoms: out of memory", n);
    d->v = d->x + n3;
    d->f = d->v + n3;
    d->kick = d->f + n3;
    d->spread = d->kick + n;
    d->noise = d->spread + n;
    femd_dynamics_weigh(d);
    return FEMD_OK;
}

void femd_dynamics_weigh(femd_dynamics *d) {
    d->total_mass = 0;
    for (int i = 0; i < d->rve->n; i++) {
        d->total_mass += d->mass[i];
        d->kick[i] = 1 / (d->mass[i] * femd_mvv2e);
        d->spread[i] = sqrt(d->kick[i]);
    }
}

/* With u = v sqrt(m) and unit vectors a, b along the roots of the old and new masses, u at right angles to a: the
 * rotation in the plane of a and b that takes a to b makes of it u - (a + b) (b.u)/(1 + a.b). */
void femd_dynamics_reweigh(femd_dynamics *d) {
    const int n = d->rve->n;
    double *old = d->noise; /* of which every step makes its own */
    const double before = sqrt(d->total_mass * femd_mvv2e);
    double both = 0, along[3] = {0};
    for (int i = 0; i < n; i++) old[i] = d->spread[i];
    femd_dynamics_weigh(d);
    const double after = sqrt(d->total_mass * femd_mvv2e);
    for (int i = 0; i < n; i++) {
        const double b = 1 / (d->spread[i] * after);
        both += b / (old[i] * before);
        for (int c = 0; c < 3; c++) along[c] += b * d->v[3 * i + c] / old[i];
    }
    for (int i = 0; i < n; i++) {
        const double a = 1 / (old[i] * before), b = 1 / (d->spread[i] * after);
        for (int c = 0; c < 3; c++) {
            double *v = d->v + 3 * i + c;
            *v = d->spread[i] * (*v / old[i] - (a + b) * along[c] / (1 + both));
        }
    }
}

void femd_dynamics_clear(femd_dynamics *d) {
    free(d->x);
    memset(d, 0, sizeof *d);
}

static femd_status dynamics_forces(femd_dynamics *d, int renew, femd_error *err) {
    femd_rve *rve = d->rve;
    if (renew) FEMD_TRY(femd_neighbours_rebuild(rve->nb, rve->n, d->h, d->x, err));
    FEMD_TRY(femd_energetics_forces(rve->en, rve->nb, d->h, d->x, &d->W, d->f, d->tau, err));
    if (d->bend) d->bend(d->bend_user, d);
    if (!isfinite(d->W))
        return femd_fail(err, FEMD_DIVERGED, "step %llu of the dynamics: the energy is not finite",
                         (unsigned long long)d->step);
    return FEMD_OK;
}

/* Standard normal deviates of (seed, replica, stream, step), one for each component of each atom. */
static void dynamics_draw(femd_dynamics *d, uint64_t stream, uint64_t step) {
    const uint64_t key = femd_random_bits(femd_random_bits(d->seed, stream, d->replica), 0, step);
    const size_t pairs = (3 * (size_t)d->rve->n + 1) / 2;
    for (size_t p = 0; p < pairs; p++) femd_random_normals(key, p, d->noise + 2 * p);
}

femd_status femd_dynamics_start(femd_dynamics *d, const double h[9], const double *x, double temperature, uint64_t seed,
                                uint64_t replica, femd_error *err) {
    const int n = d->rve->n;
    const double root = sqrt(femd_kb * temperature);
    memcpy(d->h, h, sizeof d->h);
    memmove(d->x, x, 3 * (size_t)n * sizeof *x);
    d->temperature = temperature;
    d->seed = seed;
    d->replica = replica;
    d->step = 0;
    dynamics_draw(d, FEMD_STREAM_VELOCITIES, 0);
    for (int i = 0; i < n; i++)
        for (int c = 0; c < 3; c++) d->v[3 * i + c] = root * d->spread[i] * d->noise[3 * i + c];
    femd_gauge_drift(&d->rve->gauge, d->mass, d->total_mass, 0, d->v, d->x);
    return dynamics_forces(d, 1, err);
}

femd_status femd_dynamics_resume(femd_dynamics *d, const double h[9], const double *x, const double *v, uint64_t step,
                                 femd_error *err) {
    const size_t n3 = 3 * (size_t)d->rve->n;
    memcpy(d->h, h, sizeof d->h);
    memmove(d->x, x, n3 * sizeof *x);
    memmove(d->v, v, n3 * sizeof *v);
    d->step = step;
    return dynamics_forces(d, 1, err);
}

femd_status femd_dynamics_refresh(femd_dynamics *d, femd_error *err) {
    return dynamics_forces(d, 0, err);
}

static void dynamics_kick(femd_dynamics *d, double t) {
    for (int i = 0; i < d->rve->n; i++) {
        const double a = t * d->kick[i];
        for (int c = 0; c < 3; c++) d->v[3 * i + c] += a * d->f[3 * i + c];
    }
}

static void dynamics_drift(femd_dynamics *d, double t) {
    for (int c = 0; c < 3 * d->rve->n; c++) d->x[c] += t * d->v[c];
}

/* Half kick of the step, then drift by t: v += dt/2 f/m, x += t v. */
static void dynamics_kick_and_drift(femd_dynamics *d, double t) {
    for (int i = 0; i < d->rve->n; i++) {
        const double a = 0.5 * d->dt * d->kick[i];
        for (int c = 0; c < 3; c++) {
            const double v = d->v[3 * i + c] + a * d->f[3 * i + c];
            d->v[3 * i + c] = v;
            d->x[3 * i + c] += t * v;
        }
    }
}

static femd_status dynamics_check(const femd_dynamics *d, femd_error *err) {
    double sum = 0;
    for (int c = 0; c < 3 * d->rve->n; c++) sum += (d->x[c] - d->x[c]) + (d->v[c] - d->v[c]);
    if (sum == 0) return FEMD_OK;
    return femd_fail(
        err, FEMD_DIVERGED,
        "step %llu of the dynamics: a position or velocity is not finite; the time step of %g ps is too long",
        (unsigned long long)d->step, d->dt);
}

/* The end of a step: forces at the new positions and the second half kick. */
static femd_status dynamics_finish(femd_dynamics *d, femd_error *err) {
    d->step++;
    FEMD_TRY(dynamics_forces(d, d->step % FEMD_DYNAMICS_RENEW == 0, err));
    dynamics_kick(d, 0.5 * d->dt);
    return FEMD_OK;
}

/* One atom is its own centre of mass. */
static int dynamics_can_move(const femd_dynamics *d) {
    return femd_gauge_free_atoms(&d->rve->gauge) > 0;
}

femd_status femd_dynamics_langevin(femd_dynamics *d, int steps, femd_error *err) {
    const int n = d->rve->n;
    const double keep = femd_portable_exp(-(d->friction * d->dt)),
                 add = sqrt((1 - keep * keep) * femd_kb * d->temperature);
    if (!dynamics_can_move(d)) return FEMD_OK;
    for (int k = 0; k < steps; k++) {
        dynamics_kick_and_drift(d, 0.5 * d->dt);
        dynamics_draw(d, FEMD_STREAM_THERMOSTAT, d->step);
        for (int i = 0; i < n; i++)
            for (int c = 0; c < 3; c++)
                d->v[3 * i + c] = keep * d->v[3 * i + c] + add * d->spread[i] * d->noise[3 * i + c];
        femd_gauge_drift(&d->rve->gauge, d->mass, d->total_mass, 0.5 * d->dt, d->v, d->x);
        FEMD_TRY(dynamics_finish(d, err));
    }
    return dynamics_check(d, err);
}

/* Friction and noise on the groups: v -> V + keep (v - V) + add (noise - its mean), V the velocity of the group's
 * centre of mass. Of each group `sum` holds mass, momentum before, and momentum that friction and noise would add. */
static void dynamics_act_on_groups(femd_dynamics *d, const femd_thermostats *t, double keep) {
    const uint64_t key = femd_random_bits(femd_random_bits(d->seed, FEMD_STREAM_THERMOSTAT, d->replica), 0, d->step);
    const double add = sqrt((1 - keep * keep) * femd_kb);
    memset(t->work, 0, 7 * (size_t)t->groups * sizeof *t->work);
    for (int i = 0; i < d->rve->n; i++) {
        if (t->group[i] < 0) continue;
        double *sum = t->work + 7 * t->group[i], *noise = d->noise + 3 * i, deviate[4];
        const double scale = add * sqrt(t->temperature[t->group[i]]) * d->spread[i], m = d->mass[i];
        femd_random_normals(key, 2 * (uint64_t)i, deviate);
        femd_random_normals(key, 2 * (uint64_t)i + 1, deviate + 2);
        sum[0] += m;
        for (int c = 0; c < 3; c++) {
            noise[c] = scale * deviate[c];
            sum[1 + c] += m * d->v[3 * i + c];
            sum[4 + c] += m * noise[c];
        }
    }
    for (int i = 0; i < d->rve->n; i++) {
        if (t->group[i] < 0) continue;
        const double *sum = t->work + 7 * t->group[i], *noise = d->noise + 3 * i;
        double before = 0, after = 0;
        for (int c = 0; c < 3; c++) {
            double *v = d->v + 3 * i + c;
            const double centre = sum[1 + c] / sum[0];
            before += *v * *v;
            *v = centre + keep * (*v - centre) + (noise[c] - sum[4 + c] / sum[0]);
            after += *v * *v;
        }
        t->given[t->group[i]] += 0.5 * femd_mvv2e * d->mass[i] * (after - before);
    }
}

femd_status femd_dynamics_local(femd_dynamics *d, const femd_thermostats *t, int steps, femd_error *err) {
    const double keep = femd_portable_exp(-(d->friction * d->dt));
    for (int k = 0; k < steps; k++) {
        dynamics_kick_and_drift(d, 0.5 * d->dt);
        dynamics_act_on_groups(d, t, keep);
        dynamics_drift(d, 0.5 * d->dt);
        FEMD_TRY(dynamics_finish(d, err));
    }
    return dynamics_check(d, err);
}

femd_status femd_dynamics_nve(femd_dynamics *d, int steps, femd_error *err) {
    if (!dynamics_can_move(d)) return FEMD_OK;
    for (int k = 0; k < steps; k++) {
        dynamics_kick_and_drift(d, d->dt);
        FEMD_TRY(dynamics_finish(d, err));
    }
    return dynamics_check(d, err);
}

double femd_dynamics_kinetic(const femd_dynamics *d, double mvv[6]) {
    double sum[6] = {0};
    for (int i = 0; i < d->rve->n; i++) {
        const double *v = d->v + 3 * i, m = d->mass[i];
        for (int c = 0; c < 6; c++) sum[c] += m * v[femd_voigt_i[c]] * v[femd_voigt_j[c]];
    }
    for (int c = 0; c < 6; c++) sum[c] *= femd_mvv2e;
    if (mvv) memcpy(mvv, sum, sizeof sum);
    return 0.5 * (sum[0] + sum[1] + sum[2]);
}

femd_status femd_dynamics_top_frequency(femd_rve *rve, const double *mass, const double h[9], const double *x,
                                        double *omega, femd_error *err) {
    enum { ITERATIONS = 60 };
    const int n3 = 3 * rve->n;
    double *v = malloc(2 * (size_t)n3 * sizeof *v), *y = v + n3, norm = 0, most = 0;
    if (!v) return femd_fail(err, FEMD_NO_MEMORY, "the highest frequency of %d atoms: out of memory", rve->n);
    femd_status rc = femd_energetics_prepare(rve->en, rve->nb, h, x, NULL, NULL, err);
    for (int i = 0; i < n3; i++) v[i] = femd_random_uniform(1, FEMD_STREAM_VELOCITIES, (uint64_t)i) - 0.5;
    for (int k = 0; rc == FEMD_OK && k < ITERATIONS; k++) { /* v is in mass-weighted coordinates */
        norm = 0;
        for (int i = 0; i < n3; i++) norm += v[i] * v[i];
        norm = sqrt(norm);
        if (!(norm > 0)) break;
        for (int i = 0; i < n3; i++) v[i] /= norm * sqrt(mass[i / 3]);
        femd_energetics_apply(rve->en, v, y);
        for (int i = 0; i < n3; i++) v[i] = y[i] / sqrt(mass[i / 3]);
        most = norm;
    }
    free(v);
    *omega = sqrt(most / femd_mvv2e);
    return rc;
}
