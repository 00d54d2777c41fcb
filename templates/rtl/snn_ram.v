// Memory with one write port and one read port. The word read is there one clock later, until the next read. A word that is
// being written is not read: what it gives then is undefined, and said to be, so that simulation tells of it and no logic is
// spent on it (parts whose block RAMs do not read the old word would hold it in registers).
`default_nettype none
module snn_ram #(
    parameter WIDTH        = 8,
    parameter DEPTH        = 4,    // words
    parameter ADDRESS_BITS = 2,
    parameter ZERO         = 0     // 1: zero when the device is configured (no reset ever clears it)
) (
    input  wire                    clk,
    input  wire                    write,
    input  wire [ADDRESS_BITS-1:0] write_address,
    input  wire [WIDTH-1:0]        write_data,
    input  wire                    read,
    input  wire [ADDRESS_BITS-1:0] read_address,
    output reg  [WIDTH-1:0]        read_data
);
    localparam WORDS = DEPTH > 1 ? DEPTH : 2;
    reg [WIDTH-1:0] memory [0:WORDS-1];

    generate if (ZERO != 0) begin : configured
        integer i;
        initial for (i = 0; i < WORDS; i = i + 1) memory[i] = {WIDTH{1'b0}};
    end endgenerate

    always @(posedge clk) begin
        if (write) memory[write_address] <= write_data;
        if (read) read_data <= write && write_address == read_address ? {WIDTH{1'bx}} : memory[read_address];
    end
endmodule
`default_nettype wire
