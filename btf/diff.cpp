// See diff.h.
#include "btf/diff.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "btf/format.h"
#include "btf/shapes.h"
#include "fmt/format.h"

namespace bpftwin {
namespace {

/// What hostile types may unfold to, in characters of names and declarations: far more than
/// kernels.
constexpr std::size_t max_unfolded = std::size_t{64} << 20;

/// A member with where it is in the outermost type.
struct Leaf {
    std::string name;
    std::uint32_t type;
    std::uint64_t bit_offset, bits;
    bool is_bit_field;
};

/// One of the two sets of types.
class Types {
public:
    explicit Types(const Btf& btf) : btf_(btf), shapes_(btf) {}

    [[nodiscard]] const Btf& btf() const { return btf_; }
    [[nodiscard]] const BtfShapes& shapes() const { return shapes_; }

    /// The type, or what has no name of its own but that typedef.
    [[nodiscard]] std::uint32_t body(std::uint32_t id) const {
        const BtfType& type = btf_.type(id);
        const BtfType& target = btf_.type(type.type);
        const bool has_parts = is_aggregate(target.kind) || is_enumeration(target.kind);
        return type.kind == BtfKind::typedef_ && has_parts && target.name.empty() ? type.type : id;
    }

    [[nodiscard]] std::vector<Leaf> leaves(const BtfType& aggregate) {
        std::vector<Leaf> found;
        collect(aggregate, "", 0, found);
        return found;
    }

    [[nodiscard]] BtfPlace place(const Leaf& leaf) {
        return {declared(leaf.type, ""), leaf.bit_offset, leaf.bits, leaf.is_bit_field};
    }

    [[nodiscard]] BtfTypeChange::Side side(std::uint32_t id) {
        const BtfType& type = btf_.type(id);
        const std::uint32_t inner = body(id);
        if (inner != id) return {btf_.size_of(id), std::string(type.name)};
        const bool is_tag = is_aggregate(type.kind) || is_enumeration(type.kind);
        return {btf_.size_of(id), is_tag ? declared(id, "") : declared(type.type, type.name)};
    }

private:
    std::string declared(std::uint32_t id, std::string_view name) {
        std::string text = left_ != 0 ? declaration(btf_, id, name) : describe(btf_, id);
        spend(text.size());
        return text;
    }

    void spend(std::size_t characters) { left_ -= std::min(left_, characters + 1); }

    void collect(const BtfType& aggregate, const std::string& prefix, std::uint64_t base,
                 std::vector<Leaf>& found) {
        for (const BtfMember& m : btf_.members(aggregate)) {
            const BtfType& type = btf_.type(unqualified(m.type));
            const std::string name = prefix + std::string(m.name);
            const std::uint64_t offset = base + m.bit_offset;
            spend(name.size());
            if (is_aggregate(type.kind) && type.name.empty() && left_ != 0)
                collect(type, m.name.empty() ? prefix : name + ".", offset, found);
            else if (!m.name.empty())
                found.push_back({name, m.type, offset, bits_of(m), m.bitfield_size != 0});
        }
    }

    /// Without qualifiers; a typedef is a name.
    [[nodiscard]] std::uint32_t unqualified(std::uint32_t id) const {
        while (is_modifier(btf_.kind(id)) && btf_.kind(id) != BtfKind::typedef_)
            id = btf_.type(id).type;
        return id;
    }

    [[nodiscard]] std::uint64_t bits_of(const BtfMember& member) const {
        if (member.bitfield_size != 0) return member.bitfield_size;
        return 8 * btf_.size_of(member.type).value_or(0);
    }

    const Btf& btf_;
    BtfShapes shapes_;
    std::size_t left_ = max_unfolded;
};

/// Calls `both(a, b)` for entries of the same name, `gone(a)` and `added(b)` for the others.
template <class Entries, class Both, class Gone, class Added>
void match(const Entries& before, const Entries& after, Both both, Gone gone, Added added) {
    std::unordered_map<std::string_view, std::size_t> places;
    for (std::size_t i = 0; i < after.size(); ++i) places.try_emplace(after[i].name, i);
    std::vector<bool> taken(after.size());
    for (const auto& entry : before) {
        const auto found = places.find(entry.name);
        if (found == places.end() || taken[found->second]) {
            gone(entry);
            continue;
        }
        taken[found->second] = true;
        both(entry, after[found->second]);
    }
    for (std::size_t i = 0; i < after.size(); ++i)
        if (!taken[i]) added(after[i]);
}

std::uint64_t offset_of(const BtfMemberChange& change) {
    return (change.after ? change.after : change.before)->bit_offset;
}

/// A named type's kind, with the two kinds of enums as one.
BtfKind group_of(BtfKind kind) { return kind == BtfKind::enum64 ? BtfKind::enum_ : kind; }

bool is_compared(BtfKind kind) {
    return is_aggregate(kind) || is_enumeration(kind) || kind == BtfKind::typedef_ ||
           kind == BtfKind::func || kind == BtfKind::var;
}

class Comparison {
public:
    Comparison(const Btf& before, const Btf& after) : before_(before), after_(after) {}

    std::vector<BtfTypeChange> run(std::string_view name) {
        std::map<Key, Group> groups;
        add(before_.btf(), name, &Group::before, groups);
        add(after_.btf(), name, &Group::after, groups);
        for (auto& [key, group] : groups) compare(key, group);
        return std::move(changes_);
    }

private:
    using Ids = std::vector<std::uint32_t>;
    struct Key {
        BtfKind kind;
        std::string_view name;
        auto operator<=>(const Key&) const = default;
    };
    struct Group {
        Ids before, after;
    };

    static void add(const Btf& btf, std::string_view name, Ids Group::* side,
                    std::map<Key, Group>& groups) {
        for (std::uint32_t id = std::max(btf.first_id(), 1U); id < btf.type_count(); ++id) {
            const BtfType& type = btf.type(id);
            if (type.name.empty() || !is_compared(type.kind)) continue;
            if (name.empty() || name == type.name)
                (groups[{group_of(type.kind), type.name}].*side).push_back(id);
        }
    }

    /// Leaves out what is the same on both sides, then takes the others in order.
    void compare(const Key& key, Group& group) {
        drop_equal(group);
        const std::size_t count = std::max(group.before.size(), group.after.size());
        for (std::size_t i = 0; i < count; ++i) {
            BtfTypeChange change = changed(key, i < group.before.size() ? group.before[i] : 0,
                                           i < group.after.size() ? group.after[i] : 0);
            if (is_difference(change)) changes_.push_back(std::move(change));
        }
    }

    void drop_equal(Group& group) const {
        std::unordered_map<std::uint64_t, std::size_t> counts;
        const auto take = [&](std::uint64_t definition) {
            std::size_t& count = counts[definition];
            return count != 0 && count-- != 0;
        };
        const auto of = [](const Types& types, std::uint32_t id) {
            return types.shapes().definition(types.body(id));
        };
        for (const std::uint32_t id : group.after) ++counts[of(after_, id)];
        auto both = counts;
        std::erase_if(group.before, [&](std::uint32_t id) { return take(of(before_, id)); });
        for (auto& [definition, count] : counts) count = both[definition] - count;
        std::erase_if(group.after, [&](std::uint32_t id) { return take(of(after_, id)); });
    }

    static bool is_difference(const BtfTypeChange& change) {
        return !change.before || !change.after || change.before->size != change.after->size ||
               !change.members.empty() || !change.enumerators.empty() || change.is_retyped;
    }

    /// @param a, b ids; 0 where there is no type.
    [[nodiscard]] BtfTypeChange changed(const Key& key, std::uint32_t a, std::uint32_t b) {
        BtfTypeChange change;
        change.kind = key.kind;
        change.name = key.name;
        if (a != 0) change.before = before_.side(a);
        if (b != 0) change.after = after_.side(b);
        if (a == 0 || b == 0) return change;
        const BtfType& old_type = before_.btf().type(before_.body(a));
        const BtfType& new_type = after_.btf().type(after_.body(b));
        if (is_aggregate(old_type.kind) && old_type.kind == new_type.kind)
            change.members = members(old_type, new_type);
        else if (is_enumeration(old_type.kind) && is_enumeration(new_type.kind))
            change.enumerators = enumerators(old_type, new_type);
        else
            change.is_retyped =
                before_.shapes().of(old_type.type) != after_.shapes().of(new_type.type) ||
                old_type.kind != new_type.kind;
        return change;
    }

    [[nodiscard]] std::vector<BtfMemberChange> members(const BtfType& a, const BtfType& b) {
        std::vector<BtfMemberChange> changes;
        match(
            before_.leaves(a), after_.leaves(b),
            [&](const Leaf& x, const Leaf& y) {
                const bool is_retyped = before_.shapes().of(x.type) != after_.shapes().of(y.type);
                const bool is_same = x.bit_offset == y.bit_offset && x.bits == y.bits &&
                                     x.is_bit_field == y.is_bit_field && !is_retyped;
                if (!is_same)
                    changes.push_back({x.name, before_.place(x), after_.place(y), is_retyped});
            },
            [&](const Leaf& x) { changes.push_back({x.name, before_.place(x), {}}); },
            [&](const Leaf& y) { changes.push_back({y.name, {}, after_.place(y)}); });
        std::ranges::stable_sort(changes, {}, offset_of);
        return changes;
    }

    [[nodiscard]] std::vector<BtfEnumeratorChange> enumerators(const BtfType& a,
                                                               const BtfType& b) const {
        std::vector<BtfEnumeratorChange> changes;
        const auto old_value = [&](const BtfEnumerator& e) { return value(e, a); };
        const auto new_value = [&](const BtfEnumerator& e) { return value(e, b); };
        match(
            before_.btf().enumerators(a), after_.btf().enumerators(b),
            [&](const BtfEnumerator& x, const BtfEnumerator& y) {
                if (old_value(x) != new_value(y))
                    changes.push_back({std::string(x.name), old_value(x), new_value(y)});
            },
            [&](const BtfEnumerator& x) {
                changes.push_back({std::string(x.name), old_value(x), {}});
            },
            [&](const BtfEnumerator& y) {
                changes.push_back({std::string(y.name), {}, new_value(y)});
            });
        return changes;
    }

    static std::string value(const BtfEnumerator& e, const BtfType& type) {
        return type.kind_flag ? fmt::format("{}", static_cast<std::int64_t>(e.value))
                              : fmt::format("{}", e.value);
    }

    Types before_, after_;
    std::vector<BtfTypeChange> changes_;
};

}  // namespace

std::vector<BtfTypeChange> btf_changes(const Btf& before, const Btf& after, std::string_view name) {
    return Comparison(before, after).run(name);
}

}  // namespace bpftwin
