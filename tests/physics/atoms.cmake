# Energies, forces and virial against LAMMPS at the same coordinates; skips itself (77) where there is no lmp.
if(TARGET femd_atoms_fixture)
  femd_unit_test(test_lammps_agrees SOURCES test_lammps_agrees.c LIBS femd_atoms_fixture LABEL physics TIMEOUT 180)
  set_tests_properties(test_lammps_agrees PROPERTIES SKIP_RETURN_CODE 77)
endif()
