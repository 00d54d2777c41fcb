// Encoder of whole columns: those of each chunk in which something is set, SLOTS per clock and without bubbles (snn_pick).
// A column is one row of weights, and goes on with all of its bits (snn_lanes, snn_popcount).
// A chunk without ones takes one clock. When an item goes on to the lanes says snn_issue.
`default_nettype none
module snn_columns #(
    parameter BANKS       = 3,     // columns of a chunk
    parameter CHUNK       = 8,     // bits of a column
    parameter SLOTS       = 1,     // columns per clock: 1, 2 or 4
    parameter OFFSET_BITS = 5,     // of 0 .. BANKS * CHUNK - 1
    parameter ROW_BITS    = 7,     // of a row of weights
    parameter INTERVAL    = 1      // least clocks between two sums
) (
    input  wire                      clk,
    input  wire                      rst,        // synchronous, active high
    input  wire                      i_valid,
    input  wire [BANKS*CHUNK-1:0]    i_bits,
    input  wire [BANKS*CHUNK-1:0]    i_signs,    // 1: this one is subtracted
    input  wire [BANKS*CHUNK-1:0]    i_twice,    // 1: counts twice
    input  wire [OFFSET_BITS-1:0]    i_rotation, // CHUNK times the bank of the window's first column
    input  wire [ROW_BITS-1:0]       i_row,      // of the window's first column
    input  wire [3:0]                i_flags,    // start, done, shift, load
    input  wire [3:0]                i_tag,
    output wire                      i_pop,
    output wire                      start,      // reserves the output, while ...
    input  wire                      free,       // ... there is room
    output wire                      o_valid,    // to the lanes
    output wire [SLOTS*ROW_BITS-1:0] o_row,
    output reg  [SLOTS*CHUNK-1:0]    o_hit,
    output reg  [SLOTS*CHUNK-1:0]    o_subtract,
    output reg  [SLOTS*CHUNK-1:0]    o_twice,
    output wire                      o_load,
    output wire                      o_shift,
    output wire                      o_done,
    output wire [3:0]                o_tag
);
    localparam ALL       = BANKS * CHUNK;
    localparam BANK_BITS = BANKS > 1 ? $clog2(BANKS) : 1;

    // the chunk in hand
    reg [SLOTS*BANKS-1:0] ones_q;             // the columns of this clock
    reg [BANKS-1:0]       rest_q;             // those of the next ones
    reg [ALL-1:0]         bits_q, signs_q, twice_q;
    reg [BANK_BITS-1:0]   bank_q;             // of the window's first column
    reg [ROW_BITS-1:0]    row_q;
    wire [BANKS-1:0]      rest;
    wire                  again, issue, valid_1q, valid_2q, unused_ends;
    snn_issue #(.INTERVAL(INTERVAL)) u_issue (
        .clk(clk), .rst(rst), .i_valid(i_valid), .i_flags(i_flags), .i_tag(i_tag), .i_pop(i_pop), .i_more(|rest), .again(again),
        .issue(issue), .start(start), .free(free), .turn(1'b1), .ends(unused_ends), .valid_1q(valid_1q), .valid_2q(valid_2q),
        .o_valid(o_valid), .o_load(o_load), .o_shift(o_shift), .o_done(o_done), .o_tag(o_tag)
    );

    genvar b, s;
    wire [BANKS-1:0] any;
    generate for (b = 0; b < BANKS; b = b + 1) begin : column
        assign any[b] = |i_bits[b*CHUNK +: CHUNK];
    end endgenerate
    function [BANK_BITS-1:0] bank_of(input [OFFSET_BITS-1:0] rotation);
        integer at;
        reg [OFFSET_BITS-1:0] bits;
        begin
            bank_of = {BANK_BITS{1'b0}};
            bits    = {OFFSET_BITS{1'b0}};
            for (at = 0; at < BANKS; at = at + 1) begin
                if (rotation == bits) bank_of = bank_of | at[BANK_BITS-1:0];
                bits = bits + CHUNK[OFFSET_BITS-1:0];
            end
        end
    endfunction
    // a chunk is taken only when there are no more of the one in hand
    wire [BANKS-1:0]       from = again ? rest_q : any;
    wire [SLOTS*BANKS-1:0] ones;
    snn_pick #(.BITS(BANKS), .SLOTS(SLOTS)) u_pick (.bits(from), .ones(ones), .rest(rest));
    always @(posedge clk) begin
        if (i_pop || issue) begin
            ones_q <= ones;
            rest_q <= rest;
        end
        if (i_pop) begin
            bits_q  <= i_bits;
            signs_q <= i_signs;
            twice_q <= i_twice;
            bank_q  <= bank_of(i_rotation);
            row_q   <= i_row;
        end
    end

    // 1: bits and number of the column, 2: from the window's first on, 3: its row
    reg [BANK_BITS-1:0] bank_1q;
    reg [ROW_BITS-1:0]  row_1q;
    reg [SLOTS*CHUNK-1:0] hit_1q, hit_2q, subtract_1q, subtract_2q, twice_1q, twice_2q;
    always @(posedge clk) begin
        if (issue) begin
            bank_1q  <= bank_q;
            row_1q   <= row_q;
        end
        if (valid_1q) {hit_2q, subtract_2q, twice_2q} <= {hit_1q, subtract_1q, twice_1q};
        if (valid_2q) {o_hit, o_subtract, o_twice} <= {hit_2q, subtract_2q, twice_2q};
    end
    function [CHUNK-1:0] chosen(input [BANKS-1:0] one, input [ALL-1:0] columns);
        integer at;
        begin
            chosen = {CHUNK{1'b0}};
            for (at = 0; at < BANKS; at = at + 1)
                chosen = chosen | (columns[at*CHUNK +: CHUNK] & {CHUNK{one[at]}});
        end
    endfunction
    generate for (s = 0; s < SLOTS; s = s + 1) begin : slot
        wire [BANKS-1:0]     one = ones_q[s*BANKS +: BANKS];
        wire [BANK_BITS-1:0] index;
        reg  [BANK_BITS-1:0] index_1q;
        reg                  below_2q;
        reg  [ROW_BITS-1:0]  row_2q, row_3q;
        wire [ROW_BITS-1:0]  wide_index, wide_bank;
        snn_binary #(.BITS(BANKS), .INDEX_BITS(BANK_BITS)) u_binary (.one(one), .index(index));
        if (ROW_BITS > BANK_BITS) begin : wider
            assign wide_index = {{(ROW_BITS-BANK_BITS){1'b0}}, index_1q};
            assign wide_bank  = {{(ROW_BITS-BANK_BITS){1'b0}}, bank_1q};
        end else begin : equal
            assign wide_index = index_1q;
            assign wide_bank  = bank_1q;
        end
        always @(posedge clk) begin
            if (issue) begin
                index_1q <= index;
                hit_1q[s*CHUNK +: CHUNK]      <= chosen(one, bits_q);
                subtract_1q[s*CHUNK +: CHUNK] <= chosen(one, signs_q);
                twice_1q[s*CHUNK +: CHUNK]    <= chosen(one, twice_q);
            end
            if (valid_1q) begin
                row_2q   <= row_1q + wide_index - wide_bank;
                below_2q <= index_1q < bank_1q;
            end
            if (valid_2q) row_3q <= below_2q ? row_2q + BANKS[ROW_BITS-1:0] : row_2q;
        end
        assign o_row[s*ROW_BITS +: ROW_BITS] = row_3q;
    end endgenerate
endmodule
`default_nettype wire
