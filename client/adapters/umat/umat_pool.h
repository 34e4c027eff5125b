/* The connection of libfemd_umat. */
#ifndef FEMD_ADAPTERS_UMAT_POOL_H
#define FEMD_ADAPTERS_UMAT_POOL_H

#include "host_pool.h"

extern host_pool umat_pool;

#endif
