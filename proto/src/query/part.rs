//! The parts of a question, and the words of each interface for them in error messages.

use strum::EnumCount;

use crate::error::ServiceError;

/// A part of a question: of a query, of a search for members, or the snapshot beside either.
///
/// Errors name parts by the words of gRPC in backticks: the wrong part at the beginning, followed by a colon, and
/// others in the text, after one of the words *in*, *with*, *without*, *out*, *lower*, *or*, *and*, or a parenthesis.
/// So each interface can substitute [its own words](Self::reworded), while names of a model, which stand elsewhere,
/// remain as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, EnumCount)]
pub enum QuestionPart {
    /// The first day.
    From,
    /// The last day.
    To,
    /// Which cells count.
    Filter,
    /// What rows are grouped by.
    GroupBy,
    /// The requested measures.
    Measures,
    /// Which groups stay.
    Having,
    /// The order of rows.
    OrderBy,
    /// The largest number of rows, or members.
    Limit,
    /// Rows, or members, to skip.
    Offset,
    /// Where the page begins.
    After,
    /// What the answer contains besides keys and values.
    Extras,
    /// What rows are compared with.
    Compare,
    /// Which days count for a row of time.
    Window,
    /// The look-back of rows of time, on whose days new people were not seen.
    LookBack,
    /// The snapshot to query.
    Snapshot,
    /// The field whose members are searched.
    Field,
    /// The text to search members by.
    Search,
}

impl QuestionPart {
    /// Every part.
    pub const ALL: [Self; Self::COUNT] = [
        Self::From,
        Self::To,
        Self::Filter,
        Self::GroupBy,
        Self::Measures,
        Self::Having,
        Self::OrderBy,
        Self::Limit,
        Self::Offset,
        Self::After,
        Self::Extras,
        Self::Compare,
        Self::Window,
        Self::LookBack,
        Self::Snapshot,
        Self::Field,
        Self::Search,
    ];

    /// The word of gRPC: `from`, `to`, `filter`, `group_by`, …
    pub fn as_str(self) -> &'static str {
        match self {
            Self::From => "from",
            Self::To => "to",
            Self::Filter => "filter",
            Self::GroupBy => "group_by",
            Self::Measures => "measures",
            Self::Having => "having",
            Self::OrderBy => "order_by",
            Self::Limit => "limit",
            Self::Offset => "offset",
            Self::After => "after",
            Self::Extras => "extras",
            Self::Compare => "compare",
            Self::Window => "window",
            Self::LookBack => "look_back_days",
            Self::Snapshot => "snapshot",
            Self::Field => "field",
            Self::Search => "search",
        }
    }

    /// A message with the words of an interface in place of those of gRPC: `path` for the wrong part, `word` for
    /// others.
    ///
    /// ```
    /// use clio_proto::QuestionPart;
    ///
    /// let flag = |part: QuestionPart| format!("--{}", part.as_str().replace('_', "-"));
    /// let said = QuestionPart::reworded(
    ///     "`having`: unknown measure `limit`; name `day` in `group_by`",
    ///     flag,
    ///     |part| format!("`{}`", flag(part)),
    /// );
    /// assert_eq!(said, "--having: unknown measure `limit`; name `day` in `--group-by`");
    /// ```
    pub fn reworded(
        message: &str,
        path: impl Fn(Self) -> String,
        word: impl Fn(Self) -> String,
    ) -> String {
        const BEFORE: [&str; 8] =
            ["in ", "with ", "without ", "out ", "lower ", "or ", "and ", "("];
        let mut said = String::with_capacity(message.len());
        let mut rest = message;
        while let Some(begin) = rest.find('`') {
            let (before, from) = rest.split_at(begin);
            said.push_str(before);
            let Some(length) = from[1..].find('`') else {
                rest = from;
                break;
            };
            let (quoted, behind) = from.split_at(length + 2);
            rest = behind;
            let name = &quoted[1..=length];
            let part = Self::ALL.into_iter().find(|part| part.as_str() == name);
            match part {
                Some(part) if said.is_empty() && behind.starts_with(": ") => {
                    said.push_str(&path(part));
                }
                Some(part) if BEFORE.iter().any(|word| said.ends_with(word)) => {
                    said.push_str(&word(part));
                }
                Some(_) | None => said.push_str(quoted),
            }
        }
        said.push_str(rest);
        said
    }
}

impl ServiceError {
    /// The error with a part of the question prefixed as its subject.
    #[must_use]
    pub fn of(self, part: QuestionPart) -> Self {
        Self { message: format!("`{}`: {}", part.as_str(), self.message), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    #[test]
    fn parts_are_reworded_and_names_of_models_are_not() {
        let said = |message: &str| {
            let path = |part: QuestionPart| format!("<{}>", part.as_str());
            QuestionPart::reworded(message, path, |part| format!("[{}]", part.as_str()))
        };
        for (message, expected) in [
            (
                "`look_back_days`: not together with `window`",
                "<look_back_days>: not together with [window]",
            ),
            ("`after`: leave out `offset`", "<after>: leave out [offset]"),
            ("without `from` or `to` it ends", "without [from] or [to] it ends"),
            ("say it (`from`)", "say it ([from])"),
            (
                "unknown measure `window`; there are: `limit`, `from`",
                "unknown measure `window`; there are: `limit`, `from`",
            ),
            ("`limit` is no quantile measure", "`limit` is no quantile measure"),
            ("an open ` at the end", "an open ` at the end"),
            ("", ""),
        ] {
            assert_eq!(said(message), expected);
        }
    }

    #[test]
    fn an_error_is_of_a_part() {
        let error = ServiceError::new(Code::InvalidArgument, "too much").of(QuestionPart::GroupBy);
        assert_eq!(
            (error.code, error.message.as_str()),
            (Code::InvalidArgument, "`group_by`: too much")
        );
    }
}
