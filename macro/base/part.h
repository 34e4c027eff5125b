/* Where the time of a run goes: every moment of a rank belongs to one part of the work. For reports; never read by what
 * makes results. */
#ifndef FEMD_PART_H
#define FEMD_PART_H

/* X(name, key): the parts, in the order in which a run first comes to them. */
#define FEMD_PART_LIST(X)                                                                                              \
    X(OTHER, "other")           /* starting, waiting for the server, all that is none of the following */              \
    X(MESH, "mesh")             /* reading or making it, checking, cutting, distributing */                            \
    X(SETUP, "setup")           /* fields, points, boundary */                                                         \
    X(MATRIX, "matrix")         /* its pattern */                                                                      \
    X(POINTS, "points")         /* requests, waiting for server and workers, answers */                                \
    X(ASSEMBLY, "assembly")     /* residuals and tangents */                                                           \
    X(LINEAR, "linear")         /* linear solver and its preconditioner */                                             \
    X(OUTPUT, "output")         /* fields of a step */                                                                 \
    X(TABLES, "tables")         /* history.csv, summary.json, fields.pvd */                                            \
    X(CHECKPOINT, "checkpoint") /* written or read */

typedef enum femd_part {
#define FEMD_PART_NAME(name, key) FEMD_PART_##name,
    FEMD_PART_LIST(FEMD_PART_NAME)
#undef FEMD_PART_NAME
        FEMD_PARTS
} femd_part;

typedef struct femd_part_cost {
    double wall, cpu; /* s of this process: the parts add up to all of it */
    double peak;      /* bytes of memory of this process at most, from the start until the part was last left */
} femd_part_cost;

/* From now on this process is at work on `part`. Returns the one that it left, to which a caller goes back at its end:
 * parts nest, and the time of an inner one is not that of the outer. */
femd_part femd_part_enter(femd_part part);
/* The same until the end of the block, whichever way it is left. */
#define FEMD_PART(name)                                                                                                \
    const femd_part part_before __attribute__((cleanup(femd_part_go_back), unused)) = femd_part_enter(FEMD_PART_##name)
void femd_part_go_back(const femd_part *before);
/* So far, the present part up to now. */
void femd_part_costs(femd_part_cost cost[FEMD_PARTS]);
/* The part's name in reports. */
const char *femd_part_key(femd_part part);

#endif
