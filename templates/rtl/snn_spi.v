// Pins of an SPI slave, mode 0, most significant bit first: bytes in and out. All pins are sampled by `clk`, which is eight
// times as fast as `sck` or more. What goes out with a byte is what was there when the byte before it was complete, or zero.
`default_nettype none
module snn_spi (
    input  wire       clk,
    input  wire       rst,           // synchronous, active high
    input  wire       sck,
    input  wire       cs_n,
    input  wire       mosi,
    output wire       miso,
    output wire       miso_enable,   // for a bus with other devices
    output wire       idle,          // not selected
    output reg        o_valid,       // for one clock: a byte is complete
    output wire [7:0] o_data,
    input  wire       i_valid,
    input  wire [7:0] i_data,
    output wire       i_ready        // it is taken, if there is one
);
    reg [2:0] sck_q;                 // youngest in bit 0: two stages against metastability, and the one before
    reg [1:0] cs_q, mosi_q;
    reg [2:0] bit_q;
    reg [7:0] in_q, out_q;
    reg       miso_q;
    wire      rises = sck_q[2:1] == 2'b01;
    wire      falls = sck_q[2:1] == 2'b10;
    wire      full  = rises && bit_q == 3'd7;

    assign miso        = miso_q;
    assign miso_enable = !idle;
    assign idle        = cs_q[1];
    assign o_data      = in_q;
    assign i_ready     = full && !idle;
    always @(posedge clk) begin
        sck_q   <= {sck_q[1:0], sck};
        cs_q    <= {cs_q[0], cs_n};
        mosi_q  <= {mosi_q[0], mosi};
        o_valid <= full && !idle && !rst;
        if (rises) begin
            in_q  <= {in_q[6:0], mosi_q[1]};
            bit_q <= bit_q + 1'b1;
        end
        if (full) out_q <= i_valid ? i_data : 8'd0;
        else if (falls) begin
            miso_q <= out_q[7];
            out_q  <= {out_q[6:0], 1'b0};
        end
        if (idle || rst) begin
            bit_q  <= 3'd0;
            out_q  <= 8'd0;
            miso_q <= 1'b0;
        end
    end
endmodule
`default_nettype wire
