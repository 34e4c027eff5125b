/* Names of files that a case mentions. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "case/case_read.h"

char *case_join_path(const char *folder, const char *name) {
    size_t n = strlen(folder) + strlen(name) + 2;
    char *path = malloc(n);
    if (path) snprintf(path, n, "%s/%s", folder, name);
    return path;
}

char *case_path(const femd_case *c, const char *name) {
    return name[0] == '/' ? strdup(name) : case_join_path(c->folder, name);
}
