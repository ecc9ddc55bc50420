//! Expressions that are the ratio of two measures, or a share.

use super::{Expression, Node, Operator, Share};

impl Expression {
    /// The share that it is, and nothing else.
    pub(crate) fn as_share(&self) -> Option<&Share> {
        match &self.root {
            Node::Share(share) => Some(share),
            Node::Number(_)
            | Node::Name(_)
            | Node::Frequency { .. }
            | Node::Negative(_)
            | Node::Binary(..) => None,
        }
    }

    /// The two measures if the expression is their ratio and nothing else: `a / b`, and `frequency(b)`, which is one.
    ///
    /// ```
    /// use clio_proto::Expression;
    ///
    /// assert_eq!(Expression::parse("(players) / viewers")?.as_ratio(), Some(("players", "viewers")));
    /// assert_eq!(Expression::parse("100 * players / viewers")?.as_ratio(), None);
    /// # Ok::<(), clio_proto::ExpressionError>(())
    /// ```
    pub fn as_ratio(&self) -> Option<(&str, &str)> {
        match &self.root {
            Node::Binary(Operator::Divide, above, below) => match (&**above, &**below) {
                (Node::Name(above), Node::Name(below)) => Some((above, below)),
                _ => None,
            },
            Node::Frequency { distinct, count } => Some((count.as_deref()?, distinct)),
            Node::Number(_)
            | Node::Name(_)
            | Node::Share(_)
            | Node::Negative(_)
            | Node::Binary(..) => None,
        }
    }
}
