/* A server's STATUS as text for people: a line a node, a run, a material. Asks nobody. */
#ifndef FEMD_STATUS_TEXT_H
#define FEMD_STATUS_TEXT_H

#include <cjson/cJSON.h>

/* Print it to the standard output; each: with a line a worker that the server lists, else only for those in trouble. */
void status_text_print(const cJSON *root, const char *address, int each);

#endif
