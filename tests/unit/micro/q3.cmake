# Tests of the methods at finite temperature that need no sampling.
foreach(name quasiharmonic quasiharmonic_copper symmetry)
  femd_unit_test(test_m3_${name} SOURCES test_m3_${name}.c LIBS femd_micro TIMEOUT 120)
endforeach()
