/* What a user should know of a material, one remark a line, in a text of fixed size: whole remarks as far as they fit,
 * and then a line that says how many are left out. */
#ifndef FEMD_REMARKS_H
#define FEMD_REMARKS_H

#include <stdarg.h>
#include <stddef.h>

#include "femd/status.h"

/* Add a line to `text` of `size` bytes (64 or more; "" or made by these functions). Without room it is counted. */
void femd_remarks_add(char *text, size_t size, const char *line);
void femd_remarks_vadd(char *text, size_t size, const char *format, va_list args) FEMD_PRINTF(3, 0);
/* Add each line of `lines`, made by these functions or not; what was left out there is left out here. */
void femd_remarks_add_all(char *text, size_t size, const char *lines);
/* The same lines in a text of another size: as they are if they fit. */
void femd_remarks_copy(char *text, size_t size, const char *lines);

#endif
