/* The rate of a vacancy's hop in copper without harmonic forces and without waiting for hops: how often the atoms come
 * to the saddle's hyperplane, and how many of those who cross it stay (Bennett, in: Algorithms for Chemical
 * Computations, ACS Symp. Ser. 46 (1977) 63; Chandler, J. Chem. Phys. 68 (1978) 2959),
 *
 *   Gamma = kappa sqrt(kT/(2 pi m)) / int exp(-(A(q) - A(0))/kT) dq,
 *
 * q the distance along the unstable mode from the saddle, the hyperplane that harmonic theory has too: the first factor
 * alone is what recrossings take from any transition state theory, the rest over the harmonic rate what anharmonic
 * forces do. A(q) is the integral of the mean force in dynamics that are held at q; q is linear in the positions and
 * all masses are alike, so that nothing is to be corrected for. kappa is the mean of [beyond after v] - [beyond after
 * -v] of trajectories from the hyperplane without a thermostat, their speeds across it drawn from the flux.
 *
 * 255 atoms at the lattice parameters of counted-hops. Each mean force is of FEMD_BENCH_PICOSECONDS/20. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dynamics/dynamics.h"
#include "numerics/dense.h"
#include "numerics/random.h"
#include "physics.h"
#include "rates/count.h"
#include "rates/hop.h"
#include "rates/vineyard.h"

enum {
    PICOSECONDS = 500,
    PART = 20,
    POINTS_MAX = 40,
    BLOCKS = 10,
    TAIL = 8,
    PAIRS = 300,
    FRAME = 25,
    TRIES = 200,
    AGAIN = 3
};
static const double MASS = 63.546, STEP = 0.002, FRICTION = 2; /* u, ps, 1/ps */
static const double APART = 0.1, BEYOND = 0.45;             /* angstrom: of points; of the first behind the minimum */
static const double NEAR = 0.25;                            /* angstrom from the saddle: a jumper may look arrived */
static const int SETTLE = 1500, BETWEEN = 125, CROSS = 300; /* steps */

typedef struct flux {
    femd_native *native;
    femd_vacancy vacancy;
    int hop;
    femd_still before, saddle;
    femd_dynamics d;
    femd_count *count;
    double *site, *mass, *other, *mode, *kept; /* kept: two times x and v */
    double T, kT, begin, harmonic;             /* K, eV, angstrom, 1/ps */
    uint64_t key, drawn, starts;
} flux;

/* ---- dynamics at one q ---- */

/* Takes the motion along the mode and that of the whole out. */
static void flux_project(const flux *f, double *v) {
    const int n3 = f->saddle.n3;
    const double along = femd_dot(n3, v, f->mode);
    double mean[3] = {0, 0, 0};
    for (int i = 0; i < n3; i++) v[i] -= along * f->mode[i];
    for (int i = 0; i < n3; i++) mean[i % 3] += 3 * v[i] / n3;
    for (int i = 0; i < n3; i++) v[i] -= mean[i % 3];
}

static void flux_draw(flux *f, double keep, double add, double *v) {
    const int n3 = f->saddle.n3;
    for (int i = 0; i < n3; i += 2) {
        double two[2];
        femd_random_normals(f->key, f->drawn++, two);
        for (int c = 0; c < 2 && i + c < n3; c++) v[i + c] = keep * v[i + c] + add * two[c];
    }
    flux_project(f, v);
}

static femd_status flux_forces(flux *f, int renew, femd_error *err) {
    femd_dynamics *d = &f->d;
    if (renew) FEMD_TRY(femd_neighbours_rebuild(d->rve->nb, d->rve->n, d->h, d->x, err));
    return femd_energetics_forces(d->rve->en, d->rve->nb, d->h, d->x, &d->W, d->f, d->tau, err);
}

/* BAOAB in the hyperplane. */
static femd_status flux_step(flux *f, int steps, femd_error *err) {
    femd_dynamics *d = &f->d;
    const int n3 = f->saddle.n3;
    const double keep = exp(-FRICTION * STEP), add = sqrt((1 - keep * keep) * f->kT) * d->spread[0];
    for (int k = 0; k < steps; k++) {
        for (int i = 0; i < n3; i++) d->v[i] += 0.5 * STEP * d->kick[0] * d->f[i];
        flux_project(f, d->v);
        for (int i = 0; i < n3; i++) d->x[i] += 0.5 * STEP * d->v[i];
        flux_draw(f, keep, add, d->v);
        for (int i = 0; i < n3; i++) d->x[i] += 0.5 * STEP * d->v[i];
        d->step++;
        FEMD_TRY(flux_forces(f, d->step % FEMD_DYNAMICS_RENEW == 0, err));
        for (int i = 0; i < n3; i++) d->v[i] += 0.5 * STEP * d->kick[0] * d->f[i];
        flux_project(f, d->v);
    }
    return FEMD_OK;
}

/* Everybody is where the vacancy is the first state's; near the saddle the jumper may be anywhere. */
static femd_status flux_look(flux *f, double q, int *home, femd_error *err) {
    const int jumper = f->vacancy.hop[f->hop].jumper;
    FEMD_TRY(femd_count_look(f->count, FRAME * STEP, f->d.x, err));
    *home = 1;
    for (int i = 0; i < f->d.rve->n; i++)
        if (femd_count_site(f->count, i) != i + 1 && (i != jumper || q < -NEAR)) *home = 0;
    return FEMD_OK;
}

static femd_status flux_count_anew(flux *f, femd_error *err) {
    femd_count_destroy(&f->count);
    return femd_count_create(f->d.rve->n, f->before.x, f->d.rve->n + 1, f->site, f->d.h, &f->count, err);
}

/* At q on the straight way, warm; from other velocities where another atom hops before that. */
static femd_status flux_settle(flux *f, double q, femd_error *err) {
    const int n3 = f->saddle.n3;
    const double part = 1 - q / f->begin;
    int home = 0;
    for (int k = 0; k < TRIES && !home; k++) {
        for (int i = 0; i < n3; i++) f->other[i] = f->before.x[i] + part * (f->saddle.x[i] - f->before.x[i]);
        FEMD_TRY(femd_dynamics_start(&f->d, f->native->path.place.h, f->other, 2 * f->T, 1, f->starts++, err));
        flux_project(f, f->d.v);
        FEMD_TRY(flux_step(f, SETTLE, err));
        FEMD_TRY(flux_count_anew(f, err));
        FEMD_TRY(flux_look(f, q, &home, err));
    }
    return home ? FEMD_OK : femd_fail(err, FEMD_NOT_CONVERGED, "copper at q = %g angstrom does not keep its sites", q);
}

/* ---- the mean force ---- */

static void flux_keep(flux *f, int which) {
    const size_t n3 = (size_t)f->saddle.n3;
    memcpy(f->kept + 2 * (size_t)which * n3, f->d.x, n3 * sizeof *f->kept);
    memcpy(f->kept + (2 * (size_t)which + 1) * n3, f->d.v, n3 * sizeof *f->kept);
}

static femd_status flux_go_back(flux *f, femd_error *err) {
    const size_t n3 = (size_t)f->saddle.n3;
    memcpy(f->d.x, f->kept, n3 * sizeof *f->kept);
    memcpy(f->d.v, f->kept + n3, n3 * sizeof *f->kept);
    flux_keep(f, 1);
    FEMD_TRY(flux_count_anew(f, err));
    return flux_forces(f, 1, err);
}

/* 1 ps at q: the mean of -f along the mode. home 0: another hop came, and it does not count. */
static femd_status flux_picosecond(flux *f, double q, double *force, int *home, femd_error *err) {
    enum { LOOKS = 5 };
    const int frames = (int)lround(1 / (FRAME * STEP));
    *force = 0;
    *home = 1;
    for (int k = 0; k < frames && *home; k++) {
        for (int s = 0; s < LOOKS; s++) {
            FEMD_TRY(flux_step(f, FRAME / LOOKS, err));
            *force -= femd_dot(f->saddle.n3, f->d.f, f->mode) / (LOOKS * frames);
        }
        FEMD_TRY(flux_look(f, q, home, err));
    }
    return FEMD_OK;
}

/* dA/dq over 10 blocks. What another hop spoils begins again from two picoseconds before; from there for the third time
 * in a row, with other atoms. */
static femd_status flux_mean_force(flux *f, double q, double time, figure *mean, femd_error *err) {
    const int each = (int)fmax(1, round(time / BLOCKS));
    double block[BLOCKS] = {0}, square = 0;
    flux_keep(f, 0);
    flux_keep(f, 1);
    for (int k = 0, spoilt = 0, row = 0; k < BLOCKS * each;) {
        double force;
        int home;
        memcpy(f->kept, f->kept + 2 * (size_t)f->saddle.n3, 2 * (size_t)f->saddle.n3 * sizeof *f->kept);
        flux_keep(f, 1);
        FEMD_TRY(flux_picosecond(f, q, &force, &home, err));
        if (home) {
            block[k++ / each] += force / each;
            row = 0;
            continue;
        }
        if (++spoilt > TRIES + k) return femd_fail(err, FEMD_NOT_CONVERGED, "too many other hops at q = %g", q);
        if (++row % AGAIN == 0) {
            FEMD_TRY(flux_settle(f, q, err));
            flux_keep(f, 1);
        } else {
            FEMD_TRY(flux_go_back(f, err));
        }
    }
    mean->value = 0;
    for (int b = 0; b < BLOCKS; b++) mean->value += block[b] / BLOCKS;
    for (int b = 0; b < BLOCKS; b++) square += (block[b] - mean->value) * (block[b] - mean->value);
    mean->error = sqrt(square / (BLOCKS * (BLOCKS - 1)));
    return FEMD_OK;
}

/* ln of the integral of exp(-(A - A(0))/kT) from mean forces at points APART, the last at q = 0: cubics between them,
 * and before the first a force that goes on as a line. */
static double flux_log_weight(int n, const double *force, double kT) {
    double A = 0, sum = 0;
    for (int k = n - 1; k >= 0; k--) {
        sum += exp(-A / kT);
        if (k == 0) break;
        const double before = k > 1 ? force[k - 2] : 3 * force[0] - 3 * force[1] + force[2],
                     after = k + 1 < n ? force[k + 1] : 3 * force[k] - 3 * force[k - 1] + force[k - 2];
        A -= APART / 24 * (13 * (force[k] + force[k - 1]) - before - after);
    }
    for (int k = 1; k < TAIL; k++) sum += exp(-(A - k * APART * (force[0] - 0.5 * k * (force[1] - force[0]))) / kT);
    return log(sum * APART);
}

/* Of one hop, 1/ps: without harmonic forces, all that cross stay. The last point is where flux_transmit goes on. */
static femd_status flux_crossings(flux *f, double time, figure *rate, femd_error *err) {
    const int n = 1 + (int)floor((BEYOND - f->begin) / APART);
    double force[POINTS_MAX], square = 0;
    figure mean[POINTS_MAX];
    for (int k = 0; k < n; k++) {
        const double q = -APART * (n - 1 - k);
        FEMD_TRY(flux_settle(f, q, err));
        FEMD_TRY(flux_mean_force(f, q, time, &mean[k], err));
        force[k] = mean[k].value;
        say("copper, %g K: mean force at q = %.1f angstrom %.4f(%.4f) eV/angstrom", f->T, q, force[k], mean[k].error);
    }
    const double log_weight = flux_log_weight(n, force, f->kT);
    for (int k = 0; k < n; k++) {
        force[k] += mean[k].error;
        const double change = flux_log_weight(n, force, f->kT) - log_weight;
        square += change * change;
        force[k] -= mean[k].error;
    }
    rate->value = sqrt(f->kT * f->d.kick[0] / (2 * M_PI)) * exp(-log_weight);
    rate->error = rate->value * sqrt(square);
    return FEMD_OK;
}

/* ---- who stays ---- */

/* 1: a trajectory without a thermostat that begins at x with v ends beyond the hyperplane. */
static femd_status flux_ends_beyond(flux *f, const double *x, const double *v, int *beyond, femd_error *err) {
    FEMD_TRY(femd_dynamics_resume(&f->d, f->d.h, x, v, 0, err));
    FEMD_TRY(femd_dynamics_nve(&f->d, CROSS, err));
    *beyond = femd_dot(f->saddle.n3, f->d.x, f->mode) > femd_dot(f->saddle.n3, f->saddle.x, f->mode);
    return FEMD_OK;
}

/* From the hyperplane at q = 0 on, where the atoms are. */
static femd_status flux_transmit(flux *f, int pairs, figure *kappa, femd_error *err) {
    const int n3 = f->saddle.n3;
    const double speed = sqrt(f->kT) * f->d.spread[0];
    double *v = f->other, sum = 0, square = 0;
    for (int p = 0; p < pairs; p++) {
        int beyond[2];
        FEMD_TRY(flux_step(f, BETWEEN, err));
        flux_keep(f, 0);
        flux_draw(f, 0, speed, v);
        const double across =
            speed * sqrt(-2 * log(1 - femd_random_uniform(f->key, FEMD_STREAM_VELOCITIES, (uint64_t)p)));
        for (int i = 0; i < n3; i++) v[i] += across * f->mode[i];
        for (int back = 0; back < 2; back++) {
            FEMD_TRY(flux_ends_beyond(f, f->kept, v, &beyond[back], err));
            for (int i = 0; i < n3; i++) v[i] = -v[i];
        }
        FEMD_TRY(femd_dynamics_resume(&f->d, f->d.h, f->kept, f->kept + n3, 0, err));
        sum += beyond[0] - beyond[1];
        square += (beyond[0] - beyond[1]) * (beyond[0] - beyond[1]);
    }
    kappa->value = sum / pairs;
    kappa->error = sqrt((square / pairs - kappa->value * kappa->value) / pairs);
    return FEMD_OK;
}

/* ---- one temperature ---- */

static femd_status flux_native(double a, femd_native **native, femd_error *err) {
    char json[512];
    snprintf(
        json, sizeof json,
        "{\"engine\":\"native\",\"reference\":\"as-given\",\"structure\":{\"lattice\":\"fcc\",\"a\":\"%g angstrom\","
        "\"species\":[\"Cu\"],\"repeat\":[4,4,4],\"vacancies\":{\"positions\":[[0,0,0]]}},\"potential\":{\"style\":"
        "\"eam/alloy\",\"file\":\"Cu_mishin1.eam.alloy\"},\"neighbour\":{\"skin\":\"1 angstrom\"}}",
        a);
    return open_native(json, FEMD_NATIVE_RELAXED, native, err);
}

/* The two states' saddle and what harmonic theory makes of it; the mode points from the first state to the second. */
static femd_status flux_find_saddle(flux *f, femd_error *err) {
    static const double origin[3] = {0, 0, 0}, along[3] = {1, 1, 0}, rest[6] = {0};
    femd_path *path = &f->native->path;
    femd_saddle_way way;
    femd_relax_result end;
    double nu;
    FEMD_TRY(femd_vacancy_find(&f->native->structure, origin, &f->vacancy, err));
    FEMD_TRY(femd_hop_toward(&f->vacancy, &f->native->structure, along, &f->hop, err));
    FEMD_TRY(femd_path_advance(path, rest, NULL, err));
    FEMD_TRY(femd_still_find(&f->before, path->rve, &path->place, path->x, NULL, err));
    femd_hop_move(&f->vacancy.hop[f->hop], path->place.h, path->rve->n, path->x, f->other);
    FEMD_TRY(femd_neighbours_rebuild(path->rve->nb, path->rve->n, path->place.h, f->other, err));
    FEMD_TRY(femd_relax(path->relaxer, path->rve, &path->place, f->other, NULL, NULL, &end, err));
    FEMD_TRY(femd_saddle_find(&f->saddle, f->native, &path->place, f->before.x, f->before.W, f->other, end.W, NULL,
                              NULL, &way, err));
    FEMD_TRY(femd_vineyard_frequency(&f->before, &f->saddle, f->mass, path->rve, &path->place, &nu, err));
    f->harmonic = 1e-12 * nu * exp(-(f->saddle.W - f->before.W) / f->kT);
    memcpy(f->mode, f->saddle.mode, (size_t)f->saddle.n3 * sizeof *f->mode);
    f->begin = femd_dot(f->saddle.n3, f->mode, f->before.x) - femd_dot(f->saddle.n3, f->mode, f->saddle.x);
    for (int i = 0; f->begin > 0 && i < f->saddle.n3; i++) f->mode[i] = -f->mode[i];
    f->begin = -fabs(f->begin);
    return FEMD_OK;
}

static femd_status flux_open(flux *f, double T, double a, femd_error *err) {
    *f = (flux){.T = T, .kT = femd_kb * T, .key = femd_random_mix((uint64_t)T)};
    FEMD_TRY(flux_native(a, &f->native, err));
    const femd_rve *rve = &f->native->rve;
    const size_t n = (size_t)rve->n, n3 = 3 * n;
    f->site = malloc((n3 + 3 + n + 6 * n3) * sizeof *f->site);
    if (!f->site) return femd_fail(err, FEMD_NO_MEMORY, "a hop of copper: out of memory");
    f->mass = f->site + n3 + 3;
    f->other = f->mass + n;
    f->mode = f->other + n3;
    f->kept = f->mode + n3;
    for (size_t i = 0; i < n; i++) f->mass[i] = MASS;
    memset(f->site, 0, 3 * sizeof *f->site); /* the vacancy's is the origin */
    memcpy(f->site + 3, rve->X, n3 * sizeof *f->site);
    FEMD_TRY(femd_still_init(&f->before, (int)n, err));
    FEMD_TRY(femd_still_init(&f->saddle, (int)n, err));
    FEMD_TRY(femd_dynamics_create(&f->native->rve, f->mass, &f->d, err));
    f->d.dt = STEP;
    return flux_find_saddle(f, err);
}

static void flux_close(flux *f) {
    femd_dynamics_clear(&f->d);
    femd_still_clear(&f->before);
    femd_still_clear(&f->saddle);
    femd_count_destroy(&f->count);
    free(f->site);
    femd_native_destroy(&f->native);
}

typedef struct flux_of {
    double T, a; /* K, angstrom */
    figure counted;
} flux_of;

static femd_status flux_print(flux *f, const flux_of *of, double time, femd_error *err) {
    enum { WAYS = 12 };
    const char *const harmonic = "harmonic transition state theory";
    figure cross, kappa, rate;
    char name[120];
    FEMD_TRY(flux_crossings(f, time / PART, &cross, err));
    FEMD_TRY(flux_transmit(f, (int)ceil(PAIRS * time / PICOSECONDS), &kappa, err));
    rate.value = WAYS * cross.value * kappa.value;
    rate.error = rate.value * hypot(cross.error / cross.value, kappa.error / kappa.value);
    snprintf(name, sizeof name, "copper, %g K, 255 atoms: a vacancy's hops, all 12 ways, if all crossings stay", of->T);
    print_figure(name, (figure){WAYS * cross.value, WAYS * cross.error}, "1/ps",
                 (reference){harmonic, {WAYS * f->harmonic, 0}});
    print_figure("  part of the crossings that stays", kappa, "", (reference){harmonic, {1, 0}});
    print_figure("  both: rate of all hops", rate, "1/ps", (reference){harmonic, {WAYS * f->harmonic, 0}});
    print_figure("  the same", rate, "1/ps", (reference){"counted, here and by LAMMPS", of->counted});
    return FEMD_OK;
}

femd_status hop_flux(femd_error *err) {
    static const flux_of at[] = {{1100, 3.68737, {0.1074, 0.0037}}, {1250, 3.70079, {0.2691, 0.0071}}};
    const char *option = getenv("FEMD_BENCH_PICOSECONDS");
    const double time = option ? strtod(option, NULL) : PICOSECONDS;
    if (!(time >= 1 && time <= 1e6))
        return femd_fail(err, FEMD_BAD_INPUT, "--picoseconds %s: from 1 to 1e6 are accepted", option);
    for (size_t k = 0; k < sizeof at / sizeof *at; k++) {
        flux f;
        femd_status rc = flux_open(&f, at[k].T, at[k].a, err);
        if (rc == FEMD_OK) rc = flux_print(&f, &at[k], time, err);
        flux_close(&f);
        FEMD_TRY(rc);
    }
    return FEMD_OK;
}
