//! Every rule of the host interfaces is reached: broken on purpose, it makes a test fail.

use std::fs;

use bumpalo::Bump;
use snnc::backend::verilog::host::Host;
use snnc_tests::random_network::Recipe;

use super::bench::{Bench, Simulator};
use super::streams;

/// A rule and how it is broken: module, text that is there once, what it becomes.
type Mutant = (&'static str, &'static str, &'static str);

const AXI: &[Mutant] = &[
    ("rtl/snn_axi_lite.v", "s_axi_awvalid && s_axi_wvalid && !written_q", "s_axi_awvalid && !written_q"),
    ("rtl/snn_axi_lite.v", "(written_q && !s_axi_bready)", "1'b0"),
    ("rtl/snn_axi_lite.v", "(read_q && !s_axi_rready)", "1'b0"),
    ("rtl/snn_axi_lite.v", "!read_q && !rst", "!rst"),
    ("rtl/snn_axi_lite.v", "write && whole;", "write;"),
    ("rtl/snn_axi_lite.v", "{partial_q, 1'b0}", "2'b00"),
    ("rtl/snn_axis_in.v", "m_ready || !something", "m_ready && something"),
    ("rtl/snn_axis_in.v", "enable && something;", "enable;"),
    ("rtl/snn_axis_in.v", "= s_axis_tuser;", "= 1'b0;"),
    ("rtl/snn_axis_out.v", "valid_q && !last_q && !s_keep;", "1'b0;"),
    ("rtl/snn_axis_out.v", "(last_q || (s_valid && s_keep))", "1'b1"),
    ("rtl/snn_axis_out.v", "!valid_q || joins || sent;", "1'b1;"),
    ("rtl/snn_axis_out.v", "= first_q;", "= 1'b0;"),
    ("rtl/snn_queue.v", "(!valid_q || pop);", "1'b1;"),
    ("rtl/snn_queue.v", "else if (pop) valid_q <= 1'b0;", ""),
    ("rtl/snn_queue.v", "= !stored[ADDRESS_BITS];", "= 1'b1;"),
    ("rtl/snn_route.v", "spike_valid && queued && queue_free", "spike_valid && queued"),
    ("rtl/snn_route.v", "queued ? queue_free : stream_ready", "stream_ready || queue_free"),
    ("rtl/snn_progress.v", "!busy || class_valid ? 32'd1", "class_valid ? 32'd1"),
    ("rtl/snn_progress.v", "ends_q < PLANES[ENDS_BITS-1:0]", "1'b1"),
    ("rtl/snn_progress.v", "samples + 1'b1", "samples"),
    ("rtl/snn_progress.v", "ends_q <= sample_end ? {ENDS_BITS{1'b0}} : ends_q + 1'b1", "ends_q <= ends_q + 1'b1"),
    ("registers.v", "writes_event && !event_free", "1'b0"),
    ("registers.v", "bus_read_word == SPIKE && spike_valid", "bus_read_word == SPIKE && 1'b0"),
    ("registers.v", "= rst || reset_q;", "= rst;"),
    ("registers.v", "if (writes_control) queued_q", "if (bus_write) queued_q"),
];

const SPI: &[Mutant] = &[
    ("rtl/snn_spi.v", "sck_q[2:1] == 2'b01", "sck_q[2:1] == 2'b10"),
    ("rtl/snn_spi.v", "if (full) out_q <= i_valid ? i_data : 8'd0;", "if (full) out_q <= i_data;"),
    ("rtl/snn_spi.v", "if (idle || rst) begin\n            bit_q  <= 3'd0;", "if (idle || rst) begin"),
    ("rtl/snn_spi.v", "= !idle;", "= 1'b1;"),
    ("rtl/snn_packets.v", "if (rst || start)", "if (rst)"),
    ("rtl/snn_packets.v", "i_data == READ_WORDS || i_data == WRITE_WORDS", "i_data != SEND && i_data != RECEIVE"),
    ("rtl/snn_packets.v", "last_one ? COMMAND : READ", "READ"),
    ("rtl/snn_packets.v", "last_one ? COMMAND : TAKE", "COMMAND"),
    ("rtl/snn_packets.v", "word_q  <= word_q + 1'b1;", ""),
    ("rtl/snn_packets.v", "data_q  <= event_q ? spike_bytes : bus_read_data;", "data_q  <= bus_read_data;"),
    ("rtl/snn_packets.v", "= event_q ? event_word : data_q", "= data_q"),
    ("registers.v", "bus_write_data[31:30] != 2'b00;", "1'b1;"),
];

const UART: &[Mutant] = &[
    ("rtl/snn_uart.v", "in_time_q <= HALF[TIME_BITS-1:0];", "in_time_q <= {TIME_BITS{1'b0}};"),
    ("rtl/snn_uart.v", "(in_bit_q == 4'd0 && rx_q[1])", "1'b0"),
    ("rtl/snn_uart.v", "4'd9 && rx_q[1] && !rst", "4'd9 && !rst"),
    ("rtl/snn_uart.v", "4'd9 && !rx_q[1] && !rst", "4'd9 && !rst"),
    ("rtl/snn_uart.v", "!rx_q[1] && !broken_q", "!rx_q[1]"),
    ("rtl/snn_uart.v", "out_bit_q <= 4'd10", "out_bit_q <= 4'd9"),
    ("registers.v", "if (line_fault) line_q <= 1'b1;", ""),
];

/// A broken design that says nothing for so many seconds hangs.
const PATIENCE: u32 = 30;

/// Everything that a host interface must do.
pub fn judge(bench: &Bench, player: &std::path::Path) -> Result<(), String> {
    let said = bench.play_within(PATIENCE, player, Simulator::Icarus, 3)?;
    bench.compare(&said)?;
    match bench.host {
        Host::Axi => std::panic::catch_unwind(|| streams::judge(bench, Simulator::Icarus, 3))
            .unwrap_or_else(|_| Err("the bench found a broken rule".into())),
        Host::Spi | Host::Uart => Ok(()),
    }
}

fn check(name: &str, host: Host, recipe: &Recipe, mutants: &[Mutant]) {
    let arena = Bump::new();
    let bench = Bench::new(&arena, name, host, recipe, 3);
    let player = bench.player();
    bench.build(Simulator::Icarus);
    judge(&bench, &player).unwrap_or_else(|error| panic!("{name}, as it is: {error}"));
    let mut unnoticed = Vec::new();
    for (file, from, to) in mutants {
        let context = format!("{file}: `{from}` as `{to}`");
        let own = format!("{}_{file}", bench.interface.top);
        let path = bench.path(if file.starts_with("rtl/") { file } else { &own });
        let text = fs::read_to_string(&path).expect(&context);
        assert_eq!(text.matches(from).count(), 1, "{context}: the text is not there once");
        fs::write(&path, text.replace(from, to)).expect(&context);
        bench.build(Simulator::Icarus);
        if judge(&bench, &player).is_ok() {
            unnoticed.push(context.clone());
        }
        fs::write(&path, text).expect(&context);
    }
    assert!(unnoticed.is_empty(), "unnoticed: {unnoticed:#?}");
}

/// A network of one layer: bits on a line take their time in a simulation.
pub fn single() -> Recipe {
    Recipe { layers: Recipe::dense().layers.split_off(1), timesteps: 3, ..Recipe::dense() }
}

#[test]
fn broken_rules_of_axi_are_noticed() {
    check("axi-mutants", Host::Axi, &Recipe::dense(), AXI);
}

#[test]
fn broken_rules_of_spi_are_noticed() {
    check("spi-mutants", Host::Spi, &single(), SPI);
}

#[test]
fn broken_rules_of_uart_are_noticed() {
    check("uart-mutants", Host::Uart, &single(), UART);
}
