# Molecular dynamics, its statistics and the method that samples.
foreach(source IN ITEMS dynamics.c sampling.c md.c md_options.c md_state.c)
  if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${source})
    target_sources(femd_micro PRIVATE ${source})
  endif()
endforeach()
