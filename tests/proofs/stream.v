// snn_stream: every beat that is taken leaves once, in its order, for the lanes; the output is reserved only while there is
// room, exactly where a timestep ends, and not within INTERVAL clocks.
`default_nettype none
module proof (
    input wire       clk,
    input wire       rst,
    input wire [1:0] s_index,
    input wire       s_keep, s_last, s_first, s_valid,
    input wire       free
);
    localparam INTERVAL = 3;
    wire       s_ready, start, o_valid, o_hit, o_subtract, o_twice, o_load, o_shift, o_done;
    wire [1:0] o_row;
    wire [3:0] o_tag;
    snn_stream #(.INDEX_BITS(2), .SLOTS(1), .PLANES(2), .NEGATIVE(1), .INTERVAL(INTERVAL)) dut (
        .clk(clk), .rst(rst), .s_index(s_index), .s_keep(s_keep), .s_last(s_last), .s_first(s_first), .s_valid(s_valid),
        .s_ready(s_ready), .start(start), .free(free), .o_valid(o_valid), .o_row(o_row), .o_hit(o_hit),
        .o_subtract(o_subtract), .o_load(o_load), .o_twice(o_twice), .o_shift(o_shift), .o_done(o_done), .o_tag(o_tag)
    );
    reg        begun = 1'b0, has = 1'b0, plane = 1'b0, fresh = 1'b1, fresh_plane = 1'b1;
    reg  [4:0] beat = 5'd0;
    reg  [1:0] since = 2'd3;   // clocks from the last start on, at most 3
    wire       in = s_valid && s_ready;
    wire       ends = beat[1] && plane;
    always @(posedge clk) begin
        begun <= 1'b1;
        if (in) beat <= {s_index, s_keep, s_last, s_first};
        has <= in || (has && !o_valid);
        if (o_valid) fresh <= ends;
        if (o_valid) fresh_plane <= beat[1];
        if (o_valid && beat[1]) plane <= !plane;
        since <= start ? 2'd1 : since == 2'd3 ? 2'd3 : since + 1'b1;
        if (rst) begin
            has         <= 1'b0;
            plane       <= 1'b0;
            fresh       <= 1'b1;
            fresh_plane <= 1'b1;
            since       <= 2'd3;
        end
    end
    always @* begin
        if (!begun) assume (rst);
        if (begun) begin
            if (in) assert (!has || o_valid);
            if (o_valid) assert (has && {o_row, o_hit, o_tag[0]} == {beat[4:2], beat[0]});
            if (o_valid) assert (!o_twice && o_load == fresh && o_shift == (fresh_plane && !fresh) && o_subtract == !plane);
            if (o_valid) assert (o_done == ends);
            assert (start == (o_valid && ends));
            if (start) assert (free && since >= INTERVAL);
            if (has && !o_valid) assert (ends && (!free || since < INTERVAL));   // it waits for nothing else
        end
    end
endmodule
`default_nettype wire
