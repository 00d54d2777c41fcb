// snn_base: the sums of a base stay inside; all others leave two clocks later, the base added, and the timestep behind a
// base is a sample's first.
`default_nettype none
module proof (
    input wire       clk,
    input wire       rst,
    input wire       i_valid,
    input wire [1:0] i_data,
    input wire [3:0] i_tag
);
    wire       o_valid;
    wire [1:0] o_data;
    wire [3:0] o_tag;
    snn_base #(.GROUP(1), .SUM_BITS(2), .WORDS(2), .WORD_BITS(1)) dut (
        .clk(clk), .rst(rst), .i_valid(i_valid), .i_data(i_data), .i_tag(i_tag), .o_valid(o_valid), .o_data(o_data), .o_tag(o_tag)
    );
    reg        begun = 1'b0, word = 1'b0, known = 1'b0, based = 1'b0, first = 1'b0;    // of this frame, and the one before
    reg  [1:0] base_0 = 2'd0, base_1 = 2'd0;
    reg  [1:0] sum_1 = 2'd0, sum_2 = 2'd0, valids = 2'd0;
    reg  [3:0] tag_1 = 4'd0, tag_2 = 4'd0;
    always @(posedge clk) begin
        begun <= 1'b1;
        if (i_valid) begin
            word  <= !word;
            based <= i_tag[0];
            known <= 1'b1;
            if (word) first <= i_tag[0];
            if (i_tag[0] && !word) base_0 <= i_data;
            if (i_tag[0] && word) base_1 <= i_data;
        end
        {sum_1, sum_2} <= {i_data + (word ? base_1 : base_0), sum_1};
        {tag_1, tag_2} <= {i_tag[3:1], first, tag_1};
        valids <= rst ? 2'd0 : {valids[0], i_valid && !i_tag[0]};
        if (rst) {word, known, first} <= 3'd0;
    end
    always @* begin
        if (!begun) assume (rst);
        assume (!(rst && i_valid));
        if (i_valid && word) assume (i_tag[0] == based);     // a frame is a base or is not
        if (i_valid && !known) assume (i_tag[0]);
        if (begun && !rst) begin
            assert (o_valid == valids[1]);
            if (o_valid) assert (o_data == sum_2 && o_tag == tag_2);
        end
    end
endmodule
`default_nettype wire
