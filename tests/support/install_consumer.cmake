# Installs the build tree BUILD below SCRATCH, then builds and runs the program
# CONSUMER against what was installed.

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result
    OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}\n${output}")
  endif()
endfunction()

file(REMOVE_RECURSE "${SCRATCH}")
run(${CMAKE_COMMAND} --install "${BUILD}" --prefix "${SCRATCH}/prefix")
foreach(file share/man/man1/stanchion.1
    share/bash-completion/completions/stanchion
    share/zsh/site-functions/_stanchion
    share/fish/vendor_completions.d/stanchion.fish
    share/stanchion/stanchion.schema.json)
  if(NOT EXISTS "${SCRATCH}/prefix/${file}")
    message(FATAL_ERROR "${file} was not installed")
  endif()
endforeach()
run(${CMAKE_COMMAND} -G "${GENERATOR}" -S "${CONSUMER}" -B "${SCRATCH}/build"
  "-DCMAKE_CXX_COMPILER=${COMPILER}"
  "-DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER}"
  "-DCMAKE_PREFIX_PATH=${SCRATCH}/prefix")
run(${CMAKE_COMMAND} --build "${SCRATCH}/build")
run("${SCRATCH}/build/consumer")

# What `stanchion init --cpp` writes is such a program, too.
run("${SCRATCH}/prefix/bin/stanchion" init "${SCRATCH}/project" --cpp)
run(${CMAKE_COMMAND} -G "${GENERATOR}" -S "${SCRATCH}/project"
  -B "${SCRATCH}/project/build" "-DCMAKE_CXX_COMPILER=${COMPILER}"
  "-DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER}"
  "-DCMAKE_PREFIX_PATH=${SCRATCH}/prefix")
run(${CMAKE_COMMAND} --build "${SCRATCH}/project/build")
run("${SCRATCH}/project/build/my_agents" run start support
  --input "{\"order\": \"7\"}" --data-dir "${SCRATCH}/project/data")
