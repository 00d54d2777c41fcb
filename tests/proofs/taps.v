// snn_taps: the rows of a chunk are taken one after the other; each channel that has a spike in one of them is one item with
// its taps, lowest first, none is lost or doubled, chunk after chunk; a sum ends once, not within INTERVAL clocks of the one
// before; the output is reserved only while there is room. A chunk's number is its first row of indices.
`default_nettype none
module proof (
    input wire       clk,
    input wire       rst,
    input wire       i_valid,
    input wire [1:0] i_bits,       // two channels of one column; two rows are a chunk
    input wire [1:0] i_flags,      // start, done
    input wire       free
);
    localparam INTERVAL = 3;
    reg  [1:0] number = 2'd0;      // of the chunk that is offered
    reg        second = 1'b0;      // its second row is
    wire       i_pop, start, o_valid, o_done;
    wire [2:0] o_row;
    wire [3:0] o_tag;
    wire [1:0] o_taps;
    snn_taps #(.KERNEL_Y(2), .BANKS(1), .CHUNK(2), .OFFSET_BITS(1), .ROW_BITS(3), .INTERVAL(INTERVAL)) dut (
        .clk(clk), .rst(rst), .i_valid(i_valid), .i_bits(i_bits), .i_rotation(1'd0), .i_row({number, 1'b0}),
        .i_flags({i_flags, 2'd0}), .i_tag({1'b0, number, 1'b0}), .i_pop(i_pop), .start(start), .free(free), .o_valid(o_valid),
        .o_row(o_row), .o_taps(o_taps), .o_done(o_done), .o_tag(o_tag)
    );
    (* anyconst *) wire [1:0] chosen;
    (* anyconst *) wire       channel;
    reg        begun = 1'b0, popped = 1'b0, given = 1'b0, done = 1'b0, ended = 1'b0, over = 1'b0, finished = 1'b0;
    reg  [1:0] taps = 2'd0;
    reg  [2:0] since = 3'd0;
    reg  [1:0] flags = 2'd0;       // of the chunk's rows so far: the same for all
    wire       pop = i_valid && i_pop;
    wire       mine = o_valid && o_tag[2:1] == chosen;
    wire       next = o_valid && o_tag[2:1] == chosen + 2'd1;
    wire       now = mine && o_row == {chosen, channel} && o_taps != 2'd0;
    always @(posedge clk) begin
        begun <= 1'b1;
        if (pop) begin
            second <= !second;
            if (second) number <= number + 1'b1;
            flags <= i_flags;
        end
        if (pop && number == chosen) begin
            taps[second] <= i_bits[channel];
            popped       <= second;
            done         <= i_flags[0];
            given        <= 1'b0;
            ended        <= 1'b0;
            over         <= 1'b0;
        end else begin
            given <= given || now;
            ended <= ended || (mine && o_done);
            over  <= over || (next && popped);
        end
        since    <= o_valid && o_done ? 3'd1 : since == 3'd7 ? since : since + 1'b1;
        finished <= finished || (o_valid && o_done);
        if (rst) begin
            number   <= 2'd0;
            second   <= 1'b0;
            popped   <= 1'b0;
            finished <= 1'b0;
        end
    end
    always @* begin
        if (!begun) assume (rst);
        if (second) assume (i_flags == flags);
        if (begun && !rst) begin
            assert (!i_pop || i_valid);
            assert (!start || free);
            if (now && popped) assert (o_taps == taps && !given);
            if (next && popped && !over) assert (given == (taps != 2'd0) && ended == done);
            if (mine && o_done && popped) assert (done && !ended && (now || given || taps == 2'd0));
            if (o_valid && o_done && finished) assert (since >= INTERVAL);
        end
    end
endmodule
`default_nettype wire
