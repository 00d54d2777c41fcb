// Encoder of whole columns: those of each chunk in which something is set, SLOTS per clock and without bubbles (snn_pick).
// A column is one row of weights, and goes on with all of its bits (snn_depthwise, snn_popcount).
// A chunk without ones takes one clock. The item that ends a sum waits until the sum before has left the lanes (INTERVAL
// clocks), that of a frame's first sum also until the output has room.
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
    output reg                       o_valid,    // to the lanes
    output wire [SLOTS*ROW_BITS-1:0] o_row,
    output reg  [SLOTS*CHUNK-1:0]    o_hit,
    output reg  [SLOTS*CHUNK-1:0]    o_subtract,
    output reg  [SLOTS*CHUNK-1:0]    o_twice,
    output reg                       o_load,
    output reg                       o_shift,
    output reg                       o_done,
    output reg  [3:0]                o_tag
);
    localparam ALL       = BANKS * CHUNK;
    localparam BANK_BITS = BANKS > 1 ? $clog2(BANKS) : 1;
    localparam WAIT_BITS = $clog2(INTERVAL + 1);
    localparam [WAIT_BITS-1:0] WAIT = INTERVAL[WAIT_BITS-1:0] - 1'b1;

    // the chunk in hand
    reg                   valid_q, more_q, fresh_q;
    reg [SLOTS*BANKS-1:0] ones_q;             // the columns of this clock
    reg [BANKS-1:0]       rest_q;             // those of the next ones
    reg [ALL-1:0]         bits_q, signs_q, twice_q;
    reg [BANK_BITS-1:0]   bank_q;             // of the window's first column
    reg [ROW_BITS-1:0]    row_q;
    reg [3:0]             flags_q;
    reg [3:0]             tag_q;
    reg [WAIT_BITS-1:0]   wait_q;             // clocks until the lanes can be drained again

    wire done    = flags_q[2] && !more_q;
    wire blocked = done && (wait_q != {WAIT_BITS{1'b0}} || (flags_q[3] && !free));
    wire issue   = valid_q && !blocked;
    assign i_pop = i_valid && (!valid_q || (issue && !more_q));
    assign start = issue && done && flags_q[3];

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
    wire [BANKS-1:0]       from = valid_q && more_q ? rest_q : any;
    wire [SLOTS*BANKS-1:0] ones;
    wire [BANKS-1:0]       rest;
    snn_pick #(.BITS(BANKS), .SLOTS(SLOTS)) u_pick (.bits(from), .ones(ones), .rest(rest));
    always @(posedge clk) begin
        if (i_pop || issue) begin
            ones_q <= ones;
            rest_q <= rest;
            more_q <= |rest;
        end
        if (i_pop) begin
            valid_q <= 1'b1;
            fresh_q <= 1'b1;
            bits_q  <= i_bits;
            signs_q <= i_signs;
            twice_q <= i_twice;
            bank_q  <= bank_of(i_rotation);
            row_q   <= i_row;
            flags_q <= i_flags;
            tag_q   <= i_tag;
        end else if (issue) begin
            valid_q <= more_q;
            fresh_q <= 1'b0;
        end
        if (issue && done) wait_q <= WAIT;
        else if (wait_q != {WAIT_BITS{1'b0}}) wait_q <= wait_q - 1'b1;
        if (rst) begin
            valid_q <= 1'b0;
            wait_q  <= {WAIT_BITS{1'b0}};
        end
    end

    // 1: bits and number of the column, 2: from the window's first on, 3: its row
    reg [BANK_BITS-1:0] bank_1q;
    reg [ROW_BITS-1:0]  row_1q;
    reg [6:0]           flags_1q, flags_2q;
    reg [SLOTS*CHUNK-1:0] hit_1q, hit_2q, subtract_1q, subtract_2q, twice_1q, twice_2q;
    reg                 valid_1q, valid_2q;
    always @(posedge clk) begin
        if (issue) begin
            bank_1q  <= bank_q;
            row_1q   <= row_q;
            flags_1q <= {flags_q[1] && fresh_q, flags_q[0] && fresh_q, done, tag_q};
        end
        if (valid_1q) {hit_2q, subtract_2q, twice_2q, flags_2q} <= {hit_1q, subtract_1q, twice_1q, flags_1q};
        if (valid_2q) {o_hit, o_subtract, o_twice, o_shift, o_load, o_done, o_tag} <= {hit_2q, subtract_2q, twice_2q, flags_2q};
        {valid_1q, valid_2q, o_valid} <= rst ? 3'b000 : {issue, valid_1q, valid_2q};
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
