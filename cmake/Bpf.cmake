# tarsier_bpf(tarsier_capture NAME capture SOURCES bpf/capture.bpf.c): compiles the programs and gives the target the
# header <name>.skel.h that holds them. Nothing is read from the build machine's kernel.
function(tarsier_bpf target)
  cmake_parse_arguments(BPF "" "NAME" "SOURCES" ${ARGN})
  set(object ${CMAKE_CURRENT_BINARY_DIR}/${BPF_NAME}.bpf.o)
  set(skeleton ${CMAKE_CURRENT_BINARY_DIR}/skeletons/${BPF_NAME}.skel.h)
  list(TRANSFORM BPF_SOURCES PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  file(GLOB headers CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/bpf/*.h)
  add_custom_command(
    OUTPUT ${skeleton}
    COMMAND ${CLANG_BPF} -g -O2 -target bpf -mcpu=v3 -D__TARGET_ARCH_x86 -Wall -Wextra -Werror
            -Wno-unused-parameter -isystem /usr/include/${CMAKE_LIBRARY_ARCHITECTURE}
            -ffile-prefix-map=${CMAKE_SOURCE_DIR}=. -c ${BPF_SOURCES} -o ${object}
    COMMAND ${LLVM_STRIP} -g ${object}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_CURRENT_BINARY_DIR}/skeletons
    COMMAND ${BPFTOOL} gen skeleton ${object} name ${BPF_NAME}_bpf > ${skeleton}
    DEPENDS ${BPF_SOURCES} ${headers} ${CMAKE_CURRENT_SOURCE_DIR}/events.h
    COMMENT "Building BPF programs ${BPF_NAME}"
    VERBATIM)
  add_custom_target(${target}_bpf DEPENDS ${skeleton})
  add_dependencies(${target} ${target}_bpf)
  target_include_directories(${target} SYSTEM PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/skeletons)
endfunction()
