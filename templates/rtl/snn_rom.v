// Table of constants, one word per channel group; read in one clock. A table of one word holds for every group.
`default_nettype none
module snn_rom #(
    parameter WIDTH        = 8,
    parameter DEPTH        = 4,            // words
    parameter ADDRESS_BITS = 2,
    parameter FILE         = ""    // for $readmemh
) (
    input  wire                    clk,
    input  wire                    read,
    input  wire [ADDRESS_BITS-1:0] address,
    output reg  [WIDTH-1:0]        data
);
    reg [WIDTH-1:0] memory [0:DEPTH-1];
    initial if (FILE != "") $readmemh(FILE, memory);

    generate if (DEPTH == 1) begin : constant
        wire unused_address = &{1'b0, address};
        always @(posedge clk) if (read) data <= memory[0];
    end else begin : table_
        always @(posedge clk) if (read) data <= memory[address];
    end endgenerate
endmodule
`default_nettype wire
