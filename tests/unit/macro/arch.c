/* A Gmsh file of six tetrahedra a block, bent into an arc of a circle. */
#include "arch.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

static const double half_span = 40, rise = 2, thickness = 1, width = 2;

static void arch_node(FILE *f, int number, double s, double y, double z) {
    const double R = (half_span * half_span + rise * rise) / (2 * rise), angle = asin(half_span / R) * (2 * s - 1);
    const double r = R + thickness * (z - 0.5);
    fprintf(f, "%d %.17g %.17g %.17g\n", number, r * sin(angle), width * y, r * cos(angle) - R + rise);
}

/* Corner (i, j, k) of the blocks. */
static int arch_corner(int i, int j, int k) {
    return 1 + 4 * i + 2 * j + k;
}

/* The six tetrahedra along the diagonal, one for each order of the axes. */
static void arch_block(FILE *f, int i, int *element) {
    static const int order[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (int p = 0; p < 6; ++p) {
        int at[3] = {i, 0, 0}, corner[4];
        for (int c = 0; c < 4; ++c) {
            corner[c] = arch_corner(at[0], at[1], at[2]);
            if (c < 3) at[order[p][c]]++;
        }
        const int odd = p == 1 || p == 2 || p == 5; /* turned inside out otherwise */
        fprintf(f, "%d 4 2 3 3 %d %d %d %d\n", ++*element, corner[0], corner[odd ? 2 : 1], corner[odd ? 1 : 2],
                corner[3]);
    }
}

static void arch_end(FILE *f, int i, int tag, int *element) {
    const int a = arch_corner(i, 0, 0), b = arch_corner(i, 1, 0), c = arch_corner(i, 0, 1), d = arch_corner(i, 1, 1);
    fprintf(f, "%d 2 2 %d %d %d %d %d\n", ++*element, tag, tag, a, b, d);
    fprintf(f, "%d 2 2 %d %d %d %d %d\n", ++*element, tag, tag, a, c, d);
}

static char *arch_mesh(int n) {
    char *path = strdup("/tmp/femd-arch-XXXXXX");
    int element = 0;
    const int fd = path ? mkstemp(path) : -1;
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (!f) abort();
    fprintf(f,
            "$MeshFormat\n2.2 0 8\n$EndMeshFormat\n$PhysicalNames\n3\n2 1 \"left\"\n2 2 \"right\"\n3 3 \"body\"\n"
            "$EndPhysicalNames\n$Nodes\n%d\n",
            4 * (n + 1));
    for (int i = 0; i <= n; ++i)
        for (int j = 0; j < 2; ++j)
            for (int k = 0; k < 2; ++k) arch_node(f, arch_corner(i, j, k), (double)i / n, j, k);
    fprintf(f, "$EndNodes\n$Elements\n%d\n", 6 * n + 4);
    arch_end(f, 0, 1, &element);
    arch_end(f, n, 2, &element);
    for (int i = 0; i < n; ++i) arch_block(f, i, &element);
    fprintf(f, "$EndElements\n");
    fclose(f);
    return path;
}

void arch_init(model *m, int n) {
    const double E = 1e9, nu = 0.3;
    model_init(m, &femd_element_p2, 1);
    m->cs.mesh.file = arch_mesh(n);
    m->law.lambda = nu / ((1 + nu) * (1 - 2 * nu)) * E;
    m->law.mu = E / (2 * (1 + nu));
    m->cs.rtol = 1e-7;
    m->cs.has_body_force = 1;
    m->cs.body_force[2] = -4e3;
    model_hold(m, "left", 0, 0, 0);
    model_hold(m, "right", 0, 0, 0);
}

double arch_sag(const model *m) {
    const femd_problem *p = m->p;
    double *u = malloc((p->displacement->n + 1) * sizeof *u), sum = 0, n = 0;
    femd_error err = FEMD_ERROR_INIT;
    if (!u || femd_field_get(p->displacement, u, &err) != FEMD_OK) abort();
    for (PetscInt i = 0; i < p->grid->nnodes; ++i) {
        if (fabs(p->grid->node_x[3 * i]) > 1e-6 * half_span) continue;
        sum -= u[3 * i + 2];
        n += 1;
    }
    free(u);
    return sum / n;
}

void arch_clear(model *m) {
    char *path = m->cs.mesh.file;
    model_clear(m);
    (void)unlink(path);
    free(path);
}
