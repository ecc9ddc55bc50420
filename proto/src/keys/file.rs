//! The file of keys: one TOML table for each, without secrets.

use std::fmt::Write as _;

use jiff::Timestamp;
use toml::de::DeValue;

use super::{ApiKey, hex, is_key_name, key_of, of_hex};
use crate::error::ServiceError;
use crate::secret::Secret;
use crate::toml_file::{TomlProblem, line_at, nearest, parse_toml, quoted};

/// The head of the file.
const HEAD: &str = "\
# The API keys of Clio, written by `clio keys`. A key itself stands nowhere: only its SHA-256 does.
# Gateway and serving read this file again when it changes.
";

/// The keys of a file, in its order.
///
/// Always true: names are unique and valid for [`is_key_name`]; no two keys are the same.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyFile {
    keys: Vec<ApiKey>,
}

/// Why a key cannot be made or revoked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyFileError {
    /// It is not a valid name.
    #[error(
        "`{name}` is not a name of a key; write up to 64 lower-case letters, digits, `-`, `_` and `.`, a letter or digit first"
    )]
    Name {
        /// The given name.
        name: String,
    },
    /// A key of this name exists, perhaps an expired or revoked one.
    #[error("there is already a key `{name}`; names are not reused, since they are in logs")]
    Taken {
        /// The name.
        name: String,
    },
    /// It would never be valid.
    #[error("the key would expire at {expires}, which is not after {now}")]
    Expired {
        /// When it would expire.
        expires: Timestamp,
        /// When it would be made.
        now: Timestamp,
    },
    /// The key to revoke does not exist.
    #[error("there is no key `{name}`; there are: {existing}")]
    Unknown {
        /// The name.
        name: String,
        /// Those that exist.
        existing: String,
    },
}

impl KeyFile {
    /// Parses a file's text.
    ///
    /// # Errors
    ///
    /// All problems, each with its line and the mend.
    pub fn parse(text: &str) -> Result<Self, Vec<TomlProblem>> {
        let root = parse_toml(text)?;
        let mut reader = Reader { text, problems: Vec::new() };
        let keys = reader.keys(root.get_ref());
        if reader.problems.is_empty() { Ok(Self { keys }) } else { Err(reader.problems) }
    }

    /// The text of the file.
    pub fn text(&self) -> String {
        let mut text = HEAD.to_owned();
        for ApiKey { name, sha256, created, expires, revoked } in &self.keys {
            let _ = write!(
                text,
                "\n[key.\"{name}\"]\nsha256 = \"{}\"\ncreated = \"{created}\"\n",
                hex(sha256)
            );
            for (word, time) in [("expires", expires), ("revoked", revoked)] {
                if let Some(time) = time {
                    let _ = writeln!(text, "{word} = \"{time}\"");
                }
            }
        }
        text
    }

    /// The keys.
    pub fn keys(&self) -> &[ApiKey] {
        &self.keys
    }

    /// Adds a key made of 256 random bits, and returns the secret for its holder.
    ///
    /// # Errors
    ///
    /// The name is invalid or taken; or the key would never be valid.
    pub fn create(
        &mut self,
        name: &str,
        random: &[u8; 32],
        now: Timestamp,
        expires: Option<Timestamp>,
    ) -> Result<Secret, KeyFileError> {
        if !is_key_name(name) {
            return Err(KeyFileError::Name { name: name.to_owned() });
        }
        if self.keys.iter().any(|key| key.name == name) {
            return Err(KeyFileError::Taken { name: name.to_owned() });
        }
        if let Some(expires) = expires.filter(|expires| *expires <= now) {
            return Err(KeyFileError::Expired { expires, now });
        }
        let (key, secret) = ApiKey::new(name, random, now, expires);
        self.keys.push(key);
        Ok(secret)
    }

    /// Revokes a key; a revoked key keeps its time of revocation.
    ///
    /// # Errors
    ///
    /// There is no key of this name.
    pub fn revoke(&mut self, name: &str, now: Timestamp) -> Result<&ApiKey, KeyFileError> {
        let existing = quoted(self.keys.iter().map(|key| key.name.as_str()));
        let key = self.keys.iter_mut().find(|key| key.name == name);
        let key = key.ok_or(KeyFileError::Unknown { name: name.to_owned(), existing })?;
        key.revoked.get_or_insert(now);
        Ok(key)
    }

    /// The valid key that matches a secret.
    ///
    /// # Errors
    ///
    /// [`Code::Unauthenticated`](crate::Code::Unauthenticated), with the same message whether it is unknown, expired or
    /// revoked.
    pub fn verify(&self, shown: &str, now: Timestamp) -> Result<&ApiKey, ServiceError> {
        key_of(&self.keys, shown, now)
    }
}

struct Reader<'a> {
    text: &'a str,
    problems: Vec<TomlProblem>,
}

impl<'a> Reader<'a> {
    fn keys(&mut self, root: &'a toml::de::DeTable<'a>) -> Vec<ApiKey> {
        let mut tables = Vec::new();
        for (name, value) in root {
            let line = line_at(self.text, name.span().start);
            match (name.get_ref().as_ref(), value.get_ref().as_table()) {
                ("key", Some(keys)) => tables.extend(keys.iter()),
                ("key", None) => self.report(line, "key", "is not a table", "write `[key.NAME]`"),
                (other, _) => self.report(line, other, "unknown key", "there is: `key`"),
            }
        }
        tables.sort_by_key(|(name, _)| name.span().start);
        let mut keys: Vec<ApiKey> = Vec::new();
        for (name, value) in tables {
            let line = line_at(self.text, name.span().start);
            let name = name.get_ref().as_ref();
            let path = format!("key.{name}");
            if !is_key_name(name) {
                let mend = "`clio keys create` says which names there may be";
                self.report(line, &path, "is not a name of a key", mend);
            }
            let Some(table) = value.get_ref().as_table() else {
                self.report(line, &path, "is not a table", "write `[key.NAME]`");
                continue;
            };
            let Some(key) = self.key(name, &path, line, table) else { continue };
            if let Some(twin) = keys.iter().find(|other| other.sha256 == key.sha256) {
                let what = format!("is the same key as `{}`", twin.name);
                self.report(line, &path, &what, "remove one of them");
            }
            keys.push(key);
        }
        keys
    }

    fn key(
        &mut self,
        name: &str,
        path: &str,
        line: usize,
        table: &'a toml::de::DeTable<'a>,
    ) -> Option<ApiKey> {
        const KNOWN: [&str; 4] = ["sha256", "created", "expires", "revoked"];
        let n_problems = self.problems.len();
        let (mut sha256, mut times) = (None, [None; 3]);
        for (word, value) in table {
            let line = line_at(self.text, word.span().start);
            let word = word.get_ref().as_ref();
            let path = format!("{path}.{word}");
            let text = value.get_ref().as_str();
            match KNOWN.iter().position(|known| *known == word) {
                Some(0) => {
                    sha256 = text.and_then(of_hex);
                    if sha256.is_none() {
                        let mend = "write the 64 hexadecimal digits of a SHA-256";
                        self.report(line, &path, "is not a SHA-256", mend);
                    }
                }
                Some(index) => {
                    let time = time_of(value.get_ref());
                    times[index - 1] = time;
                    if time.is_none() {
                        let mend = "write a time such as `\"2026-12-31T23:00:00Z\"`";
                        self.report(line, &path, "is not a time", mend);
                    }
                }
                None => {
                    let mend = match nearest(word, KNOWN) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => format!("there are: {}", quoted(KNOWN)),
                    };
                    self.report(line, &path, "unknown key", &mend);
                }
            }
        }
        let [created, expires, revoked] = times;
        for (word, is_there) in [("sha256", sha256.is_some()), ("created", created.is_some())] {
            if !is_there && !table.iter().any(|(key, _)| key.get_ref().as_ref() == word) {
                let mend = "make keys with `clio keys create`, which writes it";
                self.report(line, &format!("{path}.{word}"), "is missing", mend);
            }
        }
        if self.problems.len() > n_problems {
            return None;
        }
        Some(ApiKey { name: name.to_owned(), sha256: sha256?, created: created?, expires, revoked })
    }

    fn report(&mut self, line: usize, key: &str, what: &str, mend: &str) {
        self.problems.push(TomlProblem {
            line,
            key: key.to_owned(),
            what: what.to_owned(),
            mend: mend.to_owned(),
        });
    }
}

fn time_of(value: &DeValue<'_>) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}
