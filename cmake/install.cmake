# Installs the command, the public headers and a package that `find_package(bpftwin)` finds. Users
# link `bpftwin::bpftwin`.
include(CMakePackageConfigHelpers)

get_property(libraries GLOBAL PROPERTY BPFTWIN_LIBRARIES)
add_library(bpftwin INTERFACE)
add_library(bpftwin::bpftwin ALIAS bpftwin)
target_link_libraries(bpftwin INTERFACE ${libraries})

install(TARGETS bpftwin ${libraries} EXPORT bpftwin)
install(DIRECTORY include/bpftwin DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT bpftwin NAMESPACE bpftwin:: FILE bpftwinTargets.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/bpftwin)
configure_package_config_file(cmake/bpftwinConfig.cmake.in bpftwinConfig.cmake
    INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/bpftwin)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/bpftwinConfigVersion.cmake
    COMPATIBILITY SameMinorVersion)
install(FILES cmake/bpf_object.cmake cmake/bpftwin_skeleton.cmake
              ${PROJECT_BINARY_DIR}/bpftwinConfig.cmake
              ${PROJECT_BINARY_DIR}/bpftwinConfigVersion.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/bpftwin)
