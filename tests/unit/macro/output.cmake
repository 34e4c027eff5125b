# What femd-macro writes: result files, checkpoint.
femd_unit_test(macro_test_files SOURCES test_output_files.c LIBS femd_macro)
set_tests_properties(macro_test_files PROPERTIES ENVIRONMENT "${femd_macro_environment}")

# The checkpoint test stands in for the server's store of states.
femd_unit_test(macro_test_checkpoint SOURCES test_checkpoint.c LIBS femd_macro_model)
target_link_options(macro_test_checkpoint PRIVATE
                    LINKER:--wrap=femd_client_states_get LINKER:--wrap=femd_client_states_put LINKER:--wrap=femd_client_state_get)
set_tests_properties(macro_test_checkpoint PROPERTIES ENVIRONMENT "${femd_macro_environment}")
add_test(NAME macro_test_checkpoint_2 COMMAND ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} 2 --oversubscribe --bind-to none $<TARGET_FILE:macro_test_checkpoint>)
set_tests_properties(macro_test_checkpoint_2 PROPERTIES TIMEOUT 60 LABELS unit ENVIRONMENT "${femd_macro_environment}")
