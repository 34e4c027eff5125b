# The equation of heat.
foreach(name heat heat_time heat_pressed heat_periodic both given exchange mixed_heat)
  femd_unit_test(macro_test_${name} SOURCES test_${name}.c LIBS femd_macro_model)
  set_tests_properties(macro_test_${name} PROPERTIES ENVIRONMENT "${femd_macro_environment}")
endforeach()
add_test(NAME macro_test_heat_time_2 COMMAND ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} 2 --oversubscribe --bind-to none
         $<TARGET_FILE:macro_test_heat_time>)
set_tests_properties(macro_test_heat_time_2 PROPERTIES TIMEOUT 60 LABELS unit PROCESSORS 2 ENVIRONMENT "${femd_macro_environment}")
add_test(NAME macro_test_heat_periodic_2 COMMAND ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} 2 --oversubscribe --bind-to none
         $<TARGET_FILE:macro_test_heat_periodic>)
set_tests_properties(macro_test_heat_periodic_2 PROPERTIES TIMEOUT 60 LABELS unit PROCESSORS 2 ENVIRONMENT "${femd_macro_environment}")
add_test(NAME macro_test_both_2 COMMAND ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} 2 --oversubscribe --bind-to none
         $<TARGET_FILE:macro_test_both>)
set_tests_properties(macro_test_both_2 PROPERTIES TIMEOUT 60 LABELS unit PROCESSORS 2 ENVIRONMENT "${femd_macro_environment}")

# Heat capacities of samples that have errors.
femd_unit_test(macro_test_capacity_sampled SOURCES test_capacity_sampled.c LIBS femd_macro_model)
add_test(NAME macro_test_capacity_sampled_2 COMMAND ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} 2 --oversubscribe --bind-to none
         $<TARGET_FILE:macro_test_capacity_sampled>)
set_tests_properties(macro_test_capacity_sampled_2 PROPERTIES TIMEOUT 60 LABELS unit PROCESSORS 2)
set_tests_properties(macro_test_capacity_sampled macro_test_capacity_sampled_2 PROPERTIES ENVIRONMENT "${femd_macro_environment}")

# What the fields of a step hold.
femd_unit_test(macro_test_fields SOURCES test_fields.c LIBS femd_macro_model)
add_test(NAME macro_test_fields_3 COMMAND ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} 3 --oversubscribe --bind-to none $<TARGET_FILE:macro_test_fields>)
set_tests_properties(macro_test_fields_3 PROPERTIES TIMEOUT 60 LABELS unit PROCESSORS 2)
set_tests_properties(macro_test_fields macro_test_fields_3 PROPERTIES ENVIRONMENT "${femd_macro_environment}")

# Conductivities of samples that have errors.
femd_unit_test(macro_test_conductivity_fit SOURCES test_conductivity_fit.c LIBS femd_macro)
set_tests_properties(macro_test_conductivity_fit PROPERTIES ENVIRONMENT "${femd_macro_environment}")
femd_unit_test(macro_test_heat_sampled SOURCES test_heat_sampled.c LIBS femd_macro_model)
add_test(NAME macro_test_heat_sampled_2 COMMAND ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} 2 --oversubscribe --bind-to none
         $<TARGET_FILE:macro_test_heat_sampled>)
set_tests_properties(macro_test_heat_sampled_2 PROPERTIES TIMEOUT 60 LABELS unit PROCESSORS 2)
set_tests_properties(macro_test_heat_sampled macro_test_heat_sampled_2 PROPERTIES ENVIRONMENT "${femd_macro_environment}")
femd_unit_test(macro_test_sampled_both SOURCES test_sampled_both.c LIBS femd_macro_model)
femd_unit_test(macro_test_sampled_time SOURCES test_sampled_time.c LIBS femd_macro_model)
set_tests_properties(macro_test_sampled_both macro_test_sampled_time PROPERTIES ENVIRONMENT "${femd_macro_environment}")

# Thermal stresses that are sampled with the stress.
femd_unit_test(macro_test_thermal_sampled TIMEOUT 200 SOURCES test_thermal_sampled.c LIBS femd_macro_model)
add_test(NAME macro_test_thermal_sampled_2 COMMAND ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} 2 --oversubscribe --bind-to none
         $<TARGET_FILE:macro_test_thermal_sampled>)
set_tests_properties(macro_test_thermal_sampled_2 PROPERTIES TIMEOUT 120 LABELS unit PROCESSORS 2)
set_tests_properties(macro_test_thermal_sampled macro_test_thermal_sampled_2 PROPERTIES ENVIRONMENT "${femd_macro_environment}")

# Bodies of ./femd bench solids.
set(femd_solids ${PROJECT_SOURCE_DIR}/tests/bench)
femd_unit_test(macro_test_heat_solids SOURCES test_heat_solids.c ${femd_solids}/mapped.c ${femd_solids}/solids_body.c
               ${femd_solids}/solids_heated.c LIBS femd_macro_model)
target_include_directories(macro_test_heat_solids PRIVATE ${femd_solids})
set_tests_properties(macro_test_heat_solids PROPERTIES ENVIRONMENT "${femd_macro_environment}")
