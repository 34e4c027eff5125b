/* Reading the text files of potentials: a copy of the file with a place in it. */
#ifndef FEMD_POTENTIAL_TEXT_H
#define FEMD_POTENTIAL_TEXT_H

#include "potentials/potential_form.h"

typedef struct femd_text {
    const char *name;
    char *text;  /* owned, NUL-terminated */
    size_t size; /* of the text */
    char *at;
    char held; /* what stood where the last word was cut, at `at`; 0: nothing was cut */
    int line;  /* of `at`, from 1 */
    femd_error *err;
} femd_text;

/* Copy the file that the pack has under `name` (or its last component); node is named in the message if there is none.
 * BAD_INPUT if it is no text, or a .gz file that is damaged. */
FEMD_MUST_CHECK femd_status femd_text_open(femd_text *r, const femd_json *doc, const cJSON *node, const femd_pack *pack,
                                           const char *name, femd_error *err);
void femd_text_close(femd_text *r);
char *femd_text_line(femd_text *r); /* what is left of the line, cut at its end, or NULL at the end of the file */
char *femd_text_word(femd_text *r); /* the next word, cut at its end until the next call, or NULL; lines do not count */
FEMD_MUST_CHECK femd_status femd_text_number(femd_text *r, double *out, const char *what); /* finite */
/* Go to the next line; returns how many words of this one are passed over. */
int femd_text_skip(femd_text *r);
/* The first line of a file, a comment in which LAMMPS's files name their units: metal is what the rest is read in. */
FEMD_MUST_CHECK femd_status femd_text_title(femd_text *r);
void femd_text_uncomment(femd_text *r); /* blank what follows a # up to the end of its line, from here on */
/* The name in the file of a species of the structure: potential.species[name], or the name itself. */
const char *femd_text_name(const cJSON *potential, const char *species);

#endif
