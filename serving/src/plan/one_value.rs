//! Which values of a multi-valued field make groups under a filter.
//!
//! They are the values for which the filter can be true *as if a cell held that value alone*, with tests of other
//! fields having either outcome. So it does not matter in which of several equivalent ways a filter is written.
//!
//! A filter such as `allOf [a, b]`, or `anyOf [a]` and `anyOf [b]`, is true for no single value. Then the groups are
//! the values that its parts name, except those that it excludes: `a` and `b`.

use clio_proto::{Filter, Test};

use super::operators::{BoundTest, always};
use crate::snapshot::{Field, NULL};

/// Whether each value, by code, makes a group; `None` if the filter does not test the field, so that all do.
pub(super) fn values_of_groups(filter: &Filter, field: &Field) -> Option<Vec<bool>> {
    if !tests(filter, field) {
        return None;
    }
    let over_one = outcomes(filter, field).can_hold;
    let is_any = (0_u32..).zip(&over_one).any(|(code, holds)| code != NULL && *holds);
    let may_hold_for_null = over_one[NULL as usize];
    if is_any || may_hold_for_null {
        return Some(over_one);
    }
    Some(parts(filter, field, true).values())
}

/// Whether a filter tests a field anywhere.
fn tests(filter: &Filter, field: &Field) -> bool {
    match filter {
        Filter::And(nodes) | Filter::Or(nodes) => nodes.iter().any(|node| tests(node, field)),
        Filter::Not(node) => tests(node, field),
        Filter::Field { field: own, .. } => *own == field.reference,
    }
}

/// The possible outcomes of a filter for one value, by code; at [`NULL`], for the empty set.
struct Outcomes {
    can_hold: Vec<bool>,
    can_fail: Vec<bool>,
}

fn outcomes(filter: &Filter, field: &Field) -> Outcomes {
    let n_codes = field.texts().n_codes();
    let joined = |nodes: &[Filter], is_and: bool| {
        // For `and`, all must be able to hold, and one may fail; for `or`, the other way round.
        let (mut can_hold, mut can_fail) = (vec![is_and; n_codes], vec![!is_and; n_codes]);
        for node in nodes {
            let own = outcomes(node, field);
            for code in 0..n_codes {
                if is_and {
                    can_hold[code] &= own.can_hold[code];
                    can_fail[code] |= own.can_fail[code];
                } else {
                    can_hold[code] |= own.can_hold[code];
                    can_fail[code] &= own.can_fail[code];
                }
            }
        }
        Outcomes { can_hold, can_fail }
    };
    match filter {
        Filter::And(nodes) => joined(nodes, true),
        Filter::Or(nodes) => joined(nodes, false),
        Filter::Not(node) => {
            let Outcomes { can_hold, can_fail } = outcomes(node, field);
            Outcomes { can_hold: can_fail, can_fail: can_hold }
        }
        Filter::Field { field: own, test } if *own == field.reference => {
            let can_hold = BoundTest::new(test, field).holds_of_one();
            let can_fail = can_hold.iter().map(|holds| !holds).collect();
            Outcomes { can_hold, can_fail }
        }
        Filter::Field { test, .. } => {
            let always = always(test);
            Outcomes {
                can_hold: vec![always.unwrap_or(true); n_codes],
                can_fail: vec![!always.unwrap_or(false); n_codes],
            }
        }
    }
}

/// The values that the parts of a filter name, and that none of them excludes.
struct Parts {
    /// `None` if no part names any.
    asked: Option<Vec<bool>>,
    left: Vec<bool>,
}

impl Parts {
    fn values(self) -> Vec<bool> {
        let Self { asked, mut left } = self;
        left[NULL as usize] = false;
        for (left, asked) in left.iter_mut().zip(asked.iter().flatten()) {
            *left &= asked;
        }
        left
    }
}

/// The parts of a filter, or of its negation.
fn parts(filter: &Filter, field: &Field, is_wanted: bool) -> Parts {
    let n_codes = field.texts().n_codes();
    let all_or_none = |is_all: bool| Parts {
        asked: (!is_all).then(|| vec![false; n_codes]),
        left: vec![is_all; n_codes],
    };
    let (nodes, is_and) = match filter {
        Filter::Not(node) => return parts(node, field, !is_wanted),
        Filter::And(nodes) => (nodes, is_wanted),
        Filter::Or(nodes) => (nodes, !is_wanted),
        Filter::Field { field: own, test } => {
            return match always(test) {
                Some(always) => all_or_none(always == is_wanted),
                None if *own != field.reference => all_or_none(true),
                None => parts_of_test(test, field, is_wanted),
            };
        }
    };
    let mut all = all_or_none(is_and);
    let own: Vec<Parts> = nodes.iter().map(|node| parts(node, field, is_wanted)).collect();
    if is_and {
        for own in own {
            all.left.iter_mut().zip(&own.left).for_each(|(left, own)| *left &= own);
            all.asked = united(all.asked, own.asked);
        }
        return all;
    }
    let asks = own.is_empty() || own.iter().any(|own| own.asked.is_some());
    for own in own {
        all.left.iter_mut().zip(&own.left).for_each(|(left, own)| *left |= own);
        all.asked = united(all.asked, Some(own.values()));
    }
    all.asked = all.asked.filter(|_| asks);
    all
}

fn parts_of_test(test: &Test, field: &Field, is_wanted: bool) -> Parts {
    let test = BoundTest::new(test, field);
    let named = test.named();
    if test.excludes() != is_wanted {
        return Parts { asked: Some(named.to_vec()), left: vec![true; named.len()] };
    }
    let is_lax = test.is_lax();
    Parts { asked: None, left: named.iter().map(|named| is_lax || !named).collect() }
}

/// The values of either.
fn united(all: Option<Vec<bool>>, more: Option<Vec<bool>>) -> Option<Vec<bool>> {
    match (all, more) {
        (Some(mut all), Some(more)) => {
            all.iter_mut().zip(&more).for_each(|(all, more)| *all |= more);
            Some(all)
        }
        (all, more) => all.or(more),
    }
}
