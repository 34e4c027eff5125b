# The atomistic engine behind engine_native.c and engine_cauchy_born.c.
target_sources(femd_micro PRIVATE
  native_rve.c native_path.c native_control.c native_state.c native_create.c native_dump.c native_lanczos.c)
