# Tests of chemical potentials.
femd_unit_test(test_formation SOURCES test_formation.c LIBS femd_micro TIMEOUT 120)
femd_unit_test(test_trial SOURCES test_trial.c LIBS femd_atoms_fixture)
femd_unit_test(test_exchange SOURCES test_exchange.c LIBS femd_atoms_fixture)
femd_unit_test(test_widom SOURCES test_widom.c LIBS femd_micro TIMEOUT 240)
femd_unit_test(test_swap SOURCES test_swap.c LIBS femd_micro TIMEOUT 240)
femd_unit_test(test_semigrand SOURCES test_semigrand.c LIBS femd_micro TIMEOUT 240)
femd_unit_test(test_chemical_coverage SOURCES test_chemical_coverage.c LIBS femd_micro LABEL long TIMEOUT 3600)
femd_unit_test(test_semigrand_coverage SOURCES test_semigrand_coverage.c LIBS femd_micro LABEL long TIMEOUT 3600)
