# bpftwin_skeleton(TARGET SOURCE): the library TARGET brings TARGET.skel.h to what links it, made of one
# BPF C file (`bpftwin gen skeleton`), whose class is TARGET. Further arguments go to the command
# (--record event). Without clang there is no library: ask if(TARGET TARGET). In a cross build the
# command, which was built for the target, runs under the toolchain file's emulator.
include(${CMAKE_CURRENT_LIST_DIR}/bpf_object.cmake)

function(bpftwin_skeleton target source)
    bpf_object(${target}_object ${source} ${target})
    if(NOT TARGET ${target}_object)
        return()
    endif()
    get_target_property(object ${target}_object BPF_OBJECT)
    set(header ${CMAKE_CURRENT_BINARY_DIR}/${target}.skel.h)
    add_custom_command(OUTPUT ${header}
        COMMAND ${CMAKE_CROSSCOMPILING_EMULATOR} $<TARGET_FILE:bpftwin::command> gen skeleton
                ${object} --name ${target} -o ${header} ${ARGN}
        DEPENDS ${object} bpftwin::command
        COMMENT "Making skeleton ${target}.skel.h" VERBATIM)
    add_custom_target(${target}_header DEPENDS ${header})
    add_library(${target} INTERFACE)
    add_dependencies(${target} ${target}_header)
    target_include_directories(${target} INTERFACE ${CMAKE_CURRENT_BINARY_DIR})
    target_link_libraries(${target} INTERFACE bpftwin::bpftwin)
endfunction()
