/* Names of materials: of those that the server was given, and of those that the host has turned. Waits for nothing. */
#ifndef FEMD_CLIENT_NAMES_H
#define FEMD_CLIENT_NAMES_H

#include "client_private.h"

/* The material of that name that the server was given; NULL if there is none. */
client_material *client_find_material(const femd_client *c, const femd_hash *id);
/* The turned material of that name; NULL if it is none. */
const client_view *client_find_view(const femd_client *c, const femd_hash *id);
/* The material that the server knows, of a name that may be that of a turned one. */
const femd_hash *client_bare_material(const femd_client *c, const femd_hash *id);
/* *id: the material turned by Q, which is orthogonal; that of the material itself if Q is the identity. */
FEMD_MUST_CHECK femd_status client_add_view(femd_client *c, const femd_hash *material, const double Q[9], femd_hash *id,
                                            femd_error *err);

#endif
