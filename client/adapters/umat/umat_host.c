/* What both interfaces say to the host, and what they refuse of it. */
#include <dlfcn.h>
#include <math.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "umat.h"

static atomic_flag host_ends = ATOMIC_FLAG_INIT;

/* The first thread that has to end the host does; others wait for that, since what they could return would be used. */
_Noreturn void umat_end(const char *fmt, ...) {
    if (!atomic_flag_test_and_set(&host_ends)) {
        char words[1400];
        va_list args;
        va_start(args, fmt);
        vsnprintf(words, sizeof words, fmt, args);
        va_end(args);
        const char *name = "libfemd_umat: ";
        if (strncmp(words, name, strlen(name)) == 0) name = "";
        fflush(stdout);
        fprintf(stderr, "\n%s%s\n%sthe analysis ends here\n", name, words, *name ? name : "libfemd_umat: ");
        void (*xit)(void) = NULL;
        *(void **)&xit = dlsym(RTLD_DEFAULT, "xit_"); /* Abaqus' way to end an analysis */
        if (xit) xit();
        exit(201);
    }
    for (;;) pause();
}

double umat_check_constants(int constants, const double *constant, int statev) {
    if (constants != UMAT_CONSTANTS)
        umat_end(
            "the material has %d constants, and is to have %d: the unit of stress of this analysis in Pa (1e6 where "
            "stresses are in MPa): *USER MATERIAL, CONSTANTS=1",
            constants, UMAT_CONSTANTS);
    if (!(*constant > 0) || !isfinite(*constant))
        umat_end(
            "the material's constant is %g: it is the unit of stress of this analysis in Pa (1e6 where stresses are in "
            "MPa)",
            *constant);
    if (statev < UMAT_STATEV)
        umat_end("the material has %d state variables, and needs %d, which name its state: *DEPVAR, %d", statev,
                 UMAT_STATEV, UMAT_STATEV);
    return *constant;
}

void umat_cut(double *pnewdt) {
    const double half = 0.5;
    if (!(*pnewdt > 0 && *pnewdt < half)) *pnewdt = half;
}

const char *umat_material(const char *name, size_t size, size_t *length) {
    const char *begin = name;
    size_t end = 0;
    while (end < size && name[end] && name[end] != ' ') end++;
    if (end && name[0] == '@') { /* @LIBRARY_FUNCTION@MATERIAL */
        begin = name + end;      /* none: the file's only one */
        for (size_t i = end; i-- > 1;)
            if (name[i] == '@') {
                begin = name + i + 1;
                break;
            }
    }
    *length = (size_t)(name + end - begin);
    return begin;
}

int umat_strain_is_of(const double *strain, const double *F) {
    static const int row[6] = {0, 1, 2, 0, 0, 1}, column[6] = {0, 1, 2, 1, 2, 2};
    double off = 0, off_linear = 0, size = 0;
    for (int c = 0; c < 6; c++) {
        const int i = row[c], j = column[c];
        double E = i == j ? -0.5 : 0;
        for (int k = 0; k < 3; k++) E += 0.5 * F[k + 3 * i] * F[k + 3 * j];
        const double linear = 0.5 * (F[i + 3 * j] + F[j + 3 * i]) - (i == j ? 1 : 0);
        off = fmax(off, fabs(E - strain[c]));
        off_linear = fmax(off_linear, fabs(linear - strain[c]));
        size = fmax(size, fmax(fabs(strain[c]), fabs(E)));
    }
    return fmin(off, off_linear) <= 1e-12 + 1e-9 * size;
}
