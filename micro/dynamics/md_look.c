/* Trajectories of the method `md` and the sums over them. Owns the order of replicas and blocks, the detection of
 * equilibrium and what is sampled at a step; what the sums mean is md.c's. */
#include "dynamics/md.h"

#include <math.h>
#include <stdlib.h>

#include "rve/beat.h"

/* Steps averaged into one value of a series; equilibration segments before giving up, and before a drift alone decides.
 */
enum { GROUP = 20, SEGMENTS_MAX = 48, SEGMENTS_LATE = 12 };

static const char DURING[] = "the sampling"; /* what a beat interrupts */

/* z of the present configuration: U_E = M tau and U, relative to the shift, and the controls. */
static void first_derivatives(const femd_md *md, double z[FEMD_MD_Z]) {
    for (int r = 0; r < 6; r++) {
        double s = 0;
        for (int c = 0; c < 6; c++) s += md->place.M[6 * r + c] * md->d.tau[c];
        z[r] = s - md->shift[r];
    }
    z[6] = md->d.W - md->shift[6];
    double G[9] = {0};
    const femd_dynamics *d = &md->d;
    for (int i = 0; i < md->rve.n; i++)
        for (int a = 0; a < 3; a++)
            for (int b = 0; b < 3; b++) G[3 * a + b] += d->f[3 * i + a] * (d->x[3 * i + b] - md->site[3 * i + b]);
    for (int c = 0; c < FEMD_MD_CONTROLS; c++) {
        const int a = femd_voigt_i[c], b = femd_voigt_j[c];
        z[FEMD_MD_SHIFTED + c] = 0.5 * (G[3 * a + b] + G[3 * b + a]) +
                                 (a == b ? femd_gauge_free_atoms(&md->rve.gauge) * femd_kb * md->T : 0);
    }
}

/* m v v between two kicks, which is where <f x> + <m v v> = 0 holds for the dynamics of finite steps: the velocities at
 * the end of a step stand in the middle of the two half kicks, and the mean of those before and after both adds dt^2/4
 * f f/m. (With z = m x.v, which must not grow: from the friction to the next one z gains dt/2 (m v v before) + dt x.f +
 * dt/2 (m v v after), and time reversal makes its mean zero at either end.) */
static void kinetic_between_kicks(const femd_dynamics *d, double mvv[6]) {
    const double quarter = 0.25 * d->dt * d->dt;
    femd_dynamics_kinetic(d, mvv);
    for (int i = 0; i < d->rve->n; i++)
        for (int c = 0; c < 6; c++)
            mvv[c] += quarter * d->kick[i] * d->f[3 * i + femd_voigt_i[c]] * d->f[3 * i + femd_voigt_j[c]];
}

/* y: U_EE = M B M^T (upper triangle, Pa), then G_ab = sum_i f_a (x_b - site_b) + sum m v_a v_b (eV), whose mean is
 * zero. The sum over f x comes from the forces through the faces, code that the stress does not use; a force has mean
 * zero, so the sites change nothing but the noise. */
static femd_status second_derivatives(femd_md *md, double y[FEMD_MD_Y], femd_error *err) {
    femd_dynamics *d = &md->d;
    femd_rve *rve = &md->rve;
    double B[36], D[36], T[9], mvv[6];
    FEMD_TRY(femd_energetics_hessian(rve->en, rve->nb, d->h, d->x, NULL, NULL, B, err));
    femd_condense_none(rve, &md->place, B, D);
    int at = 0;
    for (int r = 0; r < 6; r++)
        for (int c = r; c < 6; c++) y[at++] = D[6 * r + c];
    FEMD_TRY(femd_energetics_face_forces(rve->en, rve->nb, d->h, d->x, T, err));
    kinetic_between_kicks(d, mvv);
    double G[9] = {0};
    for (int k = 0; k < 3; k++)
        for (int a = 0; a < 3; a++)
            for (int b = 0; b < 3; b++) G[3 * a + b] += T[3 * k + a] * d->h[3 * k + b];
    for (int c = 0; c < 6; c++) {
        const int a = femd_voigt_i[c], b = femd_voigt_j[c];
        G[3 * a + b] += mvv[c] - d->tau[c];
        if (a != b) G[3 * b + a] += mvv[c] - d->tau[c];
    }
    for (int i = 0; i < rve->n; i++)
        for (int a = 0; a < 3; a++)
            for (int b = 0; b < 3; b++) G[3 * a + b] -= d->f[3 * i + a] * md->site[3 * i + b];
    for (int i = 0; i < 9; i++) y[at++] = G[i];
    return FEMD_OK;
}

static void keep(femd_md *md, femd_md_replica *r) {
    const size_t size = 3 * (size_t)md->rve.n * sizeof(double);
    memcpy(r->x, md->d.x, size);
    memcpy(r->v, md->d.v, size);
    r->step = md->d.step;
}

static void prepare(femd_md *md, int replica) {
    md->d.dt = md->opt.time_step;
    md->d.friction = md->opt.friction;
    md->d.temperature = md->T;
    md->d.seed = md->seed;
    md->d.replica = (uint64_t)replica;
}

static femd_status equilibrate_one(femd_md *md, int replica, const double *x, const femd_beat *beat, femd_error *err) {
    const int groups = md->opt.equilibration / GROUP;
    const size_t most = (size_t)SEGMENTS_MAX * (size_t)groups;
    double *energy = malloc(2 * most * sizeof *energy);
    if (!energy) return femd_fail(err, FEMD_NO_MEMORY, "equilibration: out of memory");
    double *trace = energy + most;
    femd_status rc = femd_dynamics_start(&md->d, md->place.h, x, md->T, md->seed, (uint64_t)replica, err);
    int n = 0, settled = 0;
    for (int segment = 0; rc == FEMD_OK && !settled && segment < SEGMENTS_MAX; segment++) {
        for (int g = 0; rc == FEMD_OK && g < groups; g++, n++) {
            double z[FEMD_MD_Z];
            energy[n] = trace[n] = 0;
            for (int s = 0; rc == FEMD_OK && s < GROUP; s++) {
                rc = femd_dynamics_langevin(&md->d, 1, err);
                first_derivatives(md, z);
                energy[n] += z[6];
                trace[n] += z[0] + z[1] + z[2];
            }
            if (rc == FEMD_OK) rc = femd_beat_now(beat, 0, DURING, err);
        }
        const int late = segment + 1 >= SEGMENTS_LATE;
        settled = rc == FEMD_OK && segment > 0 && femd_series_is_steady(n, energy, late) &&
                  femd_series_is_steady(n, trace, late);
    }
    free(energy);
    if (rc == FEMD_OK && !settled)
        rc = femd_fail(err, FEMD_NOT_CONVERGED, "the energy still drifts after %.3g ps of equilibration at %g K",
                       md->opt.time_step * SEGMENTS_MAX * md->opt.equilibration, md->T);
    return rc;
}

femd_status femd_md_equilibrate(femd_md *md, const double *x, const femd_beat *beat, femd_error *err) {
    for (int r = 0; r < md->opt.replicas; r++) {
        femd_blocks_empty(&md->replica[r].sums);
        prepare(md, r);
        FEMD_TRY(equilibrate_one(md, r, x, beat, err));
        keep(md, &md->replica[r]);
    }
    return FEMD_OK;
}

static femd_status one_block(femd_md *md, femd_md_replica *r, const femd_beat *beat, double fraction, femd_error *err) {
    double z[FEMD_MD_Z], y[FEMD_MD_Y];
    FEMD_TRY(femd_dynamics_resume(&md->d, md->place.h, r->x, r->v, r->step, err));
    for (int s = 0; s < md->opt.block; s++) {
        FEMD_TRY(femd_dynamics_langevin(&md->d, 1, err));
        first_derivatives(md, z);
        femd_blocks_add(&r->sums, z);
        if (s % FEMD_DYNAMICS_RENEW == 0) FEMD_TRY(femd_beat_now(beat, fraction, DURING, err));
        if (s % md->opt.stride) continue;
        FEMD_TRY(second_derivatives(md, y, err));
        femd_blocks_add_occasional(&r->sums, y);
    }
    femd_blocks_close(&r->sums);
    keep(md, r);
    return FEMD_OK;
}

femd_status femd_md_extend(femd_md *md, int blocks, const femd_beat *beat, double fraction, femd_error *err) {
    for (int b = 0; b < blocks; b++)
        for (int r = 0; r < md->opt.replicas; r++) {
            prepare(md, r);
            FEMD_TRY(one_block(md, &md->replica[r], beat, fraction, err));
        }
    return FEMD_OK;
}
