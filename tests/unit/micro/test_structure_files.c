/* Files of atoms as people have them: LAMMPS data, extended XYZ, and both as .gz. However a file is written, the atoms
 * are those of the plain one bit for bit; what was passed over is told; what cannot be read rightly is refused. */
#include "atoms_fixture.h"

#include <math.h>
#include <string.h>
#include <zlib.h>

#include "crystal/xyz.h"

/* A structure from text under a file's name; more: further keys of the object, with a comma first. */
static femd_status read_bytes(const char *file, const void *bytes, size_t size, const char *species, const char *more,
                              femd_structure *s, femd_error *err) {
    char json[400];
    femd_json doc = FEMD_JSON_INIT;
    const femd_pack pack = {"", 1, {{file, {bytes, size}}}};
    snprintf(json, sizeof json, "{\"file\": \"%s\", \"species\": [%s]%s}", file, species, more);
    assert_int_equal(femd_json_parse(json, strlen(json), "test", &doc, err), FEMD_OK);
    const femd_status rc = femd_structure_create(&doc, doc.root, &pack, s, err);
    femd_json_clear(&doc);
    return rc;
}

static void open_text(const char *file, const char *text, const char *more, femd_structure *s) {
    femd_error err = FEMD_ERROR_INIT;
    if (read_bytes(file, text, strlen(text), "\"Cu\", \"Ni\"", more, s, &err) != FEMD_OK)
        fail_msg("%s\nof\n%s", err.text, text);
}

static void refused(const char *file, const char *text, const char *more, const char *words) {
    femd_error err = FEMD_ERROR_INIT;
    femd_structure s;
    if (read_bytes(file, text, strlen(text), "\"Cu\", \"Ni\"", more, &s, &err) == FEMD_OK)
        fail_msg("accepted without \"%s\":\n%s", words, text);
    if (!strstr(err.text, words)) fail_msg("\"%s\" is not in \"%s\"", words, err.text);
    femd_structure_clear(&s);
}

static void same_atoms(const femd_structure *a, const femd_structure *b) {
    assert_int_equal(a->natoms, b->natoms);
    assert_memory_equal(a->cell, b->cell, sizeof a->cell);
    assert_memory_equal(a->x, b->x, 3 * (size_t)a->natoms * sizeof(double));
    assert_memory_equal(a->species, b->species, (size_t)a->natoms * sizeof(int));
    assert_memory_equal(a->mass, b->mass, sizeof a->mass);
}

#define COUNTS "3 atoms\n2 atom types\n"
#define BOX    "-1 9 xlo xhi\n0 11 ylo yhi\n0.5 12.5 zlo zhi\n0.1 0.2 -0.3 xy xz yz\n"
#define MASSES "Masses\n\n1 63.5\n2 58.7\n\n"
#define ATOMS  "Atoms\n\n1 1 0 0.5 0.5\n2 1 -1 0 0.5\n3 2 1 2 3\n"
#define PLAIN  "title\n\n" COUNTS BOX "\n" MASSES ATOMS

/* ---- LAMMPS data ---- */

static void data_files_are_read(void **state) {
    (void)state;
    femd_structure s;
    open_text("a.data", PLAIN, "", &s);
    assert_int_equal(s.natoms, 3);
    assert_true(s.species[0] == 0 && s.species[1] == 0 && s.species[2] == 1);
    assert_true(s.x[0] == 1.0 && s.x[1] == 0.5 && s.x[2] == 0.0 && s.x[6] == 2.0 && s.x[8] == 2.5 && s.x[3] == 0.0);
    const double cell[9] = {10, 0, 0, 0.1, 11, 0, 0.2, -0.3, 12};
    assert_memory_equal(s.cell, cell, sizeof cell);
    assert_true(s.mass[0] == 63.5 && s.mass[1] == 58.7);
    assert_string_equal(s.notes, "");
    femd_structure_clear(&s);
}

static void the_way_of_writing_does_not_matter(void **state) {
    (void)state;
    static const char *const texts[] = {
        "\n" COUNTS BOX MASSES ATOMS,
        "t\r\n3\tatoms\r\n2 atom\t types  \r\n-1 9  xlo\txhi\r\n0 11 ylo  yhi\r\n0.5 12.5\tzlo zhi\r\n0.1\t0.2 -0.3 "
        "xy  xz\tyz\r\n" MASSES "  Atoms  \r\n\r\n1\t1 0 0.5\t0.5\r\n\r\n 2 1 -1 0 0.5\r\n3 2 1 2 3",
        "t # c\n" BOX "# c\n2 atom types # c\n 3 atoms\n 0 bonds\n2 extra special per atom\n0  bond  types\n" ATOMS
        "\nMasses # c\n\n2 58.7 # Ni\n1 63.5 # Cu\n",
        "t\n" COUNTS BOX
        "Velocities\n\n1 0 0 0\n2 1 1 1\n3 0 0 0\n\nMasses\n\n1 63.5 # Cu1 of the left\n2 58.7 # In its place\n\n"
        "Atoms # mine, all mine\n\n3 2 1 2 3 # last\n2 1 -1 0 0.5 0 0 -1\n1 1 0 0.5 0.5\n\nVelocities\n\n1 0 0 0\n2 0 "
        "0 "
        "0\n3 0 0 0\n",
        "t\n" COUNTS BOX ATOMS "\nVelocities\n\n3 0 0 0\n2 0 0 0\n1 0 0 0\n\n" MASSES,
        "t\n" COUNTS BOX MASSES "Atoms # atomic\n\n9007199254740991 2 1 2 3\n5 1 0 0.5 0.5\n17 1 -1 0 0.5\n",
        "t\n" COUNTS BOX "Atom Type Labels\n\n2 Ni\n1 Cu(left)\n\nMasses\n\nNi 58.7\n1 63.5\n\n"
        "Atoms\n\n1 Cu(left) 0 0.5 0.5\n2 1 -1 0 0.5\n3 Ni 1 2 3\n",
        "units = metal\n" COUNTS BOX MASSES ATOMS,
        "via write_data, timestep = 0, units = real\n" COUNTS BOX MASSES ATOMS,
        "measured in units of metal\n" COUNTS BOX MASSES ATOMS,
    };
    femd_structure a, b;
    open_text("a.data", PLAIN, "", &a);
    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
        open_text("a.data", texts[k], "", &b);
        same_atoms(&a, &b);
        assert_string_equal(b.notes, "");
        femd_structure_clear(&b);
    }
    femd_structure_clear(&a);
}

static void atom_styles_are_read_and_what_they_add_is_told(void **state) {
    (void)state;
    static const struct {
        const char *style, *row[3], *note;
    } of[] = {
        {"charge",
         {"1 1 0.5 0 0.5 0.5", "2 1 -1e-3 -1 0 0.5", "3 2 0 1 2 3"},
         "a.data: atom style charge: its charges"},
        {"molecular", {"1 7 1 0 0.5 0.5", "2 7 1 -1 0 0.5", "3 0 2 1 2 3"}, "its molecule numbers are passed over"},
        {"bond", {"1 7 1 0 0.5 0.5", "2 7 1 -1 0 0.5", "3 0 2 1 2 3"}, "atom style bond"},
        {"angle", {"1 7 1 0 0.5 0.5", "2 7 1 -1 0 0.5", "3 0 2 1 2 3"}, "atom style angle"},
        {"full", {"1 7 1 0.5 0 0.5 0.5", "2 7 1 1 -1 0 0.5", "3 0 2 0 1 2 3"}, "molecule numbers and charges"},
    };
    femd_structure a, b;
    open_text("a.data", PLAIN, "", &a);
    for (size_t k = 0; k < sizeof of / sizeof *of; k++)
        for (int how = 0; how < 4; how++) { /* said by the file or the material; without and with image flags */
            char text[900], more[60] = "";
            if (how & 1) snprintf(more, sizeof more, ", \"atom_style\": \"%s\"", of[k].style);
            const char *flags = how & 2 ? " 1 -2 0" : "";
            snprintf(text, sizeof text, "t\n" COUNTS BOX MASSES "Atoms %s%s\n\n%s%s\n%s%s\n%s%s\n\nBonds\n\n1 1 1 2\n",
                     how & 1 ? "" : "# ", how & 1 ? "" : of[k].style, of[k].row[0], flags, of[k].row[1], flags,
                     of[k].row[2], flags);
            open_text("a.data", text, more, &b);
            same_atoms(&a, &b);
            assert_non_null(strstr(b.notes, of[k].note));
            assert_non_null(strstr(b.notes, "\na.data: passed over: Bonds"));
            femd_structure_clear(&b);
        }
    femd_structure_clear(&a);
}

/* A box turned as a whole is the same crystal, turned: tau' = Q tau Q^T. */
static void a_general_triclinic_box_keeps_its_orientation(void **state) {
    (void)state;
    const double c = cos(0.7), s = sin(0.7), d = cos(-1.1), e = sin(-1.1);
    const double Q[9] = {c, -s * d, s * e, s, c * d, -c * e, 0, e, d};
    const double v[3][3] = {{7.23, 0, 0}, {0.30, 7.23, 0}, {0.20, -0.16, 7.23}};
    double tau[2][6], W[2];
    for (int turned = 0; turned < 2; turned++) {
        char text[4000], name[] = "/tmp/femd-atoms-XXXXXX", json[400];
        int at = sprintf(text, "t\n32 atoms\n1 atom types\n1 -2 3 abc origin\n");
        double a[3][3], p[3];
        for (int k = 0; k < 3; k++)
            for (int i = 0; i < 3; i++)
                a[k][i] = turned ? Q[3 * i] * v[k][0] + Q[3 * i + 1] * v[k][1] + Q[3 * i + 2] * v[k][2] : v[k][i];
        for (int k = 0; k < 3; k++)
            at += sprintf(text + at, "%.17g %.17g %.17g %cvec\n", a[k][0], a[k][1], a[k][2], 'a' + k);
        at += sprintf(text + at, "\nAtoms\n\n");
        for (int n = 0; n < 32; n++) {
            const double f[3] = {0.5 * (n & 1) + 0.25 * (n >> 3 & 1) + 0.01 * (n % 3),
                                 0.5 * (n >> 1 & 1) + 0.25 * ((n >> 3 & 1) ^ (n >> 4 & 1)),
                                 0.5 * (n >> 2 & 1) + 0.25 * (n >> 4 & 1)};
            for (int i = 0; i < 3; i++)
                p[i] = (i == 0 ? 1 : i == 1 ? -2 : 3) + f[0] * a[0][i] + f[1] * a[1][i] + f[2] * a[2][i];
            at += sprintf(text + at, "%d 1 %.17g %.17g %.17g\n", n + 1, p[0], p[1], p[2]);
        }
        const int file = mkstemp(name);
        assert_true(file >= 0);
        FILE *f = fdopen(file, "w");
        assert_non_null(f);
        fputs(text, f);
        fclose(f);
        snprintf(json, sizeof json,
                 "{\"structure\": {\"file\": \"%s\", \"species\": [\"Cu\"]}, \"potential\": {\"style\": \"eam/alloy\", "
                 "\"file\": \"Cu_mishin1.eam.alloy\"}}",
                 name);
        femd_error err = FEMD_ERROR_INIT;
        atoms b;
        atoms_open(&b, json, 0.3);
        remove(name);
        assert_int_equal(femd_energetics_forces(b.e, b.nb, b.s.cell, b.s.x, &W[turned], NULL, tau[turned], &err),
                         FEMD_OK);
        atoms_close(&b);
    }
    static const int at[3][3] = {{0, 5, 4}, {5, 1, 3}, {4, 3, 2}};
    assert_true(fabs(W[1] / W[0] - 1) < 1e-13);
    assert_true(largest(tau[0], 6) > 1);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            double want = 0;
            for (int k = 0; k < 3; k++)
                for (int l = 0; l < 3; l++) want += Q[3 * i + k] * tau[0][at[k][l]] * Q[3 * j + l];
            assert_true(fabs(tau[1][at[i][j]] - want) < 1e-9);
        }
}

static void comments_of_another_element_are_told(void **state) {
    (void)state;
    femd_structure s;
    open_text("a.data", "t\n" COUNTS BOX "Masses\n\n1 63.5 # Cu\n2 58.7 # Fe\n\n" ATOMS, "", &s);
    assert_string_equal(s.notes, "a.data:11: type 2 is called Fe, and the material calls it Ni");
    femd_structure_clear(&s);
}

static void a_wrong_data_file_is_refused_with_its_line(void **state) {
    (void)state;
#define HEAD "t\n" COUNTS BOX
    static const char *const wrong[][2] = {
        {HEAD "Atoms\n\n1 1 0 0 0\n", "a.data:10: Atoms has 1 of 3 lines"},
        {HEAD "Atoms\n\n1 1 0 0 0\n2 1 0 0 1\n\n" MASSES, "a.data:13: Atoms has 2 of 3 lines"},
        {HEAD "Atoms\n\n1 1 0 0 0\n2 1 1 1 1\n1 1 2 2 2\n", "atom 1 stands twice"},
        {HEAD ATOMS "4 1 2 2 2\n", "a.data:13: \"4\" begins no section"},
        {HEAD "Atoms\n\n1 1 0 0 0\n2 1 0 0 nan\n", "a.data:11: expected a number, got \"nan\""},
        {HEAD "Atoms\n\n1 1 0 0 0\n2 3 0 0 1\n", "\"3\" is no atom type"},
        {HEAD "Atoms\n\n0 1 0 0 0\n2 2 0 0 1\n", "\"0\" is no id"},
        {HEAD "Atoms\n\n1 1 1 0 0 0\n2 1 1 0 0 1\n", "6 columns where atom_style atomic has 5"},
        {HEAD "Atoms # full\n\n1 1 1 0 0 0\n2 1 1 0 0 1\n", "atom_style full has 7"},
        {HEAD "Atoms # sphere\n\n1 1 1 1 0 0 0\n", "atom style sphere; accepted: atomic, charge"},
        {HEAD "Atoms\n\n1 1 0 0 0 0.5 0 0\n", "\"0.5\" is no image flag"},
        {HEAD "Atoms\n\n1 1 0 0 0 0 x 0\n", "\"x\" is no image flag"},
        {HEAD MASSES MASSES ATOMS, "a second section Masses"},
        {HEAD ATOMS ATOMS, "a second section Atoms"},
        {HEAD "Masses\n\n1 63.5\n1 63.5\n" ATOMS, "a second mass of type 1"},
        {HEAD "Masses\n\n1 63.5\n" ATOMS, "Masses has 1 of 2 lines"},
        {HEAD "Masses\n\n1 63.5 # Ni\n2 58.7 # Cu\n" ATOMS,
         "type 1 is called Ni, but \"species\" of the material has Cu"},
        {HEAD "Atom Type Labels\n\n1 Ni\n2 Cu\n" ATOMS, "type 1 is called Ni"},
        {HEAD "Atom Type Labels\n\n1 Cu\n2 Fe\n" ATOMS, "type 2 is called Fe"},
        {HEAD "Atom Type Labels\n\n1 A\n2 A\n" ATOMS, "a second type for label A"},
        {HEAD "Atoms\n\n1 Fe 0 0 0\n", "\"Fe\" is no atom type"},
        {"t\n3 atoms\n1 atom types\n" BOX ATOMS, "has 1 atom types, but \"species\" names 2"},
        {"t\n" COUNTS "0 5 xlo xhi\n5 5 ylo yhi\n0 1 zlo zhi\n" ATOMS, "bounds of the box along y"},
        {"t\n" COUNTS BOX "0 1 xlo xhi\n" ATOMS, "a.data:8: a second line \"xlo xhi\""},
        {"t\n" COUNTS "0 5 xlo xhi\n0 5 ylo yhi\n0 5 zlo zhi\n1 2 3 xy xz\n" ATOMS, "a.data:7: unknown line \"1 2\""},
        {"t\n" COUNTS BOX "1 0 0 avec\n0 1 0 bvec\n0 0 1 cvec\n" ATOMS, "a general triclinic box has avec"},
        {"t\n" COUNTS "1 0 0 avec\n0 1 0 bvec\n" ATOMS, "a general triclinic box has avec"},
        {"t\n" COUNTS "0 1 0 avec\n1 0 0 bvec\n0 0 1 cvec\n" ATOMS, "must be right-handed"},
        {HEAD "Bonsai\n", "unknown line \"Bonsai\""},
        {HEAD ATOMS "\nBonsai\n", "\"Bonsai\" begins no section"},
        {HEAD ATOMS "\nBonds\n\n1 1 1 2\n\nBonsai\n\n1 2\n", "\"Bonsai\" begins no section"},
        {HEAD, "no section Atoms"},
        {"", "the file is empty"},
        {"t\n99999999999 atoms\n2 atom types\n" BOX "Atoms\n", "1 to 10000000"},
        {"t\n9999999 atoms\n2 atom types\n" BOX "Atoms\n", "too short for its 9999999 atoms"},
        {"x, timestep = 0, units = lj\n" COUNTS BOX ATOMS,
         "a.data:1: the title says \"units = lj\"; accepted: metal, real"},
        {"units=si\n" COUNTS BOX ATOMS, "units = si"},
    };
    for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++) refused("a.data", wrong[k][0], "", wrong[k][1]);
    refused("a.data", HEAD "Atoms # charge\n\n1 1 0 0 0 0\n", ", \"atom_style\": \"full\"",
            "atom style charge, but \"atom_style\" of the material is full");
}

/* ---- extended XYZ ---- */

#define LATTICE "Lattice=\"10 0 0 0.1 11 0 0.2 -0.3 12\""
#define ROWS    "Cu 1 0.5 0\nCu 0 0 0\nNi 2 2 2.5\n"

static void extended_xyz_is_read_in_every_way_of_writing(void **state) {
    (void)state;
    static const struct {
        const char *text, *note;
    } of[] = {
        {"3\n" LATTICE " Properties=species:S:1:pos:R:3\n" ROWS, ""},
        {"3\n" LATTICE "\n" ROWS, ""},
        {" 3 \r\nproperties=species:S:1:pos:R:3 lattice='10 0 0  0.1 11 0  0.2 -0.3 12' pbc=\"T T T\"\r\n\tCu 1 0.5 0 "
         "\r\nCu 0 0 0\r\nNi 2 2 2.5\r\n\r\n\n",
         ""},
        {"3\nLattice=\"[[10, 0, 0], [0.1, 11, 0], [0.2, -0.3, 12]]\" energy=-3.5 stress=\"1 2 3\" comment={a b=c} "
         "info=\"_JSON [\\\" Lattice=1 \\\"]\" lone\n" ROWS,
         ""},
        {"3\n" LATTICE " Origin=\"-1 0 0.5\"\nCu 0 0.5 0.5\nCu -1 0 0.5\nNi 1 2 3", ""},
        {"3\n" LATTICE "\n1 1 0.5 0\nCu 0 0 0\n2 2 2 2.5\n", ""},
        {"3\n" LATTICE
         " Properties=id:I:1:pos:R:3:forces:R:3:species:S:1\n1 1 0.5 0 9 9 9 Cu\n2 0 0 0 9 9 9 Cu\n3 2 2 2.5 "
         "x y z Ni\n",
         "a.xyz: columns passed over: id, forces"},
        {"3\n" LATTICE " pbc=\"T T F\"\n" ROWS, "a.xyz: pbc says that the atoms do not repeat along every vector"},
    };
    femd_structure a, b;
    open_text("a.data", "t\n" COUNTS BOX ATOMS, "", &a);
    for (size_t k = 0; k < sizeof of / sizeof *of; k++) {
        open_text("a.xyz", of[k].text, "", &b);
        same_atoms(&a, &b);
        if (strncmp(b.notes, of[k].note, strlen(of[k].note)) != 0 || !*of[k].note != !*b.notes) fail_msg("%s", b.notes);
        femd_structure_clear(&b);
        open_text("a.txt", of[k].text, ", \"format\": \"extxyz\"", &b);
        same_atoms(&a, &b);
        femd_structure_clear(&b);
    }
    open_text("A.EXTXYZ",
              "3\n" LATTICE
              " Properties=species:S:1:masses:R:1:pos:R:3\nCu 63.5 1 0.5 0\nCu 63.5 0 0 0\nNi 58.7 2 2 2.5\n",
              "", &b);
    assert_true(b.mass[0] == 63.5 && b.mass[1] == 58.7);
    femd_structure_clear(&a);
    femd_structure_clear(&b);
}

static void what_femd_writes_it_reads(void **state) {
    (void)state;
    femd_error err = FEMD_ERROR_INIT;
    femd_buffer text = FEMD_BUFFER_INIT;
    femd_structure a, b;
    open_text("a.data", "t\n" COUNTS BOX ATOMS, "", &a);
    for (int c = 0; c < 9; c++) a.x[c] += 1.0 / (c + 3.0);
    a.cell[1] = 1.0 / 3.0;
    const double u[9] = {1, 2, 3}, e[3] = {-3.5}, E[6] = {0.01};
    const femd_xyz_frame frame = {3, a.cell, (const char(*)[8])a.name, a.species, a.x, u, e, E};
    assert_int_equal(femd_xyz_append(&frame, &text, &err), FEMD_OK);
    assert_int_equal(read_bytes("dump.xyz", text.data, text.size, "\"Cu\", \"Ni\"", "", &b, &err), FEMD_OK);
    same_atoms(&a, &b);
    assert_string_equal(b.notes, "dump.xyz: columns passed over: displacement, potential_energy");
    femd_structure_clear(&a);
    femd_structure_clear(&b);
    femd_buffer_clear(&text);
}

/* Of centre (0.1, -0.15, 6): what is 0.95 angstrom from it goes, what is 1.05 stays. */
static void voids_are_round_in_a_skew_cell(void **state) {
    (void)state;
    femd_structure s;
    open_text("a.xyz",
              "6\nLattice=\"10 0 0 0.1 11 0 0.2 -0.3 12\"\nCu 0.1 -0.15 7.05\nNi 0.1 -0.15 6.95\nCu 0.1 0.9 6\n"
              "Ni 0.1 0.8 6\nCu 1.15 -0.15 6\nNi 1.05 -0.15 6\n",
              ", \"voids\": [{\"center\": [0, 0, 0.5], \"radius\": \"1 angstrom\"}]", &s);
    assert_int_equal(s.natoms, 3);
    for (int i = 0; i < s.natoms; i++) assert_string_equal(s.name[s.species[i]], "Cu");
    femd_structure_clear(&s);
}

static void a_wrong_xyz_file_is_refused_with_its_line(void **state) {
    (void)state;
    static const char *const wrong[][2] = {
        {"", "a.xyz:1: expected the number of atoms"},
        {"3 4\n" LATTICE "\n" ROWS, "a.xyz:1: expected the number of atoms"},
        {"3\na comment\n" ROWS, "there is no Lattice"},
        {"3\nLattice=\"1 2 3\"\n" ROWS, "Lattice is nine numbers"},
        {"3\n" LATTICE " " LATTICE "\n" ROWS, "Lattice is nine numbers"},
        {"3\nLattice=\"10 0 0 0 10 0 0 0 10\n" ROWS, "the value of Lattice has no end"},
        {"3\nLattice=\"0 10 0 10 0 0 0 0 10\"\n" ROWS, "must be right-handed"},
        {"3\n" LATTICE " Origin=\"1 2\"\n" ROWS, "Origin is three numbers"},
        {"3\n" LATTICE " Properties=species:S:1\n" ROWS, "Properties lacks pos:R:3"},
        {"3\n" LATTICE " Properties=pos:R:3\n" ROWS, "Properties lacks species:S:1"},
        {"3\n" LATTICE " Properties=species:S\n" ROWS, "NAME:TYPE:COLUMNS"},
        {"3\n" LATTICE " Properties=species:S:1:pos:R:3:pos:R:3\n" ROWS, "Properties has pos twice"},
        {"3\n" LATTICE " Properties=species:S:1:species:S:1:pos:R:3\n" ROWS, "Properties has species twice"},
        {"3\n" LATTICE " Properties=species:S:1:pos:R:3:u:R:900\n" ROWS, "at most 64 columns"},
        {"3\n" LATTICE "\nCu 1 1 1\nCu 0 0\nNi 2 2 2\n", "a.xyz:4: 3 columns where Properties has 4"},
        {"3\n" LATTICE "\nCu 1 1 1\nFe 0 0 0\nNi 2 2 2\n", "a.xyz:4: \"species\" of the material has no \"Fe\""},
        {"3\n" LATTICE "\nCu 1 1 1\n3 0 0 0\nNi 2 2 2\n", "has no \"3\""},
        {"3\n" LATTICE "\nCu 1 1 inf\nCu 0 0 0\nNi 2 2 2\n", "a.xyz:3: expected a number, got \"inf\""},
        {"4\n" LATTICE "\n" ROWS, "3 of 4 atoms"},
        {"3\n" LATTICE "\n" ROWS "3\n" LATTICE "\n" ROWS, "a.xyz:6: the file goes on after its 3 atoms"},
        {"9999999\n" LATTICE "\n" ROWS, "too short"},
        {"2\n" LATTICE " Properties=species:S:1:pos:R:3:mass:R:1\nCu 0 0 0 1\nCu 1 1 1 2\n", "a species has one mass"},
    };
    for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++) refused("a.xyz", wrong[k][0], "", wrong[k][1]);
    refused("a.xyz", "3\n" LATTICE "\n" ROWS, ", \"atom_style\": \"full\"", "belongs to LAMMPS data files");
}

/* ---- .gz ---- */

static size_t gzip_of(const char *text, unsigned char *to, size_t room) {
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (unsigned char *)(uintptr_t)text;
    z.avail_in = (unsigned)strlen(text);
    z.next_out = to;
    z.avail_out = (unsigned)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return room - z.avail_out;
}

static void packed_files_are_unpacked(void **state) {
    (void)state;
    static const char *const files[][3] = {{"a.data.gz", "title\n" COUNTS, BOX MASSES ATOMS},
                                           {"a.xyz.gz", "3\n" LATTICE, " masses=\"\"\n" ROWS}};
    for (int k = 0; k < 2; k++) {
        unsigned char packed[2000], damaged[2000];
        char whole[1000];
        femd_error err = FEMD_ERROR_INIT;
        femd_structure a, b;
        snprintf(whole, sizeof whole, "%s%s", files[k][1], files[k][2]);
        open_text(k ? "a.xyz" : "a.data", whole, "", &a);
        size_t first = gzip_of(files[k][1], packed, sizeof packed);
        const size_t size = first + gzip_of(files[k][2], packed + first, sizeof packed - first); /* two members */
        assert_int_equal(read_bytes(files[k][0], packed, size, "\"Cu\", \"Ni\"", "", &b, &err), FEMD_OK);
        same_atoms(&a, &b);
        femd_structure_clear(&b);
        for (size_t cut = 2; cut < size; cut++) { /* the end of the first member is an end, but too early */
            if (read_bytes(files[k][0], packed, cut, "\"Cu\", \"Ni\"", "", &b, &err) == FEMD_OK)
                fail_msg("%zu of %zu bytes are read", cut, size);
            if (cut != first && !strstr(err.text, ".gz")) fail_msg("%s", err.text);
        }
        memcpy(damaged, packed, size);
        damaged[size - 6] ^= 1; /* the sum of the second member */
        assert_int_equal(read_bytes(files[k][0], damaged, size, "\"Cu\", \"Ni\"", "", &b, &err), FEMD_BAD_INPUT);
        assert_non_null(strstr(err.text, "is a damaged .gz file"));
        memcpy(packed + size, "tail", 4);
        assert_int_equal(read_bytes(files[k][0], packed, size + 4, "\"Cu\", \"Ni\"", "", &b, &err), FEMD_BAD_INPUT);
        assert_non_null(strstr(err.text, "has 4 bytes behind its end"));
        femd_structure_clear(&a);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_files_are_read),
        cmocka_unit_test(the_way_of_writing_does_not_matter),
        cmocka_unit_test(atom_styles_are_read_and_what_they_add_is_told),
        cmocka_unit_test(a_general_triclinic_box_keeps_its_orientation),
        cmocka_unit_test(comments_of_another_element_are_told),
        cmocka_unit_test(a_wrong_data_file_is_refused_with_its_line),
        cmocka_unit_test(extended_xyz_is_read_in_every_way_of_writing),
        cmocka_unit_test(what_femd_writes_it_reads),
        cmocka_unit_test(voids_are_round_in_a_skew_cell),
        cmocka_unit_test(a_wrong_xyz_file_is_refused_with_its_line),
        cmocka_unit_test(packed_files_are_unpacked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
