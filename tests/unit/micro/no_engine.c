/* A shared object that is no engine. Whoever loads it runs its code, which leaves the file that FEMD_TEST_MARK names.
 */
#include <stdio.h>
#include <stdlib.h>

__attribute__((constructor)) static void no_engine_leave_mark(void) {
    const char *path = getenv("FEMD_TEST_MARK");
    FILE *file = path ? fopen(path, "w") : NULL;
    if (file) fclose(file);
}
