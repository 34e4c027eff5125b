# Tests of the methods at finite temperature that need no sampling.
foreach(name averaged reference_doubt quasiharmonic quasiharmonic_copper quasiharmonic_internal roughness symmetry)
  femd_unit_test(test_${name} SOURCES test_${name}.c LIBS femd_micro TIMEOUT 120)
endforeach()
