# femd_case: the case file as a struct, the elements that it names, its mesh before it is shared among ranks, and the lock on a folder of results. No PETSc and no MPI, so that the program femd can link it too.
add_library(femd_case STATIC
  ${CMAKE_CURRENT_LIST_DIR}/base/folder_lock.c
  ${CMAKE_CURRENT_LIST_DIR}/base/function.c
  ${CMAKE_CURRENT_LIST_DIR}/case/case.c
  ${CMAKE_CURRENT_LIST_DIR}/case/case_potentials.c
  ${CMAKE_CURRENT_LIST_DIR}/case/case_heat.c
  ${CMAKE_CURRENT_LIST_DIR}/case/case_mixed.c
  ${CMAKE_CURRENT_LIST_DIR}/case/case_materials.c
  ${CMAKE_CURRENT_LIST_DIR}/case/case_orientations.c
  ${CMAKE_CURRENT_LIST_DIR}/case/case_path.c
  ${CMAKE_CURRENT_LIST_DIR}/case/case_physics.c
  ${CMAKE_CURRENT_LIST_DIR}/case/case_pressure.c
  ${CMAKE_CURRENT_LIST_DIR}/case/case_boundary.c
  ${CMAKE_CURRENT_LIST_DIR}/case/case_local.c
  ${CMAKE_CURRENT_LIST_DIR}/case/case_probes.c
  ${CMAKE_CURRENT_LIST_DIR}/case/case_value.c
  ${CMAKE_CURRENT_LIST_DIR}/case/case_where.c
  ${CMAKE_CURRENT_LIST_DIR}/case/case_ties.c
  ${CMAKE_CURRENT_LIST_DIR}/mesh/box_tree.c
  ${CMAKE_CURRENT_LIST_DIR}/mesh/nodal_data.c
  ${CMAKE_CURRENT_LIST_DIR}/element/element.c
  ${CMAKE_CURRENT_LIST_DIR}/element/element_sum.c
  ${CMAKE_CURRENT_LIST_DIR}/element/hexahedron.c
  ${CMAKE_CURRENT_LIST_DIR}/element/tetrahedron.c
  ${CMAKE_CURRENT_LIST_DIR}/element/tetrahedron_least.c
  ${CMAKE_CURRENT_LIST_DIR}/mesh/gmsh_curves.c
  ${CMAKE_CURRENT_LIST_DIR}/mesh/gmsh_file.c
  ${CMAKE_CURRENT_LIST_DIR}/mesh/gmsh_elements.c
  ${CMAKE_CURRENT_LIST_DIR}/mesh/gmsh_nodes.c
  ${CMAKE_CURRENT_LIST_DIR}/mesh/gmsh_scan.c
  ${CMAKE_CURRENT_LIST_DIR}/mesh/gmsh_views.c
  ${CMAKE_CURRENT_LIST_DIR}/mesh/mesh.c
  ${CMAKE_CURRENT_LIST_DIR}/mesh/mesh_box.c
  ${CMAKE_CURRENT_LIST_DIR}/mesh/mesh_conform.c
  ${CMAKE_CURRENT_LIST_DIR}/mesh/mesh_doubled.c
  ${CMAKE_CURRENT_LIST_DIR}/mesh/mesh_gmsh.c
  ${CMAKE_CURRENT_LIST_DIR}/mesh/mesh_measure.c
  ${CMAKE_CURRENT_LIST_DIR}/mesh/mesh_memory.c
  ${CMAKE_CURRENT_LIST_DIR}/mesh/mesh_overlap.c
  ${CMAKE_CURRENT_LIST_DIR}/mesh/mesh_parts.c
  ${CMAKE_CURRENT_LIST_DIR}/mesh/mesh_reach.c
  ${CMAKE_CURRENT_LIST_DIR}/mesh/mesh_sides.c)
target_include_directories(femd_case PUBLIC ${CMAKE_CURRENT_LIST_DIR})
target_link_libraries(femd_case PRIVATE femd_options PUBLIC femd_proto PkgConfig::MUPARSER m)
