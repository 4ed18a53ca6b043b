#include "tests/verifier/cases.h"

#include <sstream>

#include "cli/assembly.h"
#include "fmt/format.h"
#include "tests/btf/builder.h"

namespace bpftwin::test {
namespace {

/// Types of locked values and of a program's functions, which are static.
class CaseTypes {
public:
    void add_lock(MapSpec& map) {
        const auto lock = builder_.struct_("bpf_spin_lock", 4, {{"val", integer_, 0}});
        map.btf_key_type_id = integer_;
        map.btf_value_type_id = builder_.struct_("locked", map.value_size,
                                                 {{"lock", lock, 0}, {"number", integer_, 32}});
    }
    void add_functions(ProgramSpec& program) {
        const auto prototype = builder_.func_proto(integer_, {});
        for (const Function& function : program.functions)
            program.func_info.push_back(
                {function.insn, builder_.func(function.name, prototype, BtfLinkage::static_)});
    }
    [[nodiscard]] std::shared_ptr<const Btf> build() const { return builder_.build(); }

private:
    BtfBuilder builder_;
    std::uint32_t integer_ = builder_.int_("int", 4, BtfBuilder::is_signed);
};

class CaseReader {
public:
    Result<std::vector<VerifierCase>> read(std::string_view text) {
        std::istringstream lines{std::string(text)};
        for (std::string line; std::getline(lines, line);)
            if (auto taken = take(line); !taken) return std::unexpected(taken.error().in(line));
        return std::move(cases_);
    }

private:
    Result<void> take(const std::string& line) {
        if (line.empty() || line.starts_with('#')) return {};
        if (line.starts_with(' ')) {
            program_ += line + '\n';
            return {};
        }
        std::istringstream words(line);
        std::string word;
        words >> word;
        if (word == "case") {
            begin(words);
            return {};
        }
        if (word == "type") return take_type(words);
        if (word == "map") return take_map(words);
        return end(line);
    }

    void begin(std::istringstream& words) {
        now_ = {};
        program_.clear();
        types_ = {};
        words >> now_.name;
    }
    Result<void> take_type(std::istringstream& words) {
        words >> type_;
        return prog_type_named(type_) ? Result<void>() : fail("no program type");
    }
    Result<void> take_map(std::istringstream& words) {
        MapSpec map;
        std::string type, more;
        words >> map.name >> type >> map.key_size >> map.value_size >> map.max_entries >> more;
        const auto known = map_type_named(type);
        if (!known) return fail("no map type");
        map.type = *known;
        if (more == "lock") types_.add_lock(map);
        constexpr std::uint32_t rdonly_prog = 128;
        if (more == "rdonly_prog") map.map_flags = rdonly_prog;
        maps_.push_back(std::move(map));
        return {};
    }
    Result<void> end(const std::string& verdict) {
        auto object = cli::assembly_object(fmt::format("; type: {}\n{}", type_, program_), "prog");
        if (!object) return std::unexpected(object.error().in(now_.name));
        object->maps = std::move(maps_);
        maps_.clear();
        types_.add_functions(object->programs.front());
        object->btf = types_.build();
        now_.object = std::move(*object);
        now_.verdict = verdict;
        cases_.push_back(std::move(now_));
        return {};
    }

    std::vector<VerifierCase> cases_;
    VerifierCase now_;
    std::string type_, program_;
    std::vector<MapSpec> maps_;
    CaseTypes types_;
};

}  // namespace

Result<std::vector<VerifierCase>> read_cases(std::string_view text) {
    return CaseReader().read(text);
}

}  // namespace bpftwin::test
