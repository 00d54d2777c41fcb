// AXI4-Lite to the register bus: 64 words of 32 bits. A write waits for its address and its data; one that does not write
// whole words writes nothing and is answered with SLVERR. Clocks: two per access.
`default_nettype none
module snn_axi_lite (
    input  wire        clk,
    input  wire        rst,             // synchronous, active high
    input  wire [7:0]  s_axi_awaddr,
    input  wire [2:0]  s_axi_awprot,
    input  wire        s_axi_awvalid,
    output wire        s_axi_awready,
    input  wire [31:0] s_axi_wdata,
    input  wire [3:0]  s_axi_wstrb,
    input  wire        s_axi_wvalid,
    output wire        s_axi_wready,
    output wire [1:0]  s_axi_bresp,
    output wire        s_axi_bvalid,
    input  wire        s_axi_bready,
    input  wire [7:0]  s_axi_araddr,
    input  wire [2:0]  s_axi_arprot,
    input  wire        s_axi_arvalid,
    output wire        s_axi_arready,
    output wire [31:0] s_axi_rdata,
    output wire [1:0]  s_axi_rresp,
    output wire        s_axi_rvalid,
    input  wire        s_axi_rready,
    output wire        bus_write,       // for one clock
    output wire [5:0]  bus_write_word,
    output wire [31:0] bus_write_data,
    output wire        bus_read,        // for one clock, in which ...
    output wire [5:0]  bus_read_word,
    input  wire [31:0] bus_read_data    // ... the answer is there
);
    reg        written_q, partial_q, read_q;
    reg [31:0] data_q;
    wire       write = s_axi_awvalid && s_axi_wvalid && !written_q && !rst;
    wire       whole = s_axi_wstrb == 4'hf;
    wire       unused = &{1'b0, s_axi_awprot, s_axi_arprot, s_axi_awaddr[1:0], s_axi_araddr[1:0]};

    assign s_axi_awready  = write;
    assign s_axi_wready   = write;
    assign s_axi_bvalid   = written_q;
    assign s_axi_bresp    = {partial_q, 1'b0};
    assign s_axi_arready  = !read_q && !rst;
    assign s_axi_rvalid   = read_q;
    assign s_axi_rresp    = 2'b00;
    assign s_axi_rdata    = data_q;
    assign bus_write      = write && whole;
    assign bus_write_word = s_axi_awaddr[7:2];
    assign bus_write_data = s_axi_wdata;
    assign bus_read       = s_axi_arvalid && s_axi_arready;
    assign bus_read_word  = s_axi_araddr[7:2];
    always @(posedge clk) begin
        if (write) partial_q <= !whole;
        if (bus_read) data_q <= bus_read_data;
        written_q <= !rst && (write || (written_q && !s_axi_bready));
        read_q    <= !rst && (bus_read || (read_q && !s_axi_rready));
    end
endmodule
`default_nettype wire
