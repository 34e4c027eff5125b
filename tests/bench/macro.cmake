# The macro's own cost, and what its Newton iterations ask, need PETSc and the analytic law of its unit tests.
if(TARGET femd_macro_model)
  foreach(group macro heat newton solids)
    add_executable(bench_${group} bench_${group}.c)
    target_link_libraries(bench_${group} PRIVATE femd_options femd_macro_model)
    set_target_properties(bench_${group} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
  endforeach()
  target_sources(bench_solids PRIVATE mapped.c solids_body.c solids_heated.c solids_curved.c solids_pressure.c solids_thermal.c)
endif()
