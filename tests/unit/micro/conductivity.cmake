# Tests of the conductivity.
femd_unit_test(test_conductivity_spectra SOURCES test_conductivity_spectra.c LIBS femd_micro TIMEOUT 240)
femd_unit_test(test_conductivity_method SOURCES test_conductivity_method.c LIBS femd_micro TIMEOUT 240)
femd_unit_test(test_nemd_box SOURCES test_nemd_box.c LIBS femd_micro TIMEOUT 240)
femd_unit_test(test_nemd_method SOURCES test_nemd_method.c LIBS femd_micro TIMEOUT 240)
femd_unit_test(test_nemd_flux SOURCES test_nemd_flux.c LIBS femd_micro TIMEOUT 240)
femd_unit_test(test_nemd_long SOURCES test_nemd_long.c LIBS femd_micro LABEL long TIMEOUT 1800)
femd_unit_test(test_conductivity_long SOURCES test_conductivity_long.c LIBS femd_micro LABEL long TIMEOUT 1200)
