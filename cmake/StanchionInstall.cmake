# Installs the same header tree that the build uses, and a CMake package.

include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/stanchion")

install(TARGETS stanchion EXPORT stanchionTargets
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
if(TARGET stanchion_program)
  install(TARGETS stanchion_program
    RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()
foreach(folder IN LISTS STANCHION_LAYERS)
  install(DIRECTORY "${STANCHION_SOURCE_DIR}/${folder}"
    DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/stanchion"
    FILES_MATCHING PATTERN "*.hpp")
endforeach()
install(DIRECTORY "${STANCHION_SOURCE_DIR}/include/stanchion/"
  DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/stanchion"
  FILES_MATCHING PATTERN "*.hpp")

configure_package_config_file(
  "${STANCHION_SOURCE_DIR}/cmake/stanchionConfig.cmake.in"
  "${CMAKE_CURRENT_BINARY_DIR}/stanchionConfig.cmake"
  INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file(
  "${CMAKE_CURRENT_BINARY_DIR}/stanchionConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(EXPORT stanchionTargets NAMESPACE stanchion::
  DESTINATION "${package_dir}")
install(FILES
  "${CMAKE_CURRENT_BINARY_DIR}/stanchionConfig.cmake"
  "${CMAKE_CURRENT_BINARY_DIR}/stanchionConfigVersion.cmake"
  "${STANCHION_SOURCE_DIR}/cmake/FindCAF.cmake"
  "${STANCHION_SOURCE_DIR}/cmake/FindHttplib.cmake"
  "${STANCHION_SOURCE_DIR}/cmake/FindPrometheusCpp.cmake"
  "${STANCHION_SOURCE_DIR}/cmake/FindNcursesw.cmake"
  DESTINATION "${package_dir}")
