/* The checkpoint: a committed step as one HDF5 file, written and read by rank 0 and spread by the numbers of the mesh
 * file, so that it knows nothing of ranks, workers or time of day. */
#include "results/checkpoint.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "femd/hash.h"
#include "results/checkpoint_states.h"
#include "results/h5file.h"

enum { FORMAT = 4 };

/* ---- which case it is ---- */

static femd_status read_whole(const char *path, femd_buffer *out, femd_error *err) {
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
static femd_status add_document(const femd_case *cs, femd_buffer *b, femd_error *err) {
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
static femd_status case_hash(const femd_problem *p, femd_hash *hash, femd_error *err) {
    femd_buffer b = FEMD_BUFFER_INIT;
    femd_status rc;
    FEMD_TRY_GOTO(rc, add_document(p->cs, &b, err), done);
    FEMD_TRY_GOTO(rc, femd_buffer_append(&b, &p->cs->wants_committed, sizeof p->cs->wants_committed, err), done);
    const double reuse[2] = {p->cs->k_reuse_strain, p->cs->k_reuse_temperature};
    if (p->cs->k_reuse) FEMD_TRY_GOTO(rc, femd_buffer_append(&b, reuse, sizeof reuse, err), done);
    FEMD_TRY_GOTO(rc, femd_buffer_append(&b, p->material_id, p->cs->nmaterials * sizeof(femd_hash), err), done);
    if (p->cs->mesh.file) FEMD_TRY_GOTO(rc, read_whole(p->cs->mesh.file, &b, err), done);
    femd_hash_domain("case", b.data, b.size, hash);
done:
    femd_buffer_clear(&b);
    return rc;
}

/* The numerics level of the pool, zero-padded; all zero for a law without a pool. */
enum { LEVEL_BYTES = 16 };

static void level_of(const femd_problem *p, char level[LEVEL_BYTES]) {
    memset(level, 0, LEVEL_BYTES);
    if (p->client) snprintf(level, LEVEL_BYTES, "%s", femd_client_level(p->client));
}

static femd_status check_level(const femd_problem *p, femd_h5 *f, const char *path, femd_error *err) {
    char level[LEVEL_BYTES], stored[LEVEL_BYTES];
    level_of(p, level);
    FEMD_TRY(femd_h5_read(f, "level", H5T_STD_U8LE, sizeof stored, 0, stored, err));
    stored[LEVEL_BYTES - 1] = 0;
    if (strcmp(level, stored) == 0) return FEMD_OK;
    return femd_fail(err, FEMD_BAD_INPUT,
                     "%s was computed at the numerics level \"%s\", the server has \"%s\", which gives other bits; "
                     "start the server with --level %s, or run without --resume",
                     path, stored, level, stored);
}

static femd_status write_identity(const femd_problem *p, femd_h5 *f, femd_error *err) {
    int64_t format = FORMAT, step = p->step;
    femd_hash hash;
    FEMD_TRY(case_hash(p, &hash, err));
    FEMD_TRY(femd_h5_write(f, "format", H5T_STD_I64LE, 1, 0, &format, err));
    FEMD_TRY(femd_h5_write(f, "case", H5T_STD_U8LE, sizeof hash, 0, &hash, err));
    char level[LEVEL_BYTES];
    level_of(p, level);
    FEMD_TRY(femd_h5_write(f, "level", H5T_STD_U8LE, sizeof level, 0, level, err));
    FEMD_TRY(femd_h5_write(f, "step", H5T_STD_I64LE, 1, 0, &step, err));
    FEMD_TRY(femd_h5_write(f, "time", H5T_IEEE_F64LE, 1, 0, &p->time, err));
    return femd_h5_write(f, "dt", H5T_IEEE_F64LE, 1, 0, &p->dt, err);
}

typedef struct identity {
    int64_t step;
    double time, dt;
} identity;

static femd_status read_identity(const femd_problem *p, femd_h5 *f, const char *path, identity *id, femd_error *err) {
    int64_t format = 0;
    femd_hash hash, stored;
    FEMD_TRY(femd_h5_read(f, "format", H5T_STD_I64LE, 1, 0, &format, err));
    if (format != FORMAT)
        return femd_fail(err, FEMD_BAD_INPUT, "%s has format %lld, this femd reads %d; run without --resume", path,
                         (long long)format, FORMAT);
    FEMD_TRY(femd_h5_read(f, "case", H5T_STD_U8LE, sizeof stored, 0, &stored, err));
    FEMD_TRY(case_hash(p, &hash, err));
    if (!femd_hash_equal(&hash, &stored))
        return femd_fail(
            err, FEMD_BAD_INPUT,
            "%s belongs to another case: mesh, materials, potential files, boundary, steps, element, solver, "
            "output.wants "
            "or output.conductivity_reuse differ from those of %s; undo the change, or run without --resume",
            path, p->cs->path);
    FEMD_TRY(check_level(p, f, path, err));
    FEMD_TRY(femd_h5_read(f, "step", H5T_STD_I64LE, 1, 0, &id->step, err));
    FEMD_TRY(femd_h5_read(f, "time", H5T_IEEE_F64LE, 1, 0, &id->time, err));
    FEMD_TRY(femd_h5_read(f, "dt", H5T_IEEE_F64LE, 1, 0, &id->dt, err));
    if (id->step < 0 || id->step > INT32_MAX || !isfinite(id->time) || !isfinite(id->dt))
        return femd_fail(err, FEMD_BAD_INPUT, "%s is damaged: step, time or dt are no numbers of a run", path);
    return FEMD_OK;
}

/* ---- data by global number ---- */

typedef struct column {
    char name[80];
    hid_t type;
    size_t element; /* bytes */
    hsize_t columns;
    void *data;
} column;

/* How the file holds the types of FEMD_POINT_LIST. */
#define POINT_TYPE(member)                                                                                             \
    _Generic((member), femd_hash * : H5T_STD_U8LE, int32_t * : H5T_STD_I32LE, default : H5T_IEEE_F64LE)
#define POINT_ELEMENT(member) (_Generic((member), femd_hash * : 1, int32_t * : 4, default : sizeof(double)))

#define COUNT_LINE(member, type, entries, wants, dataset) +1
enum { COLUMNS_MAX = 0 FEMD_POINT_LIST(COUNT_LINE) + 2 * FEMD_QUANTITIES };
#undef COUNT_LINE

static column one_column(const char *group, const char *name, hid_t type, size_t element, size_t bytes, void *data) {
    column x = {.type = type, .element = element, .columns = bytes / element, .data = data};
    snprintf(x.name, sizeof x.name, "%s%s", group, name);
    return x;
}

static column wanted_column(const femd_quantity *q, const char *suffix, double *data) {
    column x = one_column("point/", q->key, H5T_IEEE_F64LE, sizeof *data, q->numbers * sizeof *data, data);
    strncat(x.name, suffix, sizeof x.name - strlen(x.name) - 1);
    return x;
}

/* All arrays of the points that are kept, in the order of their lists. */
static size_t list_columns(const femd_points *pt, column list[COLUMNS_MAX]) {
    size_t n = 0;
#define POINT_COLUMN(member, type, entries, wants, dataset)                                                            \
    if ((dataset) && pt->member)                                                                                       \
        list[n++] = one_column("", dataset, POINT_TYPE(pt->member), POINT_ELEMENT(pt->member),                         \
                               (entries) * sizeof *pt->member, pt->member);
    FEMD_POINT_LIST(POINT_COLUMN)
#undef POINT_COLUMN
    for (size_t i = 0; i < pt->nwanted; ++i) {
        const femd_wanted *w = pt->wanted + i;
        list[n++] = wanted_column(w->what, "", w->value);
        if (w->error) list[n++] = wanted_column(w->what, "_error", w->error);
    }
    return n;
}

static femd_status save_column(femd_problem *p, femd_rows *rows, const column *x, femd_h5 *f, femd_error *err) {
    uint64_t total = femd_rows_total(rows);
    size_t bytes = x->element * x->columns;
    void *global = p->rank == 0 ? malloc(total * bytes + 1) : NULL;
    femd_status rc = p->rank == 0 && !global
                         ? femd_fail(err, FEMD_NO_MEMORY, "no memory for \"%s\" of all ranks", x->name)
                         : FEMD_OK;
    FEMD_TRY_GOTO(rc, femd_agree(p->comm, rc, err), done);
    FEMD_TRY_GOTO(rc, femd_rows_gather(rows, x->data, bytes, global, err), done);
    if (p->rank == 0) rc = femd_h5_write(f, x->name, x->type, total, x->columns, global, err);
    rc = femd_agree(p->comm, rc, err);
done:
    free(global);
    return rc;
}

static femd_status load_column(femd_problem *p, femd_rows *rows, const column *x, femd_h5 *f, femd_error *err) {
    uint64_t total = femd_rows_total(rows);
    size_t bytes = x->element * x->columns;
    void *global = p->rank == 0 ? malloc(total * bytes + 1) : NULL;
    femd_status rc = p->rank == 0 && !global
                         ? femd_fail(err, FEMD_NO_MEMORY, "no memory for \"%s\" of all ranks", x->name)
                         : FEMD_OK;
    if (rc == FEMD_OK && p->rank == 0) rc = femd_h5_read(f, x->name, x->type, total, x->columns, global, err);
    FEMD_TRY_GOTO(rc, femd_agree(p->comm, rc, err), done);
    rc = femd_rows_scatter(rows, global, bytes, x->data, err);
done:
    free(global);
    return rc;
}

static femd_status exchange_points(femd_problem *p, femd_h5 *f, int saving, femd_error *err) {
    column list[COLUMNS_MAX];
    const size_t columns = list_columns(p->pt, list);
    femd_rows *rows = NULL;
    FEMD_TRY(femd_rows_create(p->comm, p->pt->id, (size_t)p->pt->n, &rows, err));
    femd_status rc = FEMD_OK;
    for (size_t i = 0; i < columns && rc == FEMD_OK; ++i)
        rc = saving ? save_column(p, rows, list + i, f, err) : load_column(p, rows, list + i, f, err);
    femd_rows_destroy(&rows);
    return rc;
}

/* ---- fields at the nodes, by their number in the whole mesh ---- */

/* Rows of the nodes that this rank owns: their numbers, and which local nodes they are. */
typedef struct owned_nodes {
    size_t n, components;
    uint64_t *number;
    PetscInt *local;
    double *row;  /* n x components */
    double *node; /* all local nodes x components */
} owned_nodes;

static void owned_clear(owned_nodes *o) {
    free(o->number);
    free(o->local);
    free(o->row);
    free(o->node);
}

static femd_status owned_init(owned_nodes *o, const femd_field *x, femd_error *err) {
    const femd_grid *grid = x->grid;
    const size_t n = (size_t)grid->nnodes;
    *o = (owned_nodes){0,
                       (size_t)x->components,
                       calloc(n + 1, sizeof(uint64_t)),
                       calloc(n + 1, sizeof(PetscInt)),
                       calloc(x->n + 1, sizeof(double)),
                       calloc(x->n + 1, sizeof(double))};
    if (!o->number || !o->local || !o->row || !o->node)
        return femd_fail(err, FEMD_NO_MEMORY, "no memory for the %s of %zu nodes", x->kind->name, n);
    for (PetscInt i = 0; i < grid->nnodes; ++i) {
        if (!grid->node_owned[i]) continue;
        o->number[o->n] = grid->node_file[i];
        o->local[o->n++] = i;
    }
    return FEMD_OK;
}

static void copy_rows(owned_nodes *o, int to_rows) {
    for (size_t i = 0; i < o->n; ++i) {
        double *row = o->row + o->components * i, *node = o->node + o->components * (size_t)o->local[i];
        memcpy(to_rows ? row : node, to_rows ? node : row, o->components * sizeof *row);
    }
}

static femd_status exchange_field(femd_problem *p, femd_field *at_nodes, femd_h5 *f, int saving, femd_error *err) {
    femd_rows *rows = NULL;
    owned_nodes o;
    femd_status rc = femd_agree(p->comm, owned_init(&o, at_nodes, err), err);
    column x = one_column("node/", at_nodes->kind->name, H5T_IEEE_F64LE, sizeof *o.row,
                          (size_t)at_nodes->components * sizeof *o.row, o.row);
    if (rc == FEMD_OK) rc = femd_rows_create(p->comm, o.number, o.n, &rows, err);
    if (rc == FEMD_OK && saving) {
        FEMD_TRY_GOTO(rc, femd_agree(p->comm, femd_field_get(at_nodes, o.node, err), err), done);
        copy_rows(&o, 1);
        rc = save_column(p, rows, &x, f, err);
    } else if (rc == FEMD_OK) {
        FEMD_TRY_GOTO(rc, load_column(p, rows, &x, f, err), done);
        copy_rows(&o, 0);
        rc = femd_agree(p->comm, femd_field_set(at_nodes, o.node, err), err);
    }
done:
    femd_rows_destroy(&rows);
    owned_clear(&o);
    return rc;
}

static femd_status exchange_fields(femd_problem *p, femd_h5 *f, int saving, femd_error *err) {
    for (size_t i = 0; i < p->nfields; ++i) FEMD_TRY(exchange_field(p, p->field[i], f, saving, err));
    return FEMD_OK;
}

/* ---- history ---- */

enum { INTEGERS = 13, NUMBERS = 6 + 12 + 64 + 14 };

/* Numbers of a row of history/numbers: those above, the reactions, what output.wants asks. */
static size_t row_width(const femd_history *h) {
    return NUMBERS + 3 * h->nboundary + femd_wanted_numbers(h->wants);
}

static void pack_row(const femd_history *h, const femd_history_row *row, int64_t *k, double *v) {
    const femd_step_record *r = &row->rec;
    const int64_t integers[INTEGERS] = {r->step,
                                        r->newton,
                                        r->cuts,
                                        r->nresiduals,
                                        (int64_t)r->evaluations,
                                        (int64_t)r->force_evaluations,
                                        r->failed_points,
                                        row->fields,
                                        (int64_t)r->k_sampled,
                                        (int64_t)r->k_reused,
                                        (int64_t)r->k_noted,
                                        r->k_carriers,
                                        r->notes};
    const double numbers[6] = {r->time, r->dt, r->reference, r->energy, r->hill_mandel_max, r->stability_min};
    memcpy(k, integers, sizeof integers);
    memcpy(v, numbers, sizeof numbers);
    memcpy(v + 6, row->E_mean, sizeof row->E_mean);
    memcpy(v + 12, row->S_mean, sizeof row->S_mean);
    for (int i = 0; i < 64; ++i) v[18 + i] = i < r->nresiduals ? r->residual[i] : 0;
    memcpy(v + 82, r->k_mean, sizeof r->k_mean);
    v[88] = r->k_error_max;
    v[89] = r->noise;
    memcpy(v + 90, r->ke_mean, sizeof r->ke_mean);
    memcpy(v + NUMBERS, r->reaction, 3 * h->nboundary * sizeof *v);
    memcpy(v + NUMBERS + 3 * h->nboundary, row->wanted, femd_wanted_numbers(h->wants) * sizeof *v);
}

static femd_status unpack_row(femd_history *h, const int64_t *k, double *v, femd_error *err) {
    femd_history_row row = {.rec = {.step = (int)k[0],
                                    .newton = (int)k[1],
                                    .cuts = (int)k[2],
                                    .nresiduals = (int)k[3],
                                    .evaluations = (uint64_t)k[4],
                                    .force_evaluations = (uint64_t)k[5],
                                    .failed_points = (int)k[6],
                                    .time = v[0],
                                    .dt = v[1],
                                    .reference = v[2],
                                    .energy = v[3],
                                    .hill_mandel_max = v[4],
                                    .stability_min = v[5],
                                    .reaction = v + NUMBERS,
                                    .k_sampled = (uint64_t)k[8],
                                    .k_reused = (uint64_t)k[9],
                                    .k_noted = (uint64_t)k[10],
                                    .k_carriers = (uint32_t)k[11],
                                    .notes = (uint32_t)k[12],
                                    .k_error_max = v[88],
                                    .noise = v[89]},
                            .wanted = v + NUMBERS + 3 * h->nboundary,
                            .fields = (int)k[7]};
    if (row.rec.nresiduals < 0 || row.rec.nresiduals > 64)
        return femd_fail(err, FEMD_BAD_INPUT, "the history in the checkpoint is damaged");
    memcpy(row.E_mean, v + 6, sizeof row.E_mean);
    memcpy(row.S_mean, v + 12, sizeof row.S_mean);
    memcpy(row.rec.residual, v + 18, sizeof row.rec.residual);
    memcpy(row.rec.k_mean, v + 82, sizeof row.rec.k_mean);
    memcpy(row.rec.ke_mean, v + 90, sizeof row.rec.ke_mean);
    return femd_history_add(h, &row, err);
}

static femd_status history_arrays(size_t n, size_t width, int64_t **k, double **v, femd_error *err) {
    *k = calloc(n * INTEGERS + 1, sizeof **k);
    *v = calloc(n * width + 1, sizeof **v);
    return *k && *v ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the history of %zu steps", n);
}

static femd_status write_history(const femd_history *h, femd_h5 *f, femd_error *err) {
    size_t width = row_width(h);
    int64_t *k = NULL;
    double *v = NULL;
    femd_status rc;
    FEMD_TRY_GOTO(rc, history_arrays(h->n, width, &k, &v, err), done);
    for (size_t i = 0; i < h->n; ++i) pack_row(h, h->row + i, k + i * INTEGERS, v + i * width);
    FEMD_TRY_GOTO(rc, femd_h5_group(f, "history", err), done);
    FEMD_TRY_GOTO(rc, femd_h5_write(f, "history/integers", H5T_STD_I64LE, h->n, INTEGERS, k, err), done);
    rc = femd_h5_write(f, "history/numbers", H5T_IEEE_F64LE, h->n, width, v, err);
done:
    free(k);
    free(v);
    return rc;
}

/* All ranks get the rows that rank 0 reads. */
static femd_status load_history(femd_problem *p, femd_history *h, femd_h5 *f, femd_error *err) {
    h->nboundary = p->cs->nboundary;
    h->wants = p->cs->wants_committed;
    size_t width = row_width(h);
    hsize_t rows = 0, columns = 0;
    int64_t *k = NULL;
    double *v = NULL;
    femd_status rc = p->rank == 0 ? femd_h5_shape(f, "history/integers", &rows, &columns, err) : FEMD_OK;
    if (rc == FEMD_OK && rows > 1000000)
        rc = femd_fail(err, FEMD_BAD_INPUT, "the history in the checkpoint is damaged");
    FEMD_TRY_GOTO(rc, femd_agree(p->comm, rc, err), done);
    uint64_t n = rows;
    (void)MPI_Bcast(&n, 1, MPI_UINT64_T, 0, p->comm);
    rc = history_arrays(n, width, &k, &v, err);
    if (rc == FEMD_OK && p->rank == 0) rc = femd_h5_read(f, "history/integers", H5T_STD_I64LE, n, INTEGERS, k, err);
    if (rc == FEMD_OK && p->rank == 0) rc = femd_h5_read(f, "history/numbers", H5T_IEEE_F64LE, n, width, v, err);
    FEMD_TRY_GOTO(rc, femd_agree(p->comm, rc, err), done);
    (void)MPI_Bcast(k, (int)(n * INTEGERS), MPI_INT64_T, 0, p->comm);
    (void)MPI_Bcast(v, (int)(n * width), MPI_DOUBLE, 0, p->comm);
    for (uint64_t i = 0; i < n && rc == FEMD_OK; ++i) rc = unpack_row(h, k + i * INTEGERS, v + i * width, err);
    rc = femd_agree(p->comm, rc, err);
done:
    free(k);
    free(v);
    return rc;
}

/* ---- whole files ---- */

femd_status femd_checkpoint_save(femd_problem *p, const femd_history *h, const char *path, femd_error *err) {
    femd_h5 *f = NULL;
    femd_status rc = FEMD_OK;
    if (p->rank == 0) {
        rc = femd_h5_create(path, &f, err);
        if (rc == FEMD_OK) rc = write_identity(p, f, err);
        if (rc == FEMD_OK) rc = write_history(h, f, err);
        if (rc == FEMD_OK) rc = femd_h5_group(f, "node", err);
        if (rc == FEMD_OK) rc = femd_h5_group(f, "point", err);
        if (rc == FEMD_OK) rc = femd_h5_group(f, "record", err); /* per point too, but made of round-off */
    }
    FEMD_TRY_GOTO(rc, femd_agree(p->comm, rc, err), done);
    FEMD_TRY_GOTO(rc, exchange_fields(p, f, 1, err), done);
    FEMD_TRY_GOTO(rc, exchange_points(p, f, 1, err), done);
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
        if (rc == FEMD_OK) rc = read_identity(p, f, path, &id, err);
    }
    FEMD_TRY_GOTO(rc, femd_agree(p->comm, rc, err), done);
    (void)MPI_Bcast(&id, (int)sizeof id, MPI_BYTE, 0, p->comm);
    p->step = (int)id.step;
    p->time = id.time;
    p->dt = id.dt;
    FEMD_TRY_GOTO(rc, load_history(p, h, f, err), done);
    FEMD_TRY_GOTO(rc, exchange_fields(p, f, 0, err), done);
    FEMD_TRY_GOTO(rc, exchange_points(p, f, 0, err), done);
    rc = femd_blobs_load(p, f, err);
done:
    femd_h5_close(&f);
    return rc;
}
