#include "bench/program.h"

#include <chrono>
#include <fstream>
#include <iterator>
#include <string>

#include "fmt/format.h"

extern "C" {
#define PROGRAM(name, input, kib, verified) \
    std::uint64_t name(const std::uint8_t* data, std::uint64_t size);
#include "bench/programs.def"
#undef PROGRAM
}

namespace bpftwin::bench {
namespace {

constexpr Program all_programs[] = {
#define PROGRAM(name, input, kib, verified) {#name, InputKind::input, kib * 1024, verified, ::name},
#include "bench/programs.def"
#undef PROGRAM
};

/// Makes the compiler believe that a value is needed.
void keep(std::uint64_t value) { asm volatile("" : : "r"(value) : "memory"); }

}  // namespace

std::span<const Program> programs() { return all_programs; }

namespace {

Result<Bytes> object_file(const Program& program, std::string_view kind) {
    const std::string path = fmt::format(BENCH_OBJECTS "/{}.{}.o", program.name, kind);
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!file) return fail("cannot read " + path);
    const auto* bytes = reinterpret_cast<const std::byte*>(text.data());
    return Bytes(bytes, bytes + text.size());
}

}  // namespace

Result<Bytes> elf_of(const Program& program) { return object_file(program, "bpf"); }

Result<ObjectSpec> object_of(const Program& program, ByteView elf) {
    auto object = load_elf(elf, program.name);
    if (!object) return object;
    ProgramSpec* spec = object->program(program.name);
    if (!spec) return fail("the object has no program " + std::string(program.name));
    spec->type = ProgType::unspec;  // Plain bytes as context.
    return object;
}

Result<ObjectSpec> verified_object_of(const Program& program) {
    const auto elf = object_file(program, "verified");
    if (!elf) return std::unexpected(elf.error());
    return load_elf(*elf, program.name);
}

// The function is called through a pointer that the compiler cannot see through.
std::uint64_t run_native(const Program& program, const Bytes& input) {
    return program.native(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

double time_native(const Program& program, const Bytes& input, std::uint32_t repeat) {
    const auto begin = std::chrono::steady_clock::now();
    for (std::uint32_t i = 0; i < repeat; ++i) keep(run_native(program, input));
    const std::chrono::duration<double, std::nano> time = std::chrono::steady_clock::now() - begin;
    return time.count();
}

}  // namespace bpftwin::bench
