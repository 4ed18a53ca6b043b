#include "cli/explain.h"

#include "bpftwin/explain.h"
#include "btf/source.h"
#include "fmt/format.h"
#include "helpers/prototype.h"
#include "isa/disasm.h"

namespace bpftwin::cli {
namespace {

/// Instructions of a program as text, and the lines of C that they came from.
class Listing {
public:
    Listing(const ObjectSpec& object, const ProgramSpec& program)
        : object_(object), program_(program) {
        names_.helper = [](std::int32_t id) {
            const Helper* helper = helper_by_id(static_cast<std::uint32_t>(id));
            return helper ? fmt::format("bpf_{}", helper->name) : std::string("unknown");
        };
    }

    [[nodiscard]] std::string instruction(std::uint32_t insn) const {
        const auto text = disassemble(program_.insns, insn, names_);
        return text ? *text : std::string();
    }
    [[nodiscard]] std::optional<SourceLine> source(std::uint32_t insn) const {
        return source_at(program_, object_.btf.get(), insn);
    }
    /// "file.c:7: the line", without a file's folders; or an empty text.
    [[nodiscard]] std::string line(std::uint32_t insn) const {
        const auto at = source(insn);
        if (!at) return {};
        const std::string file = at->file.substr(at->file.rfind('/') + 1);
        return fmt::format("{}:{}: {}", file, at->line, at->text);
    }

private:
    const ObjectSpec& object_;
    const ProgramSpec& program_;
    DisasmNames names_;
};

constexpr std::size_t most_branches = 20;

std::string text_of(std::string_view what, std::uint32_t insn, const Listing& listing) {
    const std::string line = listing.line(insn);
    std::string text = fmt::format("    insn {}: {}: {}\n", insn, what, listing.instruction(insn));
    return line.empty() ? text : text + fmt::format("      {}\n", line);
}

std::string path_text(const Explanation& explanation, const Listing& listing) {
    std::string text = "  path\n";
    const auto& branches = explanation.branches;
    const std::size_t skipped =
        branches.size() > most_branches ? branches.size() - most_branches : 0;
    if (branches.empty()) text += "    straight from the beginning of the function\n";
    if (skipped != 0) text += fmt::format("    … after {} other branches\n", skipped);
    for (const PathBranch& branch : std::span(branches).subspan(skipped))
        text += text_of(branch.taken ? "taken" : "not taken", branch.insn, listing);
    return text;
}

std::string history_text(const Explanation& explanation, const Listing& listing) {
    if (explanation.value.empty() && explanation.history.empty()) return {};
    std::string text = "  value\n";
    if (!explanation.value.empty()) text = fmt::format("  value {}\n", explanation.value);
    for (const ValueStep& step : explanation.history)
        text += text_of(step.what, step.insn, listing);
    return text;
}

Json source_json(const std::optional<SourceLine>& source) {
    if (!source) return {};
    return {{"file", source->file},
            {"line", source->line},
            {"column", source->column},
            {"text", source->text}};
}

}  // namespace

std::string explanation_text(const Judged& judged, const ObjectSpec& object, Style style) {
    const Verdict& verdict = judged.verdict;
    if (verdict.answer != Answer::rejected) return {};
    const ReasonKind& kind = kind_of_reason(verdict.reason);
    std::string text = fmt::format("  {}: {}\n", style.bold(kind.code), kind.plain);
    const ProgramSpec* program = object.program(judged.program);
    if (verdict.explanation && program) {
        const Listing listing(object, *program);
        text += "  refused\n" + text_of("here", verdict.explanation->insn, listing);
        text += history_text(*verdict.explanation, listing);
        text += path_text(*verdict.explanation, listing);
    }
    return text + fmt::format("  what to change\n    {}\n", kind.change);
}

Json explanation_json(const Judged& judged, const ObjectSpec& object) {
    const auto& explanation = judged.verdict.explanation;
    const ProgramSpec* program = object.program(judged.program);
    if (!explanation || !program) return {};
    const Listing listing(object, *program);
    const auto place = [&](std::uint32_t insn) {
        return Json{{"insn", insn},
                    {"text", listing.instruction(insn)},
                    {"source", source_json(listing.source(insn))}};
    };
    Json json = place(explanation->insn);
    json["value"] = explanation->value;
    json["history"] = Json::array();
    for (const ValueStep& step : explanation->history) {
        json["history"].push_back(place(step.insn));
        json["history"].back()["event"] = step.what;
    }
    json["branches"] = Json::array();
    for (const PathBranch& branch : explanation->branches) {
        json["branches"].push_back(place(branch.insn));
        json["branches"].back()["taken"] = branch.taken;
    }
    return json;
}

std::string place_of_rejection(const Verdict& verdict, const ObjectSpec& object,
                               const ProgramSpec& program) {
    if (!verdict.explanation) return {};
    const Listing listing(object, program);
    const std::string line = listing.line(verdict.explanation->insn);
    const std::string at = fmt::format("at insn {}", verdict.explanation->insn);
    return line.empty() ? at : at + ", " + line;
}

}  // namespace bpftwin::cli
