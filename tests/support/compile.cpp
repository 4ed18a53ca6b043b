#include "tests/support/compile.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <sstream>
#include <stdexcept>

namespace bpftwin::test {
namespace {

std::string read_text(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

bool in_path(const std::string& program) {
    const char* path = std::getenv("PATH");
    std::istringstream folders(path ? path : "");
    for (std::string folder; std::getline(folders, folder, ':');)
        if (access((folder + "/" + program).c_str(), X_OK) == 0) return true;
    return false;
}

std::string shell_word(std::string_view word) {
    std::string result = "'";
    for (char c : word) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return result + "'";
}

std::vector<std::string> own_flags(const std::string& compiler) {
    std::vector<std::string> flags = {"-O2"};
    if (compiler == "bpf-gcc") {
        flags.emplace_back("-gbtf");
    } else {
        flags.insert(flags.end(), {"-g", "-target", "bpf"});
    }
#ifdef BPFTWIN_MULTIARCH
    // The kernel's UAPI headers include <asm/...>, which Debian keeps per architecture.
    flags.insert(flags.end(), {"-idirafter", "/usr/include/" BPFTWIN_MULTIARCH});
#endif
    return flags;
}

std::string command_line(const std::string& source, const std::string& object,
                         const CompileOptions& options) {
    std::string command = shell_word(options.compiler);
    for (const auto& flag : own_flags(options.compiler)) command += " " + shell_word(flag);
    for (const auto& flag : options.flags) command += " " + shell_word(flag);
    return command + " -c " + shell_word(source) + " -o " + shell_word(object);
}

Compiled compile_in(const std::shared_ptr<TemporaryFolder>& folder, const std::string& source,
                    const CompileOptions& options) {
    auto object = folder->path() + "/" + options.name + ".o";
    auto errors = folder->path() + "/errors";
    auto command = command_line(source, object, options) + " 2>" + shell_word(errors);
    bool done = std::system(command.c_str()) == 0;
    if (!done) return {"", "", command + "\n" + read_text(errors), folder};
    return {object, "", "", folder};
}

Compiled missing(const CompileOptions& options) {
    return {"", options.compiler + " is not installed", "", nullptr};
}

}  // namespace

TemporaryFolder::TemporaryFolder()
    : path_((std::filesystem::temp_directory_path() / "bpftwin-XXXXXX").string()) {
    if (!mkdtemp(path_.data())) throw std::runtime_error("no temporary folder: " + path_);
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::vector<std::byte> Compiled::image() const {
    auto text = read_text(path);
    auto bytes = std::as_bytes(std::span(text));
    return {bytes.begin(), bytes.end()};
}

Compiled compile(std::string_view source, const CompileOptions& options) {
    if (!in_path(options.compiler)) return missing(options);
    auto folder = std::make_shared<TemporaryFolder>();
    auto file = folder->path() + "/" + options.name + ".c";
    std::ofstream(file) << source;
    return compile_in(folder, file, options);
}

Compiled compile_file(const std::string& path, const CompileOptions& options) {
    if (!in_path(options.compiler)) return missing(options);
    return compile_in(std::make_shared<TemporaryFolder>(), path, options);
}

}  // namespace bpftwin::test
