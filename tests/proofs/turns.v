// snn_turns: while sums end only in their engine's turn, each engine ends one after the one before it, the first one first,
// none within INTERVAL clocks of another; what is drained leaves a clock later.
`default_nettype none
module proof (
    input wire       clk,
    input wire       rst,
    input wire [2:0] ends,
    input wire [2:0] i_valid
);
    localparam INTERVAL = 3;
    wire [2:0] turn;
    wire       o_valid;
    wire [1:0] o_sums;
    wire [3:0] o_tag;
    // an engine's number is its sum and its tag
    snn_turns #(.ENGINES(3), .INTERVAL(INTERVAL), .WIDTH(2)) dut (
        .clk(clk), .rst(rst), .ends(ends), .turn(turn), .i_valid(i_valid), .i_sums(6'b10_01_00),
        .i_tag(12'b0010_0001_0000), .o_valid(o_valid), .o_sums(o_sums), .o_tag(o_tag)
    );
    reg       begun = 1'b0, ended = 1'b0, gave = 1'b0;
    reg [1:0] next = 2'd0, given = 2'd0;
    reg [2:0] since = 3'd0;
    always @(posedge clk) begin
        begun <= 1'b1;
        if (|ends) next <= next == 2'd2 ? 2'd0 : next + 1'b1;
        since <= |ends ? 3'd1 : since == 3'd7 ? since : since + 1'b1;
        ended <= ended || |ends;
        gave  <= |i_valid && !rst;
        given <= i_valid[2] ? 2'd2 : i_valid[1] ? 2'd1 : 2'd0;
        if (rst) begin
            next  <= 2'd0;
            ended <= 1'b0;
        end
    end
    always @* begin
        if (!begun) assume (rst);
        assume (rst || (ends & ~turn) == 3'd0);
        assume (i_valid == 3'd0 || i_valid == 3'd1 || i_valid == 3'd2 || i_valid == 3'd4);
        if (begun) begin
            assert (turn == 3'd0 || turn == 3'd1 << next);
            // the turn comes as soon as it may
            assert ((turn != 3'd0) == (!ended || since >= INTERVAL));
            assert (o_valid == gave);
            if (o_valid) assert (o_sums == given && o_tag == {2'd0, given});
        end
    end
endmodule
`default_nettype wire
