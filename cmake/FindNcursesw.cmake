# Finds the wide-character ncurses of Debian's libncurses-dev.
#
# Defines the target Ncursesw::ncursesw.

find_path(NCURSESW_INCLUDE_DIR curses.h)
find_library(NCURSESW_LIBRARY NAMES ncursesw)
find_library(NCURSESW_TINFO_LIBRARY NAMES tinfow tinfo)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Ncursesw
  REQUIRED_VARS NCURSESW_LIBRARY NCURSESW_TINFO_LIBRARY NCURSESW_INCLUDE_DIR)

if(Ncursesw_FOUND AND NOT TARGET Ncursesw::ncursesw)
  add_library(Ncursesw::ncursesw UNKNOWN IMPORTED)
  set_target_properties(Ncursesw::ncursesw PROPERTIES
    IMPORTED_LOCATION "${NCURSESW_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${NCURSESW_INCLUDE_DIR}"
    INTERFACE_LINK_LIBRARIES "${NCURSESW_TINFO_LIBRARY}")
endif()
mark_as_advanced(NCURSESW_INCLUDE_DIR NCURSESW_LIBRARY NCURSESW_TINFO_LIBRARY)
