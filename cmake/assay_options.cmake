# What all of our own targets are compiled with. Users of the headers get none of it.
set(CMAKE_CXX_EXTENSIONS OFF)
if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

option(ASSAY_SANITIZE "Compile with AddressSanitizer and UndefinedBehaviorSanitizer" OFF)

add_library(assay_private_options INTERFACE)
# -ffp-contract=off: a product and a sum must not silently become one fused operation.
target_compile_options(assay_private_options INTERFACE -ffp-contract=off -Wall -Wextra -Wpedantic -Wshadow -Wconversion
                                                       -Wsign-conversion)
# GCC 12 sees overlaps in std::string's operator+ where there are none (GCC bug 105651).
target_compile_options(assay_private_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
if(PROJECT_IS_TOP_LEVEL)
  target_compile_options(assay_private_options INTERFACE -Werror)
endif()
if(ASSAY_SANITIZE)
  set(sanitizers -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_compile_options(assay_private_options INTERFACE ${sanitizers})
  target_link_options(assay_private_options INTERFACE ${sanitizers})
endif()

# Program logic, which waits for the libraries: with less optimisation it compiles nearly twice as fast.
if(NOT ASSAY_SANITIZE)
  set(assay_plain_code $<$<CONFIG:Release>:-O1>)
endif()

# Behind a precompiled header GCC 12 sees overflows in std::string's operator+ where there are none (GCC bug 105651).
function(assay_hide_false_alarms target)
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-stringop-overflow$<SEMICOLON>-Wno-array-bounds>)
endfunction()

option(ASSAY_COMPILE_TOGETHER "Compile eight files of a folder at a time: the headers they share are most of what each takes" OFF)

# Only for sources given here; those whose own names clash with their neighbours' are not.
function(assay_compile_together target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${ASSAY_COMPILE_TOGETHER} UNITY_BUILD_MODE GROUP)
  set(index 0)
  foreach(source ${ARGN})
    math(EXPR group "${index} / 8")
    get_filename_component(path ${source} ABSOLUTE)
    get_filename_component(folder ${path} DIRECTORY)
    get_filename_component(folder ${folder} NAME)
    set_source_files_properties(${source} TARGET_DIRECTORY ${target} PROPERTIES UNITY_GROUP ${folder}_${group})
    math(EXPR index "${index} + 1")
  endforeach()
endfunction()
