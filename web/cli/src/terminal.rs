//! The one way to standard output and standard error.
//!
//! Data (members, labels, paths, errors of other machines) may contain characters that a terminal interprets:
//! colours, cursor moves, titles, clipboard writes. So text for people is made safe here, wherever it comes from and
//! goes to. CSV and JSON for programs are printed unchanged, unless a terminal reads them.
//!
//! A reader may close the pipe before everything is printed, as in `clio etl run | head -3`. That is not a failure
//! of any command: the rest is not printed, the work is completed, and the exit code says how the work went. Output
//! that is lost in any other way, for instance because a disk is full, fails the command at its end.

use std::borrow::Cow;
use std::fmt::{Arguments, Write as _};
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

/// Prints a line for people on standard output.
macro_rules! say {
    ($($text:tt)*) => { $crate::terminal::say_line(format_args!($($text)*)) };
}

/// Prints a line for people on standard error.
macro_rules! tell {
    ($($text:tt)*) => { $crate::terminal::tell_line(format_args!($($text)*)) };
}

/// Prints a line for programs on standard output.
macro_rules! answer {
    ($($text:tt)*) => { $crate::terminal::answer_bytes(format!("{}\n", format_args!($($text)*)).as_bytes()) };
}

pub(crate) use {answer, say, tell};

/// The state of standard output.
static OUTPUT: Mutex<Output> = Mutex::new(Output::Open);

enum Output {
    Open,
    /// The reader has gone.
    Gone,
    /// Something was lost; the error is reported when the command ends.
    Failed(io::Error),
}

pub(crate) fn say_line(text: Arguments<'_>) {
    let line = format!("{text}\n");
    write_out(safe(&line, Lines::Kept).as_bytes());
}

pub(crate) fn tell_line(text: Arguments<'_>) {
    let line = format!("{text}\n");
    // If standard error is closed or full, there is nowhere to report it.
    let _ = io::stderr().lock().write_all(safe(&line, Lines::Kept).as_bytes());
}

/// Prints output for programs, byte for byte; it is made safe only if a terminal shows it to people.
pub(crate) fn answer_bytes(bytes: &[u8]) {
    if io::stdout().is_terminal() {
        let text = String::from_utf8_lossy(bytes);
        write_out(safe(&text, Lines::Kept).as_bytes());
    } else {
        write_out(bytes);
    }
}

fn write_out(bytes: &[u8]) {
    let mut output = OUTPUT.lock().unwrap_or_else(PoisonError::into_inner);
    if !matches!(*output, Output::Open) {
        return;
    }
    let mut stdout = io::stdout().lock();
    note(&mut output, stdout.write_all(bytes));
}

fn note(output: &mut Output, written: io::Result<()>) {
    if let Err(error) = written {
        *output = match error.kind() {
            ErrorKind::BrokenPipe => Output::Gone,
            _ => Output::Failed(error),
        };
    }
}

/// Whether anyone may still read the output.
pub(crate) fn is_read() -> bool {
    matches!(*OUTPUT.lock().unwrap_or_else(PoisonError::into_inner), Output::Open)
}

/// Standard output for programs, written piece by piece. Writing never fails: [`finish`] reports what was lost.
#[derive(Debug, Default)]
pub(crate) struct AnswerWriter {
    /// The unfinished line: only whole characters can be made safe.
    line: Vec<u8>,
}

impl Write for AnswerWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.line.extend_from_slice(bytes);
        if let Some(end) = self.line.iter().rposition(|byte| *byte == b'\n') {
            answer_bytes(&self.line[..=end]);
            self.line.drain(..=end);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.line.is_empty() {
            answer_bytes(&self.line);
            self.line.clear();
        }
        Ok(())
    }
}

/// Writes what is still buffered, and reports whether output was lost that its reader wanted.
///
/// # Errors
///
/// The first error of writing to standard output, except a reader that has gone.
pub(crate) fn finish() -> io::Result<()> {
    let mut output = OUTPUT.lock().unwrap_or_else(PoisonError::into_inner);
    if matches!(*output, Output::Open) {
        note(&mut output, io::stdout().lock().flush());
    }
    match std::mem::replace(&mut *output, Output::Gone) {
        Output::Open | Output::Gone => Ok(()),
        Output::Failed(error) => Err(error),
    }
}

/// Whether standard output is read by a person.
pub(crate) fn is_seen() -> bool {
    io::stdout().is_terminal()
}

/// Whether output and errors are read by one person at one terminal.
pub(crate) fn is_shared() -> bool {
    io::stdout().is_terminal() && io::stderr().is_terminal()
}

/// How line breaks and tabs are treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lines {
    /// They are layout, and are kept.
    Kept,
    /// The text has to fit on one line: the cell of a table, the label of a bar.
    One,
}

/// The text, with escapes such as `\u001b` in place of anything that a terminal would interpret or that would
/// reorder the line.
pub(crate) fn safe(text: &str, lines: Lines) -> Cow<'_, str> {
    let harmful = |c: char| is_harmful(c) && !(lines == Lines::Kept && matches!(c, '\n' | '\t'));
    if !text.contains(harmful) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' if harmful(c) => out.push_str("\\n"),
            '\t' if harmful(c) => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            _ if harmful(c) => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            _ => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Control characters of both sets, separators at which some terminals break lines, and characters that override the
/// direction of text. Direction marks and joiners stay: some languages need them.
fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The writer of log lines: standard error, made safe except for the colours of the log's own formatter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LogWriter {
    /// Whether the formatter colours its lines. It escapes its input, so the colours are its own.
    pub(crate) coloured: bool,
}

impl Write for LogWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        let line =
            if self.coloured { safe_but_for_colours(&text) } else { safe(&text, Lines::Kept) };
        // As in `tell!`: there is nowhere to report a failure.
        let _ = io::stderr().lock().write_all(line.as_bytes());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn safe_but_for_colours(text: &str) -> Cow<'_, str> {
    const BEGIN: &str = "\u{1b}[";
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(BEGIN) {
        let (before, from) = rest.split_at(at);
        out.push_str(&safe(before, Lines::Kept));
        let parameters = &from[BEGIN.len()..];
        let n = parameters.bytes().take_while(|b| b.is_ascii_digit() || *b == b';').count();
        let is_colour = parameters.as_bytes().get(n) == Some(&b'm');
        let length = BEGIN.len() + if is_colour { n + 1 } else { 0 };
        let sequence = &from[..length];
        if is_colour {
            out.push_str(sequence);
        } else {
            out.push_str(&safe(sequence, Lines::Kept));
        }
        rest = &from[length..];
    }
    out.push_str(&safe(rest, Lines::Kept));
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_written_out() {
        let check = |text: &str, kept: &str, one: &str| {
            assert_eq!(safe(text, Lines::Kept), kept);
            assert_eq!(safe(text, Lines::One), one);
        };
        check("plain, Café, 日本, שלום", "plain, Café, 日本, שלום", "plain, Café, 日本, שלום");
        check("\u{1b}[31mred\u{1b}[0m", "\\u001b[31mred\\u001b[0m", "\\u001b[31mred\\u001b[0m");
        check("\u{1b}]0;title\u{7}", "\\u001b]0;title\\u0007", "\\u001b]0;title\\u0007");
        check("\u{9b}2J\u{7f}", "\\u009b2J\\u007f", "\\u009b2J\\u007f");
        check("a\rb", "a\\rb", "a\\rb");
        check("a\nb\tc", "a\nb\tc", "a\\nb\\tc");
        check("\u{202e}txt.exe", "\\u202etxt.exe", "\\u202etxt.exe");
        check("\u{2028}", "\\u2028", "\\u2028");
    }

    #[test]
    fn every_control_character_is_written_out() {
        for c in (0..=0x9f_u8).map(char::from).filter(|c| c.is_control()) {
            let out = safe(&format!("a{c}b"), Lines::One).into_owned();
            assert!(!out.contains(char::is_control), "{c:?} gives {out:?}");
        }
    }

    #[test]
    fn a_log_keeps_colours_and_nothing_else() {
        let line =
            "\u{1b}[33m WARN\u{1b}[0m \u{1b}[1;2mx\u{1b}[0m member=\u{1b}[2J\u{1b}]0;t\u{7}\n";
        let expected =
            "\u{1b}[33m WARN\u{1b}[0m \u{1b}[1;2mx\u{1b}[0m member=\\u001b[2J\\u001b]0;t\\u0007\n";
        assert_eq!(safe_but_for_colours(line), expected);
    }

    #[test]
    fn a_reader_that_has_gone_is_no_failure_and_a_full_disk_is() {
        let after = |kind: ErrorKind| {
            let mut output = Output::Open;
            note(&mut output, Err(kind.into()));
            output
        };
        assert!(matches!(after(ErrorKind::BrokenPipe), Output::Gone));
        assert!(matches!(after(ErrorKind::StorageFull), Output::Failed(_)));
    }
}
