/* Which libfemd this is. */
#include "femd/client.h"

const char *femd_version(void) {
    return FEMD_VERSION;
}
