//! Mutants of a Verilog module, made line by line without looking at what it means: an operator, a comparison or a constant
//! is another one, a condition is negated or always true, an assignment or a reset is dropped.

/// One change of one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mutant {
    /// Number of the line, from 1.
    pub line: usize,
    /// Byte of the line where the change begins.
    pub column: usize,
    /// What stands there.
    pub from: String,
    /// What it becomes.
    pub to: String,
}

impl Mutant {
    /// The text with this change.
    pub fn apply(&self, text: &str) -> String {
        let mut lines: Vec<String> = text.lines().map(String::from).collect();
        let line = &mut lines[self.line - 1];
        line.replace_range(self.column..self.column + self.from.len(), &self.to);
        lines.join("\n") + "\n"
    }
}

/// Binary operators and what they become; only where a space stands on both sides.
const OPERATORS: &[(&str, &[&str])] = &[
    ("&&", &["||"]),
    ("||", &["&&"]),
    ("==", &["!="]),
    ("!=", &["=="]),
    (">=", &[">", "<"]),
    (">", &[">=", "<"]),
    ("<", &["<=", ">"]),
    ("+", &["-"]),
    ("-", &["+"]),
    ("*", &["+"]),
    ("&", &["|"]),
    ("|", &["&"]),
    ("^", &["|"]),
    (">>>", &[">>"]),
    (">>", &["<<"]),
    ("<<", &[">>"]),
];

/// The line up to its comment.
fn code(line: &str) -> &str {
    line.split("//").next().unwrap_or_default()
}

/// Every mutant of a module, in the order of the text. Ports, the parameters before them, and loops stay.
pub fn mutants(text: &str) -> Vec<Mutant> {
    let body = text.lines().position(|line| code(line).trim() == ");").map_or(0, |line| line + 1);
    let lines = text.lines().enumerate().skip(body);
    lines.flat_map(|(at, line)| changes(code(line)).into_iter().map(move |change| change.at(at + 1))).collect()
}

struct Change {
    column: usize,
    from: String,
    to: String,
}

impl Change {
    fn at(self, line: usize) -> Mutant {
        let Self { column, from, to } = self;
        Mutant { line, column, from, to }
    }
}

fn changes(line: &str) -> Vec<Change> {
    let declares = ["localparam", "parameter", "reg ", "wire ", "integer", "genvar", "function", "endmodule", "`", "."];
    let start = line.trim_start();
    if start.contains(" unused") {
        return Vec::new(); // a wire for lint
    }
    // sizes of declarations and names of instances' ports are no behaviour; what a wire or a constant is set to is
    let from = match declares.iter().any(|word| start.starts_with(word)) {
        true => line.find(" = ").map_or(line.len(), |at| at + 2),
        false => 0,
    };
    let mut found = Vec::new();
    let mut push = |column: usize, from: &str, to: String| found.push(Change { column, from: from.into(), to });
    // a loop that does not end is found by whoever reads it
    let looped = line.find("for (").and_then(|at| Some(at..at + 4 + parenthesised(&line[at + 4..])?.len()));
    let mut brackets = 0;
    let assigned = line.find(" <= ").filter(|_| !start.starts_with("assign") && from == 0);
    for (at, c) in line.char_indices().filter(|&(at, _)| at >= from) {
        let rest = &line[at..];
        match c {
            '[' => brackets += 1,
            ']' => brackets -= 1,
            _ => (),
        }
        if brackets > 0 || looped.as_ref().is_some_and(|looped| looped.contains(&at)) {
            continue;
        }
        if let Some(next) = rest.strip_prefix(' ') {
            let word = next.split(' ').next().unwrap_or_default();
            let comparison = word == "<=" && assigned != Some(at);
            if comparison {
                push(at + 1, word, "<".into());
            }
            for (_, others) in OPERATORS.iter().filter(|(operator, _)| *operator == word) {
                others.iter().for_each(|to| push(at + 1, word, (*to).into()));
            }
        }
        for (constant, to) in [("1'b0", "1'b1"), ("1'b1", "1'b0")] {
            if rest.starts_with(constant) && !line[..at].ends_with(|c: char| c.is_ascii_alphanumeric()) {
                push(at, constant, to.into());
            }
        }
        if let Some(number) = sized(rest).filter(|_| !line[..at].ends_with(|c: char| c.is_ascii_alphanumeric())) {
            push(at, number.0, number.1);
        }
        if (rest.starts_with('!') && !rest.starts_with("!=")) || rest.starts_with('~') {
            push(at, &rest[..1], String::new());
        }
        if rest.starts_with("$signed") {
            push(at, "$signed", "$unsigned".into());
        }
        let word = !line[..at].ends_with(|c: char| c.is_ascii_alphanumeric());
        if let Some(inside) = rest.strip_prefix("if ").filter(|_| word).and_then(parenthesised) {
            push(at + 3, inside, format!("(!{inside})"));
            if inside != "(rst)" {
                push(at + 3, inside, "(1'b1)".into());
            }
            push(at + 3, inside, "(1'b0)".into());
        }
        if rest.starts_with(" ? ") {
            let begin = condition(&line[..at]);
            let condition = line[begin..at].to_owned();
            if !condition.trim().is_empty() {
                push(begin, &condition, "1'b1".into());
                push(begin, &condition, "1'b0".into());
            }
        }
    }
    // a whole assignment that stands alone, or behind its condition
    if let Some(statement) = assignment(line, assigned) {
        push(statement, line[statement..].trim_end(), ";".into());
    }
    found
}

/// A constant such as `3'd5`, and the next one.
fn sized(text: &str) -> Option<(&str, String)> {
    let (width, rest) = text.split_once("'d")?;
    if width.is_empty() || !width.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let number: u64 = rest[..digits].parse().ok()?;
    let wraps = width.parse::<u32>().is_ok_and(|width| width < 64 && number + 1 == 1 << width);
    let next = if wraps { number - 1 } else { number + 1 };
    Some((&text[..width.len() + 2 + digits], format!("{width}'d{next}")))
}

/// The parenthesis that `text` begins with, up to its end.
fn parenthesised(text: &str) -> Option<&str> {
    let mut depth = 0;
    if !text.starts_with('(') {
        return None;
    }
    for (at, c) in text.char_indices() {
        depth += i32::from(c == '(') - i32::from(c == ')');
        if depth == 0 {
            return Some(&text[..=at]);
        }
    }
    None
}

/// Where the condition begins that stands before a question mark at the end of `text`.
fn condition(text: &str) -> usize {
    let mut depth = 0;
    for (at, c) in text.char_indices().rev() {
        match c {
            ')' | ']' | '}' => depth += 1,
            '(' | '[' | '{' => {
                depth -= 1;
                if depth < 0 {
                    return at + 1;
                }
            }
            '=' if depth == 0 => {
                let compares = text[..at].ends_with(['=', '!', '>']) || text[at + 1..].starts_with('=');
                let less =
                    text[..at].ends_with('<') && text[..at].matches("<=").count() + text.matches("<=").count() > 1;
                if !compares && !less {
                    return at + 1 + text[at + 1..].len() - text[at + 1..].trim_start().len();
                }
            }
            ':' | '?' | ',' if depth == 0 => return at + 1 + text[at + 1..].len() - text[at + 1..].trim_start().len(),
            _ => (),
        }
    }
    text.len() - text.trim_start().len()
}

/// Where an assignment begins that ends with the line.
fn assignment(line: &str, assigned: Option<usize>) -> Option<usize> {
    let assigned = assigned.filter(|_| line.trim_end().ends_with(';'))?;
    let target = line[..assigned].trim_end();
    let mut depth = 0;
    let mut begin = 0;
    for (at, c) in target.char_indices().rev() {
        depth += i32::from(matches!(c, ']' | '}')) - i32::from(matches!(c, '[' | '{'));
        if depth == 0 && (c == ' ' || c == ')') {
            begin = at + 1;
            break;
        }
    }
    Some(begin)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(line: &str) -> Vec<String> {
        changes(line).into_iter().map(|change| change.at(1).apply(line).trim().to_owned()).collect()
    }

    #[test]
    fn a_condition_an_enable_and_an_assignment_are_broken() {
        let made = all("        if (issue && !done) wait_q <= WAIT - 1'b1;");
        for mutant in [
            "if (!(issue && !done)) wait_q <= WAIT - 1'b1;",
            "if (1'b1) wait_q <= WAIT - 1'b1;",
            "if (issue || !done) wait_q <= WAIT - 1'b1;",
            "if (issue && done) wait_q <= WAIT - 1'b1;",
            "if (issue && !done) wait_q <= WAIT + 1'b1;",
            "if (issue && !done) wait_q <= WAIT - 1'b0;",
            "if (issue && !done) ;",
        ] {
            assert!(made.contains(&mutant.to_owned()), "{mutant} is not of {made:#?}");
        }
        assert!(!made.iter().any(|mutant| mutant.contains("wait_q < WAIT")), "an assignment is no comparison");
    }

    #[test]
    fn saturation_comparisons_and_constants_are_broken() {
        let made = all("    assign next = fits_5 ? v[3:0] : {v[4], {3{!v[4]}}};");
        assert!(made.contains(&"assign next = 1'b1 ? v[3:0] : {v[4], {3{!v[4]}}};".to_owned()), "{made:#?}");
        let made = all("    wire fires = $signed(v) >= $signed(t) && state_q == 3'd7;");
        for mutant in [
            "wire fires = $signed(v) > $signed(t) && state_q == 3'd7;",
            "wire fires = $unsigned(v) >= $signed(t) && state_q == 3'd7;",
            "wire fires = $signed(v) >= $signed(t) && state_q != 3'd7;",
            "wire fires = $signed(v) >= $signed(t) && state_q == 3'd6;",
        ] {
            assert!(made.contains(&mutant.to_owned()), "{mutant} is not of {made:#?}");
        }
    }

    #[test]
    fn ports_declarations_loops_and_comments_stay() {
        let text = "module m (\n    input wire [1 + 1:0] a // a + b\n);\n    reg [3 - 1:0] b_q;   // + 1\nendmodule\n";
        assert_eq!(mutants(text), []);
        assert_eq!(all("    for (i = 0; i < 4; i = i + 1) begin"), Vec::<String>::new());
    }
}
