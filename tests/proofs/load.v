// snn_load: each word goes to one place, rows behind each other and the lowest lanes first, until the memory is full; those
// behind it go on to the next layer, and none is lost or doubled.
`default_nettype none
module proof (
    input wire clk,
    input wire rst,
    input wire start,
    input wire i_valid
);
    // three rows of two words
    wire        o_valid, w_valid;
    wire [1:0]  w_row, w_columns;
    wire [31:0] w_data;
    snn_load #(.ROWS(3), .ROW_BITS(2), .COLUMNS(2)) dut (
        .clk(clk), .start(start), .i_valid(i_valid), .i_data(32'd0), .o_valid(o_valid), .w_valid(w_valid), .w_row(w_row),
        .w_columns(w_columns), .w_data(w_data)
    );
    reg       begun = 1'b0;
    reg [2:0] word = 3'd0;             // that comes next, as far as there is a place for it
    always @(posedge clk) begin
        begun <= 1'b1;
        if (start) word <= 3'd0;
        else if (i_valid && word != 3'd6) word <= word + 1'b1;
    end
    always @* begin
        if (!begun) assume (rst);
        if (!begun) assume (start);
        if (begun) begin
            assert (w_valid == (i_valid && word != 3'd6) && o_valid == (i_valid && word == 3'd6));
            if (w_valid) assert (w_row == word[2:1] && w_columns == (word[0] ? 2'b10 : 2'b01));
        end
    end
endmodule
`default_nettype wire
