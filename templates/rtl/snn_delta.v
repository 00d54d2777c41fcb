// Words of a frame to what has changed since the frame before: a bit that is set has changed, and its sign says what it
// was. Frames follow each other across samples; after a reset the frame before is silent.
// One clock deep.
`default_nettype none
module snn_delta #(
    parameter CHUNK        = 8,    // elements of a word
    parameter FRAME        = 2,    // words of a frame
    parameter ADDRESS_BITS = 3     // of the reader's memory
) (
    input  wire                    clk,
    input  wire                    rst,            // synchronous, active high
    input  wire                    i_write,        // word after word of a frame; the same one not within two clocks
    input  wire [ADDRESS_BITS-1:0] i_address,
    input  wire [CHUNK-1:0]        i_data,
    input  wire                    i_written,
    input  wire                    i_first,
    output reg                     o_write,
    output reg  [ADDRESS_BITS-1:0] o_address,
    output wire [2*CHUNK-1:0]      o_data,         // {signs: 1 for a bit that was set, changes}
    output reg                     o_written,
    output reg                     o_first
);
    localparam WORD_BITS = FRAME > 1 ? $clog2(FRAME) : 1;
    localparam LAST      = FRAME - 1;
    reg  [WORD_BITS-1:0] word_q, word_1q;
    reg  [CHUNK-1:0]     data_1q;
    reg                  known_q, known_1q;    // a frame has come since the reset
    wire [CHUNK-1:0]     stored;
    wire [CHUNK-1:0]     past = stored & {CHUNK{known_1q}};
    wire                 last = word_q == LAST[WORD_BITS-1:0];
    snn_ram #(.WIDTH(CHUNK), .DEPTH(FRAME), .ADDRESS_BITS(WORD_BITS)) u_before (
        .clk(clk), .write(o_write), .write_address(word_1q), .write_data(data_1q),
        .read(i_write), .read_address(word_q), .read_data(stored)
    );
    assign o_data = {past, past ^ data_1q};
    always @(posedge clk) begin
        if (i_write) begin
            word_q    <= last ? {WORD_BITS{1'b0}} : word_q + 1'b1;
            word_1q   <= word_q;
            o_address <= i_address;
            data_1q   <= i_data;
            known_1q  <= known_q;
            known_q   <= known_q || last;
        end
        o_write   <= i_write && !rst;
        o_written <= i_written && !rst;
        o_first   <= i_first;
        if (rst) begin
            word_q  <= {WORD_BITS{1'b0}};
            known_q <= 1'b0;
        end
    end
endmodule
`default_nettype wire
