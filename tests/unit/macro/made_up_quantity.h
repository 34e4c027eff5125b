/* One more quantity, in one line: what a test build adds to the list of femd/quantities.h. */
/* clang-format off */
#define FEMD_QUANTITY_EXTRA(X) \
 X(MADE_UP, 30, WANTED, "made-up", made_up, "made_up", STRAIN, SAMPLED, MEAN, "1/K", "made up", 1e-6, "1e-6/K", \
   "a test")
/* clang-format on */
