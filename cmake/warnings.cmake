# Our own code only: foreign headers come in as SYSTEM and stay quiet.
# GCC 12 sees frees and overlaps in inlined std::string moves that are not there: those two
# warnings are off, the sanitizer builds look for the real thing.
function(mailkeep_warnings target)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast
    -Wformat=2 -Wimplicit-fallthrough -Werror)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE -Wno-free-nonheap-object -Wno-restrict)
  endif()
endfunction()
