# Conductivity: spectra of the heat flux and the method that samples them.
target_sources(femd_micro PRIVATE spectrum.c cepstral.c lorentz.c green_kubo.c green_kubo_run.c)
