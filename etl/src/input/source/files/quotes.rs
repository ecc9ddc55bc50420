//! Whether the quotes of a CSV text are closed. The decoder takes everything after an open quote for one field,
//! to the end of the file.

use clio_proto::CsvOptions;

/// The quote character of the decoder where there is none: not a byte of UTF-8.
pub(super) const NO_QUOTE: u8 = 0xff;

/// A quoted field longer than this is missing its closing quote.
const MAX_FIELD_BYTES: u64 = 64 << 20;

/// A quote that swallows lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::input::source::files) struct OpenQuote {
    /// Where it opens, in bytes from the beginning of the text.
    pub(in crate::input::source::files) offset: u64,
    pub(in crate::input::source::files) reason: String,
}

/// Scans text in pieces, from quote to quote, with the decoder's rules: a quote opens only at the beginning of
/// a field, two quotes inside are one, and a record ends at the end of an unquoted line.
///
/// The quote that closes a field with line ends must be at the field's end: otherwise an earlier quote is
/// missing.
#[derive(Debug)]
pub(in crate::input::source::files) struct Quotes {
    delimiter: u8,
    quote: u8,
    /// The number of bytes before.
    offset: u64,
    /// The last byte before.
    last: u8,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Outside,
    /// In a quoted field, which began there; whether it contains a line end.
    Inside {
        from: u64,
        has_lines: bool,
    },
    /// After a quote in a quoted field: the next byte tells whether it closes the field.
    Behind {
        from: u64,
        has_lines: bool,
    },
}

impl Quotes {
    /// `None` where the model switches quoting off.
    pub(in crate::input::source::files) fn new(options: &CsvOptions) -> Option<Self> {
        let (delimiter, quote) = (options.delimiter, options.quote?);
        Some(Self { delimiter, quote, offset: 0, last: b'\n', state: State::Outside })
    }

    /// Scans the next bytes.
    pub(in crate::input::source::files) fn look(&mut self, piece: &[u8]) -> Result<(), OpenQuote> {
        let mut at = 0;
        while at < piece.len() {
            match self.state {
                State::Outside => {
                    let Some(found) = find(&piece[at..], self.quote) else { break };
                    let quote = at + found;
                    let before = quote.checked_sub(1).map_or(self.last, |at| piece[at]);
                    if [self.delimiter, b'\n', b'\r'].contains(&before) {
                        let from = self.offset + quote as u64;
                        self.state = State::Inside { from, has_lines: false };
                    }
                    at = quote + 1;
                }
                State::Inside { from, has_lines } => {
                    let found = find(&piece[at..], self.quote);
                    let end = found.map_or(piece.len(), |found| at + found);
                    let has_lines = has_lines || find(&piece[at..end], b'\n').is_some();
                    if self.offset + end as u64 - from > MAX_FIELD_BYTES {
                        let reason = format!(
                            "a quote opens here and does not close in {} MiB",
                            MAX_FIELD_BYTES >> 20
                        );
                        return Err(OpenQuote { offset: from, reason: with_mend(&reason) });
                    }
                    self.state = match found {
                        Some(_) => State::Behind { from, has_lines },
                        None => State::Inside { from, has_lines },
                    };
                    at = end + 1;
                }
                State::Behind { from, has_lines } => {
                    let byte = piece[at];
                    self.state = if byte == self.quote {
                        State::Inside { from, has_lines }
                    } else if has_lines && ![self.delimiter, b'\n', b'\r'].contains(&byte) {
                        let reason = "a quote opens here, and what seems to close it lines below \
                                      is followed by more text";
                        return Err(OpenQuote { offset: from, reason: with_mend(reason) });
                    } else {
                        State::Outside
                    };
                    at += 1;
                }
            }
        }
        self.offset += piece.len() as u64;
        self.last = piece.last().copied().unwrap_or(self.last);
        Ok(())
    }

    /// Marks the end of the text.
    pub(in crate::input::source::files) fn finish(&self) -> Result<(), OpenQuote> {
        match self.state {
            State::Inside { from, .. } => {
                let reason = with_mend("a quote opens here and never closes");
                Err(OpenQuote { offset: from, reason })
            }
            State::Outside | State::Behind { .. } => Ok(()),
        }
    }
}

fn with_mend(reason: &str) -> String {
    format!(
        "{reason}; close it, write two where one is meant, or switch quoting off (`csv.quote = \"\"`)"
    )
}

fn find(text: &[u8], byte: u8) -> Option<usize> {
    memchr::memchr(byte, text)
}

/// A reader of records of any number of fields, in the model's CSV dialect.
pub(super) fn csv_records<'a>(options: &CsvOptions, text: &'a [u8]) -> csv::Reader<&'a [u8]> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(options.delimiter)
        .quoting(options.quote.is_some())
        .quote(options.quote.unwrap_or(NO_QUOTE))
        .from_reader(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found, wherever the text is cut in two.
    fn look(text: &str) -> Option<u64> {
        let found = |cut: usize| {
            let mut quotes = Quotes::new(&CsvOptions::default()).unwrap();
            let (first, second) = text.as_bytes().split_at(cut);
            let looked = quotes.look(first).and_then(|()| quotes.look(second));
            looked.and_then(|()| quotes.finish()).err().map(|open| open.offset)
        };
        let whole = found(0);
        for cut in 0..=text.len() {
            assert_eq!(found(cut), whole, "{text:?} cut at {cut}");
        }
        whole
    }

    #[test]
    fn a_quote_that_swallows_lines_is_found_where_it_opens() {
        assert_eq!(look("a,b\n1,\"US\n2,DE\n"), Some(6));
        assert_eq!(look("a,b\n1,\"US\n2,\"DE\"\n"), Some(6));
        assert_eq!(look("\"a\n"), Some(0));
    }

    #[test]
    fn quotes_that_close_or_open_nothing_are_left_alone() {
        for text in [
            "",
            "a",
            "\"\"",
            "\"a\"",
            "\"a\",\"b \"\" c\"\r\n",
            "1,\"two\nlines\",3\n",
            "5\" disk,6\"\n",
            "\"a\"b,c\n",
            "x\"\n\"y\"\n",
        ] {
            assert_eq!(look(text), None, "{text:?}");
        }
    }
}
