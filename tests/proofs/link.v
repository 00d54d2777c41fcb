// snn_link: while both sides keep to what they may do, every frame is free, reserved or complete, none is lost or doubled,
// and each comes out in its order, with the flag that it was written with.
`default_nettype none
module proof #(
    parameter FRAMES = 4
) (
    input wire clk,
    input wire rst,
    input wire start,
    input wire written,
    input wire written_first,
    input wire read,
    input wire choose          // watch the frame that is written
);
    wire free, full, first;
    snn_link #(.FRAMES(FRAMES)) dut (
        .clk(clk), .rst(rst), .start(start), .written(written), .written_first(written_first), .read(read),
        .free(free), .full(full), .first(first)
    );
    reg        begun = 1'b0, watched = 1'b0, flag = 1'b0;
    reg  [3:0] reserved = 4'd0, complete = 4'd0, ahead = 4'd0;
    wire       watch = written && choose && !watched;
    always @(posedge clk) begin
        begun    <= 1'b1;
        reserved <= reserved + {3'd0, start} - {3'd0, written};
        complete <= complete + {3'd0, written} - {3'd0, read};
        if (watch) flag <= written_first;
        if (watch) ahead <= complete - {3'd0, read};
        else if (read) ahead <= ahead - 1'b1;
        watched <= watch || (watched && !(read && ahead == 4'd0));
        if (rst) begin
            reserved <= 4'd0;
            complete <= 4'd0;
            watched  <= 1'b0;
        end
    end
    always @* begin
        if (!begun) assume (rst);
        assume (rst || !start || free);
        assume (rst || !written || reserved != 4'd0);
        assume (rst || !read || full);
        if (begun) begin
            assert (reserved + complete <= FRAMES);
            assert (free == (reserved + complete < FRAMES));
            assert (full == (complete != 4'd0));
            if (watched && ahead == 4'd0) assert (full && first == flag);
        end
    end
endmodule
`default_nettype wire
