/* VTK XML files for ParaView: one .vtu piece per rank, a .pvtu over the pieces, a .pvd over the steps.
 * Appended raw little-endian data with UInt64 headers: doubles keep their bits, NaN included. */
#ifndef FEMD_VTU_H
#define FEMD_VTU_H

#include "femd/buffer.h"

typedef enum femd_vtu_type { FEMD_VTU_FLOAT64, FEMD_VTU_INT64, FEMD_VTU_INT32, FEMD_VTU_UINT8 } femd_vtu_type;

/* One array over points or cells. */
typedef struct femd_vtu_array {
    const char *name; /* borrowed, plain ASCII */
    femd_vtu_type type;
    int components;
    const char *const *label; /* `components` names, or NULL */
    const void *data;         /* tuples x components, borrowed; ignored in a .pvtu */
} femd_vtu_array;

/* A mesh of one cell type and its arrays. */
typedef struct femd_vtu {
    size_t npoints, ncells;
    int cell_type;        /* VTK's number of it */
    int cell_points;      /* points of a cell */
    const double *points; /* npoints x 3 */
    const char *unit;     /* of lengths, told in the file's field data; NULL: not told */
    const int64_t *conn;  /* ncells x cell_points, VTK's order */
    size_t npoint_arrays, ncell_arrays;
    const femd_vtu_array *point_array, *cell_array;
} femd_vtu;

/* The bytes of a .vtu. A mesh without cells is valid. */
FEMD_MUST_CHECK femd_status femd_vtu_encode(const femd_vtu *v, femd_buffer *out, femd_error *err);
/* The text of a .pvtu over pieces PIECE_0.vtu ... (piece is printed as "%s_%d.vtu"). */
FEMD_MUST_CHECK femd_status femd_pvtu_encode(const femd_vtu *v, const char *piece, int pieces, femd_buffer *out,
                                             femd_error *err);

typedef struct femd_pvd_entry {
    double time;
    int step; /* file step_%04d.pvtu */
} femd_pvd_entry;
FEMD_MUST_CHECK femd_status femd_pvd_encode(const femd_pvd_entry *entry, size_t n, femd_buffer *out, femd_error *err);

#endif
