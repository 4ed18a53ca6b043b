#include "cli/clearance.h"

#include <algorithm>
#include <vector>

#include "bpftwin/verify.h"
#include "cli/explain.h"
#include "cli/verdicts.h"
#include "compare/judge.h"
#include "fmt/format.h"
#include "vm/context.h"

namespace bpftwin::cli {
namespace {

/// The program and all that tail calls may lead to.
std::vector<const ProgramSpec*> reachable(const ObjectSpec& object, const ProgramSpec& program) {
    std::vector<const ProgramSpec*> programs{&program};
    for (const MapSpec& map : object.maps) {
        if (map.type != MapType::prog_array) continue;
        for (const MapSlot& slot : map.slots) {
            const ProgramSpec* target = object.program(slot.target);
            if (target && std::ranges::count(programs, target) == 0) programs.push_back(target);
        }
    }
    return programs;
}

/// Where no kernel's types are to be had, nobody can be asked about a program that needs them.
bool lacks_types(const Verdict& verdict) {
    return verdict.answer == Answer::unsupported && verdict.reason == lacks_kernel_types;
}

Clearance clearance_of(const Verdict& verdict, const TrustArguments& trust) {
    switch (verdict.answer) {
        case Answer::accepted: return Clearance::full;
        case Answer::not_loadable: return Clearance::checked;  // The engine says what is missing.
        case Answer::rejected:
        case Answer::unsupported: break;
    }
    return trust.unverified || lacks_types(verdict) ? Clearance::checked : Clearance::refused;
}

}  // namespace

Option add_trust_options(Options options, TrustArguments& trust) {
    const Option unsafe =
        options.add_flag("--unsafe", trust.unsafe, "Run without verification and memory checks");
    options
        .add_flag("--unverified", trust.unverified,
                  "Run also what the verifier does not accept, in the checked interpreter only")
        .excludes(unsafe);
    return unsafe;
}

Safety Cleared::interpreter_safety(bool own_context) const {
    if (!verdict) return Safety::unsafe;
    const bool leads_out = verdict->reads_kernel || own_context || probes_memory(judged->type);
    return clearance == Clearance::full && !leads_out ? Safety::unsafe : Safety::checked;
}

std::string Cleared::reason() const {
    return fmt::format("not verified: {}: {}", name_of(verdict->answer), verdict->reason);
}

Cleared clear(const ReadyObject& object, const ProgramSpec& program, const TrustArguments& trust,
              std::uint32_t cpus, bool wants_claims) {
    Cleared cleared{.judged = &program};
    if (trust.unsafe) return cleared;
    compare::ReadyFor kernel{object.kernel_types, object.is_this_machine, cpus};
    ProgramClaims all_claims;
    bool reads_kernel = false;
    for (const ProgramSpec* one : reachable(object.spec, program)) {
        const auto claims = std::make_shared<Claims>();
        if (wants_claims) kernel.claims = claims.get();
        Verdict verdict = compare::verify_ready(object.spec, *one, kernel);
        reads_kernel |= verdict.reads_kernel;
        if (wants_claims && verdict.answer == Answer::accepted)
            all_claims.emplace(one->name, claims);
        const Clearance clearance = clearance_of(verdict, trust);
        if (cleared.verdict && clearance <= cleared.clearance) continue;
        std::string where = place_of_rejection(verdict, object.spec, *one);
        cleared = {clearance, std::move(verdict), one, {}, std::move(where)};
    }
    cleared.verdict->reads_kernel = reads_kernel;
    cleared.claims = std::move(all_claims);
    return cleared;
}

std::string refusal_text(const Cleared& cleared, Style style) {
    const ProgramSpec& program = *cleared.judged;
    std::string text = verdict_text(
        {{}, program.name, program.section, program.insns.size(), {}, *cleared.verdict}, style);
    if (!cleared.where.empty()) text += "  " + cleared.where + '\n';
    const bool unsupported = cleared.verdict->answer == Answer::unsupported;
    return text +
           (unsupported ? "not run, as bpftwin's verifier does not know this yet" : "not run") +
           "; --unverified runs it in the checked interpreter\n";
}

void note_unverified(const Cleared& cleared) {
    if (!cleared.verdict || !lacks_types(*cleared.verdict)) return;
    fmt::print(stderr,
               "bpftwin: note: {} is not verified, which takes the types of a kernel (--btf); "
               "every access is checked\n",
               cleared.judged->name);
}

}  // namespace bpftwin::cli
