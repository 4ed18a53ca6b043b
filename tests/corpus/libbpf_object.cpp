#include "tests/corpus/libbpf_object.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "fmt/format.h"

namespace bpftwin::test {
namespace {

/// Since an object was last opened, one line each.
std::vector<std::string> warnings;

int keep_warning(libbpf_print_level level, const char* format, va_list arguments) {
    if (level != LIBBPF_WARN) return 0;
    std::array<char, 512> text{};
    std::vsnprintf(text.data(), text.size(), format, arguments);
    const std::string_view line(text.data());
    warnings.emplace_back(line.substr(0, line.find('\n')));
    return 0;
}

/// What libbpf says first is the cause and what follows is what became of it, but for what it tries
/// again or does without.
std::string cause(int error) {
    const auto found = std::ranges::find_if(warnings, [](std::string_view line) {
        return line.find("Retrying") == line.npos && line.find("optional") == line.npos;
    });
    return found == warnings.end() ? std::strerror(error) : *found;
}

}  // namespace

namespace {

/// What libbpf opened, if it did.
Result<LibbpfObject> opened(bpf_object* found) {
    LibbpfObject object(found);
    if (!object) return std::unexpected(libbpf_error("libbpf does not open it", errno));
    // Nobody else is to see what a test loads.
    bpf_map* map = nullptr;
    bpf_object__for_each_map(map, object.get()) bpf_map__set_pin_path(map, nullptr);
    return object;
}

void listen() {
    libbpf_set_print(keep_warning);
    warnings.clear();
}

}  // namespace

Result<LibbpfObject> open_by_libbpf(const std::string& path, const std::string& btf) {
    listen();
    bpf_object_open_opts options{};
    options.sz = sizeof options;
    if (!btf.empty()) options.btf_custom_path = btf.c_str();
    return opened(bpf_object__open_file(path.c_str(), &options));
}

Result<LibbpfObject> open_by_libbpf(ByteView image, const std::string& name) {
    listen();
    bpf_object_open_opts options{};
    options.sz = sizeof options;
    options.object_name = name.c_str();
    return opened(bpf_object__open_mem(image.data(), image.size(), &options));
}

Error libbpf_error(std::string_view what, int error) {
    return {fmt::format("{}: {}", what, cause(error)), error};
}

bool accepted_before_error() {
    return std::ranges::any_of(warnings, [](std::string_view line) {
        return line.find("failed to initialize slot") != line.npos;
    });
}

Result<std::set<std::string>> objects_named(int count, char** paths) {
    namespace fs = std::filesystem;
    std::set<std::string> objects;
    for (const std::string path : std::span(paths, static_cast<std::size_t>(count))) {
        if (!fs::exists(path)) return fail(path + " is not there");
        if (!fs::is_directory(path)) {
            objects.insert(path);
            continue;
        }
        for (const auto& entry : fs::recursive_directory_iterator(path))
            if (entry.path().extension() == ".o") objects.insert(entry.path());
    }
    return objects;
}

}  // namespace bpftwin::test
