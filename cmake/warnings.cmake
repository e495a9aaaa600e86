# Our own code only: foreign headers come in as SYSTEM and stay quiet.
function(mailkeep_warnings target)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast
    -Wformat=2 -Wimplicit-fallthrough -Werror)
endfunction()
