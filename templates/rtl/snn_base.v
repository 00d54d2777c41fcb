// Sums of an inverted input (snn_invert): those of a sample's first frame are its base; they are kept, and added to those of
// each timestep. Modulo 2^SUM_BITS, as the sums are.
// Two clocks deep.
`default_nettype none
module snn_base #(
    parameter GROUP     = 2,    // sums per clock
    parameter SUM_BITS  = 16,
    parameter WORDS     = 4,    // groups of a frame
    parameter WORD_BITS = 2
) (
    input  wire                      clk,
    input  wire                      rst,        // synchronous, active high
    input  wire                      i_valid,
    input  wire [GROUP*SUM_BITS-1:0] i_data,
    input  wire [3:0]                i_tag,      // bit 0: of a base
    output reg                       o_valid,
    output reg  [GROUP*SUM_BITS-1:0] o_data,
    output reg  [3:0]                o_tag       // bit 0: of the first timestep
);
    localparam LAST = WORDS - 1;
    reg  [WORD_BITS-1:0]      word_q;
    reg                       first_q;           // the frame before was a base
    reg                       valid_1q;
    reg  [3:0]                tag_1q;
    reg  [GROUP*SUM_BITS-1:0] data_1q;
    wire [GROUP*SUM_BITS-1:0] base;
    wire                      last = word_q == LAST[WORD_BITS-1:0];
    snn_ram #(.WIDTH(GROUP*SUM_BITS), .DEPTH(WORDS), .ADDRESS_BITS(WORD_BITS)) u_base (
        .clk(clk), .write(i_valid && i_tag[0]), .write_address(word_q), .write_data(i_data),
        .read(i_valid), .read_address(word_q), .read_data(base)
    );
    genvar i;
    generate for (i = 0; i < GROUP; i = i + 1) begin : element
        always @(posedge clk)
            if (valid_1q) o_data[i*SUM_BITS +: SUM_BITS] <= data_1q[i*SUM_BITS +: SUM_BITS] + base[i*SUM_BITS +: SUM_BITS];
    end endgenerate
    always @(posedge clk) begin
        if (i_valid) begin
            word_q  <= last ? {WORD_BITS{1'b0}} : word_q + 1'b1;
            data_1q <= i_data;
            tag_1q  <= {i_tag[3:1], first_q};
            if (last) first_q <= i_tag[0];
        end
        if (valid_1q) o_tag <= tag_1q;
        valid_1q <= i_valid && !i_tag[0] && !rst;
        o_valid  <= valid_1q && !rst;
        if (rst) begin
            word_q  <= {WORD_BITS{1'b0}};
            first_q <= 1'b0;
        end
    end
endmodule
`default_nettype wire
