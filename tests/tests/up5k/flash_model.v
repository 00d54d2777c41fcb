// A flash as far as a design reads it, SPI mode 0: asleep until `ab` and 3 us more, then `03` and an address give bytes from
// there on. It holds the file of the plusarg `flash` from ADDRESS on; what it does not hold reads as ones.
`default_nettype none

module flash_model #(
    parameter [23:0] ADDRESS = 24'h100000,
    parameter        BYTES   = 65536,
    parameter        AWAKE   = 240          // until it is awake
) (
    input  wire sck,
    input  wire cs_n,
    input  wire mosi,
    output reg  miso
);
    reg [7:0]    memory [0:BYTES-1];
    reg [8*64:1] file;
    initial if ($value$plusargs("flash=%s", file)) $readmemh(file, memory);

    reg         awake = 1'b0;
    integer     bits = 0;
    reg  [31:0] command = 32'd0;
    wire [31:0] at = {8'd0, command[23:0]} - {8'd0, ADDRESS} + (bits - 32) / 8;
    always @(posedge cs_n) begin
        if (bits == 8 && command[7:0] == 8'hab) #AWAKE awake = 1'b1;
    end
    always @(negedge cs_n) bits = 0;
    always @(posedge sck) if (!cs_n) begin
        if (bits < 32) command = {command[30:0], mosi};
        bits = bits + 1;
    end
    always @(negedge sck)
        if (bits >= 32) miso = awake && command[31:24] == 8'h03 && at < BYTES ? memory[at[15:0]][7 - bits % 8] : 1'b1;
endmodule

`default_nettype wire
