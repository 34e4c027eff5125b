/* The edge or face of a DMPlex with given vertices. PETSc's joins take room for all that could be above a vertex, the
 * number of edges there to the power of the depth, which overflows from 216 edges on (3.18.5); this takes none. */
#include "mesh/mesh_plex.h"

/* The edge between two vertices, -1 if there is none. */
static PetscErrorCode find_edge(DM dm, PetscInt one, PetscInt other, PetscInt *edge) {
    const PetscInt *above, *end;
    PetscInt n, m;
    PetscFunctionBeginUser;
    *edge = -1;
    PetscCall(DMPlexGetSupportSize(dm, one, &n));
    PetscCall(DMPlexGetSupportSize(dm, other, &m));
    if (m < n) { /* the vertex with fewer edges tells as much */
        const PetscInt keep = one;
        one = other;
        other = keep;
        n = m;
    }
    PetscCall(DMPlexGetSupport(dm, one, &above));
    for (PetscInt i = 0; i < n && *edge < 0; ++i) {
        PetscCall(DMPlexGetCone(dm, above[i], &end));
        if (end[0] == other || end[1] == other) *edge = above[i];
    }
    PetscFunctionReturn(0);
}

/* 1 if the vertices of a face are these, in whatever order. */
static PetscErrorCode find_is_face(DM dm, PetscInt face, int n, const PetscInt *vertex, int *is) {
    const PetscInt *side, *end;
    PetscInt sides;
    int seen = 0, twice = 0;
    PetscFunctionBeginUser;
    for (int k = 0; k < n; ++k)
        for (int j = 0; j < k; ++j) twice |= vertex[j] == vertex[k];
    PetscCall(DMPlexGetConeSize(dm, face, &sides));
    PetscCall(DMPlexGetCone(dm, face, &side));
    for (PetscInt i = 0; i < sides; ++i) {
        PetscCall(DMPlexGetCone(dm, side[i], &end));
        for (int k = 0; k < n; ++k) seen += (end[0] == vertex[k]) + (end[1] == vertex[k]);
    }
    *is = !twice && sides == n && seen == 2 * n; /* each vertex ends two sides */
    PetscFunctionReturn(0);
}

PetscErrorCode femd_mesh_find(DM dm, int n, const PetscInt *vertex, PetscInt *point) {
    const PetscInt *above;
    PetscFunctionBeginUser;
    *point = -1;
    for (int k = 1; k < n && *point < 0; ++k) {
        PetscInt edge, faces = 0;
        PetscCall(find_edge(dm, vertex[0], vertex[k], &edge));
        if (n == 2) *point = edge;
        if (n == 2 || edge < 0) continue;
        PetscCall(DMPlexGetSupportSize(dm, edge, &faces));
        PetscCall(DMPlexGetSupport(dm, edge, &above));
        for (PetscInt i = 0; i < faces && *point < 0; ++i) {
            int is = 0;
            PetscCall(find_is_face(dm, above[i], n, vertex, &is));
            if (is) *point = above[i];
        }
    }
    PetscFunctionReturn(0);
}
