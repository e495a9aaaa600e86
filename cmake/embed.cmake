# mailkeep_embed(TARGET FOLDER [FILE ...]): the folder's files, and these, become part of the target, as
# api/web_assets_internal.h gives them. A file that changes, comes or goes is built in anew.
function(mailkeep_embed target folder)
  file(GLOB files CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*)
  foreach(file ${ARGN})
    list(APPEND files ${CMAKE_CURRENT_SOURCE_DIR}/${file})
  endforeach()
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${folder}_embedded.cpp)
  set(script ${CMAKE_SOURCE_DIR}/cmake/embed_files.cmake)
  add_custom_command(OUTPUT ${source}
    COMMAND ${CMAKE_COMMAND} "-DFILES=${files}" -DOUTPUT=${source} -P ${script}
    DEPENDS ${files} ${script}
    COMMENT "Embedding ${folder}/"
    VERBATIM)
  target_sources(${target} PRIVATE ${source})
endfunction()
