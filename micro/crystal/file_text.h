/* The text of a file that comes with a material, unpacked if it is a .gz, and its lines. It knows no format. */
#ifndef FEMD_FILE_TEXT_H
#define FEMD_FILE_TEXT_H

#include "femd/json.h"
#include "femd/pack.h"

#define FEMD_TEXT_MAX ((size_t)1 << 30) /* bytes of an unpacked file */

/* A copy of the file that the pack has under `name` (or its last component), NUL-terminated and the caller's; *size
 * without the NUL, may be NULL. node is named in the message if there is none. BAD_INPUT if it is no text, a damaged
 * .gz or larger than FEMD_TEXT_MAX. */
FEMD_MUST_CHECK femd_status femd_file_text(const femd_json *doc, const cJSON *node, const femd_pack *pack,
                                           const char *name, char **text, size_t *size, femd_error *err);

/* A place in a text that is cut into lines and words as it goes. All borrowed. */
typedef struct femd_lines {
    const char *name; /* of the file, for messages */
    char *at;         /* the next line */
    int line;         /* number of the line taken last, from 1 */
    femd_error *err;
} femd_lines;

/* The next line, cut at its end; NULL at the end of the text. */
char *femd_lines_next(femd_lines *lines);
/* Cut text into words at blanks; word[] gets the first `most` of them. Returns how many there are. */
int femd_words_split(char *text, char *word[], int most);
/* 1 and the number if the word is a finite number from its first to its last character, else 0. */
int femd_word_number(const char *word, double *number);
/* 1 and the number if the word is a whole number from least to most, else 0. */
int femd_word_whole(const char *word, double least, double most, double *number);

#endif
