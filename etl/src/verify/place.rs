//! The place of a number: the total of a day, a member, or a cell; and a cell's key as text.

use std::collections::BTreeMap;

use clio_proto::Dimension;

/// Separates the members of a set.
pub(super) const BETWEEN_MEMBERS: char = '\u{1f}';
/// Follows each dimension of a cell.
pub(super) const BEHIND_DIMENSION: char = '\u{1e}';
/// Stands for the null member.
pub(super) const NULL: char = '\u{2}';
/// Follows a set that contains the empty string, which its members' text does not show.
pub(super) const HAS_EMPTY: char = '\u{1}';

/// A question to both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Question {
    /// The total of the day.
    Total,
    /// Each member of the dimension with this index.
    Dimension(usize),
    /// Some cells.
    Cells,
}

impl Question {
    /// Every question for this many dimensions.
    pub(super) fn all(n_dimensions: usize) -> impl Iterator<Item = Self> {
        let dimensions = (0..n_dimensions).map(Self::Dimension);
        std::iter::once(Self::Total).chain(dimensions).chain([Self::Cells])
    }
}

/// The place of a number: the member, or the cell's key; `None` is the null member, or the total.
pub(super) type Place = (Question, Option<String>);

/// Numbers by place and measure.
pub(super) type Numbers<T> = BTreeMap<Place, BTreeMap<usize, T>>;

/// A place, in words.
pub(super) fn name(dimensions: &[Dimension], (question, key): &Place) -> String {
    let value = |key: &Option<String>| key.clone().unwrap_or_else(|| "null".to_owned());
    match question {
        Question::Total => "total".to_owned(),
        Question::Dimension(index) => format!("{}={}", dimensions[*index].name, value(key)),
        Question::Cells => {
            let key = value(key);
            let parts = key.split_terminator(BEHIND_DIMENSION);
            let part = |(dimension, part): (&Dimension, &str)| {
                let text = part.trim_end_matches(HAS_EMPTY).replace(BETWEEN_MEMBERS, ",");
                let text = text.replace(NULL, "null");
                if dimension.multi {
                    format!("{}={{{text}}}", dimension.name)
                } else {
                    format!("{}={text}", dimension.name)
                }
            };
            dimensions.iter().zip(parts).map(part).collect::<Vec<_>>().join(", ")
        }
    }
}
