/* The method `nemd`: how long it runs, and what a state carries. Owns the decisions and the bytes; trajectories are
 * nemd_run.c's, estimates nemd_fit.c's. */
#include "conductivity/nemd.h"

#include <math.h>
#include <stdlib.h>

enum { BLOCKS_FIRST = 16 };        /* of each trajectory before errors are believed */
static const double SQUARE = 1e-6; /* cosine of the angle between lattice vectors that still counts as a right angle */

/* ---- life ---- */

static void destroy_nemd(void **self) {
    femd_nemd *g = *self;
    if (!g) return;
    femd_nemd_unplan(g);
    free(g);
    *self = NULL;
}

static femd_status build(femd_native *n, const femd_json *doc, femd_nemd *g, femd_error *err) {
    double *mass;
    FEMD_TRY(femd_energetics_require(n->rve.en, FEMD_GIVES_FLUX, err));
    FEMD_TRY(femd_native_masses(n, doc, &mass, err));
    femd_status rc = femd_dynamics_top_frequency(&n->rve, mass, n->rve.h0, n->rve.X, &g->top_frequency, err);
    free(mass);
    if (rc == FEMD_OK)
        rc = femd_nemd_options_read(doc, g->top_frequency, femd_potential_cutoff(n->potential), &g->opt, err);
    if (rc == FEMD_OK) rc = femd_nemd_plan(g, n->rve.h0, n->rve.n, err);
    return rc;
}

static femd_status create_nemd(femd_native *n, const femd_json *doc, void **self, femd_error *err) {
    femd_nemd *g = calloc(1, sizeof *g);
    *self = g;
    if (!g) return femd_fail(err, FEMD_NO_MEMORY, "the method nemd: out of memory");
    const femd_status rc = build(n, doc, g, err);
    if (rc != FEMD_OK) destroy_nemd(self);
    return rc;
}

/* ---- how long ---- */

static double excess(const femd_nemd *g, const femd_conditions *q) {
    return g->result.worst / (q->accuracy > 0 ? q->accuracy : g->opt.accuracy);
}

static int blocks_of(const femd_nemd *g) {
    const femd_blocks *one = &g->series[0].sums;
    return one->count * one->span + one->basic;
}

/* Sample until the errors are small enough, looking only when the number of blocks has grown by a quarter or more, so
 * that the end does not select lucky moments. Where the lengths tell nothing yet there is no error to go by, and the
 * number doubles. */
static femd_status sample(femd_nemd *g, const femd_native *n, const femd_conditions *q, femd_error *err) {
    const double *h = n->path.place.h, *x = n->path.x;
    const int most = femd_blocks_within(g->opt.max_steps, g->count, g->opt.block);
    const femd_blocks *one = &g->series[0].sums;
    int done = 0;
    for (;;) {
        const int have = blocks_of(g);
        int more = BLOCKS_FIRST - have, forced = more > 0 || one->basic;
        double ratio = 2;
        femd_status rc = FEMD_OK;
        femd_error trial = FEMD_ERROR_INIT;
        if (more <= 0 && one->basic) {
            more = one->span - one->basic;
        } else if (more <= 0) {
            rc = femd_nemd_evaluate(g, h, &trial);
            if (rc != FEMD_OK && rc != FEMD_NOT_CONVERGED) return femd_fail(err, rc, "%s", trial.text);
            if (rc == FEMD_OK) ratio = excess(g, q);
            if (ratio <= 1) return FEMD_OK;
            more = (int)ceil(fmin(fmax(1.05 * ratio * ratio - 1, 0.25), 1) * have);
        }
        if (more > most - done && !forced)
            more = most - done; /* what is begun is finished: a joined block, the first blocks */
        if (more <= 0) {
            if (rc != FEMD_OK) return femd_fail(err, rc, "%s", trial.text);
            g->result.notes |= FEMD_NOTE_ACCURACY_NOT_REACHED;
            return FEMD_OK;
        }
        const double need = fmin(have * ratio * ratio + BLOCKS_FIRST, have + fmax(more, most - done));
        for (int s = 0; s < g->count; s++)
            FEMD_TRY(femd_nemd_extend(g, n, h, x, s, more, q->beat,
                                      fmin(1, (have + more * (double)s / g->count) / need), err));
        done += more;
    }
}

/* ---- what a state carries: u32 version, u32 series, f64 E0[6], T, u64 seed, then of each series u32 repeats, u32
 * atoms, u64 step, u64 profiles, f64 x[3n], v[3n], profile[repeats] and its sums ---- */

enum { VERSION = 1, CARRY_HEAD = 8 + 8 * 8, SERIES_HEAD = 24 };

static uint8_t *put_doubles(uint8_t *p, const double *value, size_t n) {
    for (size_t i = 0; i < n; i++, p += 8) femd_putf64(p, value[i]);
    return p;
}

static const uint8_t *get_doubles(const uint8_t *p, double *value, size_t n) {
    for (size_t i = 0; i < n; i++, p += 8) value[i] = femd_getf64(p);
    return p;
}

static femd_status encode(const femd_nemd *g, femd_buffer *out, femd_error *err) {
    FEMD_TRY(femd_buffer_reserve(out, CARRY_HEAD, err));
    uint8_t *p = out->data + out->size;
    femd_put32(p, VERSION);
    femd_put32(p + 4, (uint32_t)g->count);
    p = put_doubles(p + 8, g->E0, 6);
    femd_putf64(p, g->T);
    femd_put64(p + 8, g->seed);
    out->size += CARRY_HEAD;
    for (int s = 0; s < g->count; s++) {
        const femd_nemd_series *one = &g->series[s];
        const size_t bytes = SERIES_HEAD + 8 * (6 * (size_t)one->atoms + (size_t)one->repeats);
        FEMD_TRY(femd_buffer_reserve(out, bytes, err));
        p = out->data + out->size;
        femd_put32(p, (uint32_t)one->repeats);
        femd_put32(p + 4, (uint32_t)one->atoms);
        femd_put64(p + 8, one->step);
        femd_put64(p + 16, one->profiles);
        put_doubles(put_doubles(p + SERIES_HEAD, one->x, 6 * (size_t)one->atoms), one->profile,
                    (size_t)one->repeats); /* x, then v */
        out->size += bytes;
        FEMD_TRY(femd_blocks_encode(&one->sums, out, err));
    }
    return FEMD_OK;
}

static femd_status foreign(size_t size, femd_error *err) {
    return femd_fail(err, FEMD_PROTOCOL, "%zu bytes of a flow of heat in a state are not of this material", size);
}

/* E0 and T alone, before the series are planned: those may depend on the cell. */
static femd_status decode_head(femd_nemd *g, const femd_bytes *in, femd_error *err) {
    const uint8_t *p = in->data;
    if (in->size < CARRY_HEAD || femd_get32(p) != VERSION) return foreign(in->size, err);
    p = get_doubles(p + 8, g->E0, 6);
    g->T = femd_getf64(p);
    g->seed = femd_get64(p + 8);
    return FEMD_OK;
}

static femd_status decode_series(femd_nemd *g, const femd_bytes *in, femd_error *err) {
    const uint8_t *p = in->data, *end = p + in->size;
    if (femd_get32(p + 4) != (uint32_t)g->count) return foreign(in->size, err);
    p += CARRY_HEAD;
    for (int s = 0; s < g->count; s++) {
        femd_nemd_series *one = &g->series[s];
        size_t used;
        if ((size_t)(end - p) < SERIES_HEAD + 8 * (6 * (size_t)one->atoms + (size_t)one->repeats) ||
            femd_get32(p) != (uint32_t)one->repeats || femd_get32(p + 4) != (uint32_t)one->atoms)
            return foreign(in->size, err);
        one->step = femd_get64(p + 8);
        one->profiles = femd_get64(p + 16);
        p = get_doubles(get_doubles(p + SERIES_HEAD, one->x, 6 * (size_t)one->atoms), one->profile,
                        (size_t)one->repeats);
        const femd_bytes rest = {p, (size_t)(end - p)};
        FEMD_TRY(femd_blocks_decode(&one->sums, &rest, &used, err));
        p += used;
    }
    return p == end ? FEMD_OK : foreign(in->size, err);
}

/* ---- one evaluation ---- */

/* What the tensor is put together from must be its axes: lattice vectors at right angles. */
static femd_status check_cell(const femd_nemd *g, const double h[9], femd_error *err) {
    if (g->opt.isotropic) return FEMD_OK;
    for (int a = 0; a < 3; a++) {
        double normal[3], along = 0, length = 0;
        const double height = femd_nemd_height(h, a, normal);
        for (int c = 0; c < 3; c++) {
            along += normal[c] * h[3 * a + c];
            length += h[3 * a + c] * h[3 * a + c];
        }
        if (length - height * height > SQUARE * SQUARE * length)
            return femd_fail(err, FEMD_UNSUPPORTED,
                             "the method nemd measures n k n along the normals of the cell's faces, which is the whole "
                             "tensor only where the lattice "
                             "vectors are at right angles; lattice vector %d of this cell is not (sheared?). Name "
                             "\"green-kubo\" for the conductivity, "
                             "or declare nemd.symmetry \"isotropic\"",
                             a + 1);
    }
    return FEMD_OK;
}

/* 1 in *same if the carried sums are those of this strain and temperature. *answered: they are near enough, and sharp
 * enough, to be the answer. */
static femd_status take_carried(femd_nemd *g, const femd_native *n, const femd_conditions *q, const femd_bytes *carried,
                                int *same, int *answered, femd_error *err) {
    const double *h = n->path.place.h;
    double far = 0;
    *same = *answered = 0;
    if (!carried->size) return FEMD_OK;
    FEMD_TRY(decode_head(g, carried, err));
    for (int c = 0; c < 6; c++) far = fmax(far, fabs(n->path.E[c] - g->E0[c]));
    *same = far == 0 && g->T == q->temperature;
    if (!*same && (!(far <= g->opt.reuse_strain) || !(fabs(g->T - q->temperature) <= g->opt.reuse_temperature)))
        return FEMD_OK;
    FEMD_TRY(femd_nemd_plan(g, h, n->rve.n, err));
    FEMD_TRY(decode_series(g, carried, err));
    if (*same) return FEMD_OK;
    *answered = femd_nemd_evaluate(g, h, NULL) == FEMD_OK && excess(g, q) <= 1;
    return FEMD_OK;
}

static femd_status begin_sampling(femd_nemd *g, const femd_native *n, const femd_conditions *q, femd_error *err) {
    FEMD_TRY(femd_nemd_plan(g, n->path.place.h, n->rve.n, err));
    memcpy(g->E0, n->path.E, sizeof g->E0);
    g->T = q->temperature;
    g->seed = q->seed;
    for (int s = 0; s < g->count; s++) FEMD_TRY(femd_nemd_start(g, n, n->path.place.h, n->path.x, s, q->beat, err));
    return FEMD_OK;
}

/* The one place where an answer is made of a result. */
static void respond(const femd_nemd *g, femd_response *r) {
    memcpy(r->k, g->result.k, sizeof r->k);
    memcpy(r->k_err, g->result.k_err, sizeof r->k_err);
    memcpy(r->k_check, g->result.k_check, sizeof r->k_check);
    memcpy(r->k_check_err, g->result.k_check_err, sizeof r->k_check_err);
    r->sampled = r->checked = 1;
    r->notes |= g->result.notes;
    r->provided |= FEMD_WANT_CONDUCTIVITY;
}

static femd_status answer_nemd(void *self, femd_native *n, const femd_conditions *q, const femd_bytes *carried,
                               femd_response *r, femd_buffer *carry, femd_error *err) {
    femd_nemd *g = self;
    int same, answered;
    if (!(q->temperature > 0) || !isfinite(q->temperature))
        return femd_fail(err, FEMD_BAD_INPUT, "the method nemd needs a temperature above 0 K, got %g", q->temperature);
    FEMD_TRY(check_cell(g, n->path.place.h, err));
    g->sweeps = 0;
    FEMD_TRY(take_carried(g, n, q, carried, &same, &answered, err));
    if (!same && !answered) FEMD_TRY(begin_sampling(g, n, q, err));
    if (!answered) FEMD_TRY(sample(g, n, q, err));
    femd_energetics_count_more(n->rve.en, g->sweeps);
    respond(g, r);
    return encode(g, carry, err);
}

const femd_method femd_method_nemd = {
    .name = "nemd",
    .wants = FEMD_WANT_CONDUCTIVITY,
    .inputs = FEMD_INPUT_TEMPERATURE | FEMD_INPUT_SEED | FEMD_INPUT_ACCURACY,
    .create = create_nemd,
    .destroy = destroy_nemd,
    .answer = answer_nemd,
};
