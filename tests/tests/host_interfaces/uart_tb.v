// A serial port, 8N1, that does what it reads from its input, line by line:
//   t BYTE 0   sends a byte
//   n BYTE 0   sends a byte without a stop bit
//   g 0 0      waits for a byte: the byte
//   c 0 0      clocks of the last sample, as they are counted here
// Its bits are up to two per cent longer or shorter than the design's; between bytes it pauses, or the line is disturbed
// for less than half a bit.
`default_nettype none

module host_tb;
    localparam STDIN   = 32'h8000_0000;
    localparam DIVISOR = `DIVISOR;
    localparam BIT     = 10 * DIVISOR;

    reg  clk = 1'b0;
    reg  rst = 1'b1;
    reg  rx = 1'b1;
    wire tx;
    always #5 clk = !clk;
    `TOP #(.QUEUE_BITS(`QUEUE_BITS), .DIVISOR(DIVISOR)) dut (.clk(clk), .rst(rst), .rx(rx), .tx(tx));

    integer seed = 1;
    initial if (!$value$plusargs("seed=%d", seed)) seed = 1;

    `include "sample_clocks.vh"

    // ---- what comes back
    reg [7:0] heard [0:65535];
    integer hears = 0, said = 0, n;
    reg [7:0] byte_in;
    initial forever begin
        @(negedge tx);
        #(BIT / 2) if (tx && !rst) $display("WRONG start bit");
        for (n = 0; n < 8; n = n + 1) #BIT byte_in[n] = tx;
        #BIT if (!tx) $display("WRONG stop bit");
        heard[hears] = byte_in;
        hears = hears + 1;
    end

    integer length, k, patience;
    task send(input [7:0] there, input stop);
        begin
            length = BIT - BIT / 50 + $unsigned($random(seed)) % (BIT / 25 + 1);
            rx = 1'b0;
            for (k = 0; k < 8; k = k + 1) #length rx = there[k];
            #length rx = stop;
            #length rx = 1'b1;
            if (!stop) #(2 * BIT);
            if ($unsigned($random(seed)) % 16 == 0) begin
                #($unsigned($random(seed)) % 1000) rx = 1'b0;
                #(BIT / 4) rx = 1'b1;
                #BIT;
            end
        end
    endtask

    integer fields;
    reg [7:0]  order;
    reg [31:0] a, b;
    initial begin
        #43 rst = 1'b0;
        #50;
        fields = $fscanf(STDIN, " %c %h %h", order, a, b);
        while (fields == 3) begin
            case (order)
                "t": send(a[7:0], 1'b1);
                "n": send(a[7:0], 1'b0);
                "g": begin
                    patience = 0;
                    while (said == hears && patience < 1000) begin
                        #BIT;
                        patience = patience + 1;
                    end
                    if (said == hears) $display("WRONG silence");
                    else $display("%02x", heard[said]);
                    said = said + 1;
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
