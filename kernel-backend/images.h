// Kernels that a virtual machine can boot: files on this machine.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bpftwin/error.h"

namespace bpftwin::kernel {

struct Image {
    std::string release;  ///< "6.12.43+deb13-cloud-amd64"; empty where the file does not tell.
    std::string path;
    std::string modules;       ///< Its folder of modules; empty where there is none.
    std::string config = {};   ///< Its configuration; empty where there is none.
    std::string machine = {};  ///< "x86_64", "arm64"; empty where the file does not tell.
};

/// Where unpacked kernels are kept, one folder per release with `vmlinuz`, `modules` and `config`:
/// $XDG_CACHE_HOME/bpftwin/kernels, or under ~/.cache.
std::string cache_folder();

/// Those in the cache folder, and those in /boot that can be read; newest first. None that is for
/// another machine than this one.
std::vector<Image> images();

/// @param name a path, which has a slash; a release; or its start, as "6.12", which finds the
/// newest.
/// @return an Error that lists what there is where nothing matches, or says for which machine the
/// file is where that is not this one.
Result<Image> find_image(std::string_view name);
/// The same among `found`.
Result<Image> find_image(std::string_view name, const std::vector<Image>& found);

}  // namespace bpftwin::kernel
