# Source of the atomistic engine that the list in CMakeLists.txt does not name.
target_sources(femd_micro PRIVATE native_lanczos.c)
include(conductivity.cmake)
