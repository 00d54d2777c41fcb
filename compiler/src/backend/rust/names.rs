//! Names of nodes, which are any text, become Rust identifiers: legal, unique, no keyword.

use std::collections::HashSet;

/// One constant's name per node name, in upper case (where Rust has no keywords).
pub(super) fn constants<'n>(names: impl IntoIterator<Item = &'n str>) -> Vec<String> {
    let mut taken = HashSet::new();
    names
        .into_iter()
        .map(|name| {
            let plain = words(name).to_ascii_uppercase();
            let plain = match plain.chars().next() {
                None => "LAYER".to_owned(),
                Some(first) if first.is_ascii_digit() => format!("N{plain}"),
                Some(_) => plain,
            };
            let numbered = (2..).map(|n| format!("{plain}_{n}"));
            let free = std::iter::once(plain.clone()).chain(numbered).find(|name| !taken.contains(name));
            let name = free.unwrap_or(plain); // the numbers do not end
            taken.insert(name.clone());
            name
        })
        .collect()
}

/// Name of the generated package, and of its library: `snn_` and the model's name in lower case, so that it is no
/// keyword and no package of the standard library.
pub(super) fn package(name: &str) -> String {
    let plain = words(name).to_ascii_lowercase();
    format!("snn_{}", if plain.is_empty() { "network" } else { &plain })
}

/// A name as it may stand in a comment or a string: one line, nothing that could end it, not endless.
pub(super) fn quoted(name: &str) -> String {
    let plain = |c: char| if c.is_control() || "`\"\\{}[]<>\u{2028}\u{2029}".contains(c) { ' ' } else { c };
    name.chars().map(plain).take(120).collect()
}

/// Letters and digits, parted by single underscores; at most 60 of them.
fn words(name: &str) -> String {
    let parts = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    let joined = parts.collect::<Vec<_>>().join("_");
    joined.get(..60).unwrap_or(&joined).trim_end_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn node_names_become_constants() {
        let names = ["fc1", "/lif1/Sub_3", "fc1", "FC1_2", "fc1", "1x1", "", "次", "self"];
        assert_eq!(
            constants(names),
            ["FC1", "LIF1_SUB_3", "FC1_2", "FC1_2_2", "FC1_3", "N1X1", "LAYER", "LAYER_2", "SELF"]
        );
    }

    #[test]
    fn model_names_become_packages() {
        assert_eq!(package("MNIST-fc (v2)"), "snn_mnist_fc_v2");
        assert_eq!(package("core"), "snn_core");
        assert_eq!(package("../.."), "snn_network");
    }

    #[test]
    fn a_name_cannot_end_the_comment_it_stands_in() {
        assert_eq!(quoted("a\nfn b() {}`\"\\"), "a fn b()      ");
    }

    proptest! {
        #[test]
        fn constants_are_legal_and_unique(names in prop::collection::vec("[a-zA-Z0-9_./]{0,4}", 0..12)) {
            let found = constants(names.iter().map(String::as_str));
            for name in &found {
                prop_assert!(name.starts_with(|c: char| c.is_ascii_uppercase()));
                prop_assert!(name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'));
            }
            prop_assert_eq!(found.iter().collect::<HashSet<_>>().len(), found.len());
        }
    }
}
