# Molecular dynamics, its statistics and the method that samples.
target_sources(femd_micro PRIVATE dynamics.c sampling.c md.c md_options.c md_run.c)
