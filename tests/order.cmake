# Which tests begin first: the longest, some that compute beside some that mostly wait (for a peer's silence, a
# deadline, another process), so that the cores are busy all the time. Tests that are not named here follow. A name that
# is of no test does nothing; a long test that is missing costs time and nothing else.
set(femd_order
  test_nemd_flux peers_have_keys hung_workers_are_replaced test_quasiharmonic_internal test_client_supervise
  pressure_is_an_unknown test_md_method parts_die_run_ends field_meshes_answer test_md_engine both_same_bits
  several_hosts_same_bits test_conductivity_method chaos_same_bits test_md_sampling fields_look_inside
  dolfinx_meets_femd_run test_averaged disk_full test_integrated parts_started_by_hand server_slow_link
  macro_test_thermal_sampled case_argon-md test_conductivity_spectra server_killed_same_bits test_quasiharmonic
  bad_input_exit_2 poison_is_named test_client_lost_messages test_engine_rows case_copper-notch test_md_stray
  liars_are_found attach_page_python test_htst case_argon-block test_quasiharmonic_copper table_is_femd_eval
  test_local_fields batches_arrive_full heat_bad_input macro_test_recorder liquid_has_a_declared_modulus
  test_sampled_method case_thermal-expansion test_boundary_cluster killed_run_resumes server_abuse test_swap
  full_disk_then_killed_same_bits test_nemd_method server_journal test_stress_lammps case_nanoporous-copper
  server_gate test_md_free_energy case_argon-bar macro_test_sampled_time grains_are_one_material test_boundary_kubc
  mfront_meets_eval states_larger_than_memory test_semigrand boundary_conditions_run test_md_sites server_lives
  macro_test_path second_run_costs_nothing test_conductivity_turns proto_worker test_formation results_are_drawn
  server_json_clients test_interpolation proto_full test_energetics parts_end_without_room_or_server test_widom
  worker_killed_mid_newton_same_bits heat_capacity_of_dynamics test_vibrations_lammps wants_reuse_and_fail
  test_engine_bifurcation getfem_meets_femd_run test_md_reference engines_are_the_workers_own macro_test_lone_failure
  many_materials test_client_host_pool test_count softening_is_followed test_nemd_box two_runs_one_folder
  species_follow_their_potential macro_test_both proto_peer test_engine_path resumed_run_same_bits
  test_engine_lennard_jones test_client_waiting solvers_attach test_fluid_method server_vault_shared
  case_copper-heated test_md_bifurcation server_random)

# femd_place(NAME): where a test stands in that order.
function(femd_place name)
  list(FIND femd_order ${name} place)
  if(place GREATER_EQUAL 0)
    math(EXPR cost "1000 - ${place}")
    set_tests_properties(${name} PROPERTIES COST ${cost})
  endif()
endfunction()
