/* The whole mesh before it is distributed: plain arrays, made from a box or read from a Gmsh file, and checked; no
 * PETSc, so that `femd check` reads it as the solver does on its rank 0. Cells in the order of the file, corners in VTK
 * order, straight edges. */
#ifndef FEMD_MESH_H
#define FEMD_MESH_H

#include "case/case.h"

typedef char femd_mesh_name[FEMD_NAME_MAX];

/* An edge whose middle is not the mean of its ends. */
typedef struct femd_mesh_edge {
    int end[2];  /* vertices, the lower number first */
    double x[3]; /* its middle, m */
} femd_mesh_edge;

typedef struct femd_mesh {
    int corners; /* of every cell: of the element's shape */
    int ncells, nvertices;
    int *cell; /* ncells x corners */
    double *x; /* nvertices x 3, m */
    int nregions, nsurfaces;
    femd_mesh_name *region, *surface;
    int ninregion; /* (cell, region) pairs */
    int *region_cell;
    int *region_of;
    int nfaces;          /* faces that belong to a named surface */
    int *face;           /* nfaces x FEMD_FACE_CORNERS vertices, -1 behind the last */
    int *face_surface;   /* nfaces */
    int nlines, npieces; /* named lines and points; what they consist of */
    femd_mesh_name *line;
    int (*piece)[2];            /* npieces: vertices of an edge, or of a point (twice the same); -1: of no cell */
    int *piece_line;            /* npieces */
    int groups_lost;            /* a Gmsh file without the section that says who is in which group */
    int ncurved_cells, ncurved; /* cells with such edges; these edges */
    femd_mesh_edge *curved;     /* ncurved, ascending by their ends */
    const char *title;          /* file name or "the box", for messages; borrowed */
} femd_mesh;

void femd_mesh_clear(femd_mesh *mesh);

/* Box of the case: each block cut into cells of the element's shape; interior vertices moved by the seeded distortion.
 */
FEMD_MUST_CHECK femd_status femd_mesh_box(const femd_case *cs, femd_mesh *mesh, femd_error *err);
/* The Gmsh file of the case. BAD_INPUT for a file that cannot be read or holds other cells than the element wants. */
FEMD_MUST_CHECK femd_status femd_mesh_gmsh(const femd_case *cs, femd_mesh *mesh, femd_error *err);
/* Positions of the nodes of a cell of the element, in VTK order (nodes x 3, m). */
void femd_mesh_cell_nodes(const femd_mesh *mesh, const femd_element *element, int c, double *x);
/* BAD_INPUT with the number of the first cell that is inverted or flat, a curved one anywhere in it. */
FEMD_MUST_CHECK femd_status femd_mesh_check(const femd_case *cs, const femd_mesh *mesh, femd_error *err);
/* BAD_INPUT if more cells have a node in common than the checks below can compare in seconds. NO_MEMORY. */
FEMD_MUST_CHECK femd_status femd_mesh_check_fan(const femd_case *cs, const femd_mesh *mesh, femd_error *err);
/* BAD_INPUT with the numbers of two cells if the middle of one, or a place halfway from there to one of its corners,
 * lies inside the other. For a mesh of a file that has passed femd_mesh_check. NO_MEMORY. */
FEMD_MUST_CHECK femd_status femd_mesh_check_overlap(const femd_case *cs, const femd_mesh *mesh, femd_error *err);
/* BAD_INPUT with the numbers of two cells that lie on one another in part and share some of the nodes there only: a
 * hanging node, or a face that each cuts by another diagonal. Cracks, whose faces match node by node, and parts that
 * share no node are no such. For a mesh of a file that has passed femd_mesh_check. NO_MEMORY. */
FEMD_MUST_CHECK femd_status femd_mesh_check_conform(const femd_case *cs, const femd_mesh *mesh, femd_error *err);
/* What is between faces that lie on one another so, but apart: a void that is thinner than half their width, of which
 * one side has no node of its own. It may be meant, or left by bodies whose meshes cut a curved surface differently. */
typedef struct femd_mesh_gap {
    int faces, cells[2]; /* such faces on one side; of the first the cells on both */
    double wide, x[3];   /* m: the farthest that two are apart; the middle of the first */
} femd_mesh_gap;
/* All 0 if there is none. For a mesh that has passed femd_mesh_check_conform. NO_MEMORY. */
FEMD_MUST_CHECK femd_status femd_mesh_find_gap(const femd_case *cs, const femd_mesh *mesh, femd_mesh_gap *gap,
                                               femd_error *err);
/* BAD_INPUT where the body's lengths, or numbers of displacements beside them, are out of all range (of displacements:
 * a million times the body's diagonal). */
FEMD_MUST_CHECK femd_status femd_mesh_check_reach(const femd_case *cs, const femd_mesh *mesh, femd_error *err);
FEMD_MUST_CHECK femd_status femd_mesh_check_size(const femd_case *cs, const femd_mesh *mesh, double *diagonal,
                                                 femd_error *err);
/* The largest displacement that the numbers of an entry prescribe to a body of that diagonal, m; 0 for a load. */
double femd_case_farthest(const femd_case_boundary *entry, double diagonal);
/* BAD_INPUT if the entry moves the body so far, m. */
FEMD_MUST_CHECK femd_status femd_case_refuse_far(const femd_case *cs, size_t entry, double moved, double diagonal,
                                                 femd_error *err);
/* Material of every cell (ncells): a named region beats "all". BAD_INPUT for unknown regions, cells with none or two.
 */
FEMD_MUST_CHECK femd_status femd_mesh_materials(const femd_case *cs, const femd_mesh *mesh, int *material,
                                                femd_error *err);
/* BAD_INPUT for a boundary entry whose surface, line or point is not in the mesh or has no faces, edges or nodes. */
FEMD_MUST_CHECK femd_status femd_mesh_surfaces(const femd_case *cs, const femd_mesh *mesh, femd_error *err);

/* Parts of the mesh that share no node, numbered in the order of their first cells: part of every cell (ncells). */
FEMD_MUST_CHECK femd_status femd_mesh_parts(const femd_mesh *mesh, int *part, int *nparts, femd_error *err);
/* Bodies that hang together by no face: along an edge or at a node, as a hinge. */
typedef struct femd_mesh_joint {
    int bodies, nodes; /* whose cells share faces, of those that such a joint joins; the vertices of the joints */
    double x[3];       /* the first of these, m */
} femd_mesh_joint;
/* Cells of the shape `cell`. All 0 if there is no such joint. NO_MEMORY. */
FEMD_MUST_CHECK femd_status femd_mesh_joints(const femd_mesh *mesh, const femd_cell *cell, femd_mesh_joint *joint,
                                             femd_error *err);
/* Where two of them hang together: a vertex, and their numbers. */
typedef struct femd_mesh_hinge {
    double x[3]; /* m */
    int body[2];
} femd_mesh_hinge;
/* body (ncells): that of every cell, numbered in the order of their first cells; hinge (n, malloc'ed): their joints, at
 * each vertex every body with the first one there. NO_MEMORY. */
FEMD_MUST_CHECK femd_status femd_mesh_hinges(const femd_mesh *mesh, const femd_cell *cell, int *body, int *nbodies,
                                             femd_mesh_hinge **hinge, int *n, femd_error *err);
/* Faces in one place, corner on corner, whose cells share no face there. */
typedef struct femd_mesh_doubled {
    int faces;         /* pairs of them */
    double area, x[3]; /* m^2 of one side; the middle of one */
} femd_mesh_doubled;
/* All 0 if there are none. NO_MEMORY. */
FEMD_MUST_CHECK femd_status femd_mesh_doubled_faces(const femd_mesh *mesh, const femd_cell *cell,
                                                    femd_mesh_doubled *found, femd_error *err);
/* Number of a name in a list of n, -1 if it is not there. */
int femd_mesh_find_name(const femd_mesh_name *list, int n, const char *name);

#endif
