# Compiler and linker flags that hold for every target.
add_compile_options(-Wall -Wextra -Wshadow -Wnon-virtual-dtor -Werror -fno-omit-frame-pointer
                    -fstack-protector-strong
                    -Wno-deprecated-declarations  # libstdc++ 12 inside std::stable_sort
                    -Wno-missing-designated-field-initializers)
add_compile_definitions(_GLIBCXX_ASSERTIONS BOOST_ASIO_NO_DEPRECATED)
add_link_options(-fuse-ld=lld-19)
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

if(TARSIER_SANITIZE)
  add_compile_options(-fsanitize=${TARSIER_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${TARSIER_SANITIZE})
endif()
if(TARSIER_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
