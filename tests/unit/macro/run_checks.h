/* A model that is to run, or to be refused with words. Needs cmocka.h. */
#ifndef FEMD_TEST_RUN_CHECKS_H
#define FEMD_TEST_RUN_CHECKS_H

#include <string.h>

#include "model.h"

#define RUN_OK(m)                                                                                                      \
    do {                                                                                                               \
        femd_error err_ = FEMD_ERROR_INIT;                                                                             \
        if (model_run(m, &err_) != FEMD_OK) fail_msg("%s", err_.text);                                                 \
    } while (0)
#define RUN_REFUSED(m, words)                                                                                          \
    do {                                                                                                               \
        femd_error err_ = FEMD_ERROR_INIT;                                                                             \
        assert_int_equal(model_run(m, &err_), FEMD_BAD_INPUT);                                                         \
        if (!strstr(err_.text, words)) fail_msg("%s", err_.text);                                                      \
    } while (0)

#endif
