//! How a failure ends the process: its chain of causes once, on standard error, and the exit code.

use std::process::ExitCode;

use clio_proto::{Code, QuestionPart, ServiceError};

use crate::settings::WrongSettings;
use crate::terminal::tell;
use crate::usage::Usage;

/// Prints the error with its causes and returns the exit code: 2 for wrong usage and for questions that cannot be
/// answered as asked, otherwise 1.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    let mut printed = String::new();
    for cause in error.chain() {
        let text = words(cause);
        // Many libraries repeat their cause's text in their own; once is enough.
        if printed.contains(&text) {
            continue;
        }
        let lead = if printed.is_empty() { "error: " } else { "  because: " };
        tell!("{lead}{text}");
        printed.push_str(&text);
    }
    let wrong_usage = error.chain().any(|cause| {
        cause.is::<Usage>()
            || cause.is::<WrongSettings>()
            || cause
                .downcast_ref::<ServiceError>()
                .is_some_and(|error| is_of_the_question(error.code))
    });
    ExitCode::from(if wrong_usage { 2 } else { 1 })
}

/// Whether the same question is always refused, while another one may be answered.
fn is_of_the_question(code: Code) -> bool {
    match code {
        Code::InvalidArgument
        | Code::NotFound
        | Code::Unauthenticated
        | Code::PermissionDenied
        | Code::ResourceExhausted => true,
        Code::Unavailable | Code::DeadlineExceeded | Code::Internal => false,
    }
}

/// The flag for a part of a question.
fn flag(part: QuestionPart) -> &'static str {
    match part {
        QuestionPart::From => "--from",
        QuestionPart::To => "--to",
        QuestionPart::Filter => "--where",
        QuestionPart::GroupBy => "--group-by",
        QuestionPart::Measures => "--measures",
        QuestionPart::Having => "--having",
        QuestionPart::OrderBy => "--order-by",
        QuestionPart::Limit => "--limit",
        QuestionPart::Offset => "--offset",
        QuestionPart::After => "--after",
        QuestionPart::Extras => "--with",
        QuestionPart::Compare => "--compare",
        QuestionPart::Window => "--window",
        QuestionPart::LookBack => "--look-back",
        QuestionPart::Snapshot => "--snapshot",
        QuestionPart::Field => "--field",
        QuestionPart::Search => "--search",
    }
}

/// Translates serving's message into the words in which the question was asked.
fn with_flags(message: &str) -> String {
    let word = |part: QuestionPart| format!("`{}`", flag(part));
    QuestionPart::reworded(message, |part| flag(part).to_owned(), word)
}

/// The cause in words. A person who asks a question is told of an outage in plain words; which address failed, and how,
/// concerns those who run the service, and is logged.
fn words(cause: &(dyn std::error::Error + 'static)) -> String {
    let Some(error) = cause.downcast_ref::<ServiceError>() else { return cause.to_string() };
    let outage = match error.code {
        Code::Unavailable => "the service that answers questions cannot be reached now",
        Code::DeadlineExceeded => "the service that answers questions took too long",
        Code::InvalidArgument
        | Code::NotFound
        | Code::Unauthenticated
        | Code::PermissionDenied
        | Code::ResourceExhausted
        | Code::Internal => {
            return with_flags(&error.message);
        }
    };
    tracing::info!(cause = %cause, "the service did not answer");
    format!("{outage}; try again in a moment (`--log info` shows what failed)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_told_without_addresses_and_other_failures_as_they_are() {
        let message = "serving at http://10.0.0.7:50051 does not answer: os error 111";
        for code in [Code::Unavailable, Code::DeadlineExceeded] {
            let text = words(&ServiceError::new(code, message));
            assert!(!text.contains("10.0.0.7") && !text.contains("os error"), "{text}");
            assert!(text.contains("try again"), "{text}");
        }
        let wrong = ServiceError::new(Code::InvalidArgument, "there is no measure `clicks`");
        assert_eq!(words(&wrong), "there is no measure `clicks`");
        let of_part = wrong.of(QuestionPart::LookBack);
        assert_eq!(words(&of_part), "--look-back: there is no measure `clicks`");
        let said = "`after`: the cursor says where the page begins; leave out `offset`";
        let expected = "--after: the cursor says where the page begins; leave out `--offset`";
        assert_eq!(with_flags(said), expected);
    }

    #[test]
    fn every_part_of_a_question_is_a_flag() {
        use clap::CommandFactory;

        let cli = crate::args::Cli::command();
        let has = |command: &str, flag: &str| {
            let command = cli.find_subcommand(command).unwrap();
            let name = flag.strip_prefix("--");
            command.get_arguments().any(|own| own.get_long() == name)
        };
        for part in QuestionPart::ALL {
            assert!(has("query", flag(part)) || has("members", flag(part)), "{part:?}");
        }
    }
}
