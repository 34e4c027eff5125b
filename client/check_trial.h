/* The solver's own set-up of a case, for femd check: whatever a run refuses before its first question. */
#ifndef FEMD_CLIENT_CHECK_TRIAL_H
#define FEMD_CLIENT_CHECK_TRIAL_H

#include "case/case.h"
#include "options.h"

/* Have femd-macro set the case up and end. BAD_INPUT in its words for what it refuses. */
FEMD_MUST_CHECK femd_status check_trial(const char *path, const option_list *sets, femd_error *err);

#endif
