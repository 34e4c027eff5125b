/* One call of a host: what it wants is read, asked of the pool and given back. femd's units are SI, the host's stresses
 * those of FEMD_STRESS_UNIT. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_pool.h"
#include "mfront.h"

host_pool mfront_pool = HOST_POOL_INIT("libfemd_mfront", "FEMD_MFRONT", 1);
static const double ask_cut = 0.5; /* by what an increment shrinks that the material does not bear */

/* When the library is unloaded, and when the process ends. */
__attribute__((destructor)) static void ask_leave(void) {
    mfront_restart_end();
    host_pool_close(&mfront_pool);
}

/* What K says before it is the tangent. */
typedef struct ask_wish {
    int predicts;      /* the tangent at the beginning of the increment, and nothing else */
    int wants_tangent; /* else it is not touched */
    int stress, tangent;
} ask_wish;

typedef struct ask_answer {
    double F[9], S[6], D[36]; /* S and D in Voigt's order; of small strains in MFront's */
    double energy;
    double token[FEMD_TOKEN];
} ask_answer;

/* ---- what is wanted ---- */

/* Before API version 1 the view began with dt, K and rdt: then where dt should stand is an address, which as a number
 * is so small that no increment is. */
static int ask_is_older_view(const mfront_view *view) {
    uint64_t bits;
    memcpy(&bits, &view->dt, sizeof bits);
    return bits != 0 && bits >> 52 == 0;
}

static femd_status ask_read_wish(const mfront_behaviour *b, const mfront_view *view, ask_wish *wish, femd_error *err) {
    const double kind = view->K[0];
    if (kind > 50)
        return femd_fail(err, FEMD_UNSUPPORTED,
                         "the host wants a speed of sound, which femd does not give; ask for the tangent");
    wish->predicts = kind < -0.25;
    wish->wants_tangent = wish->predicts || kind > 0.5;
    if ((fabs(kind) > 1.5 && fabs(kind) < 2.5) || !isfinite(kind))
        return femd_fail(err, FEMD_UNSUPPORTED,
                         "the host wants a secant operator, which atoms do not have; ask for the (consistent) tangent");
    if (!b->finite) return FEMD_OK;
    if (!(view->K[1] > -0.5 && view->K[1] < 2.5 && view->K[2] > -0.5 && view->K[2] < 3.5))
        return femd_fail(
            err, FEMD_UNSUPPORTED,
            "the host wants stress measure %g and tangent %g (K[1] and K[2]); there are 0 Cauchy, 1 second "
            "and 2 first Piola-Kirchhoff stress, and tangents 0 to 3",
            view->K[1], view->K[2]);
    wish->stress = view->K[1] < 0.5 ? MFRONT_CAUCHY : view->K[1] < 1.5 ? MFRONT_PK2 : MFRONT_PK1;
    wish->tangent = view->K[2] < 0.5   ? MFRONT_DSIG_DF
                    : view->K[2] < 1.5 ? MFRONT_DS_DE
                    : view->K[2] < 2.5 ? MFRONT_DPK1_DF
                                       : MFRONT_DTAU_DDF;
    return FEMD_OK;
}

static femd_status ask_material(const mfront_behaviour *b, const mfront_state *state, const host_material **material,
                                femd_error *err) {
    const char *name = getenv("FEMD_MATERIAL");
    if (b->numbered) return host_pool_material_at(&mfront_pool, state->material_properties[0], material, err);
    return host_pool_material(&mfront_pool, name ? name : "", name ? strlen(name) : 0, material, err);
}

/* The host's unit of stress in Pa: 1e6 where it computes in MPa and mm. */
static femd_status ask_unit(double *unit, femd_error *err) {
    const char *said = getenv("FEMD_STRESS_UNIT");
    char *end = NULL;
    *unit = 1;
    if (!said || !*said) return FEMD_OK;
    *unit = strtod(said, &end);
    if (*end == '\0' && *unit > 0 && isfinite(*unit)) return FEMD_OK;
    return femd_fail(err, FEMD_BAD_INPUT, "FEMD_STRESS_UNIT=%s is no number of Pa above 0, as 1e6 for MPa", said);
}

/* ---- asking ---- */

static void ask_tell_notes(uint32_t notes, uint32_t increment) {
    for (uint32_t bit = 1; bit; bit <<= 1) {
        char words[256];
        if (!(notes & bit)) continue;
        snprintf(words, sizeof words, "increment %u: at one point or more %s", increment, femd_note_words(bit));
        host_pool_say(&mfront_pool, FEMD_OK, (uint64_t)bit << 32 | increment, words);
    }
}

/* The state `at` (of the beginning or the end) from the state that the increment begins with. */
static femd_status ask_pool_for(const mfront_behaviour *b, const mfront_view *view, const mfront_state *at,
                                const ask_wish *wish, uint64_t point, uint32_t increment, ask_answer *answer,
                                femd_error *err) {
    const host_material *material;
    femd_status worst = FEMD_OK;
    int32_t status = FEMD_OK;
    uint32_t notes = 0;
    FEMD_TRY(ask_material(b, at, &material, err));
    const int has_energy = (material->capabilities.wants & FEMD_WANT_ENERGY) != 0;
    if (b->finite) mfront_matrix_in(at->gradients, answer->F);
    answer->energy = NAN;
    const femd_arrays arrays = {.size = sizeof arrays,
                                .n = 1,
                                .law = b->finite ? FEMD_LAW_GREEN : FEMD_LAW_SMALL,
                                .matrix = FEMD_MATRIX_ROWS,
                                .vector = b->finite ? FEMD_VECTOR_VOIGT : FEMD_VECTOR_MFRONT,
                                .F = b->finite ? answer->F : NULL,
                                .strain = b->finite ? NULL : at->gradients,
                                .temperature_of_all = at->external_state_variables[0],
                                .token_in = view->s0.internal_state_variables + MFRONT_TOKEN,
                                .first_point = point,
                                .increment = increment,
                                .stress = answer->S,
                                .tangent = wish->wants_tangent ? answer->D : NULL,
                                .energy = has_energy && !wish->predicts ? &answer->energy : NULL,
                                .token_out = answer->token,
                                .notes = &notes,
                                .status = &status};
    FEMD_TRY(host_pool_evaluate(&mfront_pool, material, &arrays, &worst, err));
    if (worst == FEMD_OK) ask_tell_notes(notes, increment);
    return worst;
}

/* ---- what comes ---- */

static void ask_convert(const ask_wish *wish, double unit, ask_answer *answer) {
    if (unit == 1) return;
    for (int c = 0; c < 6; c++) answer->S[c] /= unit;
    for (int c = 0; c < 36 && wish->wants_tangent; c++) answer->D[c] /= unit;
    answer->energy /= unit;
}

static void ask_give_tangent(const mfront_behaviour *b, const mfront_view *view, const ask_wish *wish,
                             const ask_answer *answer) {
    double F0[9];
    if (!wish->wants_tangent) return;
    if (!b->finite) {
        memcpy(view->K, answer->D, sizeof answer->D);
        return;
    }
    mfront_matrix_in(view->s0.gradients, F0);
    mfront_give_tangent(wish->tangent, answer->F, F0, answer->S, answer->D, view->K);
}

static void ask_give_state(const mfront_behaviour *b, const mfront_view *view, const ask_wish *wish, uint64_t point,
                           uint32_t increment, const ask_answer *answer) {
    double *internal = view->s1.internal_state_variables;
    if (b->finite)
        mfront_give_stress(wish->stress, answer->F, answer->S, view->s1.thermodynamic_forces);
    else
        memcpy(view->s1.thermodynamic_forces, answer->S, sizeof answer->S);
    internal[MFRONT_POINT] = (double)point;
    internal[MFRONT_INCREMENT] = increment;
    memcpy(internal + MFRONT_TOKEN, answer->token, sizeof answer->token);
    if (view->s1.stored_energy) *view->s1.stored_energy = answer->energy;
}

static femd_status ask_integrate(const mfront_behaviour *b, const mfront_view *view, uint32_t increment,
                                 femd_error *err) {
    ask_wish wish = {0};
    ask_answer answer;
    double unit;
    FEMD_TRY(ask_unit(&unit, err));
    FEMD_TRY(ask_read_wish(b, view, &wish, err));
    FEMD_TRY(mfront_restart_begin(err));
    const uint64_t point = mfront_point(view->s0.internal_state_variables, view->s1.internal_state_variables);
    const mfront_state *at = wish.predicts ? &view->s0 : &view->s1;
    FEMD_TRY(ask_pool_for(b, view, at, &wish, point, increment, &answer, err));
    ask_convert(&wish, unit, &answer);
    ask_give_tangent(b, view, &wish, &answer);
    if (wish.predicts) return FEMD_OK;
    ask_give_state(b, view, &wish, point, increment, &answer);
    return mfront_restart_remember(point, view->s0.internal_state_variables + MFRONT_TOKEN, answer.token, err);
}

static int ask_fail(const mfront_view *view, uint32_t increment, femd_status rc, const femd_error *err) {
    char words[MFRONT_WORDS];
    const char *own =
        strncmp(err->text, mfront_pool.adapter, strlen(mfront_pool.adapter)) == 0 ? "" : "libfemd_mfront: ";
    snprintf(words, sizeof words, "%s%s", own, err->text);
    if (view->error_message) memcpy(view->error_message, words, sizeof words);
    if (view->rdt && femd_status_is_physics(rc)) *view->rdt = ask_cut;
    host_pool_say(&mfront_pool, rc, increment, words);
    return -1;
}

int mfront_ask(const mfront_behaviour *b, mfront_view *view) {
    femd_error err = FEMD_ERROR_INIT;
    if (ask_is_older_view(view)) {
        host_pool_say(&mfront_pool, FEMD_PROTOCOL, 0,
                      "the host hands over data as MFront's generic interface had them before its API version 1 (TFEL "
                      "3.4.1, MGIS 1.2): take a newer host");
        return -1;
    }
    const uint32_t increment = mfront_increment(view->s0.internal_state_variables[MFRONT_INCREMENT]);
    const femd_status rc = ask_integrate(b, view, increment, &err);
    return rc == FEMD_OK ? 1 : ask_fail(view, increment, rc, &err);
}
