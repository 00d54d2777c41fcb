// layer 0: the weights of 8 sums over 12 inputs, 95 of them not zero, in logic. Written by snnc. 2 clocks deep.
`default_nettype none
module tiny_unrolled_layer_0_sums (
    input  wire clk,
    input  wire [11:0] spikes,
    output wire [71:0] sums    // of 9 bits, signed, the first lowest
);
    wire unused_spikes = &{1'b0, spikes};

    // 0: 12 weights
    wire [6:0] n0_0;
    snn_unrolled_leaf #(.INPUTS(6), .BITS(7), .WEIGHTS({-32'sd12, 32'sd11, -32'sd11, -32'sd11, -32'sd10, -32'sd9})) u_n0_0 (.clk(clk), .spikes({spikes[3], spikes[5], spikes[2], spikes[0], spikes[6], spikes[10]}), .sum(n0_0));
    wire [7:0] n0_1;
    snn_unrolled_leaf #(.INPUTS(6), .BITS(8), .WEIGHTS({-32'sd31, 32'sd30, -32'sd24, 32'sd23, -32'sd19, -32'sd18})) u_n0_1 (.clk(clk), .spikes({spikes[8], spikes[7], spikes[4], spikes[11], spikes[9], spikes[1]}), .sum(n0_1));
    reg  [8:0] n0_2;
    always @(posedge clk) n0_2 <= {{2{n0_0[6]}}, n0_0} + {{1{n0_1[7]}}, n0_1};
    assign sums[8:0] = n0_2;

    // 1: 11 weights
    wire [5:0] n1_0;
    snn_unrolled_leaf #(.INPUTS(6), .BITS(6), .WEIGHTS({32'sd10, -32'sd7, 32'sd5, -32'sd4, 32'sd3, -32'sd2})) u_n1_0 (.clk(clk), .spikes({spikes[5], spikes[11], spikes[9], spikes[1], spikes[6], spikes[10]}), .sum(n1_0));
    wire [6:0] n1_1;
    snn_unrolled_leaf #(.INPUTS(5), .BITS(7), .WEIGHTS({-32'sd31, 32'sd25, 32'sd19, -32'sd18, -32'sd12})) u_n1_1 (.clk(clk), .spikes({spikes[4], spikes[8], spikes[3], spikes[0], spikes[2]}), .sum(n1_1));
    reg  [7:0] n1_2;
    always @(posedge clk) n1_2 <= {{2{n1_0[5]}}, n1_0} + {{1{n1_1[6]}}, n1_1};
    assign sums[17:9] = {{1{n1_2[7]}}, n1_2};

    // 2: 12 weights
    wire [6:0] n2_0;
    snn_unrolled_leaf #(.INPUTS(6), .BITS(7), .WEIGHTS({-32'sd15, 32'sd11, 32'sd10, 32'sd8, -32'sd7, 32'sd5})) u_n2_0 (.clk(clk), .spikes({spikes[0], spikes[6], spikes[5], spikes[3], spikes[10], spikes[11]}), .sum(n2_0));
    wire [7:0] n2_1;
    snn_unrolled_leaf #(.INPUTS(6), .BITS(8), .WEIGHTS({32'sd31, 32'sd30, -32'sd26, 32'sd24, 32'sd18, -32'sd18})) u_n2_1 (.clk(clk), .spikes({spikes[4], spikes[1], spikes[2], spikes[9], spikes[8], spikes[7]}), .sum(n2_1));
    reg  [8:0] n2_2;
    always @(posedge clk) n2_2 <= {{2{n2_0[6]}}, n2_0} + {{1{n2_1[7]}}, n2_1};
    assign sums[26:18] = n2_2;

    // 3: 12 weights
    wire [6:0] n3_0;
    snn_unrolled_leaf #(.INPUTS(6), .BITS(7), .WEIGHTS({-32'sd17, 32'sd12, 32'sd11, -32'sd10, -32'sd6, -32'sd3})) u_n3_0 (.clk(clk), .spikes({spikes[6], spikes[4], spikes[8], spikes[5], spikes[11], spikes[0]}), .sum(n3_0));
    wire [7:0] n3_1;
    snn_unrolled_leaf #(.INPUTS(6), .BITS(8), .WEIGHTS({32'sd29, 32'sd29, 32'sd28, -32'sd23, -32'sd22, -32'sd17})) u_n3_1 (.clk(clk), .spikes({spikes[3], spikes[2], spikes[10], spikes[7], spikes[1], spikes[9]}), .sum(n3_1));
    reg  [7:0] n3_2;
    always @(posedge clk) n3_2 <= {{1{n3_0[6]}}, n3_0} + n3_1;
    assign sums[35:27] = {{1{n3_2[7]}}, n3_2};

    // 4: 12 weights
    wire [6:0] n4_0;
    snn_unrolled_leaf #(.INPUTS(6), .BITS(7), .WEIGHTS({-32'sd16, -32'sd16, 32'sd14, 32'sd11, -32'sd9, 32'sd8})) u_n4_0 (.clk(clk), .spikes({spikes[10], spikes[9], spikes[0], spikes[5], spikes[3], spikes[7]}), .sum(n4_0));
    wire [7:0] n4_1;
    snn_unrolled_leaf #(.INPUTS(6), .BITS(8), .WEIGHTS({-32'sd31, -32'sd27, -32'sd24, 32'sd24, 32'sd23, 32'sd21})) u_n4_1 (.clk(clk), .spikes({spikes[1], spikes[4], spikes[8], spikes[2], spikes[6], spikes[11]}), .sum(n4_1));
    reg  [7:0] n4_2;
    always @(posedge clk) n4_2 <= {{1{n4_0[6]}}, n4_0} + n4_1;
    assign sums[44:36] = {{1{n4_2[7]}}, n4_2};

    // 5: 12 weights
    wire [4:0] n5_0;
    snn_unrolled_leaf #(.INPUTS(6), .BITS(5), .WEIGHTS({32'sd10, -32'sd6, -32'sd5, 32'sd5, -32'sd4, -32'sd1})) u_n5_0 (.clk(clk), .spikes({spikes[10], spikes[4], spikes[11], spikes[8], spikes[2], spikes[5]}), .sum(n5_0));
    wire [7:0] n5_1;
    snn_unrolled_leaf #(.INPUTS(6), .BITS(8), .WEIGHTS({32'sd25, -32'sd25, 32'sd25, -32'sd24, 32'sd23, -32'sd11})) u_n5_1 (.clk(clk), .spikes({spikes[7], spikes[1], spikes[0], spikes[6], spikes[9], spikes[3]}), .sum(n5_1));
    reg  [7:0] n5_2;
    always @(posedge clk) n5_2 <= {{3{n5_0[4]}}, n5_0} + n5_1;
    assign sums[53:45] = {{1{n5_2[7]}}, n5_2};

    // 6: 12 weights
    wire [5:0] n6_0;
    snn_unrolled_leaf #(.INPUTS(6), .BITS(6), .WEIGHTS({-32'sd13, -32'sd8, -32'sd6, 32'sd5, 32'sd4, -32'sd1})) u_n6_0 (.clk(clk), .spikes({spikes[10], spikes[3], spikes[6], spikes[5], spikes[4], spikes[7]}), .sum(n6_0));
    wire [7:0] n6_1;
    snn_unrolled_leaf #(.INPUTS(6), .BITS(8), .WEIGHTS({32'sd27, 32'sd26, 32'sd23, -32'sd22, 32'sd21, 32'sd14})) u_n6_1 (.clk(clk), .spikes({spikes[9], spikes[1], spikes[11], spikes[8], spikes[2], spikes[0]}), .sum(n6_1));
    reg  [7:0] n6_2;
    always @(posedge clk) n6_2 <= {{2{n6_0[5]}}, n6_0} + n6_1;
    assign sums[62:54] = {{1{n6_2[7]}}, n6_2};

    // 7: 12 weights
    wire [6:0] n7_0;
    snn_unrolled_leaf #(.INPUTS(6), .BITS(7), .WEIGHTS({32'sd17, 32'sd16, 32'sd14, -32'sd6, 32'sd4, 32'sd2})) u_n7_0 (.clk(clk), .spikes({spikes[3], spikes[1], spikes[2], spikes[0], spikes[8], spikes[9]}), .sum(n7_0));
    wire [7:0] n7_1;
    snn_unrolled_leaf #(.INPUTS(6), .BITS(8), .WEIGHTS({-32'sd23, 32'sd22, -32'sd22, 32'sd20, -32'sd18, -32'sd17})) u_n7_1 (.clk(clk), .spikes({spikes[10], spikes[7], spikes[5], spikes[6], spikes[11], spikes[4]}), .sum(n7_1));
    reg  [7:0] n7_2;
    always @(posedge clk) n7_2 <= {{1{n7_0[6]}}, n7_0} + n7_1;
    assign sums[71:63] = {{1{n7_2[7]}}, n7_2};
endmodule
`default_nettype wire
