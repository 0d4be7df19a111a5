"""Event ids: colouring the flags of every pipe pair with the few ids the machine has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from akg_mlir.passes.npu.memory.structure import Program
from akg_mlir.passes.npu.sync.happens_before import Analysis
from akg_mlir.passes.npu.sync.placement import Plan
from akg_mlir.passes.npu.sync.schedule import Flag, PipePair, textual

Clashes = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Uses:
    """The flags of a pair of pipes in program order: the first and the last place of each in the
    program, which may not share an id (square, symmetric), and how many ids there are."""

    pair: PipePair
    limit: int
    flags: list[Flag]
    spans: Mapping[Flag, tuple[int, int]]
    clashes: Clashes


def colour(program: Program, plan: Plan, limit: int) -> Uses | None:
    """Give every flag of the plan an event id below `limit`.

    Returns the flags of the first pair of pipes that do not fit, or None. Two flags may share an id
    when their uses do not overlap in the program and, for flags that are clear between uses, every
    set of one comes after the waits of the other have certainly happened. Tokens are set between
    uses: they share no id with others, and with each other only when ids run out, since the later
    use then waits for the earlier one too.
    """
    for uses in _uses(program, plan, limit):
        tokens = [i for i, flag in enumerate(uses.flags) if is_token(plan, flag)]
        used = _assign(uses, [i for i in range(len(uses.flags)) if i not in {*tokens}])
        if used > limit or not _assign_tokens(plan, uses, tokens, range(used, limit)):
            return uses
    return None


def is_token(plan: Plan, flag: Flag) -> bool:
    """Whether the flag is set before the kernel's first item, and until its last one."""
    order = plan.orders.get(flag)
    return order is not None and not order.forward and flag not in plan.ends


def _assign(uses: Uses, chosen: Sequence[int]) -> int:
    """Lowest free id, in order; returns how many ids are used."""
    events = np.full(len(uses.flags), -1)
    for i in chosen:
        taken = {*events[uses.clashes[i]].tolist()}
        events[i] = next(event for event in range(len(chosen)) if event not in taken)
        uses.flags[i].event = int(events[i])
    return int(events.max(initial=-1)) + 1


def _assign_tokens(plan: Plan, uses: Uses, tokens: Sequence[int], ids: range) -> bool:
    """Ids of their own while there are any, then shared with tokens of other bodies if possible."""
    users: dict[int, list[int]] = {i: [] for i in ids}
    bodies = {token: plan.orders[uses.flags[token]].body for token in tokens}
    for token in tokens:

        def price(event: int, token: int = token) -> tuple[bool, int, int]:
            others = users[event]
            near = any(bodies[other] is bodies[token] for other in others)
            return near, len(others), event

        free = [i for i in ids if not uses.clashes[token, users[i]].any()]
        if not free:
            return False
        event = uses.flags[token].event = min(free, key=price)
        users[event].append(token)
    return True


def _spans(program: Program, plan: Plan) -> dict[Flag, tuple[int, int]]:
    """First and last place of every flag inside the program's body."""
    spans: dict[Flag, tuple[int, int]] = {}
    end = 0
    for place, node in enumerate(textual(program, plan.schedule)):
        flag = getattr(node, "flag", None)
        if isinstance(flag, Flag):
            spans[flag] = (spans[flag][0] if flag in spans else place, place)
            end = place
    for token, (first, last) in plan.ends.items():
        start, stop = spans[token]
        spans[token] = (start if first else 0, end if last is None else stop)
    return spans


def _uses(program: Program, plan: Plan, limit: int) -> list[Uses]:
    spans = _spans(program, plan)
    groups: dict[PipePair, list[Flag]] = {}
    for flag in sorted(spans, key=lambda f: spans[f]):
        groups.setdefault((flag.src, flag.dst), []).append(flag)
    uses = {
        pair: Uses(pair, limit, flags, spans, _overlaps(flags, spans))
        for pair, flags in groups.items()
    }
    _add_early_sets(program, plan, uses)
    for pair_uses in uses.values():
        np.fill_diagonal(pair_uses.clashes, False)
    return [*uses.values()]


def _overlaps(flags: Sequence[Flag], spans: Mapping[Flag, tuple[int, int]]) -> Clashes:
    first, last = np.array([spans[flag] for flag in flags]).T
    return (first[:, None] <= last) & (first <= last[:, None])


def _add_early_sets(program: Program, plan: Plan, uses: Mapping[PipePair, Uses]) -> None:
    """Flags clash if one is set where a wait for the other may not have happened."""
    analysis = Analysis(program, None, plan.schedule)
    findings = analysis.run()
    rows = {flag: i for group in uses.values() for i, flag in enumerate(group.flags)}
    # Tokens are set between uses: what comes after their waits is settled by the overlaps.
    awaited = [-1 if is_token(plan, w.flag) else rows[w.flag] for w in analysis.waits]
    owners = np.array(awaited, dtype=np.int64)
    for node, unknown in findings.unconsumed.items():
        if not unknown:
            continue
        flag = node.flag
        others = owners[_bits(unknown, len(owners))]
        others = others[others >= 0]
        clashes = uses[flag.src, flag.dst].clashes
        clashes[rows[flag], others] = clashes[others, rows[flag]] = True


def _bits(mask: int, count: int) -> Clashes:
    """Which of the lowest `count` bits of a mask are set."""
    octets = np.frombuffer(mask.to_bytes(-(-count // 8), "little"), dtype=np.uint8)
    return np.unpackbits(octets, count=count, bitorder="little").astype(np.bool_)


def apart(plan: Plan, uses: Uses) -> list[tuple[Flag, Flag]]:
    """Forward flags of a pair that share no id only because the second might be set too early.

    (first, second) in program order, those furthest apart first.
    """
    chosen = [i for i, f in enumerate(uses.flags) if f in plan.orders and plan.orders[f].forward]
    flags = [uses.flags[i] for i in chosen]
    if not flags:
        return []
    first, last = np.array([uses.spans[flag] for flag in flags]).T
    gap = first - last[:, None]
    a, b = np.nonzero(uses.clashes[np.ix_(chosen, chosen)] & (gap > 0))
    order = np.argsort(-gap[a, b], kind="stable")
    return [(flags[i], flags[j]) for i, j in zip(a[order].tolist(), b[order].tolist())]


def in_turn(uses: Uses, pairs: Sequence[tuple[Flag, Flag]]) -> list[int]:
    """Of pairs of flags that are `apart`, the places of those that let all ids be used in turn.

    As many flags as there are ids follow each other freely, and the next one waits for the first.
    """
    rank = {flag: i for i, flag in enumerate(uses.flags)}
    nearest: dict[Flag, int] = {}
    for place, (first, second) in enumerate(pairs):
        if rank[second] - rank[first] < uses.limit:
            continue
        best = nearest.get(second)
        if best is None or rank[pairs[best][0]] < rank[first]:
            nearest[second] = place
    return [*nearest.values()]


def merge_candidates(plan: Plan, pair: PipePair) -> list[tuple[Flag, Flag]]:
    """Pairs of flags of one body that one flag could stand for, the cheapest mergers first.

    The cost is the number of items by which the set moves down and the wait moves up.
    """
    flags = [f for f in plan.orders if (f.src, f.dst) == pair]
    orders = [plan.orders[f] for f in flags]
    bodies = {order.body: number for number, order in enumerate(orders)}
    body = np.array([bodies[order.body] for order in orders])
    forward = np.array([order.forward for order in orders])
    first = np.array([order.first for order in orders])
    second = np.array([order.second for order in orders])
    a, b = np.triu_indices(len(flags), 1)
    later_set = np.maximum(first[a], first[b])
    earlier_wait = np.minimum(second[a], second[b])
    possible = (body[a] == body[b]) & (forward[a] == forward[b])
    possible &= ~forward[a] | (later_set < earlier_wait)
    a, b = a[possible], b[possible]
    cost = abs(first[a] - first[b]) + abs(second[a] - second[b])
    order = np.argsort(cost, kind="stable")
    return [(flags[i], flags[j]) for i, j in zip(a[order].tolist(), b[order].tolist())]
