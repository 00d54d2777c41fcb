// Encoder: the ones of each chunk, SLOTS per clock and without bubbles (snn_pick); each is one row of weights.
// A chunk without ones takes one clock. When an item goes on to the lanes says snn_issue.
`default_nettype none
module snn_encode #(
    parameter BITS        = 24,    // of a chunk
    parameter SLOTS       = 1,     // rows of weights per clock: 1, 2 or 4
    parameter COUNT_BITS  = 5,     // of 0 .. BITS, 2 or more
    parameter OFFSET_BITS = 5,     // of 0 .. BITS - 1
    parameter ROW_BITS    = 7,     // of a row of weights, OFFSET_BITS or more
    parameter INTERVAL    = 1      // least clocks between two sums
) (
    input  wire                      clk,
    input  wire                      rst,        // synchronous, active high
    input  wire                      i_valid,
    input  wire [BITS-1:0]           i_bits,
    input  wire [BITS-1:0]           i_signs,    // 1: this one is subtracted
    input  wire [BITS-1:0]           i_twice,    // 1: counts twice
    input  wire [COUNT_BITS-1:0]     i_count,    // clocks that its ones take
    input  wire [OFFSET_BITS-1:0]    i_rotation, // bit that has the first row
    input  wire [ROW_BITS-1:0]       i_row,      // the first row
    input  wire [3:0]                i_flags,    // start, done, shift, load
    input  wire [3:0]                i_tag,
    output wire                      i_pop,
    output wire                      start,      // reserves the output, while ...
    input  wire                      free,       // ... there is room
    input  wire                      turn,       // a sum may end (snn_turns)
    output wire                      ends,       // one does
    output wire                      o_valid,    // to the lanes
    output wire [SLOTS*ROW_BITS-1:0] o_row,
    output reg  [SLOTS-1:0]          o_hit,
    output reg  [SLOTS-1:0]          o_subtract,
    output reg  [SLOTS-1:0]          o_twice,
    output wire                      o_load,
    output wire                      o_shift,
    output wire                      o_done,
    output wire [3:0]                o_tag
);
    localparam TWO = 2;

    // the chunk in hand
    reg                   hit_q;
    reg [SLOTS*BITS-1:0]  ones_q;             // the bits of this clock
    reg [BITS-1:0]        rest_q;             // those of the next ones
    reg [BITS-1:0]        signs_q, twice_q;
    reg [COUNT_BITS-1:0]  left_q;
    reg [OFFSET_BITS-1:0] rotation_q;
    reg [ROW_BITS-1:0]    row_q;
    wire                  again, issue, valid_1q, valid_2q;
    wire                  more = i_pop ? |i_count[COUNT_BITS-1:1] : left_q > TWO[COUNT_BITS-1:0];
    snn_issue #(.INTERVAL(INTERVAL)) u_issue (
        .clk(clk), .rst(rst), .i_valid(i_valid), .i_flags(i_flags), .i_tag(i_tag), .i_pop(i_pop), .i_more(more), .again(again),
        .issue(issue), .start(start), .free(free), .turn(turn), .ends(ends), .valid_1q(valid_1q), .valid_2q(valid_2q),
        .o_valid(o_valid), .o_load(o_load), .o_shift(o_shift), .o_done(o_done), .o_tag(o_tag)
    );

    // a chunk is taken only when there are no more of the one in hand
    wire [BITS-1:0]       from = again ? rest_q : i_bits;
    wire [SLOTS*BITS-1:0] ones;
    wire [BITS-1:0]       rest;
    snn_pick #(.BITS(BITS), .SLOTS(SLOTS)) u_pick (.bits(from), .ones(ones), .rest(rest));
    always @(posedge clk) begin
        if (i_pop || issue) begin
            ones_q <= ones;
            rest_q <= rest;
        end
        if (i_pop) begin
            left_q     <= i_count;
            hit_q      <= |i_count;
            signs_q    <= i_signs;
            twice_q    <= i_twice;
            rotation_q <= i_rotation;
            row_q      <= i_row;
        end else if (issue) left_q <= left_q - 1'b1;
    end

    // 1: number of the bit, 2: from the rotation on, 3: its row
    reg [OFFSET_BITS-1:0] rotation_1q;
    reg [ROW_BITS-1:0]    row_1q;
    reg [SLOTS-1:0]       hit_1q, hit_2q, subtract_1q, subtract_2q, twice_1q, twice_2q;
    always @(posedge clk) begin
        if (issue) begin
            rotation_1q <= rotation_q;
            row_1q      <= row_q;
        end
        if (valid_1q) {hit_2q, subtract_2q, twice_2q} <= {hit_1q, subtract_1q, twice_1q};
        if (valid_2q) {o_hit, o_subtract, o_twice} <= {hit_2q, subtract_2q, twice_2q};
    end

    genvar s;
    generate for (s = 0; s < SLOTS; s = s + 1) begin : slot
        wire [BITS-1:0]        one = ones_q[s*BITS +: BITS];
        wire [OFFSET_BITS-1:0] index;
        reg  [OFFSET_BITS-1:0] index_1q;
        reg                    below_2q;
        reg  [ROW_BITS-1:0]    row_2q, row_3q;
        wire [ROW_BITS-1:0]    wide_index, wide_rotation;
        snn_binary #(.BITS(BITS), .INDEX_BITS(OFFSET_BITS)) u_binary (.one(one), .index(index));
        if (ROW_BITS > OFFSET_BITS) begin : wider
            assign wide_index    = {{(ROW_BITS-OFFSET_BITS){1'b0}}, index_1q};
            assign wide_rotation = {{(ROW_BITS-OFFSET_BITS){1'b0}}, rotation_1q};
        end else begin : equal
            assign wide_index    = index_1q;
            assign wide_rotation = rotation_1q;
        end
        always @(posedge clk) begin
            if (issue) begin
                index_1q  <= index;
                hit_1q[s] <= SLOTS == 1 ? hit_q : |one;
                subtract_1q[s] <= |(one & signs_q);
                twice_1q[s]    <= |(one & twice_q);
            end
            if (valid_1q) begin
                row_2q   <= row_1q + wide_index - wide_rotation;
                below_2q <= index_1q < rotation_1q;
            end
            if (valid_2q) row_3q <= below_2q ? row_2q + BITS[ROW_BITS-1:0] : row_2q;
        end
        assign o_row[s*ROW_BITS +: ROW_BITS] = row_3q;
    end endgenerate
endmodule
`default_nettype wire
