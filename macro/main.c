/* femd-macro: connects to the server, runs the case, writes the results, and ends with one message and one exit code.
 * Holds no mechanics. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "arguments.h"
#include "base/collective.h"
#include "femd/clock.h"
#include "process.h"
#include "results/live.h"
#include "results/recorder.h"
#include "solve/foresee.h"
#include "solve/setup.h"
#include "solve/stepping.h"
#include "trial.h"

enum {
    EXIT_OK = 0,
    EXIT_BAD_CASE = 2,
    EXIT_NOT_CONVERGED = 3,
    EXIT_POOL_LOST = 4,
    EXIT_INTERNAL = 70,
    EXIT_SIGNAL = 128
};
enum {
    TEARDOWN_SECONDS = 4,
    STATUS_WAIT_SECONDS = 2, /* for the server's last word on the pool */
    LAST_WAIT_SECONDS = 7    /* for one answer of the server, once the run ends: who asks may kill after 10 s */
};

typedef struct app {
    femd_arguments args;
    MPI_Comm comm;
    int rank, size;
    femd_case cs;
    char run_name[65];
    femd_client *client;
    femd_problem *problem;
    femd_recorder recorder;
    femd_live live;
    femd_pool_seen seen;
    double ending; /* s that a wait may take from now on, since the signal has been heard; 0: as long as it likes */
} app;

/* The case's PETSc options; those of the command line come after and win. */
static femd_status run_set_petsc_options(app *a, femd_error *err) {
    for (size_t i = 0; i < a->cs.npetsc; ++i)
        if (PetscOptionsInsertString(NULL, a->cs.petsc[i]))
            return femd_fail(err, FEMD_BAD_INPUT, "%s: petsc: \"%s\" is no PETSc option", a->args.path, a->cs.petsc[i]);
    if (a->args.npetsc && PetscOptionsInsertArgs(NULL, a->args.npetsc, a->args.petsc))
        return femd_fail(err, FEMD_BAD_INPUT, "the PETSc options behind \"--\" cannot be read");
    return FEMD_OK;
}

/* ---- hooks ---- */

static int run_on_progress(void *user, const femd_progress_info *info) {
    app *a = user;
    const int stop = femd_process_stop_signal() != 0;
    if (!stop) femd_live_progress(&a->live, info); /* of an end it has been told by then */
    return a->ending > 0 ? info->waited > a->ending : stop;
}

/* What the server says of the pool; the number of workers and of their losses is taken note of. Rank 0, else NULL. */
static cJSON *run_pool_status(app *a) {
    char *text = NULL;
    if (a->rank != 0 || !a->client) return NULL;
    if (femd_client_status(a->client, &text, NULL) != FEMD_OK) return NULL;
    cJSON *pool = cJSON_Parse(text);
    free(text);
    if (pool) femd_live_workers(&a->live, femd_pool_look(&a->seen, pool));
    a->recorder.info.workers = a->live.workers_max;
    a->recorder.info.restarts = femd_pool_restarts(&a->seen);
    return pool;
}

static femd_status run_on_committed(void *user, femd_problem *p, const femd_step_record *rec, femd_error *err) {
    app *a = user;
    cJSON_Delete(run_pool_status(a));
    return femd_recorder_commit(&a->recorder, p, rec, err);
}

static void run_on_live(void *user, const char *field, int step, int iteration, double residual, int cuts) {
    app *a = user;
    const int both = femd_case_has_heat(&a->cs) && femd_case_has_mechanics(&a->cs);
    femd_live_iteration(&a->live, both ? field : NULL, step, iteration, residual, cuts);
}

static void run_on_cut(void *user, int step, const char *why, double dt) {
    femd_live_cut(&((app *)user)->live, step, why, dt);
}

static void run_on_note(void *user, int step, const char *what) {
    femd_live_note(&((app *)user)->live, step, what);
}

static int run_on_stop_asked(void *user) {
    (void)user;
    return femd_process_stop_signal() != 0;
}

/* ---- the run ---- */

/* The same name on all ranks, another for every run: a label only. */
static void run_make_name(app *a) {
    char *name = a->run_name;
    if (a->args.run) {
        snprintf(name, 65, "%s", a->args.run);
        return;
    }
    char host[33] = "host";
    const struct timespec t = femd_wall_clock();
    (void)gethostname(host, sizeof host - 1);
    snprintf(name, 65, "%.32s-%d-%llx", host, (int)getpid(),
             (unsigned long long)t.tv_sec * 1000000000ull + (unsigned long long)t.tv_nsec);
    (void)MPI_Bcast(name, 65, MPI_CHAR, 0, a->comm);
}

static femd_status run_connect(app *a, femd_error *err) {
    run_make_name(a);
    a->recorder.info.name = a->run_name;
    const femd_client_config cfg = {.size = sizeof cfg,
                                    .address = a->args.connect,
                                    .run = a->run_name,
                                    .rank = (uint32_t)a->rank,
                                    .ranks = (uint32_t)a->size,
                                    .key = a->args.key,
                                    .insecure = a->args.insecure,
                                    .progress = run_on_progress,
                                    .user = a,
                                    .give_up_early = 1};
    return femd_client_open(&cfg, &a->client, err);
}

static void run_tell_mesh(app *a, const char *text) {
    if (a->rank == 0) fprintf(stderr, "femd-macro: %s\n", text);
    femd_live_log(&a->live, text);
}

/* A mesh whose parts were to be one body looks right in a picture; each is held, or it would have been refused. */
static void run_tell_parts(app *a) {
    const int parts = a->problem->grid->nparts, hinged = a->problem->grid->nhinged;
    char text[4200];
    snprintf(text, sizeof text, "%s: the mesh has %d parts that share no node with each other", a->cs.path, parts);
    if (parts > 1) run_tell_mesh(a, text);
    snprintf(text, sizeof text,
             "%s: %d bodies of the mesh hang together along edges or at nodes only: a hinge, about which they turn "
             "freely; femd check tells where",
             a->cs.path, hinged);
    if (hinged > 0) run_tell_mesh(a, text);
}

/* What no atom answers is said before the first step. */
static void run_tell_regularisation(app *a) {
    char text[4400];
    snprintf(
        text, sizeof text,
        "%s: element.shear_regularisation: all points resist changes of their shape by %g Pa more than their atoms "
        "do; what this makes of stresses and energy is told in each step",
        a->cs.path, a->cs.shear_regularisation);
    if (a->cs.shear_regularisation > 0) run_tell_mesh(a, text);
}

/* How strong heat and mechanics are coupled stands in each step, or why not is said once. */
static void run_tell_delta(app *a) {
    const char *why = a->recorder.history.delta_unknown;
    char text[4600];
    snprintf(text, sizeof text, "%s: coupling_delta is not known: %s", a->cs.path, why);
    if (why[0]) run_tell_mesh(a, text);
}

/* log.txt, where femd run keeps one. */
static void run_open_log(app *a) {
    const char *path = getenv("FEMD_LOG");
    if (a->rank == 0 && path) a->live.log = fopen(path, "ae");
}

/* A run that goes on otherwise than it began says so. */
static void run_tell_changes(app *a) {
    for (const char *line = a->recorder.history.changes, *end; line && (end = strchr(line, '\n')); line = end + 1) {
        char text[512];
        snprintf(text, sizeof text, "the case was changed %.*s", (int)(end - line), line);
        if (a->rank == 0 && !a->args.quiet) fprintf(stderr, "femd-macro: %s\n", text);
        femd_live_log(&a->live, text);
    }
}

static femd_status run_prepare(app *a, femd_error *err) {
    FEMD_TRY(femd_agree(a->comm, femd_case_read(a->args.path, a->args.set, a->args.nsets, &a->cs, err), err));
    FEMD_TRY(femd_agree(a->comm, run_set_petsc_options(a, err), err));
    if (a->args.check) return femd_trial(a->comm, &a->cs, err);
    femd_live_init(&a->live, a->rank == 0 && !a->args.quiet ? stderr : NULL, a->args.connect, femd_case_steps(&a->cs),
                   a->size);
    if (a->rank == 0) a->live.notes = stderr;
    run_open_log(a);
    FEMD_TRY(femd_agree(a->comm, run_connect(a, err), err));
    FEMD_TRY(femd_agree(a->comm, femd_problem_create(a->comm, &a->cs, a->client, &a->problem, err), err));
    run_tell_parts(a);
    run_tell_regularisation(a);
    cJSON_Delete(run_pool_status(a));
    if (a->args.dump) FEMD_TRY(femd_recorder_check_id(a->problem, "--dump-state", a->args.dump_id, err));
    FEMD_TRY(femd_recorder_prepare(&a->recorder, a->problem, a->args.out, a->args.resume, err));
    run_tell_delta(a);
    FEMD_TRY(femd_foresee(a->problem, err));
    run_tell_changes(a);
    return FEMD_OK;
}

/* A point without a state is no failure of the run. */
static femd_status run_dump(app *a, femd_error *err) {
    const femd_status rc = femd_recorder_dump(&a->recorder, a->problem, a->args.dump_id, err);
    if (rc != FEMD_BAD_INPUT) return rc;
    if (a->rank == 0) fprintf(stderr, "femd-macro: %s\n", err->text);
    femd_live_log(&a->live, err->text);
    femd_error_clear(err);
    return FEMD_OK;
}

static femd_status run_case(app *a, femd_error *err) {
    const femd_stepping_hooks hooks = {.user = a,
                                       .committed = run_on_committed,
                                       .live = run_on_live,
                                       .cut = run_on_cut,
                                       .note = run_on_note,
                                       .stop = run_on_stop_asked};
    FEMD_TRY(run_prepare(a, err));
    if (a->args.check) return FEMD_OK;
    FEMD_TRY(femd_recorder_start(&a->recorder, a->problem, err));
    FEMD_TRY(femd_agree(a->comm, femd_stepping_run(a->problem, &hooks, err), err));
    return a->args.dump ? run_dump(a, err) : FEMD_OK;
}

/* ---- the end ---- */

static int run_exit_code(const app *a, femd_status rc) {
    switch (rc) {
    case FEMD_OK: return EXIT_OK;
    case FEMD_BAD_INPUT:
    case FEMD_BAD_ARGUMENT:
    case FEMD_UNSUPPORTED: return EXIT_BAD_CASE;
    case FEMD_IO: return a->recorder.begun ? EXIT_INTERNAL : EXIT_BAD_CASE;
    case FEMD_LIMIT: return a->recorder.begun ? EXIT_POOL_LOST : EXIT_BAD_CASE; /* the server's memory, say */
    case FEMD_NO_MEMORY:
    case FEMD_DISCONNECTED:
    case FEMD_TIMEOUT:
    case FEMD_REREGISTER:
    case FEMD_CONFLICT: return EXIT_POOL_LOST;
    case FEMD_REFUSED: return a->client ? EXIT_POOL_LOST : EXIT_BAD_CASE; /* not let in: a key or a name, say */
    default: break;
    }
    if (femd_status_is_physics(rc)) return EXIT_NOT_CONVERGED;
    return femd_status_is_infrastructure(rc) ? EXIT_POOL_LOST : EXIT_INTERNAL;
}

/* A signal on any rank counts on all. */
static int run_agreed_signal(const app *a) {
    int mine = femd_process_stop_signal(), all = 0;
    MPI_Allreduce(&mine, &all, 1, MPI_INT, MPI_MAX, a->comm);
    return all;
}

static femd_status run_write_end(app *a, femd_status rc, int stopped, const char *message, femd_error *err) {
    if (!a->recorder.open) return FEMD_OK;
    a->ending = STATUS_WAIT_SECONDS;
    cJSON *pool = rc == FEMD_DISCONNECTED ? NULL : run_pool_status(a);
    if (pool) a->ending = 0; /* it answers: what is fetched from it may take all the time there is */
    a->recorder.info.pool = pool;
    a->recorder.info.message = message;
    femd_status written = femd_recorder_finish(&a->recorder, a->problem, femd_run_status(rc, stopped), err);
    a->recorder.info.pool = NULL;
    cJSON_Delete(pool);
    return written;
}

/* No committed step is lost by an end in good order. Where the pool is gone, so are the states. 0: there is nothing to
 * go on from, and that has been said. */
static int run_keep(app *a, femd_status rc) {
    femd_error err = FEMD_ERROR_INIT;
    const int gone = rc == FEMD_DISCONNECTED || rc == FEMD_TIMEOUT || rc == FEMD_REREGISTER || rc == FEMD_REFUSED;
    if (rc == FEMD_OK || rc == FEMD_IO || gone || !a->recorder.open) return 1;
    a->ending = LAST_WAIT_SECONDS - a->ending;
    if (femd_recorder_keep(&a->recorder, a->problem, &err) == FEMD_OK || a->rank != 0) return 1;
    char where[64] = "begin anew";
    if (a->recorder.saved > 0) snprintf(where, sizeof where, "--resume goes on from step %d", a->recorder.saved);
    fprintf(stderr, "femd-macro: no checkpoint of step %d (%s); %s\n", a->problem->step,
            err.code == FEMD_CANCELLED ? "the server does not answer" : err.text, where);
    return a->recorder.saved > 0;
}

/* A full disk is no end: what is whole can be gone on from. */
static void run_tell_way_back(const app *a, femd_error *err) {
    char words[sizeof err->text];
    snprintf(words, sizeof words, "%s", err->text);
    if (a->recorder.saved > 0)
        (void)femd_fail(err, FEMD_IO, "%s; when there is room, go on from step %d with --resume", words,
                        a->recorder.saved);
    else
        (void)femd_fail(err, FEMD_IO, "%s; no checkpoint was written yet: begin anew when there is room", words);
}

static const char way_back[] = "; go on with --resume";

/* The user's wish, or femd run that has no worker left to start. */
static femd_status run_tell_stop(const app *a, int sig, femd_error *err) {
    const int step = a->problem ? a->problem->step : 0;
    char where[64] = "before the first step was done; begin anew";
    if (step > 0) snprintf(where, sizeof where, "after step %d%s", step, way_back);
    if (sig == FEMD_PROCESS_WORKERS_LOST)
        return femd_fail(err, FEMD_ENGINE_DIED,
                         "all workers are lost, %s (an engine that ends its worker at a point does so again)", where);
    return femd_fail(err, FEMD_CANCELLED, "stopped by signal %d (%s) %s", sig, strsignal(sig), where);
}

/* What qualifies all numbers is said at the end, with --quiet too. */
static void run_tell_builds(app *a) {
    if (a->rank != 0 || !a->recorder.open || !a->recorder.history.builds.several) return;
    static const char text[] = "answers of more than one build of femd were used (workers, a store or a checkpoint of "
                               "another one): the same run may give other bits (bit_reproducible: false)";
    fprintf(stderr, "femd-macro: %s\n", text);
    femd_live_log(&a->live, text);
}

static int run_finish(app *a, femd_status rc, femd_error *err) {
    int sig = run_agreed_signal(a);
    int stopped =
        sig && (rc == FEMD_OK ? a->problem && !femd_stepping_finished(&a->cs, a->problem->step, a->problem->load_time)
                              : rc == FEMD_CANCELLED);
    if (stopped) rc = run_tell_stop(a, sig, err);
    if (sig == FEMD_PROCESS_WORKERS_LOST) stopped = 0;
    if (rc == FEMD_IO && a->recorder.begun) run_tell_way_back(a, err);
    int code = stopped ? EXIT_SIGNAL + sig : run_exit_code(a, rc);
    if (code == EXIT_POOL_LOST) {
        femd_process_leave_within(TEARDOWN_SECONDS, code);
    }
    femd_live_end(&a->live);
    femd_error late = FEMD_ERROR_INIT;
    femd_status written = run_write_end(a, rc, stopped, rc == FEMD_OK ? NULL : err->text, &late);
    char *way = run_keep(a, rc) ? NULL : strstr(err->text, way_back);
    if (way) memmove(way, way + strlen(way_back), strlen(way + strlen(way_back)) + 1);
    if (rc == FEMD_OK && a->rank == 0 && !a->args.check) femd_process_tell_unused_options(stderr);
    if (a->rank == 0) {
        if (rc != FEMD_OK) fprintf(stderr, "femd-macro: %s\n", err->text);
        if (rc != FEMD_OK) femd_live_log(&a->live, err->text);
        run_tell_builds(a);
        if (written != FEMD_OK && rc != FEMD_IO) fprintf(stderr, "femd-macro: %s\n", late.text); /* said once */
        if (!a->args.quiet && a->recorder.open) femd_recorder_table(&a->recorder, a->problem, stdout);
        fflush(stdout);
    }
    return code == EXIT_OK && written != FEMD_OK ? EXIT_INTERNAL : code;
}

static void run_release(app *a) {
    if (a->live.log) fclose(a->live.log);
    femd_recorder_clear(&a->recorder);
    femd_problem_destroy(&a->problem);
    femd_client_close(&a->client);
    femd_case_clear(&a->cs);
}

int main(int argc, char **argv) {
    app a = {0};
    femd_error err = FEMD_ERROR_INIT;
    femd_process_pin_environment(argv);
    femd_recorder_begin(&a.recorder);
    femd_process_follow_mpiexec();
    femd_status rc = femd_arguments_read(argc, argv, &a.args, &err);
    if (rc == FEMD_OK && a.args.help) return fputs(femd_arguments_help(), stdout) < 0;
    if (rc == FEMD_OK && a.args.version) return printf("femd-macro %s\n", FEMD_VERSION) < 0;
    if (femd_process_start_petsc(argv[0], a.args.npetsc, a.args.petsc) != 0) {
        fprintf(stderr, "femd-macro: MPI or PETSc cannot be started\n");
        return EXIT_INTERNAL;
    }
    a.comm = PETSC_COMM_WORLD;
    MPI_Comm_rank(a.comm, &a.rank);
    MPI_Comm_size(a.comm, &a.size);
    femd_process_catch_signals();
    if (rc == FEMD_OK) rc = run_case(&a, &err);
    int code = run_finish(&a, rc, &err);
    run_release(&a);
    femd_arguments_clear(&a.args);
    PetscFinalize();
    return code;
}
