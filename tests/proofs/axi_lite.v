// snn_axi_lite: answers stay until they are taken; every access is answered once; a register is written in the clock in
// which a whole word is taken, read in the clock in which the address is, and its value is what comes back.
`default_nettype none
module proof (
    input wire        clk,
    input wire        rst,
    input wire [7:0]  awaddr, araddr,
    input wire        awvalid, wvalid, bready, arvalid, rready,
    input wire [31:0] wdata, bus_read_data,
    input wire [3:0]  wstrb
);
    wire        awready, wready, bvalid, arready, rvalid, bus_write, bus_read;
    wire [1:0]  bresp, rresp;
    wire [31:0] rdata, bus_write_data;
    wire [5:0]  bus_write_word, bus_read_word;
    snn_axi_lite dut (
        .clk(clk), .rst(rst), .s_axi_awaddr(awaddr), .s_axi_awprot(3'd0), .s_axi_awvalid(awvalid), .s_axi_awready(awready),
        .s_axi_wdata(wdata), .s_axi_wstrb(wstrb), .s_axi_wvalid(wvalid), .s_axi_wready(wready), .s_axi_bresp(bresp),
        .s_axi_bvalid(bvalid), .s_axi_bready(bready), .s_axi_araddr(araddr), .s_axi_arprot(3'd0), .s_axi_arvalid(arvalid),
        .s_axi_arready(arready), .s_axi_rdata(rdata), .s_axi_rresp(rresp), .s_axi_rvalid(rvalid), .s_axi_rready(rready),
        .bus_write(bus_write), .bus_write_word(bus_write_word), .bus_write_data(bus_write_data),
        .bus_read(bus_read), .bus_read_word(bus_read_word), .bus_read_data(bus_read_data)
    );
    reg         begun = 1'b0, b_held = 1'b0, r_held = 1'b0, partial = 1'b0;
    reg         written = 1'b0, read = 1'b0;             // accesses without their answer
    reg  [1:0]  response = 2'd0;
    reg  [31:0] value = 32'd0, answer = 32'd0;
    wire        write_taken = awvalid && awready, read_taken = arvalid && arready;
    always @(posedge clk) begin
        begun    <= 1'b1;
        b_held   <= bvalid && !bready && !rst;
        r_held   <= rvalid && !rready && !rst;
        response <= bresp;
        value    <= rdata;
        if (write_taken) partial <= wstrb != 4'hf;
        if (read_taken) answer <= bus_read_data;
        written <= !rst && (write_taken || (written && !(bvalid && bready)));
        read    <= !rst && (read_taken || (read && !(rvalid && rready)));
    end
    always @* begin
        if (!begun) assume (rst);
        if (begun) begin
            if (b_held) assert (bvalid && bresp == response);
            if (r_held) assert (rvalid && rdata == value && rresp == 2'd0);
            assert (bvalid == written && rvalid == read);
            if (bvalid) assert (bresp == {partial, 1'b0});
            if (rvalid) assert (rdata == answer);
            assert (write_taken == (wvalid && wready));
            // an access waits for the answer before it, and for nothing else
            assert (awready == (awvalid && wvalid && !written && !rst) && arready == (!read && !rst));
            if (write_taken) assert (!written && !rst);
            if (read_taken) assert (!read && !rst);
            assert (bus_write == (write_taken && wstrb == 4'hf) && bus_read == read_taken);
            if (bus_write) assert (bus_write_word == awaddr[7:2] && bus_write_data == wdata);
            if (bus_read) assert (bus_read_word == araddr[7:2]);
        end
    end
endmodule
`default_nettype wire
