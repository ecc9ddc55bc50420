//! The expression of a derived measure: arithmetic over stored measures.
//!
//! ```text
//! sum     = product (("+" | "-") product)*
//! product = factor (("*" | "/") factor)*
//! factor  = "-" factor | "(" sum ")" | number | name | "frequency" "(" name ")"
//!         | ("share_below" | "share_above") "(" name "," number ")"
//! ```

use std::collections::BTreeSet;
use std::fmt;
use std::mem::discriminant;

mod ratio;
mod share;
#[cfg(test)]
mod tests;

pub use share::Share;

/// The largest number of tokens in an expression. It bounds the depth of the tree, and so the stack of everyone who
/// walks it; a formula that people can read has about ten.
const MAX_TOKENS: usize = 200;
/// A function, like `share_below` and `share_above`. A measure may have this name: it is a function only before a
/// parenthesis.
const FREQUENCY: &str = "frequency";

/// Arithmetic (`+ - * /`, unary minus, parentheses) over decimal numbers and names of measures; `frequency(viewers)`:
/// events of a distinct measure's source per person; `share_below(watch, 30)` and `share_above(watch, 30)`: the
/// fraction of a quantile measure's values that are less than a number, and the rest.
///
/// Always true: it has at most two hundred tokens, and every name is a word (`[A-Za-z_][A-Za-z0-9_]*`). In a
/// [`Model`](crate::Model) it names at least one measure, only stored ones, and every frequency has its count.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    text: String,
    root: Node,
}

#[derive(Debug, Clone, PartialEq)]
enum Node {
    Number(f64),
    Name(String),
    /// Events per person: the count of events of a distinct measure's source, divided by that measure.
    Frequency {
        distinct: String,
        count: Option<String>,
    },
    Share(Share),
    Negative(Box<Self>),
    Binary(Operator, Box<Self>, Box<Self>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
}

impl Operator {
    fn as_char(self) -> char {
        match self {
            Self::Add => '+',
            Self::Subtract => '-',
            Self::Multiply => '*',
            Self::Divide => '/',
        }
    }
}

/// Why a text is not an expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at character {position}: {what}")]
pub struct ExpressionError {
    /// The first invalid character, counted from 1.
    pub position: usize,
    /// What is wrong there.
    pub what: String,
}

impl Expression {
    /// Parses an expression.
    ///
    /// ```
    /// use clio_proto::Expression;
    ///
    /// let rate = Expression::parse("players / viewers")?;
    /// let of = |name: &str| Some(if name == "players" { 1.0 } else { 4.0 });
    /// assert_eq!(rate.evaluate(of), Some(0.25));
    /// # Ok::<(), clio_proto::ExpressionError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The first character at which the text is invalid.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        let tokens = tokens(text)?;
        let mut parser = Parser { tokens: &tokens, end: text.chars().count() + 1 };
        let root = parser.sum()?;
        match parser.tokens.first() {
            None => Ok(Self { text: text.to_owned(), root }),
            Some(token) => Err(ExpressionError {
                position: token.position,
                what: format!("expected an operator, found {}", token.kind),
            }),
        }
    }

    /// The text as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The distinct measures whose frequency it contains, in written order.
    pub(crate) fn frequencies(&self) -> Vec<&str> {
        let mut found = Vec::new();
        self.root.each_leaf(&mut |leaf| {
            if let Node::Frequency { distinct, .. } = leaf {
                found.push(distinct.as_str());
            }
        });
        found
    }

    /// The shares of quantile measures that it contains, in written order.
    pub fn shares(&self) -> Vec<&Share> {
        let mut found = Vec::new();
        self.root.each_leaf(&mut |leaf| {
            if let Node::Share(share) = leaf {
                found.push(share);
            }
        });
        found
    }

    /// Assigns to each frequency the measure that counts its events.
    pub(crate) fn count_frequencies(&mut self, count_of: &dyn Fn(&str) -> Option<String>) {
        fn walk(node: &mut Node, count_of: &dyn Fn(&str) -> Option<String>) {
            match node {
                Node::Number(_) | Node::Name(_) | Node::Share(_) => {}
                Node::Frequency { distinct, count } => *count = count_of(distinct),
                Node::Negative(inner) => walk(inner, count_of),
                Node::Binary(_, left, right) => {
                    walk(left, count_of);
                    walk(right, count_of);
                }
            }
        }
        walk(&mut self.root, count_of);
    }

    /// The measures that it names, each once, in alphabetical order; including the counts of frequencies, and the
    /// quantile measures of shares.
    pub fn names(&self) -> BTreeSet<&str> {
        let shares = self.shares();
        let terms = self.terms().into_iter();
        let mut names: BTreeSet<&str> =
            terms.filter(|term| shares.iter().all(|share| share.term() != *term)).collect();
        names.extend(shares.into_iter().map(Share::measure));
        names
    }

    /// Its inputs, each once, in alphabetical order: measures by name, and shares as [`Share::term`] spells them. These
    /// are what [`evaluate`](Self::evaluate) looks up.
    pub fn terms(&self) -> BTreeSet<&str> {
        let mut terms = BTreeSet::new();
        self.root.each_leaf(&mut |leaf| match leaf {
            Node::Name(name) => {
                terms.insert(name.as_str());
            }
            Node::Frequency { distinct, count } => {
                terms.extend(count.as_deref());
                terms.insert(distinct);
            }
            Node::Share(share) => {
                terms.insert(share.term());
            }
            Node::Number(_) | Node::Negative(_) | Node::Binary(..) => {}
        });
        terms
    }

    /// The value, given those of its [`terms`](Self::terms).
    ///
    /// `None` if a measure has no value, if anything is divided by zero, or if the result is too large for a number.
    pub fn evaluate(&self, lookup: impl Fn(&str) -> Option<f64>) -> Option<f64> {
        self.evaluate_noting(&lookup, &mut Vec::new())
    }

    /// The value as in [`evaluate`](Self::evaluate), and every divisor on the way to it, in the order of evaluation,
    /// which is always the same: so that varying a measure shows whether a divisor passes through zero.
    pub fn evaluate_noting(
        &self,
        lookup: &dyn Fn(&str) -> Option<f64>,
        divisors: &mut Vec<f64>,
    ) -> Option<f64> {
        fn walk(
            node: &Node,
            lookup: &dyn Fn(&str) -> Option<f64>,
            divisors: &mut Vec<f64>,
        ) -> Option<f64> {
            let (operator, left, right) = match node {
                Node::Number(number) => return Some(*number),
                Node::Name(name) => return lookup(name),
                Node::Share(share) => return lookup(share.term()),
                Node::Frequency { distinct, count } => {
                    let (events, people) = (lookup(count.as_deref()?)?, lookup(distinct)?);
                    divisors.push(people);
                    return (people != 0.0).then(|| events / people);
                }
                Node::Negative(inner) => return Some(-walk(inner, lookup, divisors)?),
                Node::Binary(operator, left, right) => (operator, left, right),
            };
            let (left, right) = (walk(left, lookup, divisors)?, walk(right, lookup, divisors)?);
            match operator {
                Operator::Add => Some(left + right),
                Operator::Subtract => Some(left - right),
                Operator::Multiply => Some(left * right),
                Operator::Divide => {
                    divisors.push(right);
                    (right != 0.0).then(|| left / right)
                }
            }
        }
        walk(&self.root, lookup, divisors).filter(|value| value.is_finite())
    }
}

impl fmt::Display for Expression {
    /// Its meaning in canonical spelling, with every operation in parentheses, so that texts which differ only in
    /// spaces or redundant parentheses are equal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.fmt(f)
    }
}

impl Node {
    /// Calls back for every leaf, in written order.
    fn each_leaf<'a>(&'a self, see: &mut dyn FnMut(&'a Self)) {
        match self {
            Self::Number(_) | Self::Name(_) | Self::Frequency { .. } | Self::Share(_) => see(self),
            Self::Negative(inner) => inner.each_leaf(see),
            Self::Binary(_, left, right) => {
                left.each_leaf(see);
                right.each_leaf(see);
            }
        }
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Name(name) => f.write_str(name),
            // As the written-out division, which means the same.
            Self::Frequency { distinct, count: Some(count) } => write!(f, "({count} / {distinct})"),
            Self::Frequency { distinct, count: None } => write!(f, "frequency({distinct})"),
            Self::Share(share) => f.write_str(share.term()),
            Self::Negative(inner) => write!(f, "(-{inner})"),
            Self::Binary(operator, left, right) => {
                write!(f, "({left} {} {right})", operator.as_char())
            }
        }
    }
}

struct Token {
    /// Counted from 1, in characters.
    position: usize,
    kind: TokenKind,
}

enum TokenKind {
    Number(f64, String),
    Name(String),
    Operator(Operator),
    Open,
    Close,
    Comma,
}

impl fmt::Display for TokenKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(_, text) | Self::Name(text) => write!(f, "`{text}`"),
            Self::Operator(operator) => write!(f, "`{}`", operator.as_char()),
            Self::Open => f.write_str("`(`"),
            Self::Close => f.write_str("`)`"),
            Self::Comma => f.write_str("`,`"),
        }
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, ExpressionError> {
    let mut tokens = Vec::new();
    let mut letters = text.chars().zip(1..).peekable();
    while let Some((letter, position)) = letters.next() {
        let mut word = String::from(letter);
        let mut take_while = |accept: fn(char) -> bool| {
            while let Some((next, _)) = letters.next_if(|(next, _)| accept(*next)) {
                word.push(next);
            }
        };
        let kind = match letter {
            _ if letter.is_whitespace() => continue,
            '+' => TokenKind::Operator(Operator::Add),
            '-' => TokenKind::Operator(Operator::Subtract),
            '*' => TokenKind::Operator(Operator::Multiply),
            '/' => TokenKind::Operator(Operator::Divide),
            '(' => TokenKind::Open,
            ')' => TokenKind::Close,
            ',' => TokenKind::Comma,
            '0'..='9' | '.' => {
                take_while(|next| next.is_ascii_alphanumeric() || next == '.' || next == '_');
                match decimal(&word) {
                    Some(number) => TokenKind::Number(number, word),
                    None => {
                        let what = format!("`{word}` is not a decimal number");
                        return Err(ExpressionError { position, what });
                    }
                }
            }
            'a'..='z' | 'A'..='Z' | '_' => {
                take_while(|next| next.is_ascii_alphanumeric() || next == '_');
                TokenKind::Name(word)
            }
            _ => {
                let what = format!(
                    "`{letter}` is neither a number, a name, an operator nor a parenthesis"
                );
                return Err(ExpressionError { position, what });
            }
        };
        if tokens.len() == MAX_TOKENS {
            let what = format!("longer than {MAX_TOKENS} numbers, names and signs");
            return Err(ExpressionError { position, what });
        }
        tokens.push(Token { position, kind });
    }
    Ok(tokens)
}

/// Digits, with or without a fraction: what Rust's own parser accepts beyond that (`1e9`, `.5`, `5.`) is likely a
/// typing error in a formula.
fn decimal(word: &str) -> Option<f64> {
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let is_decimal = match word.split_once('.') {
        Some((whole, fraction)) => all_digits(whole) && all_digits(fraction),
        None => all_digits(word),
    };
    if is_decimal { word.parse().ok().filter(|number: &f64| number.is_finite()) } else { None }
}

struct Parser<'a> {
    tokens: &'a [Token],
    /// The position after the last character.
    end: usize,
}

impl Parser<'_> {
    fn sum(&mut self) -> Result<Node, ExpressionError> {
        let mut left = self.product()?;
        while let Some(operator) = self.operator(&[Operator::Add, Operator::Subtract]) {
            left = Node::Binary(operator, Box::new(left), Box::new(self.product()?));
        }
        Ok(left)
    }

    fn product(&mut self) -> Result<Node, ExpressionError> {
        let mut left = self.factor()?;
        while let Some(operator) = self.operator(&[Operator::Multiply, Operator::Divide]) {
            left = Node::Binary(operator, Box::new(left), Box::new(self.factor()?));
        }
        Ok(left)
    }

    fn factor(&mut self) -> Result<Node, ExpressionError> {
        let expected = "expected a number, a measure or `(`";
        let Some((token, rest)) = self.tokens.split_first() else {
            let what = format!("{expected}, found the end");
            return Err(ExpressionError { position: self.end, what });
        };
        self.tokens = rest;
        match &token.kind {
            TokenKind::Number(number, _) => Ok(Node::Number(*number)),
            TokenKind::Name(name) => match self.tokens {
                [Token { kind: TokenKind::Open, position }, rest @ ..] if name == FREQUENCY => {
                    self.tokens = rest;
                    self.frequency(*position)
                }
                [Token { kind: TokenKind::Open, position }, rest @ ..]
                    if let Some(side) = share::Side::of(name) =>
                {
                    self.tokens = rest;
                    self.share(side, *position)
                }
                _ => Ok(Node::Name(name.clone())),
            },
            TokenKind::Operator(Operator::Subtract) => Ok(Node::Negative(Box::new(self.factor()?))),
            TokenKind::Open => {
                let inner = self.sum()?;
                match self.tokens.split_first() {
                    Some((Token { kind: TokenKind::Close, .. }, rest)) => {
                        self.tokens = rest;
                        Ok(inner)
                    }
                    Some((other, _)) => Err(ExpressionError {
                        position: other.position,
                        what: format!("expected an operator or `)`, found {}", other.kind),
                    }),
                    None => Err(ExpressionError {
                        position: token.position,
                        what: "`(` is never closed".to_owned(),
                    }),
                }
            }
            kind @ (TokenKind::Operator(_) | TokenKind::Close | TokenKind::Comma) => {
                Err(ExpressionError {
                    position: token.position,
                    what: format!("{expected}, found {kind}"),
                })
            }
        }
    }

    /// Parses a distinct measure and `)`, after the `(` at a position.
    fn frequency(&mut self, open: usize) -> Result<Node, ExpressionError> {
        let distinct = self.name(open, "a distinct measure")?;
        self.sign(open, &TokenKind::Close)?;
        Ok(Node::Frequency { distinct, count: None })
    }

    /// Parses a quantile measure, `,`, a number and `)`, after the `(` at a position.
    fn share(&mut self, side: share::Side, open: usize) -> Result<Node, ExpressionError> {
        let measure = self.name(open, "a quantile measure")?;
        self.sign(open, &TokenKind::Comma)?;
        let threshold = match self.tokens {
            [Token { kind: TokenKind::Number(number, _), .. }, rest @ ..] => {
                self.tokens = rest;
                *number
            }
            _ => return Err(self.other_than(open, "a number")),
        };
        self.sign(open, &TokenKind::Close)?;
        Ok(Node::Share(Share::new(side, measure, threshold)))
    }

    /// Takes a name, inside the `(` at a position.
    fn name(&mut self, open: usize, expected: &str) -> Result<String, ExpressionError> {
        match self.tokens {
            [Token { kind: TokenKind::Name(name), .. }, rest @ ..] => {
                self.tokens = rest;
                Ok(name.clone())
            }
            _ => Err(self.other_than(open, expected)),
        }
    }

    /// Takes a sign, inside the `(` at a position.
    fn sign(&mut self, open: usize, wanted: &TokenKind) -> Result<(), ExpressionError> {
        match self.tokens {
            [Token { kind, .. }, rest @ ..] if discriminant(kind) == discriminant(wanted) => {
                self.tokens = rest;
                Ok(())
            }
            _ => Err(self.other_than(open, &wanted.to_string())),
        }
    }

    /// The error for an unexpected next token, or for the `(` at a position that is never closed.
    fn other_than(&self, open: usize, expected: &str) -> ExpressionError {
        match self.tokens.first() {
            Some(other) => ExpressionError {
                position: other.position,
                what: format!("expected {expected}, found {}", other.kind),
            },
            None => ExpressionError { position: open, what: "`(` is never closed".to_owned() },
        }
    }

    /// Takes the next token if it is one of these operators.
    fn operator(&mut self, wanted: &[Operator]) -> Option<Operator> {
        let (token, rest) = self.tokens.split_first()?;
        match token.kind {
            TokenKind::Operator(operator) if wanted.contains(&operator) => {
                self.tokens = rest;
                Some(operator)
            }
            _ => None,
        }
    }
}
