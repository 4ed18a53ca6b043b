// A plugin of the public bpf_conformance runner: a program comes in, r0 goes out.
//
//   bpftwin-conformance [MEMORY] [--engine interp] [--elf] [--unsafe]
//
// MEMORY and the program on standard input are bytes in base 16. The program is a stream of
// instructions, or with --elf an object (base 16, or the file itself) whose first program runs.
#include <cstring>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>

#include "bpftwin/engine.h"
#include "fmt/format.h"
#include "tests/conformance/hex.h"
#include "tests/conformance/run_case.h"

namespace bpftwin::conformance {
namespace {

struct Options {
    Bytes memory;
    std::string engine = "interp";
    bool elf = false;
    Safety safety = Safety::checked;
};

/// All words of the command line; the runner passes its options as one argument.
std::vector<std::string_view> words_of(int argc, char** argv) {
    std::vector<std::string_view> words;
    for (int i = 1; i < argc; ++i) {
        std::string_view rest = argv[i];
        while (true) {
            auto begin = rest.find_first_not_of(' ');
            if (begin == rest.npos) break;
            auto end = std::min(rest.find(' ', begin), rest.size());
            words.push_back(rest.substr(begin, end - begin));
            rest.remove_prefix(end);
        }
    }
    return words;
}

Result<Options> parse_options(int argc, char** argv) {
    Options options;
    auto words = words_of(argc, argv);
    std::string memory;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i] == "--elf")
            options.elf = true;
        else if (words[i] == "--unsafe")
            options.safety = Safety::unsafe;
        else if (words[i] == "--engine" && i + 1 < words.size())
            options.engine = words[++i];
        else if (words[i].starts_with('-'))
            return fail(
                fmt::format("unknown option {}; known are --engine X, --elf, --unsafe", words[i]));
        else
            memory.append(words[i]).append(" ");
    }
    auto bytes = parse_hex(memory);
    if (!bytes) return std::unexpected(bytes.error().in("memory"));
    options.memory = std::move(*bytes);
    return options;
}

Result<std::unique_ptr<Engine>> make_engine(std::string_view name) {
    if (name == "interp") return make_interpreter();
    if (name == "jit") return make_jit();
    return fail(fmt::format("unknown engine {}; known are interp and jit", name));
}

Result<ObjectSpec> object_from_bytecode(std::string_view text) {
    auto bytes = parse_hex(text);
    if (!bytes) return std::unexpected(bytes.error().in("program"));
    if (bytes->empty() || bytes->size() % sizeof(Insn) != 0)
        return fail(
            fmt::format("program: {} bytes are no whole number of instructions", bytes->size()));
    std::vector<Insn> program(bytes->size() / sizeof(Insn));
    std::memcpy(program.data(), bytes->data(), bytes->size());
    return object_of(std::move(program));
}

Result<ObjectSpec> object_from_elf(std::string_view text) {
    constexpr std::string_view magic =
        "\x7f"
        "ELF";
    if (text.starts_with(magic)) return load_elf(std::as_bytes(std::span(text)), "stdin");
    auto bytes = parse_hex(text);
    if (!bytes) return std::unexpected(bytes.error().in("object"));
    return load_elf(*bytes, "stdin");
}

Result<std::uint64_t> run(int argc, char** argv) {
    auto options = parse_options(argc, argv);
    if (!options) return std::unexpected(options.error());
    // The runner's programs are all meant to run; the JIT has no checked mode.
    if (options->engine == "jit") options->safety = Safety::unsafe;
    auto engine = make_engine(options->engine);
    if (!engine) return std::unexpected(engine.error());
    std::string text{std::istreambuf_iterator<char>(std::cin), {}};
    auto object = options->elf ? object_from_elf(text) : object_from_bytecode(text);
    if (!object) return std::unexpected(object.error());
    if (object->programs.empty()) return fail("object: no program in it");
    return run_on(**engine, {.safety = options->safety}, *object, object->programs.front(),
                  options->memory);
}

/// The message on one line, as the runner reads it.
std::string one_line(std::string text) {
    while (text.ends_with('\n')) text.pop_back();
    for (char& c : text)
        if (c == '\n') c = ' ';
    return text;
}

}  // namespace
}  // namespace bpftwin::conformance

int main(int argc, char** argv) {
    auto r0 = bpftwin::conformance::run(argc, argv);
    if (!r0) {
        fmt::print(stderr, "bpftwin-conformance: {}\n",
                   bpftwin::conformance::one_line(r0.error().message));
        return 1;
    }
    fmt::print("{:x}\n", *r0);
    return 0;
}
