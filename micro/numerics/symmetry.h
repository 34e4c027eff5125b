/* Projection of a tangent onto the classes of elastic symmetry in the RVE's axes: the nearest tensor of the class in
 * the Euclidean norm of C_ijkl (Moakher and Norris, J. Elasticity 85 (2006) 215; Browaeys and Chevrot, Geophys. J. Int.
 * 159 (2004) 667). */
#ifndef FEMD_SYMMETRY_H
#define FEMD_SYMMETRY_H

/* Independent constants: 21, 9, 5, 3, 2. Orthorhombic and cubic along the axes 1, 2, 3; hexagonal (transversely
 * isotropic) about 3. */
typedef enum femd_symmetry {
    FEMD_TRICLINIC,
    FEMD_ORTHORHOMBIC,
    FEMD_HEXAGONAL,
    FEMD_CUBIC,
    FEMD_ISOTROPIC,
    FEMD_SYMMETRIES
} femd_symmetry;

/* "triclinic", ... */
const char *femd_symmetry_name(femd_symmetry s);
/* The class of that name; FEMD_SYMMETRIES if there is none. */
femd_symmetry femd_symmetry_from_name(const char *name);
/* The nearest D (Voigt, 6x6, in place) of the class. */
void femd_symmetry_project(femd_symmetry s, double D[36]);
/* Standard errors of the projected entries from those of independent entries (in place). */
void femd_symmetry_project_errors(femd_symmetry s, double error[36]);
/* |D - projected D| / |D| in the norm of C_ijkl; 0 for D = 0. */
double femd_symmetry_distance(femd_symmetry s, const double D[36]);

#endif
