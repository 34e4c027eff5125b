# Tests of paths between states and of what is known of rates.
femd_unit_test(test_band SOURCES test_band.c LIBS femd_atoms_fixture TIMEOUT 120)
