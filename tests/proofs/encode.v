// snn_encode: a chunk is taken whole; each of its ones is one row of weights, none is lost or doubled, chunk after chunk;
// a sum ends once, not within INTERVAL clocks of the one before; the output is reserved only while there is room.
// A chunk's number is its first row, so that a row says which chunk and which one it is.
`default_nettype none
module proof #(
    parameter SLOTS = 1
) (
    input wire       clk,
    input wire       rst,
    input wire       i_valid,
    input wire [3:0] i_chunk,
    input wire [1:0] i_flags,     // start, done
    input wire       free,
    input wire       turn
);
    localparam INTERVAL = 3, BITS = SLOTS == 1 ? 2 : 4;
    wire [BITS-1:0] i_bits = i_chunk[BITS-1:0];
    reg  [2:0]  number = 3'd0;    // of the chunk that is offered
    wire        i_pop, start, ends, o_valid, o_load, o_shift, o_done;
    wire [3:0]  o_tag;
    wire [SLOTS*5-1:0] o_row;
    wire [SLOTS-1:0]   o_hit, o_subtract, o_twice;
    // two at once; the even and the odd ones, two of each at once
    wire [3:0]  all = i_chunk & {{2{SLOTS != 1}}, 2'b11};
    wire [2:0]  ones = {2'd0, all[0]} + {2'd0, all[1]} + {2'd0, all[2]} + {2'd0, all[3]};
    wire [2:0]  clocks = SLOTS == 1 ? ones : SLOTS == 2 ? (ones + 3'd1) >> 1 : {2'd0, ones != 3'd0};
    snn_encode #(
        .BITS(BITS), .SLOTS(SLOTS), .COUNT_BITS(3), .OFFSET_BITS(2), .ROW_BITS(5), .INTERVAL(INTERVAL)
    ) dut (
        .clk(clk), .rst(rst), .i_valid(i_valid), .i_bits(i_bits), .i_signs({BITS{1'b0}}), .i_twice({BITS{1'b0}}), .i_count(clocks), .i_rotation(2'd0),
        .i_row({number, 2'd0}), .i_flags({i_flags, 2'd0}), .i_tag({number, 1'b0}), .i_pop(i_pop), .start(start), .free(free), .turn(turn), .ends(ends),
        .o_valid(o_valid), .o_row(o_row), .o_hit(o_hit), .o_subtract(o_subtract), .o_twice(o_twice), .o_load(o_load), .o_shift(o_shift),
        .o_done(o_done), .o_tag(o_tag)
    );
    (* anyconst *) wire [2:0] chosen;
    (* anyconst *) wire [1:0] bit_;
    reg        begun = 1'b0, popped = 1'b0, set = 1'b0, given = 1'b0, done = 1'b0, ended = 1'b0, over = 1'b0;
    reg  [2:0] since = 3'd0;
    reg        finished = 1'b0;
    wire       pop = i_valid && i_pop;
    reg        now, twice;
    integer    s;
    always @* begin
        now   = 1'b0;
        twice = 1'b0;
        for (s = 0; s < SLOTS; s = s + 1)
            if (o_valid && o_hit[s] && o_row[5*s +: 5] == {chosen, bit_}) begin
                twice = now;
                now   = 1'b1;
            end
    end
    always @(posedge clk) begin
        begun <= 1'b1;
        if (pop) number <= number + 1'b1;
        // the watched chunk, until the next of its number
        if (pop && number == chosen) begin
            popped <= 1'b1;
            set    <= i_bits[bit_];
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
        assume (bit_ < BITS);
        if (begun && !rst) begin
            assert (!i_pop || i_valid);
            assert (!start || (free && ends));
            assert (!ends || turn);
            assert (!twice);
            if (now && popped) assert (set && !given);
            // when the next chunk leaves, nothing is missing
            if (o_valid && popped && !over && o_tag[3:1] == chosen + 3'd1) assert (given == set && ended == done);
            if (o_valid && o_done && popped && o_tag[3:1] == chosen) assert (done && !ended && (now || given || !set));
            if (o_valid && o_done && finished) assert (since >= INTERVAL);
        end
    end
endmodule
`default_nettype wire
