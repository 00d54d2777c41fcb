// Finished sums, copied aside: GROUP lanes leave per clock while the next sum accumulates.
`default_nettype none
module snn_drain #(
    parameter LANES    = 4,     // a multiple of GROUP
    parameter SUM_BITS = 16,
    parameter GROUP    = 2      // lanes that leave per clock
) (
    input  wire                      clk,
    input  wire                      rst,        // synchronous, active high
    input  wire                      i_done,     // `i_sums` are complete; not within LANES / GROUP clocks
    input  wire [LANES*SUM_BITS-1:0] i_sums,
    input  wire [3:0]                i_tag,      // goes with them
    output reg                       o_valid,
    output reg  [GROUP*SUM_BITS-1:0] o_sums,     // lowest lane in the lowest bits
    output reg  [3:0]                o_tag
);
    localparam GROUPS     = LANES / GROUP;
    localparam COUNT_BITS = GROUPS > 1 ? $clog2(GROUPS) : 1;
    localparam [COUNT_BITS-1:0] LAST = GROUPS[COUNT_BITS-1:0] - 1'b1;

    reg  [LANES*SUM_BITS-1:0] aside_q;
    wire [GROUP*SUM_BITS-1:0] group [0:GROUPS-1];
    genvar i;
    generate for (i = 0; i < GROUPS; i = i + 1) begin : drained
        assign group[i] = aside_q[i*GROUP*SUM_BITS +: GROUP*SUM_BITS];
    end endgenerate
    reg                  drain_q;
    reg [COUNT_BITS-1:0] count_q;
    reg [3:0]            tag_q;
    always @(posedge clk) begin
        if (i_done) begin
            aside_q <= i_sums;
            drain_q <= 1'b1;
            count_q <= {COUNT_BITS{1'b0}};
            tag_q   <= i_tag;
        end else if (count_q == LAST) drain_q <= 1'b0;
        else count_q <= count_q + 1'b1;
        o_valid <= drain_q;
        if (drain_q) begin
            o_sums <= group[count_q];
            o_tag  <= tag_q;
        end
        if (rst) begin
            drain_q <= 1'b0;
            o_valid <= 1'b0;
        end
    end
endmodule
`default_nettype wire
