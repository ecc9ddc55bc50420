"""Each kind of number that `clio query` gives, beside what SciPy makes of it."""

from functools import cache
from math import isclose
from pathlib import Path

import numpy as np

from ..comparison import Outcome
from . import formulas
from .formulas import Interval, Joint
from .world import World, ask, coupons, registers

# Formulas agree but for rounding; what is searched for, but for where the searches end.
ROUNDING, SEARCH = 1e-9, 2e-3
# Bounds are of the first order; with errors of a hundredth and a half that is 1.4 % of their widths, and drawing adds half a per cent.
DRAWN = 0.03


def interval(number: dict) -> Interval:
    """Reads a number of an answer; of one that cannot be told, the bounds."""
    return number["value"], number["lower"], number["upper"]


@cache
def joint(left: frozenset[int], right: frozenset[int]) -> Joint:
    """Returns who is in two sets; two that are few are counted."""
    if coupons(left) is not None and coupons(right) is not None:
        both = len(left & right)
        return Joint(*(formulas.exact(n) for n in (len(left) - both, len(right) - both, both, both / len(left | right))))
    return formulas.joint(registers(left), registers(right))


class Checks:
    """The checks so far, and how many bounds held the truth."""

    def __init__(self, world: World, lake: Path) -> None:
        self.world, self.lake = world, lake
        self.found = Outcome()
        self.n_numbers, self.n_held, self.n_true = 0, 0, 0
        self.largest_drawn = 0.0

    def outcome(self) -> Outcome:
        """Returns what was found."""
        self.found.figures += [
            f"{self.n_numbers} numbers compared, each with both bounds",
            f"{self.n_held} of {self.n_true} bounds hold the number that NumPy counts",
            f"the widths of compared rates are those of drawn errors but for {100 * self.largest_drawn:.1f} % at the most",
        ]
        return self.found

    def same(self, what: str, number: dict, expected: Interval, tolerance: float, truth: float | None = None) -> None:
        """Holds a number and its bounds against those expected, and the bounds against the truth."""
        self.n_numbers += 1
        found = interval(number)
        scale = max(abs(expected[0]), expected[2] - expected[1])
        for name, ours, theirs in zip(("value", "lower", "upper"), found, expected, strict=True):
            if ours is None and name == "value" and number.get("cannot_tell"):
                half = (expected[2] - expected[1]) / 2
                self.found.expect(half > expected[0] / 2 * 0.99, f"{what}: cannot tell, where {expected} is told")
                continue
            is_same = ours is not None and isclose(ours, theirs, rel_tol=tolerance, abs_tol=tolerance * scale)
            self.found.expect(is_same, f"{what}: {name} {ours}, expected {theirs}")
        if truth is not None:
            self.n_true += 1
            self.n_held += number["lower"] <= truth <= number["upper"]

    def rows(self, *arguments: str) -> tuple[dict, dict[str, dict]]:
        """Asks by country."""
        answer = ask(self.lake, "--group-by", "country", *arguments)
        return answer, {row["keys"]["country"]["value"]: row for row in answer["rows"]}

    def sketched(self, people: frozenset[int]) -> Interval:
        """Returns the estimate of a set; of one of few it is next to the number itself."""
        if coupons(people) is not None:
            return formulas.exact(float(len(people)))
        return formulas.estimate(registers(people))

    def distinct_counts(self) -> None:
        """Estimates and their bounds."""
        _, rows = self.rows("--measures", "viewers,players,take_rate")
        for country, row in rows.items():
            of = {measure: self.world.people(measure, country) for measure in ("viewers", "players")}
            for measure, people in of.items():
                if coupons(people) is None:
                    expected = self.sketched(people)
                    self.same(f"{measure} of {country}", row["values"][measure], expected, ROUNDING, len(people))
                else:
                    number = row["values"][measure]
                    is_next = number["lower"] <= len(people) <= number["upper"] and number["upper"] - number["lower"] <= 1
                    self.found.expect(is_next, f"{measure} of {country}: {number}, there are {len(people)}")
            if all(coupons(people) is None for people in of.values()):
                rate = self.rate([of["players"], of["viewers"]])
                truth = len(of["players"]) / len(of["viewers"])
                self.same(f"take rate of {country}", row["values"]["take_rate"], rate, ROUNDING, truth)

    def rate(self, sets: list[frozenset[int]]) -> Interval:
        """Returns a part of people over all of them."""
        measures = [self.sketched(people) for people in sets]
        p = formulas.in_common(measures[0][0] / measures[1][0], *measures)
        return formulas.moved(lambda of: of[0] / of[1], measures, np.array([[1, p], [p, 1]]))

    def shares_and_places(self) -> None:
        """Parts of the total, and the places that rows may have."""
        answer, rows = self.rows("--measures", "viewers", "--order-by", "viewers", "--with", "shares,ranks")
        whole = self.sketched(self.world.people())
        for country, row in rows.items():
            people = self.world.people(country=country)
            if coupons(people) is None:
                expected = formulas.share(self.sketched(people), whole)
                truth = len(people) / len(self.world.people())
                self.same(f"share of {country}", row["values"]["viewers"]["share"], expected, ROUNDING, truth)
        expected = formulas.ranks([interval(row["values"]["viewers"]) for row in answer["rows"]])
        found = [(row["rank"]["best"], row["rank"]["worst"]) for row in answer["rows"]]
        self.found.expect(found == expected, f"places {found}, expected {expected}")
        for place, country in enumerate(self.world.countries, 1):
            rank = rows[country]["rank"]
            self.found.expect(rank["best"] <= place <= rank["worst"], f"place of {country}: {rank}, it is {place}")

    def reach(self) -> None:
        """Overlaps and increments, of large sets, of small ones, and of one of each."""
        answer, _ = self.rows("--measures", "viewers", "--order-by", "viewers", "--with", "reach")
        names = [row["keys"]["country"]["value"] for row in answer["rows"]]
        sets = [self.world.people(country=name) for name in names]
        reach = answer["reach"]
        for overlap in reach["overlaps"]:
            left, right = sets[overlap["left"]], sets[overlap["right"]]
            what = f"{names[overlap['left']]} and {names[overlap['right']]}"
            are_few = coupons(left) is not None and coupons(right) is not None
            expected, tolerance = joint(left, right), 1e-2 if are_few else SEARCH
            self.same(f"both of {what}", overlap["both"], expected.both, tolerance, len(left & right))
            jaccard = len(left & right) / len(left | right)
            self.same(f"Jaccard index of {what}", overlap["jaccard"], expected.jaccard, tolerance, jaccard)
        before: frozenset[int] = frozenset()
        for step in reach["steps"]:
            own = sets[step["row"]]
            all_others = frozenset().union(*(other for at, other in enumerate(sets) if at != step["row"]))
            truth = len(own - before)
            if before:
                expected = joint(before, own).right_only
                self.same(f"increment of {names[step['row']]}", step["incremental"], expected, SEARCH, truth)
            expected = joint(all_others, own).right_only
            self.same(f"alone of {names[step['row']]}", step["alone"], expected, SEARCH, len(own - all_others))
            before |= own
            self.same(f"together with {names[step['row']]}", step["cumulative"], self.sketched(before), ROUNDING, len(before))

    def newcomers(self) -> None:
        """New and returning people of each day."""
        arguments = ["--group-by", "day", "--measures", "viewers", "--from", "2026-01-02", "--look-back", "1"]
        for day, row in enumerate(ask(self.lake, *arguments)["rows"], 1):
            before, own = self.world.people(days=[day - 1]), self.world.people(days=[day])
            expected = joint(before, own)
            self.same(f"new on day {day}", row["newcomers"]["fresh"], expected.right_only, SEARCH, len(own - before))
            self.same(f"returning on day {day}", row["newcomers"]["returning"], expected.both, SEARCH, len(own & before))

    def comparisons(self) -> None:
        """Differences, ratios and affinity: beside the whole, the rest, a member and other days."""
        world, measures = self.world, ["--measures", "viewers,take_rate"]
        whole = {measure: world.people(measure) for measure in ("viewers", "players")}
        large = [country for country in world.countries if coupons(world.people("players", country)) is None]
        _, of_whole = self.rows(*measures, "--compare", "whole")
        _, of_rest = self.rows(*measures, "--compare", "rest")
        _, of_member = self.rows(*measures, "--compare", "country=DE")
        first, last = ["--from", "2026-01-03"], ["--compare", "2026-01-01..2026-01-01"]
        _, of_days = self.rows(*measures, *first, *last)
        for country in large:
            own = {measure: world.people(measure, country) for measure in whole}
            rest = {
                measure: frozenset().union(*(world.people(measure, other) for other in world.countries if other != country))
                for measure in whole
            }
            self.beside(f"{country} beside the whole", of_whole[country], own, whole)
            self.beside(f"{country} beside the rest", of_rest[country], own, rest)
            if country != "DE":
                other = {measure: world.people(measure, "DE") for measure in whole}
                self.beside(f"{country} beside DE", of_member[country], own, other)
            days = [{measure: world.people(measure, country, [day]) for measure in whole} for day in (2, 0)]
            if all(coupons(people) is None for side in days for people in side.values()):
                self.beside(f"{country} beside day 1", of_days[country], *days)

    def beside(self, what: str, row: dict, own: dict[str, frozenset[int]], other: dict[str, frozenset[int]]) -> None:
        """One row beside its other side: of people, and of a rate of them."""
        sets = [own["players"], own["viewers"], other["players"], other["viewers"]]
        measures = [self.sketched(people) for people in sets]
        jaccards = np.eye(4)
        for a in range(4):
            for b in range(a):
                is_rate = (a, b) in ((1, 0), (3, 2))
                index = measures[b][0] / measures[a][0] if is_rate else joint(sets[a], sets[b]).jaccard[0]
                jaccards[a, b] = jaccards[b, a] = formulas.in_common(index, measures[a], measures[b])
        outcomes = {
            "viewers": {"difference": lambda of: of[1] - of[3], "ratio": lambda of: of[1] / of[3]},
            "take_rate": {
                "difference": lambda of: of[0] / of[1] - of[2] / of[3],
                "ratio": lambda of: of[0] / of[1] / (of[2] / of[3]),
            },
        }
        counted = [len(people) for people in sets]
        true_jaccards = np.array([[len(a & b) / len(a | b) for b in sets] for a in sets])
        for seed, (measure, parts) in enumerate(outcomes.items()):
            for part, outcome in parts.items():
                number = row["values"][measure]["compared"][part]
                needed = [1, 3] if measure == "viewers" else [0, 1, 2, 3]
                placed = lambda of, needed=needed, outcome=outcome: outcome(dict(zip(needed, of, strict=True)))  # noqa: E731
                within = np.ix_(needed, needed)
                expected = formulas.moved(placed, [measures[at] for at in needed], jaccards[within])
                self.same(f"{what}: {part} of {measure}", number, expected, SEARCH, outcome(counted))
                # With what is truly in common, which no sketch has told.
                width = formulas.drawn(
                    lambda draws: outcome(draws.T), measures, true_jaccards, seed  # noqa: B023
                )
                off = abs((number["upper"] - number["lower"]) / width - 1)
                self.largest_drawn = max(self.largest_drawn, off)
                self.found.expect(off <= DRAWN, f"{what}: {part} of {measure}: {100 * off:.1f} % off a width of {width}")

    def quantiles(self) -> None:
        """Quantiles: certain bounds, and no further off than the error that the model states."""
        percents = ("0", "1", "50", "90", "99.9", "100")
        _, rows = self.rows("--measures", ",".join(f"watch.p{percent}" for percent in percents))
        for country, row in rows.items():
            values = self.world.watched(country)
            for percent in percents:
                number = row["values"][f"watch.p{percent}"]
                truth = np.quantile(values, float(percent) / 100, method="inverted_cdf")
                what = f"p{percent} of {country}: {number}, it is {truth}"
                self.n_numbers += 1
                self.n_true += 1
                self.n_held += number["lower"] <= truth <= number["upper"]
                self.found.expect(number["lower"] <= truth <= number["upper"], f"outside of its bounds: {what}")
                self.found.expect(abs(number["value"] / truth - 1) <= 0.02 * (1 + 1e-12), f"more than 2 % off: {what}")
                self.found.expect(number["upper"] / number["lower"] <= 1.02 / 0.98 * (1 + 1e-12), f"two buckets: {what}")
