# Tests of fluids.
femd_unit_test(test_viscosity_spectra SOURCES test_viscosity_spectra.c LIBS femd_micro TIMEOUT 240)
femd_unit_test(test_fluid_method SOURCES test_fluid_method.c LIBS femd_micro TIMEOUT 240)
