// Currents of a sample, kept: two samples fit, so that one is read while the next is written.
`default_nettype none
module snn_kept #(
    parameter WIDTH        = 16,   // of a group of currents
    parameter WORDS        = 4,    // groups of a sample
    parameter ADDRESS_BITS = 3     // of the groups of two
) (
    input  wire                    clk,
    input  wire                    rst,       // synchronous, active high
    input  wire                    i_valid,
    input  wire [WIDTH-1:0]        i_data,
    output reg                     written,   // a sample is complete
    input  wire                    read,
    input  wire [ADDRESS_BITS-1:0] read_address,
    output wire [WIDTH-1:0]        read_data  // a clock later, until the next read
);
    localparam LAST = WORDS - 1;
    localparam ALL  = 2 * WORDS - 1;

    reg [ADDRESS_BITS-1:0] write_q;
    always @(posedge clk) begin
        if (i_valid) write_q <= write_q == ALL[ADDRESS_BITS-1:0] ? {ADDRESS_BITS{1'b0}} : write_q + 1'b1;
        written <= i_valid && (write_q == LAST[ADDRESS_BITS-1:0] || write_q == ALL[ADDRESS_BITS-1:0]);
        if (rst) begin
            write_q <= {ADDRESS_BITS{1'b0}};
            written <= 1'b0;
        end
    end
    snn_ram #(.WIDTH(WIDTH), .DEPTH(2 * WORDS), .ADDRESS_BITS(ADDRESS_BITS)) u_ram (
        .clk(clk), .write(i_valid), .write_address(write_q), .write_data(i_data),
        .read(read), .read_address(read_address), .read_data(read_data)
    );
endmodule
`default_nettype wire
