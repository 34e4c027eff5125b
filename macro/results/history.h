/* The committed steps of a run: what history.csv, summary.json and the checkpoint tell about them. The same on all
 * ranks. */
#ifndef FEMD_HISTORY_H
#define FEMD_HISTORY_H

#include "femd/buffer.h"
#include "fields/constitutive.h"
#include "fields/heat.h"
#include "fields/problem.h"

/* One committed step: the solver's record and averages over the reference volume. */
typedef struct femd_history_row {
    femd_step_record rec;        /* rec.reaction, rec.account and rec.heat are owned by the history */
    double E_mean[6], S_mean[6]; /* Green-Lagrange strain (engineering shears), second Piola-Kirchhoff stress, Pa */
    double *wanted;              /* owned by the history: femd_wanted_body */
    double *probe;               /* owned by the history: nprobes x FEMD_PROBE_NUMBERS */
    int fields;                  /* 1 if step_NNNN.pvtu was written */
    femd_buffer line,
        document; /* owned by the history: its text in history.csv and in summary.json, once it was told */
} femd_history_row;

typedef struct femd_history {
    size_t nboundary;
    uint32_t wants; /* output.wants */
    size_t nprobes; /* output.probes */
    size_t n, room;
    femd_history_row *row; /* owned */
    char *changes;      /* owned: what of the case was changed when the run was resumed, a line each; NULL = nothing */
    size_t nheat;       /* numbers of heat in a record: femd_heat_numbers, 0 with physics mechanical */
    int regular;        /* the case has an element.shear_regularisation */
    femd_builds builds; /* of all answers since step 1 */
    char delta_unknown[FEMD_DELTA_WORDS]; /* of femd_heat_delta_unknown */
} femd_history;

#define FEMD_HISTORY_INIT                                                                                              \
    { .n = 0 }
/* Room for the name of a boundary entry with its number. */
#define FEMD_ENTRY_NAME_MAX (FEMD_NAME_MAX + 16)

/* Volume averages of the committed strain and stress of all ranks, added in the order of the ranks. Collective. */
void femd_points_mean(const femd_problem *p, double E_mean[6], double S_mean[6]);
/* Append a copy of row, its reactions (h->nboundary x 3), account and wanted numbers (femd_wanted_numbers of h->wants)
 * included; each may be NULL and is then zero; probes that are NULL are not known (nan). */
FEMD_MUST_CHECK femd_status femd_history_add(femd_history *h, const femd_history_row *row, femd_error *err);
/* Forget the last row. */
void femd_history_drop(femd_history *h);
void femd_history_clear(femd_history *h);

/* What a row holds of a case: fills all but the rows. */
void femd_history_fit(femd_history *h, const femd_case *cs);
/* Numbers of a row's account: (h->nboundary + 1) x FEMD_ACCOUNT. */
enum { FEMD_ACCOUNT = 6 };
size_t femd_history_account(const femd_history *h);
/* What a work is called: "reactions", "surface_loads", ... */
const char *femd_work_name(femd_work_by work);
/* What was done on the body since the start less what its stress took up, J: what the residuals leave. */
double femd_work_balance(const femd_step_record *rec);
/* The residual a step ended with over its load; NAN where nothing loads the body. */
double femd_residual_to_load(const femd_step_record *rec);
/* The name of boundary entry i in the outputs: its surface; from the second entry on the same surface on "NAME#2", ...
 */
void femd_entry_name(const femd_case *cs, size_t i, char name[FEMD_ENTRY_NAME_MAX]);
/* Whether fields (checkpoint: `every` = cs->checkpoint_every) are written after the step: each `every`-th, and the
 * last. */
int femd_step_is_due(const femd_case *cs, int every, const femd_step_record *rec);

/* The text of history.csv: a header line, one line per step. No timing and no pool data. */
FEMD_MUST_CHECK femd_status femd_history_encode(const femd_history *h, const femd_case *cs, femd_buffer *out,
                                                femd_error *err);
/* The text of fields.pvd: step 0 and the steps with fields. */
FEMD_MUST_CHECK femd_status femd_history_pvd(const femd_history *h, femd_buffer *out, femd_error *err);

#endif
