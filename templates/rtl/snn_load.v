// From the stream of weights into the memory of one layer: row after row, of each the lowest lanes first. What comes when it
// is full belongs to the next layer.
`default_nettype none
module snn_load #(
    parameter ROWS     = 8,
    parameter ROW_BITS = 3,
    parameter COLUMNS  = 1     // words of a row
) (
    input  wire                clk,
    input  wire                start,      // the next word is the first again
    input  wire                i_valid,
    input  wire [31:0]         i_data,
    output wire                o_valid,    // a word for the next layer
    output wire                w_valid,    // to snn_weights
    output wire [ROW_BITS-1:0] w_row,
    output wire [COLUMNS-1:0]  w_columns,
    output wire [31:0]         w_data
);
    localparam              LAST  = ROWS - 1;
    localparam [COLUMNS:0] FIRST = {{COLUMNS{1'b0}}, 1'b1};
    reg                full_q;
    reg [ROW_BITS-1:0] row_q;
    reg [COLUMNS-1:0]  column_q;       // one of them
    wire               ends = column_q[COLUMNS-1];
    wire [COLUMNS:0]   next = {column_q, 1'b0};
    always @(posedge clk)
        if (start) begin
            full_q   <= 1'b0;
            row_q    <= {ROW_BITS{1'b0}};
            column_q <= FIRST[COLUMNS-1:0];
        end else if (w_valid) begin
            column_q <= ends ? FIRST[COLUMNS-1:0] : next[COLUMNS-1:0];
            if (ends) row_q <= row_q + 1'b1;
            if (ends && row_q == LAST[ROW_BITS-1:0]) full_q <= 1'b1;
        end
    wire unused = &{1'b0, next[COLUMNS]};

    assign w_valid   = i_valid && !full_q;
    assign w_row     = row_q;
    assign w_columns = column_q;
    assign w_data    = i_data;
    assign o_valid   = i_valid && full_q;
endmodule
`default_nettype wire
