#include "kernel-backend/program.h"

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "fmt/format.h"
#include "isa/decode.h"
#include "kernel-backend/attach_target.h"
#include "kernel-backend/attribute.h"
#include "kernel-backend/release.h"
#include "vm/constants.h"

namespace bpftwin::kernel {
namespace {

constexpr std::uint8_t lddw_code = 0x18;

constexpr std::uint32_t device_bound = 1 << 6;  // BPF_F_XDP_DEV_BOUND_ONLY.
constexpr std::uint32_t loopback = 1;           // A device that every network namespace has.

bool names_map(const Insn& insn) {
    return insn.code == lddw_code && (insn.src == pseudo::map_fd || insn.src == pseudo::map_value);
}

/// `struct bpf_func_info` and `bpf_line_info` are what the specification holds.
static_assert(sizeof(FuncInfo) == sizeof(bpf_func_info));
static_assert(sizeof(LineInfo) == sizeof(bpf_line_info));

/// A submission and the memory that it points to.
class Submission {
public:
    Submission(Kernel& kernel, const ProgramSpec& program, const ProgramParts& parts)
        : kernel_(kernel),
          insns_(with_descriptors(program, parts.maps, parts.modules)),
          modules_(called_modules(program, parts.modules)),
          license_(parts.object.license) {
        attr_->prog_type = static_cast<std::uint32_t>(program.type);
        attr_->insn_cnt = static_cast<std::uint32_t>(insns_.size());
        attr_.input(attr_->insns, std::as_bytes(std::span(insns_)));
        attr_.input(attr_->license,
                    std::as_bytes(std::span(license_.c_str(), license_.size() + 1)));
        // Kprobes were once checked for it.
        attr_->kern_version = parts.object.kern_version != 0 ? parts.object.kern_version
                                                             : version_code(kernel.release());
        attr_->prog_flags = program.prog_flags;
        if ((program.prog_flags & device_bound) != 0) attr_->prog_ifindex = loopback;
        if (!modules_.empty()) attr_.input(attr_->fd_array, std::as_bytes(std::span(modules_)));
        program.name.copy(attr_->prog_name, BPF_OBJ_NAME_LEN - 1);
        if (parts.btf != 0) add_types(program, parts.btf);
    }

    void attach_to(const AttachTarget& target) {
        attr_->attach_btf_id = target.attach_btf_id;
        attr_->expected_attach_type = target.expected_attach_type;
    }

    /// @return the program's descriptor, or an Error; the log is in the verdict either way.
    Result<int> submit(std::uint32_t log_level, Verdict& verdict) {
        Attribute attr = attr_;
        Bytes log(log_level != 0 ? log_size_ : 0);
        attr->log_level = log_level;
        attr->log_size = static_cast<std::uint32_t>(log.size());
        if (log_level != 0) attr.output(attr->log_buf, log);
        auto program = attr.call(kernel_, BPF_PROG_LOAD);
        const auto end = std::ranges::find(log, std::byte{0});
        verdict.log.assign(reinterpret_cast<const char*>(log.data()),
                           static_cast<std::size_t>(end - log.begin()));
        return program;
    }

    /// Makes room for a longer log; false if it is as long as it may be.
    bool grow_log() {
        constexpr std::size_t largest = std::size_t{256} << 20;
        log_size_ *= 4;
        return log_size_ <= largest;
    }

private:
    void add_types(const ProgramSpec& program, int btf) {
        attr_->prog_btf_fd = static_cast<std::uint32_t>(btf);
        attr_->func_info_rec_size = sizeof(FuncInfo);
        attr_->func_info_cnt = static_cast<std::uint32_t>(program.func_info.size());
        attr_.input(attr_->func_info, std::as_bytes(std::span(program.func_info)));
        attr_->line_info_rec_size = sizeof(LineInfo);
        attr_->line_info_cnt = static_cast<std::uint32_t>(program.line_info.size());
        attr_.input(attr_->line_info, std::as_bytes(std::span(program.line_info)));
        add_core_relocations(program);
    }

    // What nobody resolved the kernel does, against its own types (bpf_core_apply in
    // kernel/bpf/btf.c).
    void add_core_relocations(const ProgramSpec& program) {
        for (const CoreRelocation& relocation : program.core_relocations)
            if (relocation.state == CoreState::open)
                core_.push_back({static_cast<std::uint32_t>(relocation.insn * sizeof(Insn)),
                                 relocation.type_id, relocation.access_off,
                                 static_cast<bpf_core_relo_kind>(relocation.kind)});
        if (core_.empty()) return;
        attr_->core_relo_rec_size = sizeof(bpf_core_relo);
        attr_->core_relo_cnt = static_cast<std::uint32_t>(core_.size());
        attr_.input(attr_->core_relos, std::as_bytes(std::span(core_)));
    }

    Kernel& kernel_;
    std::vector<Insn> insns_;
    std::vector<int> modules_;
    std::vector<bpf_core_relo> core_;
    std::string license_;
    Attribute attr_;
    std::size_t log_size_ = std::size_t{1} << 20;
};

/// The verifier writes a log for what it rejects; what fails before has none. Where a kernel lets
/// nobody attach such programs it says EPERM before it looks at the first instruction.
Answer answer_to(const Error& error, const Verdict& verdict) {
    const bool is_forbidden = error.code == EPERM && verdict.log.contains("processed 0 insns");
    if (is_forbidden) return Answer::not_loadable;
    const bool was_read = !verdict.log.empty() || error.code == E2BIG;
    return was_read ? Answer::rejected : Answer::not_loadable;
}

/// The instruction in which the verifier found a call of a helper that no kernel has, as stand
/// where a program needs what the kernel lacks.
std::optional<std::uint32_t> reached_poison(const Verdict& verdict) {
    constexpr std::string_view call = ": (85) call unknown#";
    const std::string_view log = verdict.log;
    const auto end = log.rfind(call);
    if (end == log.npos || !verdict.reason.starts_with("invalid func")) return std::nullopt;
    const auto begin = log.rfind('\n', end) + 1;
    std::uint32_t insn = 0;
    const auto [_, error] = std::from_chars(log.data() + begin, log.data() + end, insn);
    return error == std::errc{} ? std::optional(insn) : std::nullopt;
}

/// Says what it needs.
void explain_poison(Verdict& verdict, const ProgramSpec& program) {
    const auto insn = reached_poison(verdict);
    const auto explain = [&](std::string_view what, std::string_view why) {
        verdict.reason = fmt::format("{}: {} ({})", what, why, verdict.reason);
    };
    for (const CoreRelocation& relocation : program.core_relocations)
        if (insn == relocation.insn && relocation.state == CoreState::poisoned)
            explain("CO-RE relocation", relocation.why);
    for (const ExternReference& reference : program.externs)
        if (insn == reference.insn && reference.state == ExternState::absent)
            explain("extern " + reference.name, reference.why);
}

void explain(Verdict& verdict, const Error& error, const ProgramSpec& program) {
    verdict.error = error.code;
    verdict.answer = answer_to(error, verdict);
    read_log(verdict);
    if (verdict.reason.empty()) verdict.reason = error.message;
    explain_poison(verdict, program);
}

Result<int> submit_with_log(Submission& submission, std::uint32_t log_level, Verdict& verdict) {
    auto program = submission.submit(log_level, verdict);
    // Only a log that was asked for in full can be too long.
    while (!program && program.error().code == ENOSPC && submission.grow_log())
        program = submission.submit(log_level, verdict);
    // A rejected program is worth a reason.
    if (!program && log_level == 0) program = submit_with_log(submission, 1, verdict);
    return program;
}

}  // namespace

LoadedProgram not_loadable(const Error& error) {
    Verdict verdict{.answer = Answer::not_loadable, .error = error.code, .reason = error.message};
    return {std::move(verdict), {}};
}

std::vector<int> called_modules(const ProgramSpec& program, const ModuleTypes& modules) {
    std::vector<int> called;
    for (const ExternReference& reference : program.externs) {
        const Insn& insn = program.insns[reference.insn];
        if (reference.module.empty() || decode(insn) != Op::call_kfunc || insn.off <= 0) continue;
        const auto index = static_cast<std::size_t>(insn.off);
        if (called.size() <= index) called.resize(index + 1);
        called[index] = modules.find(reference.module)->second;
    }
    return called;
}

std::vector<Insn> with_descriptors(const ProgramSpec& program, std::span<const int> maps,
                                   const ModuleTypes& modules) {
    std::vector<Insn> result = program.insns;
    for (std::size_t i = 0; i < result.size(); ++i) {
        const auto index = static_cast<std::size_t>(result[i].imm);
        const bool wide = result[i].code == lddw_code;
        const bool named = !std::ranges::binary_search(program.unnamed_maps, i);
        if (names_map(result[i]) && named && index < maps.size()) result[i].imm = maps[index];
        if (wide) ++i;
    }
    for (const ExternReference& reference : program.externs)
        if (!reference.module.empty() && result[reference.insn].code == lddw_code)
            result[reference.insn + 1].imm = modules.find(reference.module)->second;
    return result;
}

namespace {

/// What no kernel needs to be asked about.
Result<void> check_resolved(const ProgramSpec& program) {
    if (auto ok = check_externs(program); !ok) return ok;
    for (const CoreRelocation& relocation : program.core_relocations)
        if (relocation.state == CoreState::failed)
            return fail(
                fmt::format("insn {}: CO-RE relocation: {}", relocation.insn, relocation.why));
    return {};
}

}  // namespace

LoadedProgram load_program(Kernel& kernel, const ProgramSpec& program, const ProgramParts& parts,
                           std::uint32_t log_level) {
    if (auto ok = check_resolved(program); !ok) return not_loadable(ok.error());
    if (program.type == ProgType::unspec)
        return not_loadable({fmt::format("section \"{}\" says no program type", program.section)});
    auto target = attach_target(kernel, program);
    if (!target) return not_loadable(target.error());
    Submission submission(kernel, program, parts);
    submission.attach_to(*target);
    LoadedProgram loaded;
    auto descriptor = submit_with_log(submission, log_level, loaded.verdict);
    if (!descriptor) {
        explain(loaded.verdict, descriptor.error(), program);
        return loaded;
    }
    loaded.descriptor = Descriptor(kernel, *descriptor);
    loaded.verdict.answer = Answer::accepted;
    read_log(loaded.verdict);
    return loaded;
}

Result<CodeInfo> program_info(Kernel& kernel, int program) {
    bpf_prog_info info{};
    Attribute attr;
    attr->info.bpf_fd = static_cast<std::uint32_t>(program);
    attr->info.info_len = sizeof info;
    attr.input(attr->info.info, std::as_bytes(std::span(&info, 1)), true);
    auto done = attr.call(kernel, BPF_OBJ_GET_INFO_BY_FD);
    if (!done) return std::unexpected(done.error());
    return CodeInfo{.bytes = info.jited_prog_len};
}

}  // namespace bpftwin::kernel
