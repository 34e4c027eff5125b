# Methods of the atomistic engine. A method that another file brings is in the table as soon as that file defines it.
target_sources(femd_micro PRIVATE methods.c method_statics.c quasiharmonic.c phonon.c phonon_full.c phonon_blocks.c phonon_onsite.c
               phonon_mesh.c symmetry.c)
foreach(method IN ITEMS md green_kubo nemd)
  if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${method}.c)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${method}.c)
    file(STRINGS ${CMAKE_CURRENT_SOURCE_DIR}/${method}.c found REGEX "^const femd_method femd_method_${method}( |=)")
    if(found)
      string(TOUPPER ${method} upper)
      set_property(SOURCE methods.c APPEND PROPERTY COMPILE_DEFINITIONS FEMD_METHOD_${upper})
    endif()
  endif()
endforeach()
