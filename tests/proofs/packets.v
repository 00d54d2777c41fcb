// snn_packets: a byte of an answer stays until it is taken, unless a new packet starts; between two reads of the bus exactly
// the bytes of the value go out, the lowest first; no byte is taken in the clock of a write, while bytes come at least two
// clocks apart.
`default_nettype none
module proof (
    input wire        clk,
    input wire        rst,
    input wire        start,
    input wire        i_valid,
    input wire [7:0]  i_data,
    input wire        o_ready,
    input wire [31:0] bus_read_data
);
    wire        o_valid, bus_write, bus_read;
    wire [7:0]  o_data;
    wire [5:0]  bus_write_word, bus_read_word;
    wire [31:0] bus_write_data;
    snn_packets #(.EVENT_BYTES(2), .SPIKE_BYTES(4)) dut (
        .clk(clk), .rst(rst), .start(start), .i_valid(i_valid), .i_data(i_data), .o_valid(o_valid), .o_data(o_data),
        .o_ready(o_ready), .bus_write(bus_write), .bus_write_word(bus_write_word), .bus_write_data(bus_write_data),
        .bus_read(bus_read), .bus_read_word(bus_read_word), .bus_read_data(bus_read_data)
    );
    reg         begun = 1'b0, held = 1'b0, came = 1'b0;
    reg  [7:0]  byte_ = 8'd0;
    reg  [31:0] value = 32'd0;
    reg  [2:0]  left = 3'd0;    // bytes of the value that have not gone out
    wire        out = o_valid && o_ready;
    always @(posedge clk) begin
        begun <= 1'b1;
        held  <= o_valid && !o_ready && !start && !rst;
        byte_ <= o_data;
        came  <= i_valid;
        if (bus_read) value <= bus_read_data;
        else if (out) value <= {8'd0, value[31:8]};
        left <= rst || start ? 3'd0 : bus_read ? 3'd4 : left - {2'd0, out};
    end
    always @* begin
        if (!begun) assume (rst);
        assume (!(came && i_valid));
        if (begun) begin
            if (held) assert (o_valid && o_data == byte_);
            assert (o_valid == (left != 3'd0));
            if (o_valid) assert (o_data == value[7:0] && !bus_read && !bus_write);
            assert (!(bus_read && bus_write));
            if (bus_write) assert (!i_valid);
        end
    end
endmodule
`default_nettype wire
