// Books of a two-frame buffer between a producer and a consumer. The producer reserves a frame before it computes it
// (so nothing inside it ever waits), and says when the frame is written; the consumer says when it has been read.
`default_nettype none
module snn_link (
    input  wire clk,
    input  wire rst,          // synchronous, active high
    input  wire start,        // producer: a frame is reserved; only while `free`
    input  wire written,      // producer: the oldest reserved frame is complete
    input  wire written_first,// ... and belongs to the first timestep of a sample
    input  wire read,         // consumer: the oldest complete frame has been read; only while `full`
    output wire free,         // a frame can be reserved
    output wire full,         // a frame can be read
    output wire first         // it belongs to the first timestep of a sample
);
    reg [1:0] free_q;
    reg [1:0] full_q;
    reg [1:0] first_q;        // oldest complete frame in bit 0
    wire [1:0] full_left = full_q - {1'b0, read};
    wire [1:0] first_left = read ? {1'b0, first_q[1]} : first_q;

    assign free  = free_q != 2'd0;
    assign full  = full_q != 2'd0;
    assign first = first_q[0];

    always @(posedge clk)
        if (rst) begin
            free_q  <= 2'd2;
            full_q  <= 2'd0;
            first_q <= 2'd0;
        end else begin
            free_q <= free_q + {1'b0, read} - {1'b0, start};
            full_q <= full_left + {1'b0, written};
            first_q <= !written ? first_left : full_left[0] ? {written_first, first_left[0]} : {1'b0, written_first};
        end
endmodule
`default_nettype wire
