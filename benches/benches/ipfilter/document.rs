//! What was measured, in the form in which `docs/measured.md` of loquet-ipfilter has it.

use loquet_benches::Row;

/// Fills while the comparisons run. What was not asked for is not printed.
#[derive(Default)]
pub struct Document {
    columns: Vec<Column>,
    bytes: Vec<String>,
    costs: Vec<String>,
    building: Vec<String>,
}

struct Column {
    title: String,
    cells: Vec<(String, f64, f64)>,
}

impl Document {
    /// A comparison of look-ups; one run is `each` of them.
    pub fn column(&mut self, title: String, rows: &[Row], each: usize) {
        let cell = |row: &Row| (row.name.clone(), row.ratio, row.nanoseconds / each as f64);
        let cells: Vec<_> = rows.iter().map(cell).collect();
        if !cells.is_empty() {
            self.columns.push(Column { title, cells });
        }
    }

    pub fn bytes(&mut self, list: &str, allow: f64, mixed: f64) {
        self.bytes
            .push(format!("| {list} | {allow:.2} | {mixed:.2} |"));
    }

    pub fn cost(&mut self, what: &str, takes: String) {
        self.costs.push(format!("| {what} | {takes} |"));
    }

    pub fn building(&mut self, what: &str, takes: String) {
        self.building.push(format!("| {what} | {takes} |"));
    }

    pub fn print(&self) {
        println!("\n# For docs/measured.md");
        let (ratio, nanoseconds) = (
            |cell: &(String, f64, f64)| cell.1,
            |cell: &(String, f64, f64)| cell.2,
        );
        self.look_ups("addresses in the list, ratio", ratio);
        self.look_ups("addresses in the list, ns", nanoseconds);
        table(
            "| | bytes a network, allow-list | with denies |\n|---|---|---|",
            &self.bytes,
        );
        table("| | |\n|---|---|", &self.costs);
        table("| | |\n|---|---|", &self.building);
    }

    fn look_ups(&self, title: &str, number: impl Fn(&(String, f64, f64)) -> f64) {
        // In the order of the longest column: the short lists have one candidate more.
        let Some(longest) = self.columns.iter().max_by_key(|column| column.cells.len()) else {
            return;
        };
        let titles: Vec<&str> = self.columns.iter().map(|column| &*column.title).collect();
        println!("\n| {title} | {} |", titles.join(" | "));
        println!("|---|{}", "---|".repeat(titles.len()));
        for (name, ..) in &longest.cells {
            let cells = self.columns.iter().map(|column| {
                let cell = column.cells.iter().find(|(other, ..)| other == name);
                cell.map_or(String::new(), |cell| format!("{:.2}", number(cell)))
            });
            let cells: Vec<String> = cells.collect();
            println!("| {name} | {} |", cells.join(" | "));
        }
    }
}

fn table(head: &str, rows: &[String]) {
    if !rows.is_empty() {
        println!("\n{head}");
        for row in rows {
            println!("{row}");
        }
    }
}
