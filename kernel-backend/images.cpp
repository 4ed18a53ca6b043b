#include "kernel-backend/images.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace bpftwin::kernel {
namespace {

namespace fs = std::filesystem;

#if defined(__x86_64__)
constexpr std::string_view this_machine = "x86_64";
#elif defined(__aarch64__)
constexpr std::string_view this_machine = "arm64";
#endif

std::string read_at(std::ifstream& in, std::streamoff offset, std::size_t size) {
    std::string text(size, '\0');
    in.clear();
    in.seekg(offset);
    in.read(text.data(), static_cast<std::streamsize>(size));
    text.resize(static_cast<std::size_t>(in.gcount()));
    return text;
}

/// By the magic number of its header (Documentation/arch/x86/boot.rst, arch/arm64/booting.rst).
std::string machine_of(const fs::path& path) {
    constexpr std::streamoff x86_magic_at = 0x202;
    constexpr std::streamoff arm64_magic_at = 0x38;
    std::ifstream in(path, std::ios::binary);
    if (read_at(in, x86_magic_at, 4) == "HdrS") return "x86_64";
    if (read_at(in, arm64_magic_at, 4) == "ARM\x64") return "arm64";
    return {};
}

/// The release in the header of an x86 image (Documentation/arch/x86/boot.rst, kernel_version).
std::string release_inside(const fs::path& path) {
    constexpr std::streamoff pointer_at = 0x20e;
    constexpr std::streamoff pointer_base = 0x200;
    std::ifstream in(path, std::ios::binary);
    const std::string field = read_at(in, pointer_at, sizeof(std::uint16_t));
    std::uint16_t offset = 0;
    if (field.size() != sizeof offset) return {};
    std::memcpy(&offset, field.data(), sizeof offset);
    const std::string text = read_at(in, pointer_base + offset, 256);
    return text.substr(0, text.find_first_of(std::string_view(" \0", 2)));
}

/// As Debian names the file, or the folder that this project's cache has it in.
std::string release_by_name(const fs::path& path) {
    constexpr std::string_view prefix = "vmlinuz-";
    const std::string name = path.filename().string();
    if (name.starts_with(prefix)) return name.substr(prefix.size());
    if (path.parent_path().parent_path() == cache_folder())
        return path.parent_path().filename().string();
    return {};
}

std::string modules_for(const fs::path& path, const std::string& release) {
    const fs::path folder = path.parent_path();
    const fs::path places[] = {folder / "modules", folder / "lib/modules" / release,
                               folder.parent_path() / "lib/modules" / release};
    std::error_code error;
    for (const fs::path& place : places)
        if (fs::is_directory(place / "kernel", error)) return place.string();
    return {};
}

std::string config_for(const fs::path& path, const std::string& release) {
    std::error_code error;
    for (const std::string& name : {std::string("config"), "config-" + release})
        if (const fs::path file = path.parent_path() / name; fs::is_regular_file(file, error))
            return file.string();
    return {};
}

Image image_at(const fs::path& path) {
    const std::string machine = machine_of(path);
    std::string release = machine == "x86_64" ? release_inside(path) : std::string();
    if (release.empty()) release = release_by_name(path);
    return {.release = release,
            .path = path.string(),
            .modules = modules_for(path, release),
            .config = config_for(path, release),
            .machine = machine};
}

bool boots_here(const Image& image) {
    return image.machine.empty() || image.machine == this_machine;
}

bool is_readable(const fs::path& path) {
    std::error_code error;
    return fs::is_regular_file(path, error) && access(path.c_str(), R_OK) == 0;
}

std::vector<fs::path> entries(const fs::path& folder) {
    std::vector<fs::path> paths;
    std::error_code error;
    for (auto entry = fs::directory_iterator(folder, error); !error && entry != fs::end(entry);
         entry.increment(error))
        paths.push_back(entry->path());
    return paths;
}

/// "6.1" is the start of "6.1.0-56", not of "6.12".
bool starts(const std::string& release, std::string_view name) {
    return release.starts_with(name) &&
           (release.size() == name.size() || std::isdigit(release[name.size()]) == 0);
}

std::string list_of(const std::vector<Image>& found) {
    std::string text;
    for (const Image& image : found) text += (text.empty() ? "" : ", ") + image.release;
    return text.empty() ? "there are none" : "there are " + text;
}

}  // namespace

std::string cache_folder() {
    const char* cache = std::getenv("XDG_CACHE_HOME");
    const char* home = std::getenv("HOME");
    fs::path folder = cache != nullptr && *cache != '\0' ? fs::path(cache)
                                                         : fs::path(home ? home : "") / ".cache";
    return folder / "bpftwin/kernels";
}

std::vector<Image> images() {
    std::vector<Image> found;
    for (const fs::path& folder : entries(cache_folder()))
        if (is_readable(folder / "vmlinuz")) found.push_back(image_at(folder / "vmlinuz"));
    for (const fs::path& path : entries("/boot"))
        if (path.filename().string().starts_with("vmlinuz-") && is_readable(path))
            found.push_back(image_at(path));
    std::erase_if(found, [](const Image& image) { return !boots_here(image); });
    std::ranges::stable_sort(found, [](const Image& a, const Image& b) {
        return strverscmp(a.release.c_str(), b.release.c_str()) > 0;
    });
    return found;
}

Result<Image> find_image(std::string_view name) { return find_image(name, images()); }

Result<Image> find_image(std::string_view name, const std::vector<Image>& found) {
    if (name.contains('/')) {
        const fs::path path(name);
        if (!is_readable(path))
            return fail(std::string(name) + ": not a kernel image that can be read", ENOENT);
        Image image = image_at(path);
        if (boots_here(image)) return image;
        return fail(std::string(name) + ": a kernel for " + image.machine + ", this machine is " +
                        std::string(this_machine),
                    ENOEXEC);
    }
    const auto match = std::ranges::find_if(
        found, [&](const Image& image) { return !name.empty() && starts(image.release, name); });
    if (match != found.end()) return *match;
    return fail("no kernel image \"" + std::string(name) + "\": " + list_of(found) +
                    " (bpftwin kernels says how to get one)",
                ENOENT);
}

}  // namespace bpftwin::kernel
