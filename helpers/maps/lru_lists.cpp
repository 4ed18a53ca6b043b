#include "helpers/maps/lru_lists.h"

namespace bpftwin {

Result<LruElements> LruElements::create(std::uint32_t elements, std::uint32_t lists) {
    auto nodes = Slab::create(std::uint64_t{elements} + 1 + lists, sizeof(Node));
    if (!nodes) return std::unexpected(nodes.error());
    LruElements result(elements, std::move(*nodes));
    for (std::uint32_t list = 0; list < lists; ++list) {
        Node& end = result.at(result.end(list));
        end.before = end.after = result.end(list);
    }
    return result;
}

void LruElements::move(Element element, Element list, LruKind kind) {
    Node& node = at(element);
    if (node.kind != LruKind::none) {
        at(node.before).after = node.after;
        at(node.after).before = node.before;
    }
    node.before = list;
    node.after = at(list).after;
    at(node.after).before = element;
    at(list).after = element;
    node.kind = kind;
    store_relaxed(node.marked, false);
}

LruLists::LruLists(LruElements& elements, std::uint32_t first_list, Element unused,
                   Element unused_end, unsigned scans)
    : elements_(elements),
      free_(elements.end(first_list)),
      inactive_(elements.end(first_list + 1)),
      active_(elements.end(first_list + 2)),
      hand_(inactive_),
      unused_(unused),
      unused_end_(unused_end),
      scans_(scans) {}

void LruLists::leave(Element element) {
    if (element == hand_) hand_ = elements_.before(element);
    const LruKind kind = elements_.kind(element);
    inactive_count_ -= kind == LruKind::inactive;
    active_count_ -= kind == LruKind::active;
}

void LruLists::put(Element element, LruKind kind) {
    leave(element);
    inactive_count_ += kind == LruKind::inactive;
    active_count_ += kind == LruKind::active;
    const Element list = kind == LruKind::free       ? free_
                         : kind == LruKind::inactive ? inactive_
                                                     : active_;
    elements_.move(element, list, kind);
}

void LruLists::hand_over(Element element, Element list, LruKind kind) {
    leave(element);
    elements_.move(element, list, kind);
}

Element LruLists::next_free() {
    if (!elements_.empty(free_)) return elements_.after(free_);
    return unused_ < unused_end_ ? unused_++ : 0;
}

void LruLists::rotate() {
    if (inactive_count_ < active_count_) rotate_active();
    rotate_inactive();
}

void LruLists::rotate_active() {
    const Element first = elements_.after(active_);
    Element element = elements_.before(active_);
    for (unsigned i = 0; i < scans_ && element != active_; ++i) {
        const Element next = elements_.before(element);
        put(element, elements_.marked(element) ? LruKind::active : LruKind::inactive);
        if (element == first) return;
        element = next;
    }
}

void LruLists::rotate_inactive() {
    if (elements_.empty(inactive_)) return;
    Element last = elements_.after(hand_);
    if (last == inactive_) last = elements_.after(last);
    Element element = hand_;
    Element next = inactive_;
    for (unsigned i = 0; i < scans_; ++i) {
        if (element == inactive_) element = elements_.before(element);
        next = elements_.before(element);
        if (elements_.marked(element)) put(element, LruKind::active);
        if (element == last) break;
        element = next;
    }
    hand_ = next;
}

unsigned LruLists::shrink_inactive(unsigned wanted, Element list, LruKind kind,
                                   const Evict& evict) {
    unsigned evicted = 0;
    Element element = elements_.before(inactive_);
    for (unsigned i = 0; i < scans_ && element != inactive_ && evicted < wanted; ++i) {
        const Element next = elements_.before(element);
        if (elements_.marked(element)) {
            put(element, LruKind::active);
        } else if (evict(element)) {
            hand_over(element, list, kind);
            ++evicted;
        }
        element = next;
    }
    return evicted;
}

void LruLists::shrink(unsigned wanted, Element list, LruKind kind, const Evict& evict) {
    if (shrink_inactive(wanted, list, kind, evict) != 0) return;
    // Everything was marked: one element goes regardless.
    const Element from = elements_.empty(inactive_) ? active_ : inactive_;
    for (Element i = elements_.before(from); i != from; i = elements_.before(i)) {
        if (!evict(i)) continue;
        hand_over(i, list, kind);
        return;
    }
}

}  // namespace bpftwin
