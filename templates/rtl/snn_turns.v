// Turns of a layer's engines: each has a copy of the weights and takes every ENGINES-th column of positions, and their sums
// leave one after the other, as one engine's would.
// A sum ends only when it is its engine's turn, and not within INTERVAL clocks after the one before, so never two are drained
// at once. Clocks: FIRST_OUT = 1 from a group in to the same one out.
`default_nettype none
module snn_turns #(
    parameter ENGINES  = 2,
    parameter INTERVAL = 1,      // least clocks between two sums
    parameter WIDTH    = 16      // bits of a group of sums
) (
    input  wire                     clk,
    input  wire                     rst,       // synchronous, active high
    input  wire [ENGINES-1:0]       ends,      // an engine's sum ends; only in its turn
    output wire [ENGINES-1:0]       turn,
    input  wire [ENGINES-1:0]       i_valid,
    input  wire [ENGINES*WIDTH-1:0] i_sums,
    input  wire [ENGINES*4-1:0]     i_tag,
    output reg                      o_valid,
    output reg  [WIDTH-1:0]         o_sums,
    output reg  [3:0]               o_tag
);
    localparam WAIT_BITS = $clog2(INTERVAL + 1);
    localparam [WAIT_BITS-1:0] WAIT = INTERVAL[WAIT_BITS-1:0] - 1'b1;
    localparam [ENGINES-1:0] FIRST = 1;
    reg [ENGINES-1:0]   turn_q;
    reg [WAIT_BITS-1:0] wait_q;                // clocks until the next sum may end
    assign turn = wait_q == {WAIT_BITS{1'b0}} ? turn_q : {ENGINES{1'b0}};

    integer e;
    reg [WIDTH-1:0] sums;
    reg [3:0]       tag;
    always @* begin
        sums = {WIDTH{1'b0}};
        tag  = 4'd0;
        for (e = 0; e < ENGINES; e = e + 1) begin
            sums = sums | (i_sums[e*WIDTH +: WIDTH] & {WIDTH{i_valid[e]}});
            tag  = tag | (i_tag[e*4 +: 4] & {4{i_valid[e]}});
        end
    end
    always @(posedge clk) begin
        {o_sums, o_tag} <= {sums, tag};
        if (|ends) begin
            turn_q <= {turn_q[ENGINES-2:0], turn_q[ENGINES-1]};
            wait_q <= WAIT;
        end else if (wait_q != {WAIT_BITS{1'b0}}) wait_q <= wait_q - 1'b1;
        o_valid <= !rst && |i_valid;
        if (rst) begin
            turn_q <= FIRST;
            wait_q <= {WAIT_BITS{1'b0}};
        end
    end
endmodule
`default_nettype wire
