# Tests of dynamics and sampling. Statistics that need minutes are "long".
foreach(name dynamics sampling method free_energy engine reference sites stray settling bifurcation)
  femd_unit_test(test_md_${name} SOURCES test_md_${name}.c LIBS femd_micro TIMEOUT 240)
endforeach()
target_compile_definitions(test_md_stray PRIVATE FEMD_FIELD_FILES="${PROJECT_SOURCE_DIR}/tests/field")
# A method as a newcomer would write it, held against all that it is given.
femd_unit_test(test_sampled_method SOURCES test_sampled_method.c pressure_method.c LIBS femd_micro TIMEOUT 240)
femd_unit_test(test_md_long SOURCES test_md_long.c LIBS femd_micro TIMEOUT 1800 LABEL long)
femd_unit_test(test_md_reference_long SOURCES test_md_reference_long.c LIBS femd_micro TIMEOUT 1800 LABEL long)
femd_unit_test(test_md_vacancies_long SOURCES test_md_vacancies_long.c LIBS femd_micro TIMEOUT 3600 LABEL long)
