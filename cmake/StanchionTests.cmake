# The test suite: one program per folder of tests/, the examples, and the checks
# of the repository itself.

find_package(Catch2 REQUIRED)
include(Catch)

# -- what all tests share ------------------------------------------------------

file(GLOB support_sources CONFIGURE_DEPENDS
  "${STANCHION_SOURCE_DIR}/tests/support/*.cpp")
add_library(test_support STATIC ${support_sources})
target_include_directories(test_support PUBLIC "${STANCHION_SOURCE_DIR}/tests")
target_link_libraries(test_support PUBLIC stanchion SQLite::SQLite3)
if(TARGET Catch2::Catch2WithMain)
  target_link_libraries(test_support PUBLIC Catch2::Catch2WithMain)
else()
  target_link_libraries(test_support PUBLIC Catch2::Catch2)
endif()
set_source_files_properties("${STANCHION_SOURCE_DIR}/tests/support/paths.cpp"
  PROPERTIES COMPILE_DEFINITIONS
  "SOURCE_DIR=\"${STANCHION_SOURCE_DIR}\";BINARY_DIR=\"${CMAKE_BINARY_DIR}\"")
stanchion_settings(test_support)

# They have servers of their own, and must see the library as it was built.
set_source_files_properties(
  "${STANCHION_SOURCE_DIR}/tests/runtime/api/mount_test.cpp"
  "${STANCHION_SOURCE_DIR}/tests/support/post_receiver.cpp"
  PROPERTIES COMPILE_DEFINITIONS
  "$<TARGET_PROPERTY:Httplib::httplib,INTERFACE_COMPILE_DEFINITIONS>")

# -- programs that tests start ------------------------------------------------

file(GLOB sources CONFIGURE_DEPENDS
  "${STANCHION_SOURCE_DIR}/tests/programs/*.cpp")
set(started_programs)
foreach(source IN LISTS sources)
  cmake_path(GET source STEM name)
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE nlohmann_json::nlohmann_json)
  stanchion_settings(${name})
  list(APPEND started_programs ${name})
endforeach()

# -- test programs -------------------------------------------------------------

foreach(folder IN LISTS STANCHION_FOLDERS)
  stanchion_test_folder(${folder})
endforeach()
if(cli IN_LIST STANCHION_FOLDERS)
  foreach(folder IN ITEMS examples scenarios regressions vfs)
    stanchion_test_folder(${folder})
  endforeach()
endif()

foreach(test IN ITEMS test_actors test_runtime)
  if(TARGET ${test})
    add_dependencies(${test} ${started_programs})
  endif()
endforeach()

get_property(libraries GLOBAL PROPERTY STANCHION_EXAMPLE_LIBRARIES)
foreach(test IN ITEMS test_examples test_scenarios)
  if(TARGET ${test})
    target_link_libraries(${test} PRIVATE ${libraries})
  endif()
endforeach()
get_property(programs GLOBAL PROPERTY STANCHION_EXAMPLE_PROGRAMS)
foreach(name IN LISTS programs)
  foreach(test IN ITEMS test_examples test_scenarios test_regressions)
    if(TARGET ${test})
      add_dependencies(${test} ${name})
    endif()
  endforeach()
  file(GLOB expected CONFIGURE_DEPENDS
    "${STANCHION_SOURCE_DIR}/examples/${name}/expected.txt")
  if(expected)
    add_test(NAME "examples/${name}"
      COMMAND ${CMAKE_COMMAND}
        -D PROGRAM=$<TARGET_FILE:${name}>
        -D EXPECTED=${expected}
        -D SCRATCH=${CMAKE_BINARY_DIR}/examples/${name}
        -P ${STANCHION_SOURCE_DIR}/tests/support/run_example.cmake)
    set_tests_properties("examples/${name}" PROPERTIES TIMEOUT 120)
  endif()
endforeach()
# Those without code are a script that is given the command.
file(GLOB scripts CONFIGURE_DEPENDS "${STANCHION_SOURCE_DIR}/examples/*/run.sh")
foreach(script IN LISTS scripts)
  if(TARGET stanchion_program)
    cmake_path(GET script PARENT_PATH folder)
    cmake_path(GET folder FILENAME name)
    add_test(NAME "examples/${name}"
      COMMAND ${CMAKE_COMMAND}
        -D PROGRAM=${script}
        -D ARGUMENT=$<TARGET_FILE:stanchion_program>
        -D EXPECTED=${folder}/expected.txt
        -D SCRATCH=${CMAKE_BINARY_DIR}/examples/${name}
        -P ${STANCHION_SOURCE_DIR}/tests/support/run_example.cmake)
    set_tests_properties("examples/${name}" PROPERTIES TIMEOUT 120)
  endif()
endforeach()
foreach(test IN ITEMS test_cli test_scenarios test_regressions)
  if(TARGET ${test} AND TARGET stanchion_program)
    add_dependencies(${test} stanchion_program)
  endif()
endforeach()

# That each row can be measured; the figures of so short a run mean nothing.
if(TARGET stanchion_bench)
  add_test(NAME bench/quick COMMAND stanchion_bench --quick)
  set_tests_properties(bench/quick PROPERTIES TIMEOUT 120)
endif()

# -- the bug bench -------------------------------------------------------------

# What tests/bugs/run.sh builds once per bug.
if(cli IN_LIST STANCHION_FOLDERS)
  file(GLOB sources CONFIGURE_DEPENDS "${STANCHION_SOURCE_DIR}/tests/bugs/*.cpp")
  add_executable(bug_hunt ${sources})
  target_include_directories(bug_hunt PRIVATE "${STANCHION_SOURCE_DIR}/tests")
  target_link_libraries(bug_hunt PRIVATE stanchion)
  stanchion_settings(bug_hunt)
  add_test(NAME bugs/none_without_one COMMAND bug_hunt 30)
  set_tests_properties(bugs/none_without_one PROPERTIES TIMEOUT 120)
endif()
add_test(NAME bugs/patches_apply
  COMMAND sh "${STANCHION_SOURCE_DIR}/tests/bugs/check_patches.sh"
    "${STANCHION_SOURCE_DIR}")
set_tests_properties(bugs/patches_apply PROPERTIES TIMEOUT 60)

# -- checks of the repository --------------------------------------------------

add_test(NAME layers
  COMMAND sh "${STANCHION_SOURCE_DIR}/cmake/check_layers.sh"
    "${STANCHION_SOURCE_DIR}")
add_test(NAME layers_catches_planted
  COMMAND sh "${STANCHION_SOURCE_DIR}/tests/support/layers_catches_planted.sh"
    "${STANCHION_SOURCE_DIR}" "${CMAKE_BINARY_DIR}/planted")
add_test(NAME hazards
  COMMAND sh "${STANCHION_SOURCE_DIR}/cmake/check_hazards.sh"
    "${STANCHION_SOURCE_DIR}")
add_test(NAME hazards_catches_planted
  COMMAND sh "${STANCHION_SOURCE_DIR}/tests/support/hazards_catches_planted.sh"
    "${STANCHION_SOURCE_DIR}" "${CMAKE_BINARY_DIR}/planted_hazards")
set_tests_properties(layers layers_catches_planted hazards
  hazards_catches_planted PROPERTIES TIMEOUT 60)
add_test(NAME prometheus_rules
  COMMAND sh "${STANCHION_SOURCE_DIR}/tests/support/promtool_rules.sh"
    "${STANCHION_SOURCE_DIR}")
set_tests_properties(prometheus_rules PROPERTIES
  TIMEOUT 60 SKIP_RETURN_CODE 77)

if(TARGET test_actors)
  add_test(NAME npm/mcp_servers
    COMMAND sh "${STANCHION_SOURCE_DIR}/tests/support/npm_servers.sh"
      $<TARGET_FILE:test_actors>)
  set_tests_properties(npm/mcp_servers PROPERTIES
    TIMEOUT 120 SKIP_RETURN_CODE 77)
endif()

if(STANCHION_CHECKS AND TARGET headers_alone)
  add_test(NAME headers_alone
    COMMAND ${CMAKE_COMMAND} --build "${CMAKE_BINARY_DIR}"
      --target headers_alone)
  set_tests_properties(headers_alone PROPERTIES TIMEOUT 1800)
endif()

# The consumer would have to be built with the same sanitizer.
if(NOT STANCHION_SANITIZE)
  add_test(NAME install_consumer
    COMMAND ${CMAKE_COMMAND}
      -D BUILD=${CMAKE_BINARY_DIR}
      -D CONSUMER=${STANCHION_SOURCE_DIR}/tests/consumer
      -D SCRATCH=${CMAKE_BINARY_DIR}/consumer
      -D GENERATOR=${CMAKE_GENERATOR}
      -D COMPILER=${CMAKE_CXX_COMPILER}
      -D LAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER}
      -P ${STANCHION_SOURCE_DIR}/tests/support/install_consumer.cmake)
  set_tests_properties(install_consumer PROPERTIES TIMEOUT 300)
endif()
