// snn_uart: a byte that is taken leaves as a frame, the next one waits until it has left; on a line that goes back into
// another one, every byte comes back once and as it was.
`default_nettype none
module proof (
    input wire       clk,
    input wire       rst,
    input wire       i_valid,
    input wire [7:0] i_data
);
    wire       line, fault, o_valid, i_ready;
    wire [7:0] o_data;
    snn_uart #(.DIVISOR(4)) dut (
        .clk(clk), .rst(rst), .rx(line), .tx(line), .fault(fault), .o_valid(o_valid), .o_data(o_data), .i_valid(i_valid),
        .i_data(i_data), .i_ready(i_ready)
    );
    reg        begun = 1'b0;
    // bytes on their way: the stop bit of one is still looked at when the next one is taken
    reg        has = 1'b0, has_before = 1'b0;
    reg  [7:0] byte_ = 8'd0, before = 8'd0;
    wire       in = i_valid && i_ready;
    always @(posedge clk) begin
        begun <= 1'b1;
        if (in) {before, byte_} <= {byte_, i_data};
        has        <= !rst && (in || (has && !(o_valid && !has_before)));
        has_before <= !rst && (in ? has && !(o_valid && !has_before) : has_before && !o_valid);
    end
    always @* begin
        assume (rst == !begun);    // a reset in the middle of a frame leaves half a frame on the line
        if (begun) begin
            assert (!fault);
            if (o_valid) assert (has && o_data == (has_before ? before : byte_));
            if (in) assert (!has_before);
        end
    end
endmodule
`default_nettype wire
