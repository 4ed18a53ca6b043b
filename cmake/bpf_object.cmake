# bpf_object(TARGET SOURCE [NAME]): the target TARGET compiles one BPF C file to the object NAME.o (or
# TARGET.o) with BTF, whose path is the target's property BPF_OBJECT. Without clang there is no target: ask if(TARGET TARGET).
find_program(BPFTWIN_CLANG NAMES clang-19 clang clang-16 clang-14)

function(bpf_object target source)
    if(NOT BPFTWIN_CLANG)
        return()
    endif()
    cmake_path(ABSOLUTE_PATH source)
    set(name ${target} ${ARGN})
    list(GET name -1 name)
    set(object ${CMAKE_CURRENT_BINARY_DIR}/${name}.o)
    string(REPLACE x86_64 x86 arch ${CMAKE_SYSTEM_PROCESSOR})
    string(REPLACE aarch64 arm64 arch ${arch})
    # asm/types.h stands in the multiarch folder, which clang does not search for the BPF target.
    add_custom_command(OUTPUT ${object}
        COMMAND ${BPFTWIN_CLANG} -target bpf -mcpu=v3 -O2 -g -Wall -D__TARGET_ARCH_${arch}
                -idirafter /usr/include/${CMAKE_LIBRARY_ARCHITECTURE}
                -MD -MF ${object}.d -c ${source} -o ${object}
        DEPENDS ${source} DEPFILE ${object}.d
        COMMENT "Building BPF object ${name}" VERBATIM)
    add_custom_target(${target} DEPENDS ${object})
    set_target_properties(${target} PROPERTIES BPF_OBJECT ${object})
endfunction()
