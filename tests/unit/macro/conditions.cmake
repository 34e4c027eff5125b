# Boundary conditions and the expressions in them.
femd_unit_test(macro_test_function SOURCES test_function.c LIBS femd_case)
foreach(name conditions loads)
  femd_unit_test(macro_test_${name} SOURCES test_${name}.c LIBS femd_macro_model)
  set_tests_properties(macro_test_${name} PROPERTIES ENVIRONMENT "${femd_macro_environment}")
endforeach()
