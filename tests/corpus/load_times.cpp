// bpftwin_load_times: how long our loader takes for the objects of a folder, from a file to
// instructions that are ready for this kernel, against libbpf on the same objects.
//
// Of libbpf's time, what its calls of bpf(2) take is left out: it creates maps and loads types
// before it relocates, which we do not. Both sides read the kernel's types anew for every object
// that asks for them, as libbpf does. Both have opened the object once before: libbpf had to, to
// tell its programs. Rounds time both in turn; an object's ratio is the median of its rounds'.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdarg>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "bpftwin/target.h"
#include "compare/sampler.h"
#include "fmt/format.h"
#include "tests/corpus/libbpf_object.h"
#include "tests/corpus/libbpf_relocated.h"

namespace {

using namespace bpftwin;
using Clock = std::chrono::steady_clock;

constexpr const char* kernel_types = "/sys/kernel/btf/vmlinux";

/// A system call through the C library's syscall(2), which is how libbpf calls bpf(2).
struct Call {
    Clock::time_point begin, end;
};
std::vector<Call> calls;

double ns_between(Clock::time_point begin, Clock::time_point end) {
    return std::chrono::duration<double, std::nano>(end - begin).count();
}

}  // namespace

// Found before the C library's.
extern "C" long syscall(long number, ...) noexcept {
    va_list list;
    va_start(list, number);
    const long a = va_arg(list, long), b = va_arg(list, long), c = va_arg(list, long);
    va_end(list);
    const auto begin = Clock::now();
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c)
                     : "rcx", "r11", "memory");
    calls.push_back({begin, Clock::now()});
    if (result >= 0 || result < -4095) return result;
    errno = static_cast<int>(-result);
    return -1;
}

namespace {

bool asks_for_types(const ObjectSpec& object) { return needs_of(object).types; }

Bytes read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    const std::vector<char> text{std::istreambuf_iterator<char>(file), {}};
    const auto bytes = std::as_bytes(std::span(text));
    return {bytes.begin(), bytes.end()};
}

/// @param kept the kernel's types, or null to read them anew where the object asks for them.
Result<double> time_ours(ByteView image, const std::shared_ptr<const Btf>& kept) {
    (void)load_elf(image, "object");
    const auto begin = Clock::now();
    auto object = load_elf(image, "object");
    if (!object) return std::unexpected(object.error());
    if (asks_for_types(*object)) {
        Target target{.name = "this kernel", .types = kept};
        if (!kept) {
            auto types = load_btf_file(kernel_types);
            if (!types) return std::unexpected(types.error());
            target.types = std::move(*types);
        }
        resolve_core(*object, target);
        resolve_externs(*object, target);
    }
    return ns_between(begin, Clock::now());
}

Result<double> time_libbpf(ByteView image) {
    calls.clear();
    const auto relocated = test::relocated_by_libbpf(image, "object");
    if (!relocated) return std::unexpected(relocated.error());
    if (relocated->programs.empty()) return fail("no programs");
    double ns = ns_between(relocated->begin, relocated->end);
    for (const Call& call : calls)
        if (call.begin > relocated->begin && call.end < relocated->end)
            ns -= ns_between(call.begin, call.end);
    return ns;
}

/// What the rounds of one object say.
struct Row {
    std::string name;
    bool asks_for_types;
    double ours, theirs, ratio, kept_ratio;  ///< Medians; the times in nanoseconds.
};

Result<Row> measure(const std::string& path, const std::shared_ptr<const Btf>& types,
                    unsigned rounds) {
    const Bytes image = read_file(path);
    std::vector<double> ours, theirs, ratios, kept_ratios;
    for (unsigned i = 0; i < rounds; ++i) {
        const auto libbpf = time_libbpf(image);
        const auto anew = time_ours(image, nullptr);
        const auto kept = time_ours(image, types);
        for (const auto* time : {&libbpf, &anew, &kept})
            if (!*time) return std::unexpected(time->error());
        theirs.push_back(*libbpf);
        ours.push_back(*anew);
        ratios.push_back(*anew / *libbpf);
        kept_ratios.push_back(*kept / *libbpf);
    }
    const auto object = load_elf(image, "object");
    return Row{std::filesystem::path(path).filename(), asks_for_types(*object),
               compare::summarize(ours).median,        compare::summarize(theirs).median,
               compare::summarize(ratios).median,      compare::summarize(kept_ratios).median};
}

double geomean(const std::vector<Row>& rows, double Row::* ratio) {
    double sum = 0;
    for (const Row& row : rows) sum += std::log(row.*ratio);
    return std::exp(sum / static_cast<double>(rows.size()));
}

void print_summary(std::string_view what, const std::vector<Row>& rows, double Row::* ratio) {
    if (rows.empty()) return;
    const auto slower = std::ranges::count_if(rows, [&](const Row& row) { return row.*ratio > 1; });
    const Row& worst = *std::ranges::max_element(rows, {}, ratio);
    fmt::print("{}: {} objects, geomean ours/libbpf {:.2f}, worst {:.2f} ({}), {} slower\n", what,
               rows.size(), geomean(rows, ratio), worst.*ratio, worst.name, slower);
}

std::vector<Row> only(const std::vector<Row>& rows, bool asks) {
    std::vector<Row> result;
    std::ranges::copy_if(rows, std::back_inserter(result),
                         [&](const Row& row) { return row.asks_for_types == asks; });
    return result;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) return fmt::print(stderr, "usage: bpftwin_load_times OBJECT|FOLDER...\n"), 2;
    if (geteuid() != 0) return fmt::print("libbpf needs root to load\n"), test::skipped;
    const auto paths = test::objects_named(argc - 1, argv + 1);
    if (!paths) return fmt::print("{}\n", paths.error().message), test::skipped;
    const auto types = load_btf_file(kernel_types);
    if (!types) return fmt::print("{}\n", types.error().message), test::skipped;
    constexpr unsigned rounds = 7;
    std::vector<Row> rows;
    for (const std::string& path : *paths) {
        auto row = measure(path, *types, rounds);
        if (!row) continue;
        fmt::print(
            "{:<48} ours {:8.1f} us, libbpf {:8.1f} us, ratio {:.2f}, with types kept {:.2f}\n",
            row->name, row->ours / 1000, row->theirs / 1000, row->ratio, row->kept_ratio);
        rows.push_back(std::move(*row));
    }
    print_summary("that ask for no types", only(rows, false), &Row::ratio);
    print_summary("that ask for types, read anew", only(rows, true), &Row::ratio);
    print_summary("that ask for types, kept", only(rows, true), &Row::kept_ratio);
    print_summary("all, types kept", rows, &Row::kept_ratio);
    return rows.empty() ? 1 : 0;
}
