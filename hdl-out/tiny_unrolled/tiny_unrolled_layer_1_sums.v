// layer 1: the weights of 3 sums over 8 inputs, 21 of them not zero, in logic. Written by snnc. 2 clocks deep.
`default_nettype none
module tiny_unrolled_layer_1_sums (
    input  wire clk,
    input  wire [7:0] spikes,
    output wire [17:0] sums    // of 6 bits, signed, the first lowest
);
    wire unused_spikes = &{1'b0, spikes};

    // 0: 6 weights
    wire [4:0] n0_0;
    snn_unrolled_leaf #(.INPUTS(6), .BITS(5), .WEIGHTS({32'sd4, 32'sd4, 32'sd3, 32'sd1, 32'sd1, 32'sd1})) u_n0_0 (.clk(clk), .spikes({spikes[4], spikes[3], spikes[5], spikes[7], spikes[2], spikes[0]}), .sum(n0_0));
    reg  [4:0] n0_1;
    always @(posedge clk) n0_1 <= n0_0;
    assign sums[5:0] = {{1{n0_1[4]}}, n0_1};

    // 1: 8 weights
    wire [4:0] n1_0;
    snn_unrolled_leaf #(.INPUTS(6), .BITS(5), .WEIGHTS({-32'sd4, -32'sd3, -32'sd2, -32'sd2, 32'sd1, -32'sd1})) u_n1_0 (.clk(clk), .spikes({spikes[2], spikes[7], spikes[3], spikes[0], spikes[4], spikes[1]}), .sum(n1_0));
    wire [3:0] n1_1;
    snn_unrolled_leaf #(.INPUTS(2), .BITS(4), .WEIGHTS({-32'sd7, 32'sd5})) u_n1_1 (.clk(clk), .spikes({spikes[6], spikes[5]}), .sum(n1_1));
    reg  [5:0] n1_2;
    always @(posedge clk) n1_2 <= {{1{n1_0[4]}}, n1_0} + {{2{n1_1[3]}}, n1_1};
    assign sums[11:6] = n1_2;

    // 2: 7 weights
    wire [5:0] n2_0;
    snn_unrolled_leaf #(.INPUTS(6), .BITS(6), .WEIGHTS({-32'sd7, -32'sd6, 32'sd6, 32'sd5, -32'sd4, -32'sd2})) u_n2_0 (.clk(clk), .spikes({spikes[2], spikes[7], spikes[4], spikes[0], spikes[3], spikes[1]}), .sum(n2_0));
    wire [3:0] n2_1;
    snn_unrolled_leaf #(.INPUTS(1), .BITS(4), .WEIGHTS({32'sd7})) u_n2_1 (.clk(clk), .spikes({spikes[5]}), .sum(n2_1));
    reg  [5:0] n2_2;
    always @(posedge clk) n2_2 <= n2_0 + {{2{n2_1[3]}}, n2_1};
    assign sums[17:12] = n2_2;
endmodule
`default_nettype wire
