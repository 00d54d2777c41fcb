// snn_walk: a frame is walked over in so many steps as it has chunks, and no two frames share one: `finished` with the last
// step, `load` with the first step of each sum, `done` with its last, `start` with the last step of the frame's first sum.
`default_nettype none
module proof (
    input wire clk,
    input wire rst,
    input wire step
);
    // two positions of two rows of two chunks
    wire [3:0] address, row;
    wire       bank, plane, load, shift, done, start, finished;
    wire [2:0] tag;
    snn_walk #(
        .HEIGHT(2), .WIDTH(1), .KEEP_Y(2), .KEEP_X(1), .KERNEL_Y(2), .BANKS(1), .CHUNK(1), .CHUNKS(2), .ROW(2), .FRAME(6),
        .ADDRESS_BITS(4), .ROW_BITS(4)
    ) dut (
        .clk(clk), .rst(rst), .step(step), .address(address), .bank(bank), .plane(plane), .row(row), .load(load),
        .shift(shift), .done(done), .start(start), .tag(tag), .finished(finished)
    );
    reg        begun = 1'b0, second = 1'b0;      // which of the two frames
    reg  [2:0] at = 3'd0;
    always @(posedge clk) begin
        begun <= 1'b1;
        if (step) begin
            at     <= at + 1'b1;
            second <= second ^ (at == 3'd7);
        end
        if (rst) begin
            at     <= 3'd0;
            second <= 1'b0;
        end
    end
    always @* begin
        if (!begun) assume (rst);
        if (begun) begin
            assert (finished == (at == 3'd7));
            assert (load == (at[1:0] == 2'd0) && done == (at[1:0] == 2'd3) && start == !at[2]);
            // position, row and chunk
            assert (address == (second ? 4'd6 : 4'd0) + {2'd0, at[2], 1'b0} + {2'd0, at[1], at[0]});
        end
    end
endmodule
`default_nettype wire
