/* The sections of a case file, for case.c alone. The document has passed the schema when these are called. Each checks
 * what the schema cannot say, and names the key in its words. */
#ifndef FEMD_CASE_READ_H
#define FEMD_CASE_READ_H

#include "case/case.h"

/* case_materials.c: materials and their files. */
FEMD_MUST_CHECK femd_status case_read_materials(femd_case *c, femd_error *err);
/* case_orientations.c: an entry like base for each row of its table; c->material has room for *room. */
FEMD_MUST_CHECK femd_status case_read_orientations(femd_case *c, size_t *room, const femd_case_material *base,
                                                   const cJSON *table, femd_error *err);
/* case_local.c: output.local. */
FEMD_MUST_CHECK femd_status case_read_local(femd_case *c, const cJSON *local, femd_error *err);
/* case_probes.c: output.probes. */
FEMD_MUST_CHECK femd_status case_read_probes(femd_case *c, const cJSON *probes, femd_error *err);
/* case_path.c: "folder/name"; a file that the case names, absolute or in its folder. malloc'ed, NULL without memory. */
char *case_join_path(const char *folder, const char *name);
char *case_path(const femd_case *c, const char *name);

/* case_boundary.c: boundary entries and whether the body is held. */
FEMD_MUST_CHECK femd_status case_read_boundary(femd_case *c, femd_error *err);
/* What one entry prescribes, for each line of FEMD_LOAD_LIST: node is the entry, which has the line's key. */
#define FEMD_LOAD_READER(name, key, actor, faces, holds)                                                               \
    FEMD_MUST_CHECK femd_status case_read_##key(const femd_case *c, const cJSON *node, femd_case_boundary *b,          \
                                                femd_error *err);
FEMD_LOAD_LIST(FEMD_LOAD_READER)
/* case_where.c: the place of an entry: "on" (a name, or several whose common nodes are meant) or "at" (one or two
 * positions). */
FEMD_MUST_CHECK femd_status case_read_where(const femd_case *c, const cJSON *node, femd_case_boundary *b,
                                            femd_error *err);
/* The name of one group, into b->on. */
FEMD_MUST_CHECK femd_status case_read_name(const femd_case *c, const cJSON *name, femd_case_boundary *b,
                                           femd_error *err);
/* case_value.c: a number with or without unit, or "=expression", in *number or *function. */
FEMD_MUST_CHECK femd_status case_read_value(const femd_case *c, const cJSON *node, femd_dimension dim, double *number,
                                            femd_function **function, femd_error *err);
/* Rows of (time, number or quantity). */
FEMD_MUST_CHECK femd_status case_read_rows(const femd_case *c, const cJSON *rows, femd_dimension dim, size_t *n,
                                           double **time, double **value, femd_error *err);
/* The times of a table that are not yet over by `near` and come before *next, which becomes the first of them; what a
 * table says at a time. */
void case_time_of_table(const femd_case_table *table, double time, double near, double *next);
double case_table_at(const femd_case_table *table, double time);
/* {"file": F, "name": N}; node is the object, its file must be there. What stands in it is known with the mesh. */
FEMD_MUST_CHECK femd_status case_read_nodal(const femd_case *c, const cJSON *node, femd_case_nodal *out,
                                            femd_error *err);
/* The temperature of the case: a number, "=expression", {"table": rows} or {"file"}. */
FEMD_MUST_CHECK femd_status case_read_prescribed_temperature(femd_case *c, femd_error *err);
/* case_mixed.c: element.formulation, and that nothing is asked which it cannot do; all else must be read. */
FEMD_MUST_CHECK femd_status case_read_formulation(femd_case *c, femd_error *err);
/* With "u-p": BAD_INPUT if a material's engine cannot be given a pressure, or samples. */
FEMD_MUST_CHECK femd_status case_check_formulation(const femd_case *c, size_t material, const femd_capabilities *caps,
                                                   femd_error *err);
/* case_pressure.c: the pressure of the points, which physics "thermal" alone takes; materials and physics must be
 * there. BAD_INPUT if a material's engine cannot be given one, or samples. */
FEMD_MUST_CHECK femd_status case_read_prescribed_pressure(femd_case *c, femd_error *err);
FEMD_MUST_CHECK femd_status case_check_pressure(const femd_case *c, size_t material, const femd_capabilities *caps,
                                                femd_error *err);
/* case_potentials.c: "chemical_potentials"; physics and materials must be there. BAD_INPUT if a material is given some
 * and exchanges no species, or the other way round. */
FEMD_MUST_CHECK femd_status case_read_potentials(femd_case *c, femd_error *err);
void case_clear_potentials(femd_case *c);
FEMD_MUST_CHECK femd_status case_check_exchange(const femd_case *c, size_t material, const femd_capabilities *caps,
                                                femd_error *err);
/* case_heat.c: "physics" and "heat", and that no key belongs to the other physics; the boundary must be there. What a
 * material gives the equation of heat. */
FEMD_MUST_CHECK femd_status case_read_physics(femd_case *c, femd_error *err);
const char *case_physics_name(const femd_case *c);
FEMD_MUST_CHECK femd_status case_check_physics(const femd_case *c, femd_error *err);
FEMD_MUST_CHECK femd_status case_read_thermal(const femd_case *c, const cJSON *material, femd_case_material *m,
                                              femd_error *err);

#endif
