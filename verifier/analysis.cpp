// Paths, and the walk along each (kernel: bpf_check, do_check_common, do_check).
#include "verifier/analysis.h"

#include <algorithm>
#include <chrono>

#include "btf/btf.h"
#include "verifier/availability.h"
#include "verifier/btf_info.h"
#include "verifier/map_rules.h"
#include "verifier/rows.h"

namespace bpftwin::verifier {

namespace {

/// license_is_gpl_compatible of include/linux/license.h.
bool is_gpl_compatible(std::string_view license) {
    constexpr std::string_view licenses[] = {
        "GPL",          "GPL v2",       "GPL and additional rights",
        "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL"};
    return std::ranges::find(licenses, license) != std::end(licenses);
}

}  // namespace

Analysis::Analysis(const ObjectSpec& object, const ProgramSpec& program,
                   const VerifyOptions& options)
    : object_(object),
      program_(program),
      options_(options),
      types_{options.kernel_types.get(), object.btf.get()},
      maps_(maps_of(object, options.kernel_types.get())),
      log_(object, program, maps_, types_, options.log_level),
      gpl_(is_gpl_compatible(object.license)),
      is_sleepable_((program.prog_flags & load_flag::sleepable) != 0),
      context_(program) {}

Verdict Analysis::run() {
    const auto begin = std::chrono::steady_clock::now();
    const bool accepted = check_program();
    const auto duration = std::chrono::steady_clock::now() - begin;

    Verdict verdict;
    verdict.duration_us = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(duration).count());
    verdict.insns = insns_;
    verdict.states = total_states_;
    verdict.peak_states = peak_states_;
    verdict.answer = accepted                 ? Answer::accepted
                     : rejection_.unsupported ? Answer::unsupported
                                              : Answer::rejected;
    verdict.error = accepted ? 0 : rejection_.error;
    verdict.reason = rejection_.reason;
    verdict.reads_kernel = reads_kernel_;
    verdict.explanation = explanation_;
    add_numbers(verdict.duration_us);
    verdict.log = log_.text();
    return verdict;
}

void Analysis::add_numbers(std::uint64_t duration_us) {
    if (options_.log_level == 0) return;
    if (log_.has_numbers()) {
        say("verification time {} usec", duration_us);
        say("stack depth {}", fmt::join(stack_depths_, "+"));
    }
    say("processed {} insns (limit {}) max_states_per_insn {} total_states {} peak_states {} "
        "mark_read 0",
        insns_, max_insns, max_states_per_insn_, total_states_, peak_states_);
}

bool Analysis::reject(int error, std::string_view line) {
    if (!line.empty()) log_.line(line);
    rejection_ = {error, std::string(line)};
    return false;
}

bool Analysis::give_up(std::string feature) {
    log_.line("unsupported: " + feature);
    rejection_ = {EOPNOTSUPP, std::move(feature), true};
    return false;
}

bool Analysis::confused(std::string_view what) {
    return give_up(fmt::format("this program: at insn {} the analysis met {}", insn_, what));
}

bool Analysis::check_program() {
    if (program_.insns.empty()) return reject(EINVAL, "a program without instructions");
    if (auto info = check_func_info(object_, program_); !take(info)) return false;
    auto subprograms = find_subprograms(program_, object_.btf.get());
    if (!take(subprograms)) return false;
    if (auto info = check_btf_info(object_, program_, *subprograms); !take(info)) return false;
    auto rows = rows_of(program_.insns);
    if (!take(rows)) return false;
    ops_ = std::move(*rows);
    if (!check_maps()) return false;
    if (!check_kfunc_ids()) return false;
    auto flow = find_flow(program_, ops_, std::move(*subprograms), kfuncs_);
    if (!take(flow)) return false;
    flow_ = std::move(*flow);

    code_.emplace(program_, ops_, kfuncs_);
    prepare_tables();
    liveness_ = std::make_unique<StackLiveness>(*code_, flow_, memory_.pages);
    if (options_.claims) claims_.emplace(*options_.claims, *code_, flow_, maps_);
    arguments_.resize(flow_.subprograms.size());
    called_.resize(flow_.subprograms.size());
    verified_.resize(flow_.subprograms.size());
    stack_depths_.resize(flow_.subprograms.size());
    is_called_later_.resize(flow_.subprograms.size());
    accessed_.resize(program_.insns.size());
    is_reached_.resize(program_.insns.size());
    if (log_.has_every_path()) show_flow();
    if (!check_known_parts()) return false;
    if (!check_function(0) || !check_globals() || !check_addresses()) return false;
    drop_fastcall_stacks();
    if (!check_stack_depths()) return false;
    settle_stack_depths();
    return true;
}

/// Where functions begin, and which registers live before each instruction.
void Analysis::show_flow() {
    for (std::size_t i = 0; i < flow_.subprograms.size(); ++i)
        say("func#{} @{}", i, flow_.subprograms[i].start);
    say("Live regs before insn:");
    for (std::uint32_t i = 0; i < ops_.size(); ++i) {
        if (code_->is_second_slot(i)) continue;
        const InsnFacts& facts = flow_.insns[i];
        const std::string component =
            facts.component != 0 ? fmt::format("{:3} ", facts.component) : "    ";
        std::string regs;
        for (unsigned r = 0; r < frame_pointer; ++r)
            regs += (facts.live_before >> r & 1) != 0 ? static_cast<char>('0' + r) : '.';
        say("{}{:3}: {} {}", component, i, regs, log_.instruction_text(i));
    }
}

/// Whether all that the program's type brings is known.
bool Analysis::check_known_parts() {
    switch (program_.type) {
        case ProgType::ext: return give_up("programs of type ext");
        default: break;
    }
    auto point = find_attach_point(program_, types_.kernel, {gpl_, is_sleepable_});
    if (!take(point)) return false;
    attach_ = std::move(*point);
    return true;
}

/// Slots that only kept registers over calls of fastcall helpers are not used in the end
/// (remove_fastcall_spills_fills).
void Analysis::drop_fastcall_stacks() {
    for (std::size_t s = 0; s < flow_.subprograms.size(); ++s) {
        const Subprogram& subprogram = flow_.subprograms[s];
        if (subprogram.keep_fastcall_stack) continue;
        for (std::uint32_t i = subprogram.start; i < subprogram.end; ++i)
            if (flow_.insns[i].fastcall_spills != 0)
                stack_depths_[s] = -subprogram.fastcall_stack_off;
    }
}

void Analysis::prepare_tables() {
    for (std::size_t i = 0; i < ops_.size(); ++i) {
        const Family family = info(ops_[i]).family;
        on_way_back_.push_back(regs_on_way_back(static_cast<std::uint32_t>(i)));
        writes_memory_.push_back(family == Family::st || family == Family::stx ||
                                 family == Family::atomic || family == Family::store_release ||
                                 ops_[i] == Op::call_helper || ops_[i] == Op::call_kfunc);
        is_malformed_.push_back(!check_fields(program_.insns[i], ops_[i]));
    }
    for (std::uint32_t i = 0; i < flow_.subprograms.size(); ++i) {
        const BtfType* function = function_type(object_, program_, i);
        is_global_.push_back(function && function->linkage == BtfLinkage::global);
    }
}

/// The maps that the program names.
bool Analysis::check_maps() {
    for (std::size_t i = 0; i < ops_.size(); ++i) {
        const Insn& insn = program_.insns[i];
        const bool names_map =
            insn.code != 0 && (ops_[i] == Op::lddw_map_fd || ops_[i] == Op::lddw_map_value ||
                               ops_[i] == Op::lddw_map_idx || ops_[i] == Op::lddw_map_idx_value);
        if (ops_[i] == Op::lddw_btf_id && insn.code != 0 &&
            !check_kernel_name(static_cast<std::uint32_t>(i)))
            return false;
        reads_kernel_ |= ops_[i] == Op::lddw_btf_id;
        if (!names_map) continue;
        if (std::ranges::count(program_.unnamed_maps, i) != 0)
            return reject(EBADF, "fd {} is not pointing to valid bpf_map", insn.imm);
        if (insn.imm < 0 || static_cast<std::size_t>(insn.imm) >= object_.maps.size())
            return reject(EINVAL, "fd {} is not pointing to valid bpf_map", insn.imm);
        const Map& map = maps_[static_cast<std::size_t>(insn.imm)];
        const bool names_value = ops_[i] == Op::lddw_map_value || ops_[i] == Op::lddw_map_idx_value;
        const auto offset =
            static_cast<std::uint32_t>(program_.insns[i + (names_value ? 1 : 0)].imm);
        if (names_value && !map.has_direct_values())
            return reject(EINVAL, "no direct value access support for this map type");
        const bool has_one_value = map.type() == MapType::arena || map.spec->max_entries == 1;
        const bool is_outside = map.type() != MapType::arena && offset >= map.spec->value_size;
        if (names_value && (!has_one_value || is_outside))
            return reject(has_one_value ? EINVAL : not_supported,
                          "invalid access to map value pointer, value_size={} off={}",
                          map.spec->value_size, offset);
        if (map.is_refused) return give_up("maps that a kernel does not make");
        if (auto fits = check_map_program(*map.spec, map.field_set(), program_); !take(fits))
            return false;
    }
    return true;
}

bool Analysis::check_function(std::uint32_t subprogram) {
    log_.forget_source_line();
    reset_paths();
    kept_.resize(program_.insns.size());
    if (claims_) claims_->begin();
    const bool accepted = enter_function(subprogram) && walk();
    if (claims_ && accepted) claims_->finish();
    if (!accepted && !rejection_.unsupported && state_) explanation_ = explain();
    reset_paths();
    if (accepted && !log_.has_every_path()) log_.cut(0);
    return accepted;
}

bool Analysis::enter_function(std::uint32_t subprogram) {
    state_ = memory_.states.make_owned(memory_);
    Frame& entry = push_entry(*state_, subprogram);
    insn_ = flow_.subprograms[subprogram].start;
    state_->first_insn = insn_;
    previous_ = -1;
    if (subprogram == 0) {
        // What BTF says of the program is not needed, but a mistake in it is told.
        if (!program_.func_info.empty() && !arguments_of(0).reason.empty())
            say("{}", arguments_of(0).reason);
        entry.regs[1] = Reg::pointer({RegKind::ptr_to_ctx});
        return true;
    }
    say("Validating {}() func#{}...", name_of(subprogram), subprogram);
    const FunctionArguments& arguments = arguments_of(subprogram);
    if (!arguments.unsupported.empty()) return give_up(arguments.unsupported);
    if (arguments.error != 0) return reject(arguments.error, arguments.reason);
    for (unsigned i = 0; i < arguments.count; ++i) {
        const FunctionArgument& argument = arguments.list[i];
        Reg& reg = entry.regs[i + 1];
        switch (argument.kind) {
            case ArgumentKind::scalar: reg.make_unknown(); break;
            case ArgumentKind::arena: reg.make_unknown(); break;
            case ArgumentKind::dynptr: reg = given_dynptr(); break;
            case ArgumentKind::context: reg = Reg::pointer({RegKind::ptr_to_ctx}); break;
            case ArgumentKind::object:
                reg = object_pointer(argument.size,
                                     static_cast<std::uint16_t>(
                                         ptr_trusted | (argument.or_null ? maybe_null : no_flag)));
                reg.id = ++last_id_;
                break;
            case ArgumentKind::untrusted:
                reg = argument.size != 0
                          ? object_pointer(argument.size, ptr_untrusted)
                          : Reg::pointer({RegKind::ptr_to_mem, mem_rdonly | ptr_untrusted});
                reg.id = ++last_id_;
                break;
            case ArgumentKind::memory:
                reg = Reg::pointer({RegKind::ptr_to_mem, argument.or_null ? maybe_null : no_flag});
                reg.target = static_cast<std::int32_t>(argument.size);
                reg.id = ++last_id_;
                break;
        }
    }
    return !flow_.subprograms[subprogram].is_exception_callback || enter_exception_callback();
}

// Global functions that something calls, until no new one is called.
bool Analysis::check_globals() {
    for (std::uint32_t i = 0; i < flow_.subprograms.size(); ++i)
        if (flow_.subprograms[i].is_exception_callback) called_[i] = true;
    for (bool found = true; found;) {
        found = false;
        for (std::uint32_t i = 1; i < flow_.subprograms.size(); ++i) {
            if (!is_global(i) || !called_[i] || verified_[i]) continue;
            if (!check_function(i)) return false;
            if (log_.is_on())
                say("Func#{} ('{}') is safe for any args that match its prototype", i, name_of(i));
            verified_[i] = true;
            found = true;
        }
    }
    return true;
}

void Analysis::reset_paths() {
    state_.reset();
    waiting_.clear();
    kept_.clear();
    retired_.clear();
    loops_.clear();
    backedges_ = 0;
    live_states_ = 0;
    if (liveness_) liveness_->forget_current();
}

// --- Other paths.

State* Analysis::push(std::uint32_t insn, std::uint32_t previous, int too_many) {
    waiting_.push_back({state_->copy(), insn, static_cast<std::int32_t>(previous), log_.size()});
    if (waiting_.size() > max_waiting) {
        reject(too_many, "The sequence of {} jumps is too complex.", waiting_.size());
        return nullptr;
    }
    State& state = *waiting_.back().state;
    if (state.parent) ++state.parent->branches;
    return &state;
}

bool Analysis::pop() {
    if (waiting_.empty()) return false;
    Waiting next = std::move(waiting_.back());
    waiting_.pop_back();
    state_ = std::move(next.state);
    insn_ = next.insn;
    previous_ = next.previous;
    if (!log_.has_every_path()) log_.cut(next.log_size);
    log_.touch_all();
    liveness_->forget_current();
    log_.touch_all();
    starts_path_ = true;
    return true;
}

/// A path has ended: the states that it began at have one path less to wait for.
bool Analysis::release_branches() {
    for (State* state = state_.get(); state; state = state->parent) {
        if (--state->branches != 0) break;
        if (!leave_loop(*state)) return false;
    }
    return true;
}

// --- Along a path.

bool Analysis::walk() {
    starts_path_ = false;
    for (;;) {
        done_ = false;
        step_noted_ = false;
        const Seen seen = begin_insn();
        if (seen == Seen::failed) return false;
        if (seen == Seen::is_new) {
            if (log_.is_on()) show_insn();
            const std::uint32_t at = insn_;
            if (writes_memory_[at]) liveness_->begin(*state_, at);
            if (claims_) claims_->visit(*state_, at);
            is_reached_[at] = true;
            if (!check_insn()) return false;
            previous_ = static_cast<std::int32_t>(at);
            if (writes_memory_[at]) liveness_->end();
        }
        if (!done_) continue;
        liveness_->update(*state_);
        if (!release_branches()) return false;
        if (!pop()) return true;
    }
}

Analysis::Seen Analysis::begin_insn() {
    if (insn_ >= program_.insns.size()) {
        confused("an instruction behind the end");
        return Seen::failed;
    }
    if (++insns_ > max_insns) {
        reject(E2BIG, "BPF program is too large. Processed {} insn", insns_);
        return Seen::failed;
    }
    state_->last_insn = previous_;
    state_->insn = insn_;
    const InsnFacts& facts = flow_.insns[insn_];
    if (facts.prune_point) {
        const Seen seen = look_up();
        if (seen == Seen::is_covered) {
            if (log_.is_on()) show_safe();
            done_ = true;
        }
        if (seen != Seen::is_new) return seen;
    }
    if (facts.jump_point) note_step(step_here());
    return Seen::is_new;
}

void Analysis::show_safe() {
    if (starts_path_)
        log_.add(fmt::format("\nfrom {} to {}: safe\n", previous_, insn_));
    else
        say("{}: safe", insn_);
}

void Analysis::show_insn() {
    if (log_.has_every_path() && starts_path_) {
        log_.add(fmt::format("\nfrom {} to {}:", previous_, insn_));
        log_.whole_state(*state_, frame());
    }
    starts_path_ = false;
    if (log_.is_touched()) log_.changes(insn_, *state_, frame());
    log_.source_line(insn_);
    log_.instruction(insn_);
}

bool Analysis::check_insn() {
    const bool is_comparison = info(ops_[insn_]).family == Family::jmp;
    if (is_malformed_[insn_] && is_comparison && !read_reg(insn().dst)) return false;
    if (is_malformed_[insn_])
        return reject(EINVAL, check_fields(insn(), ops_[insn_]).error().reason);
    const auto next = [&](bool goes_on) {
        ++insn_;
        return goes_on;
    };
    switch (info(ops_[insn_]).family) {
        case Family::alu:
        case Family::neg:
        case Family::movsx:
        case Family::cast:
        case Family::end: return next(check_alu());
        case Family::ldx:
        case Family::ldxsx:
        case Family::load_acquire: return next(check_load());
        case Family::st:
        case Family::stx:
        case Family::store_release: return next(check_store());
        case Family::atomic: return next(check_atomic());
        case Family::ld_abs:
        case Family::ld_ind: return next(check_packet_load());
        case Family::lddw: {
            const bool goes_on = check_constant();
            insn_ += 2;
            return goes_on;
        }
        case Family::jmp: ++jumps_; return next(check_jump());
        case Family::ja: {
            ++jumps_;
            if (ops_[insn_] == Op::may_goto) return next(check_may_goto());
            const std::int32_t by = ops_[insn_] == Op::gotol ? insn().imm : insn().off;
            insn_ += 1 + static_cast<std::uint32_t>(by);
            return true;
        }
        case Family::call: ++jumps_; return next(check_call());
        case Family::exit: ++jumps_; return check_exit();
    }
    bug("no such family");
}

}  // namespace bpftwin::verifier
