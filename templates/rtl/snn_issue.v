// The chunk in hand of an encoder (snn_encode, snn_columns), and when its items go on: one per clock, without bubbles.
// The item that ends a sum waits until the sum before has left the lanes (INTERVAL clocks) and for its engine's turn, that
// of a frame's first sum also until the output has room. Clocks: 3 from `issue` to o_valid, the encoder's data beside it.
`default_nettype none
module snn_issue #(
    parameter INTERVAL = 1       // least clocks between two sums
) (
    input  wire       clk,
    input  wire       rst,       // synchronous, active high
    input  wire       i_valid,   // a chunk, ...
    input  wire [3:0] i_flags,   // start, done, shift, load
    input  wire [3:0] i_tag,
    output wire       i_pop,     // ... which is taken
    input  wire       i_more,    // behind the item that is made in this clock there is another one of its chunk
    output wire       again,     // an item of the chunk in hand is made, otherwise that of the next one
    output wire       issue,     // the item in hand goes on
    output wire       start,     // reserves the output, while ...
    input  wire       free,      // ... there is room
    input  wire       turn,      // a sum may end (snn_turns)
    output wire       ends,      // one does
    output reg        valid_1q,  // a clock after `issue`
    output reg        valid_2q,
    output reg        o_valid,
    output reg        o_load,
    output reg        o_shift,
    output reg        o_done,
    output reg  [3:0] o_tag
);
    localparam WAIT_BITS = $clog2(INTERVAL + 1);
    localparam [WAIT_BITS-1:0] WAIT = INTERVAL[WAIT_BITS-1:0] - 1'b1;

    reg                 valid_q, more_q, fresh_q;
    reg [3:0]           flags_q;
    reg [3:0]           tag_q;
    reg [WAIT_BITS-1:0] wait_q;             // clocks until the lanes can be drained again

    wire done    = flags_q[2] && !more_q;
    wire blocked = done && (!turn || wait_q != {WAIT_BITS{1'b0}} || (flags_q[3] && !free));
    assign issue = valid_q && !blocked;
    assign i_pop = i_valid && (!valid_q || (issue && !more_q));
    assign again = valid_q && more_q;
    assign ends  = issue && done;
    assign start = ends && flags_q[3];

    reg [6:0] flags_1q, flags_2q;
    always @(posedge clk) begin
        if (i_pop || issue) more_q <= i_more;
        if (i_pop) begin
            valid_q <= 1'b1;
            fresh_q <= 1'b1;
            flags_q <= i_flags;
            tag_q   <= i_tag;
        end else if (issue) begin
            valid_q <= more_q;
            fresh_q <= 1'b0;
        end
        if (ends) wait_q <= WAIT;
        else if (wait_q != {WAIT_BITS{1'b0}}) wait_q <= wait_q - 1'b1;
        if (issue) flags_1q <= {flags_q[1] && fresh_q, flags_q[0] && fresh_q, done, tag_q};
        if (valid_1q) flags_2q <= flags_1q;
        if (valid_2q) {o_shift, o_load, o_done, o_tag} <= flags_2q;
        {valid_1q, valid_2q, o_valid} <= rst ? 3'b000 : {issue, valid_1q, valid_2q};
        if (rst) begin
            valid_q <= 1'b0;
            wait_q  <= {WAIT_BITS{1'b0}};
        end
    end
endmodule
`default_nettype wire
