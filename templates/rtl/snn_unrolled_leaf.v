// Leaf of an adder tree: the sum of the weights of those of a few inputs that spike. Each bit of it is a table of the inputs,
// so that a leaf is one LUT per bit instead of an adder per input.
`default_nettype none
module snn_unrolled_leaf #(
    parameter                  INPUTS     = 2,
    parameter                  BITS       = 8,    // of the sum, signed
    parameter [32*INPUTS-1:0]  WEIGHTS    = {INPUTS{32'd1}},    // signed, the first input's lowest
    parameter [31:0]           BIAS       = 32'd0,              // signed; added whatever spikes
    parameter                  REGISTERED = 1     // 1: a clock later
) (
    input  wire              clk,
    input  wire [INPUTS-1:0] spikes,
    output wire [BITS-1:0]   sum
);
    localparam ENTRIES = 1 << INPUTS;

    // bit `place` of the sum, for each combination of spikes
    function [ENTRIES-1:0] column(input integer place);
        integer    entry, k;
        reg [31:0] total;
        for (entry = 0; entry < ENTRIES; entry = entry + 1) begin
            total = BIAS;
            for (k = 0; k < INPUTS; k = k + 1)
                if (entry[k]) total = total + WEIGHTS[32*k +: 32];
            column[entry] = (total >> place) % 2 == 1;
        end
    endfunction

    wire [BITS-1:0] next;
    genvar i;
    generate
        for (i = 0; i < BITS; i = i + 1) begin : place
            localparam [ENTRIES-1:0] COLUMN = column(i);
            assign next[i] = COLUMN[spikes];
        end
        if (REGISTERED != 0) begin : registered
            reg [BITS-1:0] sum_q;
            always @(posedge clk) sum_q <= next;
            assign sum = sum_q;
        end else begin : at_once
            wire unused_clock = clk;
            assign sum = next;
        end
    endgenerate
endmodule
`default_nettype wire
