// Readout: the timesteps of a sample become one score per element, and the highest score a class, ties to the lowest.
// Integer rules: runtime-nostd/src/readout.rs. One element per clock, in order; never waits.
`default_nettype none
module snn_readout #(
    parameter ELEMENTS   = 10,
    parameter VALUE_BITS = 2,     // signed
    parameter SCORE_BITS = 6,     // signed, VALUE_BITS or more
    parameter TIMESTEPS  = 8,
    parameter REDUCE     = 0,     // 0: sum, 1: last, 2: maximum, 3: first
    parameter INDEX_BITS = 4
) (
    input  wire                  clk,
    input  wire                  rst,          // synchronous, active high
    input  wire                  i_valid,
    input  wire [VALUE_BITS-1:0] i_value,
    input  wire                  i_first,      // first timestep of a sample
    output wire                  score_valid,  // a score after the last timestep
    output wire [SCORE_BITS-1:0] score,
    output reg                   class_valid,  // for one clock, after the last timestep
    output reg  [INDEX_BITS-1:0] class_index   // stays until the next
);
    localparam TIME_BITS = $clog2(TIMESTEPS + 1);
    localparam LAST      = ELEMENTS - 1;
    localparam ONE       = 1;

    reg  [INDEX_BITS-1:0] element_q;
    reg  [TIME_BITS-1:0]  left_q;              // timesteps from this one to the end
    wire                  starts = element_q == {INDEX_BITS{1'b0}};
    wire                  ends   = element_q == LAST[INDEX_BITS-1:0];
    wire [TIME_BITS-1:0]  left   = !starts ? left_q : i_first ? TIMESTEPS[TIME_BITS-1:0] : left_q - 1'b1;

    reg                   valid_1q, first_1q, starts_1q, ends_1q, last_1q;
    reg  [VALUE_BITS-1:0] value_1q;
    reg  [INDEX_BITS-1:0] element_1q, element_2q;
    reg                   valid_2q, starts_2q, ends_2q, last_2q;
    reg  [SCORE_BITS-1:0] score_2q, best_q;
    wire [SCORE_BITS-1:0] stored;
    wire [SCORE_BITS-1:0] value;
    wire [SCORE_BITS-1:0] next;
    snn_ram #(.WIDTH(SCORE_BITS), .DEPTH(ELEMENTS), .ADDRESS_BITS(INDEX_BITS)) u_scores (
        .clk(clk), .write(valid_2q), .write_address(element_2q), .write_data(score_2q),
        .read(i_valid), .read_address(element_q), .read_data(stored)
    );
    generate
        if (SCORE_BITS > VALUE_BITS) begin : wider
            assign value = {{(SCORE_BITS-VALUE_BITS){value_1q[VALUE_BITS-1]}}, value_1q};
        end else begin : same
            assign value = value_1q;
        end
        if (REDUCE == 0) begin : sum
            assign next = first_1q ? value : stored + value;
        end else if (REDUCE == 1) begin : last
            wire unused_stored = &{1'b0, stored, first_1q};
            assign next = value;
        end else if (REDUCE == 2) begin : maximum
            assign next = first_1q || $signed(value) >= $signed(stored) ? value : stored;
        end else begin : first
            reg  [TIME_BITS-1:0] left_1q;
            always @(posedge clk) left_1q <= left;
            wire positive = !value[SCORE_BITS-1] && value != {SCORE_BITS{1'b0}};
            assign next = !first_1q && stored != {SCORE_BITS{1'b0}} ? stored :
                          positive ? {{(SCORE_BITS-TIME_BITS){1'b0}}, left_1q} : {SCORE_BITS{1'b0}};
        end
    endgenerate

    wire better = starts_2q || $signed(score_2q) > $signed(best_q);
    reg  [INDEX_BITS-1:0] best_index_q;
    assign score_valid = valid_2q && last_2q;
    assign score       = score_2q;
    always @(posedge clk) begin
        if (i_valid) begin
            element_q <= ends ? {INDEX_BITS{1'b0}} : element_q + 1'b1;
            left_q    <= left;
        end
        valid_1q   <= i_valid;
        first_1q   <= i_first;
        starts_1q  <= starts;
        ends_1q    <= ends;
        last_1q    <= left == ONE[TIME_BITS-1:0];
        value_1q   <= i_value;
        element_1q <= element_q;
        valid_2q   <= valid_1q;
        starts_2q  <= starts_1q;
        ends_2q    <= ends_1q;
        last_2q    <= last_1q;
        element_2q <= element_1q;
        score_2q   <= next;
        if (valid_2q && better) begin
            best_q       <= score_2q;
            best_index_q <= element_2q;
        end
        class_valid <= valid_2q && last_2q && ends_2q;
        if (valid_2q && last_2q && ends_2q) class_index <= better ? element_2q : best_index_q;
        if (rst) begin
            element_q   <= {INDEX_BITS{1'b0}};
            valid_1q    <= 1'b0;
            valid_2q    <= 1'b0;
            class_valid <= 1'b0;
        end
    end
endmodule
`default_nettype wire
