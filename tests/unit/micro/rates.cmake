# Tests of paths between states and of what is known of rates.
foreach(name IN ITEMS band count)
  femd_unit_test(test_${name} SOURCES test_${name}.c LIBS femd_atoms_fixture TIMEOUT 120)
endforeach()
foreach(name IN ITEMS saddle htst htst_states hop_moves)
  femd_unit_test(test_${name} SOURCES test_${name}.c LIBS femd_micro TIMEOUT 240)
endforeach()
