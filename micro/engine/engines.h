/* The engines that are built in. Each table is a constant; none keeps data outside its instances. */
#ifndef FEMD_ENGINES_H
#define FEMD_ENGINES_H

#include "femd/engine.h"

extern const femd_engine femd_engine_native;      /* engine_native.c: atomistic statics */
extern const femd_engine femd_engine_cauchy_born; /* engine_cauchy_born.c */
extern const femd_engine femd_engine_elastic;     /* engine_elastic.c */
extern const femd_engine femd_engine_neo_hooke;   /* engine_neo_hooke.c */
extern const femd_engine femd_engine_user;        /* engine_user.c: hands on to a shared object */

/* The shared object's table behind an instance of femd_engine_user, borrowed from it. */
const femd_engine *femd_engine_user_table(const void *instance);
/* What it is called in words: `the user's engine "NAME" (FILE)`, of its path the last part. */
void femd_engine_user_say(const void *instance, char *text, size_t room);

#endif
