/* Fields inside the RVEs of a run whose case names points for them (output.local), once the run is over. */
#ifndef FEMD_CLIENT_RUN_LOCAL_H
#define FEMD_CLIENT_RUN_LOCAL_H

#include "options.h"

/* Have femd-fields make fields of all states that the run has kept in `folder`; sets and engines are the run's. It ends
 * by itself: an engine that hangs is ended by its own watchdog. Returns its exit code; words are on stderr. */
int run_local_fields(const char *case_path, const char *folder, const option_list *sets, const option_list *engines,
                     int quiet);

#endif
