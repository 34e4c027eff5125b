/* The method `md`: what the sums of a sampled strain mean, which errors are allowed, when a strain is sampled anew.
 * Owns the formulae; what is summed is md_look.c's.
 *
 * With x = U (X + w), n = N - 1 free atoms (the centre of mass is fixed) and Z ~ J^n int exp(-W(E, w)/kT) dw:
 *   V0 S   = <U_E> - n kT C^-1
 *   V0 D   = <U_EE> - cov(U_E, U_E)/kT + n kT (C^-1_IK C^-1_JL + C^-1_IL C^-1_JK)
 *   V0 dS/dT = cov(U_E, U)/(kT^2) - n k C^-1
 *   V0 c   = var(U)/(kT^2) + 3/2 n k,    V0 u = <U> + 3/2 n kT
 * (Squire, Holt and Hoover, Physica 42 (1969) 388; Lutsko, J. Appl. Phys. 65 (1989) 2991), U_E = M tau and U_EE = M B
 * M^T at fixed w, with the delta functions that forces cut off at a distance have for a derivative
 * (energetics_cut.c). */
#include "dynamics/md.h"

#include <math.h>
#include <stdlib.h>

#include "numerics/dense.h"
#include "rve/native_control.h"

/* Steps in radians of the fastest vibration: at 0.2 the average potential energy of BAOAB is off by less than a sampled
 * error shows (a harmonic one by nothing); from 0.5 on anharmonic crystals feel it. */
#define STEP_DEFAULT 0.2
/* Friction as a fraction of the highest frequency. Energies of single vibrations forget at the rate of the friction
 * until it overdamps the slowest waves of the RVE: measured on argon at 60 K (108 atoms, equal steps), fractions 0.03,
 * 0.1, 0.3 and 1 gave standard errors of the stress of 0.37, 0.25, 0.17 and 0.16 MPa and of C11 of 21, 13, 12 and 13
 * MPa. */
#define FRICTION_DEFAULT 0.3
#define FORGETS          30 /* times 1/friction: length of a block and of an equilibration segment */

static const double FLOOR_PA = 1e7;      /* of the stress that the boundary work is compared with, as in statics */
static const double SCALE_STRAIN = 0.01; /* the stress scale is at least the stress of this strain */
static const double EXTRAPOLATE =
    1e-3; /* strain over which a control iteration uses S0 + D (E - E0) instead of new sampling */

/* Standard deviations by which replicas may stand apart, in the largest of seven figures: chance exceeds it in one
 * answer of two hundred. */
static const double APART = 3.2;

femd_status femd_md_open(void *self, femd_native *native, const femd_sampled_words *words, femd_error *err) {
    femd_md *md = self;
    md->options.harmonic_control = femd_json_bool(words->node, "harmonic_control", 1);
    md->options.tangent_accuracy = femd_json_number(words->node, "tangent_accuracy", 0);
    if (!(md->options.tangent_accuracy >= 0))
        return femd_json_fail(words->doc, words->at, err, "tangent_accuracy must not be negative");
    md->site = malloc(3 * (size_t)native->rve.n * sizeof *md->site);
    if (!md->site) return femd_fail(err, FEMD_NO_MEMORY, "an RVE of %d atoms: out of memory", native->rve.n);
    return FEMD_OK;
}

void femd_md_close(void *self) {
    femd_md *md = self;
    free(md->site);
}

/* ---- the formulae ---- */

enum { AT_S = 0, AT_D = 6, AT_DSDT = 27, AT_ENERGY = 33, AT_CAPACITY = 34, AT_WORK = 35, ESTIMATES = 41 };

typedef struct formula {
    const femd_md *md;
    double kT, freedom; /* eV; n = N - 1 */
    double unit;        /* eV per RVE in Pa */
    double Cinv[9];
    double beta[FEMD_MD_SHIFTED][FEMD_MD_CONTROLS]; /* regression of U_E and U on the controls; 0 without */
} formula;

/* Figures of every step, those of a method that looks at more than these among them. */
static int md_width(const femd_md *md) {
    return md->common.sampler->looks.z;
}

/* Covariances that the regression needs: of U_E and U with the controls, and of the controls (upper triangle). */
enum { COVARIANCES = FEMD_MD_SHIFTED * FEMD_MD_CONTROLS + FEMD_MD_CONTROLS * (FEMD_MD_CONTROLS + 1) / 2 };
static void md_covariances(void *user, const femd_moments *m, double *q) {
    const int width = md_width(user);
    for (int r = 0; r < FEMD_MD_SHIFTED; r++)
        for (int c = 0; c < FEMD_MD_CONTROLS; c++) *q++ = m->cov[width * r + FEMD_MD_SHIFTED + c];
    for (int r = 0; r < FEMD_MD_CONTROLS; r++)
        for (int c = r; c < FEMD_MD_CONTROLS; c++) *q++ = m->cov[width * (FEMD_MD_SHIFTED + r) + FEMD_MD_SHIFTED + c];
}

/* The controls follow a harmonic crystal's U exactly and its U_E as far as its vibrations share a Grueneisen tensor, so
 * that what is left to sample is mostly anharmonicity. */
static void md_regress(formula *f) {
    double cov[COVARIANCES], error[COVARIANCES], full[36];
    /* Atoms that leave their sites, for a while too, do work against friction on the way: the controls' mean is then
     * not zero. */
    if (!f->md->options.harmonic_control || f->md->common.stray.gone > 0 ||
        femd_replicas_estimate(&f->md->common, md_covariances, (void *)f->md, COVARIANCES, cov, error, NULL) < 2)
        return;
    const double *own = cov + FEMD_MD_SHIFTED * FEMD_MD_CONTROLS;
    for (int r = 0, at = 0; r < FEMD_MD_CONTROLS; r++)
        for (int c = r; c < FEMD_MD_CONTROLS; c++, at++) full[6 * r + c] = full[6 * c + r] = own[at];
    for (int r = 0; r < FEMD_MD_SHIFTED; r++) {
        double matrix[36], x[FEMD_MD_CONTROLS];
        memcpy(matrix, full, sizeof matrix);
        memcpy(x, cov + FEMD_MD_CONTROLS * r, sizeof x);
        if (femd_small_solve(FEMD_MD_CONTROLS, matrix, x) == 0) memcpy(f->beta[r], x, sizeof x);
    }
}

static double md_controlled_mean(const formula *f, const femd_moments *m, int r) {
    double mean = m->mean[r];
    for (int c = 0; c < FEMD_MD_CONTROLS; c++) mean -= f->beta[r][c] * m->mean[FEMD_MD_SHIFTED + c];
    return mean;
}

static void md_quantities(void *user, const femd_moments *m, double *q) {
    const formula *f = user;
    const femd_md *md = f->md;
    const double kT = f->kT, n = f->freedom, T = md->common.T;
    const int width = md_width(md);
    int at = 0;
    for (int r = 0; r < 6; r++) {
        const int I = femd_voigt_i[r], J = femd_voigt_j[r];
        const double c = f->Cinv[3 * I + J];
        q[AT_S + r] = f->unit * (md->shift[r] + md_controlled_mean(f, m, r) - n * kT * c);
        q[AT_DSDT + r] = f->unit * (m->cov[width * r + 6] / (kT * T) - n * femd_kb * c);
        for (int s = r; s < 6; s++, at++) {
            const int K = femd_voigt_i[s], L = femd_voigt_j[s];
            const double turn = f->Cinv[3 * I + K] * f->Cinv[3 * J + L] + f->Cinv[3 * I + L] * f->Cinv[3 * J + K];
            q[AT_D + at] = m->y[at] + f->unit * (n * kT * turn - m->cov[width * r + s] / kT);
        }
    }
    q[AT_ENERGY] = f->unit * (md->shift[6] + md_controlled_mean(f, m, 6) - md->virgin_W + 1.5 * n * kT);
    q[AT_CAPACITY] = f->unit * (m->cov[width * 6 + 6] / (kT * T) + 1.5 * n * femd_kb);
    for (int mode = 0; mode < 6; mode++) { /* sum_i f.(dU U^-1 x) + m v.(dU U^-1 v) over V0 */
        const int a = femd_voigt_i[mode], b = femd_voigt_j[mode];
        double s = 0;
        for (int c = 0; c < 3; c++)
            s += 0.5 * (m->y[21 + 3 * a + c] * md->common.place.A[3 * b + c] +
                        m->y[21 + 3 * b + c] * md->common.place.A[3 * a + c]);
        q[AT_WORK + mode] = f->unit * s;
    }
}

static formula md_formula(const femd_md *md) {
    const femd_sampled *common = &md->common;
    double inverse[6];
    formula f = {.md = md,
                 .kT = femd_kb * common->T,
                 .freedom = femd_gauge_free_atoms(&common->rve.gauge),
                 .unit = FEMD_EV_PER_A3 / common->rve.V0};
    femd_strain_metric(common->E0, NULL, inverse);
    for (int c = 0; c < 6; c++)
        f.Cinv[3 * femd_voigt_i[c] + femd_voigt_j[c]] = f.Cinv[3 * femd_voigt_j[c] + femd_voigt_i[c]] = inverse[c];
    md_regress(&f);
    return f;
}

int femd_md_evaluate(femd_md *md) {
    const femd_sampled *common = &md->common;
    femd_md_result *result = &md->result;
    double value[ESTIMATES] = {0}, error[ESTIMATES] = {0}, apart[ESTIMATES] = {0};
    formula f = md_formula(md);
    const int blocks = femd_replicas_estimate(common, md_quantities, &f, ESTIMATES, value, error, apart);
    result->apart = fmax(femd_max_abs(6, apart + AT_S), fabs(apart[AT_ENERGY]));
    memcpy(result->S, value + AT_S, sizeof result->S);
    memcpy(result->S_err, error + AT_S, sizeof result->S_err);
    memcpy(result->dSdT, value + AT_DSDT, sizeof result->dSdT);
    memcpy(result->dSdT_err, error + AT_DSDT, sizeof result->dSdT_err);
    memcpy(result->work, value + AT_WORK, sizeof result->work);
    memcpy(result->work_err, error + AT_WORK, sizeof result->work_err);
    result->energy = value[AT_ENERGY];
    result->energy_err = error[AT_ENERGY];
    result->heat_capacity = value[AT_CAPACITY];
    result->heat_capacity_err = error[AT_CAPACITY];
    for (int a = 0, at = AT_D; a < 6; a++)
        for (int b = a; b < 6; b++, at++) {
            result->D[6 * a + b] = result->D[6 * b + a] = value[at];
            result->D_err[6 * a + b] = result->D_err[6 * b + a] = error[at];
        }
    return blocks;
}

void femd_md_widen(femd_md *md, int starts) {
    femd_md_result *result = &md->result;
    formula f = md_formula(md);
    for (int k = 0; k < starts; k++) {
        const femd_blocks *set[FEMD_REPLICAS_MAX];
        double value[ESTIMATES], error[ESTIMATES];
        const int count = femd_replicas_of_start(&md->common, k, starts, set);
        if (femd_blocks_estimate(set, count, md_quantities, &f, ESTIMATES, value, error, NULL) < 2) continue;
        for (int c = 0; c < 6; c++) result->S_err[c] = fmax(result->S_err[c], fabs(value[AT_S + c] - result->S[c]));
        for (int a = 0, at = AT_D; a < 6; a++)
            for (int b = a; b < 6; b++, at++)
                result->D_err[6 * a + b] = result->D_err[6 * b + a] =
                    fmax(result->D_err[6 * a + b], fabs(value[at] - result->D[6 * a + b]));
    }
}

/* ---- how much error is allowed ---- */

static double md_norm(const double S[6]) {
    double s = 0;
    for (int c = 0; c < 6; c++) s += (c < 3 ? 1 : 2) * S[c] * S[c];
    return sqrt(s);
}

double femd_md_excess(const femd_md *md, const femd_conditions *conditions) {
    const femd_md_result *result = &md->result;
    const double accuracy = femd_sampled_accuracy(md, conditions);
    const double tangent = md->options.tangent_accuracy > 0 ? md->options.tangent_accuracy : accuracy;
    const double scale = fmax(md_norm(result->S), SCALE_STRAIN * md->stiffness);
    double worst = 0;
    for (int c = 0; c < 6; c++) worst = fmax(worst, result->S_err[c] / (accuracy * scale));
    if (!(conditions->wants & FEMD_WANT_TANGENT)) return worst;
    for (int c = 0; c < 36; c++) worst = fmax(worst, result->D_err[c] / (tangent * md->stiffness));
    return worst;
}

femd_status femd_md_judge(void *self, femd_native *native, const femd_conditions *conditions, double *ratio,
                          femd_error *err) {
    femd_md *md = self;
    (void)native;
    if (femd_md_evaluate(md) < 2) return femd_fail(err, FEMD_INTERNAL, "too few blocks");
    *ratio = femd_md_excess(md, conditions);
    return FEMD_OK;
}

/* ---- one evaluation ---- */

static void md_stand(femd_md *md, const femd_native *native) {
    md->virgin_W = native->virgin_W;
    femd_place_atoms(&md->common.rve, &md->common.place, NULL, md->site);
}

/* What values are relative to: those of the relaxed atoms. */
femd_status femd_md_start(void *self, femd_native *native, const femd_progress *progress, femd_error *err) {
    femd_md *md = self;
    const femd_path *path = &native->path;
    md_stand(md, native);
    for (int r = 0; r < 6; r++) {
        md->shift[r] = 0;
        for (int c = 0; c < 6; c++) md->shift[r] += md->common.place.M[6 * r + c] * path->last.tau[c];
    }
    md->shift[6] = path->last.W;
    return femd_replicas_start(&md->common, path->x, progress, err);
}

static femd_status md_set_stiffness(femd_md *md, femd_native *native, femd_error *err) {
    double B[36], D[36];
    const femd_path *path = &native->path;
    FEMD_TRY(femd_energetics_hessian(native->rve.en, native->rve.nb, path->place.h, path->x, NULL, NULL, B, err));
    femd_condense_none(&native->rve, &path->place, B, D);
    md->stiffness = (D[0] + D[7] + D[14]) / 3;
    return FEMD_OK;
}

static int md_same(const double a[6], const double b[6]) {
    return memcmp(a, b, 6 * sizeof *a) == 0;
}

static double md_distance(const double a[6], const double b[6]) {
    double d = 0;
    for (int c = 0; c < 6; c++) d = fmax(d, fabs(a[c] - b[c]));
    return d;
}

/* The sums of E, new or carried. */
static femd_status md_sample(femd_md *md, femd_native *native, const femd_conditions *conditions, const double E[6],
                             femd_error *err) {
    const int go_on = md->carried;
    md->sampled = md->carried = 0;
    FEMD_TRY(md_set_stiffness(md, native, err));
    if (!go_on) FEMD_TRY(femd_sampled_start(md, native, conditions, E, err));
    FEMD_TRY(femd_sampled_extend(md, native, conditions, err));
    md->sampled = 1;
    return FEMD_OK;
}

femd_status femd_md_strain(void *self, femd_native *native, const femd_conditions *conditions, const double E[6],
                           double S[6], double D[36], femd_error *err) {
    femd_md *md = self;
    femd_sampled *common = &md->common;
    FEMD_TRY(femd_sampled_check(md, conditions, err));
    FEMD_TRY(femd_path_advance(&native->path, E, conditions->beat, err));
    if (conditions->wants == 0) { /* another method's answer is wanted at this strain */
        memset(S, 0, 6 * sizeof *S);
        return FEMD_OK;
    }
    if (md->carried && (common->T != conditions->temperature || !(md_same(common->E1, E) || md_same(common->E0, E))))
        md->carried = 0;
    if (!(md->sampled && md_distance(common->E0, E) <= EXTRAPOLATE))
        FEMD_TRY(md_sample(md, native, conditions, E, err));
    memcpy(common->E1, E, sizeof common->E1);
    for (int r = 0; r < 6; r++) {
        S[r] = md->result.S[r];
        for (int c = 0; c < 6; c++) S[r] += md->result.D[6 * r + c] * (E[c] - common->E0[c]);
    }
    if (D) memcpy(D, md->result.D, sizeof md->result.D);
    return FEMD_OK;
}

/* f64 shift[7], then the replicas. */
femd_status femd_md_carry(void *self, femd_native *native, femd_carry *carry, femd_error *err) {
    femd_md *md = self;
    FEMD_TRY(femd_carry_doubles(carry, md->shift, FEMD_MD_SHIFTED, err));
    if (femd_carry_reads(carry)) md_stand(md, native);
    return femd_replicas_carry(&md->common, carry, err);
}

femd_status femd_md_begin(void *self, femd_native *native, const femd_conditions *conditions, const femd_bytes *carried,
                          femd_error *err) {
    femd_md *md = self;
    (void)conditions;
    md->carried = md->sampled = 0;
    if (!carried || !carried->size) return FEMD_OK;
    FEMD_TRY(femd_sampled_decode(md, native, carried, err));
    md->carried = 1;
    return FEMD_OK;
}

static void md_respond_boundary_work(const femd_md_result *result, femd_response *response) {
    const double norm = fmax(md_norm(result->S), FLOOR_PA);
    response->hill_mandel = response->hill_mandel_err = 0;
    for (int mode = 0; mode < 6; mode++) {
        if (fabs(result->work[mode]) / norm < response->hill_mandel) continue;
        response->hill_mandel = fabs(result->work[mode]) / norm;
        response->hill_mandel_err = result->work_err[mode] / norm;
    }
}

femd_status femd_md_respond(void *self, femd_native *native, const femd_conditions *conditions, femd_response *response,
                            femd_error *err) {
    const femd_md *md = self;
    const femd_sampled *common = &md->common;
    const femd_md_result *result = &md->result;
    (void)native, (void)err;
    memcpy(response->S_err, result->S_err, sizeof response->S_err);
    if (result->apart > APART) response->notes |= FEMD_NOTE_NOT_ERGODIC;
    if (conditions->wants & FEMD_WANT_TANGENT) memcpy(response->D_err, result->D_err, sizeof response->D_err);
    if (conditions->wants & FEMD_WANT_THERMAL_STRESS) {
        memcpy(response->dSdT, result->dSdT, sizeof response->dSdT);
        memcpy(response->dSdT_err, result->dSdT_err, sizeof response->dSdT_err);
    }
    if (conditions->wants & FEMD_WANT_ENERGY) { /* du = (S - T dS/dT) : dE over the way of a control iteration */
        response->energy = result->energy;
        response->energy_err = result->energy_err;
        for (int c = 0; c < 6; c++)
            response->energy += (result->S[c] - common->T * result->dSdT[c]) * (common->E1[c] - common->E0[c]);
    }
    if (conditions->wants & FEMD_WANT_HEAT_CAPACITY) {
        response->heat_capacity = result->heat_capacity;
        response->heat_capacity_err = result->heat_capacity_err;
    }
    md_respond_boundary_work(result, response);
    return FEMD_OK;
}

femd_status femd_md_answer(void *self, femd_native *native, const femd_conditions *conditions,
                           const femd_bytes *carried, femd_response *response, femd_buffer *carry, femd_error *err) {
    if (conditions->wants == 0) return femd_buffer_append(carry, carried->data, carried->size, err);
    return femd_sampled_finish(self, native, conditions, response, carry, err);
}

/* Figures that are flat in equilibrium: energy, and the trace of the stress. */
void femd_md_watch(void *self, const double *z, double figure[2]) {
    (void)self;
    figure[0] = z[6];
    figure[1] = z[0] + z[1] + z[2];
}

static const femd_sampler md_sampler = {
    .method = &femd_method_md,
    .size = sizeof(femd_md),
    .version = 4,
    .during = "the sampling",
    .radians = STEP_DEFAULT,
    .friction = FRICTION_DEFAULT,
    .accuracy = 0.02,
    .looks = {.z = FEMD_MD_Z,
              .y = FEMD_MD_Y,
              .look = femd_md_look,
              .look_closely = femd_md_look_closely,
              .watch = femd_md_watch,
              .forgets = FORGETS,
              .stride = 40,
              .replicas = 8,
              .max_steps = 400000},
    .open = femd_md_open,
    .close = femd_md_close,
    .start = femd_md_start,
    .judge = femd_md_judge,
    .respond = femd_md_respond,
    .carry = femd_md_carry,
};

static femd_status md_create(femd_native *native, const femd_json *doc, void **self, femd_error *err) {
    return femd_sampled_create(&md_sampler, native, doc, self, err);
}

const femd_method femd_method_md = {
    .name = "md",
    .wants =
        FEMD_WANT_STRESS | FEMD_WANT_TANGENT | FEMD_WANT_THERMAL_STRESS | FEMD_WANT_ENERGY | FEMD_WANT_HEAT_CAPACITY,
    .inputs = FEMD_SAMPLED_INPUTS,
    .create = md_create,
    .destroy = femd_sampled_destroy,
    .strain = femd_md_strain,
    .answer = femd_md_answer,
    .begin = femd_md_begin,
};
