/* Trajectories in segments of which each is a series of samples for a spectrum: what a material says of them. The
 * methods green-kubo (samples of the heat flux) and fluid (of the stress) have this alike. */
#ifndef FEMD_SAMPLED_SEGMENTS_H
#define FEMD_SAMPLED_SEGMENTS_H

#include "dynamics/sampled_method.h"

typedef struct femd_sampled_segments {
    int equilibration; /* steps before each segment */
    int stride;        /* steps between samples */
    int samples, bins; /* of a segment, at first; frequencies kept */
    int fixed;         /* the material says how long a segment is; else it is doubled where what is sampled remembers
                          longer */
    int cepstral;      /* which estimator's value is reported */
} femd_sampled_segments;

/* Where the material says nothing. */
typedef struct femd_sampled_segments_defaults {
    const char *of;            /* what is sampled: "flux" */
    double forgets;            /* times 1/friction: equilibration before a segment */
    int equilibration_decades; /* below so many powers of ten of steps */
    double periods;            /* of the fastest vibration: length of a segment */
    double band;               /* of the highest frequency: frequencies kept */
    int stride;
    int doublings; /* of a segment, at the most */
} femd_sampled_segments_defaults;

/* equilibration, segment, stride, band, estimator, and min_segments and max_segments into common->first and most.
 * BAD_INPUT with words. */
FEMD_MUST_CHECK femd_status femd_sampled_segments_read(femd_sampled *common, const femd_sampled_words *words,
                                                       const femd_sampled_segments_defaults *defaults,
                                                       femd_sampled_segments *segments, femd_error *err);
/* Whether segments that were doubled so many times may be once more. */
int femd_sampled_segments_may_double(const femd_sampled_segments *segments,
                                     const femd_sampled_segments_defaults *defaults, int doublings);
/* How often they were, if they have so many samples; more or less of them belong to another material. */
int femd_sampled_segments_doublings(const femd_sampled_segments *segments,
                                    const femd_sampled_segments_defaults *defaults, uint32_t samples);

#endif
