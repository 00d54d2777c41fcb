// Current of a population from its sums: shift(sum) + bias, to the left exact, to the right rounded half up.
// Integer rules: runtime-nostd/src/program.rs, Population. Two clocks deep, GROUP elements per clock, never waits.
`default_nettype none
module snn_finish #(
    parameter GROUP      = 2,     // elements per clock
    parameter IN_BITS    = 16,    // signed
    parameter OUT_BITS   = 16,    // signed; the result is proven to fit
    parameter LEFT       = 0,     // shift to the left, or ...
    parameter RIGHT      = 0,     // ... to the right
    parameter GROUPS     = 2,     // channels / GROUP
    parameter BIAS_BITS  = 8,     // signed
    parameter BIAS_WORDS = 2,     // GROUPS; 1: the same for every group
    parameter BIAS       = ""
) (
    input  wire                      clk,
    input  wire                      rst,      // synchronous, active high
    input  wire                      i_valid,
    input  wire [GROUP*IN_BITS-1:0]  i_data,
    input  wire [3:0]                i_tag,
    output reg                       o_valid,
    output reg  [GROUP*OUT_BITS-1:0] o_data,
    output reg  [3:0]                o_tag
);
    localparam WIDE       = (IN_BITS > RIGHT ? IN_BITS : RIGHT) + 2;
    localparam MID_BITS   = RIGHT > 0 ? WIDE - RIGHT : IN_BITS + LEFT;
    localparam MOST       = MID_BITS > BIAS_BITS ? MID_BITS : BIAS_BITS;
    localparam ALL_BITS   = (MOST > OUT_BITS ? MOST : OUT_BITS) + 1;
    localparam COUNT_BITS = GROUPS > 1 ? $clog2(GROUPS) : 1;
    localparam [COUNT_BITS-1:0] LAST = GROUPS[COUNT_BITS-1:0] - 1'b1;

    reg  [COUNT_BITS-1:0]      group_q;
    wire [GROUP*BIAS_BITS-1:0] bias;
    reg                        valid_1q;
    reg  [3:0]                 tag_1q;
    snn_rom #(.WIDTH(GROUP*BIAS_BITS), .DEPTH(BIAS_WORDS), .ADDRESS_BITS(COUNT_BITS), .FILE(BIAS)) u_bias (
        .clk(clk), .read(i_valid), .address(group_q), .data(bias)
    );
    always @(posedge clk) begin
        if (i_valid) group_q <= group_q == LAST ? {COUNT_BITS{1'b0}} : group_q + 1'b1;
        valid_1q <= i_valid;
        o_valid  <= valid_1q;
        if (i_valid) tag_1q <= i_tag;
        if (valid_1q) o_tag <= tag_1q;
        if (rst) begin
            group_q  <= {COUNT_BITS{1'b0}};
            valid_1q <= 1'b0;
            o_valid  <= 1'b0;
        end
    end

    genvar i;
    generate for (i = 0; i < GROUP; i = i + 1) begin : element
        wire [IN_BITS-1:0]  sum = i_data[i*IN_BITS +: IN_BITS];
        wire [MID_BITS-1:0] shifted;
        if (RIGHT > 0) begin : right
            wire [WIDE-1:0] rounded = {{(WIDE-IN_BITS){sum[IN_BITS-1]}}, sum} + ({{(WIDE-1){1'b0}}, 1'b1} << (RIGHT-1));
            wire unused_fraction = &{1'b0, rounded[RIGHT-1:0]};
            assign shifted = rounded[WIDE-1:RIGHT];
        end else if (LEFT > 0) begin : left
            assign shifted = {sum, {LEFT{1'b0}}};
        end else begin : straight
            assign shifted = sum;
        end
        reg  [MID_BITS-1:0]  shifted_q;
        wire [BIAS_BITS-1:0] added = bias[i*BIAS_BITS +: BIAS_BITS];
        wire [ALL_BITS-1:0]  result = {{(ALL_BITS-MID_BITS){shifted_q[MID_BITS-1]}}, shifted_q}
                                    + {{(ALL_BITS-BIAS_BITS){added[BIAS_BITS-1]}}, added};
        wire unused_sign = &{1'b0, result[ALL_BITS-1:OUT_BITS]};
        always @(posedge clk) begin
            if (i_valid) shifted_q <= shifted;
            if (valid_1q) o_data[i*OUT_BITS +: OUT_BITS] <= result[OUT_BITS-1:0];
        end
    end endgenerate
endmodule
`default_nettype wire
