//! Plain tables for people.

use comfy_table::presets::NOTHING;
use comfy_table::{Table, TableComponent};

use crate::terminal::{Lines, safe};

/// A plain table of texts.
#[expect(clippy::needless_pass_by_value, reason = "callers make them for this table")]
pub(crate) fn table_of(heads: Vec<String>, rows: Vec<Vec<String>>) -> Table {
    let mut table = ruled_below_its_head();
    // A head may be two lines, a name above its type; a cell is one, whatever its value holds.
    table.set_header(heads.iter().map(|head| safe(head, Lines::Kept)));
    table.add_rows(rows.iter().map(|row| row.iter().map(|value| safe(value, Lines::One))));
    table
}

/// An empty table.
pub(crate) fn ruled_below_its_head() -> Table {
    let mut table = Table::new();
    // Plain also on a terminal: what is printed there is made safe as a whole.
    table.force_no_tty();
    table.load_preset(NOTHING);
    table.set_style(TableComponent::HeaderLines, '─');
    table.set_style(TableComponent::MiddleHeaderIntersections, '─');
    table
}
