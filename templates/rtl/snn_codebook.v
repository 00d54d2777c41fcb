// Accumulators behind a codebook: one input channel and one wide row of indices per clock. What each codeword makes of the
// channel's taps, its response, is computed once and shared; each lane adds the response that its index names. Sums run on
// from one to the next, modulo 2^SUM_BITS (snn_drain).
// Integer rules: runtime-nostd/src/synapse/codebook.rs.
// Clocks: one per item; the first group leaves FIRST_OUT = 8 clocks after the item that ends a sum.
`default_nettype none
module snn_codebook #(
    parameter ROWS       = 8,     // words of indices
    parameter ROW_BITS   = 3,
    parameter LANES      = 4,     // a multiple of GROUP
    parameter INDEX_BITS = 2,
    parameter TAPS       = 9,
    parameter [(1<<INDEX_BITS)*TAPS-1:0] CODEWORDS = 0,    // the first lowest, its first tap lowest; 1 for +1, 0 for -1
    parameter SUM_BITS   = 16,    // signed, at least the response's; proven not to overflow
    parameter GROUP      = 2,     // lanes that leave per clock
    parameter INDICES    = "",    // file for $readmemh
    parameter LOADED     = 0,     // of snn_weights
    parameter LARGE      = 0
) (
    input  wire                      clk,
    input  wire                      rst,        // synchronous, active high
    input  wire                      i_valid,    // an item: ...
    input  wire [ROW_BITS-1:0]       i_row,      // ... a row of indices
    input  wire [TAPS-1:0]           i_taps,     // ... what the codewords respond to; of no spike the response is zero
    input  wire                      i_done,     // ... and the sum is finished; not within LANES / GROUP clocks
    input  wire [3:0]                i_tag,      // goes with a finished sum
    output wire                      o_valid,
    output wire [GROUP*SUM_BITS-1:0] o_sums,     // lowest lane in the lowest bits
    output wire [3:0]                o_tag,
    input  wire                      w_valid,    // a word of indices, to snn_weights
    input  wire [ROW_BITS-1:0]       w_row,
    input  wire [(LANES*INDEX_BITS+31)/32-1:0] w_columns,
    input  wire [31:0]               w_data
);
    localparam BOOK          = 1 << INDEX_BITS;
    localparam COUNT_BITS    = $clog2(TAPS + 1);
    localparam RESPONSE_BITS = COUNT_BITS + 1;

    function [COUNT_BITS-1:0] ones(input [TAPS-1:0] bits);
        integer k;
        begin
            ones = {COUNT_BITS{1'b0}};
            for (k = 0; k < TAPS; k = k + 1) ones = ones + {{(COUNT_BITS-1){1'b0}}, bits[k]};
        end
    endfunction

    // 1: how many of a codeword's +1 are hit; 2: the memory, and the responses; 3: its output register;
    // 4: the response of each lane; 5: the sum
    reg [ROW_BITS-1:0]         row_1q;
    wire [LANES*INDEX_BITS-1:0] read_2q;
    reg [LANES*INDEX_BITS-1:0] row_3q;
    reg [COUNT_BITS-1:0]       all_1q;
    reg [BOOK*RESPONSE_BITS-1:0] responses_3q;
    reg [4:0]                  valids_q;
    reg [4:0]                  dones_q;
    reg [4*5-1:0]              tags_q;           // of stages 1 to 5, the newest lowest
    always @(posedge clk) begin
        row_1q <= i_row;
        all_1q <= ones(i_taps);
        if (valids_q[1]) row_3q <= read_2q;
        tags_q   <= {tags_q[4*4-1:0], i_tag};
        valids_q <= rst ? 5'd0 : {valids_q[3:0], i_valid};
        dones_q  <= rst ? 5'd0 : {dones_q[3:0], i_valid && i_done};
    end
    snn_weights #(.ROWS(ROWS), .ROW_BITS(ROW_BITS), .WIDTH(LANES*INDEX_BITS), .LOADED(LOADED), .LARGE(LARGE), .FILE(INDICES)) u_indices (
        .clk(clk), .read(valids_q[0]), .rows(row_1q), .data(read_2q),
        .w_valid(w_valid), .w_row(w_row), .w_columns(w_columns), .w_data(w_data)
    );
    wire unused_valid = &{1'b0, valids_q[4]};
    genvar i;
    generate for (i = 0; i < BOOK; i = i + 1) begin : codeword
        reg [COUNT_BITS-1:0]    hit_1q;
        reg [RESPONSE_BITS-1:0] response_2q;
        always @(posedge clk) begin
            hit_1q      <= ones(i_taps & CODEWORDS[i*TAPS +: TAPS]);
            response_2q <= {hit_1q, 1'b0} - {1'b0, all_1q};
            responses_3q[i*RESPONSE_BITS +: RESPONSE_BITS] <= response_2q;
        end
    end endgenerate

    wire [RESPONSE_BITS-1:0]  responses [0:BOOK-1];
    generate for (i = 0; i < BOOK; i = i + 1) begin : shared
        assign responses[i] = responses_3q[i*RESPONSE_BITS +: RESPONSE_BITS];
    end endgenerate
    wire [LANES*SUM_BITS-1:0] sums;
    generate for (i = 0; i < LANES; i = i + 1) begin : lane
        reg  [RESPONSE_BITS-1:0] response_4q;
        reg  [SUM_BITS-1:0]      sum_5q;
        wire [SUM_BITS-1:0]      wide;
        if (SUM_BITS > RESPONSE_BITS) begin : wider
            assign wide = {{(SUM_BITS-RESPONSE_BITS){response_4q[RESPONSE_BITS-1]}}, response_4q};
        end else begin : equal
            assign wide = response_4q;
        end
        always @(posedge clk) begin
            response_4q <= responses[row_3q[i*INDEX_BITS +: INDEX_BITS]];
            if (rst) sum_5q <= {SUM_BITS{1'b0}};
            else if (valids_q[3]) sum_5q <= sum_5q + wide;
        end
        assign sums[i*SUM_BITS +: SUM_BITS] = sum_5q;
    end endgenerate
    snn_drain #(.LANES(LANES), .SUM_BITS(SUM_BITS), .GROUP(GROUP), .RUNNING(1)) u_drain (
        .clk(clk), .rst(rst), .i_done(dones_q[4]), .i_sums(sums), .i_tag(tags_q[4*4 +: 4]),
        .o_valid(o_valid), .o_sums(o_sums), .o_tag(o_tag)
    );
endmodule
`default_nettype wire
