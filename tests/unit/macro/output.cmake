# What femd-macro writes: result files, checkpoint.
femd_unit_test(macro_test_files SOURCES test_output_files.c LIBS femd_macro)
femd_unit_test(macro_test_tables SOURCES test_tables.c LIBS femd_macro)
femd_unit_test(macro_test_terminal SOURCES test_terminal.c LIBS femd_macro)
set_tests_properties(macro_test_files macro_test_tables macro_test_terminal PROPERTIES ENVIRONMENT "${femd_macro_environment}")

# The law of these keeps states of its own.
foreach(name checkpoint recorder)
  femd_unit_test(macro_test_${name} SOURCES test_${name}.c results_fixture.c LIBS femd_macro_model)
  set_tests_properties(macro_test_${name} PROPERTIES ENVIRONMENT "${femd_macro_environment}")
  add_test(NAME macro_test_${name}_2 COMMAND ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} 2 --oversubscribe --bind-to none $<TARGET_FILE:macro_test_${name}>)
  set_tests_properties(macro_test_${name}_2 PROPERTIES TIMEOUT 60 LABELS unit ENVIRONMENT "${femd_macro_environment}")
endforeach()
