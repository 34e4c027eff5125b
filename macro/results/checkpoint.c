/* The checkpoint: a committed step as one HDF5 file, written and read by rank 0 and spread by the numbers of the mesh
 * file, so that it knows nothing of ranks, workers or time of day. */
#include "results/checkpoint.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "femd/hash.h"
#include "fields/constitutive.h"
#include "results/checkpoint_private.h"
#include "results/checkpoint_states.h"

enum { FORMAT = 6 };

/* ---- which case it is ---- */

static femd_status identity_read_file(const char *path, femd_buffer *out, femd_error *err) {
    FILE *f = fopen(path, "rb");
    if (!f) return femd_fail(err, FEMD_IO, "cannot read %s", path);
    femd_status rc = FEMD_OK;
    char piece[65536];
    for (size_t n; rc == FEMD_OK && (n = fread(piece, 1, sizeof piece, f)) > 0;)
        rc = femd_buffer_append(out, piece, n, err);
    if (rc == FEMD_OK && ferror(f)) rc = femd_fail(err, FEMD_IO, "cannot read %s", path);
    fclose(f);
    return rc;
}

/* The case without what has no effect on the solution. */
static femd_status identity_add_document(const femd_case *cs, femd_buffer *b, femd_error *err) {
    static const char *const without_effect[] = {"title", "description", "output"};
    cJSON *copy = cJSON_Duplicate(cs->doc.root, 1);
    for (size_t i = 0; copy && i < sizeof without_effect / sizeof *without_effect; ++i)
        cJSON_DeleteItemFromObjectCaseSensitive(copy, without_effect[i]);
    char *text = copy ? femd_json_canonical(copy) : NULL;
    femd_status rc = text ? femd_buffer_append(b, text, strlen(text) + 1, err)
                          : femd_fail(err, FEMD_NO_MEMORY, "no memory to hash the case");
    free(text);
    cJSON_Delete(copy);
    return rc;
}

/* Hash of the document, what is asked of the points, the content of the materials and of the mesh file. */
static femd_status identity_hash(const femd_problem *p, femd_hash *hash, femd_error *err) {
    femd_buffer b = FEMD_BUFFER_INIT;
    femd_status rc;
    FEMD_TRY_GOTO(rc, identity_add_document(p->cs, &b, err), done);
    FEMD_TRY_GOTO(rc, femd_buffer_append(&b, &p->cs->wants_committed, sizeof p->cs->wants_committed, err), done);
    const double reuse[2] = {p->cs->k_reuse_strain, p->cs->k_reuse_temperature};
    if (p->cs->k_reuse) FEMD_TRY_GOTO(rc, femd_buffer_append(&b, reuse, sizeof reuse, err), done);
    FEMD_TRY_GOTO(rc, femd_buffer_append(&b, p->material_id, p->cs->nmaterials * sizeof(femd_hash), err), done);
    if (p->cs->mesh.file) FEMD_TRY_GOTO(rc, identity_read_file(p->cs->mesh.file, &b, err), done);
    femd_hash_domain("case", b.data, b.size, hash);
done:
    femd_buffer_clear(&b);
    return rc;
}

/* The numerics level of the answers, zero-padded; all zero for a law without one. */
enum { LEVEL_BYTES = 16 };

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
    return femd_h5_write(f, "dt", H5T_IEEE_F64LE, 1, 0, &p->dt, err);
}

typedef struct identity {
    int64_t step;
    double time, dt;
} identity;

static femd_status identity_read(const femd_problem *p, femd_h5 *f, const char *path, identity *id, femd_error *err) {
    int64_t format = 0;
    femd_hash hash, stored;
    FEMD_TRY(femd_h5_read(f, "format", H5T_STD_I64LE, 1, 0, &format, err));
    if (format != FORMAT)
        return femd_fail(err, FEMD_BAD_INPUT, "%s has format %lld, this femd reads %d; run without --resume", path,
                         (long long)format, FORMAT);
    FEMD_TRY(femd_h5_read(f, "case", H5T_STD_U8LE, sizeof stored, 0, &stored, err));
    FEMD_TRY(identity_hash(p, &hash, err));
    if (!femd_hash_equal(&hash, &stored))
        return femd_fail(
            err, FEMD_BAD_INPUT,
            "%s belongs to another case: mesh, materials, potential files, boundary, steps, element, solver, "
            "output.wants "
            "or output.conductivity_reuse differ from those of %s; undo the change, or run without --resume",
            path, p->cs->path);
    FEMD_TRY(identity_check_level(p, f, path, err));
    FEMD_TRY(femd_h5_read(f, "step", H5T_STD_I64LE, 1, 0, &id->step, err));
    FEMD_TRY(femd_h5_read(f, "time", H5T_IEEE_F64LE, 1, 0, &id->time, err));
    FEMD_TRY(femd_h5_read(f, "dt", H5T_IEEE_F64LE, 1, 0, &id->dt, err));
    if (id->step < 0 || id->step > INT32_MAX || !isfinite(id->time) || !isfinite(id->dt))
        return femd_fail(err, FEMD_BAD_INPUT, "%s is damaged: step, time or dt are no numbers of a run", path);
    return FEMD_OK;
}

/* ---- whole files ---- */

femd_status femd_checkpoint_save(femd_problem *p, const femd_history *h, const char *path, femd_error *err) {
    femd_h5 *f = NULL;
    femd_status rc = FEMD_OK;
    if (p->rank == 0) {
        rc = femd_h5_create(path, &f, err);
        if (rc == FEMD_OK) rc = identity_write(p, f, err);
        if (rc == FEMD_OK) rc = femd_checkpoint_write_history(h, f, err);
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

femd_status femd_checkpoint_load(femd_problem *p, femd_history *h, const char *path, femd_error *err) {
    femd_h5 *f = NULL;
    identity id = {0, 0, 0};
    femd_status rc = FEMD_OK;
    if (p->rank == 0) {
        rc = femd_h5_open(path, &f, err);
        if (rc == FEMD_OK) rc = identity_read(p, f, path, &id, err);
    }
    FEMD_TRY_GOTO(rc, femd_agree(p->comm, rc, err), done);
    (void)MPI_Bcast(&id, (int)sizeof id, MPI_BYTE, 0, p->comm);
    p->step = (int)id.step;
    p->time = id.time;
    p->dt = id.dt;
    FEMD_TRY_GOTO(rc, femd_checkpoint_load_history(p, h, f, err), done);
    FEMD_TRY_GOTO(rc, femd_checkpoint_columns(p, f, 0, err), done);
    rc = femd_blobs_load(p, f, err);
done:
    femd_h5_close(&f);
    return rc;
}
