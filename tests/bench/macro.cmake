# The macro's own cost needs PETSc and the analytic law of its unit tests.
if(TARGET femd_macro_model)
  add_executable(bench_macro bench_macro.c)
  target_link_libraries(bench_macro PRIVATE femd_options femd_macro_model)
  set_target_properties(bench_macro PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
endif()
