//! What text may contain before it is parsed: a parser's tree takes a hundred times the memory of text
//! made of short tokens, and the parser recurses for each open bracket.

use clio_proto::{Code, ServiceError};

use super::over_limit;
use crate::config::GatewayLimits;

/// How many brackets of a query's text may be open at once. The parser recurses for each, and would
/// overflow the stack at some thousands.
const MAX_BRACKETS: usize = 256;
/// The delimiter of block strings.
const BLOCK: &[u8] = br#"""""#;

/// Counts tokens, and brackets that are open at once, outside of strings and comments.
pub(super) fn check_query(query: &str, limits: &GatewayLimits) -> Result<(), ServiceError> {
    let bytes = query.as_bytes();
    let (mut at, mut open, mut n_tokens) = (0_usize, 0_usize, 0_usize);
    while let Some(byte) = bytes.get(at) {
        let rest = &bytes[at..];
        n_tokens += usize::from(!matches!(byte, b'#' | b',') && !byte.is_ascii_whitespace());
        if n_tokens > limits.max_tokens {
            return Err(over_limit("or more signs", n_tokens, limits.max_tokens));
        }
        at += match byte {
            b'#' => {
                rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len())
            }
            b'"' if rest.starts_with(BLOCK) => {
                BLOCK.len() + text_length(&rest[BLOCK.len()..], BLOCK, br#"\"""#)
            }
            b'"' => 1 + text_length(&rest[1..], b"\"", b"\\"),
            b'{' | b'[' | b'(' => {
                open += 1;
                if open > MAX_BRACKETS {
                    return Err(over_limit("open brackets", open, MAX_BRACKETS));
                }
                1
            }
            b'}' | b']' | b')' => {
                open = open.saturating_sub(1);
                1
            }
            _ if is_of_name(*byte) => {
                let length = rest.iter().position(|byte| !is_of_name(*byte)).unwrap_or(rest.len());
                if length > limits.max_name_bytes {
                    let most = limits.max_name_bytes;
                    let message = format!("a name has {length} bytes; at most {most} are read");
                    return Err(ServiceError::new(Code::ResourceExhausted, message));
                }
                length
            }
            _ => 1,
        };
    }
    Ok(())
}

/// Counts the values of JSON text, including the names of object entries.
///
/// # Errors
///
/// If there are more than a request may have.
pub(crate) fn check_json(bytes: &[u8], limits: &GatewayLimits) -> Result<(), ServiceError> {
    let (mut at, mut n_values) = (0_usize, 0_usize);
    while let Some(byte) = bytes.get(at) {
        at += match byte {
            b'"' => 1 + text_length(&bytes[at + 1..], b"\"", b"\\"),
            b',' | b'[' | b'{' => {
                n_values += 1;
                1
            }
            _ => 1,
        };
    }
    if n_values <= limits.max_variable_values {
        return Ok(());
    }
    let message = format!(
        "the request has {n_values} values; at most {} are read",
        limits.max_variable_values
    );
    Err(ServiceError::new(Code::ResourceExhausted, message))
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The length of a string up to and including its closing quotes. In a plain string a backslash
/// escapes the next byte; in a block string only before three quotes.
fn text_length(bytes: &[u8], quotes: &[u8], escape: &[u8]) -> usize {
    let mut at = 0;
    let special = |byte: &u8| *byte == quotes[0] || *byte == escape[0];
    while let Some(next) = bytes[at..].iter().position(special) {
        at += next;
        let rest = &bytes[at..];
        if rest.starts_with(escape) {
            at = bytes.len().min(at + escape.len().max(2));
        } else if rest.starts_with(quotes) {
            return at + quotes.len();
        } else {
            at += 1;
        }
    }
    bytes.len()
}
