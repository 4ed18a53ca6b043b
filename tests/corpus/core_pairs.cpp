// bpftwin_core_pairs: the kernel's own tests of CO-RE. Every test_core_reloc_NAME.o meets every
// btf__core_reloc_NAME___VARIANT.o, which holds the types of an invented kernel: the instructions
// are libbpf's, and the kernel takes the programs, or does not, as the tests declare.
#include <algorithm>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "bpftwin/kernel.h"
#include "bpftwin/target.h"
#include "fmt/format.h"
#include "tests/corpus/libbpf_object.h"
#include "tests/corpus/libbpf_relocated.h"

namespace {

using namespace bpftwin;
namespace fs = std::filesystem;

struct Pair {
    std::string object, types;
    std::string name;  ///< "nesting___err_array_field".
};

/// The names of the tests' variants say what is to fail.
bool is_to_fail(const Pair& pair) { return pair.name.contains("___err_"); }

/// Objects that ask for the types called `name`: bit fields are read in two ways.
std::vector<std::string> objects_for(const std::string& folder, const std::string& name) {
    const std::string stem = name.substr(0, name.find("___"));
    std::vector<std::string> found;
    for (const std::string_view way : {"", "_probed", "_direct"}) {
        const auto path = fmt::format("{}/test_core_reloc_{}{}.o", folder, stem, way);
        if (fs::exists(path)) found.push_back(path);
    }
    return found;
}

std::vector<Pair> pairs_in(const std::string& folder) {
    constexpr std::string_view prefix = "btf__core_reloc_";
    std::vector<Pair> pairs;
    for (const auto& entry : fs::directory_iterator(folder)) {
        const std::string stem = entry.path().stem();
        if (!stem.starts_with(prefix) || entry.path().extension() != ".o") continue;
        const std::string name = stem.substr(prefix.size());
        for (const std::string& object : objects_for(folder, name))
            pairs.push_back({object, entry.path(), name});
    }
    std::ranges::sort(pairs, {}, [](const Pair& pair) { return pair.object + pair.name; });
    return pairs;
}

/// Whether libbpf and we agree: both refuse, or both have the same instructions but for maps.
std::string difference(const Result<ObjectSpec>& ours, const Result<test::Relocated>& theirs,
                       bool fails) {
    if (!theirs) return fails ? "" : "libbpf refuses it: " + theirs.error().message;
    if (fails) return "libbpf relocates it";
    for (const auto& [name, stream] : theirs->programs) {
        const ProgramSpec* program = ours->program(name);
        if (!program || program->insns.size() != stream.size()) return "other instructions";
        for (std::size_t i = 0; i < stream.size(); ++i)
            if (std::memcmp(&stream[i], &program->insns[i], sizeof(Insn) - sizeof(std::int32_t)) !=
                    0 ||
                (program->insns[i].src == 0 && stream[i].imm != program->insns[i].imm))
                return fmt::format("{}: insn {} differs", name, i);
    }
    return "";
}

/// One walk over all pairs.
class Pairs {
public:
    explicit Pairs(Judge& judge) : judge_(judge) {}

    void add(const Pair& pair) {
        ++pairs_;
        auto types = load_btf_file(pair.types);
        auto object = load_elf_file(pair.object);
        if (!types || !object)
            return miss(pair, types ? object.error().message : types.error().message);
        resolve_core(*object, {.name = pair.name, .types = *types, .modules = {}});
        const std::string refused = refusal(*object);
        const auto theirs = test::relocated_by_libbpf(pair.object, pair.types);
        if (const auto what = difference(object, theirs, !refused.empty()); !what.empty())
            return miss(pair, what);
        const bool taken = refused.empty() && is_accepted(*object);
        if (taken == is_to_fail(pair))
            return miss(pair, taken ? "is to fail" : "is not to fail: " + refused);
        ++right_;
    }

    [[nodiscard]] bool finish() const {
        fmt::print("as libbpf and as the tests declare {}/{}\n", right_, pairs_);
        return right_ == pairs_ && pairs_ != 0;
    }

private:
    static std::string refusal(const ObjectSpec& object) {
        for (const ProgramSpec& program : object.programs)
            for (const CoreRelocation& relocation : program.core_relocations)
                if (relocation.state == CoreState::failed) return relocation.why;
        return "";
    }

    // The kernel gets the programs as they are, not made ready for its own types.
    bool is_accepted(ObjectSpec& object) {
        std::vector<std::string> names;
        for (ProgramSpec& program : object.programs) {
            program.core_relocations.clear();
            names.push_back(program.name);
        }
        const auto verdicts = judge_.judge(object, names, 0);
        return verdicts && std::ranges::all_of(*verdicts, [](const Verdict& verdict) {
                   return verdict.answer == Answer::accepted;
               });
    }

    void miss(const Pair& pair, const std::string& what) {
        fmt::print("{} with {}: {}\n", fs::path(pair.object).stem().string(), pair.name, what);
    }

    Judge& judge_;
    unsigned pairs_ = 0, right_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) return fmt::print(stderr, "usage: bpftwin_core_pairs FOLDER\n"), 2;
    const auto judge = make_kernel_judge();
    if (!judge) return fmt::print("{}\n", judge.error().message), test::skipped;
    Pairs pairs(**judge);
    for (const Pair& pair : pairs_in(argv[1])) pairs.add(pair);
    return pairs.finish() ? 0 : 1;
}
