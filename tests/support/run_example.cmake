# Runs PROGRAM, with the ARGUMENT if there is one, in the fresh folder SCRATCH and
# compares what it prints on stdout with the file EXPECTED.

file(REMOVE_RECURSE "${SCRATCH}")
file(MAKE_DIRECTORY "${SCRATCH}")
execute_process(COMMAND "${PROGRAM}" ${ARGUMENT}
  WORKING_DIRECTORY "${SCRATCH}"
  OUTPUT_FILE "${SCRATCH}/stdout"
  ERROR_VARIABLE errors
  RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  file(READ "${SCRATCH}/stdout" output)
  message(FATAL_ERROR "exit code ${result}\n${output}\n${errors}")
endif()
execute_process(COMMAND diff -u "${EXPECTED}" "${SCRATCH}/stdout"
  RESULT_VARIABLE differs)
if(differs)
  message(FATAL_ERROR "the output differs from ${EXPECTED}\n${errors}")
endif()
