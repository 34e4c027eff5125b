# Properties that every femd target shares: C11, hidden symbols, warnings, and no rewriting of floating-point
# arithmetic, since answers must be the same bits on every worker.
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

add_library(femd_options INTERFACE)
target_compile_definitions(femd_options INTERFACE _GNU_SOURCE FEMD_VERSION="${PROJECT_VERSION}")
target_compile_options(femd_options INTERFACE -ffp-contract=off -fno-math-errno -fno-trapping-math
                       -Wall -Wextra -Wshadow -Wstrict-prototypes -Wpointer-arith -Wvla -Wformat=2
                       $<$<BOOL:${FEMD_WERROR}>:-Werror>)
if(FEMD_FUZZ)
  if(NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "FEMD_FUZZ needs clang: cmake --preset fuzz, or -DCMAKE_C_COMPILER=clang")
  endif()
  set(femd_fuzz_checks address,undefined,float-cast-overflow)
  target_compile_options(femd_options INTERFACE -fsanitize=fuzzer-no-link,${femd_fuzz_checks}
                         -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(femd_options INTERFACE -fsanitize=${femd_fuzz_checks})
endif()
if(FEMD_SANITIZE)
  target_compile_options(femd_options INTERFACE -fsanitize=${FEMD_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(femd_options INTERFACE -fsanitize=${FEMD_SANITIZE})
endif()
