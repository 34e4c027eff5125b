import femd.micro_manager

MicroSimulation = femd.micro_manager.simulation("cases/copper-notch", "copper", states="copper.states")
