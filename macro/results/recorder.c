/* Order of the result files of a run: which is written when, by whom. What is in them is the business of output.c,
 * history.c, summary.c and checkpoint.c. */
#include "results/recorder.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/collective.h"
#include "base/part.h"
#include "femd/clock.h"
#include "fields/constitutive.h"
#include "results/checkpoint.h"
#include "results/outfile.h"
#include "results/output.h"

/* Of this process: seconds of processor time, bytes of memory at most. */
static void recorder_usage(double *cpu, double *memory) {
    struct rusage u;
    if (getrusage(RUSAGE_SELF, &u) != 0) return;
    *cpu = (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + 1e-6 * (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
    *memory = 1024.0 * (double)u.ru_maxrss;
}

static femd_status recorder_no_memory(femd_error *err) {
    return femd_fail(err, FEMD_NO_MEMORY, "no memory for a file name");
}

/* ---- start ---- */

/* Rank 0: nobody else writes here from now on. */
static femd_status recorder_lock(femd_recorder *r, femd_error *err) {
    return r->lock.held ? FEMD_OK : femd_folder_lock_begin(r->folder, FEMD_FOLDER_SOLVER, &r->lock, err);
}

/* An output folder that cannot be used is found before anything runs. */
static femd_status recorder_check_folder(femd_recorder *r, femd_error *err) {
    const char *folder = r->folder;
    struct stat st;
    if (stat(folder, &st) != 0) {
        if (errno == ENOENT) return FEMD_OK;
        return femd_fail(err, FEMD_BAD_INPUT, "--out %s cannot be used: %s", folder, strerror(errno));
    }
    if (!S_ISDIR(st.st_mode)) return femd_fail(err, FEMD_BAD_INPUT, "--out %s is a file, not a folder", folder);
    if (access(folder, W_OK | X_OK) != 0)
        return femd_fail(err, FEMD_BAD_INPUT, "--out %s: %s", folder, strerror(errno));
    return recorder_lock(r, err);
}

static femd_status recorder_load(femd_recorder *r, femd_problem *p, femd_error *err) {
    FEMD_PART(CHECKPOINT);
    char *path = femd_path_join(r->folder, "checkpoint.h5");
    femd_status rc = path ? FEMD_OK : recorder_no_memory(err);
    if (rc == FEMD_OK && p->rank == 0 && access(path, F_OK) != 0)
        rc = femd_fail(err, FEMD_BAD_INPUT,
                       "--resume: there is no %s to go on from; run without --resume to begin anew", path);
    rc = femd_agree(p->comm, rc, err);
    if (rc == FEMD_OK) rc = femd_checkpoint_load(p, &r->history, path, err);
    free(path);
    FEMD_TRY(rc);
    if (r->history.n != (size_t)p->step)
        return femd_fail(err, FEMD_BAD_INPUT, "--resume: the checkpoint in %s has no history of its steps", r->folder);
    r->info.resumed = r->saved = p->step;
    return FEMD_OK;
}

/* Is there anything to keep of this rank's points of output.local? */
static femd_status recorder_check_local_materials(const femd_problem *p, femd_error *err) {
    for (size_t k = 0; k < p->cs->nlocal; ++k)
        for (PetscInt i = 0; i < p->pt->n; ++i) {
            const size_t material = (size_t)p->pt->material[i];
            if (p->pt->id[i] == p->cs->local[k])
                FEMD_TRY(femd_case_check_local(p->cs, material, &p->caps[material], err));
        }
    return FEMD_OK;
}

void femd_recorder_begin(femd_recorder *r) {
    *r = (femd_recorder){.began = femd_clock()};
}

femd_status femd_recorder_prepare(femd_recorder *r, femd_problem *p, const char *folder, int resume, femd_error *err) {
    r->folder = folder;
    femd_history_fit(&r->history, p->cs);
    femd_heat_delta_unknown(p, r->history.delta_unknown);
    r->info.ranks = p->size;
    FEMD_TRY(femd_agree(p->comm, p->rank == 0 ? recorder_check_folder(r, err) : FEMD_OK, err));
    FEMD_TRY(femd_recorder_check_local(p, err));
    FEMD_TRY(femd_agree(p->comm, recorder_check_local_materials(p, err), err));
    FEMD_TRY(femd_probes_create(p, &r->probes, err));
    return resume ? recorder_load(r, p, err) : FEMD_OK;
}

/* ---- files of a step ---- */

static femd_status recorder_replace(const femd_recorder *r, const char *name, const femd_buffer *text,
                                    femd_error *err) {
    char *path = femd_path_join(r->folder, "%s", name);
    femd_status rc = path ? femd_file_replace(path, text->data, text->size, err) : recorder_no_memory(err);
    free(path);
    return rc;
}

/* Rank 0. */
static femd_status recorder_write_tables(const femd_recorder *r, const femd_problem *p, const char *status,
                                         femd_error *err) {
    femd_buffer text = FEMD_BUFFER_INIT;
    femd_status rc;
    FEMD_TRY_GOTO(rc, femd_history_encode(&r->history, p->cs, &text, err), done);
    FEMD_TRY_GOTO(rc, recorder_replace(r, "history.csv", &text, err), done);
    FEMD_TRY_GOTO(rc, femd_history_pvd(&r->history, &text, err), done);
    FEMD_TRY_GOTO(rc, recorder_replace(r, "fields.pvd", &text, err), done);
    FEMD_TRY_GOTO(rc, femd_summary_encode(&r->history, p->cs, p->law, status, &r->info, &text, err), done);
    rc = recorder_replace(r, "summary.json", &text, err);
done:
    femd_buffer_clear(&text);
    return rc;
}

/* Collective: whatever rank has seen it. */
static void recorder_add_builds(femd_recorder *r, const femd_problem *p) {
    const femd_builds mine = p->law->builds ? p->law->builds(p->law->self) : (femd_builds){0, 0};
    const int marked = mine.several || femd_pool_marks(&r->info);
    const uint64_t ends[3] = {mine.first ? ~mine.first : 0, mine.first, (uint64_t)marked};
    uint64_t all[3];
    (void)MPI_Allreduce(ends, all, 3, MPI_UINT64_T, MPI_MAX, p->comm);
    if (all[0]) femd_builds_add(&r->history.builds, ~all[0]); /* the smallest of all ranks, and the largest */
    femd_builds_add(&r->history.builds, all[1]);
    r->history.builds.several |= all[2] != 0;
}

static femd_status recorder_write_summary(femd_recorder *r, femd_problem *p, const char *status, femd_error *err) {
    FEMD_PART(TABLES);
    double mine[3] = {0, r->micro, 0}, all[3] = {0};
    recorder_add_builds(r, p);
    recorder_usage(&mine[0], &mine[2]);
    (void)MPI_Reduce(mine, all, 3, MPI_DOUBLE, MPI_SUM, 0, p->comm);
    r->info.memory = all[2];
    r->info.cpu = all[0];
    r->info.micro_cpu = all[1];
    r->info.wall = femd_clock() - r->began;
    return femd_agree(p->comm, p->rank == 0 ? recorder_write_tables(r, p, status, err) : FEMD_OK, err);
}

/* The fields of step 0, or an empty folder. */
static femd_status recorder_write_start(femd_recorder *r, femd_problem *p, femd_error *err) {
    femd_error ignored = FEMD_ERROR_INIT;
    const femd_status rc = femd_output_step(p, NULL, r->folder, err);
    if (rc != FEMD_OK && p->rank == 0 && femd_outdir_clean(r->folder, -1, &ignored) != FEMD_OK) return rc;
    return rc;
}

femd_status femd_recorder_start(femd_recorder *r, femd_problem *p, femd_error *err) {
    femd_status rc = FEMD_OK;
    if (p->rank == 0) {
        rc = femd_outdir_make(r->folder, err);
        if (rc == FEMD_OK) rc = recorder_lock(r, err);
        if (rc == FEMD_OK) rc = femd_outdir_clean(r->folder, r->info.resumed ? p->step : -1, err);
    }
    FEMD_TRY(femd_agree(p->comm, rc, err));
    r->begun = 1;
    if (!r->info.resumed) FEMD_TRY(recorder_write_start(r, p, err));
    r->open = 1;
    return recorder_write_summary(r, p, "running", err);
}

static femd_status recorder_save(femd_recorder *r, femd_problem *p, femd_error *err) {
    FEMD_PART(CHECKPOINT);
    char *path = femd_path_join(r->folder, "checkpoint.h5");
    femd_status rc = femd_agree(p->comm, path ? FEMD_OK : recorder_no_memory(err), err);
    if (rc == FEMD_OK) rc = femd_checkpoint_save(p, &r->history, path, err);
    free(path);
    if (rc == FEMD_OK) r->saved = p->step;
    return rc;
}

/* The committed state of the rank's point i as FOLDER/name. */
static femd_status recorder_write_state(const femd_recorder *r, femd_problem *p, PetscInt i, const char *name,
                                        const char *who, femd_error *err) {
    void *blob = NULL;
    size_t size = 0;
    const unsigned long long id = p->pt->id[i];
    char *path = femd_path_join(r->folder, "%s", name);
    femd_status rc = path ? FEMD_OK : recorder_no_memory(err);
    if (rc == FEMD_OK && femd_hash_is_zero(p->pt->state + i)) {
        (void)unlink(path); /* of an earlier run */
        rc = femd_fail(err, FEMD_BAD_INPUT, "%s %llu: no file is written: the point has no state, since %s", who, id,
                       p->step == 0 ? "no step is committed yet" : "its engine keeps none");
    }
    if (rc == FEMD_OK && !p->law->states_get)
        rc = femd_fail(err, FEMD_BAD_INPUT, "%s %llu: the law of this run keeps no states", who, id);
    if (rc == FEMD_OK) rc = p->law->states_get(p->law->self, p->pt->state + i, 1, &blob, &size, err);
    if (rc == FEMD_OK) rc = femd_file_replace(path, blob, size, err);
    free(path);
    free(blob);
    return rc;
}

/* This rank's points of output.local: their states, of which femd fields makes fields. */
static femd_status recorder_keep_states(const femd_recorder *r, femd_problem *p, int step, femd_error *err) {
    for (size_t k = 0; k < p->cs->nlocal; ++k)
        for (PetscInt i = 0; i < p->pt->n; ++i) {
            char name[64];
            if (p->pt->id[i] != p->cs->local[k]) continue;
            snprintf(name, sizeof name, "local_%llu_%04d.state", (unsigned long long)p->cs->local[k], step);
            FEMD_TRY(recorder_write_state(r, p, i, name, "output.local.points:", err));
        }
    return FEMD_OK;
}

/* The step's row is there: its fields, or no row. What one rank has written of them goes. */
static femd_status recorder_write_fields(femd_recorder *r, femd_problem *p, const femd_step_record *rec,
                                         femd_error *err) {
    femd_error ignored = FEMD_ERROR_INIT;
    femd_status rc = femd_output_step(p, rec, r->folder, err);
    if (rc == FEMD_OK) rc = femd_agree(p->comm, recorder_keep_states(r, p, rec->step, err), err);
    if (rc == FEMD_OK) return FEMD_OK;
    femd_history_drop(&r->history);
    if (p->rank == 0 && femd_outdir_clean(r->folder, rec->step - 1, &ignored) != FEMD_OK) return rc;
    return rc;
}

femd_status femd_recorder_commit(femd_recorder *r, femd_problem *p, const femd_step_record *rec, femd_error *err) {
    double wanted[FEMD_QUANTITIES * (FEMD_NUMBERS_MAX + 1)];
    femd_history_row row = {.rec = *rec, .wanted = wanted, .fields = femd_step_is_due(p->cs, p->cs->output_every, rec)};
    femd_points_mean(p, row.E_mean, row.S_mean);
    femd_wanted_body(p, wanted);
    row.probe = calloc(FEMD_PROBE_NUMBERS * p->cs->nprobes + 1, sizeof *row.probe);
    femd_status rc = femd_agree(p->comm, row.probe ? FEMD_OK : recorder_no_memory(err), err);
    if (rc == FEMD_OK) rc = femd_probes_read(r->probes, p, row.probe, err);
    if (rc == FEMD_OK) rc = femd_history_add(&r->history, &row, err);
    free(row.probe);
    FEMD_TRY(femd_agree(p->comm, rc, err));
    for (PetscInt i = 0; i < p->pt->n; ++i) r->micro += p->pt->wall[i];
    r->info.reused += rec->reused;
    if (row.fields) FEMD_TRY(recorder_write_fields(r, p, rec, err));
    FEMD_TRY(recorder_write_summary(r, p, "running", err));
    if (femd_step_is_due(p->cs, p->cs->checkpoint_every, rec)) return recorder_save(r, p, err);
    return FEMD_OK;
}

femd_status femd_recorder_keep(femd_recorder *r, femd_problem *p, femd_error *err) {
    /* A step whose results could not be written has no row: it is not to be gone on from. */
    const int whole = r->open && r->history.n == (size_t)p->step && p->step > r->saved;
    return whole ? recorder_save(r, p, err) : FEMD_OK;
}

femd_status femd_recorder_finish(femd_recorder *r, femd_problem *p, const char *status, femd_error *err) {
    return r->open ? recorder_write_summary(r, p, status, err) : FEMD_OK;
}

/* ---- the state of one point ---- */

femd_status femd_recorder_check_id(femd_problem *p, const char *who, uint64_t id, femd_error *err) {
    uint64_t mine = (uint64_t)p->pt->n, total = 0;
    MPI_Allreduce(&mine, &total, 1, MPI_UINT64_T, MPI_SUM, p->comm);
    if (id < total) return FEMD_OK;
    return femd_fail(err, FEMD_BAD_INPUT, "%s %llu: the points of this case have the numbers 0 to %llu", who,
                     (unsigned long long)id, (unsigned long long)total - 1);
}

femd_status femd_recorder_check_local(femd_problem *p, femd_error *err) {
    femd_status rc = FEMD_OK;
    for (size_t k = 0; rc == FEMD_OK && k < p->cs->nlocal; ++k)
        rc = femd_recorder_check_id(p, "output.local.points:", p->cs->local[k], err);
    return rc == FEMD_OK ? rc : femd_error_prefix(err, "%s", p->cs->path);
}

static femd_status recorder_dump_mine(const femd_recorder *r, femd_problem *p, PetscInt i, femd_error *err) {
    char name[64];
    snprintf(name, sizeof name, "point-%llu.state", (unsigned long long)p->pt->id[i]);
    return recorder_write_state(r, p, i, name, "--dump-state", err);
}

femd_status femd_recorder_dump(femd_recorder *r, femd_problem *p, uint64_t id, femd_error *err) {
    femd_status rc = FEMD_OK;
    for (PetscInt i = 0; i < p->pt->n; ++i)
        if (p->pt->id[i] == id) rc = recorder_dump_mine(r, p, i, err);
    return femd_agree(p->comm, rc, err);
}

/* ---- the end ---- */

/* Has an earlier entry the faces of the periodic entry b, in one order or the other? Then what passes is told. */
static int recorder_is_told(const femd_case *cs, size_t b) {
    const femd_case_boundary *entry = &cs->boundary[b];
    for (size_t i = 0; i < b; ++i) {
        const femd_case_boundary *other = &cs->boundary[i];
        if (other->kind != entry->kind) continue;
        if ((strcmp(other->on, entry->on) == 0 && strcmp(other->partner, entry->partner) == 0) ||
            (strcmp(other->on, entry->partner) == 0 && strcmp(other->partner, entry->on) == 0))
            return 1;
    }
    return 0;
}

/* Heat that flows in and out. What passes through periodic faces does both, once however often it is prescribed. */
static void recorder_heat_flows(const femd_case *cs, const double *heat, double *in, double *out) {
    *in = *out = 0;
    for (size_t b = 0; b <= cs->nboundary; ++b) {
        const int passes = b < cs->nboundary && cs->boundary[b].kind == FEMD_LOAD_PERIODIC_TEMPERATURE;
        if (passes && recorder_is_told(cs, b)) continue;
        if (heat[b] > 0 || passes) *in += fabs(heat[b]);
        if (!(heat[b] > 0) || passes) *out += fabs(heat[b]);
    }
}

/* Of the temperature: what flows in through all entries that bring heat, and the extremes. */
static void recorder_heat_table(const femd_recorder *r, const femd_problem *p, FILE *out) {
    const size_t n = p->cs->nboundary + 1;
    fprintf(out, "%5s %10s %7s %5s %10s   %11s %11s %11s %11s %11s\n", "step", "time", "newton", "cuts", "|r| (W)",
            "in (W)", "out (W)", "stored (W)", "T_min (K)", "T_max (K)");
    for (size_t i = 0; i < r->history.n; ++i) {
        const femd_step_record *s = &r->history.row[i].rec;
        const double *last = s->heat + n;
        const double *pass = p->displacement ? last + FEMD_HEAT_NUMBERS : NULL; /* else the step is the heat's */
        double in, gone;
        recorder_heat_flows(p->cs, s->heat, &in, &gone);
        fprintf(out, "%5d %10.4g %7d %5d %10.2e   %11.4e %11.4e %11.4e %11.6g %11.6g\n", s->step, s->time,
                pass ? (int)pass[FEMD_PASS_NEWTON] : s->newton, s->cuts,
                pass            ? pass[FEMD_PASS_RESIDUAL]
                : s->nresiduals ? s->residual[s->nresiduals - 1]
                                : 0,
                in, gone, last[FEMD_HEAT_STORED], last[FEMD_HEAT_COLDEST], last[FEMD_HEAT_HOTTEST]);
    }
    const double *last = r->history.row[r->history.n - 1].rec.heat + n;
    if (last[FEMD_HEAT_K_ERROR] > 0)
        fprintf(out, "conductivity: %.0f samples; the flow is known to %.2g %%, at each point k to %.2g %%\n",
                last[FEMD_HEAT_SAMPLES], 100 * last[FEMD_HEAT_FLOW_ERROR], 100 * last[FEMD_HEAT_K_ERROR]);
    if (last[FEMD_HEAT_STORED_ERROR] > 0)
        fprintf(out, "heat capacity: %.0f samples%s; what is stored is known to %.2g %%\n", last[FEMD_HEAT_SAMPLES],
                last[FEMD_HEAT_K_ERROR] > 0 ? " (those of the conductivity among them)" : "",
                100 * last[FEMD_HEAT_STORED_ERROR]);
}

void femd_recorder_table(const femd_recorder *r, const femd_problem *p, FILE *out) {
    if (p->rank != 0 || r->history.n == 0) return;
    if (p->heat) recorder_heat_table(r, p, out);
    if (!p->displacement) return;
    char name[FEMD_ENTRY_NAME_MAX];
    size_t last =
        r->history.nboundary ? r->history.nboundary - 1 : 0; /* the last support: usually the one that moves */
    while (last > 0 && p->cs->boundary[last].kind != FEMD_LOAD_DISPLACEMENT) last--;
    femd_entry_name(p->cs, last, name);
    const int conducts = (p->cs->wants_committed & FEMD_WANT_CONDUCTIVITY) != 0;
    fprintf(out, "%5s %10s %7s %5s %10s   reaction %s (N)%s\n", "step", "time", "newton", "cuts", "|r| (N)", name,
            !conducts ? ""
            : r->history.row[0].rec.k_carriers & FEMD_CARRIER_LATTICE
                ? "; points whose lattice conductivity was sampled, reused"
                : "; points whose conductivity was sampled, reused");
    for (size_t i = 0; i < r->history.n; ++i) {
        const femd_step_record *s = &r->history.row[i].rec;
        const double none[3] = {0, 0, 0}, *f = r->history.nboundary ? s->reaction + 3 * last : none;
        fprintf(out, "%5d %10.4g %7d %5d %10.2e   %11.4e %11.4e %11.4e", s->step, s->time, s->newton, s->cuts,
                s->nresiduals ? s->residual[s->nresiduals - 1] : 0, f[0], f[1], f[2]);
        if (conducts) fprintf(out, " %7llu %7llu", (unsigned long long)s->k_sampled, (unsigned long long)s->k_reused);
        fputc('\n', out);
    }
}

void femd_recorder_clear(femd_recorder *r) {
    femd_history_clear(&r->history);
    femd_probes_destroy(&r->probes);
    femd_folder_lock_end(&r->lock);
}
