//! `docs/host.md` holds the tables of the one register map. Where they are meant to change:
//! `SNNC_WRITE_HOST_PAGE=1 cargo test -p snnc-tests --test host_interfaces`.

use std::fs;
use std::path::Path;

use snnc::backend::verilog::host::registers::{CONTROL, EVENT, STATUS, bits, table};

/// The page with what stands under each mark as it is now.
fn written(page: &str) -> String {
    let marks = [("events", bits(EVENT)), ("registers", table()), ("control", bits(CONTROL)), ("status", bits(STATUS))];
    let mut text = page.to_owned();
    for (mark, table) in marks {
        let mark = format!("<!-- {mark} -->\n");
        let (before, behind) = text.split_once(&mark).unwrap_or_else(|| panic!("docs/host.md has no {mark}"));
        // the old table ends at the first line that is none of a table
        let rest = behind
            .lines()
            .skip_while(|line| line.starts_with('|'))
            .fold(String::new(), |rest, line| rest + line + "\n");
        text = format!("{before}{mark}{table}{rest}");
    }
    text
}

#[test]
fn the_page_is_written_from_the_map() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/host.md");
    let page = fs::read_to_string(&path).expect("a page of the repository");
    let now = written(&page);
    if std::env::var_os("SNNC_WRITE_HOST_PAGE").is_some() {
        fs::write(&path, &now).expect("the page can be written");
        return;
    }
    assert!(page == now, "docs/host.md is not what the map says");
}
