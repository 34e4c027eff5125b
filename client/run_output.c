/* The folder of results as the launcher sees it: made before the run, described after it. The solver alone writes
 * results. */
#include "run_output.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "femd/file.h"

/* ---- names ---- */

static int run_output_ends_with(const char *s, size_t n, const char *end) {
    const size_t m = strlen(end);
    return n >= m && strncmp(s + n - m, end, m) == 0;
}

femd_status run_output_default(const char *case_path, char **folder, femd_error *err) {
    char *full = realpath(case_path, NULL);
    const char *p =
        full && (strcmp(case_path, "case.json") == 0 || run_output_ends_with(case_path, strlen(case_path), "."))
            ? full
            : case_path;
    size_t n = strlen(p);
    while (n > 1 && p[n - 1] == '/') n--;
    if (run_output_ends_with(p, n, "/case.json"))
        n -= strlen("/case.json");
    else if (run_output_ends_with(p, n, ".json"))
        n -= strlen(".json");
    if (asprintf(folder, "%.*s.out", (int)n, p) < 0) *folder = NULL;
    free(full);
    return *folder ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for a path");
}

static femd_status run_output_path_in(const char *folder, const char *name, char **path, femd_error *err) {
    if (asprintf(path, "%s/%s", folder, name) >= 0) return FEMD_OK;
    *path = NULL;
    return femd_fail(err, FEMD_NO_MEMORY, "no memory for a path");
}

/* ---- making and removing ---- */

femd_status run_output_make_folders(const char *folder, int *made, femd_error *err) {
    char path[PATH_MAX];
    if (folder[0] == '\0' || strlen(folder) >= sizeof path)
        return femd_fail(err, FEMD_BAD_INPUT, "a folder's path of %zu characters", strlen(folder));
    snprintf(path, sizeof path, "%s", folder);
    *made = 0;
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(path, 0777) != 0 && errno != EEXIST)
            return femd_fail(err, FEMD_BAD_INPUT, "cannot make the folder %s: %s", path, strerror(errno));
        *slash = '/';
    }
    struct stat st;
    if (mkdir(path, 0777) == 0)
        *made = 1;
    else if (errno != EEXIST)
        return femd_fail(err, FEMD_BAD_INPUT, "cannot make the folder %s: %s", path, strerror(errno));
    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
        return femd_fail(err, FEMD_BAD_INPUT, "%s exists and is no folder", path);
    return FEMD_OK;
}

femd_status run_output_open(const char *folder, int resume, run_output *o, femd_error *err) {
    char *path = NULL;
    *o = (run_output){.folder = strdup(folder)};
    if (!o->folder) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a path");
    FEMD_TRY(run_output_make_folders(folder, &o->made, err));
    FEMD_TRY(femd_folder_lock_begin(folder, FEMD_FOLDER_LAUNCHER, &o->lock, err));
    FEMD_TRY(run_output_path_in(folder, "log.txt", &path, err));
    o->log = resume ? NULL : fopen(path, "we");
    if (o->log) fclose(o->log);
    o->log = fopen(path, "ae"); /* the solver adds to it too */
    if (o->log) setenv("FEMD_LOG", path, 1);
    femd_status rc = o->log ? FEMD_OK : femd_fail(err, FEMD_BAD_INPUT, "cannot write %s: %s", path, strerror(errno));
    free(path);
    if (o->log) setvbuf(o->log, NULL, _IOLBF, 0);
    return rc;
}

void run_output_close(run_output *o, int code) {
    char *path = NULL;
    if (o->log) fclose(o->log);
    femd_folder_lock_end(&o->lock);
    int record = 0; /* of a run that was refused by its answers */
    if (o->folder && run_output_path_in(o->folder, "summary.json", &path, NULL) == FEMD_OK)
        record = access(path, F_OK) == 0;
    free(path);
    path = NULL;
    if (o->folder && code == 2 && o->made && !record &&
        run_output_path_in(o->folder, "log.txt", &path, NULL) == FEMD_OK) {
        unlink(path);
        rmdir(o->folder); /* only if empty */
    }
    free(path);
    free(o->folder);
    *o = (run_output){0};
}

/* ---- whole files ---- */

femd_status run_output_read(const char *path, femd_buffer *out, femd_error *err) {
    const char *why;
    FILE *f = femd_file_open(path, &why);
    if (!f) return femd_fail(err, FEMD_BAD_INPUT, "cannot read %s: %s", path, why);
    femd_status rc = FEMD_OK;
    for (size_t n = 1; rc == FEMD_OK && n > 0;) {
        rc = femd_buffer_reserve(out, 1u << 16, err);
        if (rc != FEMD_OK) break;
        n = fread(out->data + out->size, 1, 1u << 16, f);
        out->size += n;
    }
    if (rc == FEMD_OK && ferror(f)) rc = femd_fail(err, FEMD_IO, "cannot read %s: %s", path, strerror(errno));
    fclose(f);
    return rc;
}

femd_status run_output_write(const char *path, const void *data, size_t size, femd_error *err) {
    char *part = NULL;
    if (asprintf(&part, "%s.part", path) < 0) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a path");
    FILE *f = fopen(part, "wbe");
    int bad = !f;
    if (f) {
        bad = fwrite(data, 1, size, f) != size;
        bad |= fclose(f) != 0;
    }
    if (!bad) bad = rename(part, path) != 0;
    const int why = errno;
    if (bad) unlink(part);
    free(part);
    return bad ? femd_fail(err, FEMD_IO, "cannot write %s: %s", path, strerror(why)) : FEMD_OK;
}

/* ---- summary ---- */

static femd_status run_output_print_summary(const femd_json *doc, const char *folder, femd_error *err) {
    const cJSON *steps = femd_json_get(doc->root, "steps"), *micro = femd_json_get(doc->root, "micro"),
                *run = femd_json_get(doc->root, "run");
    if (!cJSON_IsArray(steps)) return femd_fail(err, FEMD_IO, "%s: no steps", doc->name);
    double newton = 0, cuts = 0, since = 0; /* evaluations of the steps that this run made itself */
    const double resumed = femd_json_number(run, "resumed_from", 0);
    char part[48] = "";
    const cJSON *last = NULL;
    if (resumed > 0) snprintf(part, sizeof part, ", since step %.0f", resumed);
    for (const cJSON *s = steps->child; s; s = s->next) {
        newton += femd_json_number(s, "newton", 0);
        cuts += femd_json_number(s, "cuts", 0);
        if (femd_json_number(s, "step", 0) > resumed) since += femd_json_number(s, "evaluations", 0);
        last = s;
    }
    const double evaluations = femd_json_number(micro, "evaluations", 0), reused = femd_json_number(run, "reused", 0);
    printf("\n  %-22s %s\n", "status", femd_json_string(doc->root, "status", "?"));
    printf("  %-22s %d to time %g, %.0f cut\n", "steps", cJSON_GetArraySize(steps), femd_json_number(last, "time", 0),
           cuts);
    printf("  %-22s %.0f\n", "Newton iterations", newton);
    char whole[64] = "";
    if (resumed > 0) snprintf(whole, sizeof whole, " since step %.0f, %.0f in all", resumed, evaluations);
    printf("  %-22s %.0f%s, %.1f %% reused\n", "evaluations", resumed > 0 ? since : evaluations, whole,
           since > 0 ? 100 * reused / since : 0);
    const double convicted = femd_json_number(run, "convicted", 0);
    printf("  %-22s %.0f confirmed by another worker, %.0f that no other could be asked for%s%s\n", "audits",
           femd_json_number(run, "audited", 0), femd_json_number(run, "unaudited", 0), part,
           convicted > 0 ? "; A WORKER WAS CONVICTED, see log.txt" : "");
    printf("  %-22s %.0f\n", "force evaluations", femd_json_number(micro, "force_evaluations", 0));
    printf("  %-22s %.1e\n", "Hill-Mandel residual", femd_json_number(micro, "hill_mandel_max", 0));
    printf("  %-22s %.1f s with %.0f workers%s\n", "wall time", femd_json_number(run, "wall_s", 0),
           femd_json_number(run, "workers", 0), part);
    printf("  %-22s %s: fields.pvd (ParaView), history.csv, summary.json, log.txt\n", "results in", folder);
    return FEMD_OK;
}

femd_status run_output_summary(const char *folder, femd_error *err) {
    char *path = NULL;
    femd_json doc = FEMD_JSON_INIT;
    FEMD_TRY(run_output_path_in(folder, "summary.json", &path, err));
    femd_status rc = femd_json_read(path, &doc, err);
    if (rc == FEMD_OK) rc = run_output_print_summary(&doc, folder, err);
    femd_json_clear(&doc);
    free(path);
    return rc;
}

/* ---- dump of a point ---- */

/* The material whose id stands in the state's header. */
static const model *run_output_maker_of(const femd_case *c, const model *models, const femd_bytes *blob) {
    femd_bytes body;
    for (size_t i = 0; i < c->nmaterials; i++)
        if (femd_state_open(blob, femd_material_id(models[i].material), &body, NULL) == FEMD_OK) return &models[i];
    return NULL;
}

femd_status run_output_dump(const char *folder, const char *point, const femd_case *c, const model *models, int quiet,
                            femd_error *err) {
    char *from = NULL, *to = NULL;
    femd_buffer blob = FEMD_BUFFER_INIT, text = FEMD_BUFFER_INIT;
    if (asprintf(&from, "%s/point-%s.state", folder, point) < 0) from = NULL;
    if (asprintf(&to, "%s/point-%s.xyz", folder, point) < 0) to = NULL;
    if (from && to && access(from, F_OK) != 0) { /* the solver has said why */
        (void)unlink(to);
        free(from);
        free(to);
        return FEMD_OK;
    }
    femd_status rc =
        from && to ? run_output_read(from, &blob, err) : femd_fail(err, FEMD_NO_MEMORY, "no memory for a path");
    const femd_bytes bytes = {blob.data, blob.size};
    const model *m = rc == FEMD_OK && blob.size ? run_output_maker_of(c, models, &bytes)
                     : c->nmaterials == 1       ? &models[0]
                                                : NULL;
    if (rc == FEMD_OK && !m)
        rc = femd_fail(err, FEMD_BAD_INPUT, "%s: made by none of the materials of this case", from);
    if (rc == FEMD_OK) rc = femd_material_dump(m->material, &bytes, &text, err);
    if (rc == FEMD_OK) rc = run_output_write(to, text.data, text.size, err);
    if (rc == FEMD_OK && !quiet) printf("  %-22s %s\n", "atoms of the point in", to);
    femd_buffer_clear(&blob);
    femd_buffer_clear(&text);
    free(from);
    free(to);
    return rc;
}
