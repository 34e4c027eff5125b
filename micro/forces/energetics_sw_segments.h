/* The forces of Stillinger-Weber taken apart into segments: what the form puts in its table. */
#ifndef FEMD_ENERGETICS_SW_SEGMENTS_H
#define FEMD_ENERGETICS_SW_SEGMENTS_H

#include "forces/energetics_segments.h"

FEMD_MUST_CHECK femd_status femd_sw_segments(femd_energetics *e, femd_segments *out, femd_error *err);

#endif
