// The words that fill the memories of weights: the host's, or those of `feed`, which is read after configuration. Counts
// them, and keeps a check over them, so that a host sees what was lost or altered on the way.
`default_nettype none
module snn_feed #(
    parameter WORDS = 1
) (
    input  wire        clk,
    input  wire        rst,          // synchronous, active high
    input  wire        start,        // the next word is the first again
    input  wire        write,
    input  wire [31:0] write_data,
    input  wire        feed_valid,
    input  wire [31:0] feed_data,
    output reg         load_start,
    output reg         load_valid,
    output reg  [31:0] load_data,
    output wire [31:0] loaded,       // words since the start, as long as they are not far too many
    output reg  [31:0] check,        // over them: rotated to the left by a bit, then the word is added without carry
    output reg         empty         // there are less than WORDS
);
    localparam LAST       = WORDS - 1;
    localparam COUNT_BITS = $clog2(WORDS + 1) + 1;
    reg  [COUNT_BITS-1:0] loaded_q;
    assign loaded = {{(32-COUNT_BITS){1'b0}}, loaded_q};
    wire        begins = rst || start;
    wire        takes  = write || feed_valid;
    wire [31:0] word   = write ? write_data : feed_data;
    always @(posedge clk) begin
        load_start <= begins;
        load_valid <= takes && !begins;
        load_data  <= word;
        if (begins) begin
            loaded_q <= {COUNT_BITS{1'b0}};
            check    <= 32'd0;
            empty    <= 1'b1;
        end else if (takes) begin
            loaded_q <= loaded_q + 1'b1;
            check    <= {check[30:0], check[31]} ^ word;
            if (loaded_q == LAST[COUNT_BITS-1:0]) empty <= 1'b0;
        end
    end
endmodule
`default_nettype wire
