/* The process' one connection; see host_pool.h. The lock is held while it is opened and while a material is registered,
 * which others wait for; never while points are evaluated. */
#include "host_pool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "femd/clock.h"
#include "femd/json.h"

static const double host_patience = 3; /* s without a worker before that is said */

/* ---- the environment ---- */

/* What FEMD_CONNECT says: an address, or a file with one. */
static femd_status host_address(char address[HOST_ADDRESS], femd_error *err) {
    const char *said = getenv("FEMD_CONNECT");
    if (!said || !*said)
        return femd_fail(err, FEMD_BAD_INPUT,
                         "FEMD_CONNECT is not set: the address of a server (femd serve prints it), or the file with it "
                         "(femd serve --address-file FILE)");
    if (strstr(said, "://")) {
        if (strlen(said) >= HOST_ADDRESS)
            return femd_fail(err, FEMD_BAD_INPUT, "FEMD_CONNECT: the address is too long");
        strcpy(address, said);
        return FEMD_OK;
    }
    FILE *f = fopen(said, "re");
    const int there = f && fgets(address, HOST_ADDRESS, f);
    if (f) fclose(f);
    if (there) address[strcspn(address, "\r\n")] = '\0';
    if (!there || !strstr(address, "://"))
        return femd_fail(err, FEMD_BAD_INPUT, "FEMD_CONNECT=%s is neither an address (tcp://..., ipc://...) nor %s",
                         said, f ? "a file with one" : "a file that can be read");
    return FEMD_OK;
}

int host_pool_rank(void) {
    static const char *const starters[][2] = {{"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},
                                              {"PMI_RANK", "PMI_SIZE"},
                                              {"SLURM_PROCID", "SLURM_STEP_NUM_TASKS"}};
    for (size_t i = 0; i < sizeof starters / sizeof *starters; i++) {
        const char *rank = getenv(starters[i][0]), *ranks = getenv(starters[i][1]);
        if (rank && ranks && atoi(ranks) > 1 && atoi(rank) >= 0) return atoi(rank);
    }
    return -1;
}

/* Its name, in room for HOST_ADDRESS, or NULL. */
static const char *host_run(char *name) {
    const char *run = getenv("FEMD_RUN");
    const int rank = host_pool_rank();
    if (!run || !*run) return NULL;
    if (rank < 0) return run;
    snprintf(name, HOST_ADDRESS, "%s.%d", run, rank); /* one that is too long is refused by libfemd */
    return name;
}

/* ---- the file ---- */

static femd_status host_add_material(host_material ***end, const char *name, femd_error *err) {
    host_material *m = calloc(1, sizeof *m);
    if (m) m->name = strdup(name);
    if (!m || !m->name) {
        free(m);
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for a material");
    }
    **end = m;
    *end = &m->next;
    return FEMD_OK;
}

static femd_status host_take_names(host_pool *p, const femd_json *doc, femd_error *err) {
    const cJSON *materials = femd_json_get(doc->root, "materials");
    host_material **end = &p->materials;
    if (!materials) return host_add_material(&end, "", err);
    FEMD_TRY(femd_json_u64(doc, doc->root, "seed", 1, &p->seed, err));
    for (const cJSON *m = materials->child; m; m = m->next)
        FEMD_TRY(host_add_material(&end, m->string ? m->string : "", err));
    if (!p->materials) return femd_fail(err, FEMD_BAD_INPUT, "%s: \"materials\" is empty", doc->name);
    return FEMD_OK;
}

/* Its names in their order, and its seed; what a material means is checked when it is registered. */
static femd_status host_read_file(host_pool *p, femd_error *err) {
    const char *said = getenv(p->variable);
    femd_json doc = FEMD_JSON_INIT;
    struct stat st;
    if (!said || !*said)
        return femd_fail(err, FEMD_BAD_INPUT,
                         "%s is not set: the file with the materials, a case of femd or one material", p->variable);
    const int is_folder = stat(said, &st) == 0 && S_ISDIR(st.st_mode);
    const size_t room = strlen(said) + sizeof "/case.json";
    p->seed = 1;
    p->path = malloc(room);
    if (!p->path) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a path");
    snprintf(p->path, room, "%s%s", said, is_folder ? "/case.json" : "");
    femd_status rc = femd_json_read(p->path, &doc, err);
    if (rc == FEMD_OK) rc = host_take_names(p, &doc, err);
    femd_json_clear(&doc);
    return rc == FEMD_OK ? rc : femd_error_prefix(err, "%s", p->variable);
}

/* ---- opening ---- */

/* Nobody looks at a host that waits without a word. Called in libfemd's thread, also while the lock is held. */
static int host_on_progress(void *user, const femd_progress_info *info) {
    host_pool *p = user;
    const int asking = atomic_load(&p->calls) > 0 || atomic_load(&p->drought.registering);
    if (!info->waiting_for_workers || !asking) {
        if (p->drought.told && !info->waiting_for_workers) fprintf(stderr, "%s: a worker is there\n", p->adapter);
        p->drought.told = p->drought.told && info->waiting_for_workers;
        p->drought.since = 0;
        return 0;
    }
    if (p->drought.since <= 0) p->drought.since = femd_clock();
    if (p->drought.told || femd_clock() - p->drought.since < host_patience) return 0;
    p->drought.told = 1;
    fprintf(stderr,
            "%s: waiting: the pool at %s has no worker that takes tasks; start one with: femd worker --connect %s\n",
            p->adapter, p->address, p->address);
    return 0;
}

static femd_status host_connect(host_pool *p, femd_error *err) {
    char name[HOST_ADDRESS];
    FEMD_TRY(host_read_file(p, err));
    FEMD_TRY(host_address(p->address, err));
    const femd_client_config config = {
        .size = sizeof config, .address = p->address, .run = host_run(name), .progress = host_on_progress, .user = p};
    return femd_pointwise_open(&config, p->sweep, &p->points, err);
}

int host_pool_is_ours(const host_pool *p) {
    const int opener = atomic_load(&p->process);
    return opener == 0 || opener == getpid();
}

/* In a child the lock may be that of a thread that was left behind: this comes before it is taken. */
static femd_status host_check_process(const host_pool *p, femd_error *err) {
    if (host_pool_is_ours(p)) return FEMD_OK;
    return femd_fail(err, FEMD_BAD_ARGUMENT,
                     "%s: this process was forked from one that had asked femd already, and has no connection of its "
                     "own; let the host fork before its first increment",
                     p->adapter);
}

/* With the lock held. */
static femd_status host_open(host_pool *p, femd_error *err) {
    if (atomic_load(&p->process) == 0) {
        atomic_store(&p->process, getpid());
        p->failed = host_connect(p, &p->why);
        if (p->failed != FEMD_OK) femd_error_prefix(&p->why, "%s", p->adapter);
    }
    if (p->failed != FEMD_OK && err) *err = p->why;
    return p->failed;
}

/* ---- materials ---- */

typedef struct host_registration {
    const char *path;
    host_material *material;
    char remarks[1024];
} host_registration;

static femd_status host_register(femd_client *client, void *user, femd_error *err) {
    host_registration *r = user;
    host_material *m = r->material;
    FEMD_TRY(femd_client_material_file(client, r->path, *m->name ? m->name : NULL, &m->id, &m->capabilities, err));
    snprintf(r->remarks, sizeof r->remarks, "%s", femd_client_remarks(client, &m->id));
    return FEMD_OK;
}

/* With the lock held. */
static femd_status host_ready(host_pool *p, host_material *m, const host_material **material, femd_error *err) {
    if (!m->known) {
        host_registration r = {.path = p->path, .material = m};
        atomic_store(&p->drought.registering, 1);
        m->failed = femd_pointwise_call(p->points, host_register, &r, &m->why);
        atomic_store(&p->drought.registering, 0);
        m->known = 1;
        if (m->failed != FEMD_OK) femd_error_prefix(&m->why, "%s", p->adapter);
        if (*r.remarks) fprintf(stderr, "%s: %s%s%s\n", p->adapter, m->name, *m->name ? ": " : "", r.remarks);
    }
    if (m->failed != FEMD_OK && err) *err = m->why;
    *material = m;
    return m->failed;
}

static femd_status host_no_material(const host_pool *p, femd_error *err, const char *wanted) {
    char names[512] = "";
    int place = 1;
    for (const host_material *m = p->materials; m; m = m->next) {
        const size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%d %s", used ? ", " : "", place++, m->name);
    }
    return femd_fail(err, FEMD_BAD_INPUT, "%s: %s: no material %s; there is: %s", p->adapter, p->path, wanted, names);
}

/* NULL if there is none, or if several differ by case alone and none is written so. */
static host_material *host_find(const host_pool *p, const char *name, size_t length) {
    host_material *found = NULL;
    int alike = 0;
    if (length == 0) return p->materials->next ? NULL : p->materials;
    for (host_material *m = p->materials; m; m = m->next) {
        if (strlen(m->name) != length || strncasecmp(m->name, name, length) != 0) continue;
        if (memcmp(m->name, name, length) == 0) return m;
        found = m;
        alike++;
    }
    return alike == 1 ? found : NULL;
}

femd_status host_pool_material(host_pool *p, const char *name, size_t length, const host_material **material,
                               femd_error *err) {
    char wanted[128];
    *material = NULL;
    while (length > 0 && (name[length - 1] == ' ' || name[length - 1] == '\0')) length--;
    FEMD_TRY(host_check_process(p, err));
    pthread_mutex_lock(&p->lock);
    femd_status rc = host_open(p, err);
    if (rc == FEMD_OK) {
        host_material *m = host_find(p, name, length);
        snprintf(wanted, sizeof wanted, length ? "\"%.*s\"" : "is named%.*s", (int)length, length ? name : "");
        rc = m ? host_ready(p, m, material, err) : host_no_material(p, err, wanted);
    }
    pthread_mutex_unlock(&p->lock);
    return rc;
}

femd_status host_pool_material_at(host_pool *p, double place, const host_material **material, femd_error *err) {
    char wanted[64];
    *material = NULL;
    FEMD_TRY(host_check_process(p, err));
    pthread_mutex_lock(&p->lock);
    femd_status rc = host_open(p, err);
    if (rc == FEMD_OK) {
        host_material *m = p->materials;
        double at = 1;
        for (; m && at != place; at++) m = m->next;
        snprintf(wanted, sizeof wanted, "number %g", place);
        rc = m ? host_ready(p, m, material, err) : host_no_material(p, err, wanted);
    }
    pthread_mutex_unlock(&p->lock);
    return rc;
}

/* ---- calls ---- */

/* Counts a call that is under way, if it may begin: it begins within the lock, as does the end. */
static femd_status host_begin(host_pool *p, femd_error *err) {
    FEMD_TRY(host_check_process(p, err));
    pthread_mutex_lock(&p->lock);
    const femd_status rc = host_open(p, err);
    if (rc == FEMD_OK) atomic_fetch_add(&p->calls, 1);
    pthread_mutex_unlock(&p->lock);
    return rc;
}

femd_status host_pool_evaluate(host_pool *p, const host_material *material, const femd_arrays *arrays,
                               femd_status *worst, femd_error *err) {
    femd_arrays seeded = *arrays;
    seeded.seed = p->seed;
    FEMD_TRY(host_begin(p, err));
    const femd_status rc = femd_pointwise_arrays(p->points, &material->id, &seeded, worst, err);
    atomic_fetch_sub(&p->calls, 1);
    return rc == FEMD_OK ? rc : femd_error_prefix(err, "%s", p->adapter);
}

femd_status host_pool_call(host_pool *p, femd_pointwise_work work, void *user, femd_error *err) {
    FEMD_TRY(host_begin(p, err));
    const femd_status rc = femd_pointwise_call(p->points, work, user, err);
    atomic_fetch_sub(&p->calls, 1);
    return rc == FEMD_OK ? rc : femd_error_prefix(err, "%s", p->adapter);
}

void host_pool_say(host_pool *p, femd_status status, uint64_t occasion, const char *words) {
    int known = 0;
    if (host_check_process(p, NULL) != FEMD_OK) {
        fprintf(stderr, "%s\n", words);
        return;
    }
    pthread_mutex_lock(&p->lock);
    const size_t n = p->said_count < HOST_SAID ? p->said_count : HOST_SAID;
    for (size_t i = 0; i < n; i++) known |= p->said[i].status == status && p->said[i].occasion == occasion;
    if (!known) {
        p->said[p->said_count % HOST_SAID].status = status;
        p->said[p->said_count % HOST_SAID].occasion = occasion;
        p->said_count++;
        const size_t name = strlen(p->adapter);
        const int named = strncmp(words, p->adapter, name) == 0;
        fprintf(stderr, "%s%s%s\n", named ? "" : p->adapter, named ? "" : ": ", words);
    }
    pthread_mutex_unlock(&p->lock);
}

void host_pool_close(host_pool *p) {
    if (atomic_load(&p->process) != getpid()) return;
    pthread_mutex_lock(&p->lock);
    if (p->failed == FEMD_OK && atomic_load(&p->calls) == 0) {
        femd_pointwise_close(&p->points);
        p->failed = femd_fail(&p->why, FEMD_CANCELLED, "%s: the library was closed", p->adapter);
    }
    pthread_mutex_unlock(&p->lock);
}
