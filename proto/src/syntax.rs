//! Filters as people write them, on the command line and in files of roles, parsed into [`Filter`]; with their grammar,
//! which conditions on measures share. [`Display`](std::fmt::Display) writes what is parsed here.
//!
//! ```text
//! or    := and ("or" and)*
//! and   := unary ("and" unary)*
//! unary := "not" unary | "(" or ")" | FIELD test
//! test  := ("anyOf" | "allOf" | "noneOf") "(" VALUE ("," VALUE)* ")"
//!        | "prefix" VALUE | "isNull" | "isNotNull"
//!        | (">=" | "<=" | ">" | "<") WHOLE | "between" WHOLE "and" WHOLE
//! ```
//!
//! A value is a word, or any text in single or double quotes, which are doubled inside. Whole numbers are ages; blanks
//! around signs may be left out. There is no `=`: on a set of values it would have three meanings.

mod having;

use std::str::FromStr;

use crate::field::FieldRef;
use crate::filter::{Filter, Operator, Takes, Test, WholeRange, WholeRangeError};

/// A text that is not a filter or a condition on measures: where it becomes invalid, and what was expected there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SyntaxError(String);

/// The text in the language of `clio query --where`; conditions on measures are parsed the same way.
///
/// ```
/// let filter: clio_proto::Filter = "country anyOf (KR, JP) and not device isNull".parse().unwrap();
/// assert_eq!(filter.to_string(), r#"(country anyOf ("KR", "JP")) and (not (device isNull))"#);
/// ```
impl FromStr for Filter {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse_as(text)
    }
}

const A_WHOLE_NUMBER: &str = "a whole number";

/// A condition that `and`, `or` and `not` combine.
trait Condition: Sized {
    /// What errors call the whole text: `filter`.
    const WHAT: &'static str;
    /// What a single condition may begin with: `a field, `not` or `(``.
    const BEGINNING: &'static str;

    /// Parses a single condition, given its first word.
    fn single(word: &str, parser: &mut Parser<'_>) -> Result<Self, SyntaxError>;
    fn all_of(parts: Vec<Self>) -> Self;
    fn any_of(parts: Vec<Self>) -> Self;
    fn none_of(part: Self) -> Self;
}

/// Parses conditions of one kind.
fn parse_as<C: Condition>(text: &str) -> Result<C, SyntaxError> {
    let mut parser = Parser { tokens: tokens(C::WHAT, text)?, position: 0, what: C::WHAT, text };
    let found = parser.or(0)?;
    match parser.peek() {
        None => Ok(found),
        Some(_) => Err(parser.expected("`and`, `or` or the end")),
    }
}

impl Condition for Filter {
    const WHAT: &'static str = "filter";
    const BEGINNING: &'static str = "a field, `not` or `(`";

    fn single(word: &str, parser: &mut Parser<'_>) -> Result<Self, SyntaxError> {
        let name = parser.before_sign(word, Self::BEGINNING)?;
        Ok(Self::Field { field: FieldRef::parse(&name), test: parser.test()? })
    }

    fn all_of(parts: Vec<Self>) -> Self {
        Self::And(parts)
    }

    fn any_of(parts: Vec<Self>) -> Self {
        Self::Or(parts)
    }

    fn none_of(part: Self) -> Self {
        Self::Not(Box::new(part))
    }
}

/// How deep parentheses and `not` may nest: far beyond what people write.
const MAX_DEPTH: usize = 30;

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Open,
    Close,
    Comma,
    Word(String),
    Quoted(String),
}

/// Each token with the byte offset at which it starts.
fn tokens(what: &str, text: &str) -> Result<Vec<(usize, Token)>, SyntaxError> {
    let mut tokens = Vec::new();
    let mut rest = text.char_indices().peekable();
    while let Some((start, letter)) = rest.next() {
        let token = match letter {
            _ if letter.is_whitespace() => continue,
            '(' => Token::Open,
            ')' => Token::Close,
            ',' => Token::Comma,
            '"' | '\'' => {
                let mut value = String::new();
                loop {
                    match rest.next() {
                        Some((_, next)) if next == letter => {
                            if rest.next_if(|(_, doubled)| *doubled == letter).is_none() {
                                break;
                            }
                            value.push(letter);
                        }
                        Some((_, next)) => value.push(next),
                        None => {
                            return Err(SyntaxError(format!(
                                "{what} `{text}`: the quote at character {} is not closed",
                                start + 1
                            )));
                        }
                    }
                }
                Token::Quoted(value)
            }
            _ => {
                let mut word = String::from(letter);
                while let Some((_, next)) =
                    rest.next_if(|(_, next)| !next.is_whitespace() && !"(),\"'".contains(*next))
                {
                    word.push(next);
                }
                Token::Word(word)
            }
        };
        tokens.push((start, token));
    }
    Ok(tokens)
}

/// A comparison sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    AtLeast,
    AtMost,
    Above,
    Below,
}

/// The signs; where one is a prefix of another, the longer one first.
const SIGNS: [Sign; 4] = [Sign::AtLeast, Sign::AtMost, Sign::Above, Sign::Below];

impl Sign {
    fn as_str(self) -> &'static str {
        match self {
            Self::AtLeast => ">=",
            Self::AtMost => "<=",
            Self::Above => ">",
            Self::Below => "<",
        }
    }
}

/// Parses text, token by token.
struct Parser<'a> {
    tokens: Vec<(usize, Token)>,
    position: usize,
    what: &'static str,
    text: &'a str,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.position).map(|(_, token)| token)
    }

    fn take(&mut self, wanted: &Token) -> bool {
        let found = self.peek() == Some(wanted);
        self.position += usize::from(found);
        found
    }

    fn take_keyword(&mut self, keyword: &str) -> bool {
        let found =
            matches!(self.peek(), Some(Token::Word(word)) if word.eq_ignore_ascii_case(keyword));
        self.position += usize::from(found);
        found
    }

    fn expected(&self, what: &str) -> SyntaxError {
        let place = match self.tokens.get(self.position) {
            Some((start, _)) => format!("at `{}`", &self.text[*start..]),
            None => "at the end".to_owned(),
        };
        SyntaxError(format!("{} `{}`: expected {what} {place}", self.what, self.text))
    }

    fn or<C: Condition>(&mut self, depth: usize) -> Result<C, SyntaxError> {
        let mut parts = vec![self.and(depth)?];
        while self.take_keyword("or") {
            parts.push(self.and(depth)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { C::any_of(parts) })
    }

    fn and<C: Condition>(&mut self, depth: usize) -> Result<C, SyntaxError> {
        let mut parts = vec![self.unary(depth)?];
        while self.take_keyword("and") {
            parts.push(self.unary(depth)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { C::all_of(parts) })
    }

    fn unary<C: Condition>(&mut self, depth: usize) -> Result<C, SyntaxError> {
        if depth > MAX_DEPTH {
            return Err(SyntaxError(format!("{} nests deeper than {MAX_DEPTH} levels", self.what)));
        }
        if self.take_keyword("not") {
            return Ok(C::none_of(self.unary(depth + 1)?));
        }
        if self.take(&Token::Open) {
            let inner = self.or(depth + 1)?;
            return if self.take(&Token::Close) { Ok(inner) } else { Err(self.expected("`)`")) };
        }
        match self.word() {
            Some(word) => C::single(&word, self),
            None => Err(self.expected(C::BEGINNING)),
        }
    }

    /// Takes the next token, if it is a word.
    fn word(&mut self) -> Option<String> {
        let Some(Token::Word(word)) = self.peek() else { return None };
        let word = word.clone();
        self.position += 1;
        Some(word)
    }

    /// The next token, if it is a word.
    fn next_word(&self) -> Option<&str> {
        match self.peek() {
            Some(Token::Word(word)) => Some(word),
            _ => None,
        }
    }

    /// Puts the rest of a word back before the next token.
    fn put_back(&mut self, rest: &str) {
        let (start, _) = self.tokens[self.position - 1];
        let length = match &self.tokens[self.position - 1].1 {
            Token::Word(word) => word.len(),
            _ => rest.len(),
        };
        let at = start + length - rest.len();
        self.tokens.insert(self.position, (at, Token::Word(rest.to_owned())));
    }

    /// The name at the beginning of a word; the rest, from a sign on, is put back.
    fn before_sign(&mut self, word: &str, beginning: &str) -> Result<String, SyntaxError> {
        let end = word.find(['<', '>', '=']).unwrap_or(word.len());
        let (name, rest) = word.split_at(end);
        if !rest.is_empty() {
            self.put_back(rest);
        }
        if name.is_empty() { Err(self.expected(beginning)) } else { Ok(name.to_owned()) }
    }

    /// Takes a comparison sign; its number may follow without a blank.
    fn sign(&mut self) -> Option<Sign> {
        let next = self.next_word()?;
        let sign = SIGNS.into_iter().find(|sign| next.starts_with(sign.as_str()))?;
        let word = self.word()?;
        let rest = &word[sign.as_str().len()..];
        if !rest.is_empty() {
            self.put_back(rest);
        }
        Some(sign)
    }

    /// Takes a number.
    fn number<T: FromStr>(&mut self, what: &str) -> Result<T, SyntaxError> {
        let found = self.next_word().and_then(|word| word.parse().ok());
        match found {
            Some(number) => {
                self.word();
                Ok(number)
            }
            None => Err(self.expected(what)),
        }
    }

    /// Parses what follows `between`.
    fn ends<T: FromStr>(&mut self, what: &str) -> Result<(T, T), SyntaxError> {
        let from = self.number(what)?;
        if !self.take_keyword("and") {
            return Err(self.expected("`and`"));
        }
        Ok((from, self.number(what)?))
    }

    /// The range of whole numbers after a sign.
    fn range(&mut self, sign: Sign) -> Result<WholeRange, SyntaxError> {
        let number: i64 = self.number(A_WHOLE_NUMBER)?;
        let (from, to) = match sign {
            Sign::AtLeast => (Some(number), None),
            Sign::AtMost => (None, Some(number)),
            Sign::Above => (Some(number.saturating_add(1)), None),
            Sign::Below => (None, Some(number.saturating_sub(1))),
        };
        WholeRange::try_new(from, to).map_err(|error| self.no_range(&error))
    }

    fn no_range(&self, error: &WholeRangeError) -> SyntaxError {
        self.refused(&error.to_string())
    }

    /// The error for text that parses but is not a condition.
    fn refused(&self, problem: &str) -> SyntaxError {
        SyntaxError(format!("{} `{}`: {problem}", self.what, self.text))
    }

    fn test(&mut self) -> Result<Test, SyntaxError> {
        if let Some(sign) = self.sign() {
            return self.range(sign).map(Test::Between);
        }
        for operator in Operator::ALL {
            match operator.takes() {
                Takes::Values(test) if self.take_keyword(operator.name()) => {
                    return self.values().map(test);
                }
                Takes::Text(test) if self.take_keyword(operator.name()) => {
                    return self.value().map(test);
                }
                Takes::Range(test) if self.take_keyword(operator.name()) => {
                    let (from, to) = self.ends(A_WHOLE_NUMBER)?;
                    let range = WholeRange::try_new(Some(from), Some(to));
                    return range.map(test).map_err(|error| self.no_range(&error));
                }
                Takes::Flag { test, .. } if self.take_keyword(operator.name()) => {
                    return Ok(test(true));
                }
                Takes::Flag { test, denied } if self.take_keyword(denied) => {
                    return Ok(test(false));
                }
                Takes::Values(_) | Takes::Text(_) | Takes::Range(_) | Takes::Flag { .. } => {}
            }
        }
        let signs = SIGNS.map(Sign::as_str);
        let words: Vec<String> =
            filter_keywords().chain(signs).map(|word| format!("`{word}`")).collect();
        let (last, others) = words.split_last().expect("there are operators");
        Err(self.expected(&format!("{} or {last}", others.join(", "))))
    }

    fn values(&mut self) -> Result<Vec<String>, SyntaxError> {
        if !self.take(&Token::Open) {
            return Err(self.expected("`(` and a list of values"));
        }
        let mut values = vec![self.value()?];
        while self.take(&Token::Comma) {
            values.push(self.value()?);
        }
        if self.take(&Token::Close) { Ok(values) } else { Err(self.expected("`,` or `)`")) }
    }

    fn value(&mut self) -> Result<String, SyntaxError> {
        match self.peek().cloned() {
            Some(Token::Word(value) | Token::Quoted(value)) => {
                self.position += 1;
                Ok(value)
            }
            _ => Err(self.expected("a value")),
        }
    }
}

/// The word of every test of a filter: `anyOf`, `allOf`, …, `isNotNull`.
pub fn filter_keywords() -> impl Iterator<Item = &'static str> {
    Operator::ALL.into_iter().flat_map(|operator| {
        let denied = match operator.takes() {
            Takes::Values(_) | Takes::Text(_) | Takes::Range(_) => None,
            Takes::Flag { denied, .. } => Some(denied),
        };
        std::iter::once(operator.name()).chain(denied)
    })
}

#[cfg(test)]
mod tests;
