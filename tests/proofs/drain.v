// snn_drain: sums that are finished leave once, group after group, three clocks later; of sums that run on, what leaves is
// the difference to those before. While sums are finished no faster than they leave.
`default_nettype none
module proof #(
    parameter RUNNING = 1
) (
    input wire       clk,
    input wire       rst,
    input wire       i_done,
    input wire [7:0] i_sums,       // four lanes of two bits
    input wire [3:0] i_tag
);
    wire       o_valid;
    wire [3:0] o_sums, o_tag;
    snn_drain #(.LANES(4), .SUM_BITS(2), .GROUP(2), .RUNNING(RUNNING)) dut (
        .clk(clk), .rst(rst), .i_done(i_done), .i_sums(i_sums), .i_tag(i_tag), .o_valid(o_valid), .o_sums(o_sums), .o_tag(o_tag)
    );
    reg        begun = 1'b0, recent = 1'b0;
    reg  [7:0] before = 8'd0;
    reg  [7:0] sums_1 = 8'd0, sums_2 = 8'd0, sums_3 = 8'd0, sums_4 = 8'd0;    // what is to leave
    reg  [3:0] tag_1 = 4'd0, tag_2 = 4'd0, tag_3 = 4'd0, tag_4 = 4'd0;
    reg  [3:0] done = 4'd0;
    function [7:0] minus(input [7:0] a, input [7:0] b);
        begin
            minus[1:0] = a[1:0] - b[1:0];
            minus[3:2] = a[3:2] - b[3:2];
            minus[5:4] = a[5:4] - b[5:4];
            minus[7:6] = a[7:6] - b[7:6];
        end
    endfunction
    always @(posedge clk) begin
        begun  <= 1'b1;
        recent <= i_done;
        if (i_done) before <= i_sums;
        sums_1 <= RUNNING ? minus(i_sums, before) : i_sums;
        tag_1  <= i_tag;
        {sums_2, sums_3, sums_4} <= {sums_1, sums_2, sums_3};
        {tag_2, tag_3, tag_4}    <= {tag_1, tag_2, tag_3};
        done <= rst ? 4'd0 : {done[2:0], i_done};
        if (rst) before <= 8'd0;
    end
    always @* begin
        if (!begun) assume (rst);
        assume (!(i_done && recent));                    // two groups
        assume (!(rst && i_done));
        if (begun && !rst) begin
            assert (o_valid == (done[2] || done[3]));
            if (done[2]) assert (o_sums == sums_3[3:0] && o_tag == tag_3);
            if (done[3]) assert (o_sums == sums_4[7:4] && o_tag == tag_4);
        end
    end
endmodule
`default_nettype wire
