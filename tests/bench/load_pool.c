/* The processes of a pool for measurements, and what they cost. */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "load.h"

static int pool_fail(const char *what) {
    fprintf(stderr, "bench_load: %s: %s\n", what, strerror(errno));
    return 1;
}

/* ---- starting ---- */

static int pool_make_folder(const load_setting *setting, load_pool *pool) {
    char command[256];
    snprintf(pool->folder, sizeof pool->folder, "/tmp/femd-load-XXXXXX");
    if (!mkdtemp(pool->folder)) return pool_fail("a folder");
    if (!setting->keys) return 0;
    snprintf(pool->client_key, sizeof pool->client_key, "%s/keys/client.key", pool->folder);
    snprintf(pool->worker_key, sizeof pool->worker_key, "%s/keys/worker.key", pool->folder);
    snprintf(command, sizeof command, "'%s/femd' keygen %s/keys >/dev/null", FEMD_BIN, pool->folder);
    return system(command) == 0 ? 0 : pool_fail("femd keygen");
}

static void pool_exec_server(const load_setting *setting, const load_pool *pool, int ready) {
    char number[16], store[96], journal[96], keys[96], cache[16];
    const char *words[24] = {FEMD_BIN "/femd-server", "--bind", "tcp://127.0.0.1:*", "--quiet", "--ready-fd", number};
    size_t n = 6;
    snprintf(number, sizeof number, "%d", ready);
    snprintf(store, sizeof store, "%s/store", pool->folder);
    snprintf(journal, sizeof journal, "%s/journal", pool->folder);
    snprintf(keys, sizeof keys, "%s/keys", pool->folder);
    snprintf(cache, sizeof cache, "%d", setting->cache_mib);
    const char *const durable[] = {"--durability", "store", "--store", store, "--journal", journal};
    for (size_t i = 0; setting->journal && i < sizeof durable / sizeof *durable; i++) words[n++] = durable[i];
    if (setting->keys) words[n++] = "--keys", words[n++] = keys;
    if (setting->audit) words[n++] = "--audit", words[n++] = setting->audit;
    if (setting->cache_mib) words[n++] = "--cache", words[n++] = cache;
    execv(words[0], (char *const *)words);
}

static pid_t pool_fork(void) {
    const pid_t pid = fork();
    if (pid) return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!freopen("/dev/null", "w", stdout)) _exit(127); /* this program's own output is JSON alone */
    return 0;
}

static int pool_start_server(const load_setting *setting, load_pool *pool) {
    int ready[2];
    if (pipe(ready)) return pool_fail("pipe");
    pool->server = pool_fork();
    if (pool->server == 0) {
        pool_exec_server(setting, pool, ready[1]);
        _exit(127);
    }
    close(ready[1]);
    for (size_t n = 0; n + 1 < sizeof pool->address && read(ready[0], pool->address + n, 1) == 1; n++)
        if (pool->address[n] == '\n') break;
    close(ready[0]);
    pool->address[strcspn(pool->address, "\n")] = 0;
    return pool->address[0] ? 0 : pool_fail("the server does not start");
}

static int pool_start_workers(const load_setting *setting, load_pool *pool) {
    int ask[2], tell[2];
    if (pipe(ask) || pipe(tell)) return pool_fail("pipe");
    pool->workers = pool_fork();
    if (pool->workers == 0) {
        close(ask[1]);
        close(tell[0]);
        _exit(load_be_workers(pool->address, setting->keys ? pool->worker_key : NULL, setting->workers, setting->cost,
                              ask[0], tell[1]));
    }
    close(ask[0]);
    close(tell[1]);
    pool->tally[0] = tell[0];
    pool->tally[1] = ask[1];
    return 0;
}

int load_begin(const load_setting *setting, load_pool *pool) {
    memset(pool, 0, sizeof *pool);
    pool->tally[0] = pool->tally[1] = -1;
    return pool_make_folder(setting, pool) || pool_start_server(setting, pool) || pool_start_workers(setting, pool);
}

void load_end(load_pool *pool) {
    char command[96];
    const pid_t pids[2] = {pool->workers, pool->server};
    for (int i = 0; i < 2; i++)
        if (pids[i] > 0) kill(pids[i], i ? SIGTERM : SIGKILL);
    for (int i = 0; i < 2; i++)
        if (pids[i] > 0) waitpid(pids[i], NULL, 0);
    for (int i = 0; i < 2; i++)
        if (pool->tally[i] >= 0) close(pool->tally[i]);
    snprintf(command, sizeof command, "rm -rf %s", pool->folder);
    if (pool->folder[0] && system(command) != 0) pool_fail(pool->folder);
}

int load_ask_busy(const load_pool *pool, load_busy *busy) {
    if (write(pool->tally[1], "?", 1) != 1 || read(pool->tally[0], busy, sizeof *busy) != sizeof *busy)
        return pool_fail("the workers say nothing");
    return 0;
}

/* ---- what it costs ---- */

/* The number behind a word at the beginning of a line of /proc/PID/FILE. */
static double pool_read(pid_t pid, const char *file, const char *word) {
    char path[64], line[256];
    double value = 0;
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
    FILE *f = fopen(path, "r");
    if (!f) return 0;
    while (fgets(line, sizeof line, f))
        if (strncmp(line, word, strlen(word)) == 0) {
            value = atof(line + strlen(word));
            break;
        }
    fclose(f);
    return value;
}

/* Of all threads, as the scheduler counts it. */
double load_processor(pid_t pid) {
    char path[64];
    double all = 0;
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *folder = opendir(path);
    if (!folder) return 0;
    for (const struct dirent *thread; (thread = readdir(folder)) != NULL;) {
        char file[400];
        double nanoseconds;
        snprintf(file, sizeof file, "%s/%s/schedstat", path, thread->d_name);
        FILE *f = thread->d_name[0] != '.' ? fopen(file, "r") : NULL;
        if (f && fscanf(f, "%lf", &nanoseconds) == 1) all += 1e-9 * nanoseconds;
        if (f) fclose(f);
    }
    closedir(folder);
    return all;
}

double load_memory(pid_t pid) {
    return pool_read(pid, "status", "VmRSS:") / 1024;
}

/* Of the thread that serves; libzmq's thread has its own. */
double load_switches(pid_t pid) {
    return pool_read(pid, "status", "voluntary_ctxt_switches:");
}

double load_average(void) {
    double average = 0;
    return getloadavg(&average, 1) == 1 ? average : 0;
}
