// Pins of a UART, 8 bits, no parity, one stop bit, least significant bit first: bytes in and out. A bit is sampled in its
// middle; a byte without a stop bit is dropped and reported.
`default_nettype none
module snn_uart #(
    parameter DIVISOR = 868      // clocks of a bit, 4 or more
) (
    input  wire       clk,
    input  wire       rst,       // synchronous, active high
    input  wire       rx,
    output wire       tx,
    output reg        fault,     // for one clock
    output reg        o_valid,   // for one clock: a byte has come
    output wire [7:0] o_data,
    input  wire       i_valid,
    input  wire [7:0] i_data,
    output wire       i_ready
);
    localparam TIME_BITS = $clog2(DIVISOR + 1);
    localparam WHOLE     = DIVISOR - 1;
    localparam HALF      = DIVISOR / 2 - 1;

    // in
    reg  [1:0]           rx_q;
    reg                  taking_q;
    reg                  broken_q;        // no stop bit came: the line must be high before the next byte
    reg  [TIME_BITS-1:0] in_time_q;       // clocks to the middle of the next bit
    reg  [3:0]           in_bit_q;        // 0: the start bit, 9: the stop bit
    reg  [7:0]           in_q;
    wire                 sample = taking_q && in_time_q == {TIME_BITS{1'b0}};
    assign o_data = in_q;
    always @(posedge clk) begin
        rx_q    <= {rx_q[0], rx};
        o_valid <= sample && in_bit_q == 4'd9 && rx_q[1] && !rst;
        fault   <= sample && in_bit_q == 4'd9 && !rx_q[1] && !rst;
        if (!taking_q) begin
            in_bit_q  <= 4'd0;
            in_time_q <= HALF[TIME_BITS-1:0];
            taking_q  <= !rx_q[1] && !broken_q;
            if (rx_q[1]) broken_q <= 1'b0;
        end else if (sample) begin
            in_bit_q  <= in_bit_q + 1'b1;
            in_time_q <= WHOLE[TIME_BITS-1:0];
            if (in_bit_q != 4'd9) in_q <= {rx_q[1], in_q[7:1]};
            if (in_bit_q == 4'd9) broken_q <= !rx_q[1];
            if (in_bit_q == 4'd9 || (in_bit_q == 4'd0 && rx_q[1])) taking_q <= 1'b0;
        end else in_time_q <= in_time_q - 1'b1;
        if (rst) begin
            taking_q <= 1'b0;
            broken_q <= 1'b0;
            rx_q     <= 2'b11;
        end
    end

    // out
    reg  [TIME_BITS-1:0] out_time_q;
    reg  [3:0]           out_bit_q;       // bits left, the start bit and the stop bit included
    reg  [8:0]           out_q;
    assign tx      = out_bit_q == 4'd0 || out_q[0];
    assign i_ready = out_bit_q == 4'd0;
    always @(posedge clk) begin
        if (i_ready) begin
            out_time_q <= WHOLE[TIME_BITS-1:0];
            out_q      <= {i_data, 1'b0};
            if (i_valid) out_bit_q <= 4'd10;
        end else if (out_time_q == {TIME_BITS{1'b0}}) begin
            out_time_q <= WHOLE[TIME_BITS-1:0];
            out_q      <= {1'b1, out_q[8:1]};
            out_bit_q  <= out_bit_q - 1'b1;
        end else out_time_q <= out_time_q - 1'b1;
        if (rst) out_bit_q <= 4'd0;
    end
endmodule
`default_nettype wire
