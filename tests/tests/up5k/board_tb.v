// The board's top from power-on: the weights come from the flash, then samples over the UART. Every spike of the hidden layer
// and every class is compared. +flash=FILE is what the flash holds.
`default_nettype none

module board_tb;
    localparam DIVISOR = 10;
    reg  clk = 1'b0;
    reg  rx = 1'b1;
    wire tx, led, sck, cs_n, mosi, miso;
    always #1 clk = !clk;
    up5k_top #(.BAUD(`CLOCK / DIVISOR)) dut (
        .clk_in(clk), .rx(rx), .tx(tx), .flash_sck(sck), .flash_cs_n(cs_n), .flash_mosi(mosi), .flash_miso(miso), .led(led)
    );
    flash_model flash (.sck(sck), .cs_n(cs_n), .mosi(mosi), .miso(miso));

    reg [7:0] bytes [0:`BYTES-1];
    reg [0:0] expected [0:`SPIKES-1];
    reg [3:0] classes [0:`SAMPLES-1];
    initial begin
        $readmemh("packets.mem", bytes);
        $readmemh("tb_expected_1.mem", expected);
        $readmemh("tb_class.mem", classes);
    end

    integer at = 0, classed = 0, n, k;
    always @(posedge clk) if (!dut.rst) begin
        if (dut.u_host.u_network.hidden__spikes_valid) begin
            if (at >= `SPIKES || dut.u_host.u_network.hidden__spikes !== expected[at]) begin
                $display("WRONG spike %0d", at);
                $finish;
            end
            at = at + 1;
        end
        if (dut.u_host.class_valid) begin
            if (dut.u_host.class_index !== classes[classed]) begin
                $display("WRONG class of sample %0d", classed);
                $finish;
            end
            classed = classed + 1;
        end
    end

    initial begin
        repeat (300) @(posedge clk);
        if (!dut.u_host.empty) $display("WRONG: there are weights at once");
        n = 0;
        while (dut.u_host.empty && n < 2000000) begin
            @(posedge clk);
            n = n + 1;
        end
        if (dut.u_host.empty) begin
            $display("EMPTY");
            $finish;
        end
        for (n = 0; n < `BYTES; n = n + 1) begin
            rx = 1'b0;
            for (k = 0; k < 8; k = k + 1) #(2 * DIVISOR) rx = bytes[n][k];
            #(2 * DIVISOR) rx = 1'b1;
            #(2 * DIVISOR);
        end
        #20000;
        if (classed == `SAMPLES && at == `SPIKES) $display("PASS");
        else $display("WRONG: %0d classes and %0d spikes", classed, at);
        $finish;
    end
endmodule

`default_nettype wire
