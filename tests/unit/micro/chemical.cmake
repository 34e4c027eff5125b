# Tests of chemical potentials.
femd_unit_test(test_formation SOURCES test_formation.c LIBS femd_micro TIMEOUT 120)
