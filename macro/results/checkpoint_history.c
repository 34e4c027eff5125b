/* The history of the run in the checkpoint: each committed step as a row of integers and one of numbers. */
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "fields/wanted.h"
#include "results/checkpoint_private.h"
#include "results/probe.h"

enum { INTEGERS = 17, NUMBERS = 6 + 12 + 64 + 14 + 3 + FEMD_WORK_NUMBERS };

/* Numbers of a row of history/numbers: those above, the reactions, the account, what output.wants asks, what is told of
 * a regularisation, the heat. */
static size_t history_row_width(const femd_history *h) {
    return NUMBERS + 3 * h->nboundary + femd_history_account(h) + femd_wanted_numbers(h->wants) + (h->regular ? 2 : 0) +
           h->nheat;
}

/* Where the regularisation stands. */
static size_t history_regular_at(const femd_history *h) {
    return history_row_width(h) - h->nheat - 2;
}

static void history_pack_row(const femd_history *h, const femd_history_row *row, int64_t *k, double *v) {
    const femd_step_record *r = &row->rec;
    const int64_t integers[INTEGERS] = {r->step,
                                        r->newton,
                                        r->cuts,
                                        r->nresiduals,
                                        (int64_t)r->evaluations,
                                        (int64_t)r->force_evaluations,
                                        r->failed_points,
                                        row->fields,
                                        (int64_t)r->k_sampled,
                                        (int64_t)r->k_reused,
                                        (int64_t)r->k_noted,
                                        r->k_carriers,
                                        r->notes,
                                        r->end,
                                        r->direct,
                                        (int64_t)r->unanswered,
                                        r->unstable};
    const double numbers[6] = {r->time, r->dt, r->reference, r->energy, r->hill_mandel_max, r->stability_min};
    memcpy(k, integers, sizeof integers);
    memcpy(v, numbers, sizeof numbers);
    memcpy(v + 6, row->E_mean, sizeof row->E_mean);
    memcpy(v + 12, row->S_mean, sizeof row->S_mean);
    for (int i = 0; i < 64; ++i) v[18 + i] = i < r->nresiduals ? r->residual[i] : 0;
    memcpy(v + 82, r->k_mean, sizeof r->k_mean);
    v[88] = r->k_error_max;
    v[89] = r->noise;
    v[96] = r->load;
    v[97] = r->leap;
    v[98] = r->load_time;
    memcpy(v + 90, r->ke_mean, sizeof r->ke_mean);
    memcpy(v + 99, r->work, sizeof r->work);
    memcpy(v + NUMBERS, r->reaction, 3 * h->nboundary * sizeof *v);
    memcpy(v + NUMBERS + 3 * h->nboundary, r->account, femd_history_account(h) * sizeof *v);
    memcpy(v + NUMBERS + 3 * h->nboundary + femd_history_account(h), row->wanted,
           femd_wanted_numbers(h->wants) * sizeof *v);
    if (h->regular) {
        v[history_regular_at(h)] = r->regular_energy;
        v[history_regular_at(h) + 1] = r->regular_stress;
    }
    if (h->nheat > 0) memcpy(v + history_row_width(h) - h->nheat, r->heat, h->nheat * sizeof *v);
}

static femd_status history_unpack_row(femd_history *h, const int64_t *k, double *v, femd_error *err) {
    femd_history_row row = {.rec = {.step = (int)k[0],
                                    .newton = (int)k[1],
                                    .cuts = (int)k[2],
                                    .nresiduals = (int)k[3],
                                    .evaluations = (uint64_t)k[4],
                                    .force_evaluations = (uint64_t)k[5],
                                    .failed_points = (int)k[6],
                                    .time = v[0],
                                    .dt = v[1],
                                    .reference = v[2],
                                    .energy = v[3],
                                    .hill_mandel_max = v[4],
                                    .stability_min = v[5],
                                    .reaction = v + NUMBERS,
                                    .account = v + NUMBERS + 3 * h->nboundary,
                                    .heat = v + history_row_width(h) - h->nheat,
                                    .k_sampled = (uint64_t)k[8],
                                    .k_reused = (uint64_t)k[9],
                                    .k_noted = (uint64_t)k[10],
                                    .k_carriers = (uint32_t)k[11],
                                    .notes = (uint32_t)k[12],
                                    .end = (int)k[13],
                                    .direct = k[14] != 0,
                                    .unanswered = (uint64_t)k[15],
                                    .unstable = (int)k[16],
                                    .load = v[96],
                                    .leap = v[97],
                                    .load_time = v[98],
                                    .k_error_max = v[88],
                                    .noise = v[89]},
                            .wanted = v + NUMBERS + 3 * h->nboundary + femd_history_account(h),
                            .fields = (int)k[7]};
    if (row.rec.nresiduals < 0 || row.rec.nresiduals > 64 || row.rec.end < 0 || row.rec.end > FEMD_NEWTON_STALLED)
        return femd_fail(err, FEMD_BAD_INPUT, "the history in the checkpoint is damaged");
    if (h->regular) {
        row.rec.regular_energy = v[history_regular_at(h)];
        row.rec.regular_stress = v[history_regular_at(h) + 1];
    }
    memcpy(row.E_mean, v + 6, sizeof row.E_mean);
    memcpy(row.S_mean, v + 12, sizeof row.S_mean);
    memcpy(row.rec.residual, v + 18, sizeof row.rec.residual);
    memcpy(row.rec.work, v + 99, sizeof row.rec.work);
    memcpy(row.rec.k_mean, v + 82, sizeof row.rec.k_mean);
    memcpy(row.rec.ke_mean, v + 90, sizeof row.rec.ke_mean);
    return femd_history_add(h, &row, err);
}

static femd_status history_arrays(size_t n, size_t width, int64_t **k, double **v, femd_error *err) {
    *k = calloc(n * INTEGERS + 1, sizeof **k);
    *v = calloc(n * width + 1, sizeof **v);
    return *k && *v ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the history of %zu steps", n);
}

/* Beside the numbers, only where there are probes: a case with other ones goes on from the same checkpoint. Which they
 * are stands there too, byte by byte (femd_case_probe has no gaps). */
static femd_status history_write_probes(const femd_case *cs, const femd_history *h, femd_h5 *f, femd_error *err) {
    const size_t width = FEMD_PROBE_NUMBERS * h->nprobes;
    if (width == 0) return FEMD_OK;
    double *v = calloc(h->n * width + 1, sizeof *v);
    if (!v) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the history of %zu steps", h->n);
    for (size_t i = 0; i < h->n; ++i) memcpy(v + i * width, h->row[i].probe, width * sizeof *v);
    femd_status rc = femd_h5_write(f, "history/probes", H5T_IEEE_F64LE, h->n, width, v, err);
    free(v);
    if (rc == FEMD_OK)
        rc = femd_h5_write(f, "history/probes_of", H5T_STD_U8LE, h->nprobes, sizeof *cs->probe, cs->probe, err);
    return rc;
}

/* 1 if the checkpoint's probes are those of the case. */
static int history_has_probes(const femd_case *cs, const femd_history *h, femd_h5 *f) {
    const size_t bytes = h->nprobes * sizeof *cs->probe;
    hsize_t rows = 0, columns = 0;
    femd_error ignored = FEMD_ERROR_INIT;
    uint8_t *was = malloc(bytes + 1);
    int same = was && femd_h5_shape(f, "history/probes_of", &rows, &columns, &ignored) == FEMD_OK &&
               rows == h->nprobes && columns == sizeof *cs->probe;
    same = same && femd_h5_read(f, "history/probes_of", H5T_STD_U8LE, rows, columns, was, &ignored) == FEMD_OK &&
           memcmp(was, cs->probe, bytes) == 0;
    same = same && femd_h5_shape(f, "history/probes", &rows, &columns, &ignored) == FEMD_OK && rows == h->n &&
           columns == FEMD_PROBE_NUMBERS * h->nprobes; /* else of a femd whose probes told less */
    free(was);
    return same;
}

/* What the rows know of the probes, if these are what they were; else it stays unknown. */
static femd_status history_load_probes(femd_problem *p, femd_history *h, femd_h5 *f, femd_error *err) {
    const size_t width = FEMD_PROBE_NUMBERS * h->nprobes;
    if (width == 0) return FEMD_OK;
    double *v = calloc(h->n * width + 1, sizeof *v);
    int there = p->rank == 0 && v && history_has_probes(p->cs, h, f);
    femd_status rc = v ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the history of %zu steps", h->n);
    if (there) rc = femd_h5_read(f, "history/probes", H5T_IEEE_F64LE, h->n, width, v, err);
    rc = femd_agree(p->comm, rc, err);
    (void)MPI_Bcast(&there, 1, MPI_INT, 0, p->comm);
    if (rc == FEMD_OK && there) (void)MPI_Bcast(v, (int)(h->n * width), MPI_DOUBLE, 0, p->comm);
    for (size_t i = 0; rc == FEMD_OK && there && i < h->n; ++i)
        memcpy(h->row[i].probe, v + i * width, width * sizeof *v);
    free(v);
    return rc;
}

femd_status femd_checkpoint_write_history(const femd_case *cs, const femd_history *h, femd_h5 *f, femd_error *err) {
    size_t width = history_row_width(h);
    int64_t *k = NULL;
    double *v = NULL;
    femd_status rc;
    FEMD_TRY_GOTO(rc, history_arrays(h->n, width, &k, &v, err), done);
    for (size_t i = 0; i < h->n; ++i) history_pack_row(h, h->row + i, k + i * INTEGERS, v + i * width);
    FEMD_TRY_GOTO(rc, femd_h5_group(f, "history", err), done);
    FEMD_TRY_GOTO(rc, femd_h5_write(f, "history/integers", H5T_STD_I64LE, h->n, INTEGERS, k, err), done);
    FEMD_TRY_GOTO(rc, femd_h5_write(f, "history/numbers", H5T_IEEE_F64LE, h->n, width, v, err), done);
    rc = history_write_probes(cs, h, f, err);
done:
    free(k);
    free(v);
    return rc;
}

femd_status femd_checkpoint_load_history(femd_problem *p, femd_history *h, femd_h5 *f, femd_error *err) {
    femd_history_fit(h, p->cs);
    size_t width = history_row_width(h);
    hsize_t rows = 0, columns = 0;
    int64_t *k = NULL;
    double *v = NULL;
    femd_status rc = p->rank == 0 ? femd_h5_shape(f, "history/integers", &rows, &columns, err) : FEMD_OK;
    if (rc == FEMD_OK && rows > 1000000)
        rc = femd_fail(err, FEMD_BAD_INPUT, "the history in the checkpoint is damaged");
    FEMD_TRY_GOTO(rc, femd_agree(p->comm, rc, err), done);
    uint64_t n = rows;
    (void)MPI_Bcast(&n, 1, MPI_UINT64_T, 0, p->comm);
    rc = history_arrays(n, width, &k, &v, err);
    if (rc == FEMD_OK && p->rank == 0) rc = femd_h5_read(f, "history/integers", H5T_STD_I64LE, n, INTEGERS, k, err);
    if (rc == FEMD_OK && p->rank == 0) rc = femd_h5_read(f, "history/numbers", H5T_IEEE_F64LE, n, width, v, err);
    FEMD_TRY_GOTO(rc, femd_agree(p->comm, rc, err), done);
    (void)MPI_Bcast(k, (int)(n * INTEGERS), MPI_INT64_T, 0, p->comm);
    (void)MPI_Bcast(v, (int)(n * width), MPI_DOUBLE, 0, p->comm);
    for (uint64_t i = 0; i < n && rc == FEMD_OK; ++i) rc = history_unpack_row(h, k + i * INTEGERS, v + i * width, err);
    if (rc == FEMD_OK && n > 0) { /* as the run that wrote it would go on */
        p->direct = h->row[n - 1].rec.direct;
        p->unstable = h->row[n - 1].rec.unstable;
        memcpy(p->work, h->row[n - 1].rec.work, sizeof p->work);
    }
    FEMD_TRY_GOTO(rc, femd_agree(p->comm, rc, err), done);
    rc = history_load_probes(p, h, f, err);
done:
    free(k);
    free(v);
    return rc;
}
