// Books of a buffer of FRAMES frames between a producer and a consumer. The producer reserves a frame before it computes it
// (so nothing inside it ever waits), and says when the frame is written; the consumer says when it has been read.
`default_nettype none
module snn_link #(
    parameter FRAMES = 2
) (
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
    localparam COUNT_BITS = $clog2(FRAMES + 1);
    reg  [COUNT_BITS-1:0] free_q;
    reg  [COUNT_BITS-1:0] full_q;
    reg  [FRAMES-1:0]     first_q;        // oldest complete frame in bit 0
    wire [COUNT_BITS-1:0] full_left = full_q - {{(COUNT_BITS-1){1'b0}}, read};

    assign free  = free_q != {COUNT_BITS{1'b0}};
    assign full  = full_q != {COUNT_BITS{1'b0}};
    assign first = first_q[0];

    // how many complete frames there are, each number a bit, so that `read` comes late: it is the longest path
    wire [FRAMES:0] there;
    genvar g;
    generate for (g = 0; g <= FRAMES; g = g + 1) begin : number
        assign there[g] = full_q == g[COUNT_BITS-1:0];
    end endgenerate

    integer i;
    always @(posedge clk)
        if (rst) begin
            free_q  <= FRAMES[COUNT_BITS-1:0];
            full_q  <= {COUNT_BITS{1'b0}};
            first_q <= {FRAMES{1'b0}};
        end else begin
            free_q <= free_q + {{(COUNT_BITS-1){1'b0}}, read} - {{(COUNT_BITS-1){1'b0}}, start};
            full_q <= full_left + {{(COUNT_BITS-1){1'b0}}, written};
            if (read) first_q <= {1'b0, first_q[FRAMES-1:1]};
            for (i = 0; i < FRAMES; i = i + 1)
                if (written && (read ? there[i+1] : there[i])) first_q[i] <= written_first;
        end
endmodule
`default_nettype wire
