/* femd: the FE-MD coupling server. Public header of libfemd. */
#ifndef FEMD_H
#define FEMD_H

#include "femd/arrays.h"
#include "femd/client.h"
#include "femd/error.h"
#include "femd/kinematics.h"
#include "femd/pointwise.h"
#include "femd/status.h"
#include "femd/types.h"

#endif
