/* Writer of mapped meshes in Gmsh's format 2.2, ten nodes a cell. */
#include "mapped.h"

static const int mapped_corner[6][4] = {{0, 1, 3, 7}, {0, 2, 6, 7}, {0, 4, 5, 7},
                                        {0, 5, 1, 7}, {0, 3, 2, 7}, {0, 6, 4, 7}};
/* Ends of the edges, as Gmsh orders their middles. */
static const int mapped_edge[6][2] = {{0, 1}, {1, 2}, {0, 2}, {0, 3}, {2, 3}, {1, 3}};

typedef struct lattice {
    const int *n;
    int mirrored;
} lattice;

/* Number of the node at half steps h. */
static int lattice_node(const lattice *l, const int h[3]) {
    return 1 + h[0] + (2 * l->n[0] + 1) * (h[1] + (2 * l->n[1] + 1) * h[2]);
}

/* Half steps of corner c (bits x, y, z) of block b; mirrored along y. */
static void lattice_corner(const lattice *l, const int b[3], int c, int h[3]) {
    for (int a = 0; a < 3; a++) {
        const int bit = c >> a & 1;
        h[a] = 2 * (b[a] + (a == 1 && l->mirrored ? 1 - bit : bit));
    }
}

static int lattice_between(const lattice *l, const int p[3], const int q[3]) {
    const int h[3] = {(p[0] + q[0]) / 2, (p[1] + q[1]) / 2, (p[2] + q[2]) / 2};
    return lattice_node(l, h);
}

/* Cell `tetrahedron` of block b: half steps of its corners, right-handed. */
static void lattice_cell(const lattice *l, const int b[3], int tetrahedron, int h[4][3]) {
    for (int v = 0; v < 4; v++) {
        const int from = l->mirrored && v > 1 ? 5 - v : v; /* two are exchanged */
        lattice_corner(l, b, mapped_corner[tetrahedron][from], h[v]);
    }
}

static void write_cells(FILE *f, const lattice *l, int *number) {
    int b[3];
    for (b[2] = 0; b[2] < l->n[2]; b[2]++)
        for (b[1] = 0; b[1] < l->n[1]; b[1]++)
            for (b[0] = 0; b[0] < l->n[0]; b[0]++)
                for (int e = 0; e < 6; e++) {
                    int h[4][3];
                    lattice_cell(l, b, e, h);
                    fprintf(f, "%d 11 2 7 7", ++*number);
                    for (int v = 0; v < 4; v++) fprintf(f, " %d", lattice_node(l, h[v]));
                    for (int k = 0; k < 6; k++)
                        fprintf(f, " %d", lattice_between(l, h[mapped_edge[k][0]], h[mapped_edge[k][1]]));
                    fprintf(f, "\n");
                }
}

/* Faces of cells that lie in one end of a coordinate, and the rim. Returns how many; f NULL: counts only. */
static int write_sides(FILE *f, const lattice *l, int *number) {
    static const int face[4][3] = {{0, 2, 1}, {0, 1, 3}, {1, 2, 3}, {2, 0, 3}};
    int b[3], count = 0;
    for (b[2] = 0; b[2] < l->n[2]; b[2]++)
        for (b[1] = 0; b[1] < l->n[1]; b[1]++)
            for (b[0] = 0; b[0] < l->n[0]; b[0]++)
                for (int side = 0; side < 24 * 6; side++) {
                    const int *v = face[side / 6 % 4], a = side % 6 / 2, end = side % 2 ? 2 * l->n[a] : 0;
                    int h[4][3];
                    lattice_cell(l, b, side / 24, h);
                    if (h[v[0]][a] != end || h[v[1]][a] != end || h[v[2]][a] != end) continue;
                    count++;
                    if (!f) continue;
                    fprintf(f, "%d 9 2 %d %d", ++*number, 1 + side % 6, 1 + side % 6);
                    for (int k = 0; k < 3; k++) fprintf(f, " %d", lattice_node(l, h[v[k]]));
                    for (int k = 0; k < 3; k++) fprintf(f, " %d", lattice_between(l, h[v[k]], h[v[(k + 1) % 3]]));
                    fprintf(f, "\n");
                }
    for (int j = 0; j < l->n[1] && l->n[2] % 2 == 0; j++, count++) {
        const int p[3] = {2 * l->n[0], 2 * j, l->n[2]}, q[3] = {2 * l->n[0], 2 * j + 2, l->n[2]};
        if (f)
            fprintf(f, "%d 8 2 8 8 %d %d %d\n", ++*number, lattice_node(l, p), lattice_node(l, q),
                    lattice_between(l, p, q));
    }
    return count;
}

void mapped_write(FILE *f, const int n[3], mapped_place *place, int mirrored) {
    static const char *const name[6] = {"s0", "s1", "t0", "t1", "r0", "r1"};
    const lattice l = {n, mirrored};
    const int size[3] = {2 * n[0] + 1, 2 * n[1] + 1, 2 * n[2] + 1}, rim = n[2] % 2 == 0;
    int number = 0;
    fprintf(f, "$MeshFormat\n2.2 0 8\n$EndMeshFormat\n$PhysicalNames\n%d\n3 7 \"body\"\n", 7 + rim);
    for (int k = 0; k < 6; k++) fprintf(f, "2 %d \"%s\"\n", k + 1, name[k]);
    if (rim) fprintf(f, "1 8 \"rim\"\n");
    fprintf(f, "$EndPhysicalNames\n$Nodes\n%d\n", size[0] * size[1] * size[2]);
    for (int k = 0; k < size[0] * size[1] * size[2]; k++) {
        const double s[3] = {(double)(k % size[0]) / (size[0] - 1), (double)(k / size[0] % size[1]) / (size[1] - 1),
                             (double)(k / size[0] / size[1]) / (size[2] - 1)};
        double x[3];
        place(s, x);
        fprintf(f, "%d %.17g %.17g %.17g\n", k + 1, x[0], x[1], x[2]);
    }
    fprintf(f, "$EndNodes\n$Elements\n%d\n", 6 * n[0] * n[1] * n[2] + write_sides(NULL, &l, &number));
    write_cells(f, &l, &number);
    write_sides(f, &l, &number);
    fprintf(f, "$EndElements\n");
}
