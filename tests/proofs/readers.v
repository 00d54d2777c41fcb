// snn_link with two readers: a frame is free again when both have read it, and each sees as many as were written, one after
// the other, with the flag that each was written with.
`default_nettype none
module proof (
    input wire       clk,
    input wire       rst,
    input wire       start,
    input wire       written,
    input wire       written_first,
    input wire [1:0] read,
    input wire       choose          // watch the frame that is written
);
    localparam FRAMES = 2;
    wire       free;
    wire [1:0] full, first;
    snn_link #(.FRAMES(FRAMES), .READERS(2)) dut (
        .clk(clk), .rst(rst), .start(start), .written(written), .written_first(written_first), .read(read),
        .free(free), .full(full), .first(first)
    );
    reg        begun = 1'b0, flag = 1'b0, watched = 1'b0;
    reg  [1:0] reserved = 2'd0, complete_0 = 2'd0, complete_1 = 2'd0, ahead = 2'd0;
    wire       watch = written && choose && !watched;
    wire [1:0] most = complete_0 > complete_1 ? complete_0 : complete_1;
    always @(posedge clk) begin
        begun      <= 1'b1;
        reserved   <= reserved + {1'b0, start} - {1'b0, written};
        complete_0 <= complete_0 + {1'b0, written} - {1'b0, read[0]};
        complete_1 <= complete_1 + {1'b0, written} - {1'b0, read[1]};
        // the second reader's
        if (watch) flag <= written_first;
        if (watch) ahead <= complete_1 - {1'b0, read[1]};
        else if (read[1]) ahead <= ahead - 1'b1;
        watched <= watch || (watched && !(read[1] && ahead == 2'd0));
        if (rst) begin
            reserved   <= 2'd0;
            complete_0 <= 2'd0;
            complete_1 <= 2'd0;
            watched    <= 1'b0;
        end
    end
    always @* begin
        if (!begun) assume (rst);
        assume (rst || !start || free);
        assume (rst || !written || reserved != 2'd0);
        assume (rst || (read & ~full) == 2'd0);
        if (begun) begin
            assert ({1'b0, reserved} + {1'b0, most} <= FRAMES);
            assert (free == ({1'b0, reserved} + {1'b0, most} < FRAMES));
            assert (full == {complete_1 != 2'd0, complete_0 != 2'd0});
            if (watched && ahead == 2'd0) assert (full[1] && first[1] == flag);
        end
    end
endmodule
`default_nettype wire
