/* A folder with cases, for the tests of their reader. */
#ifndef FEMD_TEST_CASE_FOLDER_H
#define FEMD_TEST_CASE_FOLDER_H

extern const char good[]; /* what is in case.json */
extern char folder[];     /* case.json, box.json, heat.json, m.msh and Cu.eam are in it */

/* A file of the folder; its path, to be freed. */
char *write_file(const char *name, const char *text);
/* Set-up and tear-down of a group of tests. */
int prepare(void **state);
int clean_up(void **state);

#endif
