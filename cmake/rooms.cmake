# mailkeep_room(NAME [LINKS ...] [PRIVATE_LINKS ...]): one static library from the room's own .cpp files.
#   LINKS          rooms and libraries whose types may appear in the room's public headers
#   PRIVATE_LINKS  rooms and libraries that stay behind the room's door
function(mailkeep_room name)
  cmake_parse_arguments(ROOM "" "" "LINKS;PRIVATE_LINKS;EXCLUDE" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  if(ROOM_EXCLUDE)
    list(FILTER sources EXCLUDE REGEX "${ROOM_EXCLUDE}")
  endif()
  add_library(mailkeep_${name} STATIC ${sources})
  set_target_properties(mailkeep_${name} PROPERTIES LINKER_LANGUAGE CXX)
  target_include_directories(mailkeep_${name} PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(mailkeep_${name} PUBLIC ${ROOM_LINKS} PRIVATE ${ROOM_PRIVATE_LINKS})
  mailkeep_warnings(mailkeep_${name})
endfunction()
