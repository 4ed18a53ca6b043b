# What every target of ours is compiled with, and `bpftwin_library`, which makes one folder a target.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release)
endif()
find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    # Sloppiness as it asks for where headers are precompiled; another checkout of the same is the same.
    set(launcher ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros
                 CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE})
    set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
    set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
endif()

add_library(bpftwin_warnings INTERFACE)
target_compile_options(bpftwin_warnings INTERFACE
    -Wall -Wextra -Wno-missing-field-initializers -Werror=switch
    # Names of another file are no outer scope. scripts/compiles-alone looks at each alone.
    $<$<NOT:$<BOOL:${CMAKE_UNITY_BUILD}>>:-Wshadow>
    $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor>
    # Gcc 12 reports overlapping copies in `"text" + std::string` where there are none, overreads in
    # overriders of a virtual function that it guesses to be called, and string copies that are too
    # long in branches that are not taken.
    $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict;-Wno-array-bounds;-Wno-stringop-overread;-Wno-stringop-overflow>
    # Clang reports what std::stable_sort of libstdc++ 12 uses inside.
    $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations>
    $<$<BOOL:${BPFTWIN_WERROR}>:-Werror>)

add_library(bpftwin_sanitizers INTERFACE)
if(BPFTWIN_SANITIZE)
    target_compile_options(bpftwin_sanitizers INTERFACE
        -fsanitize=${BPFTWIN_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(bpftwin_sanitizers INTERFACE -fsanitize=${BPFTWIN_SANITIZE})
endif()
if(BPFTWIN_FUZZ)
    # libFuzzer sees only the branches that are instrumented: the libraries', not just the target's.
    target_compile_options(bpftwin_sanitizers INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(BPFTWIN_COVERAGE)
    target_compile_options(bpftwin_sanitizers INTERFACE --coverage)
    target_link_options(bpftwin_sanitizers INTERFACE --coverage)
endif()

if(BPFTWIN_PRECOMPILE)
    # A time in precompiled headers would make each build's another one to ccache.
    add_compile_options("$<$<COMPILE_LANG_AND_ID:CXX,Clang>:SHELL:-Xclang -fno-pch-timestamp>")
    # Some source is needed where headers are precompiled for others.
    file(TOUCH ${PROJECT_BINARY_DIR}/empty.cpp)
    add_library(bpftwin_headers OBJECT ${PROJECT_BINARY_DIR}/empty.cpp)
    target_link_libraries(bpftwin_headers PRIVATE fmt::fmt bpftwin_warnings bpftwin_sanitizers)
    set_target_properties(bpftwin_headers PROPERTIES POSITION_INDEPENDENT_CODE ON)
    target_precompile_headers(bpftwin_headers PRIVATE
        <algorithm> <array> <expected> <fmt/format.h> <functional> <map> <memory> <optional> <ranges>
        <span> <string> <unordered_map> <variant> <vector>)
endif()

# bpftwin_alone(FILE…): sources that are compiled alone also where others are compiled together
# (CMAKE_UNITY_BUILD): they have names of their own that others use too.
function(bpftwin_alone)
    set_source_files_properties(${ARGN} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

# bpftwin_precompile(TARGET): TARGET, a library, finds common headers precompiled.
function(bpftwin_precompile target)
    if(BPFTWIN_PRECOMPILE)
        set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
        target_precompile_headers(${target} REUSE_FROM bpftwin_headers)
    endif()
endfunction()

# bpftwin_library(NAME SOURCES … LINK … PRIVATE_LINK …): the static library bpftwin_NAME. LINK are
# the folders whose headers it may include.
function(bpftwin_library name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LINK;PRIVATE_LINK" ${ARGN})
    add_library(bpftwin_${name} STATIC ${ARG_SOURCES})
    add_library(bpftwin::${name} ALIAS bpftwin_${name})
    set_target_properties(bpftwin_${name} PROPERTIES EXPORT_NAME ${name}
                          POSITION_INDEPENDENT_CODE ON)
    target_include_directories(bpftwin_${name}
        PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
               $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
               $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>)
    target_compile_features(bpftwin_${name} PUBLIC cxx_std_23)
    # Nobody replaces our functions when a shared library with them in it is loaded: gcc may inline them.
    target_compile_options(bpftwin_${name} PRIVATE -fno-semantic-interposition)
    target_link_libraries(bpftwin_${name}
        PUBLIC ${ARG_LINK}
        PRIVATE ${ARG_PRIVATE_LINK} $<BUILD_INTERFACE:bpftwin_warnings>
                $<BUILD_INTERFACE:bpftwin_sanitizers>)
    bpftwin_precompile(bpftwin_${name})
    set_property(GLOBAL APPEND PROPERTY BPFTWIN_LIBRARIES bpftwin_${name})
endfunction()
