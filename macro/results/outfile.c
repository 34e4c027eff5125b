/* Text buffers, whole-or-nothing files and the output folder. Knows names and bytes; never what is in them. */
#include "results/outfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static femd_status text_vadd(femd_buffer *b, femd_error *err, const char *fmt, va_list ap) {
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    femd_status rc = n < 0 ? femd_fail(err, FEMD_INTERNAL, "cannot format a line of output")
                           : femd_buffer_reserve(b, (size_t)n + 1, err);
    if (rc == FEMD_OK) {
        vsnprintf((char *)b->data + b->size, (size_t)n + 1, fmt, again);
        b->size += (size_t)n;
    }
    va_end(again);
    return rc;
}

femd_status femd_text_add(femd_buffer *b, femd_error *err, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    femd_status rc = text_vadd(b, err, fmt, ap);
    va_end(ap);
    return rc;
}

femd_status femd_text_number(femd_buffer *b, double v, const char *nan, femd_error *err) {
    if (!isfinite(v)) return femd_text_add(b, err, "%s", nan);
    char text[40];
    for (int digits = 15; digits <= 17; ++digits) {
        snprintf(text, sizeof text, "%.*g", digits, v);
        if (strtod(text, NULL) == v) break;
    }
    return femd_text_add(b, err, "%s", text);
}

femd_status femd_text_json_string(femd_buffer *b, const char *s, femd_error *err) {
    FEMD_TRY(femd_text_add(b, err, "\""));
    for (const unsigned char *c = (const unsigned char *)s; *c; ++c) {
        if (*c == '"' || *c == '\\')
            FEMD_TRY(femd_text_add(b, err, "\\%c", *c));
        else if (*c < 0x20 || *c == 0x7f)
            FEMD_TRY(femd_text_add(b, err, "\\u%04x", *c));
        else
            FEMD_TRY(femd_buffer_append(b, c, 1, err));
    }
    return femd_text_add(b, err, "\"");
}

static femd_status write_all(int fd, const char *p, size_t n) {
    while (n > 0) {
        ssize_t k = write(fd, p, n);
        if (k < 0 && errno == EINTR) continue;
        if (k <= 0) return FEMD_IO;
        p += k;
        n -= (size_t)k;
    }
    return fsync(fd) == 0 || errno == EINVAL || errno == EROFS ? FEMD_OK : FEMD_IO;
}

femd_status femd_file_replace(const char *path, const void *data, size_t size, femd_error *err) {
    char *tmp = NULL;
    if (asprintf(&tmp, "%s.tmp", path) < 0) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a file name");
    femd_status rc = FEMD_OK;
    int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) {
        rc = femd_fail(err, FEMD_IO, "cannot write %s: %s", tmp, strerror(errno));
        free(tmp);
        return rc;
    }
    if (write_all(fd, data, size) != FEMD_OK) rc = femd_fail(err, FEMD_IO, "cannot write %s: %s", tmp, strerror(errno));
    if (close(fd) != 0 && rc == FEMD_OK) rc = femd_fail(err, FEMD_IO, "cannot write %s: %s", tmp, strerror(errno));
    if (rc == FEMD_OK && rename(tmp, path) != 0)
        rc = femd_fail(err, FEMD_IO, "cannot rename %s to %s: %s", tmp, path, strerror(errno));
    if (rc != FEMD_OK) unlink(tmp);
    free(tmp);
    return rc;
}

char *femd_path_join(const char *folder, const char *fmt, ...) {
    char *name = NULL, *path = NULL;
    va_list ap;
    va_start(ap, fmt);
    int n = vasprintf(&name, fmt, ap);
    va_end(ap);
    if (n < 0) return NULL;
    if (asprintf(&path, "%s/%s", folder, name) < 0) path = NULL;
    free(name);
    return path;
}

/* ---- the folder ---- */

static femd_status make_parents(char *path, femd_error *err) {
    for (char *c = path + 1; *c; ++c) {
        if (*c != '/') continue;
        *c = 0;
        int failed = mkdir(path, 0777) != 0 && errno != EEXIST;
        int why = errno;
        if (failed) femd_fail(err, FEMD_IO, "cannot make the folder %s: %s", path, strerror(why));
        *c = '/';
        if (failed) return FEMD_IO;
    }
    return FEMD_OK;
}

femd_status femd_outdir_make(const char *folder, femd_error *err) {
    char *path = strdup(folder);
    if (!path) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a folder name");
    femd_status rc =
        path[0] ? make_parents(path, err) : femd_fail(err, FEMD_BAD_INPUT, "the output folder has no name");
    free(path);
    FEMD_TRY(rc);
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        return femd_fail(err, FEMD_IO, "cannot make the output folder %s: %s", folder, strerror(errno));
    struct stat st;
    if (stat(folder, &st) != 0 || !S_ISDIR(st.st_mode))
        return femd_fail(err, FEMD_IO, "%s is no folder; give another one with --out", folder);
    if (access(folder, W_OK | X_OK) != 0)
        return femd_fail(err, FEMD_IO, "cannot write into the output folder %s: %s", folder, strerror(errno));
    return FEMD_OK;
}

/* Step number of "step_0007.pvtu", "step_0007_3.vtu" (and their .tmp); -1 if name is none. */
static int step_of(const char *name) {
    int step = -1, rank = -1, used = 0;
    if (sscanf(name, "step_%d.pvtu%n", &step, &used) == 1 && used > 0 && step >= 0) {
        if (!name[used] || strcmp(name + used, ".tmp") == 0) return step;
    }
    used = 0;
    if (sscanf(name, "step_%d_%d.vtu%n", &step, &rank, &used) == 2 && used > 0 && step >= 0 && rank >= 0) {
        if (!name[used] || strcmp(name + used, ".tmp") == 0) return step;
    }
    return -1;
}

/* Step number of "local_17_0003.state" and of the fields that femd fields makes of it; -1 if name is none. */
static int local_step_of(const char *name) {
    static const char *const ends[] = {"state", "vti", "vts", "xyz", "json"};
    unsigned long long id;
    int step = -1, used = 0;
    char stem[64];
    if (sscanf(name, "local_%llu_%d.%n", &id, &step, &used) != 2 || used == 0 || step < 0) return -1;
    snprintf(stem, sizeof stem, "local_%llu_%04d.", id, step);
    if (strncmp(name, stem, strlen(stem)) != 0) return -1; /* local_17_03.state is not */
    for (size_t i = 0; i < sizeof ends / sizeof *ends; ++i) {
        const size_t n = strlen(ends[i]);
        if (strncmp(name + used, ends[i], n) == 0 && (!name[used + n] || strcmp(name + used + n, ".tmp") == 0))
            return step;
    }
    return -1;
}

static int is_local_collection(const char *name) {
    unsigned long long id;
    int used = 0;
    return sscanf(name, "local_%llu.pvd%n", &id, &used) == 1 && used > 0 &&
           (!name[used] || strcmp(name + used, ".tmp") == 0);
}

static int is_point_state(const char *name) {
    unsigned long long id;
    int used = 0;
    if (sscanf(name, "point-%llu.state%n", &id, &used) != 1 || used == 0) return 0;
    return !name[used] || strcmp(name + used, ".tmp") == 0;
}

/* What femd plot draws of a run is no picture of the next. */
static int is_picture(const char *name) {
    static const char *const stems[] = {"plot-load", "plot-convergence", "plot-field"};
    for (size_t i = 0; i < sizeof stems / sizeof *stems; ++i) {
        const size_t n = strlen(stems[i]);
        if (strncmp(name, stems[i], n) == 0 && (strcmp(name + n, ".png") == 0 || strcmp(name + n, ".svg") == 0))
            return 1;
    }
    return 0;
}

int femd_outdir_is_ours(const char *name) {
    static const char *const fixed[] = {"summary.json", "history.csv", "fields.pvd", "checkpoint.h5"};
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; ++i) {
        size_t n = strlen(fixed[i]);
        if (strncmp(name, fixed[i], n) == 0 && (!name[n] || strcmp(name + n, ".tmp") == 0)) return 1;
    }
    return step_of(name) >= 0 || local_step_of(name) >= 0 || is_local_collection(name) || is_point_state(name) ||
           is_picture(name);
}

femd_status femd_outdir_clean(const char *folder, int after, femd_error *err) {
    DIR *dir = opendir(folder);
    if (!dir) {
        if (errno == ENOENT) return FEMD_OK;
        return femd_fail(err, FEMD_IO, "cannot read the output folder %s: %s", folder, strerror(errno));
    }
    femd_status rc = FEMD_OK;
    for (struct dirent *e; rc == FEMD_OK && (e = readdir(dir));) {
        int remove_it = after < 0 ? femd_outdir_is_ours(e->d_name)
                                  : step_of(e->d_name) > after || local_step_of(e->d_name) > after ||
                                        is_local_collection(e->d_name);
        if (!remove_it) continue;
        if (unlinkat(dirfd(dir), e->d_name, 0) != 0 && errno != ENOENT)
            rc = femd_fail(err, FEMD_IO, "cannot remove the old result %s/%s: %s", folder, e->d_name, strerror(errno));
    }
    closedir(dir);
    return rc;
}
