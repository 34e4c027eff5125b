# Tests of the engines: relaxation, tangent, states, control.
foreach(name elastic neo_hooke crystal tangent hill_mandel state control path bifurcation large primitive cliff slab wire lennard_jones)
  femd_unit_test(test_engine_${name} SOURCES test_engine_${name}.c LIBS femd_micro TIMEOUT 120)
endforeach()
femd_unit_test(test_engine_bifurcation_long SOURCES test_engine_bifurcation.c LIBS femd_micro LABEL long TIMEOUT 600)
target_compile_definitions(test_engine_bifurcation_long PRIVATE ALL=1)
target_compile_definitions(test_engine_primitive PRIVATE FEMD_FIELD_FILES="${PROJECT_SOURCE_DIR}/tests/field")
foreach(name control_errors atom_energy other_elements)
  femd_unit_test(test_${name} SOURCES test_${name}.c LIBS femd_micro)
endforeach()
foreach(name kubc cluster warm)
  femd_unit_test(test_boundary_${name} SOURCES test_boundary_${name}.c LIBS femd_micro TIMEOUT 120)
endforeach()
femd_unit_test(test_planes SOURCES test_planes.c LIBS femd_micro)
femd_unit_test(test_ellipticity SOURCES test_ellipticity.c LIBS femd_micro)
target_compile_definitions(test_ellipticity PRIVATE FEMD_FIELD_FILES="${PROJECT_SOURCE_DIR}/tests/field")
target_compile_definitions(test_other_elements PRIVATE FEMD_FIELD_FILES="${PROJECT_SOURCE_DIR}/tests/field")
target_compile_definitions(test_engine_slab PRIVATE FEMD_FIELD_FILES="${PROJECT_SOURCE_DIR}/tests/field")
femd_unit_test(test_engine_rows SOURCES test_engine_rows.c LIBS femd_micro TIMEOUT 300)

# Users' engines are shared objects that need nothing of femd but its headers and, if they like, the codec.
function(femd_test_engine name source)
  add_library(${name} MODULE ${source})
  target_link_libraries(${name} PRIVATE femd_options femd_proto m)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/micro/include)
endfunction()
femd_test_engine(user_engine user_engine.c)
femd_test_engine(old_engine user_engine.c) # of an interface that is no more
target_compile_definitions(old_engine PRIVATE TEST_ENGINE_ABI=2)
femd_test_engine(batch_engine batch_engine.c)
femd_test_engine(faulty_engine faulty_engine.c)
add_library(no_engine MODULE no_engine.c)

foreach(name user batch)
  femd_unit_test(test_engine_${name} SOURCES test_engine_${name}.c LIBS femd_micro)
  target_compile_definitions(test_engine_${name} PRIVATE FEMD_TEST_ENGINE="$<TARGET_FILE:user_engine>"
    FEMD_OLD_ENGINE="$<TARGET_FILE:old_engine>" FEMD_BATCH_ENGINE="$<TARGET_FILE:batch_engine>"
    FEMD_LIBRARY="$<TARGET_FILE:no_engine>")
  add_dependencies(test_engine_${name} user_engine old_engine batch_engine no_engine)
endforeach()

femd_unit_test(test_engine_forces_only SOURCES test_engine_forces_only.c made_up_forms.c LIBS femd_micro TIMEOUT 120)

femd_unit_test(test_methods SOURCES test_methods.c LIBS femd_micro)
femd_unit_test(test_local_fields SOURCES test_local_fields.c LIBS femd_micro TIMEOUT 120)

include(${CMAKE_CURRENT_LIST_DIR}/conductivity.cmake)
