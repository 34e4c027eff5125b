# Tests of fluids.
femd_unit_test(test_viscosity_spectra SOURCES test_viscosity_spectra.c LIBS femd_micro TIMEOUT 240)
femd_unit_test(test_fluid_method SOURCES test_fluid_method.c LIBS femd_micro TIMEOUT 240)
femd_unit_test(test_diffusion SOURCES test_diffusion.c LIBS femd_micro TIMEOUT 240)
femd_unit_test(test_fluid_coverage SOURCES test_fluid_coverage.c LIBS femd_micro LABEL long TIMEOUT 3600)
femd_unit_test(test_shear_flow SOURCES test_shear_flow.c LIBS femd_micro TIMEOUT 240)
