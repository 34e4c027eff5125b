/* Energy, forces and virial against LAMMPS at the same coordinates: every file format, several species, vacancies,
 * voids, random strains, cells smaller than the cutoff, strong shear. LAMMPS runs once, as a program of its own, over
 * all samples. Skipped (exit 77) without `lmp`. */
#include <math.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "atoms_fixture.h"
#include "potentials/potential_eam.h"

#define BAR_PER_EV_A3 1.6021765e6 /* LAMMPS's own constant, units metal */

typedef struct sample {
    const char *name, *json, *pair; /* pair: LAMMPS commands, %s stands for the folder of potentials */
    double F[9];                    /* upper triangular, so that the cell stays as LAMMPS wants it */
    double shake;
    double energy_limit, force_limit; /* eV per atom; eV/angstrom (virial: eV per atom) */
} sample;

#define MILD                                                                                                           \
    { 1.03, 0.02, -0.01, 0, 0.98, 0.03, 0, 0, 1.01 }
#define SHEAR                                                                                                          \
    { 1.0, 0.7, -0.9, 0, 1.0, 0.8, 0, 0, 1.0 }
#define CU(interpolation)                                                                                              \
    "\"potential\": {\"style\": \"eam/alloy\", \"file\": \"Cu_mishin1.eam.alloy\", \"interpolation\": "                \
    "\"" interpolation "\"}"
#define CU_CELL "\"lattice\": \"fcc\", \"a\": \"3.615 angstrom\", \"species\": [\"Cu\"]"
#define CU_PAIR "pair_style eam/alloy\npair_coeff * * " FEMD_LAMMPS_POTENTIALS "Cu_mishin1.eam.alloy Cu\n"

#define SW_CELL(a, species, repeat)                                                                                    \
    "{\"structure\": {\"lattice\": \"diamond\", \"a\": \"" a " angstrom\", \"species\": " species                      \
    ", \"repeat\": " repeat "}, "
#define SW(file) "\"potential\": {\"style\": \"sw\", \"file\": \"" file "\"}}"
#define SW_PAIR  "pair_style sw\npair_coeff * * " FEMD_LAMMPS_POTENTIALS

static const sample samples[] = {
    {"copper-vacancy",
     "{\"structure\": {" CU_CELL ", \"repeat\": [3,3,3], \"vacancies\": {\"count\": 1, \"seed\": 7}}, " CU("auto") "}",
     CU_PAIR, MILD, 0.1, 1e-9, 1e-8},
    {"copper-vacancy-lammps",
     "{\"structure\": {" CU_CELL
     ", \"repeat\": [3,3,3], \"vacancies\": {\"count\": 1, \"seed\": 7}}, " CU("lammps") "}",
     CU_PAIR, MILD, 0.1, 1e-12, 1e-10},
    {"copper-four-atoms", "{\"structure\": {" CU_CELL "}, " CU("auto") "}", CU_PAIR, MILD, 0.05, 1e-9, 1e-8},
    {"copper-four-atoms-sheared", "{\"structure\": {" CU_CELL "}, " CU("lammps") "}", CU_PAIR, SHEAR, 0.05, 1e-12,
     1e-10},
    {"copper-void",
     "{\"structure\": {" CU_CELL ", \"orient\": [[1,1,-2],[1,1,1],[1,-1,0]], \"repeat\": [3,3,5],"
     " \"voids\": [{\"center\": [0.5,0.5,0.5], \"radius\": \"5 angstrom\"}]}, " CU("auto") "}",
     CU_PAIR, MILD, 0.1, 1e-9, 1e-8},
    {"copper-sheared", "{\"structure\": {" CU_CELL ", \"repeat\": [4,3,3]}, " CU("auto") "}", CU_PAIR, SHEAR, 0.1, 1e-9,
     1e-8},
    {"copper-beyond-density",
     "{\"structure\": {" CU_CELL ", \"repeat\": [2,2,2]}, " CU("lammps") "}",
     CU_PAIR,
     {0.9, 0.01, 0, 0, 0.89, 0, 0, 0, 0.91},
     0.05,
     1e-12,
     1e-10},
    {"copper-funcfl",
     "{\"structure\": {" CU_CELL
     ", \"repeat\": [3,3,3]}, \"potential\": {\"style\": \"eam\", \"file\": \"Cu_u3.eam\"}}",
     "pair_style eam\npair_coeff * * " FEMD_LAMMPS_POTENTIALS "Cu_u3.eam\n", MILD, 0.1, 1e-12, 1e-10},
    {"copper-nickel-funcfl",
     "{\"structure\": {" CU_CELL
     ", \"repeat\": [3,3,2], \"substitution\": [{\"species\": \"Ni\", \"for\": \"Cu\", \"fraction\": 0.4}]},"
     " \"potential\": {\"style\": \"eam\", \"file\": \"Cu_u3.eam\", \"files\": {\"Cu\": \"Cu_u3.eam\", \"Ni\": "
     "\"Ni_u3.eam\"}}}",
     "pair_style eam\npair_coeff 1 1 " FEMD_LAMMPS_POTENTIALS "Cu_u3.eam\npair_coeff 2 2 " FEMD_LAMMPS_POTENTIALS
     "Ni_u3.eam\n",
     MILD, 0.1, 1e-12, 1e-10},
    {"nickel-aluminium",
     "{\"structure\": {\"lattice\": \"b2\", \"a\": \"2.88 angstrom\", \"species\": [\"Al\", \"Ni\"], \"repeat\": "
     "[3,3,4]},"
     " \"potential\": {\"style\": \"eam/alloy\", \"file\": \"NiAlH_jea.eam.alloy\", \"interpolation\": \"lammps\"}}",
     "pair_style eam/alloy\npair_coeff * * " FEMD_LAMMPS_POTENTIALS "NiAlH_jea.eam.alloy Al Ni\n", MILD, 0.1, 1e-12,
     1e-10},
    {"nickel-aluminium-smooth",
     "{\"structure\": {\"lattice\": \"b2\", \"a\": \"2.88 angstrom\", \"species\": [\"Al\", \"Ni\"], \"repeat\": "
     "[3,3,4]},"
     " \"potential\": {\"style\": \"eam/alloy\", \"file\": \"NiAlH_jea.eam.alloy\", \"interpolation\": \"smooth\"}}",
     "pair_style eam/alloy\npair_coeff * * " FEMD_LAMMPS_POTENTIALS "NiAlH_jea.eam.alloy Al Ni\n", MILD, 0.1, 1e-7,
     1e-6},
    {"iron-aluminium-fs",
     "{\"structure\": {\"lattice\": \"b2\", \"a\": \"2.9 angstrom\", \"species\": [\"Fe\", \"Al\"], \"repeat\": "
     "[3,3,4]},"
     " \"potential\": {\"style\": \"eam/fs\", \"file\": \"AlFe_mm.eam.fs\"}}",
     "pair_style eam/fs\npair_coeff * * " FEMD_LAMMPS_POTENTIALS "AlFe_mm.eam.fs Fe Al\n", MILD, 0.1, 1e-12, 1e-10},
    {"copper-zirconium-fs",
     "{\"structure\": {\"lattice\": \"b1\", \"a\": \"5.3 angstrom\", \"species\": [\"Cu\", \"Zr\"], \"repeat\": "
     "[2,2,2],"
     " \"vacancies\": {\"fraction\": 0.05}}, \"potential\": {\"style\": \"eam/fs\", \"file\": \"CuZr_mm.eam.fs\"}}",
     "pair_style eam/fs\npair_coeff * * " FEMD_LAMMPS_POTENTIALS "CuZr_mm.eam.fs Cu Zr\n", MILD, 0.1, 1e-12, 1e-10},
    {"magnesium-hcp",
     "{\"structure\": {\"lattice\": \"hcp\", \"a\": \"3.184 angstrom\", \"c_over_a\": 1.628, \"species\": [\"Mg\"], "
     "\"repeat\": [4,2,2]},"
     " \"potential\": {\"style\": \"eam/fs\", \"file\": \"Mg_mm.eam.fs\"}}",
     "pair_style eam/fs\npair_coeff * * " FEMD_LAMMPS_POTENTIALS "Mg_mm.eam.fs Mg\n", MILD, 0.1, 1e-12, 1e-10},
    {"lj-cut",
     "{\"structure\": {\"lattice\": \"diamond\", \"a\": \"9 angstrom\", \"species\": [\"Ar\", \"Kr\"], \"repeat\": "
     "[2,2,2]}, \"potential\": {\"style\": "
     "\"lj/cut\", \"epsilon\": \"0.0104 eV\", \"sigma\": \"3.4 angstrom\", \"cutoff\": \"8 angstrom\", \"pairs\": "
     "[{\"species\": [\"Kr\", \"Kr\"], "
     "\"epsilon\": \"0.0141 eV\", \"sigma\": \"3.6 angstrom\", \"cutoff\": \"9 angstrom\"}]}}",
     "pair_style lj/cut 8\npair_coeff * * 0.0104 3.4 8\npair_coeff 2 2 0.0141 3.6 9\n", MILD, 0.2, 1e-12, 1e-10},
    {"lj-cut-one-species",
     "{\"structure\": {\"lattice\": \"fcc\", \"a\": \"5.3 angstrom\", \"species\": [\"Ar\"], \"repeat\": [3,3,4]}, "
     "\"potential\": {\"style\": "
     "\"lj/cut\", \"epsilon\": \"0.0104 eV\", \"sigma\": \"3.4 angstrom\", \"cutoff\": \"8 angstrom\"}}",
     "pair_style lj/cut 8\npair_coeff * * 0.0104 3.4 8\n", MILD, 0.2, 1e-12, 1e-10},
    {"silicon-sw", SW_CELL("5.431", "[\"Si\"]", "[3,3,2]") SW("Si.sw"), SW_PAIR "Si.sw Si\n", MILD, 0.2, 1e-12, 1e-10},
    {"silicon-sw-vacancies", SW_CELL("5.431", "[\"Si\"]", "[2,2,3], \"vacancies\": {\"fraction\": 0.04}") SW("Si.sw"),
     SW_PAIR "Si.sw Si\n", SHEAR, 0.2, 1e-12, 1e-10},
    {"silicon-sw-eight-atoms", SW_CELL("5.0", "[\"Si\"]", "[1,1,1]") SW("Si.sw"), SW_PAIR "Si.sw Si\n", MILD, 0.1,
     1e-12, 1e-10},
    {"gallium-nitride-sw", SW_CELL("4.5", "[\"Ga\", \"N\"]", "[3,2,2]") SW("GaN.sw"), SW_PAIR "GaN.sw Ga N\n", MILD,
     0.2, 1e-12, 1e-10},
    {"cadmium-telluride-sw",
     SW_CELL("6.4", "[\"Cd\", \"Te\"]",
             "[3,2,2], \"substitution\": [{\"species\": \"Cd\", \"for\": \"Te\", \"fraction\": 0.3}]") SW("CdTe.sw"),
     SW_PAIR "CdTe.sw Cd Te\n", MILD, 0.3, 1e-12, 1e-10},
    {"three-species-sw",
     SW_CELL("6.0", "[\"Cd\", \"Te\"]",
             "[3,2,2], \"substitution\": [{\"species\": \"Zn\", \"for\": \"Cd\", \"fraction\": 0.4}]")
         SW("CdTeZnSeHgS0.sw"),
     SW_PAIR "CdTeZnSeHgS0.sw Cd Te Zn\n", MILD, 0.3, 1e-6, 1e-6}, /* its entries ijk and ikj agree to six digits */
};
#define SAMPLES (sizeof samples / sizeof samples[0])

static char folder[] = "/tmp/femd-lammps-XXXXXX";

static FILE *open_in_folder(const char *name, const char *suffix, const char *mode) {
    char path[256];
    FILE *f;
    snprintf(path, sizeof path, "%s/%s.%s", folder, name, suffix);
    f = fopen(path, mode);
    if (!f) fail_msg("cannot open %s", path);
    return f;
}

static void open_sample(const sample *t, atoms *a) {
    atoms_open(a, t->json, 0.5);
    atoms_deform(a, t->F);
    atoms_shake(a, t->shake, 11);
}

static void write_data(const sample *t, const atoms *a) {
    FILE *f = open_in_folder(t->name, "data", "w");
    const double *h = a->s.cell;
    fprintf(f, "sample\n\n%d atoms\n%d atom types\n\n", a->s.natoms, a->s.nspecies);
    fprintf(f, "0 %.17g xlo xhi\n0 %.17g ylo yhi\n0 %.17g zlo zhi\n%.17g %.17g %.17g xy xz yz\n\nMasses\n\n", h[0],
            h[4], h[8], h[3], h[6], h[7]);
    for (int k = 0; k < a->s.nspecies; k++) fprintf(f, "%d 50.0\n", k + 1);
    fprintf(f, "\nAtoms # atomic\n\n");
    for (int i = 0; i < a->s.natoms; i++)
        fprintf(f, "%d %d %.17g %.17g %.17g\n", i + 1, a->s.species[i] + 1, a->s.x[3 * i], a->s.x[3 * i + 1],
                a->s.x[3 * i + 2]);
    fclose(f);
}

static int lammps_runs(void) {
    char command[512];
    FILE *in = open_in_folder("all", "in", "w");
    for (size_t k = 0; k < SAMPLES; k++) {
        const sample *t = &samples[k];
        atoms a;
        open_sample(t, &a);
        write_data(t, &a);
        atoms_close(&a);
        fprintf(in, "clear\nunits metal\natom_style atomic\nbox tilt large\nread_data %s/%s.data\n%s", folder, t->name,
                t->pair);
        fprintf(in, "compute virial all pressure NULL virial\nthermo_style custom pe c_virial[1] c_virial[2] "
                    "c_virial[3] c_virial[6] c_virial[5] c_virial[4]\n");
        fprintf(in,
                "run 0 post no\nprint \"$(pe:%%.17g) $(c_virial[1]:%%.17g) $(c_virial[2]:%%.17g) $(c_virial[3]:%%.17g) "
                "$(c_virial[6]:%%.17g) "
                "$(c_virial[5]:%%.17g) $(c_virial[4]:%%.17g)\" file %s/%s.energy\n",
                folder, t->name);
        fprintf(in, "write_dump all custom %s/%s.forces id fx fy fz modify sort id format float %%.17g\n", folder,
                t->name);
    }
    fclose(in);
    snprintf(command, sizeof command,
             "cd %s && OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMP_NUM_THREADS=1 timeout 120 lmp "
             "-screen none -log all.log -in all.in "
             "> all.out 2>&1",
             folder);
    return system(command) == 0;
}

static int refitted(const femd_potential *p) {
    return strcmp(p->style->form, "eam") == 0 && !femd_eam_tables_of(p)->over_radius;
}

static void compare(const sample *t) {
    femd_error err = FEMD_ERROR_INIT;
    double energy, pressure[6], W, tau[6], volume, worst = 0.0, worst_tau = 0.0, *f;
    char line[512];
    atoms a;
    FILE *in = open_in_folder(t->name, "energy", "r");
    assert_int_equal(fscanf(in, "%lf %lf %lf %lf %lf %lf %lf", &energy, pressure, pressure + 1, pressure + 2,
                            pressure + 3, pressure + 4, pressure + 5),
                     7);
    fclose(in);
    open_sample(t, &a);
    f = malloc(3 * (size_t)a.s.natoms * sizeof *f);
    femd_status rc = femd_energetics_forces(a.e, a.nb, a.s.cell, a.s.x, &W, f, tau, &err);
    if (rc != (strstr(t->name, "beyond") ? FEMD_OUT_OF_DOMAIN : FEMD_OK))
        fail_msg("%s: status %d %s", t->name, rc, err.text);
    volume = a.s.cell[0] * a.s.cell[4] * a.s.cell[8];
    in = open_in_folder(t->name, "forces", "r");
    for (int k = 0; k < 9; k++) assert_non_null(fgets(line, sizeof line, in));
    for (int i = 0; i < a.s.natoms; i++) {
        double g[3];
        int id;
        assert_int_equal(fscanf(in, "%d %lf %lf %lf", &id, g, g + 1, g + 2), 4);
        assert_int_equal(id, i + 1);
        for (int c = 0; c < 3; c++) worst = fmax(worst, fabs(g[c] - f[3 * i + c]));
    }
    fclose(in);
    for (int v = 0; v < 6; v++) worst_tau = fmax(worst_tau, fabs(pressure[v] * volume / BAR_PER_EV_A3 + tau[v]));
    printf("%-28s %4d atoms  energy %8.1e eV/atom  force %8.1e eV/A  virial %8.1e eV/atom  (largest force %.2f, "
           "refitted %d)\n",
           t->name, a.s.natoms, fabs(W - energy) / a.s.natoms, worst, worst_tau / a.s.natoms,
           largest(f, 3 * (size_t)a.s.natoms), refitted(a.p));
    if (!(fabs(W - energy) / a.s.natoms <= t->energy_limit))
        fail_msg("%s: energy %.15g, LAMMPS %.15g", t->name, W, energy);
    if (!(worst <= t->force_limit)) fail_msg("%s: a force differs by %g", t->name, worst);
    if (!(worst_tau / a.s.natoms <= t->force_limit)) fail_msg("%s: tau differs by %g eV", t->name, worst_tau);
    free(f);
    atoms_close(&a);
}

static void energies_forces_and_virial_agree(void **state) {
    (void)state;
    for (size_t k = 0; k < SAMPLES; k++) compare(&samples[k]);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(energies_forces_and_virial_agree)};
    char command[128];
    int rc;
    if (system("command -v lmp > /dev/null 2>&1") != 0) {
        printf("no lmp program: skipped\n");
        return 77;
    }
    if (!mkdtemp(folder)) return 1;
    if (!lammps_runs()) {
        printf("lmp failed; its output is in %s\n", folder);
        return 1;
    }
    rc = cmocka_run_group_tests(tests, NULL, NULL);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (rc == 0 && system(command) != 0) rc = 1;
    return rc;
}
