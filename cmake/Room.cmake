# A room is a folder under src/ with one static library, one namespace and one or two door headers.
# Linking follows DEPS, so a room that reaches for one it may not know fails to link; the include
# check (tools/check_includes.py) refuses the header as well.

# `ninja unit_tests` and `ninja fuzzers` build all of them, and nothing of the program around.
add_custom_target(unit_tests)
add_custom_target(fuzzers)

# tarsier_room(NAME store DEPS base model wire LIBS PkgConfig::libzstd)
#   *.cc           the library tarsier_<name>
#   *_test.cc      one GoogleTest binary <name>_test
#   *_bench.cc     one Google Benchmark binary <name>_bench
#   *_fuzz.cc      one binary each: a libFuzzer target in the asan preset, else a corpus replayer
function(tarsier_room)
  cmake_parse_arguments(ROOM "" "NAME" "DEPS;LIBS;TEST_DEPS" ${ARGN})
  set(dir ${CMAKE_CURRENT_SOURCE_DIR})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${dir}/*.cc)
  file(GLOB_RECURSE tests CONFIGURE_DEPENDS ${dir}/*_test.cc)
  file(GLOB_RECURSE benches CONFIGURE_DEPENDS ${dir}/*_bench.cc)
  file(GLOB_RECURSE fuzzers CONFIGURE_DEPENDS ${dir}/*_fuzz.cc)
  list(REMOVE_ITEM sources ${tests} ${benches} ${fuzzers} ${dir}/main.cc)
  list(TRANSFORM ROOM_DEPS PREPEND tarsier_ OUTPUT_VARIABLE deps)
  list(TRANSFORM ROOM_TEST_DEPS PREPEND tarsier_ OUTPUT_VARIABLE test_deps)

  if(sources)
    add_library(tarsier_${ROOM_NAME} STATIC ${sources})
    target_include_directories(tarsier_${ROOM_NAME} PUBLIC ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(tarsier_${ROOM_NAME} PUBLIC ${deps} ${ROOM_LIBS} fmt::fmt)
  else()
    add_library(tarsier_${ROOM_NAME} INTERFACE)
    target_include_directories(tarsier_${ROOM_NAME} INTERFACE ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(tarsier_${ROOM_NAME} INTERFACE ${deps} ${ROOM_LIBS} fmt::fmt)
  endif()

  if(tests)
    add_executable(${ROOM_NAME}_test ${tests})
    target_link_libraries(${ROOM_NAME}_test PRIVATE tarsier_${ROOM_NAME} ${test_deps} GTest::gmock
                                                    GTest::gtest_main)
    target_compile_definitions(${ROOM_NAME}_test PRIVATE TARSIER_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    if(TARSIER_SANITIZE)  # half the time to compile; what they test is optimised and instrumented as it was
      target_compile_options(${ROOM_NAME}_test PRIVATE -O0 -fno-sanitize=fuzzer-no-link)
    endif()
    add_test(NAME ${ROOM_NAME} COMMAND ${ROOM_NAME}_test)
    set_tests_properties(${ROOM_NAME} PROPERTIES LABELS unit)
    add_dependencies(unit_tests ${ROOM_NAME}_test)
  endif()

  if(benches AND NOT TARSIER_SANITIZE)
    find_package(benchmark REQUIRED)
    add_executable(${ROOM_NAME}_bench EXCLUDE_FROM_ALL ${benches})
    target_link_libraries(${ROOM_NAME}_bench PRIVATE tarsier_${ROOM_NAME} ${test_deps}
                                                     benchmark::benchmark_main)
  endif()

  foreach(source ${fuzzers})
    get_filename_component(name ${source} NAME_WE)
    get_filename_component(folder ${source} DIRECTORY)
    set(corpus ${CMAKE_SOURCE_DIR}/tests/corpus/${name})
    if(TARSIER_FUZZ)
      add_executable(${name} ${source})
      target_link_options(${name} PRIVATE -fsanitize=fuzzer)
      add_test(NAME ${name}_corpus COMMAND ${name} -runs=0 ${corpus})
    else()
      add_executable(${name} ${source} ${CMAKE_SOURCE_DIR}/tools/replay_corpus.cc)
      add_test(NAME ${name}_corpus COMMAND ${name} ${corpus})
    endif()
    target_link_libraries(${name} PRIVATE tarsier_${ROOM_NAME} ${test_deps})
    add_dependencies(fuzzers ${name})
  endforeach()
endfunction()
