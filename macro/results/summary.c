/* The text of summary.json. Reads the history and the case; opens no file and asks no server. */
#include "results/summary.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/part.h"
#include "fields/constitutive.h"
#include "results/outfile.h"

/* ---- who came and went ---- */

static double seen_count(const cJSON *pool, const char *object, const char *key) {
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(pool, object), key);
    return cJSON_IsNumber(value) && value->valuedouble > 0 ? fmin(value->valuedouble, 1e9) : 0;
}

uint32_t femd_pool_look(femd_pool_seen *seen, const cJSON *pool) {
    const double came = seen_count(pool, "counters", "workers_came"),
                 gone = seen_count(pool, "counters", "workers_gone");
    if (seen->asked++ && came >= seen->came && gone >= seen->gone) {
        seen->joined += came - seen->came;
        seen->lost += gone - seen->gone;
    }
    seen->came = came;
    seen->gone = gone;
    return (uint32_t)seen_count(pool, "totals", "workers");
}

int femd_pool_restarts(const femd_pool_seen *seen) {
    return (int)fmin(fmin(seen->lost, seen->joined), 1e9);
}

const char *femd_run_status(femd_status rc, int stopped) {
    if (rc == FEMD_OK && !stopped) return "ok";
    if (stopped) return "stopped";
    switch (rc) {
    case FEMD_NOT_CONVERGED: return "not-converged";
    case FEMD_UNSUPPORTED:
    case FEMD_BAD_INPUT: return "bad-input";
    case FEMD_DISCONNECTED:
    case FEMD_TIMEOUT:
    case FEMD_REFUSED:
    case FEMD_CONFLICT: return "pool-lost";
    default: return femd_status_is_infrastructure(rc) ? "pool-lost" : "failed";
    }
}

static void last_part(const char *path, size_t length, char *name, size_t size) {
    size_t begin = length;
    while (begin > 0 && path[begin - 1] != '/') --begin;
    snprintf(name, size, "%.*s", (int)(length - begin), path + begin);
}

void femd_case_name(const char *path, char *name, size_t size) {
    char *full = realpath(path, NULL);
    const char *use = full ? full : path;
    size_t n = strlen(use);
    const char suffix[] = ".json", usual[] = "/case.json";
    if (n > sizeof usual - 1 && strcmp(use + n - (sizeof usual - 1), usual) == 0)
        n -= sizeof usual - 1;
    else if (n > sizeof suffix - 1 && strcmp(use + n - (sizeof suffix - 1), suffix) == 0)
        n -= sizeof suffix - 1;
    last_part(use, n, name, size);
    free(full);
}

static femd_status summary_number(femd_buffer *out, const char *before, double v, femd_error *err) {
    FEMD_TRY(femd_text_add(out, err, "%s", before));
    return femd_text_number(out, v, "null", err);
}

static femd_status integer(femd_buffer *out, const char *before, uint64_t v, femd_error *err) {
    return femd_text_add(out, err, "%s%llu", before, (unsigned long long)v);
}

static femd_status string(femd_buffer *out, const char *before, const char *s, femd_error *err) {
    FEMD_TRY(femd_text_add(out, err, "%s", before));
    return femd_text_json_string(out, s, err);
}

static femd_status six(femd_buffer *out, const char *before, const double v[6], femd_error *err) {
    FEMD_TRY(femd_text_add(out, err, "%s[", before));
    for (int c = 0; c < 6; ++c) FEMD_TRY(summary_number(out, c ? ", " : "", v[c], err));
    return femd_text_add(out, err, "]");
}

static femd_status summary_three(const double v[3], femd_buffer *out, femd_error *err) {
    for (int c = 0; c < 3; ++c) FEMD_TRY(summary_number(out, c ? ", " : ": [", v[c], err));
    return femd_text_add(out, err, "]");
}

/* With both physics an entry is told of where it belongs. */
static int summary_shows(const femd_case *cs, size_t entry, int heat) {
    return cs->physics != FEMD_PHYSICS_THERMOMECHANICAL || femd_case_is_heat(cs->boundary[entry].kind) == heat;
}

static femd_status reactions(const femd_step_record *r, const femd_case *cs, size_t n, femd_buffer *out,
                             femd_error *err) {
    FEMD_TRY(femd_text_add(out, err, ",\n     \"reactions\": {"));
    const char *comma = "";
    for (size_t b = 0; b < n; ++b) {
        char name[FEMD_ENTRY_NAME_MAX];
        if (!summary_shows(cs, b, 0)) continue;
        femd_entry_name(cs, b, name);
        FEMD_TRY(string(out, comma, name, err));
        comma = ", ";
        FEMD_TRY(summary_three(r->reaction + 3 * b, out, err));
    }
    return femd_text_add(out, err, "}");
}

static femd_status summary_load(const double row[FEMD_ACCOUNT], femd_buffer *out, femd_error *err) {
    FEMD_TRY(femd_text_add(out, err, ": {\"force\""));
    FEMD_TRY(summary_three(row, out, err));
    FEMD_TRY(femd_text_add(out, err, ", \"moment\""));
    FEMD_TRY(summary_three(row + 3, out, err));
    return femd_text_add(out, err, "}");
}

/* Moments beside the reactions, the loads, and what all of them have done. */
static femd_status summary_account(const femd_step_record *r, const femd_case *cs, size_t n, femd_buffer *out,
                                   femd_error *err) {
    for (int holds = 1; holds >= 0; --holds) {
        const char *comma = "";
        FEMD_TRY(femd_text_add(out, err, ",\n     \"%s\": {", holds ? "moments" : "loads"));
        for (size_t b = 0; b < n; ++b) {
            char name[FEMD_ENTRY_NAME_MAX];
            const double *row = r->account + FEMD_ACCOUNT * b;
            if (femd_case_holds(&cs->boundary[b]) != holds || !summary_shows(cs, b, 0)) continue;
            femd_entry_name(cs, b, name);
            FEMD_TRY(string(out, comma, name, err));
            FEMD_TRY(holds ? summary_three(row + 3, out, err) : summary_load(row, out, err));
            comma = ", ";
        }
        FEMD_TRY(femd_text_add(out, err, "}"));
    }
    if (cs->has_body_force) {
        FEMD_TRY(femd_text_add(out, err, ",\n     \"body_force\""));
        FEMD_TRY(summary_load(r->account + FEMD_ACCOUNT * n, out, err));
    }
    for (int w = 0; w < FEMD_WORKS; ++w) {
        FEMD_TRY(
            femd_text_add(out, err, "%s\"%s\": ", w ? ", " : ",\n     \"work\": {", femd_work_name((femd_work_by)w)));
        FEMD_TRY(summary_number(out, "", r->work[w], err));
    }
    FEMD_TRY(summary_number(out, ", \"stress\": ", r->work[FEMD_WORK_STRESS], err));
    FEMD_TRY(summary_number(out, ", \"balance\": ", femd_work_balance(r), err));
    return femd_text_add(out, err, "}");
}

static femd_status conductivity(const femd_step_record *r, femd_buffer *out, femd_error *err) {
    const char *of = r->k_carriers & FEMD_CARRIER_LATTICE ? "lattice" : "as each material says";
    FEMD_TRY(string(out, ",\n     \"conductivity\": {\"of\": ", of, err));
    FEMD_TRY(six(out, ", \"mean\": ", r->k_mean, err));
    if (r->k_carriers & FEMD_CARRIER_ELECTRONS) FEMD_TRY(six(out, ", \"electronic_mean\": ", r->ke_mean, err));
    FEMD_TRY(summary_number(out, ", \"error_max\": ", r->k_error_max, err));
    FEMD_TRY(integer(out, ", \"sampled\": ", r->k_sampled, err));
    FEMD_TRY(integer(out, ", \"reused\": ", r->k_reused, err));
    FEMD_TRY(integer(out, ", \"noted\": ", r->k_noted, err));
    return femd_text_add(out, err, "}");
}

/* What output.wants asks, without what the summary has told in words of its own since before there was a list. */
static femd_status wanted(const femd_history *h, const femd_history_row *row, femd_buffer *out, femd_error *err) {
    const uint32_t told = FEMD_WANT_STABILITY | FEMD_WANT_CONDUCTIVITY;
    const femd_quantity *q;
    for (size_t place = 0; (q = femd_wanted_next(h->wants & ~told, &place)) != NULL;) {
        const double *v = row->wanted + femd_wanted_offset(h->wants, q);
        FEMD_TRY(femd_text_add(out, err, ",\n     \"%s\": {\"%s\": %s", q->key, femd_over_word(q->over),
                               q->numbers > 1 ? "[" : ""));
        for (int c = 0; c < q->numbers; ++c) FEMD_TRY(summary_number(out, c ? ", " : "", v[c], err));
        if (q->numbers > 1) FEMD_TRY(femd_text_add(out, err, "]"));
        if (q->sampled) FEMD_TRY(summary_number(out, ", \"error_max\": ", v[q->numbers], err));
        FEMD_TRY(femd_text_add(out, err, "}"));
    }
    return FEMD_OK;
}

static femd_status notes(uint32_t set, femd_buffer *out, femd_error *err) {
    const char *comma = "";
    FEMD_TRY(femd_text_add(out, err, ", \"notes\": ["));
    for (uint32_t bit = 1; bit; bit <<= 1) {
        if (!(set & bit)) continue;
        FEMD_TRY(femd_text_add(out, err, "%s\"%s\"", comma, femd_note_key(bit)));
        comma = ", ";
    }
    return femd_text_add(out, err, "]");
}

/* How Newton's method ended, and on what. */
static femd_status convergence(const femd_step_record *r, const femd_case *cs, femd_buffer *out, femd_error *err) {
    static const char *const end[] = {[FEMD_NEWTON_TOLERANCE] = "tolerance",
                                      [FEMD_NEWTON_NOISE] = "noise",
                                      [FEMD_NEWTON_ROUNDING] = "round-off",
                                      [FEMD_NEWTON_STALLED] = "stalled"};
    FEMD_TRY(summary_number(out, ",\n     \"load\": ", r->load, err));
    FEMD_TRY(summary_number(out, ", \"residual_to_load\": ", femd_residual_to_load(r), err));
    FEMD_TRY(string(out, ", \"ended_at\": ", end[r->end], err));
    FEMD_TRY(summary_number(out, ", \"unstable\": ", r->unstable < 0 ? NAN : r->unstable, err));
    FEMD_TRY(summary_number(out, ", \"leap\": ", r->leap, err));
    FEMD_TRY(summary_number(out, ", \"load_factor\": ", r->load_time / cs->end_time, err));
    return string(
        out, ", \"linear_solver\": ", r->direct ? "direct, since conjugate gradients failed" : "as the case says", err);
}

/* What flowed in, what was taken up, where the temperatures are. */
static femd_status summary_heat(const femd_step_record *r, const femd_case *cs, femd_buffer *out, femd_error *err) {
    static const char *const word[FEMD_HEAT_NUMBERS] = {[FEMD_HEAT_STORED] = "stored",
                                                        [FEMD_HEAT_BALANCE] = "balance",
                                                        [FEMD_HEAT_COLDEST] = "T_min",
                                                        [FEMD_HEAT_HOTTEST] = "T_max",
                                                        [FEMD_HEAT_MEAN] = "T_mean",
                                                        [FEMD_HEAT_SAMPLES] = "samples",
                                                        [FEMD_HEAT_FLOW_ERROR] = "flow_error",
                                                        [FEMD_HEAT_K_ERROR] = "conductivity_error",
                                                        [FEMD_HEAT_STORED_ERROR] = "stored_error"};
    const int sampled = r->heat[cs->nboundary + 1 + FEMD_HEAT_SAMPLES] > 0;
    FEMD_TRY(femd_text_add(out, err, ",\n     \"heat\": {"));
    const char *comma = "";
    for (size_t b = 0; b < cs->nboundary; ++b) {
        char name[FEMD_ENTRY_NAME_MAX];
        if (!summary_shows(cs, b, 1)) continue;
        femd_entry_name(cs, b, name);
        FEMD_TRY(string(out, comma, name, err));
        comma = ", ";
        FEMD_TRY(summary_number(out, ": ", r->heat[b], err));
    }
    FEMD_TRY(summary_number(out, "},\n     \"source\": ", r->heat[cs->nboundary], err));
    for (int k = 0; k < (sampled ? FEMD_HEAT_NUMBERS : FEMD_HEAT_SAMPLES); ++k) {
        FEMD_TRY(femd_text_add(out, err, ", \"%s\": ", word[k]));
        FEMD_TRY(summary_number(out, "", r->heat[cs->nboundary + 1 + (size_t)k], err));
    }
    return FEMD_OK;
}

/* Of physics thermal. */
static femd_status summary_heat_step(const femd_step_record *r, const femd_case *cs, femd_buffer *out,
                                     femd_error *err) {
    FEMD_TRY(summary_number(out, "],\n     \"reference_heat\": ", r->reference, err));
    FEMD_TRY(convergence(r, cs, out, err));
    FEMD_TRY(integer(out, ",\n     \"evaluations\": ", r->evaluations, err));
    FEMD_TRY(notes(r->notes, out, err));
    FEMD_TRY(summary_heat(r, cs, out, err));
    return femd_text_add(out, err, "}");
}

/* What of the step is no answer of the points. */
static femd_status summary_regular(const femd_step_record *r, const femd_case *cs, femd_buffer *out, femd_error *err) {
    FEMD_TRY(summary_number(out, ",\n     \"regularisation\": {\"modulus\": ", cs->shear_regularisation, err));
    FEMD_TRY(summary_number(out, ", \"energy\": ", r->regular_energy, err));
    FEMD_TRY(summary_number(out, ", \"stress_max\": ", r->regular_stress, err));
    return femd_text_add(out, err, "}");
}

/* Of physics thermomechanical, behind what mechanics tells. */
static femd_status summary_both(const femd_step_record *r, const femd_case *cs, femd_buffer *out, femd_error *err) {
    static const char *const word[FEMD_PASS_NUMBERS] = {[FEMD_PASS_NEWTON] = "newton_heat",
                                                        [FEMD_PASS_RESIDUAL] = "residual_heat",
                                                        [FEMD_PASS_REFERENCE] = "reference_heat",
                                                        [FEMD_PASS_STRESS] = "stress_heat",
                                                        [FEMD_PASS_LAG] = "lag_heat",
                                                        [FEMD_PASS_DELTA] = "coupling_delta",
                                                        [FEMD_PASS_PASSES] = "passes",
                                                        [FEMD_PASS_ENERGY] = "energy_heat",
                                                        [FEMD_PASS_POWER] = "power_heat",
                                                        [FEMD_PASS_FIRST_LAW] = "first_law_heat",
                                                        [FEMD_PASS_DELTA_ERROR] = "coupling_delta_error",
                                                        [FEMD_PASS_COUPLING_ERROR] = "coupling_error"};
    FEMD_TRY(summary_heat(r, cs, out, err));
    for (int k = 0; k < FEMD_PASS_NUMBERS; ++k) {
        FEMD_TRY(femd_text_add(out, err, "%s\"%s\": ", k ? ", " : ",\n     ", word[k]));
        FEMD_TRY(summary_number(out, "", r->heat[cs->nboundary + 1 + FEMD_HEAT_NUMBERS + (size_t)k], err));
    }
    return femd_text_add(out, err, "}");
}

static femd_status step(const femd_history *h, const femd_history_row *row, const femd_case *cs, femd_buffer *out,
                        femd_error *err) {
    const femd_step_record *r = &row->rec;
    FEMD_TRY(femd_text_add(out, err, "    {\"step\": %d", r->step));
    FEMD_TRY(summary_number(out, ", \"time\": ", r->time, err));
    FEMD_TRY(femd_text_add(out, err, ", \"newton\": %d, \"cuts\": %d,\n     \"residuals\": [", r->newton, r->cuts));
    for (int i = 0; i < r->nresiduals; ++i) FEMD_TRY(summary_number(out, i ? ", " : "", r->residual[i], err));
    if (!femd_case_has_mechanics(cs)) return summary_heat_step(r, cs, out, err);
    FEMD_TRY(summary_number(out, "],\n     \"reference_force\": ", r->reference, err));
    FEMD_TRY(summary_number(out, ", \"noise_force\": ", r->noise, err));
    FEMD_TRY(convergence(r, cs, out, err));
    FEMD_TRY(reactions(r, cs, h->nboundary, out, err));
    FEMD_TRY(summary_account(r, cs, h->nboundary, out, err));
    FEMD_TRY(six(out, ",\n     \"strain\": ", row->E_mean, err));
    FEMD_TRY(six(out, ", \"stress\": ", row->S_mean, err));
    FEMD_TRY(summary_number(out, ",\n     \"energy\": ", r->energy, err));
    FEMD_TRY(summary_number(out, ", \"hill_mandel_max\": ", r->hill_mandel_max, err));
    FEMD_TRY(summary_number(out, ", \"stability_min\": ", r->stability_min, err));
    FEMD_TRY(integer(out, ", \"evaluations\": ", r->evaluations, err));
    FEMD_TRY(notes(r->notes, out, err));
    if (cs->wants_committed) FEMD_TRY(integer(out, ", \"unanswered\": ", r->unanswered, err));
    if (cs->wants_committed & FEMD_WANT_CONDUCTIVITY) FEMD_TRY(conductivity(r, out, err));
    FEMD_TRY(wanted(h, row, out, err));
    if (h->regular) FEMD_TRY(summary_regular(r, cs, out, err));
    return h->nheat > 0 ? summary_both(r, cs, out, err) : femd_text_add(out, err, ", \"heat\": {}}");
}

/* What of the case was changed on the way, if anything. */
static femd_status changed(const femd_history *h, femd_buffer *out, femd_error *err) {
    const char *before = "  \"changed\": [";
    char text[512];
    for (const char *line = h->changes, *end; line && (end = strchr(line, '\n')) != NULL; line = end + 1) {
        snprintf(text, sizeof text, "%.*s", (int)(end - line), line);
        FEMD_TRY(string(out, before, text, err));
        before = ", ";
    }
    return h->changes && h->changes[0] ? femd_text_add(out, err, "],\n") : FEMD_OK;
}

static femd_status micro(const femd_history *h, femd_buffer *out, femd_error *err) {
    uint64_t evaluations = 0, forces = 0;
    double residual = 0, stability = NAN;
    for (size_t i = 0; i < h->n; ++i) {
        const femd_step_record *r = &h->row[i].rec;
        evaluations += r->evaluations;
        forces += r->force_evaluations;
        if (r->hill_mandel_max > residual) residual = r->hill_mandel_max;
        if (!isnan(r->stability_min) && !(r->stability_min >= stability)) stability = r->stability_min;
    }
    FEMD_TRY(integer(out, "  \"micro\": {\"evaluations\": ", evaluations, err));
    FEMD_TRY(integer(out, ", \"force_evaluations\": ", forces, err));
    FEMD_TRY(summary_number(out, ", \"hill_mandel_max\": ", residual, err));
    FEMD_TRY(summary_number(out, ", \"stability_min\": ", stability, err));
    return femd_text_add(out, err, "},\n");
}

/* A key of the server's status: of this run, of the counters, or of the whole; NULL if the server does not tell. */
static const cJSON *in_pool(const femd_run_info *run, const char *key) {
    const cJSON *entry;
    cJSON_ArrayForEach(entry, cJSON_GetObjectItemCaseSensitive(run->pool, "runs")) {
        const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(entry, "name"));
        const cJSON *mine =
            name && run->name && strcmp(name, run->name) == 0 ? cJSON_GetObjectItemCaseSensitive(entry, key) : NULL;
        if (mine) return mine;
    }
    const cJSON *counter =
        cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(run->pool, "counters"), key);
    return counter ? counter : cJSON_GetObjectItemCaseSensitive(run->pool, key);
}

int femd_pool_marks(const femd_run_info *run) {
    return run->pool && cJSON_IsFalse(in_pool(run, "bit_reproducible"));
}

static femd_status from_pool(const femd_run_info *run, const char *before, const char *key, femd_buffer *out,
                             femd_error *err) {
    const cJSON *node = run->pool ? in_pool(run, key) : NULL;
    char *text = node ? cJSON_PrintUnformatted(node) : NULL;
    femd_status rc = femd_text_add(out, err, "%s%s", before, text ? text : "null");
    cJSON_free(text);
    return rc;
}

/* Seconds and memory of rank 0 by the parts of the work that it did. */
static femd_status parts(femd_buffer *out, femd_error *err) {
    femd_part_cost cost[FEMD_PARTS];
    femd_part_costs(cost);
    FEMD_TRY(femd_text_add(out, err, ",\n          \"parts\": {"));
    for (int i = 0; i < FEMD_PARTS; ++i)
        FEMD_TRY(femd_text_add(out, err, "%s\"%s\": {\"wall_s\": %.3f, \"cpu_s\": %.3f, \"peak_mib\": %.0f}",
                               i ? ",\n                    " : "", femd_part_key((femd_part)i), cost[i].wall,
                               cost[i].cpu, cost[i].peak / (1 << 20)));
    return femd_text_add(out, err, "}");
}

static femd_status run_data(const femd_run_info *run, const femd_builds *builds, femd_buffer *out, femd_error *err) {
    FEMD_TRY(string(out, "  \"run\": {\"version\": ", FEMD_VERSION, err));
    FEMD_TRY(summary_number(out, ", \"wall_s\": ", run->wall, err));
    FEMD_TRY(summary_number(out, ", \"cpu_s\": ", run->cpu, err));
    FEMD_TRY(summary_number(out, ", \"micro_s\": ", run->micro_cpu, err));
    FEMD_TRY(integer(out, ",\n          \"workers\": ", run->workers, err));
    FEMD_TRY(integer(out, ", \"restarts\": ", (uint64_t)run->restarts, err));
    FEMD_TRY(integer(out, ", \"ranks\": ", (uint64_t)run->ranks, err));
    FEMD_TRY(integer(out, ", \"resumed_from\": ", (uint64_t)run->resumed, err));
    FEMD_TRY(integer(out, ", \"reused\": ", run->reused, err));
    FEMD_TRY(from_pool(run, ",\n          \"level\": ", "level", out, err));
    if (builds->several)
        FEMD_TRY(femd_text_add(out, err, ", \"bit_reproducible\": false"));
    else
        FEMD_TRY(from_pool(run, ", \"bit_reproducible\": ", "bit_reproducible", out, err));
    FEMD_TRY(from_pool(run, ", \"requeued\": ", "requeued", out, err));
    FEMD_TRY(from_pool(run, ", \"conflicts\": ", "conflicts", out, err));
    FEMD_TRY(from_pool(run, ",\n          \"audited\": ", "audited", out, err));
    FEMD_TRY(from_pool(run, ", \"unaudited\": ", "unaudited", out, err));
    FEMD_TRY(from_pool(run, ", \"convicted\": ", "convicted", out, err));
    FEMD_TRY(integer(out, ",\n          \"memory_mib\": ", (uint64_t)(run->memory / (1 << 20)), err));
    FEMD_TRY(parts(out, err));
    if (run->name) FEMD_TRY(string(out, ",\n          \"name\": ", run->name, err));
    if (run->message) FEMD_TRY(string(out, ",\n          \"message\": ", run->message, err));
    return femd_text_add(out, err, "}\n");
}

static femd_status remarks_of(const char *name, const char *line, femd_buffer *out, femd_error *err) {
    char text[1024];
    FEMD_TRY(string(out, "", name, err));
    FEMD_TRY(femd_text_add(out, err, ": ["));
    for (const char *comma = ""; *line; comma = ", ") {
        const size_t length = strcspn(line, "\n");
        snprintf(text, sizeof text, "%.*s", (int)length, line);
        FEMD_TRY(string(out, comma, text, err));
        line += length + (line[length] == '\n');
    }
    return femd_text_add(out, err, "]");
}

/* What the materials say of themselves, if any does. */
static femd_status remarks(const femd_case *cs, const femd_constitutive *law, femd_buffer *out, femd_error *err) {
    const char *before = "  \"remarks\": {";
    int told = 0;
    for (size_t k = 0; law && law->remarks && k < cs->nmaterials; ++k) {
        const char *lines = law->remarks(law->self, k);
        if (!*lines) continue;
        FEMD_TRY(femd_text_add(out, err, "%s", told++ ? ",\n              " : before));
        FEMD_TRY(remarks_of(cs->material[k].name, lines, out, err));
    }
    return told ? femd_text_add(out, err, "},\n") : FEMD_OK;
}

femd_status femd_summary_encode(const femd_history *h, const femd_case *cs, const femd_constitutive *law,
                                const char *status, const femd_run_info *run, femd_buffer *out, femd_error *err) {
    char name[256];
    femd_case_name(cs->path, name, sizeof name);
    out->size = 0;
    FEMD_TRY(string(out, "{\n  \"femd\": 1,\n  \"case\": ", name, err));
    FEMD_TRY(string(out, ",\n  \"title\": ", cs->title ? cs->title : "", err));
    FEMD_TRY(string(out, ",\n  \"status\": ", status, err));
    FEMD_TRY(femd_text_add(out, err, ",\n  \"steps\": [\n"));
    for (size_t i = 0; i < h->n; ++i) {
        femd_history_row *row = h->row + i;
        const femd_status rc = row->document.size ? FEMD_OK : step(h, row, cs, &row->document, err);
        if (rc != FEMD_OK) row->document.size = 0;
        FEMD_TRY(rc);
        FEMD_TRY(femd_buffer_append(out, row->document.data, row->document.size, err));
        FEMD_TRY(femd_text_add(out, err, i + 1 < h->n ? ",\n" : "\n"));
    }
    FEMD_TRY(femd_text_add(out, err, "  ],\n"));
    FEMD_TRY(changed(h, out, err));
    if (h->delta_unknown[0]) {
        FEMD_TRY(string(out, "  \"coupling_delta_unknown\": ", h->delta_unknown, err));
        FEMD_TRY(femd_text_add(out, err, ",\n"));
    }
    FEMD_TRY(remarks(cs, law, out, err));
    FEMD_TRY(micro(h, out, err));
    FEMD_TRY(run_data(run, &h->builds, out, err));
    return femd_text_add(out, err, "}\n");
}
