// Memory of weights, or of indices of codewords: PORTS rows per clock. It holds FILE when the device is configured, or, with
// LOADED, what the host writes: words of 32 bits, of which a row has as many as cover it, the lowest lanes first. While a
// word is written nothing is read, so that a memory of one port can do it.
`default_nettype none
module snn_weights #(
    parameter ROWS     = 8,
    parameter ROW_BITS = 3,
    parameter WIDTH    = 32,    // of a row
    parameter PORTS    = 1,
    parameter LOADED   = 0,     // 1: the host writes it
    parameter LARGE    = 0,     // 1: into large RAM of one port, where the device has some; of one port
    parameter FILE     = ""     // for $readmemh
) (
    input  wire                      clk,
    input  wire                      read,
    input  wire [PORTS*ROW_BITS-1:0] rows,
    output wire [PORTS*WIDTH-1:0]    data,       // one clock later, until the next read
    input  wire                      w_valid,    // a word into ...
    input  wire [ROW_BITS-1:0]       w_row,      // ... this row, ...
    input  wire [(WIDTH+31)/32-1:0]  w_columns,  // ... these places of it
    input  wire [31:0]               w_data
);
    genvar c, p;
    generate if (LOADED == 0) begin : configured
        (* ram_style = "block" *) reg [WIDTH-1:0] memory [0:ROWS-1];
        initial if (FILE != "") $readmemh(FILE, memory);
        for (p = 0; p < PORTS; p = p + 1) begin : port
            reg [WIDTH-1:0] read_q;
            always @(posedge clk) if (read) read_q <= memory[rows[p*ROW_BITS +: ROW_BITS]];
            assign data[p*WIDTH +: WIDTH] = read_q;
        end
        wire unused = &{1'b0, w_valid, w_row, w_columns, w_data};
    end else begin : loaded
        wire [ROW_BITS-1:0] row = w_valid ? w_row : rows[ROW_BITS-1:0];   // of the port that writes too
        for (c = 0; c < (WIDTH + 31) / 32; c = c + 1) begin : column
            localparam BITS  = WIDTH - 32 * c < 32 ? WIDTH - 32 * c : 32;
            wire             write = w_valid && w_columns[c];
            reg  [BITS-1:0]  read_q;
            if (LARGE != 0) begin : huge
                (* ram_style = "huge" *) reg [BITS-1:0] memory [0:ROWS-1];
                always @(posedge clk)
                    if (write) memory[row] <= w_data[BITS-1:0];
                    else if (read) read_q <= memory[row];
            end else begin : plain
                (* ram_style = "block" *) reg [BITS-1:0] memory [0:ROWS-1];
                always @(posedge clk)
                    if (write) memory[row] <= w_data[BITS-1:0];
                    else if (read) read_q <= memory[row];
                for (p = 1; p < PORTS; p = p + 1) begin : port
                    reg [BITS-1:0] other_q;
                    always @(posedge clk) if (read) other_q <= memory[rows[p*ROW_BITS +: ROW_BITS]];
                    assign data[p*WIDTH+32*c +: BITS] = other_q;
                end
            end
            assign data[32*c +: BITS] = read_q;
        end
        if (WIDTH % 32 != 0) begin : narrow
            wire unused = &{1'b0, w_data};
        end
    end endgenerate
endmodule
`default_nettype wire
