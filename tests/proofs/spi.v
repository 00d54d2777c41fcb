// snn_spi behind a master of mode 0 that selects it for two bytes, eight clocks a bit: each byte of the master comes out once
// and as it was, and with each goes out the one that was taken with the byte before it, or zero.
`default_nettype none
module proof (
    input wire       clk,
    input wire       rst,
    input wire [7:0] given,          // the master's next byte
    input wire       i_valid,
    input wire [7:0] i_data
);
    // the master: 16 clocks before the first byte, each bit low for four clocks and high for four
    reg  [7:0] time_q = 8'd0;
    reg  [7:0] shifted = 8'd0, sent = 8'd0, got = 8'd0;
    wire       selected = time_q >= 8'd8 && time_q < 8'd152;
    wire       clocking = time_q >= 8'd16 && time_q < 8'd144;
    wire [2:0] phase = time_q[2:0];
    wire       sck = clocking && phase[2];
    wire       begins = time_q[5:0] == 6'd15;      // a byte
    wire       miso, enable, idle, o_valid, i_ready;
    wire [7:0] o_data;
    snn_spi dut (
        .clk(clk), .rst(rst), .sck(sck), .cs_n(!selected), .mosi(shifted[7]), .miso(miso), .miso_enable(enable), .idle(idle),
        .o_valid(o_valid), .o_data(o_data), .i_valid(i_valid), .i_data(i_data), .i_ready(i_ready)
    );
    reg        begun = 1'b0;
    reg  [7:0] taken = 8'd0, expected = 8'd0;
    always @(posedge clk) begin
        begun  <= 1'b1;
        time_q <= time_q == 8'hff ? time_q : time_q + 1'b1;
        if (begins) begin
            {shifted, sent} <= {2{given}};
            expected <= taken;
        end else if (clocking && phase == 3'd7) shifted <= {shifted[6:0], 1'b0};
        if (clocking && phase == 3'd3) got <= {got[6:0], miso};
        if (i_ready && !rst) taken <= i_valid ? i_data : 8'd0;
    end
    always @* begin
        assume (rst == !begun);
        if (begun) begin
            assert (enable == !idle);
            // three clocks behind the byte's last rise
            assert (o_valid == (time_q == 8'd79 || time_q == 8'd143));
            if (o_valid) assert (o_data == sent);
            if (clocking && time_q[5:0] == 6'd14) assert (got == expected);
        end
    end
endmodule
`default_nettype wire
