/* The samples of conductivities in the checkpoint: with them a run goes on as if it had never stopped. */
#include <stdlib.h>
#include <string.h>

#include "base/collective.h"
#include "fields/heat.h"
#include "results/checkpoint_private.h"

enum { SAMPLES_MOST = 1 << 20 };

/* Sums of thermal stresses that are sampled, a row for each material. */
static femd_status samples_write_thermal(const femd_problem *p, femd_h5 *f, femd_error *err) {
    size_t width;
    const size_t n = femd_heat_thermal_rows(p, &width);
    if (n == 0) return FEMD_OK;
    double *rows = malloc(n * width * sizeof *rows);
    if (!rows) return femd_fail(err, FEMD_NO_MEMORY, "no memory for the sums of thermal stresses");
    femd_heat_thermal_get(p, rows);
    const femd_status rc = femd_h5_write(f, "conductivity/thermal_stress", H5T_IEEE_F64LE, n, width, rows, err);
    free(rows);
    return rc;
}

static femd_status samples_load_thermal(femd_problem *p, femd_h5 *f, femd_error *err) {
    size_t width;
    const size_t n = femd_heat_thermal_rows(p, &width);
    if (n == 0) return FEMD_OK;
    double *rows = malloc(n * width * sizeof *rows);
    femd_status rc = rows ? FEMD_OK : femd_fail(err, FEMD_NO_MEMORY, "no memory for the sums of thermal stresses");
    if (rc == FEMD_OK && p->rank == 0)
        rc = femd_h5_read(f, "conductivity/thermal_stress", H5T_IEEE_F64LE, n, width, rows, err);
    rc = femd_agree(p->comm, rc, err);
    if (rc == FEMD_OK) (void)MPI_Bcast(rows, (int)(n * width), MPI_DOUBLE, 0, p->comm);
    if (rc == FEMD_OK) rc = femd_heat_thermal_put(p, rows, err);
    free(rows);
    return rc;
}

femd_status femd_checkpoint_write_samples(const femd_problem *p, femd_h5 *f, femd_error *err) {
    size_t n, width;
    uint64_t asked;
    const double *sample = femd_heat_samples(p, &n, &width, &asked);
    if (!sample) return FEMD_OK;
    const int64_t count = (int64_t)asked;
    FEMD_TRY(femd_h5_group(f, "conductivity", err));
    FEMD_TRY(femd_h5_write(f, "conductivity/asked", H5T_STD_I64LE, 1, 0, &count, err));
    FEMD_TRY(femd_h5_write(f, "conductivity/samples", H5T_IEEE_F64LE, n, width, sample, err));
    return samples_write_thermal(p, f, err);
}

femd_status femd_checkpoint_load_samples(femd_problem *p, femd_h5 *f, femd_error *err) {
    size_t n, width;
    uint64_t asked, head[2] = {0};
    int64_t count = 0;
    hsize_t rows = 0, columns = 0;
    if (!femd_heat_samples(p, &n, &width, &asked)) return FEMD_OK;
    femd_status rc = FEMD_OK;
    if (p->rank == 0) rc = femd_h5_shape(f, "conductivity/samples", &rows, &columns, err);
    if (rc == FEMD_OK && p->rank == 0) rc = femd_h5_read(f, "conductivity/asked", H5T_STD_I64LE, 1, 0, &count, err);
    if (rc == FEMD_OK && (rows > SAMPLES_MOST || count < (int64_t)rows || count > SAMPLES_MOST))
        rc = femd_fail(err, FEMD_BAD_INPUT, "the samples of conductivities in the checkpoint are damaged");
    FEMD_TRY(femd_agree(p->comm, rc, err));
    head[0] = rows;
    head[1] = (uint64_t)count;
    (void)MPI_Bcast(head, 2, MPI_UINT64_T, 0, p->comm);
    double *sample = calloc(head[0] * width + 1, sizeof *sample);
    if (!sample)
        rc = femd_fail(err, FEMD_NO_MEMORY, "no memory for the samples of conductivities");
    else if (p->rank == 0)
        rc = femd_h5_read(f, "conductivity/samples", H5T_IEEE_F64LE, head[0], width, sample, err);
    rc = femd_agree(p->comm, rc, err);
    if (rc == FEMD_OK) (void)MPI_Bcast(sample, (int)(head[0] * width), MPI_DOUBLE, 0, p->comm);
    if (rc == FEMD_OK) rc = femd_heat_put_samples(p, sample, head[0], head[1], err);
    free(sample);
    return rc == FEMD_OK ? samples_load_thermal(p, f, err) : rc;
}
