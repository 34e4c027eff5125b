/* Chemical symbols, to notice where a file says another element than the material. */
#ifndef FEMD_ELEMENTS_H
#define FEMD_ELEMENTS_H

/* The symbol of an atomic number, or NULL. */
const char *femd_element_symbol(int number);
/* Whether both are chemical symbols (spelt as such) of two elements. Other names may mean anything. */
int femd_elements_differ(const char *one, const char *other);

#endif
