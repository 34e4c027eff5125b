/* The method `md`: what the sums of a sampled strain mean, how long to sample, and what a state carries. Owns the
 * formulae; trajectories are md_look.c's.
 *
 * With x = U (X + w), n = N - 1 free atoms (the centre of mass is fixed) and Z ~ J^n int exp(-W(E, w)/kT) dw:
 *   V0 S   = <U_E> - n kT C^-1
 *   V0 D   = <U_EE> - cov(U_E, U_E)/kT + n kT (C^-1_IK C^-1_JL + C^-1_IL C^-1_JK)
 *   V0 dS/dT = cov(U_E, U)/(kT^2) - n k C^-1
 *   V0 c   = var(U)/(kT^2) + 3/2 n k,    V0 u = <U> + 3/2 n kT
 * (Squire, Holt and Hoover, Physica 42 (1969) 388; Lutsko, J. Appl. Phys. 65 (1989) 2991), U_E = M tau and U_EE = M B
 * M^T at fixed w. */
#include "dynamics/md.h"

#include <math.h>
#include <stdlib.h>

#include "numerics/dense.h"
#include "rve/native_control.h"

static const double FLOOR_PA = 1e7;      /* of the stress that the boundary work is compared with, as in statics */
static const double SCALE_STRAIN = 0.01; /* the stress scale is at least the stress of this strain */
static const double EXTRAPOLATE =
    1e-3;                   /* strain over which a control iteration uses S0 + D (E - E0) instead of new sampling */
enum { BLOCKS_FIRST = 24 }; /* in all, before errors are believed */

static void destroy_md(void **self) {
    femd_md *md = *self;
    if (!md) return;
    for (int r = 0; r < FEMD_MD_REPLICAS_MAX; r++) {
        free(md->replica[r].x);
        femd_blocks_clear(&md->replica[r].sums);
    }
    femd_dynamics_clear(&md->d);
    femd_neighbours_destroy(&md->nb);
    free(md->mass);
    free(md->site);
    free(md);
    *self = NULL;
}

static femd_status build(femd_native *n, const femd_json *doc, femd_md *md, femd_error *err) {
    const size_t n3 = 3 * (size_t)n->rve.n;
    if (n->rve.n < 2) return femd_fail(err, FEMD_BAD_INPUT, "dynamics needs at least two atoms");
    FEMD_TRY(femd_native_masses(n, doc, &md->mass, err));
    FEMD_TRY(femd_dynamics_top_frequency(&n->rve, md->mass, n->rve.h0, n->rve.X, &md->top_frequency, err));
    FEMD_TRY(femd_md_options_read(doc, md->top_frequency, &md->opt, err));
    FEMD_TRY(femd_neighbours_create(femd_potential_cutoff(n->potential), md->opt.skin, &md->nb, err));
    FEMD_TRY(femd_dynamics_create(&md->rve, md->mass, &md->d, err));
    md->site = malloc(n3 * sizeof *md->site);
    if (!md->site) return femd_fail(err, FEMD_NO_MEMORY, "an RVE of %d atoms: out of memory", n->rve.n);
    for (int r = 0; r < md->opt.replicas; r++) {
        md->replica[r].x = calloc(2 * n3, sizeof(double));
        if (!md->replica[r].x) return femd_fail(err, FEMD_NO_MEMORY, "a replica of %d atoms: out of memory", n->rve.n);
        md->replica[r].v = md->replica[r].x + n3;
        FEMD_TRY(femd_blocks_init(&md->replica[r].sums, FEMD_MD_Z, FEMD_MD_Y, err));
    }
    return FEMD_OK;
}

static femd_status create_md(femd_native *n, const femd_json *doc, void **self, femd_error *err) {
    femd_md *md = calloc(1, sizeof *md);
    *self = md;
    if (!md) return femd_fail(err, FEMD_NO_MEMORY, "the method md: out of memory");
    md->rve = n->rve;
    const femd_status rc = build(n, doc, md, err);
    if (rc != FEMD_OK) destroy_md(self);
    return rc;
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

/* Covariances that the regression needs: of U_E and U with the controls, and of the controls (upper triangle). */
enum { COVARIANCES = FEMD_MD_SHIFTED * FEMD_MD_CONTROLS + FEMD_MD_CONTROLS * (FEMD_MD_CONTROLS + 1) / 2 };
static void covariances(void *user, const femd_moments *m, double *q) {
    (void)user;
    for (int r = 0; r < FEMD_MD_SHIFTED; r++)
        for (int c = 0; c < FEMD_MD_CONTROLS; c++) *q++ = m->cov[FEMD_MD_Z * r + FEMD_MD_SHIFTED + c];
    for (int r = 0; r < FEMD_MD_CONTROLS; r++)
        for (int c = r; c < FEMD_MD_CONTROLS; c++)
            *q++ = m->cov[FEMD_MD_Z * (FEMD_MD_SHIFTED + r) + FEMD_MD_SHIFTED + c];
}

/* The controls follow a harmonic crystal's U exactly and its U_E as far as its vibrations share a Grueneisen tensor, so
 * that what is left to sample is mostly anharmonicity. */
static void regress(formula *f, const femd_blocks *const *set, int n) {
    double cov[COVARIANCES], error[COVARIANCES], full[36];
    if (!f->md->opt.harmonic_control || femd_blocks_estimate(set, n, covariances, NULL, COVARIANCES, cov, error) < 2)
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

static double controlled_mean(const formula *f, const femd_moments *m, int r) {
    double mean = m->mean[r];
    for (int c = 0; c < FEMD_MD_CONTROLS; c++) mean -= f->beta[r][c] * m->mean[FEMD_MD_SHIFTED + c];
    return mean;
}

static void quantities(void *user, const femd_moments *m, double *q) {
    const formula *f = user;
    const femd_md *md = f->md;
    const double kT = f->kT, n = f->freedom, T = md->T;
    int at = 0;
    for (int r = 0; r < 6; r++) {
        const int I = femd_voigt_i[r], J = femd_voigt_j[r];
        const double c = f->Cinv[3 * I + J];
        q[AT_S + r] = f->unit * (md->shift[r] + controlled_mean(f, m, r) - n * kT * c);
        q[AT_DSDT + r] = f->unit * (m->cov[FEMD_MD_Z * r + 6] / (kT * T) - n * femd_kb * c);
        for (int s = r; s < 6; s++, at++) {
            const int K = femd_voigt_i[s], L = femd_voigt_j[s];
            const double turn = f->Cinv[3 * I + K] * f->Cinv[3 * J + L] + f->Cinv[3 * I + L] * f->Cinv[3 * J + K];
            q[AT_D + at] = m->y[at] + f->unit * (n * kT * turn - m->cov[FEMD_MD_Z * r + s] / kT);
        }
    }
    q[AT_ENERGY] = f->unit * (md->shift[6] + controlled_mean(f, m, 6) - md->virgin_W + 1.5 * n * kT);
    q[AT_CAPACITY] = f->unit * (m->cov[FEMD_MD_Z * 6 + 6] / (kT * T) + 1.5 * n * femd_kb);
    for (int mode = 0; mode < 6; mode++) { /* sum_i f.(dU U^-1 x) + m v.(dU U^-1 v) over V0 */
        const int a = femd_voigt_i[mode], b = femd_voigt_j[mode];
        double s = 0;
        for (int c = 0; c < 3; c++)
            s += 0.5 * (m->y[21 + 3 * a + c] * md->place.A[3 * b + c] + m->y[21 + 3 * b + c] * md->place.A[3 * a + c]);
        q[AT_WORK + mode] = f->unit * s;
    }
}

int femd_md_evaluate(femd_md *md) {
    femd_md_result *r = &md->result;
    const femd_blocks *set[FEMD_MD_REPLICAS_MAX];
    double value[ESTIMATES] = {0}, error[ESTIMATES] = {0}, inverse[6];
    formula f = {.md = md,
                 .kT = femd_kb * md->T,
                 .freedom = femd_gauge_free_atoms(&md->rve.gauge),
                 .unit = FEMD_EV_PER_A3 / md->rve.V0};
    femd_strain_metric(md->E0, NULL, inverse);
    for (int c = 0; c < 6; c++)
        f.Cinv[3 * femd_voigt_i[c] + femd_voigt_j[c]] = f.Cinv[3 * femd_voigt_j[c] + femd_voigt_i[c]] = inverse[c];
    for (int i = 0; i < md->opt.replicas; i++) set[i] = &md->replica[i].sums;
    regress(&f, set, md->opt.replicas);
    const int blocks = femd_blocks_estimate(set, md->opt.replicas, quantities, &f, ESTIMATES, value, error);
    memcpy(r->S, value + AT_S, sizeof r->S);
    memcpy(r->S_err, error + AT_S, sizeof r->S_err);
    memcpy(r->dSdT, value + AT_DSDT, sizeof r->dSdT);
    memcpy(r->dSdT_err, error + AT_DSDT, sizeof r->dSdT_err);
    memcpy(r->work, value + AT_WORK, sizeof r->work);
    memcpy(r->work_err, error + AT_WORK, sizeof r->work_err);
    r->energy = value[AT_ENERGY];
    r->energy_err = error[AT_ENERGY];
    r->heat_capacity = value[AT_CAPACITY];
    r->heat_capacity_err = error[AT_CAPACITY];
    for (int a = 0, at = AT_D; a < 6; a++)
        for (int b = a; b < 6; b++, at++) {
            r->D[6 * a + b] = r->D[6 * b + a] = value[at];
            r->D_err[6 * a + b] = r->D_err[6 * b + a] = error[at];
        }
    return blocks;
}

/* ---- how long ---- */

static double norm_of(const double S[6]) {
    double s = 0;
    for (int c = 0; c < 6; c++) s += (c < 3 ? 1 : 2) * S[c] * S[c];
    return sqrt(s);
}

/* Largest error over what is allowed, of stress and, if wanted, tangent. */
static double excess(const femd_md *md, const femd_conditions *q) {
    const femd_md_result *r = &md->result;
    const double accuracy = q->accuracy > 0 ? q->accuracy : md->opt.accuracy;
    const double tangent = md->opt.tangent_accuracy > 0 ? md->opt.tangent_accuracy : accuracy;
    const double scale = fmax(norm_of(r->S), SCALE_STRAIN * md->stiffness);
    double worst = 0;
    for (int c = 0; c < 6; c++) worst = fmax(worst, r->S_err[c] / (accuracy * scale));
    if (!(q->wants & FEMD_WANT_TANGENT)) return worst;
    for (int c = 0; c < 36; c++) worst = fmax(worst, r->D_err[c] / (tangent * md->stiffness));
    return worst;
}

/* Sample until the errors are small enough, looking only when the number of blocks has grown by a quarter or more, so
 * that the end does not select lucky moments. */
static femd_status sample(femd_md *md, const femd_conditions *q, femd_error *err) {
    const int R = md->opt.replicas, most = femd_blocks_within(md->opt.max_steps, R, md->opt.block);
    const int first = (BLOCKS_FIRST + R - 1) / R;
    const femd_blocks *one = &md->replica[0].sums;
    int done = 0;
    for (;;) {
        const int have = one->count * one->span + one->basic;
        double ratio = HUGE_VAL;
        int more = first - have;
        if (more <= 0) {
            if (one->basic) {
                more = one->span - one->basic;
            } else {
                femd_md_evaluate(md);
                ratio = excess(md, q);
                if (ratio <= 1) return FEMD_OK;
                more = (int)ceil(fmin(fmax(1.05 * ratio * ratio - 1, 0.25), 1) * have);
            }
        }
        if (more > most - done && isfinite(ratio))
            more = most - done; /* what is begun is finished: a joined block, the first blocks */
        if (more <= 0) return FEMD_OK;
        FEMD_TRY(femd_md_extend(md, more, q->beat, fmin(1, have / (have * fmin(ratio * ratio, 1e6) + 1)), err));
        done += more;
    }
}

/* ---- one evaluation ---- */

/* The strain that is sampled, its cell, and what values are relative to: those of the relaxed atoms. */
static femd_status stand(femd_md *md, femd_native *n, const double E[6], double T, femd_error *err) {
    md->rve = n->rve;
    md->rve.nb = md->nb;
    md->T = T;
    md->virgin_W = n->virgin_W;
    memcpy(md->E0, E, sizeof md->E0);
    FEMD_TRY(femd_place_set(&md->rve, E, &md->place, err));
    femd_place_atoms(&md->rve, &md->place, NULL, md->site);
    return FEMD_OK;
}

static femd_status set_scales(femd_md *md, femd_native *n, femd_error *err) {
    double B[36], D[36];
    const femd_path *path = &n->path;
    FEMD_TRY(femd_energetics_hessian(n->rve.en, n->rve.nb, path->place.h, path->x, NULL, NULL, B, err));
    femd_condense_none(&n->rve, &path->place, B, D);
    md->stiffness = (D[0] + D[7] + D[14]) / 3;
    return FEMD_OK;
}

static femd_status begin_sampling(femd_md *md, femd_native *n, const femd_conditions *q, const double E[6],
                                  femd_error *err) {
    const femd_path *path = &n->path;
    FEMD_TRY(stand(md, n, E, q->temperature, err));
    md->seed = q->seed;
    for (int r = 0; r < 6; r++) {
        md->shift[r] = 0;
        for (int c = 0; c < 6; c++) md->shift[r] += md->place.M[6 * r + c] * path->last.tau[c];
    }
    md->shift[6] = path->last.W;
    return femd_md_equilibrate(md, path->x, q->beat, err);
}

static int same(const double a[6], const double b[6]) {
    return memcmp(a, b, 6 * sizeof *a) == 0;
}

static double distance(const double a[6], const double b[6]) {
    double d = 0;
    for (int c = 0; c < 6; c++) d = fmax(d, fabs(a[c] - b[c]));
    return d;
}

static femd_status strain_md(void *self, femd_native *n, const femd_conditions *q, const double E[6], double S[6],
                             double D[36], femd_error *err) {
    femd_md *md = self;
    if (!(q->temperature > 0) || !isfinite(q->temperature))
        return femd_fail(err, FEMD_BAD_INPUT, "the method md needs a temperature above 0 K, got %g", q->temperature);
    FEMD_TRY(femd_path_advance(&n->path, E, q->beat, err));
    if (md->carried && (md->T != q->temperature || !(same(md->E1, E) || same(md->E0, E)))) md->carried = 0;
    if (!(md->sampled && distance(md->E0, E) <= EXTRAPOLATE)) {
        const int go_on = md->carried;
        md->sampled = md->carried = 0;
        FEMD_TRY(set_scales(md, n, err));
        if (!go_on) FEMD_TRY(begin_sampling(md, n, q, E, err));
        FEMD_TRY(sample(md, q, err));
        if (femd_md_evaluate(md) < 2) return femd_fail(err, FEMD_INTERNAL, "too few blocks");
        md->sampled = 1;
    }
    memcpy(md->E1, E, sizeof md->E1);
    for (int r = 0; r < 6; r++) {
        S[r] = md->result.S[r];
        for (int c = 0; c < 6; c++) S[r] += md->result.D[6 * r + c] * (E[c] - md->E0[c]);
    }
    if (D) memcpy(D, md->result.D, sizeof md->result.D);
    return FEMD_OK;
}

/* ---- what a state carries: u32 version, u32 replicas, f64 E0[6], E1[6], T, u64 seed, f64 shift[7], then of each
 * replica u64 step, f64 x[3n], v[3n] and its sums ---- */

enum { VERSION = 2, CARRY_HEAD = 8 + 8 * (6 + 6 + 1 + 1 + FEMD_MD_SHIFTED) };

static femd_status encode(const femd_md *md, femd_buffer *out, femd_error *err) {
    const size_t n3 = 3 * (size_t)md->rve.n;
    FEMD_TRY(femd_buffer_reserve(out, CARRY_HEAD, err));
    uint8_t *p = out->data + out->size;
    femd_put32(p, VERSION);
    femd_put32(p + 4, (uint32_t)md->opt.replicas);
    p += 8;
    for (int c = 0; c < 6; c++, p += 8) femd_putf64(p, md->E0[c]);
    for (int c = 0; c < 6; c++, p += 8) femd_putf64(p, md->E1[c]);
    femd_putf64(p, md->T);
    femd_put64(p + 8, md->seed);
    p += 16;
    for (int c = 0; c < FEMD_MD_SHIFTED; c++, p += 8) femd_putf64(p, md->shift[c]);
    out->size += CARRY_HEAD;
    for (int r = 0; r < md->opt.replicas; r++) {
        const femd_md_replica *one = &md->replica[r];
        FEMD_TRY(femd_buffer_reserve(out, 8 + 16 * n3, err));
        p = out->data + out->size;
        femd_put64(p, one->step);
        p += 8;
        for (size_t i = 0; i < 2 * n3; i++, p += 8) femd_putf64(p, one->x[i]); /* x, then v */
        out->size += 8 + 16 * n3;
        FEMD_TRY(femd_blocks_encode(&one->sums, out, err));
    }
    return FEMD_OK;
}

static femd_status decode(femd_md *md, femd_native *n, const femd_bytes *in, femd_error *err) {
    const uint8_t *p = in->data, *end = p + in->size;
    const size_t n3 = 3 * (size_t)n->rve.n;
    double E0[6], T;
    if (in->size < CARRY_HEAD || femd_get32(p) != VERSION || femd_get32(p + 4) != (uint32_t)md->opt.replicas)
        return femd_fail(err, FEMD_PROTOCOL, "%zu bytes of sampling in a state are not of this material", in->size);
    p += 8;
    for (int c = 0; c < 6; c++, p += 8) E0[c] = femd_getf64(p);
    for (int c = 0; c < 6; c++, p += 8) md->E1[c] = femd_getf64(p);
    T = femd_getf64(p);
    md->seed = femd_get64(p + 8);
    p += 16;
    for (int c = 0; c < FEMD_MD_SHIFTED; c++, p += 8) md->shift[c] = femd_getf64(p);
    FEMD_TRY(stand(md, n, E0, T, err));
    for (int r = 0; r < md->opt.replicas; r++) {
        femd_md_replica *one = &md->replica[r];
        size_t used;
        if ((size_t)(end - p) < 8 + 16 * n3) return femd_fail(err, FEMD_PROTOCOL, "the sampling in a state ends early");
        one->step = femd_get64(p);
        p += 8;
        for (size_t i = 0; i < 2 * n3; i++, p += 8) one->x[i] = femd_getf64(p);
        const femd_bytes rest = {p, (size_t)(end - p)};
        FEMD_TRY(femd_blocks_decode(&one->sums, &rest, &used, err));
        p += used;
    }
    if (p != end) return femd_fail(err, FEMD_PROTOCOL, "the sampling in a state is too long");
    return FEMD_OK;
}

static femd_status begin_md(void *self, femd_native *n, const femd_conditions *q, const femd_bytes *carried,
                            femd_error *err) {
    femd_md *md = self;
    (void)q;
    md->carried = md->sampled = 0;
    if (!carried || !carried->size) return FEMD_OK;
    FEMD_TRY(decode(md, n, carried, err));
    md->carried = 1;
    return FEMD_OK;
}

static femd_status answer_md(void *self, femd_native *n, const femd_conditions *q, const femd_bytes *carried,
                             femd_response *r, femd_buffer *carry, femd_error *err) {
    const femd_md *md = self;
    const femd_md_result *a = &md->result;
    (void)n, (void)carried;
    r->sampled = 1;
    if (excess(md, q) > 1) r->notes |= FEMD_NOTE_ACCURACY_NOT_REACHED;
    memcpy(r->S_err, a->S_err, sizeof r->S_err);
    if (q->wants & FEMD_WANT_TANGENT) memcpy(r->D_err, a->D_err, sizeof r->D_err);
    if (q->wants & FEMD_WANT_THERMAL_STRESS) {
        memcpy(r->dSdT, a->dSdT, sizeof r->dSdT);
        memcpy(r->dSdT_err, a->dSdT_err, sizeof r->dSdT_err);
    }
    if (q->wants & FEMD_WANT_ENERGY) { /* du = (S - T dS/dT) : dE over the way of a control iteration */
        r->energy = a->energy;
        r->energy_err = a->energy_err;
        for (int c = 0; c < 6; c++) r->energy += (a->S[c] - md->T * a->dSdT[c]) * (md->E1[c] - md->E0[c]);
    }
    if (q->wants & FEMD_WANT_HEAT_CAPACITY) {
        r->heat_capacity = a->heat_capacity;
        r->heat_capacity_err = a->heat_capacity_err;
    }
    const double norm = fmax(norm_of(a->S), FLOOR_PA);
    r->hill_mandel = r->hill_mandel_err = 0;
    for (int mode = 0; mode < 6; mode++) {
        if (fabs(a->work[mode]) / norm < r->hill_mandel) continue;
        r->hill_mandel = fabs(a->work[mode]) / norm;
        r->hill_mandel_err = a->work_err[mode] / norm;
    }
    r->provided |= q->wants & femd_method_md.wants;
    return encode(md, carry, err);
}

const femd_method femd_method_md = {
    .name = "md",
    .wants =
        FEMD_WANT_STRESS | FEMD_WANT_TANGENT | FEMD_WANT_THERMAL_STRESS | FEMD_WANT_ENERGY | FEMD_WANT_HEAT_CAPACITY,
    .inputs = FEMD_INPUT_TEMPERATURE | FEMD_INPUT_SEED | FEMD_INPUT_ACCURACY,
    .create = create_md,
    .destroy = destroy_md,
    .strain = strain_md,
    .answer = answer_md,
    .begin = begin_md,
};
