/* Which libfemd this is, and that what lies in arrays of the caller's is laid out as its SOVERSION says
 * (docs/versions.md). */
#include "femd/client.h"

/* Once a release has this SOVERSION (CMakeLists.txt), whoever changes these raises it: programs of before would read
 * and write the wrong places. Lengths of arrays are those of the list of quantities. */
#ifndef FEMD_QUANTITIES_EXTRA
_Static_assert(sizeof(void *) != 8 ||
                   (sizeof(femd_hash) == 32 && sizeof(femd_error) == 1028 && sizeof(femd_request) == 168 &&
                    sizeof(femd_response) == 3592 && sizeof(femd_work) == 32 && sizeof(femd_capabilities) == 48 &&
                    sizeof(femd_quantity) == 96),
               "a new layout needs a new SOVERSION");
#endif

const char *femd_version(void) {
    return FEMD_VERSION;
}
