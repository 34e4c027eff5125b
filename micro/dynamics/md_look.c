/* What the method `md` looks at along its trajectories: first derivatives of the energy at every step, second ones at
 * some. Owns what is summed; what the sums mean is md.c's. */
#include "dynamics/md.h"

#include <math.h>

/* z of the present configuration: U_E = M tau and U, relative to the shift, and the controls. */
void femd_md_look(void *self, double *z) {
    const femd_md *md = self;
    const femd_dynamics *d = &md->common.d;
    const femd_rve *rve = &md->common.rve;
    for (int r = 0; r < 6; r++) {
        double s = 0;
        for (int c = 0; c < 6; c++) s += md->common.place.M[6 * r + c] * d->tau[c];
        z[r] = s - md->shift[r];
    }
    z[6] = d->W - md->shift[6];
    double G[9] = {0};
    for (int i = 0; i < rve->n; i++)
        for (int a = 0; a < 3; a++)
            for (int b = 0; b < 3; b++) G[3 * a + b] += d->f[3 * i + a] * (d->x[3 * i + b] - md->site[3 * i + b]);
    for (int c = 0; c < FEMD_MD_CONTROLS; c++) {
        const int a = femd_voigt_i[c], b = femd_voigt_j[c];
        z[FEMD_MD_SHIFTED + c] = 0.5 * (G[3 * a + b] + G[3 * b + a]) +
                                 (a == b ? femd_gauge_free_atoms(&rve->gauge) * femd_kb * md->common.T : 0);
    }
}

/* m v v between two kicks, which is where <f x> + <m v v> = 0 holds for the dynamics of finite steps: the velocities at
 * the end of a step stand in the middle of the two half kicks, and the mean of those before and after both adds dt^2/4
 * f f/m. (With z = m x.v, which must not grow: from the friction to the next one z gains dt/2 (m v v before) + dt x.f +
 * dt/2 (m v v after), and time reversal makes its mean zero at either end.) */
static void md_kinetic_between_kicks(const femd_dynamics *d, double mvv[6]) {
    const double quarter = 0.25 * d->dt * d->dt;
    femd_dynamics_kinetic(d, mvv);
    for (int i = 0; i < d->rve->n; i++)
        for (int c = 0; c < 6; c++)
            mvv[c] += quarter * d->kick[i] * d->f[3 * i + femd_voigt_i[c]] * d->f[3 * i + femd_voigt_j[c]];
}

/* Width of the shell from which the cut forces' part of U_EE is taken: about half of how widely the distance of two
 * atoms moves, kT/k with the springs that mean square forces tell, <f^2> = kT k; then the shell's own error is less
 * than a hundredth of that part. */
static double md_shell(const femd_dynamics *d, double kT) {
    const double most = 0.25;
    double square = 0;
    for (int i = 0; i < 3 * d->rve->n; i++) square += d->f[i] * d->f[i];
    const double moves = kT * sqrt(3.0 * d->rve->n / square);
    return moves < most ? moves : most;
}

/* y: U_EE = M B M^T with what cut forces add to its mean (upper triangle, Pa), then G_ab = sum_i f_a (x_b - site_b) +
 * sum m v_a v_b (eV), whose mean is zero. The sum over f x comes from the forces through the faces, code that the
 * stress does not use; a force has mean zero, so the sites change nothing but the noise. */
femd_status femd_md_look_closely(void *self, double *y, femd_error *err) {
    femd_md *md = self;
    femd_dynamics *d = &md->common.d;
    femd_rve *rve = &md->common.rve;
    double B[36], D[36], T[9], mvv[6];
    FEMD_TRY(femd_energetics_hessian(rve->en, rve->nb, d->h, d->x, NULL, NULL, B, err));
    if (femd_energetics_is_cut(rve->en))
        FEMD_TRY(femd_energetics_add_cut(rve->en, md_shell(d, femd_kb * md->common.T), B, err));
    femd_condense_none(rve, &md->common.place, B, D);
    int at = 0;
    for (int r = 0; r < 6; r++)
        for (int c = r; c < 6; c++) y[at++] = D[6 * r + c];
    FEMD_TRY(femd_energetics_face_forces(rve->en, rve->nb, d->h, d->x, T, err));
    md_kinetic_between_kicks(d, mvv);
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
