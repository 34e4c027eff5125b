# Tests of the engines: relaxation, tangent, states, control.
foreach(name elastic crystal tangent hill_mandel state control path large)
  femd_unit_test(test_engine_${name} SOURCES test_engine_${name}.c LIBS femd_micro TIMEOUT 120)
endforeach()

# A user's engine is a shared object that needs nothing of femd but its headers and, if it likes, the codec.
add_library(user_engine MODULE user_engine.c)
target_link_libraries(user_engine PRIVATE femd_options femd_proto)
target_include_directories(user_engine PRIVATE ${PROJECT_SOURCE_DIR}/micro/include)
femd_unit_test(test_engine_user SOURCES test_engine_user.c LIBS femd_micro)
target_compile_definitions(test_engine_user PRIVATE FEMD_TEST_ENGINE="$<TARGET_FILE:user_engine>")
add_dependencies(test_engine_user user_engine)

include(${CMAKE_CURRENT_LIST_DIR}/conductivity.cmake)
