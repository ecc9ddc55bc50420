//! Where a number stands: in the total of a day, with a member, or in a cell; and a cell's key as one text.

use std::collections::BTreeMap;

use clio_proto::Dimension;

/// Between the members of a set.
pub(super) const BETWEEN_MEMBERS: char = '\u{1f}';
/// Behind each dimension of a cell.
pub(super) const BEHIND_DIMENSION: char = '\u{1e}';
/// Stands for the null member.
pub(super) const NULL: char = '\u{2}';
/// Behind a set that holds the empty text, which its members' texts do not show.
pub(super) const HAS_EMPTY: char = '\u{1}';

/// What is asked of both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Question {
    /// All of the day.
    Total,
    /// Each member of the dimension with this index.
    Dimension(usize),
    /// Some cells.
    Cells,
}

impl Question {
    /// Every question of a cube with so many dimensions.
    pub(super) fn all(n_dimensions: usize) -> impl Iterator<Item = Self> {
        let dimensions = (0..n_dimensions).map(Self::Dimension);
        std::iter::once(Self::Total).chain(dimensions).chain([Self::Cells])
    }
}

/// Where a number stands: the member, or the cell's key; `None` is the null member, or the total.
pub(super) type Place = (Question, Option<String>);

/// Numbers by place and measure.
pub(super) type Numbers<T> = BTreeMap<Place, BTreeMap<usize, T>>;

/// A place in words.
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
