# Tests of the engines: relaxation, tangent, states, control.
foreach(name elastic crystal tangent hill_mandel state control path large)
  if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/test_m2_${name}.c)
    femd_unit_test(test_m2_${name} SOURCES test_m2_${name}.c LIBS femd_micro TIMEOUT 120)
  endif()
endforeach()

# A user's engine is a shared object that needs nothing of femd but its headers and, if it likes, the codec.
add_library(m2_user_engine MODULE m2_user_engine.c)
target_link_libraries(m2_user_engine PRIVATE femd_options femd_proto)
target_include_directories(m2_user_engine PRIVATE ${PROJECT_SOURCE_DIR}/micro/include)
femd_unit_test(test_m2_user SOURCES test_m2_user.c LIBS femd_micro)
target_compile_definitions(test_m2_user PRIVATE FEMD_TEST_ENGINE="$<TARGET_FILE:m2_user_engine>")
add_dependencies(test_m2_user m2_user_engine)

include(${CMAKE_CURRENT_LIST_DIR}/conductivity.cmake)
