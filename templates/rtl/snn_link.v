// Books of a buffer of FRAMES frames between a producer and its consumers, each of which reads every frame. The producer
// reserves a frame before it computes it (so nothing inside it ever waits), and says when the frame is written; a consumer
// says when it has read it.
`default_nettype none
module snn_link #(
    parameter FRAMES  = 2,
    parameter READERS = 1
) (
    input  wire               clk,
    input  wire               rst,          // synchronous, active high
    input  wire               start,        // producer: a frame is reserved; only while `free`
    input  wire               written,      // producer: the oldest reserved frame is complete
    input  wire               written_first,// ... and belongs to the first timestep of a sample
    input  wire [READERS-1:0] read,         // consumer: its oldest complete frame has been read; only while `full`
    output wire               free,         // a frame can be reserved
    output wire [READERS-1:0] full,         // a frame can be read
    output wire [READERS-1:0] first         // it belongs to the first timestep of a sample
);
    localparam COUNT_BITS = $clog2(FRAMES + 1);
    wire [READERS-1:0] frees;
    assign free = &frees;

    genvar r, g;
    generate for (r = 0; r < READERS; r = r + 1) begin : reader
        reg  [COUNT_BITS-1:0] free_q;
        reg  [COUNT_BITS-1:0] full_q;
        reg  [FRAMES-1:0]     first_q;        // oldest complete frame in bit 0
        wire [COUNT_BITS-1:0] full_left = full_q - {{(COUNT_BITS-1){1'b0}}, read[r]};

        assign frees[r] = free_q != {COUNT_BITS{1'b0}};
        assign full[r]  = full_q != {COUNT_BITS{1'b0}};
        assign first[r] = first_q[0];

        // how many complete frames there are, each number a bit, so that `read` comes late: it is the longest path
        wire [FRAMES:0] there;
        for (g = 0; g <= FRAMES; g = g + 1) begin : number
            assign there[g] = full_q == g[COUNT_BITS-1:0];
        end

        integer i;
        always @(posedge clk)
            if (rst) begin
                free_q  <= FRAMES[COUNT_BITS-1:0];
                full_q  <= {COUNT_BITS{1'b0}};
                first_q <= {FRAMES{1'b0}};
            end else begin
                free_q <= free_q + {{(COUNT_BITS-1){1'b0}}, read[r]} - {{(COUNT_BITS-1){1'b0}}, start};
                full_q <= full_left + {{(COUNT_BITS-1){1'b0}}, written};
                if (read[r]) first_q <= {1'b0, first_q[FRAMES-1:1]};
                for (i = 0; i < FRAMES; i = i + 1)
                    if (written && (read[r] ? there[i+1] : there[i])) first_q[i] <= written_first;
            end
    end endgenerate
endmodule
`default_nettype wire
