# Relaxed stress against LAMMPS.
add_library(femd_lammps_stress STATIC lammps_stress.c)
target_link_libraries(femd_lammps_stress PRIVATE femd_options PUBLIC m)
target_include_directories(femd_lammps_stress PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
femd_unit_test(test_stress_lammps SOURCES test_stress_lammps.c LIBS femd_micro femd_lammps_stress LABEL physics TIMEOUT 300)
target_include_directories(test_stress_lammps PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/../unit/micro)
# Free energy of vibrations against LAMMPS.
femd_unit_test(test_vibrations_lammps SOURCES test_vibrations_lammps.c LIBS femd_micro femd_lammps_stress LABEL physics TIMEOUT 180)
target_include_directories(test_vibrations_lammps PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/../unit/micro ${PROJECT_SOURCE_DIR}/micro)
