/* One run at a time in a folder of results. The launcher and the solver that it starts hold a place each in one small
 * file, since either may be started alone; the kernel lets go of a place when its holder dies, however that happens. */
#ifndef FEMD_FOLDER_LOCK_H
#define FEMD_FOLDER_LOCK_H

#include "femd/error.h"

#define FEMD_FOLDER_LOCK_NAME ".femd.lock"

/* LAUNCHER is refused beside another launcher and beside any solver; SOLVER beside another solver. */
typedef enum femd_folder_place { FEMD_FOLDER_LAUNCHER, FEMD_FOLDER_SOLVER } femd_folder_place;

typedef struct femd_folder_lock {
    int held;
    int fd; /* while held; not for children that exec */
    femd_folder_place place;
    char *path; /* owned */
} femd_folder_lock;

/* Take a place in FOLDER, which exists, until femd_folder_lock_end. BAD_INPUT if another run works in it, with its pid
 * and start; IO if the file cannot be written. A file system without locks grants every place. */
FEMD_MUST_CHECK femd_status femd_folder_lock_begin(const char *folder, femd_folder_place place, femd_folder_lock *lock,
                                                   femd_error *err);
/* Let go; the last one takes the file away. Nothing if it is not held. */
void femd_folder_lock_end(femd_folder_lock *lock);

#endif
