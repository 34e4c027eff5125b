/* The sections of a case file, for case.c alone. The document has passed the schema when these are called. Each checks
 * what the schema cannot say, and names the key in its words. */
#ifndef FEMD_CASE_READ_H
#define FEMD_CASE_READ_H

#include "case/case.h"

/* case_materials.c: materials, orientations, their files. */
FEMD_MUST_CHECK femd_status case_read_materials(femd_case *c, femd_error *err);
/* case_boundary.c: boundary entries and whether the body is held. */
FEMD_MUST_CHECK femd_status case_read_boundary(femd_case *c, femd_error *err);

#endif
