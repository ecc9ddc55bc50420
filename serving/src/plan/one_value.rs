//! Which values of a multi-valued field make groups under a filter.
//!
//! They are the values that the filter can be true for, *taken over one value*: the set of a cell is thought to
//! hold that value alone, and tests of other fields may come out either way. So it does not matter in which of
//! several equal ways a filter is written.
//!
//! A filter such as `allOf [a, b]`, or `anyOf [a]` and `anyOf [b]`, is true for no single value. Then the groups
//! are the values that its parts ask for, but for those that it excludes: `a` and `b`.

use clio_proto::{Filter, Test};

use crate::snapshot::{Field, NULL};

/// Whether each value, by code, makes a group; `None` where the filter does not test the field, and all do.
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

/// What a filter can come to over one value, by code; at [`NULL`], over the empty set.
struct Outcomes {
    can_hold: Vec<bool>,
    can_fail: Vec<bool>,
}

fn outcomes(filter: &Filter, field: &Field) -> Outcomes {
    let n_codes = field.texts().n_codes();
    let joined = |nodes: &[Filter], is_and: bool| {
        // Of `and`, all must hold, and one may fail; of `or`, the other way round.
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
            let can_hold = over_one_value(test, field);
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

/// What a test of nothing comes to, whatever the field holds.
fn always(test: &Test) -> Option<bool> {
    match test {
        Test::AnyOf(values) if values.is_empty() => Some(false),
        Test::AllOf(values) | Test::NoneOf(values) if values.is_empty() => Some(true),
        _ => None,
    }
}

/// Whether a test holds of the set of each value alone, by code; at [`NULL`], of the empty set.
fn over_one_value(test: &Test, field: &Field) -> Vec<bool> {
    let mut asked = asked(test, field);
    match test {
        Test::AnyOf(_) | Test::Prefix(_) => asked,
        Test::NoneOf(_) => {
            asked.iter_mut().for_each(|asked| *asked = !*asked);
            asked
        }
        Test::AllOf(values) => {
            let Some(first) = values.first() else { return vec![true; asked.len()] };
            if values.iter().any(|value| value != first) {
                asked.fill(false);
            }
            asked
        }
        Test::IsNull(null) => {
            asked.fill(!null);
            asked[NULL as usize] = *null;
            asked
        }
    }
}

/// The values that a test names, by code, whether it asks for them or excludes them.
fn asked(test: &Test, field: &Field) -> Vec<bool> {
    let texts = field.texts();
    let mut asked = vec![false; texts.n_codes()];
    match test {
        Test::AnyOf(values) | Test::AllOf(values) | Test::NoneOf(values) => {
            let codes = values.iter().filter_map(|value| texts.code(value));
            codes.for_each(|code| asked[code as usize] = true);
        }
        Test::Prefix(prefix) => {
            for (code, text) in texts.iter() {
                asked[code as usize] = text.starts_with(prefix.as_str());
            }
        }
        Test::IsNull(_) => asked[1..].fill(true),
    }
    asked
}

/// The values that the parts of a filter ask for, and those that none of them excludes.
struct Parts {
    /// `None` where no part asks for any.
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

/// The parts of a filter, or of its opposite.
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
    let named = asked(test, field);
    let n_codes = named.len();
    let excludes = matches!(test, Test::NoneOf(_) | Test::IsNull(true));
    if excludes != is_wanted {
        return Parts { asked: Some(named), left: vec![true; n_codes] };
    }
    // Not to hold all of several values is no reason to lack one of them.
    let is_lax = matches!(test, Test::AllOf(values) if values.iter().any(|own| *own != values[0]));
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
