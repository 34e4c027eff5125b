/* A finite element is a table: its reference cell, where its nodes sit, its quadrature, its kernel and its names. No
 * other file asks which element it has. A new one is a block beside its relatives (hexahedron.c, tetrahedron.c) and its
 * name in FEMD_ELEMENT_LIST. Total Lagrangian: gradients with respect to the reference position, computed once. Knows
 * no mesh and no PETSc. */
#ifndef FEMD_ELEMENT_H
#define FEMD_ELEMENT_H

#include <stddef.h>

/* Dimensions of space. */
enum { FEMD_SPACE = 3 };

/* Room in the tables. */
enum {
    FEMD_CELL_CORNERS = 8,
    FEMD_CELL_EDGES = 12,
    FEMD_CELL_FACES = 6,
    FEMD_FACE_CORNERS = 4,
    FEMD_ELEMENT_NODES = 27,
    FEMD_ELEMENT_POINTS = 27,
    FEMD_FACE_NODES = 9,
    FEMD_FACE_POINTS = 9,
    FEMD_GMSH_TYPES = 4
};

/* The shape of a cell: corners in VTK order, straight edges, faces whose corners run counter-clockwise seen from
 * outside. A point of the reference cell has up to four coordinates (tetrahedra: barycentric). */
typedef struct femd_cell {
    const char *name, *plural; /* "hexahedron" (PETSc's word too), "hexahedra" */
    int corners, edges, faces, face_corners;
    double corner_at[FEMD_CELL_CORNERS][4]; /* reference coordinates */
    int edge[FEMD_CELL_EDGES][2];
    int face[FEMD_CELL_FACES][FEMD_FACE_CORNERS];
    /* Shape functions of the corners, which span the geometry, and d n / d reference coordinate. */
    void (*shape)(const double at[4], double *n, double (*dn)[FEMD_SPACE]);
    void (*face_shape)(const double at[2], double *n, double (*dn)[2]);
    /* How a block of the box is cut: cells by the block's corners, numbered by the bits x, y, z; faces that this leaves
     * on a side by the side's corners, numbered by two bits. */
    int per_block, per_side;
    int block[6][FEMD_CELL_CORNERS];
    int side[2][FEMD_FACE_CORNERS];
    int gmsh[FEMD_GMSH_TYPES]; /* element types of Gmsh that have this shape; 0 = no more */
} femd_cell;

extern const femd_cell femd_hexahedron, femd_tetrahedron;

/* K[3 nodes x 3 nodes] = sum_q w (B^T sym(D) B + (g_i . S g_j) I) of one cell; row-major, symmetric by construction.
 * g: points x nodes x 3, F: points x 9, S: points x 6, D: points x 36, w: points. */
typedef void femd_element_kernel(const double *g, const double *F, const double *S, const double *D, const double *w,
                                 double *K);

/* What an element needs for cells that are curved: of which a node behind the corners is not at the mean of the corners
 * around it. Its own shape functions then span the geometry. */
typedef struct femd_element_curved {
    /* A rule for the reference cell that integrates det J and the cofactor of J times a gradient exactly. */
    int points;
    void (*point)(int q, double at[4], double *weight);
    /* A rule for the reference face, exact for a shape function times the area vector; the weights as in
     * femd_element; shape functions of a face and their derivatives. */
    int face_points;
    void (*face_point)(int q, double at[2], double *weight);
    void (*face_shape)(const double at[2], double *n, double (*dn)[2]);
    /* At most the least det J in a cell with nodes at x (nodes x 3), and above `flat` only if det J is so everywhere.
     */
    double (*least)(const double *x, double flat);
} femd_element_curved;

/* B that a run takes for each node beside what its points take, as measured: what the matrix and all that is by node
 * need, with conjugate gradients and multigrid, with a direct solver but for the factor, and with physics thermal. */
typedef struct femd_element_memory {
    double iterative, direct, heat;
} femd_element_memory;

/* Nodes in VTK order: the corners, then those on the edges, on the faces and in the middle, in the order of the cell's
 * lists; at the mean of the corners around them, unless the cell is curved. */
typedef struct femd_element {
    const char *name; /* element.type of a case */
    const femd_cell *cell;
    int nodes_on[4]; /* on each vertex, on each edge, on each face, inside: 0 or 1 */
    int vtk_type;
    int nodes, points;
    void (*shape)(const double at[4], double *n, double (*dn)[FEMD_SPACE]);
    void (*point)(int q, double at[4], double *weight);
    /* A face: its corners, then the nodes on its edges (after corner i, towards the next), then its own. A point's
     * weight is weight / face_parts: a division at the end keeps the thirds of triangles exact. */
    int face_nodes, face_points;
    double face_parts;
    void (*face_shape)(const double at[2], double *n);
    void (*face_point)(int q, double at[2], double *weight);
    femd_element_kernel *stiffness;
    /* Share of point q in the consistent mass matrix: A (nodes x nodes) so that sum_q w_q c_q A_q is the integral of c
     * N_i N_j over a straight cell, c being interpolated between the points. The points' own rule would not see all
     * modes. NULL: the nodes are the corners, and rows are summed into the diagonal. */
    void (*mass)(int q, double *A);
    const femd_element_curved *curved; /* NULL: its cells are straight */
    femd_element_memory memory;
} femd_element;

/* One line for each element: X(name), where femd_element_NAME is its table. */
#define FEMD_ELEMENT_LIST(X)                                                                                           \
    X(q1)                                                                                                              \
    X(p1)                                                                                                              \
    X(p2)
#define FEMD_ELEMENT_DECLARE(name) extern const femd_element femd_element_##name;
FEMD_ELEMENT_LIST(FEMD_ELEMENT_DECLARE)

/* The list: element i, NULL at its end; the element of a name, NULL if there is none. */
const femd_element *femd_element_at(size_t i);
const femd_element *femd_element_named(const char *name);
/* "P1 or P2": the elements of this shape; of all for NULL. */
void femd_element_names(const femd_cell *cell, char *text, size_t size);
/* The shape of one of Gmsh's element types, NULL for all that femd has no element for. */
const femd_cell *femd_cell_of_gmsh(int type);

/* Reference coordinates of node i: the mean of the corners around it. */
void femd_element_node_at(const femd_element *element, int i, double at[4]);

/* Everything about an element that does not depend on the cell, worked out at its points. */
typedef struct femd_element_table {
    const femd_element *element;
    int nodes, corners, points;
    double weight[FEMD_ELEMENT_POINTS]; /* of the reference cell */
    double shape[FEMD_ELEMENT_POINTS][FEMD_ELEMENT_NODES];
    double dshape[FEMD_ELEMENT_POINTS][FEMD_ELEMENT_NODES][FEMD_SPACE]; /* d shape / d reference coordinate */
    double corner[FEMD_ELEMENT_POINTS][FEMD_CELL_CORNERS];              /* shape functions of the geometry */
    double dcorner[FEMD_ELEMENT_POINTS][FEMD_CELL_CORNERS][FEMD_SPACE];
    int face_nodes, face_points;
    int face_node[FEMD_CELL_FACES][FEMD_FACE_NODES];      /* nodes of the cell on each face */
    double face_share[FEMD_FACE_POINTS][FEMD_FACE_NODES]; /* weight x shape, still to be divided by face_parts */
    double dface[FEMD_FACE_POINTS][FEMD_FACE_CORNERS][2]; /* d corner shape / d reference coordinate of the face */
} femd_element_table;

void femd_element_table_make(const femd_element *element, femd_element_table *table);

/* Position, w |det J| and gradients of the shape functions (nodes x 3) at point q of a cell with corner positions x
 * (corners x 3). Returns det J (the caller judges its sign). */
double femd_element_map(const femd_element_table *table, int q, const double *x, double position[FEMD_SPACE],
                        double *weight, double *gradient);
/* 1 if a node behind the corners is not at the mean of the corners around it, to the last bit; x: nodes x 3. */
int femd_element_is_curved(const femd_element *element, const double *x);
/* A whole cell with its nodes at x (nodes x 3): position (points x 3), weight w |det J| and gradients (points x nodes x
 * 3) of all its points; any of the three may be NULL. Returns the least det J at the points; of a curved cell a
 * lower bound of it anywhere, or a value not above 1e-12 size^3 if it is inverted or flat somewhere.
 * Of a curved cell the weights add up to its volume, and sum_q w grad N is the integral of N over its surface: the
 * patch test is passed whatever the rule of the points. */
double femd_element_place(const femd_element_table *table, const double *x, double *position, double *weight,
                          double *gradient);
/* Share of each node of a face in the integrals of the outward area vector N dA and of dA, m^2; x: the face's nodes. */
void femd_element_face_area(const femd_element_table *table, const double (*x)[FEMD_SPACE],
                            double area[FEMD_FACE_NODES][FEMD_SPACE], double size[FEMD_FACE_NODES]);

/* Position and outward area vector (of the reference face's unit area) at point q of a face; x: its nodes. */
void femd_element_face_place(const femd_element_table *table, int q, const double (*x)[FEMD_SPACE],
                             double position[FEMD_SPACE], double area[FEMD_SPACE]);

/* r[3 nodes] += sum_q w B^T S; g: points x nodes x 3, F: points x 9, S: points x 6, w: points. */
void femd_element_force(int nodes, int points, const double *g, const double *F, const double *S, const double *w,
                        double *r);
/* v[3 nodes] += sum_q sum_c (w B_c S_err_c)^2: variance of the nodal forces for independent errors of the points. */
void femd_element_noise(int nodes, int points, const double *g, const double *F, const double *err, const double *w,
                        double *v);

#endif
