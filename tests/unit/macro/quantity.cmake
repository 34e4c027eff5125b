# All that knows quantities, compiled once more with one line added to their list.
function(femd_sources_of variable)
  foreach(target IN LISTS ARGN)
    get_target_property(sources ${target} SOURCES)
    get_target_property(folder ${target} SOURCE_DIR)
    foreach(source IN LISTS sources)
      cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${folder})
      list(APPEND all ${source})
    endforeach()
  endforeach()
  set(${variable} ${all} PARENT_SCOPE)
endfunction()

if(TARGET femd_commands)
  femd_sources_of(again femd_proto femd_peer femd_client femd_case femd_macro)
  add_library(femd_again STATIC ${again} law.c model.c
              ${PROJECT_SOURCE_DIR}/client/eval_print.c ${PROJECT_SOURCE_DIR}/micro/numerics/symmetry.c)
  target_include_directories(femd_again PUBLIC ${CMAKE_CURRENT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/tests/unit/proto
    ${PROJECT_SOURCE_DIR}/proto/include ${PROJECT_SOURCE_DIR}/client/include ${PROJECT_SOURCE_DIR}/client
    ${PROJECT_SOURCE_DIR}/macro ${PROJECT_SOURCE_DIR}/micro ${PROJECT_SOURCE_DIR}/micro/include)
  target_compile_definitions(femd_again PUBLIC FEMD_QUANTITIES_EXTRA="made_up_quantity.h")
  target_link_libraries(femd_again PRIVATE femd_options
                        PUBLIC PkgConfig::SODIUM PkgConfig::CJSON PkgConfig::ZMQ PkgConfig::MUPARSER femd_macro_needs)
  # Most of the time that the solver's own files take is PETSc's headers; the other files must not see them.
  target_precompile_headers(femd_again PRIVATE <petscdmplex.h> <petscsnes.h> <femd/types.h>)
  get_target_property(again femd_again SOURCES)
  list(FILTER again EXCLUDE REGEX "/macro/(base|fields|mesh|results|solve)/")
  set_source_files_properties(${again} PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
  target_compile_options(femd_again PRIVATE $<$<CONFIG:Release>:-O0>) # its tests compute next to nothing
  add_dependencies(femd_again femd_proto) # which makes the embedded schema
  foreach(part answer run)
    femd_unit_test(macro_test_quantity_${part} SOURCES test_quantity_${part}.c LIBS femd_again)
    set_tests_properties(macro_test_quantity_${part} PROPERTIES ENVIRONMENT "${femd_macro_environment}")
  endforeach()
  target_compile_definitions(macro_test_quantity_run PRIVATE FEMD_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
endif()
