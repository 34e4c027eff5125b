/* cmocka's assert_float_equal compares floats; these compare doubles. */
#ifndef FEMD_TEST_NEAR_H
#define FEMD_TEST_NEAR_H

#include <math.h>

#define assert_near(a, b, tolerance)                                                                                   \
    do {                                                                                                               \
        double a_ = (a), b_ = (b), t_ = (tolerance);                                                                   \
        if (!(fabs(a_ - b_) <= t_))                                                                                    \
            fail_msg("%s = %.17g, %s = %.17g: apart by %g > %g", #a, a_, #b, b_, fabs(a_ - b_), t_);                   \
    } while (0)

#endif
