/* The committed steps of a run and their table. Owns copies of the records; writes no file. */
#include "results/history.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "fields/heat.h"
#include "results/outfile.h"
#include "results/probe.h"
#include "results/vtu.h"
#include "solve/stepping.h"

void femd_points_mean(const femd_problem *p, double E_mean[6], double S_mean[6]) {
    double sum[13] = {0}; /* volume, E, S */
    const femd_points *pt = p->pt;
    for (PetscInt i = 0; i < pt->n; ++i) {
        sum[0] += pt->weight[i];
        for (int c = 0; c < 6; ++c) {
            sum[1 + c] += pt->weight[i] * pt->E[6 * i + c];
            sum[7 + c] += pt->weight[i] * pt->S[6 * i + c];
        }
    }
    /* One broadcast per rank keeps the order of the additions fixed; a reduction's is the library's choice. */
    double total[13] = {0};
    for (int r = 0; r < p->size; ++r) {
        double part[13];
        memcpy(part, sum, sizeof part);
        (void)MPI_Bcast(part, 13, MPI_DOUBLE, r, p->comm);
        for (int c = 0; c < 13; ++c) total[c] += part[c];
    }
    for (int c = 0; c < 6; ++c) {
        E_mean[c] = total[0] > 0 ? total[1 + c] / total[0] : 0;
        S_mean[c] = total[0] > 0 ? total[7 + c] / total[0] : 0;
    }
}

void femd_history_fit(femd_history *h, const femd_case *cs) {
    h->nboundary = cs->nboundary;
    h->wants = cs->wants_committed;
    h->nprobes = cs->nprobes;
    h->nheat = femd_case_has_heat(cs) ? femd_heat_numbers(cs) : 0;
    h->regular = cs->shear_regularisation > 0;
}

femd_status femd_history_add(femd_history *h, const femd_history_row *row, femd_error *err) {
    if (h->n == h->room) {
        size_t room = h->room ? 2 * h->room : 16;
        femd_history_row *grown = realloc(h->row, room * sizeof *grown);
        if (!grown) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the history of the run");
        h->row = grown;
        h->room = room;
    }
    femd_history_row copy = *row;
    copy.line = copy.document = (femd_buffer)FEMD_BUFFER_INIT;
    const size_t reactions = 3 * h->nboundary, account = femd_history_account(h),
                 wanted = femd_wanted_numbers(h->wants);
    const size_t probes = FEMD_PROBE_NUMBERS * h->nprobes;
    copy.rec.reaction =
        calloc(reactions + account + wanted + probes + h->nheat + 1, sizeof(double)); /* one block for all */
    if (!copy.rec.reaction) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the history of the run");
    copy.rec.account = copy.rec.reaction + reactions;
    copy.wanted = copy.rec.account + account;
    copy.probe = copy.wanted + wanted;
    copy.rec.heat = h->nheat > 0 ? copy.probe + probes : NULL;
    if (copy.rec.heat && row->rec.heat) memcpy(copy.rec.heat, row->rec.heat, h->nheat * sizeof(double));
    for (size_t i = 0; i < probes; ++i) copy.probe[i] = row->probe ? row->probe[i] : NAN;
    if (row->rec.reaction) memcpy(copy.rec.reaction, row->rec.reaction, reactions * sizeof(double));
    if (row->rec.account) memcpy(copy.rec.account, row->rec.account, account * sizeof(double));
    if (row->wanted) memcpy(copy.wanted, row->wanted, wanted * sizeof(double));
    h->row[h->n++] = copy;
    return FEMD_OK;
}

static void history_free_row(femd_history_row *row) {
    free(row->rec.reaction);
    femd_buffer_clear(&row->line);
    femd_buffer_clear(&row->document);
}

void femd_history_drop(femd_history *h) {
    if (h->n > 0) history_free_row(&h->row[--h->n]);
}

void femd_history_clear(femd_history *h) {
    for (size_t i = 0; i < h->n; ++i) history_free_row(&h->row[i]);
    free(h->row);
    free(h->changes);
    h->changes = NULL;
    h->row = NULL;
    h->n = h->room = 0;
}

size_t femd_history_account(const femd_history *h) {
    return FEMD_ACCOUNT * (h->nboundary + 1);
}

const char *femd_work_name(femd_work_by work) {
    static const char *const name[] = {[FEMD_WORK_REACTIONS] = "reactions",
                                       [FEMD_WORK_SURFACE] = "surface_loads",
                                       [FEMD_WORK_FOLLOWING] = "following_loads",
                                       [FEMD_WORK_BODY] = "body_force"};
    return name[work];
}

double femd_work_balance(const femd_step_record *rec) {
    double sum = -rec->work[FEMD_WORK_STRESS];
    for (int w = 0; w < FEMD_WORKS; ++w) sum += rec->work[w];
    return sum;
}

double femd_residual_to_load(const femd_step_record *rec) {
    return rec->nresiduals > 0 && rec->load > 0 ? rec->residual[rec->nresiduals - 1] / rec->load : NAN;
}

void femd_entry_name(const femd_case *cs, size_t i, char name[FEMD_ENTRY_NAME_MAX]) {
    int earlier = 0;
    for (size_t k = 0; k < i; ++k) earlier += strcmp(cs->boundary[k].on, cs->boundary[i].on) == 0;
    if (earlier)
        snprintf(name, FEMD_ENTRY_NAME_MAX, "%s#%d", cs->boundary[i].on, earlier + 1);
    else
        snprintf(name, FEMD_ENTRY_NAME_MAX, "%s", cs->boundary[i].on);
}

int femd_step_is_due(const femd_case *cs, int every, const femd_step_record *rec) {
    if (femd_stepping_finished(cs, rec->step, rec->load_time)) return 1;
    return every > 0 && rec->step % every == 0;
}

/* "," and a column title, quoted if it has to be (RFC 4180). */
static femd_status title(femd_buffer *out, const char *name, const char *suffix, femd_error *err) {
    if (!strpbrk(name, ",\"\r\n")) return femd_text_add(out, err, ",%s%s", name, suffix);
    FEMD_TRY(femd_text_add(out, err, ",\""));
    for (const char *c = name; *c; ++c)
        FEMD_TRY(femd_buffer_append(out, *c == '"' ? "\"\"" : c, *c == '"' ? 2 : 1, err));
    return femd_text_add(out, err, "%s\"", suffix);
}

static const char *const voigt[6] = {"11", "22", "33", "23", "13", "12"};

/* What output.wants asks, without what has a column of its own further up. */
static uint32_t listed(const femd_history *h) {
    return h->wants & ~(uint32_t)FEMD_WANT_STABILITY;
}

static femd_status wanted_titles(const femd_history *h, femd_buffer *out, femd_error *err) {
    const femd_quantity *q;
    for (size_t place = 0; (q = femd_wanted_next(listed(h), &place)) != NULL;) {
        for (int c = 0; c < q->numbers; ++c)
            FEMD_TRY(femd_text_add(out, err, ",%s%s%s", q->key, q->numbers == 36 ? voigt[c / 6] : "",
                                   q->numbers == 1 ? "" : voigt[c % 6]));
        if (q->sampled) FEMD_TRY(femd_text_add(out, err, ",%s_error", q->key));
    }
    return FEMD_OK;
}

static femd_status history_number(femd_buffer *out, double v, femd_error *err) {
    FEMD_TRY(femd_text_add(out, err, ","));
    return femd_text_number(out, v, "nan", err);
}

static femd_status wanted_numbers(const femd_history *h, const femd_history_row *row, femd_buffer *out,
                                  femd_error *err) {
    const femd_quantity *q;
    for (size_t place = 0; (q = femd_wanted_next(listed(h), &place)) != NULL;) {
        const double *v = row->wanted + femd_wanted_offset(h->wants, q);
        for (int c = 0; c < q->numbers + (q->sampled ? 1 : 0); ++c) FEMD_TRY(history_number(out, v[c], err));
    }
    return FEMD_OK;
}

/* What of a row's account is not told yet: forces of loads, moments of all. */
static int account_begins(const femd_case *cs, size_t entry) {
    return entry < cs->nboundary && femd_case_holds(&cs->boundary[entry]) ? 3 : 0;
}

static size_t account_rows(const femd_case *cs) {
    return cs->nboundary + (cs->has_body_force != 0);
}

/* With both physics an entry has the columns of its own alone. */
static int history_shows(const femd_case *cs, size_t entry, int heat) {
    if (cs->physics != FEMD_PHYSICS_THERMOMECHANICAL || entry >= cs->nboundary) return 1;
    return femd_case_is_heat(cs->boundary[entry].kind) == heat;
}

static femd_status account_titles(const femd_case *cs, femd_buffer *out, femd_error *err) {
    static const char *const part[FEMD_ACCOUNT] = {".fx", ".fy", ".fz", ".mx", ".my", ".mz"};
    for (int w = 0; w < FEMD_WORKS; ++w) FEMD_TRY(femd_text_add(out, err, ",work_%s", femd_work_name((femd_work_by)w)));
    for (size_t b = 0; b < account_rows(cs); ++b) {
        char name[FEMD_ENTRY_NAME_MAX] = "body_force";
        if (b < cs->nboundary) femd_entry_name(cs, b, name);
        for (int c = account_begins(cs, b); history_shows(cs, b, 0) && c < FEMD_ACCOUNT; ++c)
            FEMD_TRY(title(out, name, part[c], err));
    }
    return FEMD_OK;
}

static femd_status account_numbers(const femd_step_record *r, const femd_case *cs, femd_buffer *out, femd_error *err) {
    for (int w = 0; w < FEMD_WORKS; ++w) FEMD_TRY(history_number(out, r->work[w], err));
    for (size_t b = 0; b < account_rows(cs); ++b)
        for (int c = account_begins(cs, b); history_shows(cs, b, 0) && c < FEMD_ACCOUNT; ++c)
            FEMD_TRY(history_number(out, r->account[FEMD_ACCOUNT * b + (size_t)c], err));
    return FEMD_OK;
}

/* ---- heat ---- */

/* Numbers of samples, which stand at the end of a line of a run that samples conductivities. */
static int history_is_of_samples(const femd_history *h, size_t i) {
    const size_t first = h->nboundary + 1 + FEMD_HEAT_SAMPLES;
    return i >= first && i <= first + FEMD_HEAT_STORED_ERROR - FEMD_HEAT_SAMPLES;
}

static int history_has_samples(const femd_history *h, const femd_step_record *r) {
    return h->nheat > 0 && r->heat[h->nboundary + 1 + FEMD_HEAT_SAMPLES] > 0;
}

static femd_status history_samples_titles(const femd_history *h, femd_buffer *out, femd_error *err) {
    if (h->n == 0 || !history_has_samples(h, &h->row[h->n - 1].rec)) return FEMD_OK;
    return femd_text_add(out, err, ",samples,flow_error,conductivity_error,stored_error");
}

static femd_status history_samples_line(const femd_history *h, const femd_step_record *r, femd_buffer *out,
                                        femd_error *err) {
    for (size_t i = 0; history_has_samples(h, r) && i < h->nheat; ++i)
        if (history_is_of_samples(h, i)) FEMD_TRY(history_number(out, r->heat[i], err));
    return FEMD_OK;
}

static femd_status history_heat_titles(const femd_history *h, const femd_case *cs, femd_buffer *out, femd_error *err) {
    FEMD_TRY(femd_text_add(out, err, "step,time,dt,newton,cuts,residual,reference_heat"));
    for (size_t b = 0; b < h->nboundary; ++b) {
        char name[FEMD_ENTRY_NAME_MAX];
        femd_entry_name(cs, b, name);
        FEMD_TRY(title(out, name, ".heat", err));
    }
    FEMD_TRY(femd_text_add(out, err,
                           ",source.heat,stored.heat,balance.heat,T_min,T_max,T_mean,evaluations,"
                           "force_evaluations,load,residual_to_load,stalled,direct"));
    FEMD_TRY(history_samples_titles(h, out, err));
    for (size_t k = 0; k < h->nprobes; ++k) FEMD_TRY(title(out, cs->probe[k].name, ".T", err));
    return femd_text_add(out, err, "\n");
}

static femd_status history_heat_line(const femd_history *h, const femd_history_row *row, femd_buffer *out,
                                     femd_error *err) {
    const femd_step_record *r = &row->rec;
    FEMD_TRY(femd_text_add(out, err, "%d", r->step));
    FEMD_TRY(history_number(out, r->time, err));
    FEMD_TRY(history_number(out, r->dt, err));
    FEMD_TRY(femd_text_add(out, err, ",%d,%d", r->newton, r->cuts));
    FEMD_TRY(history_number(out, r->nresiduals > 0 ? r->residual[r->nresiduals - 1] : 0, err));
    FEMD_TRY(history_number(out, r->reference, err));
    for (size_t i = 0; i < h->nheat; ++i)
        if (!history_is_of_samples(h, i)) FEMD_TRY(history_number(out, r->heat[i], err));
    FEMD_TRY(femd_text_add(out, err, ",%llu,%llu", (unsigned long long)r->evaluations,
                           (unsigned long long)r->force_evaluations));
    FEMD_TRY(history_number(out, r->load, err));
    FEMD_TRY(history_number(out, femd_residual_to_load(r), err));
    FEMD_TRY(femd_text_add(out, err, ",%d,%d", r->end == FEMD_NEWTON_STALLED, r->direct));
    FEMD_TRY(history_samples_line(h, r, out, err));
    for (size_t k = 0; k < h->nprobes; ++k)
        FEMD_TRY(history_number(out, row->probe[FEMD_PROBE_NUMBERS * k + FEMD_PROBE_TEMPERATURE], err));
    return femd_text_add(out, err, "\n");
}

enum { LATE = FEMD_PASS_NUMBERS - FEMD_PASS_PASSES }; /* numbers at the end of a line */

/* Behind what mechanics tells. */
static femd_status history_both_titles(const femd_history *h, const femd_case *cs, femd_buffer *out, femd_error *err) {
    for (size_t b = 0; b < cs->nboundary; ++b) {
        char name[FEMD_ENTRY_NAME_MAX];
        femd_entry_name(cs, b, name);
        if (history_shows(cs, b, 1)) FEMD_TRY(title(out, name, ".heat", err));
    }
    FEMD_TRY(femd_text_add(out, err,
                           ",source.heat,stored.heat,balance.heat,T_min,T_max,T_mean,newton_heat,residual_heat,"
                           "reference_heat,stress.heat,lag.heat,coupling_delta"));
    return history_samples_titles(h, out, err);
}

static femd_status history_both_line(const femd_history *h, const femd_step_record *r, const femd_case *cs,
                                     femd_buffer *out, femd_error *err) {
    for (size_t i = 0; i < h->nheat - LATE; ++i)
        if (history_shows(cs, i, 1) && !history_is_of_samples(h, i)) FEMD_TRY(history_number(out, r->heat[i], err));
    return history_samples_line(h, r, out, err);
}

/* Behind the probes. */
static femd_status history_late_titles(const femd_history *h, femd_buffer *out, femd_error *err) {
    FEMD_TRY(femd_text_add(out, err, ",work_stress,work_balance"));
    if (h->nheat > 0)
        FEMD_TRY(femd_text_add(out, err,
                               ",passes,energy.heat,power.heat,first_law.heat,coupling_delta_error,coupling_error"));
    return h->regular ? femd_text_add(out, err, ",regularisation_energy,regularisation_stress") : FEMD_OK;
}

static femd_status history_late_line(const femd_history *h, const femd_step_record *r, femd_buffer *out,
                                     femd_error *err) {
    FEMD_TRY(history_number(out, r->work[FEMD_WORK_STRESS], err));
    FEMD_TRY(history_number(out, femd_work_balance(r), err));
    for (size_t i = h->nheat - LATE; h->nheat > 0 && i < h->nheat; ++i) FEMD_TRY(history_number(out, r->heat[i], err));
    if (!h->regular) return FEMD_OK;
    FEMD_TRY(history_number(out, r->regular_energy, err));
    return history_number(out, r->regular_stress, err);
}

/* ---- the whole ---- */

static femd_status titles(const femd_history *h, const femd_case *cs, femd_buffer *out, femd_error *err) {
    static const char *const axis[3] = {".x", ".y", ".z"};
    if (!femd_case_has_mechanics(cs)) return history_heat_titles(h, cs, out, err);
    FEMD_TRY(femd_text_add(out, err, "step,time,dt,newton,cuts,residual,reference_force"));
    for (size_t b = 0; b < h->nboundary; ++b) {
        char name[FEMD_ENTRY_NAME_MAX];
        femd_entry_name(cs, b, name);
        for (int c = 0; history_shows(cs, b, 0) && c < 3; ++c) FEMD_TRY(title(out, name, axis[c], err));
    }
    FEMD_TRY(femd_text_add(out, err, ",energy,hill_mandel_max,stability_min,evaluations,force_evaluations"));
    for (int c = 0; c < 6; ++c) FEMD_TRY(femd_text_add(out, err, ",E%s", voigt[c]));
    for (int c = 0; c < 6; ++c) FEMD_TRY(femd_text_add(out, err, ",S%s", voigt[c]));
    FEMD_TRY(wanted_titles(h, out, err));
    FEMD_TRY(femd_text_add(out, err, ",load,residual_to_load,stalled,direct,unanswered,unstable,leap,load_factor"));
    FEMD_TRY(account_titles(cs, out, err));
    if (h->nheat > 0) FEMD_TRY(history_both_titles(h, cs, out, err));
    for (size_t k = 0; k < h->nprobes; ++k)
        for (int c = 0; c < FEMD_PROBE_NUMBERS; ++c) {
            char suffix[16];
            if (!femd_probe_tells(cs, c)) continue;
            snprintf(suffix, sizeof suffix, ".%s", femd_probe_label[c]);
            FEMD_TRY(title(out, cs->probe[k].name, suffix, err));
        }
    FEMD_TRY(history_late_titles(h, out, err));
    return femd_text_add(out, err, "\n");
}

static femd_status line(const femd_history *h, const femd_history_row *row, const femd_case *cs, femd_buffer *out,
                        femd_error *err) {
    const femd_step_record *r = &row->rec;
    if (!femd_case_has_mechanics(cs)) return history_heat_line(h, row, out, err);
    FEMD_TRY(femd_text_add(out, err, "%d", r->step));
    FEMD_TRY(history_number(out, r->time, err));
    FEMD_TRY(history_number(out, r->dt, err));
    FEMD_TRY(femd_text_add(out, err, ",%d,%d", r->newton, r->cuts));
    FEMD_TRY(history_number(out, r->nresiduals > 0 ? r->residual[r->nresiduals - 1] : 0, err));
    FEMD_TRY(history_number(out, r->reference, err));
    for (size_t i = 0; i < 3 * h->nboundary; ++i)
        if (history_shows(cs, i / 3, 0)) FEMD_TRY(history_number(out, r->reaction[i], err));
    FEMD_TRY(history_number(out, r->energy, err));
    FEMD_TRY(history_number(out, r->hill_mandel_max, err));
    FEMD_TRY(history_number(out, r->stability_min, err));
    FEMD_TRY(femd_text_add(out, err, ",%llu,%llu", (unsigned long long)r->evaluations,
                           (unsigned long long)r->force_evaluations));
    for (int c = 0; c < 6; ++c) FEMD_TRY(history_number(out, row->E_mean[c], err));
    for (int c = 0; c < 6; ++c) FEMD_TRY(history_number(out, row->S_mean[c], err));
    FEMD_TRY(wanted_numbers(h, row, out, err));
    FEMD_TRY(history_number(out, r->load, err));
    FEMD_TRY(history_number(out, femd_residual_to_load(r), err));
    FEMD_TRY(femd_text_add(out, err, ",%d,%d,%llu,%d", r->end == FEMD_NEWTON_STALLED, r->direct,
                           (unsigned long long)r->unanswered, r->unstable));
    FEMD_TRY(history_number(out, r->leap, err));
    FEMD_TRY(history_number(out, r->load_time / cs->end_time, err));
    FEMD_TRY(account_numbers(r, cs, out, err));
    if (h->nheat > 0) FEMD_TRY(history_both_line(h, r, cs, out, err));
    for (size_t i = 0; i < FEMD_PROBE_NUMBERS * h->nprobes; ++i)
        if (femd_probe_tells(cs, (int)(i % FEMD_PROBE_NUMBERS))) FEMD_TRY(history_number(out, row->probe[i], err));
    FEMD_TRY(history_late_line(h, r, out, err));
    return femd_text_add(out, err, "\n");
}

femd_status femd_history_encode(const femd_history *h, const femd_case *cs, femd_buffer *out, femd_error *err) {
    out->size = 0;
    FEMD_TRY(titles(h, cs, out, err));
    for (size_t i = 0; i < h->n; ++i) { /* written once, and copied from then on */
        femd_history_row *row = h->row + i;
        const femd_status rc = row->line.size ? FEMD_OK : line(h, row, cs, &row->line, err);
        if (rc != FEMD_OK) row->line.size = 0;
        FEMD_TRY(rc);
        FEMD_TRY(femd_buffer_append(out, row->line.data, row->line.size, err));
    }
    return FEMD_OK;
}

femd_status femd_history_pvd(const femd_history *h, femd_buffer *out, femd_error *err) {
    femd_pvd_entry *entry = calloc(h->n + 1, sizeof *entry); /* entry 0: the virgin state */
    if (!entry) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the list of output steps");
    size_t n = 1;
    for (size_t i = 0; i < h->n; ++i) {
        if (!h->row[i].fields) continue;
        entry[n++] = (femd_pvd_entry){h->row[i].rec.time, h->row[i].rec.step};
    }
    femd_status rc = femd_pvd_encode(entry, n, out, err);
    free(entry);
    return rc;
}
