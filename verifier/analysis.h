// The analysis of one program: every path is followed with what is known of its values, until each
// one ends, fails, or is like one that was followed before (kernel/bpf/verifier.c, do_check).
// One class, because all parts work on the same state; each part of the kernel's concept has a
// file.
//
// Functions that return bool say whether the path goes on: false after `reject`.
#pragma once

#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "bpftwin/explain.h"
#include "bpftwin/verify.h"
#include "fmt/format.h"
#include "helpers/prototype.h"
#include "isa/op.h"
#include "verifier/arguments.h"
#include "verifier/attach_point.h"
#include "verifier/call_facts.h"
#include "verifier/claims.h"
#include "verifier/context_access.h"
#include "verifier/dynptr.h"
#include "verifier/flow.h"
#include "verifier/flow_walk.h"
#include "verifier/likeness.h"
#include "verifier/log.h"
#include "verifier/maps.h"
#include "verifier/object_types.h"
#include "verifier/place_set.h"
#include "verifier/rejection.h"
#include "verifier/stack_liveness.h"
#include "verifier/state.h"

namespace bpftwin::verifier {

/// Instructions looked at, and paths that wait, at most (BPF_COMPLEXITY_LIMIT_*).
inline constexpr std::uint64_t max_insns = 1'000'000;
inline constexpr std::size_t max_waiting = 8192;

/// Ways to load a program, bits of `ProgramSpec::prog_flags` (BPF_F_*).
namespace load_flag {
inline constexpr std::uint32_t strict_alignment = 1, test_state_freq = 8, sleepable = 16;
}  // namespace load_flag

enum class Access : std::uint8_t { read, write };

/// What an atomic operation loads into: nothing, a register, or r0.
std::optional<unsigned> fetched_by(const Insn& insn, Op op);

/// The field that such a lock is.
FieldKind lock_field(Reference::Kind kind);

struct KfuncCall;
enum class KfuncArg : std::uint8_t;

class Analysis {
public:
    Analysis(const ObjectSpec& object, const ProgramSpec& program, const VerifyOptions& options);
    ~Analysis() = default;
    Analysis(const Analysis&) = delete;
    Analysis& operator=(const Analysis&) = delete;
    Verdict run();

private:
    // --- analysis.cpp: paths, and the walk along each.
    struct Waiting {
        Owned<State> state;
        std::uint32_t insn;
        std::int32_t previous;
        std::size_t log_size;
    };
    bool check_program();
    bool check_maps();
    void prepare_tables();
    bool check_known_parts();
    void show_flow();
    void drop_fastcall_stacks();
    bool check_function(std::uint32_t subprogram);
    bool enter_function(std::uint32_t subprogram);
    bool check_globals();
    bool walk();
    enum class Seen : std::uint8_t { is_new, is_covered, failed };
    Seen begin_insn();
    bool check_insn();
    void show_safe();
    void show_insn();
    /// The state of another path, which begins at `insn` with what is known now.
    /// @return null where there are too many, with that error.
    State* push(std::uint32_t insn, std::uint32_t previous, int too_many = EFAULT);
    bool pop();
    bool release_branches();
    void reset_paths();
    void add_numbers(std::uint64_t duration_us);

    bool reject(int error, std::string_view line);
    template <class... T>
    bool reject(int error, fmt::format_string<T...> text, T&&... values) {
        return reject(error, std::string_view(fmt::format(text, std::forward<T>(values)...)));
    }
    /// A line before the one that rejects.
    template <class... T>
    void say(fmt::format_string<T...> text, T&&... values) {
        log_.line(fmt::format(text, std::forward<T>(values)...));
    }
    bool give_up(std::string feature);
    /// Rejects what a check before the walk found.
    template <class T>
    bool take(const Checked<T>& checked) {
        if (checked) return true;
        if (checked.error().unsupported) return give_up(checked.error().reason);
        return reject(checked.error().error, std::string_view(checked.error().reason));
    }
    /// Ends a path with a mistake of the analysis itself: never accepted.
    bool confused(std::string_view what);

    [[nodiscard]] State& state() { return *state_; }
    [[nodiscard]] Frame& frame() { return state_->frame(); }
    [[nodiscard]] Reg& reg(unsigned number) { return state_->reg(number); }
    [[nodiscard]] const Insn& insn() const { return program_.insns[insn_]; }
    [[nodiscard]] const Map& map_of(const Reg& reg) const {
        return maps_[static_cast<std::size_t>(reg.target)];
    }

    /// @param flag of `load_flag`
    [[nodiscard]] bool has_flag(std::uint32_t flag) const {
        return (program_.prog_flags & flag) != 0;
    }

    // --- registers.cpp: reads and writes of registers.
    bool read_reg(unsigned number) {
        if (number > frame_pointer) return refuse_read(number);
        log_.touch_reg(number);
        return reg(number).type.kind != RegKind::not_init || refuse_read(number);
    }
    bool write_reg(unsigned number) {
        log_.touch_reg(number);
        return number < frame_pointer || refuse_write(number);
    }
    bool refuse_read(unsigned number);
    bool refuse_write(unsigned number);
    void clear_caller_saved();
    void assign_id_before_copy(Reg& source);
    static void settle_bounds(Reg& reg);
    void note_step(const Step& step);
    [[nodiscard]] Step step_here() const;

    // --- alu.cpp
    bool check_alu();
    bool check_mov();
    bool check_movsx();
    bool check_address_cast();
    bool check_unary();
    bool check_binary();
    bool check_constant_operand();
    bool combine_scalars(Reg& dst, const Reg& source);
    bool move_pointer(unsigned dst, const Reg& pointer, const Scalar& offset, bool was_pointer);
    bool check_pointer_arithmetic(unsigned dst, const Reg& pointer, const Reg& offset);
    bool add_to_pointer(Reg& dst, const Reg& pointer, const Scalar& offset);
    bool subtract_from_pointer(Reg& dst, const Reg& pointer, const Scalar& offset);
    bool fork_scalar(Reg& dst);
    bool check_sane_offset(const Reg& reg, RegType type);
    bool check_constant();

    // --- memory.cpp: loads, stores and atomic operations, by kind of pointer.
    bool check_load();
    bool check_store();
    bool check_atomic();
    bool check_atomic_pointer(unsigned number);
    /// An instruction that is rewritten for its kind of pointer may meet only that kind, a load
    /// that may fail several kinds.
    bool check_same_kind(RegType type, bool is_load);
    /// @param value register that is loaded or stored; nothing: another value.
    bool check_access(unsigned pointer, int off, int size, Access access,
                      std::optional<unsigned> value, bool strict, bool sign_extends);
    bool check_access_to_kind(unsigned pointer, int off, int size, Access access,
                              std::optional<unsigned> value, bool sign_extends);
    bool check_map_access(unsigned pointer, int off, int size, Access access,
                          std::optional<unsigned> value, bool sign_extends);
    bool check_context_access(unsigned pointer, int off, int size, Access access,
                              std::optional<unsigned> value, bool sign_extends);
    bool check_socket_access(unsigned pointer, int off, int size, Access access,
                             std::optional<unsigned> value);
    bool check_alignment(const Reg& pointer, int off, int size, bool strict);
    bool check_region(unsigned pointer, int off, int size, std::uint32_t region_size,
                      bool zero_size_allowed);
    bool check_range(unsigned pointer, std::int64_t off, std::int64_t size,
                     std::int64_t region_size, bool zero_size_allowed);
    bool check_map_value(unsigned pointer, int off, int size, bool zero_size_allowed, bool direct);
    bool check_map_capability(const Reg& pointer, int off, int size, Access access);
    bool check_packet(unsigned pointer, int off, int size, bool zero_size_allowed);
    bool check_buffer(unsigned number, int off, int size, std::string_view kind);
    bool check_plain_pointer(const Reg& reg, unsigned number, bool fixed_off_ok);
    void load_unknown(std::optional<unsigned> value);

    // --- objects.cpp: objects of the kernel.
    bool has_kernel_types();
    std::optional<std::uint32_t> kernel_struct(std::string_view name);
    bool check_object_pointer(const Reg& pointer, unsigned number, std::int64_t off);
    bool check_object_write(const Reg& pointer, std::int64_t off, int size);
    bool check_object_access(unsigned pointer, std::int64_t off, int size, Access access,
                             std::optional<unsigned> value);
    bool check_map_struct(unsigned pointer, std::int64_t off, int size, Access access,
                          std::optional<unsigned> value);
    [[nodiscard]] std::uint16_t trust_of(const Reg& parent, const ObjectField& field) const;
    void load_field(Reg& loaded, const ObjectField& field, TypeSource source);
    bool check_passed_value(int off, int size, Access access, std::optional<unsigned> value);
    bool limit_retval(Reg& result);
    bool check_object_argument(const Reg& value, unsigned number, const Arg& arg,
                               const Helper& helper);
    bool check_object_struct(const Reg& value, unsigned number, std::uint32_t wanted, bool strict);
    bool set_object_result(const Helper& helper);
    bool set_variable_result(const Helper& helper, const Reg& variable);
    bool set_object_of_cpu(const Reg& object);
    bool set_variable(Reg& pointer, std::uint32_t type, std::uint16_t flags);
    bool check_kernel_name(std::uint32_t insn);
    bool set_kernel_name(Reg& pointer, std::uint32_t id);

    // --- kptrs.cpp
    /// What a pointer in a map points to: an object of the kernel, if it has a type of that name.
    struct Pointee {
        TypeSource source;
        std::uint32_t type;
    };
    std::optional<Pointee> pointee_of(const SpecialField& field);
    [[nodiscard]] std::uint16_t trust_of(const SpecialField& field, const Pointee& pointee) const;
    bool load_kptr(Reg& loaded, const SpecialField& field);
    bool check_kptr_access(const SpecialField& field, std::optional<unsigned> value);
    bool check_stored_kptr(const SpecialField& field, unsigned number);
    bool check_exchanged_field(unsigned number, CallFacts& call);
    bool check_exchanged_object(unsigned number, const SpecialField& field);
    bool set_exchanged(const SpecialField& field);
    void keep_exchanged(std::uint32_t reference);

    // --- stack.cpp
    bool check_stack_bounds(unsigned pointer, int off, int size, Access access);
    bool check_stack_access(unsigned pointer, int off, int size, Access access,
                            std::optional<unsigned> value);
    bool write_stack(Frame& owner, int off, int size, std::optional<unsigned> value);
    bool write_stack_somewhere(Frame& owner, const Reg& pointer, int off, int size,
                               std::optional<unsigned> value);
    bool read_stack(Frame& owner, int off, int size, std::optional<unsigned> value);
    bool read_stack_somewhere(Frame& owner, unsigned pointer, int off, int size,
                              std::optional<unsigned> value);
    bool fill_part(Frame& owner, int off, int size, unsigned value, bool& restores);
    void spill(Frame& owner, int slot, const Reg& value, int size);
    void load_bytes(Frame& owner, int from, int to, unsigned value);
    bool check_initialised(unsigned pointer, int off, int size, bool zero_size_allowed,
                           Access access, CallFacts* call);
    bool write_raw_memory(const CallFacts& call);
    bool check_overwrites(const Frame& owner, const Reg& pointer, int off, int size);
    void note_stack_access(const Frame& owner, int slot);
    void check_fastcall_contract(const Frame& owner, int off);
    [[nodiscard]] Frame& owner_of(const Reg& pointer) {
        return state_->frames[pointer.frame].change();
    }

    /// The first slot of an object of the kernel that programs keep on the stack, which is the one
    /// with the highest index; errno: EINVAL with a line that says why, or ERANGE where the stack
    /// is not that deep.
    std::expected<std::uint32_t, int> slot_of_object(const Reg& pointer, std::string_view what,
                                                     std::uint32_t slots);

    // --- dynptr.cpp
    /// The dynptr that the register points to, null: none.
    const Reg* dynptr_at(const Reg& pointer);
    /// An argument that must be a dynptr (process_dynptr_func).
    /// @param kind of one that is made, or that it must be; nothing: any
    /// @param reference of the dynptr that a new one is a copy of, 0: it is none
    bool check_dynptr(unsigned number, DynptrUse use, std::optional<DynptrKind> kind,
                      std::uint32_t reference = 0);
    /// A dynptr that a caller outside of the program's functions hands over.
    Reg given_dynptr();
    bool make_dynptr(unsigned number, DynptrKind kind, std::uint32_t reference);
    /// The dynptr ends, with its copies and parts (unmark_stack_slots_dynptr).
    bool release_dynptr(const Reg& pointer);
    /// A dynptr that is written over ends, if it holds nothing (destroy_if_dynptr_stack_slot).
    bool destroy_dynptr(Frame& owner, std::uint32_t slot);
    bool check_dynptr_argument(const Arg& arg, unsigned number);
    void touch_dynptr(std::uint32_t first);
    void note_dynptr(CallFacts& call);
    bool check_released_dynptr(const Reg& pointer, unsigned number);

    // --- branch.cpp
    bool check_jump();
    bool check_may_goto();
    bool branch_both_ways(const Reg& right);
    LinkedRegs note_linked(const Reg& left, const Reg& right);
    void learn_from_numbers(State& taken, Reg& right, Reg& taken_right, const LinkedRegs& linked);
    void learn_from_pointers(State& taken);
    void learn_null(State& state, unsigned number, bool is_null);
    void mark_not_null(Reg& reg) const;
    bool match_packet_pointers(State& taken);
    void learn_packet_range(State& state, const Reg& pointer, RegKind kind, bool open);
    LinkedRegs linked_to(std::uint32_t id, LinkedRegs linked);
    void sync_linked(State& state, const Reg& known, const LinkedRegs& linked);

    // --- call.cpp: helpers.
    bool check_call();
    bool check_helper(const Helper& helper);
    bool check_special_helper(const Helper& helper, CallFacts& call);
    bool check_tail_call();
    bool may_inline_loop(std::uint32_t callback);
    bool leave_by_tail_call();
    bool find_constant_key(unsigned number, std::uint32_t size, CallFacts& call);
    bool release_argument(const Helper& helper, const CallFacts& call);
    bool set_result(const Helper& helper, const CallFacts& call);
    void refine_result(const Helper& helper, const CallFacts& call);
    void forget_packets();

    // --- call_arguments.cpp
    bool check_argument(const Helper& helper, unsigned index, CallFacts& call);
    bool check_argument_type(const Reg& reg, unsigned number, const Arg& arg,
                             const CallFacts& call);
    bool check_one_of(const Reg& value, unsigned number, RegType type,
                      std::span<const RegType> allowed);
    bool check_object_given(unsigned number, const FunctionArgument& argument);
    bool check_argument_offset(const Reg& reg, unsigned number, const Arg& arg);
    bool check_argument_value(const Helper& helper, unsigned index, CallFacts& call);
    bool check_helper_memory(unsigned number, int size, Access access, bool zero_size_allowed,
                             CallFacts* call);
    bool take_map(unsigned number, std::string_view part, std::optional<std::int32_t>& map,
                  std::uint32_t& uid);
    bool check_size(unsigned number, Access access, bool zero_size_allowed, CallFacts& call);
    bool check_field(unsigned number, FieldKind kind);
    bool check_timer(unsigned number, CallFacts& call);
    bool check_lock(unsigned number, Reference::Kind kind, bool locks);
    bool check_memory_of(unsigned number, std::uint32_t size);

    // --- strings.cpp
    bool check_constant_string(unsigned number);
    bool check_format();
    [[nodiscard]] std::optional<std::string> constant_string(const Reg& pointer) const;

    // --- local_calls.cpp: functions of the program.
    bool check_local_call();
    bool call_global(std::uint32_t subprogram, bool arguments_fit);
    /// The first frame of a state.
    Frame& push_entry(State& state, std::uint32_t subprogram);
    bool push_frame(State& state, std::uint32_t subprogram, std::int32_t call_site);
    bool return_to_caller();
    bool check_arguments_of(std::uint32_t subprogram);
    [[nodiscard]] const FunctionArguments& arguments_of(std::uint32_t subprogram);
    [[nodiscard]] bool is_global(std::uint32_t subprogram) const { return is_global_[subprogram]; }
    [[nodiscard]] std::string name_of(std::uint32_t subprogram) const;

    // --- stack_depths.cpp
    struct CallChain;
    bool check_stack_depths();
    void settle_stack_depths();
    bool check_calls_from(std::uint32_t root, bool own_stacks);
    bool check_call_in(CallChain& chain, std::uint32_t at);
    bool enter_callee(CallChain& chain, std::uint32_t subprogram);
    [[nodiscard]] int callee_at(std::uint32_t at) const;
    [[nodiscard]] int stack_size_of(std::uint32_t subprogram) const;
    static std::string range_text(std::string_view where, std::string_view name, const Scalar& num,
                                  Range range);

    // --- callbacks.cpp
    bool call_back(std::uint32_t subprogram, const CallFacts& call);
    bool set_callback_arguments(const Helper& helper, const Frame& caller, Frame& callee);
    /// A function that is called when the program does not run any more.
    struct Later {
        std::uint32_t subprogram;
        unsigned map_register = 1;  ///< Holds the map, or an element of it.
        bool sleeps = false;
        Range returns = {0, 0};
    };
    bool call_later(const Later& call);
    bool check_addresses();
    [[nodiscard]] bool loses_address(std::uint32_t target) const;

    // --- references.cpp
    std::uint32_t acquire_reference();
    bool release_reference(std::uint32_t id);
    bool check_leaks(bool everywhere);
    bool take_lock(Reference::Kind kind, std::int32_t map, std::uint32_t id);
    bool give_lock_back(Reference::Kind kind, std::int32_t map, std::uint32_t id);
    /// @param everywhere also in functions that called this one.
    bool check_resources(std::string_view before, bool everywhere = false);

    // --- kfunc_calls.cpp: kernel functions.
    bool check_kfunc_ids();
    bool check_kfunc();
    bool check_kfunc(KfuncCall& call);
    bool release_kfunc_argument(const KfuncCall& call);
    [[nodiscard]] bool may_iterate_css_tasks() const;
    [[nodiscard]] bool may_call_with_lock() const;

    // --- kfunc_arguments.cpp, kfunc_results.cpp
    enum class ArgumentChecked : std::uint8_t { failed, fits, with_size };
    bool check_kfunc_arguments(KfuncCall& call);
    ArgumentChecked check_kfunc_argument(KfuncCall& call, unsigned index);
    bool check_kfunc_scalar(KfuncCall& call, unsigned number);
    bool check_kfunc_context(unsigned number);
    bool check_kfunc_pointer(KfuncCall& call, unsigned number, KfuncArg kind);
    ArgumentChecked check_kfunc_memory(KfuncCall& call, unsigned number, const Arg& released);
    bool check_sized_memory(KfuncCall& call, unsigned number);
    bool check_kfunc_object(KfuncCall& call, unsigned number, std::uint32_t type,
                            const Arg& released);
    bool check_kfunc_map(KfuncCall& call, unsigned number);
    bool check_trust(const KfuncCall& call, unsigned number);
    bool check_kfunc_struct(const KfuncCall& call, unsigned number, std::uint32_t wanted);
    bool set_kfunc_result(KfuncCall& call);
    bool set_special_result(const KfuncCall& call);
    bool cast_to_kernel_context();
    bool cast_to_readable(const KfuncCall& call);
    bool point_to_result(KfuncCall& call);

    // --- kfunc_dynptrs.cpp
    bool check_kfunc_dynptr(KfuncCall& call, unsigned number);
    bool slice_dynptr(const KfuncCall& call);

    // --- deferred.cpp
    bool check_deferred(KfuncCall& call, unsigned number, FieldKind kind);
    bool check_deferred_map(KfuncCall& call, unsigned number);
    bool defer_function(const KfuncCall& call);

    // --- resilient_locks.cpp
    bool check_resilient_lock(const KfuncCall& call, unsigned number);
    bool fail_to_lock();

    // --- exceptions.cpp
    bool throw_exception();
    bool enter_exception_callback();
    bool check_throw(std::uint32_t insn, std::span<const std::uint32_t> callers);

    // --- graph.cpp
    /// The special fields of what it points to.
    std::span<const SpecialField> record_of(const Reg& pointer);
    bool may_hold_lock(const Reg& pointer);
    bool check_own_access(const Reg& pointer, std::int64_t off, int size,
                          std::optional<unsigned> loaded);
    bool make_object(const KfuncCall& call);
    bool check_percpu_type(std::uint32_t type);
    bool check_allocated(const KfuncCall& call, unsigned number);
    bool check_refcounted(KfuncCall& call, unsigned number);
    bool holds_lock_of(const Reg& pointer);
    bool check_graph_root(KfuncCall& call, unsigned number, FieldKind kind);
    bool check_graph_node(const KfuncCall& call, unsigned number, FieldKind kind);
    bool check_node_owner(const KfuncCall& call, unsigned number, FieldKind kind);
    [[nodiscard]] bool in_tree_callback() const;
    static Reg node_of(const SpecialField& root);
    void disown(Reg& pointer);
    bool insert_node(const KfuncCall& call);
    void forget_disowned();
    bool call_comparison(const KfuncCall& call);
    bool check_object_lock(unsigned number, Reference::Kind kind, bool locks);

    // --- iterators.cpp
    enum class IteratorFound : std::uint8_t { none, outside_rcu, valid };
    bool check_iterator(KfuncCall& call, unsigned number);
    static IteratorFound state_of_iterator(const Frame& owner, std::uint32_t first,
                                           std::uint32_t type, std::uint32_t slots);
    bool make_iterator(const KfuncCall& call, unsigned number, std::uint32_t type,
                       std::uint32_t slots);
    bool end_iterator(Frame& owner, std::uint32_t first, std::uint32_t slots);
    bool follow_iterator(const KfuncCall& call);
    [[nodiscard]] bool is_next_of_iterator(std::uint32_t insn) const {
        return ops_[insn] == Op::call_kfunc && code_->call_kind(insn).next_of_iterator;
    }
    [[nodiscard]] bool has_active_iterator(const State& state) const;
    static bool iterators_went_on(const State& old, const State& now);

    // --- sections.cpp
    bool check_sections(const KfuncCall& call);
    bool check_rcu_section(const KfuncCall& call);
    bool check_preempt_section(const KfuncCall& call);
    void forget_rcu_pointers();
    [[nodiscard]] bool in_rcu_section() const;
    [[nodiscard]] bool may_sleep_here() const;
    bool check_sleeping_helper(const Helper& helper);
    bool check_irq_flag(const KfuncCall& call, unsigned number);
    /// @param by_lock the flag belongs to a lock
    bool save_irq(unsigned number, bool by_lock);
    bool restore_irq(unsigned number, bool by_lock);
    bool release_irq(std::uint32_t id);

    // --- exit.cpp
    bool check_exit();
    [[nodiscard]] bool may_return_anything() const;
    [[nodiscard]] bool returns_within(const Scalar& num, Range range) const;
    [[nodiscard]] bool is_void_cgroup_hook() const;
    /// @param number of the register that holds what is returned.
    bool check_return_value(unsigned number = 0);
    bool check_packet_load();

    // --- precision.cpp
    bool mark_precise(unsigned number);
    bool mark_precise(State& from, PlaceSet places, bool* changed = nullptr);
    [[nodiscard]] std::uint16_t regs_on_way_back(std::uint32_t at) const;
    [[nodiscard]] bool is_plain_call(std::uint32_t at) const;
    enum class Back : std::uint8_t { goes_on, unknown, broken };
    Back walk_back(const State& state, std::int64_t last, std::int64_t& next, bool skips_first,
                   PlaceSet& places);
    Back step_back(std::uint32_t insn, std::int64_t next, const Step* step, PlaceSet& places);
    Back step_back_over(std::uint32_t insn, std::int64_t next, const Step* step, PlaceSet& places);
    Back step_back_over_store(std::uint32_t insn, const Step* step, PlaceSet& places);
    Back step_back_over_call(std::uint32_t insn, std::int64_t next, PlaceSet& places);
    Back step_back_over_exit(std::int64_t next, PlaceSet& places);
    bool settle_in(State& kept, PlaceSet& places, bool& changed);
    bool settle_in_arguments(State& state, PlaceSet& places, bool& changed);
    void mark_all_precise(State& from);
    void show_step_back(std::uint32_t insn, const PlaceSet& places);
    void show_kept(const State& kept, std::uint32_t frame, const PlaceSet& places);
    void show_propagated(const PlaceSet& places);

    // --- explain.cpp
    [[nodiscard]] std::shared_ptr<const Explanation> explain() const;
    [[nodiscard]] std::optional<unsigned> register_at_fault() const;

    // --- prune.cpp, likeness.cpp
    Seen look_up();
    Seen take_over(State& old, bool is_loop);
    bool keep_state();
    void retire(std::vector<Owned<State>>& list, std::size_t index);
    bool covers_open(State& old, bool& is_covered);
    bool is_like(State& old, const State& now, Likeness likeness);
    bool is_like(const Frame& old, const Frame& now, Likeness likeness, std::uint32_t insn);
    bool is_stack_like(const Frame& old, const Frame& now, Likeness likeness);
    bool is_reg_like(const Reg& old, const Reg& now, Likeness likeness);
    bool is_dynptr_like(const Reg& old, const Reg& now);
    bool is_iter_like(const Reg& old, const Reg& now);
    bool is_exactly(const Reg& old, const Reg& now);
    bool propagate_precision(State& old, State& now, bool* changed);
    void clean_states(std::uint32_t insn);
    void clean(State& state);
    [[nodiscard]] std::uint16_t live_regs(const State& state, std::uint32_t frame) const;
    State* previous_entry(const State& now, std::uint32_t insn);
    void widen(const State& old, State& now);

    // --- loops.cpp: components of loops that are being followed (struct bpf_scc_info).
    /// One visit of a component of the control flow, inside of certain calls.
    struct LoopVisit {
        struct Backedge {
            Owned<State> state;  ///< At its end,
            State* equal;        ///< which this state covered.
        };
        State* entry = nullptr;  ///< The first state inside; null: it was left.
        std::vector<Backedge> backedges;
    };
    /// The calls on the way to a component, then the component.
    struct LoopKey {
        std::array<std::uint32_t, max_frames> parts{};
        std::uint32_t count = 0;

        friend auto operator<=>(const LoopKey&, const LoopKey&) = default;
    };
    bool enter_loop(State& kept);
    bool leave_loop(State& state);
    bool add_backedge(State& old);
    bool propagate_backedges(LoopVisit& visit);
    [[nodiscard]] bool has_open_marks(const State& state) const;
    bool loop_key(const State& state, LoopKey& key) const;
    static std::string loop_text(const LoopKey& key);
    void show_loop(std::string_view event, const LoopKey& key);

    const ObjectSpec& object_;
    const ProgramSpec& program_;
    const VerifyOptions& options_;
    ObjectTypes types_;
    AttachPoint attach_;
    std::vector<Map> maps_;
    std::map<std::uint32_t, std::vector<SpecialField>> object_fields_;  ///< By type.
    std::vector<Op> ops_;
    KfuncKinds kfuncs_;
    std::optional<Code> code_;
    Flow flow_;
    Log log_;
    Rejection rejection_;
    std::shared_ptr<const Explanation> explanation_;  ///< Of the rejection; null: not on a path.
    bool gpl_;
    bool is_sleepable_;
    ContextTable context_;
    /// Those that were called and may be, where the path may sleep or not.
    std::set<std::pair<std::uint32_t, bool>> allowed_helpers_;
    std::vector<std::uint16_t> on_way_back_;  ///< By instruction: `regs_on_way_back`.
    std::vector<bool> writes_memory_;         ///< By instruction: a store, or a helper that may.
    std::vector<bool> is_malformed_;          ///< By instruction: fields that no row has.
    std::vector<bool> is_global_;             ///< By subprogram.
    std::vector<bool> is_called_later_;       ///< By subprogram: not while its caller runs.
    std::vector<bool> is_reached_;            ///< By instruction.
    std::vector<std::optional<RegType>> accessed_;  ///< By instruction: what it points to.
    bool reads_kernel_ = false;                     ///< By a pointer into the kernel.

    StateMemory memory_;  ///< Of all states; it must outlive them.
    Owned<State> state_;
    std::vector<Waiting> waiting_;
    std::uint32_t insn_ = 0;
    std::int32_t previous_ = -1;
    std::uint32_t last_id_ = 0;
    bool step_noted_ = false;  ///< The current instruction has a `Step`.
    bool starts_path_ = false;
    bool done_ = false;

    std::vector<std::vector<Owned<State>>> kept_;  ///< By instruction, latest last.
    std::vector<Owned<State>> retired_;            ///< No longer compared, but parents.
    std::unique_ptr<StackLiveness> liveness_;
    std::map<LoopKey, std::unique_ptr<LoopVisit>> loops_;
    std::size_t backedges_ = 0;  ///< Of all of them.
    IdMap ids_;

    std::optional<ClaimRecorder> claims_;  ///< Nothing: they are not asked for.

    std::vector<std::optional<FunctionArguments>> arguments_;
    std::vector<bool> called_, verified_;
    static constexpr std::uint32_t no_callback = ~0U;
    /// By call of bpf_loop: the one callback with which it may be inlined, or `no_callback`.
    std::map<std::uint32_t, std::uint32_t> inline_callbacks_;
    std::vector<int> stack_depths_;

    std::uint64_t insns_ = 0, jumps_ = 0;
    std::uint64_t last_kept_insns_ = 0, last_kept_jumps_ = 0;
    std::uint64_t total_states_ = 0, peak_states_ = 0, live_states_ = 0;
    std::uint32_t max_states_per_insn_ = 0;
};

}  // namespace bpftwin::verifier
