/* femd run: reads the case, refuses what cannot work before anything is started, then has server, workers and solver
 * supervised and says how it went. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check_mesh.h"
#include "commands.h"
#include "models.h"
#include "run_local.h"
#include "run_output.h"
#include "supervise.h"
#include "watchdog.h"

enum { RANKS_MAX = 256 };

typedef struct request {
    const char *path, *out, *dump_point, *store, *durability, *audit, *builds;
    int workers, ranks, resume, quiet, any_build, store_size;
    double task_deadline; /* s; 0: the server's own */
    option_list sets, engines, petsc;
} request;

/* ---- before ---- */

int command_online_cores(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    const int n = CPU_COUNT(&set);
    return n < SUPERVISE_WORKERS_MAX ? n : SUPERVISE_WORKERS_MAX;
}

static femd_status run_check_point(const request *q, femd_error *err) {
    if (!q->dump_point) return FEMD_OK;
    const size_t n = strlen(q->dump_point);
    if (n == 0 || n > 19 || strspn(q->dump_point, "0123456789") != n)
        return femd_fail(err, FEMD_BAD_INPUT, "--dump-point: \"%s\" is not the number of a point (0, 1, 2, ...)",
                         q->dump_point);
    return FEMD_OK;
}

static femd_status run_check_resume(const request *q, femd_error *err) {
    char *path = NULL;
    if (!q->resume) return FEMD_OK;
    if (asprintf(&path, "%s/checkpoint.h5", q->out) < 0) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a path");
    const int there = access(path, R_OK) == 0;
    femd_status rc =
        there ? FEMD_OK : femd_fail(err, FEMD_BAD_INPUT, "--resume: cannot read %s: %s", path, strerror(errno));
    free(path);
    return rc;
}

/* Settings that every part inherits. Values that the user has set stay. */
static void run_set_environment(const char *folder) {
    static const char *const fixed[][2] = {{"OMPI_ALLOW_RUN_AS_ROOT", "1"},
                                           {"OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1"},
                                           {"OMPI_MCA_mpi_yield_when_idle", "1"},
                                           {"OMPI_MCA_rmaps_base_oversubscribe", "1"},
                                           {"OMPI_MCA_odls_base_sigkill_timeout", "0"},
                                           {"OPENBLAS_NUM_THREADS", "1"},
                                           {"OMP_NUM_THREADS", "1"}};
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) setenv(fixed[i][0], fixed[i][1], 0);
    /* what Open MPI leaves behind when it is killed goes with the run's own folder */
    setenv("OMPI_MCA_orte_tmpdir_base", folder, 1);
    setenv("OMPI_MCA_btl_vader_backing_directory", folder, 1);
    setenv("FEMD_SUPERVISED", "1", 1); /* nobody has to start workers */
    if (isatty(2))
        setenv("FEMD_TERMINAL", "1", 1); /* mpiexec stands between the solver and the terminal */
    else
        unsetenv("FEMD_TERMINAL");
}

/* ---- the parts ---- */

typedef struct programs {
    char *server, *worker, *macro, *mpiexec; /* owned */
} programs;

static femd_status run_find_programs(programs *p, femd_error *err) {
    FEMD_TRY(launch_find("femd-server", &p->server, err));
    FEMD_TRY(launch_find("femd-worker", &p->worker, err));
    FEMD_TRY(launch_find("femd-macro", &p->macro, err));
    return launch_find("mpiexec", &p->mpiexec, err);
}

static void run_free_programs(programs *p) {
    free(p->server);
    free(p->worker);
    free(p->macro);
    free(p->mpiexec);
}

static void run_macro_arguments(const request *q, const programs *p, const char *address, const char *ranks,
                                launch_arguments *a) {
    launch_add(a, p->mpiexec);
    launch_add_two(a, "-n", ranks);
    launch_add(a, "--oversubscribe");
    launch_add_two(a, "--bind-to", "none");
    launch_add(a, "--quiet"); /* of mpiexec: no page about an exit code that is not 0 */
    launch_add(a, p->macro);
    launch_add_two(a, "--connect", address);
    launch_add_two(a, "--out", q->out);
    if (q->resume) launch_add(a, "--resume");
    if (q->quiet) launch_add(a, "--quiet");
    if (q->dump_point) launch_add_two(a, "--dump-state", q->dump_point);
    for (size_t i = 0; i < q->sets.n; i++) launch_add_two(a, "--set", q->sets.item[i]);
    launch_add(a, q->path);
    if (q->petsc.n) launch_add(a, "--");
    for (size_t i = 0; i < q->petsc.n; i++) launch_add(a, q->petsc.item[i]);
}

static void run_store_arguments(const request *q, const char *size, launch_arguments *a) {
    if (!q->store) return;
    launch_add_two(a, "--store", q->store);
    if (q->store_size) launch_add_two(a, "--store-size", size);
    if (q->any_build) launch_add(a, "--any-build");
}

static int run_has_journal(const request *q) {
    return q->durability && strcmp(q->durability, "store") == 0;
}

static femd_status run_start_and_watch(const request *q, const programs *p, const char *folder, const run_output *out,
                                       int *code, femd_error *err) {
    char journal[4096], address[160], ranks[16], ready[16], news[16], deadline[40], store_size[16], pool[16];
    int pipe_fd[2], news_fd[2];
    launch_arguments server = {0}, worker = {0}, macro = {0};
    launch_guard guard;
    snprintf(address, sizeof address, "ipc://%s/socket", folder);
    if ((size_t)snprintf(journal, sizeof journal, "%s/journal", q->out) >= sizeof journal)
        return femd_fail(err, FEMD_BAD_INPUT, "--out %s: the path is too long", q->out);
    if (!q->resume) (void)unlink(journal); /* of an earlier run, which begins anew */
    snprintf(ranks, sizeof ranks, "%d", q->ranks);
    FEMD_TRY(launch_pipe(pipe_fd, err));
    femd_status rc = launch_pipe(news_fd, err);
    if (rc == FEMD_OK) rc = launch_guard_start(folder, &guard, err);
    if (rc != FEMD_OK) {
        launch_close_pipe(pipe_fd);
        launch_close_pipe(news_fd);
        return rc;
    }
    snprintf(ready, sizeof ready, "%d", pipe_fd[1]);
    snprintf(news, sizeof news, "%d", news_fd[1]);
    snprintf(deadline, sizeof deadline, "%.17g", q->task_deadline);
    snprintf(pool, sizeof pool, "%d", q->workers);
    snprintf(store_size, sizeof store_size, "%d", q->store_size);
    launch_add(&server, p->server);
    launch_add_two(&server, "--bind", address);
    launch_add_two(&server, "--ready-fd", ready);
    launch_add_two(&server, "--news-fd", news);
    launch_add_two(&server, "--silence", "12"); /* the supervisor sees by itself when the server has ended */
    if (q->task_deadline > 0) launch_add_two(&server, "--task-deadline", deadline);
    launch_add_two(&server, "--level", femd_level_name()); /* the usual one, or the best that this processor has */
    run_store_arguments(q, store_size, &server);
    if (q->durability) launch_add_two(&server, "--durability", q->durability);
    if (run_has_journal(q)) launch_add_two(&server, "--journal", journal);
    launch_add_two(&server, "--pool", pool);
    if (q->audit) launch_add_two(&server, "--audit", q->audit);
    if (q->builds) launch_add_two(&server, "--builds", q->builds);
    launch_add(&server, "--die-with-parent");
    launch_add(&worker, p->worker);
    launch_add_two(&worker, "--connect", address);
    launch_add_two(&worker, "--level", femd_level_name());
    for (size_t i = 0; i < q->engines.n; i++) launch_add_two(&worker, "--engine", q->engines.item[i]);
    launch_add(&worker, "--die-with-parent");
    run_macro_arguments(q, p, address, ranks, &macro);
    const supervise_plan plan = {.workers = q->workers,
                                 .server = server.item,
                                 .worker = worker.item,
                                 .macro = macro.item,
                                 .ready_read = pipe_fd[0],
                                 .ready_write = pipe_fd[1],
                                 .news_read = news_fd[0],
                                 .news_write = news_fd[1],
                                 .server_again = run_has_journal(q),
                                 .log = out->log,
                                 .guard = &guard};
    *code = supervise(&plan);
    if (*code == FEMD_EXIT_OK) (void)unlink(journal);
    launch_remove(folder);
    launch_guard_end(&guard);
    return FEMD_OK;
}

/* What the materials say of their files and potentials (remarks, a line each): into the log, and to the user. */
static void run_tell_remarks(const request *q, FILE *remarks, FILE *log) {
    char line[1200];
    rewind(remarks);
    while (fgets(line, sizeof line, remarks)) {
        if (log) fprintf(log, "[femd] %s", line);
        if (!q->quiet) fprintf(stderr, "femd: %s", line);
    }
}

static femd_status run_start_parts(const request *q, FILE *remarks, int *code, femd_error *err) {
    programs p = {0};
    char *folder = NULL;
    run_output out = {0};
    sigset_t before;
    supervise_hold_signals(&before); /* nothing may stay behind */
    femd_status rc = run_find_programs(&p, err);
    if (rc == FEMD_OK) rc = launch_folder(&folder, err);
    if (rc == FEMD_OK) {
        run_set_environment(folder);
        rc = run_output_open(q->out, q->resume, &out, err);
    }
    if (rc == FEMD_OK) run_tell_remarks(q, remarks, out.log);
    if (rc == FEMD_OK) rc = run_start_and_watch(q, &p, folder, &out, code, err);
    if (folder) launch_remove(folder);
    run_output_close(&out, rc == FEMD_OK ? *code : FEMD_EXIT_BAD_INPUT);
    free(folder);
    run_free_programs(&p);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return rc;
}

/* ---- after ---- */

static femd_status run_dump_point(const request *q, const femd_case *c, femd_error *err) {
    model *models = calloc(c->nmaterials ? c->nmaterials : 1, sizeof *models);
    femd_status rc = models ? models_open(c, models, err) : femd_fail(err, FEMD_NO_MEMORY, "out of memory");
    if (rc == FEMD_OK) rc = run_output_dump(q->out, q->dump_point, c, models, q->quiet, err);
    for (size_t i = 0; models && i < c->nmaterials; i++) model_close(&models[i]);
    free(models);
    return rc;
}

static femd_status run_after(const request *q, const femd_case *c, femd_error *err) {
    if (!q->quiet) FEMD_TRY(run_output_summary(q->out, err));
    return q->dump_point ? run_dump_point(q, c, err) : FEMD_OK;
}

/* A rank without cells has nothing to do. A mesh that cannot be read is left to the solver. */
static femd_status run_check_ranks(const request *q, const femd_case *c, femd_error *err) {
    femd_error ignored = FEMD_ERROR_INIT;
    uint64_t cells = 0;
    if (q->ranks == 1 || check_mesh_cells(c, &cells, &ignored) != FEMD_OK || (uint64_t)q->ranks <= cells)
        return FEMD_OK;
    return femd_fail(err, FEMD_BAD_INPUT, "--ranks %d: the mesh of %s has %llu cells; take at most one rank a cell",
                     q->ranks, c->path, (unsigned long long)cells);
}

static int run_the_case(const request *q) {
    femd_error err = FEMD_ERROR_INIT;
    femd_case c = {0};
    FILE *remarks = tmpfile();
    int code = FEMD_EXIT_OK;
    femd_status rc = remarks ? FEMD_OK : femd_fail(&err, FEMD_IO, "no temporary file: %s", strerror(errno));
    if (rc == FEMD_OK) rc = run_check_point(q, &err);
    if (rc == FEMD_OK) rc = models_engines(&q->engines, &err);
    if (rc == FEMD_OK) rc = run_check_resume(q, &err);
    if (rc == FEMD_OK) rc = case_open(q->path, q->sets.item, q->sets.n, &c, &err);
    if (rc == FEMD_OK) rc = run_check_ranks(q, &c, &err);
    if (rc == FEMD_OK && models_are_few(&c))
        code = watchdog_run(q->task_deadline > 0 ? q->task_deadline : WATCHDOG_DEADLINE, "--task-deadline", models_try,
                            &(models_trial){&c, remarks});
    if (rc == FEMD_OK && code == FEMD_EXIT_OK) {
        rc = run_start_parts(q, remarks, &code, &err);
        if (rc == FEMD_OK && code == FEMD_EXIT_OK) rc = run_after(q, &c, &err);
        if (rc == FEMD_OK && code == FEMD_EXIT_OK && c.nlocal)
            code = run_local_fields(q->path, q->out, &q->sets, &q->engines, q->quiet);
    }
    if (remarks) fclose(remarks);
    femd_case_clear(&c);
    return rc == FEMD_OK ? code : command_failed(&err);
}

static int run_check_durability(const request *q) {
    const char *level = q->durability ? q->durability : "replica";
    if (strcmp(level, "none") != 0 && strcmp(level, "replica") != 0 && strcmp(level, "store") != 0)
        fprintf(stderr, "femd: --durability %s: none, replica or store is wanted\n", level);
    else if (run_has_journal(q) && !q->store)
        fprintf(stderr, "femd: --durability store wants a store; name it with --store DIR\n");
    else
        return 1;
    return 0;
}

static int run_check_audit(const request *q) {
    char *end, *under;
    const double over = q->audit ? strtod(q->audit, &end) : 0;
    const double share = q->audit && *end == '/' ? over / strtod(end + 1, &under) : over;
    if (q->audit && (end == q->audit || *(*end == '/' ? under : end) || !(share >= 0 && share <= 1)))
        fprintf(stderr, "femd: --audit %s: a share from 0 to 1 is wanted, 0.01 or 1/100\n", q->audit);
    else if (q->builds && strcmp(q->builds, "one") != 0 && strcmp(q->builds, "any") != 0)
        fprintf(stderr, "femd: --builds %s: one or any is wanted\n", q->builds);
    else
        return 1;
    return 0;
}

int cmd_run(int argc, char **argv) {
    request q = {.workers = command_online_cores(), .ranks = 1};
    int code;
    const option options[] = {
        {"--workers", "-n", OPTION_INT, &q.workers, "N", "worker processes (default: the cores of this machine)", 1,
         SUPERVISE_WORKERS_MAX},
        {"--ranks", NULL, OPTION_INT, &q.ranks, "M", "MPI ranks of the solver (default 1)", 1, RANKS_MAX},
        {"--out", "-o", OPTION_TEXT, &q.out, "DIR", "folder of results (default: CASE.out beside the case)", 0, 0},
        {"--set", NULL, OPTION_LIST, &q.sets, "a.b=c",
         "change a value of the case, as --set steps.count=3; may be repeated", 0, 0},
        MODELS_ENGINE_OPTION(&q.engines),
        {"--resume", NULL, OPTION_FLAG, &q.resume, NULL, "go on from the checkpoint in the folder of results", 0, 0},
        {"--dump-point", NULL, OPTION_TEXT, &q.dump_point, "ID",
         "write the atoms of a quadrature point as extended XYZ at the end", 0, 0},
        {"--task-deadline", NULL, OPTION_NUMBER, &q.task_deadline, "S",
         "seconds without progress after which a worker counts as hung and is replaced (default 600)", 0, 0},
        {"--store", NULL, OPTION_TEXT, &q.store, "DIR",
         "keep every answer in a folder, and never evaluate again what it holds", 0, 0},
        {"--store-size", NULL, OPTION_INT, &q.store_size, "MIB",
         "most that the store may take on disk (default: as it is, 4096 for a new one)", 2, 1000000000},
        {"--durability", NULL, OPTION_TEXT, &q.durability, "LEVEL",
         "where a committed state is before the run goes on: none, replica (at the server, the default), store (on "
         "disk, with a journal: the server may die; wants --store)",
         0, 0},
        {"--audit", NULL, OPTION_TEXT, &q.audit, "SHARE",
         "share of evaluations that another worker is asked for again, 0 to 1 (default 1/256); with 1 a liar "
         "among three workers or more is found. What nobody else could answer is counted as unaudited",
         0, 0},
        {"--builds", NULL, OPTION_TEXT, &q.builds, "one|any",
         "workers of another build than the first are refused, or taken and the run is marked (any, the default)", 0,
         0},
        {"--any-build", NULL, OPTION_FLAG, &q.any_build, NULL,
         "take answers of the store that another build gave; the run is marked as not reproducible", 0, 0},
        {"--quiet", "-q", OPTION_FLAG, &q.quiet, NULL, "no live line and no summary", 0, 0},
    };
    const option_table table = {
        .command = "femd run",
        .usage = "CASE [options] [-- PETSC OPTIONS]",
        .about =
            "Runs a case: a folder with case.json, or a JSON file. Starts a server, workers and the solver on this "
            "machine, and\n"
            "ends them all. What is behind \"--\" goes to PETSc, for example: -- -ksp_view -snes_monitor\n\n"
            "exit codes: 0 done, 2 the case or the command line is wrong, 3 not converged, 4 server, workers or a rank "
            "lost,\n"
            "70 internal error, 130 interrupted",
        .option = options,
        .n = OPTION_COUNT(options),
        .least = 1,
        .most = 1,
        .rest = &q.petsc};
    option_list positional;
    if (!command_options(&table, argc, argv, &positional, &code)) return code;
    q.path = positional.item[0];
    if (q.task_deadline != 0 && !(q.task_deadline >= 0.01 && q.task_deadline <= 1e9)) {
        fprintf(stderr, "femd: --task-deadline: seconds from 0.01 to 1e9 are wanted\n");
        return FEMD_EXIT_BAD_INPUT;
    }
    if (!q.store && (q.store_size || q.any_build)) {
        fprintf(stderr, "femd: --store-size and --any-build are about a store; name it with --store DIR\n");
        return FEMD_EXIT_BAD_INPUT;
    }
    if (!run_check_durability(&q) || !run_check_audit(&q)) return FEMD_EXIT_BAD_INPUT;
    if (q.audit && q.workers == 1 && strtod(q.audit, NULL) > 0)
        fprintf(
            stderr,
            "femd: --audit %s with one worker: no other can be asked, so what was to be audited is used and counted "
            "as unaudited; from --workers 3 on a liar is found\n",
            q.audit);
    char *folder = NULL;
    femd_error err = FEMD_ERROR_INIT;
    if (!q.out) {
        if (run_output_default(q.path, &folder, &err) != FEMD_OK) return command_failed(&err);
        q.out = folder;
    }
    code = run_the_case(&q);
    free(folder);
    return code;
}
