//! Why a store cannot be opened, and why one that is open refuses something.

use std::fmt;
use std::path::PathBuf;

use jiff::Timestamp;
use jiff::civil::Date;

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file cannot be made, read or written.
    #[error("cannot open the store `{}`: {reason}", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What the system or the database said.
        reason: String,
    },
    /// The file is a database, and not ours.
    #[error(
        "`{}` is no store of Clio but a database of another program; name another file",
        path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A newer program has written the file.
    #[error(
        "the store `{}` is of version {found}, and this program knows those up to {known}; start the newer Clio that wrote it, or put \
         back a copy from before",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest that this program knows.
        known: i64,
    },
    /// The file is damaged.
    #[error("the store `{}` is damaged ({reason}); put back a copy of it", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The first thing that is wrong in it.
        reason: String,
    },
}

/// A kind of what is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thing {
    /// A view.
    View,
    /// An annotation.
    Annotation,
    /// A link.
    Link,
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::View => "view",
            Self::Annotation => "annotation",
            Self::Link => "link",
        })
    }
}

/// Why something is not kept, changed or found. Nothing has happened then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// A text is empty.
    #[error("the {part} is empty; write one")]
    Empty {
        /// Which.
        part: &'static str,
    },
    /// A text holds control characters.
    #[error("the {part} holds characters that cannot be shown; leave them out")]
    Unreadable {
        /// Which.
        part: &'static str,
    },
    /// A part has too many bytes.
    #[error("{part}: {value} bytes; at most {limit} are kept")]
    TooLarge {
        /// Which.
        part: &'static str,
        /// Its bytes.
        value: usize,
        /// The most.
        limit: usize,
    },
    /// There are too many of something.
    #[error("there would be {value} {part}; at most {limit} are kept, so remove some first")]
    TooMany {
        /// Of what.
        part: &'static str,
        /// How many.
        value: usize,
        /// The most.
        limit: usize,
    },
    /// The address is none of a page here.
    #[error(
        "the address is none of a page here; it begins with one `/`, and what is no ASCII is encoded"
    )]
    NoAddress,
    /// An annotation ends before it begins.
    #[error("the days {from} to {to} run backwards")]
    Backwards {
        /// The first day.
        from: Date,
        /// The last one.
        to: Date,
    },
    /// Another view of the person has the name.
    #[error("there is a view `{name}` already; choose another name, or change that one")]
    NameTaken {
        /// The name.
        name: String,
    },
    /// It is not there, or not to be seen by who asks.
    #[error("there is no {thing} `{id}`")]
    NotFound {
        /// What.
        thing: Thing,
        /// Its id.
        id: String,
    },
    /// It was removed.
    #[error("the {thing} was removed by {by} at {at}")]
    Removed {
        /// What.
        thing: Thing,
        /// By whom.
        by: String,
        /// When.
        at: Timestamp,
    },
    /// It was changed since who asks has seen it.
    #[error(
        "the {thing} was changed meanwhile by {by} at {at}; look at it again, or keep yours as another one"
    )]
    Changed {
        /// What.
        thing: Thing,
        /// By whom.
        by: String,
        /// When.
        at: Timestamp,
        /// Its revision by now.
        revision: i64,
    },
    /// It belongs to somebody else.
    #[error("the {thing} is {owner}'s, who alone may change it; keep yours as another one")]
    NotYours {
        /// What.
        thing: Thing,
        /// Whose.
        owner: String,
    },
    /// The file has no room.
    #[error(
        "the store is full: its file may have {limit} bytes; remove something, or raise `gateway.store_size`"
    )]
    Full {
        /// The most bytes of the file.
        limit: u64,
    },
    /// The database failed.
    #[error("the store failed: {reason}")]
    Failed {
        /// What it said.
        reason: String,
    },
}
