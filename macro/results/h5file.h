/* HDF5 as the checkpoint needs it: plain datasets, no timestamps, each with a checksum; a file appears whole or not at
 * all. */
#ifndef FEMD_H5FILE_H
#define FEMD_H5FILE_H

#include <hdf5.h>

#include "femd/error.h"

typedef struct femd_h5 femd_h5;

/* Begin PATH under a temporary name. IO. */
FEMD_MUST_CHECK femd_status femd_h5_create(const char *path, femd_h5 **f, femd_error *err);
/* Open PATH to read. IO if it is not there, BAD_INPUT if it is no HDF5 file. */
FEMD_MUST_CHECK femd_status femd_h5_open(const char *path, femd_h5 **f, femd_error *err);
/* Written file: flush it to the disk and give it its name. Closes in any case. */
FEMD_MUST_CHECK femd_status femd_h5_finish(femd_h5 **f, femd_error *err);
/* Close; a file being written is dropped. Accepts NULL. */
void femd_h5_close(femd_h5 **f);

/* Make a group such as "point". */
FEMD_MUST_CHECK femd_status femd_h5_group(femd_h5 *f, const char *name, femd_error *err);
/* 1 if a dataset or group of that name is there. */
int femd_h5_has(femd_h5 *f, const char *name);
/* Write a whole dataset of rank 1 or 2 (rows x columns; columns 0 = rank 1). data may be NULL: filled later by slabs.
 */
FEMD_MUST_CHECK femd_status femd_h5_write(femd_h5 *f, const char *name, hid_t type, hsize_t rows, hsize_t columns,
                                          const void *data, femd_error *err);
/* Write n rows of a dataset (elements, if it is of rank 1) from row `start` on. */
FEMD_MUST_CHECK femd_status femd_h5_write_slab(femd_h5 *f, const char *name, hid_t type, hsize_t start, hsize_t n,
                                               const void *data, femd_error *err);

/* So many rows of this size are some megabytes, and whole chunks of a dataset. */
hsize_t femd_h5_rows_at_once(size_t bytes);

/* Shape of a dataset; columns 0 = rank 1. BAD_INPUT if it is not there. */
FEMD_MUST_CHECK femd_status femd_h5_shape(femd_h5 *f, const char *name, hsize_t *rows, hsize_t *columns,
                                          femd_error *err);
/* BAD_INPUT with the words for a dataset that should be of this shape and is not. */
FEMD_MUST_CHECK femd_status femd_h5_wrong_shape(femd_h5 *f, const char *name, hsize_t rows, hsize_t columns,
                                                femd_error *err);
/* Read a whole dataset of exactly this shape. BAD_INPUT if the shape differs or the data are damaged. */
FEMD_MUST_CHECK femd_status femd_h5_read(femd_h5 *f, const char *name, hid_t type, hsize_t rows, hsize_t columns,
                                         void *data, femd_error *err);
FEMD_MUST_CHECK femd_status femd_h5_read_slab(femd_h5 *f, const char *name, hid_t type, hsize_t start, hsize_t n,
                                              void *data, femd_error *err);

#endif
