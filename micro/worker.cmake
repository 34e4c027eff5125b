# femd-worker: libfemd-micro behind a connection to the server.
add_executable(femd-worker
  worker/worker.c
  worker/worker_evaluate.c
  worker/worker_main.c
  worker/worker_materials.c
  worker/worker_messages.c
  worker/worker_opening.c
  worker/worker_room.c
  worker/worker_states.c
  worker/worker_tasks.c
  worker/worker_watch.c)
target_include_directories(femd-worker PRIVATE ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/include)
target_link_libraries(femd-worker PRIVATE femd_options femd_micro femd_peer)
install(TARGETS femd-worker RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
