// Splits a `.data` file into its sections.
#include "tests/conformance/data_file.h"

#include <algorithm>
#include <bit>
#include <fstream>
#include <iterator>
#include <map>

#include "fmt/format.h"
#include "isa/cursor.h"
#include "tests/conformance/dialect.h"
#include "tests/conformance/hex.h"

namespace bpftwin::conformance {
namespace {

constexpr std::string_view known_sections[] = {
    "asm", "mem", "result", "raw", "c", "error", "no register offset"};

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    auto first = text.find_first_not_of(blanks);
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

using Sections = std::map<std::string, std::string, std::less<>>;

Result<Sections> sections_of(std::string_view text) {
    Sections sections;
    std::string current = "comment";
    while (!text.empty()) {
        auto length = text.find('\n');
        auto line = text.substr(0, length);
        text.remove_prefix(length == text.npos ? text.size() : length + 1);
        if (!line.starts_with("-- ")) {
            sections[current].append(line).append("\n");
            continue;
        }
        current = trimmed(line.substr(3));
        if (std::ranges::find(known_sections, current) == std::end(known_sections))
            return fail(fmt::format("unknown section \"{}\"", current));
        sections[current];
    }
    return sections;
}

std::string_view section(const Sections& sections, std::string_view name) {
    auto found = sections.find(name);
    return found == sections.end() ? std::string_view() : trimmed(found->second);
}

Result<std::uint64_t> parse_number(std::string_view text) {
    Cursor cursor(text);
    auto number = cursor.take_number();
    auto bits = number && cursor.at_end() ? number->bits() : std::nullopt;
    if (!bits) return fail(fmt::format("\"{}\" is not a number of 64 bits", text));
    return *bits;
}

/// Instructions of a `raw` section: one 64-bit number a line.
Result<std::vector<Insn>> parse_raw(std::string_view text) {
    std::vector<Insn> program;
    while (!text.empty()) {
        auto length = text.find('\n');
        auto word = parse_number(trimmed(text.substr(0, length)));
        if (!word) return std::unexpected(word.error());
        program.push_back(std::bit_cast<Insn>(*word));
        text.remove_prefix(length == text.npos ? text.size() : length + 1);
    }
    return program;
}

}  // namespace

Result<DataFile> parse_data_file(std::string_view text, std::string name) {
    auto sections = sections_of(text);
    if (!sections) return std::unexpected(sections.error().in(name));
    auto assembled = assemble_dialect(section(*sections, "asm"));
    if (!assembled) return std::unexpected(assembled.error().in(name + ": asm"));
    auto raw = parse_raw(section(*sections, "raw"));
    if (!raw) return std::unexpected(raw.error().in(name + ": raw"));
    auto memory = parse_hex(section(*sections, "mem"));
    if (!memory) return std::unexpected(memory.error().in(name + ": mem"));
    auto error = std::string(section(*sections, "error"));
    auto result = error.empty() ? parse_number(section(*sections, "result")) : 0;
    if (!result) return std::unexpected(result.error().in(name + ": result"));
    return DataFile{std::move(name), raw->empty() ? *assembled : *raw, *assembled, *memory, *result,
                    std::move(error)};
}

Result<DataFile> read_data_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) return fail(fmt::format("cannot read {}", path.string()));
    std::string text{std::istreambuf_iterator<char>(in), {}};
    return parse_data_file(text, path.stem().string());
}

std::vector<std::filesystem::path> data_files_in(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    std::error_code missing;
    for (const auto& entry : std::filesystem::directory_iterator(folder, missing))
        if (entry.path().extension() == ".data") files.push_back(entry.path());
    std::ranges::sort(files);
    return files;
}

}  // namespace bpftwin::conformance
