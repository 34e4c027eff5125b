# Tests of the conductivity.
femd_unit_test(test_conductivity_spectra SOURCES test_conductivity_spectra.c LIBS femd_micro TIMEOUT 240)
femd_unit_test(test_conductivity_method SOURCES test_conductivity_method.c LIBS femd_micro TIMEOUT 240)
femd_unit_test(test_conductivity_long SOURCES test_conductivity_long.c LIBS femd_micro LABEL long TIMEOUT 1200)
femd_unit_test(test_conductivity_coverage SOURCES test_conductivity_coverage.c LIBS femd_micro LABEL long TIMEOUT 1800)
femd_unit_test(test_conductivity_turns SOURCES test_conductivity_turns.c LIBS femd_micro TIMEOUT 240)
femd_unit_test(test_conductivity_turns_long SOURCES test_conductivity_turns.c LIBS femd_micro LABEL long TIMEOUT 1800)
target_compile_definitions(test_conductivity_turns_long PRIVATE FEMD_TEST_LONG)
