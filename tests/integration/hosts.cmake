# Hosts that load a library of client/adapters, or are written in another language.
find_package(Threads REQUIRED)

add_executable(mfront_host mfront_host.c mfront_load.c)
target_link_libraries(mfront_host PRIVATE femd_options Threads::Threads ${CMAKE_DL_LIBS} m)
set_target_properties(mfront_host PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${tools})
femd_script_test(mfront_meets_eval mfront_meets_eval.sh 120 integration)
set_property(TEST mfront_meets_eval APPEND PROPERTY ENVIRONMENT "FEMD_MFRONT_LIBRARY=$<TARGET_FILE:femd_mfront>")

femd_script_test(fortran_meets_eval fortran_meets_eval.sh 120 integration)
set_tests_properties(fortran_meets_eval PROPERTIES SKIP_RETURN_CODE 77)

femd_script_test(json_needs_zeromq_alone json_needs_zeromq_alone.sh 60 integration)
set_tests_properties(json_needs_zeromq_alone PROPERTIES SKIP_RETURN_CODE 77)
