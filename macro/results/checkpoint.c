/* The checkpoint: a committed step as one HDF5 file, written and read by rank 0 and spread by the numbers of the mesh
 * file, so that it knows nothing of ranks, workers or time of day. */
#include "results/checkpoint.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "femd/file.h"
#include "femd/hash.h"
#include "fields/constitutive.h"
#include "results/checkpoint_case.h"
#include "results/checkpoint_private.h"
#include "results/checkpoint_states.h"
#include "results/outfile.h"

enum { FORMAT = 17 };

/* ---- which case it is ---- */

static femd_status identity_read_file(const char *path, femd_buffer *out, femd_error *err) {
    const char *why;
    FILE *f = femd_file_open(path, &why);
    if (!f) return femd_fail(err, FEMD_IO, "cannot read %s: %s", path, why);
    femd_status rc = FEMD_OK;
    char piece[65536];
    for (size_t n; rc == FEMD_OK && (n = fread(piece, 1, sizeof piece, f)) > 0;)
        rc = femd_buffer_append(out, piece, n, err);
    if (rc == FEMD_OK && ferror(f)) rc = femd_fail(err, FEMD_IO, "cannot read %s", path);
    fclose(f);
    return rc;
}

/* Orientations of a table in a file, of which the document has the name alone. */
static femd_status identity_add_orientations(const femd_case *cs, femd_buffer *out, femd_error *err) {
    for (size_t k = 0; k < cs->nmaterials; ++k) {
        const femd_case_material *m = &cs->material[k];
        const int64_t cell = m->cell;
        if (!cJSON_IsString(femd_json_get(m->node, "orientations"))) continue;
        FEMD_TRY(femd_buffer_append(out, m->region, strlen(m->region) + 1, err));
        FEMD_TRY(femd_buffer_append(out, &cell, sizeof cell, err));
        FEMD_TRY(femd_buffer_append(out, m->orientation, sizeof m->orientation, err));
    }
    return FEMD_OK;
}

/* Hash of what is asked of the points and of the content of the materials and of the files of mesh and orientations. */
static femd_status identity_hash(const femd_problem *p, femd_hash *hash, femd_error *err) {
    femd_buffer b = FEMD_BUFFER_INIT;
    femd_status rc;
    FEMD_TRY_GOTO(rc, femd_buffer_append(&b, &p->cs->wants_committed, sizeof p->cs->wants_committed, err), done);
    const double reuse[2] = {p->cs->k_reuse_strain, p->cs->k_reuse_temperature};
    if (p->cs->k_reuse) FEMD_TRY_GOTO(rc, femd_buffer_append(&b, reuse, sizeof reuse, err), done);
    FEMD_TRY_GOTO(rc, femd_buffer_append(&b, p->material_id, p->cs->nmaterials * sizeof(femd_hash), err), done);
    FEMD_TRY_GOTO(rc, identity_add_orientations(p->cs, &b, err), done);
    if (p->cs->mesh.file) FEMD_TRY_GOTO(rc, identity_read_file(p->cs->mesh.file, &b, err), done);
    femd_hash_domain("case", b.data, b.size, hash);
done:
    femd_buffer_clear(&b);
    return rc;
}

/* The numerics level of the answers, zero-padded; all zero for a law without one. */
enum { LEVEL_BYTES = 16, TEXT_MAX = 1 << 26 };

static void identity_level(const femd_problem *p, char level[LEVEL_BYTES]) {
    memset(level, 0, LEVEL_BYTES);
    if (p->law->level) snprintf(level, LEVEL_BYTES, "%s", p->law->level(p->law->self));
}

static femd_status identity_check_level(const femd_problem *p, femd_h5 *f, const char *path, femd_error *err) {
    char level[LEVEL_BYTES], stored[LEVEL_BYTES];
    identity_level(p, level);
    FEMD_TRY(femd_h5_read(f, "level", H5T_STD_U8LE, sizeof stored, 0, stored, err));
    stored[LEVEL_BYTES - 1] = 0;
    if (strcmp(level, stored) == 0) return FEMD_OK;
    return femd_fail(err, FEMD_BAD_INPUT,
                     "%s was computed at the numerics level \"%s\", the server has \"%s\", which gives other bits; "
                     "start the server with --level %s, or run without --resume",
                     path, stored, level, stored);
}

static femd_status identity_write_document(const femd_problem *p, femd_h5 *f, femd_error *err) {
    femd_buffer text = FEMD_BUFFER_INIT;
    femd_status rc = femd_checkpoint_document(p->cs, &text, err);
    if (rc == FEMD_OK) rc = femd_h5_write(f, "document", H5T_STD_U8LE, text.size, 0, text.data, err);
    femd_buffer_clear(&text);
    return rc;
}

/* Text with its NUL. *text is the caller's. */
static femd_status identity_read_text(femd_h5 *f, const char *name, const char *path, char **text, femd_error *err) {
    hsize_t rows = 0, columns = 0;
    *text = NULL;
    FEMD_TRY(femd_h5_shape(f, name, &rows, &columns, err));
    if (rows == 0 || rows > TEXT_MAX || columns != 0)
        return femd_fail(err, FEMD_BAD_INPUT, "%s is damaged: its %s is no text", path, name);
    if (!(*text = calloc(rows + 1, 1))) return femd_fail(err, FEMD_NO_MEMORY, "no memory for a text");
    return femd_h5_read(f, name, H5T_STD_U8LE, rows, 0, *text, err);
}

static femd_status identity_write(const femd_problem *p, femd_h5 *f, femd_error *err) {
    int64_t format = FORMAT, step = p->step;
    femd_hash hash;
    FEMD_TRY(identity_hash(p, &hash, err));
    FEMD_TRY(femd_h5_write(f, "format", H5T_STD_I64LE, 1, 0, &format, err));
    FEMD_TRY(femd_h5_write(f, "case", H5T_STD_U8LE, sizeof hash, 0, &hash, err));
    char level[LEVEL_BYTES];
    identity_level(p, level);
    FEMD_TRY(femd_h5_write(f, "level", H5T_STD_U8LE, sizeof level, 0, level, err));
    FEMD_TRY(femd_h5_write(f, "step", H5T_STD_I64LE, 1, 0, &step, err));
    FEMD_TRY(femd_h5_write(f, "time", H5T_IEEE_F64LE, 1, 0, &p->time, err));
    FEMD_TRY(femd_h5_write(f, "dt", H5T_IEEE_F64LE, 1, 0, &p->dt, err));
    const double path[2] = {p->load_time, p->arc_scale};
    FEMD_TRY(femd_h5_write(f, "path", H5T_IEEE_F64LE, 2, 0, path, err));
    return identity_write_document(p, f, err);
}

typedef struct identity {
    int64_t step;
    double time, dt;
    double path[2];                /* load time, arc scale */
    int other_steps, other_solver; /* the case wants other increments, another solver than the one that wrote */
    uint64_t changes;              /* bytes of the list of changes, with its NUL */
    uint64_t builds[2];            /* zero in a checkpoint from before they were kept */
} identity;

/* Rank 0: the case against the one that wrote, and the list of all changes so far. */
static femd_status identity_compare(const femd_problem *p, femd_h5 *f, const char *path, identity *id, char **changes,
                                    femd_error *err) {
    char *document = NULL;
    femd_buffer fresh = FEMD_BUFFER_INIT, all = FEMD_BUFFER_INIT;
    femd_status rc;
    FEMD_TRY_GOTO(rc, identity_read_text(f, "document", path, &document, err), done);
    FEMD_TRY_GOTO(rc, identity_read_text(f, "changes", path, changes, err), done);
    FEMD_TRY_GOTO(rc, femd_checkpoint_compare(p->cs, document, id->path[0], path, &fresh, err), done);
    FEMD_TRY_GOTO(rc, femd_text_add(&all, err, "%s", *changes), done);
    for (size_t at = 0; at < fresh.size;) {
        const char *line = (const char *)fresh.data + at;
        const size_t n = (size_t)((const char *)memchr(line, '\n', fresh.size - at) - line);
        FEMD_TRY_GOTO(rc, femd_text_add(&all, err, "after step %d, %.*s\n", (int)id->step, (int)n, line), done);
        id->other_steps |= strncmp(line, "steps.", 6) == 0;
        id->other_solver |= strncmp(line, "solver.", 7) == 0 || strncmp(line, "petsc.", 6) == 0;
        at += n + 1;
    }
    FEMD_TRY_GOTO(rc, femd_buffer_append(&all, "", 1, err), done);
    free(*changes);
    *changes = (char *)all.data;
    id->changes = all.size;
    all = (femd_buffer)FEMD_BUFFER_INIT;
done:
    free(document);
    femd_buffer_clear(&fresh);
    femd_buffer_clear(&all);
    return rc;
}

static femd_status identity_read(const femd_problem *p, femd_h5 *f, const char *path, identity *id, char **changes,
                                 femd_error *err) {
    int64_t format = 0;
    femd_hash hash, stored;
    FEMD_TRY(femd_h5_read(f, "format", H5T_STD_I64LE, 1, 0, &format, err));
    if (format != FORMAT)
        return femd_fail(err, FEMD_BAD_INPUT, "%s has format %lld, this femd reads %d; run without --resume", path,
                         (long long)format, FORMAT);
    FEMD_TRY(femd_h5_read(f, "case", H5T_STD_U8LE, sizeof stored, 0, &stored, err));
    FEMD_TRY(identity_hash(p, &hash, err));
    FEMD_TRY(identity_check_level(p, f, path, err));
    FEMD_TRY(femd_h5_read(f, "step", H5T_STD_I64LE, 1, 0, &id->step, err));
    FEMD_TRY(femd_h5_read(f, "time", H5T_IEEE_F64LE, 1, 0, &id->time, err));
    FEMD_TRY(femd_h5_read(f, "dt", H5T_IEEE_F64LE, 1, 0, &id->dt, err));
    FEMD_TRY(femd_h5_read(f, "path", H5T_IEEE_F64LE, 2, 0, id->path, err));
    if (id->step < 0 || id->step > INT32_MAX || !isfinite(id->time) || !isfinite(id->dt) || !isfinite(id->path[0]) ||
        !isfinite(id->path[1]))
        return femd_fail(err, FEMD_BAD_INPUT, "%s is damaged: step, time or dt are no numbers of a run", path);
    if (femd_h5_has(f, "builds")) FEMD_TRY(femd_h5_read(f, "builds", H5T_STD_U64LE, 2, 0, id->builds, err));
    FEMD_TRY(identity_compare(p, f, path, id, changes, err)); /* first: its words name the key */
    if (femd_hash_equal(&hash, &stored)) return FEMD_OK;
    return femd_fail(err, FEMD_BAD_INPUT,
                     "%s belongs to another case: output.wants, output.conductivity_reuse, or the content of the mesh "
                     "file, of a table of orientations or of a material's files differ from those of %s; undo the "
                     "change, or run without --resume",
                     path, p->cs->path);
}

/* ---- whole files ---- */

static femd_status checkpoint_write_changes(const femd_history *h, femd_h5 *f, femd_error *err) {
    const char *text = h->changes ? h->changes : "";
    return femd_h5_write(f, "changes", H5T_STD_U8LE, strlen(text) + 1, 0, text, err);
}

/* The builds that answers came from: the first one's fingerprint, and 1 if there were others. */
static femd_status checkpoint_write_builds(const femd_history *h, femd_h5 *f, femd_error *err) {
    const uint64_t builds[2] = {h->builds.first, (uint64_t)h->builds.several};
    return femd_h5_write(f, "builds", H5T_STD_U64LE, 2, 0, builds, err);
}

femd_status femd_checkpoint_save(femd_problem *p, const femd_history *h, const char *path, femd_error *err) {
    femd_h5 *f = NULL;
    femd_status rc = FEMD_OK;
    if (p->rank == 0) {
        rc = femd_h5_create(path, &f, err);
        if (rc == FEMD_OK) rc = identity_write(p, f, err);
        if (rc == FEMD_OK) rc = checkpoint_write_changes(h, f, err);
        if (rc == FEMD_OK) rc = checkpoint_write_builds(h, f, err);
        if (rc == FEMD_OK) rc = femd_checkpoint_write_history(p->cs, h, f, err);
        if (rc == FEMD_OK) rc = femd_checkpoint_write_samples(p, f, err);
        if (rc == FEMD_OK) rc = femd_h5_group(f, "node", err);
        if (rc == FEMD_OK) rc = femd_h5_group(f, "point", err);
        if (rc == FEMD_OK) rc = femd_h5_group(f, "record", err); /* per point too, but made of round-off */
    }
    FEMD_TRY_GOTO(rc, femd_agree(p->comm, rc, err), done);
    FEMD_TRY_GOTO(rc, femd_checkpoint_columns(p, f, 1, err), done);
    FEMD_TRY_GOTO(rc, femd_blobs_save(p, f, err), done);
    if (p->rank == 0) rc = femd_h5_finish(&f, err);
    rc = femd_agree(p->comm, rc, err);
done:
    femd_h5_close(&f);
    return rc;
}

/* What rank 0 has read of the run goes to all; the increment is the one that was due, unless the case wants others. */
static femd_status checkpoint_take_identity(femd_problem *p, femd_history *h, identity *id, char *changes,
                                            femd_error *err) {
    (void)MPI_Bcast(id, (int)sizeof *id, MPI_BYTE, 0, p->comm);
    if (p->rank != 0) changes = calloc(id->changes + 1, 1);
    FEMD_TRY(femd_agree(p->comm, changes ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for a text"), err));
    (void)MPI_Bcast(changes, (int)id->changes, MPI_CHAR, 0, p->comm);
    free(h->changes);
    h->changes = changes;
    h->builds = (femd_builds){id->builds[0], id->builds[1] != 0};
    p->step = (int)id->step;
    p->time = id->time;
    p->load_time = id->path[0];
    p->arc_scale = id->path[1];
    p->dt = id->other_steps ? p->cs->end_time / p->cs->step_count : id->dt;
    return FEMD_OK;
}

femd_status femd_checkpoint_load(femd_problem *p, femd_history *h, const char *path, femd_error *err) {
    femd_h5 *f = NULL;
    identity id = {0};
    char *changes = NULL;
    femd_status rc = FEMD_OK;
    if (p->rank == 0) {
        rc = femd_h5_open(path, &f, err);
        if (rc == FEMD_OK) rc = identity_read(p, f, path, &id, &changes, err);
    }
    rc = femd_agree(p->comm, rc, err);
    if (rc != FEMD_OK) free(changes);
    if (rc == FEMD_OK) rc = checkpoint_take_identity(p, h, &id, changes, err);
    if (rc == FEMD_OK) rc = femd_checkpoint_load_history(p, h, f, err);
    if (rc == FEMD_OK && id.other_solver) p->direct = 0;
    if (rc == FEMD_OK) rc = femd_checkpoint_load_samples(p, f, err);
    if (rc == FEMD_OK) rc = femd_checkpoint_columns(p, f, 0, err);
    if (rc == FEMD_OK) rc = femd_blobs_load(p, f, err);
    femd_h5_close(&f);
    return rc;
}
