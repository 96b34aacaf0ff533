# Install, export, and a package file so that find_package(assay) works.
include(CMakePackageConfigHelpers)

install(DIRECTORY include/assay DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
set(installed assay)
foreach(target assay_arithmetic assay_file assay_runtime assay_reference)
  if(TARGET ${target})
    list(APPEND installed ${target})
  endif()
endforeach()
install(TARGETS ${installed} EXPORT assay_targets)
install(EXPORT assay_targets NAMESPACE assay:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/assay)
if(TARGET assay_program)
  install(TARGETS assay_program)
endif()

configure_package_config_file(cmake/assay-config.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/assay-config.cmake
                              INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/assay)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/assay-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/assay-config.cmake ${CMAKE_CURRENT_BINARY_DIR}/assay-config-version.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/assay)
# Made from the program's own help: cmake/man_pages.sh, which ./dev package calls.
if(ASSAY_MAN_PAGES)
  file(GLOB man_pages ${ASSAY_MAN_PAGES}/*.1)
  install(FILES ${man_pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
  install(FILES ${ASSAY_MAN_PAGES}/completion.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
          RENAME assay)
  install(FILES ${ASSAY_MAN_PAGES}/completion.zsh DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions
          RENAME _assay)
  install(FILES ${ASSAY_MAN_PAGES}/completion.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d
          RENAME assay.fish)
endif()
