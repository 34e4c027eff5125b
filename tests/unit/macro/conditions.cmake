# Boundary conditions and the expressions in them.
femd_unit_test(macro_test_function SOURCES test_function.c LIBS femd_case)
foreach(name account boundary_free conditions loads ties trial manufactured mixed mixed_regular pressure)
  femd_unit_test(macro_test_${name} SOURCES test_${name}.c LIBS femd_macro_model)
  set_tests_properties(macro_test_${name} PROPERTIES ENVIRONMENT "${femd_macro_environment}")
endforeach()

femd_unit_test(macro_test_ties_ranks SOURCES test_ties_ranks.c LIBS femd_macro_model)
set_tests_properties(macro_test_ties_ranks PROPERTIES ENVIRONMENT "${femd_macro_environment}")
add_test(NAME macro_test_ties_ranks_3 COMMAND ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} 3 --oversubscribe --bind-to none
         $<TARGET_FILE:macro_test_ties_ranks>)
set_tests_properties(macro_test_ties_ranks_3 PROPERTIES TIMEOUT 60 LABELS unit PROCESSORS 2 ENVIRONMENT "${femd_macro_environment}")
