/* From a material in a JSON file to the pack that travels: which keys name files, where they are looked for, and how
 * the text is brought into the one form whose hash is the material's id. Shared by libfemd, libfemd-micro and the case
 * reader. */
#ifndef FEMD_MATERIAL_FILES_H
#define FEMD_MATERIAL_FILES_H

#include "femd/json.h"
#include "femd/pack.h"

/* Append to *pack the encoded pack of the material at node `material` of doc (doc->root for a file that is one
 * material). Validates it against "#/$defs/material" of the schema, finds and reads the files it names (looked up in
 * `folder`, which may be NULL for the current one, then $FEMD_POTENTIALS, a colon-separated list, then
 * /usr/share/lammps/potentials). The packed text is canonical, has file names without folders and leaves out "region"
 * and "orientation", which belong to the case. BAD_INPUT with file, key and the places that were searched. */
FEMD_MUST_CHECK femd_status femd_material_pack(const femd_json *doc, const cJSON *material, const char *folder,
                                               femd_buffer *pack, femd_error *err);

/* Of a pack that came from elsewhere: BAD_INPUT with words if its text holds a key that belongs to the case ("region",
 * "orientation", ...): who evaluates it would not heed that. A text that is no JSON is not judged. */
FEMD_MUST_CHECK femd_status femd_material_check_bare(const femd_pack *pack, femd_error *err);

/* Find a data file that a JSON document names at `node`: *path is malloc'ed, the caller's. Same order of search. */
FEMD_MUST_CHECK femd_status femd_material_find(const femd_json *doc, const cJSON *node, const char *folder, char **path,
                                               femd_error *err);

/* Read the file at `path` (a folder means its case.json) and point *node at one material: member `name` of its
 * "materials", or if name is NULL the only one, or the whole file when it has no "materials". *folder, malloc'ed, is
 * where it looks for files first. On failure doc is cleared and *folder is NULL. */
FEMD_MUST_CHECK femd_status femd_material_read(const char *path, const char *name, femd_json *doc, const cJSON **node,
                                               char **folder, femd_error *err);

#endif
