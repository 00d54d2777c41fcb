// snn_columns: a chunk is taken whole; each of its columns with a bit set leaves once, with all of its bits, none is lost or
// doubled, chunk after chunk; a sum ends once, not within INTERVAL clocks of the one before; the output is reserved only
// while there is room. A chunk's number is its first row, so that a row says which chunk and which column it is.
`default_nettype none
module proof #(
    parameter SLOTS = 1
) (
    input wire       clk,
    input wire       rst,
    input wire       i_valid,
    input wire [7:0] i_chunk,
    input wire [1:0] i_flags,     // start, done
    input wire       free
);
    localparam INTERVAL = 3, BANKS = SLOTS == 1 ? 2 : 4, ALL = 2 * BANKS;
    wire [ALL-1:0] i_bits = i_chunk[ALL-1:0];
    reg  [2:0]  number = 3'd0;    // of the chunk that is offered
    wire        i_pop, start, o_valid, o_load, o_shift, o_done;
    wire [3:0]  o_tag;
    wire [SLOTS*5-1:0] o_row;
    wire [SLOTS*2-1:0] o_hit, o_subtract, o_twice;
    snn_columns #(
        .BANKS(BANKS), .CHUNK(2), .SLOTS(SLOTS), .OFFSET_BITS(3), .ROW_BITS(5), .INTERVAL(INTERVAL)
    ) dut (
        .clk(clk), .rst(rst), .i_valid(i_valid), .i_bits(i_bits), .i_signs({ALL{1'b0}}), .i_twice({ALL{1'b0}}), .i_rotation(3'd0),
        .i_row({number, 2'd0}), .i_flags({i_flags, 2'd0}), .i_tag({number, 1'b0}), .i_pop(i_pop), .start(start), .free(free),
        .o_valid(o_valid), .o_row(o_row), .o_hit(o_hit), .o_subtract(o_subtract), .o_twice(o_twice), .o_load(o_load), .o_shift(o_shift),
        .o_done(o_done), .o_tag(o_tag)
    );
    (* anyconst *) wire [2:0] chosen;
    (* anyconst *) wire [1:0] column;
    reg        begun = 1'b0, popped = 1'b0, given = 1'b0, done = 1'b0, ended = 1'b0, over = 1'b0;
    reg  [1:0] set = 2'd0;
    reg  [2:0] since = 3'd0;
    reg        finished = 1'b0;
    wire       pop = i_valid && i_pop;
    wire [7:0] shifted = i_chunk >> {column, 1'b0};
    reg        now, twice;
    reg  [1:0] bits;
    integer    s;
    always @* begin
        now   = 1'b0;
        twice = 1'b0;
        bits  = 2'd0;
        for (s = 0; s < SLOTS; s = s + 1)
            if (o_valid && o_hit[2*s +: 2] != 2'd0 && o_row[5*s +: 5] == {chosen, column}) begin
                twice = now;
                now   = 1'b1;
                bits  = o_hit[2*s +: 2];
            end
    end
    always @(posedge clk) begin
        begun <= 1'b1;
        if (pop) number <= number + 1'b1;
        // the watched chunk, until the next of its number
        if (pop && number == chosen) begin
            popped <= 1'b1;
            set    <= shifted[1:0];
            done   <= i_flags[0];
            given  <= 1'b0;
            ended  <= 1'b0;
            over   <= 1'b0;
        end else begin
            given <= given || now;
            ended <= ended || (o_valid && o_done && o_tag[3:1] == chosen);
            over  <= over || (o_valid && popped && o_tag[3:1] == chosen + 3'd1);
        end
        since    <= o_valid && o_done ? 3'd1 : since == 3'd7 ? since : since + 1'b1;
        finished <= finished || (o_valid && o_done);
        if (rst) begin
            number   <= 3'd0;
            popped   <= 1'b0;
            finished <= 1'b0;
        end
    end
    always @* begin
        if (!begun) assume (rst);
        assume (column < BANKS);
        if (begun && !rst) begin
            assert (!i_pop || i_valid);
            assert (!start || free);
            assert (!twice);
            if (now && popped) assert (bits == set && !given);
            // when the next chunk leaves, nothing is missing
            if (o_valid && popped && !over && o_tag[3:1] == chosen + 3'd1) assert (given == (set != 2'd0) && ended == done);
            if (o_valid && o_done && popped && o_tag[3:1] == chosen) assert (done && !ended && (now || given || set == 2'd0));
            if (o_valid && o_done && finished) assert (since >= INTERVAL);
        end
    end
endmodule
`default_nettype wire
