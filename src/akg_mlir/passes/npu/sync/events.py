"""Event ids: colouring the flags of every pipe pair with the few ids the machine has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from akg_mlir.passes.npu.memory.structure import Body, Program
from akg_mlir.passes.npu.sync.happens_before import Analysis
from akg_mlir.passes.npu.sync.placement import Plan
from akg_mlir.passes.npu.sync.schedule import Flag, PipePair, textual


@dataclass(frozen=True)
class Shortage:
    """A pair of pipes that has too few ids for its flags; the first and last place of every flag
    in the program, and which flags may not share an id."""

    pair: PipePair
    spans: Mapping[Flag, tuple[int, int]]
    conflicts: Mapping[Flag, set[Flag]]


def colour(program: Program, plan: Plan, limit: int) -> Shortage | None:
    """Give every flag of the plan an event id below `limit`.

    Returns the first pair of pipes whose flags do not fit, or None. Two flags may share an id when
    their uses do not overlap in the program and, for flags that are clear between uses, every set
    of one comes after the waits of the other have certainly happened. Tokens are set between uses:
    they share no id with others, and with each other only when ids run out, since the later use
    then waits for the earlier one too.
    """
    spans = _spans(program, plan)
    conflicts = _conflicts(program, plan, spans)
    groups: dict[PipePair, list[Flag]] = {}
    for flag in sorted(spans, key=lambda f: spans[f]):
        groups.setdefault((flag.src, flag.dst), []).append(flag)
    for pair, flags in groups.items():
        used = _assign([f for f in flags if not is_token(plan, f)], conflicts)
        tokens = [f for f in flags if is_token(plan, f)]
        if used > limit or not _assign_tokens(plan, tokens, conflicts, range(used, limit)):
            return Shortage(pair, spans, conflicts)
    return None


def is_token(plan: Plan, flag: Flag) -> bool:
    """Whether the flag is set before the kernel's first item."""
    order = plan.orders.get(flag)
    return order is not None and not order.forward


def _assign(flags: Sequence[Flag], conflicts: Mapping[Flag, set[Flag]]) -> int:
    """Lowest free id, in order; returns how many ids are used."""
    done: list[Flag] = []
    for flag in flags:
        taken = {f.event for f in done if f in conflicts[flag]}
        flag.event = next(i for i in range(len(flags)) if i not in taken)
        done.append(flag)
    return max((f.event + 1 for f in flags if f.event is not None), default=0)


def _assign_tokens(
    plan: Plan, tokens: Sequence[Flag], conflicts: Mapping[Flag, set[Flag]], ids: range
) -> bool:
    """Ids of their own while there are any, then shared with tokens of other bodies if possible."""
    users: dict[int, list[Flag]] = {i: [] for i in ids}
    for token in tokens:
        body = plan.orders[token].body

        def price(event: int, token: Flag = token, body: Body = body) -> tuple[bool, int, int]:
            others = users[event]
            near = any(plan.orders[f].body is body for f in others)
            return near, len(others), event

        free = [i for i in ids if not conflicts[token] & set(users[i])]
        if not free:
            return False
        token.event = min(free, key=price)
        users[token.event].append(token)
    return True


def _spans(program: Program, plan: Plan) -> dict[Flag, tuple[int, int]]:
    """First and last place of every flag inside the program's body."""
    spans: dict[Flag, tuple[int, int]] = {}
    for place, node in enumerate(textual(program, plan.schedule)):
        flag = getattr(node, "flag", None)
        if isinstance(flag, Flag):
            spans[flag] = (spans[flag][0] if flag in spans else place, place)
    return spans


def _conflicts(
    program: Program, plan: Plan, spans: Mapping[Flag, tuple[int, int]]
) -> dict[Flag, set[Flag]]:
    analysis = Analysis(program, None, plan.schedule)
    findings = analysis.run()
    conflicts: dict[Flag, set[Flag]] = {flag: set() for flag in spans}

    def clash(a: Flag, b: Flag) -> None:
        conflicts[a].add(b)
        conflicts[b].add(a)

    pairs: dict[PipePair, list[Flag]] = {}
    for flag in spans:
        pairs.setdefault((flag.src, flag.dst), []).append(flag)
    for flags in pairs.values():
        for a, b in combinations(flags, 2):
            if spans[a][0] <= spans[b][1] and spans[b][0] <= spans[a][1]:
                clash(a, b)
    for node, unknown in findings.unconsumed.items():
        if not unknown:
            continue
        for wait, bit in analysis.waits.items():
            if unknown & bit and wait.flag is not node.flag and not is_token(plan, wait.flag):
                clash(node.flag, wait.flag)
    return conflicts


def apart(plan: Plan, shortage: Shortage) -> list[tuple[Flag, Flag]]:
    """Forward flags of a pair that share no id only because the second might be set too early.

    (first, second) in program order, those furthest apart first.
    """
    pair, spans, conflicts = shortage.pair, shortage.spans, shortage.conflicts
    flags = [f for f in plan.orders if (f.src, f.dst) == pair and not is_token(plan, f)]
    found = [
        (spans[b][0] - spans[a][1], a, b)
        for a in flags
        for b in flags
        if b in conflicts[a] and spans[a][1] < spans[b][0]
    ]
    return [(a, b) for _, a, b in sorted(found, key=lambda entry: -entry[0])]


def merge_candidates(plan: Plan, pair: PipePair) -> list[tuple[int, Flag, Flag]]:
    """Pairs of flags of one body that one flag could stand for, with what the merger costs.

    The cost is the number of items by which the set moves down and the wait moves up.
    """
    flags = [f for f in plan.orders if (f.src, f.dst) == pair]
    found: list[tuple[int, Flag, Flag]] = []
    for i, a in enumerate(flags):
        for b in flags[i + 1 :]:
            x, y = plan.orders[a], plan.orders[b]
            if x.body is not y.body or x.forward is not y.forward:
                continue
            last, first = max(x.first, y.first), min(x.second, y.second)
            if not x.forward or last < first:
                cost = abs(x.first - y.first) + abs(x.second - y.second)
                found.append((cost, a, b))
    return sorted(found, key=lambda c: c[0])
