/* Files that are read: whatever is no file is known at once. */
#ifndef FEMD_FILE_H
#define FEMD_FILE_H

#include <stdio.h>

/* Open a regular file to be read; the caller closes it. NULL with the reason in *why, which lasts until the next call
 * of this thread into libc: a folder, a pipe, a socket or a device is none, and nobody waits for its other end. */
FILE *femd_file_open(const char *path, const char **why);

#endif
