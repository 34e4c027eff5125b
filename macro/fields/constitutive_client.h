/* The material answers of a femd server, through libfemd. */
#ifndef FEMD_CONSTITUTIVE_CLIENT_H
#define FEMD_CONSTITUTIVE_CLIENT_H

#include "femd/client.h"
#include "fields/constitutive.h"

/* client is borrowed; *law is the caller's, released by femd_constitutive_destroy. */
FEMD_MUST_CHECK femd_status femd_constitutive_client(femd_client *client, femd_constitutive **law, femd_error *err);

#endif
