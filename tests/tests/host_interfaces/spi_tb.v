// An SPI master, mode 0, that does what it reads from its input, line by line:
//   b 0 0      selects the slave
//   x BYTE 0   exchanges a byte: the one that came back
//   e 0 0      deselects it
//   c 0 0      clocks of the last sample, as they are counted here
// Its clock has nothing to do with the slave's: an eighth of it at most, another speed for each byte, pauses between bytes.
`default_nettype none

module host_tb;
    localparam STDIN = 32'h8000_0000;

    reg  clk = 1'b0;
    reg  rst = 1'b1;
    reg  sck = 1'b0;
    reg  cs_n = 1'b1;
    reg  mosi = 1'b0;
    wire miso, miso_enable;
    always #5 clk = !clk;
    `TOP #(.QUEUE_BITS(`QUEUE_BITS)) dut (
        .clk(clk), .rst(rst), .sck(sck), .cs_n(cs_n), .mosi(mosi), .miso(miso), .miso_enable(miso_enable)
    );

    integer seed = 1;
    initial if (!$value$plusargs("seed=%d", seed)) seed = 1;

    `include "sample_clocks.vh"

    integer half, bit_left;
    reg [7:0] back;
    task exchange(input [7:0] there);
        begin
            half = 40 + $unsigned($random(seed)) % 60;
            for (bit_left = 7; bit_left >= 0; bit_left = bit_left - 1) begin
                mosi = there[bit_left];
                #half sck = 1'b1;
                back[bit_left] = miso;
                #half sck = 1'b0;
            end
            mosi = $random(seed);
            if ($unsigned($random(seed)) % 8 == 0) #($unsigned($random(seed)) % 2000);
            $display("%02x", back);
        end
    endtask

    integer fields;
    reg [7:0]  order;
    reg [31:0] a, b;
    initial begin
        #43 rst = 1'b0;
        fields = $fscanf(STDIN, " %c %h %h", order, a, b);
        while (fields == 3) begin
            case (order)
                "b": begin
                    cs_n = 1'b0;
                    #50;
                    if (!miso_enable) $display("WRONG the slave does not drive");
                end
                "x": exchange(a[7:0]);
                "e": begin
                    cs_n = 1'b1;
                    #(50 + $unsigned($random(seed)) % 100);
                    if (miso_enable) $display("WRONG the slave drives");
                end
                "c": $display("%08x", sample_clocks);
                default: $display("WRONG order");
            endcase
            $fflush;
            fields = $fscanf(STDIN, " %c %h %h", order, a, b);
        end
        $finish;
    end
endmodule

`default_nettype wire
