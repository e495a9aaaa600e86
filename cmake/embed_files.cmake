# Run by mailkeep_embed: writes OUTPUT, a C++ source that holds FILES byte for byte.
set(arrays "")
set(entries "")
set(number 0)
foreach(file ${FILES})
  get_filename_component(name ${file} NAME)
  file(READ ${file} bytes HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${bytes}")
  string(APPEND arrays "constexpr char kFile${number}[] = {${bytes}'\\0'};\n")
  string(APPEND entries "    {\"${name}\", {kFile${number}, sizeof kFile${number} - 1}},\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE ${OUTPUT} "// Written by cmake/embed_files.cmake.
#include \"api/web_assets_internal.h\"

namespace mailkeep::api {
namespace {

${arrays}
constexpr WebAsset kAssets[] = {
${entries}};

}  // namespace

std::span<const WebAsset> web_assets() { return kAssets; }

}  // namespace mailkeep::api
")
