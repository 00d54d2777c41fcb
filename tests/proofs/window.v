// snn_window: the 16 places of its FIFO are counted right, so that no chunk is lost where the encoder waits, and each step
// of the walk is one chunk for the encoder, none is lost or doubled; a frame is given back only while one can be read.
`default_nettype none
module proof (
    input wire       clk,
    input wire       rst,
    input wire       write,
    input wire [1:0] write_address,
    input wire       write_data,
    input wire       full,
    input wire       first,
    input wire       o_pop
);
    wire       read, o_valid, o_bits, o_signs, o_twice, o_rotation;
    wire [1:0] o_count, o_row;
    wire [3:0] o_flags;
    wire [3:0] o_tag;
    // two positions, each one column and a kernel of one row
    snn_window #(
        .HEIGHT(2), .WIDTH(1), .KEEP_Y(2), .KEEP_X(1), .KERNEL_Y(1), .BANKS(1), .CHUNK(1), .CHUNKS(1), .ROW(1), .FRAME(2),
        .ADDRESS_BITS(2), .OFFSET_BITS(1), .ROW_BITS(2), .COUNT_BITS(2)
    ) dut (
        .clk(clk), .rst(rst), .write(write), .write_address(write_address), .write_data(write_data), .own_write(1'b0),
        .own_write_address(1'b0), .own_write_data(1'b0), .own_written(1'b0), .full(full), .first(first), .read(read),
        .o_valid(o_valid), .o_bits(o_bits), .o_signs(o_signs), .o_twice(o_twice), .o_count(o_count), .o_rotation(o_rotation), .o_row(o_row),
        .o_flags(o_flags), .o_tag(o_tag), .o_pop(o_pop)
    );
    // registers of the modules, connected by the test
    wire [4:0] inner_room;
    wire [3:0] inner_head, inner_tail;
    wire [5:0] inner_valids;
    wire       inner_step;
    wire [3:0] behind = inner_head - inner_tail;         // those not yet in the FIFO's register
    wire [4:0] stored = {1'b0, behind} + {4'd0, o_valid};
    wire [4:0] moving = {4'd0, inner_valids[0]} + {4'd0, inner_valids[1]} + {4'd0, inner_valids[2]}
                      + {4'd0, inner_valids[3]} + {4'd0, inner_valids[4]} + {4'd0, inner_valids[5]};
    reg        begun = 1'b0;
    reg  [4:0] underway = 5'd0;        // steps that have not been taken
    always @(posedge clk) begin
        begun    <= 1'b1;
        underway <= rst ? 5'd0 : underway + {4'd0, inner_step} - {4'd0, o_pop};
    end
    always @* begin
        if (!begun) assume (rst);
        assume (rst || !o_pop || o_valid);
        if (begun) begin
            assert (underway <= 5'd16 && inner_room == 5'd16 - underway);
            assert (stored <= underway && stored + moving == underway);
            assert (!(inner_valids[5] && stored == 5'd16));      // nothing is pushed into a full FIFO
            assert (o_valid || behind <= 4'd1);
            if (inner_step) assert (full);
            if (read) assert (inner_step);
        end
    end
endmodule
`default_nettype wire
