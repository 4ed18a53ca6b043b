# The steps of the consumer test; the first that fails ends it.
file(REMOVE_RECURSE ${WORK})
set(flags "")
if(SANITIZE)
    # Instrumented libraries need the sanitizers' run-time library in whatever links them.
    string(APPEND flags " -fsanitize=${SANITIZE}")
endif()
if(COVERAGE)
    string(APPEND flags " --coverage")
endif()
set(toolchain "")
if(TOOLCHAIN)
    set(toolchain -DCMAKE_TOOLCHAIN_FILE=${TOOLCHAIN})
endif()

function(step what)
    execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output
                    ERROR_VARIABLE output)
    if(NOT status EQUAL 0)
        message(FATAL_ERROR "${what} failed (${status}):\n${output}")
    endif()
    message(STATUS "${what}: ok")
endfunction()

step("install" ${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix)
step("configure" ${CMAKE_COMMAND} -G Ninja -S ${PROJECT} -B ${WORK}/build ${toolchain}
     -DCMAKE_PREFIX_PATH=${WORK}/prefix -DCMAKE_CXX_COMPILER=${CXX} -DCMAKE_CXX_FLAGS=${flags})
step("build" ${CMAKE_COMMAND} --build ${WORK}/build)
step("run" ${EMULATOR} ${WORK}/build/consumer)
step("installed command" ${EMULATOR} ${WORK}/prefix/bin/bpftwin --help)
