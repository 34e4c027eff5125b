/* femd eval: one material point, in this process, with no server. The answer has the same bits as a worker's. */
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "eval.h"
#include "femd/clock.h"
#include "femd/hash.h"
#include "femd/kinematics.h"
#include "femd/material_files.h"
#include "femd/orientation.h"
#include "femd/peer.h"
#include "run_output.h"
#include "watchdog.h"

/* The deformation gradient that was reached: R of --F with the stretch of the answer; --F itself where it was
 * prescribed. */
static femd_status eval_reached_F(const eval_request *ask, eval_answer *a, femd_error *err) {
    double R[9], U[9];
    a->has_F = ask->F.given;
    if (!ask->F.given) return FEMD_OK;
    memcpy(a->F, ask->F.v, sizeof a->F);
    if (a->request.control == FEMD_CONTROL_COMPONENTS) return FEMD_OK;
    FEMD_TRY(femd_polar(ask->F.v, R, NULL, err));
    FEMD_TRY(femd_stretch_from_E(a->response.E, U, err));
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            a->F[3 * i + j] = R[3 * i] * U[j] + R[3 * i + 1] * U[3 + j] + R[3 * i + 2] * U[6 + j];
    return FEMD_OK;
}

/* The constants of the state that was reached; see eval_answer. */
static femd_status eval_birch(eval_answer *a, femd_error *err) {
    const uint32_t both = FEMD_WANT_STRESS | FEMD_WANT_TANGENT;
    double U[9], sigma[6];
    if ((a->response.provided & both) != both) return FEMD_OK;
    FEMD_TRY(femd_stretch_from_E(a->response.E, U, err));
    femd_jaumann(a->has_F ? a->F : U, a->response.S, a->response.D, sigma, a->birch);
    for (int r = 0; r < 6; r++)
        for (int c = 0; c < 3; c++) a->birch[6 * r + c] -= sigma[r];
    a->has_birch = 1;
    return FEMD_OK;
}

static femd_status eval_write_files(const eval_request *ask, const model *m, const femd_buffer *state,
                                    femd_error *err) {
    const femd_bytes bytes = {state->data, state->size};
    femd_buffer xyz = FEMD_BUFFER_INIT;
    femd_status rc = FEMD_OK;
    if (ask->save_state) rc = run_output_write(ask->save_state, state->data, state->size, err);
    if (rc == FEMD_OK && ask->dump) rc = femd_material_dump(m->material, &bytes, &xyz, err);
    if (rc == FEMD_OK && ask->dump) rc = run_output_write(ask->dump, xyz.data, xyz.size, err);
    femd_buffer_clear(&xyz);
    return rc;
}

static int eval_is_identity(const double Q[9]) {
    for (int i = 0; i < 9; i++)
        if (Q[i] != (i % 4 == 0)) return 0;
    return 1;
}

/* How far a long evaluation is, on a terminal, after its first second. */
typedef struct progress {
    double begun, shown;
} progress;

static int eval_show_progress(void *user, double fraction) {
    progress *p = user;
    const double now = femd_clock();
    watchdog_beat();
    if (!isatty(2) || now - p->shown < 1) return 0;
    p->shown = now;
    fprintf(stderr, "\r\033[Kfemd: %.0f s, about %.0f %% done", now - p->begun, 100 * fraction);
    return 0;
}

/* rc of the call itself; what the material answered stands in a->response.status. */
static femd_status eval_evaluate(const eval_request *ask, const eval_source *s, model *m, femd_buffer *in,
                                 femd_buffer *out, eval_answer *a, femd_error *err) {
    a->caps = *femd_material_capabilities(m->material);
    a->material = m->id;
    a->notes = femd_material_notes(m->material);
    a->engine = femd_json_string(s->node, "engine", "?");
    a->a0 = eval_lattice_parameter(s->node, &a->caps);
    a->turned = !eval_is_identity(s->Q);
    a->grains = femd_json_get(s->node, "orientations") != NULL;
    a->has_atom_energy = femd_material_atom_energy(m->material, &a->atom_energy);
    if (isnan(s->temperature) && !ask->temperature)
        return femd_fail(err, FEMD_BAD_INPUT,
                         "%s: temperature: it has no value at the origin; give one with --temperature", ask->path);
    FEMD_TRY(eval_controls(ask, s, &a->caps, &a->request, err));
    if (ask->state) FEMD_TRY(eval_read_state(ask->state, &a->caps, in, &a->request.state_in, err));
    const femd_bytes state_in = {in->data, in->size};
    progress seen = {.begun = femd_clock()};
    seen.shown = seen.begun;
    const femd_beat beat = {&seen, eval_show_progress};
    const femd_status rc =
        femd_material_evaluate(m->material, &a->request, &state_in, &beat, &a->response, out, &a->err);
    if (seen.shown > seen.begun) fprintf(stderr, "\r\033[K");
    if (rc != FEMD_OK && ask->state && !femd_status_is_physics(rc))
        return femd_fail(err, FEMD_BAD_INPUT, "--state %s: %s", ask->state, a->err.text); /* it came from no worker */
    if (rc != FEMD_OK && !femd_status_is_physics(rc)) return femd_fail(err, rc, "%s", a->err.text);
    if (ask->temperature && !(a->caps.inputs & FEMD_INPUT_TEMPERATURE))
        fprintf(stderr, "femd: --temperature has no effect on this material\n");
    if (rc != FEMD_OK) return FEMD_OK;
    for (int c = 0; c < FEMD_SYMMETRIES; c++) a->distance[c] = femd_symmetry_distance((femd_symmetry)c, a->response.D);
    if (a->turned) femd_response_unrotate(s->Q, &a->response);
    FEMD_TRY(eval_reached_F(ask, a, err));
    FEMD_TRY(eval_birch(a, err));
    return eval_write_files(ask, m, out, err);
}

static int eval_point(void *user) {
    const eval_request *ask = user;
    femd_error err = FEMD_ERROR_INIT;
    eval_source s = {0};
    model m = {0};
    eval_answer a = {0};
    femd_buffer in = FEMD_BUFFER_INIT, out = FEMD_BUFFER_INIT;
    femd_status rc = models_engines(&ask->engines, &err);
    if (rc == FEMD_OK) rc = eval_source_open(ask->path, ask->material, &ask->sets, &s, &err);
    if (rc == FEMD_OK) rc = model_open(s.in, s.node, s.folder, &m, &err);
    if (rc == FEMD_OK && !s.is_case) rc = femd_orientation_of_material(&s.doc, s.node, s.Q, &err);
    if (rc == FEMD_OK) rc = eval_evaluate(ask, &s, &m, &in, &out, &a, &err);
    if (rc == FEMD_OK && ask->json)
        eval_print_json(&a);
    else if (rc == FEMD_OK)
        eval_print_table(&a);
    int code = rc == FEMD_OK ? FEMD_EXIT_OK : command_failed(&err);
    if (rc == FEMD_OK && a.response.status != FEMD_OK) code = command_failed(&a.err);
    femd_buffer_clear(&in);
    femd_buffer_clear(&out);
    model_close(&m);
    eval_source_close(&s);
    return code;
}

int cmd_eval(int argc, char **argv) {
    eval_request q = {.seed = 1};
    double deadline = WATCHDOG_DEADLINE;
    int code;
    const option options[] = {
        {"--material", "-m", OPTION_TEXT, &q.material, "NAME", "which material of a case that has several", 0, 0},
        {"--strain", NULL, OPTION_NUMBERS, &q.strain, "E",
         "Green-Lagrange strain, 6 numbers: 11 22 33 23 13 12, engineering shears (default 0)", 6, 0},
        {"--F", NULL, OPTION_NUMBERS, &q.F, "F",
         "deformation gradient instead, 9 numbers by rows; adds P, A and Cauchy stress", 9, 0},
        {"--stress", NULL, OPTION_LIST, &q.stress, "c=VALUE",
         "prescribe a stress component instead of the strain, as --stress 22=0", 0, 0},
        {"--temperature", NULL, OPTION_TEXT, &q.temperature, "T", "K, or with a unit (default: of the case, else 0)", 0,
         0},
        {"--pressure", NULL, OPTION_TEXT, &q.pressure, "P",
         "let the volume follow this pressure; the strain then gives the shape alone", 0, 0},
        {"--chemical-potential", NULL, OPTION_LIST, &q.chemical, "X=MU",
         "of a species less that of the first, eV or with a unit, as Ni=-0.76; its composition is the answer", 0, 0},
        {"--want", NULL, OPTION_TEXT, &q.want, "a,b",
         "stress, tangent, energy, stability, conductivity, ... (default: the first three)", 0, 0},
        {"--accuracy", NULL, OPTION_NUMBER, &q.accuracy, "A",
         "relative standard error of what is sampled (default: the material's own)", 0, 0},
        {"--seed", NULL, OPTION_INT, &q.seed, "N", "of what is sampled (default 1)", 0, INT_MAX},
        {"--state", NULL, OPTION_TEXT, &q.state, "FILE",
         "start from a state that --save-state wrote (default: the virgin material)", 0, 0},
        {"--save-state", NULL, OPTION_TEXT, &q.save_state, "FILE", "write the state after the evaluation", 0, 0},
        {"--dump", NULL, OPTION_TEXT, &q.dump, "FILE.xyz",
         "write the atoms after the evaluation as extended XYZ (OVITO)", 0, 0},
        {"--set", NULL, OPTION_LIST, &q.sets, "a.b=c", "change a value of the case", 0, 0},
        MODELS_ENGINE_OPTION(&q.engines),
        {"--deadline", NULL, OPTION_NUMBER, &deadline, "S",
         "seconds without progress after which the engine counts as hung (600; twice that while it opens)", 0, 0},
        {"--json", NULL, OPTION_FLAG, &q.json, NULL, "one JSON object in SI units instead of the table", 0, 0},
    };
    const option_table table = {
        .command = "femd eval",
        .usage = "CASE|MATERIAL.json [options]",
        .about = "Evaluates one material point without a server: what stress and stiffness does the RVE answer to this "
                 "strain?\n\n"
                 "  femd eval cases/copper-notch --strain 0.01 0 0 0 0 0\n"
                 "  femd eval copper.json --strain 0.01 0 0 0 0 0 --stress 22=0 --stress 33=0      uniaxial tension\n"
                 "  femd eval argon.json --temperature 60 --accuracy 0.01 --save-state s --json         sampled; "
                 "--state s goes on\n\n"
                 "exit codes: 0 answered, 2 bad input, 3 the material has no answer there (the status says why),\n"
                 "            4 the engine hangs or died, or memory is at its end",
        .option = options,
        .n = OPTION_COUNT(options),
        .least = 1,
        .most = 1};
    option_list positional;
    if (!command_options(&table, argc, argv, &positional, &code)) return code;
    q.path = positional.item[0];
    if (!watchdog_check_deadline(deadline)) return FEMD_EXIT_BAD_INPUT;
    return watchdog_run(deadline, "--deadline", eval_point, &q);
}
